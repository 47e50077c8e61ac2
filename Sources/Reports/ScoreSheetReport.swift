import Model

/// The sum behind a probability, line by line: what spoke, what counted, and what is missing.
package struct ScoreSheetReport: Sendable {
  package let width: Int
  package let style: Style
  package let redaction: Redaction

  package init(width: Int = 80, style: Style = .plain, redaction: Redaction = .secrets) {
    self.width = width
    self.style = style
    self.redaction = redaction
  }

  /// A block for each subject; places are told below the folder that all inputs lie in.
  package func text(_ sheets: [ScoreSheet], inputs: [InputAccount]) -> String {
    var page = TextPage(width: width, style: style, inputs: inputs)
    for (index, sheet) in sheets.enumerated() {
      if index > 0 { page.blank() }
      let absent = sheet.isSeen ? "" : ", which is not in this evidence"
      let outcome = sheet.isAccused ? "accused" : "not accused"
      page.add(
        "\(sheet.cause) for \(sheet.subject)\(absent): \(outcome), \(percent(sheet.probability))",
        tint: style.bold)
      page.add(sheet.title)
      page.blank()
      add(sheet, to: &page, lead: "", hasPlaces: true)
    }
    return page.text
  }

  /// The sum alone, for an example whose facts stand in no file.
  func lines(_ sheet: ScoreSheet, lead: String) -> String {
    var page = TextPage(width: width, style: style, inputs: [])
    add(sheet, to: &page, lead: lead, hasPlaces: false)
    return page.text
  }

  private func add(
    _ sheet: ScoreSheet, to page: inout TextPage, lead: String, hasPlaces: Bool
  ) {
    page.add("prior", lead: lead + column(signed(sheet.prior)))
    for entry in sheet.entries {
      let mark = entry.isDirect ? "* " : "  "
      let group = entry.group.map { " [\($0)]" } ?? ""
      page.add(
        entry.symptom + group + ": " + remark(entry), lead: lead + column(weight(entry)) + mark)
      let indent = lead + String(repeating: " ", count: column("").count + 2)
      if !entry.statement.isEmpty { page.add(redaction(entry.statement), lead: indent) }
      if hasPlaces { add(places: entry, to: &page, lead: indent) }
      for (index, lack) in entry.lacking.prefix(ScoreSheetReport.lackingLimit).enumerated() {
        page.add("\(index == 0 ? "missing" : "and") \(lack.fact)", lead: indent)
        if hasPlaces, !lack.collect.isEmpty { page.add(command: lack.collect, lead: indent + "  ") }
      }
      let more = entry.lacking.count - ScoreSheetReport.lackingLimit
      if more > 0 { page.add("and \(more) more", lead: indent) }
    }
    let probability = "P = 1 / (1 + 10^(-score/10)) = \(decimal(sheet.probability, places: 4))"
    page.add(probability, lead: lead + column("= " + signed(sheet.score)))
    if sheet.score >= 0, !sheet.isAccused {
      page.add(
        "not accused: no direct evidence (*) holds, and without it nobody is accused",
        lead: lead + column(""))
    }
  }

  private static let lackingLimit = 4
  private static let placeLimit = 4

  private func add(places entry: ScoreSheet.Entry, to page: inout TextPage, lead: String) {
    let sources = entry.observed.compactMap(\.source)
    var seen: Set<String> = []
    let distinct = sources.filter { seen.insert(page.place(of: $0)).inserted }
    for source in distinct.prefix(ScoreSheetReport.placeLimit) {
      page.add(place: page.place(of: source), excerpt: redaction(source.excerpt), lead: lead)
    }
    let more = distinct.count - ScoreSheetReport.placeLimit
    if more > 0 { page.add("and \(more) more places", lead: lead) }
  }

  private func weight(_ entry: ScoreSheet.Entry) -> String {
    entry.finding == .unknown ? "?" : signed(entry.weight)
  }

  private func remark(_ entry: ScoreSheet.Entry) -> String {
    switch entry.finding {
    case .unknown:
      return "unknown; \(signed(entry.ifHolds)) if it holds, \(signed(entry.ifFails)) if it fails"
    case .holds, .fails:
      let word = entry.finding.rawValue
      guard entry.weight != entry.claimed else { return word }
      return word + ", \(signed(entry.claimed)) by itself: a stronger one of its group counts"
    }
  }

  private func column(_ text: String) -> String {
    String(repeating: " ", count: max(0, 5 - text.count)) + text + "  "
  }

  // MARK: JSON

  package func json(_ sheets: [ScoreSheet], inputs: [InputAccount]) -> String {
    let report = JSONReport(version: "", redaction: redaction)
    return JSON.object([
      ("schema", .string("triage/explanation/v1")),
      ("sheets", .array(sheets.map { json($0, report) })),
      ("inputs", .array(inputs.map(report.input))),
    ]).document
  }

  private func json(_ sheet: ScoreSheet, _ report: JSONReport) -> JSON {
    .object([
      ("cause", .string(sheet.cause)),
      ("title", .string(sheet.title)),
      ("subject", .string(sheet.subject.description)),
      ("accused", .flag(sheet.isAccused)),
      ("prior_db", .integer(sheet.prior)),
      ("weight_db", .integer(sheet.score)),
      ("probability", .probability(sheet.probability)),
      ("entries", .array(sheet.entries.map { json($0, report) })),
    ])
  }

  private func json(_ entry: ScoreSheet.Entry, _ report: JSONReport) -> JSON {
    .object(leavingOutNil: [
      ("symptom", .string(entry.symptom)),
      ("finding", .string(entry.finding.rawValue)),
      ("direct", .flag(entry.isDirect)),
      ("group", entry.group.map(JSON.string)),
      ("if_holds_db", .integer(entry.ifHolds)),
      ("if_fails_db", .integer(entry.ifFails)),
      ("weight_db", .integer(entry.weight)),
      ("statement", entry.statement.isEmpty ? nil : .string(redaction(entry.statement))),
      ("observed", .array(entry.observed.map(report.observation))),
      (
        "missing",
        .array(
          entry.lacking.map {
            .object([("fact", .string($0.fact)), ("collect", .string($0.collect))])
          })
      ),
    ])
  }
}

/// A weight with its sign.
func signed(_ weight: Int) -> String { weight > 0 ? "+\(weight)" : "\(weight)" }
