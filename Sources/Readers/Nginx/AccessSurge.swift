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
/// Its factor is the median of its busiest ten minutes in a row over that median. Of several the
/// one with the largest factor is the surge. Nil: the log is too short to tell.
func surges(in counts: [Int], firstMinute: Int) -> [Surge]? {
  guard counts.count >= 25 else { return nil }
  var result: [Surge] = []
  var running = RunningMedian()
  var minute = 0
  while minute < counts.count {
    defer { minute += 1 }
    let all = running.median
    running.add(counts[minute])
    guard minute >= 20, minute + 5 <= counts.count, counts[minute] >= 60,
      Double(counts[minute]) >= 3 * all
    else { continue }
    let recent = median(counts[max(0, minute - 30)..<minute])
    let before = max(all, recent, 1)
    guard counts[minute..<minute + 5].allSatisfy({ $0 >= 60 && Double($0) >= 3 * before }) else {
      continue
    }
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
  return result
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

/// Who asked, in five-minute pieces of the log, for the pieces with most requests: a surge is among
/// them. Per piece 32 agents and 32 clients, each place held by the commonest of the keys that fall
/// on it (majority vote), so a key with a large share is always among them.
struct SurgeAuthors {
  private static let pieces = 96
  private static let places = 32
  /// Votes after which a key is worth a line to cite.
  private static let notable = 16

  private struct Seat {
    var hash: UInt64 = 0
    var votes = 0
    var count = 0
  }

  private var ids: [Int] = []
  private var totals: [Int] = []
  private var seats: [Seat] = []
  private var witnesses: [Witness?] = []
  private var lastID = Int.min
  private var lastPiece = 0

  @inline(__always)
  mutating func add(
    _ request: AccessLine, agent: UInt64, client: UInt64, line: Span<UInt8>, number: Int
  ) {
    let id = request.second / 300
    if id != lastID { open(id) }
    totals[lastPiece] &+= 1
    let base = lastPiece &* 2 &* SurgeAuthors.places
    let low = SurgeAuthors.places &- 1
    vote(base &+ (Int(truncatingIfNeeded: agent &>> 20) & low), agent) {
      var witness = Witness(line, number: number, second: request.second)
      witness.name = line.text(
        request.agent
          .start..<Swift.max(
            request.agent.start, Swift.min(request.agent.end, request.agent.start + 200)))
      return witness
    }
    guard !request.client.isEmpty else { return }
    let seat = SurgeAuthors.places &+ (Int(truncatingIfNeeded: client &>> 20) & low)
    vote(base &+ seat, client) {
      var witness = Witness(line, number: number, second: request.second)
      witness.name = line.text(request.client.start..<request.client.end)
      return witness
    }
  }

  @inline(__always)
  private mutating func vote(_ seat: Int, _ hash: UInt64, _ witness: () -> Witness) {
    if seats[seat].hash == hash {
      seats[seat].votes &+= 1
      seats[seat].count &+= 1
      if seats[seat].votes == SurgeAuthors.notable, witnesses[seat] == nil {
        witnesses[seat] = witness()
      }
    } else if seats[seat].votes > 0 {
      seats[seat].votes &-= 1
    } else {
      seats[seat] = Seat(hash: hash, votes: 1, count: 1)
      if witnesses[seat] != nil { witnesses[seat] = nil }
    }
  }

  private mutating func open(_ id: Int) {
    if let known = ids.firstIndex(of: id) {
      lastPiece = known
    } else if ids.count < SurgeAuthors.pieces {
      lastPiece = ids.count
      ids.append(id)
      totals.append(0)
      seats.append(contentsOf: repeatElement(Seat(), count: 2 * SurgeAuthors.places))
      witnesses.append(contentsOf: repeatElement(nil, count: 2 * SurgeAuthors.places))
    } else {
      lastPiece = totals.indices.min { totals[$0] < totals[$1] } ?? 0
      clear(lastPiece)
      ids[lastPiece] = id
    }
    lastID = id
  }

  private mutating func clear(_ piece: Int) {
    totals[piece] = 0
    for seat in piece * 2 * SurgeAuthors.places..<(piece + 1) * 2 * SurgeAuthors.places {
      seats[seat] = Seat()
      witnesses[seat] = nil
    }
  }

  mutating func merge(_ later: Self) {
    for piece in later.ids.indices.sorted(by: { later.ids[$0] < later.ids[$1] }) {
      let id = later.ids[piece]
      let isFull = ids.count == SurgeAuthors.pieces && !ids.contains(id)
      if isFull, (totals.min() ?? 0) >= later.totals[piece] { continue }
      open(id)
      totals[lastPiece] += later.totals[piece]
      for offset in 0..<2 * SurgeAuthors.places {
        let mine = lastPiece * 2 * SurgeAuthors.places + offset
        let other = piece * 2 * SurgeAuthors.places + offset
        if seats[mine].hash == later.seats[other].hash {
          seats[mine].votes += later.seats[other].votes
          seats[mine].count += later.seats[other].count
          witnesses[mine] = witnesses[mine] ?? later.witnesses[other]
        } else if later.seats[other].count > seats[mine].count {
          seats[mine] = later.seats[other]
          witnesses[mine] = later.witnesses[other]
        }
      }
    }
  }

  /// The commonest agent or client over the pieces that lie in a span of minutes, and its share of
  /// their requests.
  func top(
    _ minutes: ClosedRange<Int>, clients: Bool
  ) -> (share: Double, witness: Witness)? {
    // Pieces that begin before the surge hold the usual callers too.
    let inside = ids.indices.filter {
      ids[$0] * 5 >= minutes.lowerBound && ids[$0] * 5 <= minutes.upperBound
    }.sorted { ids[$0] < ids[$1] }
    var counts: [UInt64: (count: Int, witness: Witness?)] = [:]
    var total = 0
    for piece in inside {
      total += totals[piece]
      let base = (piece * 2 + (clients ? 1 : 0)) * SurgeAuthors.places
      for seat in base..<base + SurgeAuthors.places where seats[seat].count > 0 {
        let known = counts[seats[seat].hash]
        counts[seats[seat].hash] = (
          (known?.count ?? 0) + seats[seat].count, known?.witness ?? witnesses[seat]
        )
      }
    }
    let best = counts.values.filter { $0.witness != nil }.max {
      ($0.count, $1.witness?.line ?? 0) < ($1.count, $0.witness?.line ?? 0)
    }
    guard let best, let witness = best.witness, total > 0 else { return nil }
    return (Double(best.count) / Double(total), witness)
  }
}
