import Model
import Testing

@testable import Readers

/// A document that begins with "config" and gives one event, or a warning where it ends in "broken".
private enum FakeConfig: DocumentReader {
  static let kind = EvidenceKind.nginxConfig

  static func recognises(_ sample: Sample) -> Recognition {
    sample.firstLine.hasPrefix("config") ? .certain : sample.name == "by-name" ? .byName : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    guard !document.text.hasSuffix("broken") else {
      page.warn("found nothing; expected a value", line: 1)
      return
    }
    note(&page, document.text.hasSuffix("…") ? "cut" : "read")
    if document.isCut { page.warn("the config is cut", line: 1) }
  }
}

/// Lines of "log"; a line "bad" is skipped, "at SECONDS" is a stamp, "yearless" wants the year.
private struct FakeLog: StreamReader {
  static let kind = EvidenceKind.nginxAccessLog
  private let context: ReadingContext
  private var count = 0
  private var lacksYear = false

  static func recognises(_ sample: Sample) -> Recognition {
    sample.lines.contains { $0.hasPrefix("log") } ? .possible : .no
  }

  init(context: ReadingContext) { self.context = context }

  mutating func read(line: Span<UInt8>, number: Int, into page: inout Page) {
    count += 1
    if line.hasPrefix("bad") { page.skip(line: number, "found 'bad'; expected 'log'") }
    if line.hasPrefix("at "), let seconds = line.number(3..<line.count) {
      Instant(seconds: Double(seconds)).map { page.cover($0) }
    }
    if line.hasPrefix("yearless") {
      lacksYear = true
      context.year.flatMap { Instant(year: $0, month: 5, day: 1) }.map { page.cover($0) }
    }
  }

  mutating func finish(into page: inout Page) {
    if lacksYear { return }
    let formats = context.logFormats.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }
    note(&page, "\(count) lines" + formats.map { " \($0)" }.joined())
  }
}

private func note(_ page: inout Page, _ text: String) {
  let subject = page.subject(.proxy)
  page.record(
    Event(
      "note", subject: subject, time: Instant(microseconds: 0), text: text,
      origin: Origin(line: 1, excerpt: "")))
}

private let fakes = ReaderSet(documents: [FakeConfig.self], streams: [FakeLog.self]) {
  ["main": $0.name]
}

private func source(
  _ name: String, _ bytes: [UInt8], hint: EvidenceKind? = nil, folder: String = "d"
) -> EvidenceSource {
  EvidenceSource(name: name, folder: folder, hint: hint) { () throws(SourceError) in
    MemoryStream(bytes)
  }
}

private func source(_ name: String, _ text: String, hint: EvidenceKind? = nil) -> EvidenceSource {
  source(name, Array(text.utf8), hint: hint)
}

@Suite struct InputReadingTests {
  private func read(_ sources: [EvidenceSource], _ options: ReadingContext = ReadingContext())
    -> Ledger
  { readEvidence(sources, options: options, readers: fakes) }

  private func texts(_ ledger: Ledger) -> [String?] {
    ledger.inputs.indices.map { index in
      ledger.pages.first { $0.source == index }?.page.events.first?.text
    }
  }

