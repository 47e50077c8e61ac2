/// The values of an entry that is being read, with the bytes that they stand in.
struct RedisSlowlogRow {
  /// The entry stands in one line with others: what is cited is its part of it.
  let isInOneLine: Bool
  private var fields: [RedisSlowlogEntry.Field] = []
  private var bytes: [UInt8] = []
  /// An entry has at most 32 words, each cut after 128 bytes; what has more is none.
  private static let fieldLimit = 256
  private static let valueLimit = 4096

  init(isInOneLine: Bool = false) { self.isInOneLine = isInOneLine }

  var count: Int { fields.count }

  /// Adds a value, and the text that it stands in: its line, or what is between two commas.
  mutating func add(_ value: Span<UInt8>, line: Int, in text: Span<UInt8>) {
    guard fields.count < RedisSlowlogRow.fieldLimit else { return }
    let row = append(text, RedisSlowlogEntry.rowLimit)
    let place = append(value, RedisSlowlogRow.valueLimit)
    fields.append(RedisSlowlogEntry.Field(line: line, row: row, value: place))
  }

  private mutating func append(_ text: Span<UInt8>, _ limit: Int) -> Range<Int> {
    let start = bytes.count
    text.extracting(first: min(text.count, limit)).withUnsafeBufferPointer {
      bytes.append(contentsOf: $0)
    }
    return start..<bytes.count
  }

  func value(_ index: Int) -> ArraySlice<UInt8> { bytes[fields[index].value] }

  func number(_ index: Int) -> Int? { value(index).wholeNumber }

  /// The entry that the first `count` values are.
  func entry(_ count: Int) -> RedisSlowlogEntry? {
    guard isInOneLine else { return RedisSlowlogEntry(fields.prefix(count), in: bytes) }
    let all = fields.prefix(count)
    // Where one of them is cut, the limit is reached.
    let text = Array(all.map { bytes[$0.row] }.joined(separator: [UInt8(ascii: ",")]))
    let row = bytes.count..<bytes.count + min(text.count, RedisSlowlogEntry.rowLimit)
    return RedisSlowlogEntry(
      all.map { RedisSlowlogEntry.Field(line: $0.line, row: row, value: $0.value) },
      in: bytes + text)
  }

  mutating func removeAll() {
    fields.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  /// The values from `start` on, by themselves.
  func suffix(from start: Int) -> RedisSlowlogRow {
    var rest = RedisSlowlogRow(isInOneLine: isInOneLine)
    for field in fields[start...] {
      rest.add(bytes[field.value].span, line: field.line, in: bytes[field.row].span)
    }
    return rest
  }
}
