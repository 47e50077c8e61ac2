import Model
import Testing

@testable import Reasoning

/// What was over long before the trouble does not explain it, and what was not seen is not well.
@Suite struct BygoneTests {
  /// A check that failed from 03:10 to 03:15, in a metric of the whole day or of its first hours.
  private static func metric(until end: Instant) -> Page {
    page(.cloudWatchMetric, .instance) { page, instance in
      let name = "cloudwatch.StatusCheckFailed_System"
      page.fact("\(name).failed_periods", 5, at: at(3, 10), coverage: at(0, 0)...end)
      page.fact("\(name).longest_failure", 300, at: at(3, 10))
      page.record(
        "\(name).last_failure", .time(at(3, 14)), of: instance, at: at(3, 14), origin: origin())
    }
  }

  private static func errors(from time: Instant, isZoned: Bool = true) -> Page {
    page(.applicationLog, .app) { page, _ in
      page.fact("app.redis.errors", 120, at: time, coverage: time...time.advanced(by: 600))
      page.fact("app.redis.timeouts", 120, at: time, coverage: time...time.advanced(by: 600))
      page.event("app-redis-errors", time, isImpact: true, isZoned: isZoned)
    }
  }

  private static func passed(_ metric: Page, _ errors: Page) throws -> Value? {
    let pages = [(name: "check.json", page: metric), (name: "app.log", page: errors)]
    return try fact(
      "ec2.system_check.passed_before_errors", of: .instance, in: ledger(pages))
  }

  @Test func errorsOfTheAfternoonAreNotOfTheNightsFailure() throws {
    let metric = Self.metric(until: at(23, 59))
    #expect(try Self.passed(metric, Self.errors(from: at(14, 14))) == .number(11 * 3600))
    let pages = [
      (name: "check.json", page: metric), (name: "app.log", page: Self.errors(from: at(14, 14))),
    ]
    let diagnosis = diagnose(ledger(pages), pack: try RulePack.builtIn())
    #expect(diagnosis.causes.isEmpty)
    #expect(diagnosis.verdict.status == .inconclusive)
  }

  /// The founding incident as most people capture it: by then the check passes again.
  @Test func aCheckThatPassesNowDoesNotClearTheHostOfTimeOuts() throws {
    let status = page(.instanceStatus, .instance) { page, instance in
      page.record("ec2.SystemStatus", .text("ok"), of: instance, origin: origin())
    }
    func diagnosed(_ pages: [(name: String, page: Page)]) throws -> Diagnosis {
      diagnose(ledger(pages), pack: try RulePack.builtIn())
    }
    let late = try diagnosed([
      (name: "status.json", page: status), (name: "app.log", page: Self.errors(from: at(14, 14))),
    ])
    #expect(late.causes.isEmpty)
    let host = try #require(late.suspects.first { $0.id == "host-failure" })
    #expect(host.missing.first?.collect.contains("--metric-name StatusCheckFailed_System") == true)
    // Where nobody waits for anything it is enough.
    let quiet = try diagnosed([(name: "status.json", page: status)])
    #expect(quiet.ruledOut.contains { $0.id == "host-failure" })
  }

  @Test func noOrderIsClaimedWhereItIsNotKnown() throws {
    let day = Self.metric(until: at(23, 59))
    // Before or while it failed; by a clock of no zone; after the metric was asked for.
    #expect(try Self.passed(day, Self.errors(from: at(3, 0))) == nil)
    #expect(try Self.passed(day, Self.errors(from: at(14, 14), isZoned: false)) == nil)
    #expect(try Self.passed(Self.metric(until: at(6, 0)), Self.errors(from: at(14, 14))) == nil)
  }

  /// The same metric with a point a minute.
  private static func points(until end: Instant) -> Page {
    var page = Self.metric(until: end)
    page.record(
      "cloudwatch.StatusCheckFailed_System.first_failure", .time(at(3, 10)), of: 0, at: at(3, 10),
      origin: origin())
    for minute in 0...Int(end.since(at(0)) / 60) {
      page.fact(
        "cloudwatch.StatusCheckFailed_System", (190...194).contains(minute) ? 1 : 0,
        at: at(Double(minute) * 60))
    }
    return page
  }

