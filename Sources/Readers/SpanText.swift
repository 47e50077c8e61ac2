/// Looking into lines as bytes. Most lines of most logs are looked at and left; only the few that
/// matter become `String`s.
extension Span where Element == UInt8 {
  /// The bytes as text; invalid UTF-8 becomes U+FFFD.
  package var text: String { text(0..<count) }

  package func text(_ range: Range<Int>) -> String {
    let range = range.clamped(to: 0..<count)
    return withUnsafeBufferPointer { String(decoding: $0[range], as: UTF8.self) }
  }

  /// What is kept of the line for citing: at most 200 bytes.
  package var excerpt: String { text(0..<Swift.min(count, 200)) }

  package func hasPrefix(_ prefix: StaticString) -> Bool { holds(prefix, at: 0) }

  package func hasSuffix(_ suffix: StaticString) -> Bool {
    holds(suffix, at: count - suffix.utf8CodeUnitCount)
  }

  /// True where `needle` stands at `index`.
  package func holds(_ needle: StaticString, at index: Int) -> Bool {
    let length = needle.utf8CodeUnitCount
    guard index >= 0, length <= count - index else { return false }
    let bytes = needle.utf8Start
    for offset in 0..<length where self[index + offset] != bytes[offset] { return false }
    return true
  }

  package func contains(_ needle: StaticString) -> Bool { firstIndex(of: needle) != nil }

  /// The index of the first `needle` at or after `start`.
  package func firstIndex(of needle: StaticString, from start: Int = 0) -> Int? {
    let length = needle.utf8CodeUnitCount
    guard length > 0, start >= 0, length <= count, start <= count - length else { return nil }
    return withUnsafeBufferPointer { bytes in
      bytes.baseAddress.flatMap {
        find(needle.utf8Start, length: length, in: $0, from: start, to: bytes.count)
      }
    }
  }

  /// The index of the first `byte` at or after `start`.
  package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    guard start >= 0, start < count else { return nil }
    return withUnsafeBufferPointer { bytes in
      withUnsafePointer(to: byte) { byte in
        bytes.baseAddress.flatMap { find(byte, length: 1, in: $0, from: start, to: bytes.count) }
      }
    }
  }

  /// An unsigned decimal number that fills `range`.
  package func number(_ range: Range<Int>) -> Int? {
    guard range.lowerBound >= 0, range.upperBound <= count, !range.isEmpty, range.count <= 18
    else { return nil }
    var value = 0
    for index in range {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value
  }

  /// True where these are the very same bytes.
  func isEqual(to other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in 0..<count where self[index] != other[index] { return false }
    return true
  }

  /// Without a carriage return at the end.
  package var endWithoutReturn: Int {
    count > 0 && self[count - 1] == UInt8(ascii: "\r") ? count - 1 : count
  }
}

/// Where `needle` first begins in `start..<end`: sixteen places at a time are asked for its first and
/// its last byte, and the few that have both are compared. Readers ask a line for dozens of texts that
/// it does not hold, so this is most of what they do.
///
/// The caller has seen that at least one place fits: `start + length <= end`.
func find(
  _ needle: UnsafePointer<UInt8>, length: Int, in bytes: UnsafePointer<UInt8>, from start: Int,
  to end: Int
) -> Int? {
  let lastPlace = end - length
  func isHere(_ place: Int) -> Bool {
    var offset = 0
    while offset < length, bytes[place + offset] == needle[offset] { offset += 1 }
    return offset == length
  }
  func find(at place: Int) -> Int? {
    var hits = ByteLanes(bytes + place).equal(needle[0])
    if length > 1 { hits &= ByteLanes(bytes + place + length - 1).equal(needle[length - 1]) }
    while hits != 0 {
      let hit = place + hits.trailingZeroBitCount
      if isHere(hit) { return hit }
      hits &= hits - 1
    }
    return nil
  }
  guard lastPlace - start >= 15 else {
    return (start...lastPlace).first(where: isHere)
  }
  var place = start
  while place + 15 <= lastPlace {
    if let found = find(at: place) { return found }
    place += 16
  }
  // The last sixteen places; those looked at before are not it.
  return place <= lastPlace ? find(at: lastPlace - 15) : nil
}
