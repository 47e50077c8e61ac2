import Model

/// What stands before the message in a line of a kernel or system log.
///
/// ```
/// May 15 19:21:12 web-1 kernel: text             syslog, journalctl; also `kernel: [12.345678] text`
/// 2024-05-15T19:21:12.123456+00:00 web-1 cron[71]: text      rsyslog, journalctl -o short-iso
/// Tue 2024-03-12 09:39:54 UTC web-1 kernel: text             journalctl -o short-full
/// [Tue Mar 12 09:39:54 2024] text                            dmesg -T
/// 2024-03-12T09:39:54,123456+00:00 text                      dmesg --time-format=iso
/// [  289.393230] text       kern  :warn  : [  289.39] text   dmesg, dmesg -x
/// 1710236394.123456 web-1 kernel: text                        journalctl -o short-unix
/// 2024-05-15T19:21:12.123Z [stream ]May 15 19:21:12 web-1 kernel: text      CloudWatch Logs
/// syslog.1:Nov 27 01:00:04 web-1 kernel: text                grep
/// ```
struct LogPrefix {
  enum Stamp: Equatable {
    case absolute(Instant, isZoned: Bool)
    case yearless(month: Int, day: Int, hour: Int, minute: Int, second: Int)
    case sinceBoot(Double)
  }

  var stamp: Stamp?
  /// Where the host's name stands.
  var host: Range<Int>?
  /// Where the program's name stands, without its pid.
  var tag: Range<Int>?
  /// Where the message begins.
  var message = 0
  /// The line speaks with the kernel's voice: the tag `kernel`, or a form of `dmesg`.
  var isKernel = false

  /// `offset` is the zone, seconds east of UTC, of stamps that have none.
  init(_ line: Span<UInt8>, offset: Int) {
    var start = 0
    if line.hasPrefix("<"), let close = line.firstIndex(of: UInt8(ascii: ">")), close < 6 {
      start = close + 1
    } else if let level = LogPrefix.decodedLevel(line) {
      start = level
    }
    if readStamp(line, at: start, offset: offset) { return }
    // `grep` puts the name of the file, and with -n the line, before the line.
    for _ in 0..<2 {
      guard let colon = LogPrefix.fileNameEnd(line, from: start) else { return }
      start = colon + 1
      if readStamp(line, at: start, offset: offset) { return }
    }
  }

  private mutating func readStamp(_ line: Span<UInt8>, at start: Int, offset: Int) -> Bool {
    if let (seconds, end) = LogPrefix.sinceBoot(line, at: start) {
      stamp = .sinceBoot(seconds)
      isKernel = true
      message = LogPrefix.skipBlanks(line, from: end)
      // `journalctl -o short-monotonic` names host and program after it.
      if let space = line.firstIndex(of: UInt8(ascii: " "), from: message),
        line.holds("kernel: ", at: space + 1), space > message
      {
        host = message..<space
        message = space + 9
      }
      return true
    }
    if let (instant, end) = LogPrefix.bracketed(line, at: start, offset: offset) {
      stamp = .absolute(instant, isZoned: false)
      isKernel = true
      message = LogPrefix.skipBlanks(line, from: end)
      return true
    }
    if let (clock, end) = LogPrefix.yearless(line, at: start) {
      stamp = clock
      readNames(line, from: end)
      return true
    }
    // Only `journalctl -o short-full` writes the day of the week before it.
    let date = LogPrefix.isWeekday(line, at: start) && line.count > start + 4 ? start + 4 : start
    if let (instant, isZoned, end) = parseISO8601(in: line, from: date, offset: offset) {
      stamp = .absolute(instant, isZoned: isZoned)
      // Python's logging writes a comma too, before three digits and after a blank.
      let isDmesg =
        line.holds("T", at: date + 10) && line.holds(",", at: date + 19) && isZoned
        && date + 26 <= line.count && line.number(date + 20..<date + 26) != nil
      if isDmesg {
        isKernel = true
        message = LogPrefix.skipBlanks(line, from: end)
      } else if !readInner(line, from: end) {
        readNames(line, from: end)
      }
      return true
    }
    return readEpoch(line, at: start)
  }

  /// What a log service put its own stamp before; that one states its zone.
  private mutating func readInner(_ line: Span<UInt8>, from end: Int) -> Bool {
    var start = LogPrefix.skipBlanks(line, from: end)
    // The name of the stream may stand between them.
    for _ in 0..<2 {
      if let (_, end) = LogPrefix.sinceBoot(line, at: start) {
        isKernel = true
        message = LogPrefix.skipBlanks(line, from: end)
        return true
      }
      if let (_, end) = LogPrefix.yearless(line, at: start) {
        readNames(line, from: end)
        return true
      }
      guard let space = line.firstIndex(of: UInt8(ascii: " "), from: start) else { return false }
      start = LogPrefix.skipBlanks(line, from: space)
    }
    return false
  }

