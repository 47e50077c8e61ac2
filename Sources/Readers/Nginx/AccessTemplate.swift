/// What the lines of a JSON log have in common: the text between their values.
///
/// ```
/// {"@timestamp":"…","remote_addr":"…","status": "…","responsetime": …,"http_user_agent":"…"}
/// ```
///
/// A line that was walked is the template of the next: where the same text stands between the
/// values, the keys are the same, and so is what a walk would find. Most lines are read so.
///
/// The text is kept in pieces of up to 32 bytes, each compared as 32 bytes under a mask: keys differ
/// in length, and a comparison that does not depend on lengths has no branch to guess wrong.
struct AccessTemplate: @unchecked Sendable {
  /// A value that matters.
  struct Value: BitwiseCopyable {
    var field = AccessJSON.Field.none
    var place = Place()
  }

  private enum Kind: UInt8 {
    /// The rest of a string, without its quotes.
    case string
    /// A number or a word.
    case scalar
    /// More text, or the end.
    case none
  }

  /// A piece of text, and the kind of value that follows it.
  private struct Step: BitwiseCopyable {
    var text = (SIMD2<UInt64>(), SIMD2<UInt64>())
    /// Ones where the piece has bytes.
    var mask = (SIMD2<UInt64>(), SIMD2<UInt64>())
    var count: Int
    /// Quotes and backslashes in the piece.
    var marks = 0
    /// Where to note the place of the value.
    var value: UnsafeMutablePointer<Value>
    var kind = Kind.none
  }

  private static let pieceSize = 32
  private static let limit = 128
  private static let stepBytes = limit * MemoryLayout<Step>.stride
  private let memory = TableMemory(stepBytes + limit * MemoryLayout<Value>.stride)
  private let steps: UnsafeMutablePointer<Step>
  /// The values that matter, in the order of the line. The last one stands for all others.
  private let values: UnsafeMutablePointer<Value>
  private var stepCount = 0
  private var valueCount = 0
  /// Quotes and backslashes in the text.
  private var marks = 0
  private var isComplete = false
  /// All values are strings, and after each comes one piece of text.
  private var isPlain = false

  init() {
    steps = memory.slots(Step.self)
    values = memory.slots(Value.self, at: AccessTemplate.stepBytes)
  }

  /// The values of the line that fitted last.
  @inline(__always)
  var found: UnsafeBufferPointer<Value> { UnsafeBufferPointer(start: values, count: valueCount) }

  mutating func begin() {
    stepCount = 0
    marks = 0
    valueCount = 0
    isComplete = false
  }

  /// Learns a value: the text since the last one, and what the value is.
  mutating func learn(
    _ line: RawLine, from start: Int, to end: Int, _ field: AccessJSON.Field, isString: Bool
  ) {
    add(line, from: start, to: end)
    guard stepCount <= AccessTemplate.limit, stepCount > 0 else { return }
    steps[stepCount - 1].kind = isString ? .string : .scalar
    guard field != .none else { return }
    guard valueCount < AccessTemplate.limit - 1 else {
      stepCount = AccessTemplate.limit + 1
      return
    }
    steps[stepCount - 1].value = values + valueCount
    values[valueCount].field = field
    valueCount += 1
  }

  /// Learns the text after the last value.
  mutating func end(_ line: RawLine, from start: Int) {
    // Without text after it the last string may not have ended.
    guard start < line.count else { return }
    add(line, from: start, to: line.count)
    isComplete = valueCount > 0 && stepCount <= AccessTemplate.limit
    isPlain = isComplete && (0..<stepCount - 1).allSatisfy { steps[$0].kind == .string }
  }

  /// Cuts a text into pieces. A template of too many is never complete.
  private mutating func add(_ line: RawLine, from start: Int, to end: Int) {
    var start = start
    repeat {
      let piece = Place(start: start, end: Swift.min(start + AccessTemplate.pieceSize, end))
      if stepCount < AccessTemplate.limit {
        steps[stepCount] = step(line, piece)
        marks += steps[stepCount].marks
      }
      stepCount += 1
      start = piece.end
    } while start < end
  }

  private func step(_ line: RawLine, _ piece: Place) -> Step {
    var step = Step(count: piece.count, value: values + (AccessTemplate.limit - 1))
    withUnsafeMutableBytes(of: &step.text) { text in
      for offset in 0..<piece.count { text[offset] = line[piece.start + offset] }
    }
    withUnsafeMutableBytes(of: &step.mask) { mask in
      for offset in 0..<piece.count { mask[offset] = 0xFF }
    }
    for index in piece.start..<piece.end
    where line[index] == UInt8(ascii: "\"") || line[index] == UInt8(ascii: "\\") {
      step.marks += 1
    }
    return step
  }

