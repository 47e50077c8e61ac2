import Model

/// An example as it was weighed: what the report says of it, and what each symptom turned out to be.
struct ExampleRun {
  let report: RuleTestReport.Example
  /// Of every symptom of the pack, also of those that the cause does not weigh.
  let judgements: [String: Judgement]
}

extension RulePack {
  /// Runs one example: examples are the tests of the pack and its documentation.
  func run(_ example: Example, of cause: Cause) -> ExampleRun {
    let (judge, hypothesis) = weigh(example, of: cause)
    var judgements: [String: Judgement] = [:]
    if let hypothesis {
      judgements = symptoms.mapValues { judge.judge($0, for: hypothesis.subject) }
    }
    return ExampleRun(
      report: RuleTestReport.Example(
        cause: cause.id, title: example.title.isEmpty ? "\(example.place)" : example.title,
        place: "\(example.place)", isExpectedAccused: example.isAccused,
        isAccused: hypothesis?.isAccused ?? false,
        sheet: hypothesis.map { scoreSheet($0, judge: judge) },
        complaints: complaints(example, judge, hypothesis)),
      judgements: judgements)
  }

  /// Whether an example is as it says.
  func isAsExpected(_ example: Example, of cause: Cause) -> Bool {
    let (judge, hypothesis) = weigh(example, of: cause)
    return hypothesis?.isAccused ?? false == example.isAccused
      && complaints(example, judge, hypothesis).isEmpty
  }

  private func weigh(_ example: Example, of cause: Cause) -> (Judge, Hypothesis?) {
    let evidence = IdentifiedEvidence(ledger(of: example, for: cause.subject))
    let derived = example.facts.filter { table.derivations[$0.name] != nil }
    let judge = Judge(
      evidence, pack: self, window: nil,
      given: Dictionary(derived, uniquingKeysWith: { _, last in last }))
    let subject = evidence.subjects.indices.first { evidence.subjects[$0].kind == cause.subject }
    return (judge, subject.map { Hypothesis(cause, subject: $0, judge: judge) })
  }

  private func complaints(
    _ example: Example, _ judge: Judge, _ hypothesis: Hypothesis?
  ) -> [String] {
    func wrong(_ ids: [String], _ expected: Truth, _ word: String) -> [String] {
      ids.compactMap { id in
        let judgement = hypothesis.flatMap { hypothesis in
          symptoms[id].map { judge.judge($0, for: hypothesis.subject) }
        }
        let truth = judgement?.truth ?? .unknown
        guard truth != expected else { return nil }
        let lacking = Set(judgement?.lacking ?? []).sorted()
        let reason =
          truth == .unknown && !lacking.isEmpty
          ? ", for want of " + lacking.joined(separator: ", ") : ""
        return "'\(id)' was to \(word); it is \(truth.word)\(reason)"
      }
    }
    return wrong(example.holds, .holds, "hold") + wrong(example.fails, .fails, "fail")
  }

  /// The example's facts as evidence: one subject of each kind, all on one machine.
  private func ledger(of example: Example, for kind: SubjectKind) -> Ledger {
    var page = Page(kind: .applicationLog)
    let origin = Origin(line: 1, excerpt: "")
    _ = page.subject(kind)
    for (name, value) in example.facts {
      guard let definition = table[name] else { continue }
      let subject = page.subject(definition.subject)
      guard table.observed[name] != nil else { continue }
      page.record(name, value, of: subject, part: "example", origin: origin)
    }
    var ledger = Ledger()
    ledger.add(
      InputAccount(path: example.place.file, folder: "", kind: nil, status: .read), page: page)
    return ledger
  }
}

extension Truth {
  /// `it is true`.
  fileprivate var word: String {
    switch self {
    case .holds: "true"
    case .fails: "false"
    case .unknown: "not known"
    }
  }
}
