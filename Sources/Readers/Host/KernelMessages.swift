import Model

/// Counts what a host's kernel said and records it as facts and events.
struct KernelMessages {
  private var oom = KernelOOM()
  private var marks: [KernelMark: BurstCount] = [:]
  /// The device that the first disk error or time-out names.
  private var device: (name: String, sighting: Sighting)?
  private var bootFailure: (text: String, sighting: Sighting)?
  private var boots: [Sighting] = []

  private static let words = WordSet(groups: [KernelOOM.words, KernelMark.words])

  /// Reads the message of `line` that begins at `start`; true if it is one that is looked for.
  @discardableResult
  mutating func read(
    _ line: Span<UInt8>, from start: Int, time: Instant?, number: Int, excerpt: String? = nil
  ) -> Bool {
    let text = line.extracting(Swift.min(start, line.count)..<line.count)
    func sighting() -> Sighting {
      Sighting(time: time, line: number, excerpt: excerpt ?? line.excerpt)
    }
    let found = Self.words.groups(in: text)
    if oom.read(text, hasWords: found.contains(0), sighting: sighting()) { return true }
    guard found.contains(1), let mark = KernelMark(text) else { return false }
    let seen = sighting()
    marks[mark, default: BurstCount()].add(seen)
    switch mark {
    case .ioError, .nvmeTimeout:
      if device == nil, let name = KernelMessages.device(text) { device = (name, seen) }
    case .bootFailure:
      if bootFailure == nil { bootFailure = (text.text(0..<120), seen) }
    case .boot:
      boots.append(seen, keepingFirstAndNewest: BurstCount.limit)
    default: break
    }
    return true
  }

