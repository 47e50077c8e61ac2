import Model

/// The value of a fact for one subject, as conditions read it: folded from what was observed, or
/// derived, with all that it rests on.
struct KnownFact: Sendable {
  let definition: FactDefinition
  /// Index of the subject in the identified evidence.
  let subject: Int
  let value: Value
  let part: String?
  let time: Instant?
  /// What the log or metric behind it speaks for.
  let coverage: TimeSpan?
  /// Where it stands. A derived fact stands where its inputs stand.
  let origin: Origin
  /// The observed facts that a derived one was computed from; empty for an observed one.
  let inputs: [KnownFact]

  var name: String { definition.name }

  /// The observed facts at the bottom of it.
  var leaves: [KnownFact] { inputs.isEmpty ? [self] : inputs.flatMap(\.leaves) }
}

/// All facts a condition can name: what readers record and what is derived of it.
struct FactTable: Sendable {
  /// What readers record and what identification states.
  let observed: [String: FactDefinition]
  let derivations: [String: Derivation]

  init(catalogue: Catalogue, derivations: [Derivation]) {
    observed = catalogue.definitions.merging(Catalogue(groups: identityFacts).definitions) {
      first, _ in first
    }
    self.derivations = Dictionary(
      derivations.map { ($0.definition.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  static let builtIn = FactTable(
    catalogue: .observed, derivations: Derivation.all)

  subscript(name: String) -> FactDefinition? {
    observed[name] ?? derivations[name]?.definition
  }

  /// The observed facts that a fact is made of: itself, or the inputs' of a derived one.
  func leaves(of name: String) -> Set<String> {
    guard let derivation = derivations[name] else { return [name] }
    return derivation.inputs.reduce(into: []) { $0.formUnion(leaves(of: $1)) }
  }

  /// The declared name that is nearest to a mistyped one.
  func suggestion(for name: String) -> String? {
    let names = Array(observed.keys) + Array(derivations.keys)
    let best = names.map { ($0, editDistance($0, name)) }
      .min { ($0.1, $0.0) < ($1.1, $1.0) }
    guard let best, best.1 <= max(3, name.count / 4) else { return nil }
    return "did you mean '\(best.0)'?"
  }
}

/// Levenshtein's distance, for suggestions; names are short.
func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.utf8), Array(b.utf8))
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let above = row[j + 1]
      row[j + 1] = x == y ? diagonal : 1 + min(diagonal, min(above, row[j]))
      diagonal = above
    }
  }
  return row[b.count]
}
