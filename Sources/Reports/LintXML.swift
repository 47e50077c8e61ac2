import Model

/// Findings in the two XML forms that CI servers read.
package struct LintXML: Sendable {
  /// Findings below it are no failures.
  let failOn: Finding.Level
  let redaction: Redaction

  package init(failOn: Finding.Level = .warning, redaction: Redaction = .secrets) {
    self.failOn = failOn
    self.redaction = redaction
  }

  // MARK: checkstyle

  /// A `file` for each config, also those without findings. Suppressed findings are left out: the
  /// form has no word for them.
  package func checkstyle(_ result: LintResult) -> String {
    var text = xmlHead + "<checkstyle version=\"4.3\">\n"
    for file in files(result) {
      var errors = ""
      for finding in file.findings where finding.suppression == nil {
        errors += error(
          line: finding.place.line, column: finding.place.column, level: finding.level.rawValue,
          message: redaction(finding.message), source: "triage.\(finding.rule)")
      }
      for damage in file.damage {
        errors += error(
          line: damage.line, column: nil, level: "error",
          message: "not read: " + redaction(damage.message), source: "triage.unreadable")
      }
      let head = "  <file name=\"\(xml(file.path))\""
      text += errors.isEmpty ? head + "/>\n" : head + ">\n" + errors + "  </file>\n"
    }
    return text + "</checkstyle>\n"
  }

  private func error(
    line: Int?, column: Int?, level: String, message: String, source: String
  ) -> String {
    "    <error line=\"\(line ?? 1)\"" + (column.map { " column=\"\($0)\"" } ?? "")
      + " severity=\"\(level)\" message=\"\(xml(message))\" source=\"\(xml(source))\"/>\n"
  }

  // MARK: JUnit

  /// A suite for each config and a case for each finding in it; a config without any has one case,
  /// that passes. Findings below the level that fails, and suppressed ones, are skipped cases; what
  /// could not be read is an error.
  package func junit(_ result: LintResult) -> String {
    var report = JUnit(name: "triage lint")
    for file in files(result) {
      var cases = file.findings.map { testCase($0) }
      for damage in file.damage {
        let line = damage.line.map { " at line \($0)" } ?? ""
        cases.append(
          JUnit.Case(
            "readable" + line, file: file.path, line: damage.line,
            .error("not read: " + redaction(damage.message), type: "unreadable")))
      }
      if cases.isEmpty { cases = [JUnit.Case("lint", file: file.path, .passed)] }
      report.suites.append(JUnit.Suite(name: file.path, cases: cases))
    }
    return report.text
  }

  private func testCase(_ finding: Finding) -> JUnit.Case {
    let message = "\(finding.level.rawValue): \(redaction(finding.message))"
    let place = finding.place.line.map { " at line \($0)" } ?? ""
    func testCase(_ outcome: JUnit.Outcome) -> JUnit.Case {
      JUnit.Case(
        finding.rule + place, file: finding.place.file, line: finding.place.line, outcome)
    }
    if let suppression = finding.suppression {
      return testCase(.skipped("\(message) (ignored: \(redaction(suppression.reason)))"))
    }
    guard finding.level >= failOn else { return testCase(.skipped(message)) }
    var lines: [String] = []
    if !finding.place.excerpt.isEmpty { lines.append(redaction(finding.place.excerpt)) }
    for place in finding.related {
      lines.append(
        "see \(place.file)" + (place.line.map { ":\($0)" } ?? "") + "  "
          + redaction(trimmed(place.excerpt)))
    }
    lines += ["why: \(finding.why)", "fix: \(redaction(finding.fix))"]
    if let cause = finding.cause { lines.append("would cause: \(cause)") }
    if let help = finding.help { lines.append(help) }
    return testCase(.failed(message, type: "finding", lines: lines))
  }

  // MARK: files

  private struct File {
    let path: String
    var findings: [Finding] = []
    var damage: [(line: Int?, message: String)] = []
  }

  /// Configs and whatever has findings or damage, by path.
  private func files(_ result: LintResult) -> [File] {
    var files: [String: File] = [:]
    for input in result.inputs {
      let isDamaged = input.status == .unreadable || input.status == .partlyRead
      guard input.kind != nil || isDamaged else { continue }
      files[input.path, default: File(path: input.path)].damage += isDamaged ? input.damage : []
    }
    for finding in result.findings {
      let path = finding.place.file
      files[path, default: File(path: path)].findings.append(finding)
    }
    return files.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }
}
