/// Cuts pieces that end anywhere into lines, as `Document.lines` cuts a whole text. Of a longer line than
/// a MiB the rest is passed over.
struct PieceLines {
  private var tail: [UInt8] = []
  /// Of the line that `tail` begins.
  private var number = 1
  private static let limit = 1 << 20

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

/// An even selection of a series of any length, its first and its last member among it.
struct Thinned<Element> {
  private let limit: Int
  private var kept: [Element] = []
  private var stride = 1
  /// How many there were.
  private(set) var count = 0
  /// The member that came last.
  var last: Element?

  /// Keeps at most twice the limit; up to that nothing is left out.
  init(limit: Int) { self.limit = limit }

  mutating func append(_ element: Element) {
    if let last, (count - 1) % stride == 0 {
      kept.append(last)
      if kept.count == 2 * limit {
        kept = Swift.stride(from: 0, to: kept.count, by: 2).map { kept[$0] }
        stride *= 2
      }
    }
    last = element
    count += 1
  }

  var elements: [Element] { kept + [last].compactMap(\.self) }

  /// At most the limit and the last; and one of how many that is.
  var fewer: (elements: [Element], step: Int) {
    let step = max(1, (kept.count + limit - 1) / limit)
    let chosen = Swift.stride(from: 0, to: kept.count, by: step).map { kept[$0] }
    return (chosen + [last].compactMap(\.self), step * stride)
  }
}

extension Thinned: Sendable where Element: Sendable {}
