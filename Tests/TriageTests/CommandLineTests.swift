import Model
import Reports
import Testing

@testable import triage

private typealias Status = triage.ExitStatus

@Suite struct CommandLineTests {
  @Test(arguments: [
    ("UTC", 0), ("z", 0), ("+09:00", 32_400), ("+0900", 32_400), ("+9", 32_400),
    ("-03:30", -12_600),
    ("+00", 0), ("+18:00", 64_800), ("+19:00", nil), ("+09:60", nil), ("09:00", nil),
    ("Asia/Seoul", nil), ("", nil), ("+", nil), ("+:", nil), ("+090", nil), ("+0:900", 32_400),
    ("+99999999999999999999", nil), ("-", nil), ("++9", nil),
  ])
  func zones(text: String, offset: Int?) {
    #expect(ZoneArgument.offset(text) == offset)
  }

  @Test func zonesOfOneKind() throws {
    let zone = try ZoneArgument("redis-log=+09:00")
    #expect(zone.kind == .redisLog)
    #expect(zone.offset == 32_400)
    #expect(throws: Failure.self) { try ZoneArgument("redis-lgo=+09:00") }
    #expect(throws: Failure.self) { try ZoneArgument("=+09:00") }
  }

  @Test(arguments: [
    ("2024-03-05T02:07:00Z", nil, 1_709_604_420), ("2024-03-05 11:07", 32_400, 1_709_604_420),
    ("2024-03-05 11:07:00", 32_400, 1_709_604_420), ("2024-03-05", 0, 1_709_596_800),
    // The stamp's own zone wins.
    ("2024-03-05T11:07:00+09:00", 0, 1_709_604_420),
  ])
  func times(text: String, zone: Int?, seconds: Int64) throws {
    let time = try parseTime(text, option: "--since", zone: zone, isOfThisBox: false)
    #expect(time == Instant(microseconds: seconds * 1_000_000))
  }

  @Test(arguments: ["2024-03-05 11:07", "yesterday", "", "2024-02-30T00:00:00Z", "11:07"])
  func timesThatAreNone(text: String) {
    #expect(throws: Failure.self) {
      try parseTime(text, option: "--since", zone: nil, isOfThisBox: true)
    }
  }

  @Test("How long before now counts on this very box alone")
  func spansBeforeNow() throws {
    #expect(throws: Failure.self) {
      try parseTime("2h", option: "--since", zone: 0, isOfThisBox: false)
    }
    let hour = try parseTime("1h", option: "--since", zone: nil, isOfThisBox: true)
    let day = try parseTime("1d", option: "--since", zone: nil, isOfThisBox: true)
    #expect(abs(hour.since(day) - 23 * 3600) < 5)
    // No clock goes back so far.
    #expect(throws: Failure.self) {
      try parseTime("99999999d", option: "--since", zone: nil, isOfThisBox: true)
    }
  }

  @Test(arguments: [
    ("digaonse", "diagnose"), ("diagnos", "diagnose"), ("rule", "rules"), ("FACTS", "facts"),
    ("fact", "facts"), ("case", nil), ("redis.log", nil), ("", nil), ("explian", "explain"),
    ("./diagnose", "diagnose"),
  ])
  func suggestions(name: String, near: String?) {
    #expect(suggestion(for: name, among: ["diagnose", "facts", "explain", "rules"]) == near)
  }

  @Test(arguments: [
    (ColourChoice.always, false, ["NO_COLOR": "1"], true),
    (.never, true, ["FORCE_COLOR": "1"], false),
    (.auto, true, [:], true), (.auto, false, [:], false), (.auto, true, ["TERM": "dumb"], false),
    (.auto, true, ["NO_COLOR": ""], true), (.auto, true, ["NO_COLOR": "1"], false),
    (.auto, false, ["NO_COLOR": "1", "FORCE_COLOR": "1"], false),
    (.auto, false, ["FORCE_COLOR": "1"], true), (.auto, false, ["CLICOLOR_FORCE": "1"], true),
    (.auto, false, ["CLICOLOR_FORCE": "0"], false), (.auto, false, ["FORCE_COLOR": ""], false),
  ])
  func colour(
    choice: ColourChoice, isDevice: Bool, environment: [String: String], isColoured: Bool
  ) {
    #expect(
      Terminal.isColoured(choice, isDevice: isDevice) { environment[$0] } == isColoured)
  }

  @Test(arguments: [("100", 100), ("10", 40), ("1000", 120), ("x", 80), ("", 80), ("-5", 40)])
  func width(columns: String, width: Int) {
    let terminal = Terminal(colour: .never, isDevice: false) { $0 == "COLUMNS" ? columns : nil }
    #expect(terminal.width == width)
  }

  @Test(arguments: [
    (Verdict.Status.incident, InputAccount.Status.unreadable, Status.found),
    (.atRisk, .read, .found), (.inconclusive, .read, .unsure), (.healthy, .read, .healthy),
    (.healthy, .partlyRead, .unsure), (.healthy, .unreadable, .unsure),
    (.healthy, .notRecognised, .healthy),
  ])
  fileprivate func exitStatus(verdict: Verdict.Status, input: InputAccount.Status, status: Status) {
    let account = InputAccount(path: "a", folder: ".", kind: nil, status: input)
    let diagnosis = Diagnosis(verdict: Verdict(verdict, summary: "x"), inputs: [account])
    #expect(Status(diagnosis) == status)
  }

  /// What was given by name was meant as evidence.
  @Test func exitStatusOfANamedInputThatIsNoEvidence() {
    let account = InputAccount(
      path: "a", folder: ".", isNamed: true, kind: nil, status: .notRecognised)
    #expect(Status([account]) == .unsure)
  }
}
