import Model

/// A gunicorn setting that facts are recorded of: its options and its documented default.
struct GunicornSetting: Sendable {
  let name: String
  let options: [String]
  let unit: Model.Unit
  let standard: Value?

  var fact: String { "gunicorn." + name }

  /// Defaults: gunicorn documentation, Settings.
  static let all: [GunicornSetting] = [
    .init(
      name: "workers", options: ["-w", "--workers"], unit: .count, standard: .number(1)),
    .init(
      name: "worker_class", options: ["-k", "--worker-class"], unit: .text,
      standard: .text("sync")),
    .init(name: "threads", options: ["--threads"], unit: .count, standard: .number(1)),
    .init(
      name: "worker_connections", options: ["--worker-connections"], unit: .count,
      standard: .number(1000)),
    .init(name: "max_requests", options: ["--max-requests"], unit: .count, standard: .number(0)),
    .init(
      name: "max_requests_jitter", options: ["--max-requests-jitter"], unit: .count,
      standard: .number(0)),
    .init(name: "timeout", options: ["-t", "--timeout"], unit: .seconds, standard: .number(30)),
    .init(
      name: "graceful_timeout", options: ["--graceful-timeout"], unit: .seconds,
      standard: .number(30)),
    .init(name: "keepalive", options: ["--keep-alive"], unit: .seconds, standard: .number(2)),
    .init(name: "preload_app", options: ["--preload"], unit: .flag, standard: .flag(false)),
    .init(name: "backlog", options: ["--backlog"], unit: .count, standard: .number(2048)),
    .init(name: "worker_tmp_dir", options: ["--worker-tmp-dir"], unit: .text, standard: nil),
    .init(name: "bind", options: ["-b", "--bind"], unit: .text, standard: nil),
  ]

  static func named(_ name: Substring) -> GunicornSetting? { all.first { $0.name == name } }

  static func option(_ option: Substring) -> GunicornSetting? {
    all.first { $0.options.contains { $0 == option } }
  }

  /// A value as gunicorn's own parsers take it: `int()` for figures, case-folded words for flags.
  func value(of text: String) -> Value? {
    let word = text.bare
    switch unit {
    case .text: return word.isEmpty || word == "None" ? nil : .text(String(word))
    case .flag:
      switch word.lowercased() {
      case "true", "1", "yes", "on": return .flag(true)
      case "false", "0", "no", "off": return .flag(false)
      default: return nil
      }
    default: return Double(word).flatMap { $0.isFinite && $0 >= 0 ? .number($0) : nil }
    }
  }

  /// Records documented defaults for settings that a wholly read source does not hold.
  static func recordDefaults(except known: Set<String>, of subject: Int, into page: inout Page) {
    for setting in all where !known.contains(setting.name) {
      guard let value = setting.standard else { continue }
      page.record(setting.fact, value, of: subject, origin: Origin(line: nil, excerpt: ""))
    }
  }

  /// Tells the subject what a listening address says of it.
  static func identify(_ subject: Int, bind: String, in page: inout Page) {
    for part in bind.split(separator: ",").prefix(8) {
      let address = part.bare.without(prefix: "http://").without(prefix: "https://")
      guard !address.hasPrefix("unix:"), let colon = address.lastIndex(of: ":"),
        let port = Int(address[address.index(after: colon)...]), (1...65535).contains(port)
      else { continue }
      page.identify(subject, .port(port))
      let host = address[..<colon]
      if namesMachine(host) { page.identify(subject, .address("\(host):\(port)")) }
    }
  }
}

/// Four numbers with dots that are neither loopback nor wildcard: an address that names a machine.
func namesMachine(_ text: some StringProtocol) -> Bool {
  let parts = text.split(separator: ".", omittingEmptySubsequences: false)
  guard parts.count == 4, parts.allSatisfy({ Int($0).map { (0...255).contains($0) } ?? false })
  else { return false }
  return parts[0] != "127" && parts[0] != "0"
}

extension Substring {
  func without(prefix: String) -> Substring { hasPrefix(prefix) ? dropFirst(prefix.count) : self }
}
