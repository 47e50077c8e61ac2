/// Where a text stands in a line.
///
/// Half a word each: lines are at most a MiB long, and a line's places are written and read again.
struct Place: Equatable {
  private let first: UInt32
  private let last: UInt32

  @inline(__always)
  init(start: Int = 0, end: Int = 0) {
    first = UInt32(truncatingIfNeeded: start)
    last = UInt32(truncatingIfNeeded: end)
  }

  var start: Int { Int(first) }
  var end: Int { Int(last) }
  var count: Int { end &- start }
  var isEmpty: Bool { end <= start }
}

/// The bytes of a line where they lie in the block that is being read.
///
/// It owns nothing and must not outlive the block. No access is checked in release builds: whoever
/// asks for a byte has compared its index with `count`; whoever asks for more at once has compared
/// the end of that with `readable`, the number of bytes from the line's start to the block's end.
struct RawLine {
  let base: UnsafePointer<UInt8>
  let count: Int
  let readable: Int

  @inline(__always)
  init(base: UnsafePointer<UInt8>, count: Int, readable: Int) {
    assert(count >= 0 && count <= readable)
    self.base = base
    self.count = count
    self.readable = readable
  }

  @inline(__always)
  subscript(index: Int) -> UInt8 {
    assert(index >= 0 && index < count)
    return base[index]
  }

