import Model

/// SARIF 2.1.0, as GitHub code scanning shows it best: every rule with help, every result with a
/// region, a fingerprint and, where a person said so, a suppression.
///
/// Paths are relative to `%SRCROOT%`, the folder that the tool ran in; others are absolute.
package struct LintSARIF: Sendable {
  let version: String
  let redaction: Redaction

  package init(version: String, redaction: Redaction = .secrets) {
    self.version = version
    self.redaction = redaction
  }

  package func document(_ result: LintResult) -> String {
    let indices = Dictionary(
      result.rules.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    let run: [(String, JSON)] = [
      ("tool", .object([("driver", driver(result.rules))])),
      ("invocations", .array([invocation(result)])),
      (
        "originalUriBaseIds",
        .object([
          (
            "%SRCROOT%",
            .object([("description", message("The folder that triage ran in."))])
          )
        ])
      ),
      ("automationDetails", .object([("id", .string("triage-lint/"))])),
      ("results", .array(result.findings.map { self.result($0, index: indices[$0.rule]) })),
      ("columnKind", .string("unicodeCodePoints")),
    ]
    return JSON.object([
      (
        "$schema",
        .string(
          "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
            + "sarif-schema-2.1.0.json")
      ),
      ("version", .string("2.1.0")), ("runs", .array([.object(run)])),
    ]).document
  }

  // MARK: rules

  private func driver(_ rules: [FindingRule]) -> JSON {
    .object([
      ("name", .string("triage")), ("semanticVersion", .string(version)),
      ("rules", .array(rules.map(rule))),
    ])
  }

  private func rule(_ rule: FindingRule) -> JSON {
    var text = "\(rule.why)\n\nFix: \(rule.fix)"
    var markdown = "\(rule.why)\n\n**Fix:** \(rule.fix)"
    if let cause = rule.cause {
      text += "\n\nThe incident that it would lead to: \(cause) (triage explain \(cause))"
      markdown += "\n\n**The incident that it would lead to:** `\(cause)`"
    }
    if !rule.sources.isEmpty {
      text += "\n\nSources:\n" + rule.sources.map { "- \($0)" }.joined(separator: "\n")
      markdown +=
        "\n\n**Sources:**\n\n"
        + rule.sources.map { $0.hasPrefix("https://") ? "- <\($0)>" : "- \($0)" }
        .joined(separator: "\n")
    }
    return .object(leavingOutNil: [
      ("id", .string(rule.id)),
      ("shortDescription", message(rule.title)), ("fullDescription", message(rule.why)),
      ("help", .object([("text", .string(text)), ("markdown", .string(markdown))])),
      ("helpUri", rule.help.map(JSON.string)),
      ("defaultConfiguration", .object([("level", .string(level(rule.level)))])),
      (
        "properties",
        .object(leavingOutNil: [
          ("tags", .array(["reliability", "configuration"].map(JSON.string))),
          ("precision", .string("high")),
          ("problem.severity", .string(severity(rule.level))),
          ("cause", rule.cause.map(JSON.string)),
        ])
      ),
    ])
  }

  private func level(_ level: Finding.Level) -> String {
    level == .info ? "note" : level.rawValue
  }

  private func severity(_ level: Finding.Level) -> String {
    level == .info ? "recommendation" : level.rawValue
  }

  // MARK: inputs

  /// What could not be read is told, so that an empty list of results is not taken for all well.
  private func invocation(_ result: LintResult) -> JSON {
    let notes = result.damaged.flatMap { input in
      input.damage.map { damage in
        JSON.object([
          ("level", .string(input.status == .unreadable ? "error" : "warning")),
          ("message", message(literal("not read: " + redaction(damage.message)))),
          (
            "locations",
            .array([location(FindingPlace(file: input.path, line: damage.line))])
          ),
        ])
      }
    }
    return .object([
      ("executionSuccessful", .flag(!result.damaged.contains { $0.status == .unreadable })),
      ("toolExecutionNotifications", .array(notes)),
    ])
  }

  // MARK: results

  private func result(_ finding: Finding, index: Int?) -> JSON {
    var text = literal(redaction(finding.message))
    if !finding.fix.isEmpty { text += "\n\nFix: " + literal(redaction(finding.fix)) }
    let related = finding.related.enumerated().map { id, place in
      location(place, id: id + 1, says: literal(redaction(trimmed(place.excerpt))))
    }
    return .object(leavingOutNil: [
      ("ruleId", .string(finding.rule)), ("ruleIndex", index.map(JSON.integer)),
      ("level", .string(level(finding.level))), ("message", message(text)),
      ("locations", .array([location(finding.place)])),
      ("relatedLocations", related.isEmpty ? nil : .array(related)),
      ("partialFingerprints", .object([("triageFinding/v1", .string(finding.fingerprint))])),
      // All results of a run have them or none has.
      ("suppressions", .array(finding.suppression.map { [suppression($0)] } ?? [])),
      ("fixes", fixes(finding)),
      ("properties", .object([("subject", .string(redaction(finding.subject)))])),
    ])
  }

  private func suppression(_ suppression: Suppression) -> JSON {
    .object([
      ("kind", .string(suppression.kind == .inline ? "inSource" : "external")),
      ("status", .string("accepted")),
      ("justification", .string(redaction(suppression.reason))),
      ("location", location(FindingPlace(file: suppression.file, line: suppression.line))),
    ])
  }

  /// None where it would show a secret that stands on the line.
  private func fixes(_ finding: Finding) -> JSON? {
    guard !finding.edits.isEmpty, finding.edits.allSatisfy({ $0.isShowable(redaction) }) else {
      return nil
    }
    let changes = finding.edits.map { edit in
      let region: JSON =
        edit.removed.isEmpty
        ? .object([
          ("startLine", .integer(edit.line)), ("startColumn", .integer(1)),
          ("endColumn", .integer(1)),
        ])
        : .object([
          ("startLine", .integer(edit.line)), ("startColumn", .integer(1)),
          ("endLine", .integer(edit.line + edit.removed.count)), ("endColumn", .integer(1)),
        ])
      let inserted = edit.inserted.map { $0 + "\n" }.joined()
      return JSON.object([
        ("artifactLocation", artifact(edit.file)),
        (
          "replacements",
          .array([
            .object([
              ("deletedRegion", region),
              ("insertedContent", .object([("text", .string(inserted))])),
            ])
          ])
        ),
      ])
    }
    let why = literal(finding.edits.first?.applicability.reason ?? "")
    let applicability = finding.isSuggestion ? "suggested" : "safe"
    return .array([
      .object([
        ("description", message(why)), ("artifactChanges", .array(changes)),
        ("properties", .object([("applicability", .string(applicability))])),
      ])
    ])
  }

  // MARK: places

  /// Without a line it is the file as a whole; viewers want a line all the same.
  private func location(_ place: FindingPlace, id: Int? = nil, says: String? = nil) -> JSON {
    let shown = redaction(place.excerpt)
    let isRaw = !shown.isEmpty && shown == place.excerpt && place.line != nil
    let column = place.line == nil ? nil : place.column
    return .object(leavingOutNil: [
      ("id", id.map(JSON.integer)),
      (
        "physicalLocation",
        .object([
          ("artifactLocation", artifact(place.file)),
          (
            "region",
            .object(leavingOutNil: [
              ("startLine", .integer(max(place.line ?? 1, 1))),
              ("startColumn", column.map(JSON.integer)),
              (
                "endColumn",
                column.flatMap { start in
                  place.endColumn.flatMap { $0 > start ? JSON.integer($0) : nil }
                }
              ),
              ("snippet", isRaw && column == nil ? .object([("text", .string(shown))]) : nil),
            ])
          ),
        ])
      ),
      ("message", says.flatMap { $0.isEmpty ? nil : message($0) }),
    ])
  }

  private func artifact(_ path: String) -> JSON {
    path.hasPrefix("/")
      ? .object([("uri", .string("file://" + percentEncoded(path)))])
      : .object([
        ("uri", .string(percentEncoded(path))), ("uriBaseId", .string("%SRCROOT%")),
      ])
  }

  private func message(_ text: String) -> JSON { .object([("text", .string(text))]) }
}

/// Text in which nothing is SARIF's own syntax: no placeholder `{0}`, no link `[text](1)`.
private func literal(_ text: String) -> String {
  var result = ""
  let hasLink = text.contains("](")
  for scalar in escaped(text).unicodeScalars {
    switch scalar {
    case "{": result += "{{"
    case "}": result += "}}"
    case "[" where hasLink: result += "\\["
    case "]" where hasLink: result += "\\]"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// A path as part of a URI: all but RFC 3986's unreserved characters and the slash.
private func percentEncoded(_ path: String) -> String {
  var result = ""
  for byte in path.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
      result.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let digits = String(byte, radix: 16, uppercase: true)
      result += "%" + (digits.count == 1 ? "0" : "") + digits
    }
  }
  return result
}

extension FileEdit {
  /// Its lines hold nothing that is to be taken out of what is shown.
  func isShowable(_ redaction: Redaction) -> Bool {
    (removed + inserted).allSatisfy { redaction($0) == $0 }
  }
}
