/// Reads values in the notations that people paste for JSON: what Python and Go print of the same
/// answer, and JSON with comments, with commas that lack or are too many, and cut off.
///
/// ```
/// {'Code': 'system-reboot', 'NotBefore': datetime.datetime(2024, 7, 1, 12, 0, tzinfo=tzutc())}
/// { InstanceId: "i-0123456789abcdef0", ImpairedSince: 2024-06-27 03:11:00 +0000 UTC }
/// ```
///
/// It never fails on malformations, it takes what it can; so it is asked where JSON proper was refused.
package func parseLoosely(
  _ text: [UInt8], limits: DocumentLimits = DocumentLimits()
) -> (nodes: [Node], isTruncated: Bool) {
  var parser = LooseParser(text: text, limits: limits)
  var nodes: [Node] = []
  while parser.skipSpace() {
    let start = parser.position
    if let node = parser.value(depth: 0) { nodes.append(node) }
    // A bracket that closes nothing.
    if parser.position == start { parser.position += 1 }
  }
  return (nodes, parser.isTruncated)
}

private struct LooseParser {
  let text: [UInt8]
  let limits: DocumentLimits
  var position = 0
  var line = 1
  var lineStart = 0
  var count = 0
  var isTruncated = false

  init(text: [UInt8], limits: DocumentLimits) {
    self.text = text
    self.limits = limits
  }

  private var byte: UInt8? { position < text.count ? text[position] : nil }

  private func next(_ character: Unicode.Scalar) -> Bool { byte == UInt8(ascii: character) }

  private func follows(_ word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard position + length <= text.count else { return false }
    for index in 0..<length where text[position + index] != word.utf8Start[index] { return false }
    return true
  }

  private mutating func advance() {
    if next("\n") {
      line += 1
      lineStart = position + 1
    }
    position += 1
  }

  /// Passes over blanks, comments and stray commas; false at the end.
  mutating func skipSpace() -> Bool {
    while let byte {
      if byte <= 0x20 || byte == UInt8(ascii: ",") || byte >= 0xEF && position < 3 {
        advance()
      } else if follows("//") || byte == UInt8(ascii: "#") {
        while self.byte != nil, !next("\n") { position += 1 }
      } else if follows("/*") {
        while self.byte != nil, !follows("*/") { advance() }
        position = min(position + 2, text.count)
      } else {
        return true
      }
    }
    return false
  }

  mutating func value(depth: Int) -> Node? {
    count += 1
    guard depth < limits.depth, count <= limits.nodes else {
      isTruncated = true
      position = text.count
      return nil
    }
    let (startLine, column) = (line, position - lineStart + 1)
    let content: Node.Content
    switch byte {
    case UInt8(ascii: "{"): content = .mapping(pairs(depth: depth))
    case UInt8(ascii: "["): content = .sequence(items(depth: depth))
    default:
      guard let scalar = scalar() else { return nil }
      content = scalar
    }
    return Node(content, line: startLine, column: column)
  }

  private mutating func pairs(depth: Int) -> [(key: Node, value: Node)] {
    var pairs: [(key: Node, value: Node)] = []
    position += 1
    while skipSpace() {
      if next("}") {
        position += 1
        return pairs
      }
      // The end of what holds this: a brace was lost.
      if next("]") { return pairs }
      let (keyLine, column) = (line, position - lineStart + 1)
      let start = position
      guard let key = key() else {
        if position == start { position += 1 }
        continue
      }
      guard skipSpace(), next(":") else { continue }
      position += 1
      guard skipSpace() else { break }
      let node = Node(.scalar(key, isQuoted: true), line: keyLine, column: column)
      if let value = value(depth: depth + 1) { pairs.append((node, value)) }
    }
    isTruncated = true
    return pairs
  }

  private mutating func items(depth: Int) -> [Node] {
    var nodes: [Node] = []
    position += 1
    while skipSpace() {
      if next("]") {
        position += 1
        return nodes
      }
      if next("}") { return nodes }
      let start = position
      if let node = value(depth: depth + 1) { nodes.append(node) }
      if position == start { position += 1 }
    }
    isTruncated = true
    return nodes
  }

  private mutating func key() -> String? {
    if next("\"") || next("'") { return string() }
    let start = position
    while let byte, byte != UInt8(ascii: ":"), byte > 0x20, !"{}[],".utf8.contains(byte) {
      position += 1
    }
    return position > start ? String(decoding: text[start..<position], as: UTF8.self) : nil
  }

  /// To the quote that closes it, or to the end of the line.
  private mutating func string() -> String {
    let quote = text[position]
    position += 1
    var bytes: [UInt8] = []
    while let byte, byte != UInt8(ascii: "\n") {
      position += 1
      if byte == quote { return String(decoding: bytes, as: UTF8.self) }
      if byte == UInt8(ascii: "\\"), let escaped = self.byte {
        bytes.append(escaped == UInt8(ascii: "n") ? 10 : escaped)
        position += 1
      } else {
        bytes.append(byte)
      }
    }
    if byte == nil { isTruncated = true }
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func scalar() -> Node.Content? {
    if next("\"") || next("'") { return .scalar(string(), isQuoted: true) }
    // Python's `b'text'` and `u'text'`.
    if follows("b'") || follows("u'") || follows("b\"") || follows("u\"") {
      position += 1
      return .scalar(string(), isQuoted: true)
    }
    let start = position
    var depth = 0
    while let byte, byte != UInt8(ascii: "\n") || depth > 0 {
      if byte == UInt8(ascii: "(") { depth += 1 }
      if byte == UInt8(ascii: ")") { depth -= 1 }
      if depth <= 0, "{}[],".utf8.contains(byte) { break }
      if depth == 0, follows(" //") || follows(" #") { break }
      advance()
    }
    var end = position
    while end > start, text[end - 1] <= 0x20 { end -= 1 }
    guard end > start else { return nil }
    let word = String(decoding: text[start..<min(end, start + 4096)], as: UTF8.self)
    // Half a word is no value.
    if byte == nil { isTruncated = true }
    switch word {
    case "True": return .scalar("true", isQuoted: false)
    case "False": return .scalar("false", isQuoted: false)
    case "None", "nil", "<nil>": return .scalar("null", isQuoted: false)
    default: return .scalar(LooseParser.time(word) ?? word, isQuoted: false)
    }
  }

  /// `datetime.datetime(2024, 6, 27, 3, 11, 30, tzinfo=tzutc())`, of Go
  /// `2024-06-27 03:11:30 +0000 UTC`, in ISO 8601.
  private static func time(_ word: String) -> String? {
    if word.hasSuffix(" +0000 UTC") { return String(word.dropLast(10)) + "Z" }
    guard word.hasPrefix("datetime"), let open = word.firstIndex(of: "(") else { return nil }
    let parts = word[word.index(after: open)...].split { ",() \n".contains($0) }
    let numbers = parts.prefix(7).map { Int($0) }.prefix { $0 != nil }.compactMap(\.self)
    guard numbers.count >= 3, numbers.allSatisfy({ (0..<10_000_000).contains($0) }) else {
      return nil
    }
    func digits(_ index: Int, _ width: Int) -> String {
      let text = index < numbers.count ? String(numbers[index]) : "0"
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let zone = word.contains("tzutc") || word.contains("utc") ? "Z" : ""
    return digits(0, 4) + "-" + digits(1, 2) + "-" + digits(2, 2) + "T" + digits(3, 2) + ":"
      + digits(4, 2) + ":" + digits(5, 2) + (numbers.count > 6 ? "." + digits(6, 6) : "") + zone
  }
}
