import YAML

/// Finds the entries in what `redis-cli --json` prints, a list of lists of any length; each is parsed by
/// itself.
struct RedisSlowlogJSON {
  private var depth = 0
  private var isQuoted = false
  private var isEscaped = false
  /// The entry that is being read, and the line that it begins on.
  private var element: [UInt8] = []
  private var line = 0
  private static let elementLimit = 256 << 10
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
      if depth > 1, element.count < RedisSlowlogJSON.elementLimit { element.append(byte) }
      if byte == UInt8(ascii: "\n") { number += 1 }
      if isQuoted {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isQuoted = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isQuoted = true
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        if depth == 2 {
          element = [byte]
          line = number
        }
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        if depth == 1 { end(&entries) }
        if depth <= 0 { return (index, true) }
      default: break
      }
    }
    return (index, false)
  }

  private mutating func end(_ entries: inout [RedisSlowlogEntry]) {
    if let entry = entry() {
      entries.append(entry)
    } else {
      others = (others.count + 1, others.count == 0 ? line : others.line)
    }
  }

  private func entry() -> RedisSlowlogEntry? {
    guard let node = try? parseJSON(element).nodes.first,
      let fields = RedisReply(json: node).items, fields.count >= 4, let words = fields[3].items
    else { return nil }
    let rows = element.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var row = RedisSlowlogRow()
    for field in fields[..<3] + words {
      let text = rows.indices.contains(field.line - 1) ? rows[field.line - 1] : []
      row.add(Array((field.text ?? "").utf8).span, line: line + field.line - 1, in: text.span)
    }
    return row.entry(row.count)
  }
}
