import Model

/// Reads a stream in blocks that end at line ends, in constant memory: a line longer than the limit
/// is cut there, and what was cut off is passed over.
struct LineBlocks {
  private let blockSize: Int
  private let lineLimit: Int

  private(set) var bytes = 0
  private(set) var lines = 0
  private(set) var cutLines = 0
  private(set) var firstCutLine: Int?
  /// Why the stream ended early, where it did.
  private(set) var failure: SourceError?

  private var buffer: [UInt8] = []
  private var filled = 0

  private static let firstSize = 32 << 10

  /// Blocks of up to a quarter MiB, lines of up to one: the sizes are smaller in tests only.
  init(blockSize: Int = 256 << 10, lineLimit: Int = 1 << 20) {
    self.blockSize = blockSize
    self.lineLimit = max(lineLimit, blockSize)
  }

  /// Gives each block and the number of its first line, and is told how many lines the block has.
  /// `skipping` bytes at the start (a byte order mark) are left out.
  mutating func read(
    _ stream: inout any ByteStream, skipping: Int = 0,
    _ body: (_ block: Span<UInt8>, _ firstLine: Int) -> Int
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
        // Only the line that was begun before can be too long: a block is shorter than the limit.
        var stop = last + 1
        if let first = index(of: UInt8(ascii: "\n"), in: filled..<end),
          first > lineLimit
        {
          noteCut()
          remove(lineLimit..<first, end: &end)
          stop -= first - lineLimit
        }
        give(stop, body)
        remove(0..<stop, end: &end)
      }
      filled = end
      if filled > lineLimit {
        filled = lineLimit
        isInCutLine = true
        noteCut()
      }
    }
    if filled > 0 { give(filled, body) }
  }

  private mutating func fill(from stream: inout any ByteStream) -> Int? {
    do throws(SourceError) {
      let start = filled
      // As much as was read so far: a small log needs no large buffer.
      let wanted = min(blockSize, max(LineBlocks.firstSize, bytes))
      let stop = start + wanted
      if buffer.count < stop {
        // Twice as large each time, up to the longest line and a block.
        let size = min(2 * max(buffer.count, wanted), lineLimit + blockSize)
        buffer += [UInt8](repeating: 0, count: size - buffer.count)
      }
      let count = try buffer.withUnsafeMutableBufferPointer { (all) throws(SourceError) in
        try stream.read(into: UnsafeMutableBufferPointer(rebasing: all[start..<stop]))
      }
      return count > 0 ? count : nil
    } catch {
      failure = error
      return nil
    }
  }

  private mutating func noteCut() {
    cutLines += 1
    firstCutLine = firstCutLine ?? lines + 1
  }

  private mutating func give(_ count: Int, _ body: (Span<UInt8>, Int) -> Int) {
    lines += body(buffer.span.extracting(0..<count), lines + 1)
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
