import Model

/// A robust line through a series: the median of the slopes between all pairs of points (Theil-Sen),
/// and the interval that holds the true slope in 19 of 20 cases, from the ranks of those slopes
/// (Kendall). Deaf to a few odd samples.
struct Trend: Equatable {
  let slope: Double
  let low: Double
  let high: Double

  /// At most this many points are paired: 4,950 slopes.
  private static let pointLimit = 100

  /// Nil for fewer than three points, or none apart.
  init?(_ points: [(time: Double, value: Double)]) {
    guard points.count >= 3 else { return nil }
    let count = min(points.count, Trend.pointLimit)
    let few = (0..<count).map { points[$0 * (points.count - 1) / (count - 1)] }
    var slopes: [Double] = []
    for (index, a) in few.enumerated() {
      for b in few[(index + 1)...] where b.time > a.time {
        slopes.append((b.value - a.value) / (b.time - a.time))
      }
    }
    slopes.sort()
    guard !slopes.isEmpty else { return nil }
    slope = slopes[(slopes.count - 1) / 2]
    let n = Double(few.count)
    let spread = 1.96 * (n * (n - 1) * (2 * n + 5) / 18).squareRoot()
    let lower = Int(((Double(slopes.count) - spread) / 2).rounded(.down))
    let upper = Int(((Double(slopes.count) + spread) / 2).rounded(.up))
    low = slopes[max(0, min(slopes.count - 1, lower))]
    high = slopes[max(0, min(slopes.count - 1, upper))]
  }

  /// Of facts with a time and a number.
  init?(_ facts: [KnownFact]) {
    self.init(
      facts.compactMap { fact in
        guard let time = fact.time, let value = fact.value.number else { return nil }
        return (time.seconds, value)
      })
  }
}

/// When something that grows or shrinks will be at its end, in seconds from the last sample.
struct Forecast {
  let expected: Double
  /// Nil where the slope could as well lead away from the end.
  let earliest: Double?
  let latest: Double?

  /// `room` is what is left to the end; slopes are towards it.
  init?(room: Double, slope: Double, low: Double?, high: Double?) {
    guard slope > 0, room >= 0 else { return nil }
    let middle = room / slope
    expected = middle
    earliest = high.flatMap { $0 > 0 ? min(middle, room / $0) : nil }
    latest = low.flatMap { $0 > 0 ? max(middle, room / $0) : nil }
  }

  /// `11 to 13 days`, `about 12 days`, `20 h to 3 days`.
  var words: String {
    func rounded(_ seconds: Double) -> (number: String, unit: String) {
      let text = wording(twoDigits(seconds), unit: .seconds)
      let parts = text.split(separator: " ", maxSplits: 1)
      return (parts.first.map(String.init) ?? text, parts.dropFirst().first.map(String.init) ?? "")
    }
    let middle = rounded(expected)
    guard let earliest, let latest else { return "about \(middle.number) \(middle.unit)" }
    let (from, to) = (rounded(earliest), rounded(latest))
    if from == to { return "about \(from.number) \(from.unit)" }
    if from.unit == to.unit { return "\(from.number) to \(to.number) \(to.unit)" }
    return "\(from.number) \(from.unit) to \(to.number) \(to.unit)"
  }

  /// Two significant digits in the unit that the figure is worded in.
  private func twoDigits(_ seconds: Double) -> Double {
    let unit: Double
    switch seconds {
    case ..<120: unit = 1
    case ..<7200: unit = 60
    case ..<172_800: unit = 3600
    default: unit = 86_400
    }
    let amount = seconds / unit
    var scale = 1.0
    while amount * scale < 10, scale < 1000 { scale *= 10 }
    while amount * scale >= 100 { scale /= 10 }
    return (amount * scale).rounded() / scale * unit
  }
}
