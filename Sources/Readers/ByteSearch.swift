/// Looking for text in text by bytes. The standard library's search goes by characters, which costs
/// some fifty times as much and, for the plain words that evidence is known by, finds the same.
extension String {
  func contains(_ needle: String) -> Bool { utf8Contains(self.utf8, needle) }
}

extension Substring {
  func contains(_ needle: String) -> Bool { utf8Contains(self.utf8, needle) }
}

private func utf8Contains(_ text: some Collection<UInt8>, _ needle: String) -> Bool {
  var needle = needle
  return needle.withUTF8 { needle in
    guard let first = needle.first else { return true }
    return text.withContiguousStorageIfAvailable { text in
      guard text.count >= needle.count else { return false }
      for start in 0...(text.count - needle.count) where text[start] == first {
        var length = 1
        while length < needle.count, text[start + length] == needle[length] { length += 1 }
        if length == needle.count { return true }
      }
      return false
    } ?? false
  }
}

extension Character {
  /// As the standard library's, which looks up tables also for plain ASCII.
  var isWhitespace: Bool {
    if let byte = asciiValue { return byte == 32 || (9...13).contains(byte) }
    return unicodeScalars.first?.properties.isWhitespace ?? false
  }
}

extension StringProtocol {
  /// Without the white space at its ends.
  var bare: Substring { Substring(self).trimmed { $0.isWhitespace } }
}

extension Substring {
  /// Without what is blank at its ends. Bytes decide where the ends are ASCII, as those of nearly
  /// every line are; a view of UTF-8 checks each index it is asked for.
  @inline(__always)
  func trimmed(where isBlank: (Character) -> Bool) -> Substring {
    let ends = utf8.withContiguousStorageIfAvailable { bytes -> (before: Int, after: Int)? in
      var start = 0
      var end = bytes.count
      func isASCIIBlank(_ byte: UInt8) -> Bool {
        byte <= 32 && isBlank(Character(Unicode.Scalar(byte)))
      }
      while start < end, isASCIIBlank(bytes[start]) { start += 1 }
      while end > start, isASCIIBlank(bytes[end - 1]) { end -= 1 }
      if start < end, bytes[start] >= 0x80 || bytes[end - 1] >= 0x80 { return nil }
      return (start, bytes.count - end)
    }
    if case .some(.some((0, 0))) = ends { return self }
    if case .some(.some(let (before, after))) = ends {
      return Substring(utf8.dropFirst(before).dropLast(after))
    }
    var rest = self
    while let first = rest.first, isBlank(first) { rest.removeFirst() }
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest
  }
}
