import CWide
import Model

/// Finds clients that ask like clockwork: health checks, probes, cron jobs.
///
/// One entry a (agent, method, path, status, client, host): first and last time, count, and per
/// class of gap its count, sum and sum of squares, so that two ranges of a log merge exactly. The
/// classes (powers of four) keep a pause, an outage or a log's own gap, from blurring the period of
/// the beats on either side of it.
///
/// Most keys are seen once or twice and never again, or now and then. They wait in a larger table
/// without texts; what comes a third time after as long as the second moves to the table proper.
struct PeriodTable: @unchecked Sendable {
  private static let sets = 128
  private static let slots = sets * 8
  private static let waitingSets = 4096
  private static let waitingPlaces = waitingSets * 4
  private static let gapClasses = 8

  private struct Entry: BitwiseCopyable {
    var hash: UInt64
    var first: UInt32
    var last: UInt32
    var count: UInt32
    var status: UInt16
    var line: Int
  }

  private struct Gaps: BitwiseCopyable {
    var count: UInt32 = 0
    /// Of a log range, and of gaps below an hour each: a beat a second fills it after 136 years.
    var sum: UInt32 = 0
    var squares: UInt64 = 0

    mutating func add(_ other: Gaps) {
      count &+= other.count
      sum &+= other.sum
      squares &+= other.squares
    }
  }

  /// A key that has not kept time yet. Four of them, a set, are one cache line.
  private struct Waiting: BitwiseCopyable {
    static let noGap = UInt16.max

    /// 0 is nobody.
    var hash: UInt64
    var last: UInt32
    /// Before the last, where there were two; more than an hour is no beat.
    var gap: UInt16
    /// Where the line of its first beat is noted, or 0; notes have no more places than that.
    var note: UInt16

    var count: Int { gap == Waiting.noGap ? 1 : 2 }
    var first: Int { Int(last) - (gap == Waiting.noGap ? 0 : Int(gap)) }
  }

  private let memory = TableMemory(
    slots * (MemoryLayout<Entry>.stride + 4) + slots * gapClasses * MemoryLayout<Gaps>.stride)
  private let waitingMemory = TableMemory(waitingPlaces * MemoryLayout<Waiting>.stride)
  private let entries: UnsafeMutablePointer<Entry>
  private let gaps: UnsafeMutablePointer<Gaps>
  private let tags: UnsafeMutablePointer<UInt32>
  private let waiting: UnsafeMutablePointer<Waiting>
  /// Apart from those of the names: what is noted must not depend on which table is asked first.
  private var notes = NotedLines(capacity: 384 << 10)
  private let store = TextStore(slots: slots, hasNames: true)

  init() {
    let slots = PeriodTable.slots
    entries = memory.slots(Entry.self)
    let afterEntries = slots * MemoryLayout<Entry>.stride
    gaps = memory.slots(Gaps.self, at: afterEntries)
    tags = memory.slots(
      UInt32.self, at: afterEntries + slots * PeriodTable.gapClasses * MemoryLayout<Gaps>.stride)
    waiting = waitingMemory.slots(Waiting.self)
  }

  /// Asks for what `add` will look at.
  @inline(__always)
  func prepare(_ hash: UInt64) {
    let base = EightWays.set(of: hash, sets: PeriodTable.sets) &* 8
    let hits = equalTags(tags + base, UInt32(truncatingIfNeeded: hash))
    let slot = base &+ (hits.trailingZeroBitCount & 7)
    prefetch_line(entries + slot)
    // Two cache lines.
    let classes = gaps + (slot &* PeriodTable.gapClasses)
    prefetch_line(classes)
    prefetch_line(classes + PeriodTable.gapClasses / 2)
    prefetch_line(waiting + waitingSet(hash))
  }

