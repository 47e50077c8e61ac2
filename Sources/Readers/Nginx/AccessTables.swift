import CWide
import Model

/// Sets of eight places: a key may stand in one set only, and there the least wanted makes way. So
/// finding a key is one step however full a table is, and no choice of keys makes it more.
enum EightWays {
  @inline(__always)
  static func set(of hash: UInt64, sets: Int) -> Int {
    Int(truncatingIfNeeded: hash &>> 40) & (sets &- 1)
  }
}

/// Counts the commonest names of a stream in bounded memory, as Metwally's Space-Saving does, each
/// set of eight places by itself: a name for which there is no place takes that of the least common
/// of its set, and counts from there on. So what is given is a lower bound, off by at most
/// `shortfall`, and exact while no name had to make way.
struct TopTable: @unchecked Sendable {
  private static let sets = 128
  private static let slots = sets * 8
  /// A name that came back so often gets a place for its text.
  private static let keptAt: UInt32 = 4

  /// What finding and counting needs, in one cache line a set.
  private struct Set: BitwiseCopyable {
    var tags: InlineArray<8, UInt32>
    var counts: InlineArray<8, UInt32>
  }

  private struct Entry: BitwiseCopyable {
    var hash: UInt64
    /// Of the first line with it, in this range of the log.
    var line: Int
    /// What of the count may be others', those that stood in its place before.
    var error: UInt32
    var length: UInt32
    /// Among the noted lines, or 0; not used once the text is kept.
    var note: UInt32
    var isKept: Bool
  }

  /// The kept names: hash, full length (0 is none kept) and the first bytes in one cache line, which
  /// is all of most names, and the rest elsewhere. Apart from the excerpts, which are looked at once.
  private static let headStart = 12
  private static let headCount = name_head_size
  private static let headSize = headStart + headCount
  private static let restSize = NotedLines.longestName - headCount
  private let heads: UnsafeMutablePointer<UInt8>
  private let rests: UnsafeMutablePointer<UInt8>
  /// Where a name with such a guess was met last.
  private let guesses: UnsafeMutablePointer<UInt16>
  private static let guessBits: UInt64 = 11
  private let areEqual = names_comparer_at(0) ?? names_equal

  private let name: LineName
  private let memory = TableMemory(
    slots * (headSize + restSize) + sets * MemoryLayout<Set>.stride + slots
      * MemoryLayout<Entry>.stride
      + sets * 4 + 2 << guessBits + slots * 4)
  private let setsAt: UnsafeMutablePointer<Set>
  private let entries: UnsafeMutablePointer<Entry>
  /// How often each was met since `clearRecent`.
  private let recent: UnsafeMutablePointer<UInt32>
  /// A recent count that is worth a line to cite, as is every power of two from here on.
  static let notable: UInt32 = 16
  /// The most that a name without a place in the set may have been counted.
  private let floors: UnsafeMutablePointer<UInt32>
  private let store: TextStore

  init(_ name: LineName) {
    self.name = name
    heads = memory.slots(UInt8.self)
    var offset = TopTable.slots * TopTable.headSize
    setsAt = memory.slots(Set.self, at: offset)
    offset += TopTable.sets * MemoryLayout<Set>.stride
    entries = memory.slots(Entry.self, at: offset)
    offset += TopTable.slots * MemoryLayout<Entry>.stride
    floors = memory.slots(UInt32.self, at: offset)
    offset += TopTable.sets * 4
    guesses = memory.slots(UInt16.self, at: offset)
    offset += 2 << Int(TopTable.guessBits)
    recent = memory.slots(UInt32.self, at: offset)
    offset += TopTable.slots * 4
    rests = memory.slots(UInt8.self, at: offset)
    store = TextStore(slots: TopTable.slots, hasNames: false)
  }