  @inline(__always)
  func word(at index: Int) -> UInt64 {
    assert(index >= 0 && index &+ 8 <= readable)
    return UInt64(
      littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt64.self))
  }

  @inline(__always)
  func halfWord(at index: Int) -> UInt32 {
    assert(index >= 0 && index &+ 4 <= readable)
    return UInt32(
      littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: index, as: UInt32.self))
  }

  @inline(__always)
  func lanes(at index: Int) -> ByteLanes {
    assert(index >= 0 && index &+ 16 <= readable)
    return ByteLanes(base + index)
  }

  /// The index of the first `byte` in `start..<end`, or `end`.
  @inline(__always)
  func find(_ byte: UInt8, from start: Int, to end: Int) -> Int {
    var index = start
    while index < end {
      guard index &+ 16 <= readable else { return findSlowly(byte, byte, from: index, to: end) }
      let hits = lanes(at: index).equal(byte)
      if hits != 0 { return Swift.min(index &+ hits.trailingZeroBitCount, end) }
      index &+= 16
    }
    return Swift.max(end, start)
  }

  /// The index of the first of two bytes in `start..<end`, or `end`.
  @inline(__always)
  func find(_ one: UInt8, or two: UInt8, from start: Int, to end: Int) -> Int {
    var index = start
    while index < end {
      guard index &+ 16 <= readable else { return findSlowly(one, two, from: index, to: end) }
      let hits = lanes(at: index).equal(one, or: two)
      if hits != 0 { return Swift.min(index &+ hits.trailingZeroBitCount, end) }
      index &+= 16
    }
    return Swift.max(end, start)
  }

  /// The same for what is mostly shorter than 64 bytes, and as often of any length below: all 64 are
  /// looked at, for a loop that ends now here, now there costs more than what it saves.
  @inline(__always)
  func findNear(_ one: UInt8, or two: UInt8, from start: Int, to end: Int) -> Int {
    guard start &+ 64 <= readable else { return find(one, or: two, from: start, to: end) }
    let low =
      lanes(at: start).equal(one, or: two) | lanes(at: start &+ 16).equal(one, or: two) &<< 16
    let high =
      lanes(at: start &+ 32).equal(one, or: two) | lanes(at: start &+ 48).equal(one, or: two) &<< 16
    let hits = UInt64(low) | UInt64(high) &<< 32
    if hits == 0 { return find(one, or: two, from: Swift.min(start &+ 64, end), to: end) }
    return Swift.min(start &+ hits.trailingZeroBitCount, end)
  }

  /// Near the end of the block, where sixteen bytes cannot be read.
  @inline(never)
  private func findSlowly(_ one: UInt8, _ two: UInt8, from start: Int, to end: Int) -> Int {
    var index = start
    while index < end, self[index] != one, self[index] != two { index &+= 1 }
    return index
  }

  /// True where `needle` stands at `index`.
  func holds(_ needle: StaticString, at index: Int) -> Bool {
    let length = needle.utf8CodeUnitCount
    guard index >= 0, length <= count &- index else { return false }
    for offset in 0..<length where self[index &+ offset] != needle.utf8Start[offset] {
      return false
    }
    return true
  }

  /// An unsigned decimal number that fills `range`.
  func number(_ range: Range<Int>) -> Int? {
    guard range.lowerBound >= 0, range.upperBound <= count, !range.isEmpty, range.count <= 18
    else { return nil }
    var value = 0
    for index in range {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return value
  }

  /// Up to eight bytes of a place as one word, for comparing names.
  @inline(__always)
  func head(_ place: Place) -> UInt64 {
    if place.count >= 8 { return word(at: place.start) }
    guard place.count > 0 else { return 0 }
    if place.start &+ 8 <= readable {
      let mask: UInt64 = (1 &<< UInt64(place.count &* 8)) &- 1
      return word(at: place.start) & mask
    }
    var result: UInt64 = 0
    for index in place.start..<place.end {
      result |= UInt64(self[index]) &<< UInt64((index &- place.start) &* 8)
    }
    return result
  }

  /// A decimal number with an optional fraction, as microseconds of a number of seconds.
  @inline(__always)
  func microseconds(_ place: Place) -> Int? { shortMicroseconds(place) ?? slowMicroseconds(place) }

  /// The same for up to eight bytes, all at once; nil where it takes a closer look.
  @inline(__always)
  private func shortMicroseconds(_ place: Place) -> Int? {
    guard place.count > 0, place.count <= 8, place.start &+ 8 <= readable else { return nil }
    // The last byte is the highest, zeros go before the first one, and digits count from 0.
    let unused = UInt64(truncatingIfNeeded: 64 &- 8 &* place.count)
    var digits = (word(at: place.start) ^ 0x3030_3030_3030_3030) &<< unused
    var scale = 1_000_000
    // The lowest of these bits stands in the byte of the first point.
    let others = digits ^ 0x1E1E_1E1E_1E1E_1E1E
    let points = (others &- 0x0101_0101_0101_0101) & ~others & 0x8080_8080_8080_8080
    if points != 0 {
      let point = UInt64(truncatingIfNeeded: points.trailingZeroBitCount & 56)
      guard point > unused, let found = RawLine.scale(fraction: (56 &- point) / 8) else {
        return nil
      }
      scale = found
      let whole: UInt64 = (1 &<< point) &- 1
      digits = (digits & whole) &<< 8 | digits & ~whole & ~(0xFF &<< point)
    }
    // Digits have a high bit neither before nor after.
    guard (digits | (digits &+ 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080 == 0 else {
      return nil
    }
    // Pairs of digits, then of pairs, then of those.
    digits = (digits &* 10 &+ digits &>> 8) & 0x00FF_00FF_00FF_00FF
    digits = (digits &* 100 &+ digits &>> 16) & 0x0000_FFFF_0000_FFFF
    digits = (digits &* 10_000 &+ digits &>> 32) & 0xFFFF_FFFF
    return Int(truncatingIfNeeded: digits) &* scale
  }

  /// Microseconds in the last of so many digits after the point.
  @inline(__always)
  private static func scale(fraction digits: UInt64) -> Int? {
    switch digits {
    case 0: 1_000_000
    case 1: 100_000
    case 2: 10_000
    case 3: 1_000
    case 4: 100
    case 5: 10
    case 6: 1
    default: nil
    }
  }

  /// The same digit by digit.
  @inline(never)
  func slowMicroseconds(_ place: Place) -> Int? {
    var whole = 0
    var index = place.start
    while index < place.end {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      whole = whole &* 10 &+ Int(digit)
      guard whole < 1_000_000_000 else { return nil }
      index &+= 1
    }
    guard index > place.start else { return nil }
    var micros = whole &* 1_000_000
    if index < place.end, self[index] == UInt8(ascii: ".") {
      index &+= 1
      var scale = 100_000
      while index < place.end {
        let digit = self[index] &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        micros &+= Int(digit) &* scale
        scale /= 10
        index &+= 1
      }
    }
    return index == place.end ? micros : nil
  }

  /// The bytes as text; invalid UTF-8 becomes U+FFFD.
  func text(_ range: Range<Int>) -> String {
    let range = range.clamped(to: 0..<count)
    return String(
      decoding: UnsafeBufferPointer(start: base + range.lowerBound, count: range.count),
      as: UTF8.self)
  }

  /// What is kept of the line for citing: at most 200 bytes.
  var excerpt: String { text(0..<Swift.min(count, 200)) }

  /// For what reads spans.
  func withSpan<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    body(UnsafeBufferPointer(start: base, count: count).span)
  }
}

extension Span where Element == UInt8 {
  /// For the few who read single lines. The line must not leave the closure.
  func withRawLine<Result>(_ body: (RawLine) -> Result) -> Result {
    withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else {
        return withUnsafePointer(to: 0) { body(RawLine(base: $0, count: 0, readable: 0)) }
      }
      return body(RawLine(base: base, count: bytes.count, readable: bytes.count))
    }
  }
}