  @inline(__always)
  mutating func add(_ pending: UnsafePointer<PendingLine>) {
    let hash = pending.pointee.key
    let second = pending.pointee.request.second
    if let slot = find(hash) {
      addBeat(slot, second)
      return
    }
    guard let place = findWaiting(hash) else {
      let note = notes.note(pending)
      wait(
        Waiting(
          hash: hash, last: UInt32(clamping: second), gap: Waiting.noGap,
          note: UInt16(truncatingIfNeeded: note)))
      return
    }
    let gap = second &- Int(waiting[place].last)
    let before = Int(waiting[place].gap)
    guard PeriodTable.isSteady(gap, before) else {
      // Its first beat is now the one before this, or this.
      if before != Int(Waiting.noGap) { waiting[place].note = 0 }
      waiting[place].last = UInt32(clamping: second)
      waiting[place].gap =
        gap >= 0 && gap < Int(Waiting.noGap) ? UInt16(truncatingIfNeeded: gap) : Waiting.noGap
      return
    }
    let note = UInt32(waiting[place].note)
    let slot = take(place)
    addBeat(slot, second)
    keep(slot, notes.line(note), pending)
  }

  /// Two gaps of what may keep time. Of whatever `stream` calls periodic two in a row are soon as alike;
  /// what comes twice a second is a burst.
  @inline(__always)
  private static func isSteady(_ gap: Int, _ before: Int) -> Bool {
    gap > 0 && before > 0 && before < Int(Waiting.noGap)
      && abs(gap &- before) <= 1 &+ before / 4
  }

  @inline(__always)
  private func addBeat(_ slot: Int, _ second: Int) {
    note(gap: second &- Int(entries[slot].last), slot)
    entries[slot].last = UInt32(clamping: second)
    entries[slot].count &+= 1
  }

  /// Keeps the text of the line that was noted, or else of this one.
  @inline(never)
  private func keep(
    _ slot: Int, _ noted: NotedLines.NotedLine?, _ pending: UnsafePointer<PendingLine>
  ) {
    if let noted { return keep(slot, noted) }
    store.put(slot, pending)
    entries[slot].line = pending.pointee.number
    entries[slot].status = UInt16(truncatingIfNeeded: pending.pointee.request.status)
  }

  private func keep(_ slot: Int, _ line: NotedLines.NotedLine) {
    store.put(slot, line)
    entries[slot].line = line.number
    entries[slot].status = UInt16(truncatingIfNeeded: line.status)
  }

  /// Of the lines that were noted leaves those that keys that wait want.
  mutating func thin() {
    let wanted = (0..<PeriodTable.waitingPlaces).filter {
      waiting[$0].hash != 0 && waiting[$0].note != 0
    }
    let (copy, moved) = notes.copy(of: wanted.map { UInt32(waiting[$0].note) })
    for place in wanted {
      waiting[place].note = UInt16(truncatingIfNeeded: moved[UInt32(waiting[place].note)] ?? 0)
    }
    notes = copy
  }

  @inline(__always)
  private func find(_ hash: UInt64) -> Int? {
    let base = EightWays.set(of: hash, sets: PeriodTable.sets) &* 8
    var hits = equalTags(tags + base, UInt32(truncatingIfNeeded: hash))
    while hits != 0 {
      let slot = base &+ hits.trailingZeroBitCount
      if entries[slot].hash == hash, entries[slot].count > 0 { return slot }
      hits &= hits &- 1
    }
    return nil
  }

  @inline(__always)
  private func waitingSet(_ hash: UInt64) -> Int {
    EightWays.set(of: hash, sets: PeriodTable.waitingSets) &* 4
  }

  @inline(__always)
  private func findWaiting(_ hash: UInt64) -> Int? {
    let base = waitingSet(hash)
    var found = -1
    for place in base..<base &+ 4 { found = waiting[place].hash == hash ? place : found }
    return found >= 0 ? found : nil
  }