  /// Pieces can be compared at the end of the line too.
  @inline(__always)
  static func mayFit(_ line: RawLine) -> Bool { line.count &+ pieceSize <= line.readable }

  /// Finds the values of a line; false where the line is of another form, and where it is so near
  /// the end of the block that the last piece cannot be compared.
  @inline(__always)
  func fits(_ line: RawLine, _ quotes: MarkedQuotes) -> Bool {
    let end = line.count
    guard isComplete, AccessTemplate.mayFit(line) else { return false }
    var mark = quotes.mark
    // The marks that values may hold. While it is not below 0 the next mark is one of the line, for
    // after each string there is text that begins with a mark.
    var spare = quotes.last - mark &- marks
    guard spare >= 0 else { return false }
    if spare == 0, isPlain { return fitsPlain(line, quotes) }
    // Before each step at most `end`.
    var index = 0
    var step = UnsafePointer(steps)
    let last = step + stepCount
    repeat {
      let difference = AccessTemplate.difference(line, index, step)
      guard difference.x | difference.y == 0 else { return false }
      index &+= step.pointee.count
      mark += step.pointee.marks
      let start = index
      if step.pointee.kind == .string {
        // The marks of the text are behind: the next ends the string or is in it.
        index = Int(mark.pointee) &- quotes.offset
        while line[index] != UInt8(ascii: "\"") {
          // A backslash, and what it escapes.
          let escaped = Int(mark[1]) &- quotes.offset == index &+ 1 ? 2 : 1
          mark += escaped
          spare &-= escaped
          guard spare >= 0 else { return false }
          index = Int(mark.pointee) &- quotes.offset
        }
      } else if step.pointee.kind == .scalar {
        guard index < end, AccessTemplate.maySayScalar(line[index]) else { return false }
        index = line.scalarEnd(from: index, to: end)
        while Int(mark.pointee) &- quotes.offset < index {
          mark += 1
          spare &-= 1
          guard spare >= 0 else { return false }
        }
      } else if index > end {
        return false
      }
      step.pointee.value.pointee.place = Place(start: start, end: index)
      step += 1
    } while step < last
    return index == end
  }

  /// The same where values are strings that hold no marks: each ends at the next mark, so that no
  /// step waits for the one before it, and one question is asked at the end.
  @inline(__always)
  private func fitsPlain(_ line: RawLine, _ quotes: MarkedQuotes) -> Bool {
    var mark = quotes.mark
    var index = 0
    var step = UnsafePointer(steps)
    let last = step + (stepCount &- 1)
    var difference = AccessTemplate.difference(line, index, step)
    while step < last {
      let start = index &+ step.pointee.count
      mark += step.pointee.marks
      index = Int(mark.pointee) &- quotes.offset
      step.pointee.value.pointee.place = Place(start: start, end: index)
      step += 1
      difference |= AccessTemplate.difference(line, index, step)
    }
    return difference.x | difference.y == 0 && index &+ last.pointee.count == line.count
  }

  /// Ones where the line differs from a step's text.
  @inline(__always)
  private static func difference(
    _ line: RawLine, _ index: Int, _ step: UnsafePointer<Step>
  ) -> SIMD2<UInt64> {
    (line.pair(at: index) ^ step.pointee.text.0) & step.pointee.mask.0
      | (line.pair(at: index &+ 16) ^ step.pointee.text.1) & step.pointee.mask.1
  }

  /// What begins otherwise is a string, an object or a list; blanks belong to the text before.
  @inline(__always)
  private static func maySayScalar(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: " "),
      UInt8(ascii: "\t"):
      false
    default: true
    }
  }
}

extension RawLine {
  @inline(__always)
  fileprivate func pair(at index: Int) -> SIMD2<UInt64> {
    assert(index >= 0 && index &+ 16 <= readable)
    return UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: SIMD2<UInt64>.self)
  }

  /// Where a number or a word of JSON ends that begins at `start`.
  @inline(__always)
  func scalarEnd(from start: Int, to end: Int) -> Int {
    if start &+ 16 <= readable {
      let lanes = lanes(at: start)
      let stops =
        lanes.equal(UInt8(ascii: ","), or: UInt8(ascii: "}"))
        | lanes.equal(UInt8(ascii: "]"), or: UInt8(ascii: " "))
      if stops != 0 { return Swift.min(start &+ stops.trailingZeroBitCount, end) }
    }
    return longScalarEnd(from: start, to: end)
  }

  @inline(never)
  private func longScalarEnd(from start: Int, to end: Int) -> Int {
    var index = start
    while index < end {
      switch self[index] {
      case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: " "):
        return index
      default: index &+= 1
      }
    }
    return end
  }
}
