import YAML

/// Reads a value of Terraform's language as the node that it would be in JSON, with the lines and columns of the
/// file: what `jsonencode([...])` encloses. What only Terraform can compute is a text that begins with `$`, as a
/// variable is elsewhere.
///
/// ```
/// container_definitions = jsonencode([{ name = "web", memory = 512, command = ["gunicorn", var.app] }])
/// ```
struct HCLValue {
  private static let deepest = 32
  private let bytes: [UInt8]
  private var position: Int
  private var line: Int
  private var lineStart: Int

  /// The value behind a bracket on a line (1-based) that follows these words.
  static func parse(_ bytes: [UInt8], line: Int, behind words: String) -> Node? {
    var lineStart = 0
    for _ in 1..<max(line, 1) {
      guard let end = bytes[lineStart...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      lineStart = end + 1
    }
    let end = bytes[lineStart...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
    guard let found = bytes[lineStart..<end].firstRange(of: Array(words.utf8)) else { return nil }
    var parser = HCLValue(
      bytes: bytes, position: found.upperBound, line: line, lineStart: lineStart)
    return parser.value(depth: 0)
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func advance() {
    if peek == UInt8(ascii: "\n") {
      line += 1
      lineStart = position + 1
    }
    position += 1
  }

  private mutating func skipSpace(alsoCommas: Bool = false) {
    while let byte = peek {
      let next = position + 1 < bytes.count ? bytes[position + 1] : 0
      if byte <= 0x20 || alsoCommas && byte == UInt8(ascii: ",") {
        advance()
      } else if byte == UInt8(ascii: "#") || byte == UInt8(ascii: "/") && next == byte {
        while let inner = peek, inner != UInt8(ascii: "\n") { position += 1 }
      } else {
        return
      }
    }
  }

  private mutating func value(depth: Int) -> Node? {
    skipSpace()
    let (line, column) = (line, position - lineStart + 1)
    func node(_ content: Node.Content) -> Node { Node(content, line: line, column: column) }
    guard let byte = peek, depth < HCLValue.deepest else { return nil }
    switch byte {
    case UInt8(ascii: "["):
      return items(depth: depth).map { node(.sequence($0)) }
    case UInt8(ascii: "{"):
      return pairs(depth: depth).map { node(.mapping($0)) }
    default:
      let start = position
      let isQuoted = byte == UInt8(ascii: "\"")
      guard skipExpression(), position > start else { return nil }
      let text = String(decoding: bytes[start..<position], as: UTF8.self).bare
      if isQuoted, text.count > 1, text.hasSuffix("\""), !text.dropFirst().dropLast().contains("\"")
      {
        let inner = text.dropFirst().dropLast()
        // A variable in it is known only where it runs.
        return node(.scalar(String(inner), isQuoted: true))
      }
      let isPlain = Double(text) != nil || ["true", "false", "null"].contains(text)
      return node(.scalar(isPlain ? String(text) : "${" + text + "}", isQuoted: !isPlain))
    }
  }

  private mutating func items(depth: Int) -> [Node]? {
    advance()
    var items: [Node] = []
    while true {
      skipSpace(alsoCommas: true)
      guard let byte = peek else { return nil }
      if byte == UInt8(ascii: "]") {
        advance()
        return items
      }
      guard let item = value(depth: depth + 1) else { return nil }
      items.append(item)
    }
  }

  private mutating func pairs(depth: Int) -> [(key: Node, value: Node)]? {
    advance()
    var pairs: [(key: Node, value: Node)] = []
    while true {
      skipSpace(alsoCommas: true)
      guard let byte = peek else { return nil }
      if byte == UInt8(ascii: "}") {
        advance()
        return pairs
      }
      let (line, column, start) = (line, position - lineStart + 1, position)
      while let byte = peek, byte != UInt8(ascii: "="), byte != UInt8(ascii: ":"),
        byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "}")
      {
        position += 1
      }
      let name = unquoted(String(String(decoding: bytes[start..<position], as: UTF8.self).bare))
      guard peek == UInt8(ascii: "=") || peek == UInt8(ascii: ":"), !name.isEmpty else {
        return nil
      }
      advance()
      guard let value = value(depth: depth + 1) else { return nil }
      pairs.append((Node(.scalar(name, isQuoted: false), line: line, column: column), value))
    }
  }

  /// Up to the comma, the end of the line or the bracket that ends it; false where a bracket stays open.
  private mutating func skipExpression() -> Bool {
    var open = 0
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        while let inner = peek, inner != UInt8(ascii: "\""), inner != UInt8(ascii: "\n") {
          position += inner == UInt8(ascii: "\\") ? 2 : 1
        }
        position = min(position + 1, bytes.count)
        continue
      case UInt8(ascii: "#"):
        if open == 0 { return true }
        while let inner = peek, inner != UInt8(ascii: "\n") { position += 1 }
        continue
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
        if open == 0 { return true }
        open -= 1
      case UInt8(ascii: ","), UInt8(ascii: "\n"):
        if open == 0 { return true }
      default: break
      }
      advance()
    }
    return open == 0
  }
}
