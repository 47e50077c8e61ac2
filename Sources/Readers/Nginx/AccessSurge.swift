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
struct SurgeAuthors: @unchecked Sendable {
  private static let pieces = 96
  private static let places = 32
  /// Votes after which a key is worth a line to cite, at every power of two from here on.
  private static let notable: UInt32 = 16
  /// How many agents, and how many clients, of a piece keep the line that cites them: whoever makes a
  /// surge is among the commonest of its pieces.
  private static let citedCount = 4

  private struct Seat: BitwiseCopyable {
    var hash: UInt64 = 0
    var votes: UInt32 = 0
    var count: UInt32 = 0
  }

  private var ids: [Int] = []
  private var totals: [Int] = []
  private static let seatCount = pieces * 2 * places
  private let memory = TableMemory(
    seatCount * (MemoryLayout<Seat>.stride + MemoryLayout<UInt64>.stride))
  private let seats: UnsafeMutablePointer<Seat>
  /// Whom the line cites that is kept for a seat; 0 is nobody.
  private let cited: UnsafeMutablePointer<UInt64>
  private var witnesses: [Int: Witness] = [:]
  private var piece = 0

  init() {
    seats = memory.slots(Seat.self)
    cited = memory.slots(
      UInt64.self, at: SurgeAuthors.seatCount * MemoryLayout<Seat>.stride)
  }

  @inline(__always)
  mutating func add(_ pending: UnsafePointer<PendingLine>, agent: UInt64, client: UInt64) {
    let base = piece &* 2 &* SurgeAuthors.places
    let low = SurgeAuthors.places &- 1
    let agentSeat = base &+ (Int(truncatingIfNeeded: agent &>> 20) & low)
    if vote(agentSeat, agent) { cite(agentSeat, .agent, pending) }
    guard !pending.pointee.request.client.isEmpty else { return }
    let clientSeat =
      base &+ SurgeAuthors.places &+ (Int(truncatingIfNeeded: client &>> 20) & low)
    if vote(clientSeat, client) { cite(clientSeat, .client, pending) }
  }

  /// True where the one who holds the seat has become worth a line to cite.
  @inline(__always)
  private func vote(_ index: Int, _ hash: UInt64) -> Bool {
    // Numbers, not branches: who comes next is what no processor foresees.
    let seat = seats[index]
    let isHolder: UInt32 = seat.hash == hash ? 1 : 0
    let isFree: UInt32 = seat.votes == 0 ? 1 : 0
    let stays = UInt64(truncatingIfNeeded: isFree) &- 1
    let counted = seat.count &+ isHolder
    let votes = seat.votes &+ 2 &* (isHolder | isFree) &- 1
    seats[index].hash = hash ^ (hash ^ seat.hash) & stays
    seats[index].votes = votes
    // A new holder's count is one.
    seats[index].count = counted &- (counted &- 1) &* (isFree & ~isHolder)
    let isFew: UInt32 = votes < SurgeAuthors.notable ? 1 : 0
    return votes & (votes &- 1) | isFew | (1 &- isHolder) == 0
  }

  @inline(never)
  private mutating func cite(
    _ seat: Int, _ name: LineName, _ pending: UnsafePointer<PendingLine>
  ) {
    // Whoever held the seat before may have been cited.
    if cited[seat] == seats[seat].hash { return }
    cited[seat] = seats[seat].hash
    let place = pending.pointee.request.place(name)
    var witness = Witness(pending)
    witness.name = pending.pointee.line.text(
      place.start..<Swift.max(place.start, Swift.min(place.end, place.start + 200)))
    witness.hash = seats[seat].hash
    witnesses[seat] = witness
  }

  private func witness(_ seat: Int) -> Witness? {
    witnesses[seat].flatMap { $0.hash == seats[seat].hash ? $0 : nil }
  }

  /// Counts what was asked in the piece that is open.
  mutating func add(requests: Int) {
    if !totals.isEmpty { totals[piece] &+= requests }
  }

  /// Turns to the piece that a second lies in.
  mutating func open(_ second: Int) { open(id: second / 300) }

  private mutating func open(id: Int) {
    if ids.indices.contains(piece) {
      if ids[piece] == id { return }
      forgetRare()
    }
    if let known = ids.firstIndex(of: id) {
      piece = known
    } else if ids.count < SurgeAuthors.pieces {
      piece = ids.count
      ids.append(id)
      totals.append(0)
    } else {
      piece = totals.indices.min { totals[$0] < totals[$1] } ?? 0
      totals[piece] = 0
      ids[piece] = id
      for seat in piece * 2 * SurgeAuthors.places..<(piece + 1) * 2 * SurgeAuthors.places {
        seats[seat] = Seat()
        forget(seat)
      }
    }
  }

  /// Lets go of the lines of those who are not among the commonest of the piece that is open.
  private mutating func forgetRare() {
    let base = piece * 2 * SurgeAuthors.places
    for start in [base, base + SurgeAuthors.places] {
      let held = (start..<start + SurgeAuthors.places).filter { witnesses[$0] != nil }
      guard held.count > SurgeAuthors.citedCount else { continue }
      let order = held.sorted { (seats[$1].count, $0) < (seats[$0].count, $1) }
      for seat in order.dropFirst(SurgeAuthors.citedCount) { forget(seat) }
    }
  }

  private mutating func forget(_ seat: Int) {
    witnesses[seat] = nil
    cited[seat] = 0
  }

  mutating func close() {
    if ids.indices.contains(piece) { forgetRare() }
  }

  /// Both must have been closed.
  mutating func merge(_ later: Self, addingLines offset: Int) {
    defer { close() }
    for other in later.ids.indices.sorted(by: { later.ids[$0] < later.ids[$1] }) {
      let id = later.ids[other]
      let isFull = ids.count == SurgeAuthors.pieces && !ids.contains(id)
      if isFull, (totals.min() ?? 0) >= later.totals[other] { continue }
      open(id: id)
      totals[piece] += later.totals[other]
      for seat in 0..<2 * SurgeAuthors.places {
        let mine = piece * 2 * SurgeAuthors.places + seat
        let theirs = other * 2 * SurgeAuthors.places + seat
        let cited = later.witness(theirs)?.moved(by: offset)
        if seats[mine].hash == later.seats[theirs].hash {
          seats[mine].votes &+= later.seats[theirs].votes
          seats[mine].count &+= later.seats[theirs].count
          witnesses[mine] = witness(mine) ?? cited
        } else if later.seats[theirs].count > seats[mine].count {
          seats[mine] = later.seats[theirs]
          witnesses[mine] = cited
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
          (known?.count ?? 0) + Int(seats[seat].count), known?.witness ?? witness(seat)
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
