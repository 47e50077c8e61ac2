/// The first of the two stages in which lines are read: the places of all quotes, backslashes and
/// line ends of a window, found sixteen bytes at a time. The second stage steps from mark to mark
/// instead of looking at every byte.
///
/// What holds for the memory: `places` has room for every byte of the largest window.
struct AccessMarks: @unchecked Sendable {
  /// Half of a small first-level cache; the places of a usual window take less.
  static let window = 16 << 10

  let places: UnsafeMutablePointer<UInt32>
  private(set) var count = 0

  /// The memory must hold `window` places.
  init(places: UnsafeMutablePointer<UInt32>) { self.places = places }

  /// Finds the marks among `size` bytes, at most `window`.
  @inline(__always)
  mutating func find(in base: UnsafePointer<UInt8>, size: Int) {
    let size = Swift.min(size, AccessMarks.window)
    var found = 0
    var start = 0
    while start &+ 64 <= size {
      let bytes = base + start
      let low: UInt32 = ByteLanes(bytes).marks | ByteLanes(bytes + 16).marks &<< 16
      let high: UInt32 = ByteLanes(bytes + 32).marks | ByteLanes(bytes + 48).marks &<< 16
      var marks = UInt64(low) | UInt64(high) &<< 32
      let here = UInt32(truncatingIfNeeded: start)
      while marks != 0 {
        places[found] = here &+ UInt32(truncatingIfNeeded: marks.trailingZeroBitCount)
        found &+= 1
        marks &= marks &- 1
      }
      start &+= 64
    }
    while start < size {
      let byte = base[start]
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        places[found] = UInt32(truncatingIfNeeded: start)
        found &+= 1
      }
      start &+= 1
    }
    count = found
  }
}

/// Finds the quotes of a line, from its start to its end and never back.
protocol QuoteFinder {
  /// The marks themselves, where it has them.
  var marked: MarkedQuotes? { get }

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
