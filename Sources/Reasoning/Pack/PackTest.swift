import Model

extension RulePack {
  /// Runs the examples of packs, looks what they exercise, and shifts each threshold to half and to
  /// double: each shift must fail some example, or nobody would notice if it were wrong.
  ///
  /// `names` are the packs that are tested; nil is all. A cause of another pack runs too where it
  /// weighs a symptom that is tested.
  package func test(_ names: Set<String>? = nil) -> RuleTestReport {
    func isTested(_ pack: String) -> Bool { names?.contains(pack) ?? true }
    let tested = symptoms.values.filter { isTested($0.pack) }.sorted { $0.id < $1.id }
    let changed = Set(tested.map(\.id))
    let run = causes.filter { cause in
      isTested(cause.pack) || cause.evidence.contains { changed.contains($0.symptom) }
    }
    let runs = run.flatMap { cause in cause.examples.map { self.run($0, of: cause) } }
    let checks =
      symptomChecks(tested, runs) + weightChecks(run.filter { isTested($0.pack) }, runs)
      + factChecks(tested, runs) + thresholdChecks(tested, causes: run) + riskChecks(isTested)
    return RuleTestReport(
      examples: runs.map(\.report) + runRiskExamples(isTested), checks: checks)
  }

  private func symptomChecks(
    _ tested: [Symptom], _ runs: [ExampleRun]
  ) -> [RuleTestReport.Check] {
    tested.flatMap { symptom in
      [(Truth.holds, "holds"), (Truth.fails, "fails")].map { truth, word in
        let isSeen = runs.contains { $0.judgements[symptom.id]?.truth == truth }
        return RuleTestReport.Check(
          .symptom, place: "\(symptom.place)", name: "\(symptom.id) \(word)",
          gap: isSeen ? nil : "'\(symptom.id)' \(word) in no example")
      }
    }
  }

  /// A weight is exercised where it counts: in its group a stronger one may have spoken instead.
  private func weightChecks(
    _ causes: [Cause], _ runs: [ExampleRun]
  ) -> [RuleTestReport.Check] {
    causes.flatMap { cause in
      let sheets = runs.filter { $0.report.cause == cause.id }.compactMap(\.report.sheet)
      return cause.evidence.flatMap { entry in
        [(entry.holds, ScoreSheet.Finding.holds), (entry.fails, .fails)].compactMap {
          weight, finding -> RuleTestReport.Check? in
          guard weight != 0 else { return nil }
          let counts = sheets.contains { sheet in
            sheet.entries.contains {
              $0.symptom == entry.symptom && $0.finding == finding && $0.weight == weight
            }
          }
          let name = "\(entry.symptom) \(finding.rawValue): \(signed(weight))"
          return RuleTestReport.Check(
            .weight, place: "\(entry.place)", name: "\(cause.id): \(name)",
            gap: counts ? nil : "'\(name)' counts in no example of '\(cause.id)'")
        }
      }
    }
  }

  /// A fact is exercised where it helped to decide a condition that reads it.
  private func factChecks(_ tested: [Symptom], _ runs: [ExampleRun]) -> [RuleTestReport.Check] {
    var used: Set<String> = []
    for run in runs {
      for judgement in run.judgements.values { used.formUnion(judgement.used.map(\.name)) }
    }
    var seen: Set<String> = []
    return tested.flatMap { symptom in
      symptom.condition.facts.filter { seen.insert($0).inserted }.map { name in
        RuleTestReport.Check(
          .fact, place: "\(symptom.place)", name: name,
          gap: used.contains(name) ? nil : "the fact '\(name)' decides nothing in any example")
      }
    }
  }

  private func thresholdChecks(
    _ tested: [Symptom], causes: [Cause]
  ) -> [RuleTestReport.Check] {
    tested.flatMap { symptom in
      let examples = causes.flatMap { cause in
        cause.examples.filter { example in
          cause.evidence.contains { $0.symptom == symptom.id }
            || (example.holds + example.fails).contains(symptom.id)
        }.map { (cause, $0) }
      }
      return symptom.condition.thresholds.enumerated().flatMap { index, written in
        [("0.5", 0.5), ("2", 2.0)].map { shown, factor in
          let shifted = replacing(
            symptom.with(condition: symptom.condition.scaling(index, by: factor)))
          let isNoticed = examples.contains { !shifted.isAsExpected($0.1, of: $0.0) }
          let name = "\(symptom.id): \(written) x \(shown)"
          return RuleTestReport.Check(
            .threshold, place: "\(symptom.place)", name: name,
            gap: isNoticed
              ? nil
              : "threshold \(written) of '\(symptom.id)' is not pinned by an example: "
                + "with \(written) x \(shown) none fails")
        }
      }
    }
  }
}

extension Symptom {
  fileprivate func with(condition: Condition) -> Symptom {
    Symptom(
      id: id, pack: pack, subject: subject, condition: condition, when: when, says: says,
      saysNot: saysNot, isImpact: isImpact, since: since, source: source, place: place)
  }
}

extension Condition {
  /// The numbers other than zero that are compared with, as written.
  var thresholds: [String] {
    switch self {
    case .compare(let a, _, let b): a.numbers + b.numbers
    case .flag: []
    case .and(let a, let b), .or(let a, let b): a.thresholds + b.thresholds
    case .not(let a): a.thresholds
    }
  }

  /// The same with the number at an index of `thresholds` multiplied.
  func scaling(_ index: Int, by factor: Double) -> Condition {
    switch self {
    case .compare(let a, let comparison, let b):
      .compare(
        a.scaling(index, by: factor), comparison, b.scaling(index - a.numbers.count, by: factor))
    case .flag: self
    case .and(let a, let b):
      .and(a.scaling(index, by: factor), b.scaling(index - a.thresholds.count, by: factor))
    case .or(let a, let b):
      .or(a.scaling(index, by: factor), b.scaling(index - a.thresholds.count, by: factor))
    case .not(let a): .not(a.scaling(index, by: factor))
    }
  }
}

extension Condition.Expression {
  fileprivate var numbers: [String] {
    switch self {
    case .number(let number, _, let written): number == 0 ? [] : [written]
    case .text, .fact: []
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b),
      .divide(let a, let b):
      a.numbers + b.numbers
    }
  }

  fileprivate func scaling(_ index: Int, by factor: Double) -> Self {
    func both(_ a: Self, _ b: Self) -> (Self, Self) {
      (a.scaling(index, by: factor), b.scaling(index - a.numbers.count, by: factor))
    }
    switch self {
    case .number(let number, let dimension, let written):
      return number != 0 && index == 0
        ? .number(number * factor, dimension, written: written) : self
    case .text, .fact: return self
    case .add(let a, let b):
      let (a, b) = both(a, b)
      return .add(a, b)
    case .subtract(let a, let b):
      let (a, b) = both(a, b)
      return .subtract(a, b)
    case .multiply(let a, let b):
      let (a, b) = both(a, b)
      return .multiply(a, b)
    case .divide(let a, let b):
      let (a, b) = both(a, b)
      return .divide(a, b)
    }
  }
}
