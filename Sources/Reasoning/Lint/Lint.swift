import Model

/// Asks the configs of a deploy tree the other question: which documented incident would each have
/// caused? Paths are told relative to `folder` where they lie below it.
package func lint(
  _ ledger: consuming Ledger, pack: RulePack, below folder: String = ""
) -> LintResult {
  let inputs = ledger.inputs
  let prefix = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/"
  var linter = Linter(pack.risks, table: pack.table, prefix: prefix)
  Deployment(consume ledger).forEachGroup { linter.ask($0) }
  return LintResult(findings: linter.finished(), rules: pack.risks.map(\.rule), inputs: inputs)
}

/// The risky settings among the evidence of an incident, which accuse nobody: those of weight, each
/// rule once for a subject.
func riskFindings(_ evidence: IdentifiedEvidence, pack: RulePack) -> [RiskFinding] {
  var linter = Linter(pack.risks.filter { $0.level != .info }, table: pack.table, prefix: "")
  linter.ask(evidence)
  let findings = linter.finished()
  var seen: Set<String> = []
  let graveFirst = [Finding.Level.error, .warning].flatMap { level in
    findings.filter { $0.level == level }
  }
  return graveFirst.compactMap { finding in
    guard seen.insert("\(finding.rule) \(finding.subject)").inserted else { return nil }
    let place = finding.place
    return RiskFinding(
      rule: finding.rule, level: finding.level, message: finding.message,
      wouldCause: finding.cause,
      source: Source(file: place.file, line: place.line, excerpt: place.excerpt),
      fix: finding.fix)
  }
}

extension Risk {
  /// The risk as lists of rules show it.
  var rule: FindingRule {
    FindingRule(
      id: id, level: level, title: title, why: why.trimmed, fix: fix.plain, cause: cause,
      sources: sources)
  }
}

private struct Linter {
  /// Each with the facts that its condition names.
  private let risks: [(risk: Risk, facts: [String])]
  private let table: FactTable
  private let prefix: String
  private var findings: [Finding] = []
  private var seen: Set<String> = []

  init(_ risks: [Risk], table: FactTable, prefix: String) {
    self.risks = risks.map { ($0, Set($0.condition.facts).sorted()) }
    self.table = table
    self.prefix = prefix
  }

  mutating func ask(_ evidence: IdentifiedEvidence) {
    let views = ViewCache(evidence, table: table, window: nil, given: [:])
    defer { views.clear() }
    for (risk, facts) in risks {
      for subject in evidence.subjects.indices
      where evidence.subjects[subject].kind == risk.subject {
        ask(risk, facts, of: views.view(of: subject))
      }
    }
  }

  /// Facts of parts (a target, a location, a port) are asked about part by part.
  private mutating func ask(_ risk: Risk, _ facts: [String], of view: SubjectView) {
    var parted: [String: [KnownFact]] = [:]
    for name in facts {
      let parts = view.parts(name)
      if !parts.isEmpty { parted[name] = parts }
    }
    guard !parted.isEmpty else {
      judge(risk, of: view) { view.fact($0) }
      return
    }
    for part in Set(parted.values.joined().compactMap(\.part)).sorted() {
      judge(risk, of: view) { name in
        if let facts = parted[name] { return facts.first { $0.part == part } }
        let others = view.parts(name)
        return others.isEmpty ? view.fact(name) : others.first { $0.part == part }
      }
    }
  }

  private mutating func judge(
    _ risk: Risk, of view: SubjectView, _ lookUp: (String) -> KnownFact?
  ) {
    let evidence = view.evidence
    let result = risk.condition.evaluate(lookUp)
    guard result.truth == .holds else { return }
    let named = risk.at.compactMap(lookUp)
    let leaves = (named + result.used).flatMap(\.leaves).map(\.origin)
    guard let origin = leaves.first(where: { $0.line != nil }) ?? leaves.first else { return }
    let place = place(of: origin, evidence)
    let idle = Set(risk.condition.facts).subtracting(result.used.map(\.name))
    let message = risk.says.sentence(idle: idle, lookUp)
    let file = place.file
    let owner = evidence.subjects[view.subject]
    // What a config includes is of its own kind.
    func kind(_ origin: Origin) -> EvidenceKind? {
      evidence.inputs.indices.contains(origin.source) ? evidence.inputs[origin.source].kind : nil
    }
    // Each service of such a file lacks it for itself; what a config lacks is told once for all that
    // use it.
    let isOfServices = kind(origin)?.holdsContainers == true
    let lacking = place.line == nil && isOfServices ? "\(owner)" : ""
    guard
      seen.insert("\(risk.id) \(file) \(place.line ?? 0) \(lacking) \(message)").inserted
    else { return }
    var related: [FindingPlace] = []
    for origin in leaves where origin.line != nil {
      let other = self.place(of: origin, evidence)
      let isKnown = ([place] + related).contains { $0.file == other.file && $0.line == other.line }
      if !isKnown, related.count < 4 { related.append(other) }
    }
    func site(_ fact: String?) -> EditSite? {
      let name = fact ?? risk.at.first ?? risk.condition.facts.first
      guard let stated = name.flatMap(lookUp)?.leaves.first?.origin, let statedKind = kind(stated),
        let kind = kind(origin)
      else { return nil }
      let line = self.place(of: stated, evidence)
      return EditSite(
        stated: line, statedKind: statedKind, place: fact == nil ? place : line,
        kind: fact == nil ? kind : statedKind, service: owner.name)
    }
    let made = risk.edits.made(site, lookUp)
    findings.append(
      Finding(
        rule: risk.id, level: risk.level, message: message, subject: "\(owner)", place: place,
        related: related, cause: risk.cause, why: risk.why.trimmed,
        fix: risk.fix.sentence(lookUp), sources: risk.sources,
        edits: made?.edit.map { [$0] } ?? [], wanted: made?.wanted, decision: risk.decision,
        // By the line's text, not its number: lines above may come and go.
        fingerprint: fingerprint([
          risk.id, file, owner.description, place.excerpt.filter { !$0.isWhitespace },
        ])))
  }

  private func relative(_ path: String) -> String {
    !prefix.isEmpty && path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }

  private func place(of origin: Origin, _ evidence: IdentifiedEvidence) -> FindingPlace {
    let path =
      origin.file
      ?? (evidence.inputs.indices.contains(origin.source)
        ? evidence.inputs[origin.source].path : "?")
    return FindingPlace(
      file: relative(path), line: origin.line, column: origin.column, endColumn: origin.endColumn,
      excerpt: origin.line == nil ? "" : origin.excerpt)
  }

  /// By place and rule. Two of one fingerprint are told apart by their order. In place: there may be
  /// tens of thousands.
  consuming func finished() -> [Finding] {
    findings.sort {
      if $0.place.file != $1.place.file {
        return $0.place.file.utf8.lexicographicallyPrecedes($1.place.file.utf8)
      }
      let a = ($0.place.line ?? 0, $0.place.column ?? 0, $0.rule, $0.message)
      let b = ($1.place.line ?? 0, $1.place.column ?? 0, $1.rule, $1.message)
      return a < b
    }
    var counts: [String: Int] = [:]
    for index in findings.indices {
      let known = findings[index].fingerprint
      let count = counts[known, default: 0]
      counts[known] = count + 1
      if count > 0 { findings[index].fingerprint = fingerprint([known, "\(count)"]) }
    }
    return findings
  }
}

/// FNV-1a of 64 bits: the same on every machine, unlike the standard library's hashes.
private func fingerprint(_ parts: [String]) -> String {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for part in parts {
    for byte in Array(part.utf8) + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
