import Model
import YAML

/// Turns one kind of evidence into facts and events. Readers see bytes and write to a page; they
/// open nothing, print nothing and judge nothing.
package protocol Reader: Sendable {
  static var kind: EvidenceKind { get }

  /// How sure the reader is that it reads this, from the first lines and the name.
  static func recognises(_ sample: Sample) -> Recognition
}

package enum Recognition: Int, Sendable, Comparable {
  case no
  /// The name says so and the content does not deny it.
  case byName
  /// The content could be this.
  case possible
  /// The content has a mark of its own.
  case certain

  package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// The head of a source: what recognition looks at.
package struct Sample: Sendable {
  /// The name as given, last path component, without `.gz`.
  package let name: String
  /// Up to 100 lines of the first 24 KiB, without line ends, each at most 4 KiB.
  package let lines: [String]
  /// Same, as one text.
  package let text: String
  /// True where it is only the beginning of the sample that will be shown next.
  private(set) var isBrief = false

  package init(name: String, head: [UInt8]) {
    self.name = name
    let head = head.prefix(24_576)
    text = String(decoding: head, as: UTF8.self)
    let split = head.split(
      separator: UInt8(ascii: "\n"), maxSplits: 100, omittingEmptySubsequences: false)
    lines = split.prefix(100).map { line in
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      return String(decoding: line.prefix(4096), as: UTF8.self)
    }
  }

  /// Its first lines alone; nil where it has hardly more.
  func brief(_ count: Int) -> Sample? {
    guard lines.count > count * 5 / 4 else { return nil }
    var brief = Sample(name: name, lines: Array(lines.prefix(count)))
    brief.isBrief = true
    return brief
  }

  private init(name: String, lines: [String]) {
    self.name = name
    self.lines = lines
    text = lines.joined(separator: "\n")
  }

  /// The first line that is not blank.
  package var firstLine: String {
    lines.first { $0.contains { !$0.isWhitespace } } ?? ""
  }

  /// True where the text begins as JSON does.
  package var looksLikeJSON: Bool {
    firstLine.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.first.map { $0 == "{" || $0 == "[" }
      ?? false
  }
}

/// Reads a stream line by line, or, where speed matters, block by block.
///
/// A reader is a fold: small private state, `read` per line, totals in `finish`. The state is a
/// value, so that ranges of one stream can be read side by side and merged (`MergeableReader`).
package protocol StreamReader: Reader {
  init(context: ReadingContext)

  /// Reads whole lines: the block ends at a line end or at the end of the source. `firstLine` is
  /// the 1-based number of its first line. Gives the number of its lines. The default splits lines
  /// and calls `read(line:)`.
  @discardableResult
  mutating func read(block: Span<UInt8>, firstLine: Int, into page: inout Page) -> Int

  /// Reads one line without its line end (neither `\n` nor `\r\n`).
  mutating func read(line: Span<UInt8>, number: Int, into page: inout Page)

  /// Records what is known only at the end.
  mutating func finish(into page: inout Page)

  /// False where none of the lines that it skipped can be another program's.
  var maySkipOthers: Bool { get }
}

extension StreamReader {
  @discardableResult
  package mutating func read(
    block: Span<UInt8>, firstLine: Int, into page: inout Page
  ) -> Int {
    var number = firstLine
    var start = 0
    while start < block.count {
      let end = block.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? block.count
      var stop = end
      if stop > start, block[stop - 1] == UInt8(ascii: "\r") { stop -= 1 }
      read(line: block.extracting(start..<stop), number: number, into: &page)
      number += 1
      start = end + 1
    }
    return number - firstLine
  }

  package mutating func finish(into page: inout Page) {}

  package var maySkipOthers: Bool { true }
}

/// A reader whose states over adjacent ranges of one stream can be joined.
package protocol MergeableReader: StreamReader {
  /// Settles what the log is, from its first lines; called once, before anything is read.
  mutating func prepare(for head: Span<UInt8>)

  /// When a line was written, in seconds since 1970, where it tells.
  func second(of line: Span<UInt8>) -> Int?

  /// A reader of the same log that has read nothing.
  func forAnotherRange() -> Self

  /// Ends the reading of a range.
  mutating func close()

  /// Is told, before `finish`, that only this share of the log was read: what it did not see may be
  /// there all the same.
  mutating func sawOnly(share: Double)

  /// Takes in the state of the range that follows, whose lines were numbered from 1: `offset` lines
  /// come before them. Both must have been closed.
  mutating func merge(_ later: Self, addingLines offset: Int)
}

/// Reads a source that is one document; at most `documentLimit` bytes of it are given.
package protocol DocumentReader: Reader {
  static func read(_ document: Document, context: ReadingContext, into page: inout Page)
}

/// Reads a document of any size, piece by piece, and keeps no more of it than a piece.
package protocol PieceReader: DocumentReader {
  init(name: String, context: ReadingContext)

  /// Reads the bytes that follow those read before; a piece may end anywhere.
  mutating func read(piece: Span<UInt8>, into page: inout Page)

  mutating func finish(into page: inout Page)
}

extension PieceReader {
  package static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    var reader = Self(name: document.name, context: context)
    reader.read(piece: document.bytes.span, into: &page)
    reader.finish(into: &page)
  }
}

