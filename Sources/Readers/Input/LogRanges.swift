import Model

/// A stream that can be read from any place: a plain file.
protocol RangedStream: ByteStream, Sendable {
  var size: Int { get }
  func read(
    into buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int
  ) throws(SourceError) -> Int
}

/// Where the ranges of a log begin. The first two are one unit each, so that two cores share a log of
/// two units; then two of three units, then of four: each range begins with empty tables, and all names
/// are new to it, so few are cheaper. Where one begins depends on nothing but its place in the log.
struct RangeLayout: Sendable {
  /// In bytes.
  let unit: Int

  /// The first byte of a range, counted from 0.
  func start(of range: Int) -> Int {
    let units = range < 2 ? range : range < 4 ? 2 + (range - 2) * 3 : 8 + (range - 4) * 4
    return units * unit
  }

  /// The range that a byte lies in.
  func range(at offset: Int) -> Int {
    let units = offset / unit
    return units < 2 ? units : units < 8 ? 2 + (units - 2) / 3 : 4 + (units - 8) / 4
  }
}

/// Cuts a stream into ranges of lines: those that begin before the end of the range. Where a range ends
/// depends on the bytes alone, so that however a log is read its ranges are the same, and what is
/// counted in them.
struct RangeCutter: ByteStream {
  private var stream: any ByteStream
  /// Bytes that belong to the next range.
  private var carry: [UInt8]
  private var offset = 0
  private var end = 0
  private let layout: RangeLayout
  private var isAtEnd = false
  /// The stream has no more.
  private(set) var isDry = false

  /// `head` was read from the stream before.
  init(_ stream: any ByteStream, head: [UInt8], layout: RangeLayout) {
    self.stream = stream
    carry = head
    self.layout = layout
  }

  /// Turns to the next range, or to the first; false where there is none.
  mutating func next() -> Bool {
    end = layout.start(of: layout.range(at: offset) + 1)
    isAtEnd = false
    return !(isDry && carry.isEmpty)
  }

  mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    guard !isAtEnd, let base = buffer.baseAddress else { return 0 }
    var count = 0
    if carry.isEmpty {
      count = try stream.read(into: buffer)
      if count == 0 { isDry = true }
    } else {
      count = min(carry.count, buffer.count)
      carry.withUnsafeBufferPointer { bytes in
        if let source = bytes.baseAddress { base.update(from: source, count: count) }
      }
      carry.removeFirst(count)
    }
    // The line that the end lies in is the last.
    let from = max(end - 1 - offset, 0)
    if from < count,
      let lineEnd = buffer[from..<count].firstIndex(of: UInt8(ascii: "\n"))
    {
      isAtEnd = true
      carry = Array(buffer[(lineEnd + 1)..<count]) + carry
      count = lineEnd + 1
    }
    offset += count
    return count
  }
}

/// The lines of one range of a file.
struct FileRange: ByteStream {
  private let file: any RangedStream
  private let end: Int
  private var position: Int
  private var isInForeignLine: Bool
  private var isAtEnd = false

  init(_ file: any RangedStream, from start: Int, to end: Int) {
    self.file = file
    self.end = end
    isInForeignLine = start > 0
    // One byte earlier: a line that begins at the start is this range's.
    position = max(start - 1, 0)
  }

  mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    while !isAtEnd, let base = buffer.baseAddress {
      let room = min(buffer.count, file.size - position)
      guard room > 0 else { return 0 }
      var count = try file.read(
        into: UnsafeMutableBufferPointer(rebasing: buffer[..<room]), at: position)
      guard count > 0 else { return 0 }
      let from = max(end - 1 - position, 0)
      let lastEnd =
        from < count ? buffer[from..<count].firstIndex(of: UInt8(ascii: "\n")) : nil
      if let lastEnd {
        isAtEnd = true
        count = lastEnd + 1
      }
      position += count
      guard isInForeignLine else { return count }
      guard let lineEnd = buffer[..<count].firstIndex(of: UInt8(ascii: "\n")) else {
        // Nobody looks for its end beyond: of a line of many ranges each would go over the rest.
        if position >= end { return 0 }
        continue
      }
      // Where that line ends behind the range, no line begins in it.
      if position - count + lineEnd + 1 >= end { return 0 }
      isInForeignLine = false
      let rest = count - lineEnd - 1
      guard rest > 0 else { continue }
      base.update(from: base + lineEnd + 1, count: rest)
      return rest
    }
    return 0
  }
}

