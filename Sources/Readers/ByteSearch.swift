/// Looking for text in text by bytes. The standard library's search goes by characters, which costs
/// some fifty times as much and, for the plain words that evidence is known by, finds the same.
extension StringProtocol {
  func contains(_ needle: String) -> Bool { utf8Contains(self.utf8, needle) }
}

extension Substring {
  func hasPrefix(_ prefix: String) -> Bool {
    // Most differ in the first byte.
    guard let first = prefix.utf8.first else { return true }
    return utf8.first == first && utf8.starts(with: prefix.utf8)
  }

  func hasSuffix(_ suffix: String) -> Bool {
    utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }

  /// Where the text first stands.
  func range(of needle: String) -> Range<Index>? {
    utf8Offset(self.utf8, needle).map { offset in
      let start = utf8.index(startIndex, offsetBy: offset)
      return start..<utf8.index(start, offsetBy: needle.utf8.count)
    }
  }
}

func utf8Contains(_ text: some Collection<UInt8>, _ needle: String) -> Bool {
  utf8Offset(text, needle) != nil
}

private func utf8Offset(_ text: some Collection<UInt8>, _ needle: String) -> Int? {
  var needle = needle
  return needle.withUTF8 { needle in
    guard let wanted = needle.baseAddress, !needle.isEmpty else { return 0 }
    let found = text.withContiguousStorageIfAvailable { text -> Int? in
      guard let bytes = text.baseAddress, text.count >= needle.count else { return nil }
      return find(wanted, length: needle.count, in: bytes, from: 0, to: text.count)
    }
    return found ?? nil
  }
}

extension Character {
  /// As the standard library's, which looks up tables also for plain ASCII.
  var isWhitespace: Bool {
    if let byte = asciiValue { return byte == 32 || (9...13).contains(byte) }
    return unicodeScalars.first?.properties.isWhitespace ?? false
  }
}

extension StringProtocol where SubSequence == Substring {
  /// Where the character first stands.
  func firstIndex(of character: Character) -> Index? {
    guard let byte = character.plainByte else { return firstIndex { $0 == character } }
    return utf8.firstIndex(of: byte)
  }

  /// What stands between the separators.
  func split(
    separator: Character, maxSplits: Int = .max, omittingEmptySubsequences: Bool = true
  ) -> [Substring] {
    guard let byte = separator.plainByte else {
      return split(
        maxSplits: maxSplits, omittingEmptySubsequences: omittingEmptySubsequences
      ) { $0 == separator }
    }
    return Substring(self).pieces(
      maxSplits: maxSplits, omittingEmpty: omittingEmptySubsequences
    ) { $0 == byte }
  }
}

extension Character {
  /// Its byte, if it is one of ASCII that is no part of a line end.
  fileprivate var plainByte: UInt8? {
    guard let byte = asciiValue, byte != 10, byte != 13 else { return nil }
    return byte
  }
}

extension StringProtocol {
  /// Without the white space at its ends.
  var bare: Substring { Substring(self).trimmed { $0.isWhitespace } }

  /// The words between white space.
  var fields: [Substring] {
    let text = Substring(self)
    let ends = text.utf8.withContiguousStorageIfAvailable { bytes -> [(start: Int, end: Int)]? in
      var found: [(start: Int, end: Int)] = []
      var start = 0
      for (index, byte) in bytes.enumerated() {
        if byte >= 0x80 { return nil }
        guard byte == 32 || (9...13).contains(byte) else { continue }
        if start < index { found.append((start, index)) }
        start = index + 1
      }
      if start < bytes.count { found.append((start, bytes.count)) }
      return found
    }
    // Of text that is not ASCII, characters decide what is blank.
    guard case .some(.some(let fields)) = ends else {
      return text.split { $0.isWhitespace }
    }
    return text.parts(at: fields)
  }
}

extension Substring {
  /// What stands between the bytes that separate, as the standard library's `split`.
  func pieces(
    maxSplits: Int = .max, omittingEmpty: Bool = true, where separates: (UInt8) -> Bool
  ) -> [Substring] {
    var text = self
    var found: [(start: Int, end: Int)] = []
    text.withUTF8 { bytes in
      var start = 0
      for (index, byte) in bytes.enumerated() where separates(byte) {
        if found.count == maxSplits { break }
        if start < index || !omittingEmpty { found.append((start, index)) }
        start = index + 1
      }
      if start < bytes.count || !omittingEmpty { found.append((start, bytes.count)) }
    }
    return parts(at: found)
  }

  /// The texts at places counted in bytes.
  fileprivate func parts(at places: [(start: Int, end: Int)]) -> [Substring] {
    places.map { place in
      let start = utf8.index(startIndex, offsetBy: place.start)
      return self[start..<utf8.index(start, offsetBy: place.end - place.start)]
    }
  }

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
