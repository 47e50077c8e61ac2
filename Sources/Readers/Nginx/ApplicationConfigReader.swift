import Model
import YAML

/// Reads what an application's configuration says of its sessions, its caches and its Redis:
/// Spring's `application.yml` and `application.properties`, and Django's `settings.py`, of which
/// literal assignments are read and nothing is executed.
package enum ApplicationConfigReader: DocumentReader {
  package static let kind = EvidenceKind.applicationConfig

  package static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    let name = document.name.lowercased()
    if name.hasSuffix(".py") || DjangoSettings.isDjango(lines) {
      DjangoSettings(lines: lines, app: page.subject(.app)).read(into: &page)
      return
    }
    var spring = SpringProperties(lines: lines, app: page.subject(.app))
    if name.hasSuffix(".properties") || SpringProperties.isProperties(lines) {
      spring.addProperties()
    } else {
      do {
        for node in try parseYAML(document.bytes) where !isForDevelopment(node) {
          spring.add(node, path: "")
        }
      } catch {
        page.warn(error.message, line: error.line)
      }
    }
    spring.record(into: &page)
  }

  /// A document for a profile that never runs where an incident matters.
  private static func isForDevelopment(_ node: Node) -> Bool {
    let profile =
      node[["spring", "config", "activate", "on-profile"]]?.scalar
      ?? node[["spring", "profiles"]]?.scalar ?? ""
    return profile.split { !$0.isLetter }.contains { ["dev", "test", "local", "ci"].contains($0) }
  }

  package static func recognises(_ sample: Sample) -> Recognition {
    guard !sample.looksLikeJSON else { return .no }
    let name = sample.name.lowercased()
    if DjangoSettings.isDjango(sample.lines) { return .certain }
    let isSpring = sample.lines.contains { line in
      line == "spring:" || line.hasPrefix("spring.") || line.hasPrefix("server.servlet.session")
    }
    if isSpring { return .certain }
    let isNamed =
      ["application", "bootstrap"].contains { name.hasPrefix($0) }
      && [".yml", ".yaml", ".properties"].contains { name.hasSuffix($0) }
    return isNamed || name == "settings.py" ? .byName : .no
  }
}

/// Where an application keeps its Redis.
struct RedisAddress {
  let host: String
  let port: Int

  /// The subject it stands for: an address where it is one; a name or a port is known only among
  /// the evidence of one folder.
  func subject(on page: inout Page) -> Int {
    if isLoopback(host) { return page.subject(.redis, .port(port)) }
    let isNumeric = host.allSatisfy { $0.isHexDigit || $0 == "." || $0 == ":" }
    return isNumeric && host.contains { $0 == "." || $0 == ":" }
      ? page.subject(.redis, .address("\(host):\(port)"))
      : page.subject(.redis, .serviceName(host), .port(port))
  }

  /// `redis://:password@host:6379/0`.
  init?(url: String) {
    guard url.hasPrefix("redis://") || url.hasPrefix("rediss://") else { return nil }
    var rest = url.drop { $0 != "/" }.dropFirst(2)
    rest = rest.prefix { $0 != "/" && $0 != "?" }
    if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    guard !rest.isEmpty, !rest.contains("$"), !rest.contains("{") else { return nil }
    (host, port) = splitAddress(String(rest), defaultPort: 6379)
  }

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }
}

/// Spring's properties, flattened to dotted names as Spring itself sees them.
private struct SpringProperties {
  let lines: [String]
  let app: Int
  private var values: [String: (text: String, line: Int)] = [:]

  init(lines: [String], app: Int) {
    self.lines = lines
    self.app = app
  }

  static func isProperties(_ lines: [String]) -> Bool {
    lines.contains { $0.hasPrefix("spring.") || $0.hasPrefix("server.servlet.") }
      && !lines.contains("spring:")
  }

  mutating func add(_ node: Node, path: String) {
    if let pairs = node.mapping {
      for pair in pairs {
        guard let key = pair.key.scalar else { continue }
        add(pair.value, path: path.isEmpty ? key : path + "." + key)
      }
    } else if let text = node.text, values.count < 10_000 {
      values[path] = (text, node.line)
    }
  }

  mutating func addProperties() {
    for (index, line) in lines.enumerated() {
      let code = line.drop { $0.isWhitespace }
      guard let first = code.first, first != "#", first != "!",
        let separator = code.firstIndex(where: { $0 == "=" || $0 == ":" })
      else { continue }
      let key = String(code[..<separator].reversed().drop { $0.isWhitespace }.reversed())
      let value = code[code.index(after: separator)...].drop { $0.isWhitespace }
      guard values.count < 10_000 else { return }
      values[key] = (
        String(value.reversed().drop { $0.isWhitespace }.reversed()), index + 1
      )
    }
  }

