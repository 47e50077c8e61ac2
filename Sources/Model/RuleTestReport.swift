/// What testing a rule pack found: its examples, and what no example would notice.
package struct RuleTestReport: Sendable {
  /// One example of a cause.
  package struct Example: Sendable {
    package let cause: String
    package let title: String
    /// `causes/session-bloat.yaml:83:5`
    package let place: String
    package let isExpectedAccused: Bool
    package let isAccused: Bool
    /// Nil where the facts bring up no subject of the cause's kind.
    package let sheet: ScoreSheet?
    /// Symptoms that were to hold or to fail and did not: `x: expected to hold, fails`.
    package let complaints: [String]

    package init(
      cause: String, title: String, place: String, isExpectedAccused: Bool, isAccused: Bool,
      sheet: ScoreSheet?, complaints: [String]
    ) {
      self.cause = cause
      self.title = title
      self.place = place
      self.isExpectedAccused = isExpectedAccused
      self.isAccused = isAccused
      self.sheet = sheet
      self.complaints = complaints
    }

    package var isAsExpected: Bool { isExpectedAccused == isAccused && complaints.isEmpty }
  }

  /// Something that at least one example should show.
  package struct Check: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
      case symptom, weight, fact, threshold
    }

    package let kind: Kind
    package let place: String
    package let name: String
    /// What is wrong; nil where an example shows it.
    package let gap: String?

    package init(_ kind: Kind, place: String, name: String, gap: String?) {
      self.kind = kind
      self.place = place
      self.name = name
      self.gap = gap
    }
  }

  package let examples: [Example]
  package let checks: [Check]

  package init(examples: [Example], checks: [Check]) {
    self.examples = examples
    self.checks = checks
  }

  package var failures: [Example] { examples.filter { !$0.isAsExpected } }
  package var gaps: [Check] { checks.filter { $0.gap != nil } }
}
