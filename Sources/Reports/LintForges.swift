import Model

/// Findings as GitHub Actions and GitLab show them beside the lines of a change.

// MARK: GitHub

/// Workflow commands, one line each, the gravest first, since GitHub shows ten of a level for each
/// step. What does not count is left out.
package func lintGitHub(_ result: LintResult, redaction: Redaction = .secrets) -> String {
  var text = ""
  let findings = result.active
  for level in Finding.Level.allCases.reversed() {
    for finding in findings where finding.level == level {
      var lines = [redaction(finding.message)]
      if !finding.fix.isEmpty { lines.append("Fix: " + redaction(finding.fix)) }
      if let cause = finding.cause { lines.append("Would cause: " + cause) }
      if let help = finding.help { lines.append(help) }
      text += command(
        level == .info ? "notice" : level.rawValue, place: finding.place, title: finding.rule,
        lines: lines)
    }
  }
  for input in result.damaged {
    for damage in input.damage {
      text += command(
        input.status == .unreadable ? "error" : "warning",
        place: FindingPlace(file: input.path, line: damage.line), title: "not read",
        lines: [redaction(damage.message)])
    }
  }
  return text + "triage: " + lintSummary(result) + "\n"
}

private func command(
  _ name: String, place: FindingPlace, title: String, lines: [String]
) -> String {
  var properties = [("file", place.file)]
  if let line = place.line {
    properties.append(("line", String(line)))
    if let column = place.column {
      properties.append(("endLine", String(line)))
      properties.append(("col", String(column)))
      // GitHub counts the last column in.
      if let end = place.endColumn, end > column { properties.append(("endColumn", "\(end - 1)")) }
    }
  }
  properties.append(("title", title))
  let shown = properties.map { "\($0)=\(gitHubProperty($1))" }.joined(separator: ",")
  return "::\(name) \(shown)::" + lines.map(gitHubData).joined(separator: "%0A") + "\n"
}

/// What the runner decodes in the message; line ends of the evidence are shown, not obeyed.
private func gitHubData(_ text: String) -> String {
  var result = ""
  for character in escaped(text).unicodeScalars {
    switch character {
    case "%": result += "%25"
    case "\r": result += "%0D"
    case "\n": result += "%0A"
    default: result.unicodeScalars.append(character)
    }
  }
  return result
}

/// What it decodes in a property.
private func gitHubProperty(_ text: String) -> String {
  var result = ""
  for character in gitHubData(text).unicodeScalars {
    switch character {
    case ":": result += "%3A"
    case ",": result += "%2C"
    default: result.unicodeScalars.append(character)
    }
  }
  return result
}

// MARK: GitLab

/// GitLab's Code Quality report: an array, empty where nothing was found. What does not count is
/// left out: the form has no word for it.
package func lintGitLab(_ result: LintResult, redaction: Redaction = .secrets) -> String {
  var issues: [JSON] = result.active.map { finding in
    var body = "\(finding.why)\n\nFix: \(escaped(redaction(finding.fix)))"
    if let help = finding.help { body += "\n\n\(help)" }
    return issue(
      rule: finding.rule, message: redaction(finding.message),
      severity: severity(finding.level), fingerprint: finding.fingerprint,
      file: finding.place.file, line: finding.place.line, body: body)
  }
  for input in result.damaged {
    for (number, damage) in input.damage.enumerated() {
      issues.append(
        issue(
          rule: "unreadable", message: "not read: " + redaction(damage.message),
          severity: input.status == .unreadable ? "critical" : "major",
          fingerprint: "unreadable:\(number):\(escaped(input.path))", file: input.path,
          line: damage.line, body: nil))
    }
  }
  return JSON.array(issues).document
}

private func issue(
  rule: String, message: String, severity: String, fingerprint: String, file: String, line: Int?,
  body: String?
) -> JSON {
  .object(leavingOutNil: [
    ("type", .string("issue")), ("check_name", .string(rule)),
    ("description", .string(escaped(message))),
    ("content", body.map { .object([("body", .string($0))]) }),
    ("categories", .array([.string("Bug Risk")])), ("severity", .string(severity)),
    ("fingerprint", .string(fingerprint)),
    (
      "location",
      .object([
        ("path", .string(file)), ("lines", .object([("begin", .integer(max(line ?? 1, 1)))])),
      ])
    ),
  ])
}

private func severity(_ level: Finding.Level) -> String {
  switch level {
  case .error: "critical"
  case .warning: "major"
  case .info: "info"
  }
}
