import Model

/// What an application logs: errors, and above all those against its Redis, with their stack traces.
///
/// ```
/// 2026-11-21 01:39:56,071 ERROR gateway.redis [t08] ...: Timeout reading from socket
/// 2024-03-04 02:11:21.007 ERROR 1 --- [nio-8080-exec-8] o.a.c.c.C.[.[.[/] : ... timed out
/// [2024-05-15 19:20:00,123: ERROR/MainProcess] consumer: Cannot connect to redis://...
/// redis.exceptions.ConnectionError: max number of clients reached
/// [09-Apr-2026 14:02:11 UTC] PHP Fatal error:  Uncaught RedisException: read error on connection ...
/// 2026/11/21 03:04:05 cart.go:41: redis get: dial tcp 10.0.3.7:6379: connect: connection refused
/// {"level":50,"time":1732300000123,"err":{"message":"connect ECONNREFUSED 10.0.3.7:6379"},...}
/// ```
package struct ApplicationLogReader: StreamReader {
  package static let kind = EvidenceKind.applicationLog

  private let context: ReadingContext
  private let zone: (offset: Int, isKnown: Bool)
  private var redis = RedisErrorTally()
  private var errors = AppTally()
  private var slow = AppTally()
  private var slowest: (seconds: Double, origin: Origin, time: Instant?)?
  private var coverage = AppCoverage()
  private var now: (time: Instant?, isZoned: Bool) = (nil, false)
  private var isCounting = true
  private var firstLine = FirstLine()
  /// Blanks before the first line.
  private var indent = 0
  private var source: String?
  /// The entry at hand cannot be an error: its level says so.
  private var isQuiet = false
  /// The entry at hand is counted among the errors.
  private var isError = false
  private var isChained = false
  private var entries = LooseEntries()
  /// Some entry has a level: only then is the number of errors known.
  private var hasLevels = false

  package init(context: ReadingContext) {
    self.context = context
    zone = context.zone(for: Self.kind)
  }

  package static func recognises(_ sample: Sample) -> Recognition {
    guard !sample.looksLikeJSON || sample.lines.count > 1,
      GunicornLogReader.recognises(sample) < .possible, !isOfTheSystem(sample)
    else { return .no }
    var entries = 0
    var others = 0
    var failures = 0
    var unlevelled = 0
    for line in sample.lines {
      let bytes = Array(line.utf8)
      let span = bytes.span
      if span.contains(" LOG:  ") || span.contains("] LOG:") { return .no }
      let head = ApplicationLogLine(span, offset: 0)
      if head.isGo { unlevelled += 1 }
      if head.time != nil || head.isKlog, head.level != nil {
        entries += 1
      } else if span.count > 0, span[0] > 0x20, !span.hasPrefix("Traceback") {
        others += 1
      }
      let signs = RedisErrorSigns(span)
      if signs.kind(isRedis: signs.nameRedis) != nil || signs.nameRedis && signs.tellOfEmptyPool {
        failures += 1
      }
    }
    // What states no level says only in its failures that it is of an application with a Redis.
    if entries + unlevelled > 0, failures > 0 { return .certain }
    let hasTrace =
      sample.text.contains("Traceback (most recent call last)")
      || sample.text.contains("\n\tat ")
    if failures > 0, hasTrace, sample.text.contains("edis") { return .possible }
    // The message alone, as it is copied out of a log or a browser.
    if failures > 0, failures == others, others <= 20, entries == 0,
      RedisErrorSigns.nameClass(sample.text)
    {
      return .possible
    }
    return entries >= 2 && entries >= others ? .possible : .no
  }

  /// Agents and tools of the system log as applications do, and know of no Redis: that they had no
  /// trouble with one says nothing.
  private static func isOfTheSystem(_ sample: Sample) -> Bool {
    let marks = [
      "Cloud-init v. ", "[ssm-agent-worker]", "[amazon-ssm-agent]", "amazon-cloudwatch-agent",
      " DDEBUG ", " INFO --- logging initialized ---", "unattended-upgrades", " fail2ban.",
      "certbot._internal", "WALinuxAgent", "google_guest_agent", " startup archives unpack",
    ]
    return marks.contains { sample.text.contains($0) }
  }

  package mutating func read(line: Span<UInt8>, number: Int, into page: inout Page) {
    guard line.count > 0 else { return }
    if firstLine.take(line, number) {
      while indent < min(line.count, 16), line[indent] == 0x20 { indent += 1 }
    }
    guard indent > 0 else { return read(entry: line, number: number) }
    // Pasted as code: the blanks before every line are none of the log's.
    var start = 0
    while start < min(indent, line.count), line[start] == 0x20 { start += 1 }
    read(entry: line.extracting(start..<line.count), number: number)
  }

  private mutating func read(entry line: Span<UInt8>, number: Int) {
    guard line.count > 0 else { return }
    // Stack frames are most of many logs and hold nothing else.
    if line[0] == 9 || line[0] == UInt8(ascii: " "), isError || isQuiet { return }
    let head = ApplicationLogLine(line, offset: zone.offset, year: context.year)
    if head.isLoose, let carried = carried(line, isStamped: head.time != nil) {
      return read(carried, line, number)
    }
    if let time = head.time, head.level != nil || line[0] > 0x20 {
      move(to: time, isZoned: head.isZoned)
      beginEntry(head, line)
    } else if head.isKlog {
      beginEntry(head, line)
    } else {
      noteTrace(line, number)
    }
    guard isCounting else { return }
    if head.isError, !isError {
      isError = true
      errors.add(line, number, at: now.time)
    }
    if head.time != nil { noteSlow(line, number) }
    guard !isQuiet else { return }
    redis.take(line, number, at: now.time, isZoned: now.isZoned, source: source)
  }

  private mutating func move(to time: Instant, isZoned: Bool) {
    now = (time, isZoned || zone.isKnown)
    coverage.add(time)
    isCounting = context.window.contains(time)
  }

  /// A line without time and level of its own: what a journal, docker or compose carries, or of a log that
  /// states none at all.
  private func carried(_ line: borrowing Span<UInt8>, isStamped: Bool) -> CarriedText? {
    let carried = CarriedText(line, year: context.year, zone: zone)
    let isBare = !isStamped && now.time == nil
    return carried.start > 0 || isBare ? carried : nil
  }

  private mutating func read(
    _ carried: CarriedText, _ line: borrowing Span<UInt8>, _ number: Int
  ) {
    if let time = carried.time { move(to: time, isZoned: carried.isZoned) }
    let text = line.extracting(min(carried.start, line.count)..<line.count)
    let begins = entries.begin(with: text)
    if begins || entries.isTraceback && isQuiet {
      let level = ApplicationLogLine.leadingLevel(text)
      hasLevels = hasLevels || level != nil
      redis.beginEntry()
      (isQuiet, isError, isChained, source) = (level == .quiet, false, false, nil)
      if level == .error { noteError(line, number) }
    }
    if entries.isTraceback { noteError(line, number) }
    guard isCounting, !isQuiet, text.count > 0, text[0] > 0x20 else { return }
    noteSlow(line, number)
    redis.take(line, number, at: now.time, isZoned: now.isZoned, source: source)
  }

  private mutating func noteError(_ line: borrowing Span<UInt8>, _ number: Int) {
    guard !isError else { return }
    isError = true
    if isCounting { errors.add(line, number, at: now.time) }
  }

  private mutating func beginEntry(
    _ head: ApplicationLogLine, _ line: borrowing Span<UInt8>
  ) {
    redis.beginEntry()
    isQuiet = head.isQuiet
    hasLevels = hasLevels || head.level != nil
    entries.noteMessage()
    isError = false
    isChained = false
    source = isQuiet ? nil : head.source(line)
  }

  /// A traceback that no error line announces is an entry of its own.
  private mutating func noteTrace(_ line: borrowing Span<UInt8>, _ number: Int) {
    if line.hasPrefix("During handling of the above") || line.hasPrefix("The above exception was") {
      isChained = true
    } else if line.hasPrefix("Traceback (most recent call last)") {
      if !isChained, isQuiet || now.time == nil || !isError {
        redis.beginEntry()
        isQuiet = false
        isError = true
        if isCounting { errors.add(line, number, at: now.time) }
      }
      isChained = false
    }
  }

  /// `slow redis GET page:0 took 9.0 ms`.
  private mutating func noteSlow(_ line: borrowing Span<UInt8>, _ number: Int) {
    guard line.contains("slow") || line.contains("Slow") || line.contains("SLOW"),
      RedisErrorSigns(line).nameRedis
    else { return }
    guard let seconds = Self.duration(line) else { return }
    slow.add(line, number, at: now.time)
    if seconds > slowest?.seconds ?? -1 {
      slowest = (seconds, Origin(line: number, excerpt: line.excerpt), now.time)
    }
  }

  /// The last figure with a unit of time: `9.0 ms`, `1.2s`, `350us`.
  private static func duration(_ line: borrowing Span<UInt8>) -> Double? {
    let words = line.text(0..<min(line.count, 1000)).split { " ,;()=".contains($0) }
    let scales = ["s": 1, "ms": 0.001, "us": 1e-6, "sec": 1, "seconds": 1, "msec": 0.001]
    var result: Double?
    for (index, word) in words.enumerated() {
      let digits = word.prefix { $0.isNumber || $0 == "." }
      guard let number = Double(digits), number.isFinite else { continue }
      var unit = String(word.dropFirst(digits.count))
      if unit.isEmpty, index + 1 < words.count { unit = String(words[index + 1]) }
      if let scale = scales[unit] { result = number * scale }
    }
    return result
  }

  package mutating func finish(into page: inout Page) {
    guard let emptyOrigin = firstLine.origin else { return }
    let app = page.subject(.app)
    let span = coverage.span(within: context.window)
    if let span {
      page.cover(span.lowerBound)
      page.cover(span.upperBound)
    }
    if hasLevels || errors.count > 0 {
      errors.record("app.errors", of: app, coverage: span, emptyOrigin: emptyOrigin, into: &page)
    }
    slow.record("app.redis.slow", of: app, coverage: span, emptyOrigin: emptyOrigin, into: &page)
    if let slowest {
      page.record(
        "app.redis.slowest", slowest.seconds, of: app, at: slowest.time, origin: slowest.origin)
    }
    redis.record(of: app, coverage: span, into: &page, emptyOrigin: emptyOrigin)
  }
}
