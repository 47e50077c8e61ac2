import Model
import Testing

@testable import Reasoning

@Suite struct ForecastTests {
  static let mebibyte = 1_048_576.0

  /// Four workers that each grow by `rate` bytes a second, sampled every minute for an hour.
  private static func workers(
    rate: Double, plateau: Bool = false, recycles: Double = 0
  ) -> Page {
    page(.processList, .app) { page, _ in
      for minute in 0...60 {
        let time = at(Double(minute) * 60)
        for pid in 1...4 {
          // A wobble that no trend follows.
          let wobble = Double((minute * 7 + pid * 3) % 5) * 10_000
          page.fact(
            "gunicorn.ps.worker_rss", 80 * mebibyte + rate * Double(minute) * 60 + wobble,
            at: time, part: "pid \(pid)")
        }
        page.fact("gunicorn.ps.rss_total", 4 * 80 * mebibyte, at: time)
        page.fact("gunicorn.ps.workers", 4, at: time)
      }
      page.fact("gunicorn.ps.growth_per_worker", rate, at: at(3600))
      page.fact("gunicorn.ps.growth_total", rate * 4 * 3600, at: at(3600))
      page.fact("gunicorn.ps.growing_share", rate > 0 ? 1 : 0, at: at(3600))
      page.fact("gunicorn.ps.recycles", recycles)
      page.fact("gunicorn.ps.sample_span", 3600)
      page.record(
        "gunicorn.ps.plateau", .flag(plateau), of: 0, at: at(3600), origin: origin())
    }
  }

  private static func memory(available: Double) -> Page {
    page(.meminfo, .host) { page, _ in
      page.fact("host.memory.MemAvailable", available)
      page.fact("host.memory.MemTotal", 4096 * mebibyte)
    }
  }