  private static func timing(_ name: String, errorsFrom time: Instant, isZoned: Bool = true)
    throws -> Value?
  {
    let metric = points(until: at(9, 0))
    let errors = Self.errors(from: time, isZoned: isZoned)
    return try fact(
      "ec2.system_check.\(name)", of: .instance,
      in: ledger([(name: "check.json", page: metric), (name: "app.log", page: errors)]))
  }

  /// The log goes on for ten minutes from the first error.
  @Test func errorsOfTheMorningAreNotOfALaterFailure() throws {
    #expect(try Self.timing("passed_after_errors", errorsFrom: at(1, 0)) == .number(7200))
    // While it failed; by a clock of no zone; where the metric does not tell.
    #expect(try Self.timing("passed_after_errors", errorsFrom: at(3, 5)) == nil)
    #expect(
      try Self.timing("passed_after_errors", errorsFrom: at(1, 0), isZoned: false) == nil)
    #expect(try Self.timing("passed_after_errors", errorsFrom: at(day: -1, 23, 0)) == nil)
  }

  @Test func aFailureIsAsOldAsTheMetricGoesOn() throws {
    let pages = [(name: "check.json", page: Self.metric(until: at(day: 8, 3, 14)))]
    #expect(
      try fact("ec2.system_check.passed_since", of: .instance, in: ledger(pages))
        == .number(8 * 86_400))
    #expect(diagnose(ledger(pages), pack: try RulePack.builtIn()).causes.isEmpty)
  }

  private static let beginnings: [(Instant, Double)] = [
    (at(3, 12, 30), 0), (at(3, 4), 360), (at(3, 15), 0), (at(3, 25), 600),
  ]

  @Test(arguments: beginnings)
  func errorsThatBeginAsTheCheckFailsGoWithIt(first: Instant, away: Double) throws {
    #expect(try Self.timing("errors_began_within", errorsFrom: first) == .number(away))
    #expect(try Self.timing("errors_began_within", errorsFrom: first, isZoned: false) == nil)
  }

  /// A slow log up to 03:00, and INFO of noon.
  private static func silence(errorsFrom time: Instant, isZoned: Bool = true) throws -> Value? {
    let slowlog = page(.redisSlowlog, .redis, .port(6379)) { page, redis in
      page.record("redis.slowlog.last", .time(at(3, 0)), of: redis, at: at(3, 0), origin: origin())
    }
    let pages = [
      (name: "info.txt", page: info(at(12, 0), uptime: 100_000)),
      (name: "slowlog.txt", page: slowlog),
      (name: "app.log", page: errors(from: time, isZoned: isZoned)),
    ]
    return try fact("redis.slowlog.silent_before_errors", of: .redis, in: ledger(pages))
  }

  @Test func commandsThatWereSlowInTheNightAreNotOfTheMorningsErrors() throws {
    #expect(try Self.silence(errorsFrom: at(9, 0)) == .number(6 * 3600))
    // Slow meanwhile; by a clock of no zone; after Redis was asked.
    #expect(try Self.silence(errorsFrom: at(2, 0)) == nil)
    #expect(try Self.silence(errorsFrom: at(9, 0), isZoned: false) == nil)
    #expect(try Self.silence(errorsFrom: at(13, 0)) == nil)
  }

  /// No INFO says when the slow log was read, and the application's clock states no zone.
  @Test func aSlowLogOfDaysBeforeTheErrorsIsNotOfThem() throws {
    func older(_ hours: Double, isZoned: Bool) throws -> Value? {
      let slow = page(.redisSlowlog, .redis) { page, redis in
        page.record("redis.slowlog.last", .time(at(0)), of: redis, at: at(0), origin: origin())
      }
      let errors = Self.errors(from: at(hours * 3600), isZoned: isZoned)
      let pages = ledger([(name: "slow.txt", page: slow), (name: "app.log", page: errors)])
      return try fact("redis.slowlog.older_than_errors", of: .redis, in: pages)
    }
    #expect(try older(72, isZoned: true) == .number(72 * 3600))
    #expect(try older(72, isZoned: false) == .number(58 * 3600))
    #expect(try older(10, isZoned: false) == nil)
    #expect(try older(-1, isZoned: true) == nil)
  }

  /// Who reads of it weeks later asks for that day.
  @Test func aMetricIsAskedForOfTheDayInQuestion() throws {
    let evidence = ledger([(name: "app.log", page: Self.errors(from: at(14, 10)))])
    let diagnosis = diagnose(evidence, pack: try RulePack.builtIn())
    let command = diagnosis.missing.map(\.collect).first { $0.contains("StatusCheckFailed_System") }
    #expect(
      command?.contains("--start-time 2024-03-05T02:10:00Z --end-time 2024-03-06T02:10:00Z") == true
    )
  }

  @Test(arguments: [10.0, 2])
  func theAgeOfAKillIsReadFromTheLogThatTellsOfIt(age: Double) throws {
    let log = page(.kernelLog, .host) { page, host in
      let kill = at(3, 12)
      page.fact("kernel.oom_kills", 1, at: kill, coverage: kill...kill.advanced(by: age * 86_400))
      page.record("kernel.oom_last", .time(kill), of: host, at: kill, origin: origin())
    }
    let pages = ledger([(name: "dmesg.txt", page: log)])
    #expect(try fact("kernel.oom_age", of: .host, in: pages) == .number(age * 86_400))
    let diagnosis = diagnose(pages, pack: try RulePack.builtIn())
    #expect(diagnosis.causes.map(\.id) == (age > 7 ? [] : ["host-oom"]))
  }

  @Test(
    arguments: [
      ("198.51.100.201", true), ("8.8.8.8", true), ("172.32.0.1", true), ("10.4.1.12", false),
      ("172.31.9.8", false), ("192.168.0.7", false), ("127.0.0.1", false), ("100.64.3.3", false),
      ("redis-main", nil), ("10.0.0", nil), ("300.1.1.1", nil), ("2001:db8::7", nil), ("", nil),
    ])
  func aMasterOnTheInternetIsToldByItsAddress(host: String, isPublic: Bool?) throws {
    let info = page(.redisInfo, .redis, .port(6379)) { page, redis in
      page.record(
        "redis.replication.master_host", .text(host), of: redis, origin: origin())
    }
    let found = try fact(
      "redis.replication.master_is_public", of: .redis, in: ledger([(name: "info", page: info)]))
    #expect(found == isPublic.map { .flag($0) })
  }

  @Test func aDateAloneIsNoHealth() throws {
    let date = page(.captureTime, .host) { page, host in
      page.record("capture.time", .time(at(0)), of: host, at: at(0), origin: origin())
    }
    let diagnosis = diagnose(
      ledger([(name: "when.txt", page: date)]), pack: try RulePack.builtIn())
    #expect(diagnosis.verdict.status == .inconclusive)
  }

  /// The kernel killed a database: that it killed no worker does not point at an application.
  @Test func whatDidNotHappenPointsAtNobody() throws {
    let log = page(.kernelLog, .host) { page, _ in
      let span = at(0, 0)...at(6, 0)
      page.fact("kernel.oom_kills", 1, at: at(3, 0), coverage: span)
      page.fact("kernel.oom_kills.gunicorn", 0, coverage: span)
    }
    let memory = page(.meminfo, .host) { page, _ in
      page.fact("host.memory.MemTotal", 8e9)
      page.fact("host.memory.MemAvailable", 6e9)
    }
    let pages = ledger([(name: "dmesg.txt", page: log), (name: "meminfo", page: memory)])
    let diagnosis = diagnose(pages, pack: try RulePack.builtIn())
    #expect(!diagnosis.suspects.contains { $0.id == "worker-timeout" })
    #expect(diagnosis.causes.map(\.id) == ["host-oom"])
  }

  @Test func whatIsStronglySuspectedAndNotSeenIsNotHealthy() throws {
    let log = page(.nginxAccessLog, .proxy) { page, proxy in
      let span = at(0, 0)...at(6, 0)
      page.fact("nginx.access.requests", 1500, coverage: span)
      page.fact("nginx.access.error_minutes", 0, coverage: span)
      for (name, value) in [
        ("path", Value.text("/")), ("agent", .text("Prometheus/2.9.2")), ("method", .text("GET")),
        ("status", .number(302)), ("period", .number(15)), ("count", .number(1440)),
      ] {
        page.record("nginx.periodic.\(name)", value, of: proxy, part: "1", origin: origin())
      }
      page.fact("nginx.health.requests", 700, coverage: span)
    }
    let diagnosis = diagnose(
      ledger([(name: "access.log", page: log)]), pack: try RulePack.builtIn())
    #expect(diagnosis.suspects.first?.id == "probe-created-sessions")
    #expect(diagnosis.causes.isEmpty)
    #expect(diagnosis.verdict.status == .inconclusive)
  }
}