  /// `I/O error, dev nvme1n1, sector 8`, `nvme nvme1: I/O 12 QID 2 timeout`.
  private static func device(_ text: Span<UInt8>) -> String? {
    var start: Int?
    if let at = text.firstIndex(of: " dev ") {
      start = at + 5
    } else if let at = text.firstIndex(of: "nvme nvme") {
      start = at + 5
    }
    guard let start else { return nil }
    var end = start
    while end < text.count, end < start + 32,
      ![UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: " ")].contains(text[end])
    {
      end += 1
    }
    return end > start ? text.text(start..<end) : nil
  }

  /// Ends of Redis by a fault of its own.
  var faultsOfRedis: BurstCount { marks[.redisFault] ?? BurstCount() }
  /// Kills of Redis at the limit of what its service or container may have.
  var limitKillsOfRedis: BurstCount { oom.redisAtLimit }

  /// Records everything, tallies of none as well. `first` is where the log begins.
  mutating func finish(
    of subject: Int, coverage: TimeSpan?, isZoned: Bool, isTimed: Bool, first: Sighting,
    into page: inout Page
  ) {
    oom.settle()
    func tally(_ name: String, _ count: BurstCount?) {
      let seen = count?.first ?? first
      let time = isTimed && count?.first != nil ? seen.time : nil
      page.record(
        name, Double(count?.count ?? 0), of: subject, at: time, coverage: coverage,
        origin: seen.origin)
    }
    tally("kernel.oom_kills", oom.all)
    tally("kernel.oom_kills.global", oom.kills[.global])
    tally("kernel.oom_kills.cgroup", oom.kills[.cgroup])
    tally("kernel.oom_kills.gunicorn", oom.gunicorn)
    tally("kernel.oom_kills.redis", oom.redis)
    tally("kernel.oom_reports", oom.reports)
    for mark in KernelMark.allCases {
      if let fact = mark.fact { tally(fact, marks[mark]) }
    }
    if isTimed, let last = oom.lastKill, let time = last.time {
      page.record("kernel.oom_last", .time(time), of: subject, at: time, origin: last.origin)
    }
    recordVictims(of: subject, isTimed: isTimed, into: &page)
    if let device {
      page.record(
        "kernel.failing_device", .text(device.name), of: subject,
        at: isTimed ? device.sighting.time : nil, origin: device.sighting.origin)
    }
    if let bootFailure {
      page.record(
        "kernel.boot_failure", .text(bootFailure.text), of: subject,
        at: isTimed ? bootFailure.sighting.time : nil, origin: bootFailure.sighting.origin)
    }
    if isTimed { recordEvents(of: subject, isZoned: isZoned, into: &page) }
  }

  private func recordVictims(of subject: Int, isTimed: Bool, into page: inout Page) {
    let victims = oom.victims.sorted {
      ($1.value.count, $0.value.first.line, $0.key) < ($0.value.count, $1.value.first.line, $1.key)
    }
    for (name, victim) in victims.prefix(100) {
      page.record(
        "kernel.oom_victims", Double(victim.count), of: subject,
        at: isTimed ? victim.first.time : nil, part: name, origin: victim.first.origin)
    }
    if let (name, victim) = victims.first {
      page.record(
        "kernel.oom_victim", .text(name), of: subject, at: isTimed ? victim.first.time : nil,
        origin: victim.first.origin)
    }
    if let largest = oom.largest, let rss = largest.rss {
      page.record(
        "kernel.oom_victim_rss", rss, of: subject, at: isTimed ? largest.sighting.time : nil,
        origin: largest.sighting.origin)
    }
    if let (path, seen) = oom.memcg {
      page.record("kernel.oom_memcg", .text(path), of: subject, origin: seen.origin)
    }
    if let (bytes, seen) = oom.limit {
      page.record("kernel.oom_cgroup_limit", bytes, of: subject, origin: seen.origin)
    }
    if let (bytes, seen) = oom.ram {
      page.record("kernel.oom_total_ram", bytes, of: subject, origin: seen.origin)
    }
    let tasks = (oom.table?.rows ?? [:]).sorted {
      ($1.value.pages, $0.key) < ($0.value.pages, $1.key)
    }
    for (name, row) in tasks.prefix(100) {
      page.record(
        "kernel.oom_table.processes", Double(row.count), of: subject, part: name,
        origin: row.sighting.origin)
      page.record(
        "kernel.oom_table.rss", row.pages * 4096, of: subject, part: name,
        origin: row.sighting.origin)
    }
    if tasks.count > 100 {
      page.warn("the OOM report's table has \(tasks.count) names: the 100 largest were kept")
    }
    if let (name, row) = tasks.first {
      let origin = row.sighting.origin
      page.record("kernel.oom_table.top", .text(name), of: subject, origin: origin)
      page.record("kernel.oom_table.top_rss", row.pages * 4096, of: subject, origin: origin)
      page.record("kernel.oom_table.top_count", Double(row.count), of: subject, origin: origin)
    }
  }

  private func recordEvents(of subject: Int, isZoned: Bool, into page: inout Page) {
    func event(
      _ name: String, _ seen: Sighting, until: Instant? = nil, isImpact: Bool, _ text: String
    ) {
      guard let time = seen.time else { return }
      page.record(
        Event(
          name, subject: subject, time: time, until: until.flatMap { $0 > time ? $0 : nil },
          text: text, isImpact: isImpact, isZoned: isZoned, origin: seen.origin))
    }
    for kill in oom.listed {
      let size = kill.rss.map { ", \(Int($0 / 1_048_576)) MiB resident" } ?? ""
      let pid = kill.pid.map { " (pid \($0)\(size))" } ?? ""
      let place = kill.scope == .cgroup ? " at its memory cgroup's limit" : ""
      event(
        "oom-kill", kill.sighting, isImpact: true, "the kernel killed \(kill.name)\(pid)\(place)")
    }
    let more = oom.all.count - oom.listed.count
    if more > 0, let seen = oom.firstUnlisted {
      event(
        "oom-kill", seen, until: oom.all.last, isImpact: true,
        "the kernel killed \(more) more processes for want of memory")
    }
    for burst in marks[.hungTask]?.bursts ?? [] {
      event(
        "hung-tasks", burst.first, until: burst.last, isImpact: true,
        "\(burst.count) reports of tasks blocked for minutes")
    }
    for mark in [KernelMark.nvmeTimeout, .ioError] {
      let what = mark == .ioError ? "I/O errors" : "NVMe time-outs"
      for burst in marks[mark]?.bursts ?? [] {
        event(
          "io-errors", burst.first, until: burst.last, isImpact: true, "\(burst.count) \(what)")
      }
    }
    for burst in marks[.panic]?.bursts ?? [] {
      event("kernel-panic", burst.first, until: burst.last, isImpact: true, "the kernel panicked")
    }
    for seen in boots { event("boot", seen, isImpact: false, "the system booted") }
  }
}
