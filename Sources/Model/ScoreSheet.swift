/// How the score of one cause came about for one subject: every entry, whether it spoke, and whether
/// it counted. Also of examples, whose facts stand in no file.
package struct ScoreSheet: Sendable {
  package enum Finding: String, Sendable {
    case holds, fails, unknown
  }

  package struct Entry: Sendable {
    package let symptom: String
    package let finding: Finding
    package let isDirect: Bool
    package let group: String?
    /// Decibans if it holds, and if it fails.
    package let ifHolds: Int
    package let ifFails: Int
    /// What counted: 0 where a stronger entry of its group spoke, or nothing is known.
    package let weight: Int
    /// The sentence with the observed figures; empty where nothing is known.
    package let statement: String
    package let observed: [Observation]
    /// Facts that would decide it, each with the command that gets it.
    package let lacking: [(fact: String, collect: String)]

    package init(
      symptom: String, finding: Finding, isDirect: Bool, group: String?, ifHolds: Int,
      ifFails: Int, weight: Int, statement: String, observed: [Observation],
      lacking: [(fact: String, collect: String)]
    ) {
      self.symptom = symptom
      self.finding = finding
      self.isDirect = isDirect
      self.group = group
      self.ifHolds = ifHolds
      self.ifFails = ifFails
      self.weight = weight
      self.statement = statement
      self.observed = observed
      self.lacking = lacking
    }

    /// What it would have counted alone.
    package var claimed: Int {
      switch finding {
      case .holds: ifHolds
      case .fails: ifFails
      case .unknown: 0
      }
    }
  }

  package let cause: String
  package let title: String
  package let subject: Subject
  /// False where the evidence holds nothing of such a subject: the sheet says what to ask for.
  package let isSeen: Bool
  package let prior: Int
  package let entries: [Entry]
  /// Decibans: prior plus what counted.
  package let score: Int
  package let probability: Double
  /// Evidence of this very mechanism is there.
  package let hasDirect: Bool
  package let isAccused: Bool

  package init(
    cause: String, title: String, subject: Subject, isSeen: Bool, prior: Int, entries: [Entry],
    score: Int,
    probability: Double, hasDirect: Bool, isAccused: Bool
  ) {
    self.cause = cause
    self.title = title
    self.subject = subject
    self.isSeen = isSeen
    self.prior = prior
    self.entries = entries
    self.score = score
    self.probability = probability
    self.hasDirect = hasDirect
    self.isAccused = isAccused
  }
}
