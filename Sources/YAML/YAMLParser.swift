import CYAML

/// Why a document could not be read, and where.
package struct DocumentError: Error, Sendable, Equatable {
  package let message: String
  /// 1-based.
  package let line: Int
  package let column: Int

  package init(_ message: String, line: Int, column: Int) {
    self.message = message
    self.line = line
    self.column = column
  }
}

/// Bounds on a document, so that no input costs more than its size warrants.
package struct DocumentLimits: Sendable {
  package var depth = 64
  package var nodes = 500_000
  /// Nodes that aliases may add by repeating their anchors.
  package var aliasedNodes = 10_000

  package init() {}
}

/// Reads all documents of a YAML stream, with the line and column of every node.
package func parseYAML(
  _ text: [UInt8], limits: DocumentLimits = DocumentLimits()
) throws(DocumentError) -> [Node] {
  let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  parser.initialize(to: yaml_parser_t())
  defer { parser.deallocate() }
  var composer = YAMLComposer(limits: limits, parser: parser)
  return try composer.compose(blankingOddLineEnds(text))
}

/// libyaml also ends lines at a lone CR, NEL, LS and PS, where neither `grep -n` nor an editor does. Blanks
/// in their place keep its lines those of the file.
private func blankingOddLineEnds(_ text: [UInt8]) -> [UInt8] {
  guard text.contains(UInt8(ascii: "\n")) else { return text }
  var plain = text
  for (index, byte) in text.enumerated() where byte == 13 || byte == 0xC2 || byte == 0xE2 {
    let rest = text[(index + 1)...].prefix(2)
    let length =
      switch byte {
      case UInt8(ascii: "\r"): rest.first == UInt8(ascii: "\n") || rest.isEmpty ? 0 : 1
      case 0xC2: rest.first == 0x85 ? 2 : 0
      case 0xE2: rest.elementsEqual([0x80, 0xA8]) || rest.elementsEqual([0x80, 0xA9]) ? 3 : 0
      default: 0
      }
    for place in index..<(index + length) { plain[place] = UInt8(ascii: " ") }
  }
  return plain
}

/// libyaml's events, composed into nodes. libyaml has no limits of its own: depth, nodes and what
/// aliases repeat are counted here.
private struct YAMLComposer {
  let limits: DocumentLimits
  /// On the heap: libyaml keeps a pointer to the parser inside it.
  let parser: UnsafeMutablePointer<yaml_parser_t>
  var anchors: [String: (node: Node, size: Int)] = [:]
  var count = 0
  var aliased = 0

  init(limits: DocumentLimits, parser: UnsafeMutablePointer<yaml_parser_t>) {
    self.limits = limits
    self.parser = parser
  }

  mutating func compose(_ text: [UInt8]) throws(DocumentError) -> [Node] {
    guard yaml_parser_initialize(parser) == 1 else {
      throw DocumentError("out of memory", line: 1, column: 1)
    }
    defer { yaml_parser_delete(parser) }
    // The parser keeps the pointer while it is driven, so the whole walk happens inside the closure.
    let result: Result<[Node], DocumentError> = text.withUnsafeBufferPointer { bytes in
      yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
      do throws(DocumentError) {
        return .success(try documents())
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private mutating func documents() throws(DocumentError) -> [Node] {
    var nodes: [Node] = []
    while true {
      var event = try next()
      defer { yaml_event_delete(&event) }
      switch event.type {
      case YAML_STREAM_END_EVENT: return nodes
      case YAML_DOCUMENT_START_EVENT:
        anchors = [:]
        var root = try next()
        defer { yaml_event_delete(&root) }
        nodes.append(try node(of: &root, depth: 0))
      default: continue
      }
    }
  }

  private mutating func next() throws(DocumentError) -> yaml_event_t {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else {
      let problem = parser.pointee.problem.map { String(cString: $0) } ?? "malformed document"
      throw DocumentError(
        problem, line: Int(parser.pointee.problem_mark.line) + 1,
        column: Int(parser.pointee.problem_mark.column) + 1)
    }
    return event
  }

  private mutating func node(of event: inout yaml_event_t, depth: Int) throws(DocumentError)
    -> Node
  {
    let line = Int(event.start_mark.line) + 1
    let column = Int(event.start_mark.column) + 1
    count += 1
    guard depth < limits.depth else {
      throw DocumentError(
        "nested deeper than \(limits.depth) levels", line: line, column: column)
    }
    guard count <= limits.nodes else {
      throw DocumentError("more than \(limits.nodes) values", line: line, column: column)
    }
    let before = count
    switch event.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      let made = Node(
        .scalar(
          String(decoding: bytes, as: UTF8.self),
          isQuoted: scalar.style != YAML_PLAIN_SCALAR_STYLE),
        line: line, column: column)
      remember(scalar.anchor, made, size: 1)
      return made
    case YAML_SEQUENCE_START_EVENT:
      var nodes: [Node] = []
      while true {
        var item = try next()
        defer { yaml_event_delete(&item) }
        if item.type == YAML_SEQUENCE_END_EVENT { break }
        nodes.append(try node(of: &item, depth: depth + 1))
      }
      let made = Node(.sequence(nodes), line: line, column: column)
      remember(event.data.sequence_start.anchor, made, size: count - before + 1)
      return made
    case YAML_MAPPING_START_EVENT:
      var pairs: [(key: Node, value: Node)] = []
      while true {
        var keyEvent = try next()
        defer { yaml_event_delete(&keyEvent) }
        if keyEvent.type == YAML_MAPPING_END_EVENT { break }
        let key = try node(of: &keyEvent, depth: depth + 1)
        var valueEvent = try next()
        defer { yaml_event_delete(&valueEvent) }
        pairs.append((key, try node(of: &valueEvent, depth: depth + 1)))
      }
      let made = Node(.mapping(pairs), line: line, column: column)
      remember(event.data.mapping_start.anchor, made, size: count - before + 1)
      return made
    case YAML_ALIAS_EVENT:
      let name = event.data.alias.anchor.map { String(cString: $0) } ?? ""
      guard let known = anchors[name] else {
        throw DocumentError("unknown alias '*\(name)'", line: line, column: column)
      }
      // What an alias repeats counts in full, so that aliases of aliases multiply here too.
      aliased += known.size
      count += known.size
      guard aliased <= limits.aliasedNodes else {
        throw DocumentError(
          "aliases repeat more than \(limits.aliasedNodes) values", line: line, column: column)
      }
      return known.node
    default:
      throw DocumentError("expected a value", line: line, column: column)
    }
  }

  private mutating func remember(_ anchor: UnsafeMutablePointer<UInt8>?, _ node: Node, size: Int) {
    guard let anchor else { return }
    anchors[String(cString: anchor)] = (node, size)
  }
}
