import Model

/// What testing a pack found: for people, and as JUnit XML for CI.
package struct RuleTestsReport: Sendable {
  package let width: Int
  package let style: Style
  /// What no example would notice is a failure too.
  package let isStrict: Bool

  package init(width: Int = 80, style: Style = .plain, isStrict: Bool) {
    self.width = width
    self.style = style
    self.isStrict = isStrict
  }

  // MARK: text

  /// Each example with its probability; of one that fails the whole sum. Then what no example would
  /// notice, and the count.
  package func text(_ report: RuleTestReport) -> String {
    var text = ""
    var cause: String?
    for example in report.examples {
      if example.cause != cause {
        if cause != nil { text += "\n" }
        text += style.bold(escaped(example.cause)) + "\n"
        cause = example.cause
      }
      text += line(example)
    }
    for kind in RuleTestReport.Check.Kind.allCases {
      let gaps = report.gaps.filter { $0.kind == kind }
      guard !gaps.isEmpty else { continue }
      text += "\n" + style.bold(heading(kind)) + "\n"
      for check in gaps {
        text += "  " + escaped(check.place) + ": " + (isStrict ? "error" : "warning") + ": "
        text += escaped(check.gap ?? "") + "\n"
      }
    }
    return text + "\n" + summary(report) + "\n"
  }

  private func line(_ example: RuleTestReport.Example) -> String {
    let probability = example.sheet.map { percent($0.probability) } ?? "-"
    let outcome = example.isAccused ? "accused" : "not accused"
    let got = "\(padded(probability, to: 5)) \(outcome)"
    guard !example.isAsExpected else {
      return "  ok    \(padded(got, to: 17))  \(escaped(example.title))\n"
    }
    var text =
      style.red("  FAIL") + "  \(padded(got, to: 17))  \(escaped(example.title))\n"
    let lead = "        "
    let why = reason(example)
    for line in wrap("\(example.place): \(why)", width: width - lead.count) {
      text += lead + escaped(line) + "\n"
    }
    if let sheet = example.sheet {
      text += ScoreSheetReport(width: width, style: style).lines(sheet, lead: lead)
    }
    return text
  }

  private func reason(_ example: RuleTestReport.Example) -> String {
    var reasons = example.complaints
    if example.isExpectedAccused != example.isAccused {
      let got = example.sheet.map { decimal($0.probability, places: 2) } ?? "no such subject"
      reasons.insert(
        "expected \(example.isExpectedAccused ? "accused" : "not accused"), got \(got)"
          + (example.sheet == nil ? "" : " because"), at: 0)
    }
    return reasons.joined(separator: "; ")
  }

  private func heading(_ kind: RuleTestReport.Check.Kind) -> String {
    switch kind {
    case .symptom: "symptoms that never hold, or never fail"
    case .weight: "weights that never count"
    case .fact: "facts that are never used"
    case .threshold: "thresholds that no example pins"
    }
  }

  private func summary(_ report: RuleTestReport) -> String {
    let failed = report.failures.count
    var parts = ["\(report.examples.count - failed) passed, \(failed) failed"]
    for kind in RuleTestReport.Check.Kind.allCases {
      let checks = report.checks.filter { $0.kind == kind }
      guard !checks.isEmpty else { continue }
      let shown = checks.count { $0.gap == nil }
      parts.append("\(verb(kind)) \(shown) of \(checks.count)")
    }
    return parts.joined(separator: "; ")
  }

  private func verb(_ kind: RuleTestReport.Check.Kind) -> String {
    switch kind {
    case .symptom: "symptoms shown"
    case .weight: "weights counted"
    case .fact: "facts used"
    case .threshold: "thresholds pinned"
    }
  }

  // MARK: JUnit

  /// A suite for each cause, and one for each kind of what examples should show: there a gap is a
  /// failure if the test is strict, and skipped otherwise.
  package func junit(_ report: RuleTestReport) -> String {
    var junit = JUnit(name: "triage rules")
    for example in report.examples {
      if junit.suites.last?.name != example.cause {
        junit.suites.append(JUnit.Suite(name: example.cause, cases: []))
      }
      let outcome: JUnit.Outcome =
        example.isAsExpected
        ? .passed : .failed(reason(example), lines: details(example).split(separator: "\n"))
      junit.suites[junit.suites.count - 1].cases.append(JUnit.Case(example.title, outcome))
    }
    for kind in RuleTestReport.Check.Kind.allCases {
      let cases = report.checks.filter { $0.kind == kind }.map { check in
        let message = check.gap.map { "\(check.place): \($0)" }
        return JUnit.Case(
          check.name, message.map { isStrict ? .failed($0) : .skipped($0) } ?? .passed)
      }
      if !cases.isEmpty { junit.suites.append(JUnit.Suite(name: heading(kind), cases: cases)) }
    }
    return junit.text
  }

  private func details(_ example: RuleTestReport.Example) -> String {
    example.sheet.map { ScoreSheetReport(width: width).lines($0, lead: "") } ?? ""
  }
}
