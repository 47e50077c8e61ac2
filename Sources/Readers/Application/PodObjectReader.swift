import Model
import YAML

/// Pods as Kubernetes keeps them: `kubectl get pod -o yaml`, `-o json`, one or a list.
///
/// ```
/// kind: Pod
/// status:
///   containerStatuses:
///   - name: redis
///     lastState: {terminated: {reason: OOMKilled, exitCode: 137, finishedAt: "2026-03-09T03:12:44Z"}}
///     restartCount: 7
/// ```
enum PodObjectReader: DocumentReader {
  static let kind = EvidenceKind.serviceStatus

  static func recognises(_ sample: Sample) -> Recognition {
    func holds(_ words: String...) -> Bool { words.allSatisfy(sample.text.contains) }
    guard holds("containerStatuses", "restartCount") || holds("Evicted", "low on resource") else {
      return .no
    }
    return sample.looksLikeJSON || sample.lines.contains { $0.hasPrefix("kind:") } ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let nodes: [Node]
    do {
      if Sample(name: document.name, head: document.bytes).looksLikeJSON {
        let parsed = try parseJSON(document.bytes)
        if parsed.isTruncated { page.warn("the JSON is cut; what stands before the cut was read") }
        nodes = parsed.nodes
      } else {
        nodes = try parseYAML(document.bytes)
      }
    } catch {
      page.warn(error.message, line: error.line)
      return
    }
    let pods = nodes.flatMap { $0["items"]?.sequence ?? [$0] }
    PodContainer.record(pods.flatMap(containers), context, document.lines, into: &page)
  }

  /// What the node was short of that ended the pod.
  private static func eviction(of pod: Node) -> PodContainer.Field? {
    guard pod[["status", "reason"]]?.text == "Evicted", let message = pod[["status", "message"]]
    else { return nil }
    return message.text.flatMap { PodContainer.shortage($0) }.map { ($0, message.line) }
  }

  private static func containers(of pod: Node) -> [PodContainer] {
    let specs = (pod[["spec", "containers"]]?.sequence ?? []).reduce(into: [String: Node]()) {
      specs, spec in
      if let name = spec["name"]?.text { specs[name] = spec }
    }
    let eviction = eviction(of: pod)
    // Of a pod that was evicted its containers may be gone without a state.
    let statuses =
      pod[["status", "containerStatuses"]]?.sequence
      ?? (eviction == nil ? [] : pod[["spec", "containers"]]?.sequence ?? [])
    return statuses.compactMap { status in
      guard let name = status["name"]?.text else { return nil }
      var told = container(name, status, specs[name])
      told.eviction = eviction
      return told
    }
  }

  private static func container(_ name: String, _ status: Node, _ spec: Node?) -> PodContainer {
    var told = PodContainer(
      name: name, image: (spec?["image"] ?? status["image"])?.text ?? "")
    // One of running, waiting and terminated.
    if let state = status["state"]?.mapping?.first, let text = state.key.text {
      told.state = (text, state.key.line)
    }
    told.isLooping = status[["state", "waiting", "reason"]]?.text == "CrashLoopBackOff"
    told.end = end(status["state"])
    told.endBefore = end(status["lastState"])
    told.restarts = field(status["restartCount"])
    told.memoryLimit = field(spec?[["resources", "limits", "memory"]])
    told.cpuLimit = field(spec?[["resources", "limits", "cpu"]])
    for key in ["command", "args"] {
      told.command += (spec?[key]?.sequence ?? []).compactMap { word in
        word.text.map { ShellWord(text: $0, line: word.line, isComputed: $0.hasPrefix("$")) }
      }
    }
    return told
  }

  private static func end(_ state: Node?) -> PodContainer.End? {
    guard let terminated = state?["terminated"], let reason = field(terminated["reason"]) else {
      return nil
    }
    return PodContainer.End(
      reason: reason, exitCode: field(terminated["exitCode"]),
      time: terminated["finishedAt"]?.text.flatMap { parseISO8601($0)?.instant })
  }

  private static func field(_ node: Node?) -> PodContainer.Field? {
    node.flatMap { node in node.scalar.map { ($0, node.line) } }
  }
}
