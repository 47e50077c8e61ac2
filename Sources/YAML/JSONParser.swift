/// Reads the JSON values of a text, one after the other, with the line and column of every node.
///
/// Reads what people paste: several documents in a row, a byte order mark, and a document that was
/// cut off, whose values up to the cut are kept (`isTruncated`). Other malformations are errors.
package func parseJSON(
  _ text: [UInt8], limits: DocumentLimits = DocumentLimits()
) throws(DocumentError) -> (nodes: [Node], isTruncated: Bool) {
  var parser = JSONParser(text: text, limits: limits)
  var nodes: [Node] = []
  parser.skipByteOrderMark()
  parser.skipSpace()
  while !parser.isAtEnd {
    nodes.append(try parser.value(depth: 0))
    parser.skipSpace()
  }
  return (nodes, parser.isTruncated)
}

private struct JSONParser {
  let text: [UInt8]
  let limits: DocumentLimits
  var position = 0
  var line = 1
  var lineStart = 0
  var count = 0
  /// The text ended inside a value.
  var isTruncated = false

  init(text: [UInt8], limits: DocumentLimits) {
    self.text = text
    self.limits = limits
  }

  var isAtEnd: Bool { position >= text.count }
  private var column: Int { position - lineStart + 1 }

  mutating func skipByteOrderMark() {
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func skipSpace() {
    while position < text.count {
      switch text[position] {
      case UInt8(ascii: "\n"):
        line += 1
        position += 1
        lineStart = position
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
      default: return
      }
    }
  }

  private func error(_ message: String) -> DocumentError {
    DocumentError(message, line: line, column: column)
  }

  mutating func value(depth: Int) throws(DocumentError) -> Node {
    count += 1
    guard depth < limits.depth else { throw error("nested deeper than \(limits.depth) levels") }
    guard count <= limits.nodes else { throw error("more than \(limits.nodes) values") }
    let (startLine, startColumn) = (line, column)
    let content: Node.Content
    switch text[position] {
    case UInt8(ascii: "{"): content = .mapping(try pairs(depth: depth))
    case UInt8(ascii: "["): content = .sequence(try items(depth: depth))
    case UInt8(ascii: "\""): content = .scalar(try string(), isQuoted: true)
    default: content = .scalar(try word(depth: depth), isQuoted: false)
    }
    return Node(content, line: startLine, column: startColumn)
  }

  private mutating func pairs(depth: Int) throws(DocumentError)
    -> [(key: Node, value: Node)]
  {
    var pairs: [(key: Node, value: Node)] = []
    position += 1
    while true {
      skipSpace()
      guard !isAtEnd else { break }
      if text[position] == UInt8(ascii: "}") {
        position += 1
        return pairs
      }
      guard text[position] == UInt8(ascii: "\"") else {
        throw error("found \(shown()); expected a key in double quotes or '}'")
      }
      let (keyLine, keyColumn) = (line, column)
      let key = Node(.scalar(try string(), isQuoted: true), line: keyLine, column: keyColumn)
      skipSpace()
      guard !isAtEnd else { break }
      guard text[position] == UInt8(ascii: ":") else {
        throw error("found \(shown()); expected ':'")
      }
      position += 1
      skipSpace()
      guard !isAtEnd else { break }
      pairs.append((key, try value(depth: depth + 1)))
      skipSpace()
      guard !isAtEnd else { break }
      switch text[position] {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"): continue
      default: throw error("found \(shown()); expected ',' or '}'")
      }
    }
    isTruncated = true
    return pairs
  }

  private mutating func items(depth: Int) throws(DocumentError) -> [Node] {
    var nodes: [Node] = []
    position += 1
    while true {
      skipSpace()
      guard !isAtEnd else { break }
      if text[position] == UInt8(ascii: "]") {
        position += 1
        return nodes
      }
      nodes.append(try value(depth: depth + 1))
      skipSpace()
      guard !isAtEnd else { break }
      switch text[position] {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"): continue
      default: throw error("found \(shown()); expected ',' or ']'")
      }
    }
    isTruncated = true
    return nodes
  }

  private mutating func string() throws(DocumentError) -> String {
    position += 1
    let start = position
    while position < text.count, !endsPlainText(text[position]) { position += 1 }
    var bytes = text[start..<position]
    while position < text.count {
      let byte = text[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        position += 1
        guard !isAtEnd else { break }
        try escape(into: &bytes)
      case UInt8(ascii: "\n"):
        throw error("a string does not end on its line")
      default:
        bytes.append(byte)
        position += 1
      }
    }
    isTruncated = true
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Most strings have no escapes: they are taken as they stand.
  private func endsPlainText(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\n")
  }

  private mutating func escape(into bytes: inout ArraySlice<UInt8>) throws(DocumentError) {
    let byte = text[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): bytes.append(10)
    case UInt8(ascii: "t"): bytes.append(9)
    case UInt8(ascii: "r"): bytes.append(13)
    case UInt8(ascii: "b"): bytes.append(8)
    case UInt8(ascii: "f"): bytes.append(12)
    case UInt8(ascii: "u"):
      guard var code = hexadecimal() else { throw error("expected four digits after '\\u'") }
      if (0xD800..<0xDC00).contains(code), position + 1 < text.count,
        text[position] == UInt8(ascii: "\\"), text[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        guard let low = hexadecimal() else { throw error("expected four digits after '\\u'") }
        if (0xDC00..<0xE000).contains(low) {
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
      }
      let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
      bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: bytes.append(byte)
    }
  }

  private mutating func hexadecimal() -> UInt32? {
    guard position + 4 <= text.count,
      let code = UInt32(String(decoding: text[position..<position + 4], as: UTF8.self), radix: 16)
    else { return nil }
    position += 4
    return code
  }

  private mutating func word(depth: Int) throws(DocumentError) -> String {
    let start = position
    while position < text.count {
      switch text[position] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        position += 1
        continue
      default: break
      }
      break
    }
    let word = String(decoding: text[start..<position], as: UTF8.self)
    if word == "true" || word == "false" || word == "null" { return word }
    if let number = Double(word), number.isFinite { return word }
    if isAtEnd, depth > 0 {
      isTruncated = true
      return "null"
    }
    position = start
    throw error("found \(shown()); expected a value")
  }

  /// What stands here, for an error message.
  private func shown() -> String {
    let end = Swift.min(text.count, position + 20)
    let rest = text[position..<end].prefix { $0 >= 0x20 && $0 < 0x7F }
    return "'" + String(decoding: rest, as: UTF8.self) + "'"
  }
}
