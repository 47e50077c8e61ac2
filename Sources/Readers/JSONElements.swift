/// Finds the lists and objects that lie at one depth of a JSON document of any length, so that each can be
/// parsed by itself.
struct JSONElements {
  /// One of them, from its bracket to its bracket.
  struct Element {
    var bytes: [UInt8] = []
    /// 1-based, of its first byte.
    var line = 0
    /// Longer than what is kept of one.
    var isCut = false
  }

  enum Finding {
    case element(Element)
    /// The outermost bracket was closed.
    case end
  }

  private let level: Int
  private let limit: Int
  private var depth = 0
  private var isQuoted = false
  private var isEscaped = false
  private var element = Element()

  /// What stands within `level - 1` brackets, at most `limit` bytes of each.
  init(level: Int, limit: Int) {
    self.level = level
    self.limit = limit
  }

  /// Whether something is open.
  var isWithin: Bool { depth > 0 }

  /// Takes the next byte, of the line `number`.
  mutating func take(_ byte: UInt8, line number: Int) -> Finding? {
    if depth >= level {
      if element.bytes.count < limit { element.bytes.append(byte) } else { element.isCut = true }
    }
    if isQuoted {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isQuoted = false
      }
      return nil
    }
    switch byte {
    case UInt8(ascii: "\""): isQuoted = true
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      depth += 1
      if depth == level { element = Element(bytes: [byte], line: number) }
    case UInt8(ascii: "]"), UInt8(ascii: "}"):
      depth -= 1
      if depth == level - 1 { return .element(element) }
      if depth <= 0 {
        depth = 0
        return .end
      }
    default: break
    }
    return nil
  }
}
