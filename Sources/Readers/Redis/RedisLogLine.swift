import Model

/// The prefix of a line of the Redis log, found by its time and level wherever it stands.
///
/// ```
/// 1:M 10 May 2024 01:25:13.411 * text               5 and later
/// 1302:M 12 Oct 03:00:46.069 # text                 3, 4
/// [6301] 09 Apr 10:09:15.985 # text                 2.6, 2.8; Windows pads the pid with zeros
/// [2290] 28 Feb 05:50:23 * text                     2.4
/// 407900:397100:C 17 Nov 2023 11:17:28.273 # text   KeyDB
/// ```
///
/// Other stamps may stand before it (compose, syslog, kubernetes): they have no level after them.
/// What other forms there are is in `RedisLogForms.swift`.
struct RedisLogLine {
  /// Where the whole prefix begins: what stands before it names a service or nothing.
  var start: Int
  /// Where the text begins, and where it ends: what pasting left behind it is none of it.
  var message: Int
  var end: Int
  var level: UInt8
  /// `M` master, `S` replica, `C` child, `X` sentinel, 0 where the version prints none.
  var role: UInt8
  var pid: Int?
  /// Month and day, and the year where the version prints one.
  var date: (year: Int?, month: Int, day: Int)?
  var clock: (hour: Int, minute: Int, second: Int, milliseconds: Int)
  /// The whole time, where the form states it in one, and whether with its zone.
  var instant: (time: Instant, isZoned: Bool)?

  init(start: Int, message: Int, end: Int, level: UInt8, role: UInt8, pid: Int?) {
    (self.start, self.message, self.end) = (start, message, end)
    (self.level, self.role, self.pid) = (level, role, pid)
    clock = (0, 0, 0, 0)
  }

  init?(_ line: Span<UInt8>) {
    var search = 0
    // A prefix of another service may be long; a text may be longer still.
    while let colon = line.firstIndex(of: UInt8(ascii: ":"), from: search), colon < 400 {
      search = colon + 1
      guard let found = RedisLogLine.clock(line, colon: colon) else { continue }
      var level = found.end
      guard level < line.count, line[level] == 32 else { continue }
      level += 1
      // `\*`, as escaped for Markdown.
      if level < line.count, line[level] == UInt8(ascii: "\\") { level += 1 }
      guard level < line.count, RedisLogLine.isLevel(line[level]),
        level + 1 == line.count || line[level + 1] == 32
      else { continue }
      self.level = line[level]
      message = min(level + 2, line.count)
      end = line.count
      clock = found.clock
      start = colon - 2
      role = 0
      readDate(line, end: colon - 2)
      end = RedisLogLine.textEnd(line, from: message, start: start)
      return
    }
    return nil
  }

  static func isLevel(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "*") || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: ".")
  }

  /// `HH:MM:SS` or `HH:MM:SS.mmm` whose first colon is at `colon`.
  static func clock(
    _ line: Span<UInt8>, colon: Int
  ) -> (clock: (Int, Int, Int, Int), end: Int)? {
    guard colon >= 2, colon + 6 <= line.count, line[colon + 3] == UInt8(ascii: ":"),
      let hour = line.number(colon - 2..<colon), let minute = line.number(colon + 1..<colon + 3),
      let second = line.number(colon + 4..<colon + 6), hour < 24, minute < 60, second <= 60
    else { return nil }
    if colon + 10 <= line.count, line[colon + 6] == UInt8(ascii: "."),
      let milliseconds = line.number(colon + 7..<colon + 10)
    {
      return ((hour, minute, second, milliseconds), colon + 10)
    }
    return ((hour, minute, second, 0), colon + 6)
  }

  /// Reads day, month, year, role and pid backwards from the time.
  mutating func readDate(_ line: Span<UInt8>, end: Int) {
    guard var word = RedisLogLine.word(line, before: end) else { return }
    var year: Int?
    if word.count == 4, let number = line.number(word) {
      year = number
      guard let before = RedisLogLine.word(line, before: word.lowerBound) else { return }
      word = before
    }
    guard word.count == 3, let month = monthNumber(in: line, at: word.lowerBound)
    else { return }
    start = word.lowerBound
    guard let day = RedisLogLine.word(line, before: word.lowerBound),
      let number = line.number(day), day.count <= 2
    else { return }
    start = day.lowerBound
    date = (year, month, number)
    guard let process = RedisLogLine.word(line, before: day.lowerBound) else { return }
    var first = process.lowerBound
    while first < process.upperBound, line[first] == UInt8(ascii: "[") || line[first] == 96 {
      first += 1
    }
    var after = first
    while after < process.upperBound, (48...57).contains(line[after]) { after += 1 }
    guard after > first else { return }
    start = process.lowerBound
    pid = line.number(first..<after)
    let last = line[process.upperBound - 1]
    if (65...90).contains(last), line[after] == UInt8(ascii: ":") { role = last }
  }

  /// The word that ends before `end`, blanks left out.
  private static func word(_ line: Span<UInt8>, before end: Int) -> Range<Int>? {
    var stop = end
    while stop > 0, line[stop - 1] == 32 { stop -= 1 }
    guard stop < end || end == stop else { return nil }
    var start = stop
    while start > 0, line[start - 1] != 32, line[start - 1] != 9, stop - start < 32 { start -= 1 }
    return stop > start ? start..<stop : nil
  }

  func time(year known: Int?, offset: Int) -> Instant? {
    if let instant { return instant.time }
    guard let date, let year = date.year ?? known else { return nil }
    return Instant(
      year: year, month: date.month, day: date.day, hour: clock.hour, minute: clock.minute,
      second: clock.second, microsecond: clock.milliseconds * 1000, offset: offset)
  }
}