  /// Seconds since 1970 before a host and a program; other programs write such numbers before other
  /// things.
  private mutating func readEpoch(_ line: Span<UInt8>, at start: Int) -> Bool {
    guard let point = line.firstIndex(of: UInt8(ascii: "."), from: start), point - start == 10,
      let seconds = line.number(start..<point), point + 8 < line.count,
      let micros = line.number(point + 1..<point + 7), line[point + 7] == UInt8(ascii: " "),
      let instant = Instant(seconds: Double(seconds) + Double(micros) / 1e6)
    else { return false }
    readNames(line, from: point + 7)
    guard tag != nil, host != nil else {
      (host, tag, message, isKernel) = (nil, nil, 0, false)
      return false
    }
    stamp = .absolute(instant, isZoned: true)
    return true
  }

  /// Reads `host tag[pid]: `; the host may be missing.
  private mutating func readNames(_ line: Span<UInt8>, from end: Int) {
    var start = LogPrefix.skipBlanks(line, from: end)
    message = start
    for position in 0..<3 {
      let stop = line.firstIndex(of: UInt8(ascii: " "), from: start) ?? line.count
      guard stop > start else { return }
      if line[stop - 1] == UInt8(ascii: ":") {
        let name = start..<(stop - 1)
        let bracket = line.firstIndex(of: UInt8(ascii: "["), from: start) ?? stop
        tag = start..<Swift.min(name.upperBound, bracket)
        message = LogPrefix.skipBlanks(line, from: stop)
        isKernel = stop - start == 7 && line.holds("kernel:", at: start)
        if isKernel, let (_, end) = LogPrefix.sinceBoot(line, at: message) {
          message = LogPrefix.skipBlanks(line, from: end)
        }
        return
      }
      if position == 0 {
        guard LogPrefix.mayBeHost(line, start..<stop) else { return }
        host = start..<stop
      }
      // BusyBox writes the level between them: `web-1 kern.warn kernel: text`.
      if position == 1, !LogPrefix.isPriority(line, start..<stop) { break }
      start = LogPrefix.skipBlanks(line, from: stop)
    }
    host = nil
  }

