/// What one source of evidence contributes to the ledger. Readers write to it and to nothing else.
///
/// Subjects, facts and events refer to each other by index within the page; the ledger rebases them
/// when the page joins. Bounded: a page keeps at most `factLimit` facts and `eventLimit` events and
/// counts what it had to leave out.
package struct Page: Sendable {
  package static let factLimit = 50_000
  package static let eventLimit = 2_000
  package static let warningLimit = 5

  package let kind: EvidenceKind
  package private(set) var subjects: [SubjectClue] = []
  package private(set) var facts: [Fact] = []
  package private(set) var events: [Event] = []
  package private(set) var relations: [StatedRelation] = []
  /// The span that a log or a metric speaks for.
  package private(set) var coverage: TimeSpan?
  package private(set) var warnings: [Warning] = []
  /// Lines that the reader could not make sense of.
  package private(set) var skippedLines = 0
  /// Facts and events left out because the page was full.
  package private(set) var dropped = 0

  package struct Warning: Sendable, Equatable {
    package let message: String
    package let line: Int?
    /// Evidence that was given was left out.
    package let isLoss: Bool

    package init(_ message: String, line: Int? = nil, isLoss: Bool = false) {
      self.message = message
      self.line = line
      self.isLoss = isLoss
    }
  }

  package init(kind: EvidenceKind) { self.kind = kind }

  /// The index of the subject with these keys; the same call gives the same index.
  package mutating func subject(
    _ kind: SubjectKind, _ keys: IdentityKey..., agreesWith: [String: String] = [:]
  ) -> Int {
    subject(SubjectClue(kind, keys: Set(keys), agreesWith: agreesWith))
  }

  package mutating func subject(_ clue: SubjectClue) -> Int {
    if let index = subjects.firstIndex(of: clue) { return index }
    subjects.append(clue)
    return subjects.count - 1
  }

  /// Adds what is learnt of a subject after it was first named.
  package mutating func identify(_ subject: Int, _ key: IdentityKey) {
    guard subjects.indices.contains(subject) else { return }
    subjects[subject].keys.insert(key)
  }

  /// States when the process behind a subject lived, where the evidence tells.
  package mutating func setLife(of subject: Int, _ life: TimeSpan) {
    guard subjects.indices.contains(subject) else { return }
    subjects[subject].life = life
  }

  package mutating func setAgreement(of subject: Int, fact: String, value: String) {
    guard subjects.indices.contains(subject) else { return }
    subjects[subject].agreesWith[fact] = value
  }

  package mutating func record(
    _ name: String, _ value: Value, of subject: Int, at time: Instant? = nil,
    part: String? = nil, coverage: TimeSpan? = nil, origin: Origin
  ) {
    assert(Catalogue.observed[name] != nil, "fact '\(name)' is not in the catalogue")
    guard facts.count < Page.factLimit else {
      dropped += 1
      return
    }
    facts.append(
      Fact(
        name: name, subject: subject, value: value, time: time, part: part, coverage: coverage,
        origin: origin))
  }

  /// A finite number; anything else is dropped as if the source had not stated it.
  package mutating func record(
    _ name: String, _ number: Double, of subject: Int, at time: Instant? = nil,
    part: String? = nil, coverage: TimeSpan? = nil, origin: Origin
  ) {
    guard number.isFinite else { return }
    record(
      name, .number(number), of: subject, at: time, part: part, coverage: coverage, origin: origin)
  }

  package mutating func record(_ event: Event) {
    guard events.count < Page.eventLimit else {
      dropped += 1
      return
    }
    events.append(event)
  }

  package mutating func relate(
    _ from: Int, _ kind: RelationKind, _ to: Int, origin: Origin
  ) {
    relations.append(StatedRelation(kind, from: from, to: to, origin: origin))
  }

  /// Widens the span this page speaks for.
  package mutating func cover(_ time: Instant) {
    guard let known = coverage else {
      coverage = time...time
      return
    }
    coverage = Swift.min(known.lowerBound, time)...Swift.max(known.upperBound, time)
  }

  /// Counts a line that made no sense; the first few are named in the account of inputs.
  package mutating func skip(line: Int, _ reason: String) {
    skippedLines += 1
    warn(reason, line: line)
  }

  /// Moves every place down: the page was read from a part of a file that begins so far below.
  package mutating func moveLines(by offset: Int) {
    for index in facts.indices { facts[index].origin.line? += offset }
    for index in events.indices { events[index].origin.line? += offset }
    relations = relations.map {
      var origin = $0.origin
      origin.line? += offset
      return StatedRelation($0.kind, from: $0.from, to: $0.to, origin: origin)
    }
    warnings = warnings.map {
      Warning($0.message, line: $0.line.map { $0 + offset }, isLoss: $0.isLoss)
    }
  }

  /// Takes out facts that an excerpt cannot state: what it leaves out, it does not tell.
  package mutating func forget(where isUnfounded: (Fact) -> Bool) {
    facts.removeAll(where: isUnfounded)
  }

  /// Keeps what was cited and not where: of a log that was read in pieces nobody counted the lines.
  package mutating func forgetLines() {
    for index in facts.indices { facts[index].origin.line = nil }
    for index in events.indices { events[index].origin.line = nil }
    warnings = warnings.map { Warning($0.message, isLoss: $0.isLoss) }
  }

  /// Gives back the room that was kept for more.
  package mutating func trim() {
    facts = facts.map { $0 }
    subjects = subjects.map { $0 }
  }

  package mutating func warn(_ message: String, line: Int? = nil) {
    guard warnings.count < Page.warningLimit else { return }
    warnings.append(Warning(message, line: line))
  }

  /// Says that some of what was given was not read: the source is then known in part only. It takes
  /// the place of a remark where there are too many.
  package mutating func lose(_ message: String, line: Int? = nil) {
    if warnings.count == Page.warningLimit, let last = warnings.lastIndex(where: { !$0.isLoss }) {
      warnings.remove(at: last)
    }
    guard warnings.count < Page.warningLimit else { return }
    warnings.append(Warning(message, line: line, isLoss: true))
  }
}