  @Test(
    arguments: [
      ("config x", .read, .nginxConfig, 1, 0, nil),
      ("config broken", .unreadable, .nginxConfig, 1, 0, "expected a value"),
      ("log\nlog", .read, .nginxAccessLog, 2, 0, nil),
      ("log\r\nbad\r\n", .partlyRead, .nginxAccessLog, 2, 1, "found 'bad'"),
      ("log\n\u{0}\u{0}\nlog\n", .read, .nginxAccessLog, 3, 0, nil),
      ("\u{0}\u{0}\u{0}log\n", .read, .nginxAccessLog, 1, 0, nil),
      ("\u{FEFF}config", .read, .nginxConfig, 1, 0, nil),
      ("hello\n", .notRecognised, nil, 0, 0, "no kind of evidence"),
      ("", .notRecognised, nil, 0, 0, "empty"),
      ("\u{7f}ELF log\n", .notRecognised, nil, 0, 0, "program"),
      ("log\n\u{1}\u{2}\u{3}", .notRecognised, nil, 0, 0, "binary"),
      ("l\u{0}o\u{0}g\u{0}", .read, .nginxAccessLog, 1, 0, nil),
      ("\u{0}l\u{0}o\u{0}g\u{0}\n\u{0}b\u{0}a\u{0}d", .partlyRead, .nginxAccessLog, 2, 1, "found"),
      ("log\rbad\rlog", .partlyRead, .nginxAccessLog, 3, 1, "found 'bad'"),
      ("log\r\r\nbad\r\r\n", .partlyRead, .nginxAccessLog, 2, 1, "found 'bad'"),
    ] as [(String, InputAccount.Status, EvidenceKind?, Int, Int, String?)])
  func anInputIsAccounted(
    _ text: String, _ status: InputAccount.Status, _ kind: EvidenceKind?, _ lines: Int,
    _ skipped: Int, _ warning: String?
  ) {
    let ledger = read([source("file", text)])
    let account = ledger.inputs[0]
    #expect(account.status == status)
    #expect(account.kind == kind)
    #expect(account.lines == lines)
    #expect(account.skippedLines == skipped)
    #expect((account.warnings.first == nil) == (warning == nil))
    if let warning { #expect(account.warnings.first?.message.contains(warning) == true) }
  }

  @Test func theByteOrderMarkIsNoPartOfAStream() {
    let ledger = read([source("file", "\u{FEFF}bad\nlog\n")])
    #expect(ledger.inputs[0].skippedLines == 1)
    #expect(ledger.inputs[0].bytes == 11)
  }

  @Test func utf16WithAMarkIsRead() {
    let ledger = read([source("file", [0xff, 0xfe] + Array("l\0o\0g\0\n\0\u{7}".utf8))])
    #expect(ledger.inputs[0].kind == .nginxAccessLog)
    #expect(ledger.inputs[0].lines == 2)
  }

  @Test func theCollectorsWordAndTheNameCount() {
    let ledger = read([
      source("a", "config", hint: .nginxAccessLog), source("by-name", "log\n"),
      source("by-name", "other", hint: .free),
    ])
    // A hint without a reader is none; content beats a name.
    #expect(ledger.inputs.map(\.kind) == [.nginxAccessLog, .nginxAccessLog])
    #expect(read([source("by-name", "other", hint: .free)]).inputs[0].kind == .nginxConfig)
  }

  /// However many threads read them, and where among them the limit of evidence is reached.
  @Test func threadsChangeNothing() {
    let all = (0..<3_100).map { number in
      source("f\(number)", ["config \(number)", "log\nbad\n", "hello \(number)\n"][number % 3])
    }
    let one = read(all)
    #expect(one.pages.count == Intake.evidenceLimit)
    #expect(
      one.inputs.contains { $0.warnings.contains { $0.message.contains("pieces of evidence") } })
    for threads in [2, 7] {
      var options = ReadingContext()
      options.threads = threads
      let many = read(all, options)
      #expect(many.inputs == one.inputs)
      #expect(texts(many) == texts(one))
    }
  }

