import Model

/// The forms of log lines that Redis' own is not: those that Valkey can be told to write, Dragonfly's
/// and those of programs that pass on what a server says.
///
/// ```
/// 1:M 2025-05-20T14:15:01.009+02:00 # text         Valkey 8.1, log-timestamp-format iso8601
/// 1:M 1747743301009 # text                         milliseconds
/// pid=1 role=primary timestamp="20 May 2025 12:15:01.009" level=warning message="text"
/// I20240417 08:18:46.687839     1 dfly_main.cc:627] text             Dragonfly (glog)
/// I0513 12:27:25.947166       1 supervisor.go:142] text              klog, of a supervisor
/// Oct  3 10:39:33 host redis[694]: text                              syslog-enabled yes
/// ```
extension RedisLogLine {
  /// A line that a server wrote in another form than the usual.
  init?(other line: Span<UInt8>, offset: Int) {
    if let found = RedisLogLine.logfmt(line, offset: offset)
      ?? RedisLogLine.valkey(line, offset: offset)
      ?? RedisLogLine.dragonfly(line, offset: offset)
    {
      self = found
    } else {
      return nil
    }
  }

  private static func logfmt(_ line: Span<UInt8>, offset: Int) -> RedisLogLine? {
    guard let first = line.firstIndex(of: "pid="), first < 400,
      let roleStart = line.firstIndex(of: " role=", from: first).map({ $0 + 6 }),
      let stamp = line.firstIndex(of: " timestamp=\"", from: roleStart).map({ $0 + 12 }),
      let stampEnd = line.firstIndex(of: UInt8(ascii: "\""), from: stamp),
      let level = line.firstIndex(of: " level=", from: stampEnd).map({ $0 + 7 }),
      let message = line.firstIndex(of: " message=\"", from: level).map({ $0 + 10 }),
      message < line.count
    else { return nil }
    var end = line.count
    while end > message, line[end - 1] <= 32 { end -= 1 }
    if end > message, line[end - 1] == UInt8(ascii: "\"") { end -= 1 }
    let roles: [(StaticString, UInt8)] = [
      ("primary", 77), ("replica", 83), ("sentinel", 88), ("RDB/AOF", 67),
    ]
    let role = roles.first { line.holds($0.0, at: roleStart) }?.1 ?? 0
    var number = first + 4
    while number < line.count, (48...57).contains(line[number]) { number += 1 }
    var found = RedisLogLine(
      start: first, message: message, end: end, level: UInt8(ascii: "*"), role: role,
      pid: line.number(first + 4..<number))
    guard found.readStamp(line.extracting(stamp..<stampEnd), offset: offset) else { return nil }
    return found
  }

  /// A stamp that stands alone, in any of the three formats.
  private mutating func readStamp(_ text: Span<UInt8>, offset: Int) -> Bool {
    if let stamp = parseISO8601(in: text, from: 0, offset: offset) {
      instant = (stamp.instant, stamp.isZoned)
      return true
    }
    if text.count == 13, let milliseconds = text.number(0..<13) {
      instant = (Instant(microseconds: Int64(milliseconds) * 1000), true)
      return true
    }
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")),
      let found = RedisLogLine.clock(text, colon: colon)
    else { return false }
    let (begin, known) = (start, pid)
    clock = found.clock
    readDate(text, end: colon - 2)
    (start, pid) = (begin, known)
    return date != nil
  }

  /// `1:M 2025-05-20T14:15:01.009+02:00 # text`.
  private static func valkey(_ line: Span<UInt8>, offset: Int) -> RedisLogLine? {
    var search = 0
    while let colon = line.firstIndex(of: UInt8(ascii: ":"), from: search), colon < 300 {
      search = colon + 1
      guard colon > 0, (48...57).contains(line[colon - 1]), colon + 16 < line.count,
        line[colon + 2] == 32, "MSCX".utf8.contains(line[colon + 1])
      else { continue }
      let stamp = colon + 3
      guard let end = line.firstIndex(of: UInt8(ascii: " "), from: stamp), end + 1 < line.count
      else { return nil }
      let level = line[end + 1] == UInt8(ascii: "\\") ? end + 2 : end + 1
      guard level < line.count, isLevel(line[level]),
        level + 1 == line.count || line[level + 1] == 32
      else { continue }
      var first = colon
      while first > 0, (48...57).contains(line[first - 1]) { first -= 1 }
      let message = min(level + 2, line.count)
      var found = RedisLogLine(
        start: first, message: message, end: textEnd(line, from: message, start: first),
        level: line[level], role: line[colon + 1], pid: line.number(first..<colon))
      if found.readStamp(line.extracting(stamp..<end), offset: offset) { return found }
    }
    return nil
  }

