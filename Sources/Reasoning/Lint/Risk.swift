import Model

/// A risky setting, visible in configs alone.
package struct Risk: Sendable {
  package let id: String
  /// The name of the pack that it comes from.
  package let pack: String
  package let subject: SubjectKind
  package let level: Finding.Level
  package let title: String
  let condition: Condition
  /// The condition as written.
  let when: String
  /// Facts whose place is the finding's, best first; else those of the condition.
  let at: [String]
  /// A sentence with the figures found.
  let says: Template
  package let why: String
  /// Id of the cause that it would lead to.
  package let cause: String?
  /// The incident it comes from, where one is known.
  package let incident: String?
  let fix: Template
  /// The first that fits the file is made.
  let edits: [RiskEdit]
  /// What a person must decide or look at, where no edit is certain.
  let decision: String?
  package let sources: [String]
  /// Facts under which it is found, and under which it is not: its tests.
  let bad: [RiskExample]
  let good: [RiskExample]
  let place: RulePlace
}

struct RiskExample: Sendable {
  let facts: [(name: String, value: Value)]
  let place: RulePlace
}
