import Model

/// What a symptom turned out to be for one subject.
struct Judgement: Sendable {
  let symptom: Symptom
  /// The subject it was judged on; nil where no subject of its kind is known to be related.
  let subject: Int?
  let truth: Truth
  /// The sentence with the observed figures.
  let statement: String
  let used: [KnownFact]
  /// Observed facts that would have decided it.
  let lacking: [String]
  /// Observed facts that are known at one time, where a second would tell how they change.
  let lackingAgain: [String]
  /// When it began, where the evidence tells.
  let onset: Onset?
  /// It bears on the subject by an assumed relation, and as well on another of the subject's kind:
  /// it may support a cause, and alone must accuse neither.
  var isShared = false

  /// All that is asked must hold, and some of it is known to.
  var isHalfKnown: Bool {
    guard truth == .unknown, !used.isEmpty, case .and = symptom.condition else { return false }
    return true
  }
}

/// Judges symptoms, each once per subject.
final class Judge {
  let evidence: IdentifiedEvidence
  let pack: RulePack
  /// The time in question, where the evidence or the user says it.
  let window: TimeSpan?
  private let views: ViewCache
  private var judgements: [Int: [String: Judgement]] = [:]

  /// `given` are derived facts that an example states instead of what they are computed from.
  init(
    _ evidence: IdentifiedEvidence, pack: RulePack, window: TimeSpan?, given: [String: Value] = [:]
  ) {
    self.evidence = evidence
    self.pack = pack
    self.window = window
    views = ViewCache(evidence, table: pack.table, window: window, given: given)
  }

  func view(of subject: Int) -> SubjectView { views.view(of: subject) }

  /// A symptom as it bears on a subject: judged there, or on the related subjects of its kind. It
  /// holds if it holds for any, fails only if it is known false for all.
  func judge(_ symptom: Symptom, for subject: Int) -> Judgement {
    let (subjects, isAssumed) = evidence.related(to: subject, kind: symptom.subject)
    let judged = subjects.map { judge(symptom, on: $0) }
    let chosen =
      judged.first { $0.truth == .holds } ?? judged.first { $0.truth == .unknown } ?? judged.first
    guard let chosen else {
      return Judgement(
        symptom: symptom, subject: nil, truth: .unknown, statement: "", used: [],
        lacking: symptom.condition.facts.flatMap { pack.table.leaves(of: $0).sorted() },
        lackingAgain: [],
        onset: nil)
    }
    guard isAssumed, chosen.truth != .unknown else { return chosen }
    let other = evidence.subjects[subject]
    let own = chosen.subject.map { evidence.subjects[$0].description } ?? ""
    let namesakes = evidence.subjects.indices.filter { namesake in
      evidence.subjects[namesake].kind == other.kind && evidence.isSeen(namesake)
        && evidence.related(to: namesake, kind: symptom.subject).subjects == subjects
    }
    return Judgement(
      symptom: symptom, subject: chosen.subject, truth: chosen.truth,
      statement: chosen.statement + " (\(own) is assumed to belong to \(other))",
      used: chosen.used, lacking: chosen.lacking, lackingAgain: chosen.lackingAgain,
      onset: chosen.onset,
      isShared: namesakes.count > 1)
  }

  func judge(_ symptom: Symptom, on subject: Int) -> Judgement {
    if let known = judgements[subject]?[symptom.id] { return known }
    let view = views.view(of: subject)
    let finding = symptom.condition.evaluate { view.fact($0) }
    let template = finding.truth == .holds ? symptom.says : symptom.saysNot
    // Of `a or b` only the side that holds is told: `b is ok` is no part of a failure of `a`.
    let idle =
      finding.truth == .holds
      ? Set(symptom.condition.facts).subtracting(finding.used.map(\.name)) : []
    let judgement = Judgement(
      symptom: symptom, subject: subject, truth: finding.truth,
      statement: finding.truth == .unknown ? "" : template.sentence(idle: idle) { view.fact($0) },
      used: finding.used,
      lacking: finding.lacking.flatMap { unknownLeaves(of: $0, view: view) },
      lackingAgain: finding.lacking.flatMap { knownOnce(for: $0, view: view) },
      onset: finding.truth == .holds ? onset(symptom, finding, view: view) : nil)
    judgements[subject, default: [:]][symptom.id] = judgement
    return judgement
  }

  private func onset(_ symptom: Symptom, _ finding: Evaluation, view: SubjectView) -> Onset? {
    if let since = symptom.since, let fact = view.fact(since), case .time(let time) = fact.value {
      let leaf = fact.leaves.first { $0.value == fact.value }
      return Onset(time: time, source: leaf?.origin.source)
    }
    return finding.used.flatMap(\.leaves).filter(\.definition.isTally).compactMap { fact in
      fact.time.map { Onset(time: $0, source: fact.origin.source) }
    }.min { $0.time < $1.time }
  }

  private func knownOnce(for name: String, view: SubjectView) -> [String] {
    guard view.fact(name) == nil, let derivation = pack.table.derivations[name] else { return [] }
    var inputs = DerivationInputs(view)
    _ = derivation.compute(&inputs)
    return inputs.knownOnce
  }

  /// The observed facts that a fact lacks: itself, or the unknown inputs of a derived one.
  private func unknownLeaves(of name: String, view: SubjectView) -> [String] {
    guard view.fact(name) == nil else { return [] }
    guard let derivation = pack.table.derivations[name] else { return [name] }
    var inputs = DerivationInputs(view)
    _ = derivation.compute(&inputs)
    let lacking = inputs.lacking.isEmpty ? derivation.inputs : inputs.lacking
    return lacking.flatMap { unknownLeaves(of: $0, view: view) }
  }
}
