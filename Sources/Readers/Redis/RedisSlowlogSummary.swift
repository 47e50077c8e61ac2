import Model

/// Counts the entries of a slow log, and turns the counts into facts.
struct RedisSlowlogSummary {
  /// Entries of one sort.
  private struct Group {
    var count = 0
    var microseconds = 0.0
    var slowest: RedisSlowlogEntry?

    mutating func add(_ entry: RedisSlowlogEntry) {
      count += 1
      microseconds += Double(entry.microseconds)
      if entry.microseconds > slowest?.microseconds ?? -1 { slowest = entry }
    }

    /// Summed in whole microseconds, as Redis counts.
    var seconds: Double { microseconds.rounded() / 1e6 }
  }

  private var all = Group()
  private var linear = Group()
  private var deletes = Group()
  private var constant = Group()
  private var commands: [String: Group] = [:]
  private var head: RedisSlowlogEntry?
  /// Of the linear ones, as many as tell how far apart they come.
  private var linearTimes: [Instant] = []
  private static let timesKept = 1000
  private var first: (entry: RedisSlowlogEntry, time: Instant)?
  private var last: (entry: RedisSlowlogEntry, time: Instant)?

  private static let commandLimit = 60
  /// More than Redis and its modules have.
  private static let countedCommands = 2000
  private var uncounted = 0
  /// A pause that users notice; below it a slow log is a matter of tuning.
  private static let eventThreshold = 0.1

  mutating func add(_ entry: RedisSlowlogEntry) {
    let command = entry.command
    if head == nil { head = entry }
    all.add(entry)
    if entry.isLinear(command) {
      linear.add(entry)
      if let time = entry.time, linearTimes.count < RedisSlowlogSummary.timesKept {
        linearTimes.append(time)
      }
    }
    if entry.isDelete(command) { deletes.add(entry) }
    // As long as what counts as slow of the others.
    if entry.seconds >= RedisSlowlogSummary.eventThreshold, entry.isConstant(command) {
      constant.add(entry)
    }
    if commands.count < RedisSlowlogSummary.countedCommands || commands[command] != nil {
      commands[command, default: Group()].add(entry)
    } else {
      uncounted += 1
    }
    guard let time = entry.time else { return }
    if first.map({ time < $0.time }) ?? true { first = (entry, time) }
    if last.map({ time > $0.time }) ?? true { last = (entry, time) }
  }

  /// `beginning` is cited where there are no entries.
  func record(of subject: Int, beginning: Origin, into page: inout Page) {
    if let first, let last {
      page.cover(first.time)
      page.cover(last.time)
    }
    let head = head?.commandOrigin ?? beginning
    page.record("redis.slowlog.entries", Double(all.count), of: subject, origin: head)
    recordLinear(of: subject, head: head, into: &page)
    recordDeletes(of: subject, head: head, into: &page)
    page.record(
      "redis.slowlog.constant.count", Double(constant.count), of: subject,
      origin: constant.slowest?.commandOrigin ?? head)
    if let slowest = constant.slowest {
      page.record(
        "redis.slowlog.constant.command", .text(slowest.command), of: subject, at: slowest.time,
        origin: slowest.commandOrigin)
    }
    guard let slowest = all.slowest else { return }
    page.record(
      "redis.slowlog.slowest", slowest.seconds, of: subject, at: slowest.time,
      origin: slowest.durationOrigin)
    page.record(
      "redis.slowlog.slowest_command", .text(slowest.command), of: subject, at: slowest.time,
      origin: slowest.commandOrigin)
    page.record(
      "redis.slowlog.total", all.seconds, of: subject, origin: slowest.durationOrigin)
    recordSpan(of: subject, slowest: slowest, into: &page)
    recordCommands(of: subject, into: &page)
  }

  private func recordLinear(of subject: Int, head: Origin, into page: inout Page) {
    let slowest = linear.slowest
    page.record(
      "redis.slowlog.linear.count", Double(linear.count), of: subject,
      origin: slowest?.commandOrigin ?? head)
    guard let slowest else { return }
    // Cited where the command's name stands: the duration alone would tell nobody anything.
    page.record(
      "redis.slowlog.linear.slowest", slowest.seconds, of: subject, at: slowest.time,
      origin: slowest.commandOrigin)
    page.record(
      "redis.slowlog.linear.command", .text(slowest.command), of: subject, at: slowest.time,
      origin: slowest.commandOrigin)
    page.record(
      "redis.slowlog.linear.total", linear.seconds, of: subject, origin: slowest.commandOrigin)
    let times = linearTimes.sorted()
    let gaps = zip(times, times.dropFirst()).map { $1.since($0) }.sorted()
    if gaps.count >= 2 {
      page.record(
        "redis.slowlog.linear.spacing", gaps[(gaps.count - 1) / 2], of: subject,
        origin: slowest.commandOrigin)
    }
  }

  private func recordDeletes(of subject: Int, head: Origin, into page: inout Page) {
    let slowest = deletes.slowest
    page.record(
      "redis.slowlog.delete.count", Double(deletes.count), of: subject,
      origin: slowest?.commandOrigin ?? head)
    guard let slowest else { return }
    page.record(
      "redis.slowlog.delete.slowest", slowest.seconds, of: subject, at: slowest.time,
      origin: slowest.durationOrigin)
    if let key = slowest.key {
      page.record(
        "redis.slowlog.delete.key", .text(String(key.prefix(200))), of: subject, at: slowest.time,
        origin: slowest.keyOrigin)
    }
  }

  private func recordSpan(
    of subject: Int, slowest: RedisSlowlogEntry, into page: inout Page
  ) {
    guard let first, let last else { return }
    page.record(
      "redis.slowlog.first", .time(first.time), of: subject, at: first.time,
      origin: first.entry.timeOrigin)
    page.record(
      "redis.slowlog.last", .time(last.time), of: subject, at: last.time,
      origin: last.entry.timeOrigin)
    let span = last.time.since(first.time)
    if span >= 1 {
      page.record(
        "redis.slowlog.busy_share", all.seconds / span, of: subject,
        origin: slowest.durationOrigin)
    }
    if slowest.seconds >= RedisSlowlogSummary.eventThreshold {
      let milliseconds = Int(slowest.seconds * 1000)
      page.record(
        Event(
          "slow-commands", subject: subject, time: first.time, until: span > 0 ? last.time : nil,
          text: "\(all.count) slow commands, the slowest \(slowest.command) for "
            + "\(milliseconds) ms",
          origin: slowest.durationOrigin))
    }
  }

  private func recordCommands(of subject: Int, into page: inout Page) {
    let ranked = commands.sorted { ($1.value.seconds, $0.key) < ($0.value.seconds, $1.key) }
    let limit = RedisSlowlogSummary.commandLimit
    if uncounted > 0 {
      page.warn(
        "more than \(ranked.count) commands; \(uncounted) entries are counted in the sums only")
    } else if ranked.count > limit {
      page.warn("\(ranked.count) commands; the \(limit) slowest are kept")
    }
    for (command, group) in ranked.prefix(limit) {
      guard let slowest = group.slowest else { continue }
      page.record(
        "redis.slowlog.command.count", Double(group.count), of: subject, part: command,
        origin: slowest.commandOrigin)
      page.record(
        "redis.slowlog.command.total", group.seconds, of: subject, part: command,
        origin: slowest.commandOrigin)
      page.record(
        "redis.slowlog.command.max", slowest.seconds, of: subject, at: slowest.time, part: command,
        origin: slowest.durationOrigin)
    }
  }
}
