import Model

/// A fact computed from others: declares what it reads; unknown where an input is.
struct Derivation: Sendable {
  let definition: FactDefinition
  let inputs: [String]
  /// Nil where the inputs, though known, do not allow it (a division by zero, too few samples).
  let compute: @Sendable (inout DerivationInputs) -> Value?

  init(
    _ name: String, _ subject: SubjectKind, _ unit: Unit, _ summary: String, from inputs: [String],
    source: String = "derived", _ compute: @escaping @Sendable (inout DerivationInputs) -> Value?
  ) {
    definition = FactDefinition(
      name: name, subject: subject, unit: unit, summary: summary, source: source, collect: "")
    self.inputs = inputs
    self.compute = compute
  }

  static let all: [Derivation] =
    instanceDerivations + hostDerivations + networkDerivations + redisDerivations
    + redisErrorDerivations
    + sessionDerivations + appDerivations + proxyDerivations + seriesDerivations
    + captureDerivations + containerDerivations + memoryArithmeticDerivations + deployDerivations
}

/// Gives a derivation its inputs, and remembers which it used and which it lacked.
struct DerivationInputs {
  private let view: SubjectView
  private(set) var used: [KnownFact] = []
  private(set) var lacking: [String] = []
  /// Known, but not at two times: a change is not.
  private(set) var knownOnce: [String] = []

  init(_ view: SubjectView) { self.view = view }

  mutating func fact(_ name: String) -> KnownFact? {
    guard let fact = view.fact(name) else {
      lacking.append(name)
      return nil
    }
    used.append(fact)
    return fact
  }

  mutating func number(_ name: String) -> Double? { fact(name)?.value.number }
  mutating func text(_ name: String) -> String? { fact(name)?.value.text }

  mutating func time(_ name: String) -> Instant? {
    if case .time(let time)? = fact(name)?.value { time } else { nil }
  }

  mutating func flag(_ name: String) -> Bool? {
    if case .flag(let flag)? = fact(name)?.value { flag } else { nil }
  }

  /// The number if it is known, without making the derivation unknown where it is not.
  mutating func optionalNumber(_ name: String) -> Double? {
    guard let fact = view.fact(name), let number = fact.value.number else { return nil }
    used.append(fact)
    return number
  }

  mutating func optionalText(_ name: String) -> String? {
    guard let fact = view.fact(name), let text = fact.value.text else { return nil }
    used.append(fact)
    return text
  }

  mutating func optionalTime(_ name: String) -> Instant? {
    guard let fact = view.fact(name), case .time(let time) = fact.value else { return nil }
    used.append(fact)
    return time
  }

  mutating func optionalFlag(_ name: String) -> Bool? {
    guard let fact = view.fact(name), case .flag(let flag) = fact.value else { return nil }
    used.append(fact)
    return flag
  }

  /// The values of a fact over time, folded over its parts, oldest first; only dated ones.
  mutating func series(_ name: String) -> [KnownFact] {
    let series = view.series(name)
    if let first = series.first { used.append(first) }
    if series.count > 1, let last = series.last { used.append(last) }
    note(series, of: name)
    return series
  }

  /// The same, of which the derivation cites what it chooses.
  mutating func uncitedSeries(_ name: String) -> [KnownFact] {
    let series = view.series(name)
    note(series, of: name)
    return series
  }

  private mutating func note(_ series: [KnownFact], of name: String) {
    if series.isEmpty { lacking.append(name) }
    if series.count < 2, view.fact(name) != nil { knownOnce.append(name) }
  }

  /// The newest value of every part of a fact.
  mutating func parts(_ name: String) -> [KnownFact] {
    let parts = view.parts(name)
    if parts.isEmpty { lacking.append(name) }
    return parts
  }

  /// The values of every part over time, oldest first; only dated ones.
  mutating func points(_ name: String) -> [String: [KnownFact]] { view.points(name) }

  /// What every source says of every part, also where no time is known.
  mutating func captures(_ name: String) -> [String: [KnownFact]] {
    let captures = view.captures(name)
    if captures.isEmpty { lacking.append(name) }
    return captures
  }

  /// False where the source of a fact has a clock that states no zone and nothing anchors.
  func isClockKnown(of fact: KnownFact) -> Bool {
    view.evidence.isClockKnown(of: fact.origin.source)
  }

  /// The newest moment that the evidence tells of.
  var newestMoment: Instant? { view.evidence.newestMoment }

  /// A fact that only guards the computation: it is neither cited nor asked for.
  func peek(_ name: String) -> KnownFact? { view.fact(name) }
  func peekSeries(_ name: String) -> [KnownFact] { view.series(name) }

  /// What the evidence calls the subject; `?` where it does not.
  var subjectName: String { view.evidence.subjects[view.subject].name }

  /// True where the evidence itself relates the subject to the one of that kind.
  func isStatedNeighbour(_ kind: SubjectKind) -> Bool {
    let (subjects, isAssumed) = view.evidence.related(to: view.subject, kind: kind)
    return subjects.count == 1 && !isAssumed
  }

  /// True of the only one of that kind that is related, or that there is, with one host in all.
  func isOnThisHost(_ kind: SubjectKind) -> Bool {
    isStatedNeighbour(kind)
      || view.evidence.related(to: view.subject, kind: kind).subjects.count == 1
        && view.evidence.subjects.count { $0.kind == .host } == 1
  }

  /// Cites a part that was chosen.
  mutating func cite(_ fact: KnownFact) { used.append(fact) }
}
