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
  /// Without what is blank at its ends: ASCII bytes first, which is all that most lines have.
  @inline(__always)
  func trimmed(where isBlank: (Character) -> Bool) -> Substring {
    func isASCIIBlank(_ byte: UInt8) -> Bool {
      byte < 0x80 && isBlank(Character(Unicode.Scalar(byte)))
    }
    var bytes = utf8
    while let first = bytes.first, isASCIIBlank(first) { bytes.removeFirst() }
    while let last = bytes.last, isASCIIBlank(last) { bytes.removeLast() }
    var rest = Substring(bytes)
    guard bytes.first.map({ $0 >= 0x80 }) == true || bytes.last.map({ $0 >= 0x80 }) == true else {
      return rest
    }
    while let first = rest.first, isBlank(first) { rest.removeFirst() }
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest
  }
}
