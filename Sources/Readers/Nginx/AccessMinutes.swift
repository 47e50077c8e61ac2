import Model

/// Slots of equal length over days, bounded in days: a log that is longer keeps its newest, where
/// an incident lies.
struct DayPages<Slot: Sendable>: Sendable {
  let slotsPerDay: Int
  private let empty: Slot
  private let limit: Int
  private(set) var days: [Int] = []
  private(set) var slots: [Slot] = []
  /// Days that had to be left out.
  private(set) var isCut = false
  private var lastDay = Int.min
  private var lastBase = 0

  init(slotsPerDay: Int, limit: Int, empty: Slot) {
    self.slotsPerDay = slotsPerDay
    self.limit = limit
    self.empty = empty
  }

  /// The index of the first slot of a day; nil where the day is older than all that are kept.
  @inline(__always)
  mutating func base(of day: Int) -> Int? {
    if day == lastDay { return lastBase }
    return findBase(of: day)
  }

  private mutating func findBase(of day: Int) -> Int? {
    if let page = days.firstIndex(of: day) {
      lastBase = page * slotsPerDay
    } else if days.count < limit {
      lastBase = slots.count
      days.append(day)
      slots.append(contentsOf: repeatElement(empty, count: slotsPerDay))
    } else {
      isCut = true
      guard let oldest = days.min(), oldest < day, let page = days.firstIndex(of: oldest) else {
        return nil
      }
      days[page] = day
      lastBase = page * slotsPerDay
      for index in lastBase..<lastBase + slotsPerDay { slots[index] = empty }
    }
    lastDay = day
    return lastBase
  }

  @inline(__always)
  mutating func update(_ index: Int, _ change: (inout Slot) -> Void) {
    guard index >= 0, index < slots.count else { return }
    change(&slots[index])
  }

  /// Days in order, each with its slots.
  func inOrder() -> [(day: Int, slots: ArraySlice<Slot>)] {
    days.enumerated().sorted { $0.element < $1.element }.map {
      ($0.element, slots[$0.offset * slotsPerDay..<($0.offset + 1) * slotsPerDay])
    }
  }

  mutating func merge(_ later: Self, _ add: (inout Slot, Slot) -> Void) {
    isCut = isCut || later.isCut
    for page in later.inOrder() {
      guard let base = base(of: page.day) else { continue }
      for (offset, slot) in page.slots.enumerated() { add(&slots[base + offset], slot) }
    }
  }
}

/// One minute of a log.
struct MinuteCounts: Sendable {
  var requests: UInt32 = 0
  var errors: UInt32 = 0
  /// Seconds of the minute with its first and last answer of 5xx.
  var firstError: UInt8 = 255
  var lastError: UInt8 = 0

  /// At least 5 % and at least three answers were 5xx (awesome-prometheus-alerts calls more than
  /// 5 % critical; the three keep quiet minutes from being judged by one answer).
  var isErrorMinute: Bool { errors >= 3 && UInt64(errors) * 20 >= UInt64(requests) }

  mutating func add(_ other: Self) {
    requests &+= other.requests
    errors &+= other.errors
    firstError = min(firstError, other.firstError)
    lastError = max(lastError, other.lastError)
  }
}

/// A run of error minutes; minutes without any request do not break it.
struct ErrorRun {
  /// Minutes since 1970.
  var firstMinute: Int
  var lastMinute: Int
  /// Seconds since 1970 of the first and last answer of 5xx.
  var first: Int
  var last: Int
  var requests: Int
  var errors: Int
}

/// Counts a minute, and what follows from them.
struct MinuteSeries {
  private var pages = DayPages(slotsPerDay: 1440, limit: 200, empty: MinuteCounts())
  var isCut: Bool { pages.isCut }

  @inline(__always)
  mutating func add(second: Int, isError: Bool) {
    let day = second / 86_400
    guard let base = pages.base(of: day) else { return }
    let rest = second &- day &* 86_400
    pages.update(base &+ rest / 60) {
      $0.requests &+= 1
      if isError {
        let second = UInt8(truncatingIfNeeded: rest % 60)
        $0.errors &+= 1
        $0.firstError = min($0.firstError, second)
        $0.lastError = max($0.lastError, second)
      }
    }
  }

