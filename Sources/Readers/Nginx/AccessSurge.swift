import Model

/// A time in which far more was asked than before.
struct Surge {
  /// Minutes since 1970.
  let firstMinute: Int
  let lastMinute: Int
  /// Busiest ten minutes in a row against the median minute before.
  let factor: Double
  /// Requests a minute before.
  let before: Double
}

/// A surge begins where five minutes in a row each hold at least three times the median of all
/// minutes before (20 or more) and three times the median of the last 30, and one request a second.
/// The first asks for more than the log ever had; the second for suddenness: a day that follows a
/// night grows slowly. It ends where five minutes in a row hold less than twice the median before.
/// After less than 20 minutes only ten times the median of what five or more hold is one.
/// Its factor is the median of its busiest ten minutes in a row over that median. Of several the
/// one with the largest factor is the surge. Nil: the log is too short to tell.
func surges(in counts: [Int], firstMinute: Int) -> [Surge]? {
  guard counts.count >= 12 else { return nil }
  var result: [Surge] = []
  var running = RunningMedian()
  var minute = 0
  while minute < counts.count {
    defer { minute += 1 }
    let all = running.median
    running.add(counts[minute])
    guard minute >= 5, minute + 5 <= counts.count, counts[minute] >= 60,
      Double(counts[minute]) >= 3 * all
    else { continue }
    let recent = median(counts[max(0, minute - 30)..<minute])
    let before = max(all, recent, 1)
    // A short time before tells of little; of a site that just comes up, of nothing.
    guard
      minute >= 20
        || before >= 10 && counts[..<minute].allSatisfy({ Double($0) < 3 * before })
    else { continue }
    let factor: Double = minute >= 20 ? 3 : 10
    guard
      counts[minute..<minute + 5].allSatisfy({ $0 >= 60 && Double($0) >= factor * before })
    else { continue }
    var end = minute
    var calm = 0
    var next = minute
    while next < counts.count, calm < 5 {
      if Double(counts[next]) < 2 * before {
        calm += 1
      } else {
        calm = 0
        end = next
      }
      next += 1
    }
    result.append(
      Surge(
        firstMinute: firstMinute + minute, lastMinute: firstMinute + end,
        factor: busiest(counts[minute...end]) / before, before: before))
    while minute < end {
      minute += 1
      running.add(counts[minute])
    }
  }
  return result.isEmpty && counts.count < 25 ? nil : result
}

/// The minutes from one to the next where at least four come in gaps that agree within a fifth.
func beat(of starts: [Int]) -> Int? {
  let gaps = zip(starts, starts.dropFirst()).map { $1 - $0 }.sorted()
  guard gaps.count >= 3, let shortest = gaps.first, let longest = gaps.last, shortest >= 10,
    longest * 5 <= shortest * 6
  else { return nil }
  return gaps[(gaps.count - 1) / 2]
}

/// The median of the ten minutes in a row that hold most; of all where there are fewer.
private func busiest(_ counts: ArraySlice<Int>) -> Double {
  guard counts.count > 10 else { return median(counts) }
  var sum = counts.prefix(10).reduce(0, +)
  var best = (sum: sum, start: counts.startIndex)
  for start in counts.indices.dropFirst().dropLast(9) {
    sum += counts[start + 9] - counts[start - 1]
    if sum > best.sum { best = (sum, start) }
  }
  return median(counts[best.start..<best.start + 10])
}

/// The median of all numbers so far, 1.6 % off at most: a histogram and a finger in it.
private struct RunningMedian {
  private static let bits = 5
  private var buckets = [Int](repeating: 0, count: 2048)
  private var total = 0
  private var finger = 0
  /// Numbers in buckets before the finger.
  private var below = 0

  mutating func add(_ number: Int) {
    let bucket = min(LogLinear.bucket(number, bits: RunningMedian.bits), buckets.count - 1)
    buckets[bucket] += 1
    total += 1
    if bucket < finger { below += 1 }
    let rank = (total + 1) / 2
    while below >= rank, finger > 0 {
      finger -= 1
      below -= buckets[finger]
    }
    while below + buckets[finger] < rank, finger < buckets.count - 1 {
      below += buckets[finger]
      finger += 1
    }
  }

  var median: Double { total == 0 ? 0 : LogLinear.middle(finger, bits: RunningMedian.bits) }
}
