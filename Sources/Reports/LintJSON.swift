import Model

/// `triage/lint/v1`: the findings and the account of inputs.
package func lintJSON(_ result: LintResult, redaction: Redaction = .secrets) -> String {
  let report = JSONReport(version: "", redaction: redaction)
  // Of ten thousand files most are no config: they are counted, not listed.
  let known = result.inputs.filter { $0.kind != nil || $0.status == .unreadable }
  let (active, suppressed) = (result.active, result.suppressed)
  return JSON.object([
    ("schema", .string("triage/lint/v1")),
    ("findings", .made(active.count) { lintFinding(active[$0], redaction: redaction) }),
    ("suppressed", .made(suppressed.count) { lintFinding(suppressed[$0], redaction: redaction) }),
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
    ("decision", finding.decision.map(JSON.string)),
    (finding.isSuggestion ? "suggested_edits" : "edits", edits(finding, redaction: redaction)),
    ("fingerprint", .string(finding.fingerprint)),
    ("suppression", finding.suppression.map { suppression($0, redaction: redaction) }),
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

/// Left out where they would show a secret.
private func edits(_ finding: Finding, redaction: Redaction) -> JSON? {
  let isShown = finding.edits.allSatisfy { $0.isShowable(redaction) }
  return finding.edits.isEmpty || !isShown ? nil : .array(finding.edits.map(edit))
}

private func suppression(_ suppression: Suppression, redaction: Redaction) -> JSON {
  .object(leavingOutNil: [
    ("kind", .string(suppression.kind.rawValue)),
    ("reason", .string(redaction(suppression.reason))), ("file", .string(suppression.file)),
    ("line", suppression.line.map(JSON.integer)),
  ])
}

private func edit(_ edit: FileEdit) -> JSON {
  .object([
    ("file", .string(edit.file)), ("line", .integer(edit.line)),
    ("removed", .integer(edit.removed.count)),
    ("inserted", .array(edit.inserted.map(JSON.string))),
    (edit.applicability.isCertain ? "certainty" : "suggestion", .string(edit.applicability.reason)),
  ])
}
