import Model

/// Turns what a server's log said into facts and events.
struct RedisLogSummary {
  let server: RedisServerLog
  let subject: Int
  let isZoned: Bool
  let window: TimeWindow

  /// What the log speaks for, within the window that was asked for.
  private var coverage: TimeSpan? {
    guard let span = server.span else { return nil }
    let first = max(span.lowerBound, window.since ?? span.lowerBound)
    let last = min(span.upperBound, window.until ?? span.upperBound)
    return first <= last ? first...last : nil
  }

  func record(into page: inout Page) {
    if let coverage {
      page.cover(coverage.lowerBound)
      page.cover(coverage.upperBound)
    }
    for tally in RedisLogTally.allCases {
      let count = tally == .saveFailed ? server.saveFailures : server.count(of: tally)
      let first = count.first ?? server.head
      page.record(
        tally.rawValue, Double(count.number), of: subject, at: count.first?.time,
        coverage: coverage, origin: first.origin)
      if let fact = tally.lastFact, let last = count.last, let time = last.time {
        page.record(fact, .time(time), of: subject, at: time, origin: last.origin)
      }
    }
    if let start = server.count(of: .starts).last, let time = start.time {
      page.record("redis.log.start_time", .time(time), of: subject, at: time, origin: start.origin)
    }
    if let reason = server.forkReason {
      text("redis.log.fork_failed.reason", reason.text, reason.mark, into: &page)
    }
    if let largest = server.copyOnWrite {
      page.record(
        "redis.log.cow_size", largest.bytes, of: subject, at: largest.mark.time,
        origin: largest.mark.origin)
    }
    if let last = server.replications.last {
      text("redis.log.became_replica.master", last.master, last.mark, into: &page)
      if let by = last.by {
        text("redis.log.became_replica.requested_by", by, last.mark, into: &page)
      }
      if let name = last.name {
        text("redis.log.became_replica.client_name", name, last.mark, into: &page)
      }
    }
    recordCrash(into: &page)
    server.resyncs.record(of: subject, into: &page)
    recordEvents(into: &page)
  }

  private func recordCrash(into page: inout Page) {
    if let failure = server.loadFailure {
      text("redis.log.load_failed.reason", failure.text, failure.mark, into: &page)
      for (fact, value) in [
        ("redis.log.load_failed.other_format", failure.isOtherFormat),
        ("redis.log.ends_in_failed_load", !server.hasServedSinceFailure),
      ] {
        page.record(
          fact, .flag(value), of: subject, at: failure.mark.time, origin: failure.mark.origin)
      }
    }
    guard let crash = server.lastCrash else { return }
    for (fact, value) in [
      ("redis.log.crash.reason", crash.reason), ("redis.log.crash.version", crash.version),
      ("redis.log.crash.command", crash.command), ("redis.log.crash.module", crash.module),
      ("redis.log.crash.sent_by", crash.sender),
    ] {
      if let value { text(fact, value, crash.mark, into: &page) }
    }
    for (fact, value) in [
      ("redis.log.ends_in_crash", !server.hasComeBack),
      ("redis.log.crash.was_sent", crash.sender != nil),
      ("redis.log.crash.was_asked", crash.command == "DEBUG"),
    ] {
      page.record(fact, .flag(value), of: subject, at: crash.mark.time, origin: crash.mark.origin)
    }
    if let isGood = crash.isMemoryGood {
      page.record(
        "redis.log.crash.memory_failed", .flag(!isGood), of: subject, at: crash.mark.time,
        origin: crash.mark.origin)
    }
    if let time = crash.mark.time {
      page.record(
        "redis.log.crashes.last", .time(time), of: subject, at: time, origin: crash.mark.origin)
    }
  }

  private func text(
    _ fact: String, _ value: String, _ mark: RedisServerLog.Mark, into page: inout Page
  ) {
    page.record(fact, .text(value), of: subject, at: mark.time, origin: mark.origin)
  }

  private func recordEvents(into page: inout Page) {
    for start in server.starts {
      event("redis-start", start, "Redis started", into: &page)
    }
    for stop in server.shutdowns {
      event("redis-shutdown", stop, "Redis was asked to shut down", into: &page)
    }
    for death in server.deaths {
      guard let last = death.last ?? death.start.time else { continue }
      page.record(
        Event(
          "redis-shutdown", subject: subject, time: last, until: death.start.time,
          text: "Redis ended without a shutdown and started again", isImpact: true,
          isZoned: isZoned, origin: death.start.origin))
    }
    for crash in server.crashes {
      event("redis-crash", crash, "Redis crashed", isImpact: true, into: &page)
    }
    if server.loadFailure != nil {
      burst(
        "redis-load-failed", [server.count(of: .loadFailed)], "starts ended: data not loaded",
        isImpact: true, &page)
    }
    for change in server.replications {
      // Sentinel names its clients so, and does it at every switch.
      let isSentinel = change.name?.hasPrefix("sentinel") ?? false
      let client = "a client" + (change.by.map { " at \($0)" } ?? "")
      event(
        "became-replica", change.mark,
        "\(isSentinel ? "Sentinel" : client) made Redis a replica of \(change.master)",
        isImpact: !isSentinel, into: &page)
    }
    burst(
      "save-failed", [server.count(of: .forkFailed), server.saveFailures], "saves failed", &page)
    burst(
      "maxclients-reached", [server.count(of: .maxclientsReached)], "clients refused at maxclients",
      isImpact: true, &page)
  }

  private func event(
    _ name: String, _ mark: RedisServerLog.Mark, _ text: String, isImpact: Bool = false,
    into page: inout Page
  ) {
    guard let time = mark.time else { return }
    page.record(
      Event(
        name, subject: subject, time: time, text: text, isImpact: isImpact, isZoned: isZoned,
        origin: mark.origin))
  }

  /// One event for all occurrences, from the first to the last.
  private func burst(
    _ name: String, _ counts: [RedisServerLog.Count], _ what: String, isImpact: Bool = false,
    _ page: inout Page
  ) {
    let number = counts.reduce(0) { $0 + $1.number }
    let firsts = counts.compactMap(\.first).filter { $0.time != nil }
    let lasts = counts.compactMap { $0.last?.time }
    guard let first = firsts.min(by: { $0.line < $1.line }), let time = first.time,
      let last = lasts.max()
    else { return }
    page.record(
      Event(
        name, subject: subject, time: time, until: last > time ? last : nil,
        text: "\(number) \(what)", isImpact: isImpact, isZoned: isZoned, origin: first.origin))
  }
}
