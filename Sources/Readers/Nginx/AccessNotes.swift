/// Keeps the first lines that bring something new, each in a few hundred bytes: its number, its
/// beginning, and the names in it. Most of what is new is seen once and never again: only what comes
/// back gets a place of its own, and the line that first held it is found here. Once this is full,
/// what comes back is cited by the line that showed it worth keeping.
struct NotedLines: @unchecked Sendable {
  static let longestName = 204
  static let longestExcerpt = 200
  private static let capacity = 1 << 20
  /// Up to this length lines are kept whole: it costs less to copy a line than to choose.
  private static let wholeLine = 512
  private static let longestRecord =
    MemoryLayout<Head>.size + longestExcerpt + LineName.allCases.count * longestName

  fileprivate struct Piece: BitwiseCopyable {
    var start: UInt16 = 0
    var count: UInt16 = 0
  }

  fileprivate struct Head: BitwiseCopyable {
    var number: Int
    var excerpt: UInt16
    /// With the head, in units.
    var units: UInt16
    var status: UInt16
    var pieces: InlineArray<5, Piece>
  }

  private static let unit = 16
  private let memory = TableMemory(capacity)
  private let start: UnsafeMutablePointer<UInt8>
  /// Units written; the first is left out, for 0 is no place.
  private var written = 1

  init() { start = memory.slots(UInt8.self) }

  @inline(__always)
  private var isFull: Bool {
    written &* NotedLines.unit &+ NotedLines.longestRecord > NotedLines.capacity
  }

  /// Keeps a line, if there is room; gives what `line` finds it by, or 0.
  @inline(__always)
  mutating func note(_ line: RawLine, _ request: AccessLine, number: Int) -> UInt32 {
    isFull ? 0 : noteNew(line, request, number: number)
  }

  @inline(never)
  private mutating func noteNew(_ line: RawLine, _ request: AccessLine, number: Int) -> UInt32 {
    let place = written
    let target = start + place &* NotedLines.unit
    var head = Head(
      number: number,
      excerpt: UInt16(truncatingIfNeeded: Swift.min(line.count, NotedLines.longestExcerpt)),
      units: 0, status: UInt16(truncatingIfNeeded: request.status),
      pieces: InlineArray(repeating: Piece()))
    let bytes = target + MemoryLayout<Head>.size
    var size = line.count
    if size <= NotedLines.wholeLine {
      bytes.update(from: line.base, count: size)
      head.pieces[0] = NotedLines.piece(request.method)
      head.pieces[1] = NotedLines.piece(request.path)
      head.pieces[2] = NotedLines.piece(request.agent)
      head.pieces[3] = NotedLines.piece(request.client)
      head.pieces[4] = NotedLines.piece(request.host)
    } else {
      size = NotedLines.pick(line, request, into: bytes, &head)
    }
    let units = (size &+ MemoryLayout<Head>.size &+ NotedLines.unit &- 1) / NotedLines.unit
    head.units = UInt16(truncatingIfNeeded: units)
    UnsafeMutableRawPointer(target).storeBytes(of: head, as: Head.self)
    written &+= units
    return UInt32(truncatingIfNeeded: place)
  }

  @inline(__always)
  private static func piece(_ place: Place) -> Piece {
    Piece(
      start: UInt16(truncatingIfNeeded: place.start), count: UInt16(truncatingIfNeeded: place.count)
    )
  }

  /// Of a long line its beginning and, one after another, its names.
  @inline(never)
  private static func pick(
    _ line: RawLine, _ request: AccessLine, into bytes: UnsafeMutablePointer<UInt8>,
    _ head: inout Head
  ) -> Int {
    var size = Swift.min(line.count, longestExcerpt)
    bytes.update(from: line.base, count: size)
    let places = [request.method, request.path, request.agent, request.client, request.host]
    for (index, place) in places.enumerated() where !place.isEmpty {
      let count = Swift.min(place.count, longestName)
      (bytes + size).update(from: line.base + place.start, count: count)
      head.pieces[index] = piece(Place(start: size, end: size + count))
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
    var notes = NotedLines()
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
  @inline(__always)
  func place(_ name: LineName) -> Place {
    switch name {
    case .method: method
    case .path: path
    case .agent: agent
    case .client: client
    case .host: host
    }
  }
}

/// Fixed slots for a line each and some of its names: what is kept of a line that stands for many.
struct TextStore: @unchecked Sendable {
  private let memory: TableMemory
  private let start: UnsafeMutablePointer<UInt8>
  private let stride: Int
  private let names: [(name: LineName, limit: Int)]

  /// A slot is five lengths, the excerpt, and the names, each cut at its limit of at most 204.
  init(slots: Int, names: [(name: LineName, limit: Int)]) {
    self.names = names
    stride =
      names.reduce(1 + names.count + NotedLines.longestExcerpt) { $0 + $1.limit }
    memory = TableMemory(slots * stride)
    start = memory.slots(UInt8.self)
  }

  func put(_ slot: Int, _ line: NotedLines.NotedLine) {
    var target = begin(slot, line.excerpt)
    for (index, (name, limit)) in names.enumerated() {
      add(line.name(name), limit, slot, index, &target)
    }
  }

  func put(_ slot: Int, _ line: RawLine, _ request: AccessLine) {
    let count = Swift.min(line.count, NotedLines.longestExcerpt)
    var target = begin(slot, UnsafeBufferPointer(start: line.base, count: count))
    for (index, (name, limit)) in names.enumerated() {
      let place = request.place(name)
      add(
        UnsafeBufferPointer(start: line.base + place.start, count: Swift.max(place.count, 0)),
        limit, slot, index, &target)
    }
  }

  func copy(_ slot: Int, from other: TextStore, _ otherSlot: Int) {
    guard stride == other.stride else { return }
    (start + slot * stride).update(from: other.start + otherSlot * stride, count: stride)
  }

  private func begin(
    _ slot: Int, _ excerpt: UnsafeBufferPointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    let target = start + slot &* stride
    target[0] = UInt8(truncatingIfNeeded: excerpt.count)
    let bytes = target + 1 + names.count
    if let base = excerpt.baseAddress { bytes.update(from: base, count: excerpt.count) }
    return bytes + excerpt.count
  }

  private func add(
    _ name: UnsafeBufferPointer<UInt8>, _ limit: Int, _ slot: Int, _ index: Int,
    _ target: inout UnsafeMutablePointer<UInt8>
  ) {
    let count = Swift.min(name.count, limit)
    start[slot &* stride &+ 1 &+ index] = UInt8(truncatingIfNeeded: count)
    if let base = name.baseAddress { target.update(from: base, count: count) }
    target += count
  }

  func excerpt(_ slot: Int) -> String { text(slot, 0) }

  func name(_ slot: Int, _ name: LineName) -> String {
    names.firstIndex { $0.name == name }.map { text(slot, $0 + 1) } ?? ""
  }

  private func text(_ slot: Int, _ number: Int) -> String {
    let lengths = start + slot * stride
    var bytes = lengths + 1 + names.count
    for index in 0..<number { bytes += Int(lengths[index]) }
    return String(
      decoding: UnsafeBufferPointer(start: bytes, count: Int(lengths[number])), as: UTF8.self)
  }
}
