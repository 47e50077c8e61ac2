import Model

/// How a service stands: `systemctl status` or `show`.
///
/// ```
/// × app.service - app (gunicorn)
///      Active: failed (Result: exit-code) since Tue 2024-07-02 22:15:19 UTC; 1min 2s ago
///    Main PID: 3377 (code=exited, status=3)
/// ```
enum ServiceStatusReader: DocumentReader {
  static let kind = EvidenceKind.serviceStatus

  static func recognises(_ sample: Sample) -> Recognition {
    guard !sample.looksLikeJSON else { return .no }
    let hasLoaded = sample.lines.contains { $0.bare.hasPrefix("Loaded: ") }
    let hasActive = sample.lines.contains { $0.bare.hasPrefix("Active: ") }
    let isStatus = hasLoaded && hasActive
    if sample.lines.contains(where: { failedUnit($0) != nil || saysNoneFailed($0) }) {
      return .certain
    }
    guard isStatus || sample.lines.contains(where: { $0.hasPrefix("ActiveState=") }) else {
      return .no
    }
    return units(of: sample.lines).contains { $0.role != nil } ? .certain : .no
  }

  /// `● redis-server.service loaded failed failed Advanced key-value store`, of `systemctl --failed`
  /// and `list-units`.
  private static func failedUnit(_ line: String) -> Substring? {
    var words = line.fields[...]
    if let mark = words.first, mark.count == 1, !mark.allSatisfy(\.isASCII) || mark == "*" {
      words = words.dropFirst()
    }
    guard words.count >= 4, let unit = words.first,
      [".service", ".mount", ".timer", ".socket", ".swap"].contains(where: unit.hasSuffix),
      words.dropFirst().first == "loaded", words.dropFirst(2).first == "failed"
    else { return nil }
    return unit
  }

  /// `0 loaded units listed.`
  private static func saysNoneFailed(_ line: String) -> Bool {
    line.hasPrefix("0 loaded units listed")
  }

  /// A failed unit that is no server known by its name may be anything.
  private static func failedServer(_ line: String) -> (role: ServicePart.Role, name: String)? {
    guard let unit = failedUnit(line), unit.hasSuffix(".service") else { return nil }
    let name = unit.dropLast(8)
    guard let role = ServicePart.Role(name: name),
      role != .app || ["gunicorn", "uvicorn", "celery"].contains(where: { name.contains($0) })
    else { return nil }
    return (role, String(name))
  }

  /// `● app.service - description`, `Id=app.service`.
  private static func serviceName(_ line: String) -> Substring? {
    if line.hasPrefix("Id="), line.hasSuffix(".service") { return line.dropFirst(3).dropLast(8) }
    guard let first = line.first, "●×○↻*x".contains(first) else { return nil }
    let word = line.dropFirst().bare.prefix { !$0.isWhitespace }
    return word.hasSuffix(".service") ? word.dropLast(8) : nil
  }

  /// What is told of one service.
  private struct Unit {
    var name: String
    var lines: Range<Int>
    var role: ServicePart.Role?
  }

  /// The services that the lines tell of. `show` has an order of its own: the name may stand among the
  /// properties, which go from blank line to blank line.
  private static func units(of lines: [String]) -> [Unit] {
    var blank = 0
    let starts = lines.indices.compactMap { index -> (line: Int, name: String)? in
      if lines[index].bare.isEmpty { blank = index }
      guard let name = serviceName(lines[index]) else { return nil }
      return (lines[index].hasPrefix("Id=") ? blank : index, String(name))
    }
    let ends = starts.dropFirst().map(\.line) + [lines.count]
    return zip(starts, ends).map { start, end in
      let range = start.line..<max(start.line, end)
      let runsRedis = lines[range].contains { line in
        let text = line.bare
        return ["redis-server", "valkey-server"].contains { text.contains($0) }
          && (isCommandLine(text) || text.hasPrefix("Main PID:"))
      }
      return Unit(
        name: start.name, lines: range,
        role: runsRedis ? .redis : ServicePart.Role(name: start.name))
    }
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    let failed = lines.enumerated().compactMap { index, line in
      failedServer(line).map { (server: $0, line: index + 1) }
    }
    let counts = ServicePart.counts(failed.map(\.server.role))
    for (server, line) in page.first(ServicePart.limit, of: failed, "services") {
      let several = counts[server.role] ?? 0 > 1
      let part = ServicePart(server.role, name: server.name, several: several, in: &page)
      let origin = Document.origin(line, in: lines)
      part.record("service.active", .text("failed"), origin: origin, into: &page)
    }
    readOthers(lines, into: &page)
    // A list has rows alone.
    guard !lines.contains(where: { failedUnit($0) != nil || saysNoneFailed($0) }) else { return }
    let units = page.first(ServicePart.limit, of: units(of: lines), "services")
    let roles = ServicePart.counts(units.map(\.role))
    for unit in units {
      guard let role = unit.role else { continue }
      let several = roles[role] ?? 0 > 1
      let part = ServicePart(role, name: unit.name, several: several, in: &page)
      read(unit, part, of: lines, context: context, into: &page)
    }
  }

