/// Cuts pieces that end anywhere into lines, as `Document.lines` cuts a whole text. Of a longer line than
/// a MiB the rest is passed over.
struct PieceLines {
  private var tail: [UInt8] = []
  /// Of the line that `tail` begins.
  private var number = 1
  private static let limit = 1 << 20
  /// The first line of which something was passed over.
  private(set) var firstCutLine: Int?

  struct Line {
    /// Without its end.
    let text: String
    /// From 1.
    let number: Int
  }

  /// The lines that end in the piece.
  mutating func read(_ piece: Span<UInt8>) -> [Line] {
    var lines: [Line] = []
    var start = 0
    while let end = piece.firstIndex(of: UInt8(ascii: "\n"), from: start) {
      append(piece, start..<end)
      lines.append(takeLine())
      start = end + 1
    }
    append(piece, start..<piece.count)
    return lines
  }

  /// What follows the last line end, which may be nothing.
  mutating func finish() -> Line { takeLine() }

  private mutating func append(_ piece: Span<UInt8>, _ range: Range<Int>) {
    let room = PieceLines.limit - tail.count
    if range.count > room, firstCutLine == nil { firstCutLine = number }
    piece.extracting(range).extracting(first: min(range.count, room)).withUnsafeBufferPointer {
      tail.append(contentsOf: $0)
    }
  }

  private mutating func takeLine() -> Line {
    let bytes = tail.last == UInt8(ascii: "\r") ? tail.dropLast() : tail[...]
    defer {
      tail.removeAll(keepingCapacity: true)
      number += 1
    }
    return Line(text: String(decoding: bytes, as: UTF8.self), number: number)
  }
}
