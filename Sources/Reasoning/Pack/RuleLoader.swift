import Model
import YAML

/// Reads the files of a rule pack, and says at file:line:column what is wrong with them.
struct RuleLoader {
  let file: String
  let table: FactTable

  func document(_ text: String) throws(RuleError) -> Node {
    do throws(DocumentError) {
      let documents = try parseYAML(Array(text.utf8))
      guard documents.count == 1, let root = documents.first else {
        throw DocumentError("expected one document, found \(documents.count)", line: 1, column: 1)
      }
      return root
    } catch {
      throw RuleError(
        RulePlace(file: file, line: error.line, column: error.column), error.message)
    }
  }

  private func place(_ node: Node) -> RulePlace {
    RulePlace(file: file, line: node.line, column: node.column)
  }

  // MARK: symptoms

  func symptoms(_ root: Node) throws(RuleError) -> [Symptom] {
    var symptoms: [Symptom] = []
    for (key, value) in try pairs(root, "symptoms by id") {
      let fields = try Fields(
        value, self, allowed: ["for", "when", "says", "says_not", "impact", "since", "source"])
      let since = fields["since"]?.scalar
      if let since, table[since]?.unit != .time {
        throw RuleError(
          place(fields["since"] ?? value), "'\(since)' is no fact of unit time")
      }
      symptoms.append(
        Symptom(
          id: key.scalar ?? "", subject: try subjectKind(try fields.require("for")),
          condition: try condition(try fields.require("when")),
          says: try template(try fields.require("says")),
          saysNot: try template(try fields.require("says_not")),
          isImpact: fields["impact"]?.bool ?? false, since: since,
          source: fields["source"]?.scalar, place: place(key)))
    }
    return symptoms
  }

  // MARK: causes

  func cause(_ root: Node) throws(RuleError) -> Cause {
    let fields = try Fields(
      root, self,
      allowed: [
        "for", "title", "why", "prior", "evidence", "explains", "contributes_to", "remedy",
        "never", "sources", "examples",
      ])
    let id = file.split(separator: "/").last.map { String($0.dropLast(".yaml".count)) } ?? file
    var evidence: [EvidenceEntry] = []
    for node in try items(try fields.require("evidence"), "evidence entries") {
      evidence.append(try entry(node))
    }
    guard evidence.contains(where: { $0.isDirect && $0.holds > 0 }) else {
      throw RuleError(
        place(root), "'\(id)' has no direct evidence and could never be accused",
        hint: "mark the symptom that shows this very mechanism 'direct: true'")
    }
    var remedy: [RemedyStep] = []
    for node in try items(try fields.require("remedy"), "remedy steps") {
      remedy.append(try step(node))
    }
    var never: [Never] = []
    for node in fields["never"]?.sequence ?? [] {
      let fields = try Fields(node, self, allowed: ["action", "why"])
      never.append(
        Never(
          action: try text(try fields.require("action")), why: try text(try fields.require("why"))))
    }
    let kind = try subjectKind(try fields.require("for"))
    return Cause(
      id: id, subject: kind, title: try text(try fields.require("title")),
      why: try text(try fields.require("why")), prior: try weight(try fields.require("prior")),
      evidence: evidence, explains: try texts(fields["explains"]),
      contributesTo: try texts(fields["contributes_to"]), remedy: remedy, never: never,
      sources: try texts(try fields.require("sources")),
      examples: try examples(try fields.require("examples")), place: place(root))
  }

  private func entry(_ node: Node) throws(RuleError) -> EvidenceEntry {
    let fields = try Fields(
      node, self, allowed: ["symptom", "holds", "fails", "direct", "group", "reason"])
    var weights: [Int] = []
    for name in ["holds", "fails"] {
      weights.append(try fields[name].map { node throws(RuleError) in try weight(node) } ?? 0)
    }
    let reason = fields["reason"]?.scalar
    if weights.contains(where: { abs($0) > 20 }), reason == nil {
      throw RuleError(
        place(node), "a weight over 20 dB needs a reason",
        hint: "write the likelihood ratio it stands for: 'reason: ...'")
    }
    return EvidenceEntry(
      symptom: try text(try fields.require("symptom")), holds: weights[0], fails: weights[1],
      isDirect: fields["direct"]?.bool ?? false, group: fields["group"]?.scalar, reason: reason,
      place: place(node))
  }

  private func step(_ node: Node) throws(RuleError) -> RemedyStep {
    let fields = try Fields(
      node, self,
      allowed: [
        "phase", "title", "why", "command", "risk", "warning", "verify", "reference", "when",
      ])
    let phaseNode = try fields.require("phase")
    guard let phase = Step.Phase(rawValue: phaseNode.scalar ?? "") else {
      throw RuleError(place(phaseNode), "expected one of mitigate, fix, prevent")
    }
    let riskNode = try fields.require("risk")
    guard let risk = Step.Risk(rawValue: riskNode.scalar ?? "") else {
      throw RuleError(place(riskNode), "expected one of none, low, medium, high")
    }
    return RemedyStep(
      phase: phase, title: try template(try fields.require("title")),
      why: try template(try fields.require("why")), command: try optional(fields["command"]),
      risk: risk, warning: try optional(fields["warning"]), verify: try optional(fields["verify"]),
      reference: fields["reference"]?.scalar,
      condition: try fields["when"].map { node throws(RuleError) in try condition(node) })
  }

