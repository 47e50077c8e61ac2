import Model

/// Three values: what is not known is neither true nor false.
package enum Truth: Sendable {
  case holds, fails, unknown

  static func && (a: Truth, b: Truth) -> Truth {
    if a == .fails || b == .fails { return .fails }
    return a == .holds && b == .holds ? .holds : .unknown
  }

  static func || (a: Truth, b: Truth) -> Truth {
    if a == .holds || b == .holds { return .holds }
    return a == .fails && b == .fails ? .fails : .unknown
  }

  static prefix func ! (a: Truth) -> Truth {
    switch a {
    case .holds: .fails
    case .fails: .holds
    case .unknown: .unknown
    }
  }
}

/// A small, total, typed language over facts: comparison, `and` `or` `not`, arithmetic, literals
/// with units. Units are checked when a pack is loaded; evaluation cannot fail, only not know.
indirect enum Condition: Sendable {
  case compare(Expression, Comparison, Expression)
  case flag(String)
  case and(Condition, Condition)
  case or(Condition, Condition)
  case not(Condition)

  enum Comparison: String, Sendable, CaseIterable {
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case equal = "=="
    case different = "!="
    case less = "<"
    case greater = ">"
  }

  indirect enum Expression: Sendable {
    case number(Double, Dimension, written: String)
    case text(String)
    case fact(String)
    case add(Expression, Expression)
    case subtract(Expression, Expression)
    case multiply(Expression, Expression)
    case divide(Expression, Expression)
  }

  /// The facts that are read, in the order they are written.
  var facts: [String] {
    switch self {
    case .compare(let a, _, let b): a.facts + b.facts
    case .flag(let name): [name]
    case .and(let a, let b), .or(let a, let b): a.facts + b.facts
    case .not(let a): a.facts
    }
  }
}

extension Condition.Expression {
  var facts: [String] {
    switch self {
    case .number, .text: []
    case .fact(let name): [name]
    case .add(let a, let b), .subtract(let a, let b), .multiply(let a, let b),
      .divide(let a, let b):
      a.facts + b.facts
    }
  }
}

/// What a condition found: its truth, the facts that it rests on and the facts it lacked.
struct Evaluation: Sendable {
  var truth: Truth
  var used: [KnownFact] = []
  var lacking: [String] = []
}

extension Condition {
  /// Evaluates over the facts that `lookUp` knows.
  func evaluate(_ lookUp: (String) -> KnownFact?) -> Evaluation {
    switch self {
    case .flag(let name):
      guard let fact = lookUp(name), case .flag(let isTrue) = fact.value else {
        return Evaluation(truth: .unknown, lacking: [name])
      }
      return Evaluation(truth: isTrue ? .holds : .fails, used: [fact])
    case .not(let inner):
      var finding = inner.evaluate(lookUp)
      finding.truth = !finding.truth
      return finding
    case .and(let a, let b):
      return Condition.join(a.evaluate(lookUp), b.evaluate(lookUp), deciding: .fails, &&)
    case .or(let a, let b):
      return Condition.join(a.evaluate(lookUp), b.evaluate(lookUp), deciding: .holds, ||)
    case .compare(let a, let comparison, let b):
      var finding = Evaluation(truth: .unknown)
      let left = a.evaluate(lookUp, &finding)
      let right = b.evaluate(lookUp, &finding)
      if let left, let right {
        finding.truth = comparison.apply(left, right) ? .holds : .fails
      }
      return finding
    }
  }

  /// Where one side decides alone, only its facts are evidence; otherwise both sides' are.
  private static func join(
    _ a: Evaluation, _ b: Evaluation, deciding: Truth, _ operation: (Truth, Truth) -> Truth
  ) -> Evaluation {
    let truth = operation(a.truth, b.truth)
    guard truth == deciding else {
      return Evaluation(truth: truth, used: a.used + b.used, lacking: a.lacking + b.lacking)
    }
    let sides = [a, b].filter { $0.truth == deciding }
    return Evaluation(truth: truth, used: sides.flatMap(\.used))
  }
}

extension Condition.Expression {
  /// What it comes to; nil where a fact of it is not known.
  func value(_ lookUp: (String) -> KnownFact?) -> Value? {
    var finding = Evaluation(truth: .unknown)
    return evaluate(lookUp, &finding)
  }

  fileprivate func evaluate(
    _ lookUp: (String) -> KnownFact?, _ finding: inout Evaluation
  ) -> Value? {
    switch self {
    case .number(let number, _, _): return .number(number)
    case .text(let text): return .text(text)
    case .fact(let name):
      guard let fact = lookUp(name) else {
        finding.lacking.append(name)
        return nil
      }
      finding.used.append(fact)
      return fact.value
    case .add(let a, let b): return arithmetic(a, b, lookUp, &finding, +)
    case .subtract(let a, let b): return arithmetic(a, b, lookUp, &finding, -)
    case .multiply(let a, let b): return arithmetic(a, b, lookUp, &finding, *)
    case .divide(let a, let b):
      return arithmetic(a, b, lookUp, &finding) { $1 == 0 ? .nan : $0 / $1 }
    }
  }

  private func arithmetic(
    _ a: Self, _ b: Self, _ lookUp: (String) -> KnownFact?, _ finding: inout Evaluation,
    _ operation: (Double, Double) -> Double
  ) -> Value? {
    let left = a.evaluate(lookUp, &finding)?.number
    let right = b.evaluate(lookUp, &finding)?.number
    guard let left, let right else { return nil }
    let result = operation(left, right)
    return result.isFinite ? .number(result) : nil
  }
}

extension Condition.Comparison {
  fileprivate func apply(_ a: Value, _ b: Value) -> Bool {
    switch (a, b) {
    case (.number(let a), .number(let b)): ordered(a, b)
    case (.time(let a), .time(let b)): ordered(a, b)
    case (.text(let a), .text(let b)): ordered(a, b)
    default: self == .different
    }
  }

  private func ordered<T: Comparable>(_ a: T, _ b: T) -> Bool {
    switch self {
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    case .equal: a == b
    case .different: a != b
    }
  }
}
