import Model

/// A systemd unit that runs gunicorn, Celery or Redis, or that sets huge pages.
enum UnitReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let document = file.document
    let lines = document.lines
    GunicornCommandReader.readUnit(lines, name: document.name, into: &page)
    let isGunicorn = !page.facts.isEmpty
    let unit = Unit(lines)
    if isGunicorn {
      CommandExtras.read(file, into: &page)
      markGunicorn(unit, file, lines, into: &page)
      return
    }
    let name = serviceName(document.name)
    let words = shellWords(unit.command)
    if CeleryCommand.find(in: words) != nil {
      let app = page.subject(.app, .serviceName(name))
      CeleryCommand.record(words, of: app, lines, into: &page)
      recordUnit(unit, "app", app, file, lines, into: &page)
    } else if RedisCommand.starts(words.filter { !$0.text.hasPrefix("-") }) {
      let redis = page.subject(.redis, .serviceName(name))
      let command = RedisCommand(words)
      command.settings.record(of: redis, lines: lines, into: &page)
      if let config = command.configFile { page.identify(redis, .configuredBy(config.text)) }
      recordUnit(unit, "redis.service", redis, file, lines, into: &page)
    }
    recordHugePages(unit, lines, into: &page)
  }

  private static func serviceName(_ file: String) -> String {
    file.hasSuffix(".service") ? String(file.dropLast(8)) : file
  }

  private static func markGunicorn(
    _ unit: Unit, _ file: DeployFile, _ lines: [String], into page: inout Page
  ) {
    guard let app = page.subjects.firstIndex(where: { $0.kind == .app }) else { return }
    recordGrace(unit, app, file, lines, into: &page)
    if let memory = unit["MemoryMax"] ?? unit["MemoryLimit"] ?? unit["MemoryHigh"] {
      page.record(
        "app.has_memory_limit", .flag(true), of: app,
        origin: Document.origin(memory.line, in: lines))
    }
  }

  private static func recordGrace(
    _ unit: Unit, _ app: Int, _ file: DeployFile, _ lines: [String], into page: inout Page
  ) {
    if let stop = unit["TimeoutStopSec"] ?? unit["TimeoutSec"] {
      guard let seconds = nginxSeconds(stop.text.replacingUnits) else { return }
      page.record(
        "app.stop_grace", seconds, of: app,
        origin: Document.origin(stop.line, in: lines).marking(stop.text))
    } else {
      page.record("app.stop_grace", 90, of: app, origin: file.absent("the default of systemd"))
    }
  }

  private static func recordUnit(
    _ unit: Unit, _ prefix: String, _ subject: Int, _ file: DeployFile, _ lines: [String],
    into page: inout Page
  ) {
    let restart = unit["Restart"]
    page.record(
      prefix + ".restart", .text(restart?.text ?? "no"), of: subject,
      origin: restart.map { Document.origin($0.line, in: lines).marking($0.text) }
        ?? file.absent("Restart= is not set; the default is no"))
    guard let memory = unit["MemoryMax"] ?? unit["MemoryLimit"],
      let bytes = byteCount(memory.text)
    else { return }
    page.record(
      prefix + ".memory_limit", bytes, of: subject,
      origin: Document.origin(memory.line, in: lines).marking(memory.text))
  }

  /// `ExecStart=/bin/sh -c "echo always > /sys/kernel/mm/transparent_hugepage/enabled"`.
  private static func recordHugePages(_ unit: Unit, _ lines: [String], into page: inout Page) {
    for (number, text) in unit.commands {
      guard let choice = HostSetupReader.hugePages(text) else { continue }
      page.record(
        "host.sets_thp", .text(choice), of: page.subject(.host),
        origin: Document.origin(number, in: lines).marking(choice))
    }
  }

  /// The keys of `[Service]`; a later assignment wins.
  private struct Unit {
    private var values: [String: (text: String, line: Int)] = [:]
    /// Lines of the last ExecStart, joined where a backslash says so.
    var command: [(number: Int, text: Substring)] = []
    var commands: [(number: Int, text: String)] = []

    init(_ lines: [String]) {
      var continued: Substring?
      for (number, text) in GunicornCommandReader.numbered(lines) {
        let line = text.bare
        if continued == nil, line.hasPrefix("#") || line.hasPrefix(";") { continue }
        var key = continued
        var value = line
        if continued == nil, let pair = GunicornCommandReader.assignment(text) {
          (key, value) = (pair.key, pair.value)
        }
        if let key {
          if key.hasPrefix("Exec") { commands.append((number, String(value))) }
          if key == "ExecStart" {
            if continued == nil {
              command = []
              value = value.drop { "-@:+!".contains($0) }
            }
            command.append((number, value))
          } else if continued == nil, values.count < 500 {
            values[String(key)] = (String(value), number)
          }
        }
        continued = line.hasSuffix("\\") ? key : nil
      }
    }

    subscript(key: String) -> (text: String, line: Int)? { values[key] }
  }
}

extension String {
  /// systemd's `1min 30s` and `5sec` in nginx's words.
  fileprivate var replacingUnits: String {
    let words = split { $0.isWhitespace }.map { word -> String in
      for (long, short) in [("minutes", "m"), ("min", "m"), ("seconds", "s"), ("sec", "s")]
      where word.hasSuffix(long) {
        return String(word.dropLast(long.count)) + short
      }
      return String(word)
    }
    return words.joined()
  }
}
