import Model
import Testing

@testable import Reasoning

/// What AWS announced, held against what it answers later, and against the newest evidence.
@Suite struct NoticeTests {
  private static let box = IdentityKey.instanceID("i-0abcd1234ef567890")

  /// A reboot that is due from `start` to `end`.
  private static func maintenance(
    _ kind: EvidenceKind, code: String = "system-reboot", from start: Instant,
    to end: Instant? = nil
  ) -> Page {
    page(kind, .instance, box) { page, instance in
      page.fact("ec2.events.active", 1)
      page.record("ec2.scheduled_event.code", .text(code), of: instance, origin: origin())
      page.record("ec2.scheduled_event.not_before", .time(start), of: instance, origin: origin())
      guard let end else { return }
      page.record("ec2.scheduled_event.not_after", .time(end), of: instance, origin: origin())
    }
  }

  private static func log(until end: Instant, isZoned: Bool = true) -> Page {
    page(.applicationLog, .app) { page, _ in
      page.fact("app.redis.errors", 0, coverage: at(0, 0)...end)
      page.event("app-start", at(0, 0), isZoned: isZoned)
    }
  }

  @Test func whatTheStatusAnswersBeatsTheNotice() throws {
    let status = page(.instanceStatus, .instance, Self.box) { page, _ in
      page.fact("ec2.events.active", 0)
    }
    let notice = Self.maintenance(.awsNotice, from: at(day: 3, 2, 0))
    for pages in [[status, notice], [notice, status]] {
      let ledger = ledger(pages.map { (name: $0.kind.rawValue, page: $0) })
      #expect(try fact("ec2.events.active", of: .instance, in: ledger) == .number(0))
      #expect(diagnose(ledger, pack: try RulePack.builtIn()).causes.isEmpty)
    }
    let alone = ledger([(name: "notice.json", page: notice)])
    #expect(
      diagnose(alone, pack: try RulePack.builtIn()).causes.map(\.id) == ["scheduled-maintenance"])
  }

  @Test(arguments: [
    // Ahead, under way, over; over by a clock of no zone; nothing tells what time it is.
    ("system-reboot", at(day: 1, 2, 0), true, false),
    ("system-reboot", at(day: 2, 3, 0), true, false),
    ("system-reboot", at(day: 4, 0, 0), true, true),
    ("system-reboot", at(day: 4, 0, 0), false, false),
    ("instance-retirement", at(day: 4, 0, 0), true, true),
  ])
  func aDateThatIsPastIsNotAdvised(
    _ code: String, _ now: Instant, _ isZoned: Bool, _ isPast: Bool
  ) throws {
    let event = Self.maintenance(
      .instanceStatus, code: code, from: at(day: 2, 2, 0), to: at(day: 2, 4, 0))
    let ledger = ledger([
      (name: "status.json", page: event),
      (name: "app.log", page: Self.log(until: now, isZoned: isZoned)),
    ])
    #expect(
      try fact("ec2.scheduled_event.has_passed", of: .instance, in: ledger) == .flag(isPast))
    let diagnosis = diagnose(ledger, pack: try RulePack.builtIn())
    #expect(diagnosis.causes.map(\.id) == ["scheduled-maintenance"])
    let titles = diagnosis.plan.filter { $0.phase == .mitigate }.map(\.title)
    #expect(titles.contains { $0.contains("its time is past") } == isPast)
    #expect(titles.contains { $0.contains("before 2024") || $0.contains("Reschedule") } == !isPast)
    #expect(titles.contains { $0.contains("Move off the host now") } == (code != "system-reboot"))
  }

  @Test func anEventWithoutAnEndIsPastFromItsStart() throws {
    let event = Self.maintenance(.instanceStatus, from: at(day: 2, 2, 0))
    let ledger = ledger([
      (name: "status.json", page: event),
      (name: "app.log", page: Self.log(until: at(day: 2, 5, 0))),
    ])
    #expect(
      try fact("ec2.scheduled_event.passed_for", of: .instance, in: ledger) == .number(3 * 3600))
  }

  @Test(arguments: [(at(9, 0), ["host-failure"]), (at(day: 3, 9, 0), [])])
  func aRecoveryOfDaysAgoAccusesNobody(_ now: Instant, _ causes: [String]) throws {
    let notice = page(.awsNotice, .instance, Self.box) { page, instance in
      page.fact("ec2.health.recoveries", 1, part: "1")
      page.record("ec2.health.last_recovery", .time(at(3, 0)), of: instance, origin: origin())
    }
    let pages = ledger([
      (name: "health.json", page: notice), (name: "app.log", page: Self.log(until: now)),
    ])
    #expect(diagnose(pages, pack: try RulePack.builtIn()).causes.map(\.id) == causes)
  }

  /// That an alarm cleared is often not sent; CloudWatch that was asked tells of now.
  @Test(arguments: [
    (EvidenceKind.awsNotice, at(9, 0), ["host-failure"]), (.awsNotice, at(day: 3, 9, 0), []),
    (.alarmStates, at(day: 3, 9, 0), ["host-failure"]),
  ])
  func anAlarmThatWasSentDaysAgoAccusesNobody(
    _ kind: EvidenceKind, _ now: Instant, _ causes: [String]
  ) throws {
    let name = "cloudwatch.StatusCheckFailed_System"
    let alarm = page(kind, .instance, Self.box) { page, instance in
      page.record("\(name).alarm", .text("ALARM"), of: instance, origin: origin())
      guard kind == .awsNotice else { return }
      page.record("\(name).alarm_noticed", .time(at(3, 0)), of: instance, origin: origin())
    }
    let pages = ledger([
      (name: "alarm.json", page: alarm), (name: "app.log", page: Self.log(until: now)),
    ])
    #expect(diagnose(pages, pack: try RulePack.builtIn()).causes.map(\.id) == causes)
  }
}
