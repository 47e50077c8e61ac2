import Model

/// A diagnosis to paste into a ticket or a chat: headings, lists and code, no tables and no HTML, since
/// only some of them show those. Ends, section by section from the bottom, within `limit` characters:
/// Jira takes 32,767 and GitHub 65,536, and a longer text is refused as a whole.
package struct MarkdownReport: Sendable {
  let limit: Int

  package init(limit: Int = 30_000) { self.limit = limit }

  package func text(_ diagnosis: Diagnosis) -> String {
    let page = TextPage(width: .max, style: .plain, inputs: diagnosis.inputs)
    let writer = MarkdownSections(page: page)
    var text = writer.head(diagnosis)
    var leftOut: [String] = []
    for (title, section) in writer.sections(diagnosis) where !section.isEmpty {
      let block = "\n## \(title)\n\n" + section
      if leftOut.isEmpty, text.count + block.count <= limit - 400 {
        text += block.hasSuffix("\n\n") ? String(block.dropLast()) : block
      } else {
        leftOut.append(title.lowercased())
      }
    }
    text += "\n"
    if !leftOut.isEmpty { text += "Left out for length: \(leftOut.joined(separator: ", ")). " }
    if let first = diagnosis.causes.first {
      text += "How it was weighed: \(MarkdownText.code("triage explain \(first.id)")). "
    }
    return text + "Everything: `triage diagnose --format json`.\n"
  }
}

/// The parts of the Markdown report. Whatever is not a literal here goes through `MarkdownText`.
struct MarkdownSections {
  let page: TextPage

  /// `<1 %` would be the start of a tag to some.
  private func share(_ probability: Double) -> String {
    let text = percent(probability)
    switch text.first {
    case "<": return "under " + text.dropFirst()
    case ">": return "over " + text.dropFirst()
    default: return text
    }
  }

  private func say(_ text: String) -> String { MarkdownText.sentence(text) }
  private func code(_ text: String) -> String { MarkdownText.code(text) }

  /// Line 1 is what it is and how sure.
  func head(_ diagnosis: Diagnosis) -> String {
    let verdict = diagnosis.verdict
    var text = "**\(verdict.status.rawValue.uppercased())**: \(say(verdict.summary))\n"
    if let cause = diagnosis.causes.first {
      text += "\n" + firstCause(cause, evidenceLimit: 8)
    }
    return text
  }

  func sections(_ diagnosis: Diagnosis) -> [(String, String)] {
    let now = diagnosis.plan.filter { $0.phase == .mitigate }
    let later = diagnosis.plan.filter { $0.phase != .mitigate }
    let others = diagnosis.causes.dropFirst()
    return [
      ("Do now", steps(now)),
      ("Do not", never(diagnosis)),
      ("Then", steps(later)),
      ("Also accused", others.prefix(6).map { cause($0) }.joined(separator: "\n")),
      (
        diagnosis.causes.isEmpty ? "What would settle it" : "What would tell more",
        missing(diagnosis.missing)
      ),
      ("Suspects", suspects(diagnosis.suspectsToTell)),
      ("Ruled out", ruledOut(diagnosis.ruledOutToTell)),
      ("Timeline", timeline(diagnosis)),
      ("Risky settings", risks(diagnosis.risks)),
      ("Inputs", inputs(diagnosis.inputs)),
    ]
  }

  // MARK: Causes

  private func firstCause(_ cause: AccusedCause, evidenceLimit: Int) -> String {
    var text = "## \(say(cause.title))\n\n"
    text += likely(cause) + "\n"
    if !cause.why.isEmpty { text += "\n\(say(cause.why))\n" }
    if !cause.chain.isEmpty {
      text += "\nChain: \(cause.chain.map(code).joined(separator: " then "))\n"
    }
    text += "\n**Why**\n\n"
    for symptom in cause.evidenceToTell.prefix(evidenceLimit) { text += evidence(symptom) }
    text += more(cause.evidenceToTell.count, beyond: evidenceLimit)
    if !cause.against.isEmpty {
      text += "\n**Against**\n\n"
      for symptom in cause.against.prefix(3) { text += evidence(symptom) }
    }
    return text
  }

  private func cause(_ cause: AccusedCause) -> String {
    var text = "**\(say(cause.title))**: \(likely(cause))"
    if let by = cause.explainedBy { text += "; follows from \(code(by.id))" }
    text += "\n\n"
    for symptom in cause.evidenceToTell.prefix(2) { text += evidence(symptom) }
    return text
  }

  private func likely(_ cause: AccusedCause) -> String {
    var text = code(cause.subject.description)
    text += ": \(likelihood(cause.probability)), \(share(cause.probability))"
    if let onset = cause.onset { text += ", since \(moment(onset, isZoned: cause.isOnsetZoned))" }
    return text
  }

