import Model

/// Findings as people read them, file by file: the place, the line with carets under the value, why,
/// and what to do; then a count.
package struct LintText: Sendable {
  package let width: Int
  package let style: Style
  package let redaction: Redaction

  package init(width: Int = 80, style: Style = .plain, redaction: Redaction = .secrets) {
    self.width = width
    self.style = style
    self.redaction = redaction
  }

  package func text(_ result: LintResult) -> String {
    var page = TextPage(width: width, style: style, inputs: [])
    var file: String?
    for finding in result.findings where finding.suppression == nil {
      if finding.place.file != file {
        page.add(finding.place.file, tint: style.bold)
        file = finding.place.file
      }
      add(finding, to: &page)
      page.blank()
    }
    for input in result.damaged {
      for damage in input.damage {
        page.add(
          "\(input.path)\(damage.line.map { ":\($0)" } ?? ""): not read: "
            + redaction(damage.message), tint: style.yellow)
      }
    }
    page.add(lintSummary(result), tint: summaryTint(result))
    return page.text
  }

  private func add(_ finding: Finding, to page: inout TextPage) {
    var place = ""
    if let line = finding.place.line {
      place = "\(line)" + (finding.place.column.map { ":\($0)" } ?? "") + " "
    }
    page.add(
      "\(finding.level.rawValue): \(redaction(finding.message)) [\(finding.rule)]",
      lead: "  " + place, tint: tint(finding.level))
    addLine(finding.place, to: &page)
    for place in finding.related {
      page.add(
        place: "see \(place.file)" + (place.line.map { ":\($0)" } ?? ""),
        excerpt: redaction(place.excerpt), lead: "    ")
    }
    page.add(finding.why, lead: "    why: ")
    page.add(redaction(finding.fix), lead: "    fix: ")
    if let cause = finding.cause {
      page.add("\(cause) (triage explain \(cause))", lead: "    would cause: ")
    }
    if let help = finding.help { page.add(place: "read: " + help, excerpt: "", lead: "    ") }
  }

  /// The line as it stands, with its number, and carets under the value. A redacted line no longer
  /// has the value where it stood.
  private func addLine(_ place: FindingPlace, to page: inout TextPage) {
    let shown = redaction(place.excerpt)
    guard let line = place.line, !shown.isEmpty else { return }
    let gutter = "    \(line) | "
    let room = max(page.width - gutter.utf8.count, 20)
    let scalars = Array(shown.unicodeScalars)
    let hasCarets = shown == place.excerpt && !scalars.contains(where: isHidden)
    // A value far to the right is brought into view.
    var start = 0
    let column = max((place.column ?? 1) - 1, 0)
    let end = min(max((place.endColumn ?? 0) - 1, column + 1), scalars.count)
    if hasCarets, place.column != nil, end > room { start = max(0, min(column, end - room)) }
    let part = scalars.dropFirst(start)
    var view = ""
    view.unicodeScalars.append(contentsOf: part)
    page.add(line: cut(view, to: room), lead: gutter)
    guard hasCarets, place.column != nil, column >= start, column < scalars.count else { return }
    var before = ""
    before.unicodeScalars.append(contentsOf: scalars[start..<column])
    var value = ""
    value.unicodeScalars.append(contentsOf: scalars[column..<max(end, column + 1)])
    let left = cells(before)
    page.addCarets(
      after: left, count: min(cells(value), max(room - left, 1)),
      lead: String(repeating: " ", count: gutter.utf8.count - 2) + "| ")
  }

  private func tint(_ level: Finding.Level) -> (String) -> String {
    switch level {
    case .error: style.red
    case .warning: style.yellow
    case .info: style.cyan
    }
  }

  private func summaryTint(_ result: LintResult) -> (String) -> String {
    let gravest = result.active.map(\.level).max()
    return gravest.map(tint) ?? (result.damaged.isEmpty ? style.green : style.yellow)
  }
}

/// How many of each level, in how many configs; what does not count, and what can be mended.
func lintSummary(_ result: LintResult) -> String {
  let active = result.findings.lazy.filter { $0.suppression == nil }
  let counts = Finding.Level.allCases.reversed().compactMap { level -> String? in
    let count = active.count { $0.level == level }
    return count == 0 ? nil : plural(count, level == .info ? "note" : level.rawValue)
  }
  let read = result.inputs.count { $0.kind != nil }
  var text = counts.isEmpty ? "nothing found" : counts.joined(separator: ", ")
  text += " in \(plural(read, "config")) of \(plural(result.inputs.count, "file"))"
  let suppressed = result.findings.count { $0.suppression != nil }
  let known = result.findings.count { $0.suppression?.kind == .baseline }
  if suppressed > known { text += "; \(suppressed - known) ignored" }
  if known > 0 { text += "; \(known) in the baseline" }
  let fixable = active.count { !$0.edits.isEmpty && !$0.isSuggestion }
  let suggested = active.count { !$0.edits.isEmpty && $0.isSuggestion }
  if fixable > 0 { text += "; --fix can mend \(fixable)" }
  if suggested > 0 {
    text += fixable > 0 ? ", and " : "; --fix --unsafe-fixes can mend "
    text += fixable > 0 ? "--unsafe-fixes \(suggested) more" : "\(suggested)"
  }
  let unread = result.damaged.count
  if unread > 0 { text += "; \(plural(unread, "file")) not read in full" }
  return text
}

private func plural(_ count: Int, _ word: String) -> String {
  "\(count) \(word)" + (count == 1 ? "" : "s")
}
