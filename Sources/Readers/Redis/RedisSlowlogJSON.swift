import YAML

/// Finds the entries in what `redis-cli --json` prints, a list of lists of any length; each is parsed by
/// itself.
struct RedisSlowlogJSON {
  private var elements = JSONElements(level: 2, limit: 256 << 10)
  /// How many members are no entries, and the line of the first.
  private(set) var others = (count: 0, line: 0)

  /// Reads up to the end of the list; gives the index behind what was read, and whether the list ended.
  /// Counts lines on.
  mutating func read(
    _ bytes: Span<UInt8>, from start: Int, line number: inout Int,
    into entries: inout [RedisSlowlogEntry]
  ) -> (next: Int, isAtEnd: Bool) {
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\n") { number += 1 }
      switch elements.take(byte, line: number) {
      case .element(let element): end(element, &entries)
      case .end: return (index, true)
      case nil: break
      }
    }
    return (index, false)
  }

  private mutating func end(
    _ element: JSONElements.Element, _ entries: inout [RedisSlowlogEntry]
  ) {
    if let entry = entry(of: element) {
      entries.append(entry)
    } else {
      others = (others.count + 1, others.count == 0 ? element.line : others.line)
    }
  }

  private func entry(of element: JSONElements.Element) -> RedisSlowlogEntry? {
    guard let node = try? parseJSON(element.bytes).nodes.first,
      let fields = RedisReply(json: node).items, fields.count >= 4, let words = fields[3].items
    else { return nil }
    let rows = element.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var row = RedisSlowlogRow()
    for field in fields[..<3] + words {
      let text = rows.indices.contains(field.line - 1) ? rows[field.line - 1] : []
      row.add(
        Array((field.text ?? "").utf8).span, line: element.line + field.line - 1, in: text.span)
    }
    return row.entry(row.count)
  }
}
