import Model

/// What something speaks of a host, in time: a row of sar, two scrapes of node_exporter.
struct HistorySample {
  /// Seconds on a clock of its own, at the end of what it speaks of, and how long that is.
  let end: Double?
  let length: Double?
  let instant: Instant?
  let isZoned: Bool
  /// The host.
  let subject: Int
  let origin: Origin
}

/// What a host's samples come to: how many were bad, for how long in a row, and the worst.
struct HostHistory {
  private static let diskLimit = 64

  private var iowait = HistoryTrack()
  private var steal = HistoryTrack()
  private var memory = HistoryTrack()
  private var swapping = HistoryTrack()
  private var disks: [String: Disk] = [:]
  private var disksLeftOut = 0
  private var restarts: [HistorySample] = []
  private var restartCount = 0
  private var coverage: TimeSpan?
  private var isZoned = true

  struct Disk {
    var waiting = HistoryTrack()
    var queue = HistoryTrack()
  }

  var isEmpty: Bool {
    iowait.isEmpty && memory.isEmpty && swapping.isEmpty && disks.isEmpty && restarts.isEmpty
  }

  mutating func restart(_ sample: HistorySample) {
    breakRuns()
    // Each table of `sar -A` tells of it again.
    if restarts.contains(where: { $0.end == sample.end }) { return }
    restartCount += 1
    restarts.append(sample, keepingFirstAndNewest: 50)
  }

  /// Nothing is known of the time between what came before and what comes, or nothing comes.
  mutating func breakRuns() {
    iowait.breakRun()
    steal.breakRun()
    memory.breakRun()
    swapping.breakRun()
    for name in Array(disks.keys) { disks[name]?.waiting.breakRun() }
  }

  /// Shares of the time of all CPUs. Prometheus alerts of many: more than a tenth of the time.
  mutating func add(iowait: Double?, steal: Double?, _ sample: HistorySample) {
    if let iowait { self.iowait.add(iowait, isBad: iowait > 0.1, sample) }
    if let steal { self.steal.add(steal, isBad: steal > 0.1, sample) }
    cover(sample)
  }

  /// Memory that can be used without swapping, a share of all.
  mutating func add(availableMemory share: Double, _ sample: HistorySample) {
    memory.add(share, isBad: share < 0.1, sample)
    cover(sample)
  }

  /// Pages a second to and from swap. Many: the rate of major page faults at which node_exporter's rules
  /// call a host short of memory.
  mutating func add(swappedPages rate: Double, _ sample: HistorySample) {
    swapping.add(rate, isBad: rate > 500, sample)
    cover(sample)
  }

  /// What a disk's requests took, in seconds, and how many of them stood in its queue.
  mutating func add(disk name: String, wait: Double, queue: Double, _ sample: HistorySample) {
    cover(sample)
    // What is no disk: a file, memory, a drive without one.
    if ["loop", "ram", "zram", "sr", "fd"].contains(where: { name.hasPrefix($0) }) { return }
    if disks[name] == nil, disks.count == HostHistory.diskLimit {
      disksLeftOut += 1
      return
    }
    // A queue alone is what a fast disk has that is asked for much; EBS answers within milliseconds.
    disks[name, default: Disk()].waiting.add(
      wait, isBad: wait > 0.1 || queue > 10 && wait > 0.01, sample)
    disks[name, default: Disk()].queue.add(queue, isBad: false, sample)
  }

  private mutating func cover(_ sample: HistorySample) {
    guard let instant = sample.instant else { return }
    coverage =
      coverage.map { min($0.lowerBound, instant)...max($0.upperBound, instant) }
      ?? instant...instant
    isZoned = isZoned && sample.isZoned
  }

  // MARK: facts

  func record(into page: inout Page) {
    let coverage = isZoned ? coverage : nil
    if let span = self.coverage {
      page.cover(span.lowerBound)
      page.cover(span.upperBound)
    }
    iowait.record("iowait", share: "iowait_share_over_10", coverage, into: &page)
    steal.record("steal", share: "steal_share_over_10", coverage, into: &page)
    swapping.record("swapping", share: "swapping_share", coverage, into: &page)
    memory.record("memory_low", share: nil, coverage, into: &page)
    if let peak = iowait.highest { peak.record("iowait_peak", into: &page) }
    if let peak = steal.highest { peak.record("steal_peak", into: &page) }
    if let lowest = memory.lowest { lowest.record("available_lowest_share", into: &page) }
    for (name, disk) in disks.sorted(by: { $0.key < $1.key }) {
      disk.waiting.record(
        "disk_waits", share: "disk_waits_share", part: name, coverage, into: &page)
      if let peak = disk.waiting.highest { peak.record("disk_wait_peak", part: name, into: &page) }
      if let peak = disk.queue.highest { peak.record("disk_queue_peak", part: name, into: &page) }
    }
    if disksLeftOut > 0 {
      page.lose("rows of more than \(HostHistory.diskLimit) disks; the first were read")
    }
    for restart in restarts {
      guard let time = restart.instant else { continue }
      page.record(
        Event(
          "boot", subject: restart.subject, time: time, text: "the system booted",
          isZoned: restart.isZoned, origin: restart.origin))
    }
    if let last = restarts.last {
      page.record(
        "host.sysstat.restarts", Double(restartCount), of: last.subject,
        at: last.isZoned ? last.instant : nil, origin: last.origin)
    }
    recordSpells(into: &page)
  }

