/// A risky setting that a config holds, or a safe one that it lacks: what `triage lint` prints.
package struct Finding: Sendable, Equatable {
  package enum Level: String, Sendable, CaseIterable, Comparable {
    case info, warning, error

    package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

    private var rank: Int {
      switch self {
      case .info: 0
      case .warning: 1
      case .error: 2
      }
    }
  }

  /// Id of the risk.
  package let rule: String
  package var level: Level
  /// A sentence with the figures found.
  package var message: String
  /// What it is about: `redis cache`, `app web`.
  package let subject: String
  package let place: FindingPlace
  /// Other places that it rests on, of cross-file findings.
  package let related: [FindingPlace]
  /// Id of the cause that it would lead to.
  package let cause: String?
  package let why: String
  package let fix: String
  /// Documents that say so, the first the best; not all are URLs.
  package let sources: [String]
  /// Changes that mend it, all of them together, certain or only suggested; empty where nothing sound
  /// can be proposed.
  package var edits: [FileEdit]
  /// What the edits are to say, where only the file itself tells which lines that takes.
  package var wanted: WantedEdit?
  /// What a person must decide before it can be mended; nil where nothing is left to decide.
  package let decision: String?
  /// The same for the same risk in the same file and subject, however its lines move.
  package var fingerprint: String
  /// Why it does not count; nil where it does.
  package var suppression: Suppression?

  package init(
    rule: String, level: Level, message: String, subject: String, place: FindingPlace,
    related: [FindingPlace] = [], cause: String?, why: String, fix: String, sources: [String],
    edits: [FileEdit] = [], wanted: WantedEdit? = nil, decision: String? = nil,
    fingerprint: String
  ) {
    self.rule = rule
    self.level = level
    self.wanted = wanted
    self.decision = decision
    self.message = message
    self.subject = subject
    self.place = place
    self.related = related
    self.cause = cause
    self.why = why
    self.fix = fix
    self.sources = sources
    self.edits = edits
    self.fingerprint = fingerprint
  }

  /// The first source that is an address to read on at.
  package var help: String? { sources.first { $0.hasPrefix("https://") } }

  /// What mends it wants a person to look at it.
  package var isSuggestion: Bool {
    (edits.first?.applicability ?? wanted?.applicability)?.isCertain == false
  }
}

/// Somebody's word that a finding is to be borne.
package struct Suppression: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// A comment beside the setting.
    case inline
    /// An entry of `.triage.yml`.
    case config
    /// Known when the baseline was written.
    case baseline
  }

  package let kind: Kind
  package let reason: String
  /// Where it is said.
  package let file: String
  package let line: Int?

  package init(_ kind: Kind, reason: String, file: String, line: Int?) {
    self.kind = kind
    self.reason = reason
    self.file = file
    self.line = line
  }
}

/// Where a finding stands.
package struct FindingPlace: Sendable, Equatable {
  /// As the walk named it, without a leading `./`.
  package let file: String
  /// 1-based; nil where the file as a whole lacks something.
  package let line: Int?
  /// 1-based, in Unicode scalars, of the value; nil where only the line is known.
  package let column: Int?
  /// One past the last scalar of the value, on the same line.
  package let endColumn: Int?
  /// The line, at most 200 characters, raw: reports redact and escape it.
  package let excerpt: String

  package init(
    file: String, line: Int?, column: Int? = nil, endColumn: Int? = nil, excerpt: String = ""
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.endColumn = endColumn
    self.excerpt = excerpt
  }
}

/// How far a change can be trusted, and why.
package enum Applicability: Sendable, Equatable {
  /// Nobody need decide.
  case certain(String)
  /// A sound starting point that a person should look at.
  case suggested(String)

  package var isCertain: Bool {
    if case .certain = self { true } else { false }
  }

  package var reason: String {
    switch self {
    case .certain(let reason), .suggested(let reason): reason
    }
  }
}

/// A change of whole lines of one file.
package struct FileEdit: Sendable, Equatable {
  /// What changes within one line: other edits may change the rest of it.
  package struct Part: Sendable, Equatable {
    /// The characters that go; none where something is only put between two.
    package let range: Range<Int>
    package let new: String
  }

  package let file: String
  /// 1-based: the first line that is replaced, or the one that is inserted before.
  package let line: Int
  /// The lines as they stand; where they stand otherwise the edit no longer fits. Empty inserts.
  package let removed: [String]
  package let inserted: [String]
  /// Nil where lines change as a whole.
  package let part: Part?
  package let applicability: Applicability

  package init(
    file: String, line: Int, removed: [String], inserted: [String], applicability: Applicability
  ) {
    self.file = file
    self.line = line
    self.removed = removed
    self.inserted = inserted
    self.part = nil
    self.applicability = applicability
  }

  /// `text` is the line as it stands.
  package init(
    file: String, line: Int, text: String, replacing range: Range<String.Index>, by new: String,
    applicability: Applicability
  ) {
    self.file = file
    self.line = line
    removed = [text]
    inserted = [text[..<range.lowerBound] + new + text[range.upperBound...]]
    let start = text.distance(from: text.startIndex, to: range.lowerBound)
    let length = text.distance(from: range.lowerBound, to: range.upperBound)
    part = Part(range: start..<(start + length), new: new)
    self.applicability = applicability
  }
}

/// What is known of a risk without any config: for the lists that report formats want of rules.
package struct FindingRule: Sendable, Equatable {
  package let id: String
  package let level: Finding.Level
  /// A few words.
  package let title: String
  package let why: String
  package let fix: String
  package let cause: String?
  package let sources: [String]

  package init(
    id: String, level: Finding.Level, title: String, why: String, fix: String, cause: String?,
    sources: [String]
  ) {
    self.id = id
    self.level = level
    self.title = title
    self.why = why
    self.fix = fix
    self.cause = cause
    self.sources = sources
  }

  package var help: String? { sources.first { $0.hasPrefix("https://") } }
}

/// What `triage lint` found: one value, from which every report is a pure function.
package struct LintResult: Sendable {
  /// By file, line, column and rule.
  package var findings: [Finding]
  /// Every risk that was asked for, also those that found nothing; by id.
  package var rules: [FindingRule]
  package var inputs: [InputAccount]

  package init(findings: [Finding], rules: [FindingRule], inputs: [InputAccount]) {
    self.findings = findings
    self.rules = rules
    self.inputs = inputs
  }

  /// The findings that count.
  package var active: [Finding] { findings.filter { $0.suppression == nil } }

  package var suppressed: [Finding] { findings.filter { $0.suppression != nil } }

  /// Inputs that say less than they could: those that cannot be read, wholly or in part.
  package var damaged: [InputAccount] {
    inputs.filter { $0.status == .unreadable || $0.status == .partlyRead }
  }
}

extension InputAccount {
  /// Each reason that something of it was not read, and its line; at least one.
  package var damage: [(line: Int?, message: String)] {
    warnings.isEmpty
      ? [(nil, status == .partlyRead ? "some of its lines could not be read" : "unreadable")]
      : warnings.map { ($0.line, $0.message) }
  }
}