  private func value(_ names: String...) -> (text: String, line: Int)? {
    // `${NAME:default}` is decided where the program runs.
    names.compactMap { values[$0] }.first { !$0.text.isEmpty && !$0.text.contains("${") }
  }

  func record(into page: inout Page) {
    func origin(_ line: Int) -> Origin { Document.origin(line, in: lines) }
    // Where both are set Spring Session prefers its own.
    if let timeout = value("spring.session.timeout", "server.servlet.session.timeout") {
      if let seconds = springSeconds(timeout.text), seconds > 0 {
        page.record(
          "app.session.timeout", seconds, of: app,
          origin: origin(timeout.line).marking(timeout.text))
      } else if let seconds = springSeconds(timeout.text), seconds <= 0 {
        // Spring Session: a negative interval never ends.
        page.record(
          "app.session.never_expires", .flag(true), of: app,
          origin: origin(timeout.line).marking(timeout.text))
      } else {
        page.warn("a session time-out that is no duration", line: timeout.line)
      }
    } else if values.keys.contains(where: { $0.hasPrefix("spring.session.") }),
      values["spring.session.timeout"] == nil, values["server.servlet.session.timeout"] == nil
    {
      page.record(
        "app.session.timeout", 1800, of: app,
        origin: Origin(line: nil, excerpt: "spring.session.timeout is not set; default 30m"))
    }
    if let store = value("spring.session.store-type", "spring.session.storeType") {
      page.record("app.session.store", .text(store.text), of: app, origin: origin(store.line))
    }
    if let timeout = value("spring.data.redis.timeout", "spring.redis.timeout"),
      // A bare number is milliseconds here, unlike the session's.
      let seconds = springSeconds(timeout.text, bare: 0.001)
    {
      let origin = origin(timeout.line).marking(timeout.text)
      if seconds > 0 {
        page.record("app.redis.timeout", seconds, of: app, origin: origin)
      } else {
        // Lettuce and Jedis alike: zero is no time-out at all.
        page.record("app.redis.has_timeout", .flag(false), of: app, origin: origin)
      }
    }
    // Lettuce's own default, where neither a value nor another client is set.
    let isTimeoutDefault = !values.keys.contains {
      $0.contains("redis.timeout") || $0.contains("jedis")
    }
    let url = value("spring.data.redis.url", "spring.redis.url")
    let host = value("spring.data.redis.host", "spring.redis.host")
    let port = value("spring.data.redis.port", "spring.redis.port")
    let portNumber = port.flatMap { Int($0.text) }.flatMap { (1...65_535).contains($0) ? $0 : nil }
    let address: RedisAddress
    let line: Int
    if let url, let parsed = RedisAddress(url: url.text) {
      address = parsed
      line = url.line
    } else if let host {
      address = RedisAddress(host: host.text, port: portNumber ?? 6379)
      line = host.line
    } else {
      return
    }
    page.record("app.redis.host", .text(address.host), of: app, origin: origin(line))
    if isTimeoutDefault {
      page.record(
        "app.redis.timeout", 60, of: app,
        origin: Origin(line: nil, excerpt: "the timeout is not set; Lettuce waits 60s"))
    }
    page.record(
      "app.redis.port", Double(address.port), of: app,
      origin: url == nil && portNumber == nil
        ? Origin(line: nil, excerpt: "the port is not set; default 6379")
        : origin(url == nil ? port?.line ?? line : line))
    page.relate(app, .connectsTo, address.subject(on: &page), origin: origin(line))
  }
}

/// `30m`, `1800` (seconds unless `bare` says otherwise), `PT30M`, `P1DT2H`.
func springSeconds(_ text: String, bare: Double = 1) -> Double? {
  if let number = Double(text) { return number.isFinite ? number * bare : nil }
  guard text.hasPrefix("P") || text.hasPrefix("p") else { return nginxSeconds(text) }
  var total = 0.0
  var isTime = false
  var rest = text.dropFirst()
  while let character = rest.first {
    if character == "T" || character == "t" {
      isTime = true
      rest = rest.dropFirst()
      continue
    }
    let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    rest = rest.dropFirst(digits.count)
    guard let number = Double(digits), let unit = rest.first else { return nil }
    rest = rest.dropFirst()
    switch (unit, isTime) {
    case ("D", _), ("d", _): total += number * 86_400
    case ("H", true), ("h", true): total += number * 3600
    case ("M", true), ("m", true): total += number * 60
    case ("S", true), ("s", true): total += number
    default: return nil
    }
  }
  return total
}
