import Model

/// One piece of evidence on its way from bytes to pages.
struct Input {
  static let headSize = 64 << 10
  private static let pieceSize = 256 << 10
  /// Documents above this are read one at a time, and all by one thread: while it is read one takes ten
  /// times its size, and of what a thread gives back the next one takes nothing.
  static let largeDocument = 1 << 20

  /// The source it is in, and its place among the pieces there.
  let source: EvidenceSource
  let place: Int
  let name: String
  private let hint: EvidenceKind?
  var account: InputAccount
  private(set) var pages: [Page] = []
  /// It is evidence, and not read, since enough was read before.
  private(set) var isBeyondLimit = false
  private var pasted: PastedText?
  /// The pages of the documents in pasted text, by excerpt.
  private var documentPages: [Int: Page] = [:]
  private var speakers: Speakers?
  /// It must be read once more, as a stream of several.
  private(set) var isUnsettled = false
  /// Lines were skipped that may be another program's.
  private var sawOthers = false
  /// Lines were searched for, and the others are not there.
  private var isExcerpt = false
  /// The size of the byte order mark it begins with.
  private var markSize = 0
  /// Bytes of the file that it lies in, packed or not; 0 where that is none.
  let fileSize: Int
  /// It is so large that it is split among threads.
  private(set) var isSplit = false

  /// Who speaks in a stream.
  private enum Speakers {
    /// One program; or nginx with its other log in between, which is seen when it was read.
    case one(any StreamReader.Type, orSeveral: ReaderSet?)
    /// Several programs in turn, of which any may be known.
    case several(ReaderSet, orOne: (any StreamReader.Type)?)
  }

  init(_ piece: Piece, path: String, source: EvidenceSource, place: Int) {
    self.source = source
    self.place = place
    name = piece.name
    hint = piece.hint
    fileSize = piece.fileSize
    account = InputAccount(
      path: path, folder: piece.folder, isNamed: piece.isNamed, kind: piece.hint,
      status: .notRecognised)
  }

  var isStream: Bool { speakers != nil }
  /// Of a pipe nobody knows.
  var mayBeLong: Bool { isStream && (fileSize == 0 || fileSize > 16 << 20) }
  var isEvidence: Bool { isStream || pasted != nil || !pages.isEmpty }
  /// What of a pasted text is kept.
  var textSize: Int { pasted == nil ? 0 : account.bytes }

  /// Lets go of a pasted text: what was read of it stands.
  mutating func forgetText() -> Int {
    defer { pasted = nil }
    return textSize
  }

  /// It could not be read again: what it gave before stands.
  mutating func failAgain(_ error: SourceError) {
    if pages.isEmpty { fail(error) }
  }

