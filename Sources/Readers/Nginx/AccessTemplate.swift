/// What the lines of a JSON log have in common: the text between their values.
///
/// ```
/// {"@timestamp":"…","remote_addr":"…","status": "…","responsetime": …,"http_user_agent":"…"}
/// ```
///
/// The line that was walked last is the template of the next: where the same text stands between the
/// values, the keys are the same, and so is what a walk would find. Most lines are read so.
struct AccessTemplate: @unchecked Sendable {
  private struct Step: BitwiseCopyable {
    var start: Int32
    var count: Int32
    /// Quotes and backslashes in the text.
    var marks: Int32
    var field: AccessJSON.Field
    var isQuoted: Bool
  }

  private static let sizeLimit = 4096
  private static let stepLimit = 128
  private let memory = TableMemory(sizeLimit + stepLimit * MemoryLayout<Step>.stride)
  private let text: UnsafeMutablePointer<UInt8>
  private let steps: UnsafeMutablePointer<Step>
  private var size = 0
  private var count = 0
  /// The text after the last value begins here.
  private var tail = 0
  private(set) var isComplete = false

  init() {
    steps = memory.slots(Step.self)
    text = memory.slots(UInt8.self, at: AccessTemplate.stepLimit * MemoryLayout<Step>.stride)
  }

  mutating func begin() {
    size = 0
    count = 0
    isComplete = false
  }

  /// Learns a value: the text since the last one, and what the value is.
  mutating func learn(
    _ line: RawLine, from start: Int, to end: Int, _ field: AccessJSON.Field, isQuoted: Bool
  ) {
    guard count >= 0, count < AccessTemplate.stepLimit, let marks = add(line, from: start, to: end)
    else {
      count = -1
      return
    }
    steps[count] = Step(
      start: Int32(truncatingIfNeeded: size &- (end &- start)),
      count: Int32(truncatingIfNeeded: end &- start), marks: marks, field: field,
      isQuoted: isQuoted)
    count += 1
  }

  /// Learns the text after the last value.
  mutating func end(_ line: RawLine, from start: Int) {
    tail = size
    isComplete = count > 0 && add(line, from: start, to: line.count) != nil
  }

  private mutating func add(_ line: RawLine, from start: Int, to end: Int) -> Int32? {
    guard start >= 0, start <= end, size + end - start <= AccessTemplate.sizeLimit else {
      return nil
    }
    var marks: Int32 = 0
    for index in start..<end {
      let byte = line[index]
      text[size] = byte
      size += 1
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { marks += 1 }
    }
    return marks
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

  /// Reads a line; false where it is of another form.
  @inline(__always)
  func parse(
    _ line: RawLine, _ quotes: MarkedQuotes,
    _ set: (AccessJSON.Field, Place) -> Void
  ) -> Bool {
    guard isComplete else { return false }
    let end = line.count
    var mark = quotes.mark
    var index = 0
    for number in 0..<count {
      let step = steps[number]
      let length = Int(step.count)
      guard length <= end &- index,
        line.equals(Place(start: index, end: index &+ length), text + Int(step.start))
      else { return false }
      index &+= length
      mark += Int(step.marks)
      let start = index
      if step.isQuoted {
        // The marks of the text are behind: the next is in the value or ends it.
        while true {
          guard mark < quotes.last else { return false }
          index = Int(mark.pointee) &- quotes.offset
          if index >= end { return false }
          if line[index] == UInt8(ascii: "\"") { break }
          mark += 1
          if mark < quotes.last, Int(mark.pointee) &- quotes.offset == index &+ 1 { mark += 1 }
        }
      } else {
        guard index < end, AccessTemplate.maySayScalar(line[index]) else { return false }
        index = AccessJSON.scalarEnd(line, from: index, to: end)
        while mark < quotes.last, Int(mark.pointee) &- quotes.offset < index { mark += 1 }
      }
      if step.field != .none { set(step.field, Place(start: start, end: index)) }
    }
    return end &- index == size &- tail
      && line.equals(Place(start: index, end: end), text + tail)
  }
}
