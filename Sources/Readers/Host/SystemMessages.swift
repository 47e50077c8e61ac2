import Model

/// Counts what a host's syslog or journal tells besides the kernel's messages: services that failed,
/// and silences. A host that answers nobody logs nothing either; cron's regular lines show it.
struct SystemMessages {
  /// Silences up to this many seconds are counted by the second.
  private static let histogramSize = 7200
  private static let keptSilences = 50
  /// Below this many intervals a median means nothing.
  private static let fewestIntervals = 8
  /// A log that speaks less often than this on average is not regular.
  private static let slowestMedian = 3600.0

  private struct Silence {
    var seconds: Double
    var start: Instant?
    /// The first line after it.
    var end: Sighting
  }

  private var lastScale: Double?
  private var lastTime: Instant?
  private var intervals = 0
  private var histogram: [Int] = []
  private var silences: [Silence] = []
  private var hasSystemd = false
  private var hasTags = false
  private var failed = BurstCount()
  private var entered = BurstCount()
  private var killed = BurstCount()
  private var oom = BurstCount()
  private var redisKilled = BurstCount()
  private var redisFaults = BurstCount()
  private var redisCores = BurstCount()
  /// The watchdog of its service ended Redis: what follows is no fault of it.
  private var redisIsWatched = false
  private var failedUnits: [String: (count: Int, first: Sighting)] = [:]
  private var unitsLeftOut = 0

  /// Ends of Redis by a fault of its own. A dump of its memory and the service manager's word are of
  /// one end.
  var faultsOfRedis: BurstCount { redisFaults.count < redisCores.count ? redisCores : redisFaults }

  /// True where some line came from a program and not from the kernel.
  var hasLines: Bool { hasTags }

  /// Reads a stamped line; `scale` places it in time for differences.
  mutating func read(
    _ line: Span<UInt8>, prefix: LogPrefix, time: Instant?, scale: Double, number: Int
  ) {
    if let last = lastScale {
      let seconds = scale - last
      // A line out of order is no silence.
      if seconds >= 0 { addInterval(seconds, line: line, time: time, number: number) }
    }
    if scale >= lastScale ?? scale {
      lastScale = scale
      lastTime = time
    }
    guard let tag = prefix.tag, !prefix.isKernel else { return }
    hasTags = true
    if line.holds("systemd", at: tag.lowerBound) {
      hasSystemd = true
      readSystemd(line, from: prefix.message, time: time, number: number)
    } else if line.holds("earlyoom", at: tag.lowerBound), line.contains("sending SIG") {
      oom.add(Sighting(time: time, line: number, excerpt: line.excerpt))
    }
  }

  private mutating func addInterval(
    _ seconds: Double, line: Span<UInt8>, time: Instant?, number: Int
  ) {
    intervals += 1
    if histogram.isEmpty {
      histogram = Array(repeating: 0, count: SystemMessages.histogramSize + 1)
    }
    histogram[Int(min(seconds, Double(SystemMessages.histogramSize)))] += 1
    guard seconds >= 300 else { return }
    if silences.count == SystemMessages.keptSilences {
      guard
        let shortest = silences.indices.min(by: { silences[$0].seconds < silences[$1].seconds }),
        silences[shortest].seconds < seconds
      else { return }
      silences.remove(at: shortest)
    }
    silences.append(
      Silence(
        seconds: seconds, start: lastTime,
        end: Sighting(time: time, line: number, excerpt: line.excerpt)))
  }

  private mutating func readSystemd(
    _ line: Span<UInt8>, from start: Int, time: Instant?, number: Int
  ) {
    let text = line.extracting(min(start, line.count)..<line.count)
    func sighting() -> Sighting { Sighting(time: time, line: number, excerpt: line.excerpt) }
    let isFailure = text.contains("Failed with result")
    if isFailure {
      failed.add(sighting())
    } else if text.contains("entered failed state") {
      entered.add(sighting())
    }
    if text.contains("ain process exited, code=killed, status=9/KILL") {
      killed.add(sighting())
    }
    readRedis(text, sighting: sighting)
    if text.contains("killed by the OOM killer") || text.contains("Failed with result 'oom-kill'")
      || (line.contains("systemd-oomd") && text.hasPrefix("Killed "))
    {
      oom.add(sighting())
    }
    if isFailure, let colon = text.firstIndex(of: ": ") {
      let unit = text.text(0..<min(colon, 80))
      if failedUnits[unit] != nil || failedUnits.count < 200 {
        let seen = sighting()
        failedUnits[unit, default: (0, seen)].count += 1
      } else {
        unitsLeftOut += 1
      }
    }
  }

