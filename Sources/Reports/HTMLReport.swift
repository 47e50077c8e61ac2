import Model

/// A diagnosis as one self-contained page to attach to a ticket: no script, nothing loaded from
/// anywhere, the same on a phone, in the dark and on paper. First what to know and do, then why, then
/// the rest behind headings that open.
package struct HTMLReport: Sendable {
  package init() {}

  package func text(_ diagnosis: Diagnosis) -> String {
    let writer = HTMLSections(
      page: TextPage(width: .max, style: .plain, inputs: diagnosis.inputs))
    let status = diagnosis.verdict.status.rawValue
    var text = htmlHead
    text += "<title>\(html(status.uppercased() + ": " + diagnosis.verdict.summary))</title>\n"
    text += "</head>\n<body>\n<main>\n"
    text += writer.head(diagnosis)
    for (index, cause) in diagnosis.causes.prefix(12).enumerated() {
      if index == 1 { text += "<h2>Also accused</h2>\n" }
      text += writer.cause(cause, isFirst: index == 0)
      if index == 0 { text += writer.plan(of: diagnosis) }
    }
    if diagnosis.causes.isEmpty {
      text += writer.section("What would settle it", writer.missing(diagnosis.missing), open: true)
    } else {
      text += writer.section("What would tell more", writer.missing(diagnosis.missing))
    }
    text += writer.section("Timeline", writer.timeline(diagnosis), open: true)
    text += writer.section("Suspects, neither accused nor cleared", writer.suspects(diagnosis))
    text += writer.section("Ruled out", writer.ruledOut(diagnosis))
    text += writer.section("Risky settings (they accuse nobody)", writer.risks(diagnosis))
    text += writer.section("Inputs", writer.inputs(diagnosis))
    text += writer.section("Sources", writer.sources(diagnosis))
    return text + "</main>\n</body>\n</html>\n"
  }
}

/// The parts of the page. Whatever is not a literal here goes through `html`.
struct HTMLSections {
  let page: TextPage

  func section(_ title: String, _ body: String, open: Bool = false) -> String {
    guard !body.isEmpty else { return "" }
    return "<details\(open ? " open" : "")>\n<summary>\(title)</summary>\n\(body)</details>\n"
  }

  func head(_ diagnosis: Diagnosis) -> String {
    let status = diagnosis.verdict.status
    let tint =
      switch status {
      case .incident: "bad"
      case .atRisk: "warn"
      case .healthy: "good"
      case .inconclusive: "soft"
      }
    let word = status.rawValue.uppercased()
    return "<h1 class=\"\(tint)\">\(word): \(html(diagnosis.verdict.summary))</h1>\n"
  }

  // MARK: Causes

  func cause(_ cause: AccusedCause, isFirst: Bool) -> String {
    let level = isFirst ? "h2" : "h3"
    var text = "<\(level)>\(html(cause.title))</\(level)>\n<p>"
    text += "<span class=\"mark\">\(html(cause.subject.description))</span>: "
    text += html("\(likelihood(cause.probability)), \(percent(cause.probability))")
    if let onset = cause.onset {
      text += html(", since \(moment(onset, isZoned: cause.isOnsetZoned))")
    }
    if let by = cause.explainedBy { text += ", follows from \(html(by.id))" }
    text += "</p>\n"
    if isFirst, !cause.why.isEmpty { text += "<p>\(html(cause.why))</p>\n" }
    if !cause.chain.isEmpty {
      text += "<p>Chain: \(cause.chain.map(html).joined(separator: " &rarr; "))</p>\n"
    }
    text += list(cause.evidenceToTell, limit: isFirst ? 8 : 3)
    if !cause.against.isEmpty {
      text += "<p>Against:</p>\n" + list(cause.against, limit: 3)
    }
    return text
  }

  private func list(_ symptoms: [WeighedSymptom], limit: Int) -> String {
    guard !symptoms.isEmpty else { return "" }
    var text = "<ul>\n"
    for symptom in symptoms.prefix(limit) {
      text += "<li>\(html(symptom.statement))"
      if symptom.isDirect { text += " <b>(evidence of this very mechanism)</b>" }
      for source in symptom.sources.prefix(3) {
        text += "<br><span class=\"soft\"><code>\(html(page.place(of: source)))</code> "
        text += "<code>\(html(source.excerpt))</code></span>"
      }
      text += "</li>\n"
    }
    return text + rest(symptoms.count, beyond: limit) + "</ul>\n"
  }

  // MARK: What to do

  func plan(of diagnosis: Diagnosis) -> String {
    let now = diagnosis.plan.filter { $0.phase == .mitigate }
    let later = diagnosis.plan.filter { $0.phase != .mitigate }
    var told: [Never] = []
    for never in diagnosis.causes.flatMap(\.never) where !told.contains(never) {
      told.append(never)
    }
    var text = steps(now, title: "Do now")
    if !told.isEmpty {
      text += "<h2>Do not</h2>\n<ul>\n"
      for never in told { text += "<li><b>\(html(never.action))</b>: \(html(never.why))</li>\n" }
      text += "</ul>\n"
    }
    return text + steps(later, title: "Then")
  }

