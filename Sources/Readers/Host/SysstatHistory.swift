import Model

/// One row of a table, in time.
struct SysstatSample {
  /// Seconds on a clock of its own, at the end of what the row speaks of, and how long that is.
  let end: Double?
  let length: Double?
  let instant: Instant?
  let isZoned: Bool
  let line: HostLine
}

/// What the samples of sysstat come to: how many were bad, for how long in a row, and the worst.
struct SysstatHistory {
  private static let diskLimit = 64

  private var iowait = SysstatTrack()
  private var steal = SysstatTrack()
  private var memory = SysstatTrack()
  private var swapping = SysstatTrack()
  private var disks: [String: Disk] = [:]
  private var disksLeftOut = 0
  private var restarts: [SysstatSample] = []
  private var restartCount = 0
  private var coverage: TimeSpan?
  private var isZoned = true

  struct Disk {
    var waiting = SysstatTrack()
    var queue = SysstatTrack()
  }

  var isEmpty: Bool {
    iowait.isEmpty && memory.isEmpty && swapping.isEmpty && disks.isEmpty && restarts.isEmpty
  }

  mutating func restart(_ sample: SysstatSample) {
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

  mutating func add(_ row: SysstatRow, of table: SysstatTable, _ sample: SysstatSample) {
    switch table.kind {
    case .cpu:
      // One row for all, and one for each.
      guard row.name.isEmpty || row.name == "all" else { return }
      // Prometheus alerts of many: more than a tenth of the time.
      if let share = row["%iowait"] { iowait.add(share / 100, isBad: share > 10, sample) }
      if let share = row["%steal"] { steal.add(share / 100, isBad: share > 10, sample) }
    case .memory:
      guard let share = SysstatHistory.availableShare(row) else { return }
      memory.add(share, isBad: share < 0.1, sample)
    case .swapping:
      guard let into = row["pswpin/s"], let out = row["pswpout/s"] else { return }
      // The rate of major page faults at which node_exporter's rules call a host short of memory.
      swapping.add(into + out, isBad: into + out > 500, sample)
    case .disk: addDisk(row, sample)
    case .other: return
    }
    if let instant = sample.instant {
      coverage =
        coverage.map { min($0.lowerBound, instant)...max($0.upperBound, instant) }
        ?? instant...instant
      isZoned = isZoned && sample.isZoned
    }
  }

  /// Of what can be used without swapping, a share of all. sysstat before 11.7 has no column for it.
  private static func availableShare(_ row: SysstatRow) -> Double? {
    guard let available = row["kbavail"], let used = row["kbmemused"], let share = row["%memused"],
      // Two decimals of less make no total.
      share >= 0.1
    else { return nil }
    let total = used * 100 / share
    return total > 0 ? min(1, available / total) : nil
  }

  private mutating func addDisk(_ row: SysstatRow, _ sample: SysstatSample) {
    // What is no disk: a file, memory, a drive without one.
    if ["loop", "ram", "zram", "sr", "fd"].contains(where: { row.name.hasPrefix($0) }) { return }
    guard let queue = row["aqu-sz", "avgqu-sz"], let wait = SysstatHistory.wait(row) else { return }
    if disks[row.name] == nil, disks.count == SysstatHistory.diskLimit {
      disksLeftOut += 1
      return
    }
    // A queue alone is what a fast disk has that is asked for much; EBS answers within milliseconds.
    disks[row.name, default: Disk()].waiting.add(
      wait / 1000, isBad: wait > 100 || queue > 10 && wait > 10, sample)
    disks[row.name, default: Disk()].queue.add(queue, isBad: false, sample)
  }

  /// Milliseconds that a request took; iostat tells it of reads and of writes.
  private static func wait(_ row: SysstatRow) -> Double? {
    if let wait = row["await"] { return wait }
    guard let read = row["r_await"], let write = row["w_await"] else { return nil }
    guard let reads = row["r/s"], let writes = row["w/s"], reads + writes > 0 else {
      return max(read, write)
    }
    return (read * reads + write * writes) / (reads + writes)
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
      page.lose("rows of more than \(SysstatHistory.diskLimit) disks; the first were read")
    }
    for restart in restarts {
      guard let time = restart.instant else { continue }
      page.record(
        Event(
          "boot", subject: restart.line.subject, time: time, text: "the system booted",
          isZoned: restart.isZoned, origin: restart.line.origin))
    }
    if let last = restarts.last {
      page.record(
        "host.sysstat.restarts", Double(restartCount), of: last.line.subject,
        at: last.isZoned ? last.instant : nil, origin: last.line.origin)
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
struct SysstatTrack {
  /// Bad samples one after another.
  struct Run {
    var start: Double
    var end: Double
    var sum: Double
    var count = 1
    let sample: SysstatSample

    var seconds: Double { end - start }
    var mean: Double { sum / Double(count) }
  }

  struct Reading {
    let value: Double
    let sample: SysstatSample

    func record(_ name: String, part: String? = nil, into page: inout Page) {
      page.record(
        "host.sysstat.\(name)", value, of: sample.line.subject,
        at: sample.isZoned ? sample.instant : nil, part: part, origin: sample.line.origin)
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

  mutating func add(_ value: Double, isBad: Bool, _ sample: SysstatSample) {
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
    _ value: Double, isBad: Bool, from start: Double, to end: Double, _ sample: SysstatSample
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
    if ended.seconds >= SysstatTrack.toldLength { told.append(ended, keepingFirstAndNewest: 20) }
  }

  func record(
    _ name: String, share: String?, part: String? = nil, _ coverage: TimeSpan?,
    into page: inout Page
  ) {
    guard count > 0, let witness = longest?.sample ?? highest?.sample else { return }
    let time = witness.isZoned ? witness.instant : nil
    func record(_ fact: String, _ value: Double) {
      page.record(
        "host.sysstat.\(fact)", value, of: witness.line.subject, at: time, part: part,
        coverage: coverage, origin: witness.line.origin)
    }
    if let share, count >= SysstatTrack.fewestOfAShare {
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
          name, subject: run.sample.line.subject, time: start,
          until: start.advanced(by: run.seconds), text: says(run.mean), isZoned: run.sample.isZoned,
          origin: run.sample.line.origin))
    }
  }
}
