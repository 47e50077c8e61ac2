import Model

/// The facts of one subject as conditions read them: folded, derived, and, for facts of another
/// kind of subject, taken from the related one.
final class SubjectView {
  let evidence: IdentifiedEvidence
  let subject: Int
  private let table: FactTable
  /// The window in question: a tally of none outside its coverage is unknown.
  private let window: TimeSpan?
  private let views: ViewCache
  private var known: [String: KnownFact?] = [:]
  private var knownParts: [String: [KnownFact]] = [:]
  private var relatedSubjects: [SubjectKind: [Int]] = [:]

  init(
    _ evidence: IdentifiedEvidence, subject: Int, table: FactTable, window: TimeSpan?,
    views: ViewCache
  ) {
    self.evidence = evidence
    self.subject = subject
    self.table = table
    self.window = window
    self.views = views
  }

  func fact(_ name: String) -> KnownFact? {
    if let cached = known[name] { return cached }
    known[name] = .some(nil)  // a derivation that reads itself is unknown
    let fact = find(name)
    known[name] = fact
    return fact
  }

  private func find(_ name: String) -> KnownFact? {
    guard let definition = table[name] else { return nil }
    let kind = evidence.subjects[subject].kind
    if definition.subject != kind {
      return only(definition.subject).flatMap { views.view(of: $0).fact(name) }
    }
    if let derivation = table.derivations[name] { return derive(derivation) }
    if let identity = identity(name, definition) { return identity }
    return observed(definition)
  }

  /// The related subject of another kind, where it is one.
  private func only(_ kind: SubjectKind) -> Int? {
    let related = relatedSubjects[kind] ?? evidence.related(to: subject, kind: kind).subjects
    relatedSubjects[kind] = related
    return related.count == 1 ? related.first : nil
  }

  private func derive(_ derivation: Derivation) -> KnownFact? {
    if let value = views.given[derivation.definition.name] {
      return KnownFact(
        definition: derivation.definition, subject: subject, value: value, part: nil, time: nil,
        coverage: nil, origin: Origin(line: nil, excerpt: ""), inputs: [])
    }
    var inputs = DerivationInputs(self)
    guard let value = derivation.compute(&inputs), let first = inputs.used.first else { return nil }
    if case .number(let number) = value, !number.isFinite { return nil }
    return KnownFact(
      definition: derivation.definition, subject: subject, value: value, part: nil,
      time: inputs.used.compactMap(\.time).min(), coverage: nil, origin: first.origin,
      inputs: inputs.used)
  }

  // MARK: observed facts

  private func facts(_ name: String) -> [Fact] { evidence.facts[subject][name] ?? [] }

  private func known(
    _ fact: Fact, _ definition: FactDefinition, value: Value? = nil, coverage: TimeSpan? = nil
  ) -> KnownFact {
    KnownFact(
      definition: definition, subject: subject, value: value ?? fact.value, part: fact.part,
      time: fact.time, coverage: coverage ?? fact.coverage, origin: fact.origin, inputs: [])
  }

  private func observed(_ definition: FactDefinition) -> KnownFact? {
    let all = facts(definition.name)
    guard !all.isEmpty else { return nil }
    if definition.isTally { return tally(all, definition) }
    // What the evidence states beats what the vendor's default would be.
    let stated = all.filter { $0.origin.line != nil }
    // A notice tells of when it was sent; what was asked for tells of now.
    let asked = stated.filter { fact in
      !evidence.inputs.indices.contains(fact.origin.source)
        || evidence.inputs[fact.origin.source].kind != .awsNotice
    }
    let facts = stated.isEmpty ? all : asked.isEmpty ? stated : asked
    switch definition.fold {
    case .max where !facts.contains(where: { $0.part != nil }):
      return facts.max { ($0.value.number ?? 0) < ($1.value.number ?? 0) }
        .map { known($0, definition) }
    case .min where !facts.contains(where: { $0.part != nil }):
      return facts.min { ($0.value.number ?? 0) < ($1.value.number ?? 0) }
        .map { known($0, definition) }
    default:
      guard let newest = newestGroup(facts), let folded = fold(newest, definition) else {
        return nil
      }
      return known(configured(folded, among: facts), definition, value: folded.value)
    }
  }

