/// Finds the entries in the protocol itself, as `nc` and `telnet` show it: `*2`, `*6`, `:632`, `$3`, `DEL`.
struct RedisSlowlogProtocol {
  private var row = RedisSlowlogRow()
  /// Of each open list, outermost first, how many members are missing and which comes next.
  private var lists: [(missing: Int, next: Int)] = []
  /// The next line is a text.
  private var isText = false
  private static let depthLimit = 8

  /// An answer has begun and not ended.
  var isOpen: Bool { !lists.isEmpty }

  /// Reads a line; false where it is none of an answer, which ends it.
  mutating func read(
    _ line: Span<UInt8>, number: Int, into entries: inout [RedisSlowlogEntry]
  ) -> Bool {
    if isText {
      isText = false
      add(line, 0..<line.count, number)
      complete(&entries)
      return true
    }
    let text = line.filled(0..<line.count)
    guard let mark = text.first.map({ line[$0] }) else { return false }
    let value = text.lowerBound + 1..<text.upperBound
    switch mark {
    case UInt8(ascii: "*"):
      guard let count = line.number(value), lists.count < RedisSlowlogProtocol.depthLimit else {
        break
      }
      if count == 0, isOpen {
        complete(&entries)
      } else if count > 0 {
        if lists.count == 1 { row.removeAll() }
        lists.append((count, 0))
      }
      return true
    case UInt8(ascii: "$"):
      isText = line.number(value) != nil
      // `$-1` is nothing.
      if !isText { complete(&entries) }
      return isOpen
    case UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: "-"):
      add(line, value, number)
      complete(&entries)
      return isOpen || mark == UInt8(ascii: ":")
    default: break
    }
    self = RedisSlowlogProtocol()
    return false
  }

  /// Id, time and duration are the first members of an entry, the words those of its fourth.
  private mutating func add(_ line: Span<UInt8>, _ value: Range<Int>, _ number: Int) {
    let isHead = lists.count == 2 && lists[1].next < 3 && lists[1].next == row.count
    let isWord = lists.count == 3 && lists[1].next == 3 && row.count >= 3
    if isHead || isWord { row.add(line.extracting(value), line: number, in: line) }
  }

  /// Counts a member, and those that are complete with it.
  private mutating func complete(_ entries: inout [RedisSlowlogEntry]) {
    while let last = lists.indices.last {
      lists[last].missing -= 1
      lists[last].next += 1
      guard lists[last].missing <= 0 else { return }
      lists.removeLast()
      if last == 1, let entry = row.entry(row.count) { entries.append(entry) }
    }
  }
}
