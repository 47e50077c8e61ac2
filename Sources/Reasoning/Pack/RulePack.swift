import Model

/// What is known: symptoms, causes and what must be seen before a subject is called healthy.
/// Checked as a whole when it is loaded.
package struct RulePack: Sendable {
  /// The packs in force, the later overriding the earlier.
  package let names: [String]
  package private(set) var symptoms: [String: Symptom]
  /// In the order of their ids.
  package let causes: [Cause]
  /// In the order of their ids.
  package let risks: [Risk]
  /// Facts that must be known of each kind of subject seen before the verdict can be `healthy`.
  let coverage: [SubjectKind: [String]]
  let table: FactTable

  /// The pack that is part of the program, with what users add: a cause, a symptom or the coverage
  /// of a kind of subject takes the place of that of the same name in an earlier pack.
  package static func builtIn(
    extendedBy packs: [RuleFiles] = [], for use: RuleUse = .all
  ) throws(RuleErrors) -> RulePack {
    try RulePack([RuleFiles(builtInFor: use)] + packs, table: .builtIn)
  }

  package func cause(_ id: String) -> Cause? { causes.first { $0.id == id } }

  init(_ packs: [RuleFiles], table: FactTable) throws(RuleErrors) {
    let log = RuleErrorLog()
    var symptoms: [String: Symptom] = [:]
    var causes: [String: Cause] = [:]
    var risks: [String: Risk] = [:]
    var coverage: [SubjectKind: [String]] = [:]
    var weighed: Set<String> = []
    for pack in packs {
      let content = RulePack.read(pack, table: table, log: log)
      symptoms.merge(content.symptoms) { _, later in later }
      causes.merge(content.causes) { _, later in later }
      risks.merge(content.risks) { _, later in later }
      coverage.merge(content.coverage) { _, later in later }
      // A symptom whose only cause is overridden is no mistake of whoever overrides it.
      weighed.formUnion(content.causes.values.flatMap { $0.evidence.map(\.symptom) })
    }
    names = packs.map(\.name)
    self.symptoms = symptoms
    self.causes = causes.values.sorted { $0.id < $1.id }
    self.risks = risks.values.sorted { $0.id < $1.id }
    self.coverage = coverage
    self.table = table
    // What is missing since its file could not be read would be reported twice. The built-in rules alone
    // were checked by the tests.
    if log.errors.isEmpty, packs.contains(where: { $0.use == .all }) {
      check(weighed: weighed, log: log)
      checkRisks(log: log)
    }
    guard log.errors.isEmpty else { throw RuleErrors(errors: log.errors) }
  }

  private typealias Content = (
    symptoms: [String: Symptom], causes: [String: Cause], risks: [String: Risk],
    coverage: [SubjectKind: [String]]
  )

  private static func read(_ pack: RuleFiles, table: FactTable, log: RuleErrorLog) -> Content {
    var content: Content = ([:], [:], [:], [:])
    for file in pack.files {
      let loader = RuleLoader(
        file: pack.shown(file.path), pack: pack.name, table: table, log: log,
        wantsExamples: pack.use == .all)
      guard let kind = RuleFileKind(path: file.path) else {
        loader.refuse(
          "this file belongs to no part of a pack",
          hint: "put it under symptoms/, causes/ or risks/, or name it coverage.yaml")
        continue
      }
      let omitted = pack.use.omittedKeys(of: kind)
      guard let root = loader.document(file.content, without: omitted) else { continue }
      switch kind {
      case .coverage: content.coverage = loader.coverage(root)
      case .symptoms:
        for symptom in loader.symptoms(root) {
          if let earlier = content.symptoms[symptom.id] {
            log.add(
              RuleError(
                symptom.place, "symptom '\(symptom.id)' is declared twice",
                hint: "first at \(earlier.place)"))
          }
          content.symptoms[symptom.id] = symptom
        }
      case .risk(let id): content.risks[id] = loader.risk(root, id: id)
      case .cause(let id):
        guard let cause = loader.cause(root, id: id) else { continue }
        if let earlier = content.causes[id] {
          log.add(
            RuleError(
              cause.place, "cause '\(id)' is declared twice", hint: "first at \(earlier.place)"))
        }
        content.causes[id] = cause
      }
    }
    return content
  }

  /// With one symptom changed, as tests of a pack do; nothing else is checked again.
  func replacing(_ symptom: Symptom) -> RulePack {
    var changed = self
    changed.symptoms[symptom.id] = symptom
    return changed
  }
}
