import Model

/// What Kubernetes noted of pods and nodes in the last hour: `kubectl get events`, `kubectl events`.
///
/// ```
/// LAST SEEN   TYPE      REASON      OBJECT          MESSAGE
/// 9m          Normal    Killing     pod/redis-0     Container redis failed liveness probe, will be restarted
/// 8m          Warning   SystemOOM   node/ip-10-0-3  System OOM encountered, victim process: redis-server, pid: 7
/// 2m          Warning   Evicted     pod/web-2xk4q   The node was low on resource: memory. Threshold ...
/// ```
enum PodEventsReader: DocumentReader {
  static let kind = EvidenceKind.serviceStatus

  static func recognises(_ sample: Sample) -> Recognition {
    sample.lines.contains { isHead($0) || PodEvent($0) != nil } ? .certain : .no
  }

  private static func isHead(_ line: String) -> Bool {
    let words = line.fields
    return words.contains("REASON") && words.contains("OBJECT") && words.contains("MESSAGE")
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    var parts: [(role: ServicePart.Role, name: String, told: Told)] = []
    var kernel: HostLog?
    var nodes: [(name: String, kills: Int, line: Int)] = []
    let lines = document.lines
    for (index, line) in page.first(10_000, of: Array(lines.enumerated()), "lines") {
      guard let event = PodEvent(line) else { continue }
      switch event.reason {
      case "SystemOOM":
        if let known = nodes.firstIndex(where: { $0.name == event.name }) {
          nodes[known].kills += 1
        } else if nodes.count < HostLog.hostLimit {
          nodes.append((event.name, 1, index + 1))
        }
        continue
      case "OOMKilling":
        // The node's problem detector passes on what the kernel said.
        let message = Array(event.message.utf8)
        var log = kernel ?? HostLog(kind: kind, context: context, takesBareLines: true)
        log.read(message.span, number: index + 1, excerpt: line)
        kernel = log
        continue
      default: break
      }
      let name = podOwner(event.name[...])
      guard event.isOfPod, let told = Told(event, line: index + 1),
        let role = ServicePart.Role(name: name), role != .proxy
      else { continue }
      if let known = parts.firstIndex(where: { $0.role == role && $0.name == name }) {
        parts[known].told.join(told)
      } else if parts.count < ServicePart.limit {
        parts.append((role, name, told))
      }
    }
    kernel?.finish(into: &page)
    let counts = ServicePart.counts(parts.map(\.role))
    for (role, name, told) in parts {
      let several = counts[role] ?? 0 > 1
      told.record(ServicePart(role, name: name, several: several, in: &page), lines, into: &page)
    }
    for node in nodes {
      let origin = Document.origin(node.line, in: lines)
      let host = page.host(node.name, origin: origin)
      page.record("host.services_killed", Double(node.kills), of: host, origin: origin)
    }
    // What nobody noted may have happened all the same.
    page.forgetAbsences()
  }

  /// What is told of the pods of one set: the lines.
  private struct Told {
    var eviction: PodContainer.Field?
    var failedProbe: Int?
    var restart: Int?

    init?(_ event: PodEvent, line: Int) {
      switch event.reason {
      case "Evicted":
        eviction = PodContainer.shortage(event.message).map { ($0, line) }
        if eviction == nil { return nil }
      case "Killing" where PodEvent.endedByProbe(event.message) != nil: failedProbe = line
      // It is also said of an image that cannot be pulled.
      case "BackOff" where event.message.contains("restarting failed container"): restart = line
      default: return nil
      }
    }

    mutating func join(_ other: Told) {
      eviction = eviction ?? other.eviction
      failedProbe = failedProbe ?? other.failedProbe
      restart = restart ?? other.restart
    }

    func record(_ part: ServicePart, _ lines: [String], into page: inout Page) {
      if let eviction {
        part.record(
          "container.evicted_for", .text(eviction.value),
          origin: Document.origin(eviction.line, in: lines), into: &page)
      }
      if let failedProbe {
        part.record(
          "container.health", .text("unhealthy"), origin: Document.origin(failedProbe, in: lines),
          into: &page)
      }
      if let restart {
        part.record(
          containerState: "restarting", of: .kubernetes,
          origin: Document.origin(restart, in: lines), into: &page)
      }
    }
  }
}

/// One line of a list of events, of a pod or a node; of what else there is nothing is read.
struct PodEvent {
  /// Of a node otherwise.
  let isOfPod: Bool
  let name: String
  let reason: String
  let message: String

  /// Nil for what the cluster itself runs.
  ///
  /// `[NAMESPACE] 2m (x3 over 5m) Warning BackOff pod/web-2xk4q [SUBOBJECT SOURCE] MESSAGE`
  init?(_ line: String) {
    guard line.utf8.count < 4096 else { return nil }
    let words = line.fields
    guard let type = words.prefix(8).firstIndex(where: { $0 == "Normal" || $0 == "Warning" }),
      type > 0, words.count > type + 3,
      PodEvent.isAge(words[type - 1]), words[type + 1].allSatisfy(\.isLetter),
      words[0] != clusterNamespace
    else { return nil }
    let object = words[type + 2].lowercased().split(
      separator: "/", omittingEmptySubsequences: false)
    guard object.count == 2, object[0] == "pod" || object[0] == "node", !object[1].isEmpty
    else { return nil }
    isOfPod = object[0] == "pod"
    name = String(object[1].prefix(253))
    reason = String(words[type + 1])
    message = String(line[words[type + 2].endIndex...].bare)
  }

  /// `70s`, `3m20s`, `5m)` of `(x7 over 5m)`, `<unknown>`.
  private static func isAge(_ word: Substring) -> Bool {
    guard word != "<unknown>" else { return true }
    let age = word.hasSuffix(")") ? word.dropLast() : word
    return age.first?.isNumber ?? false && "smhdy".contains(age.last ?? " ")
      && age.allSatisfy { $0.isNumber || "smhdy".contains($0) }
  }

  /// The container that the kubelet ends because its liveness probe failed:
  /// `Container redis failed liveness probe, will be restarted`.
  static func endedByProbe(_ message: some StringProtocol) -> Substring? {
    guard let tail = message.split(separator: "Container ", maxSplits: 1).last else { return nil }
    let words = Substring(tail).fields
    guard words.count >= 3, words[1] == "failed", words[2] == "liveness" else { return nil }
    return words[0]
  }
}