  @inline(__always)
  private func counts(_ set: Int) -> UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(setsAt + set).assumingMemoryBound(to: UInt32.self) + 8
  }

  /// Where a name is guessed to be met: for `add`. Its place is asked for already.
  @inline(__always)
  func guess(_ place: Place, in line: RawLine) -> UInt16 {
    let guess = UInt16(truncatingIfNeeded: line.guess(place) &>> (64 &- TopTable.guessBits))
    prefetch_line(heads + Int(guesses[Int(guess)]) &* TopTable.headSize)
    return guess
  }

  /// Where a name was met, and its hash.
  struct Met {
    let slot: Int
    let hash: UInt64
  }

  /// Counts a name.
  @inline(__always)
  mutating func add(
    _ place: Place, guessed guess: UInt16, of pending: UnsafePointer<PendingLine>,
    _ notes: inout NotedLines, _ note: inout UInt32
  ) -> Met {
    let line = pending.pointee.line
    let guess = Int(guess)
    let slot = Int(guesses[guess])
    if isKept(slot, place, in: line) {
      counts(slot &>> 3)[slot & 7] &+= 1
      let head = UnsafeRawPointer(heads + slot &* TopTable.headSize)
      return Met(slot: slot, hash: head.load(as: UInt64.self))
    }
    let hash = line.hash(place)
    let found = find(hash, place, of: pending, &notes, &note)
    guesses[guess] = UInt16(truncatingIfNeeded: found)
    return Met(slot: found, hash: hash)
  }

  /// Counts a name that was met just now among the recent; true where that makes it worth a line to cite.
  @inline(__always)
  func addRecent(_ met: Met) -> Bool {
    let count = recent[met.slot] &+ 1
    recent[met.slot] = count
    let isFew: UInt32 = count < TopTable.notable ? 1 : 0
    return count & (count &- 1) | isFew == 0
  }

  func clearRecent() { recent.update(repeating: 0, count: TopTable.slots) }

  func recentCount(_ met: Met) -> Int { Int(recent[met.slot]) }

  /// The names met most since `clearRecent` that are worth a line, commonest first.
  func commonest(_ limit: Int) -> [(slot: Int, hash: UInt64, count: Int)] {
    var found: [(slot: Int, hash: UInt64, count: Int)] = []
    for slot in 0..<TopTable.slots where recent[slot] >= TopTable.notable {
      let mine = (slot: slot, hash: entries[slot].hash, count: Int(recent[slot]))
      let place =
        found.firstIndex { ($0.count, mine.hash) < (mine.count, $0.hash) } ?? found.endIndex
      guard place < limit else { continue }
      found.insert(mine, at: place)
      if found.count > limit { found.removeLast() }
    }
    return found
  }

  /// Counts a name that is not where it was guessed to be; gives its slot.
  @inline(never)
  private mutating func find(
    _ hash: UInt64, _ place: Place, of pending: UnsafePointer<PendingLine>,
    _ notes: inout NotedLines, _ note: inout UInt32
  ) -> Int {
    let line = pending.pointee.line
    let set = EightWays.set(of: hash, sets: TopTable.sets)
    let tags = UnsafeMutableRawPointer(setsAt + set).assumingMemoryBound(to: UInt32.self)
    var hits = equalTags(tags, UInt32(truncatingIfNeeded: hash))
    while hits != 0 {
      let way = hits.trailingZeroBitCount
      let slot = set &* 8 &+ way
      if isKept(slot, place, in: line) {
        tags[8 &+ way] &+= 1
        return slot
      }
      if !entries[slot].isKept, entries[slot].hash == hash, tags[8 &+ way] > 0 {
        tags[8 &+ way] &+= 1
        if tags[8 &+ way] &- entries[slot].error >= TopTable.keptAt {
          keep(slot, pending, notes)
        }
        return slot
      }
      hits &= hits &- 1
    }
    return insert(hash, set, place, of: pending, &notes, &note)
  }

  @inline(__always)
  private func isKept(_ slot: Int, _ place: Place, in line: RawLine) -> Bool {
    let head = heads + slot &* TopTable.headSize
    let length = Int(UnsafeRawPointer(head).load(fromByteOffset: 8, as: UInt32.self))
    guard length == place.count else { return false }
    return areEqual(
      line.base + place.start, Swift.min(length, NotedLines.longestName),
      line.readable &- place.start, head + TopTable.headStart, rests + slot &* TopTable.restSize)
  }

  private func setName(_ slot: Int, _ text: UnsafeBufferPointer<UInt8>) {
    let head = UnsafeMutableRawPointer(heads + slot * TopTable.headSize)
    head.storeBytes(of: entries[slot].hash, as: UInt64.self)
    head.storeBytes(of: entries[slot].length, toByteOffset: 8, as: UInt32.self)
    guard let base = text.baseAddress else { return }
    let count = Swift.min(text.count, TopTable.headCount)
    (heads + slot * TopTable.headSize + TopTable.headStart).update(from: base, count: count)
    let rest = Swift.min(text.count, NotedLines.longestName) - count
    (rests + slot * TopTable.restSize).update(from: base + count, count: rest)
  }

  private func clearName(_ slot: Int) {
    UnsafeMutableRawPointer(heads + slot &* TopTable.headSize).storeBytes(
      of: 0, toByteOffset: 8, as: UInt32.self)
  }

  private func nameBytes(_ slot: Int) -> [UInt8] {
    let count = Swift.min(Int(entries[slot].length), NotedLines.longestName)
    let head = UnsafeBufferPointer(
      start: heads + slot * TopTable.headSize + TopTable.headStart,
      count: Swift.min(count, TopTable.headCount))
    let rest = UnsafeBufferPointer(
      start: rests + slot * TopTable.restSize, count: count - head.count)
    return Array(head) + Array(rest)
  }

  @inline(never)
  private func keep(
    _ slot: Int, _ pending: UnsafePointer<PendingLine>, _ notes: NotedLines
  ) {
    if let first = notes.line(entries[slot].note) {
      store.put(slot, first)
      setName(slot, first.name(name))
    } else {
      store.put(slot, pending)
      let place = pending.pointee.request.place(name)
      setName(
        slot,
        UnsafeBufferPointer(start: pending.pointee.line.base + place.start, count: place.count))
      entries[slot].line = pending.pointee.number
    }
    entries[slot].isKept = true
  }

  private func insert(
    _ hash: UInt64, _ set: Int, _ place: Place, of pending: UnsafePointer<PendingLine>,
    _ notes: inout NotedLines, _ note: inout UInt32
  ) -> Int {
    let tags = UnsafeMutableRawPointer(setsAt + set).assumingMemoryBound(to: UInt32.self)
    var way = 0
    var least = tags[8]
    for other in 1..<8 {
      let isLess = tags[8 &+ other] < least
      way = isLess ? other : way
      least = isLess ? tags[8 &+ other] : least
    }
    floors[set] = Swift.max(floors[set], least)
    if note == 0 { note = notes.note(pending) }
    tags[way] = UInt32(truncatingIfNeeded: hash)
    tags[8 &+ way] = floors[set] &+ 1
    entries[set &* 8 &+ way] = Entry(
      hash: hash, line: pending.pointee.number, error: floors[set],
      length: UInt32(truncatingIfNeeded: place.count), note: note, isKept: false)
    clearName(set &* 8 &+ way)
    recent[set &* 8 &+ way] = 0
    return set &* 8 &+ way
  }

  /// Gives every name a place for its text, as long as its line is to be had. One that is not was
  /// seen a few times long ago: it makes way.
  func keepAll(_ notes: NotedLines) {
    for slot in 0..<TopTable.slots where !entries[slot].isKept && count(slot) > 0 {
      if let line = notes.line(entries[slot].note) {
        store.put(slot, line)
        setName(slot, line.name(name))
        entries[slot].isKept = true
      } else {
        floors[slot / 8] = Swift.max(floors[slot / 8], count(slot))
        counts(slot / 8)[slot % 8] = 0
      }
    }
  }

  private func count(_ slot: Int) -> UInt32 { counts(slot / 8)[slot % 8] }

  /// Takes in the names of the range that follows; both have kept all their texts.
  func merge(_ later: TopTable, addingLines offset: Int) {
    for set in 0..<TopTable.sets {
      let mine = floors[set]
      let theirs = later.floors[set]
      var isShared: UInt32 = 0
      var news: [Int] = []
      for slot in set * 8..<set * 8 + 8 where later.count(slot) > 0 {
        let known = (0..<8).first {
          let own = entries[set * 8 + $0]
          return counts(set)[$0] > 0 && own.hash == later.entries[slot].hash
            && own.length == later.entries[slot].length
            && nameBytes(set * 8 + $0) == later.nameBytes(slot)
        }
        guard let way = known else {
          news.append(slot)
          continue
        }
        isShared |= 1 << UInt32(way)
        add(later.count(slot), error: later.entries[slot].error, set, way)
      }
      for way in 0..<8 where counts(set)[way] > 0 && isShared & (1 << UInt32(way)) == 0 {
        add(theirs, error: theirs, set, way)
      }
      floors[set] = TopTable.sum(mine, theirs)
      for slot in news { adopt(slot, of: later, floor: mine, set, addingLines: offset) }
    }
  }

  private static func sum(_ one: UInt32, _ two: UInt32) -> UInt32 {
    let (sum, isOver) = one.addingReportingOverflow(two)
    return isOver ? .max : sum
  }

  private func add(_ count: UInt32, error: UInt32, _ set: Int, _ way: Int) {
    counts(set)[way] = TopTable.sum(counts(set)[way], count)
    entries[set * 8 + way].error = TopTable.sum(entries[set * 8 + way].error, error)
  }

  private func adopt(
    _ slot: Int, of later: TopTable, floor: UInt32, _ set: Int, addingLines offset: Int
  ) {
    let count = TopTable.sum(later.count(slot), floor)
    var way = 0
    for other in 1..<8 where counts(set)[other] < counts(set)[way] { way = other }
    guard counts(set)[way] < count else {
      floors[set] = Swift.max(floors[set], count)
      return
    }
    floors[set] = Swift.max(floors[set], counts(set)[way])
    var entry = later.entries[slot]
    entry.line += offset
    entry.error = TopTable.sum(entry.error, floor)
    entries[set * 8 + way] = entry
    counts(set)[way] = count
    setsAt[set].tags[way] = UInt32(truncatingIfNeeded: entry.hash)
    store.copy(set * 8 + way, from: later.store, slot)
    later.nameBytes(slot).withUnsafeBufferPointer { setName(set * 8 + way, $0) }
  }

  /// The commonest names, most common first, then in the order of their first lines, each with what
  /// its count may be short of. All texts must have been kept.
  func top(_ limit: Int) -> [(name: String, count: Int, shortfall: Int, origin: Origin)] {
    (0..<TopTable.slots).filter { count($0) > 0 }
      .map { (slot: $0, count: Int(count($0) - Swift.min(entries[$0].error, count($0)))) }
      .sorted { ($1.count, entries[$0.slot].line) < ($0.count, entries[$1.slot].line) }
      .prefix(limit)
      .map { slot, count in
        (
          unescapedName(String(decoding: nameBytes(slot), as: UTF8.self)), count,
          Int(entries[slot].error),
          Origin(line: entries[slot].line, excerpt: store.excerpt(slot))
        )
      }
  }
}
