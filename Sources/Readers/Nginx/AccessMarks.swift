import CWide

/// The first of the three stages in which lines are read: the places of all line ends of a window, and
/// those of all its quotes and backslashes. The second stage, parsing, steps from mark to mark instead of looking
/// at every byte.
///
/// What holds for the memory: both lists have room for every byte of the largest window and 64 more.
struct AccessMarks: @unchecked Sendable {
  /// A place in a window.
  typealias Mark = UInt16

  /// Half of a small first-level cache; the places of a usual window take less.
  static let window = 16 << 10
  private static let room = window + 64
  static let memorySize = 2 * room * MemoryLayout<Mark>.stride

  /// Quotes and backslashes; after the last one a place beyond any window.
  let places: UnsafeMutablePointer<Mark>
  let ends: UnsafeMutablePointer<Mark>
  private(set) var endCount = 0
  /// Where the place beyond stands.
  private(set) var endOfPlaces: UnsafePointer<Mark>
  /// Whether any of the places is a backslash.
  private(set) var hasEscapes = false
  private let finder: marks_finder?

  /// `finder` is nil where the processor has none; tests give each.
  init(_ memory: TableMemory, finder: marks_finder? = marks_finder_at(0)) {
    places = memory.slots(Mark.self)
    ends = memory.slots(Mark.self, at: AccessMarks.memorySize / 2)
    endOfPlaces = UnsafePointer(places)
    self.finder = finder
  }

  /// Finds the marks among `size` bytes, at most `window`.
  @inline(__always)
  mutating func find(in base: UnsafePointer<UInt8>, size: Int) {
    let size = Swift.min(size, AccessMarks.window)
    let found = finder?(base, size, places, ends) ?? AccessMarks.find(base, size, places, ends)
    places[found.strings] = .max
    endOfPlaces = UnsafePointer(places + found.strings)
    endCount = found.ends
    hasEscapes = found.has_escapes
  }

  /// The same by what all processors of a kind have.
  @inline(never)
  private static func find(
    _ base: UnsafePointer<UInt8>, _ size: Int, _ places: UnsafeMutablePointer<Mark>,
    _ ends: UnsafeMutablePointer<Mark>
  ) -> marks_count {
    var place = places
    var end = ends
    var allEscapes: UInt64 = 0
    var start = 0
    while start &+ 64 <= size {
      let piece = base + start
      let escapes = bits(of: UInt8(ascii: "\\"), in: piece)
      allEscapes |= escapes
      let strings = bits(of: UInt8(ascii: "\""), in: piece) | escapes
      place = write(strings, 4, from: start, to: place)
      end = write(bits(of: UInt8(ascii: "\n"), in: piece), 1, from: start, to: end)
      start &+= 64
    }
    while start < size {
      switch base[start] {
      case UInt8(ascii: "\n"): end = write(1, 1, from: start, to: end)
      case UInt8(ascii: "\""): place = write(1, 1, from: start, to: place)
      case UInt8(ascii: "\\"):
        allEscapes = 1
        place = write(1, 1, from: start, to: place)
      default: break
      }
      start &+= 1
    }
    return marks_count(strings: place - places, ends: end - ends, has_escapes: allEscapes != 0)
  }

  /// Which of 64 bytes are `byte`: one bit each, the first lowest.
  @inline(__always)
  private static func bits(of byte: UInt8, in piece: UnsafePointer<UInt8>) -> UInt64 {
    let low = ByteLanes(piece).equal(byte) | ByteLanes(piece + 16).equal(byte) &<< 16
    let high = ByteLanes(piece + 32).equal(byte) | ByteLanes(piece + 48).equal(byte) &<< 16
    return UInt64(low) | UInt64(high) &<< 32
  }

  /// Writes the places that the bits stand for, and goes on by as many. Several at a time: how many
  /// there are is what no processor foresees, so it is not asked for each.
  @inline(__always)
  private static func write(
    _ bits: UInt64, _ atOnce: Int, from start: Int, to list: UnsafeMutablePointer<Mark>
  ) -> UnsafeMutablePointer<Mark> {
    var bits = bits
    let stop = list + bits.nonzeroBitCount
    var list = list
    let start = Mark(truncatingIfNeeded: start)
    while bits != 0 {
      for index in 0..<atOnce {
        list[index] = start &+ Mark(truncatingIfNeeded: bits.trailingZeroBitCount)
        bits &= bits &- 1
      }
      list += atOnce
    }
    return stop
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
  var mark: UnsafePointer<AccessMarks.Mark>
  let last: UnsafePointer<AccessMarks.Mark>
  /// Where the line begins in the window.
  let offset: Int
  /// False where no mark of the window is a backslash.
  let mayEscape: Bool

  @inline(__always)
  var marked: MarkedQuotes? { self }

  @inline(__always)
  var sixQuotes: MarkedQuotes? {
    guard last - mark == 6 else { return nil }
    guard mayEscape else { return self }
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
  subscript(index: Int) -> AccessMarks.Mark { mark[index] }

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