  /// Where a config says the same as a later capture of what runs, the config is what to cite: it
  /// is what can be changed.
  private func configured(_ folded: KnownFact, among facts: [Fact]) -> Fact {
    let same = facts.first {
      $0.time == nil && $0.value == folded.value && $0.part == folded.part
    }
    return same
      ?? Fact(
        name: folded.name, subject: folded.subject, value: folded.value, time: folded.time,
        part: folded.part, coverage: folded.coverage, origin: folded.origin)
  }

  /// Counts of several logs of one subject add up. None counted is known only where the logs
  /// speak for the window in question.
  private func tally(_ facts: [Fact], _ definition: FactDefinition) -> KnownFact? {
    let counted = facts.filter { ($0.value.number ?? 0) > 0 }
    let coverage = facts.compactMap(\.coverage).reduce(nil as TimeSpan?) { union, span in
      guard let union else { return span }
      return min(union.lowerBound, span.lowerBound)...max(union.upperBound, span.upperBound)
    }
    if let first = counted.first {
      let total = counted.reduce(0) { $0 + ($1.value.number ?? 0) }
      let isSum = definition.fold != .max
      let worst = counted.max { ($0.value.number ?? 0) < ($1.value.number ?? 0) } ?? first
      return known(
        isSum ? first : worst, definition, value: .number(isSum ? total : worst.value.number ?? 0),
        coverage: coverage)
    }
    if let window {
      let slack = 60.0
      guard let coverage, coverage.lowerBound.since(window.lowerBound) <= slack,
        window.upperBound.since(coverage.upperBound) <= slack
      else { return nil }
    }
    return facts.first.map { known($0, definition, coverage: coverage) }
  }

  /// The facts of the newest snapshot: one source and one time.
  private func newestGroup(_ facts: [Fact]) -> [Fact]? {
    let dated = facts.filter { $0.time != nil }
    let newest =
      dated.max { ($0.time ?? .zero, $0.origin.source) < ($1.time ?? .zero, $1.origin.source) }
      ?? facts.last
    guard let newest else { return nil }
    return facts.filter { $0.origin.source == newest.origin.source && $0.time == newest.time }
  }

  private func fold(_ facts: [Fact], _ definition: FactDefinition) -> KnownFact? {
    guard let first = facts.first else { return nil }
    guard facts.count > 1, facts.contains(where: { $0.part != nil }) else {
      return facts.last.map { known($0, definition) }
    }
    let numbers = facts.compactMap(\.value.number)
    guard numbers.count == facts.count else { return known(first, definition) }
    switch definition.fold {
    case .sum: return known(first, definition, value: .number(numbers.reduce(0, +)))
    case .max:
      return facts.max { ($0.value.number ?? 0) < ($1.value.number ?? 0) }
        .map { known($0, definition) }
    case .min:
      return facts.min { ($0.value.number ?? 0) < ($1.value.number ?? 0) }
        .map { known($0, definition) }
    case .mean(let weightName):
      let weights = self.facts(weightName)
      var (sum, total) = (0.0, 0.0)
      for fact in facts {
        let weight =
          weights.last {
            $0.part == fact.part && $0.time == fact.time && $0.origin.source == fact.origin.source
          }?.value.number ?? 1
        sum += (fact.value.number ?? 0) * weight
        total += weight
      }
      return total > 0 ? known(first, definition, value: .number(sum / total)) : nil
    case .latest: return facts.last.map { known($0, definition) }
    }
  }

  /// The dated values, oldest first, each snapshot folded over its parts.
  func series(_ name: String) -> [KnownFact] {
    guard let definition = table[name], definition.subject == evidence.subjects[subject].kind
    else { return [] }
    let dated = facts(name).filter { $0.time != nil }
    let times = Dictionary(grouping: dated) { $0.time ?? .zero }
    return times.keys.sorted().compactMap { time in
      times[time].flatMap { fold($0, definition) }
    }
  }

  /// The dated values of every part, oldest first.
  func points(_ name: String) -> [String: [KnownFact]] {
    guard let definition = table[name] else { return [:] }
    if definition.subject != evidence.subjects[subject].kind {
      return only(definition.subject).map { views.view(of: $0).points(name) } ?? [:]
    }
    var points: [String: [KnownFact]] = [:]
    for fact in facts(name) where fact.time != nil {
      guard let part = fact.part else { continue }
      points[part, default: []].append(known(fact, definition))
    }
    return points.mapValues { $0.sorted { ($0.time ?? .zero) < ($1.time ?? .zero) } }
  }

