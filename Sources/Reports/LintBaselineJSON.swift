import Model

/// `triage/lint-baseline/v1`: what is known of findings, so that only new ones count. What is wrong
/// with ignores and baselines is left out: it is to be mended, not borne.
package func lintBaseline(_ findings: [Finding], redaction: Redaction = .secrets) -> String {
  let entries = findings.filter { $0.subject != "lint" }.map { finding in
    JSON.object([
      ("fingerprint", .string(finding.fingerprint)), ("rule", .string(finding.rule)),
      ("file", .string(finding.place.file)), ("message", .string(redaction(finding.message))),
    ])
  }
  return JSON.object([
    ("schema", .string("triage/lint-baseline/v1")), ("findings", .array(entries)),
  ]).document
}
