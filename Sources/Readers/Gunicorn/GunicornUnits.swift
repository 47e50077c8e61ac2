import Model
import YAML

/// How systemd units, Dockerfiles and compose files hold a command and its limits.
extension GunicornCommandReader {
  /// `[Service]` of a unit, or of `systemctl cat`, which writes the path of each file as a comment.
  static func readUnit(_ lines: [String], name: String, into page: inout Page) {
    var command: [(number: Int, text: Substring)] = []
    var environment: Environment = [:]
    var restart: (text: String, line: Int)?
    var memory: (bytes: Double, text: String, line: Int)?
    var cpus: (count: Double, line: Int)?
    var service = name.hasSuffix(".service") ? String(name.dropLast(8)) : nil
    var continued: Substring?
    var sockets = ""

    for (number, text) in numbered(lines) {
      let line = text.bare
      if continued == nil, line.hasPrefix("#") || line.hasPrefix(";") {
        if service == nil, line.hasPrefix("# /"), line.hasSuffix(".service"),
          let file = line.split(separator: "/").last
        {
          service = String(file.dropLast(8))
        }
        continue
      }
      var key = continued
      var value = line
      if continued == nil, let pair = assignment(text) { (key, value) = (pair.key, pair.value) }
      switch key {
      case "ExecStart":
        if continued == nil {
          command = []
          value = value.drop { "-@:+!".contains($0) }
        }
        command.append((number, value))
      case "Environment": take(value, number, into: &environment)
      case "Restart": restart = (String(value), number)
      case "Requires", "Wants", "BindsTo", "Also", "Sockets":
        if value.contains(".socket"), sockets.count < 1000 { sockets += " " + value }
      case "MemoryMax", "MemoryLimit", "MemoryHigh":
        if let bytes = byteCount(value) { memory = (bytes, String(value), number) }
      case "CPUQuota":
        if value.hasSuffix("%"), let share = Double(value.dropLast()) {
          cpus = (share / 100, number)
        }
      default: break
      }
      continued = line.hasSuffix("\\") ? key : nil
    }

    let words = shellWords(command, variables: environment.mapValues(\.value))
    guard GunicornCommand.find(in: words) != nil else { return }
    let app = service.map { page.subject(.app, .serviceName($0)) } ?? page.subject(.app)
    record(words: words, environment: environment, lines: lines, subject: app, into: &page)
    // Of a process that was found running nobody knows what restarts it.
    let isFound = lines.first?.hasPrefix("# Written by triage from /proc/") == true
    // systemd.socket(5): the socket of that name starts it again when the next connection comes.
    let ownSocket = (service.map { $0 + ".socket" } ?? "")[...]
    let hasSocket = restart == nil && sockets.split { $0.isWhitespace }.contains(ownSocket)
    if restart != nil || !(isFound || hasSocket) {
      // systemd.service(5): Restart= is no unless set.
      page.record(
        "app.restart", .text(restart?.text ?? "no"), of: app,
        origin: restart.map { Document.origin($0.line, in: lines) }
          ?? Origin(line: nil, excerpt: ""))
    }
    if let memory {
      page.record(
        "app.memory_limit", memory.bytes, of: app,
        origin: Document.origin(memory.line, in: lines).marking(memory.text))
    }
    if let cpus {
      page.record("app.cpus", cpus.count, of: app, origin: Document.origin(cpus.line, in: lines))
    }
  }

  /// `512m`, `1G`, `1.5g`, `536870912`, `512MiB`: systemd and Docker both count in 1024s.
  static func byteCount(_ text: some StringProtocol) -> Double? {
    let word = text.bare
    let digits = word.prefix { $0.isNumber || $0 == "." }
    guard let number = Double(digits), number.isFinite, number > 0 else { return nil }
    switch word.dropFirst(digits.count).lowercased() {
    case "", "b": return number
    case "k", "kb", "ki", "kib": return number * 1024
    case "m", "mb", "mi", "mib": return number * 1_048_576
    case "g", "gb", "gi", "gib": return number * 1_073_741_824
    case "t", "tb", "ti", "tib": return number * 1_099_511_627_776
    default: return nil
    }
  }

  /// One stage of a Dockerfile: the last CMD and ENTRYPOINT count, and stages build on others.
  private struct Stage {
    var entry: [ShellWord] = []
    var command: [ShellWord] = []
    var environment: Environment = [:]
    var check: (text: String, line: Int)?
    var interval: (seconds: Double, line: Int)?
  }

