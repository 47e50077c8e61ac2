import Model

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

  /// Neither a level nor a form that has none.
  var isLoose: Bool { level == nil && !isGo && !isJSON }
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

  /// The level that a text without a stamp begins with: `ERROR:shop.cache:`, `[error] `, `INFO `.
  static func leadingLevel(_ text: borrowing Span<UInt8>) -> Level? {
    let start = text.hasPrefix("[") ? 1 : 0
    var end = start
    while end < text.count, end - start < 9, isLetter(text[end]) { end += 1 }
    guard end < text.count else { return nil }
    switch text[end] {
    case UInt8(ascii: ":"), UInt8(ascii: "]"), UInt8(ascii: "|"), UInt8(ascii: " "):
      return level(text, start, end)
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