  /// How the service of a Redis server ended: `redis-server.service: Main process exited, code=dumped,
  /// status=11/SEGV`, `Process 377 (redis-server) of user 110 dumped core.`
  private mutating func readRedis(_ text: Span<UInt8>, sighting: () -> Sighting) {
    guard text.contains("redis") || text.contains("valkey") else { return }
    if text.contains("-server) of user "), text.contains(" dumped core") {
      if !redisIsWatched { redisCores.add(sighting()) }
      return
    }
    guard let end = text.firstIndex(of: ".service: "),
      ServicePart.Role(name: text.text(0..<min(end, 80))) == .redis
    else { return }
    if text.contains("Watchdog timeout") {
      redisIsWatched = true
    } else if text.contains("ain process exited, code=killed, status=9/KILL") {
      redisKilled.add(sighting())
    } else if text.contains("ain process exited, code="), !redisIsWatched,
      let signal = text.text.split(separator: "/").last, ProcessSignal.isFault(signal)
    {
      redisFaults.add(sighting())
    }
  }

  func finish(
    of subject: Int, coverage: TimeSpan?, isZoned: Bool, isTimed: Bool, first: Sighting,
    into page: inout Page
  ) {
    guard hasTags else { return }
    if hasSystemd {
      func tally(_ name: String, _ count: BurstCount) {
        let seen = count.first ?? first
        page.record(
          name, Double(count.count), of: subject,
          at: isTimed ? count.first.flatMap(\.time) : nil, coverage: coverage, origin: seen.origin)
      }
      // Versions differ in which of the three lines they print for one failure.
      let failures = [failed, entered, killed].max { $0.count < $1.count } ?? failed
      tally("host.log.service_failures", failures)
      tally("host.log.service_kills", killed)
      tally("host.log.oom_messages", oom)
      tally("host.log.redis_killed", redisKilled)
      for (unit, failure) in failedUnits.sorted(by: { $0.key < $1.key }) {
        page.record(
          "host.log.failed_units", Double(failure.count), of: subject, part: unit,
          origin: failure.first.origin)
      }
      if unitsLeftOut > 0 {
        page.warn("\(unitsLeftOut) failures are of more units than are told by name")
      }
    }
    recordSilences(
      of: subject, coverage: coverage, isZoned: isZoned, isTimed: isTimed, first: first, into: &page
    )
  }

  private func recordSilences(
    of subject: Int, coverage: TimeSpan?, isZoned: Bool, isTimed: Bool, first: Sighting,
    into page: inout Page
  ) {
    guard intervals >= SystemMessages.fewestIntervals else { return }
    var rank = intervals / 2
    var median = 0.0
    for (seconds, count) in histogram.enumerated() {
      if rank < count {
        median = Double(seconds)
        break
      }
      rank -= count
    }
    guard median <= SystemMessages.slowestMedian else { return }
    let threshold = max(300, 3 * median)
    let long = silences.filter { $0.seconds > threshold }.sorted { $0.end.line < $1.end.line }
    let known = histogram.indices.reduce(0) {
      Double($1) > threshold ? $0 + histogram[$1] : $0
    }
    page.record("host.log.median_gap", median, of: subject, origin: first.origin)
    if let longest = silences.max(by: { $0.seconds < $1.seconds }) {
      page.record(
        "host.log.gap", longest.seconds, of: subject, at: isTimed ? longest.start : nil,
        coverage: coverage, origin: longest.end.origin)
    }
    page.record(
      "host.log.gaps", Double(max(known, long.count)), of: subject,
      at: isTimed ? long.first?.start : nil, coverage: coverage,
      origin: (long.first?.end ?? first).origin)
    guard isTimed else { return }
    let longest = long.sorted { ($1.seconds, $0.end.line) < ($0.seconds, $1.end.line) }
      .prefix(BurstCount.limit)
    for silence in longest.sorted(by: { $0.end.line < $1.end.line }) {
      guard let start = silence.start, let end = silence.end.time, end > start else { continue }
      page.record(
        Event(
          "log-gap", subject: subject, time: start, until: end,
          text: "the system log is silent for \(Int(silence.seconds / 60)) minutes",
          isZoned: isZoned, origin: silence.end.origin))
    }
  }
}
