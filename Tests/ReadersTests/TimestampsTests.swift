import Model
import Testing

@testable import Readers

@Suite struct TimestampsTests {
  @Test(arguments: [
    ("2024-03-05T02:07:00Z", "2024-03-05T02:07:00Z", true),
    ("2024-03-05T02:07:00.000Z", "2024-03-05T02:07:00Z", true),
    ("2024-03-05T02:07:00.214000+00:00", "2024-03-05T02:07:00.214Z", true),
    ("2024-03-05T11:07:00+0900", "2024-03-05T02:07:00Z", true),
    ("2024-03-05T11:07:00 +09:00", "2024-03-05T02:07:00Z", true),
    ("2024-03-04T21:07:00-05", "2024-03-05T02:07:00Z", true),
    ("2024-03-05 02:07:00 UTC", "2024-03-05T02:07:00Z", true),
    ("2024-03-05t02:07z", "2024-03-05T02:07:00Z", true),
    ("2024-03-05 02:07:00,123", "2024-03-05T02:07:00.123Z", false),
    ("2024-03-05T02:07:00.123456789Z", "2024-03-05T02:07:00.123Z", true),
    ("2024-02-29 23:59:60", "2024-03-01T00:00:00Z", false),
  ])
  func reads(_ text: String, _ expected: String, _ isZoned: Bool) throws {
    let found = try #require(parseISO8601(text))
    #expect(found.instant.description == expected)
    #expect(found.isZoned == isZoned)
  }

  @Test(arguments: [
    "", "2024", "2024-03-05", "2024-13-05T02:07:00Z", "2023-02-29T00:00:00Z",
    "2024-03-05T24:00:00Z", "2024-03-05T02:07:00Zx", "2024-03-05T02:07:", "+024-03-05T02:07:00Z",
    "2024-03-05T02:07:00+9", "05/Mar/2024:02:07:00 +0000", "1969-12-31T23:59:59Z",
  ])
  func leaves(_ text: String) { #expect(parseISO8601(text) == nil) }

  @Test func takesTheZoneGivenWhereTheStampHasNone() {
    #expect(
      parseISO8601("2024-03-05 11:07:00", offset: 9 * 3600)?.instant.description
        == "2024-03-05T02:07:00Z")
    #expect(
      parseISO8601("2024-03-05 11:07:00Z", offset: 9 * 3600)?.instant.description
        == "2024-03-05T11:07:00Z")
  }

  @Test func saysWhereTheStampEnds() {
    let line = Array("[2024-03-05 02:07:00,5 +0000] [17] x".utf8)
    // A span cannot be passed through a macro.
    let ends = [1, 0, 99, -3].map { parseISO8601(in: line.span, from: $0)?.end }
    #expect(ends == [28, nil, nil, nil])
  }

  @Test func readsEpochsInSecondsAndMilliseconds() {
    #expect(parseEpoch(1_709_604_420)?.description == "2024-03-05T02:07:00Z")
    #expect(parseEpoch(1_709_604_420_214)?.description == "2024-03-05T02:07:00.214Z")
    #expect(parseEpoch(.infinity) == nil)
    #expect(parseEpoch(-1) == nil)
    #expect(parseEpoch(1e300) == nil)
  }
}
