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
  let edit: RiskEdit?
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

/// How the line that is cited changes, where no decision of a person is needed.
struct RiskEdit: Sendable {
  enum Change: Sendable {
    /// The value alone, where its columns are known.
    case value(String)
    /// The whole line, behind its indent.
    case line(String)
    /// Lines below it, with its indent.
    case after([String])
  }

  let change: Change
  /// Kinds of file that it fits.
  let kinds: [EvidenceKind]
  let certainty: String

  /// The edit of the file at the place; nil where it does not fit.
  func edit(at place: FindingPlace, kind: EvidenceKind?) -> FileEdit? {
    guard let line = place.line, let kind, kinds.contains(kind), place.excerpt.count < 200 else {
      return nil
    }
    let text = place.excerpt
    let indent = String(text.prefix { $0 == " " || $0 == "\t" })
    switch change {
    case .line(let new):
      return FileEdit(
        file: place.file, line: line, removed: [text], inserted: [indent + new],
        certainty: certainty)
    case .after(let lines):
      return FileEdit(
        file: place.file, line: line + 1, removed: [], inserted: lines.map { indent + $0 },
        certainty: certainty)
    case .value(let new):
      guard let column = place.column, let end = place.endColumn, end > column else { return nil }
      let scalars = Array(text.unicodeScalars)
      guard end - 1 <= scalars.count else { return nil }
      var result = String.UnicodeScalarView(scalars[..<(column - 1)])
      result.append(contentsOf: new.unicodeScalars)
      result.append(contentsOf: scalars[(end - 1)...])
      return FileEdit(
        file: place.file, line: line, removed: [text], inserted: [String(result)],
        certainty: certainty)
    }
  }
}
