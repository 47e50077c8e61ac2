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
    var isInContainers = false
    var containers: [Container] = []
    var isOpen = false
    var pod = PodEnd()
    var told: [PodContainer] = []
    func endPod() {
      told += containers.map { pod.ending($0.told) }
      containers = []
      pod = PodEnd()
    }
    let lines = document.lines
    for (index, line) in lines.enumerated() {
      let text = line.bare
      guard !text.isEmpty else { continue }
      let depth = line.prefix { $0 == " " }.count
      if depth <= 2 { isOpen = false }
      if depth == 0 {
        if text.hasPrefix("Name:") { endPod() }
        isInContainers = text.hasPrefix("Containers:")
        pod.read(head: text, line: index + 1)
      } else if isInContainers, depth == 2, text.hasSuffix(":") {
        containers.append(Container(name: String(text.dropLast())))
        isOpen = true
      } else if isOpen {
        containers[containers.count - 1].read(text, depth: depth, line: index + 1)
      } else if !isInContainers {
        pod.read(event: text, line: index + 1)
      }
    }
    endPod()
    PodContainer.record(told, context, lines, into: &page)
  }

  /// What is told of the pod as a whole: that its node ended it, and that probes failed.
  ///
  /// ```
  /// Reason:   Evicted
  /// Message:  The node was low on resource: memory. Threshold quantity: 100Mi, available: 82340Ki.
  ///   Normal  Killing  2m (x6 over 3h)  kubelet  Container redis failed liveness probe, will be restarted
  /// ```
  private struct PodEnd {
    private var isEvicted = false
    private var eviction: PodContainer.Field?
    /// The lines that tell of it, by the names of containers.
    private var failedProbes: [String: Int] = [:]

    func ending(_ container: PodContainer) -> PodContainer {
      var container = container
      container.eviction = eviction
      container.failedProbe = failedProbes[container.name]
      return container
    }

    mutating func read(head text: Substring, line: Int) {
      if text.hasPrefix("Reason:"), text.hasSuffix("Evicted") { isEvicted = true }
      guard isEvicted, text.hasPrefix("Message:") else { return }
      eviction = PodContainer.shortage(text).map { ($0, line) } ?? eviction
    }

    mutating func read(event text: Substring, line: Int) {
      guard failedProbes.count < 100, text.hasPrefix("Normal "),
        text.fields.dropFirst().first == "Killing",
        let container = PodEvent.endedByProbe(text).map({ String($0) })
      else { return }
      failedProbes[container] = failedProbes[container] ?? line
    }
  }

  /// One container: what its lines say, by the heads that they stand under.
  private struct Container {
    let name: String
    private var head = ""
    private var fields: [String: PodContainer.Field] = [:]
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

    var told: PodContainer {
      var told = PodContainer(name: name, image: fields["Image"]?.value ?? "")
      told.state = fields["State"].map { ($0.value.lowercased(), $0.line) }
      told.isLooping = fields["State.Reason"]?.value == "CrashLoopBackOff"
      told.end = end("State")
      told.endBefore = end("Last State")
      told.restarts = fields["Restart Count"]
      told.memoryLimit = fields["Limits.memory"]
      told.cpuLimit = fields["Limits.cpu"]
      told.command = words
      return told
    }

    private func end(_ state: String) -> PodContainer.End? {
      guard fields[state]?.value == "Terminated", let reason = fields[state + ".Reason"] else {
        return nil
      }
      return PodContainer.End(
        reason: reason, exitCode: fields[state + ".Exit Code"],
        time: fields[state + ".Finished"].flatMap { Container.time($0.value) })
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
