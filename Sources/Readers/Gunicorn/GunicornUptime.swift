import Model

/// When a gunicorn served and when nobody did, from starts, boots, failures and stops.
///
/// A start counts as successful at its first booted worker, unless a worker then fails to boot:
/// gunicorn halts in that case.
struct GunicornUptime {
  struct Down {
    let from: Instant?
    var to: Instant?
    let isZoned: Bool
    /// The last boot that failed, at first or while it was down.
    var failure: Origin?
    let origin: Origin

    var isFailure: Bool { failure != nil }
  }

  private enum Status { case unknown, up, down }

  private var status = Status.unknown
  private(set) var downs: [Down] = []
  private var current: Down?
  /// The boot that ends the downtime unless the start proves a failure.
  private var candidate: (time: Instant?, Void)?
  /// The candidate that the present start takes the place of, unless it finds its address taken.
  private var earlierCandidate: (time: Instant?, Void)?
  private var hasFailed = false
  private var master: Int?
  private var startingMaster: Int?
  private var isUpgrading = false

  /// Whether the log ends with nobody serving; nil where it does not tell.
  var isDown: Bool? {
    switch status {
    case .unknown: candidate == nil ? nil : false
    case .up: false
    case .down: candidate == nil
    }
  }

  var openDown: Down? { candidate == nil ? current : nil }

  mutating func starting(pid: Int?) {
    hasFailed = false
    startingMaster = pid
    earlierCandidate = candidate
    candidate = nil
  }

  mutating func booted(at time: Instant?) {
    guard !hasFailed else { return }
    if let startingMaster { master = startingMaster }
    startingMaster = nil
    if status != .up, candidate == nil { candidate = (time, ()) }
  }

  /// A sign that workers serve: a request, a recycle. One right after a boot may be the last of
  /// the workers before.
  mutating func served(at time: Instant?) {
    if status == .unknown, candidate == nil { status = .up }
    guard let since = candidate?.time, let time, time.since(since) > 2 else { return }
    confirm()
  }

  mutating func upgrading() { isUpgrading = true }

  mutating func failed(at time: Instant?, isZoned: Bool, origin: Origin) {
    // A worker that fails long after the start says nothing against that start.
    if let since = candidate?.time, let time, time.since(since) > 60 { confirm() }
    candidate = nil
    hasFailed = true
    fall(at: time, isZoned: isZoned, failure: origin, origin: origin)
  }

  /// A start that found its address taken. Who holds it may be the gunicorn that serves, so only one
  /// that was down before is down for it.
  mutating func couldNotListen(origin: Origin) -> Bool {
    startingMaster = nil
    candidate = candidate ?? earlierCandidate
    guard status == .down, candidate == nil else { return false }
    hasFailed = true
    current?.failure = origin
    return true
  }

  mutating func stopped(pid: Int?, at time: Instant?, isZoned: Bool, origin: Origin) {
    // An older master ends after its successor took over.
    if let pid, let master, pid != master, status == .up || candidate != nil { return }
    if isUpgrading {
      isUpgrading = false
      return
    }
    confirm()
    fall(at: time, isZoned: isZoned, failure: nil, origin: origin)
  }

  mutating func finish() { confirm() }

  private mutating func confirm() {
    guard let found = candidate else { return }
    candidate = nil
    status = .up
    if var down = current {
      down.to = found.time
      downs.append(down, keepingFirstAndNewest: 500)
    }
    current = nil
  }

  private mutating func fall(at time: Instant?, isZoned: Bool, failure: Origin?, origin: Origin) {
    guard status != .down else {
      if let failure { current?.failure = failure }
      return
    }
    status = .down
    current = Down(from: time, isZoned: isZoned, failure: failure, origin: origin)
  }
}
