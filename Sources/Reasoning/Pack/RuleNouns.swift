import Model

/// A named condition over facts, shared by the causes that weigh it.
package struct Symptom: Sendable {
  package let id: String
  /// The name of the pack that it comes from.
  package let pack: String
  package let subject: SubjectKind
  let condition: Condition
  /// The condition as written.
  let when: String
  /// A sentence about what was seen when it holds; `{fact}` is replaced by the observed value.
  let says: Template
  /// The sentence for when it fails; cleared suspects quote it.
  let saysNot: Template
  /// Users feel it: time-outs, 5xx, unreachable, killed.
  package let isImpact: Bool
  /// A fact of unit time that tells since when; nil where the observed facts' times tell it.
  let since: String?
  let source: String?
  let place: RulePlace
}

/// What a symptom says about one cause.
package struct EvidenceEntry: Sendable {
  package let symptom: String
  /// Decibans if it holds, and if it fails; 0 says nothing.
  package let holds: Int
  package let fails: Int
  /// Evidence of this very mechanism: without one that holds, nobody is accused.
  package let isDirect: Bool
  /// Of a group count the strongest positive and the strongest negative.
  package let group: String?
  /// Why this weight; obligatory above 20 dB, as a likelihood ratio in words.
  package let reason: String?
  let place: RulePlace
}

/// A documented root cause.
package struct Cause: Sendable {
  package let id: String
  /// The name of the pack that it comes from.
  package let pack: String
  package let subject: SubjectKind
  /// The kind that it is weighed for where none of `subject` was given.
  package let standIn: SubjectKind?
  package let title: String
  package let why: String
  /// Decibans: how likely before any evidence, among incidents with such a subject.
  package let prior: Int
  /// It tells of what is to come: what is wrong now has another cause.
  package let foretells: Bool
  package let evidence: [EvidenceEntry]
  /// Ids of causes that this one brings about.
  package let explains: [String]
  /// Ids of causes that this one makes worse: beside one of them it is marked contributing.
  package let contributesTo: [String]
  let remedy: [RemedyStep]
  let never: [Never]
  package let sources: [String]
  let examples: [Example]
  let place: RulePlace
}

extension Cause {
  /// `proxy, or app where none was given`
  var weighedFor: String {
    subject.rawValue + (standIn.map { ", or \($0.rawValue) where none was given" } ?? "")
  }
}

/// A step of remediation, before its observed values are filled in.
struct RemedyStep: Sendable {
  let phase: Step.Phase
  let title: Template
  let why: Template
  let command: Template?
  let risk: Step.Risk
  let warning: Template?
  let verify: Template?
  let reference: String?
  /// The step is for evidence like this only; nil is always.
  let condition: Condition?
  /// Nor for evidence like this; what is unknown is no reason to leave it out.
  let exception: Condition?
}

/// Facts that do or do not make the cause accused: a test and its documentation.
struct Example: Sendable {
  let title: String
  let facts: [(name: String, value: Value)]
  let isAccused: Bool
  /// Symptoms that these facts must make hold, or fail: what pins a threshold whose weight alone
  /// changes no accusation.
  let holds: [String]
  let fails: [String]
  let place: RulePlace
}

/// Where a rule stands: `causes/session-bloat.yaml:12:5`.
package struct RulePlace: Sendable, CustomStringConvertible {
  let file: String
  let line: Int
  let column: Int

  package var description: String { "\(file):\(line):\(column)" }
}

/// Something that is wrong with a pack.
package struct RuleError: Error, Sendable, CustomStringConvertible {
  let place: RulePlace
  let message: String
  let hint: String?

  init(_ place: RulePlace, _ message: String, hint: String? = nil) {
    self.place = place
    self.message = message
    self.hint = hint
  }

  package var description: String {
    "\(place): error: \(message)" + (hint.map { "\nhint: \($0)" } ?? "")
  }
}

/// Why packs cannot be used: all that is wrong with them, by file and line.
package struct RuleErrors: Error, Sendable, CustomStringConvertible {
  package let errors: [RuleError]

  package var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// Gathers what is wrong, so that all of it is said at once.
final class RuleErrorLog {
  private(set) var errors: [RuleError] = []

  func add(_ error: RuleError) { errors.append(error) }

  /// What the body makes; nil where it fails, and why is kept.
  func attempt<T>(_ body: () throws(RuleError) -> T) -> T? {
    do throws(RuleError) {
      return try body()
    } catch {
      add(error)
      return nil
    }
  }
}
