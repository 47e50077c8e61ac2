import Model

/// A ticket or a chat: a story with evidence of several kinds between its sentences. Taken apart into
/// excerpts, each of which goes to a reader of its own and cites the lines of the whole.
///
/// Asked only of texts below `limit` that hold, in the lines that recognition looks at, a sentence, a
/// heading, a fence, JSON beside something else or two prompts, that begin with a prompt, or that nobody
/// knows; anything else is read as before and pays for that look alone. Such a text stays one document or
/// log if the excerpts tell no more than the whole does.
struct PastedText {
  /// What a pipe can be asked for twice.
  static let limit = Pipe.keptLimit
  /// A text of more pieces than that is a log with sentences in it, no ticket.
  static let pieceLimit = 200

  private(set) var excerpts: [Excerpt] = []
  /// One kind with remarks between: a log that speaks for the time it covers.
  private(set) var isRemarkedLog = false
  let lines: Int
  /// Blocks of code that no reader knows.
  private(set) var unknown: [ClosedRange<Int>] = []

  /// Whether it is worth taking the text apart.
  static func maySuit(_ sample: Sample) -> Bool {
    var prompts = 0
    var signs = JSONBlockSigns()
    let lines = sample.lines.map { $0[...] }
    for (index, line) in lines.enumerated() where !line.isBlank {
      if signs.take(line.utf8) { return true }
      let next = index + 1 < lines.count ? lines[index + 1] : ""
      if line.first == ">" || opensFence(line) || Prose.isProse(line, next: next)
        || isOfServiceStatus(line)
      {
        return true
      }
      if isPrompt(line) {
        prompts += 1
        if prompts > 1 { return true }
      }
    }
    return false
  }

  /// Nil where the text is one document or log, `whole`, or nothing.
  init?(_ bytes: [UInt8], whole: ReaderSet.Choice?, isCertain: Bool, readers: ReaderSet) {
    let isStatus = whole?.reader.kind == .serviceStatus
    if isCertain, !isStatus, !PastedText.mayHaveForm(bytes) { return nil }
    let parts = Segments(String(decoding: bytes, as: UTF8.self)[...])
    lines = parts.lines
    // What is certainly of one kind is taken apart only if it begins or ends as a ticket does, or
    // shows several commands: sentences stand in logs and configs too.
    let hasForm =
      isStatus || parts.hasFence || parts.hasBlock || parts.beginsWithProse || parts.endsWithProse
      || parts.prompts > 1
    if isCertain, !hasForm || PastedText.isCrashLog(bytes, whole, parts) { return nil }
    guard parts.segments.count <= PastedText.pieceLimit else { return nil }
    var divider = Divider(readers: readers)
    for segment in parts.segments {
      let found = divider.divide(segment)
      excerpts += found
      if found.isEmpty, segment.isFenced, segment.lines.count >= 3 {
        unknown.append(segment.firstLine...segment.endLine - 1)
      }
      if divider.count > PastedText.pieceLimit { return nil }
    }
    let isStory = parts.proseLines * 2 >= parts.filledLines
    guard let whole, isCertain || !isStory else {
      // Sentences that a reader took for its own.
      if excerpts.isEmpty, !isStory || whole == nil { return nil }
      return
    }
    guard !excerpts.isEmpty else {
      if isStory { return }
      return nil
    }
    let kinds = Set(excerpts.map(\.kind))
    let isSame = kinds.allSatisfy { $0 == whole.reader.kind || areTogether($0, whole.reader.kind) }
    // JSON documents that commands printed one after another are several.
    if !isSame || parts.hasFence || parts.hasBlock && excerpts.count > 1 { return }
    if parts.proseLines == 0 { return nil }
    // A banner is no part of the document below it.
    if parts.beginsWithBanner, parts.segments.count == 1 { return }
    guard parts.proseLines * 10 <= parts.filledLines else { return }
    guard case .stream = whole else { return nil }
    isRemarkedLog = true
  }