  @Test func orderDoesNotMatterAndNobodySpoilsAnother() {
    let bad = EvidenceSource(name: "c", folder: "d") { () throws(SourceError) in
      throw SourceError("permission denied")
    }
    let hidden = EvidenceSource(name: ".git", folder: "d") { () throws(SourceError) in
      throw SourceError("hidden", isLeftOut: true)
    }
    let sources = [
      source("b", "log\n"), bad, hidden, source("a", "config"), source("b", "log\n"),
      source("z", Array("log\n".utf8), folder: "a"),
    ]
    let ledger = read(sources)
    #expect(ledger.inputs == read(sources.reversed()).inputs)
    #expect(ledger.inputs.map(\.path) == ["z", ".git", "a", "b", "c"])
    #expect(
      ledger.inputs.map(\.status) == [.read, .notRecognised, .read, .read, .unreadable])
    // What the configs taught reached the streams, whatever stands first.
    #expect(texts(ledger) == ["1 lines main=a", nil, "read", "1 lines main=a", nil])
  }

  @Test func theCommandLinesLogFormatWins() {
    var options = ReadingContext()
    options.logFormats = ["main": "given"]
    #expect(
      texts(read([source("a", "config"), source("b", "log")], options))[1] == "1 lines main=given")
  }

  @Test func theYearComesFromOtherEvidence() {
    let stamped = source("a", "log\nat 1795224076\n")  // 2026-11-21
    let ledger = read([stamped, source("b", "log\nyearless\n")])
    let expected = Instant(year: 2026, month: 5, day: 1)
    #expect(ledger.pages[1].page.coverage?.lowerBound == expected)
    let alone = read([source("b", "log\nyearless\n")])
    #expect(alone.pages[0].page.coverage == nil)
  }

  @Test func errorsOnTheWayLeaveWhatWasRead() {
    struct Failing: ByteStream {
      var rest = Array("log\nlog\n".utf8)
      mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int
      {
        guard !rest.isEmpty else { throw SourceError("the disk is gone") }
        buffer[0] = rest.removeFirst()
        return 1
      }
    }
    let source = EvidenceSource(name: "a", folder: "") { () throws(SourceError) in Failing() }
    let ledger = read([source])
    #expect(ledger.inputs[0].status == .partlyRead)
    #expect(ledger.inputs[0].lines == 2)
    #expect(ledger.inputs[0].warnings.first?.message == "the disk is gone")
  }

  @Test func anOverlongDocumentIsCut() {
    let bytes = Array("config\n".utf8) + [UInt8](repeating: 0x61, count: Document.limit)
    let ledger = read([source("a", bytes)])
    #expect(ledger.inputs[0].status == .partlyRead)
    #expect(ledger.inputs[0].bytes == Document.limit)
  }
}

@Suite struct InputLineBlocksTests {
  /// Gives at most `step` bytes at a time.
  private struct Dripping: ByteStream {
    var inner: MemoryStream
    let step: Int
    mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
      try inner.read(into: UnsafeMutableBufferPointer(rebasing: buffer.prefix(step)))
    }
  }

  @Test(arguments: [1000, 64, 63, 7, 1])
  func linesArriveWholeAndLongOnesAreCut(_ step: Int) {
    let limit = 256
    let lengths = [0, 5, 70, 200, limit - 1, 0, limit, limit + 1, 3 * limit, 7, 2 * limit]
    var bytes: [UInt8] = []
    for length in lengths { bytes += [UInt8](repeating: 0x61, count: length) + [0x0a] }
    bytes.removeLast()
    var stream: any ByteStream = Dripping(inner: MemoryStream(bytes), step: step)
    var blocks = LineBlocks(blockSize: 64, lineLimit: limit)
    var got: [Int] = []
    blocks.read(&stream) { block, first in
      #expect(first == got.count + 1)
      var start = 0
      while start < block.count {
        let end = block.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? block.count
        got.append(end - start)
        start = end + 1
      }
      return got.count - first + 1
    }
    #expect(got == lengths.map { min($0, limit) })
    #expect(blocks.lines == lengths.count)
    #expect(blocks.bytes == bytes.count)
    #expect(blocks.cutLines == 3)
    #expect(blocks.firstCutLine == 8)
  }

  @Test func aLineOfSeveralMiBIsCutAndSaidSo() {
    let long = Array("log ".utf8) + [UInt8](repeating: 0x61, count: 2 << 20)
    let ledger = readEvidence([source("a", Array("log\n".utf8) + long)], readers: fakes)
    #expect(ledger.inputs[0].lines == 2)
    #expect(ledger.inputs[0].warnings == [.init("1 line longer than 1 MiB: cut there", line: 2)])
  }

  @Test(arguments: [("", 0), ("\n", 1), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n\n", 2)])
  func linesAreCounted(_ text: String, _ lines: Int) {
    let ledger = readEvidence([source("a", Array("log\n".utf8) + Array(text.utf8))], readers: fakes)
    #expect(ledger.inputs[0].lines == lines + 1)
  }
}
