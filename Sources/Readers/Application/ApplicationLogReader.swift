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
    if let time = head.time, head.level != nil || line[0] > 0x20 {
      now = (time, head.isZoned || zone.isKnown)
      coverage.add(time)
      isCounting = context.window.contains(time)
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

  private mutating func beginEntry(
    _ head: ApplicationLogLine, _ line: borrowing Span<UInt8>
  ) {
    redis.beginEntry()
    isQuiet = head.isQuiet
    hasLevels = hasLevels || !head.isGo
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
    if hasLevels || span == nil {
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

/// The head of an application's log line: stamp, level, thread.
struct ApplicationLogLine {
  enum Level { case quiet, warning, error }

  var time: Instant?
  var isZoned = false
  var level: Level?
  /// Where the level ends.
  private var end = 0
  /// `E0312 06:25:24.120000       1 cart.go:77] text`, which states no year.
  private(set) var isKlog = false
  /// `2026/11/21 03:04:05 text`, the stamp of Go's standard log, which has no levels.
  private(set) var isGo = false

  var isError: Bool { level == .error }
  var isQuiet: Bool { level == .quiet }

  /// The thread of a line that is JSON; brackets name none there.
  private var thread: Range<Int>?
  private var isJSON = false

  init(_ line: borrowing Span<UInt8>, offset: Int, year: Int? = nil) {
    if let object = ApplicationJSONLine(line, offset: offset) {
      (time, isZoned, level) = (object.time, object.isZoned, object.level)
      (thread, isJSON) = (object.thread, true)
      return
    }
    readStamp(line, offset: offset)
    if level == nil { readKlog(line, offset: offset, year: year) }
  }

  private mutating func readKlog(_ line: borrowing Span<UInt8>, offset: Int, year: Int?) {
    let limit = min(line.count - 21, 80)
    var start = 0
    while start < limit {
      defer { start += 1 }
      guard Self.klogLevel(line[start]) != nil, start == 0 || line[start - 1] == 0x20,
        let month = line.number(start + 1..<start + 3),
        let day = line.number(start + 3..<start + 5), line[start + 5] == 0x20,
        let hour = line.number(start + 6..<start + 8), line[start + 8] == UInt8(ascii: ":"),
        let minute = line.number(start + 9..<start + 11),
        let second = line.number(start + 12..<start + 14), line[start + 14] == UInt8(ascii: "."),
        let micros = line.number(start + 15..<start + 21)
      else { continue }
      level = Self.klogLevel(line[start])
      isKlog = true
      end = start + 21
      if time == nil, let year {
        time = Instant(
          year: year, month: month, day: day, hour: hour, minute: minute, second: second,
          microsecond: micros, offset: offset)
      }
      return
    }
  }

  private static func klogLevel(_ letter: UInt8) -> Level? {
    switch letter {
    case UInt8(ascii: "I"): .quiet
    case UInt8(ascii: "W"): .warning
    case UInt8(ascii: "E"), UInt8(ascii: "F"): .error
    default: nil
    }
  }

  private mutating func readStamp(_ line: borrowing Span<UInt8>, offset: Int) {
    if let stamp = AppStamp.php(line, offset: offset) {
      (time, isZoned) = (stamp.time, stamp.isZoned)
      findLevel(line, from: stamp.end)
      // `PHP Warning:`, `PHP Notice:`.
      if level == nil { level = .warning }
      return
    }
    var start = 0
    // A compose prefix, a bracket, a JSON key: the stamp stands near the beginning.
    while start < min(line.count, 80) {
      // A year begins with a 1 or a 2; few other bytes do.
      if line[start] == 0x31 || line[start] == 0x32,
        start == 0 || Self.isBoundary(line[start - 1])
      {
        if let stamp = parseISO8601(in: line, from: start, offset: offset) {
          time = stamp.instant
          isZoned = stamp.isZoned
          start = stamp.end
          break
        }
        if let stamp = AppStamp.go(line, at: start, offset: offset) {
          time = stamp.time
          isGo = true
          return
        }
      }
      // Only a short prefix may stand before it.
      if line[start] == 9 { return }
      start += 1
    }
    guard time != nil else { return }
    findLevel(line, from: start)
  }

  private static func isBoundary(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x22, 0x5B, 0x28, 0x7C, 0x3D, 0x3A: true
    default: false
    }
  }

  private mutating func findLevel(_ line: borrowing Span<UInt8>, from start: Int) {
    var index = start
    let limit = min(line.count, start + 90)
    while index < limit {
      guard Self.isLetter(line[index]) else {
        index += 1
        continue
      }
      var after = index
      while after < line.count, Self.isLetter(line[after]) { after += 1 }
      if let found = Self.level(line, index, after) {
        level = found
        end = after
        return
      }
      index = after
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }

  private static func level(_ line: borrowing Span<UInt8>, _ from: Int, _ to: Int) -> Level? {
    switch to - from {
    case 4:
      if line.holds("INFO", at: from) || line.holds("info", at: from) { return .quiet }
      return line.holds("WARN", at: from) || line.holds("warn", at: from) ? .warning : nil
    case 5:
      if line.holds("ERROR", at: from) || line.holds("error", at: from)
        || line.holds("FATAL", at: from) || line.holds("fatal", at: from)
      {
        return .error
      }
      return line.holds("DEBUG", at: from) || line.holds("debug", at: from)
        || line.holds("TRACE", at: from) ? .quiet : nil
    case 6:
      if line.holds("NOTICE", at: from) { return .quiet }
      return line.holds("SEVERE", at: from) ? .error : nil
    case 7:
      return line.holds("WARNING", at: from) || line.holds("warning", at: from) ? .warning : nil
    case 8:
      return line.holds("CRITICAL", at: from) || line.holds("critical", at: from) ? .error : nil
    default: return nil
    }
  }

  /// The thread or worker: the first bracketed word behind the level, or Celery's `ERROR/Name]`.
  func source(_ line: borrowing Span<UInt8>) -> String? {
    if isJSON { return thread.map { line.text($0) } }
    var from = end
    if end < line.count, line[end] == UInt8(ascii: "/") {
      from = end + 1
    } else {
      guard let open = line.firstIndex(of: UInt8(ascii: "["), from: end), open - end < 80
      else { return nil }
      from = open + 1
    }
    guard let close = line.firstIndex(of: UInt8(ascii: "]"), from: from), close > from,
      close - from <= 64
    else { return nil }
    return line.text(from..<close)
  }
}
