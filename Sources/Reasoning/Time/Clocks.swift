import Model

/// Finds the zone of clocks that state none, from anchors: things that two sources saw, one of which
/// states its zone. What is anchored is moved to UTC; what is not stays unknown.
struct ClockFinder {
  private let evidence: IdentifiedEvidence

  /// What anchors the clock of a source.
  struct Anchor: Equatable {
    /// Seconds east of UTC.
    let offset: Int
    let words: String
  }

  init(_ evidence: IdentifiedEvidence) { self.evidence = evidence }

  func anchor(of source: Int) -> Anchor? {
    byServerClock(source) ?? bySharedEvents(source) ?? bySibling(source)
  }

  // MARK: a Redis log and INFO

  /// INFO states the server's clock and its uptime, so when it started; the log tells of that start
  /// in the clock of the log.
  private func byServerClock(_ source: Int) -> Anchor? {
    let starts = events(of: source).filter { $0.name == "redis-start" }
    guard let subject = starts.first?.subject else { return nil }
    let times = starts.filter { $0.subject == subject }.map(\.time)
    var votes: [Int: Int] = [:]
    for (answered, began) in lives(of: subject) {
      var offsets: Set<Int> = []
      for start in times {
        guard let offset = Self.zone(start.since(began), tolerance: 120) else { continue }
        // A later start before the answer: the answer is of that life, not of this one.
        let inLog = answered.advanced(by: Double(offset) - 120)
        if !times.contains(where: { $0 > start && $0 < inLog }) { offsets.insert(offset) }
      }
      for offset in offsets {
        votes[offset, default: 0] += 1
      }
    }
    return Self.winner(votes).map { Anchor(offset: $0, words: "INFO uptime") }
  }

  /// When each snapshot of a Redis was taken, and when the server had started.
  private func lives(of subject: Int) -> [(answered: Instant, began: Instant)] {
    let uptimes = evidence.facts[subject]["redis.server.uptime_in_seconds"] ?? []
    let clocks = evidence.facts[subject]["redis.server.server_time_usec"] ?? []
    return uptimes.compactMap { uptime in
      guard let seconds = uptime.value.number else { return nil }
      let clock = clocks.first {
        $0.origin.source == uptime.origin.source && $0.time == uptime.time
      }
      guard case .time(let now)? = clock?.value else { return nil }
      return (now, now.advanced(by: -seconds))
    }
  }

  // MARK: the same thing in two logs

  /// Events of two sources that are one thing: which, of whom, how far apart they may begin, and how
  /// many must match before it is no coincidence.
  private struct Pair {
    let mine: Set<String>
    let theirs: Set<String>
    let tolerance: Double
    let least: Int
    let words: String
  }

  private static let pairs = [
    Pair(
      mine: ["upstream-refused", "upstream-timeouts"], theirs: ["server-errors"], tolerance: 120,
      least: 1, words: "the server errors in"),
    Pair(
      mine: ["oom-kill"], theirs: ["worker-killed"], tolerance: 120, least: 1,
      words: "the killed workers in"),
    Pair(
      mine: ["worker-killed"], theirs: ["oom-kill"], tolerance: 120, least: 1,
      words: "the killed workers in"),
    Pair(
      mine: ["redis-errors"], theirs: ["became-replica"], tolerance: 5, least: 1,
      words: "the change of master in"),
    // An outage alone is too vague; several outages are a pattern.
    Pair(
      mine: ["redis-errors"], theirs: ["system-status-failed", "instance-status-failed"],
      tolerance: 180, least: 3, words: "the failed status checks in"),
  ]

  private func bySharedEvents(_ source: Int) -> Anchor? {
    let mine = events(of: source)
    for pair in Self.pairs {
      let ours = mine.filter { pair.mine.contains($0.name) }
      guard !ours.isEmpty else { continue }
      let theirs = evidence.events.filter {
        $0.isZoned && pair.theirs.contains($0.name) && $0.origin.source != source
      }
      var votes: [Int: Int] = [:]
      var witness: [Int: Int] = [:]
      for event in ours {
        var offsets: Set<Int> = []
        for other in theirs where evidence.areRelated(event.subject, other.subject) {
          guard let offset = Self.zone(event, other, pair.tolerance) else { continue }
          offsets.insert(offset)
          witness[offset] = witness[offset] ?? other.origin.source
        }
        for offset in offsets { votes[offset, default: 0] += 1 }
      }
      guard let offset = Self.winner(votes), votes[offset, default: 0] >= pair.least else {
        continue
      }
      return Anchor(offset: offset, words: "\(pair.words) \(name(of: witness[offset]))")
    }
    return nil
  }

  /// The zone in which two spells are one: both begin, and where both have an end also end, together.
  private static func zone(_ event: Event, _ other: Event, _ tolerance: Double) -> Int? {
    guard let offset = zone(event.time.since(other.time), tolerance: tolerance) else { return nil }
    guard let end = event.until, let otherEnd = other.until, event.name != "redis-errors" else {
      return offset
    }
    return abs(end.since(otherEnd) - Double(offset)) <= tolerance ? offset : nil
  }

  // MARK: a sibling

  /// Logs of one kind and one subject are written by one clock: a rotated log, syslog's files.
  private func bySibling(_ source: Int) -> Anchor? {
    let kinds = Self.family(evidence.inputs[source].kind)
    let subjects = Set(events(of: source).map(\.subject))
    let known = evidence.clocks.filter { other, clock in
      clock.offset != nil && kinds.contains(evidence.inputs[other].kind)
        && evidence.events.contains { $0.origin.source == other && subjects.contains($0.subject) }
    }
    guard let first = known.keys.min(), let offset = known[first]?.offset,
      known.values.allSatisfy({ $0.offset == offset })
    else { return nil }
    return Anchor(offset: offset, words: "the same clock as \(name(of: first))")
  }

