import Model

/// The pages of docs/ that are written by the program itself, so that they cannot be wrong of it.
extension RulePack {
  /// docs/rules.md: every cause with its evidence, thresholds and sources.
  package var rulesDocument: String {
    var lines = [
      "# Rules", "",
      "Written by `make docs` from the rules themselves: \(causes.count) causes over "
        + "\(symptoms.count) symptoms. How evidence is weighed: `decisions/0001-how-evidence-is-weighed.md`;"
        + " where the weights come from: `weights.md`; the facts that conditions name: `facts.md`.",
      "", "| cause | weighed for each | what it is |", "| --- | --- | --- |",
    ]
    for cause in causes {
      lines.append(
        "| [\(cause.id)](#\(cause.id)) | \(cause.weighedFor) | \(cell(cause.title)) |")
    }
    lines += [
      "",
      "In the tables below a weight is decibans, if the symptom holds / if it fails: +10 makes the "
        + "cause ten times likelier. `*` is direct evidence, which shows this very mechanism; without "
        + "one that holds nobody is accused. Of a group count the strongest for and against.", "",
    ]
    for cause in causes { lines += section(cause) }
    let others = symptoms.values.filter { symptom in
      !causes.contains { $0.evidence.contains { $0.symptom == symptom.id } }
    }
    if !others.isEmpty {
      lines += ["## Symptoms that no cause weighs", ""]
      lines += ["They tell whether users feel anything.", ""]
      lines += ["| symptom | holds when | source |", "| --- | --- | --- |"]
      for symptom in others.sorted(by: { $0.id < $1.id }) {
        lines.append(
          "| \(symptom.id) | \(cell(code: symptom.when)) | \(cell(symptom.source ?? "")) |")
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  private func section(_ cause: Cause) -> [String] {
    var lines = [
      "## \(cause.id)", "", "**\(text(cause.title)).** \(text(cause.why))", "",
      "Weighed for each \(cause.weighedFor); prior \(signed(cause.prior)) dB.", "",
      "| evidence | weight | group | holds when | source, or why this weight |",
      "| --- | --- | --- | --- | --- |",
    ]
    for entry in cause.evidence {
      let symptom = symptoms[entry.symptom]
      let reasons = [symptom?.source, entry.reason].compactMap { $0 }
      lines.append(
        "| \(entry.symptom)\(entry.isDirect ? " \\*" : "") "
          + "| \(signed(entry.holds)) / \(signed(entry.fails)) | \(cell(entry.group ?? "")) "
          + "| \(cell(code: symptom?.when ?? "")) | \(cell(reasons.joined(separator: "; "))) |")
    }
    lines.append("")
    if !cause.explains.isEmpty {
      lines += ["Brings about: \(links(cause.explains)).", ""]
    }
    if !cause.contributesTo.isEmpty {
      lines += ["Makes worse: \(links(cause.contributesTo)).", ""]
    }
    lines += ["What to do:", ""]
    lines += cause.remedy.map { step in
      "- *\(step.phase.rawValue)*, risk \(step.risk.rawValue): \(text(step.title.plain)). "
        + sentence(step.why.plain)
        + (step.warning.map { " Warning: " + sentence($0.plain) } ?? "")
        + (step.command.map { " " + code($0.plain) } ?? "")
        + (step.reference.map { " (\(text($0)))" } ?? "")
    }
    lines.append("")
    if !cause.never.isEmpty {
      lines += ["What not to do:", ""]
      lines += cause.never.map { "- \(text($0.action)): \(sentence($0.why))" }
      lines.append("")
    }
    return lines + ["Sources: \(text(cause.sources.joined(separator: "; "))).", ""]
  }

  private func links(_ ids: [String]) -> String {
    ids.map { "[\($0)](#\($0))" }.joined(separator: ", ")
  }

  /// docs/facts.md: what conditions can name.
  package var factsDocument: String {
    let derived = table.derivations.values.map(\.definition)
    var lines = [
      "# Facts", "",
      "Written by `make docs` from the catalogue itself: \(table.observed.count) facts that are read "
        + "from evidence, and \(derived.count) that are derived of them. A condition of a rule can name "
        + "any of them. Values are in base units: bytes, seconds, fractions of one, per second, UTC.",
      "",
    ]
    for kind in SubjectKind.allCases {
      lines += [
        "## Facts of \(kind == .instance || kind == .app ? "an" : "a") \(kind.rawValue)", "",
      ]
      let facts = table.observed.values.filter { $0.subject == kind }
      // Facts of one document stand together, with the command that gets them said once.
      let groups = Dictionary(grouping: facts) { [$0.source, $0.collect] }
      let ordered = groups.values.map { $0.sorted { $0.name < $1.name } }
        .sorted { ($0.first?.name ?? "") < ($1.first?.name ?? "") }
      for group in ordered {
        guard let first = group.first else { continue }
        lines += [
          "From: \(text(first.source))."
            + (first.collect.isEmpty ? "" : " Get it with: \(code(first.collect))"),
          "", "| fact | unit | meaning |", "| --- | --- | --- |",
        ]
        lines += group.map { "| `\($0.name)` | \(unit($0.unit)) | \(meaning($0)) |" } + [""]
      }
      let own = derived.filter { $0.subject == kind }.sorted { $0.name < $1.name }
      guard !own.isEmpty else { continue }
      lines += ["Derived:", "", "| fact | unit | meaning | from |", "| --- | --- | --- | --- |"]
      for fact in own {
        let inputs = table.derivations[fact.name]?.inputs ?? []
        lines.append(
          "| `\(fact.name)` | \(unit(fact.unit)) | \(meaning(fact)) "
            + "| \(inputs.map { "`\($0)`" }.joined(separator: ", ")) |")
      }
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  private func unit(_ unit: Unit) -> String {
    switch unit {
    case .count: "number"
    case .perSecond: "per second"
    case .bytesPerSecond: "bytes per second"
    default: unit.rawValue
    }
  }

  private func meaning(_ fact: FactDefinition) -> String {
    cell(fact.summary)
      + (fact.values.isEmpty ? "" : " One of " + cell(fact.values.joined(separator: ", ")) + ".")
      + (fact.isTally ? " None is known only where the log covers the time in question." : "")
  }

  // MARK: Markdown

  /// Text without what Markdown would act upon.
  func text(_ text: String) -> String {
    var result = ""
    for character in text {
      if "\\`*_{}[]<>#|".contains(character) { result += "\\" }
      result.append(character.isNewline ? " " : character)
    }
    return result
  }

  func sentence(_ string: String) -> String {
    let text = text(string)
    return text.hasSuffix(".") ? text : text + "."
  }

  func cell(_ string: String) -> String { text(string) }

  /// In a table a bare `|` would end the cell, also within code.
  private func cell(code string: String) -> String {
    code(string).split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }

  /// A piece of code, fenced by more backticks than it holds.
  func code(_ string: String) -> String {
    let longest = string.split { $0 != "`" }.map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: longest + 1)
    let pad = string.hasPrefix("`") || string.hasSuffix("`") ? " " : ""
    let line = String(string.map { $0.isNewline ? " " : $0 })
    return fence + pad + line + pad + fence
  }
}
