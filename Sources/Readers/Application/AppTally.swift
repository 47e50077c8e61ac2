import Model

/// Occurrences of one thing in a log: how many, the first line, first and last time.
struct AppTally {
  private(set) var count = 0
  private(set) var origin: Origin?
  private(set) var first: Instant?
  private(set) var last: Instant?

  mutating func add(_ line: borrowing Span<UInt8>, _ number: Int, at time: Instant?) {
    if count == 0 { origin = Origin(line: number, excerpt: line.excerpt) }
    count(at: time)
  }

  mutating func add(_ found: Origin, at time: Instant?) {
    if count == 0 { origin = found }
    count(at: time)
  }

  private mutating func count(at time: Instant?) {
    count += 1
    if first == nil { first = time }
    if let time { last = time }
  }

  /// Records the count, also of none: then the first line of the source stands for it.
  func record(
    _ name: String, of subject: Int, coverage: TimeSpan?, emptyOrigin: Origin,
    into page: inout Page
  ) {
    page.record(
      name, Double(count), of: subject, at: first, coverage: coverage,
      origin: origin ?? emptyOrigin)
  }
}

/// The first line of a log that is not empty: it stands for what the log was found not to hold.
struct FirstLine {
  private(set) var origin: Origin?
  /// Every line asks, and to ask `origin` takes a reference count.
  private var isKnown = false

  /// True for that line.
  @discardableResult
  mutating func take(_ line: borrowing Span<UInt8>, _ number: Int) -> Bool {
    guard !isKnown, line.count > 0 else { return false }
    isKnown = true
    origin = Origin(line: number, excerpt: line.excerpt)
    return true
  }
}

/// Occurrences that lie less than five minutes apart, told as one event.
struct AppBurst {
  static let gap = 300.0
  static let limit = 200

  struct Run {
    var first: Instant
    var last: Instant
    var count: Int
    var isZoned: Bool
    var origin: Origin
    /// How often each kind of thing occurred: a few, so that looking for one needs no hash.
    var kinds: [(name: String, count: Int)]

    /// The kind seen most often; the name decides among equals.
    var dominant: String? {
      kinds.max { ($0.count, $1.name) < ($1.count, $0.name) }?.name
    }
  }

  private(set) var runs: [Run] = []

  mutating func add(
    kind: String = "", _ origin: Origin, at time: Instant?, isZoned: Bool
  ) {
    guard let time else { return }
    // Streams of several processes are a little out of order.
    if let index = runs.indices.last, abs(time.since(runs[index].last)) <= AppBurst.gap {
      runs[index].last = max(runs[index].last, time)
      runs[index].first = min(runs[index].first, time)
      runs[index].count += 1
      if let known = runs[index].kinds.firstIndex(where: { $0.name == kind }) {
        runs[index].kinds[known].count += 1
      } else if runs[index].kinds.count < 32 {
        runs[index].kinds.append((kind, 1))
      }
      return
    }
    if runs.count == AppBurst.limit { joinNearest() }
    runs.append(
      Run(
        first: time, last: time, count: 1, isZoned: isZoned,
        origin: origin, kinds: [(kind, 1)]))
  }

  /// Makes room for the newest: the two that follow each other soonest are told as one.
  private mutating func joinNearest() {
    let gaps = runs.indices.dropFirst().map { abs(runs[$0].first.since(runs[$0 - 1].last)) }
    guard let place = gaps.indices.min(by: { gaps[$0] < gaps[$1] }) else { return }
    let later = runs.remove(at: place + 1)
    runs[place].first = min(runs[place].first, later.first)
    runs[place].last = max(runs[place].last, later.last)
    runs[place].count += later.count
    for kind in later.kinds {
      if let known = runs[place].kinds.firstIndex(where: { $0.name == kind.name }) {
        runs[place].kinds[known].count += kind.count
      } else if runs[place].kinds.count < 32 {
        runs[place].kinds.append(kind)
      }
    }
  }
}

/// The span that a log speaks for: its stamps, cut to the window.
struct AppCoverage {
  private(set) var first: Instant?
  private(set) var last: Instant?

  mutating func add(_ time: Instant) {
    if first.map({ time < $0 }) ?? true { first = time }
    if last.map({ time > $0 }) ?? true { last = time }
  }

  func span(within window: TimeWindow) -> TimeSpan? {
    guard var from = first, var to = last else { return nil }
    if let since = window.since { from = max(from, since) }
    if let until = window.until { to = min(to, until) }
    return from <= to ? from...to : nil
  }
}

/// The value in the middle; of an even count the lower one.
func lowerMedian(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.sorted()[(values.count - 1) / 2]
}