  private func examples(_ node: Node) throws(RuleError) -> [Example] {
    var examples: [Example] = []
    for node in try items(node, "examples") {
      let fields = try Fields(node, self, allowed: ["title", "facts", "accused"])
      var facts: [(name: String, value: Value)] = []
      for (key, value) in try pairs(try fields.require("facts"), "facts by name") {
        let name = key.scalar ?? ""
        guard let definition = table[name] else {
          throw RuleError(place(key), "unknown fact '\(name)'", hint: table.suggestion(for: name))
        }
        facts.append((name, try self.value(value, definition)))
      }
      guard let accused = try fields.require("accused").bool else {
        throw RuleError(place(node), "'accused' is true or false")
      }
      examples.append(
        Example(
          title: fields["title"]?.scalar ?? "", facts: facts, isAccused: accused,
          place: place(node)))
    }
    guard examples.contains(where: \.isAccused), examples.contains(where: { !$0.isAccused }) else {
      throw RuleError(place(node), "expected an example that accuses and one that does not")
    }
    return examples
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
    case .flag:
      guard let flag = node.bool else { throw RuleError(place(node), "expected true or false") }
      return .flag(flag)
    case .time:
      guard let number = node.number, let time = Instant(seconds: number) else {
        throw RuleError(place(node), "expected seconds since 1970 for a time")
      }
      return .time(time)
    default:
      let condition = try ConditionParser.parse(
        "\(definition.name) == \(text)", catalogue: table, place: place(node))
      guard case .compare(_, _, let expression) = condition, let number = expression.constant else {
        throw RuleError(place(node), "expected a number with the unit of '\(definition.name)'")
      }
      return .number(number)
    }
  }

  // MARK: coverage

  func coverage(_ root: Node) throws(RuleError) -> [SubjectKind: [String]] {
    var coverage: [SubjectKind: [String]] = [:]
    for (key, value) in try pairs(root, "facts by kind of subject") {
      let kind = try subjectKind(key)
      for node in try items(value, "facts") {
        let name = node.scalar ?? ""
        guard table[name]?.subject == kind else {
          throw RuleError(
            place(node), "'\(name)' is no fact of a \(kind.rawValue)",
            hint: table.suggestion(for: name))
        }
        coverage[kind, default: []].append(name)
      }
    }
    return coverage
  }

  // MARK: pieces

  private func pairs(
    _ node: Node, _ what: String
  ) throws(RuleError) -> [(key: Node, value: Node)] {
    guard let pairs = node.mapping else { throw RuleError(place(node), "expected \(what)") }
    return pairs
  }

  private func items(_ node: Node, _ what: String) throws(RuleError) -> [Node] {
    guard let items = node.sequence else {
      throw RuleError(place(node), "expected a list of \(what)")
    }
    return items
  }

  private func text(_ node: Node) throws(RuleError) -> String {
    guard let text = node.scalar?.trimmed, !text.isEmpty else {
      throw RuleError(place(node), "expected a text")
    }
    return text
  }

  private func texts(_ node: Node?) throws(RuleError) -> [String] {
    guard let node else { return [] }
    var texts: [String] = []
    for item in try items(node, "texts") { texts.append(try text(item)) }
    return texts
  }

  private func weight(_ node: Node) throws(RuleError) -> Int {
    guard let weight = node.scalar.flatMap({ Int($0) }), (-60...60).contains(weight) else {
      throw RuleError(place(node), "expected decibans: a whole number from -60 to 60")
    }
    return weight
  }

  private func subjectKind(_ node: Node) throws(RuleError) -> SubjectKind {
    guard let kind = SubjectKind(rawValue: node.scalar ?? "") else {
      throw RuleError(
        place(node), "unknown kind of subject '\(node.scalar ?? "")'",
        hint: "one of " + SubjectKind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return kind
  }

  private func condition(_ node: Node) throws(RuleError) -> Condition {
    try ConditionParser.parse(try text(node), catalogue: table, place: place(node))
  }

  private func template(_ node: Node) throws(RuleError) -> Template {
    try Template(try text(node), table: table, place: place(node))
  }

  private func optional(_ node: Node?) throws(RuleError) -> Template? {
    guard let node else { return nil }
    return try template(node)
  }

  /// The fields of a mapping; one that is not known is an error, not ignored.
  private struct Fields {
    private let node: Node
    private let loader: RuleLoader

    init(_ node: Node, _ loader: RuleLoader, allowed: [String]) throws(RuleError) {
      self.node = node
      self.loader = loader
      for (key, _) in try loader.pairs(node, "a mapping") {
        let name = key.scalar ?? ""
        guard allowed.contains(name) else {
          throw RuleError(
            loader.place(key), "unknown key '\(name)'",
            hint: "one of " + allowed.joined(separator: ", "))
        }
      }
    }

    subscript(name: String) -> Node? { node[name] }

    func require(_ name: String) throws(RuleError) -> Node {
      guard let value = node[name] else {
        throw RuleError(loader.place(node), "'\(name)' is missing")
      }
      return value
    }
  }
}

extension Condition.Expression {
  /// The number of a literal, also a negative one.
  fileprivate var constant: Double? {
    switch self {
    case .number(let number, _): number
    case .subtract(let a, let b): a.constant.flatMap { x in b.constant.map { x - $0 } }
    default: nil
    }
  }
}
