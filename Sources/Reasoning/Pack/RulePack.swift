import Model

/// The files of one pack: `symptoms/*.yaml`, `causes/*.yaml` and `coverage.yaml`.
package struct RuleFiles: Sendable {
  package let name: String
  /// Paths below the pack's folder.
  let files: [(path: String, text: String)]

  package init(name: String, files: [(path: String, text: String)]) {
    self.name = name
    self.files = files
  }

  /// The causes that its files are named for.
  package var causeIDs: [String] {
    files.map(\.path).filter { $0.hasPrefix("causes/") }.map {
      String($0.dropFirst("causes/".count).dropLast(".yaml".count))
    }
  }

  /// How errors name a file: of a user's pack with its folder.
  func shown(_ path: String) -> String {
    name == RulePack.builtInName ? path : name + (name.hasSuffix("/") ? "" : "/") + path
  }
}

/// What is known: symptoms, causes and what must be seen before a subject is called healthy.
/// Checked as a whole when it is loaded.
package struct RulePack: Sendable {
  static let builtInName = "built-in"

  /// The packs in force, the later overriding the earlier.
  package let names: [String]
  package private(set) var symptoms: [String: Symptom]
  /// In the order of their ids.
  package let causes: [Cause]
  /// Facts that must be known of each kind of subject seen before the verdict can be `healthy`.
  let coverage: [SubjectKind: [String]]
  let table: FactTable

  /// The pack that is part of the program, with what users add: a cause, a symptom or the coverage
  /// of a later pack takes the place of an earlier one of the same name.
  package static func builtIn(extendedBy packs: [RuleFiles] = []) throws(RuleError) -> RulePack {
    let own = RuleFiles(name: builtInName, files: builtInRuleFiles)
    return try RulePack([own] + packs, table: .builtIn)
  }

  package func cause(_ id: String) -> Cause? { causes.first { $0.id == id } }

  init(_ packs: [RuleFiles], table: FactTable) throws(RuleError) {
    var symptoms: [String: Symptom] = [:]
    var causes: [String: Cause] = [:]
    var coverage: [SubjectKind: [String]] = [:]
    for pack in packs {
      var own: [String: Symptom] = [:]
      for file in pack.files {
        let loader = RuleLoader(file: pack.shown(file.path), table: table)
        let root = try loader.document(file.text)
        if file.path == "coverage.yaml" {
          coverage = try loader.coverage(root)
        } else if file.path.hasPrefix("symptoms/") {
          for symptom in try loader.symptoms(root) {
            if let earlier = own[symptom.id] {
              throw RuleError(
                symptom.place, "symptom '\(symptom.id)' is declared twice",
                hint: "first at \(earlier.place)")
            }
            own[symptom.id] = symptom
          }
        } else if file.path.hasPrefix("causes/") {
          let cause = try loader.cause(root)
          causes[cause.id] = cause
        } else {
          throw RuleError(
            RulePlace(file: pack.shown(file.path), line: 1, column: 1),
            "this file belongs to no part of a pack",
            hint: "put it under symptoms/ or causes/, or name it coverage.yaml")
        }
      }
      symptoms.merge(own) { _, later in later }
    }
    names = packs.map(\.name)
    self.symptoms = symptoms
    self.causes = causes.values.sorted { $0.id < $1.id }
    self.coverage = coverage
    self.table = table
    try check()
  }

  /// With one symptom changed, as tests of a pack do; nothing else is checked again.
  func replacing(_ symptom: Symptom) -> RulePack {
    var changed = self
    changed.symptoms[symptom.id] = symptom
    return changed
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
