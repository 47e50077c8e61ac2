/// A directive of an nginx configuration with what stands in its block.
///
/// ```
/// upstream app { server 10.0.12.31:8080; }
/// log_format main '$remote_addr [$time_local] "$request" '
///                 '$status';
/// ```
struct NginxDirective {
  let name: String
  let arguments: [String]
  /// 1-based, of the name.
  let line: Int
  var block: [NginxDirective]?
  /// The path of the file it was included from.
  var file: String?
}

/// Splits a configuration into directives. Reads on after what it cannot make sense of: a stray
/// brace or a missing semicolon costs a directive, not the file.
struct NginxParser {
  private enum Token {
    case word(String, line: Int)
    case semicolon, open, close, end
  }

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  /// Where a brace has no partner.
  private(set) var unbalanced: Int?

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func directives(depth: Int = 0) -> [NginxDirective] {
    var result: [NginxDirective] = []
    var words: [(text: String, line: Int)] = []
    func directive(_ block: [NginxDirective]?) -> NginxDirective? {
      words.first.map {
        NginxDirective(
          name: $0.text, arguments: words.dropFirst().map(\.text), line: $0.line, block: block)
      }
    }
    while true {
      switch next() {
      case .word(let text, let line): words.append((text, line))
      case .semicolon:
        if let found = directive(nil) { result.append(found) }
        words = []
      case .open:
        if words.first?.text.hasSuffix("_by_lua_block") == true { skipForeignBlock() }
        let block = depth < 32 ? directives(depth: depth + 1) : []
        if let found = directive(block) { result.append(found) }
        words = []
      case .close:
        if depth > 0 { return result }
        unbalanced = unbalanced ?? line
      case .end:
        if depth > 0 { unbalanced = unbalanced ?? line }
        if let found = directive(nil) { result.append(found) }
        return result
      }
    }
  }

  /// Code of another language: only its braces are counted; the closing one is left.
  private mutating func skipForeignBlock() {
    var open = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\n"): line += 1
      case UInt8(ascii: "{"): open += 1
      case UInt8(ascii: "}"):
        if open == 0 { return }
        open -= 1
      default: break
      }
      position += 1
    }
  }

  private mutating func next() -> Token {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\n"):
        line += 1
        position += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), 0: position += 1
      case UInt8(ascii: "#"):
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
      case UInt8(ascii: ";"):
        position += 1
        return .semicolon
      case UInt8(ascii: "{"):
        position += 1
        return .open
      case UInt8(ascii: "}"):
        position += 1
        return .close
      case UInt8(ascii: "\""), UInt8(ascii: "'"): return quoted(bytes[position])
      default: return word()
      }
    }
    return .end
  }

  private mutating func quoted(_ quote: UInt8) -> Token {
    let start = line
    var text: [UInt8] = []
    position += 1
    while position < bytes.count, bytes[position] != quote {
      if bytes[position] == UInt8(ascii: "\n") { line += 1 }
      if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count {
        // nginx unescapes quotes, a backslash, and \t \r \n; other pairs stay as written.
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): break
        case UInt8(ascii: "t"):
          text.append(9)
          position += 2
          continue
        default: text.append(bytes[position])
        }
        position += 1
      }
      text.append(bytes[position])
      position += 1
    }
    position += 1
    return .word(String(decoding: text, as: UTF8.self), line: start)
  }

  private mutating func word() -> Token {
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"),
        UInt8(ascii: ";"), UInt8(ascii: "}"):
        return .word(String(decoding: bytes[start..<position], as: UTF8.self), line: line)
      case UInt8(ascii: "{"):
        // `${name}` is one word.
        guard position > start, bytes[position - 1] == UInt8(ascii: "$") else {
          return .word(String(decoding: bytes[start..<position], as: UTF8.self), line: line)
        }
        while position < bytes.count, bytes[position] != UInt8(ascii: "}"),
          bytes[position] != UInt8(ascii: "\n")
        {
          position += 1
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: "}") { position += 1 }
      case UInt8(ascii: "\\"): position = min(position + 2, bytes.count)
      default: position += 1
      }
    }
    return .word(String(decoding: bytes[start..<position], as: UTF8.self), line: line)
  }
}

/// The `log_format`s of an nginx configuration: name to format as nginx puts it together.
package func nginxLogFormats(in document: Document) -> [String: String] {
  var parser = NginxParser(document.bytes)
  var formats: [String: String] = [:]
  func collect(_ directives: [NginxDirective]) {
    for directive in directives {
      if directive.name == "log_format", let format = logFormat(of: directive) {
        formats[format.name] = format.text
      }
      collect(directive.block ?? [])
    }
  }
  collect(parser.directives())
  return formats
}

/// `log_format name [escape=default|json|none] 'part' 'part' ...;`
func logFormat(of directive: NginxDirective) -> (name: String, text: String)? {
  guard let name = directive.arguments.first, directive.arguments.count >= 2 else { return nil }
  var parts = directive.arguments.dropFirst()
  if parts.first?.hasPrefix("escape=") == true { parts = parts.dropFirst() }
  return (name, parts.joined())
}
