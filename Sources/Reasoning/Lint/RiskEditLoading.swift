import Model
import YAML

/// The edits of a risk: one mapping, or several of which the first that fits is made.
extension RuleLoader {
  func edits(_ node: Node) throws(RuleError) -> [RiskEdit] {
    guard let items = node.sequence else { return [try edit(node)] }
    var edits: [RiskEdit] = []
    for item in items { edits.append(try edit(item)) }
    return edits
  }

  private static let forms = [
    "value", "before", "path", "line", "after", "replace", "set", "options", "arguments",
    "volume", "entry", "remove", "log_fields",
  ]

  private func edit(_ node: Node) throws(RuleError) -> RiskEdit {
    let fields = try Fields(
      node, self,
      allowed: RuleLoader.forms + ["in", "at", "beside", "unless", "certain", "suggested"])
    let applicability: Applicability
    switch (fields["certain"], fields["suggested"]) {
    case (let reason?, nil): applicability = .certain(try text(reason))
    case (nil, let reason?): applicability = .suggested(try text(reason))
    default:
      throw RuleError(
        place(node), "expected one of certain, suggested",
        hint: "why nobody need decide, or why this is where to begin")
    }
    guard let kindNode = fields["in"] else {
      throw RuleError(place(node), "expected 'in'", hint: "the kinds of file that the edit fits")
    }
    var kinds: [EvidenceKind] = []
    for item in try items(kindNode, "kinds of evidence") {
      guard let kind = EvidenceKind(rawValue: item.scalar ?? "") else {
        throw RuleError(place(item), "unknown kind of evidence '\(item.scalar ?? "")'")
      }
      kinds.append(kind)
    }
    let given = RuleLoader.forms.compactMap { name in fields[name].map { (name, $0) } }
    guard let (form, what) = given.first, given.count == 1 else {
      throw RuleError(
        place(node),
        "expected one of " + RuleLoader.forms.joined(separator: ", "))
    }
    let change: RiskEdit.Change
    switch form {
    case "value": change = .value(try editText(what))
    case "before": change = .before(try text(what))
    case "path": change = .path(try editText(what))
    case "line": change = .line(try text(what))
    case "after": change = .after(try texts(what))
    case "replace":
      change = .replace(
        (what.mapping ?? []).compactMap { pair in
          pair.key.scalar.flatMap { old in pair.value.scalar.map { (old, $0) } }
        })
    case "set": change = .set(try settings(what))
    case "options": change = .options(try settings(what))
    case "arguments": change = .arguments(try settings(what))
    case "volume": change = .volume(try text(what))
    case "entry":
      guard let pair = what.mapping?.first, what.mapping?.count == 1 else {
        throw RuleError(place(what), "expected one entry, a name and its value")
      }
      change = .entry(name: try text(pair.key), value: try text(pair.value))
    case "remove": change = .remove
    default: change = .logFields(what.scalar ?? "")
    }
    var unless: Condition?
    if let node = fields["unless"] { unless = try condition(node) }
    var fact: String?
    if let node = fields["at"] { fact = try factName(node) }
    var beside: String?
    if let node = fields["beside"] { beside = try text(node) }
    return RiskEdit(
      change: change, kinds: kinds, at: fact, beside: beside, unless: unless,
      applicability: applicability)
  }

  private func settings(
    _ node: Node
  ) throws(RuleError) -> [(name: String, value: EditText)] {
    guard let pairs = node.mapping, !pairs.isEmpty else {
      throw RuleError(place(node), "expected settings and their values")
    }
    var settings: [(name: String, value: EditText)] = []
    for pair in pairs {
      // An option that takes no value.
      let isBare = pair.value.scalar == ""
      settings.append(
        (try text(pair.key), isBare ? EditText(pieces: []) : try editText(pair.value)))
    }
    return settings
  }

  /// `300`, `{gunicorn.timeout}s`, `{2 * nginx.config.worker_connections}`.
  private func editText(_ node: Node) throws(RuleError) -> EditText {
    var pieces: [EditText.Piece] = []
    var rest = Substring(try text(node))
    while let open = rest.firstIndex(of: "{"), let end = rest.firstIndex(of: "}"), open < end {
      pieces.append(.text(String(rest[..<open])))
      let inner = String(rest[rest.index(after: open)..<end])
      // Anything is of its own unit.
      let parsed = try ConditionParser.parse(
        "\(inner) == \(inner)", catalogue: table, place: place(node))
      guard case .compare(let figure, _, _) = parsed else {
        throw RuleError(place(node), "found '{\(inner)}'; expected a figure")
      }
      pieces.append(.figure(figure))
      rest = rest[rest.index(after: end)...]
    }
    return EditText(pieces: pieces + [.text(String(rest))])
  }
}