/// A whole small source.
package struct Document: Sendable {
  /// 8 MiB: no config or status of a real system comes near.
  package static let limit = 8 << 20

  package let name: String
  package let bytes: [UInt8]
  /// The source was larger than the limit.
  package let isCut: Bool

  package init(name: String, bytes: [UInt8], isCut: Bool = false) {
    self.name = name
    self.bytes = bytes
    self.isCut = isCut
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Without line ends; the line numbered `n` is at `n - 1`.
  package var lines: [String] {
    var lines: [String] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(Document.text(of: rest[..<end]))
      rest = rest[(end + 1)...]
    }
    lines.append(Document.text(of: rest))
    return lines
  }

  private static func text(of line: ArraySlice<UInt8>) -> String {
    String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
  }

  /// The origin of a 1-based line, given the lines.
  package static func origin(_ line: Int, in lines: [String]) -> Origin {
    let text = lines.indices.contains(line - 1) ? lines[line - 1] : ""
    // Characters are counted only where there may be more than 200.
    return Origin(line: line, excerpt: text.utf8.count <= 200 ? text : String(text.prefix(200)))
  }

  /// The origin of a value of a YAML or JSON document, with its columns where it is one line's text.
  package static func origin(_ node: Node, in lines: [String]) -> Origin {
    var origin = origin(node.line, in: lines)
    origin.column = node.column
    if let text = node.scalar, !text.isEmpty {
      let end = node.column + text.unicodeScalars.count
      let line = Array(origin.excerpt.unicodeScalars)
      if node.column >= 1, end - 1 <= line.count,
        line[(node.column - 1)..<(end - 1)].elementsEqual(text.unicodeScalars)
      {
        origin.endColumn = end
      } else if end + 1 <= line.count, line[node.column..<end].elementsEqual(text.unicodeScalars) {
        // Quoted: the quotes belong to the value.
        origin.endColumn = end + 2
      }
    }
    return origin
  }
}

/// What a reader may know besides its own source: what the configs among the evidence and the
/// command line said. Made by the first pass, fixed for the second.
package struct ReadingContext: Sendable {
  /// nginx `log_format`s by name, raw text, from the configs and `--log-format`.
  package var logFormats: [String: String] = [:]
  /// Zones for clocks that state none: seconds east of UTC by kind, nil key for all.
  package var zones: [EvidenceKind?: Int] = [:]
  /// `--since` and `--until`: what lies outside is not read.
  package var window: TimeWindow = TimeWindow()
  /// The year for stamps without one, from other evidence; never from this machine's clock.
  package var year: Int?
  /// How many threads may read side by side.
  package var threads = 1
  /// Of a plain access log that is larger, so many bytes are read, evenly spread over it.
  package var sampleSize: Int?
  /// Is told of bytes as they are read; called from any thread.
  package var progress: (@Sendable (_ bytes: Int) -> Void)?
  /// Is told how many are going to be, where that is known.
  package var expect: (@Sendable (_ bytes: Int) -> Void)?

  package init() {}

  /// The zone for a kind of evidence whose stamps have none, and whether it was given.
  package func zone(for kind: EvidenceKind) -> (offset: Int, isKnown: Bool) {
    if let given = zones[kind] ?? zones[nil] { return (given, true) }
    return (0, false)
  }
}

extension Page {
  /// The first of what is to be read; says so where there is more.
  mutating func first<Items: Collection>(
    _ limit: Int, of items: Items, _ what: String
  ) -> Items.SubSequence {
    if items.count > limit { lose("\(items.count) \(what); the first \(limit) were read") }
    return items.prefix(limit)
  }
}
