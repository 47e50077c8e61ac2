import Model

/// The examples of risks are their tests: each bad one must be found, no good one may be.
extension RulePack {
  func runRiskExamples(_ isTested: (String) -> Bool) -> [RuleTestReport.Example] {
    risks.filter { isTested($0.pack) }.flatMap { risk in
      risk.bad.map { run($0, of: risk, isBad: true) }
        + risk.good.map { run($0, of: risk, isBad: false) }
    }
  }

  /// Each number of a condition, halved and doubled, must change what some example gives.
  func riskChecks(_ isTested: (String) -> Bool) -> [RuleTestReport.Check] {
    risks.filter { isTested($0.pack) }.flatMap { risk in
      risk.condition.thresholds.enumerated().flatMap { index, written in
        [("0.5", 0.5), ("2", 2.0)].map { shown, factor in
          let shifted = risk.condition.scaling(index, by: factor)
          let isNoticed =
            risk.bad.contains { truth(of: shifted, $0, risk) != .holds }
            || risk.good.contains { truth(of: shifted, $0, risk) == .holds }
          let name = "\(risk.id): \(written) x \(shown)"
          return RuleTestReport.Check(
            .threshold, place: "\(risk.place)", name: name,
            gap: isNoticed
              ? nil
              : "threshold \(written) of '\(risk.id)' is not pinned by an example: "
                + "with \(written) x \(shown) none fails")
        }
      }
    }
  }

  private func run(_ example: RiskExample, of risk: Risk, isBad: Bool) -> RuleTestReport.Example {
    let truth = truth(of: risk.condition, example, risk)
    return RuleTestReport.Example(
      cause: risk.id, title: isBad ? "a bad example" : "a good example",
      place: "\(example.place)", isExpectedAccused: isBad, isAccused: truth == .holds, sheet: nil,
      complaints: isBad == (truth == .holds)
        ? [] : [isBad ? "this bad example is not found" : "this good example is found"])
  }

  private func truth(of condition: Condition, _ example: RiskExample, _ risk: Risk) -> Truth {
    var page = Page(kind: .applicationConfig)
    let origin = Origin(line: 1, excerpt: "")
    _ = page.subject(risk.subject)
    for (name, value) in example.facts {
      guard let definition = table[name], table.observed[name] != nil else { continue }
      page.record(name, value, of: page.subject(definition.subject), origin: origin)
    }
    var ledger = Ledger()
    ledger.add(
      InputAccount(path: example.place.file, folder: "", kind: nil, status: .read), page: page)
    let evidence = IdentifiedEvidence(ledger)
    let given = example.facts.filter { table.derivations[$0.name] != nil }
    let views = ViewCache(
      evidence, table: table, window: nil,
      given: Dictionary(given, uniquingKeysWith: { _, last in last }))
    guard
      let subject = evidence.subjects.indices.first(where: {
        evidence.subjects[$0].kind == risk.subject
      })
    else { return .unknown }
    return condition.evaluate { views.view(of: subject).fact($0) }.truth
  }
}
