import Model
import Testing

@testable import Reasoning

/// What is nearly a cause, or nearly none.
@Suite struct NearMissTests {
  private static func diagnosis(_ pages: [(name: String, page: Page)]) throws -> Diagnosis {
    diagnose(ledger(pages), pack: try RulePack.builtIn())
  }

  /// One check in minutes from midnight on: as many good ones, then as many bad ones.
  private static func check(_ name: String, good: Int, bad: Int) -> Page {
    page(.cloudWatchMetric, .instance) { page, instance in
      let fact = "cloudwatch.\(name)"
      let span = at(0)...at(Double(good + bad) * 60)
      for minute in 0..<good + bad {
        page.fact(fact, minute < good ? 0 : 1, at: at(Double(minute) * 60))
      }
      let first = bad > 0 ? at(Double(good) * 60) : nil
      page.fact("\(fact).failed_periods", Double(bad), at: first, coverage: span)
      page.fact("\(fact).failed_windows", bad > 0 ? 1 : 0, at: first, coverage: span)
      page.fact("\(fact).longest_failure", Double(bad) * 60, at: first, coverage: span)
      if let first {
        page.record("\(fact).first_failure", .time(first), of: instance, origin: origin())
        page.record(
          "\(fact).last_failure", .time(at(Double(good + bad - 1) * 60)), of: instance,
          origin: origin())
        page.event("failed", first, until: span.upperBound, isImpact: true)
      }
    }
  }

  /// Both metrics end as they were asked for, while the check still fails.
  @Test(arguments: [100, 0])
  func aCheckThatFailsToTheEndOfItsMetricIsSeenToFailAlone(good: Int) throws {
    let found = try Self.diagnosis([
      ("instance.json", Self.check("StatusCheckFailed_Instance", good: good, bad: 60)),
      ("system.json", Self.check("StatusCheckFailed_System", good: good + 60, bad: 0)),
    ])
    #expect(found.causes.map(\.id) == ["instance-os-failure"])
  }

