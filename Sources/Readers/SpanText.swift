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
    guard length > 0, start >= 0 else { return nil }
    let first = needle.utf8Start[0]
    var index = start
    while let hit = firstIndex(of: first, from: index) {
      if holds(needle, at: hit) { return hit }
      index = hit + 1
    }
    return nil
  }

  /// The index of the first `byte` at or after `start`.
  package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    var index = start
    while index < count {
      if self[index] == byte { return index }
      index += 1
    }
    return nil
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

  /// Without a carriage return at the end.
  package var endWithoutReturn: Int {
    count > 0 && self[count - 1] == UInt8(ascii: "\r") ? count - 1 : count
  }
}
