import Model

/// What became of one example of a cause.
package struct ExampleResult: Sendable {
  package let cause: String
  package let title: String
  package let place: RulePlace
  package let expected: Bool
  /// Nil where the facts bring up no subject of the cause's kind.
  package let probability: Double?
  package let isAccused: Bool
  /// What each symptom of the cause turned out to be.
  package let truths: [String: Truth]

  package var isAsExpected: Bool { expected == isAccused }
}

extension RulePack {
  /// Runs one example: examples are the tests of the pack and its documentation.
  func run(_ example: Example, of cause: Cause) -> ExampleResult {
    let evidence = IdentifiedEvidence(ledger(of: example, for: cause.subject))
    let derived = example.facts.filter { table.derivations[$0.name] != nil }
    let judge = Judge(
      evidence, pack: self, window: nil,
      given: Dictionary(derived, uniquingKeysWith: { _, last in last }))
    let hypothesis = evidence.subjects.indices
      .first { evidence.subjects[$0].kind == cause.subject }
      .map { Hypothesis(cause, subject: $0, judge: judge) }
    return ExampleResult(
      cause: cause.id, title: example.title, place: example.place, expected: example.isAccused,
      probability: hypothesis?.probability, isAccused: hypothesis?.isAccused ?? false,
      truths: Dictionary(
        hypothesis?.entries.map { ($0.entry.symptom, $0.judgement.truth) } ?? [],
        uniquingKeysWith: { first, _ in first }))
  }

  /// The example's facts as evidence: one subject of each kind, all on one machine.
  private func ledger(of example: Example, for kind: SubjectKind) -> Ledger {
    var page = Page(kind: .applicationLog)
    let origin = Origin(line: 1, excerpt: "")
    _ = page.subject(kind)
    for (name, value) in example.facts {
      guard let definition = table.observed[name] else { continue }
      page.record(
        name, value, of: page.subject(definition.subject), part: "example", origin: origin)
    }
    var ledger = Ledger()
    ledger.add(
      InputAccount(path: example.place.file, folder: "", kind: nil, status: .read), page: page)
    return ledger
  }
}
