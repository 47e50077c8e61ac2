import Model

/// `triage/lint/v1`: the findings and the account of inputs.
package func lintJSON(_ result: LintResult, redaction: Redaction = .secrets) -> String {
  let report = JSONReport(version: "", redaction: redaction)
  // Of ten thousand files most are no config: they are counted, not listed.
  let known = result.inputs.filter { $0.kind != nil || $0.status == .unreadable }
  return JSON.object([
    ("schema", .string("triage/lint/v1")),
    ("findings", .array(result.findings.map { lintFinding($0, redaction: redaction) })),
    ("inputs", .array(known.map(report.input))),
    ("files", .integer(result.inputs.count)),
    ("rules", .integer(result.rules.count)),
  ]).document
}

private func lintFinding(_ finding: Finding, redaction: Redaction) -> JSON {
  var pairs: [(String, JSON?)] = [
    ("rule", .string(finding.rule)), ("level", .string(finding.level.rawValue)),
    ("message", .string(redaction(finding.message))), ("subject", .string(finding.subject)),
  ]
  pairs += place(finding.place, redaction: redaction)
  pairs += [
    (
      "related",
      finding.related.isEmpty
        ? nil
        : .array(finding.related.map { .object(leavingOutNil: place($0, redaction: redaction)) })
    ),
    ("cause", finding.cause.map(JSON.string)), ("why", .string(finding.why)),
    ("fix", .string(redaction(finding.fix))), ("help", finding.help.map(JSON.string)),
    ("sources", .array(finding.sources.map(JSON.string))),
    ("edits", finding.edits.isEmpty ? nil : .array(finding.edits.map(edit))),
    ("fingerprint", .string(finding.fingerprint)),
  ]
  return .object(leavingOutNil: pairs)
}

private func place(_ place: FindingPlace, redaction: Redaction) -> [(String, JSON?)] {
  [
    ("file", .string(place.file)), ("line", place.line.map(JSON.integer)),
    ("column", place.column.map(JSON.integer)), ("end_column", place.endColumn.map(JSON.integer)),
    ("excerpt", place.excerpt.isEmpty ? nil : .string(redaction(place.excerpt))),
  ]
}

private func edit(_ edit: FileEdit) -> JSON {
  .object([
    ("file", .string(edit.file)), ("line", .integer(edit.line)),
    ("removed", .integer(edit.removed.count)),
    ("inserted", .array(edit.inserted.map(JSON.string))), ("certainty", .string(edit.certainty)),
  ])
}
