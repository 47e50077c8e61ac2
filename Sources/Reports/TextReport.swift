import Model

/// A diagnosis for a terminal, for somebody who was woken by it: first what it is, then what to do,
/// then why anyone should believe it. ASCII, and no line but commands and places wider than `width`.
package struct TextReport: Sendable {
  let width: Int
  let style: Style

  package init(width: Int = 80, style: Style = .plain) {
    self.width = width
    self.style = style
  }

  package func text(_ diagnosis: Diagnosis) -> String {
    var page = TextPage(width: width, style: style, inputs: diagnosis.inputs)
    add(diagnosis.verdict, to: &page)
    if let first = diagnosis.causes.first {
      add(first, number: 1, evidenceLimit: 8, to: &page)
      addPlan(of: diagnosis, to: &page)
      addNever(of: diagnosis, to: &page)
      addOtherCauses(of: diagnosis, to: &page)
    } else if diagnosis.verdict.status == .inconclusive {
      add(missing: diagnosis.missing, title: "WHAT WOULD SETTLE IT", to: &page)
    }
    add(suspects: diagnosis.suspectsToTell, to: &page)
    add(ruledOut: diagnosis.ruledOutToTell, to: &page)
    if !diagnosis.causes.isEmpty {
      // What settles a suspect stands beside it.
      let shown = diagnosis.nearSuspects.compactMap(\.missing.first)
      add(
        missing: diagnosis.missing.filter { !shown.contains($0) }, title: "WOULD TELL MORE",
        to: &page)
    }
    addTimeline(of: diagnosis, to: &page)
    add(recurrence: diagnosis.recurrence, to: &page)
    add(risks: diagnosis.risks, to: &page)
    page.add(inputs: diagnosis.inputs)
    if let first = diagnosis.causes.first {
      page.blank()
      page.add(
        "How it was weighed: triage explain \(first.id). Everything: --format json.",
        tint: style.dim)
    }
    return page.text
  }

  private func add(_ verdict: Verdict, to page: inout TextPage) {
    let tint: (String) -> String
    switch verdict.status {
    case .incident: tint = style.red
    case .atRisk: tint = style.yellow
    case .healthy: tint = style.green
    case .inconclusive: tint = style.bold
    }
    page.add(
      verdict.status.rawValue.uppercased() + ": " + verdict.summary, tint: tint)
  }

  // MARK: Causes

  private func add(
    _ cause: AccusedCause, number: Int, evidenceLimit: Int, to page: inout TextPage
  ) {
    if number != 2 { page.blank() }
    let lead = "\(number). "
    let indent = String(repeating: " ", count: lead.count)
    page.add(cause.title, lead: lead, tint: style.bold)
    var line = "\(cause.subject): \(likelihood(cause.probability)), \(percent(cause.probability))"
    if let onset = cause.onset { line += ", since \(moment(onset, isZoned: cause.isOnsetZoned))" }
    page.add(line, lead: indent)
    if number == 1, !cause.why.isEmpty { page.add(cause.why, lead: indent) }
    if !cause.chain.isEmpty {
      page.add("chain: " + cause.chain.joined(separator: " -> "), lead: indent)
    }

    let evidence = cause.evidenceToTell
    page.add(
      evidence.contains(where: \.isDirect) ? "Why (* is evidence of this very mechanism):" : "Why:",
      lead: indent)
    for symptom in evidence.prefix(evidenceLimit) {
      let mark = symptom.isDirect ? "*" : symptom.weight == 0 ? "." : "+"
      add(symptom, lead: indent + mark + " ", to: &page)
    }
    if evidence.count > evidenceLimit {
      page.add("and \(evidence.count - evidenceLimit) more", lead: indent + "  ")
    }
    guard !cause.against.isEmpty else { return }
    page.add("Against:", lead: indent)
    for symptom in cause.against.prefix(3) {
      add(symptom, lead: indent + "- ", to: &page)
    }
  }

  private func add(_ symptom: WeighedSymptom, lead: String, to page: inout TextPage) {
    page.add(symptom.statement, lead: lead)
    let indent = String(repeating: " ", count: lead.count)
    let sources = symptom.sources
    for source in sources.prefix(2) {
      page.add(place: page.place(of: source), excerpt: source.excerpt, lead: indent)
    }
    if sources.count > 2 {
      page.add("and \(counted(sources.count - 2, "more place"))", lead: indent, tint: style.dim)
    }
  }

  private func addOtherCauses(of diagnosis: Diagnosis, to page: inout TextPage) {
    var told: Set<Int> = [0]
    if let first = diagnosis.causes.first {
      addConsequences(of: first, in: diagnosis.causes, told: &told, depth: 0, to: &page)
    }
    var number = 1
    for (index, cause) in diagnosis.causes.enumerated() where !told.contains(index) {
      if number == 1 { page.heading("ALSO AT WORK") }
      told.insert(index)
      number += 1
      add(cause, number: number, evidenceLimit: 3, to: &page)
      addConsequences(of: cause, in: diagnosis.causes, told: &told, depth: 1, to: &page)
    }
  }

  /// Nested below what explains them. Each is told once, so a cycle ends.
  private func addConsequences(
    of root: AccusedCause, in causes: [AccusedCause], told: inout Set<Int>, depth: Int,
    to page: inout TextPage
  ) {
    for (index, cause) in causes.enumerated() where !told.contains(index) {
      guard let by = cause.explainedBy, by.id == root.id, by.subject == root.subject else {
        continue
      }
      if depth == 0, told.count == 1 { page.heading("WHAT FOLLOWS FROM IT") }
      told.insert(index)
      let indent = String(repeating: " ", count: 2 + 3 * min(depth, 8))
      page.add(
        "\(cause.title): \(cause.subject), \(likelihood(cause.probability)), "
          + percent(cause.probability), lead: indent + "-> ")
      if let symptom = cause.evidence.first {
        add(symptom, lead: indent + "   + ", to: &page)
      }
      addConsequences(of: cause, in: causes, told: &told, depth: depth + 1, to: &page)
    }
  }

  // MARK: What to do

  private func addPlan(of diagnosis: Diagnosis, to page: inout TextPage) {
    let now = diagnosis.plan.filter { $0.phase == .mitigate }
    let later = diagnosis.plan.filter { $0.phase != .mitigate }
    let roots = Set(diagnosis.plan.map(\.cause)).count
    for (title, steps) in [("DO NOW", now), ("THEN", later)] where !steps.isEmpty {
      page.heading(title)
      for step in steps {
        let lead = "\(step.rank). "
        let indent = String(repeating: " ", count: lead.count)
        var line = step.phase == .mitigate ? "" : "[\(step.phase.rawValue)] "
        line += step.title
        if roots > 1 { line += " (against \(step.cause), \(step.subject))" }
        page.add(line, lead: lead, tint: style.bold)
        if let command = step.command { page.add(command: command, lead: "    ") }
        if step.phase == .mitigate { page.add("why: " + step.why, lead: indent) }
        let isGrave = step.risk == .medium || step.risk == .high
        if isGrave || step.warning != nil || step.phase == .mitigate {
          let warning = step.warning.map { ": " + $0 } ?? ""
          page.add(
            "risk \(step.risk.rawValue)" + warning, lead: indent,
            tint: isGrave ? style.yellow : { $0 })
        }
        if step.phase == .mitigate, let verify = step.verify {
          page.add("worked if: " + verify, lead: indent)
        }
      }
    }
  }

  private func addNever(of diagnosis: Diagnosis, to page: inout TextPage) {
    var told: [Never] = []
    for never in diagnosis.causes.flatMap(\.never) where !told.contains(never) {
      if told.isEmpty { page.heading("DO NOT") }
      told.append(never)
      page.add(never.action + ": " + never.why, lead: "x  ")
    }
  }
}
