/// A value of a YAML or JSON document with the place it stands at.
package struct Node: Sendable {
  package enum Content: Sendable {
    /// A scalar as written; `isQuoted` tells the text "12" from the number 12.
    case scalar(String, isQuoted: Bool)
    case sequence([Node])
    /// In document order; later keys of the same name win on look-up.
    case mapping([(key: Node, value: Node)])
  }

  package let content: Content
  // Documents have many nodes: half of a machine word is enough for what is bounded by their size.
  private let shortLine: UInt32
  private let shortColumn: UInt32

  /// 1-based.
  package var line: Int { Int(shortLine) }
  package var column: Int { Int(shortColumn) }

  package init(_ content: Content, line: Int, column: Int) {
    self.content = content
    shortLine = UInt32(clamping: line)
    shortColumn = UInt32(clamping: column)
  }

  package var scalar: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// The scalar, unless it is an unquoted null.
  package var text: String? {
    guard case .scalar(let text, let isQuoted) = content else { return nil }
    return !isQuoted && ["null", "~", "", "None"].contains(text) ? nil : text
  }

  package var number: Double? { scalar.flatMap { Double($0) } }

  package var bool: Bool? {
    guard case .scalar(let text, isQuoted: false) = content else { return nil }
    switch text {
    case "true", "True", "yes", "on": return true
    case "false", "False", "no", "off": return false
    default: return nil
    }
  }

  package var sequence: [Node]? {
    if case .sequence(let nodes) = content { nodes } else { nil }
  }

  package var mapping: [(key: Node, value: Node)]? {
    if case .mapping(let pairs) = content { pairs } else { nil }
  }

  /// The value of a key of a mapping.
  package subscript(key: String) -> Node? {
    mapping?.last { $0.key.scalar == key }?.value
  }

  /// The value at a path of keys.
  package subscript(path: [String]) -> Node? {
    var node: Node? = self
    for key in path { node = node?[key] }
    return node
  }
}
