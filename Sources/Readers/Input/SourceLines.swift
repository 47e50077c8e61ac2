import Model

/// The lines of a piece of evidence as they are, one after the other, for whoever wants bytes and no
/// facts. Each comes without its `\n`; `isLast` tells that none stood behind it.
///
/// Constant memory: a line of more than 1 MiB is cut there, as for the readers.
package func readLines(
  of piece: Piece,
  _ body: (_ line: [UInt8], _ isLast: Bool) throws -> Void
) throws -> LinesRead {
  let content = try piece.content.get()
  var read = LinesRead()
  // What is no text cannot be looked through.
  if let name = ForeignBytes.name(of: content.peek(4096)) {
    read.foreign = name
    return read
  }
  var stream: any ByteStream = content
  var blocks = LineBlocks()
  var failure: (any Error)?
  blocks.read(&stream) { block, _ in
    guard failure == nil else { return 0 }
    do {
      var start = 0
      while start < block.count {
        let end = block.firstIndex(of: UInt8(ascii: "\n"), from: start)
        let line = block.extracting(start..<(end ?? block.count))
        try body(line.withUnsafeBufferPointer { Array($0) }, end == nil)
        start = (end ?? block.count) + 1
      }
    } catch {
      failure = error
    }
    // Nobody asks for their number.
    return 0
  }
  if let failure { throw failure }
  read.cutLines = blocks.cutLines
  read.failure = blocks.failure?.message
  read.bytes = blocks.bytes
  return read
}

package struct LinesRead: Sendable {
  /// What it is instead of text.
  package var foreign: String?
  package var cutLines = 0
  /// Why it ended early, where it did.
  package var failure: String?
  package var bytes = 0
}
