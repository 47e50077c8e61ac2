import Model

/// Memory of gunicorn workers over time, and what a robust look at it says of growth.
struct RSSSeries {
  struct Point {
    /// Seconds on the samples' own clock.
    let clock: Double
    let time: Instant?
    /// Resident memory alone: what the row says.
    let resident: Double
    /// Resident and swapped-out memory: under swap the first falls without anything being freed.
    let bytes: Double
    /// Seconds since the worker was born, where known.
    let life: Double?
    let origin: Origin
  }

  static let pidLimit = 256
  static let pointLimit = 300

  private(set) var points: [Int: [Point]] = [:]
  private var stride: [Int: Int] = [:]
  private var seen: [Int: Int] = [:]
  /// Workers that ended long ago, whose points made room for those of others.
  private(set) var forgotten = 0

  /// Keeps every point at first, then every second, fourth, ... so that a long run fits.
  mutating func add(_ point: Point, pid: Int) {
    if points[pid] == nil, points.count == Self.pidLimit { forgetOldest() }
    let index = seen[pid, default: 0]
    seen[pid] = index + 1
    let step = stride[pid, default: 1]
    guard index.isMultiple(of: step) else { return }
    points[pid, default: []].append(point)
    if let kept = points[pid], kept.count >= 2 * Self.pointLimit {
      points[pid] = kept.indices.filter { $0.isMultiple(of: 2) }.map { kept[$0] }
      stride[pid] = step * 2
    }
  }

  private mutating func forgetOldest() {
    let oldest = points.min { a, b in
      (a.value.last?.origin.line ?? 0, a.key) < (b.value.last?.origin.line ?? 0, b.key)
    }
    guard let pid = oldest?.key else { return }
    points[pid] = nil
    stride[pid] = nil
    seen[pid] = nil
    forgotten += 1
  }

  /// The series of a worker, at most `pointLimit` points.
  func thinned(_ pid: Int) -> [Point] {
    guard let all = points[pid] else { return [] }
    let step = (all.count + Self.pointLimit - 1) / Self.pointLimit
    return step <= 1 ? all : all.indices.filter { $0.isMultiple(of: step) }.map { all[$0] }
  }

  /// What growth there is, over the workers with at least five samples.
  struct Growth {
    /// Bytes per second: the median worker.
    var perWorker = 0.0
    /// Of the workers looked at, those that still grow.
    var growingShare = 0.0
    /// Nil where the series are too short, or under reclaim, and do not tell.
    var plateau: Bool?
    /// The last row of the median worker.
    var origin: Origin
  }

  func growth() -> Growth? {
    var slopes: [(slope: Double, origin: Origin)] = []
    var growing = 0
    var firsts: [Double] = []
    var lasts: [Double] = []
    var reclaimed = 0
    for (_, all) in points.sorted(by: { $0.key < $1.key }) where all.count >= 5 {
      let warm = Self.warm(all)
      guard warm.count >= 4, let slope = Self.slope(warm), let last = warm.last else { continue }
      slopes.append((slope, last.origin))
      if slope > 0, Self.rises(warm) { growing += 1 }
      let third = warm.count / 3
      if third >= 3, let first = Self.slope(Array(warm.prefix(third))),
        let end = Self.slope(Array(warm.suffix(third)))
      {
        if Self.onlyFalls(Array(warm.suffix(third))) { reclaimed += 1 }
        firsts.append(first)
        lasts.append(end)
      }
    }
    guard !slopes.isEmpty else { return nil }
    slopes.sort { ($0.slope, $0.origin.line ?? 0) < ($1.slope, $1.origin.line ?? 0) }
    let middle = slopes[(slopes.count - 1) / 2]
    var growth = Growth(origin: middle.origin)
    growth.perWorker = middle.slope
    growth.growingShare = Double(growing) / Double(slopes.count)
    // Memory that only falls is being taken away by the kernel: a box at its end looks like this,
    // and it says nothing of what the workers would do.
    if 2 * reclaimed <= firsts.count, let first = lowerMedian(firsts), let last = lowerMedian(lasts)
    {
      growth.plateau = first > 0 ? last < first / 10 : last <= 0
    }
    return growth
  }

  /// What the workers of the last sample have gained since they were warm.
  func gain(of pids: [Int]) -> (bytes: Double, origin: Origin)? {
    var total = 0.0
    var origin: Origin?
    for pid in pids {
      guard let all = points[pid] else { continue }
      let warm = Self.warm(all)
      guard warm.count >= 3, let last = warm.last,
        let base = lowerMedian(warm.prefix(3).map(\.bytes))
      else { continue }
      total += last.bytes - base
      origin = origin ?? last.origin
    }
    return origin.map { (total, $0) }
  }

  /// Without the worker's first 30 s, where its birth is known, and the first tenth of its samples:
  /// loading the application is no leak.
  static func warm(_ points: [Point]) -> [Point] {
    let tenth = (points.count + 9) / 10
    return points.dropFirst(tenth).filter { $0.life.map { $0 >= 30 } ?? true }
  }

  /// Theil-Sen: the median of the slopes between all pairs, deaf to a few odd samples.
  static func slope(_ points: [Point]) -> Double? {
    let step = (points.count + 99) / 100
    let few =
      step <= 1 ? points : points.indices.filter { $0.isMultiple(of: step) }.map { points[$0] }
    var slopes: [Double] = []
    for (index, a) in few.enumerated() {
      for b in few[(index + 1)...] where b.clock > a.clock {
        slopes.append((b.bytes - a.bytes) / (b.clock - a.clock))
      }
    }
    return lowerMedian(slopes)
  }

  private static func onlyFalls(_ points: [Point]) -> Bool {
    guard let first = points.first, let last = points.last, last.bytes < first.bytes else {
      return false
    }
    return zip(points, points.dropFirst()).allSatisfy { $1.bytes <= $0.bytes }
  }

  /// The last quarter lies above the second by more than a tenth or 5 MiB.
  private static func rises(_ points: [Point]) -> Bool {
    let quarter = max(1, points.count / 4)
    let second = points.dropFirst(quarter).prefix(quarter).map(\.bytes)
    let last = points.suffix(quarter).map(\.bytes)
    guard !second.isEmpty, !last.isEmpty else { return false }
    let before = second.reduce(0, +) / Double(second.count)
    let after = last.reduce(0, +) / Double(last.count)
    return after - before > min(before / 10, 5_242_880)
  }
}
