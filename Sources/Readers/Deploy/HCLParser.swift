/// A block of Terraform's language with its attributes as written and the blocks in it.
///
/// ```
/// resource "aws_instance" "web" { instance_type = "t3.micro" }
/// ```
struct HCLBlock {
  let type: String
  let labels: [String]
  let line: Int
  var attributes: [String: (text: String, line: Int)] = [:]
  var blocks: [HCLBlock] = []

  subscript(name: String) -> (text: String, line: Int)? { attributes[name] }

  /// A quoted value without its quotes; nil for what is computed.
  func string(_ name: String) -> String? {
    guard let text = attributes[name]?.text, text.hasPrefix("\""), text.hasSuffix("\""),
      text.count >= 2, !text.contains("${")
    else { return nil }
    return String(text.dropFirst().dropLast())
  }

  func block(_ type: String) -> HCLBlock? { blocks.first { $0.type == type } }
}

/// Reads blocks and attributes; an expression is kept as text up to the end of its line, over
/// further lines where brackets are open.
struct HCLParser {
  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  /// Where a brace has no partner.
  private(set) var unbalanced: Int?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func parse(_ bytes: [UInt8]) -> (root: HCLBlock, unbalanced: Int?) {
    var parser = HCLParser(bytes)
    var root = HCLBlock(type: "", labels: [], line: 1)
    parser.body(of: &root, depth: 0)
    return (root, parser.unbalanced)
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func advance() {
    if peek == UInt8(ascii: "\n") { line += 1 }
    position += 1
  }

  private mutating func body(of block: inout HCLBlock, depth: Int) {
    while true {
      skipSpace()
      guard let byte = peek else {
        if depth > 0 { unbalanced = unbalanced ?? block.line }
        return
      }
      if byte == UInt8(ascii: "}") {
        advance()
        if depth > 0 { return }
        unbalanced = unbalanced ?? line
        continue
      }
      let start = line
      let name = word()
      guard !name.isEmpty else {
        advance()
        continue
      }
      var labels: [String] = []
      skipBlanks()
      while let next = peek, next == UInt8(ascii: "\"") || isName(next) {
        labels.append(next == UInt8(ascii: "\"") ? quoted() : word())
        skipBlanks()
      }
      if peek == UInt8(ascii: "{") {
        advance()
        var inner = HCLBlock(type: name, labels: labels, line: start)
        if depth < 32 {
          body(of: &inner, depth: depth + 1)
        } else {
          _ = expression()
        }
        block.blocks.append(inner)
      } else if peek == UInt8(ascii: "=") || peek == UInt8(ascii: ":") {
        advance()
        skipBlanks()
        let at = line
        block.attributes[name] = (expression(), at)
      }
    }
  }

  private func isName(_ byte: UInt8) -> Bool {
    (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
      || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
  }

  private mutating func word() -> String {
    let start = position
    while let byte = peek, isName(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func quoted() -> String {
    advance()
    let start = position
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\n") {
      position += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    let end = min(position, bytes.count)
    if peek == UInt8(ascii: "\"") { advance() }
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0D { position += 1 }
  }

  private mutating func skipSpace() {
    while let byte = peek {
      let next = position + 1 < bytes.count ? bytes[position + 1] : 0
      if byte == 0x20 || (0x09...0x0D).contains(byte) || byte == UInt8(ascii: ",") {
        advance()
      } else if byte == UInt8(ascii: "#") || byte == UInt8(ascii: "/") && next == byte {
        while let inner = peek, inner != UInt8(ascii: "\n") { position += 1 }
      } else if byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
        while peek != nil {
          if peek == UInt8(ascii: "*"), position + 1 < bytes.count,
            bytes[position + 1] == UInt8(ascii: "/")
          {
            position += 2
            break
          }
          advance()
        }
      } else {
        return
      }
    }
  }

  /// Up to the end of the line where no bracket, string or here-document is open.
  private mutating func expression() -> String {
    let start = position
    var open = 0
    if bytes[position...].starts(with: [0x3C, 0x3C]) { return heredoc() }
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        _ = quoted()
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "("): open += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ")"):
        // `{ a = 1 }` on one line: the brace is the block's.
        if open == 0 { return text(start) }
        open -= 1
      case UInt8(ascii: "#") where open == 0: return text(start)
      case UInt8(ascii: "\n") where open == 0: return text(start)
      default: break
      }
      advance()
    }
    return text(start)
  }

  private func text(_ start: Int) -> String {
    String(String(decoding: bytes[start..<min(position, bytes.count)], as: UTF8.self).bare)
  }

  private mutating func heredoc() -> String {
    position += 2
    if peek == UInt8(ascii: "-") { position += 1 }
    let mark = word()
    let start = position
    while peek != nil {
      while let byte = peek, byte != UInt8(ascii: "\n") {
        _ = byte
        position += 1
      }
      guard peek != nil else { break }
      advance()
      let lineStart = position
      skipBlanks()
      if word() == mark { return String(decoding: bytes[start..<lineStart], as: UTF8.self) }
    }
    return String(decoding: bytes[min(start, bytes.count)...], as: UTF8.self)
  }
}
