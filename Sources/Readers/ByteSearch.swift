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