  /// A log of Redis whose crash report tells how to look at its code, `$ xxd` and `$ objdump`, and ends
  /// in a request to report it.
  private static func isCrashLog(
    _ bytes: [UInt8], _ whole: ReaderSet.Choice?, _ parts: Segments
  ) -> Bool {
    guard whole?.reader.kind == .redisLog, !parts.hasFence, !parts.hasBlock, !parts.beginsWithProse
    else { return false }
    var reports = 0
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if line.span.contains(" BUG REPORT START") { reports += 1 }
    }
    return reports > 0 && parts.prompts <= reports * 2
  }

  /// Whether it may show fences, quotes, JSON beside something else or several prompts, or begin or end with
  /// prose: where a large document plainly does not, it need not be taken apart to know.
  private static func mayHaveForm(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      var ends: [Slice<UnsafeBufferPointer<UInt8>>] = []
      var prompts = 0
      var signs = JSONBlockSigns()
      for line in bytes.split(separator: UInt8(ascii: "\n")) {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        guard let start = line.firstIndex(where: { $0 > 32 }) else { continue }
        if signs.take(line) { return true }
        switch line[start] {
        case UInt8(ascii: "`"), UInt8(ascii: "~"), 0x80...: return true
        // `{code}`, `{noformat}`, `<pre>`.
        case UInt8(ascii: "{"), UInt8(ascii: "<"):
          if let next = line[start...].dropFirst().first, "cnp".utf8.contains(next) { return true }
        default: break
        }
        if line.first == UInt8(ascii: ">") { return true }
        if ShellPrompt.mayStand(in: line) || RedisPrompt.mayStand(in: line),
          isPrompt(String(decoding: line, as: UTF8.self)[...])
        {
          prompts += 1
          if prompts > 1 { return true }
        }
        // The first line, and the last two.
        ends.append(line, keepingFirstAndNewest: 3)
      }
      return ends.contains { Prose.isProse(String(decoding: $0, as: UTF8.self)[...]) }
    }
  }

  /// `     Active: failed (Result: exit-code) since ...`: `systemctl status` ends in lines of the journal.
  private static func isOfServiceStatus(_ line: Substring) -> Bool {
    line.first == " " && line.bare.hasPrefix("Active: ")
  }

  /// What was found in it, in order of first appearance.
  var kinds: [EvidenceKind] {
    excerpts.reduce(into: []) { if !$0.contains($1.kind) { $0.append($1.kind) } }
  }

  /// The pages of its excerpts: of documents those given, of logs read here. Empty excerpts of no
  /// use to anybody are left out.
  func pages(documents: [Int: Page], context: ReadingContext) -> [Page] {
    if isRemarkedLog, let page = remarkedPage(context) { return [page] }
    return excerpts.indices.map { index in
      var page = documents[index] ?? page(of: excerpts[index], context)
      excerpts[index].temper(&page)
      return page
    }
  }

  private func page(of excerpt: Excerpt, _ context: ReadingContext) -> Page {
    guard case .stream(let reader) = excerpt.choice else { return Page(kind: excerpt.kind) }
    return PastedText.read([excerpt.segment], with: reader, context)
  }

  private func remarkedPage(_ context: ReadingContext) -> Page? {
    guard case .stream(let reader)? = excerpts.first?.choice else { return nil }
    return PastedText.read(excerpts.map(\.segment), with: reader, context)
  }

  private static func read<R: StreamReader>(
    _ segments: [Segment], with type: R.Type, _ context: ReadingContext
  ) -> Page {
    var page = Page(kind: R.kind)
    var reader = R(context: context)
    for segment in segments {
      let bytes = segment.bytes
      reader.read(block: bytes.span, firstLine: segment.firstLine, into: &page)
    }
    reader.finish(into: &page)
    return page
  }

  /// What is said of the rest of it: no loss, but nothing is passed over in silence.
  var notes: [Page.Warning] {
    unknown.map { lines in
      Page.Warning(
        "lines \(lines.lowerBound) to \(lines.upperBound) are no known kind of evidence",
        line: lines.lowerBound)
    }
  }

  private static func opensFence(_ line: Substring) -> Bool {
    let text = line.bare
    return ["```", "~~~", "{code", "{noformat", "<pre"].contains { text.hasPrefix($0) }
  }
}

/// An excerpt and who reads it.
struct Excerpt {
  let segment: Segment
  let choice: ReaderSet.Choice
  /// A file name that a command or a caption gives; else a word that says nothing.
  let name: String
  /// Shown by `cat` as a whole: what it does not set has its default.
  let isWhole: Bool
  /// The command line that it answers.
  var command = ""

  var kind: EvidenceKind { choice.reader.kind }

  var document: Document { Document(name: name, bytes: segment.bytes) }

  /// Adds the instance that the command asked of, and takes out what an excerpt cannot say: that what
  /// it leaves out did not happen, or is not set.
  func temper(_ page: inout Page) {
    if let id = AWSOutput.soleInstanceID(in: command) {
      for (index, clue) in page.subjects.enumerated()
      where clue.kind == .instance && clue.keys.isEmpty { page.identify(index, .instanceID(id)) }
    }
    let isLog = if case .stream = choice { true } else { false }
    let isCommand = kind == .gunicornCommand && !segment.isElided
    if isLog { return page.forgetAbsences() }
    page.forget { $0.origin.line == nil && !isWhole && !isCommand }
  }
}

/// Captures of one command line after another that the same readers take together.
func areTogether(_ a: EvidenceKind, _ b: EvidenceKind) -> Bool {
  let captures: Set<EvidenceKind> = [
    .meminfo, .free, .vmstat, .sysstat, .uptime, .cpuCount, .sysctl, .pressure, .cgroupMemory,
    .diskSpace, .networkCounters, .captureTime,
  ]
  return a == b || captures.contains(a) && captures.contains(b)
}

extension Sample {
  /// It begins with a command, whose answer may be longer than the sample, and other commands follow.
  var beginsWithPrompt: Bool {
    lines.first { !$0[...].isBlank }.map { isPrompt($0[...]) } ?? false
  }
}
