import Model

/// What the head of a log line says that is an object of JSON, under the names that loggers give.
/// The keys stand in any order, and a message or a trace of any length may stand between them, so
/// the whole line is walked, once.
///
/// ```
/// {"level":50,"time":1732300000123,"pid":31,"msg":"..."}                     pino, bunyan
/// {"level":"error","message":"...","timestamp":"2026-11-22T19:56:16.815Z"}   winston
/// {"@timestamp":"...","message":"...","thread_name":"exec-3","level":"ERROR"} logstash
/// {"level":"error","ts":1732300000.123,"caller":"cart.go:88","msg":"..."}    zap
/// {"event":"...","level":"error","timestamp":"..."}                          structlog
/// {"severity":"ERROR","time":"...","message":"..."}                          Google Cloud
/// ```
struct ApplicationJSONLine {
  private(set) var time: Instant?
  private(set) var isZoned = false
  private(set) var level: ApplicationLogLine.Level?
  private(set) var thread: Range<Int>?

  /// Nil where the line is no object with both a time and a level.
  init?(_ line: borrowing Span<UInt8>, offset: Int) {
    guard let start = Self.start(of: line) else { return nil }
    var index = start + 1
    while index < line.count {
      let byte = line[index]
      if Self.isBlank(byte) || byte == UInt8(ascii: ",") {
        index += 1
        continue
      }
      guard byte == UInt8(ascii: "\"") else { break }
      let key = index + 1..<Self.endOfString(line, from: index + 1)
      index = key.upperBound + 1
      while index < line.count, Self.isBlank(line[index]) || line[index] == UInt8(ascii: ":") {
        index += 1
      }
      guard index < line.count else { break }
      let isText = line[index] == UInt8(ascii: "\"")
      let from = isText ? index + 1 : index
      let end = Self.endOfValue(line, from: index)
      take(line, key, from..<max(from, isText ? end - 1 : end), isText: isText, offset: offset)
      index = end
    }
    guard time != nil, level != nil else { return nil }
  }

  /// The brace that opens the object: at the beginning, or behind what a stream of several
  /// services puts before each line (`api-1  | `).
  private static func start(of line: borrowing Span<UInt8>) -> Int? {
    // Of most lines the last byte tells that they are none.
    var end = line.count
    while end > 1, line[end - 1] <= 0x20 { end -= 1 }
    guard end > 1, line[end - 1] == UInt8(ascii: "}") else { return nil }
    if line[0] == UInt8(ascii: "{") { return 0 }
    let limit = min(line.count - 1, 80)
    for index in 0..<limit where line[index] == UInt8(ascii: "{") {
      return line[index - 1] == 0x20 && line[index + 1] == UInt8(ascii: "\"") ? index : nil
    }
    return nil
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 9 }

  /// The quote that ends the string that begins at `from`, or the end of the line.
  private static func endOfString(_ line: borrowing Span<UInt8>, from: Int) -> Int {
    var index = from
    while index < line.count {
      if line[index] == UInt8(ascii: "\"") { return index }
      index += line[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return line.count
  }

  /// The index behind the value that begins at `from`.
  private static func endOfValue(_ line: borrowing Span<UInt8>, from: Int) -> Int {
    var depth = 0
    var index = from
    while index < line.count {
      switch line[index] {
      case UInt8(ascii: "\""):
        index = min(endOfString(line, from: index + 1) + 1, line.count)
        if depth == 0 { return index }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return index }
        depth -= 1
        if depth == 0 { return index + 1 }
      case UInt8(ascii: ","):
        if depth == 0 { return index }
      default:
        break
      }
      index += 1
    }
    return line.count
  }

  private mutating func take(
    _ line: borrowing Span<UInt8>, _ key: Range<Int>, _ value: Range<Int>, isText: Bool,
    offset: Int
  ) {
    guard key.count <= 12, value.count > 0 else { return }
    func isKey(_ name: StaticString) -> Bool {
      key.count == name.utf8CodeUnitCount && line.holds(name, at: key.lowerBound)
    }
    if isKey("time") || isKey("timestamp") || isKey("@timestamp") || isKey("ts")
      || isKey("asctime") || isKey("datetime") || isKey("@t") || isKey("date")
    {
      if time == nil { takeTime(line, value, isText: isText, offset: offset) }
    } else if isKey("level") || isKey("severity") || isKey("levelname") || isKey("log.level")
      || isKey("loglevel") || isKey("lvl") || isKey("@l") || isKey("level_name")
    {
      guard level == nil, value.count <= 12 else { return }
      level = isText ? Self.level(line.text(value)) : line.number(value).flatMap(Self.level)
    } else if isKey("thread_name") || isKey("thread") || isKey("threadName")
      || isKey("pid") && thread == nil
    {
      if value.count <= 64 { thread = value }
    }
  }

  private mutating func takeTime(
    _ line: borrowing Span<UInt8>, _ value: Range<Int>, isText: Bool, offset: Int
  ) {
    if isText {
      guard let stamp = parseISO8601(in: line, from: value.lowerBound, offset: offset),
        stamp.end <= value.upperBound
      else { return }
      (time, isZoned) = (stamp.instant, stamp.isZoned)
    } else if value.count <= 32, var seconds = Double(line.text(value)), seconds.isFinite {
      // Seconds, or thousandths, millionths, billionths of one: of these years none is another.
      while seconds >= 1e11 { seconds /= 1000 }
      guard seconds >= 1e9, let instant = Instant(seconds: seconds) else { return }
      (time, isZoned) = (instant, true)
    }
  }

  /// pino's and bunyan's numbers.
  private static func level(_ number: Int) -> ApplicationLogLine.Level? {
    switch number {
    case 10..<40: .quiet
    case 40..<50: .warning
    case 50...60: .error
    default: nil
    }
  }

  private static func level(_ name: String) -> ApplicationLogLine.Level? {
    switch name.lowercased() {
    case "trace", "verbose", "debug", "info", "information", "informational", "notice", "default":
      .quiet
    case "warn", "warning":
      .warning
    case "err", "error", "crit", "critical", "fatal", "panic", "dpanic", "alert", "emerg",
      "emergency", "severe":
      .error
    default: nil
    }
  }
}
