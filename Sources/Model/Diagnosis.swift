/// What `triage diagnose` found out: one value, from which every report is a pure function.
package struct Diagnosis: Sendable {
  package var verdict: Verdict
  /// Accused causes, most probable root first, consequences after their roots.
  package var causes: [AccusedCause]
  /// Weighed, neither accused nor ruled out; most probable first.
  package var suspects: [Suspect]
  package var ruledOut: [RuledOutCause]
  /// The steps of all accused causes in the order to do them.
  package var plan: [Step]
  /// Evidence not given that would change the ranking most, best first.
  package var missing: [MissingEvidence]
  package var timeline: [TimelineEntry]
  /// Index of the earliest anomaly in the timeline, among those on clocks that can be compared.
  package var firstAnomaly: Int?
  /// Of sources whose stamps state no zone.
  package var clocks: [SourceClock]
  package var recurrence: [Recurrence]
  package var risks: [RiskFinding]
  package var inputs: [InputAccount]
  /// Name and version of the rule packs in force.
  package var rulePacks: [String]

  package init(
    verdict: Verdict, causes: [AccusedCause] = [], suspects: [Suspect] = [],
    ruledOut: [RuledOutCause] = [], plan: [Step] = [], missing: [MissingEvidence] = [],
    timeline: [TimelineEntry] = [], firstAnomaly: Int? = nil, clocks: [SourceClock] = [],
    recurrence: [Recurrence] = [], risks: [RiskFinding] = [], inputs: [InputAccount] = [],
    rulePacks: [String] = []
  ) {
    self.verdict = verdict
    self.causes = causes
    self.suspects = suspects
    self.ruledOut = ruledOut
    self.plan = plan
    self.missing = missing
    self.timeline = timeline
    self.firstAnomaly = firstAnomaly
    self.clocks = clocks
    self.recurrence = recurrence
    self.risks = risks
    self.inputs = inputs
    self.rulePacks = rulePacks
  }
}

package struct Verdict: Sendable, Equatable {
  package enum Status: String, Sendable {
    case incident
    case atRisk = "at-risk"
    case healthy
    case inconclusive
  }

  package var status: Status
  /// One sentence a person can paste.
  package var summary: String

  package init(_ status: Status, summary: String) {
    self.status = status
    self.summary = summary
  }
}

/// The place in the evidence that a claim rests on, ready for reports.
package struct Source: Sendable, Equatable {
  package var file: String
  package var line: Int?
  /// Redacted, at most 200 characters; still hostile: each report escapes it.
  package var excerpt: String

  package init(file: String, line: Int?, excerpt: String) {
    self.file = file
    self.line = line
    self.excerpt = excerpt
  }
}

/// A fact as a symptom saw it.
package struct Observation: Sendable, Equatable {
  package var fact: String
  package var value: Value
  package var unit: Unit
  package var subject: Subject
  package var part: String?
  package var time: Instant?
  package var source: Source?

  package init(
    fact: String, value: Value, unit: Unit, subject: Subject, part: String? = nil,
    time: Instant? = nil, source: Source?
  ) {
    self.fact = fact
    self.value = value
    self.unit = unit
    self.subject = subject
    self.part = part
    self.time = time
    self.source = source
  }
}

/// A symptom that spoke for or against a cause.
package struct WeighedSymptom: Sendable, Equatable {
  package var symptom: String
  /// A sentence with the observed figures in it.
  package var statement: String
  /// Decibans: +10 makes the cause ten times likelier. 0 where a stronger one of its group counts.
  package var weight: Int
  package var isDirect: Bool
  package var observed: [Observation]

  package init(
    symptom: String, statement: String, weight: Int, isDirect: Bool = false,
    observed: [Observation]
  ) {
    self.symptom = symptom
    self.statement = statement
    self.weight = weight
    self.isDirect = isDirect
    self.observed = observed
  }
}

package struct MissingEvidence: Sendable, Equatable {
  package var fact: String
  package var symptom: String?
  /// The read-only command that gets it.
  package var collect: String
  /// How far it could move a cause's score, decibans.
  package var maxWeight: Int
  package var why: String

  package init(fact: String, symptom: String?, collect: String, maxWeight: Int, why: String) {
    self.fact = fact
    self.symptom = symptom
    self.collect = collect
    self.maxWeight = maxWeight
    self.why = why
  }
}

package struct Step: Sendable, Equatable {
  package enum Phase: String, Sendable, CaseIterable, Comparable {
    case mitigate, fix, prevent

    package static func < (a: Self, b: Self) -> Bool {
      (allCases.firstIndex(of: a) ?? 0) < (allCases.firstIndex(of: b) ?? 0)
    }
  }

  package enum Risk: String, Sendable {
    case none, low, medium, high
  }

  package var rank: Int
  package var cause: String
  package var phase: Phase
  package var title: String
  package var why: String
  /// Ready to paste: observed values filled in and quoted for the shell.
  package var command: String?
  package var risk: Risk
  /// What is lost or interrupted.
  package var warning: String?
  /// How to see that it worked.
  package var verify: String?
  package var reference: String?
  package var subject: Subject

  package init(
    rank: Int, cause: String, phase: Phase, title: String, why: String, command: String? = nil,
    risk: Risk, warning: String? = nil, verify: String? = nil, reference: String? = nil,
    subject: Subject
  ) {
    self.rank = rank
    self.cause = cause
    self.phase = phase
    self.title = title
    self.why = why
    self.command = command
    self.risk = risk
    self.warning = warning
    self.verify = verify
    self.reference = reference
    self.subject = subject
  }
}

