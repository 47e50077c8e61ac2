/// Keeps the first lines that bring something new, each in a few hundred bytes: its number, its
/// beginning, and the names in it. Most of what is new is seen once and never again: only what comes
/// back gets a place of its own, and the line that first held it is found here. Once this is full,
/// what comes back is cited by the line that showed it worth keeping.
struct NotedLines: @unchecked Sendable {
  static let longestName = 204
  static let longestExcerpt = 200
  /// Up to this length lines are kept whole: it costs less to copy a line than to choose.
  private static let wholeLine = 512
  private static let longestRecord =
    MemoryLayout<Head>.size + longestExcerpt + LineName.allCases.count * longestName

  /// A place in what is kept of a line.
  struct Piece: BitwiseCopyable {
    var start: UInt16 = 0
    var count: UInt16 = 0

    init() {}

    @inline(__always)
    init(_ place: Place) {
      start = UInt16(truncatingIfNeeded: place.start)
      count = UInt16(truncatingIfNeeded: place.count)
    }

    var place: Place { Place(start: Int(start), end: Int(start) &+ Int(count)) }
  }

  fileprivate struct Head: BitwiseCopyable {
    var number: Int
    var excerpt: UInt16
    /// With the head, in units.
    var units: UInt16
    var status: UInt16
    var pieces: InlineArray<5, Piece>
  }

  fileprivate static let unit = 16
  private let capacity: Int
  private let memory: TableMemory
  private let start: UnsafeMutablePointer<UInt8>
  /// Units written; the first is left out, for 0 is no place.
  private var written = 1

  /// At most 1 MiB: a place is to fit into sixteen bits.
  init(capacity: Int) {
    self.capacity = capacity
    memory = TableMemory(capacity)
    start = memory.slots(UInt8.self)
  }

  @inline(__always)
  private var isFull: Bool {
    written &* NotedLines.unit &+ NotedLines.longestRecord > capacity
  }

  /// Keeps a line, if there is room; gives what `line` finds it by, or 0.
  @inline(__always)
  mutating func note(_ pending: UnsafePointer<PendingLine>) -> UInt32 {
    isFull ? 0 : noteNew(pending)
  }

  @inline(never)
  private mutating func noteNew(_ pending: UnsafePointer<PendingLine>) -> UInt32 {
    let line = pending.pointee.line
    let request = pending.pointee.request
    let place = written
    let target = start + place &* NotedLines.unit
    var head = Head(
      number: pending.pointee.number,
      excerpt: UInt16(truncatingIfNeeded: Swift.min(line.count, NotedLines.longestExcerpt)),
      units: 0, status: UInt16(truncatingIfNeeded: request.status),
      pieces: InlineArray(repeating: Piece()))
    let bytes = target + MemoryLayout<Head>.size
    var size = line.count
    if size <= NotedLines.wholeLine {
      bytes.update(from: line.base, count: size)
      let names = request.names
      for index in names.indices { head.pieces[index] = Piece(names[index]) }
    } else {
      size = NotedLines.pick(line, request, into: bytes, &head)
    }
    let units = (size &+ MemoryLayout<Head>.size &+ NotedLines.unit &- 1) / NotedLines.unit
    head.units = UInt16(truncatingIfNeeded: units)
    UnsafeMutableRawPointer(target).storeBytes(of: head, as: Head.self)
    written &+= units
    return UInt32(truncatingIfNeeded: place)
  }

  /// Of a long line its beginning and, one after another, its names.
  @inline(never)
  private static func pick(
    _ line: RawLine, _ request: AccessLine, into bytes: UnsafeMutablePointer<UInt8>,
    _ head: inout Head
  ) -> Int {
    var size = Swift.min(line.count, longestExcerpt)
    bytes.update(from: line.base, count: size)
    let names = request.names
    for index in names.indices where !names[index].isEmpty {
      let place = names[index]
      let count = Swift.min(place.count, longestName)
      (bytes + size).update(from: line.base + place.start, count: count)
      head.pieces[index] = Piece(Place(start: size, end: size + count))
      size += count
    }
    return size
  }

  /// Keeps what another range of the log kept, if there is room.
  mutating func note(_ line: NotedLine, addingLines offset: Int) -> UInt32 {
    guard !isFull else { return 0 }
    let place = written
    let target = start + place &* NotedLines.unit
    target.update(from: line.start, count: Int(line.head.units) * NotedLines.unit)
    UnsafeMutableRawPointer(target).storeBytes(of: line.head.number + offset, as: Int.self)
    written += Int(line.head.units)
    return UInt32(truncatingIfNeeded: place)
  }

  /// Of all that was noted, what is still wanted: few lines of a long log, so the rest need not stay.
  /// `places` become those in the copy.
  func copy(of places: [UInt32]) -> (notes: NotedLines, moved: [UInt32: UInt32]) {
    var notes = NotedLines(capacity: capacity)
    var moved: [UInt32: UInt32] = [:]
    for place in places where place != 0 && moved[place] == nil {
      moved[place] = line(place).map { notes.note($0, addingLines: 0) } ?? 0
    }
    return (notes, moved)
  }

  func line(_ place: UInt32) -> NotedLine? {
    guard place != 0 else { return nil }
    let target = start + Int(place) &* NotedLines.unit
    return NotedLine(start: target, head: UnsafeRawPointer(target).loadUnaligned(as: Head.self))
  }

  struct NotedLine {
    fileprivate let start: UnsafePointer<UInt8>
    fileprivate let head: Head