  static func readDockerfile(_ lines: [String], into page: inout Page) {
    var stages: [String: Stage] = [:]
    var stage = Stage()
    var stageName: String?
    for instruction in instructions(lines) {
      guard let first = instruction.first else { continue }
      let text = first.text.bare
      let name = text.prefix { !$0.isWhitespace }
      let arguments = text.dropFirst(name.count)
      var parts = instruction
      parts[0].text = arguments
      switch name.uppercased() {
      case "FROM":
        if let stageName, stages.count < 100 { stages[stageName] = stage }
        let words = arguments.fields.filter { !$0.hasPrefix("--") }
        stage = words.first.flatMap { stages[String($0)] } ?? Stage()
        stageName = words.count >= 3 ? String(words[2]) : nil
      case "ENV":
        let words = arguments.split(maxSplits: 1) { $0.isWhitespace }
        if let key = words.first, !key.contains("="), words.count == 2 {
          stage.environment[String(key)] = (String(words[1].bare), first.number)
        } else {
          for part in parts {
            take(part.text.bare.removingContinuation, part.number, into: &stage.environment)
          }
        }
      case "CMD": stage.command = dockerWords(parts, stage.environment)
      case "ENTRYPOINT":
        stage.entry = dockerWords(parts, stage.environment)
        stage.command = []
      case "HEALTHCHECK": readHealthcheck(parts, into: &stage)
      default: break
      }
    }
    // In exec form CMD gives the entry point its arguments.
    let words = stage.entry.filter { !$0.isOperator } + stage.command
    let app = page.subject(.app)
    guard
      record(
        words: words, environment: stage.environment, lines: lines, subject: app, into: &page)
    else { return }
    if let check = stage.check {
      page.record(
        "app.healthcheck", .text(check.text), of: app,
        origin: Document.origin(check.line, in: lines))
    }
    if let interval = stage.interval {
      page.record(
        "app.healthcheck_interval", interval.seconds, of: app,
        origin: Document.origin(interval.line, in: lines))
    }
  }

  /// Lines of each instruction; comments within go.
  private static func instructions(
    _ lines: [String]
  ) -> [[(number: Int, text: Substring)]] {
    var result: [[(number: Int, text: Substring)]] = []
    var continues = false
    for (number, text) in numbered(lines) {
      let line = text.bare
      if line.hasPrefix("#") || (line.isEmpty && !continues) { continue }
      if continues, !result.isEmpty {
        result[result.count - 1].append((number, line))
      } else {
        result.append([(number, line)])
      }
      continues = line.hasSuffix("\\")
    }
    return result
  }

  static func dockerWords(
    _ parts: [(number: Int, text: Substring)], _ environment: Environment
  ) -> [ShellWord] {
    let first = parts.first?.number ?? 1
    // Exec form is JSON, possibly over several lines.
    let json = parts.map { String($0.text.bare.removingContinuation) }.joined(separator: "\n")
    if json.bare.hasPrefix("["), let nodes = try? parseJSON(Array(json.utf8)).nodes,
      let items = nodes.first?.sequence
    {
      return items.compactMap { item in
        guard let text = item.scalar else { return nil }
        let index = item.line - 1
        let line = parts.indices.contains(index) ? parts[index].number : first
        return ShellWord(text: text, line: line)
      }
    }
    return shellWords(parts, variables: environment.mapValues(\.value))
  }

  private static func readHealthcheck(
    _ parts: [(number: Int, text: Substring)], into stage: inout Stage
  ) {
    stage.check = nil
    stage.interval = nil
    for part in parts {
      for word in part.text.split(whereSeparator: { $0.isWhitespace }) {
        if word.hasPrefix("--interval="), let seconds = duration(word.dropFirst(11)) {
          stage.interval = (seconds, part.number)
        }
      }
    }
    guard
      let part = parts.first(where: {
        $0.text.contains("CMD ") || $0.text.contains("CMD[") || $0.text.contains("http")
      })
    else { return }
    let text = part.text.bare
    let command = text.firstRangeOf("CMD").map { text[$0...].dropFirst(3) } ?? text
    stage.check = (String(command.bare.prefix(300)), part.number)
  }

  /// `10s`, `1m30s`, `500ms`.
  static func duration(_ text: some StringProtocol) -> Double? {
    var total = 0.0
    var rest = text.bare[...]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isNumber || $0 == "." }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(unit.count)
      guard let number = Double(digits),
        let scale = ["": 1, "s": 1, "m": 60, "h": 3600, "ms": 0.001][String(unit)]
      else { return nil }
      total += number * scale
    }
    return total
  }
}

extension Substring {
  /// Without a backslash that joins the next line.
  var removingContinuation: Substring { hasSuffix("\\") ? dropLast().bare : self }

  fileprivate func firstRangeOf(_ needle: String) -> Index? {
    var index = startIndex
    while index < endIndex {
      if self[index...].hasPrefix(needle) { return index }
      index = self.index(after: index)
    }
    return nil
  }
}