  /// The one of the set that was seen least lately makes way.
  @inline(__always)
  private func wait(_ key: Waiting) {
    let base = waitingSet(key.hash)
    var place = base
    var last = waiting[base].last
    for other in base &+ 1..<base &+ 4 {
      let isOlder = waiting[other].last < last
      place = isOlder ? other : place
      last = isOlder ? waiting[other].last : last
    }
    waiting[place] = key
  }

  private func forget(_ place: Int) {
    waiting[place] = Waiting(hash: 0, last: 0, gap: Waiting.noGap, note: 0)
  }

  /// Moves a key that waited to the table proper, still without its text.
  private func take(_ place: Int) -> Int {
    let key = waiting[place]
    forget(place)
    let slot = victim(EightWays.set(of: key.hash, sets: PeriodTable.sets) &* 8, now: Int(key.last))
    clear(slot)
    tags[slot] = UInt32(truncatingIfNeeded: key.hash)
    entries[slot] = Entry(
      hash: key.hash, first: UInt32(clamping: key.first), last: key.last, count: UInt32(key.count),
      status: 0, line: 0)
    if key.gap != Waiting.noGap { note(gap: Int(key.gap), slot) }
    return slot
  }

  private func clear(_ slot: Int) {
    for index in slot &* PeriodTable.gapClasses..<(slot &+ 1) &* PeriodTable.gapClasses {
      gaps[index] = Gaps()
    }
  }

  @inline(__always)
  private func note(gap: Int, _ slot: Int) {
    // A clock that goes back, or more than an hour, is no beat.
    let isBeat = gap >= 0 && gap < 4096
    let bits = isBeat ? Int.bitWidth &- gap.leadingZeroBitCount : 0
    let index = slot &* PeriodTable.gapClasses &+ (isBeat ? (bits &+ 1) / 2 : 7)
    let beat = isBeat ? UInt32(truncatingIfNeeded: gap) : 0
    gaps[index].add(Gaps(count: 1, sum: beat, squares: UInt64(beat &* beat)))
  }

  /// The entry that has been silent longest for how often it was seen; one without a key is seen
  /// never.
  private func victim(_ base: Int, now: Int) -> Int {
    var victim = base
    var silence = -1
    var count = 1
    for slot in base..<base &+ 8 {
      let mine = Swift.max(now &- Int(entries[slot].last), 0) &+ 1
      let seen = Int(entries[slot].count)
      let isWorse = mine &* count > silence &* seen
      victim = isWorse ? slot : victim
      silence = isWorse ? mine : silence
      count = isWorse ? seen : count
    }
    return victim
  }

  /// Gives each key that waits a place in the table proper, that its gaps may be joined to others'.
  mutating func merge(
    _ later: PeriodTable, addingLines offset: Int
  ) {
    for slot in 0..<PeriodTable.slots where later.entries[slot].count > 0 {
      mergeEntry(slot, of: later, addingLines: offset)
    }
    for place in 0..<PeriodTable.waitingPlaces where later.waiting[place].hash != 0 {
      mergeWaiting(place, of: later, addingLines: offset)
    }
  }

  private func mergeEntry(
    _ from: Int, of later: PeriodTable, addingLines offset: Int
  ) {
    let entry = later.entries[from]
    let slot: Int
    if let known = find(entry.hash) {
      slot = known
      note(gap: Int(entry.first) &- Int(entries[slot].last), slot)
      entries[slot].last = entry.last
      entries[slot].count &+= entry.count
    } else {
      slot = victim(
        EightWays.set(of: entry.hash, sets: PeriodTable.sets) * 8, now: Int(entry.first))
      let before = findWaiting(entry.hash)
      guard entries[slot].count <= entry.count else { return }
      clear(slot)
      tags[slot] = UInt32(truncatingIfNeeded: entry.hash)
      entries[slot] = entry
      entries[slot].line += offset
      store.copy(slot, from: later.store, from)
      if let before { prepend(before, to: slot) }
    }
    for index in 0..<PeriodTable.gapClasses {
      gaps[slot * PeriodTable.gapClasses + index].add(
        later.gaps[from * PeriodTable.gapClasses + index])
    }
  }

