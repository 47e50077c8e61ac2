import Model

/// A container of a pod, as `kubectl describe pod` prints it or as it stands in the pod itself.
struct PodContainer {
  /// A value as it was written, and its line.
  typealias Field = (value: String, line: Int)

  /// How it ended.
  struct End {
    /// `OOMKilled`, `Error`, `Completed`.
    var reason: Field
    var exitCode: Field?
    var time: Instant?

    var isKillForMemory: Bool { reason.value == "OOMKilled" }
  }

  let name: String
  let image: String
  /// running, waiting or terminated.
  var state: Field?
  /// It is started again and again, at ever longer intervals.
  var isLooping = false
  /// Of its present state, and of the one before.
  var end: End?
  var endBefore: End?
  var restarts: Field?
  var memoryLimit: Field?
  /// `2`, `500m`.
  var cpuLimit: Field?
  var command: [ShellWord] = []
  /// What its node was short of when the kubelet evicted the pod.
  var eviction: Field?
  /// The line that tells that its liveness probe failed.
  var failedProbe: Int?

  init(name: String, image: String) {
    self.name = name
    self.image = image
  }

  private var role: ServicePart.Role? { .init(image: image, name: name) }

  /// `memory`, of `The node was low on resource: memory. Threshold quantity: 100Mi, available: ...`
  static func shortage(_ message: some StringProtocol) -> String? {
    guard
      let tail = message.split(separator: "The node was low on resource: ", maxSplits: 1).last,
      tail.count < message.count
    else { return nil }
    let resource = tail.prefix { $0.isLetter || $0 == "-" }
    return resource.isEmpty ? nil : String(resource.prefix(60))
  }

  /// Whether it runs, or was not ended yet.
  private var isWell: Bool { !isLooping && end == nil && eviction == nil }

  /// How badly off it is, for comparing with others of its name. Pods that were evicted stay listed for
  /// weeks beside those that took their place.
  private var trouble: Int {
    if eviction != nil { return -1 }
    let isKilled = [end, endBefore].contains { $0?.isKillForMemory ?? false }
    if isKilled { return 3 }
    return isLooping ? 2 : end == nil && failedProbe == nil ? 0 : 1
  }

  /// Records the containers that are somebody's part. Of several of one name, a service's replicas, the
  /// one that is worst off tells most.
  static func record(
    _ containers: [PodContainer], _ context: ReadingContext, _ lines: [String],
    into page: inout Page
  ) {
    var told: [(container: PodContainer, role: ServicePart.Role)] = []
    var places: [String: Int] = [:]
    for container in containers {
      guard let role = container.role, role != .proxy || !container.isWell else { continue }
      let key = "\(role.rawValue) \(container.name)"
      if let place = places[key] {
        if container.trouble > told[place].container.trouble { told[place].container = container }
      } else {
        places[key] = told.count
        told.append((container, role))
      }
    }
    let counts = ServicePart.counts(told.map(\.role))
    for (container, role) in page.first(ServicePart.limit, of: told, "containers") {
      let several = counts[role] ?? 0 > 1
      let part = ServicePart(role, name: container.name, several: several, in: &page)
      container.record(part, context, lines, into: &page)
    }
  }

  private func record(
    _ part: ServicePart, _ context: ReadingContext, _ lines: [String], into page: inout Page
  ) {
    func origin(_ field: Field) -> Origin { Document.origin(field.line, in: lines) }
    recordEnd(of: part, context, lines, into: &page)
    if let eviction {
      part.record(
        "container.evicted_for", .text(eviction.value), origin: origin(eviction), into: &page)
    }
    if let failedProbe {
      part.record(
        "container.health", .text("unhealthy"), origin: Document.origin(failedProbe, in: lines),
        into: &page)
    }
    if let restarts, let count = Double(restarts.value) {
      part.record("container.restarts", count, origin: origin(restarts), into: &page)
    }
    let memory = memoryLimit.flatMap { field in
      byteCount(field.value).map { ($0, origin(field)) }
    }
    let cpus = cpuLimit.flatMap { field in
      PodContainer.cores(field.value).map { ($0, origin(field)) }
    }
    part.recordLimits(memory: memory, cpus: cpus, into: &page)
    if part.role == .app, let found = GunicornCommand.find(in: command), !found.arguments.isEmpty {
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
    if let state {
      part.record(
        containerState: isLooping ? "restarting" : state.value, of: .kubernetes,
        origin: Document.origin(state.line, in: lines), into: &page)
    }
    guard let told = endBefore ?? end else { return }
    let time = told.time
    if let time {
      guard context.window.contains(time) else { return }
      page.cover(time)
    }
    let isKilled = [end, endBefore].contains { $0?.isKillForMemory ?? false }
    let origin = Document.origin(told.reason.line, in: lines)
    // The kubelet ends what it evicts before the kernel has to: that it did not says nothing of memory.
    if isKilled || eviction == nil {
      part.record("container.oom_killed", .flag(isKilled), at: time, origin: origin, into: &page)
    }
    if let code = told.exitCode, let number = Int(code.value) {
      part.record(
        exitCode: number, at: time, origin: Document.origin(code.line, in: lines), into: &page)
    }
    guard isKilled else { return }
    if memoryLimit == nil { part.recordKillOfHost(at: time, origin: origin, into: &page) }
    if let time {
      page.record(
        Event(
          "container-oom-killed", subject: part.subject, time: time,
          text: "container '\(name.prefix(60))' was killed at its limit of memory",
          isImpact: true, origin: origin))
    }
  }

  private static func cores(_ text: String) -> Double? {
    let count = text.hasSuffix("m") ? Double(text.dropLast()).map { $0 / 1000 } : Double(text)
    return count.flatMap { $0 > 0 ? $0 : nil }
  }
}

/// Where the pods of the cluster itself are: its name service, its network.
let clusterNamespace: Substring = "kube-system"

/// The deployment or set that a pod is of: `api-6d4cf56db6-x2x9q`, `redis-0`.
func podOwner(_ pod: Substring) -> String {
  var words = pod.split(separator: "-", omittingEmptySubsequences: false)
  if words.count > 2, words[words.count - 1].count == 5,
    (8...10).contains(words[words.count - 2].count)
  {
    words.removeLast(2)
  } else if words.count > 1, words[words.count - 1].allSatisfy(\.isNumber) {
    words.removeLast()
  }
  return words.joined(separator: "-")
}
