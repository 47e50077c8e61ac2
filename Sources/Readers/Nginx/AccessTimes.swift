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
struct RequestTimes: @unchecked Sendable {
  private static let bits = 5
  private static let windowBits = 3
  private static let windowBuckets = 128

  private static let bucketCount = 1400
  private(set) var count = 0
  private let memory = TableMemory(bucketCount * MemoryLayout<Int>.stride)
  private let buckets: UnsafeMutablePointer<Int>
  private var windows = DayPages<UInt32>(slotsPerDay: 288 * windowBuckets, limit: 14)
  /// The five minutes that are being read.
  private var window: UnsafeMutablePointer<UInt32>?
  private var longest = -1
  private(set) var slowest: (microseconds: Int, witness: Witness)?
  private(set) var firstTimed: Witness?

  init() { buckets = memory.slots(Int.self) }

  /// Turns to the five minutes that a second lies in.
  mutating func open(_ second: Int) {
    let day = second / 86_400
    window = windows.page(of: day).map {
      $0 + (second &- day &* 86_400) / 300 &* RequestTimes.windowBuckets
    }
  }

  @inline(__always)
  mutating func add(_ microseconds: Int, second: Int, line: RawLine, number: Int) {
    count &+= 1
    let bucket = LogLinear.bucket(microseconds, bits: RequestTimes.bits)
    buckets[Swift.min(bucket, RequestTimes.bucketCount &- 1)] &+= 1
    if let window {
      // Milliseconds: what nginx prints.
      let bucket = LogLinear.bucket(microseconds / 1000, bits: RequestTimes.windowBits)
      window[Swift.min(bucket, RequestTimes.windowBuckets &- 1)] &+= 1
    }
    if microseconds > longest {
      longest = microseconds
      slowest = (microseconds, Witness(line, number: number, second: second))
      if firstTimed == nil { firstTimed = slowest?.witness }
    }
  }

  mutating func merge(_ later: Self, addingLines offset: Int) {
    count += later.count
    for index in 0..<RequestTimes.bucketCount { buckets[index] += later.buckets[index] }
    // Many logs have no times: days of none are not worth looking at.
    if later.count > 0 { windows.merge(later.windows) { $0 &+= $1 } }
    if let other = later.slowest, other.microseconds > longest {
      longest = other.microseconds
      slowest = (other.microseconds, other.witness.moved(by: offset))
    }
    firstTimed = firstTimed ?? later.firstTimed?.moved(by: offset)
  }

  /// Seconds that the given share of requests did not exceed.
  func quantile(_ share: Double) -> Double? {
    guard count > 0 else { return nil }
    let rank = Int((Double(count) * share).rounded(.up))
    var seen = 0
    for bucket in 0..<RequestTimes.bucketCount {
      let number = buckets[bucket]
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
        let start = window * RequestTimes.windowBuckets
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
  private(set) var line: Int
  let second: Int
  let excerpt: String

  init(_ line: RawLine, number: Int, second: Int) {
    self.line = number
    self.second = second
    excerpt = line.excerpt
  }

  init(_ pending: UnsafePointer<PendingLine>) {
    self.init(
      pending.pointee.line, number: pending.pointee.number, second: pending.pointee.request.second)
  }

  init(_ line: Span<UInt8>, number: Int, second: Int) {
    self.line = number
    self.second = second
    excerpt = line.excerpt
  }

  /// The same line, numbered in a log that began so many lines earlier.
  func moved(by lines: Int) -> Witness {
    var moved = self
    moved.line += lines
    return moved
  }

  var origin: Origin { Origin(line: line, excerpt: excerpt) }
  var time: Instant? { second >= 0 ? Instant(seconds: Double(second)) : nil }
}