/// Stamps that `parseISO8601` does not read: access logs, syslog and `date`.
enum AppStamp {
  /// `HH:MM:SS`.
  static func clock(
    _ line: borrowing Span<UInt8>, at index: Int
  ) -> (hour: Int, minute: Int, second: Int)? {
    guard index >= 0, index + 8 <= line.count, line[index + 2] == UInt8(ascii: ":"),
      line[index + 5] == UInt8(ascii: ":"), let hour = line.number(index..<index + 2),
      let minute = line.number(index + 3..<index + 5),
      let second = line.number(index + 6..<index + 8)
    else { return nil }
    return (hour, minute, second)
  }

  /// `15/May/2024:19:20:05 +0000`, as access lines have it.
  static func access(_ line: borrowing Span<UInt8>, at index: Int) -> Instant? {
    guard index >= 0, index + 26 <= line.count, line[index + 2] == UInt8(ascii: "/"),
      line[index + 6] == UInt8(ascii: "/"), let day = line.number(index..<index + 2),
      let month = monthNumber(in: line, at: index + 3),
      let year = line.number(index + 7..<index + 11),
      let clock = clock(line, at: index + 12), let hours = line.number(index + 22..<index + 24),
      let minutes = line.number(index + 24..<index + 26)
    else { return nil }
    let sign = line[index + 21] == UInt8(ascii: "-") ? -1 : 1
    return Instant(
      year: year, month: month, day: day, hour: clock.hour, minute: clock.minute,
      second: clock.second, offset: sign * (hours * 3600 + minutes * 60))
  }

  /// `[09-Apr-2026 14:02:11 UTC] ` as PHP logs its errors, and its process manager without a zone.
  static func php(
    _ line: borrowing Span<UInt8>, offset: Int
  ) -> (time: Instant, isZoned: Bool, end: Int)? {
    guard line.count > 22, line[0] == UInt8(ascii: "["), line[3] == UInt8(ascii: "-"),
      line[7] == UInt8(ascii: "-"), line[12] == 0x20, let day = line.number(1..<3),
      let month = monthNumber(in: line, at: 4), let year = line.number(8..<12),
      let clock = clock(line, at: 13)
    else { return nil }
    let isUTC = line.holds(" UTC]", at: 21)
    guard
      let close = line.firstIndex(of: UInt8(ascii: "]"), from: 21), close < 64,
      let time = Instant(
        year: year, month: month, day: day, hour: clock.hour, minute: clock.minute,
        second: clock.second, offset: isUTC ? 0 : offset)
    else { return nil }
    return (time, isUTC, close + 1)
  }

  /// `2026/11/21 03:04:05 ` or `2026/11/21 03:04:05.123456 `, as Go's standard log has it. nginx writes
  /// the same and its level in brackets.
  static func go(
    _ line: borrowing Span<UInt8>, at index: Int, offset: Int
  ) -> (time: Instant, end: Int)? {
    guard index >= 0, index + 20 < line.count, line[index + 4] == UInt8(ascii: "/"),
      line[index + 7] == UInt8(ascii: "/"), line[index + 10] == 0x20,
      let year = line.number(index..<index + 4), let month = line.number(index + 5..<index + 7),
      let day = line.number(index + 8..<index + 10), let clock = clock(line, at: index + 11)
    else { return nil }
    var end = index + 19
    if line[end] == UInt8(ascii: ".") {
      end += 1
      while end < line.count, line[end] >= 0x30, line[end] <= 0x39 { end += 1 }
    }
    guard end + 1 < line.count, line[end] == 0x20, line[end + 1] != UInt8(ascii: "["),
      let time = Instant(
        year: year, month: month, day: day, hour: clock.hour, minute: clock.minute,
        second: clock.second, offset: offset)
    else { return nil }
    return (time, end)
  }

  /// `Mar 12 09:42:00 host gunicorn[367]: `: time where the year is known, host, process, and the
  /// index of the text.
  static func syslog(
    _ line: borrowing Span<UInt8>, at index: Int, year: Int?, offset: Int
  ) -> (time: Instant?, host: Range<Int>, process: Range<Int>, end: Int)? {
    guard let month = monthNumber(in: line, at: index), index + 16 <= line.count,
      line[index + 3] == UInt8(ascii: " "), let clock = clock(line, at: index + 7),
      line[index + 15] == UInt8(ascii: " ")
    else { return nil }
    let dayAt = line[index + 4] == UInt8(ascii: " ") ? index + 5 : index + 4
    guard let day = line.number(dayAt..<index + 6) else { return nil }
    let host = index + 16
    guard let hostEnd = line.firstIndex(of: UInt8(ascii: " "), from: host), hostEnd - host <= 253,
      let colon = line.firstIndex(of: ": ", from: hostEnd), colon - hostEnd <= 100
    else { return nil }
    let bracket = line.firstIndex(of: UInt8(ascii: "["), from: hostEnd) ?? colon
    let time = year.flatMap {
      Instant(
        year: $0, month: month, day: day, hour: clock.hour, minute: clock.minute,
        second: clock.second, offset: offset)
    }
    return (time, host..<hostEnd, hostEnd + 1..<max(hostEnd + 1, min(bracket, colon)), colon + 2)
  }
}
