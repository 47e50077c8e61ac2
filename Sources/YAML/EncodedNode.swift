/// A document that was parsed earlier, as text that is read back without a parser: what the build makes
/// of the built-in rules.
///
/// A node is `KIND LINE COLUMN SIZE:` and SIZE bytes. KIND is `p` for a plain scalar and `q` for a quoted
/// one, whose bytes are its text, `s` for a sequence, whose bytes are its items, and `m` for a mapping,
/// whose bytes are keys and values in turn.
///
/// ```
/// m1 1 25:p1 1 3:forp1 6 4:host
/// ```
extension Node {
  package var encoded: String {
    let kind: Character
    let body: String
    switch content {
    case .scalar(let text, let isQuoted): (kind, body) = (isQuoted ? "q" : "p", text)
    case .sequence(let nodes): (kind, body) = ("s", nodes.map(\.encoded).joined())
    case .mapping(let pairs):
      (kind, body) = ("m", pairs.map { $0.key.encoded + $0.value.encoded }.joined())
    }
    return "\(kind)\(line) \(column) \(body.utf8.count):" + body
  }

  /// The document without some keys of its root; nil for what `encoded` did not write.
  package init?(encoded text: String, without keys: [String] = []) {
    var decoder = NodeDecoder(bytes: Array(text.utf8))
    guard let node = decoder.node(without: keys) else { return nil }
    self = node
  }
}

private struct NodeDecoder {
  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func node(without keys: [String] = []) -> Node? {
    guard let (kind, line, column, end) = head() else { return nil }
    let content: Node.Content
    switch kind {
    case UInt8(ascii: "p"), UInt8(ascii: "q"):
      let text = String(decoding: bytes[position..<end], as: UTF8.self)
      position = end
      content = .scalar(text, isQuoted: kind == UInt8(ascii: "q"))
    case UInt8(ascii: "s"):
      var nodes: [Node] = []
      while position < end {
        guard let node = node() else { return nil }
        nodes.append(node)
      }
      content = .sequence(nodes)
    case UInt8(ascii: "m"):
      var pairs: [(key: Node, value: Node)] = []
      while position < end {
        guard let key = node() else { return nil }
        if let name = key.scalar, keys.contains(name) {
          guard let left = head() else { return nil }
          position = left.end
        } else {
          guard let value = node() else { return nil }
          pairs.append((key, value))
        }
      }
      content = .mapping(pairs)
    default: return nil
    }
    return Node(content, line: line, column: column)
  }

  /// What stands before the bytes of a node, and where they end.
  private mutating func head() -> (kind: UInt8, line: Int, column: Int, end: Int)? {
    guard position < bytes.count else { return nil }
    let kind = bytes[position]
    position += 1
    guard let line = number(before: " "), let column = number(before: " "),
      let size = number(before: ":"), size <= bytes.count - position
    else { return nil }
    return (kind, line, column, position + size)
  }

  private mutating func number(before mark: Unicode.Scalar) -> Int? {
    var number = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: mark) { return number }
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), number < 1 << 32 else { break }
      number = 10 * number + Int(byte - UInt8(ascii: "0"))
    }
    return nil
  }
}
