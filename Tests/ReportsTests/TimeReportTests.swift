import Model
import Testing

@testable import Reports

/// Clocks, rhythms and chains, as both reports tell them.
@Suite struct TimeReportTests {
  private static func recurrence(
    _ rhythm: Recurrence.Rhythm, _ times: [Instant], _ timesOfDay: [Double]
  ) -> Recurrence {
    Recurrence(
      event: "system-status-failed", subject: Samples.instance, times: times, rhythm: rhythm,
      timesOfDay: timesOfDay, sources: [Samples.source("case/metric.json", 12)])
  }

  private static func diagnosis(
    clocks: [SourceClock] = [], recurrence: [Recurrence] = []
  ) -> Diagnosis {
    Diagnosis(
      verdict: Verdict(.inconclusive, summary: "x"), timeline: Samples.incident.timeline,
      firstAnomaly: 0, clocks: clocks, recurrence: recurrence)
  }

  @Test(arguments: [
    (36_000, "UTC+10:00"), (0, "UTC"), (-12_600, "UTC-03:30"), (20_700, "UTC+05:45"),
  ])
  func saysWhatAnchorsAClock(offset: Int, zone: String) {
    let clock = SourceClock(file: "case/redis.log", offset: offset, anchor: "INFO uptime")
    let text = TextReport().text(Self.diagnosis(clocks: [clock]))
    #expect(text.contains("clock of redis.log: \(zone), from INFO uptime\n"))
    let json = JSONReport(version: "0").json(Self.diagnosis(clocks: [clock]))
    #expect(json["clocks"]?[0]?["offset_seconds"]?.document == "\(offset)\n")
  }

  @Test func aClockThatNothingAnchorsIsOnlyMarked() {
    let clock = SourceClock(file: "case/redis.log", offset: nil, anchor: nil)
    #expect(!TextReport().text(Self.diagnosis(clocks: [clock])).contains("clock of"))
    let json = JSONReport(version: "0").json(Self.diagnosis(clocks: [clock]))
    #expect(json["clocks"]?[0]?["offset_seconds"]?.document == "null\n")
    #expect(json["clocks"]?[0]?["source"]?.text == "case/redis.log")
  }

  @Test func saysWhatHappensAgainAndAgain() throws {
    let times = [Samples.time(2, 10), Samples.time(14, 30), Samples.time(26, 6)]
    let three = Self.recurrence(.none, times, [7800, 52_200])
    let text = TextReport(width: 200).text(Self.diagnosis(recurrence: [three]))
    #expect(
      text.contains(
        "system status failed 3 times in 23.9 h, at about 02:10 and 14:30 (\(Samples.instance))"))
    let json = JSONReport(version: "0").json(Self.diagnosis(recurrence: [three]))
    let found = try #require(json["recurrence"]?[0])
    #expect(found.keys == ["event", "subject", "count", "times", "sources"])
    #expect(found["count"]?.document == "3\n")
  }

  @Test func saysTheRhythm() {
    let times = [Samples.time(2, 10), Samples.time(8, 10), Samples.time(14, 10)]
    let every = Self.diagnosis(recurrence: [Self.recurrence(.every(21_600), times, [])])
    #expect(TextReport(width: 200).text(every).contains("3 times in 12 h, every 6 h ("))
    #expect(
      JSONReport(version: "0").json(every)["recurrence"]?[0]?["every_seconds"]?.document
        == "21600\n")
    let nightly = Self.diagnosis(recurrence: [Self.recurrence(.atTime(86_390), times, [])])
    #expect(TextReport(width: 200).text(nightly).contains("each time at about 00:00"))
    #expect(
      JSONReport(version: "0").json(nightly)["recurrence"]?[0]?["at_hour"]?.text == "00:00")
  }
}
