import Model
import Testing

@Suite struct InstantTests {
  @Test(arguments: [
    (1970, 1, 1, "1970-01-01T00:00:00Z"), (2000, 2, 29, "2000-02-29T00:00:00Z"),
    (2024, 12, 31, "2024-12-31T00:00:00Z"), (2100, 3, 1, "2100-03-01T00:00:00Z"),
  ])
  func civilDatesSurviveTheRoundTrip(year: Int, month: Int, day: Int, text: String) {
    #expect(Instant(year: year, month: month, day: day)?.description == text)
  }

  @Test func everyDayOfFourCenturiesSurvives() throws {
    var day = try #require(Instant(year: 1970, month: 1, day: 1))
    var wrong: [Instant] = []
    for _ in 0..<146_097 {
      let date = day.civil
      if Instant(year: date.year, month: date.month, day: date.day) != day { wrong.append(day) }
      day = day.advanced(by: 86_400)
    }
    #expect(wrong.isEmpty)
  }

  @Test(arguments: [(2023, 2, 29), (2024, 13, 1), (2024, 0, 1), (2024, 4, 31), (1969, 1, 1)])
  func whatIsNoDateIsNil(year: Int, month: Int, day: Int) {
    #expect(Instant(year: year, month: month, day: day) == nil)
  }

  @Test func offsetsMoveTowardsUTC() {
    let seoul = Instant(year: 2021, month: 9, day: 1, hour: 3, offset: 9 * 3600)
    #expect(seoul?.description == "2021-08-31T18:00:00Z")
  }

  @Test func arithmeticStaysWithinTheYears() {
    #expect(Instant(microseconds: 0).advanced(by: -5).microseconds == 0)
    #expect(Instant(seconds: .infinity) == nil)
    #expect(Instant(seconds: .nan) == nil)
    #expect(Instant(microseconds: 0).advanced(by: 1e300).description.hasPrefix("9999"))
  }
}
