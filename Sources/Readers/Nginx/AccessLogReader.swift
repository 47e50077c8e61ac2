import Model

/// Reads nginx access logs: the combined form and its relatives, JSON lines, and any `log_format`
/// found among the evidence.
///
/// Lines are read as bytes; texts are made of the few that are kept as evidence. The forms are in
/// `AccessLoose`, `AccessPlan` and `AccessJSON`; which one a log has is tried on its first lines,
/// and a line that the chosen one does not fit is tried with the others, since logs change their
/// format on the day somebody edits the configuration.
package struct AccessLogReader: MergeableReader {
  package static let kind = EvidenceKind.nginxAccessLog

  private enum Form { case loose, plan, json }

  private let context: ReadingContext
  private var form = Form.loose
  private var isSettled = false
  private var stamps: StampReader
  private var json = AccessJSON()
  private var plan: AccessPlan?
  private let plans: [AccessPlan]
  /// `--since` and `--until`, seconds since 1970.
  private let since: Int
  private let until: Int
  private var counts = AccessCounts()
  /// Nothing was read since `close`.
  private var isClosed = false
  private var firstLine: Witness?
  private var outside = 0
  /// What of the log was read.
  private var share = 1.0
  private var skipped = 0
  private var skippedLines: [Int] = []
  package private(set) var maySkipOthers = false
  private let memory = TableMemory(AccessMarks.memorySize)
  private var marks: AccessMarks
  /// How many marks the last line had: most have as many.
  private var markCount = 0

  package init(context: ReadingContext) {
    self.context = context
    marks = AccessMarks(memory)
    stamps = StampReader(offset: context.zone(for: AccessLogReader.kind).offset)
    since = context.window.since.map { Int($0.microseconds / 1_000_000) } ?? Int.min
    until = context.window.until.map { Int($0.microseconds / 1_000_000) } ?? Int.max
    var plans: [AccessPlan] = []
    for (_, format) in context.logFormats.sorted(by: { $0.key < $1.key }) {
      if format.drop(while: { $0.isWhitespace }).first == "{" {
        json.learn(format: format)
      } else if let plan = AccessPlan(format: format) {
        plans.append(plan)
      }
    }
    self.plans = plans
  }

  @discardableResult
  package mutating func read(
    block: Span<UInt8>, firstLine: Int, into page: inout Page
  ) -> Int {
    if !isSettled { settle(on: block) }
    isClosed = false
    return block.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return 0 }
      let lines = read(base, size: bytes.count, firstLine: firstLine)
      counts.countNames()
      return lines
    }
  }

  package mutating func read(line: Span<UInt8>, number: Int, into page: inout Page) {
    if !isSettled { settle(on: line) }
    isClosed = false
    line.withRawLine { line in
      var quotes = PlainQuotes(line: line)
      if line.count > 0 { take(line, &quotes, number: number) }
      counts.countNames()
    }
  }

  /// Reads whole lines; gives their number. A window at a time: its marks, then its lines.
  private mutating func read(_ base: UnsafePointer<UInt8>, size: Int, firstLine: Int) -> Int {
    var number = firstLine
    var start = 0
    while start < size {
      let window = base + start
      let windowSize = Swift.min(size &- start, AccessMarks.window)
      marks.find(in: window, size: windowSize)
      var lineStart = 0
      var mark = UnsafePointer(marks.places)
      for index in 0..<marks.endCount {
        let end = Int(marks.ends[index])
        let last = lastMark(from: mark, before: end)
        var count = end &- lineStart
        if count > 0, window[end &- 1] == UInt8(ascii: "\r") { count &-= 1 }
        if count > 0 {
          let line = RawLine(
            base: window + lineStart, count: count, readable: size &- start &- lineStart)
          var quotes = MarkedQuotes(
            line: line, mark: mark, last: last, offset: lineStart, mayEscape: marks.hasEscapes)
          take(line, &quotes, number: number)
        }
        number &+= 1
        lineStart = end &+ 1
        mark = last
      }
      // What is left of the window is the beginning of a line: it starts the next one. Where the
      // window held no line end, its line is longer, or the last one and without an end.
      start &+= lineStart > 0 ? lineStart : readLong(window, size: size &- start, number: &number)
    }
    return number &- firstLine
  }

  /// The first mark behind a line that ends at `end`. The marks rise and the last is beyond all, so
  /// two looks tell whether a line has as many as the one before.
  @inline(__always)
  private mutating func lastMark(
    from mark: UnsafePointer<AccessMarks.Mark>, before end: Int
  ) -> UnsafePointer<AccessMarks.Mark> {
    if markCount > 0, markCount <= marks.endOfPlaces - mark {
      let last = mark + markCount
      if last.pointee > end, (last - 1).pointee < end { return last }
    }
    var last = mark
    while last.pointee < end { last += 1 }
    markCount = last - mark
    return last
  }

  /// Reads one line of any length; gives its length with its end.
  @inline(never)
  private mutating func readLong(
    _ base: UnsafePointer<UInt8>, size: Int, number: inout Int
  ) -> Int {
    let all = RawLine(base: base, count: size, readable: size)
    let end = all.find(UInt8(ascii: "\n"), from: 0, to: size)
    var count = end
    if count > 0, base[count &- 1] == UInt8(ascii: "\r") { count &-= 1 }
    let line = RawLine(base: base, count: count, readable: size)
    var quotes = PlainQuotes(line: line)
    if count > 0 { take(line, &quotes, number: number) }
    number &+= 1
    return end &+ 1
  }

  @inline(__always)
  private mutating func take<Quotes: QuoteFinder>(
    _ line: RawLine, _ quotes: inout Quotes, number: Int
  ) {
    if firstLine == nil { firstLine = Witness(line, number: number, second: -1) }
    let pending = counts.next
    pending.pointee.request = AccessLine()
    let isRead =
      switch form {
      case .loose:
        parseCombined(line, quotes, &stamps, into: &pending.pointee.request)
          || parseLoose(line, &quotes, &stamps, into: &pending.pointee.request)
      case .json: json.parse(line, &quotes, &stamps, into: &pending.pointee.request)
      case .plan: plan?.parse(line, &quotes, &stamps, into: &pending.pointee.request) ?? false
      }
    if !isRead, !parseOtherwise(line, &pending.pointee.request) {
      skip(line, number: number)
      return
    }
    let second = pending.pointee.request.second
    guard second >= since, second <= until else {
      outside &+= 1
      return
    }
    counts.addNext(line, number: number)
  }

  /// Tries the forms that the log does not have.
  @inline(never)
  private mutating func parseOtherwise(_ line: RawLine, _ request: inout AccessLine) -> Bool {
    var quotes = PlainQuotes(line: line)
    request = AccessLine()
    if form != .json, line.find(UInt8(ascii: "{"), from: 0, to: line.count) < line.count,
      json.parse(line, &quotes, &stamps, into: &request)
    {
      return true
    }
    request = AccessLine()
    if form != .loose, parseLoose(line, &quotes, &stamps, into: &request) { return true }
    request = AccessLine()
    return false
  }

  @inline(never)
  private mutating func skip(_ line: RawLine, number: Int) {
    for index in 0..<line.count where line[index] > 0x20 {
      skipped &+= 1
      if !maySkipOthers { maySkipOthers = line.withSpan { MixedStream.maySpeak(in: $0) } }
      if skippedLines.count < Page.warningLimit { skippedLines.append(number) }
      return
    }
  }

  /// Tries every form on up to 100 lines. The one that reads most wins; among equals the one that
  /// finds more in a line, a stated format before a guess.
  private mutating func settle(on block: Span<UInt8>) {
    block.withRawLine { settle(on: $0) }
  }

  private mutating func settle(on block: RawLine) {
    isSettled = true
    var planScores = plans.map { _ in 0 }
    var looseScore = 0
    var jsonScore = 0
    var start = 0
    var lines = 0
    while start < block.count, lines < 100 {
      let stop = block.find(UInt8(ascii: "\n"), from: start, to: block.count)
      let line = RawLine(
        base: block.base + start, count: stop - start, readable: block.count - start)
      var quotes = PlainQuotes(line: line)
      start = stop + 1
      lines += 1
      for index in plans.indices {
        var request = AccessLine()
        if plans[index].parse(line, &quotes, &stamps, into: &request) {
          planScores[index] += AccessLogReader.worth(request, isStated: true)
        }
      }
      var request = AccessLine()
      if parseLoose(line, &quotes, &stamps, into: &request) {
        looseScore += AccessLogReader.worth(request, isStated: false)
      }
      request = AccessLine()
      if json.parse(line, &quotes, &stamps, into: &request) {
        jsonScore += AccessLogReader.worth(request, isStated: false)
      }
    }
    let best = plans.indices.max { planScores[$0] < planScores[$1] }
    let planScore = best.map { planScores[$0] } ?? 0
    if planScore > 0, planScore >= looseScore, planScore >= jsonScore, let best {
      form = .plan
      plan = plans[best]
    } else {
      form = jsonScore > looseScore ? .json : .loose
    }
  }

  private static func worth(_ request: AccessLine, isStated: Bool) -> Int {
    10 + (request.requestTime >= 0 ? 2 : 0) + (request.agent.isEmpty ? 0 : 2)
      + (request.path.isEmpty ? 0 : 2) + (request.client.isEmpty ? 0 : 2) + (isStated ? 1 : 0)
  }

  package mutating func prepare(for head: Span<UInt8>) { settle(on: head) }

  package func second(of line: Span<UInt8>) -> Int? {
    // Copies, for a look changes nothing.
    var stamps = stamps
    var json = json
    return line.withRawLine { line in
      var quotes = PlainQuotes(line: line)
      var request = AccessLine()
      let isRead =
        switch form {
        case .loose: parseLoose(line, &quotes, &stamps, into: &request)
        case .json: json.parse(line, &quotes, &stamps, into: &request)
        case .plan: plan?.parse(line, &quotes, &stamps, into: &request) ?? false
        }
      return isRead ? request.second : nil
    }
  }

  package func forAnotherRange() -> AccessLogReader {
    var other = AccessLogReader(context: context)
    other.isSettled = isSettled
    other.form = form
    other.plan = plan
    return other
  }

  package mutating func close() {
    if !isClosed { counts.close() }
    isClosed = true
  }

  package mutating func sawOnly(share: Double) { self.share = share }

  package mutating func merge(_ later: Self, addingLines offset: Int) {
    counts.merge(later.counts, addingLines: offset)
    firstLine = firstLine ?? later.firstLine?.moved(by: offset)
    outside += later.outside
    stamps.merge(later.stamps)
    skipped += later.skipped
    maySkipOthers = maySkipOthers || later.maySkipOthers
    skippedLines += later.skippedLines.prefix(Page.warningLimit - skippedLines.count)
      .map { $0 + offset }
  }

  package mutating func finish(into page: inout Page) {
    close()
    for index in 0..<skipped {
      page.skip(
        line: index < skippedLines.count ? skippedLines[index] : 0,
        "found a line of another form; expected an access log line")
    }
    counts.record(
      into: &page, firstLine: firstLine?.origin ?? Origin(line: nil, excerpt: ""),
      isZoned: !stamps.sawUnzoned, share: share)
    if share < 1 { page.forgetLines() }
  }
}

