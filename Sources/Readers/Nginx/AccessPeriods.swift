import Model

/// Finds clients that ask like clockwork: health checks, probes, cron jobs.
///
/// One entry a (agent, method, path, status, client, host): first and last time, count, and per
/// class of gap its count, sum and sum of squares, so that two ranges of a log merge exactly. The
/// classes (powers of four) keep a pause, an outage or a log's own gap, from blurring the period of
/// the beats on either side of it.
struct PeriodTable {
  private static let sets = 512
  private static let slots = sets * 8
  private static let gapClasses = 8

  private struct Entry {
    var first = 0
    var last = 0
    var count = 0
    var status = 0
    var line = 0
  }

  private struct Gaps {
    var count = 0
    var sum = 0
    var squares = 0
  }

  private var hashes = [UInt64](repeating: 0, count: slots)
  private var entries = [Entry](repeating: Entry(), count: slots)
  private var gaps = [Gaps](repeating: Gaps(), count: slots * gapClasses)
  private var store = TextStore(slots: slots, stride: 512)

  @inline(__always)
  mutating func add(_ hash: UInt64, _ request: AccessLine, in line: Span<UInt8>, number: Int) {
    let base = EightWays.set(of: hash, sets: PeriodTable.sets) &* 8
    for slot in base..<base &+ 8 where hashes[slot] == hash {
      note(gap: request.second &- entries[slot].last, slot)
      entries[slot].last = request.second
      entries[slot].count &+= 1
      return
    }
    let slot = victim(base, now: request.second)
    hashes[slot] = hash
    entries[slot] = Entry(
      first: request.second, last: request.second, count: 1, status: request.status, line: number)
    for index in slot &* PeriodTable.gapClasses..<(slot &+ 1) &* PeriodTable.gapClasses {
      gaps[index] = Gaps()
    }
    store.put(
      slot, line, [request.method, request.path, request.agent, request.client, request.host],
      limits: [10, 88, 120, 45, 40])
  }

  @inline(__always)
  private mutating func note(gap: Int, _ slot: Int) {
    // A clock that goes back, or more than an hour, is no beat.
    let isBeat = gap >= 0 && gap < 4096
    let bits = isBeat ? Int.bitWidth &- gap.leadingZeroBitCount : 0
    let index = slot &* PeriodTable.gapClasses &+ (isBeat ? (bits &+ 1) / 2 : 7)
    gaps[index].count &+= 1
    if isBeat {
      gaps[index].sum &+= gap
      gaps[index].squares &+= gap &* gap
    }
  }

  /// The entry that has been silent longest for how often it was seen.
  private func victim(_ base: Int, now: Int) -> Int {
    var victim = base
    var worst = -1
    for slot in base..<base &+ 8 {
      let count = entries[slot].count
      if count == 0 { return slot }
      let silence = (Swift.max(now &- entries[slot].last, 0) &+ 1) &* 64 / count
      if silence > worst {
        worst = silence
        victim = slot
      }
    }
    return victim
  }

  mutating func merge(_ later: PeriodTable) {
    for slot in 0..<PeriodTable.slots where later.entries[slot].count > 0 {
      let hash = later.hashes[slot]
      let entry = later.entries[slot]
      let base = EightWays.set(of: hash, sets: PeriodTable.sets) * 8
      let found = (base..<base + 8).first { hashes[$0] == hash }
      let target: Int
      if let found {
        target = found
        note(gap: entry.first - entries[found].last, found)
        entries[found].last = entry.last
        entries[found].count += entry.count
      } else {
        target = victim(base, now: entry.first)
        guard entries[target].count <= entry.count else { continue }
        hashes[target] = hash
        entries[target] = entry
        store.copy(target, from: later.store, slot)
        for index in 0..<PeriodTable.gapClasses {
          gaps[target * PeriodTable.gapClasses + index] = Gaps()
        }
      }
      for index in 0..<PeriodTable.gapClasses {
        let from = later.gaps[slot * PeriodTable.gapClasses + index]
        let to = target * PeriodTable.gapClasses + index
        gaps[to].count += from.count
        gaps[to].sum += from.sum
        gaps[to].squares += from.squares
      }
    }
  }

