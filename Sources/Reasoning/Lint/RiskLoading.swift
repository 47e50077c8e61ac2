import Model
import YAML

/// Risks: one a file, named by it.
extension RuleLoader {
  func risk(_ root: Node, id: String) -> Risk? {
    let before = log.errors.count
    guard isRuleID(id) else {
      refuse(
        "'\(id)' is no name of a risk",
        hint: "name the file with lower-case letters, digits and hyphens, as redis-no-password.yaml"
      )
      return nil
    }
    let fields = log.attempt { () throws(RuleError) in
      try Fields(
        root, self,
        allowed: [
          "for", "level", "title", "when", "at", "says", "why", "would_cause", "incident", "fix",
          "edit", "decision", "sources", "good", "bad",
        ])
    }
    guard let fields else { return nil }
    let kind = fields.read("for", subjectKind)
    let level = fields.read("level", self.level)
    let title = fields.read("title", text)
    let when = fields.read("when", text)
    let condition = when.flatMap { _ in fields.readOptional("when", self.condition) }
    let says = fields.read("says", template)
    let why = fields.read("why", text)
    let fix = fields.read("fix", template)
    let sources = fields.read("sources", texts)
    let at = fields.readOptional("at", names) ?? []
    let edits = fields.readOptional("edit", self.edits) ?? []
    let decision = fields.readOptional("decision", text)
    let bad = wantsExamples ? fields.read("bad", riskExamples) ?? [] : []
    let good = wantsExamples ? fields.read("good", riskExamples) ?? [] : []
    guard log.errors.count == before, let kind, let level, let title, let when, let condition,
      let says, let why, let fix, let sources
    else { return nil }
    return Risk(
      id: id, pack: pack, subject: kind, level: level, title: title, condition: condition,
      when: when, at: at, says: says, why: why, cause: fields.readOptional("would_cause", text),
      incident: fields.readOptional("incident", text), fix: fix, edits: edits,
      decision: decision, sources: sources, bad: bad, good: good, place: place(root))
  }

  private func level(_ node: Node) throws(RuleError) -> Finding.Level {
    guard let level = Finding.Level(rawValue: node.scalar ?? "") else {
      throw RuleError(
        place(node), "found '\(node.scalar ?? "")'; expected one of error, warning, info")
    }
    return level
  }

  private func names(_ node: Node) throws(RuleError) -> [String] {
    var names: [String] = []
    for item in try items(node, "facts") { names.append(try factName(item)) }
    return names
  }

  func factName(_ node: Node) throws(RuleError) -> String {
    let name = node.scalar ?? ""
    guard table[name] != nil else {
      throw RuleError(place(node), "unknown fact '\(name)'", hint: table.suggestion(for: name))
    }
    return name
  }

  private func riskExamples(_ node: Node) throws(RuleError) -> [RiskExample] {
    var examples: [RiskExample] = []
    for item in try items(node, "examples, each a mapping of facts") {
      examples.append(RiskExample(facts: try facts(item), place: place(item)))
    }
    guard !examples.isEmpty else {
      throw RuleError(place(node), "expected at least one example", hint: "they are the tests")
    }
    return examples
  }
}

extension RulePack {
  /// What makes risks sound together with the rest of the packs.
  func checkRisks(log: RuleErrorLog) {
    let ids = Set(causes.map(\.id))
    for risk in risks {
      if let cause = risk.cause, !ids.contains(cause) {
        log.add(
          RuleError(
            risk.place, "'\(risk.id)' would cause the unknown '\(cause)'",
            hint: "'triage rules list' names the causes"))
      }
    }
  }
}