  mutating func merge(_ later: Self) { pages.merge(later.pages) { $0.add($1) } }

  private func busyMinutes(_ visit: (Int, MinuteCounts) -> Void) {
    for page in pages.inOrder() {
      for (offset, slot) in page.slots.enumerated() where slot.requests > 0 {
        visit(page.day * 1440 + offset, slot)
      }
    }
  }

  var errorMinutes: Int {
    var count = 0
    busyMinutes { if $1.isErrorMinute { count += 1 } }
    return count
  }

  /// Runs of error minutes; with `gap` also those closer than that many seconds become one.
  func errorRuns(mergedOver gap: Int = 0) -> [ErrorRun] {
    var runs: [ErrorRun] = []
    var isOpen = false
    busyMinutes { minute, slot in
      guard slot.isErrorMinute else {
        isOpen = false
        return
      }
      let first = minute * 60 + Int(slot.firstError)
      let last = minute * 60 + Int(slot.lastError)
      let joins = runs.last.map { isOpen || first - $0.last < gap } ?? false
      isOpen = true
      guard joins else {
        runs.append(
          ErrorRun(
            firstMinute: minute, lastMinute: minute, first: first, last: last,
            requests: Int(slot.requests), errors: Int(slot.errors)))
        return
      }
      runs[runs.count - 1].lastMinute = minute
      runs[runs.count - 1].last = last
      runs[runs.count - 1].requests += Int(slot.requests)
      runs[runs.count - 1].errors += Int(slot.errors)
    }
    return runs
  }

  /// The largest share of 5xx over five minutes with at least ten requests.
  func peakErrorShare() -> (share: Double, minute: Int)? {
    var window: [(minute: Int, slot: MinuteCounts)] = []
    var best: (share: Double, minute: Int)?
    busyMinutes { minute, slot in
      window.removeAll { $0.minute <= minute - 5 }
      window.append((minute, slot))
      let requests = window.reduce(0) { $0 + Int($1.slot.requests) }
      let errors = window.reduce(0) { $0 + Int($1.slot.errors) }
      guard requests >= 10, let first = window.first?.minute else { return }
      let share = Double(errors) / Double(requests)
      if share > best?.share ?? -1 { best = (share, first) }
    }
    return best
  }

  /// Requests of every minute from the first to the last, quiet ones too, over the 400 days that
  /// hold most: a single stamp far off does not stretch it.
  func requestsByMinute() -> (first: Int, counts: [Int])? {
    let order = pages.inOrder()
    let sums = order.map { $0.slots.reduce(0) { $0 + Int($1.requests) } }
    var best: (from: Int, sum: Int)?
    for start in order.indices {
      var sum = 0
      for index in start..<order.count where order[index].day - order[start].day < 400 {
        sum += sums[index]
      }
      if sum > best?.sum ?? 0 { best = (start, sum) }
    }
    guard let best else { return nil }
    let firstDay = order[best.from].day
    let kept = order.filter { (0..<400).contains($0.day - firstDay) }
    guard let lastDay = kept.last?.day else { return nil }
    var counts = [Int](repeating: 0, count: (lastDay - firstDay + 1) * 1440)
    for page in kept {
      for (offset, slot) in page.slots.enumerated() {
        counts[(page.day - firstDay) * 1440 + offset] = Int(slot.requests)
      }
    }
    guard let first = counts.firstIndex(where: { $0 > 0 }),
      let last = counts.lastIndex(where: { $0 > 0 })
    else { return nil }
    return (firstDay * 1440 + first, Array(counts[first...last]))
  }
}

func median(_ values: some Sequence<Int>) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return 0 }
  let middle = sorted.count / 2
  return sorted.count % 2 == 1
    ? Double(sorted[middle]) : Double(sorted[middle - 1] + sorted[middle]) / 2
}
