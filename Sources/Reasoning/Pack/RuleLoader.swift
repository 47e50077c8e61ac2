import Model
import YAML

/// Reads the files of a rule pack, and says at file:line:column what is wrong with them: all of it,
/// as far as one mistake does not hide the next.
struct RuleLoader {
  let file: String
  /// The name of the pack that the file belongs to.
  let pack: String
  let table: FactTable
  let log: RuleErrorLog
  var wantsExamples = true

  func document(_ content: RuleFiles.Content, without keys: [String]) -> Node? {
    log.attempt { () throws(RuleError) in
      switch content {
      case .text(let text): return try parsed(text)
      case .document(let encoded):
        guard let root = Node(encoded: encoded, without: keys) else {
          throw RuleError(RulePlace(file: file, line: 1, column: 1), "damaged; build it again")
        }
        return root
      }
    }
  }

  private func parsed(_ text: String) throws(RuleError) -> Node {
    do throws(DocumentError) {
      let documents = try parseYAML(Array(text.utf8))
      guard documents.count == 1, let root = documents.first else {
        throw DocumentError(
          "found \(documents.count) YAML documents; expected one", line: 1, column: 1)
      }
      return root
    } catch {
      throw RuleError(
        RulePlace(file: file, line: error.line, column: error.column),
        "not YAML: \(error.message)",
        hint: "look for a quote or a bracket that is not closed, or a wrong indent")
    }
  }

  /// Something is wrong with the file as a whole.
  func refuse(_ message: String, hint: String) {
    log.add(RuleError(RulePlace(file: file, line: 1, column: 1), message, hint: hint))
  }

  // MARK: symptoms

  func symptoms(_ root: Node) -> [Symptom] {
    let pairs = log.attempt { () throws(RuleError) in try self.pairs(root, "symptoms by id") }
    return (pairs ?? []).compactMap { symptom($0.key, $0.value) }
  }

  private func symptom(_ key: Node, _ node: Node) -> Symptom? {
    let fields = log.attempt { () throws(RuleError) in
      try Fields(
        node, self, allowed: ["for", "when", "says", "says_not", "impact", "since", "source"])
    }
    let id = log.attempt { () throws(RuleError) in try self.id(key, of: "symptom") }
    guard let fields else { return nil }
    let kind = fields.read("for", subjectKind)
    let when = fields.read("when", text)
    let condition = when.flatMap { _ in fields.readOptional("when", self.condition) }
    let says = fields.read("says", template)
    let saysNot = fields.read("says_not", template)
    let since = fields.readOptional("since", time)
    guard let id, let kind, let when, let condition, let says, let saysNot else { return nil }
    return Symptom(
      id: id, pack: pack, subject: kind, condition: condition, when: when, says: says,
      saysNot: saysNot, isImpact: fields.readOptional("impact", flag) ?? false, since: since,
      source: fields.readOptional("source", text), place: place(key))
  }

  private func time(_ node: Node) throws(RuleError) -> String {
    let name = node.scalar ?? ""
    guard let definition = table[name] else {
      throw RuleError(place(node), "unknown fact '\(name)'", hint: table.suggestion(for: name))
    }
    guard definition.unit == .time else {
      throw RuleError(place(node), "'\(name)' is no fact of unit time")
    }
    return name
  }

  // MARK: coverage

  func coverage(_ root: Node) -> [SubjectKind: [String]] {
    let pairs = log.attempt { () throws(RuleError) in
      try self.pairs(root, "facts by kind of subject")
    }
    var coverage: [SubjectKind: [String]] = [:]
    for (key, value) in pairs ?? [] {
      let kind = log.attempt { () throws(RuleError) in try subjectKind(key) }
      let nodes = log.attempt { () throws(RuleError) in try items(value, "facts") }
      guard let kind, let nodes else { continue }
      coverage[kind] = nodes.compactMap { node in
        log.attempt { () throws(RuleError) in try name(node, of: kind) }
      }
    }
    return coverage
  }

  private func name(_ node: Node, of kind: SubjectKind) throws(RuleError) -> String {
    let name = node.scalar ?? ""
    guard table[name]?.subject == kind else {
      throw RuleError(
        place(node), "'\(name)' is no fact of a \(kind.rawValue)",
        hint: table.suggestion(for: name))
    }
    return name
  }

