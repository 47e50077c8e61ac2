import Model
import YAML

/// Causes: one a file, named by it.
extension RuleLoader {
  func cause(_ root: Node, id: String) -> Cause? {
    let before = log.errors.count
    guard isRuleID(id) else {
      refuse(
        "'\(id)' is no name of a cause",
        hint: "name the file with lower-case letters, digits and hyphens, as session-bloat.yaml")
      return nil
    }
    let fields = log.attempt { () throws(RuleError) in
      try Fields(
        root, self,
        allowed: [
          "for", "else_for", "title", "why", "prior", "foretells", "evidence", "explains",
          "contributes_to", "remedy", "never", "sources", "examples",
        ])
    }
    guard let fields else { return nil }
    let kind = fields.read("for", subjectKind)
    let standIn = fields.readOptional("else_for", subjectKind)
    let title = fields.read("title", text)
    let why = fields.read("why", text)
    let prior = fields.read("prior", weight)
    let foretells = fields.readOptional("foretells", flag) ?? false
    let evidence = list(fields, "evidence", "evidence entries", entry)
    let remedy = list(fields, "remedy", "remedy steps", step)
    let never = fields["never"] == nil ? [] : list(fields, "never", "what not to do", self.never)
    let sources = fields.read("sources", texts)
    let examples = wantsExamples ? list(fields, "examples", "examples", example) : []
    let explains = fields.readOptional("explains", texts) ?? []
    let contributesTo = fields.readOptional("contributes_to", texts) ?? []
    guard log.errors.count == before, let kind, let title, let why, let prior, let sources else {
      return nil
    }
    guard evidence.contains(where: { $0.isDirect && $0.holds > 0 }) else {
      log.add(
        RuleError(
          place(fields["evidence"] ?? root),
          "'\(id)' has no direct evidence and could never be accused",
          hint: "mark the symptom that shows this very mechanism 'direct: true'"))
      return nil
    }
    let areBoth = examples.contains { $0.isAccused } && examples.contains { !$0.isAccused }
    guard areBoth || !wantsExamples else {
      log.add(
        RuleError(
          place(fields["examples"] ?? root),
          "expected an example that accuses and one that does not",
          hint: "'accused: true' and 'accused: false'; examples are the tests of a cause"))
      return nil
    }
    return Cause(
      id: id, pack: pack, subject: kind, standIn: standIn, title: title, why: why, prior: prior,
      foretells: foretells, evidence: evidence, explains: explains, contributesTo: contributesTo,
      remedy: remedy, never: never, sources: sources, examples: examples, place: place(root))
  }

  /// The items of a list that can be read; the log says of the others why not.
  private func list<T>(
    _ fields: Fields, _ name: String, _ what: String, _ read: (Node) throws(RuleError) -> T
  ) -> [T] {
    let nodes = fields.read(name) { node throws(RuleError) in try items(node, what) }
    return (nodes ?? []).compactMap { node in
      log.attempt { () throws(RuleError) in try read(node) }
    }
  }

  /// A field of an item; why it cannot be read ends the item.
  private func require<T>(
    _ fields: Fields, _ name: String, in node: Node, _ read: (Node) throws(RuleError) -> T
  ) throws(RuleError) -> T {
    guard let value = fields[name] else {
      throw RuleError(place(node), "'\(name)' is missing")
    }
    return try read(value)
  }

  private func entry(_ node: Node) throws(RuleError) -> EvidenceEntry {
    let fields = try Fields(
      node, self, allowed: ["symptom", "holds", "fails", "direct", "group", "reason"])
    let symptom = try require(fields, "symptom", in: node, text)
    let holds = fields.readOptional("holds", weight) ?? 0
    let fails = fields.readOptional("fails", weight) ?? 0
    let reason = fields.readOptional("reason", text)
    if max(abs(holds), abs(fails)) > 20, reason == nil {
      throw RuleError(
        place(node), "a weight over 20 dB needs a reason",
        hint: "write the likelihood ratio it stands for: 'reason: ...'")
    }
    return EvidenceEntry(
      symptom: symptom, holds: holds, fails: fails,
      isDirect: fields.readOptional("direct", flag) ?? false,
      group: fields.readOptional("group", text), reason: reason, place: place(node))
  }

