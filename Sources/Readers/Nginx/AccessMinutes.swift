import Model

/// Slots of equal length over days, bounded in days: a log that is longer keeps its newest, where
/// an incident lies. A slot of nothing is all zeros.
struct DayPages<Slot: BitwiseCopyable & Sendable>: @unchecked Sendable {
  let slotsPerDay: Int
  private let limit: Int
  private var pages: [(day: Int, memory: TableMemory)] = []
  /// Days that had to be left out.
  private(set) var isCut = false
  private var lastDay = Int.min
  private var lastPage: UnsafeMutablePointer<Slot>?

  init(slotsPerDay: Int, limit: Int) {
    self.slotsPerDay = slotsPerDay
    self.limit = limit
  }

  /// The slots of a day; nil where the day is older than all that are kept.
  mutating func page(of day: Int) -> UnsafeMutablePointer<Slot>? {
    if day != lastDay {
      lastPage = findPage(of: day)
      lastDay = day
    }
    return lastPage
  }

  private mutating func findPage(of day: Int) -> UnsafeMutablePointer<Slot>? {
    if let page = pages.first(where: { $0.day == day }) { return page.memory.slots(Slot.self) }
    if pages.count >= limit {
      isCut = true
      guard let oldest = pages.indices.min(by: { pages[$0].day < pages[$1].day }),
        pages[oldest].day < day
      else { return nil }
      pages.remove(at: oldest)
    }
    let memory = TableMemory(slotsPerDay * MemoryLayout<Slot>.stride)
    pages.append((day, memory))
    return memory.slots(Slot.self)
  }

  /// Days in order, each with its slots.
  func inOrder() -> [(day: Int, slots: UnsafeBufferPointer<Slot>)] {
    pages.sorted { $0.day < $1.day }.map {
      ($0.day, UnsafeBufferPointer(start: $0.memory.slots(Slot.self), count: slotsPerDay))
    }
  }

  mutating func merge(_ later: Self, _ add: (inout Slot, Slot) -> Void) {
    isCut = isCut || later.isCut
    for page in later.inOrder() {
      guard let mine = self.page(of: page.day) else { continue }
      for (offset, slot) in page.slots.enumerated() { add(&mine[offset], slot) }
    }
  }
}

/// One minute of a log.
struct MinuteCounts: BitwiseCopyable, Sendable {
  var requests: UInt32 = 0
  var errors: UInt32 = 0
  /// Seconds of the minute with its first and last answer of 5xx, where there is one.
  var firstError: UInt8 = 0
  var lastError: UInt8 = 0

  /// At least 5 % and at least three answers were 5xx (awesome-prometheus-alerts calls more than
  /// 5 % critical; the three keep quiet minutes from being judged by one answer).
  var isErrorMinute: Bool { errors >= 3 && UInt64(errors) * 20 >= UInt64(requests) }

  mutating func addError(second: UInt8) {
    firstError = errors == 0 ? second : min(firstError, second)
    lastError = max(lastError, second)
    errors &+= 1
  }

  mutating func add(_ other: Self) {
    requests &+= other.requests
    guard other.errors > 0 else { return }
    firstError = errors == 0 ? other.firstError : min(firstError, other.firstError)
    lastError = max(lastError, other.lastError)
    errors &+= other.errors
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
  private var pages = DayPages<MinuteCounts>(slotsPerDay: 1440, limit: 200)
  var isCut: Bool { pages.isCut }

  /// The minute that a second lies in; nil where its day is older than all that are kept.
  mutating func slot(of second: Int) -> UnsafeMutablePointer<MinuteCounts>? {
    let day = second / 86_400
    return pages.page(of: day).map { $0 + (second &- day &* 86_400) / 60 }
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
