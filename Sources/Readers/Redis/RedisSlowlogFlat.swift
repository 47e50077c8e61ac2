/// Finds the entries in the forms that mark no ends, raw lines and csv: ids fall by one, and an id is
/// followed by a time, a duration and a command.
///
/// ```
/// 632                    632,1795225676,779620,"DEL","events:index:2025","10.20.0.50:51251",""
/// 1795225676
/// 779620
/// DEL
/// ```
struct RedisSlowlogFlat {
  private var row: RedisSlowlogRow
  /// Of the entry that was begun.
  private var id: Int?

  init(isInOneLine: Bool) { row = RedisSlowlogRow(isInOneLine: isInOneLine) }

  /// Adds a value, and the text that it stands in; gives the entry that it shows to be complete.
  mutating func add(_ value: Span<UInt8>, line: Int, in text: Span<UInt8>) -> RedisSlowlogEntry? {
    row.add(value, line: line, in: text)
    let start = row.count - 4
    guard start >= 0, begins(at: start) else {
      // Until an id was found only the last few may be one.
      if id == nil, row.count > 3 { row = row.suffix(from: row.count - 3) }
      return nil
    }
    let entry = id == nil ? nil : entry(start)
    id = row.number(start)
    row = row.suffix(from: start)
    return entry
  }

  /// Gives the last entry, and forgets all.
  mutating func finish() -> RedisSlowlogEntry? {
    defer { self = RedisSlowlogFlat(isInOneLine: row.isInOneLine) }
    return id == nil ? nil : entry(row.count)
  }

  private func begins(at index: Int) -> Bool {
    guard let first = row.value(index + 3).first, beginsCommand(first),
      let found = row.number(index),
      let time = row.number(index + 1), row.number(index + 2) != nil
    else { return false }
    // Between 2010, before which there was no slow log, and 2100.
    return time > 1_262_304_000 && time < 4_102_444_800 && (id.map { found == $0 - 1 } ?? true)
  }

  /// In csv all texts are quoted.
  private func beginsCommand(_ byte: UInt8) -> Bool {
    row.isInOneLine
      ? byte == UInt8(ascii: "\"") : (65...90).contains(byte & 0xDF) || byte >= 128
  }

  /// Without the client's address and name at the end.
  private func entry(_ end: Int) -> RedisSlowlogEntry? {
    var end = end
    func text(_ index: Int) -> String { unquoted(row.value(index)) }
    while end > 4, text(end - 1).isEmpty { end -= 1 }
    for drop in 1...2 where end - drop > 3 {
      if RedisText.hostAndPort(text(end - drop)).map({ $0.host.contains { ".:/".contains($0) } })
        == true
      {
        return row.entry(end - drop)
      }
    }
    return row.entry(end)
  }
}

/// The values of a line that `redis-cli --csv` prints, of any length: `4,1795253429,"slowlog","get"`.
struct RedisSlowlogCSV {
  private var flat = RedisSlowlogFlat(isInOneLine: true)
  /// That is being read.
  private var value: [UInt8] = []
  private var isQuoted = false
  private var isEscaped = false
  private static let valueLimit = 4096

  /// Reads up to the end of the line; gives the index behind what was read, and whether the line ended.
  mutating func read(
    _ bytes: Span<UInt8>, from start: Int, line: Int, into entries: inout [RedisSlowlogEntry]
  ) -> (next: Int, isAtEnd: Bool) {
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\n") {
        endValue(line, &entries)
        return (index, true)
      }
      if byte == UInt8(ascii: ","), !isQuoted {
        endValue(line, &entries)
        continue
      }
      if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
      isEscaped = isQuoted && byte == UInt8(ascii: "\\") && !isEscaped
      if value.count < RedisSlowlogCSV.valueLimit { value.append(byte) }
    }
    return (index, false)
  }

  private mutating func endValue(_ line: Int, _ entries: inout [RedisSlowlogEntry]) {
    // Taken out, for it is looked at while `flat` changes.
    let text = value
    value = []
    let filled = text.span.filled(0..<text.count)
    if let entry = flat.add(text[filled].span, line: line, in: text.span) { entries.append(entry) }
  }

  /// Gives the last entry; the line has ended, or there is no more of it.
  mutating func finish(_ line: Int) -> [RedisSlowlogEntry] {
    var entries: [RedisSlowlogEntry] = []
    if !value.isEmpty { endValue(line, &entries) }
    return entries + [flat.finish()].compactMap(\.self)
  }
}

extension Span where Element == UInt8 {
  /// Without the blanks at either end of the range.
  func filled(_ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end, self[start] <= 32 { start += 1 }
    while end > start, self[end - 1] <= 32 { end -= 1 }
    return start..<end
  }
}