/// A folk fix that harms here, and why.
package struct Never: Sendable, Equatable {
  package var action: String
  package var why: String

  package init(action: String, why: String) {
    self.action = action
    self.why = why
  }
}

package struct AccusedCause: Sendable {
  package enum Role: String, Sendable {
    case root, contributing, consequence
  }

  package struct ExplainedBy: Sendable, Equatable {
    package let id: String
    package var subject: Subject

    package init(id: String, subject: Subject) {
      self.id = id
      self.subject = subject
    }
  }

  package var id: String
  package var title: String
  package var why: String
  package var subject: Subject
  package var role: Role
  package var probability: Double
  /// Decibans, prior included.
  package var weight: Int
  package var prior: Int
  package var evidence: [WeighedSymptom]
  package var against: [WeighedSymptom]
  package var missing: [MissingEvidence]
  /// Ids of the accused causes this one explains.
  package var explains: [String]
  package var explainedBy: ExplainedBy?
  /// Of a root: the longest way down through what it brought about, ids, itself first; empty where
  /// nothing follows from it.
  package var chain: [String]
  package var onset: Instant?
  /// The clock that tells the onset states its zone.
  package var isOnsetZoned: Bool
  package var remediation: [Step]
  package var never: [Never]
  package var sources: [String]

  package init(
    id: String, title: String, why: String, subject: Subject, role: Role, probability: Double,
    weight: Int, prior: Int, evidence: [WeighedSymptom], against: [WeighedSymptom],
    missing: [MissingEvidence], explains: [String], explainedBy: ExplainedBy?,
    chain: [String] = [], onset: Instant?, isOnsetZoned: Bool = true, remediation: [Step],
    never: [Never], sources: [String]
  ) {
    self.id = id
    self.title = title
    self.why = why
    self.subject = subject
    self.role = role
    self.probability = probability
    self.weight = weight
    self.prior = prior
    self.evidence = evidence
    self.against = against
    self.missing = missing
    self.explains = explains
    self.explainedBy = explainedBy
    self.chain = chain
    self.onset = onset
    self.isOnsetZoned = isOnsetZoned
    self.remediation = remediation
    self.never = never
    self.sources = sources
  }
}

package struct Suspect: Sendable {
  package var id: String
  package var title: String
  package var subject: Subject
  package var probability: Double
  package var evidence: [WeighedSymptom]
  package var against: [WeighedSymptom]
  package var missing: [MissingEvidence]

  package init(
    id: String, title: String, subject: Subject, probability: Double, evidence: [WeighedSymptom],
    against: [WeighedSymptom], missing: [MissingEvidence]
  ) {
    self.id = id
    self.title = title
    self.subject = subject
    self.probability = probability
    self.evidence = evidence
    self.against = against
    self.missing = missing
  }
}

package struct RuledOutCause: Sendable {
  package var id: String
  package var title: String
  package var subject: Subject
  package var probability: Double
  package var against: [WeighedSymptom]
  /// What the evidence against it covers, where it has a span.
  package var window: TimeSpan?

  package init(
    id: String, title: String, subject: Subject, probability: Double, against: [WeighedSymptom],
    window: TimeSpan?
  ) {
    self.id = id
    self.title = title
    self.subject = subject
    self.probability = probability
    self.against = against
    self.window = window
  }
}

package struct TimelineEntry: Sendable, Equatable {
  package var time: Instant
  package var until: Instant?
  package var event: String
  package var subject: Subject
  package var isImpact: Bool
  /// False where the source's clock states no zone.
  package var isZoned: Bool
  package var source: Source

  package init(
    time: Instant, until: Instant?, event: String, subject: Subject, isImpact: Bool,
    isZoned: Bool, source: Source
  ) {
    self.time = time
    self.until = until
    self.event = event
    self.subject = subject
    self.isImpact = isImpact
    self.isZoned = isZoned
    self.source = source
  }
}

/// A risky setting seen in a config among the evidence. It accuses nobody.
package struct RiskFinding: Sendable, Equatable {
  package typealias Level = Finding.Level

  package var rule: String
  package var level: Level
  package var message: String
  package var wouldCause: String?
  package var source: Source?
  package var fix: String?

  package init(
    rule: String, level: Level, message: String, wouldCause: String?, source: Source?, fix: String?
  ) {
    self.rule = rule
    self.level = level
    self.message = message
    self.wouldCause = wouldCause
    self.source = source
    self.fix = fix
  }
}

/// A fact with its subject's name, for `triage facts`.
package struct FactListing: Sendable {
  package var observations: [Observation]
  package var inputs: [InputAccount]

  package init(observations: [Observation], inputs: [InputAccount]) {
    self.observations = observations
    self.inputs = inputs
  }
}
