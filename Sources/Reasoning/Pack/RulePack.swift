import Model

/// What is known: symptoms, causes and what must be seen before a subject is called healthy.
/// Checked as a whole when it is loaded.
package struct RulePack: Sendable {
  package let name: String
  package let symptoms: [String: Symptom]
  /// In the order of their ids.
  package let causes: [Cause]
  /// Facts that must be known of each kind of subject seen before the verdict can be `healthy`.
  let coverage: [SubjectKind: [String]]
  let table: FactTable

  /// The pack that is part of the program.
  package static func builtIn() throws(RuleError) -> RulePack {
    try RulePack(name: "built-in", files: builtInRuleFiles, table: .builtIn)
  }

  package func cause(_ id: String) -> Cause? { causes.first { $0.id == id } }

  /// Loads a pack from its files: `symptoms/*.yaml`, `causes/*.yaml` and `coverage.yaml`.
  init(
    name: String, files: [(path: String, text: String)], table: FactTable
  ) throws(RuleError) {
    var symptoms: [String: Symptom] = [:]
    var causes: [Cause] = []
    var coverage: [SubjectKind: [String]] = [:]
    for file in files {
      let loader = RuleLoader(file: file.path, table: table)
      let root = try loader.document(file.text)
      if file.path == "coverage.yaml" {
        coverage = try loader.coverage(root)
      } else if file.path.hasPrefix("symptoms/") {
        for symptom in try loader.symptoms(root) {
          if let earlier = symptoms[symptom.id] {
            throw RuleError(
              symptom.place, "symptom '\(symptom.id)' is declared twice",
              hint: "first at \(earlier.place)")
          }
          symptoms[symptom.id] = symptom
        }
      } else if file.path.hasPrefix("causes/") {
        causes.append(try loader.cause(root))
      } else {
        throw RuleError(
          RulePlace(file: file.path, line: 1, column: 1), "this file belongs to no part of a pack",
          hint: "put it under symptoms/ or causes/, or name it coverage.yaml")
      }
    }
    self.name = name
    self.symptoms = symptoms
    self.causes = causes.sorted { $0.id < $1.id }
    self.coverage = coverage
    self.table = table
    try check()
  }
}

extension RulePack {
  /// What makes the pack sound as a whole.
  private func check() throws(RuleError) {
    var used: Set<String> = []
    let ids = Set(causes.map(\.id))
    for cause in causes {
      for entry in cause.evidence {
        guard symptoms[entry.symptom] != nil else {
          throw RuleError(
            entry.place, "unknown symptom '\(entry.symptom)'",
            hint: nearest(entry.symptom, in: Array(symptoms.keys)))
        }
        used.insert(entry.symptom)
      }
      for explained in cause.explains + cause.contributesTo where !ids.contains(explained) {
        throw RuleError(
          cause.place, "'\(cause.id)' names the unknown cause '\(explained)'",
          hint: nearest(explained, in: Array(ids)))
      }
      try checkIndependence(cause)
    }
    let unused = symptoms.values.filter { !used.contains($0.id) && !$0.isImpact }
      .min { $0.id < $1.id }
    if let unused {
      throw RuleError(
        unused.place, "no cause uses the symptom '\(unused.id)'",
        hint: "weigh it in a cause, mark it 'impact: true', or delete it")
    }
  }

  /// Two entries that rest on a common fact must share a group, or it would count twice.
  private func checkIndependence(_ cause: Cause) throws(RuleError) {
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
        throw RuleError(
          b.place, "'\(a.symptom)' and '\(b.symptom)' both rest on '\(fact)' and would count twice",
          hint: "give both the same group")
      }
    }
  }

  private func nearest(_ name: String, in names: [String]) -> String? {
    names.min { (editDistance($0, name), $0) < (editDistance($1, name), $1) }
      .map { "did you mean '\($0)'?" }
  }
}
