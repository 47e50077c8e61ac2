import Model

/// Finds what happens again and again: two of the founding incidents had a rhythm that nobody saw.
struct RecurrenceFinder {
  /// What lies closer together is one occurrence: a burst is no recurrence.
  private static let burst = 600.0
  private static let limit = 20

  /// What is worth telling only where it has a rhythm: starts are normal, starts every night are not.
  private static let quiet: Set<String> = [
    "boot", "redis-start", "redis-shutdown", "app-start", "slow-commands", "save-failed",
    "log-gap",
  ]
  /// What repeats what another event says, or announces the future.
  private static let ignored: Set<String> = [
    "alarm", "alarm-cleared", "scheduled-event", "past-scheduled-event",
  ]

  let evidence: IdentifiedEvidence

  func find() -> [Recurrence] {
    var groups: [Key: [Event]] = [:]
    for event in evidence.events where !Self.ignored.contains(event.name) {
      guard event.isImpact || Self.quiet.contains(event.name) else { continue }
      groups[Key(name: event.name, subject: event.subject), default: []].append(event)
    }
    let found = groups.keys.sorted().compactMap { key in recurrence(groups[key] ?? [], key) }
    return Array(found.prefix(Self.limit))
  }

  private struct Key: Hashable, Comparable {
    let name: String
    let subject: Int

    static func < (a: Key, b: Key) -> Bool { (a.name, a.subject) < (b.name, b.subject) }
  }

  private func recurrence(_ events: [Event], _ key: Key) -> Recurrence? {
    // Clocks that cannot be compared make no rhythm.
    let known = events.filter(\.isZoned)
    let sources = Set(events.map(\.origin.source))
    let comparable = known.count == events.count || sources.count == 1 ? events : known
    var first: [Event] = []
    var end: Instant?
    for event in comparable.sorted(by: { $0.time < $1.time }) {
      let last = event.until ?? event.time
      if let end, event.time.since(end) < Self.burst {
        // Of the same occurrence.
      } else {
        first.append(event)
      }
      end = max(end ?? last, last)
    }
    guard first.count >= 3 else { return nil }
    let rhythm = Self.rhythm(first.map(\.time))
    if rhythm == .none, Self.quiet.contains(key.name) { return nil }
    return Recurrence(
      event: key.name, subject: evidence.subjects[key.subject], times: first.map(\.time),
      rhythm: rhythm, timesOfDay: Self.timesOfDay(first.map(\.time)),
      sources: first.prefix(8).map { source($0.origin, in: evidence) })
  }

  /// The rhythm of at least three times, in order. A period is claimed from three gaps on; a time of
  /// day from three days on.
  static func rhythm(_ times: [Instant]) -> Recurrence.Rhythm {
    let gaps = zip(times, times.dropFirst()).map { $1.since($0) }
    let days = Set(times.map { $0.microseconds / 86_400_000_000 }).count
    // Several a day have no one time of day.
    if times.count >= 3, days == times.count, let (mean, spread) = timeOfDay(times), spread <= 3600
    {
      return .atTime(mean)
    }
    guard gaps.count >= 3 else { return .none }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    return mean > 0 && variance.squareRoot() / mean <= 0.2 ? .every(mean) : .none
  }

  /// The times of day in the order they come up; within an hour of one told they are the same.
  private static func timesOfDay(_ times: [Instant]) -> [Double] {
    var told: [Double] = []
    for time in times {
      let clock = time.seconds.truncatingRemainder(dividingBy: 86_400)
      let isTold = told.contains { known in
        let apart = abs(known - clock)
        return min(apart, 86_400 - apart) <= 3600
      }
      if !isTold { told.append(clock) }
    }
    return told
  }

  /// The middle of the times of day and how far apart they are, on a clock where 23:50 is next to
  /// 00:10.
  private static func timeOfDay(_ times: [Instant]) -> (mean: Double, spread: Double)? {
    let day = 86_400.0
    let clocks = times.map { $0.seconds.truncatingRemainder(dividingBy: day) }.sorted()
    guard let first = clocks.first, let last = clocks.last else { return nil }
    // All lie in what is left of the day when the widest gap between neighbours is cut out.
    var (widest, start) = (first + day - last, first)
    for (a, b) in zip(clocks, clocks.dropFirst()) where b - a > widest {
      (widest, start) = (b - a, b)
    }
    let spread = day - widest
    let shifted = clocks.map { $0 >= start ? $0 - start : $0 + day - start }.sorted()
    let middle = start + shifted[shifted.count / 2]
    return (middle.truncatingRemainder(dividingBy: day), spread)
  }
}