/// What was read of a log besides what its reader knows.
struct LogTotals: Sendable {
  var bytes = 0
  var lines = 0
  var cutLines = 0
  var firstCutLine: Int?
  var failure: SourceError?
  /// Where reading began: lines are numbered from there.
  var start = 0
  /// Of so many pieces in a row one was read, where not all were.
  var stride = 1

  init() {}

  init(_ blocks: LineBlocks) {
    bytes = blocks.bytes
    lines = blocks.lines
    cutLines = blocks.cutLines
    firstCutLine = blocks.firstCutLine
    failure = blocks.failure
  }

  mutating func add(_ later: LogTotals) {
    firstCutLine = firstCutLine ?? later.firstCutLine.map { $0 + lines }
    bytes += later.bytes
    lines += later.lines
    cutLines += later.cutLines
    failure = failure ?? later.failure
  }
}

/// How a part of a log is read: whole, range after range, or, where it is larger than the limit, one
/// of so many pieces in a row. That depends on sizes alone, never on how fast the machine is, so the
/// same bytes are read every time. The last piece is always read: an incident lies there.
struct Cut {
  let stride: Int
  let count: Int
  private let part: Range<Int>
  private let layout: RangeLayout
  private let pieceSize: Int

  init(_ part: Range<Int>, layout: RangeLayout, pieceSize: Int, limit: Int?) {
    self.part = part
    self.layout = layout
    self.pieceSize = pieceSize
    let limit = limit.map { max($0, pieceSize) } ?? part.count
    stride = part.count > limit ? (part.count + limit - 1) / limit : 1
    count =
      stride > 1
      ? (part.count + pieceSize * stride - 1) / (pieceSize * stride)
      : part.isEmpty ? 0 : layout.range(at: part.count - 1) + 1
  }

  subscript(number: Int) -> Range<Int> {
    if stride == 1 {
      let start = part.lowerBound + layout.start(of: number)
      return start..<min(part.lowerBound + layout.start(of: number + 1), part.upperBound)
    }
    let end = part.upperBound - (count - 1 - number) * pieceSize * stride
    return max(end - pieceSize, part.lowerBound)..<end
  }
}

/// The first ranges of a log are 128 MiB: large enough that joining costs little, small enough that all
/// cores have their share.
let usualRangeLayout = RangeLayout(unit: 128 << 20)

/// Reads a log range by range and joins what the ranges gave, in their order. One thread or many,
/// whole blocks or dripping bytes: the ranges are the same, and so is the outcome.
struct RangeReading<R: MergeableReader> {
  private static var headSize: Int { 256 << 10 }
  /// Large enough to show what follows what, small enough to be spread over the log.
  static var usualPieceSize: Int { 16 << 20 }

  let context: ReadingContext
  var layout = usualRangeLayout
  var pieceSize = usualPieceSize
  var blockSize = 128 << 10
  /// Bytes of a byte order mark.
  var markSize = 0

  func read(_ stream: any ByteStream) -> (reader: R, totals: LogTotals) {
    var stream = stream
    var (head, failure) = take(RangeReading.headSize, from: &stream)
    let first = prepared(for: head)
    let plain = (stream as? BufferedStream)?.file ?? stream as? any RangedStream
    if failure == nil, let file = plain, file.size > layout.unit {
      // The file is read from its beginning again.
      head = []
      var search = WindowSearch(file) { line in first.second(of: line) }
      if context.window != TimeWindow(), let part = search.find(context.window) {
        var (reader, totals) = read(file, part, first)
        totals.start = part.lowerBound
        return (reader, totals)
      }
      return read(file, 0..<file.size, first)
    }
    return read(RangeCutter(stream, head: head, layout: layout), first)
  }

