/// Prints replies as redis-cli prints them on a terminal, so that a live answer and a saved one are
/// read by the same readers.
enum RedisPrinting {
  /// `1) 1) (integer) 189` and so on, as `cliFormatReplyTTY` does.
  static func terminal(_ reply: RedisReply, indent: String = "") -> String {
    switch reply {
    case .bulk(let bytes): "\"\(escaped(bytes))\"\n"
    case .status(let text): "\(text)\n"
    case .error(let text): "(error) \(text)\n"
    case .integer(let number): "(integer) \(number)\n"
    case .absent: "(nil)\n"
    case .list(let elements) where elements.isEmpty: "(empty array)\n"
    case .list(let elements): list(elements, indent)
    }
  }

  private static func list(_ elements: [RedisReply], _ indent: String) -> String {
    let width = String(elements.count).count
    let inner = indent + String(repeating: " ", count: width + 2)
    var text = ""
    for (index, element) in elements.enumerated() {
      let number = String(index + 1)
      // The first stands on the line that its parent's number began.
      text += index == 0 ? "" : indent
      text += String(repeating: " ", count: width - number.count) + number + ") "
      text += terminal(element, indent: inner)
    }
    return text
  }

  /// The way redis-cli (`sdscatrepr`) writes bytes between quotes.
  static func escaped(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\\"): text += "\\\\"
      case UInt8(ascii: "\""): text += "\\\""
      case UInt8(ascii: "\n"): text += "\\n"
      case UInt8(ascii: "\r"): text += "\\r"
      case UInt8(ascii: "\t"): text += "\\t"
      case 0x07: text += "\\a"
      case 0x08: text += "\\b"
      case 0x20..<0x7f: text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16)
        text += "\\x" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return text
  }
}
