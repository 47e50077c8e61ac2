import Model
import Testing

@testable import Readers

/// Logs that were cut short: to the minutes around a surge, and where errors begin.
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

  /// Three minutes of ten requests each: the last ones fail, or they did a minute before.
  @Test(
    arguments: [
      ([200, 502, 502], 20.0), ([502, 502, 200], 0.0), ([200, 200, 502], 10.0),
    ] as [([Int], Double)])
  func errorsWhereTheLogEndsAreCounted(statuses: [Int], expected: Double) {
    var text = ""
    for (minute, status) in statuses.enumerated() {
      for second in 0..<10 {
        text +=
          "198.51.100.7 - - [12/Mar/2024:00:0\(minute):0\(second) +0000] \"GET / HTTP/1.1\" \(status) 5 \"-\" \"x\"\n"
      }
    }
    let page = readPage(text, with: AccessLogReader.self)
    #expect(page.number("nginx.access.errors_at_end") == expected)
  }
}
