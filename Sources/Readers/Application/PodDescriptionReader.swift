import Model

/// `kubectl describe pod`: how the containers of a pod ended, and what they may use.
///
/// ```
/// Name:             api-6d4cf56db6-x2x9q          Last State:     Terminated
/// Containers:                                       Reason:       OOMKilled
///   api:                                            Exit Code:    137
///     Image:  registry.example.com/api:1.44         Finished:     Tue, 03 Mar 2026 19:02:10 +0000
///     Limits:                                     Restart Count:  7
///       memory:  512Mi
/// ```
enum PodDescriptionReader: DocumentReader {
  static let kind = EvidenceKind.serviceStatus

  static func recognises(_ sample: Sample) -> Recognition {
    let heads = sample.lines.filter { $0.first.map { !$0.isWhitespace } ?? false }
    let isPod =
      heads.contains { $0.hasPrefix("Name:") } && heads.contains { $0.hasPrefix("Namespace:") }
      && heads.contains { $0.hasPrefix("Containers:") }
    return isPod ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    var isInContainers = false
    var containers: [Container] = []
    var isOpen = false
    for (index, line) in lines.enumerated() {
      let text = line.bare
      guard !text.isEmpty else { continue }
      let depth = line.prefix { $0 == " " }.count
      if depth <= 2 { isOpen = false }
      if depth == 0 {
        isInContainers = text.hasPrefix("Containers:")
      } else if isInContainers, depth == 2, text.hasSuffix(":") {
        containers.append(Container(name: String(text.dropLast())))
        isOpen = true
      } else if isOpen {
        containers[containers.count - 1].read(text, depth: depth, line: index + 1)
      }
    }
    let told = page.first(ServicePart.limit, of: containers, "containers")
    let roles = told.map(\.role)
    let counts = ServicePart.counts(roles)
    for (container, role) in zip(told, roles) {
      guard let role, role != .proxy || !container.isWell else { continue }
      let several = counts[role] ?? 0 > 1
      let part = ServicePart(role, name: container.name, several: several, in: &page)
      container.record(part, context, lines, into: &page)
    }
  }

  /// One container: what its lines say, by the heads that they stand under.
  private struct Container {
    private typealias Field = (value: String, line: Int)

    let name: String
    private var head = ""
    private var fields: [String: Field] = [:]
    private var words: [ShellWord] = []

    init(name: String) { self.name = name }

    /// Fields stand four deep, what belongs to one of them six deep.
    mutating func read(_ text: Substring, depth: Int, line: Int) {
      if depth >= 6, head == "Command" || head == "Args" {
        // Each line is one argument, whatever blanks it holds.
        words.append(
          ShellWord(text: String(text), line: line, isComputed: text.hasPrefix("$")))
        return
      }
      guard let colon = text.firstIndex(of: ":") else { return }
      let key = String(text[..<colon])
      let value = String(text[text.index(after: colon)...].bare)
      if depth <= 4 { head = key }
      let path = depth <= 4 ? key : "\(head).\(key)"
      if fields.count < 100 { fields[path] = (value, line) }
    }

    /// Whether it runs, or was not ended yet.
    var isWell: Bool {
      fields["State.Reason"]?.value != "CrashLoopBackOff" && fields["State.Exit Code"] == nil
    }

    var role: ServicePart.Role? { .init(image: fields["Image"]?.value ?? "", name: name) }

    func record(
      _ part: ServicePart, _ context: ReadingContext, _ lines: [String], into page: inout Page
    ) {
      func origin(_ field: Field) -> Origin { Document.origin(field.line, in: lines) }
      recordEnd(of: part, context, lines, into: &page)
      if let restarts = fields["Restart Count"], let count = Double(restarts.value) {
        part.record("container.restarts", count, origin: origin(restarts), into: &page)
      }
      let memory = fields["Limits.memory"].flatMap { field in
        byteCount(field.value).map { ($0, origin(field)) }
      }
      let cpus = fields["Limits.cpu"].flatMap { field in
        Container.cores(field.value).map { ($0, origin(field)) }
      }
      part.recordLimits(memory: memory, cpus: cpus, into: &page)
      if part.role == .app, let found = GunicornCommand.find(in: words), !found.arguments.isEmpty {
        var facts = GunicornCommandFacts(subject: part.subject)
        facts.record(found.read(), into: &page) { Document.origin($0.line, in: lines) }
        // A gunicorn.conf.py in the image is read without being named.
        facts.recordDefaults(except: ["max_requests", "max_requests_jitter"], into: &page)
      }
    }

    /// The state before the present one tells why it was restarted; one that is not restarted has
    /// its end in the present one.
    private func recordEnd(
      of part: ServicePart, _ context: ReadingContext, _ lines: [String], into page: inout Page
    ) {
      if let state = fields["State"] {
        let isLooping = fields["State.Reason"]?.value == "CrashLoopBackOff"
        part.record(
          "container.state", .text(isLooping ? "restarting" : state.value.lowercased()),
          origin: Document.origin(state.line, in: lines), into: &page)
      }
      let states = ["State", "Last State"].filter { fields[$0]?.value == "Terminated" }
      let end = states.last ?? ""
      guard let reason = fields["\(end).Reason"] else { return }
      let time = fields["\(end).Finished"].flatMap { Container.time($0.value) }
      if let time {
        guard context.window.contains(time) else { return }
        page.cover(time)
      }
      let isKilled = states.contains { fields["\($0).Reason"]?.value == "OOMKilled" }
      let origin = Document.origin(reason.line, in: lines)
      part.record(
        "container.oom_killed", .flag(isKilled), at: time, origin: origin, into: &page)
      if let code = fields["\(end).Exit Code"], let number = Int(code.value) {
        part.record(
          exitCode: number, at: time, origin: Document.origin(code.line, in: lines), into: &page)
      }
      if isKilled, fields["Limits.memory"] == nil {
        part.recordKillOfHost(at: time, origin: origin, into: &page)
      }
      if isKilled, let time {
        page.record(
          Event(
            "container-oom-killed", subject: part.subject, time: time,
            text: "container '\(name.prefix(60))' was killed at its limit of memory",
            isImpact: true, origin: origin))
      }
    }

    /// `2`, `500m`.
    private static func cores(_ text: String) -> Double? {
      let count = text.hasSuffix("m") ? Double(text.dropLast()).map { $0 / 1000 } : Double(text)
      return count.flatMap { $0 > 0 ? $0 : nil }
    }

    /// `Tue, 03 Mar 2026 19:02:10 +0000`
    private static func time(_ text: String) -> Instant? {
      let zone = text.suffix(5)
      guard zone.count == 5, let sign = zone.first, sign == "+" || sign == "-",
        let hours = Int(zone.dropFirst().prefix(2)), let minutes = Int(zone.suffix(2))
      else { return nil }
      let offset = (hours * 60 + minutes) * 60 * (sign == "-" ? -1 : 1)
      let bytes = Array(text.dropLast(5).utf8)
      return ProcessStamp.time(of: bytes.span, offset: offset)
    }
  }
}