  private func step(_ node: Node) throws(RuleError) -> RemedyStep {
    let fields = try Fields(
      node, self,
      allowed: [
        "phase", "title", "why", "command", "risk", "warning", "verify", "reference", "when",
        "unless",
      ])
    return RemedyStep(
      phase: try require(fields, "phase", in: node, phase),
      title: try require(fields, "title", in: node, template),
      why: try require(fields, "why", in: node, template),
      command: fields.readOptional("command", template),
      risk: try require(fields, "risk", in: node, risk),
      warning: fields.readOptional("warning", template),
      verify: fields.readOptional("verify", template),
      reference: fields.readOptional("reference", text),
      condition: fields.readOptional("when", condition),
      exception: fields.readOptional("unless", condition))
  }

  private func phase(_ node: Node) throws(RuleError) -> Step.Phase {
    guard let phase = Step.Phase(rawValue: node.scalar ?? "") else {
      throw RuleError(
        place(node), "found '\(node.scalar ?? "")'; expected one of mitigate, fix, prevent")
    }
    return phase
  }

  private func risk(_ node: Node) throws(RuleError) -> Step.Risk {
    guard let risk = Step.Risk(rawValue: node.scalar ?? "") else {
      throw RuleError(
        place(node), "found '\(node.scalar ?? "")'; expected one of none, low, medium, high")
    }
    return risk
  }

  private func never(_ node: Node) throws(RuleError) -> Never {
    let fields = try Fields(node, self, allowed: ["action", "why"])
    return Never(
      action: try require(fields, "action", in: node, text),
      why: try require(fields, "why", in: node, text))
  }

  // MARK: examples

  private func example(_ node: Node) throws(RuleError) -> Example {
    let fields = try Fields(
      node, self, allowed: ["title", "facts", "accused", "holds", "fails"])
    let facts = try require(fields, "facts", in: node, self.facts)
    return Example(
      title: fields.readOptional("title", text) ?? "", facts: facts,
      isAccused: try require(fields, "accused", in: node, flag),
      holds: fields.readOptional("holds", texts) ?? [],
      fails: fields.readOptional("fails", texts) ?? [], place: place(node))
  }

  /// Facts by name, each as written in an example.
  func facts(_ node: Node) throws(RuleError) -> [(name: String, value: Value)] {
    var facts: [(name: String, value: Value)] = []
    for (key, value) in try pairs(node, "facts by name") {
      let name = key.scalar ?? ""
      guard let definition = table[name] else {
        throw RuleError(place(key), "unknown fact '\(name)'", hint: table.suggestion(for: name))
      }
      facts.append((name, try self.value(value, definition)))
    }
    return facts
  }

  /// A value as written in an example, with the unit of its fact.
  private func value(_ node: Node, _ definition: FactDefinition) throws(RuleError) -> Value {
    let text = node.scalar ?? ""
    switch definition.unit {
    case .text:
      if !definition.values.isEmpty, !definition.values.contains(text) {
        throw RuleError(
          place(node), "'\(definition.name)' is never '\(text)'",
          hint: "one of " + definition.values.joined(separator: ", "))
      }
      return .text(text)
    case .flag: return .flag(try flag(node))
    case .time:
      guard let number = node.number, let time = Instant(seconds: number) else {
        throw RuleError(place(node), "expected seconds since 1970 for a time")
      }
      return .time(time)
    default:
      let condition: Condition
      do throws(RuleError) {
        condition = try ConditionParser.parse(
          "\(definition.name) == \(text)", catalogue: table, place: place(node))
      } catch {
        // Its column is that of a condition that nobody wrote.
        throw RuleError(place(node), error.message, hint: error.hint)
      }
      guard case .compare(_, _, let expression) = condition, let number = expression.constant else {
        throw RuleError(place(node), "expected a number with the unit of '\(definition.name)'")
      }
      return .number(number)
    }
  }
}

extension Condition.Expression {
  /// The number of a literal, also a negative one.
  fileprivate var constant: Double? {
    switch self {
    case .number(let number, _, _): number
    case .subtract(let a, let b): a.constant.flatMap { x in b.constant.map { x - $0 } }
    default: nil
    }
  }
}
