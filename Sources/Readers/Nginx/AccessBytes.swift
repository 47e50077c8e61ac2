/// Searching and hashing bytes eight at a time: what the access log reader spends its time on.

/// Where a text stands in a line.
struct Place: Equatable {
  var start = 0
  var end = 0

  var count: Int { end &- start }
  var isEmpty: Bool { end <= start }
}

extension Span where Element == UInt8 {
  @inline(__always)
  func word(at index: Int) -> UInt64 {
    UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
  }

  /// The index of the first `byte` in `start..<end`, or `end`.
  @inline(__always)
  func find(_ byte: UInt8, from start: Int, to end: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highs: UInt64 = 0x8080_8080_8080_8080
    let pattern: UInt64 = UInt64(byte) &* ones
    var index = start
    while index &+ 8 <= end {
      let difference: UInt64 = word(at: index) ^ pattern
      let hits: UInt64 = (difference &- ones) & ~difference & highs
      if hits != 0 { return index &+ hits.trailingZeroBitCount / 8 }
      index &+= 8
    }
    while index < end {
      if self[index] == byte { return index }
      index &+= 1
    }
    return Swift.max(end, start)
  }

  /// The index of the quote that ends a string begun before `start`, or `end`. A quote after an odd
  /// number of backslashes is part of the string.
  @inline(__always)
  func closingQuote(from start: Int, to end: Int) -> Int {
    var index = find(UInt8(ascii: "\""), from: start, to: end)
    while index < end, index > start, self[index &- 1] == UInt8(ascii: "\\") {
      var slashes = 1
      while index &- slashes &- 1 >= start,
        self[index &- slashes &- 1] == UInt8(ascii: "\\")
      {
        slashes &+= 1
      }
      if slashes & 1 == 0 { return index }
      index = find(UInt8(ascii: "\""), from: index &+ 1, to: end)
    }
    return index
  }

  /// A hash of the text at a place: the same in every run, never 0.
  func hash(_ place: Place) -> UInt64 {
    var hash: UInt64 = mixed(0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: place.count))
    var index = place.start
    while index &+ 8 <= place.end {
      hash = mixed(hash ^ word(at: index))
      index &+= 8
    }
    var rest: UInt64 = 0
    while index < place.end {
      rest = rest << 8 | UInt64(self[index])
      index &+= 1
    }
    hash = mixed(hash ^ rest)
    return hash == 0 ? 1 : hash
  }

  /// Up to eight bytes of a place as one word, for comparing names.
  @inline(__always)
  func head(_ place: Place) -> UInt64 {
    if place.count >= 8 { return word(at: place.start) }
    if place.start &+ 8 <= count {
      let mask: UInt64 = (1 << UInt64(place.count &* 8)) &- 1
      return word(at: place.start) & mask
    }
    var result: UInt64 = 0
    for index in place.start..<Swift.max(place.end, place.start) {
      result |= UInt64(self[index]) << UInt64((index &- place.start) &* 8)
    }
    return result
  }

  /// A decimal number with an optional fraction, as microseconds of a number of seconds.
  func microseconds(_ place: Place) -> Int? {
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
}

@inline(__always)
func mixed(_ value: UInt64) -> UInt64 {
  let product = (value ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
  return product.high ^ product.low
}