  private func steps(_ steps: [Step], title: String) -> String {
    guard !steps.isEmpty else { return "" }
    var text = "<h2>\(title)</h2>\n<ol>\n"
    for step in steps {
      text += "<li><b>\(html(step.title))</b>"
      if let command = step.command { text += "<pre><code>\(html(command))</code></pre>" }
      text += "<div>\(html(step.why))</div>"
      let tint = step.risk == .medium || step.risk == .high ? "warn" : "soft"
      text += "<div class=\"\(tint)\">risk \(step.risk.rawValue)"
      text += step.warning.map { ": " + html($0) } ?? ""
      text += "</div>"
      if let verify = step.verify { text += "<div>worked if: \(html(verify))</div>" }
      text += "</li>\n"
    }
    return text + "</ol>\n"
  }

  func missing(_ missing: [MissingEvidence]) -> String {
    guard !missing.isEmpty else { return "" }
    var text = "<ul>\n"
    let missing = missing.askedOnce
    for evidence in missing.prefix(8) {
      text += "<li><code>\(html(evidence.fact))</code>: \(html(evidence.why))"
      text += "<pre><code>\(html(evidence.collect))</code></pre></li>\n"
    }
    return text + rest(missing.count, beyond: 8) + "</ul>\n"
  }

  // MARK: The rest

  func timeline(_ diagnosis: Diagnosis) -> String {
    guard !diagnosis.timeline.isEmpty else { return "" }
    var text = "<table>\n<thead><tr><th scope=\"col\">Time</th><th scope=\"col\">What</th></tr>"
    text += "</thead>\n<tbody>\n"
    for (index, entry) in diagnosis.timeline.enumerated().prefix(60) {
      text += "<tr><td>\(date(entry.time)) \(clock(entry.time, isZoned: entry.isZoned))"
      if !entry.isZoned { text += " <span class=\"soft\">zone not known</span>" }
      text += "</td><td>"
      if index == diagnosis.firstAnomaly { text += "<b>First anomaly.</b> " }
      if entry.isImpact { text += "<b class=\"bad\">Felt.</b> " }
      text += "\(html(entry.subject.description)): \(html(entry.event))"
      if let until = entry.until, until != entry.time {
        text += ", until \(date(until)) \(clock(until, isZoned: entry.isZoned))"
      }
      text += " <code class=\"soft\">\(html(page.place(of: entry.source)))</code></td></tr>\n"
    }
    text += "</tbody>\n</table>\n"
    let left = diagnosis.timeline.count - 60
    return left > 0 ? text + "<p>and \(left) more</p>\n" : text
  }

  func suspects(_ diagnosis: Diagnosis) -> String {
    list(diagnosis.suspectsToTell, limit: 20) { fleet in
      let because = fleet.entry.evidence.first.map { ": " + html($0.statement) } ?? ""
      return named(fleet.entry.title, fleet.subjects, fleet.entry.probability) + because
    }
  }

  func ruledOut(_ diagnosis: Diagnosis) -> String {
    list(diagnosis.ruledOutToTell, limit: 30) { fleet in
      var text = named(fleet.entry.title, fleet.subjects, fleet.entry.probability)
      if let symptom = fleet.entry.reason {
        text += ": \(html(symptom.statement))"
        if let source = symptom.sources.first {
          text += " <code class=\"soft\">\(html(page.place(of: source)))</code>"
        }
      }
      return text
    }
  }

  private func named(_ title: String, _ subjects: String, _ probability: Double) -> String {
    html("\(title), \(subjects), \(percent(probability))")
  }

  func risks(_ diagnosis: Diagnosis) -> String {
    list(diagnosis.risks, limit: 30) { risk in
      var text = "\(risk.level.rawValue): \(html(risk.message))"
      if let source = risk.source {
        text += " <code class=\"soft\">\(html(page.place(of: source)))</code>"
      }
      if let fix = risk.fix { text += "<br>fix: <code>\(html(fix))</code>" }
      return text
    }
  }

  func inputs(_ diagnosis: Diagnosis) -> String {
    list(diagnosis.inputs, limit: 200) { input in
      var text = "<code>\(html(input.path))</code>: "
      text += html(input.kind?.rawValue ?? input.status.rawValue)
      if input.kind != nil, input.status != .read { text += ", \(input.status.rawValue)" }
      if input.lines > 0 { text += html(", \(counted(input.lines, "line"))") }
      if let warning = input.warnings.first { text += " (\(html(warning.message)))" }
      return text
    }
  }

  func sources(_ diagnosis: Diagnosis) -> String {
    var told: [String] = []
    for source in diagnosis.causes.flatMap(\.sources) where !told.contains(source) {
      told.append(source)
    }
    return list(told, limit: 40, one: htmlLink)
  }

  private func list<Element>(
    _ elements: [Element], limit: Int, one: (Element) -> String
  ) -> String {
    guard !elements.isEmpty else { return "" }
    let items = elements.prefix(limit).map { "<li>\(one($0))</li>\n" }.joined()
    return "<ul>\n" + items + rest(elements.count, beyond: limit) + "</ul>\n"
  }

  private func rest(_ count: Int, beyond limit: Int) -> String {
    count > limit ? "<li class=\"soft\">and \(count - limit) more: see --format json</li>\n" : ""
  }
}