  /// `[ERROR]` and `ERROR` are an application's level, whose class of error is no program.
  static func mayBeHost(_ line: borrowing Span<UInt8>, _ word: Range<Int>) -> Bool {
    switch line[word.lowerBound] {
    case UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "{"), UInt8(ascii: "|"): return false
    default: break
    }
    // Names of hosts seldom end so; to compare with all levels is not free.
    guard (0x41...0x5a).contains(line[word.upperBound - 1]) else { return true }
    for level in levels
    where level.utf8CodeUnitCount == word.count && line.holds(level, at: word.lowerBound) {
      return false
    }
    return true
  }

  private static let levels: [StaticString] = [
    "ERROR", "WARNING", "WARN", "INFO", "DEBUG", "CRITICAL", "FATAL", "SEVERE", "NOTICE", "TRACE",
  ]

  /// `kern.warn`, `user.err`, `local0.info`.
  private static func isPriority(_ line: Span<UInt8>, _ word: Range<Int>) -> Bool {
    guard let point = line.firstIndex(of: UInt8(ascii: "."), from: word.lowerBound),
      point < word.upperBound
    else { return false }
    return priorities.contains {
      $0.utf8CodeUnitCount == word.upperBound - point - 1 && line.holds($0, at: point + 1)
    }
  }

  private static let priorities: [StaticString] = [
    "emerg", "panic", "alert", "crit", "err", "error", "warn", "warning", "notice", "info", "debug",
  ]

  static func skipBlanks(_ line: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < line.count, line[index] == UInt8(ascii: " ") || line[index] == 9 { index += 1 }
    return index
  }

  /// `[  289.393230]`: the kernel prints six decimals; other programs print other numbers of them.
  private static func sinceBoot(_ line: Span<UInt8>, at start: Int) -> (Double, end: Int)? {
    guard start < line.count, line[start] == UInt8(ascii: "[") else { return nil }
    let first = skipBlanks(line, from: start + 1)
    guard let point = line.firstIndex(of: UInt8(ascii: "."), from: first), point - first < 12,
      let seconds = line.number(first..<point), point + 7 < line.count,
      let micros = line.number(point + 1..<point + 7)
    else { return nil }
    var end = point + 7
    // CONFIG_PRINTK_CALLER adds the task: `[    1.234567][   T81]`, `[  1.234567@0]`.
    while end < line.count, end < point + 24, line[end] != UInt8(ascii: "]") { end += 1 }
    guard end < line.count, line[end] == UInt8(ascii: "]") else { return nil }
    end += 1
    if end < line.count, line[end] == UInt8(ascii: "["),
      let close = line.firstIndex(of: UInt8(ascii: "]"), from: end), close - end < 12
    {
      end = close + 1
    }
    return (Double(seconds) + Double(micros) / 1e6, end)
  }

  /// `[Tue Mar 12 09:39:54 2024]`.
  private static func bracketed(
    _ line: Span<UInt8>, at start: Int, offset: Int
  ) -> (Instant, end: Int)? {
    guard start < line.count, line[start] == UInt8(ascii: "["), isWeekday(line, at: start + 1),
      let (clock, end) = yearless(line, at: start + 5),
      case .yearless(let month, let day, let hour, let minute, let second) = clock,
      end + 6 <= line.count, let year = line.number(end + 1..<end + 5),
      line[end + 5] == UInt8(ascii: "]"),
      let instant = Instant(
        year: year, month: month, day: day, hour: hour, minute: minute, second: second,
        offset: offset)
    else { return nil }
    return (instant, end + 6)
  }

  /// `May 15 19:21:12`, with a fraction as `journalctl -o short-precise` prints it.
  static func yearless(_ line: Span<UInt8>, at start: Int) -> (Stamp, end: Int)? {
    guard let month = monthNumber(in: line, at: start), start + 15 <= line.count,
      line[start + 3] == UInt8(ascii: " ")
    else { return nil }
    let dayStart = skipBlanks(line, from: start + 3)
    var dayEnd = dayStart
    while dayEnd < line.count, dayEnd < dayStart + 2, line[dayEnd] != UInt8(ascii: " ") {
      dayEnd += 1
    }
    let clock = skipBlanks(line, from: dayEnd)
    guard dayStart - start <= 5, clock == dayEnd + 1, clock + 8 <= line.count,
      let day = line.number(dayStart..<dayEnd), (1...31).contains(day),
      let hour = line.number(clock..<clock + 2), line[clock + 2] == UInt8(ascii: ":"),
      let minute = line.number(clock + 3..<clock + 5), line[clock + 5] == UInt8(ascii: ":"),
      let second = line.number(clock + 6..<clock + 8), hour < 24, minute < 60, second <= 60
    else { return nil }
    var end = clock + 8
    if end < line.count, line[end] == UInt8(ascii: ".") {
      end += 1
      while end < line.count, line.number(end..<end + 1) != nil { end += 1 }
    }
    return (
      .yearless(month: month, day: day, hour: hour, minute: minute, second: second), end
    )
  }

  static func isWeekday(_ line: Span<UInt8>, at index: Int) -> Bool {
    let names: [StaticString] = ["Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "]
    for name in names where line.holds(name, at: index) { return true }
    return false
  }

  /// Where the stamp begins after the level that `dmesg -x` decodes: `kern  :warn  : [`.
  private static func decodedLevel(_ line: Span<UInt8>) -> Int? {
    guard line.hasPrefix("kern ") || line.hasPrefix("user ") || line.hasPrefix("daemon"),
      let bracket = line.firstIndex(of: UInt8(ascii: "[")), bracket < 24,
      line.holds(": ", at: bracket - 2)
    else { return nil }
    return bracket
  }

  private static func fileNameEnd(_ line: Span<UInt8>, from start: Int) -> Int? {
    var index = start
    while index < line.count, index < start + 128 {
      let byte = line[index]
      if byte == UInt8(ascii: ":") { return index > start ? index : nil }
      if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "[") { return nil }
      index += 1
    }
    return nil
  }
}

/// Turns the stamps of one log into times.
///
/// Stamps without a year get the one that other evidence gave. A log that runs into another year
/// without saying so has two: then none of its stamps is a time.
struct LogClock {
  let offset: Int
  /// The zone was stated or given.
  private(set) var isZoned: Bool
  private let year: Int?
  private var lastMonth = 0
  private var yearsCrossed = 0

  var isAmbiguous: Bool { yearsCrossed > 0 }

  init(kind: EvidenceKind, context: ReadingContext) {
    let zone = context.zone(for: kind)
    offset = zone.offset
    isZoned = zone.isKnown
    year = context.year
  }

  /// The time of a stamp, and its place on a scale of seconds that serves for differences even where
  /// the year is unknown.
  mutating func resolve(_ stamp: LogPrefix.Stamp?) -> (time: Instant?, scale: Double?) {
    switch stamp {
    case nil: return (nil, nil)
    case .sinceBoot(let seconds): return (nil, seconds)
    case .absolute(let instant, let zoned):
      if zoned { isZoned = true }
      return (instant, instant.seconds)
    case .yearless(let month, let day, let hour, let minute, let second):
      if month + 6 < lastMonth { yearsCrossed += 1 }
      lastMonth = month
      let time = year.flatMap {
        Instant(
          year: $0, month: month, day: day, hour: hour, minute: minute, second: second,
          offset: offset)
      }
      // 2000 has every day that a year can have.
      let scale = Instant(
        year: 2000 + Swift.min(yearsCrossed, 1000), month: month, day: day, hour: hour,
        minute: minute, second: second)
      return (isAmbiguous ? nil : time, scale?.seconds)
    }
  }
}
