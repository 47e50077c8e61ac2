/// Redacts the lines of one source one after the other: what one line names may stand on the next.
///
/// ```
/// 3) "requirepass"            - name: DB_PASSWORD      -----BEGIN PRIVATE KEY-----
/// 4) "hunter2"                  value: hunter2         MIIEvQIBADANBgkq...
/// ```
package struct LineRedactor: Sendable {
  private enum Expected {
    case nothing
    /// Up to so many lines; in a numbered answer the next number.
    case words(Int, number: Int?)
    /// Rules of an ACL user: only some of them are passwords.
    case rules(number: Int?)
    /// The value of a pair whose name was a secret's.
    case value
    /// The lines of a key, up to so many.
    case block(Int)
  }

  private var expected = Expected.nothing
  /// The word before was GET: what follows a name then is no value.
  private var followsGet = false

  package init() {}

  /// The secret on this line that an earlier one announced.
  mutating func announced(in line: [UInt8]) -> Range<Int>? {
    let trimmed = trimmedRange(line)
    if case .block(let left) = expected {
      let ends = left == 0 || holds(line, "-----END")
      expected = ends ? .nothing : .block(left - 1)
      return ends || trimmed.isEmpty ? nil : trimmed
    }
    if holds(line, "PRIVATE KEY-----"), holds(line, "-----BEGIN"), !holds(line, "-----END") {
      expected = .block(500)
      return nil
    }
    if case .value = expected {
      expected = .nothing
      if let pair = pair(in: line, trimmed), pair.name == "value" { return pair.value }
    }
    if let pair = pair(in: line, trimmed), pair.name == "name" || pair.name == "key",
      pair.value.count <= 64, NameKind(text(line, pair.value)) == .secret
    {
      expected = .value
      return nil
    }
    // The length line of a bulk string.
    if line.first == UInt8(ascii: "$"), line.count < 12 { return nil }
    guard let word = LoneWord(line, trimmed) else {
      expected = .nothing
      return nil
    }
    let secret = expectedSecret(word, line)
    if secret == nil { note(word, line) }
    followsGet = text(line, word.range).lowercased() == "get"
    return secret
  }

  private mutating func expectedSecret(_ word: LoneWord, _ line: [UInt8]) -> Range<Int>? {
    switch expected {
    case .words(let left, let number):
      expected = .nothing
      let isAddress =
        line[word.range].contains(UInt8(ascii: ":"))
        && line[word.range].allSatisfy { isHexadecimal($0) || ".:[]".utf8.contains($0) }
      let isLateNumber = left == 1 && number == nil && line[word.range].allSatisfy(isDigit)
      guard word.number == number, !isAddress, !isLateNumber else { return nil }
      if left > 1 { expected = .words(left - 1, number: number.map { $0 + 1 }) }
      return word.range
    case .rules(let number):
      guard word.number == number else {
        expected = .nothing
        return nil
      }
      expected = .rules(number: number.map { $0 + 1 })
      guard let first = line[word.range].first, "><#!".utf8.contains(first) else { return nil }
      return (word.range.lowerBound + 1)..<word.range.upperBound
    case .nothing, .value, .block: return nil
    }
  }

  /// What the word announces.
  private mutating func note(_ word: LoneWord, _ line: [UInt8]) {
    if case .rules = expected { return }
    expected = .nothing
    guard word.range.count <= 40 else { return }
    let name = text(line, word.range)
    let next = word.number.map { $0 + 1 }
    switch name.lowercased() {
    case "auth": expected = .words(2, number: next)
    case "auth2": expected = .words(2, number: next)
    case "setuser": expected = .rules(number: next)
    case "requirepass", "masterauth", "masteruser", "primaryauth", "primaryuser":
      if !followsGet || word.number != nil { expected = .words(1, number: next) }
    default:
      if word.isMarked, NameKind(name) == .secret { expected = .words(1, number: next) }
    }
  }

  /// `- name: X`, `"value": "x",`
  private func pair(in line: [UInt8], _ trimmed: Range<Int>) -> (name: String, value: Range<Int>)? {
    guard trimmed.count < 4096, let colon = line[trimmed].firstIndex(of: UInt8(ascii: ":")),
      colon - trimmed.lowerBound <= 24
    else { return nil }
    let name = line[trimmed.lowerBound..<colon].filter(isLetter)
    var value = (colon + 1)..<trimmed.upperBound
    func isEdge(_ byte: UInt8) -> Bool {
      isSpace(byte) || isQuote(byte) || byte == UInt8(ascii: ",")
    }
    while let first = line[value].first, isEdge(first) { value = value.dropFirst() }
    while let last = line[value].last, isEdge(last) { value = value.dropLast() }
    return (String(decoding: name, as: UTF8.self).lowercased(), value)
  }

  private func text(_ line: [UInt8], _ range: Range<Int>) -> String {
    String(decoding: line[range], as: UTF8.self)
  }

  private func trimmedRange(_ line: [UInt8]) -> Range<Int> {
    var range = line.indices
    while let first = line[range].first, isSpace(first) { range = range.dropFirst() }
    while let last = line[range].last, isSpace(last) { range = range.dropLast() }
    return range
  }

  private func holds(_ line: [UInt8], _ mark: StaticString) -> Bool {
    let length = mark.utf8CodeUnitCount
    guard line.count >= length, line.contains(UInt8(ascii: "-")) else { return false }
    return mark.withUTF8Buffer { mark in
      (0...(line.count - length)).contains { start in
        line[start] == mark[0] && line[start..<(start + length)].elementsEqual(mark)
      }
    }
  }
}

/// A line that holds one word: an element of an answer, `4) 1) "AUTH"`, or bare.
private struct LoneWord {
  let range: Range<Int>
  /// The number that stands before it.
  let number: Int?
  let isQuoted: Bool

  var isMarked: Bool { isQuoted || number != nil }

  init?(_ line: [UInt8], _ trimmed: Range<Int>) {
    var range = trimmed
    var number: Int?
    while let mark = range.first(where: { !isDigit(line[$0]) }), mark > range.lowerBound,
      line[mark] == UInt8(ascii: ")"), mark - range.lowerBound <= 6
    {
      number = Int(String(decoding: line[range.lowerBound..<mark], as: UTF8.self))
      range = (mark + 1)..<range.upperBound
      while let first = line[range].first, isSpace(first) { range = range.dropFirst() }
    }
    if line[range].last == UInt8(ascii: ","), range.count > 1 { range = range.dropLast() }
    isQuoted =
      range.count >= 2 && isQuote(line[range.lowerBound])
      && line[range].last == line[range.lowerBound]
    if isQuoted { range = range.dropFirst().dropLast() }
    guard !range.isEmpty, isQuoted || !line[range].contains(where: isSpace) else { return nil }
    self.range = range
    self.number = number
  }
}
