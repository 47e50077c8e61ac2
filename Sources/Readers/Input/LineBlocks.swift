import Model

/// Reads a stream in blocks that end at line ends, in constant memory: a line longer than the limit
/// is cut there, and what was cut off is passed over.
struct LineBlocks {
  static let blockSize = 256 << 10
  static let lineLimit = 1 << 20

  private(set) var bytes = 0
  private(set) var lines = 0
  private(set) var cutLines = 0
  private(set) var firstCutLine: Int?
  /// Why the stream ended early, where it did.
  private(set) var failure: SourceError?

  private var buffer = [UInt8](repeating: 0, count: LineBlocks.blockSize)
  private var filled = 0

  /// Gives each block and the number of its first line. `skipping` bytes at the start (a byte order
  /// mark) are left out.
  mutating func read(
    _ stream: inout any ByteStream, skipping: Int = 0,
    _ body: (_ block: Span<UInt8>, _ firstLine: Int) -> Void
  ) {
    var unwanted = skipping
    var isInCutLine = false
    while let count = fill(from: &stream) {
      bytes += count
      var end = filled + count
      if unwanted > 0 {
        let drop = min(unwanted, count)
        remove(filled..<filled + drop, end: &end)
        unwanted -= drop
      }
      if isInCutLine {
        let lineEnd = index(of: UInt8(ascii: "\n"), in: filled..<end) ?? end
        isInCutLine = lineEnd == end
        remove(filled..<lineEnd, end: &end)
        if isInCutLine { continue }
      }
      if let last = lastIndex(of: UInt8(ascii: "\n"), in: filled..<end) {
        give(last + 1, body)
        remove(0..<last + 1, end: &end)
      }
      filled = end
      if filled >= LineBlocks.lineLimit {
        filled = LineBlocks.lineLimit
        isInCutLine = true
        cutLines += 1
        firstCutLine = firstCutLine ?? lines + 1
      } else if filled == buffer.count {
        // Room for the longest line and for passing over what is cut off it.
        let size = LineBlocks.lineLimit + LineBlocks.blockSize
        buffer += [UInt8](repeating: 0, count: size - buffer.count)
      }
    }
    if filled > 0 {
      give(filled, body)
      lines += 1
    }
  }

  private mutating func fill(from stream: inout any ByteStream) -> Int? {
    do throws(SourceError) {
      let start = filled
      let count = try buffer.withUnsafeMutableBufferPointer { (all) throws(SourceError) in
        try stream.read(into: UnsafeMutableBufferPointer(rebasing: all[start...]))
      }
      return count > 0 ? count : nil
    } catch {
      failure = error
      return nil
    }
  }

  private mutating func give(_ count: Int, _ body: (Span<UInt8>, Int) -> Void) {
    body(buffer.span.extracting(0..<count), lines + 1)
    lines += buffer.withUnsafeBufferPointer { bytes in
      var ends = 0
      for byte in bytes[..<count] where byte == UInt8(ascii: "\n") { ends += 1 }
      return ends
    }
  }

  /// Closes the gap that `range` leaves; `end` is where the bytes read end.
  private mutating func remove(_ range: Range<Int>, end: inout Int) {
    guard !range.isEmpty else { return }
    let tail = end - range.upperBound
    buffer.withUnsafeMutableBytes { bytes in
      UnsafeMutableRawBufferPointer(rebasing: bytes[range.lowerBound..<range.lowerBound + tail])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range.upperBound..<end]))
    }
    end -= range.count
  }

  private func index(of byte: UInt8, in range: Range<Int>) -> Int? {
    buffer.withUnsafeBufferPointer { $0[range].firstIndex(of: byte) }
  }

  private func lastIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    buffer.withUnsafeBufferPointer { $0[range].lastIndex(of: byte) }
  }
}
