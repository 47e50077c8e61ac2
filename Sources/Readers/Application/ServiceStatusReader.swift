import Model
import YAML

/// How a service stands: `systemctl status` or `show`, `docker inspect`, `docker ps -a`.
///
/// ```
/// × app.service - app (gunicorn)                                      "State": {
///      Active: failed (Result: exit-code) since Tue 2024-07-02 ...        "OOMKilled": true,
///    Main PID: 3377 (code=exited, status=3)                               "ExitCode": 137,
/// ```
package enum ServiceStatusReader: DocumentReader {
  package static let kind = EvidenceKind.serviceStatus

  package static func recognises(_ sample: Sample) -> Recognition {
    if sample.looksLikeJSON {
      return sample.text.contains("\"OOMKilled\"") && sample.text.contains("\"ExitCode\"")
        ? .certain : .no
    }
    let hasLoaded = sample.lines.contains { $0.bare.hasPrefix("Loaded: ") }
    let hasActive = sample.lines.contains { $0.bare.hasPrefix("Active: ") }
    if hasLoaded && hasActive { return isApplication(sample.lines) ? .certain : .no }
    if sample.lines.contains(where: { $0.hasPrefix("ActiveState=") }) {
      return isApplication(sample.lines) ? .certain : .no
    }
    let isDocker = sample.lines.contains {
      $0.hasPrefix("CONTAINER ID") && $0.contains("STATUS") && $0.contains("NAMES")
    }
    return isDocker ? .certain : .no
  }

  /// Services that stand beside the application.
  static func isInfrastructure(_ name: some StringProtocol) -> Bool {
    let name = name.lowercased()
    return [
      "redis", "valkey", "postgres", "mysql", "mariadb", "mongo", "nginx", "traefik", "haproxy",
      "caddy", "memcached", "rabbitmq", "kafka", "elasticsearch", "prometheus", "grafana", "cron",
      "ssh", "docker.", "containerd", "systemd", "rsyslog", "exporter", "consul", "apache", "httpd",
      "varnish", "keydb", "dragonfly",
    ].contains { name.contains($0) }
  }

  private static func isApplication(_ lines: [String]) -> Bool {
    lines.contains { serviceName($0).map { !isInfrastructure($0) } ?? false }
  }

  /// `● app.service - description`, `Id=app.service`.
  private static func serviceName(_ line: String) -> Substring? {
    if line.hasPrefix("Id="), line.hasSuffix(".service") { return line.dropFirst(3).dropLast(8) }
    guard let first = line.first, "●×○↻*x".contains(first) else { return nil }
    let word = line.dropFirst().bare.prefix { !$0.isWhitespace }
    return word.hasSuffix(".service") ? word.dropLast(8) : nil
  }

  package static func read(
    _ document: Document, context: ReadingContext, into page: inout Page
  ) {
    let lines = document.lines
    if Sample(name: document.name, head: document.bytes).looksLikeJSON {
      readInspect(document, lines, into: &page)
    } else if lines.contains(where: { $0.hasPrefix("CONTAINER ID") }) {
      readContainers(lines, into: &page)
    } else {
      readUnits(lines, context: context, into: &page)
    }
  }

  private static func readUnits(
    _ lines: [String], context: ReadingContext, into page: inout Page
  ) {
    var app: Int?
    var hasCommand = false
    var hasHost = false
    let zone = context.zone(for: kind).offset
    for (index, line) in lines.enumerated() {
      let origin = Document.origin(index + 1, in: lines)
      if let name = serviceName(line) {
        app = isInfrastructure(name) ? nil : page.subject(.app, .serviceName(String(name)))
        hasCommand = false
        continue
      }
      let text = line.bare
      if app == nil, text.hasPrefix("ActiveState="),
        let id = lines.lazy.compactMap(serviceName).first,
        !isInfrastructure(id)
      {
        app = page.subject(.app, .serviceName(String(id)))
      }
      guard let app else { continue }
      if text.hasPrefix("Active: ") {
        // A state that began after the window tells nothing of it.
        if let until = context.window.until, let since = since(text, zone: zone), since > until {
          return
        }
        readActive(text.dropFirst(8), of: app, zone: zone, origin: origin, into: &page)
      } else if text.hasPrefix("Main PID: ") {
        readExit(text, of: app, origin: origin, into: &page)
      } else if text.hasPrefix("Memory: ") {
        let word = text.dropFirst(8).prefix { !$0.isWhitespace }
        if let bytes = GunicornCommandReader.byteCount(word) {
          page.record("app.service.memory", bytes, of: app, origin: origin)
        }
      } else if text.hasPrefix("Tasks: ") {
        if let count = Double(text.dropFirst(7).prefix { $0.isNumber }) {
          page.record("app.service.tasks", count, of: app, origin: origin)
        }
      } else if text.contains("gunicorn"), !hasCommand, isCommandLine(text) {
        hasCommand = readCommand(text, index + 1, of: app, origin: origin, into: &page)
      } else if let (key, value) = GunicornCommandReader.assignment(text), !value.isEmpty {
        readProperty(key, value, of: app, origin: origin, into: &page)
      }
      if !hasHost {
        let bytes = Array(line.utf8)
        let span = bytes.span
        if let entry = AppStamp.syslog(span, at: 0, year: nil, offset: 0) {
          hasHost = true
          let host = page.subject(.host, .hostName(span.text(entry.host)))
          page.relate(app, .runsOn, host, origin: origin)
        }
      }
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
    _ text: Substring, of app: Int, zone: Int, origin: Origin, into page: inout Page
  ) {
    let state = text.prefix { $0.isLetter || $0 == "-" }
    if !state.isEmpty {
      page.record("app.service.active", .text(String(state)), of: app, origin: origin)
    }
    let words = text.split { " ();,".contains($0) }
    for (word, next) in zip(words, words.dropFirst()) where word == "Result:" {
      page.record("app.service.result", .text(String(next)), of: app, origin: origin)
    }
    if let since = since(text, zone: zone) {
      page.record("app.service.since", .time(since), of: app, origin: origin)
    }
  }

  /// `Main PID: 3377 (code=exited, status=3/NOTIMPLEMENTED)`, `(code=killed, signal=KILL)`
  private static func readExit(
    _ text: Substring, of app: Int, origin: Origin, into page: inout Page
  ) {
    for word in text.split(whereSeparator: { " (),".contains($0) }) {
      if word.hasPrefix("status="), let status = Double(word.dropFirst(7).prefix { $0.isNumber }) {
        page.record("app.service.exit_status", status, of: app, origin: origin)
      }
      if word.hasPrefix("signal=") {
        page.record(
          "app.service.exit_signal", .text(String(word.dropFirst(7))), of: app, origin: origin)
      }
    }
  }

  private static func readProperty(
    _ key: Substring, _ value: Substring, of app: Int, origin: Origin, into page: inout Page
  ) {
    switch key {
    case "ActiveState":
      page.record("app.service.active", .text(String(value)), of: app, origin: origin)
    case "Result":
      page.record("app.service.result", .text(String(value)), of: app, origin: origin)
    case "ExecMainStatus":
      if let status = Double(value) {
        page.record("app.service.exit_status", status, of: app, origin: origin)
      }
    case "MemoryCurrent":
      if let bytes = Double(value), bytes < 1e18 {
        page.record("app.service.memory", bytes, of: app, origin: origin)
      }
    case "MemoryMax":
      if let bytes = Double(value), bytes < 1e18 {
        page.record("app.memory_limit", bytes, of: app, origin: origin)
      }
    case "Restart":
      page.record("app.restart", .text(String(value)), of: app, origin: origin)
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

  private static func readInspect(
    _ document: Document, _ lines: [String], into page: inout Page
  ) {
    let nodes: [Node]
    do {
      let parsed = try parseJSON(document.bytes)
      if parsed.isTruncated { page.warn("the JSON is cut; what stands before the cut was read") }
      nodes = parsed.nodes
    } catch {
      page.warn(error.message, line: error.line)
      return
    }
    let containers = nodes.flatMap { $0.sequence ?? [$0] }
    for container in page.first(500, of: containers, "containers") {
      let state = container["State"] ?? container
      let image = container[["Config", "Image"]]?.text ?? ""
      let name = container["Name"]?.text.map { String($0.drop { $0 == "/" }) }
      guard !isInfrastructure(name ?? ""), !isInfrastructure(image) else { continue }
      let service = container[["Config", "Labels", "com.docker.compose.service"]]?.text ?? name
      let app = service.map { page.subject(.app, .serviceName($0)) } ?? page.subject(.app)
      func origin(_ node: Node) -> Origin { Document.origin(node.line, in: lines) }
      if let killed = state["OOMKilled"], let flag = killed.bool {
        page.record("app.container.oom_killed", .flag(flag), of: app, origin: origin(killed))
      }
      if let code = state["ExitCode"], let number = code.number {
        page.record("app.container.exit_code", number, of: app, origin: origin(code))
      }
      if let restarts = container["RestartCount"], let number = restarts.number {
        page.record("app.container.restarts", number, of: app, origin: origin(restarts))
      }
      if let memory = container[["HostConfig", "Memory"]], let bytes = memory.number, bytes > 0 {
        page.record("app.memory_limit", bytes, of: app, origin: origin(memory))
      }
      if let cpus = container[["HostConfig", "NanoCpus"]], let nano = cpus.number, nano > 0 {
        page.record("app.cpus", nano / 1e9, of: app, origin: origin(cpus))
      }
      if let restart = container[["HostConfig", "RestartPolicy", "Name"]], let text = restart.text {
        page.record("app.restart", .text(text), of: app, origin: origin(restart))
      }
    }
  }

  /// `docker ps -a`: `Exited (137) 5 minutes ago` under STATUS, the name last.
  private static func readContainers(_ lines: [String], into page: inout Page) {
    for (index, line) in page.first(2000, of: Array(lines.enumerated()), "lines") {
      guard let exited = line.split(separator: "Exited (", maxSplits: 1).dropFirst().first,
        let code = Double(exited.prefix { $0.isNumber }),
        let name = line.fields.last, !isInfrastructure(line)
      else { continue }
      let app = page.subject(.app, .serviceName(String(name)))
      page.record(
        "app.container.exit_code", code, of: app, origin: Document.origin(index + 1, in: lines))
    }
  }
}