  /// Recognises the source, and reads the documents in it; gives the nginx configs among them.
  /// Where enough was read before, only says so; a large document that is not alone is left, and the answer
  /// is nil.
  mutating func readDocument(
    from piece: Piece, context: ReadingContext, readers: ReaderSet, isFull: Bool, isAlone: Bool
  ) -> [Document]? {
    var bytes: any ByteStream
    switch piece.content {
    case .success(let stream): bytes = stream
    case .failure(let error):
      fail(error)
      return []
    }
    isExcerpt = (bytes as? BufferedStream)?.isExcerpt ?? false
    var (head, failure) = take(Input.headSize, from: &bytes)
    account.bytes = head.count
    if head.isEmpty, let failure {
      fail(failure)
      return []
    }
    if let foreign = ForeignBytes.name(of: head) {
      leave("not recognised: it is \(foreign)")
      return []
    }
    if head.starts(with: ForeignBytes.utf8Mark) { markSize = ForeignBytes.utf8Mark.count }
    head.removeFirst(markSize)
    // A log truncated while in use begins with a hole.
    let sample = Sample(name: plainName, head: Array(head.drop { $0 == 0 }))
    let best = readers.surest(of: sample, hint: hint)
    if isFull, best != nil {
      let limit = Intake.evidenceLimit
      fail(SourceError("more than \(limit) pieces of evidence: not read; give fewer folders"))
      isBeyondLimit = true
      return []
    }
    if hint == nil, MixedStream.suits(sample) {
      speakers = .several(readers, orOne: nil)
      return []
    }
    let foreign = best == nil ? ForeignText.name(of: sample) : nil
    let mayGoOn = foreign == nil && (best == nil && account.isNamed || sample.beginsWithPrompt)
    if hint == nil, failure == nil, mayGoOn || PastedText.maySuit(sample) {
      let rest: [UInt8]
      (rest, failure) = take(PastedText.limit - head.count, from: &bytes)
      head += rest
      if failure == nil, head.count < PastedText.limit,
        let text = PastedText(
          head, whole: best?.choice, isCertain: best?.recognition == .certain, readers: readers)
      {
        account.bytes = head.count + markSize
        return read(text, context: context)
      }
    }
    switch best?.choice {
    case nil:
      let reason = foreign.map { "it is \($0)" } ?? expected
      leave("not recognised: " + (head.isEmpty ? "it is empty" : reason))
      return []
    case .stream(let reader):
      account.kind = reader.kind
      let isPlain = (bytes as? BufferedStream)?.file != nil
      isSplit = isPlain && fileSize > usualRangeLayout.unit && reader is any MergeableReader.Type
      let isNginx = [.nginxAccessLog, .nginxErrorLog].contains(reader.kind)
      speakers = .one(reader, orSeveral: isNginx && hint == nil ? readers : nil)
      return []
    case .document(let reader):
      account.kind = reader.kind
      if let reader = reader as? any PieceReader.Type {
        read(head, failure, &bytes, with: reader, context: context)
        return []
      }
      if failure == nil {
        let rest: [UInt8]
        // One byte more than the limit tells whether there is more.
        (rest, failure) = take(Document.limit - head.count + 1, from: &bytes)
        head += rest
      }
      guard isAlone || head.count <= Input.largeDocument else { return nil }
      let document = read(head, failure, with: reader, context: context)
      return reader.kind == .nginxConfig ? [document] : []
    }
  }

  /// Reads the documents of pasted text; its logs wait for what documents teach.
  private mutating func read(_ text: PastedText, context: ReadingContext) -> [Document] {
    guard !text.excerpts.isEmpty else {
      leave("not recognised: \(expected)")
      return []
    }
    pasted = text
    var configs: [Document] = []
    for (index, excerpt) in text.excerpts.enumerated() {
      guard case .document(let reader) = excerpt.choice else { continue }
      let document = excerpt.document
      var page = Page(kind: reader.kind)
      reader.read(document, context: context, into: &page)
      page.moveLines(by: excerpt.segment.firstLine - 1)
      documentPages[index] = page
      if reader.kind == .nginxConfig { configs.append(document) }
    }
    settle(text, context: context)
    return configs
  }

  /// Reads the logs of pasted text, and accounts for all of it.
  private mutating func settle(_ text: PastedText, context: ReadingContext) {
    pages = text.pages(documents: documentPages, context: context)
    account.kind = text.kinds.count == 1 ? text.kinds.first : .pastedText
    account.parts = text.kinds.count == 1 ? [] : text.kinds
    account.lines = text.lines
    account.skippedLines = pages.reduce(0) { $0 + $1.skippedLines }
    let isPartial = pages.contains { page in
      page.skippedLines > 0 || page.warnings.contains(where: \.tellsOfLoss)
    }
    account.status = isPartial ? .partlyRead : .read
    account.warnings = pages.flatMap(\.warnings) + text.notes
    account.warnings = Array(account.warnings.prefix(Page.warningLimit))
  }

