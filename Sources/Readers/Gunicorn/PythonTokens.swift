/// A token of Python source, as far as a config of assignments needs it.
struct PythonToken: Equatable {
  enum Content: Equatable {
    case name(String)
    case number(Double)
    case string(String, isFormatted: Bool)
    case symbol(String)
  }

  let content: Content
  let line: Int

  func isSymbol(_ text: String) -> Bool { content == .symbol(text) }
  func isName(_ text: String) -> Bool { content == .name(text) }
}

/// A logical line: its tokens and how far it is indented.
struct PythonStatement {
  let indent: Int
  let tokens: [PythonToken]
}

/// Splits Python source into statements: comments and blank lines go, brackets and backslashes join
/// lines, semicolons part them. Never fails: what is no Python becomes symbols.
func pythonStatements(_ source: [UInt8]) -> [PythonStatement] {
  var scanner = PythonScanner(bytes: source)
  return scanner.statements()
}

private struct PythonScanner {
  let bytes: [UInt8]
  var position = 0
  var line = 1

  init(bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  private func peek(_ ahead: Int = 0) -> UInt8 {
    position + ahead < bytes.count ? bytes[position + ahead] : 0
  }

  mutating func statements() -> [PythonStatement] {
    var result: [PythonStatement] = []
    var tokens: [PythonToken] = []
    var depth = 0
    var indent = 0
    var isLineStart = true

    func flush() {
      if !tokens.isEmpty { result.append(PythonStatement(indent: indent, tokens: tokens)) }
      tokens = []
    }

    while position < bytes.count {
      if isLineStart && depth == 0 {
        indent = 0
        while peek() == UInt8(ascii: " ") || peek() == UInt8(ascii: "\t") {
          indent += peek() == UInt8(ascii: "\t") ? 8 : 1
          position += 1
        }
        isLineStart = false
        continue
      }
      let byte = peek()
      switch byte {
      case UInt8(ascii: "\n"):
        position += 1
        line += 1
        if depth == 0 {
          flush()
          isLineStart = true
        }
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), 0x0C:
        position += 1
      case UInt8(ascii: "#"):
        while position < bytes.count, peek() != UInt8(ascii: "\n") { position += 1 }
      case UInt8(ascii: "\\") where peek(1) == UInt8(ascii: "\n"):
        position += 2
        line += 1
      case UInt8(ascii: "\\") where peek(1) == UInt8(ascii: "\r"):
        position += 2
      case UInt8(ascii: ";") where depth == 0:
        position += 1
        flush()
      default:
        let token = token()
        if case .symbol(let text) = token.content {
          if text == "(" || text == "[" || text == "{" { depth += 1 }
          if text == ")" || text == "]" || text == "}" { depth = max(0, depth - 1) }
        }
        tokens.append(token)
      }
    }
    flush()
    return result
  }

  private mutating func token() -> PythonToken {
    let start = line
    let byte = peek()
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      return PythonToken(content: .string(string(isRaw: false), isFormatted: false), line: start)
    }
    if isDigit(byte) || (byte == UInt8(ascii: ".") && isDigit(peek(1))) {
      return PythonToken(content: number(), line: start)
    }
    if isLetter(byte) {
      let from = position
      while isLetter(peek()) || isDigit(peek()) { position += 1 }
      let name = String(decoding: bytes[from..<position], as: UTF8.self)
      let isQuote = peek() == UInt8(ascii: "\"") || peek() == UInt8(ascii: "'")
      if isQuote, name.count <= 2, name.allSatisfy({ "rRbBuUfF".contains($0) }) {
        let isRaw = name.contains { $0 == "r" || $0 == "R" }
        let isFormatted = name.contains { $0 == "f" || $0 == "F" }
        return PythonToken(
          content: .string(string(isRaw: isRaw), isFormatted: isFormatted), line: start)
      }
      return PythonToken(content: .name(name), line: start)
    }
    for pair in ["**", "//", "==", "!=", "<=", ">=", "->", ":=", "+=", "-=", "*=", "/="] {
      let text = Array(pair.utf8)
      if peek() == text[0], peek(1) == text[1] {
        position += 2
        return PythonToken(content: .symbol(pair), line: start)
      }
    }
    position += 1
    return PythonToken(
      content: .symbol(String(decoding: [byte], as: UTF8.self)), line: start)
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private func isLetter(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  private mutating func number() -> PythonToken.Content {
    let from = position
    while isDigit(peek()) || isLetter(peek()) || peek() == UInt8(ascii: ".") { position += 1 }
    let text = String(decoding: bytes[from..<position].filter { $0 != 0x5F }, as: UTF8.self)
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
      if let value = Int(text.dropFirst(2), radix: radix) { return .number(Double(value)) }
    }
    guard let value = Double(text), value.isFinite else { return .symbol(text) }
    return .number(value)
  }

  /// Stands at the opening quote; a string that is not closed ends at the line's or source's end.
  private mutating func string(isRaw: Bool) -> String {
    let quote = peek()
    let isTriple = peek(1) == quote && peek(2) == quote
    position += isTriple ? 3 : 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = peek()
      if byte == quote, !isTriple || (peek(1) == quote && peek(2) == quote) {
        position += isTriple ? 3 : 1
        break
      }
      if byte == UInt8(ascii: "\n") {
        if !isTriple { break }
        line += 1
      }
      if byte == UInt8(ascii: "\\"), !isRaw, position + 1 < bytes.count {
        let escaped = peek(1)
        if escaped == UInt8(ascii: "\n") { line += 1 }
        switch escaped {
        case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
        case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
        case UInt8(ascii: "\n"): break
        default: text.append(escaped)
        }
        position += 2
        continue
      }
      text.append(byte)
      position += 1
    }
    return String(decoding: text, as: UTF8.self)
  }
}
