import Model

/// Fixed slots for a few texts each: what is kept of a line that stands for many.
struct TextStore {
  /// An excerpt and five names, each with a length byte at the head of the slot.
  static let texts = 6
  private let stride: Int
  private var bytes: [UInt8]

  init(slots: Int, stride: Int) {
    self.stride = stride
    bytes = Array(repeating: 0, count: slots * stride)
  }

  /// Keeps the first 200 bytes of the line and the given places of it, each cut at `limits`.
  mutating func put(
    _ slot: Int, _ line: Span<UInt8>, _ places: InlineArray<5, Place>, limits: InlineArray<5, Int>
  ) {
    let base = slot * stride
    guard base >= 0, base + stride <= bytes.count else { return }
    var at = base + TextStore.texts
    let all = Place(start: 0, end: Swift.min(line.count, 200))
    bytes[base] = UInt8(truncatingIfNeeded: copy(line, all, to: &at, end: base + stride))
    for index in 0..<5 {
      var place = places[index]
      place.end = Swift.min(place.end, place.start + Swift.min(limits[index], 255))
      let count = copy(line, place, to: &at, end: base + stride)
      bytes[base + 1 + index] = UInt8(truncatingIfNeeded: count)
    }
  }

  private mutating func copy(
    _ line: Span<UInt8>, _ place: Place, to at: inout Int, end: Int
  ) -> Int {
    let count = Swift.min(place.count, end - at)
    guard count > 0, place.start >= 0, place.start + count <= line.count else { return 0 }
    let target = at
    line.withUnsafeBytes { source in
      bytes.withUnsafeMutableBytes { destination in
        UnsafeMutableRawBufferPointer(rebasing: destination[target..<target + count]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[place.start..<place.start + count]))
      }
    }
    at += count
    return count
  }

  mutating func copy(_ slot: Int, from other: TextStore, _ otherSlot: Int) {
    guard stride == other.stride else { return }
    for index in 0..<stride {
      bytes[slot * stride + index] = other.bytes[otherSlot * stride + index]
    }
  }

  /// Text 0 is the excerpt, 1 to 5 are the names.
  func text(_ slot: Int, _ number: Int) -> String {
    var at = slot * stride + TextStore.texts
    for index in 0..<number { at += Int(bytes[slot * stride + index]) }
    let end = at + Int(bytes[slot * stride + number])
    return String(decoding: bytes[at..<end], as: UTF8.self)
  }
}

/// Sets of eight slots: a key has its place in one set, and there the least wanted makes way.
enum EightWays {
  @inline(__always)
  static func set(of hash: UInt64, sets: Int) -> Int {
    Int(truncatingIfNeeded: hash &>> 40) & (sets &- 1)
  }
}

/// Counts the commonest keys of a stream in bounded memory. Exact while nothing had to make way
/// (`isExact`); then a count is a lower bound, close for keys that are common.
struct TopTable {
  private static let sets = 256
  private static let slots = sets * 8
  private var hashes = [UInt64](repeating: 0, count: slots)
  private var counts = [Int](repeating: 0, count: slots)
  private var lines = [Int](repeating: 0, count: slots)
  private var store = TextStore(slots: slots, stride: 416)
  private(set) var isExact = true
  private var lastHash: UInt64 = 0
  private var lastSlot = 0

  @inline(__always)
  mutating func add(_ hash: UInt64, _ place: Place, in line: Span<UInt8>, number: Int) {
    if hash == lastHash, hashes[lastSlot] == hash {
      counts[lastSlot] &+= 1
      return
    }
    let base = EightWays.set(of: hash, sets: TopTable.sets) &* 8
    for slot in base..<base &+ 8 where hashes[slot] == hash {
      counts[slot] &+= 1
      lastHash = hash
      lastSlot = slot
      return
    }
    let slot = victim(base)
    counts[slot] = 1
    hashes[slot] = hash
    lines[slot] = number
    store.put(
      slot, line, [place, Place(), Place(), Place(), Place()], limits: [204, 0, 0, 0, 0])
  }

  private mutating func victim(_ base: Int) -> Int {
    var victim = base
    for slot in base..<base &+ 8 where counts[slot] < counts[victim] { victim = slot }
    if counts[victim] > 0 { isExact = false }
    return victim
  }

  mutating func merge(_ later: TopTable) {
    isExact = isExact && later.isExact
    for slot in 0..<TopTable.slots where later.counts[slot] > 0 {
      let hash = later.hashes[slot]
      let base = EightWays.set(of: hash, sets: TopTable.sets) * 8
      if let mine = (base..<base + 8).first(where: { hashes[$0] == hash }) {
        counts[mine] += later.counts[slot]
        continue
      }
      let target = victim(base)
      guard counts[target] <= later.counts[slot] else { continue }
      hashes[target] = hash
      counts[target] = later.counts[slot]
      lines[target] = later.lines[slot]
      store.copy(target, from: later.store, slot)
    }
  }

  /// The commonest keys, most common first, then in the order of their first lines.
  func top(_ limit: Int) -> [(name: String, count: Int, origin: Origin)] {
    (0..<TopTable.slots).filter { counts[$0] > 0 }
      .sorted { (counts[$1], lines[$0]) < (counts[$0], lines[$1]) }
      .prefix(limit)
      .map {
        (
          unescapedName(store.text($0, 1)), counts[$0],
          Origin(line: lines[$0], excerpt: store.text($0, 0))
        )
      }
  }
}
