import Model
import Testing

@testable import Reasoning

@Suite struct ClockTests {
  private static func settled(_ pages: [(name: String, page: Page)]) -> IdentifiedEvidence {
    var evidence = IdentifiedEvidence(ledger(pages))
    evidence.settleClocks()
    return evidence
  }

  private static func redisLog(starts: [Instant], others: [(String, Instant)] = []) -> Page {
    page(.redisLog, .redis, .port(6379)) { page, redis in
      for start in starts { page.event("redis-start", start, isZoned: false) }
      for (name, time) in others { page.event(name, time, isImpact: true, isZoned: false) }
      if let last = starts.last {
        page.record("redis.log.start_time", .time(last), of: redis, at: last, origin: origin())
      }
    }
  }

  @Test(arguments: [
    (0, 0), (1, 0), (-45, 0), (36_000, 36_000), (36_003, 36_000), (-18_000, -18_000),
    (20_700, 20_700), (46_800, 46_800), (-39_600, -39_600),
  ])
  func uptimeAnchorsTheLog(apart: Int, offset: Int) throws {
    let start = at(day: 1, 5, 0).advanced(by: Double(apart))
    let evidence = Self.settled([
      ("redis.log", Self.redisLog(starts: [start], others: [("became-replica", start)])),
      ("info.txt", info(at(day: 2, 5, 0), uptime: 86_400)),
    ])
    let clock = try #require(evidence.sourceClocks.first)
    #expect(clock == SourceClock(file: "redis.log", offset: offset, anchor: "INFO uptime"))
    let moved = start.advanced(by: -Double(offset))
    #expect(evidence.events.allSatisfy { $0.isZoned && $0.time == moved })
    let redis = try #require(evidence.subjects.firstIndex { $0.kind == .redis })
    let fact = try #require(evidence.facts[redis]["redis.log.start_time"]?.first)
    #expect(fact.time == moved)
    #expect(fact.value == .time(moved))
    #expect(evidence.isClockKnown(of: 0))
  }

  /// Off by no zone; of another life; more than a day away; no INFO at all.
  @Test(arguments: [
    ([at(day: 1, 5, 7)], true), ([at(day: 1, 5, 0), at(day: 1, 9, 7)], true),
    ([at(day: 2, 23, 0)], true), ([at(day: 1, 5, 0)], false),
  ])
  func whatDoesNotFitIsUnknown(starts: [Instant], hasInfo: Bool) throws {
    var pages = [("redis.log", Self.redisLog(starts: starts))]
    if hasInfo { pages.append(("info.txt", info(at(day: 2, 5, 0), uptime: 86_400))) }
    let evidence = Self.settled(pages)
    #expect(evidence.sourceClocks == [SourceClock(file: "redis.log", offset: nil, anchor: nil)])
    #expect(evidence.events.allSatisfy { !$0.isZoned })
    #expect(!evidence.isClockKnown(of: 0))
  }

  /// A restart right after the answer does not spoil it.
  @Test func aLaterStartIsNoHindrance() {
    let evidence = Self.settled([
      ("redis.log", Self.redisLog(starts: [at(day: 1, 5, 0), at(day: 2, 5, 0, 1)])),
      ("info.txt", info(at(day: 2, 5, 0), uptime: 86_400)),
    ])
    #expect(evidence.sourceClocks.first?.offset == 0)
  }

  @Test func oneOutageInBothLogsOfNginx() {
    let access = page(.nginxAccessLog, .proxy) { page, _ in
      page.event("server-errors", at(7, 0, 3), until: at(7, 20), isImpact: true)
    }
    func errors(_ from: Instant, _ to: Instant) -> Page {
      page(.nginxErrorLog, .proxy) { page, _ in
        page.event("upstream-refused", from, until: to, isImpact: true, isZoned: false)
      }
    }
    let shifted = Self.settled([
      ("access.log", access), ("error.log", errors(at(12, 30, 2), at(12, 50))),
    ])
    #expect(
      shifted.sourceClocks == [
        SourceClock(file: "error.log", offset: 19_800, anchor: "the server errors in access.log")
      ])
    #expect(shifted.events.map(\.time) == [at(7, 0, 2), at(7, 0, 3)])
    // Begins alike in some zone and lasts otherwise: another outage.
    let other = Self.settled([
      ("access.log", access), ("error.log", errors(at(12, 30, 2), at(13, 40))),
    ])
    #expect(other.sourceClocks.first?.offset == nil)
  }

  /// Two zones would each explain it: neither is claimed.
  @Test func anAmbiguityIsNotSettled() {
    let access = page(.nginxAccessLog, .proxy) { page, _ in
      page.event("server-errors", at(7, 0), isImpact: true)
      page.event("server-errors", at(9, 0), isImpact: true)
    }
    let errors = page(.nginxErrorLog, .proxy) { page, _ in
      page.event("upstream-timeouts", at(9, 0), isImpact: true, isZoned: false)
    }
    let evidence = Self.settled([("access.log", access), ("error.log", errors)])
    #expect(evidence.sourceClocks.first?.offset == nil)
  }

  @Test func killsAnchorTheKernelLogAndThatItsSibling() {
    let gunicorn = page(.gunicornLog, .app) { page, _ in
      page.event("worker-killed", at(19, 21, 13), until: at(19, 21, 43), isImpact: true)
    }
    func host(_ kind: EvidenceKind, _ name: String, _ time: Instant) -> Page {
      page(kind, .host, .hostName("web-1")) { page, _ in
        page.event(name, time, isImpact: true, isZoned: false)
      }
    }
    let evidence = Self.settled([
      ("gunicorn.log", gunicorn), ("kern.log", host(.kernelLog, "oom-kill", at(21, 21, 12))),
      ("syslog", host(.systemLog, "log-gap", at(20, 0))),
    ])
    #expect(evidence.sourceClocks.map(\.offset) == [7200, 7200])
    #expect(evidence.sourceClocks.last?.anchor == "the same clock as kern.log")
    #expect(evidence.events.map(\.time) == [at(18, 0), at(19, 21, 12), at(19, 21, 13)])
  }

  /// What INFO tells of the Redis log, the Redis log tells of the application's.
  @Test func anAnchoredClockAnchorsTheNext() {
    let app = page(.applicationLog, .app) { page, _ in
      page.event("redis-errors", at(day: 1, 2, 30, 1), isImpact: true, isZoned: false)
    }
    let log = Self.redisLog(
      starts: [at(day: 1, 8, 0)], others: [("became-replica", at(day: 1, 8, 30))])
    let evidence = Self.settled([
      ("app.log", app), ("redis.log", log), ("info.txt", info(at(day: 1, 8, 0), uptime: 21_600)),
    ])
    #expect(evidence.sourceClocks.map(\.offset) == [0, 21_600])
  }

  @Test func aZoneThatIsStatedIsNotGuessed() {
    let log = page(.redisLog, .redis, .port(6379)) { page, _ in
      page.event("redis-start", at(1, 0))
    }
    let evidence = Self.settled([("redis.log", log), ("info.txt", info(at(2, 0), uptime: 60))])
    #expect(evidence.sourceClocks.isEmpty)
    #expect(evidence.isClockKnown(of: 0))
  }
}
