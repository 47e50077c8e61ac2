extension RulePack {
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