  /// `I20240417 08:18:46.687839     1 dfly_main.cc:627] text`.
  private static func dragonfly(_ line: Span<UInt8>, offset: Int) -> RedisLogLine? {
    var colon = line.firstIndex(of: UInt8(ascii: ":"))
    while let at = colon, at < 200 {
      colon = line.firstIndex(of: UInt8(ascii: ":"), from: at + 1)
      // The letter, eight digits, a blank and two digits stand before the first colon.
      let start = at - 12
      guard start >= 0, start == 0 || line[start - 1] <= 32, "IWEF".utf8.contains(line[start]),
        line[at - 3] == 32, let year = line.number(start + 1..<start + 5),
        let month = line.number(start + 5..<start + 7),
        let day = line.number(start + 7..<start + 9), let found = clock(line, colon: at),
        let source = line.firstIndex(of: ".cc:", from: found.end), source < found.end + 80,
        let close = line.firstIndex(of: "] ", from: source), close < source + 12
      else { continue }
      var result = RedisLogLine(
        start: start, message: close + 2, end: textEnd(line, from: close + 2, start: start),
        level: line[start], role: 0, pid: nil)
      result.clock = found.clock
      result.date = (year, month, day)
      return result
    }
    return nil
  }

  /// Where the text begins behind what another program puts before it: klog's header, or syslog's
  /// name of a server that logs there.
  static func passedOn(_ line: Span<UInt8>) -> Int? {
    if let message = klogMessage(line) { return message }
    for name in [
      " redis[", " redis-server[", " valkey[", " valkey-server[", " keydb[", " keydb-server[",
    ] as [StaticString] {
      guard let at = line.firstIndex(of: name), at < 200,
        let end = line.firstIndex(of: "]: ", from: at)
      else { continue }
      return end + 3
    }
    return nil
  }

  /// `I0513 12:27:25.947166       1 file.go:142] text`, also behind the time of Kubernetes.
  static func klogMessage(_ line: Span<UInt8>) -> Int? {
    guard let source = line.firstIndex(of: ".go:"), source < 200,
      let close = line.firstIndex(of: "] ", from: source), close < source + 12
    else { return nil }
    for start in 0..<min(source, 80) where start == 0 || line[start - 1] == 32 {
      guard "IWEF".utf8.contains(line[start]), start + 14 < line.count,
        line.number(start + 1..<start + 5) != nil, line[start + 5] == 32,
        clock(line, colon: start + 8) != nil
      else { continue }
      return close + 2
    }
    return nil
  }

  /// Where the text ends, without blanks and what a paste, a terminal's frame, syslog's carriage
  /// return or Docker's own log file puts behind it.
  static func textEnd(_ line: Span<UInt8>, from message: Int, start: Int) -> Int {
    var end = line.count
    while end > message {
      let last = line[end - 1]
      if last <= 32 || last == UInt8(ascii: "`") {
        end -= 1
      } else if last == UInt8(ascii: "}"), line[0] == UInt8(ascii: "{"),
        let close = line.firstIndex(of: "\\n\",\"", from: message)
      {
        end = close
      } else if last == UInt8(ascii: "]"), start < line.count, line[start] == UInt8(ascii: "["),
        line.firstIndex(of: UInt8(ascii: "]"), from: start) == end - 1
      {
        end -= 1
      } else if last == UInt8(ascii: "5"), end - 4 >= message, line.holds("#015", at: end - 4) {
        end -= 4
      } else if last == 0x82, end - 3 >= message, line[end - 3] == 0xE2, line[end - 2] == 0x94 {
        end -= 3
      } else {
        break
      }
    }
    return end
  }
}