  /// Joins a key that waited to what came of it in a later range.
  private func prepend(_ place: Int, to slot: Int) {
    let key = waiting[place]
    forget(place)
    note(gap: Int(entries[slot].first) &- Int(key.last), slot)
    if key.gap != Waiting.noGap { note(gap: Int(key.gap), slot) }
    entries[slot].first = UInt32(clamping: key.first)
    entries[slot].count &+= UInt32(key.count)
    if let line = notes.line(UInt32(key.note)) { keep(slot, line) }
  }

  private mutating func mergeWaiting(
    _ from: Int, of later: PeriodTable, addingLines offset: Int
  ) {
    var key = later.waiting[from]
    let line = later.notes.line(UInt32(key.note))
    if let slot = find(key.hash) {
      join(key, to: slot)
    } else if let place = findWaiting(key.hash),
      let line = notes.line(UInt32(waiting[place].note)) ?? line
    {
      let slot = take(place)
      keep(slot, line)
      join(key, to: slot)
    } else {
      let note = line.map { notes.note($0, addingLines: offset) } ?? 0
      key.note = UInt16(truncatingIfNeeded: note)
      wait(key)
    }
  }

  private func join(_ key: Waiting, to slot: Int) {
    note(gap: key.first &- Int(entries[slot].last), slot)
    if key.gap != Waiting.noGap { note(gap: Int(key.gap), slot) }
    entries[slot].last = key.last
    entries[slot].count &+= UInt32(key.count)
  }

  /// The clients that keep time, commonest first.
  /// Of a sample its share of the log is known: its beats fill that much of the time.
  func streams(share: Double = 1) -> [PeriodicStream] {
    (0..<PeriodTable.slots).compactMap { stream($0, share: share) }
      .sorted { ($1.count, $0.origin.line ?? 0) < ($0.count, $1.origin.line ?? 0) }
  }

  /// Periodic: 20 requests or more over ten periods or more, nine gaps in ten of the same two
  /// neighbouring classes, and those within a second or a tenth of the period of each other
  /// (stamps of whole seconds alone make up to half a second). Requests at random have a deviation
  /// as large as their mean gap: a third of the period is never exceeded. The beats fill half of
  /// the time or more: bursts of a download are no clock.
  private func stream(_ slot: Int, share: Double) -> PeriodicStream? {
    let entry = entries[slot]
    let base = slot * PeriodTable.gapClasses
    guard entry.count >= 20 else { return nil }
    let most = 0.9 * Double(entry.count - 1)
    var core = Gaps()
    // The last class holds what is no beat.
    for index in 0..<PeriodTable.gapClasses - 2 {
      let one = gaps[base + index]
      let two = gaps[base + index + 1]
      var both = one
      both.add(two)
      let best = Double(one.count) >= most ? one : Double(two.count) >= most ? two : both
      if best.count > core.count { core = best }
    }
    guard core.count > 0, Double(core.count) >= most else { return nil }
    let count = Double(core.count)
    let period = Double(core.sum) / count
    let variance = Double(core.squares) / count - period * period
    let jitter = Swift.max(variance, 0).squareRoot()
    let span = Double(entry.last) - Double(entry.first)
    guard period >= 1, period <= 3600, span >= 10 * period, period * count >= share * span / 2,
      jitter <= Swift.min(Swift.max(1, period / 10), 0.35 * period)
    else { return nil }
    return PeriodicStream(
      method: store.name(slot, .method), path: unescapedName(store.name(slot, .path)),
      status: Int(entry.status), agent: unescapedName(store.name(slot, .agent)),
      client: store.name(slot, .client), host: store.name(slot, .host), count: Int(entry.count),
      first: Int(entry.first), last: Int(entry.last), period: period, jitter: jitter,
      origin: Origin(line: entry.line, excerpt: store.excerpt(slot)))
  }
}
