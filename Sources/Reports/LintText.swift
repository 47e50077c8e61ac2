import Model

/// Findings as people read them: the place, the line with a caret under the value, why, and what to
/// do; then a count.
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
    for finding in result.findings { add(finding, to: &page) }
    for input in result.inputs where input.status == .unreadable || input.status == .partlyRead {
      for warning in input.warnings {
        page.add(
          "\(input.path)\(warning.line.map { ":\($0)" } ?? ""): not read: "
            + redaction(warning.message), tint: style.yellow)
      }
    }
    page.add(summary(result))
    return page.text
  }

  private func add(_ finding: Finding, to page: inout TextPage) {
    let tint: (String) -> String =
      switch finding.level {
      case .error: style.red
      case .warning: style.yellow
      case .info: style.cyan
      }
    var place = finding.place.file
    if let line = finding.place.line {
      place += ":\(line)" + (finding.place.column.map { ":\($0)" } ?? "")
    }
    page.add(
      "\(place): \(finding.level.rawValue): \(redaction(finding.message)) [\(finding.rule)]",
      tint: tint)
    addExcerpt(finding.place, to: &page)
    for place in finding.related {
      page.add(
        place: "see \(place.file)" + (place.line.map { ":\($0)" } ?? ""),
        excerpt: redaction(place.excerpt), lead: "    ")
    }
    page.add(finding.why, lead: "    why: ")
    page.add(redaction(finding.fix), lead: "    fix: ")
    if let cause = finding.cause { page.add("\(cause)", lead: "    would cause: ") }
    page.blank()
  }

  /// The line, and a caret under the value. A redacted line no longer has the value where it stood.
  private func addExcerpt(_ place: FindingPlace, to page: inout TextPage) {
    let shown = redaction(place.excerpt)
    guard place.line != nil, !shown.isEmpty else { return }
    let room = max(width - 4, 20)
    page.add(command: String(shown.prefix(room)), lead: "    ")
    guard let column = place.column, shown == place.excerpt, column <= room,
      !shown.unicodeScalars.contains(where: isHidden)
    else { return }
    let length = max(1, min((place.endColumn ?? column + 1) - column, room - column + 1))
    let before = String(String.UnicodeScalarView(shown.unicodeScalars.prefix(column - 1)))
    page.addCarets(
      after: cells(before), count: length, lead: "    ")
  }

  private func summary(_ result: LintResult) -> String {
    let read = result.inputs.count { $0.kind != nil }
    let counts = Finding.Level.allCases.reversed().compactMap { level -> String? in
      let count = result.findings.count { $0.level == level }
      guard count > 0 else { return nil }
      let word = level == .info ? "note" : level.rawValue
      return "\(count) \(word)" + (count == 1 ? "" : "s")
    }
    let found = counts.isEmpty ? "nothing found" : counts.joined(separator: ", ")
    return "\(found) in \(read) config\(read == 1 ? "" : "s") of \(result.inputs.count) "
      + "file\(result.inputs.count == 1 ? "" : "s")"
  }
}