  private mutating func read(
    _ bytes: [UInt8], _ failure: SourceError?, with reader: any DocumentReader.Type,
    context: ReadingContext
  ) -> Document {
    let isCut = bytes.count > Document.limit
    let document = Document(
      name: plainName, bytes: isCut ? Array(bytes.prefix(Document.limit)) : bytes, isCut: isCut)
    var page = Page(kind: reader.kind)
    reader.read(document, context: context, into: &page)
    account.bytes = document.bytes.count
    account.lines = document.bytes.count { $0 == UInt8(ascii: "\n") }
    if let last = document.bytes.last, last != UInt8(ascii: "\n") { account.lines += 1 }
    var losses: [Page.Warning] = []
    if let failure { losses.append(Page.Warning(failure.message)) }
    if isCut { losses.append(Page.Warning("longer than 8 MiB: the rest was not read")) }
    settle([page], losses: losses)
    failIfEmpty(page)
    return document
  }

  /// A document that says what it is and gives nothing at all is broken.
  private mutating func failIfEmpty(_ page: Page) {
    if page.facts.isEmpty, page.events.isEmpty, page.relations.isEmpty, !account.warnings.isEmpty {
      account.status = .unreadable
    }
  }

  /// Reads a document of any size: `head`, and what follows it.
  private mutating func read<R: PieceReader>(
    _ head: [UInt8], _ failure: SourceError?, _ bytes: inout any ByteStream, with type: R.Type,
    context: ReadingContext
  ) {
    var page = Page(kind: R.kind)
    var reader = R(name: plainName, context: context)
    var totals = LogTotals()
    totals.failure = failure
    var piece = head
    var last: UInt8?
    while !piece.isEmpty {
      reader.read(piece: piece.span, into: &page)
      totals.bytes += piece.count
      totals.lines += piece.count { $0 == UInt8(ascii: "\n") }
      last = piece.last
      context.progress?(piece.count)
      guard totals.failure == nil else { break }
      (piece, totals.failure) = take(Input.pieceSize, from: &bytes)
    }
    if let last, last != UInt8(ascii: "\n") { totals.lines += 1 }
    reader.finish(into: &page)
    account.bytes = totals.bytes
    account.lines = totals.lines
    settle([page], losses: losses(of: totals))
    failIfEmpty(page)
  }

  /// Reads the logs of pasted text anew, with what the documents taught.
  mutating func settleText(context: ReadingContext) {
    if let pasted { settle(pasted, context: context) }
  }

  /// Reads a stream; replaces what an earlier reading of it gave.
  mutating func readStream(from piece: Piece, context: ReadingContext) {
    guard let speakers else { return }
    var bytes: any ByteStream
    switch piece.content {
    case .success(let content): bytes = content
    case .failure(let error): return failAgain(error)
    }
    switch speakers {
    case .one(let reader, let others):
      if context.threads > 1, (bytes as? BufferedStream)?.isUnpacking == true {
        bytes = ReadAhead(bytes)
      }
      if let mergeable = reader as? any MergeableReader.Type {
        read(bytes, with: mergeable, context: context)
      } else {
        read(&bytes, with: reader, context: context)
      }
      // Lines that nginx's one log cannot have may be of its other.
      if let others, sawOthers {
        self.speakers = .several(others, orOne: reader)
        isUnsettled = true
      }
    case .several(let readers, let one):
      isUnsettled = false
      let isRead = readMixed(&bytes, readers, fewest: one == nil ? 1 : 2, context: context)
      if isRead { return }
      if let one {
        self.speakers = .one(one, orSeveral: nil)
      } else {
        leave("not recognised: \(expected)")
      }
    }
  }

