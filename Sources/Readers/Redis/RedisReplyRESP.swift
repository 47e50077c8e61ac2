/// The protocol itself, as `nc` and `telnet` show it: `*2`, `$6`, `LRANGE`, `:91000`.
extension RedisReply {
  private static let depthLimit = 8
  private static let memberLimit = 100_000

  /// The first list among the lines; nil where they are none of the protocol.
  init?(resp lines: [String]) {
    guard
      let start = lines.firstIndex(where: { line in
        let text = RedisText.trimmed(line)
        return text.first == "*" && RedisText.integer(text.dropFirst()) ?? 0 > 0
      }), start < 20
    else { return nil }
    var index = start
    guard let reply = RedisReply.value(lines, &index, depth: 0), reply.items?.isEmpty == false
    else { return nil }
    self = reply
  }

  private static func value(_ lines: [String], _ index: inout Int, depth: Int) -> RedisReply? {
    guard index < lines.count, depth < depthLimit else { return nil }
    let line = RedisText.trimmed(lines[index])
    let number = index + 1
    index += 1
    guard let mark = line.first else { return nil }
    let rest = line.dropFirst()
    switch mark {
    case "*":
      guard let count = RedisText.integer(rest), count <= memberLimit else { return nil }
      var items: [RedisReply] = []
      while items.count < count, let item = value(lines, &index, depth: depth + 1) {
        items.append(item)
      }
      return RedisReply(line: number, text: nil, items: items)
    case "$":
      guard let count = RedisText.integer(rest) else { return nil }
      if count < 0 { return RedisReply(line: number, text: nil, items: nil) }
      guard index < lines.count else { return nil }
      index += 1
      return RedisReply(line: index, text: String(lines[index - 1].prefix(4096)), items: nil)
    case ":", "+", "-":
      return RedisReply(line: number, text: String(rest.prefix(4096)), items: nil)
    default: return nil
    }
  }
}