  private static func family(_ kind: EvidenceKind?) -> Set<EvidenceKind?> {
    kind == .kernelLog || kind == .systemLog ? [.kernelLog, .systemLog] : [kind]
  }

  // MARK: pieces

  private func events(of source: Int) -> [Event] {
    evidence.events.filter { $0.origin.source == source }
  }

  private func name(of source: Int?) -> String {
    guard let source, evidence.inputs.indices.contains(source) else { return "?" }
    let path = evidence.inputs[source].path
    return path.split(separator: "/").last.map(String.init) ?? path
  }

  /// The zone that makes up a difference of clocks: zones are whole quarters of an hour, from -12:00
  /// to +14:00.
  static func zone(_ difference: Double, tolerance: Double) -> Int? {
    let quarter = (difference / 900).rounded() * 900
    guard abs(difference - quarter) <= tolerance, quarter >= -43_200, quarter <= 50_400 else {
      return nil
    }
    return Int(quarter)
  }

  /// The offset with most votes; none where two have as many.
  private static func winner(_ votes: [Int: Int]) -> Int? {
    let most = votes.values.max() ?? 0
    let best = votes.filter { $0.value == most }.keys
    return best.count == 1 ? best.first : nil
  }
}

/// The zones of kinds of evidence that state none, where anchors tell and all of a kind agree.
package func anchoredZones(_ ledger: Ledger) -> [EvidenceKind: Int] {
  var evidence = IdentifiedEvidence(ledger)
  evidence.settleClocks()
  var offsets: [EvidenceKind: Set<Int?>] = [:]
  for (source, clock) in evidence.clocks {
    guard let kind = ledger.inputs[source].kind else { continue }
    offsets[kind, default: []].insert(clock.offset)
  }
  return offsets.compactMapValues { $0.count == 1 ? $0.first ?? nil : nil }
}

extension IdentifiedEvidence {
  /// A clock without a zone, as far as it is understood.
  struct Clock: Sendable, Equatable {
    let offset: Int?
    let anchor: String?
  }

  /// Moves to UTC what anchors allow; to be called once, before anything is weighed.
  mutating func settleClocks() {
    let zoned = Set(events.filter(\.isZoned).map(\.origin.source))
    let unzoned = Set(events.filter { !$0.isZoned }.map(\.origin.source)).sorted()
    for source in unzoned { clocks[source] = Clock(offset: nil, anchor: nil) }
    // What is settled may anchor others in turn. A source with stamps of both kinds is left alone.
    var open = unzoned.filter { !zoned.contains($0) }
    var isProgress = true
    while isProgress, !open.isEmpty {
      let finder = ClockFinder(self)
      let found = open.compactMap { source in finder.anchor(of: source).map { (source, $0) } }
      for (source, anchor) in found {
        clocks[source] = Clock(offset: anchor.offset, anchor: anchor.words)
        move(source, east: anchor.offset)
      }
      open.removeAll { source in found.contains { $0.0 == source } }
      isProgress = !found.isEmpty
    }
    events.sort { ($0.time, $0.origin.source, $0.name) < ($1.time, $1.origin.source, $1.name) }
  }

  /// True unless the source's clock states no zone and nothing anchors it.
  func isClockKnown(of source: Int) -> Bool { clocks[source].map { $0.offset != nil } ?? true }

  /// The newest moment that evidence of a known clock tells of: the nearest to now that is known.
  /// What is scheduled lies ahead and does not count.
  var newestMoment: Instant? {
    var newest: Instant?
    func see(_ time: Instant?, _ source: Int) {
      guard let time, newest.map({ $0 < time }) ?? true, isClockKnown(of: source) else { return }
      newest = time
    }
    for event in events where !event.name.hasSuffix("scheduled-event") {
      see(event.until ?? event.time, event.origin.source)
    }
    for named in facts {
      for (name, known) in named {
        for fact in known {
          see(fact.coverage?.upperBound ?? fact.time, fact.origin.source)
          // The clock of the box when somebody looked.
          if name == "capture.time", case .time(let time) = fact.value {
            see(time, fact.origin.source)
          }
        }
      }
    }
    return newest
  }

  /// Clocks that state no zone, in the order of the account of inputs.
  var sourceClocks: [SourceClock] {
    clocks.keys.sorted().map { source in
      SourceClock(
        file: inputs.indices.contains(source) ? inputs[source].path : "?",
        offset: clocks[source]?.offset, anchor: clocks[source]?.anchor)
    }
  }

  private mutating func move(_ source: Int, east offset: Int) {
    let shift = -Double(offset)
    for (index, event) in events.enumerated() where event.origin.source == source {
      events[index] = Event(
        event.name, subject: event.subject, time: event.time.advanced(by: shift),
        until: event.until?.advanced(by: shift), text: event.text, isImpact: event.isImpact,
        isZoned: true, origin: event.origin)
    }
    guard offset != 0 else { return }
    for subject in facts.indices {
      for (name, known) in facts[subject]
      where known.contains(where: { $0.origin.source == source }) {
        facts[subject][name] = known.map { fact in
          fact.origin.source == source ? fact.moved(by: shift) : fact
        }
      }
    }
  }
}

extension Fact {
  fileprivate func moved(by shift: Double) -> Fact {
    var value = value
    if case .time(let time) = value { value = .time(time.advanced(by: shift)) }
    return Fact(
      name: name, subject: subject, value: value, time: time?.advanced(by: shift), part: part,
      coverage: coverage.map {
        $0.lowerBound.advanced(by: shift)...$0.upperBound.advanced(by: shift)
      }, origin: origin)
  }
}