  /// A reader that knows the form of the lines that `head` holds.
  private func prepared(for head: [UInt8]) -> R {
    var reader = R(context: context)
    let lines = head.lastIndex(of: UInt8(ascii: "\n")).map { head[...$0] } ?? head[...]
    reader.prepare(for: Array(lines.dropFirst(markSize)).span)
    return reader
  }

  private func read(_ cutter: RangeCutter, _ first: R) -> (reader: R, totals: LogTotals) {
    var stream: any ByteStream = cutter
    var reader = first.forAnotherRange()
    var totals = LogTotals()
    var isFirst = true
    while true {
      guard var cutter = stream as? RangeCutter, cutter.next() else { break }
      stream = cutter
      var range = first.forAnotherRange()
      let part = readRange(&stream, with: &range, isFirst: isFirst)
      if isFirst { reader = range } else { reader.merge(range, addingLines: totals.lines) }
      totals.add(part)
      isFirst = false
      if totals.failure != nil { break }
    }
    return (reader, totals)
  }

  private func readRange(
    _ stream: inout any ByteStream, with reader: inout R, isFirst: Bool
  ) -> LogTotals {
    // Readers that can be merged write to the page at the end only.
    var page = Page(kind: R.kind)
    var blocks = LineBlocks(blockSize: blockSize)
    blocks.read(&stream, skipping: isFirst ? markSize : 0) { block, firstLine in
      context.progress?(block.count)
      return reader.read(block: block, firstLine: firstLine, into: &page)
    }
    reader.close()
    return LogTotals(blocks)
  }

  private struct Joining {
    /// The next range that a thread may take.
    var next = 0
    /// Ranges that have been joined.
    var joined = 0
    var finished: [Int: (reader: R, totals: LogTotals)] = [:]
    var result: (reader: R, totals: LogTotals)
  }

  /// Several threads, each with the next range that nobody has taken. None runs ahead by more ranges
  /// than there are threads, so that few wait to be joined.
  private func read(
    _ file: any RangedStream, _ part: Range<Int>, _ first: R
  ) -> (reader: R, totals: LogTotals) {
    let cut = Cut(part, layout: layout, pieceSize: pieceSize, limit: context.sampleSize)
    let ranges = cut.count
    context.expect?((0..<ranges).reduce(0) { $0 + cut[$1].count })
    let state = Monitor(Joining(result: (first, LogTotals())))
    let work: @Sendable () -> Void = {
      while true {
        let number = state.wait { state -> Int? in
          if state.next >= ranges || state.result.totals.failure != nil { return ranges }
          guard state.next < state.joined + max(context.threads, 1) else { return nil }
          state.next += 1
          return state.next - 1
        }
        guard number < ranges else { return }
        let range = cut[number]
        var stream: any ByteStream = FileRange(file, from: range.lowerBound, to: range.upperBound)
        var reader = first.forAnotherRange()
        let totals = readRange(&stream, with: &reader, isFirst: range.lowerBound == 0)
        state.change { join(number, (reader, totals), &$0) }
      }
    }
    let others = (1..<max(min(context.threads, ranges), 1)).map { _ in WorkerThread(work) }
    work()
    for thread in others { thread.join() }
    var result = state.change { $0.result }
    if cut.stride > 1 {
      result.totals.stride = cut.stride
      result.reader.sawOnly(share: Double(result.totals.bytes) / Double(part.count))
    }
    return result
  }

  private func join(
    _ number: Int, _ range: (reader: R, totals: LogTotals), _ state: inout Joining
  ) {
    state.finished[number] = range
    while let next = state.finished.removeValue(forKey: state.joined) {
      if state.result.totals.failure == nil {
        if state.joined == 0 {
          state.result.reader = next.reader
        } else {
          state.result.reader.merge(next.reader, addingLines: state.result.totals.lines)
        }
        state.result.totals.add(next.totals)
      }
      state.joined += 1
    }
  }
}
