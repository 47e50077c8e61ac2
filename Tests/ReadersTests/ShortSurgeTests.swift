import Model
import Testing

@testable import Readers

/// A log that was cut to the minutes around a surge.
@Suite struct ShortSurgeTests {
  private static func minutes(_ before: Int, _ quiet: Int, then busy: Int, _ length: Int = 12)
    -> [Int]
  {
    Array(repeating: quiet, count: before) + Array(repeating: busy, count: length)
  }

  @Test func afterAFewMinutesTenTimesAsMuchIsASurge() {
    let found = surges(in: Self.minutes(8, 30, then: 840), firstMinute: 100)
    #expect(found?.map(\.firstMinute) == [108])
    #expect(found?.first?.factor == 28)
  }

  @Test(arguments: [
    minutes(8, 30, then: 200), minutes(4, 30, then: 840), minutes(8, 5, then: 840),
    minutes(6, 30, then: 840, 4), minutes(8, 30, then: 30),
  ])
  func whatIsLessIsNotKnown(counts: [Int]) {
    #expect(surges(in: counts, firstMinute: 0) == nil)
  }

  @Test func aLongerLogTellsThatThereWasNone() {
    #expect(surges(in: Self.minutes(20, 30, then: 30), firstMinute: 0)?.isEmpty == true)
  }
}
