import Model

/// The bucket of a value in a log-linear histogram with `2^bits` buckets an octave, and the middle
/// of a bucket: off by at most one part in `2^(bits + 1)`.
enum LogLinear {
  @inline(__always)
  static func bucket(_ value: Int, bits: Int) -> Int {
    let value = Swift.max(value, 0)
    guard value >= 1 &<< bits else { return value }
    let exponent = Int.bitWidth &- 1 &- value.leadingZeroBitCount
    let mantissa = (value &>> (exponent &- bits)) & ((1 &<< bits) &- 1)
    return ((exponent &- bits &+ 1) &<< bits) | mantissa
  }

  static func middle(_ bucket: Int, bits: Int) -> Double {
    guard bucket >= 1 << bits else { return Double(bucket) }
    let exponent = (bucket >> bits) + bits - 1
    let width = Double(1 << Swift.min(exponent - bits, 62))
    let low = Double((1 << bits) | (bucket & ((1 << bits) - 1))) * width
    return low + width / 2 - 0.5
  }
}

/// Request times: their distribution over the whole log (1.6 % off at most), and their median in
/// every five minutes of the newest days (6 % off at most).
struct RequestTimes {
  private static let bits = 5
  private static let windowBits = 3
  private static let windowBuckets = 128

  private(set) var count = 0
  private var buckets = [Int](repeating: 0, count: 1400)
  private var windows = DayPages<UInt32>(
    slotsPerDay: 288 * windowBuckets, limit: 14, empty: 0)
  private(set) var slowest: (microseconds: Int, witness: Witness)?
  private(set) var firstTimed: Witness?

  @inline(__always)
  mutating func add(_ microseconds: Int, second: Int, line: Span<UInt8>, number: Int) {
    count &+= 1
    let bucket = Swift.min(LogLinear.bucket(microseconds, bits: RequestTimes.bits), 1399)
    buckets[bucket] &+= 1
    let day = second / 86_400
    if let base = windows.base(of: day) {
      // Milliseconds: what nginx prints.
      let slot = Swift.min(
        LogLinear.bucket(microseconds / 1000, bits: RequestTimes.windowBits),
        RequestTimes.windowBuckets &- 1)
      let window = (second &- day &* 86_400) / 300
      windows.update(base &+ window &* RequestTimes.windowBuckets &+ slot) { $0 &+= 1 }
    }
    if microseconds > slowest?.microseconds ?? -1 {
      slowest = (microseconds, Witness(line, number: number, second: second))
      if firstTimed == nil { firstTimed = slowest?.witness }
    }
  }

  mutating func merge(_ later: Self) {
    count += later.count
    for index in buckets.indices { buckets[index] += later.buckets[index] }
    windows.merge(later.windows) { $0 &+= $1 }
    if let other = later.slowest, other.microseconds > slowest?.microseconds ?? -1 {
      slowest = other
    }
    firstTimed = firstTimed ?? later.firstTimed
  }

  /// Seconds that the given share of requests did not exceed.
  func quantile(_ share: Double) -> Double? {
    guard count > 0 else { return nil }
    let rank = Int((Double(count) * share).rounded(.up))
    var seen = 0
    for (bucket, number) in buckets.enumerated() {
      seen += number
      if seen >= rank, number > 0 {
        let middle = LogLinear.middle(bucket, bits: RequestTimes.bits) / 1_000_000
        return slowest.map { Swift.min(middle, Double($0.microseconds) / 1_000_000) } ?? middle
      }
    }
    return nil
  }

  /// The medians of pieces of the log with at least 20 requests, in order of time. The pieces last
  /// five minutes, or, where too little is asked for that, half an hour or two hours.
  func windowMedians() -> [(second: Int, median: Double)] {
    var result: [(second: Int, median: Double)] = []
    for size in [1, 6, 24] {
      let found = windowMedians(size: size)
      if found.timed * 2 >= found.total { return found.medians }
      result = found.medians
    }
    return result
  }

  private func windowMedians(
    size: Int
  ) -> (medians: [(second: Int, median: Double)], timed: Int, total: Int) {
    var result: [(second: Int, median: Double)] = []
    var timed = 0
    var all = 0
    for page in windows.inOrder() {
      for window in stride(from: 0, to: 288, by: size) {
        let start = page.slots.startIndex + window * RequestTimes.windowBuckets
        var buckets = [Int](repeating: 0, count: RequestTimes.windowBuckets)
        for slot in 0..<size * RequestTimes.windowBuckets {
          buckets[slot % RequestTimes.windowBuckets] += Int(page.slots[start + slot])
        }
        let total = buckets.reduce(0, +)
        all += total
        guard total >= 20 else { continue }
        timed += total
        var seen = 0
        let middle = buckets.firstIndex {
          seen += $0
          return seen * 2 >= total
        }
        result.append(
          (
            page.day * 86_400 + window * 300,
            LogLinear.middle(middle ?? 0, bits: RequestTimes.windowBits) / 1000
          ))
      }
    }
    return (result, timed, all)
  }
}

/// A line kept as evidence.
struct Witness: Sendable {
  let line: Int
  let second: Int
  let excerpt: String
  /// A name that the line shows, where one is wanted.
  var name = ""

  init(_ line: Span<UInt8>, number: Int, second: Int) {
    self.line = number
    self.second = second
    excerpt = line.excerpt
  }

  var origin: Origin { Origin(line: line, excerpt: excerpt) }
  var time: Instant? { second >= 0 ? Instant(seconds: Double(second)) : nil }
}