  /// What lasted, for the timeline.
  private func recordSpells(into page: inout Page) {
    /// No figure of a broken capture is too large for it.
    func whole(_ value: Double) -> Int { Int(min(max(value, 0), 1e9).rounded()) }
    func percent(_ value: Double) -> String { "\(whole(value * 100)) %" }
    iowait.recordEvents("cpu-waits-for-disk", into: &page) {
      "the CPU waited for the disk, \(percent($0)) of its time"
    }
    steal.recordEvents("cpu-is-stolen", into: &page) {
      "the hypervisor held the CPU back, \(percent($0)) of its time"
    }
    memory.recordEvents("memory-low", into: &page) {
      "only \(percent($0)) of the memory was available"
    }
    swapping.recordEvents("swapping", into: &page) { _ in "pages moved to swap and back" }
    for (name, disk) in disks.sorted(by: { $0.key < $1.key }) {
      disk.waiting.recordEvents("disk-waits", into: &page) {
        "requests to the disk \(name) waited \(whole($0 * 1000)) ms on average"
      }
    }
  }
}

/// One figure over its samples.
struct HistoryTrack {
  /// Bad samples one after another.
  struct Run {
    var start: Double
    var end: Double
    var sum: Double
    var count = 1
    let sample: HistorySample

    var seconds: Double { end - start }
    var mean: Double { sum / Double(count) }
  }

  struct Reading {
    let value: Double
    let sample: HistorySample

    func record(_ name: String, part: String? = nil, into page: inout Page) {
      page.record(
        "host.sysstat.\(name)", value, of: sample.subject,
        at: sample.isZoned ? sample.instant : nil, part: part, origin: sample.origin)
    }
  }

  /// Seconds for which something lasts before it is told in the timeline.
  private static let toldLength = 600.0

  /// Of fewer samples no share is told: they are a moment.
  private static let fewestOfAShare = 5

  private var count = 0
  private var bad = 0
  private var isTimed = false
  private(set) var highest: Reading?
  private(set) var lowest: Reading?
  private var run: Run?
  private var longest: Run?
  private var told: [Run] = []

  var isEmpty: Bool { count == 0 }

  mutating func add(_ value: Double, isBad: Bool, _ sample: HistorySample) {
    count += 1
    if highest.map({ value > $0.value }) ?? true { highest = Reading(value: value, sample: sample) }
    if lowest.map({ value < $0.value }) ?? true { lowest = Reading(value: value, sample: sample) }
    if let end = sample.end, let length = sample.length {
      isTimed = true
      follow(value, isBad: isBad, from: end - length, to: end, sample)
    }
    if isBad { bad += 1 }
  }

  private mutating func follow(
    _ value: Double, isBad: Bool, from start: Double, to end: Double, _ sample: HistorySample
  ) {
    if let open = run, !isBad || start > open.end { breakRun() }
    guard isBad else { return }
    if var open = run {
      open.end = end
      open.sum += value
      open.count += 1
      run = open
    } else {
      run = Run(start: start, end: end, sum: value, sample: sample)
    }
  }

  mutating func breakRun() {
    guard let ended = run else { return }
    run = nil
    if longest.map({ ended.seconds > $0.seconds }) ?? true { longest = ended }
    if ended.seconds >= HistoryTrack.toldLength { told.append(ended, keepingFirstAndNewest: 20) }
  }

  func record(
    _ name: String, share: String?, part: String? = nil, _ coverage: TimeSpan?,
    into page: inout Page
  ) {
    guard count > 0, let witness = longest?.sample ?? highest?.sample else { return }
    let time = witness.isZoned ? witness.instant : nil
    func record(_ fact: String, _ value: Double) {
      page.record(
        "host.sysstat.\(fact)", value, of: witness.subject, at: time, part: part,
        coverage: coverage, origin: witness.origin)
    }
    if let share, count >= HistoryTrack.fewestOfAShare {
      record(share, Double(bad) / Double(count))
    }
    if isTimed { record("\(name)_for", longest?.seconds ?? 0) }
  }

  func recordEvents(_ name: String, into page: inout Page, _ says: (Double) -> String) {
    for run in told {
      guard let end = run.sample.instant, let length = run.sample.length else { continue }
      let start = end.advanced(by: -length)
      page.record(
        Event(
          name, subject: run.sample.subject, time: start,
          until: start.advanced(by: run.seconds), text: says(run.mean), isZoned: run.sample.isZoned,
          origin: run.sample.origin))
    }
  }
}
