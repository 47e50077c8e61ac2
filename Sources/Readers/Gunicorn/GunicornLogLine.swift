import Model

/// One line of a stream that holds gunicorn's error log, taken apart without copying.
///
/// ```
/// [2024-11-26 13:02:10 +0000] [19548] [INFO] text             from 0.17 on
/// 2010-07-28 23:01:19 [5869] [CRITICAL] text                  0.x
/// web-1  | GUNICORN: [254] [INFO] [2023-11-28 17:19:33 +0000] text
/// Mar 12 09:42:00 host gunicorn[367]: [CRITICAL] text
/// ```
struct GunicornLogLine {
  var time: Instant?
  var isZoned = true
  var pid: Int?
  /// The line has gunicorn's own head.
  var hasLevel = false
  /// Where the text begins, behind every prefix.
  var start = 0
  /// Where the blanks begin that indent it.
  private(set) var margin = 0
  /// The host that syslog names.
  var host: Range<Int>?

  init(
    _ line: borrowing Span<UInt8>, year: Int? = nil,
    zone: (offset: Int, isKnown: Bool) = (0, false)
  ) {
    // The time of what carries it stands in where gunicorn gives none.
    let carried = CarriedText(line, year: year, zone: zone)
    (time, isZoned, margin, host) = (carried.time, carried.isZoned, carried.start, carried.host)
    start = margin
    while start < line.count, line[start] == UInt8(ascii: " ") { start += 1 }
    let limit = min(line.count, start + 200)
    var index = start
    while index < limit, let open = line.firstIndex(of: UInt8(ascii: "["), from: index),
      open < limit
    {
      if readGroups(line, from: open, zone: zone) { return }
      index = open + 1
    }
    hasLevel = false
  }

  /// Consecutive bracket groups: a stamp, a pid, a level, in any order. False without a level.
  private mutating func readGroups(
    _ line: borrowing Span<UInt8>, from open: Int, zone: (offset: Int, isKnown: Bool)
  ) -> Bool {
    var index = open
    var stamp: (instant: Instant, isZoned: Bool, end: Int)?
    var pid: Int?
    var hasLevel = false
    while index < line.count, line[index] == UInt8(ascii: "[") {
      guard let close = line.firstIndex(of: UInt8(ascii: "]"), from: index), close - index <= 48
      else { break }
      let inner = index + 1
      if let number = line.number(inner..<close) {
        pid = number
      } else if GunicornLogLine.isLevel(line, inner, close) {
        hasLevel = true
      } else if let found = parseISO8601(in: line, from: inner, offset: zone.offset),
        found.end == close
      {
        stamp = found
      } else {
        break
      }
      index = close + 1
      while index < line.count, line[index] == UInt8(ascii: " ") { index += 1 }
    }
    guard hasLevel else { return false }
    self.hasLevel = true
    self.pid = pid
    start = index
    if let stamp {
      time = stamp.instant
      isZoned = stamp.isZoned || zone.isKnown
    }
    return true
  }

  private static func isLevel(_ line: borrowing Span<UInt8>, _ from: Int, _ to: Int) -> Bool {
    switch to - from {
    case 4: line.holds("INFO", at: from) || line.holds("WARN", at: from)
    case 5: line.holds("ERROR", at: from) || line.holds("DEBUG", at: from)
    case 7: line.holds("WARNING", at: from)
    case 8: line.holds("CRITICAL", at: from)
    default: false
    }
  }

  /// What gunicorn says in a line; the texts are those of its `arbiter.py` and workers, 0.x to 27.
  enum Message {
    case starting, listening, usingWorker, booting, timeout, killed, exiting, autorestart
    case bootException, bootFailed, portInUse, noAddress
    case stopSignal, reloadSignal, upgradeSignal, shutDown, requestError, other
  }

  func message(_ line: borrowing Span<UInt8>) -> Message {
    func begins(_ text: StaticString) -> Bool { line.holds(text, at: start) }
    // All of them begin with a capital, but for one; stack frames and most else do not.
    guard start < line.count,
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(line[start]) || begins("worker ")
    else { return .other }
    if begins("Booting worker") { return .booting }
    if begins("Worker exiting") { return .exiting }
    if begins("Autorestarting worker") || begins("Maximum request limit of") {
      return .autorestart
    }
    if begins("WORKER TIMEOUT") { return .timeout }
    if begins("Error handling request") { return .requestError }
    if begins("Starting gunicorn") || begins("Arbiter booted") { return .starting }
    if begins("Listening at") { return .listening }
    if begins("Using worker") { return .usingWorker }
    if begins("Handling signal: ") {
      let at = start + 17
      if line.holds("term", at: at) || line.holds("int", at: at) || line.holds("quit", at: at) {
        return .stopSignal
      }
      return line.holds("usr2", at: at) ? .upgradeSignal : .reloadSignal
    }
    if begins("Shutting down: Master") { return .shutDown }
    if begins("Exception in worker process") { return .bootException }
    if begins("Connection in use") { return .portInUse }
    if begins("Can't connect to (") || begins("Can't connect to /") { return .noAddress }
    if begins("Reason: Worker failed to boot") || begins("Reason: App failed to load")
      || begins("Worker failed to boot") || begins("App failed to load")
      || begins("Failed to read config file")
    {
      return .bootFailed
    }
    guard begins("Worker ") || begins("worker ") else { return .other }
    if line.firstIndex(of: "SIGKILL", from: start) != nil
      || line.firstIndex(of: "due to signal 9", from: start) != nil
    {
      return .killed
    }
    if line.firstIndex(of: "exited with code 3", from: start) != nil
      || line.firstIndex(of: "exited with code 4", from: start) != nil
    {
      return .bootFailed
    }
    return .other
  }

  /// The number after `pid:`, `pid: ` or `pid `.
  func namedPid(_ line: borrowing Span<UInt8>) -> Int? {
    guard var index = line.firstIndex(of: "pid", from: start) else { return nil }
    index += 3
    while index < line.count, line[index] == UInt8(ascii: ":") || line[index] == UInt8(ascii: " ") {
      index += 1
    }
    var end = index
    while end < line.count, line[end] >= 0x30, line[end] <= 0x39 { end += 1 }
    return line.number(index..<end)
  }
}
