import Model

@testable import Readers

/// Runs a reader over text as the reading driver would, in one block.
func readPage(
  _ text: String, name: String = "file", with reader: any DocumentReader.Type,
  context: ReadingContext = ReadingContext()
) -> Page {
  var page = Page(kind: reader.kind)
  reader.read(Document(name: name, bytes: Array(text.utf8)), context: context, into: &page)
  return page
}

func readPage(
  _ text: String, name: String = "file", with reader: any StreamReader.Type,
  context: ReadingContext = ReadingContext(), chunk: Int = .max
) -> Page {
  func run<R: StreamReader>(_ type: R.Type) -> Page {
    var reader = R(context: context)
    var page = Page(kind: R.kind)
    var first = 1
    // Chunks end at line ends, as the driver's do.
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      var end = rest.count > chunk ? rest.startIndex + chunk : rest.endIndex
      while end < rest.endIndex, rest[end - 1] != UInt8(ascii: "\n") { end += 1 }
      let block = Array(rest[rest.startIndex..<end])
      reader.read(block: block.span, firstLine: first, into: &page)
      first += block.count { $0 == UInt8(ascii: "\n") }
      rest = rest[end...]
    }
    reader.finish(into: &page)
    return page
  }
  return run(reader)
}

/// Runs a reader of pieces over bytes as the driver would, in pieces that end anywhere.
func readPage(_ bytes: [UInt8], name: String, with reader: any PieceReader.Type, piece size: Int)
  -> Page
{
  func run<R: PieceReader>(_ type: R.Type) -> Page {
    var reader = R(name: name, context: ReadingContext())
    var page = Page(kind: R.kind)
    for start in stride(from: 0, to: bytes.count, by: max(size, 1)) {
      let piece = Array(bytes[start..<min(start + size, bytes.count)])
      reader.read(piece: piece.span, into: &page)
    }
    reader.finish(into: &page)
    return page
  }
  return run(reader)
}

extension Page {
  func all(_ name: String) -> [Fact] { facts.filter { $0.name == name } }

  /// The last recorded value of a fact.
  func value(_ name: String, part: String? = nil) -> Value? {
    facts.last { $0.name == name && (part == nil || $0.part == part) }?.value
  }

  func number(_ name: String, part: String? = nil) -> Double? { value(name, part: part)?.number }
  func text(_ name: String, part: String? = nil) -> String? { value(name, part: part)?.text }

  func line(_ name: String, part: String? = nil) -> Int? {
    facts.last { $0.name == name && (part == nil || $0.part == part) }?.origin.line
  }
}

/// How sure a reader is of a text.
func recognition(
  of text: String, name: String = "file", by reader: any Reader.Type
) -> Recognition {
  reader.recognises(Sample(name: name, head: Array(text.utf8)))
}