  /// Reads a stream of several programs; false, and nothing is changed, where fewer were known.
  private mutating func readMixed(
    _ bytes: inout any ByteStream, _ readers: ReaderSet, fewest: Int, context: ReadingContext
  ) -> Bool {
    var stream = MixedStream(readers: readers, context: context)
    var blocks = LineBlocks()
    blocks.read(&bytes, skipping: markSize) { stream.read(block: $0, firstLine: $1) }
    let found = stream.finish()
    guard found.count >= fewest else { return false }
    let kinds = found.map(\.kind).reduce(into: [EvidenceKind]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    account.kind = kinds.count == 1 ? kinds.first : .pastedText
    account.parts = kinds.count == 1 ? [] : kinds
    account.bytes = blocks.bytes
    account.lines = blocks.lines
    settle(found, losses: losses(of: LogTotals(blocks)))
    return true
  }

  private mutating func read<R: MergeableReader>(
    _ bytes: any ByteStream, with type: R.Type, context: ReadingContext
  ) {
    let reading = RangeReading<R>(context: context, markSize: markSize)
    var (reader, totals) = reading.read(bytes)
    settle(&reader, totals)
  }

  private mutating func read<R: StreamReader>(
    _ bytes: inout any ByteStream, with type: R.Type, context: ReadingContext
  ) {
    var page = Page(kind: R.kind)
    var reader = R(context: context)
    var blocks = LineBlocks()
    blocks.read(&bytes, skipping: markSize) { block, firstLine in
      context.progress?(block.count)
      return reader.read(block: block, firstLine: firstLine, into: &page)
    }
    settle(&reader, LogTotals(blocks), page)
  }

  private mutating func settle<R: StreamReader>(
    _ reader: inout R, _ totals: LogTotals, _ page: Page = Page(kind: R.kind)
  ) {
    if totals.bytes == 0, let failure = totals.failure { return failAgain(failure) }
    var page = page
    reader.finish(into: &page)
    if totals.start > 0 {
      page.warn("read from byte \(totals.start + 1) on, for --since: lines are counted from there")
    }
    account.bytes = totals.bytes
    account.lines = totals.lines
    sawOthers = page.skippedLines > 0 && reader.maySkipOthers
    settle([page], losses: losses(of: totals))
  }

  private func losses(of totals: LogTotals) -> [Page.Warning] {
    var losses: [Page.Warning] = []
    if totals.cutLines > 0 {
      let what = totals.cutLines == 1 ? "1 line" : "\(totals.cutLines) lines"
      let line = totals.stride > 1 ? nil : totals.firstCutLine
      losses.append(Page.Warning("\(what) longer than 1 MiB: cut there", line: line))
    }
    if totals.stride > 1 {
      losses.append(
        Page.Warning("one of \(totals.stride) pieces in a row was read, for --budget: \(aSample)"))
    }
    if let failure = totals.failure { losses.append(Page.Warning(failure.message)) }
    return losses
  }

  private mutating func settle(_ found: [Page], losses: [Page.Warning]) {
    pages = found
    if isStream, isExcerpt { for index in pages.indices { pages[index].forgetAbsences() } }
    account.skippedLines = found.reduce(0) { $0 + $1.skippedLines }
    account.warnings = Array((losses + found.flatMap(\.warnings)).prefix(Page.warningLimit))
    let isPartial =
      !losses.isEmpty || account.skippedLines > 0
      || account.warnings.contains(where: \.tellsOfLoss)
    account.status = isPartial ? .partlyRead : .read
  }

  private mutating func fail(_ error: SourceError) {
    account.status = error.isLeftOut ? .notRecognised : .unreadable
    account.warnings = [Page.Warning(error.message)]
  }

  private mutating func leave(_ message: String) {
    account.kind = nil
    account.warnings = [Page.Warning(message)]
  }

  /// The last part of the name, without `.gz`, `.xz` and `.zst`.
  private var plainName: String {
    let last = name.split(separator: "/").last.map(String.init) ?? name
    let ending = [".gz", ".xz", ".zst"].first { last.hasSuffix($0) } ?? ""
    return String(last.dropLast(ending.count))
  }

  /// In a walked folder foreign files are no surprise; one given by name deserves the whole answer.
  private var expected: String {
    account.isNamed
      ? "expected EC2 status or metrics, Redis INFO, SLOWLOG, log or config, gunicorn config or "
        + "log, nginx config or log, or the output of ps, free, vmstat, dmesg or journalctl"
      : "no kind of evidence looks like it"
  }
}

private let aSample = "counts are estimated, no lines are counted, nothing is ruled out"