  /// What else failed is told by its name, and accuses nobody.
  private static func readOthers(_ lines: [String], into page: inout Page) {
    var units: [(name: String, line: Int)] = []
    for (index, line) in lines.enumerated() {
      if saysNoneFailed(line) {
        page.record(
          "host.services.failed", 0, of: page.subject(.host),
          origin: Document.origin(index + 1, in: lines))
        return
      }
      if let unit = failedUnit(line), failedServer(line) == nil {
        units.append((String(unit.prefix(80)), index + 1))
      }
    }
    guard let first = units.first else { return }
    let host = page.subject(.host)
    for unit in page.first(ServicePart.limit, of: units, "units") {
      page.record(
        "host.services.failed", 1, of: host, part: unit.name,
        origin: Document.origin(unit.line, in: lines))
    }
    let names = units.prefix(5).map(\.name).joined(separator: ", ")
    let more = units.count > 5 ? " and \(units.count - 5) more" : ""
    page.warn(
      "failed, and no server that is judged here: \(names)\(more); journalctl -u UNIT tells why",
      line: first.line)
  }

  private static func read(
    _ unit: Unit, _ part: ServicePart, of lines: [String], context: ReadingContext,
    into page: inout Page
  ) {
    let zone = context.zone(for: kind).offset
    let exitCode = lines[unit.lines].first { $0.hasPrefix("ExecMainCode=") }?.dropFirst(13).bare
    let isUnbounded = lines[unit.lines].contains("MemoryMax=infinity")
    var kill: Origin?
    var hasCommand = false
    var host: Int?
    for index in unit.lines {
      let line = lines[index]
      let origin = Document.origin(index + 1, in: lines)
      let text = line.bare
      if text.hasPrefix("Active: ") {
        // A state that began after the window tells nothing of it.
        if let until = context.window.until, let since = since(text, zone: zone), since > until {
          return
        }
        readActive(text.dropFirst(8), of: part, zone: zone, origin: origin, into: &page)
      } else if text.hasPrefix("Main PID: ") {
        readExit(text, of: part, origin: origin, into: &page)
      } else if text.hasPrefix("Memory: ") {
        readMemory(text.dropFirst(8), of: part, origin: origin, into: &page)
      } else if text.hasPrefix("Tasks: ") {
        if let count = Double(text.dropFirst(7).prefix { $0.isNumber }) {
          part.record("service.tasks", count, origin: origin, into: &page)
        }
      } else if part.role == .app, text.contains("gunicorn"), !hasCommand, isCommandLine(text) {
        hasCommand = readCommand(text, index + 1, of: part.subject, origin: origin, into: &page)
      } else if let (key, value) = GunicornCommandReader.assignment(text), !value.isEmpty {
        readProperty(key, value, exitCode: exitCode, of: part, origin: origin, into: &page)
      }
      if text == "Result=oom-kill" { kill = origin }
      if host == nil {
        let bytes = Array(line.utf8)
        let span = bytes.span
        if let entry = AppStamp.syslog(span, at: 0, year: nil, offset: 0) {
          let named = page.subject(.host, .hostName(span.text(entry.host)))
          page.relate(part.subject, .runsOn, named, origin: origin)
          host = named
        }
      }
    }
    if let kill, isUnbounded {
      part.recordKillOfHost(host, origin: kill, into: &page)
    }
  }

  private static func isCommandLine(_ text: Substring) -> Bool {
    text.hasPrefix("Process:") || text.hasPrefix("├─") || text.hasPrefix("└─")
      || text.hasPrefix("|-") || text.hasPrefix("`-") || text.hasPrefix("ExecStart=")
  }

  private static func since(_ text: Substring, zone: Int) -> Instant? {
    let words = text.split { " ();,".contains($0) }
    for (index, word) in words.enumerated() where index + 2 < words.count && word.count == 10 {
      let mark = words[index + 2] == "UTC" ? " UTC" : ""
      let stamp = parseISO8601("\(word) \(words[index + 1])\(mark)", offset: zone)
      if let stamp { return stamp.instant }
    }
    return nil
  }