    fileprivate init(start: UnsafeMutablePointer<UInt8>, head: Head) {
      self.start = UnsafePointer(start)
      self.head = head
    }

    var number: Int { head.number }
    var status: Int { Int(head.status) }
    /// Of what is kept, with what fills it up to a unit.
    fileprivate var size: Int { Int(head.units) &* NotedLines.unit &- MemoryLayout<Head>.size }

    var excerpt: UnsafeBufferPointer<UInt8> {
      UnsafeBufferPointer(
        start: start + MemoryLayout<Head>.size, count: Int(head.excerpt))
    }

    func name(_ name: LineName) -> UnsafeBufferPointer<UInt8> {
      let piece = head.pieces[name.rawValue]
      return UnsafeBufferPointer(
        start: start + MemoryLayout<Head>.size + Int(piece.start),
        count: Swift.min(Int(piece.count), NotedLines.longestName))
    }
  }
}

/// The names in a line, in the order in which they are kept.
enum LineName: Int, CaseIterable {
  case method, path, agent, client, host
}

extension AccessLine {
  /// In the order of `LineName`.
  @inline(__always)
  var names: InlineArray<5, Place> { [method, path, agent, client, host] }

  func place(_ name: LineName) -> Place { names[name.rawValue] }
}

/// Fixed slots for a line each, its beginning and perhaps its names: what is kept of a line that stands
/// for many.
struct TextStore: @unchecked Sendable {
  /// The most bytes that are kept of each name, in the order of `LineName`.
  private static let limits: InlineArray<5, Int> = [16, 96, 128, 48, 48]
  /// Room for the excerpt and for all names behind it.
  private static let wholeArea = NotedLines.longestExcerpt + 336

  private struct Head: BitwiseCopyable {
    var excerpt: UInt16
    var names = InlineArray<5, NotedLines.Piece>(repeating: NotedLines.Piece())
  }

  private let memory: TableMemory
  private let start: UnsafeMutablePointer<UInt8>
  private let hasNames: Bool
  private let area: Int
  private let stride: Int

  init(slots: Int, hasNames: Bool) {
    self.hasNames = hasNames
    area = hasNames ? TextStore.wholeArea : NotedLines.longestExcerpt
    stride = MemoryLayout<Head>.stride + area
    memory = TableMemory(slots * stride)
    start = memory.slots(UInt8.self)
  }

  func put(_ slot: Int, _ line: NotedLines.NotedLine) {
    var names = InlineArray<5, Place>(repeating: Place())
    for index in names.indices { names[index] = line.head.pieces[index].place }
    put(
      slot, line.start + MemoryLayout<NotedLines.Head>.size, size: line.size,
      excerpt: Int(line.head.excerpt), names)
  }

  func put(_ slot: Int, _ pending: UnsafePointer<PendingLine>) {
    let line = pending.pointee.line
    put(
      slot, line.base, size: line.count, excerpt: Swift.min(line.count, NotedLines.longestExcerpt),
      pending.pointee.request.names)
  }

  /// Keeps the beginning of a line, with the names where they lie. To copy a little too much costs less
  /// than to look for what is wanted.
  @inline(__always)
  private func put(
    _ slot: Int, _ base: UnsafePointer<UInt8>, size: Int, excerpt: Int,
    _ names: InlineArray<5, Place>
  ) {
    var head = Head(excerpt: UInt16(truncatingIfNeeded: excerpt))
    if hasNames {
      var isNear = true
      for index in names.indices {
        let count = Swift.max(Swift.min(names[index].count, TextStore.limits[index]), 0)
        let end = names[index].start &+ count
        head.names[index] = NotedLines.Piece(Place(start: names[index].start, end: end))
        isNear = isNear && end <= area
      }
      if !isNear { return putFar(slot, base, head, names) }
    }
    let target = start + slot &* stride
    UnsafeMutableRawPointer(target).storeBytes(of: head, as: Head.self)
    (target + MemoryLayout<Head>.stride).update(from: base, count: Swift.min(size, area))
  }

  /// Keeps the names behind the excerpt.
  @inline(never)
  private func putFar(
    _ slot: Int, _ base: UnsafePointer<UInt8>, _ head: Head, _ names: InlineArray<5, Place>
  ) {
    var head = head
    let target = start + slot * stride
    let bytes = target + MemoryLayout<Head>.stride
    var end = Int(head.excerpt)
    bytes.update(from: base, count: end)
    for index in names.indices {
      let name = Place(start: end, end: end + Int(head.names[index].count))
      head.names[index] = NotedLines.Piece(name)
      (bytes + end).update(from: base + names[index].start, count: name.count)
      end = name.end
    }
    UnsafeMutableRawPointer(target).storeBytes(of: head, as: Head.self)
  }

  func copy(_ slot: Int, from other: TextStore, _ otherSlot: Int) {
    guard stride == other.stride else { return }
    (start + slot * stride).update(from: other.start + otherSlot * stride, count: stride)
  }

  private func head(_ slot: Int) -> Head {
    UnsafeRawPointer(start + slot * stride).loadUnaligned(as: Head.self)
  }

  func excerpt(_ slot: Int) -> String {
    text(slot, Place(start: 0, end: Int(head(slot).excerpt)))
  }

  func name(_ slot: Int, _ name: LineName) -> String {
    text(slot, head(slot).names[name.rawValue].place)
  }

  private func text(_ slot: Int, _ place: Place) -> String {
    let bytes = start + slot * stride + MemoryLayout<Head>.stride + place.start
    return String(
      decoding: UnsafeBufferPointer(start: bytes, count: place.count), as: UTF8.self)
  }
}
