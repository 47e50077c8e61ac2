import Model

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
  /// The bytes of its line that it takes; those of its last line where it has several.
  let columns: Range<Int>

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
  /// Where the line begins that is read.
  var lineStart = 0
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
        nextLine(at: position)
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
        nextLine(at: position)
      case UInt8(ascii: "\\") where peek(1) == UInt8(ascii: "\r"):
        position += 2
      case UInt8(ascii: ";") where depth == 0:
        position += 1
        flush()
      default:
        let (first, start) = (line, position)
        let content = content()
        let token = PythonToken(
          content: content, line: first,
          columns: max(start - lineStart, 0)..<max(position - lineStart, start - lineStart, 0))
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

  private mutating func nextLine(at start: Int) {
    line += 1
    lineStart = start
  }

  private mutating func content() -> PythonToken.Content {
    let byte = peek()
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      return .string(string(isRaw: false), isFormatted: false)
    }
    if isDigit(byte) || (byte == UInt8(ascii: ".") && isDigit(peek(1))) {
      return number()
    }
    if isLetter(byte) {
      let from = position
      while isLetter(peek()) || isDigit(peek()) { position += 1 }
      let name = String(decoding: bytes[from..<position], as: UTF8.self)
      let isQuote = peek() == UInt8(ascii: "\"") || peek() == UInt8(ascii: "'")
      if isQuote, name.count <= 2, name.allSatisfy({ "rRbBuUfF".contains($0) }) {
        let isRaw = name.contains { $0 == "r" || $0 == "R" }
        let isFormatted = name.contains { $0 == "f" || $0 == "F" }
        return .string(string(isRaw: isRaw), isFormatted: isFormatted)
      }
      return .name(name)
    }
    for pair in ["**", "//", "==", "!=", "<=", ">=", "->", ":=", "+=", "-=", "*=", "/="] {
      let text = Array(pair.utf8)
      if peek() == text[0], peek(1) == text[1] {
        position += 2
        return .symbol(pair)
      }
    }
    position += 1
    return .symbol(String(decoding: [byte], as: UTF8.self))
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
        nextLine(at: position + 1)
      }
      if byte == UInt8(ascii: "\\"), !isRaw, position + 1 < bytes.count {
        let escaped = peek(1)
        if escaped == UInt8(ascii: "\n") { nextLine(at: position + 2) }
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

extension Origin {
  /// The same place, with the columns of tokens that all stand on its line.
  func marking(_ tokens: ArraySlice<PythonToken>) -> Origin {
    guard let first = tokens.first, let last = tokens.last, first.line == line, last.line == line
    else { return self }
    return marking(
      bytes: first.columns.lowerBound..<max(last.columns.upperBound, first.columns.lowerBound))
  }

  /// With the place of these bytes of the line.
  func marking(bytes range: Range<Int>) -> Origin {
    let bytes = excerpt.utf8
    func column(_ offset: Int) -> Int? {
      bytes.index(bytes.startIndex, offsetBy: offset, limitedBy: bytes.endIndex).map {
        excerpt.unicodeScalars.distance(from: excerpt.startIndex, to: $0) + 1
      }
    }
    var marked = self
    guard !range.isEmpty, let start = column(range.lowerBound), let end = column(range.upperBound)
    else { return self }
    (marked.column, marked.endColumn) = (start, end)
    return marked
  }
}
