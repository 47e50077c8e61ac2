/// Words that are looked for in one pass over a line, however many they are.
///
/// Every four bytes of the line are looked up in a small table of how the words begin, and only where
/// one begins so is it compared. A line that holds none, as most do, costs one look at its bytes, where
/// as many calls of `contains` would go over it as there are words.
struct WordSet: Sendable {
  /// Those groups of which a line holds some word, one bit each.
  struct Groups: Sendable {
    fileprivate(set) var bits: UInt64 = 0

    var isEmpty: Bool { bits == 0 }

    func contains(_ group: Int) -> Bool { bits >> UInt64(group) & 1 == 1 }
  }

  private struct Word {
    let text: StaticString
    let group: UInt64
    /// The next word whose beginning has the same place in the table; 0 after the last.
    let next: UInt8
  }

  /// The first is none, so that 0 can stand for no word.
  private let words: [Word]
  /// By the hash of four bytes, the word that begins with them; 0 for none.
  private let beginnings: [UInt8]

  private static let tableBits = 12

  /// Words have at least four bytes each, and what is searched is told by the number of their group.
  init(groups: [[StaticString]]) {
    var words = [Word(text: "", group: 0, next: 0)]
    var beginnings = [UInt8](repeating: 0, count: 1 << Self.tableBits)
    precondition(groups.count <= 64 && groups.reduce(0) { $0 + $1.count } <= 255)
    for (number, group) in groups.enumerated() {
      for text in group {
        precondition(text.utf8CodeUnitCount >= 4, "a word of fewer than four bytes")
        let place = Self.place(UnsafeRawPointer(text.utf8Start))
        words.append(Word(text: text, group: 1 << UInt64(number), next: beginnings[place]))
        beginnings[place] = UInt8(words.count - 1)
      }
    }
    self.words = words
    self.beginnings = beginnings
  }

  init(_ words: [StaticString]) { self.init(groups: [words]) }

  /// The groups of which some word stands in the line.
  func groups(in line: borrowing Span<UInt8>) -> Groups {
    var found = Groups()
    let last = line.count - 4
    guard last >= 0 else { return found }
    line.withUnsafeBytes { bytes in
      beginnings.withUnsafeBufferPointer { beginnings in
        guard let start = bytes.baseAddress else { return }
        // Four bytes are read at `start + place`, and the last of them is the line's last at most.
        for place in 0...last {
          var index = beginnings[Self.place(start + place)]
          while index != 0 {
            let word = words[Int(index)]
            if Self.stands(word.text, at: place, in: bytes) { found.bits |= word.group }
            index = word.next
          }
        }
      }
    }
    return found
  }

  func isFound(in line: borrowing Span<UInt8>) -> Bool { !groups(in: line).isEmpty }

  private static func stands(
    _ word: StaticString, at place: Int, in bytes: UnsafeRawBufferPointer
  ) -> Bool {
    let length = word.utf8CodeUnitCount
    guard length <= bytes.count - place else { return false }
    for offset in 0..<length where bytes[place + offset] != word.utf8Start[offset] { return false }
    return true
  }

  /// The place in the table of the four bytes at `start`, which must be readable.
  @inline(__always)
  private static func place(_ start: UnsafeRawPointer) -> Int {
    let bytes = start.loadUnaligned(as: UInt32.self)
    return Int((bytes &* 0x9E37_79B1) >> UInt32(32 - tableBits))
  }
}
