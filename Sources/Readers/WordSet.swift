/// Words that are looked for in one pass over a line, however many they are.
///
/// At every other byte of the line, three bytes are looked up in a small table of how the words begin,
/// at their first byte or at their second, and only where one may begin is it compared. A line that
/// holds none, as most do, costs one look at its bytes, where as many calls of `contains` would go over
/// it as there are words.
struct WordSet: Sendable {
  /// Those groups of which a line holds some word, one bit each.
  struct Groups: Sendable {
    fileprivate(set) var bits: UInt64 = 0

    var isEmpty: Bool { bits == 0 }

    func contains(_ group: Int) -> Bool { bits >> UInt64(group) & 1 == 1 }
  }

  /// A word as it is found by its first byte or by its second.
  private struct Entry {
    let word: StaticString
    let group: UInt64
    let offset: Int
    /// The next entry that has the same place in the table; 0 after the last.
    let next: UInt8
  }

  /// The first is none, so that 0 can stand for it.
  private let entries: [Entry]
  /// By the hash of three bytes, the first entry with these; 0 for none.
  private let table: [UInt8]

  private static let tableBits = 12

  /// Words have at least four bytes each; what is found is told by the number of its group.
  init(groups: [[StaticString]]) {
    var entries = [Entry(word: "", group: 0, offset: 0, next: 0)]
    var table = [UInt8](repeating: 0, count: 1 << Self.tableBits)
    precondition(groups.count <= 64 && groups.reduce(0) { $0 + $1.count } <= 127)
    for (number, group) in groups.enumerated() {
      for word in group {
        precondition(word.utf8CodeUnitCount >= 4, "a word of fewer than four bytes")
        for offset in 0...1 {
          // A word ends with a zero, so that four bytes are there to be read.
          let place = Self.place(UnsafeRawPointer(word.utf8Start + offset))
          entries.append(
            Entry(word: word, group: 1 << UInt64(number), offset: offset, next: table[place]))
          table[place] = UInt8(entries.count - 1)
        }
      }
    }
    self.entries = entries
    self.table = table
  }

  init(_ words: [StaticString]) { self.init(groups: [words]) }

  /// The groups of which some word stands in the line.
  func groups(in line: borrowing Span<UInt8>) -> Groups {
    var found = Groups()
    let last = line.count - 4
    guard last >= 0 else { return found }
    line.withUnsafeBytes { bytes in
      table.withUnsafeBufferPointer { table in
        guard let start = bytes.baseAddress else { return }
        // Four bytes are read at each place, and the last of them is the line's last at most.
        var place = 0
        while place <= last {
          let index = table[Self.place(start + place)]
          if index != 0 { compare(index, at: place, in: bytes, &found) }
          place += 2
        }
        // A word of four bytes that ends the line begins there.
        if last % 2 == 1 {
          compare(table[Self.place(start + last)], at: last, in: bytes, &found)
        }
      }
    }
    return found
  }

  /// Notes those words of an entry and its followers that stand around `place`.
  private func compare(
    _ index: UInt8, at place: Int, in bytes: UnsafeRawBufferPointer, _ found: inout Groups
  ) {
    var index = Int(index)
    while index != 0 {
      let entry = entries[index]
      if Self.stands(entry.word, at: place - entry.offset, in: bytes) { found.bits |= entry.group }
      index = Int(entry.next)
    }
  }

  func isFound(in line: borrowing Span<UInt8>) -> Bool { !groups(in: line).isEmpty }

  private static func stands(
    _ word: StaticString, at place: Int, in bytes: UnsafeRawBufferPointer
  ) -> Bool {
    let (text, length) = (word.utf8Start, word.utf8CodeUnitCount)
    // Words that begin alike mostly end otherwise.
    guard place >= 0, length <= bytes.count - place,
      bytes[place + length - 1] == text[length - 1]
    else { return false }
    for offset in 0..<length where bytes[place + offset] != text[offset] { return false }
    return true
  }

  /// The place in the table of the three bytes at `start`, where four must be readable.
  @inline(__always)
  private static func place(_ start: UnsafeRawPointer) -> Int {
    let bytes = UInt32(littleEndian: start.loadUnaligned(as: UInt32.self)) & 0xFF_FFFF
    return Int((bytes &* 0x9E37_79B1) >> UInt32(32 - tableBits))
  }
}