  /// `failed (Result: exit-code) since Tue 2024-07-02 22:15:19 UTC; 1min 2s ago`
  private static func readActive(
    _ text: Substring, of part: ServicePart, zone: Int, origin: Origin, into page: inout Page
  ) {
    let state = text.prefix { $0.isLetter || $0 == "-" }
    if !state.isEmpty {
      part.record("service.active", .text(String(state)), origin: origin, into: &page)
    }
    let words = text.split { " ();,".contains($0) }
    for (word, next) in zip(words, words.dropFirst()) where word == "Result:" {
      part.record("service.result", .text(String(next)), origin: origin, into: &page)
    }
    if let since = since(text, zone: zone) {
      part.record("service.since", .time(since), origin: origin, into: &page)
    }
  }

  /// `812.4M`, `812.4M (max: 1.0G available: 211.5M peak: 1.0G)`
  private static func readMemory(
    _ text: Substring, of part: ServicePart, origin: Origin, into page: inout Page
  ) {
    let words = text.split { " ()".contains($0) }
    if let bytes = words.first.flatMap({ GunicornCommandReader.byteCount($0) }) {
      part.record("service.memory", bytes, origin: origin, into: &page)
    }
    for (word, next) in zip(words, words.dropFirst()) where word == "max:" || word == "limit:" {
      if let bytes = GunicornCommandReader.byteCount(next) {
        part.recordLimits(memory: (bytes, origin), cpus: nil, into: &page)
      }
    }
  }

  /// `Main PID: 3377 (code=exited, status=3/NOTIMPLEMENTED)`, `(code=killed, signal=KILL)`,
  /// `(code=dumped, status=11/SEGV)`
  private static func readExit(
    _ text: Substring, of part: ServicePart, origin: Origin, into page: inout Page
  ) {
    let words = text.split { " (),".contains($0) }
    let isSignal = words.contains { $0 == "code=killed" || $0 == "code=dumped" }
    for word in words {
      if word.hasPrefix("signal=") {
        part.record(
          "service.exit_signal", .text(String(word.dropFirst(7))), origin: origin, into: &page)
      } else if word.hasPrefix("status="),
        let status = Int(word.dropFirst(7).prefix(while: \.isNumber))
      {
        recordExit(status, isSignal: isSignal, of: part, origin: origin, into: &page)
      }
    }
  }

  private static func recordExit(
    _ status: Int, isSignal: Bool, of part: ServicePart, origin: Origin, into page: inout Page
  ) {
    if isSignal {
      let name = ProcessSignal.name(status)
      part.record("service.exit_signal", .text(name), origin: origin, into: &page)
    } else {
      part.record("service.exit_status", Double(status), origin: origin, into: &page)
    }
  }

  /// A property of `show`; `exitCode` is how the main process ended, as waitid(2) counts.
  private static func readProperty(
    _ key: Substring, _ value: Substring, exitCode: Substring?, of part: ServicePart,
    origin: Origin, into page: inout Page
  ) {
    switch key {
    case "ActiveState":
      part.record("service.active", .text(String(value)), origin: origin, into: &page)
    case "Result":
      part.record("service.result", .text(String(value)), origin: origin, into: &page)
    case "ExecMainStatus":
      if let status = Int(value) {
        let isSignal = exitCode == "2" || exitCode == "3"
        recordExit(status, isSignal: isSignal, of: part, origin: origin, into: &page)
      }
    case "NRestarts":
      if let count = Double(value) {
        part.record("service.restarts", count, origin: origin, into: &page)
      }
    case "MemoryCurrent":
      if let bytes = Double(value), bytes < 1e18 {
        part.record("service.memory", bytes, origin: origin, into: &page)
      }
    case "MemoryMax":
      if let bytes = Double(value), bytes < 1e18 {
        part.recordLimits(memory: (bytes, origin), cpus: nil, into: &page)
      }
    case "Restart":
      if part.role == .app {
        page.record("app.restart", .text(String(value)), of: part.subject, origin: origin)
      }
    default: break
    }
  }

  private static func readCommand(
    _ text: Substring, _ line: Int, of app: Int, origin: Origin, into page: inout Page
  ) -> Bool {
    var command = text.drop { !$0.isNumber && $0 != "/" }
    if text.hasPrefix("Process:"), let equals = text.firstIndex(of: "=") {
      command = text[text.index(after: equals)...]
    } else if command.first?.isNumber == true {
      command = command.drop { $0.isNumber }
    }
    let isCut = command.contains("…") || command.hasSuffix("...")
    // systemd puts the outcome in brackets behind the command.
    if let outcome = command.lastIndex(of: "(") { command = command[..<outcome] }
    let words = shellWords([(number: line, text: command)])
    guard let found = GunicornCommand.find(in: words) else { return false }
    var facts = GunicornCommandFacts(subject: app)
    facts.record(found.read(), into: &page) { _ in origin }
    if !isCut, !found.arguments.isEmpty { facts.recordDefaults(into: &page) }
    return true
  }
}