  @Test func whatIsAnnouncedExplainsNoHostThatFails() throws {
    func found(event: Instant) throws -> [String] {
      let status = page(.instanceStatus, .instance) { page, instance in
        page.record("ec2.SystemStatus", .text("impaired"), of: instance, origin: origin())
        page.record(
          "ec2.SystemStatus.ImpairedSince", .time(at(5, 0)), of: instance, origin: origin())
        page.fact("ec2.events.active", 1)
        page.record(
          "ec2.scheduled_event.code", .text("system-reboot"), of: instance, origin: origin())
        page.record("ec2.scheduled_event.not_before", .time(event), of: instance, origin: origin())
      }
      return try Self.diagnosis([("status.json", status)]).causes
        .map { "\($0.id) \($0.role.rawValue)" }
    }
    #expect(
      try found(event: at(day: 40, 5, 0)) == ["host-failure root", "scheduled-maintenance root"])
  }

  @Test(arguments: [("instance-store", false), ("ebs", true), (nil, true)])
  func anInstanceStoreRootCannotBeStopped(root: String?, isStopped: Bool) throws {
    let status = page(.instanceStatus, .instance) { page, instance in
      page.record("ec2.SystemStatus", .text("impaired"), of: instance, origin: origin())
      if let root {
        page.record("ec2.RootDeviceType", .text(root), of: instance, origin: origin())
      }
    }
    let plan = try Self.diagnosis([("status.json", status)]).plan
    #expect(plan.contains { $0.command?.contains("stop-instances") == true } == isStopped)
    #expect(plan.contains { $0.title.hasPrefix("Launch a replacement") } != isStopped)
  }

  /// The check fails from 03:00 to 03:15.
  @Test(arguments: [
    (11.0, 49.0, false, 7.75 * 3600), (11.0, 15.0, false, nil), (11.0, 49.0, true, nil),
    (3.1, 45.0, false, 0), (8.5, 15.0, false, nil), (8.25, 15.0, false, 5.0 * 3600),
  ])
  func aClockWithoutZoneIsReadAsUTCUnlessAZoneFits(
    hour: Double, minutes: Double, isZoned: Bool, apart: Double?
  ) throws {
    var metric = Self.check("StatusCheckFailed_System", good: 180, bad: 15)
    for minute in 195..<720 {
      metric.fact("cloudwatch.StatusCheckFailed_System", 0, at: at(Double(minute) * 60))
    }
    let log = page(.applicationLog, .app) { page, app in
      let start = at(hour * 3600)
      page.fact("app.redis.errors", 50, at: start)
      page.record(
        "app.redis.last_error", .time(start.advanced(by: minutes * 60)), of: app, origin: origin())
      page.event("errors", start, isZoned: isZoned)
    }
    let found = try fact(
      "ec2.system_check.apart_as_read", of: .instance,
      in: ledger([("system.json", metric), ("app.log", log)]))
    let seconds = found?.number.map { ($0 / 900).rounded() * 900 }
    #expect(seconds == apart)
  }

  /// One INFO of a cache that has evicted: a second one would tell whether it still does.
  @Test func aSecondInfoIsAskedForWhereAChangeWouldTell() throws {
    let once = info(
      at(9, 0), uptime: 900_000,
      [
        "redis.stats.evicted_keys": 80_000, "redis.stats.keyspace_hits": 400,
        "redis.stats.keyspace_misses": 600,
      ])
    let missing = try Self.diagnosis([("info.txt", once)]).missing
    let asked = missing.first { $0.fact == "redis.stats.evicted_keys" }
    #expect(asked?.collect.hasPrefix("for i in 1 2; do date -u; redis-cli") == true)
    #expect(try fact("redis.evictions.matter", of: .redis, in: ledger([("i", once)])) == nil)
  }

  /// A store that holds most of the machine, has no limit and lets nothing expire is not called well
  /// before somebody has looked at what it holds.
  @Test(arguments: [
    (7e8, 0.0, 0.0, nil), (4e8, 0, 0, true), (7e8, 9e8, 0, true), (7e8, 0, 60_000, true),
  ])
  func whatFillsTheMachineMustBeKnown(
    resident: Double, limit: Double, expires: Double, known: Bool?
  ) throws {
    let server = info(
      at(9, 0), uptime: 900_000,
      [
        "redis.memory.used_memory": resident, "redis.memory.used_memory_rss": resident,
        "redis.memory.total_system_memory": 1e9,
        "redis.memory.maxmemory": limit, "redis.keyspace.keys": 90_000,
        "redis.keyspace.expires": expires,
      ])
    let found = try fact("redis.memory.use_is_known", of: .redis, in: ledger([("i", server)]))
    #expect(found == known.map { .flag($0) })
  }

  /// A server that is up for seconds may have crashed a moment ago: only its log tells.
  @Test(arguments: [(59.0, false, nil), (60, false, true), (5, true, true)])
  func whyAServerStartedMustBeKnown(age: Double, hasLog: Bool, known: Bool?) throws {
    let server = info(at(9, 0), uptime: age, ["redis.memory.used_memory": 4e8])
    let log = page(.redisLog, .redis, .port(6379)) { page, _ in page.fact("redis.log.starts", 1) }
    let pages = [("i", server)] + (hasLog ? [("l", log)] : [])
    let found = try fact("redis.start.is_known", of: .redis, in: ledger(pages))
    #expect(found == known.map { .flag($0) })
  }

  /// The slow log tells of a deletion that blocked; INFO and the rest are well.
  @Test(arguments: [(0.78, Verdict.Status.inconclusive), (0.01, .healthy)])
  func noHealthWhileTheMechanismOfASuspectWasSeen(
    seconds: Double, status: Verdict.Status
  ) throws {
    let server = info(
      at(9, 0), uptime: 900_000,
      [
        "redis.memory.used_memory": 4e8, "redis.keyspace.keys": 1000,
        "redis.stats.rejected_connections": 0, "redis.stats.evicted_keys": 0,
      ])
    let rest = page(.redisSlowlog, .redis, .port(6379)) { page, redis in
      page.record(
        "redis.persistence.rdb_last_bgsave_status", .text("ok"), of: redis, origin: origin())
      page.fact("redis.slowlog.entries", 1)
      page.fact("redis.slowlog.delete.slowest", seconds)
    }
    let found = try Self.diagnosis([("info.txt", server), ("slowlog.txt", rest)])
    #expect(found.verdict.status == status, "\(found.verdict.summary)")
  }

  @Test(arguments: [
    (7200.0, 86400.0, 250.0, 2.5), (1800, 86400, 250, nil), (7200, 3600, 250, nil),
    (7200, 86400, 120, 1.2),
  ])
  func twoCapturesTellOfWorkersThatWereWarmAndFarApart(
    age: Double, apart: Double, later: Double, least: Double?
  ) throws {
    func capture(_ age: Double, _ mebibytes: Double) -> Page {
      page(.processList, .app) { page, _ in
        for (pid, extra) in [(1, 0.0), (2, 40)] {
          page.fact("gunicorn.ps.worker_age", age, part: "pid \(pid)")
          page.fact(
            "gunicorn.ps.worker_rss", (mebibytes + (age > 7200 ? extra : 0)) * 1_048_576,
            part: "pid \(pid)")
        }
      }
    }
    let found = try fact(
      "gunicorn.captures.pair_least", of: .app,
      in: ledger([("a.txt", capture(age, 100)), ("b.txt", capture(age + apart, later))]))
    #expect(found == least.map(Value.number))
  }

  @Test(arguments: [
    (nil, 25.0, 0.0, false), (nil, 2, 0, nil), (nil, 25, 3, nil), (500, 25, 0, true),
  ])
  func daysWithoutANewWorkerAreNoRecycling(
    limit: Double?, days: Double, recycles: Double, isRecycled: Bool?
  ) throws {
    let samples = page(.processList, .app) { page, _ in
      page.fact("gunicorn.ps.sample_span", days * 86400)
      page.fact("gunicorn.ps.recycles", recycles)
      if let limit { page.fact("gunicorn.max_requests", limit) }
    }
    #expect(
      try fact("gunicorn.recycling", of: .app, in: ledger([("ps.txt", samples)]))
        == isRecycled.map(Value.flag))
  }

  /// A list of clients may be cut: it fills the limit or says nothing of it.
  @Test(arguments: [(78.0, 0.975), (30, nil)])
  func aListOfClientsMayFillTheLimit(listed: Double, share: Double?) throws {
    let list = page(.redisClientList, .redis) { page, _ in
      page.fact("redis.clients.listed", listed)
      page.fact("redis.config.maxclients", 80)
    }
    #expect(
      try fact("redis.clients.limit_share", of: .redis, in: ledger([("c.txt", list)]))
        == share.map(Value.number))
  }
}
