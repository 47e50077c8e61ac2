import Model
import Testing

@testable import Reasoning

@Suite struct TrendTests {
  private static func points(
    _ count: Int, _ value: (Int) -> Double
  ) -> [(time: Double, value: Double)] {
    (0..<count).map { (time: Double($0), value: value($0)) }
  }

  @Test func aLineHasItsSlopeAndNoDoubt() throws {
    let trend = try #require(Trend(Self.points(20) { 5 + 3 * Double($0) }))
    #expect(trend.slope == 3)
    #expect(trend.low == 3)
    #expect(trend.high == 3)
  }

  @Test func oddSamplesDoNotMoveIt() throws {
    let points = Self.points(30) { index in index % 7 == 3 ? 900 : 2 * Double(index) }
    let trend = try #require(Trend(points))
    #expect(abs(trend.slope - 2) < 0.3)
    #expect(trend.low <= trend.slope)
    #expect(trend.slope <= trend.high)
  }

  /// What scatters about a level may as well fall as rise.
  @Test func noiseHasNoDirection() throws {
    let scatter = [0.0, 7, 3, 9, 1, 8, 2, 6, 4, 5]
    let trend = try #require(Trend(Self.points(10) { scatter[$0] }))
    #expect(trend.low < 0)
    #expect(trend.high > 0)
    let forecast = try #require(Forecast(room: 10, slope: 1, low: trend.low, high: trend.high))
    #expect(forecast.latest == nil)
  }

  @Test func twoPointsAreNoTrend() {
    #expect(Trend([(0, 1), (1, 2)]) == nil)
    #expect(Trend([(5, 1), (5, 2), (5, 3)]) == nil)
    #expect(Trend([(time: Double, value: Double)]()) == nil)
  }

  @Test(arguments: [
    (12.0 * 86_400, 1.0 / 0.93, 1.0 / 1.08, "11 to 13 days"),
    (5.0 * 3600, 1.02, 0.98, "4.9 to 5.1 h"),
    (40.0 * 3600, 1.5, 0.5, "27 h to 3.3 days"),
    (600.0, 1.001, 0.999, "about 10 min"),
  ])
  func isWorded(room: Double, high: Double, low: Double, words: String) throws {
    #expect(try #require(Forecast(room: room, slope: 1, low: low, high: high)).words == words)
  }

  @Test func whatDoesNotGrowHasNoEnd() throws {
    #expect(Forecast(room: 10, slope: 0, low: nil, high: nil) == nil)
    #expect(Forecast(room: 10, slope: -1, low: -2, high: 1) == nil)
    #expect(try #require(Forecast(room: 1e6, slope: 1, low: -1, high: 2)).words == "about 12 days")
  }
}
