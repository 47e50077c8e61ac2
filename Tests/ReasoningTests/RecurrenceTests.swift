import Model
import Testing

@testable import Reasoning

@Suite struct RecurrenceTests {
  private static func found(
    _ times: [Instant], name: String = "system-status-failed", isImpact: Bool = true,
    isZoned: Bool = true
  ) -> [Recurrence] {
    let metric = page(.cloudWatchMetric, .instance) { page, _ in
      for time in times {
        page.event(
          name, time, until: time.advanced(by: 120), isImpact: isImpact, isZoned: isZoned)
      }
    }
    return RecurrenceFinder(evidence: IdentifiedEvidence(ledger([("metric.json", metric)]))).find()
  }

  /// The founding incident: three windows make no rhythm.
  @Test func threeWindowsAreCountedAndNoMore() throws {
    let times = [at(2, 10), at(14, 30), at(day: 1, 2, 6)]
    let recurrence = try #require(Self.found(times).first)
    #expect(recurrence.times == times)
    #expect(recurrence.rhythm == .none)
    #expect(recurrence.timesOfDay == [7800, 52_200])
    #expect(recurrence.sources.count == 3)
  }

  @Test func twiceIsNotAgainAndAgain() {
    #expect(Self.found([at(2, 10), at(14, 30)]).isEmpty)
  }

  /// A burst is one occurrence.
  @Test func whatFollowsWithinMinutesIsOne() {
    #expect(Self.found((0..<10).map { at(2, 10 + $0) }).isEmpty)
    let bursts = [0, 1, 2].flatMap { hour in (0..<5).map { at(hour * 5, $0) } }
    #expect(Self.found(bursts).first?.times.count == 3)
  }

  @Test(arguments: [
    ([at(3, 0), at(day: 1, 3, 20), at(day: 2, 2, 50)], Recurrence.Rhythm.atTime(10_800)),
    ([at(23, 50), at(day: 2, 0, 10), at(day: 4, 0, 20)], .atTime(600)),
    ([at(1, 0), at(7, 0), at(13, 5), at(19, 0)], .every(21_600)),
    ([at(1, 0), at(day: 12, 5, 0), at(day: 24, 3, 0), at(day: 36, 13, 0)], .every(1_051_200)),
    ([at(1, 0), at(7, 0), at(13, 0)], .none),
    ([at(1, 0), at(3, 0), at(15, 5), at(19, 0)], .none),
    ([at(1, 0), at(day: 12, 5, 0), at(day: 24, 9, 0)], .none),
  ])
  func aRhythmNeedsMoreThanTwoGaps(times: [Instant], rhythm: Recurrence.Rhythm) {
    #expect(RecurrenceFinder.rhythm(times) == rhythm)
  }

  /// Starts are told only where they have a rhythm; alarms repeat what the checks say.
  @Test func whatIsNormalIsNotTold() {
    let irregular = [at(1, 0), at(3, 0), at(15, 5), at(19, 0)]
    #expect(Self.found(irregular, name: "app-start", isImpact: false).isEmpty)
    let nightly = (0..<4).map { at(day: $0, 3, 0) }
    #expect(Self.found(nightly, name: "app-start", isImpact: false).count == 1)
    #expect(Self.found(nightly, name: "alarm").isEmpty)
  }

  /// Of one clock the order is known, whatever its zone.
  @Test func oneClockWithoutAZoneWillDo() {
    #expect(Self.found([at(1, 0), at(3, 0), at(15, 5)], isZoned: false).count == 1)
  }
}