  /// The clients that keep time, commonest first.
  func streams() -> [PeriodicStream] {
    (0..<PeriodTable.slots).compactMap { stream($0) }
      .sorted { ($1.count, $0.origin.line ?? 0) < ($0.count, $1.origin.line ?? 0) }
  }

  /// Periodic: 20 requests or more over ten periods or more, nine gaps in ten of the same two
  /// neighbouring classes, and those within a second or a tenth of the period of each other
  /// (stamps of whole seconds alone make up to half a second). Requests at random have a deviation
  /// as large as their mean gap: a third of the period is never exceeded. The beats fill half of
  /// the time or more: bursts of a download are no clock.
  private func stream(_ slot: Int) -> PeriodicStream? {
    let entry = entries[slot]
    let base = slot * PeriodTable.gapClasses
    guard entry.count >= 20 else { return nil }
    var core = Gaps()
    // The last class holds what is no beat.
    for index in 0..<PeriodTable.gapClasses - 2 {
      let one = gaps[base + index]
      let two = gaps[base + index + 1]
      let isAlone = Double(one.count) >= 0.9 * Double(entry.count - 1)
      let isSecondAlone = Double(two.count) >= 0.9 * Double(entry.count - 1)
      let both = Gaps(
        count: one.count + two.count, sum: one.sum + two.sum, squares: one.squares + two.squares)
      let best = isAlone ? one : isSecondAlone ? two : both
      if best.count > core.count { core = best }
    }
    guard core.count > 0, Double(core.count) >= 0.9 * Double(entry.count - 1) else { return nil }
    let count = Double(core.count)
    let period = Double(core.sum) / count
    let variance = Double(core.squares) / count - period * period
    let jitter = Swift.max(variance, 0).squareRoot()
    let span = Double(entry.last - entry.first)
    guard period >= 1, period <= 3600, span >= 10 * period, period * count >= span / 2,
      jitter <= Swift.min(Swift.max(1, period / 10), 0.35 * period)
    else { return nil }
    return PeriodicStream(
      method: store.text(slot, 1), path: unescapedName(store.text(slot, 2)), status: entry.status,
      agent: unescapedName(store.text(slot, 3)), client: store.text(slot, 4),
      host: store.text(slot, 5), count: entry.count, first: entry.first, last: entry.last,
      period: period, jitter: jitter,
      origin: Origin(line: entry.line, excerpt: store.text(slot, 0)))
  }
}

/// One client that asks for one thing at a steady beat.
struct PeriodicStream {
  let method: String
  let path: String
  let status: Int
  let agent: String
  let client: String
  let host: String
  let count: Int
  let first: Int
  let last: Int
  let period: Double
  let jitter: Double
  let origin: Origin

  /// Whether this is what the same client asks next after `other` sent it elsewhere: the same beat,
  /// at most a second later. A log may begin or end between the two, so one end suffices. The host
  /// may differ: a redirect drops a port or adds `www`.
  func follows(_ other: PeriodicStream) -> Bool {
    guard (300..<400).contains(other.status), agent == other.agent, client == other.client,
      path != other.path, abs(period - other.period) <= Swift.max(0.2, other.period / 50),
      abs(Double(count - other.count)) <= 2 + Double(other.count) / 50
    else { return false }
    let beginsAfter =
      (0...1).contains(first - other.first) && (origin.line ?? 0) > (other.origin.line ?? 0)
    return beginsAfter || (0...1).contains(last - other.last)
  }

  /// Names that services give to the path that says whether they are well.
  var asksHealth: Bool {
    let last = path.split(separator: "/").last ?? ""
    return [
      "health", "healthz", "health_check", "healthcheck", "health-check", "healthy", "ping",
      "ready", "readyz", "readiness", "live", "livez", "liveness", "status", "up", "heartbeat",
    ].contains(last.lowercased())
  }
}
