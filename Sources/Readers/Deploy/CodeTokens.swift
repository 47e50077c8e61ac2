/// A word, a number, a string or a symbol of a program's text, with its line (1-based) and the bytes of the line
/// that it begins in.
struct CodeToken {
  enum Content: Equatable {
    case word(String)
    case number(Double)
    case string(String)
    case symbol(Character)
  }

  let content: Content
  let line: Int
  let columns: Range<Int>

  var word: String? { if case .word(let word) = content { word } else { nil } }

  func isSymbol(_ symbol: Character) -> Bool { content == .symbol(symbol) }
}

let codeTokenLimit = 200_000

/// Splits the text of a program in one of the languages that write calls with brackets and strings in quotes. It
/// is read for a few settings, never run, and what is written in another way is only not found.
///
/// `comment` begins one up to the end of its line: `//`, with `/* */` besides, or `#`. More than `codeTokenLimit`
/// are not split.
func codeTokens(_ bytes: [UInt8], comment: String) -> [CodeToken] {
  var tokens: [CodeToken] = []
  var index = 0
  var line = 1
  var lineStart = 0
  let comment = Array(comment.utf8)

  func starts(_ text: [UInt8]) -> Bool { bytes[index...].starts(with: text) }
  func isWord(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || byte >= 0x80
      || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte &- UInt8(ascii: "0") < 10
  }
  func endLine() {
    line += 1
    lineStart = index + 1
  }
  func skip(through end: [UInt8]) {
    while index < bytes.count, !starts(end) {
      if bytes[index] == UInt8(ascii: "\n") { endLine() }
      index += 1
    }
    index = min(index + end.count, bytes.count)
  }

  func add(_ content: CodeToken.Content, from start: Int, _ place: (line: Int, start: Int)) {
    let columns = start - place.start..<index - place.start
    tokens.append(CodeToken(content: content, line: place.line, columns: columns))
  }

  while index < bytes.count, tokens.count < codeTokenLimit {
    let byte = bytes[index]
    let start = index
    if byte == UInt8(ascii: "\n") {
      endLine()
      index += 1
    } else if byte <= 0x20 {
      index += 1
    } else if starts(comment) {
      while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
    } else if comment != [UInt8(ascii: "#")], starts(Array("/*".utf8)) {
      skip(through: Array("*/".utf8))
    } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") || byte == UInt8(ascii: "`") {
      let first = (line, lineStart)
      index += 1
      while index < bytes.count, bytes[index] != byte {
        if bytes[index] == UInt8(ascii: "\n") {
          // Only a template spans lines; anything else is an apostrophe.
          if byte != UInt8(ascii: "`") { break }
          endLine()
        }
        index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
      }
      index = min(index, bytes.count)
      let text = String(decoding: bytes[start + 1..<max(index, start + 1)], as: UTF8.self)
      if index < bytes.count, bytes[index] == byte { index += 1 }
      add(.string(text), from: start, first)
    } else if isWord(byte) {
      while index < bytes.count, isWord(bytes[index]) { index += 1 }
      let text = String(decoding: bytes[start..<index], as: UTF8.self)
      let content = codeNumber(text).map { CodeToken.Content.number($0) } ?? .word(text)
      add(content, from: start, (line, lineStart))
    } else {
      index += 1
      add(.symbol(Character(UnicodeScalar(byte))), from: start, (line, lineStart))
    }
  }
  return tokens
}

/// `3600`, `86_400`, `5L` of Java.
private func codeNumber(_ text: String) -> Double? {
  guard let first = text.first, first.isASCII, first.isNumber else { return nil }
  var digits = text.filter { $0 != "_" }
  if digits.hasSuffix("L") || digits.hasSuffix("n") { digits.removeLast() }
  return Double(digits)
}
