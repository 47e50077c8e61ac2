import Model

/// Turns the entries of a slow log into facts.
struct RedisSlowlogSummary {
  let subject: Int
  let lines: [String]
  private static let commandLimit = 60

  init(subject: Int, lines: [String]) {
    self.subject = subject
    self.lines = lines
  }

  /// A pause that users notice; below it a slow log is a matter of tuning.
  private static let eventThreshold = 0.1

  mutating func record(_ entries: [RedisSlowlogEntry], into page: inout Page) {
    let times = entries.compactMap(\.time)
    if let first = times.min(), let last = times.max() {
      page.cover(first)
      page.cover(last)
    }
    let head = entries.first?.commandLine ?? firstLine
    number("redis.slowlog.entries", Double(entries.count), line: head, into: &page)
    recordLinear(entries.filter(\.isLinear), head: head, into: &page)
    recordDeletes(entries.filter(\.isDelete), head: head, into: &page)
    guard let slowest = entries.max(by: { $0.seconds < $1.seconds }) else { return }
    let total = RedisSlowlogSummary.total(of: entries)
    number(
      "redis.slowlog.slowest", slowest.seconds, at: slowest.time, line: slowest.durationLine,
      into: &page)
    text(
      "redis.slowlog.slowest_command", slowest.command, at: slowest.time,
      line: slowest.commandLine, into: &page)
    number("redis.slowlog.total", total, line: slowest.durationLine, into: &page)
    recordSpan(entries, total: total, slowest: slowest, into: &page)
    recordCommands(entries, into: &page)
  }

  /// Summed in whole microseconds, as Redis counts.
  private static func total(of entries: [RedisSlowlogEntry]) -> Double {
    (entries.reduce(0) { $0 + $1.seconds } * 1e6).rounded() / 1e6
  }

  /// The line that shows an empty log: what was answered, else whatever there is.
  private var firstLine: Int {
    (lines.firstIndex { RedisText.trimmed($0).hasPrefix("(empty ") }
      ?? lines.firstIndex { !RedisText.isBlank($0) } ?? 0) + 1
  }

  private func recordLinear(_ entries: [RedisSlowlogEntry], head: Int, into page: inout Page) {
    let slowest = entries.max { $0.seconds < $1.seconds }
    number(
      "redis.slowlog.linear.count", Double(entries.count), line: slowest?.commandLine ?? head,
      into: &page)
    guard let slowest else { return }
    // Cited where the command's name stands: the duration alone would tell nobody anything.
    number(
      "redis.slowlog.linear.slowest", slowest.seconds, at: slowest.time,
      line: slowest.commandLine, into: &page)
    text(
      "redis.slowlog.linear.command", slowest.command, at: slowest.time,
      line: slowest.commandLine, into: &page)
    number(
      "redis.slowlog.linear.total", RedisSlowlogSummary.total(of: entries),
      line: slowest.commandLine, into: &page)
  }

  private func recordDeletes(_ entries: [RedisSlowlogEntry], head: Int, into page: inout Page) {
    let slowest = entries.max { $0.seconds < $1.seconds }
    number(
      "redis.slowlog.delete.count", Double(entries.count), line: slowest?.commandLine ?? head,
      into: &page)
    guard let slowest else { return }
    number(
      "redis.slowlog.delete.slowest", slowest.seconds, at: slowest.time,
      line: slowest.durationLine, into: &page)
    if slowest.arguments.count > 1 {
      text(
        "redis.slowlog.delete.key", String(slowest.arguments[1].prefix(200)), at: slowest.time,
        line: slowest.keyLine, into: &page)
    }
  }

  private func recordSpan(
    _ entries: [RedisSlowlogEntry], total: Double, slowest: RedisSlowlogEntry, into page: inout Page
  ) {
    let timed = entries.filter { $0.time != nil }
    guard let first = timed.min(by: { ($0.time ?? .distant) < ($1.time ?? .distant) }),
      let last = timed.max(by: { ($0.time ?? .distant) < ($1.time ?? .distant) }),
      let start = first.time, let end = last.time
    else { return }
    page.record(
      "redis.slowlog.first", .time(start), of: subject, at: start,
      origin: Document.origin(max(1, first.durationLine - 1), in: lines))
    page.record(
      "redis.slowlog.last", .time(end), of: subject, at: end,
      origin: Document.origin(max(1, last.durationLine - 1), in: lines))
    let span = end.since(start)
    if span >= 1, timed.count >= 2 {
      number("redis.slowlog.busy_share", total / span, line: slowest.durationLine, into: &page)
    }
    if slowest.seconds >= RedisSlowlogSummary.eventThreshold {
      let milliseconds = Int(slowest.seconds * 1000)
      page.record(
        Event(
          "slow-commands", subject: subject, time: start, until: end > start ? end : nil,
          text: "\(entries.count) slow commands, the slowest \(slowest.command) for "
            + "\(milliseconds) ms",
          origin: Document.origin(slowest.durationLine, in: lines)))
    }
  }

  private func recordCommands(_ entries: [RedisSlowlogEntry], into page: inout Page) {
    let ranked = Dictionary(grouping: entries, by: \.command)
      .map { (command: $0.key, entries: $0.value, total: RedisSlowlogSummary.total(of: $0.value)) }
      .sorted { ($1.total, $0.command) < ($0.total, $1.command) }
    if ranked.count > RedisSlowlogSummary.commandLimit {
      page.warn(
        "\(ranked.count) commands; the \(RedisSlowlogSummary.commandLimit) slowest are kept")
    }
    for (command, entries, total) in ranked.prefix(RedisSlowlogSummary.commandLimit) {
      guard let slowest = entries.max(by: { $0.seconds < $1.seconds }) else { continue }
      number(
        "redis.slowlog.command.count", Double(entries.count), part: command,
        line: slowest.commandLine, into: &page)
      number(
        "redis.slowlog.command.total", total, part: command, line: slowest.commandLine,
        into: &page)
      number(
        "redis.slowlog.command.max", slowest.seconds, part: command, at: slowest.time,
        line: slowest.durationLine, into: &page)
    }
  }

  private func number(
    _ fact: String, _ value: Double, part: String? = nil, at time: Instant? = nil, line: Int,
    into page: inout Page
  ) {
    page.record(
      fact, value, of: subject, at: time, part: part, origin: Document.origin(line, in: lines))
  }

  private func text(
    _ fact: String, _ value: String, at time: Instant?, line: Int, into page: inout Page
  ) {
    page.record(
      fact, .text(value), of: subject, at: time, origin: Document.origin(line, in: lines))
  }
}

extension Instant {
  fileprivate static let distant = Instant(microseconds: 0)
}
