import Model

/// What `rules test` finds: failing examples, and what no example would notice.
package struct PackReport: Sendable {
  package let examples: [ExampleResult]
  /// Symptoms that hold in no example, or fail in none: `session-bloat: sessions-never-expire never
  /// holds`.
  package let unexercised: [String]
  /// Thresholds that can be halved or doubled without any example failing.
  package let unpinned: [String]

  package var failures: [ExampleResult] { examples.filter { !$0.isAsExpected } }
}

extension RulePack {
  /// Runs the examples, looks which weights they exercise, and shifts each threshold by half and by
  /// double: each shift must fail some example, or nobody would notice if it were wrong.
  package func test(causes ids: Set<String>? = nil) -> PackReport {
    let chosen = causes.filter { ids?.contains($0.id) ?? true }
    let examples = chosen.flatMap { cause in cause.examples.map { run($0, of: cause) } }
    var unexercised: [String] = []
    for cause in chosen {
      let own = examples.filter { $0.cause == cause.id }
      for entry in cause.evidence {
        if entry.holds != 0, !own.contains(where: { $0.truths[entry.symptom] == .holds }) {
          unexercised.append("\(entry.place): '\(entry.symptom)' holds in no example")
        }
        if entry.fails != 0, !own.contains(where: { $0.truths[entry.symptom] == .fails }) {
          unexercised.append("\(entry.place): '\(entry.symptom)' fails in no example")
        }
      }
    }
    return PackReport(
      examples: examples, unexercised: unexercised, unpinned: unpinned(in: chosen))
  }

  private func unpinned(in chosen: [Cause]) -> [String] {
    let used = Set(chosen.flatMap { $0.evidence.map(\.symptom) }).sorted()
    return used.compactMap { symptoms[$0] }.flatMap { symptom in
      let users = chosen.filter { $0.evidence.contains { $0.symptom == symptom.id } }
      return (0..<symptom.condition.thresholds).flatMap { index in
        [0.5, 2.0].compactMap { factor -> String? in
          let shifted = replacing(
            symptom.with(condition: symptom.condition.scaling(index, by: factor)))
          let notices = users.contains { cause in
            cause.examples.contains { !shifted.run($0, of: cause).isAsExpected }
          }
          return notices
            ? nil
            : "\(symptom.place): threshold \(index + 1) of '\(symptom.id)' x \(factor): "
              + "no example fails"
        }
      }
    }
  }
}

extension Symptom {
  fileprivate func with(condition: Condition) -> Symptom {
    Symptom(
      id: id, subject: subject, condition: condition, says: says, saysNot: saysNot,
      isImpact: isImpact, since: since, source: source, place: place)
  }
}

extension Condition {
  /// How many numbers other than zero are compared with.
  var thresholds: Int {
    switch self {
    case .compare(let a, _, let b): a.numbers + b.numbers
    case .flag: 0
    case .and(let a, let b), .or(let a, let b): a.thresholds + b.thresholds
    case .not(let a): a.thresholds
    }
  }

  /// The same with the number at an index of `thresholds` multiplied.
  func scaling(_ index: Int, by factor: Double) -> Condition {
    switch self {
    case .compare(let a, let comparison, let b):
      .compare(
        a.scaling(index, by: factor), comparison, b.scaling(index - a.numbers, by: factor))
    case .flag: self
    case .and(let a, let b):
      .and(a.scaling(index, by: factor), b.scaling(index - a.thresholds, by: factor))
    case .or(let a, let b):
      .or(a.scaling(index, by: factor), b.scaling(index - a.thresholds, by: factor))
    case .not(let a): .not(a.scaling(index, by: factor))
    }
  }
}

extension Condition.Expression {
  fileprivate var numbers: Int {
    switch self {
    case .number(let number, _): number == 0 ? 0 : 1
    case .text, .fact: 0
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b),
      .divide(let a, let b):
      a.numbers + b.numbers
    }
  }

  fileprivate func scaling(_ index: Int, by factor: Double) -> Self {
    func both(_ a: Self, _ b: Self) -> (Self, Self) {
      (a.scaling(index, by: factor), b.scaling(index - a.numbers, by: factor))
    }
    switch self {
    case .number(let number, let dimension):
      return number != 0 && index == 0 ? .number(number * factor, dimension) : self
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
