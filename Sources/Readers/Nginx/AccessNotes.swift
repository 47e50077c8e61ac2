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
  /// The most bytes of each name, in the order of `LineName`, each a multiple of 16; 0 is left out.
  typealias Limits = InlineArray<5, Int>

  private static let excerptArea = (NotedLines.longestExcerpt + 15) / 16 * 16
  /// The lengths: of the excerpt and of five names.
  private static let headSize = 8

  private let memory: TableMemory
  private let start: UnsafeMutablePointer<UInt8>
  private let stride: Int
  private let limits: Limits

  init(slots: Int, limits: Limits) {
    self.limits = limits
    var stride = TextStore.headSize + TextStore.excerptArea
    for index in limits.indices { stride += limits[index] }
    self.stride = stride
    memory = TableMemory(slots * stride)
    start = memory.slots(UInt8.self)
  }

  func put(_ slot: Int, _ line: NotedLines.NotedLine) {
    // No name begins nearer than the longest to where the memory ends, and no excerpt.
    var target = begin(slot, line.excerpt, readable: TextStore.excerptArea)
    for name in LineName.allCases {
      add(line.name(name), readable: NotedLines.longestName, name, slot, &target)
    }
  }

  func put(_ slot: Int, _ pending: UnsafePointer<PendingLine>) {
    let line = pending.pointee.line
    let count = Swift.min(line.count, NotedLines.longestExcerpt)
    var target = begin(
      slot, UnsafeBufferPointer(start: line.base, count: count), readable: line.readable)
    for name in LineName.allCases {
      let place = pending.pointee.request.place(name)
      add(
        UnsafeBufferPointer(start: line.base + place.start, count: Swift.max(place.count, 0)),
        readable: line.readable &- place.start, name, slot, &target)
    }
  }

  func copy(_ slot: Int, from other: TextStore, _ otherSlot: Int) {
    guard stride == other.stride else { return }
    (start + slot * stride).update(from: other.start + otherSlot * stride, count: stride)
  }

  private func begin(
    _ slot: Int, _ excerpt: UnsafeBufferPointer<UInt8>, readable: Int
  ) -> UnsafeMutablePointer<UInt8> {
    let target = start + slot &* stride
    target[0] = UInt8(truncatingIfNeeded: excerpt.count)
    let bytes = target + TextStore.headSize
    TextStore.copy(excerpt, area: TextStore.excerptArea, readable: readable, to: bytes)
    return bytes + TextStore.excerptArea
  }

  @inline(__always)
  private func add(
    _ text: UnsafeBufferPointer<UInt8>, readable: Int, _ name: LineName, _ slot: Int,
    _ target: inout UnsafeMutablePointer<UInt8>
  ) {
    let limit = limits[name.rawValue]
    let count = Swift.min(text.count, limit)
    start[slot &* stride &+ 1 &+ name.rawValue] = UInt8(truncatingIfNeeded: count)
    TextStore.copy(
      UnsafeBufferPointer(start: text.baseAddress, count: count), area: limit, readable: readable,
      to: target)
    target += limit
  }

  /// Fills an area from where a text begins, whatever its length, if so much is readable there: to copy
  /// a little too much costs less than to ask how much.
  @inline(__always)
  private static func copy(
    _ text: UnsafeBufferPointer<UInt8>, area: Int, readable: Int,
    to target: UnsafeMutablePointer<UInt8>
  ) {
    guard let base = text.baseAddress else { return }
    guard readable >= area else { return target.update(from: base, count: text.count) }
    var offset = 0
    while offset < area {
      let piece = UnsafeRawPointer(base).loadUnaligned(
        fromByteOffset: offset, as: SIMD2<UInt64>.self)
      UnsafeMutableRawPointer(target).storeBytes(
        of: piece, toByteOffset: offset, as: SIMD2<UInt64>.self)
      offset &+= 16
    }
  }

  func excerpt(_ slot: Int) -> String {
    text(slot, at: TextStore.headSize, length: 0)
  }

  func name(_ slot: Int, _ name: LineName) -> String {
    var offset = TextStore.headSize + TextStore.excerptArea
    for index in 0..<name.rawValue { offset += limits[index] }
    return text(slot, at: offset, length: 1 + name.rawValue)
  }

  private func text(_ slot: Int, at offset: Int, length: Int) -> String {
    let bytes = start + slot * stride
    return String(
      decoding: UnsafeBufferPointer(start: bytes + offset, count: Int(bytes[length])), as: UTF8.self
    )
  }
}