  /// The values of every part, dated or not, in the order in which they were read.
  func captures(_ name: String) -> [String: [KnownFact]] {
    guard let definition = table[name], definition.subject == evidence.subjects[subject].kind
    else { return [:] }
    return Dictionary(grouping: facts(name).filter { $0.part != nil }) { $0.part ?? "" }
      .mapValues { $0.map { known($0, definition) } }
  }

  /// The newest value of every part, in the order of their names.
  func parts(_ name: String) -> [KnownFact] {
    if let cached = knownParts[name] { return cached }
    let parts = findParts(name)
    knownParts[name] = parts
    return parts
  }

  private func findParts(_ name: String) -> [KnownFact] {
    guard let definition = table[name] else { return [] }
    if definition.subject != evidence.subjects[subject].kind {
      return only(definition.subject).map { views.view(of: $0).parts(name) } ?? []
    }
    var newest: [String: Fact] = [:]
    for fact in facts(name) {
      guard let part = fact.part else { continue }
      if let known = newest[part], (known.time ?? .zero) > (fact.time ?? .zero) { continue }
      newest[part] = fact
    }
    return newest.keys.sorted().compactMap { newest[$0].map { known($0, definition) } }
  }

  /// What identification knows, as facts for commands: `redis.host`, `redis.port`, `instance.id`.
  private func identity(_ name: String, _ definition: FactDefinition) -> KnownFact? {
    guard let key = IdentityFact(rawValue: name) else { return nil }
    let anyFact = evidence.facts[subject].keys.sorted().first.flatMap {
      evidence.facts[subject][$0]?.first
    }
    guard let anyFact, let value = key.value(evidence.keys[subject]) else { return nil }
    return known(anyFact, definition, value: value)
  }
}

/// Views of all subjects over one evidence and window, made when asked for.
final class ViewCache {
  private let evidence: IdentifiedEvidence
  private let table: FactTable
  private let window: TimeSpan?
  let given: [String: Value]
  private var views: [Int: SubjectView] = [:]

  init(
    _ evidence: IdentifiedEvidence, table: FactTable, window: TimeSpan?, given: [String: Value]
  ) {
    self.given = given
    self.evidence = evidence
    self.table = table
    self.window = window
  }

  func view(of subject: Int) -> SubjectView {
    if let view = views[subject] { return view }
    let view = SubjectView(
      evidence, subject: subject, table: table, window: window, views: self)
    views[subject] = view
    return view
  }

  /// Lets go of the views, which know it and would keep it for ever.
  func clear() { views = [:] }
}

/// Facts that identification states, for commands.
enum IdentityFact: String, CaseIterable {
  case redisHost = "redis.host"
  case redisPort = "redis.port"
  case instanceID = "instance.id"
  case hostName = "host.name"

  func value(_ keys: Set<IdentityKey>) -> Value? {
    let address = keys.compactMap { if case .address(let a) = $0 { a } else { nil } }.min()
    let parts = address?.split(separator: ":")
    switch self {
    case .redisHost:
      let name = keys.compactMap { if case .hostName(let name) = $0 { name } else { nil } }.min()
      return (parts?.first.map(String.init) ?? name).map { .text($0) }
    case .redisPort:
      let port = keys.compactMap { if case .port(let p) = $0 { p } else { nil } }.min()
      return (port ?? parts?.last.flatMap { Int($0) }).map { .text(String($0)) }
    case .instanceID:
      return keys.compactMap { if case .instanceID(let id) = $0 { id } else { nil } }.min()
        .map { .text($0) }
    case .hostName:
      return keys.compactMap { if case .hostName(let name) = $0 { name } else { nil } }.min()
        .map { .text($0) }
    }
  }
}

let identityFacts = [
  FactGroup(
    subject: .redis, source: "identification", collect: "redis-cli INFO server",
    [
      .init("redis.host", .text, "Address that the server is reached at."),
      .init("redis.port", .text, "Port that the server listens on."),
    ]),
  FactGroup(
    subject: .instance, source: "identification", collect: "aws ec2 describe-instance-status",
    [.init("instance.id", .text, "EC2 instance id.")]),
  FactGroup(
    subject: .host, source: "identification", collect: "hostname",
    [.init("host.name", .text, "Name of the host.")]),
]

extension Instant {
  static let zero = Instant(microseconds: 0)
}