  // MARK: pieces

  func place(_ node: Node) -> RulePlace {
    RulePlace(file: file, line: node.line, column: node.column)
  }

  func id(_ node: Node, of what: String) throws(RuleError) -> String {
    let id = node.scalar ?? ""
    guard isRuleID(id) else {
      throw RuleError(
        place(node), "'\(id)' is no name of a \(what)",
        hint: "lower-case letters, digits and hyphens, such as session-bloat")
    }
    return id
  }

  func pairs(
    _ node: Node, _ what: String
  ) throws(RuleError) -> [(key: Node, value: Node)] {
    guard let pairs = node.mapping else { throw RuleError(place(node), "expected \(what)") }
    return pairs
  }

  func items(_ node: Node, _ what: String) throws(RuleError) -> [Node] {
    guard let items = node.sequence else {
      throw RuleError(place(node), "expected a list of \(what)")
    }
    return items
  }

  func text(_ node: Node) throws(RuleError) -> String {
    guard let text = node.scalar?.trimmed, !text.isEmpty else {
      throw RuleError(place(node), "expected a text")
    }
    return text
  }

  func texts(_ node: Node) throws(RuleError) -> [String] {
    var texts: [String] = []
    for item in try items(node, "texts") { texts.append(try text(item)) }
    return texts
  }

  func flag(_ node: Node) throws(RuleError) -> Bool {
    guard let flag = node.bool else { throw RuleError(place(node), "expected true or false") }
    return flag
  }

  func weight(_ node: Node) throws(RuleError) -> Int {
    guard let weight = node.scalar.flatMap({ Int($0) }), (-60...60).contains(weight) else {
      throw RuleError(
        place(node), "found '\(node.scalar ?? "")'; expected decibans, from -60 to 60",
        hint: "a whole number: +10 makes the cause ten times likelier")
    }
    return weight
  }

  func subjectKind(_ node: Node) throws(RuleError) -> SubjectKind {
    guard let kind = SubjectKind(rawValue: node.scalar ?? "") else {
      throw RuleError(
        place(node), "unknown kind of subject '\(node.scalar ?? "")'",
        hint: "one of " + SubjectKind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return kind
  }

  func condition(_ node: Node) throws(RuleError) -> Condition {
    try ConditionParser.parse(try text(node), catalogue: table, place: place(node))
  }

  func template(_ node: Node) throws(RuleError) -> Template {
    try Template(try text(node), table: table, place: place(node))
  }
}

/// The fields of a mapping; one that is not known, or is given twice, is an error, not ignored.
struct Fields {
  private let node: Node
  private let loader: RuleLoader

  init(_ node: Node, _ loader: RuleLoader, allowed: [String]) throws(RuleError) {
    self.node = node
    self.loader = loader
    // A few names: cheaper looked through than hashed.
    var seen: [String] = []
    for (key, _) in try loader.pairs(node, "a mapping") {
      let name = key.scalar ?? ""
      if !allowed.contains(name) {
        loader.log.add(
          RuleError(
            loader.place(key), "unknown key '\(name)'",
            hint: "one of " + allowed.joined(separator: ", ")))
      } else if seen.contains(name) {
        loader.log.add(RuleError(loader.place(key), "'\(name)' is given twice"))
      } else {
        seen.append(name)
      }
    }
  }

  subscript(name: String) -> Node? { node[name] }

  /// A field that must be there; nil where it is not, or is wrong, which the log then says.
  func read<T>(_ name: String, _ read: (Node) throws(RuleError) -> T) -> T? {
    loader.log.attempt { () throws(RuleError) in
      guard let value = node[name] else {
        throw RuleError(loader.place(node), "'\(name)' is missing")
      }
      return try read(value)
    }
  }

  /// A field that may be left out.
  func readOptional<T>(_ name: String, _ read: (Node) throws(RuleError) -> T) -> T? {
    guard let value = node[name] else { return nil }
    return loader.log.attempt { () throws(RuleError) in try read(value) }
  }
}
