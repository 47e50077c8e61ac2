import Model

/// What makes a pack sound as a whole, once each of its files can be read.
extension RulePack {
  /// `weighed` are the symptoms that some cause weighs, also one that a later pack overrides.
  func check(weighed: Set<String>, log: RuleErrorLog) {
    let ids = Set(causes.map(\.id))
    for cause in causes {
      for entry in cause.evidence where symptoms[entry.symptom] == nil {
        log.add(unknownSymptom(entry.symptom, at: entry.place))
      }
      for named in cause.explains + cause.contributesTo where !ids.contains(named) {
        log.add(
          RuleError(
            cause.place, "'\(cause.id)' names the unknown cause '\(named)'",
            hint: nearest(named, in: Array(ids))))
      }
      for example in cause.examples {
        for named in example.holds + example.fails where symptoms[named] == nil {
          log.add(unknownSymptom(named, at: example.place))
        }
      }
      checkIndependence(cause, log: log)
    }
    for symptom in symptoms.values.sorted(by: { $0.id < $1.id })
    where !weighed.contains(symptom.id) && !symptom.isImpact {
      log.add(
        RuleError(
          symptom.place, "no cause uses the symptom '\(symptom.id)'",
          hint: "weigh it in a cause, mark it 'impact: true', or delete it"))
    }
  }

  /// Two entries that rest on a common fact must share a group, or it would count twice.
  private func checkIndependence(_ cause: Cause, log: RuleErrorLog) {
    let leaves = cause.evidence.map { entry in
      (symptoms[entry.symptom]?.condition.facts ?? []).reduce(into: Set<String>()) {
        $0.formUnion(table.leaves(of: $1))
      }
    }
    for (i, a) in cause.evidence.enumerated() {
      for (j, b) in cause.evidence.enumerated() where j > i {
        guard a.group == nil || a.group != b.group else { continue }
        let common = leaves[i].intersection(leaves[j]).sorted()
        guard let fact = common.first else { continue }
        log.add(
          RuleError(
            b.place,
            "'\(a.symptom)' and '\(b.symptom)' both rest on '\(fact)' and would count twice",
            hint: "give both the same group"))
      }
    }
  }

  private func unknownSymptom(_ name: String, at place: RulePlace) -> RuleError {
    RuleError(
      place, "unknown symptom '\(name)'", hint: nearest(name, in: Array(symptoms.keys)))
  }

  private func nearest(_ name: String, in names: [String]) -> String {
    let best = names.min { (editDistance($0, name), $0) < (editDistance($1, name), $1) }
    guard let best, editDistance(best, name) <= max(3, name.count / 3) else {
      return "'triage rules list' names what there is"
    }
    return "did you mean '\(best)'?"
  }
}
