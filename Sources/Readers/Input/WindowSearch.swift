import Model

/// Finds the part of a log that `--since` and `--until` ask for without reading the rest: times rise
/// from line to line, so half of what is left can be passed over at each look.
struct WindowSearch {
  /// What one look reads: a few hundred lines, one of which has a time.
  static let lookSize = 64 << 10
  /// Several processes write to a log, each a little late.
  static let slack = 60

  private struct Look {
    let offset: Int
    let second: Int
  }

  private let file: any RangedStream
  private let secondOf: (Span<UInt8>) -> Int?
  private var looks: [Look] = []

  init(_ file: any RangedStream, secondOf: @escaping (Span<UInt8>) -> Int?) {
    self.file = file
    self.secondOf = secondOf
  }

  /// The bytes that hold all lines of the window; nil where the times do not rise, and all must be
  /// read.
  mutating func find(_ window: TimeWindow) -> Range<Int>? {
    var start = 0
    var end = file.size
    if let since = window.since {
      let second = Int(since.microseconds / 1_000_000) - WindowSearch.slack
      guard let found = bisect(second)?.lowerBound else { return nil }
      start = found
    }
    if let until = window.until {
      let second = Int(until.microseconds / 1_000_000) + WindowSearch.slack
      guard let found = bisect(second)?.upperBound else { return nil }
      end = found
    }
    // The ends tell of a log that begins anew, which no look between them need see.
    guard look(at: 0) != nil, look(at: max(0, file.size - WindowSearch.lookSize)) != nil else {
      return nil
    }
    looks.sort { $0.offset < $1.offset }
    let isInOrder = zip(looks, looks.dropFirst()).allSatisfy {
      $0.second <= $1.second + WindowSearch.slack
    }
    return isInOrder ? start..<max(start, end) : nil
  }

  /// The stretch in which a time is reached, no longer than two looks.
  private mutating func bisect(_ second: Int) -> Range<Int>? {
    var low = 0
    var high = file.size
    while high - low > 2 * WindowSearch.lookSize {
      let middle = low + (high - low) / 2
      guard let found = look(at: middle) else { return nil }
      if found < second { low = middle } else { high = middle }
    }
    return low..<high
  }

  /// The first time in the lines that begin after an offset.
  private mutating func look(at offset: Int) -> Int? {
    let second = firstSecond(after: offset)
    if let second { looks.append(Look(offset: offset, second: second)) }
    return second
  }

  private func firstSecond(after offset: Int) -> Int? {
    var buffer = [UInt8](repeating: 0, count: WindowSearch.lookSize)
    let count = buffer.withUnsafeMutableBufferPointer { bytes -> Int in
      do throws(SourceError) {
        return try file.read(into: bytes, at: offset)
      } catch {
        return 0
      }
    }
    let bytes = buffer.span
    var start = 0
    if offset > 0 {
      guard let lineEnd = bytes.firstIndex(of: UInt8(ascii: "\n")), lineEnd < count else {
        return nil
      }
      start = lineEnd + 1
    }
    while start < count {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start), end < count else {
        return nil
      }
      if let second = secondOf(bytes.extracting(start..<end)) { return second }
      start = end + 1
    }
    return nil
  }
}
