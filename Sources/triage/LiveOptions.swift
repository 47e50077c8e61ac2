import ArgumentParser
import Collectors

/// The servers to ask, and how to be let in.
struct RedisOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Ask a live Redis, read-only (redis://, rediss://, unix://); its password from "
        + "REDISCLI_AUTH. Repeatable.", valueName: "url")
  )
  var redis: [String] = []

  @Option(
    help: ArgumentHelp(
      "Whom to trust for rediss://; else whom the system does.", valueName: "file"),
    completion: .file())
  var cacert: String?

  @Option(
    help: ArgumentHelp("A certificate to show to rediss:// servers.", valueName: "file"),
    completion: .file())
  var cert: String?

  @Option(
    help: ArgumentHelp("The key of that certificate.", valueName: "file"), completion: .file())
  var key: String?

  func refuseEmptyArguments() throws {
    for (name, value) in [("--cacert", cacert), ("--cert", cert), ("--key", key)] where value == ""
    {
      throw Failure("\(name): an empty value was given: is a variable unset?")
    }
    if redis.contains("") {
      throw Failure("--redis: an empty value was given: is a variable unset?")
    }
  }

  /// The URLs may hold passwords: messages do not repeat them.
  func targets() throws -> [RedisTarget] {
    let tls = TLSOptions(authority: cacert, certificate: cert, key: key)
    return try redis.map { url in
      do throws(CollectError) {
        return try RedisTarget(
          url, passwordFromEnvironment: environmentValue("REDISCLI_AUTH"), tls: tls)
      } catch {
        throw Failure("--redis: \(error)")
      }
    }
  }
}

/// How this very box is looked at.
struct LookOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Time that looking at this box may take, for example 20s (default: 20s, and what samples "
        + "take). Of an access log of more than 200 MB a second of it, a sample is read.",
      valueName: "duration"))
  var budget: String?

  @Option(
    help: ArgumentHelp(
      "Look at the system whose files are mounted there, for example /host in a container.",
      valueName: "folder"), completion: .directory)
  var root: String?

  /// What an old core and a cold disk give. Not measured: a report must not depend on the day.
  static let bytesASecond = 200e6

  func seconds() throws -> Double? {
    guard let budget else { return nil }
    guard let seconds = parseDuration(budget), (1...3600).contains(seconds) else {
      throw Failure("--budget: found '\(budget)'; expected 1s to 1h, for example 20s")
    }
    return seconds
  }
}

/// `500ms`, `20s`, `20`, `5m`, `2h`, `1d`: seconds.
func parseDuration(_ text: String) -> Double? {
  let units: [(String, Double)] = [
    ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("", 1),
  ]
  for (unit, scale) in units where text.hasSuffix(unit) {
    let digits = text.dropLast(unit.count)
    guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
      let number = Double(digits)
    else { continue }
    return number * scale
  }
  return nil
}
