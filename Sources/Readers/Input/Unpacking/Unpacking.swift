import Model

/// Takes off what bytes are wrapped in: one layer of gzip, zstd or xz, UTF-16, line ends of old
/// terminals, their colours, the numbers of lines, the fields of a journal. Told by content alone; what is
/// not wrapped costs a look at its first bytes.
func unpacked(
  _ packed: any ByteStream, budget: UnpackingBudget
) throws(SourceError) -> BufferedStream {
  var stream = BufferedStream(packed)
  let magic = stream.peek(6)
  if magic.starts(with: GzipStream.magic) {
    stream = BufferedStream(try GzipStream(stream, budget: budget))
  } else if ZstdStream.isMagic(magic) {
    stream = BufferedStream(try ZstdStream(stream, budget: budget))
  } else if magic.starts(with: XzStream.magic) {
    stream = BufferedStream(try XzStream(stream, budget: budget))
  }
  if let form = UTF16Stream.Form(stream.peek(UTF16Stream.Form.sampleSize)) {
    stream = BufferedStream(UTF16Stream(stream, form))
  }
  if let ends = LineEndStream.Form(stream.peek(LineEndStream.Form.sampleSize)) {
    stream = BufferedStream(LineEndStream(stream, ends))
  }
  if TerminalStream.isCaptured(stream.peek(TerminalStream.sampleSize)) {
    stream = BufferedStream(TerminalStream(stream))
  }
  if let form = ListedStream.Form(stream.peek(ListedStream.Form.sampleSize)) {
    stream = BufferedStream(ListedStream(stream, form))
  }
  if let form = JournalStream.Form(stream.peek(JournalStream.Form.sampleSize)) {
    stream = BufferedStream(JournalStream(stream, form))
  }
  try stream.expectBytes()
  return stream
}

/// What one source may unpack to, over all of its layers: a small file must not keep us busy for a
/// day. Memory is bounded without it.
final class UnpackingBudget {
  /// A log packs 10 to 100 times, deflate at most 1,032 times.
  static let ratioLimit = 1000
  /// Below that no ratio is looked at: it takes seconds.
  static let sizeLimit = 1 << 30
  /// A report of a whole system has 10,000 to 30,000 files. 200,000 take about a minute.
  static let memberLimit = 200_000
  /// An archive, and an archive in it: a bundle of the reports of several hosts.
  static let depthLimit = 2

  private let ratio: Int
  private let size: Int
  private let members: Int
  private var taken = 0
  private var given = 0
  private var seen = 0

  init(
    ratioLimit: Int = ratioLimit, sizeLimit: Int = sizeLimit, memberLimit: Int = memberLimit
  ) {
    ratio = ratioLimit
    size = sizeLimit
    members = memberLimit
  }

  /// Counts bytes of the source itself.
  func take(_ count: Int) { taken += count }

  /// Counts unpacked bytes.
  func give(_ count: Int) throws(SourceError) {
    given += count
    guard given > size, given / ratio >= taken else { return }
    throw SourceError("it unpacks to more than \(ratio) times its size: the rest was not read")
  }

  /// Counts members of archives.
  func countMember() throws(SourceError) {
    seen += 1
    guard seen > members else { return }
    throw SourceError("it holds more than \(members) files: the rest was not read")
  }
}

/// The bytes of a source itself, counted.
struct MeteredStream: ByteStream {
  private var inner: any ByteStream
  private let budget: UnpackingBudget

  init(_ inner: any ByteStream, _ budget: UnpackingBudget) {
    self.inner = inner
    self.budget = budget
  }

  var file: (any RangedStream)? { inner as? any RangedStream }

  mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    let count = try inner.read(into: buffer)
    budget.take(count)
    return count
  }
}