  @Test func workersFillWhatIsAvailable() throws {
    let rate = 1000.0
    let evidence = ledger([
      ("ps.txt", Self.workers(rate: rate)),
      ("meminfo", Self.memory(available: 4 * rate * 86_400 * 12)),
    ])
    let expected = try #require(try fact("app.memory.exhausted_in", of: .app, in: evidence)?.number)
    #expect(abs(expected - 12 * 86_400) < 1)
    let low = try #require(
      try fact("app.memory.exhausted_in_low", of: .app, in: evidence)?.number)
    let high = try #require(
      try fact("app.memory.exhausted_in_high", of: .app, in: evidence)?.number)
    #expect(low <= expected && expected <= high)
    #expect(high - low < 2 * 86_400)
  }

  @Test func aContainerFillsItsLimit() throws {
    var limit = Page(kind: .gunicornCommand)
    let app = limit.subject(.app)
    limit.fact("app.memory_limit", 400 * Self.mebibyte, of: app)
    let evidence = ledger([
      ("ps.txt", Self.workers(rate: Self.mebibyte)), ("compose.yml", limit),
      ("meminfo", Self.memory(available: 1e12)),
    ])
    #expect(try fact("app.memory.exhausted_in", of: .app, in: evidence) == .number(20))
  }

  /// A warm-up, a sawtooth, workers that do not grow.
  @Test(arguments: [(1000.0, true, 0.0), (1000.0, false, 3.0), (0.0, false, 0.0)])
  func whatEndsByItselfIsNotForecast(rate: Double, plateau: Bool, recycles: Double) throws {
    let evidence = ledger([
      ("ps.txt", Self.workers(rate: rate, plateau: plateau, recycles: recycles)),
      ("meminfo", Self.memory(available: 1e9)),
    ])
    #expect(try fact("app.memory.exhausted_in", of: .app, in: evidence) == nil)
  }

  // MARK: a leak per request

  private static func accessLog(_ span: TimeSpan, requests: Double) -> Page {
    page(.nginxAccessLog, .proxy) { page, _ in
      page.fact("nginx.access.requests", requests, at: span.lowerBound, coverage: span)
    }
  }

  @Test func aRequestLeavesWhatGrowthAndRateSay() throws {
    // 4 workers x 1 MiB/s at 8 requests a second: half a MiB each.
    let evidence = ledger([
      ("ps.txt", Self.workers(rate: Self.mebibyte)), ("meminfo", Self.memory(available: 1e9)),
      ("access.log", Self.accessLog(at(0)...at(3600), requests: 28_800)),
    ])
    #expect(
      try fact("gunicorn.leak_per_request", of: .app, in: evidence)
        == .number(Self.mebibyte / 2))
    // A quarter of 4096 / 4 MiB is 256 MiB: 512 requests, in round numbers 500.
    #expect(try fact("gunicorn.suggested_max_requests", of: .app, in: evidence) == .number(500))
    #expect(try fact("gunicorn.max_requests_to_set", of: .app, in: evidence) == .number(500))
    #expect(try fact("gunicorn.max_requests_jitter_to_set", of: .app, in: evidence) == .number(50))
  }

  /// The log is of another time, or says too little.
  @Test(arguments: [
    (at(7200)...at(10_800), 28_800.0), (at(3000)...at(10_800), 28_800.0), (at(0)...at(3600), 50.0),
  ])
  func aLogOfAnotherTimeTellsNothing(span: TimeSpan, requests: Double) throws {
    let evidence = ledger([
      ("ps.txt", Self.workers(rate: Self.mebibyte)), ("meminfo", Self.memory(available: 1e9)),
      ("access.log", Self.accessLog(span, requests: requests)),
    ])
    #expect(try fact("gunicorn.leak_per_request", of: .app, in: evidence) == nil)
    #expect(try fact("gunicorn.max_requests_to_set", of: .app, in: evidence) == .number(1000))
  }

  // MARK: Redis

  private static func snapshots(
    _ uptimes: [Double], used: [Double], facts: [String: Double]
  ) -> Ledger {
    ledger(
      zip(uptimes, used).enumerated().map { index, pair in
        let all = facts.merging([
          "redis.memory.used_memory": pair.1, "redis.memory.used_memory_rss": pair.1,
        ]) { first, _ in first }
        return ("info-\(index).txt", info(at(Double(index) * 600), uptime: pair.0, all))
      })
  }

  @Test func redisFillsItsLimit() throws {
    let evidence = Self.snapshots(
      [1000, 1600, 2200, 2800], used: [100, 160, 220, 280].map { $0 * Self.mebibyte },
      facts: ["redis.memory.maxmemory": 1000 * Self.mebibyte])
    // 0.1 MiB a second, 720 MiB to go.
    let seconds = try #require(try fact("redis.memory.full_in", of: .redis, in: evidence)?.number)
    #expect(abs(seconds - 7200) < 1)
    #expect(
      try fact("redis.memory.limit_in.words", of: .redis, in: evidence) == .text("about 2 h"))
    #expect(try fact("redis.memory.ram_in", of: .redis, in: evidence) == nil)
  }

  @Test func withoutALimitItFillsTheMachine() throws {
    let evidence = Self.snapshots(
      [1000, 1600, 2200], used: [100, 160, 220].map { $0 * Self.mebibyte },
      facts: [
        "redis.memory.maxmemory": 0, "redis.memory.total_system_memory": 280 * Self.mebibyte,
      ])
    let seconds = try #require(try fact("redis.memory.ram_in", of: .redis, in: evidence)?.number)
    #expect(abs(seconds - 600) < 1)
    #expect(try fact("redis.memory.limit_in", of: .redis, in: evidence) == nil)
  }

  /// Two snapshots, a restart between them, memory that does not grow.
  @Test(arguments: [
    ([1000.0, 1600], [100.0, 160]), ([1000.0, 60, 660], [100.0, 160, 220]),
    ([1000.0, 1600, 2200], [220.0, 220, 220]),
  ])
  func tooLittleIsNoForecast(uptimes: [Double], used: [Double]) throws {
    let evidence = Self.snapshots(
      uptimes, used: used.map { $0 * Self.mebibyte },
      facts: ["redis.memory.maxmemory": 1000 * Self.mebibyte])
    #expect(try fact("redis.memory.full_in", of: .redis, in: evidence) == nil)
  }

  // MARK: CPU credits

  @Test func creditsAreUsedUp() throws {
    let metric = page(.cloudWatchMetric, .instance) { page, _ in
      // Full for a day; then 12 an hour.
      for step in 0...24 {
        page.fact("cloudwatch.CPUCreditBalance", 144, at: at(Double(step) * 3600))
      }
      for step in 1...30 {
        page.fact(
          "cloudwatch.CPUCreditBalance", 144 - Double(step),
          at: at(86_400 + Double(step) * 300))
      }
    }
    let seconds = try fact(
      "ec2.credits_exhausted_in", of: .instance, in: ledger([("metric.json", metric)]))
    #expect(abs((seconds?.number ?? 0) - 114 * 300) < 1)
  }

  // MARK: the sum of all

  private static func machine(
    total: Double, redisTotal: Double, _ redis: [String: Double]
  ) -> Ledger {
    ledger([
      (
        "ps.txt",
        page(.processList, .app) { page, _ in
          page.fact("gunicorn.ps.workers", 4)
          page.fact("gunicorn.ps.rss_mean", 100 * mebibyte)
        }
      ),
      (
        "meminfo",
        page(.meminfo, .host) { page, _ in page.fact("host.memory.MemTotal", total * mebibyte) }
      ),
      (
        "info.txt",
        info(
          at(0), uptime: 100,
          redis.mapValues { $0 * mebibyte }.merging([
            "redis.memory.total_system_memory": redisTotal * mebibyte
          ]) { first, _ in first })
      ),
    ])
  }

  /// What Redis says in MiB, and what it comes to beside workers of 400.
  private static let sums: [(redis: [String: Double], planned: Double)] = [
    (["redis.memory.used_memory_rss": 300], 700),
    (["redis.memory.used_memory_rss": 300, "redis.memory.maxmemory": 500], 900),
    (["redis.memory.used_memory_rss": 300, "redis.persistence.rdb_saves": 3], 1000),
    (["redis.memory.used_memory_rss": 300, "redis.persistence.rdb_last_cow_size": 20], 720),
  ]

  @Test(arguments: sums)
  func workersAndRedisAndItsCopyAddUp(redis: [String: Double], planned: Double) throws {
    let evidence = Self.machine(total: 800, redisTotal: 800, redis)
    let found = try fact("host.memory.planned", of: .host, in: evidence)
    #expect(found == .number(planned * Self.mebibyte))
  }

  /// A Redis of another machine is not added to this one's.
  @Test func twoMachinesAreNotAddedUp() throws {
    let evidence = Self.machine(
      total: 800, redisTotal: 16_000, ["redis.memory.used_memory_rss": 300])
    #expect(try fact("host.memory.planned", of: .host, in: evidence) == nil)
  }

  // MARK: captures in files of their own

  /// One file of ps: ages and sizes (MiB) of workers by pid.
  private static func capture(_ age: Double, _ sizes: [Int: Double]) -> Page {
    page(.processList, .app) { page, _ in
      for (pid, size) in sizes.sorted(by: { $0.key < $1.key }) {
        page.fact("gunicorn.ps.worker_rss", size * mebibyte, part: "pid \(pid)")
        page.fact("gunicorn.ps.worker_age", age, part: "pid \(pid)")
      }
    }
  }

  /// Ages and sizes of two workers in files read in this order; what they gained, and what share of
  /// them grows steadily.
  private static let captures:
    [(files: [(age: Double, sizes: [Int: Double])], total: Double?, steady: Double?)] = [
      // Steady, in no order of names.
      (
        [(7200, [7: 300, 8: 310]), (3600, [7: 200, 8: 210]), (600, [7: 100, 8: 110])], 400, 1
      ),
      // A warm-up that levels off.
      ([(60, [7: 100]), (660, [7: 190]), (7200, [7: 200])], 100, 0),
      // Stable.
      ([(600, [7: 100]), (3600, [7: 100]), (7200, [7: 100])], 0, 0),
      // Two captures, a short time, other workers each time: nothing to be said.
      ([(600, [7: 100]), (7200, [7: 300])], nil, nil),
      ([(100, [7: 100]), (200, [7: 200]), (300, [7: 300])], nil, nil),
      ([(600, [7: 100]), (3600, [8: 200]), (7200, [9: 300])], nil, nil),
      // The first minute is not counted.
      ([(2, [7: 10]), (3600, [7: 200]), (7200, [7: 300])], nil, nil),
    ]

  @Test(arguments: captures)
  func growthShowsOverSeveralFiles(
    files: [(age: Double, sizes: [Int: Double])], total: Double?, steady: Double?
  ) throws {
    let evidence = ledger(
      files.enumerated().map { ("ps-\($0).txt", Self.capture($1.age, $1.sizes)) })
    let gained = try fact("gunicorn.captures.growth_total", of: .app, in: evidence)
    #expect(gained == total.map { .number($0 * Self.mebibyte) })
    let share = try fact("gunicorn.captures.steady_share", of: .app, in: evidence)
    #expect(share == steady.map { .number($0) })
  }

  /// Five-minute means of a day and a half: three hours of `busy`, and `idle` besides.
  private static func cpu(idle: Double, busy: Double, from hour: Int) -> Page {
    page(.cloudWatchMetric, .instance) { page, _ in
      for period in 0..<432 {
        let isBusy = (hour * 12..<(hour + 3) * 12).contains(period)
        page.fact("cloudwatch.CPUUtilization", isBusy ? busy : idle, at: at(Double(period) * 300))
      }
    }
  }

  @Test("Of a day, for no more credits than those of a day are kept; before, of what there is")
  func sustainedCPU() throws {
    func sustained(_ pages: Page...) throws -> Double? {
      try fact(
        "ec2.sustained_cpu", of: .instance,
        in: ledger(pages.enumerated().map { ("\($0.offset)", $0.element) }))?.number
    }
    let late = try #require(try sustained(Self.cpu(idle: 0.01, busy: 0.5, from: 30)))
    #expect(abs(late - (0.5 * 3 + 0.01 * 21) / 24) < 1e-9)
    let early = try #require(try sustained(Self.cpu(idle: 0.01, busy: 0.5, from: 0)))
    #expect(abs(early - 0.5) < 1e-9)
    let evidence = ledger([("cpu", Self.cpu(idle: 0.02, busy: 0.02, from: 0))])
    let share = try fact("ec2.sustained_cpu_over_baseline", of: .instance, in: evidence)?.number
    #expect(abs(try #require(share) - 0.4) < 1e-9)
    // Errors that it does not cover may be of a time when the CPU was used.
    func errors(_ time: Instant) -> Page {
      page(.applicationLog, .app) { page, _ in
        page.fact("app.redis.errors", 40, at: time)
        page.record("app.redis.first_error", .time(time), of: 0, at: time, origin: origin())
      }
    }
    let idle = Self.cpu(idle: 0.02, busy: 0.02, from: 0)
    #expect(try sustained(idle, errors(at(day: 1, 2, 0))) != nil)
    #expect(try sustained(idle, errors(at(day: 3, 2, 0))) == nil)
  }
}