extension AccessLogReader {
  package static func recognises(_ sample: Sample) -> Recognition {
    let name = sample.name.lowercased()
    let namedSo = name.contains("access") && (name.contains("log") || name.hasSuffix(".json"))
    var access = 0
    var errors = 0
    var others = 0
    var isPrefixed = false
    var stamps = StampReader(offset: 0)
    var json = AccessJSON()
    for line in sample.lines {
      if isGunicornLine(line) { return .no }
      let bytes = Array(line.utf8)
      if bytes.isEmpty { continue }
      var request = AccessLine()
      let isJSON = line.first { !$0.isWhitespace } == "{"
      let isAccess = bytes.span.withRawLine { line in
        var quotes = PlainQuotes(line: line)
        return isJSON
          ? json.parse(line, &quotes, &stamps, into: &request)
          : parseLoose(line, &quotes, &stamps, into: &request)
            && (!request.method.isEmpty || access > 0 || namedSo)
      }
      if isAccess {
        access += 1
        let head = isJSON ? 0 : request.client.start
        if head > 0, bytes[0] != UInt8(ascii: "["), !line.contains("nginx") { isPrefixed = true }
      } else if NginxErrorLine(bytes.span) != nil {
        errors += 1
      } else if !line.allSatisfy({ $0.isWhitespace }) {
        others += 1
      }
    }
    if access == 0 {
      let isBlank = errors == 0 && others == 0
      // A format that only its `log_format` explains: the name must speak for it.
      let isStamped = others > errors && sample.lines.contains { hasStamp($0) }
      return namedSo && !sample.looksLikeJSON && (isBlank || isStamped) ? .byName : .no
    }
    if access < errors || access < others || isPrefixed { return .possible }
    return .certain
  }

  /// Lines that only gunicorn's own log holds, be it alone, in a journal or behind a container's
  /// name: access lines among them are gunicorn's.
  private static func isGunicornLine(_ line: String) -> Bool {
    guard
      line.contains("unicorn") || line.contains("Booting worker") || line.contains("Listening")
        || line.contains("WORKER TIMEOUT")
    else { return false }
    return line.contains("gunicorn[") || line.contains("Starting gunicorn")
      || line.contains("Booting worker with pid") || line.contains("Listening at: ")
      || line.contains("WORKER TIMEOUT") || line.contains("gunicorn.error")
      || line.contains("gunicorn.access")
  }

  private static func hasStamp(_ line: String) -> Bool {
    let bytes = Array(line.utf8.prefix(400))
    var stamps = StampReader(offset: 0)
    return bytes.span.withRawLine { line in
      (0..<line.count).contains {
        stamps.common(line, at: $0) != nil || stamps.iso(line, at: $0) != nil
          || (($0 == 0 || line[$0 - 1] == UInt8(ascii: "|"))
            && stamps.any(line, Place(start: $0, end: min($0 + 14, line.count))) != nil)
      }
    }
  }
}
