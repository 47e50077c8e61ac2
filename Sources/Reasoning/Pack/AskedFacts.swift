extension RulePack {
  /// The facts, as readers record them, that risks ask about or tell of.
  package var factsOfRisks: Set<String> {
    risks.reduce(into: []) { names, risk in
      let asked = risk.condition.facts + risk.at + risk.says.names + risk.fix.names
      for fact in asked { names.formUnion(table.leaves(of: fact)) }
    }
  }

  /// The facts, as readers record them, that the evidence for and against a cause rests on: what is
  /// worth collecting where it is suspected.
  package func observedFacts(of cause: Cause) -> Set<String> {
    cause.evidence.reduce(into: []) { names, entry in
      for fact in symptoms[entry.symptom]?.condition.facts ?? [] {
        names.formUnion(table.leaves(of: fact))
      }
    }
  }
}
