import Model
import Testing

@testable import Reasoning

/// How old and how far apart things are, and how a sentence says it.
@Suite struct SpacingTests {
  private static func timeouts(_ count: Double, from first: Instant, to last: Instant) -> Ledger {
    ledger([
      (
        "gunicorn.log",
        page(.gunicornLog, .app) { page, app in
          page.fact("gunicorn.log.timeouts", count, at: first, coverage: first...last)
          page.record(
            "gunicorn.log.last_timeout", .time(last), of: app, at: last, origin: origin(2))
        }
      )
    ])
  }

  @Test func theTimeBetweenTimeoutsIsAMean() throws {
    let three = Self.timeouts(3, from: at(0), to: at(day: 4, 0, 0))
    #expect(
      try fact("gunicorn.timeout_spacing", of: .app, in: three) == .number(2 * 86_400))
    let one = Self.timeouts(1, from: at(0), to: at(0))
    #expect(try fact("gunicorn.timeout_spacing", of: .app, in: one) == nil)
  }

  @Test func theWorkerClassIsSyncUnlessNamed() throws {
    let silent = Self.timeouts(1, from: at(0), to: at(0))
    #expect(try fact("gunicorn.worker_class_in_force", of: .app, in: silent) == .text("sync"))
  }

  @Test func theSlowLogIsAsOldAsItsNewestEntry() throws {
    let evidence = ledger([
      ("info.txt", info(at(86_400), uptime: 100_000)),
      (
        "slowlog.txt",
        page(.redisSlowlog, .redis, .port(6379)) { page, redis in
          page.record("redis.slowlog.last", .time(at(0)), of: redis, at: at(0), origin: origin())
        }
      ),
    ])
    #expect(try fact("redis.slowlog.age", of: .redis, in: evidence) == .number(86_400))
  }

  private static let sentences: [(template: String, count: Double?, said: String)] = [
    ("refused {app.redis.oom} times: OOM", 1, "refused once: OOM"),
    ("refused {app.redis.oom} times: OOM", 11, "refused 11 times: OOM"),
    ("refused {app.redis.oom} calls", 1, "refused 1 calls"),
    ("it says[[ {app.redis.oom} times,]][[ {app.redis.errors} errors]]", 2, "it says 2 times"),
    ("refused {app.redis.oom} times", nil, "refused ? times"),
  ]

  @Test(arguments: sentences)
  func onceIsNotOneTimes(template: String, count: Double?, said: String) throws {
    let table = FactTable.builtIn
    let place = RulePlace(file: "t", line: 1, column: 1)
    let template = try Template(template, table: table, place: place)
    let sentence = template.sentence { name in
      guard name == "app.redis.oom", let count, let definition = table[name] else { return nil }
      return KnownFact(
        definition: definition, subject: 0, value: .number(count), part: nil, time: nil,
        coverage: nil, origin: origin(), inputs: [])
    }
    #expect(sentence == said)
  }

  /// Of a condition with `or` the sides that do not hold have no part in the sentence.
  @Test(arguments: [
    (["rdb_last_bgsave_status"], "the last background save failed: rdb_last_bgsave_status is err"),
    (
      ["aof_last_bgrewrite_status"],
      "the last background save failed, aof_last_bgrewrite_status is err"
    ),
    (
      ["rdb_last_bgsave_status", "aof_last_bgrewrite_status"],
      "the last background save failed: rdb_last_bgsave_status is err, "
        + "aof_last_bgrewrite_status is err"
    ),
  ])
  func onlyWhatFailedIsToldOfAFailure(_ failed: [String], _ said: String) throws {
    let names = ["rdb_last_bgsave_status", "aof_last_bgrewrite_status"]
    let saves = page(.redisInfo, .redis, .port(6379)) { page, redis in
      for name in names {
        page.record(
          "redis.persistence.\(name)", .text(failed.contains(name) ? "err" : "ok"), of: redis,
          origin: origin())
      }
    }
    let pack = try RulePack.builtIn()
    let judge = Judge(
      IdentifiedEvidence(ledger([(name: "info.txt", page: saves)])), pack: pack, window: nil)
    let symptom = try #require(pack.symptoms["last-save-failed"])
    #expect(judge.judge(symptom, on: 0).statement == said)
  }
}