  private func evidence(_ symptom: WeighedSymptom) -> String {
    var text = "- \(say(symptom.statement))"
    if symptom.isDirect { text += " (evidence of this very mechanism)" }
    text += "\n"
    for source in symptom.sources.prefix(2) {
      text += "  - \(code(page.place(of: source)))"
      let excerpt = source.excerpt.drop { $0 == " " || $0 == "\t" }
      if !excerpt.isEmpty { text += " \(code(String(excerpt)))" }
      text += "\n"
    }
    let left = symptom.sources.count - 2
    return left > 0 ? text + "  - and \(counted(left, "more place"))\n" : text
  }

  // MARK: What to do

  private func steps(_ steps: [Step]) -> String {
    let causes = Set(steps.map(\.cause)).count
    return steps.enumerated().map { index, step in
      var text = "\(index + 1). **\(say(step.title))**"
      if causes > 1 { text += " (against \(code(step.cause)))" }
      text += "\n"
      if let command = step.command {
        text += "\n" + MarkdownText.fenced(command, indent: "   ") + "\n"
      }
      text += "   - why: \(say(step.why))\n"
      let warning = step.warning.map { ": " + say($0) } ?? ""
      text += "   - risk: \(step.risk.rawValue)\(warning)\n"
      if let verify = step.verify { text += "   - worked if: \(say(verify))\n" }
      return text
    }.joined()
  }

  private func never(_ diagnosis: Diagnosis) -> String {
    var told: [Never] = []
    for never in diagnosis.causes.flatMap(\.never) where !told.contains(never) {
      told.append(never)
    }
    return told.map { "- **\(say($0.action))**: \(say($0.why))\n" }.joined()
  }

  private func missing(_ missing: [MissingEvidence]) -> String {
    let missing = missing.askedOnce
    return missing.prefix(5).map { evidence in
      "- \(code(evidence.fact)): \(say(evidence.why))\n\n"
        + MarkdownText.fenced(evidence.collect, indent: "  ") + "\n"
    }.joined() + more(missing.count, beyond: 5)
  }

  // MARK: The rest

  private func suspects(_ suspects: [Fleet<Suspect>]) -> String {
    suspects.prefix(8).map { fleet in
      var text = "- \(say(fleet.entry.title)), \(code(fleet.subjects)), "
      text += share(fleet.entry.probability)
      if let symptom = fleet.entry.evidence.first { text += ": \(say(symptom.statement))" }
      return text + "\n"
    }.joined() + more(suspects.count, beyond: 8)
  }

  private func ruledOut(_ causes: [Fleet<RuledOutCause>]) -> String {
    causes.prefix(10).map { fleet in
      var text = "- \(say(fleet.entry.title)), \(code(fleet.subjects)), "
      text += share(fleet.entry.probability)
      if let symptom = fleet.entry.reason {
        text += ": \(say(symptom.statement))"
        if let source = symptom.sources.first { text += " \(code(page.place(of: source)))" }
      }
      return text + "\n"
    }.joined() + more(causes.count, beyond: 10)
  }

  private func timeline(_ diagnosis: Diagnosis) -> String {
    let entries = diagnosis.timeline
    return entries.enumerated().prefix(15).map { index, entry in
      var text = "- \(date(entry.time)) \(clock(entry.time, isZoned: entry.isZoned))"
      if !entry.isZoned { text += " (zone not known)" }
      text += " \(code(entry.subject.description)): \(say(entry.event))"
      if let until = entry.until, until != entry.time {
        text += ", until \(clock(until, isZoned: entry.isZoned))"
      }
      text += " \(code(page.place(of: entry.source)))"
      if index == diagnosis.firstAnomaly { text += " **first anomaly**" }
      return text + "\n"
    }.joined() + more(entries.count, beyond: 15)
  }

  private func risks(_ risks: [RiskFinding]) -> String {
    risks.prefix(8).map { risk in
      var text = "- \(risk.level.rawValue): \(say(risk.message))"
      if let source = risk.source { text += " \(code(page.place(of: source)))" }
      if let fix = risk.fix { text += ". Fix: \(code(fix))" }
      return text + "\n"
    }.joined() + more(risks.count, beyond: 8)
  }

  private func inputs(_ inputs: [InputAccount]) -> String {
    inputs.prefix(40).map { input in
      var text = "- \(code(page.name(input.path))): "
      text += input.kind?.rawValue ?? "not recognised"
      if input.status != .read, input.kind != nil || input.status == .unreadable {
        text += ", \(input.status.rawValue)"
      }
      if input.lines > 0 { text += ", \(counted(input.lines, "line"))" }
      if let warning = input.warnings.first {
        text += " (\(say(warning.message)))"
      }
      return text + "\n"
    }.joined() + more(inputs.count, beyond: 40)
  }

  private func more(_ count: Int, beyond limit: Int) -> String {
    count > limit ? "- and \(count - limit) more\n" : ""
  }
}
