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
  private var firstLine: Witness?
  private var outside = 0
  private var skipped = 0
  private var skippedLines: [Int] = []

  package init(context: ReadingContext) {
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

  package mutating func read(block: Span<UInt8>, firstLine: Int, into page: inout Page) {
    if !isSettled { settle(on: block) }
    var number = firstLine
    var start = 0
    let end = block.count
    while start < end {
      let stop = block.find(UInt8(ascii: "\n"), from: start, to: end)
      var last = stop
      if last > start, block[last &- 1] == UInt8(ascii: "\r") { last &-= 1 }
      if last > start { take(block.extracting(start..<last), number: number) }
      number &+= 1
      start = stop &+ 1
    }
  }

  package mutating func read(line: Span<UInt8>, number: Int, into page: inout Page) {
    if !isSettled { settle(on: line) }
    if line.count > 0 { take(line, number: number) }
  }

  @inline(__always)
  private mutating func take(_ line: Span<UInt8>, number: Int) {
    if firstLine == nil { firstLine = Witness(line, number: number, second: -1) }
    var request = AccessLine()
    let isRead =
      switch form {
      case .loose: parseLoose(line, &stamps, into: &request)
      case .json: json.parse(line, &stamps, into: &request)
      case .plan: plan?.parse(line, &stamps, into: &request) ?? false
      }
    if !isRead, !parseOtherwise(line, &request) {
      skip(line, number: number)
      return
    }
    guard request.second >= since, request.second <= until else {
      outside &+= 1
      return
    }
    counts.add(request, line: line, number: number)
  }

  private mutating func parseOtherwise(_ line: Span<UInt8>, _ request: inout AccessLine) -> Bool {
    request = AccessLine()
    if form != .json, line.find(UInt8(ascii: "{"), from: 0, to: line.count) < line.count,
      json.parse(line, &stamps, into: &request)
    {
      return true
    }
    request = AccessLine()
    if form != .loose, parseLoose(line, &stamps, into: &request) { return true }
    request = AccessLine()
    return false
  }

  private mutating func skip(_ line: Span<UInt8>, number: Int) {
    for index in 0..<line.count where line[index] > 0x20 {
      skipped &+= 1
      if skippedLines.count < Page.warningLimit { skippedLines.append(number) }
      return
    }
  }

  /// Tries every form on up to 100 lines. The one that reads most wins; among equals the one that
  /// finds more in a line, a stated format before a guess.
  private mutating func settle(on block: Span<UInt8>) {
    isSettled = true
    var planScores = plans.map { _ in 0 }
    var looseScore = 0
    var jsonScore = 0
    var start = 0
    var lines = 0
    while start < block.count, lines < 100 {
      let stop = block.find(UInt8(ascii: "\n"), from: start, to: block.count)
      let line = block.extracting(start..<stop)
      start = stop + 1
      lines += 1
      for index in plans.indices {
        var request = AccessLine()
        if plans[index].parse(line, &stamps, into: &request) {
          planScores[index] += AccessLogReader.worth(request, isStated: true)
        }
      }
      var request = AccessLine()
      if parseLoose(line, &stamps, into: &request) {
        looseScore += AccessLogReader.worth(request, isStated: false)
      }
      request = AccessLine()
      if json.parse(line, &stamps, into: &request) {
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

  package mutating func merge(_ later: Self) {
    counts.merge(later.counts)
    firstLine = firstLine ?? later.firstLine
    outside += later.outside
    skipped += later.skipped
    skippedLines += later.skippedLines.prefix(Page.warningLimit - skippedLines.count)
  }

  package mutating func finish(into page: inout Page) {
    for index in 0..<skipped {
      page.skip(
        line: index < skippedLines.count ? skippedLines[index] : 0,
        "found a line of another form; expected an access log line")
    }
    counts.record(
      into: &page, firstLine: firstLine?.origin ?? Origin(line: nil, excerpt: ""),
      isZoned: !stamps.sawUnzoned)
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
      let span = bytes.span
      if span.count == 0 { continue }
      var request = AccessLine()
      let isJSON = line.first { !$0.isWhitespace } == "{"
      let isAccess =
        isJSON
        ? json.parse(span, &stamps, into: &request)
        : parseLoose(span, &stamps, into: &request)
          && (!request.method.isEmpty || access > 0 || namedSo)
      if isAccess {
        access += 1
        let head = isJSON ? 0 : request.client.start
        if head > 0, bytes[0] != UInt8(ascii: "["), !line.contains("nginx") { isPrefixed = true }
      } else if NginxErrorLine(span) != nil {
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
    let span = bytes.span
    var stamps = StampReader(offset: 0)
    return bytes.indices.contains {
      stamps.common(span, at: $0) != nil || stamps.iso(span, at: $0) != nil
        || (($0 == 0 || bytes[$0 - 1] == UInt8(ascii: "|"))
          && stamps.any(span, Place(start: $0, end: min($0 + 14, bytes.count))) != nil)
    }
  }
}
