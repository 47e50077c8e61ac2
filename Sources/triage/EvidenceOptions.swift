import ArgumentParser
import Model
import Readers

/// What every command that reads evidence is told: where it is, how to read it, what to show.
struct EvidenceOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Files and folders of evidence; - is standard input.", valueName: "path"),
    completion: .file())
  var paths: [String] = []

  @Option(
    help: ArgumentHelp(
      "Leave out what happened before; RFC 3339, or 2h on this very box.", valueName: "time"))
  var since: String?

  @Option(help: ArgumentHelp("Leave out what happened after; RFC 3339.", valueName: "time"))
  var until: String?

  @Option(
    name: .customLong("tz"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Zone of clocks that state none: +09:00, or redis-log=+09:00 for one kind. Repeatable.",
      valueName: "[kind=]zone"))
  var zones: [String] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The log_format of nginx access logs, as in its config.", valueName: "text"))
  var logFormat: String?

  @OptionGroup var servers: RedisOptions

  @Flag(help: "Diagnose this very box, whatever standard input is.")
  var live = false

  @OptionGroup var look: LookOptions

  @Option(
    help: ArgumentHelp(
      "Read with so many threads; as many as there are cores if not given.", valueName: "n")
  )
  var threads: Int?

  @Option(
    help: "What to take out of what is shown: secrets, all (names and addresses too) or none.")
  var redact: Redaction = .secrets

  @Option(help: RedactionKey.help, completion: .file())
  var redactKey: String?

  @Option(help: "The form of the report: text, json, markdown or html.")
  var format: Format = .text

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the report here instead of to standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(help: "Colour: always, auto or never.")
  var color: ColourChoice = .auto

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, markdown, html
  }

  func expectTextOrJSON(_ command: String) throws {
    guard format == .text || format == .json else {
      throw Failure("\(command): found --format \(format.rawValue); expected text or json")
    }
  }

  /// The key of `--redact all`, where one was given.
  func pseudonymKey() throws -> PseudonymKey? { try redactKey.map(RedactionKey.read) }

  /// How to read, from the options; every mistake in them is found before anything is read.
  func context(isOfThisBox: Bool) throws -> ReadingContext {
    var context = ReadingContext()
    for zone in try zones.map(ZoneArgument.init) { context.zones[zone.kind] = zone.offset }
    let zone = context.zones[nil]
    context.window = TimeWindow(
      since: try since.map {
        try parseTime($0, option: "--since", zone: zone, isOfThisBox: isOfThisBox)
      },
      until: try until.map {
        try parseTime($0, option: "--until", zone: zone, isOfThisBox: isOfThisBox)
      })
    if let since = context.window.since, let until = context.window.until, since > until {
      throw Failure("--since is later than --until")
    }
    context.sampleSize = try look.seconds().map { Int($0 * LookOptions.bytesASecond) }
    if let logFormat { context.logFormats["--log-format"] = logFormat }
    if let threads, !(1...256).contains(threads) {
      throw Failure("--threads: found \(threads); expected a number from 1 to 256")
    }
    context.threads = threads ?? max(1, min(coreCount(), 16))
    return context
  }

  /// An empty argument is a variable that is not set: better to stop than to diagnose the wrong box.
  func refuseEmptyArguments() throws {
    if paths.contains("") { throw Failure("an empty path was given: is a variable unset?") }
    for (name, value) in [
      ("--output", output), ("--log-format", logFormat), ("--redact-key", redactKey),
    ] where value == "" {
      throw Failure("\(name): an empty value was given: is a variable unset?")
    }
    try servers.refuseEmptyArguments()
  }

  var terminal: Terminal {
    Terminal(colour: color, isDevice: (output ?? "-") == "-" && isTerminal(1))
  }
}

extension Redaction: ExpressibleByArgument {
  /// Pseudonyms need all of the evidence surveyed first, which `command` does not do.
  func refusePseudonyms(in command: String) throws {
    guard self == .all else { return }
    throw Failure(
      "--redact: found 'all'; \(command) knows secrets and none ('triage redact --redact all' makes "
        + "copies to give it)")
  }
}
