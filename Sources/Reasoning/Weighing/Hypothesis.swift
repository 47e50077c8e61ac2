import Model

/// One cause for one subject: a yes/no question with its own probability. Causes coexist, so the
/// probabilities of several do not sum to one.
struct Hypothesis {
  let cause: Cause
  let subject: Int
  let entries: [WeighedEntry]
  /// Decibans: prior plus what counted.
  let score: Int

  struct WeighedEntry {
    let entry: EvidenceEntry
    let judgement: Judgement
    /// What counted: 0 where a stronger entry of its group spoke.
    let weight: Int
  }

  var probability: Double { Reasoning.probability(ofScore: score) }

  /// Evidence of this very mechanism is there.
  var hasDirect: Bool {
    entries.contains {
      $0.entry.isDirect && $0.entry.holds > 0 && $0.judgement.truth == .holds
        && !$0.judgement.isShared
    }
  }

  /// Background discomfort alone accuses nobody.
  var isAccused: Bool { score >= 0 && hasDirect }

  var speaksFor: [WeighedEntry] { entries.filter { $0.claimed > 0 } }
  var speaksAgainst: [WeighedEntry] { entries.filter { $0.claimed < 0 } }

  /// When it began: the earliest onset of its direct evidence.
  var onset: Onset? {
    entries.filter { $0.entry.isDirect && $0.judgement.truth == .holds }
      .compactMap(\.judgement.onset).min { $0.time < $1.time }
  }

  /// Users feel it.
  var hasImpact: Bool {
    entries.contains { $0.judgement.symptom.isImpact && $0.judgement.truth == .holds }
  }

  init(_ cause: Cause, subject: Int, judge: Judge) {
    self.cause = cause
    self.subject = subject
    let judged = cause.evidence.compactMap { entry in
      judge.pack.symptoms[entry.symptom].map { (entry, judge.judge($0, for: subject)) }
    }
    var strongest: [String: Int] = [:]
    for (index, (entry, judgement)) in judged.enumerated() {
      let claimed = Hypothesis.claimed(entry, judgement.truth)
      guard let group = entry.group, claimed != 0 else { continue }
      let key = group + (claimed > 0 ? "+" : "-")
      if let best = strongest[key] {
        let bestClaim = Hypothesis.claimed(judged[best].0, judged[best].1.truth)
        if abs(claimed) > abs(bestClaim) { strongest[key] = index }
      } else {
        strongest[key] = index
      }
    }
    let counting = Set(strongest.values)
    entries = judged.enumerated().map { index, pair in
      let claimed = Hypothesis.claimed(pair.0, pair.1.truth)
      let counts = pair.0.group == nil || counting.contains(index)
      return WeighedEntry(entry: pair.0, judgement: pair.1, weight: counts ? claimed : 0)
    }
    score = entries.reduce(cause.prior) { $0 + $1.weight }
  }

  private static func claimed(_ entry: EvidenceEntry, _ truth: Truth) -> Int {
    switch truth {
    case .holds: entry.holds
    case .fails: entry.fails
    case .unknown: 0
    }
  }
}

extension IdentifiedEvidence {
  /// The subjects that a cause is weighed for: those of its kind; where none of these was given, those
  /// of the kind that stands in, whose own evidence may tell as much.
  func subjects(for cause: Cause) -> [Int] {
    let own = subjects.indices.filter { subjects[$0].kind == cause.subject }
    guard let standIn = cause.standIn, !own.contains(where: isSeen) else { return own }
    let others = subjects.indices.filter { subjects[$0].kind == standIn && isSeen($0) }
    return others.isEmpty ? own : others
  }
}

extension Hypothesis.WeighedEntry {
  /// The weight it would have had alone; tells for from against also where a group outvoted it.
  var claimed: Int {
    switch judgement.truth {
    case .holds: entry.holds
    case .fails: entry.fails
    case .unknown: 0
    }
  }
}

/// P = 1 / (1 + 10^(-score/10)), for whole decibans.
func probability(ofScore score: Int) -> Double { 1 / (1 + decibanRatio(-score)) }

/// 10^(decibans/10), exact enough and the same everywhere: a product of a table and whole powers
/// of ten, so that no library's `pow` shows in the fourth decimal.
private func decibanRatio(_ decibans: Int) -> Double {
  let table = [
    1.0, 1.2589254117941673, 1.5848931924611136, 1.9952623149688795, 2.51188643150958,
    3.1622776601683795, 3.9810717055349722, 5.011872336272722, 6.309573444801933,
    7.943282347242816,
  ]
  let clamped = max(-300, min(300, decibans))
  let tens = clamped >= 0 ? clamped / 10 : -((9 - clamped) / 10)
  var ratio = table[clamped - tens * 10]
  for _ in 0..<abs(tens) { ratio = tens > 0 ? ratio * 10 : ratio / 10 }
  return ratio
}
