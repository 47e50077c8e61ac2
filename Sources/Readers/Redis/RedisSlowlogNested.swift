/// Finds the entries in what redis-cli prints on a terminal, numbered lists, nested by columns.
///
/// ```
/// 1) 1) (integer) 632
///    2) (integer) 1795225676
///    3) (integer) 779620
///    4) 1) "DEL"
///       2) "events:index:2025"
///    5) "10.20.0.50:51251"
///    6) "housekeeping"
/// ```
///
/// A value belongs to the list that the column of its `)` shows; where blanks were lost in a paste, to
/// the innermost list that its number continues.
struct RedisSlowlogNested {
  private var row = RedisSlowlogRow()
  /// Of the `)` of the entry's values, and of the command's words.
  private var entryColumn = 0
  private var wordColumn = 0
  private var isOpen = false
  /// The command's words are complete: what follows is the client.
  private var isPastWords = false

  /// The numbers that a line begins with, at most three, and what follows them.
  private struct Numbers {
    var count = 0
    var first = 0
    var last = 0
    var column = 0
    var rest = 0

    init(_ line: Span<UInt8>) {
      while count < 3 {
        var start = rest
        while start < line.count, line[start] == 32 || line[start] == 9 { start += 1 }
        var end = start
        var value = 0
        while end < line.count, end - start < 7, (48...57).contains(line[end]) {
          value = value * 10 + Int(line[end] - 48)
          end += 1
        }
        guard end > start, end < line.count, line[end] == UInt8(ascii: ")"),
          end + 1 == line.count || line[end + 1] == 32
        else { return }
        if count == 0 { first = value }
        count += 1
        last = value
        column = end
        rest = min(end + 2, line.count)
      }
    }
  }

  /// Reads a line; false where it is none of a numbered list.
  mutating func read(
    _ line: Span<UInt8>, number: Int, into entries: inout [RedisSlowlogEntry]
  ) -> Bool {
    let numbers = Numbers(line)
    guard numbers.count > 0 else { return false }
    let value = line.filled(numbers.rest..<line.count)
    let integer =
      line.holds("(integer) ", at: value.lowerBound)
      ? min(value.lowerBound + 10, value.upperBound)..<value.upperBound : nil
    if numbers.count == 2, numbers.last == 1, let integer {
      if let entry = finish() { entries.append(entry) }
      isOpen = true
      entryColumn = numbers.column
      add(line, integer, number)
      return true
    }
    guard isOpen else { return true }
    let words = row.count - 3
    if numbers.count == 2, numbers.last == 1, numbers.first == 4, words == 0 {
      wordColumn = numbers.column
      add(line, value, number)
    } else if numbers.count == 1, words < 0, numbers.last == row.count + 1, let integer {
      add(line, integer, number)
    } else if numbers.count == 1, words > 0, !isPastWords, numbers.last == words + 1,
      numbers.column == wordColumn || numbers.column != entryColumn
    {
      add(line, value, number)
    } else if numbers.count == 1, words > 0, numbers.last == 5 || numbers.last == 6 {
      isPastWords = true
    } else {
      // Another answer, or the rest of one.
      if let entry = finish() { entries.append(entry) }
    }
    return true
  }

  private mutating func add(_ line: Span<UInt8>, _ value: Range<Int>, _ number: Int) {
    row.add(line.extracting(value), line: number, in: line)
  }

  /// Gives the entry that was begun, and forgets it.
  mutating func finish() -> RedisSlowlogEntry? {
    defer {
      row.removeAll()
      isOpen = false
      isPastWords = false
    }
    return isOpen ? row.entry(row.count) : nil
  }
}
