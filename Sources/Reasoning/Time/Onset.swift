import Model

/// When something began, and by whose clock.
struct Onset: Sendable, Equatable {
  let time: Instant
  /// The input that says so; nil where several do.
  let source: Int?
}

extension IdentifiedEvidence {
  /// True where `a` began before `b` by more than their clocks and periods leave open; nil where no
  /// order can be claimed.
  func isBefore(_ a: Onset, _ b: Onset) -> Bool? {
    guard let first = uncertainty(of: a), let second = uncertainty(of: b) else { return nil }
    if a.source != b.source {
      for source in [a.source, b.source] {
        if let source, !isClockKnown(of: source) { return nil }
      }
    }
    let gap = b.time.since(a.time)
    return abs(gap) <= first + second ? nil : gap > 0
  }

  /// By how many seconds an onset can be wrong. Nil where it tells only of the present spell: the
  /// status of an instance has forgotten what came before.
  private func uncertainty(of onset: Onset) -> Double? {
    guard let source = onset.source, inputs.indices.contains(source) else { return nil }
    switch inputs[source].kind {
    case .cloudWatchMetric, .alarmHistory, .alarmStates, .awsNotice: return period(of: source)
    case .instanceStatus: return nil
    default: return 1
    }
  }

  /// The period of a metric: what its datapoints are apart, one to five minutes.
  private func period(of source: Int) -> Double {
    var shortest = 300.0
    for named in facts {
      for (name, known) in named where name.hasPrefix("cloudwatch.") {
        let times = known.filter { $0.origin.source == source && $0.part == nil }
          .compactMap(\.time).sorted()
        for (a, b) in zip(times, times.dropFirst()) where b > a {
          shortest = min(shortest, b.since(a))
        }
      }
    }
    return max(60, shortest)
  }

  // MARK: the first anomaly

  /// What is wrong though users may not feel it.
  private static let anomalies: Set<String> = [
    "save-failed", "cpu-credits-exhausted", "traffic-surge", "slow-commands",
  ]

  /// The earliest of the events shown that is out of order, among those whose clocks can be
  /// compared: the known ones, or, where none is known, those of the only source.
  func firstAnomaly(among events: [Event], accused: [Hypothesis]) -> Int? {
    let onsets = Set(accused.compactMap(\.onset?.time))
    let wrong = events.indices.filter { index in
      let event = events[index]
      return event.isImpact || onsets.contains(event.time)
        || !accused.isEmpty && Self.anomalies.contains(event.name)
    }
    if let first = wrong.first(where: { events[$0].isZoned }) { return first }
    let sources = Set(wrong.map { events[$0].origin.source })
    return sources.count == 1 ? wrong.first : nil
  }
}
