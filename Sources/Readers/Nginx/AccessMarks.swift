/// The first of the two stages in which lines are read: the places of all line ends of a window, and
/// those of all its quotes and backslashes, found sixteen bytes at a time. The second stage steps from
/// mark to mark instead of looking at every byte.
///
/// What holds for the memory: both lists have room for every byte of the largest window and four more.
struct AccessMarks: @unchecked Sendable {
  /// Half of a small first-level cache; the places of a usual window take less.
  static let window = 16 << 10
  static let memorySize = 2 * (window + 4) * MemoryLayout<UInt32>.stride

  /// Quotes and backslashes; after the last one a place beyond any window.
  let places: UnsafeMutablePointer<UInt32>
  let ends: UnsafeMutablePointer<UInt32>
  private(set) var endCount = 0
  /// Where the place beyond stands.
  private(set) var endOfPlaces: UnsafePointer<UInt32>

  init(_ memory: TableMemory) {
    places = memory.slots(UInt32.self)
    ends = memory.slots(UInt32.self, at: AccessMarks.memorySize / 2)
    endOfPlaces = UnsafePointer(places)
  }

  /// Writes the places of the next four marks, and goes on by as many as there are: how many is what
  /// no processor foresees, so nothing is asked.
  @inline(__always)
  private static func writeFour(
    _ marks: inout UInt64, _ here: UInt32, to place: UnsafeMutablePointer<UInt32>
  ) -> UnsafeMutablePointer<UInt32> {
    var count = 0
    for index in 0..<4 {
      place[index] = here &+ UInt32(truncatingIfNeeded: marks.trailingZeroBitCount)
      count &+= marks != 0 ? 1 : 0
      marks &= marks &- 1
    }
    return place + count
  }

  /// Finds the marks among `size` bytes, at most `window`.
  @inline(__always)
  mutating func find(in base: UnsafePointer<UInt8>, size: Int) {
    let size = Swift.min(size, AccessMarks.window)
    var place = places
    var end = ends
    var start = 0
    while start &+ 64 <= size {
      let bytes = base + start
      let lanes = (
        ByteLanes(bytes), ByteLanes(bytes + 16), ByteLanes(bytes + 32), ByteLanes(bytes + 48)
      )
      let low: UInt32 = lanes.0.strings | lanes.1.strings &<< 16
      let high: UInt32 = lanes.2.strings | lanes.3.strings &<< 16
      var marks = UInt64(low) | UInt64(high) &<< 32
      let lowEnds: UInt32 = lanes.0.ends | lanes.1.ends &<< 16
      let highEnds: UInt32 = lanes.2.ends | lanes.3.ends &<< 16
      var lineEnds = UInt64(lowEnds) | UInt64(highEnds) &<< 32
      let here = UInt32(truncatingIfNeeded: start)
      repeat {
        place = AccessMarks.writeFour(&marks, here, to: place)
      } while marks != 0
      while lineEnds != 0 {
        end.pointee = here &+ UInt32(truncatingIfNeeded: lineEnds.trailingZeroBitCount)
        end += 1
        lineEnds &= lineEnds &- 1
      }
      start &+= 64
    }
    while start < size {
      let here = UInt32(truncatingIfNeeded: start)
      switch base[start] {
      case UInt8(ascii: "\n"):
        end.pointee = here
        end += 1
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        place.pointee = here
        place += 1
      default: break
      }
      start &+= 1
    }
    place.pointee = .max
    endOfPlaces = UnsafePointer(place)
    endCount = end - ends
  }
}

/// Finds the quotes of a line, from its start to its end and never back.
protocol QuoteFinder {
  /// The marks themselves, where it has them.
  var marked: MarkedQuotes? { get }

  /// The same where they are six quotes.
  var sixQuotes: MarkedQuotes? { get }

  /// The index of the first quote at or after `start`, or `end`.
  mutating func quote(from start: Int, to end: Int) -> Int

  /// The index of the quote that ends a string begun before `start`, or `end`: a quote after an odd
  /// number of backslashes is part of the string.
  mutating func closingQuote(from start: Int, to end: Int) -> Int
}

/// Finds quotes by the marks of the window that a line lies in.
struct MarkedQuotes: QuoteFinder {
  let line: RawLine
  /// The next mark, and the end of the line's.
  var mark: UnsafePointer<UInt32>
  let last: UnsafePointer<UInt32>
  /// Where the line begins in the window.
  let offset: Int

  @inline(__always)
  var marked: MarkedQuotes? { self }

  @inline(__always)
  var sixQuotes: MarkedQuotes? {
    guard last - mark == 6 else { return nil }
    let quote = UInt8(ascii: "\"")
    var others = byte(at: 0) ^ quote
    others |= byte(at: 1) ^ quote
    others |= byte(at: 2) ^ quote
    others |= byte(at: 3) ^ quote
    others |= byte(at: 4) ^ quote
    others |= byte(at: 5) ^ quote
    return others == 0 ? self : nil
  }

  @inline(__always)
  private func byte(at index: Int) -> UInt8 { line[Int(mark[index]) &- offset] }

  @inline(__always)
  subscript(index: Int) -> UInt32 { mark[index] }

  @inline(__always)
  private mutating func skip(to start: Int) {
    while mark < last, Int(mark.pointee) &- offset < start { mark += 1 }
  }

  @inline(__always)
  mutating func quote(from start: Int, to end: Int) -> Int {
    skip(to: start)
    while mark < last {
      let index = Int(mark.pointee) &- offset
      if index >= end { return end }
      if line[index] == UInt8(ascii: "\"") { return index }
      mark += 1
    }
    return end
  }

  @inline(__always)
  mutating func closingQuote(from start: Int, to end: Int) -> Int {
    skip(to: start)
    while mark < last {
      let index = Int(mark.pointee) &- offset
      if index >= end { return end }
      if line[index] == UInt8(ascii: "\"") { return index }
      // A backslash, and what it escapes.
      mark += 1
      if mark < last, Int(mark.pointee) &- offset == index &+ 1 { mark += 1 }
    }
    return end
  }
}

/// Finds quotes by looking at the line itself: for lines that come alone.
struct PlainQuotes: QuoteFinder {
  let line: RawLine

  @inline(__always)
  var marked: MarkedQuotes? { nil }

  @inline(__always)
  var sixQuotes: MarkedQuotes? { nil }

  func quote(from start: Int, to end: Int) -> Int {
    line.find(UInt8(ascii: "\""), from: start, to: end)
  }

  func closingQuote(from start: Int, to end: Int) -> Int {
    var index = start
    while index < end, line[index] != UInt8(ascii: "\"") {
      index &+= line[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return Swift.min(Swift.max(index, start), Swift.max(end, start))
  }
}
