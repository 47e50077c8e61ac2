import Model
import Testing

@testable import Reasoning

/// What looks like a cause at a glance, and the figure that tells the two apart.
@Suite struct LookalikeTests {
  private static func redisLog(_ facts: [String: Instant]) -> Page {
    page(.redisLog, .redis) { page, redis in
      for (name, time) in facts.sorted(by: { $0.key < $1.key }) {
        page.record(name, .time(time), of: redis, at: time, origin: origin())
      }
      page.fact(
        "redis.log.maxclients_reached", 2, at: at(1, 0), coverage: at(0, 0)...at(day: 3, 1, 0))
    }
  }

  @Test func aGoodSaveAfterTheLastFailureOfAnyKindMendsIt() throws {
    let failed = "redis.log.save_failed.last"
    let refused = "redis.log.fork_failed.last"
    let good = "redis.log.saves.last"
    for (facts, expected) in [
      ([failed: at(3, 0), good: at(5, 0)], 7200.0),
      ([failed: at(3, 0), refused: at(4, 0), good: at(5, 0)], 3600),
      ([failed: at(6, 0), good: at(5, 0)], nil), ([failed: at(3, 0)], nil), ([good: at(5, 0)], nil),
    ] as [([String: Instant], Double?)] {
      let found = try fact(
        "redis.saves.good_for", of: .redis, in: ledger([("redis.log", Self.redisLog(facts))]))
      #expect(found == expected.map(Value.number))
    }
  }

  @Test func aRefusalIsAsOldAsTheLogGoesOn() throws {
    let log = Self.redisLog(["redis.log.maxclients_reached.last": at(1, 0)])
    #expect(
      try fact("redis.refusals.age", of: .redis, in: ledger([("redis.log", log)]))
        == .number(3 * 86400))
  }

  @Test(arguments: [
    ("noeviction", 10.0, 10.0, true), ("allkeys-lru", 10, 0, false),
    ("volatile-lru", 1000, 9, true),
    ("volatile-ttl", 1000, 10, false), ("volatile-lru", 0, 0, nil),
  ])
  func aVolatilePolicyNeedsKeysThatExpire(
    policy: String, keys: Double, mortal: Double, nothing: Bool?
  ) throws {
    let info = page(.redisInfo, .redis, .port(6379)) { page, redis in
      page.record("redis.memory.maxmemory_policy", .text(policy), of: redis, origin: origin())
      page.fact("redis.keyspace.keys", keys)
      page.fact("redis.keyspace.expires", mortal)
    }
    #expect(
      try fact("redis.memory.nothing_to_evict", of: .redis, in: ledger([("info.txt", info)]))
        == nothing.map(Value.flag))
  }

  @Test(arguments: [
    (nil, [0.0, 0, 12], "unlimited"), ("standard", [0, 3], "standard"), (nil, [0, 0], nil),
  ])
  func onlyAnUnlimitedInstanceSpendsSurplus(
    stated: String?, surplus: [Double], mode: String?
  ) throws {
    let metric = page(.cloudWatchMetric, .instance) { page, instance in
      if let stated {
        page.record("ec2.CpuCredits", .text(stated), of: instance, origin: origin())
      }
      for (hour, credits) in surplus.enumerated() {
        page.fact("cloudwatch.CPUSurplusCreditBalance", credits, at: at(hour, 0))
      }
    }
    #expect(
      try fact("ec2.credit_mode", of: .instance, in: ledger([("m.json", metric)]))
        == mode.map(Value.text))
  }

  @Test(arguments: [(0.0, 900.0, 0.0), (1200, 900, 1200), (5000, 900, nil), (1200, 9000, nil)])
  func aNewInstanceHasNoCredits(after: Double, length: Double, expected: Double?) throws {
    let metric = page(.cloudWatchMetric, .instance) { page, instance in
      page.record("ec2.LaunchTime", .time(at(2, 0)), of: instance, origin: origin())
      page.fact(
        "cloudwatch.CPUCreditBalance.exhausted_for", length, at: at(2, 0).advanced(by: after))
    }
    #expect(
      try fact("ec2.credits_empty_after_launch", of: .instance, in: ledger([("m.json", metric)]))
        == expected.map(Value.number))
  }

  private static func access(_ status: Double, requests: Double = 9000) -> Page {
    page(.nginxAccessLog, .proxy) { page, proxy in
      page.fact(
        "nginx.access.requests", requests, at: at(0, 0), coverage: at(0, 0)...at(day: 1, 0, 0))
      page.fact("nginx.periodic.count", 2880, at: at(0, 0), part: "probe")
      page.fact("nginx.periodic.period", 30, at: at(0, 0), part: "probe")
      page.fact("nginx.periodic.status", status, at: at(0, 0), part: "probe")
      for (name, text) in [("path", "/"), ("agent", "ELB-HealthChecker/2.0")] {
        page.record(
          "nginx.periodic." + name, .text(text), of: proxy, at: at(0, 0), part: "probe",
          origin: origin())
      }
    }
  }

  /// A redirect to https comes before it is known who asks.
  @Test(arguments: [(301.0, nil), (308, nil), (302, 302.0), (200, 200)])
  func aPermanentRedirectMakesNoSession(status: Double, expected: Double?) throws {
    #expect(
      try fact(
        "nginx.session_probe.status", of: .proxy, in: ledger([("a.log", Self.access(status))]))
        == expected.map(Value.number))
  }

  @Test func countsTheVisitsForEachKeyThatIsBorn() throws {
    // 0.1 keys a second; of 28,800 requests 2,880 are the probe's.
    let info = info(
      at(day: 1, 0, 0), uptime: 86400,
      ["redis.keyspace.keys": 40, "redis.stats.expired_keys": 8600])
    let found = try fact(
      "redis.probe.visits_per_birth", of: .redis,
      in: ledger([("info.txt", info), ("a.log", Self.access(302, requests: 28_800))]))
    let visits = try #require(found?.number)
    #expect(abs(visits - 3) < 0.001)
  }

  @Test(arguments: [("185.220.101.4:50122", true), ("10.0.0.9:1", false), ("cache-2:1", nil)])
  func tellsWhoeverComesFromTheInternet(client: String, expected: Bool?) throws {
    let log = page(.redisLog, .redis) { page, redis in
      page.record(
        "redis.log.became_replica.requested_by", .text(client), of: redis, origin: origin())
    }
    #expect(
      try fact("redis.told_from_the_internet", of: .redis, in: ledger([("r.log", log)]))
        == expected.map(Value.flag))
  }

  /// The image of a package is full by nature.
  @Test func anImageIsNoFullDisk() throws {
    let disks = page(.diskSpace, .host) { page, host in
      for (mount, share) in [("/", 0.4), ("/snap/core22/1", 1), ("/data", 0.7)] {
        page.fact("host.disk.used_share", share, part: mount)
      }
    }
    let evidence = ledger([("df.txt", disks)])
    #expect(try fact("host.disk.fullest_share", of: .host, in: evidence) == .number(0.7))
    #expect(try fact("host.disk.fullest", of: .host, in: evidence) == .text("/data"))
  }
}
