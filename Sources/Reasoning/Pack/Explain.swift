import Model

extension RulePack {
  /// What there is to explain, and the pack that each comes from: `rules list`.
  package var listing: [(id: String, kind: String, title: String, pack: String)] {
    causes.map { ($0.id, "cause", $0.title, $0.pack) }
      + symptoms.values.sorted { $0.id < $1.id }
      .map { ($0.id, "symptom", $0.says.plain, $0.pack) }
      + risks.map { ($0.id, "risk", $0.title, $0.pack) }
  }

  /// A cause, symptom or fact with all that is known of it; nil where nothing has that name.
  package func explain(_ id: String) -> String? {
    if let cause = cause(id) { return explain(cause) }
    if let symptom = symptoms[id] { return explain(symptom) }
    if let risk = risks.first(where: { $0.id == id }) { return explain(risk) }
    if let definition = table[id] { return explain(definition) }
    return nil
  }

  /// The nearest name to one that nothing has.
  package func suggestion(for id: String) -> String? {
    let names =
      causes.map(\.id) + risks.map(\.id) + Array(symptoms.keys) + Array(table.observed.keys)
      + Array(table.derivations.keys)
    let best = names.min { (editDistance($0, id), $0) < (editDistance($1, id), $1) }
    guard let best, editDistance(best, id) <= max(3, id.count / 3) else { return nil }
    return best
  }

  private func explain(_ cause: Cause) -> String {
    var lines = ["\(cause.id): \(cause.title)", "", cause.why.trimmed, ""]
    lines.append("weighed for each \(cause.weighedFor); prior \(signed(cause.prior)) dB")
    lines.append("stands in: \(cause.place.file):\(cause.place.line) (pack \(cause.pack))")
    lines.append("")
    lines.append("evidence (decibans if it holds / if it fails; * is direct, [group] counts once):")
    for entry in cause.evidence {
      let mark = entry.isDirect ? "*" : " "
      let group = entry.group.map { " [\($0)]" } ?? ""
      lines.append(
        "  \(mark) \(entry.symptom): \(signed(entry.holds)) / \(signed(entry.fails))\(group)")
      if let symptom = symptoms[entry.symptom] {
        lines.append("      \(symptom.says.plain)")
        if let source = symptom.source { lines.append("      source: \(source)") }
      }
      if let reason = entry.reason { lines.append("      because: \(reason)") }
    }
    if !cause.explains.isEmpty {
      lines += ["", "brings about: " + cause.explains.joined(separator: ", ")]
    }
    lines += ["", "what to do:"]
    for step in cause.remedy {
      lines.append("  \(step.phase.rawValue): \(step.title.plain) (risk \(step.risk.rawValue))")
    }
    if !cause.never.isEmpty {
      lines += ["", "what not to do:"]
      lines += cause.never.map { "  \($0.action): \($0.why)" }
    }
    lines += ["", "sources:"] + cause.sources.map { "  \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private func explain(_ symptom: Symptom) -> String {
    var lines = [
      "\(symptom.id): a symptom of a \(symptom.subject.rawValue)"
        + (symptom.isImpact ? ", felt by users" : ""), "", "  \(symptom.says.plain)", "",
      "holds when: \(symptom.when)",
      "rests on: " + Set(symptom.condition.facts).sorted().joined(separator: ", "),
    ]
    let users = causes.filter { $0.evidence.contains { $0.symptom == symptom.id } }
    if !users.isEmpty {
      lines.append("weighed by: " + users.map(\.id).joined(separator: ", "))
    }
    if let source = symptom.source { lines.append("source: \(source)") }
    lines.append("stands in: \(symptom.place.file):\(symptom.place.line) (pack \(symptom.pack))")
    return lines.joined(separator: "\n") + "\n"
  }

  private func explain(_ risk: Risk) -> String {
    var lines = [
      "\(risk.id): \(risk.title)", "", risk.why.trimmed, "",
      "a risk of level \(risk.level.rawValue), asked of each \(risk.subject.rawValue)",
      "found when: \(risk.when)", "says: \(risk.says.plain)", "fix: \(risk.fix.plain)",
    ]
    if let cause = risk.cause { lines.append("would cause: \(cause)") }
    if let incident = risk.incident { lines.append("comes from: \(incident)") }
    if let decision = risk.decision { lines.append("mended by --fix: no; decide \(decision)") }
    if let edit = risk.edits.first {
      let options = risk.isMended ? "--fix" : "--fix --unsafe-fixes"
      lines.append("mended by \(options): yes; \(edit.applicability.reason)")
    }
    lines += ["", "sources:"] + risk.sources.map { "  \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  private func explain(_ definition: FactDefinition) -> String {
    var lines = [
      "\(definition.name): a fact of a \(definition.subject.rawValue), in "
        + (definition.unit == .count ? "counts" : definition.unit.rawValue), "",
      "  \(definition.summary)", "", "source: \(definition.source)",
    ]
    if !definition.values.isEmpty {
      lines.append("values: " + definition.values.joined(separator: ", "))
    }
    if !definition.collect.isEmpty { lines.append("get it with: \(definition.collect)") }
    if let derivation = table.derivations[definition.name] {
      lines.append("derived from: " + derivation.inputs.joined(separator: ", "))
    }
    let users = symptoms.values.filter { $0.condition.facts.contains(definition.name) }
    if !users.isEmpty {
      lines.append("read by: " + users.map(\.id).sorted().joined(separator: ", "))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// A weight with its sign.
func signed(_ weight: Int) -> String { weight > 0 ? "+\(weight)" : "\(weight)" }

extension Template {
  /// As written, with the names of the facts in braces.
  var plain: String { Template.plain(pieces) }

  private static func plain(_ pieces: [Piece]) -> String {
    pieces.map {
      switch $0 {
      case .text(let text): text
      case .fact(let name): "{\(name)}"
      case .redisCLI: "redis-cli"
      case .optional(let inner): plain(inner)
      }
    }.joined()
  }
}

extension String {
  /// Without the line end that YAML's folded style leaves.
  var trimmed: String {
    // Most end in a plain sign; characters, which decide elsewhere, cost a hundred times as much.
    if let last = utf8.last, (33..<128).contains(last) { return self }
    var text = Substring(self)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
