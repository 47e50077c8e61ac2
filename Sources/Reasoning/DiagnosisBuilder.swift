import Model

/// Turns weighed hypotheses into the diagnosis that reports print.
struct DiagnosisBuilder {
  let judge: Judge
  let hypotheses: [Hypothesis]
  let window: TimeSpan?

  private var evidence: IdentifiedEvidence { judge.evidence }

  /// Below this a cause with evidence against it is ruled out: one in twenty.
  private static let ruledOutBelow = 0.05
  /// From here on a suspect whose own mechanism was seen keeps the verdict from `healthy`.
  private static let openFrom = 0.3
  private static let timelineLimit = 200

  func build() -> Diagnosis {
    let accused = hypotheses.filter(isAccused)
    let explanation = Explanation(accused, evidence: evidence)
    let finder = MissingFinder(judge: judge)
    let others = hypotheses.filter { !isAccused($0) && isWorthWeighing($0) }.sorted {
      ($1.score, $0.cause.id, $0.subject) < ($0.score, $1.cause.id, $1.subject)
    }
    let ruledOut = others.filter(isRuledOut)
    let suspects = others.filter { !isRuledOut($0) }
    let causes = explanation.ordered.map { accusedCause($0, explanation, finder) }
    let impact = impacts()
    let events = Array(evidence.events.prefix(DiagnosisBuilder.timelineLimit))
    return Diagnosis(
      verdict: verdict(causes, explanation, impact: impact, suspects: suspects),
      causes: causes,
      suspects: suspects.map { suspect($0, finder) },
      ruledOut: ruledOut.map(ruledOutCause),
      plan: plan(causes),
      missing: missing(accused, suspects, finder),
      timeline: events.map(timelineEntry),
      firstAnomaly: evidence.firstAnomaly(among: events, accused: accused),
      clocks: evidence.sourceClocks,
      recurrence: RecurrenceFinder(evidence: evidence).find(),
      risks: riskFindings(evidence, pack: judge.pack),
      inputs: evidence.inputs,
      rulePacks: judge.pack.names)
  }

  /// What was not seen at all is not accused, however much its neighbours point at it.
  private func isAccused(_ hypothesis: Hypothesis) -> Bool {
    hypothesis.isAccused && evidence.isSeen(hypothesis.subject)
  }

  /// Of a subject that was not seen only what something points at is told, and what did not happen
  /// points at nobody; of one that does not run on the box that was looked at, what more than the box
  /// points at.
  private func isWorthWeighing(_ hypothesis: Hypothesis) -> Bool {
    if isTheSameOfANamed(hypothesis) { return false }
    if evidence.isSeen(hypothesis.subject) { return true }
    let pointing = hypothesis.speaksFor.filter { $0.judgement.truth == .holds }
    guard evidence.isAbsentHere(hypothesis.cause.subject) else { return !pointing.isEmpty }
    return pointing.contains { weighed in
      weighed.judgement.subject.map { !evidence.subjects[$0].kind.isBox } ?? false
    }
  }

  /// What is nobody's by name may be of any of those that have one: what is no likelier of it says nothing more.
  private func isTheSameOfANamed(_ hypothesis: Hypothesis) -> Bool {
    isNamelessAmongNamed(hypothesis.subject)
      && hypotheses.contains {
        $0.cause.id == hypothesis.cause.id && $0.subject != hypothesis.subject
          && $0.score >= hypothesis.score
      }
  }

  private func isNamelessAmongNamed(_ index: Int) -> Bool {
    let subject = evidence.subjects[index]
    return subject.name == Subject.unknownName
      && evidence.subjects.contains { $0.kind == subject.kind && $0 != subject }
  }

  /// Of those that something speaks for, and one question for each other subject that was seen;
  /// where nothing speaks for any, of all.
  private func missing(
    _ accused: [Hypothesis], _ suspects: [Hypothesis], _ finder: MissingFinder
  ) -> [MissingEvidence] {
    let pointedAt = accused + suspects.filter { !$0.speaksFor.isEmpty }
    guard !pointedAt.isEmpty else {
      return finder.missing(suspects, others: hypotheses.filter(isServerInTrouble))
    }
    let known = Set(pointedAt.map(\.subject))
    let others = suspects.filter { !known.contains($0.subject) && evidence.isSeen($0.subject) }
    return finder.missing(pointedAt, others: others)
  }

  /// A Redis that only the errors of its clients speak of: nothing points at a cause there, and what
  /// it says itself is the next thing to know.
  private func isServerInTrouble(_ hypothesis: Hypothesis) -> Bool {
    guard hypothesis.cause.subject == .redis, !evidence.isSeen(hypothesis.subject) else {
      return false
    }
    return evidence.related(to: hypothesis.subject, kind: .app).subjects.contains { app in
      judge.view(of: app).fact("app.redis.errors")?.value.number ?? 0 > 0
    }
  }

  // MARK: causes

  private func accusedCause(
    _ hypothesis: Hypothesis, _ explanation: Explanation, _ finder: MissingFinder
  ) -> AccusedCause {
    let cause = hypothesis.cause
    let explainer = explanation.explainer(of: hypothesis)
    return AccusedCause(
      id: cause.id, title: cause.title, why: cause.why,
      subject: evidence.subjects[hypothesis.subject], role: explanation.role(of: hypothesis),
      probability: hypothesis.probability, weight: hypothesis.score, prior: cause.prior,
      evidence: weighed(hypothesis.speaksFor), against: weighed(hypothesis.speaksAgainst),
      missing: finder.missing(hypothesis),
      explains: Array(Set(explanation.explained(by: hypothesis).map(\.cause.id))).sorted(),
      explainedBy: explainer.map {
        AccusedCause.ExplainedBy(id: $0.cause.id, subject: evidence.subjects[$0.subject])
      },
      chain: explainer == nil ? explanation.chain(of: hypothesis) : [],
      onset: hypothesis.onset?.time,
      isOnsetZoned: hypothesis.onset?.source.map(evidence.isClockKnown) ?? true,
      remediation: steps(hypothesis), never: cause.never,
      sources: cause.sources)
  }

  private func suspect(_ hypothesis: Hypothesis, _ finder: MissingFinder) -> Suspect {
    Suspect(
      id: hypothesis.cause.id, title: hypothesis.cause.title,
      subject: evidence.subjects[hypothesis.subject], probability: hypothesis.probability,
      evidence: weighed(hypothesis.speaksFor), against: weighed(hypothesis.speaksAgainst),
      missing: finder.missing(hypothesis))
  }

  private func isRuledOut(_ hypothesis: Hypothesis) -> Bool {
    hypothesis.probability < DiagnosisBuilder.ruledOutBelow && !hypothesis.hasDirect
      && !hypothesis.speaksAgainst.isEmpty
  }

  private func ruledOutCause(_ hypothesis: Hypothesis) -> RuledOutCause {
    let spans = hypothesis.speaksAgainst.flatMap(\.judgement.used).flatMap(\.leaves)
      .compactMap(\.coverage)
    let covered = spans.reduce(nil as TimeSpan?) { union, span in
      guard let union else { return span }
      return min(union.lowerBound, span.lowerBound)...max(union.upperBound, span.upperBound)
    }
    return RuledOutCause(
      id: hypothesis.cause.id, title: hypothesis.cause.title,
      subject: evidence.subjects[hypothesis.subject], probability: hypothesis.probability,
      against: weighed(hypothesis.speaksAgainst), window: covered)
  }

  /// Direct evidence first, then the strongest.
  private func weighed(_ entries: [Hypothesis.WeighedEntry]) -> [WeighedSymptom] {
    func rank(_ weighed: Hypothesis.WeighedEntry) -> (Int, Int, Int) {
      (
        weighed.entry.isDirect && weighed.claimed > 0 ? 1 : 0, abs(weighed.weight),
        abs(weighed.claimed)
      )
    }
    return entries.sorted {
      let (a, b) = (rank($0), rank($1))
      return a == b ? $0.entry.symptom < $1.entry.symptom : a > b
    }.map { weighed in
      WeighedSymptom(
        symptom: weighed.entry.symptom, statement: weighed.judgement.statement,
        weight: weighed.weight, isDirect: weighed.entry.isDirect,
        observed: observations(weighed.judgement))
    }
  }

  /// The facts a judgement rests on; derived ones first, then what they were computed from.
  func observations(_ judgement: Judgement) -> [Observation] {
    var observations: [Observation] = []
    for fact in judgement.used {
      for fact in (fact.inputs.isEmpty ? [] : [fact]) + fact.leaves {
        let observation = Observation(
          fact: fact.name, value: fact.value, unit: fact.definition.unit,
          subject: evidence.subjects[fact.subject], part: fact.part, time: fact.time,
          source: fact.inputs.isEmpty ? source(fact.origin, in: evidence) : nil)
        if !observations.contains(observation) { observations.append(observation) }
      }
    }
    return Array(observations.prefix(16))
  }

  // MARK: plan

  private func steps(_ hypothesis: Hypothesis) -> [Step] {
    let view = judge.view(of: hypothesis.subject)
    let look: (String) -> KnownFact? = { view.fact($0) }
    let applicable = hypothesis.cause.remedy.filter { step in
      (step.condition.map { $0.evaluate(look).truth == .holds } ?? true)
        && (step.exception.map { $0.evaluate(look).truth != .holds } ?? true)
    }
    return applicable.enumerated().map { index, step in
      var command: String?
      var warnings = step.warning.map { [$0.sentence(look)] } ?? []
      do throws(CommandValue.Refusal) {
        command = try step.command?.command(look)
      } catch {
        warnings.append("the command is withheld: \(error.reason)")
      }
      return Step(
        rank: index + 1, cause: hypothesis.cause.id, phase: step.phase,
        title: step.title.sentence(look), why: step.why.sentence(look),
        command: command, risk: step.risk,
        warning: warnings.isEmpty ? nil : warnings.joined(separator: "; "),
        verify: step.verify?.sentence(look),
        reference: step.reference, subject: evidence.subjects[hypothesis.subject])
    }
  }

  /// Mitigate before fix before prevent; within a phase roots before what they brought about.
  private func plan(_ causes: [AccusedCause]) -> [Step] {
    // What a root brought about is only eased; it is mended at the root.
    let all = causes.flatMap { cause in
      cause.remediation.filter { cause.role != .consequence || $0.phase == .mitigate }
    }
    var seen: Set<String> = []
    var plan: [Step] = []
    for phase in Step.Phase.allCases {
      for step in all where step.phase == phase {
        guard seen.insert(step.command ?? step.title).inserted else { continue }
        var step = step
        step.rank = plan.count + 1
        plan.append(step)
      }
    }
    return plan
  }

  // MARK: verdict

  /// Impact symptoms that hold anywhere.
  private func impacts() -> [Judgement] {
    let symptoms = judge.pack.symptoms.values.filter(\.isImpact).sorted { $0.id < $1.id }
    return symptoms.flatMap { symptom in
      evidence.subjects.indices.filter { evidence.subjects[$0].kind == symptom.subject }
        .map { judge.judge(symptom, on: $0) }.filter { $0.truth == .holds }
    }
  }

  private func verdict(
    _ causes: [AccusedCause], _ explanation: Explanation, impact: [Judgement],
    suspects: [Hypothesis]
  ) -> Verdict {
    if let top = causes.first {
      let isFelt = explanation.ordered.contains(where: \.hasImpact)
      return Verdict(
        isFelt ? .incident : .atRisk,
        summary: "\(top.title) (\(top.subject), \(percent(top.probability)))"
          + more(causes.dropFirst().filter { $0.role != .consequence }))
    }
    if let worst = impact.first {
      // Beside what clients feel stands how the server is that they ask.
      func kind(of judgement: Judgement) -> SubjectKind? {
        judgement.subject.map { evidence.subjects[$0].kind }
      }
      let other = impact.first { kind(of: $0) != kind(of: worst) }
      let statements = [worst.statement] + (other.map { [$0.statement] } ?? [])
      return Verdict(
        .inconclusive,
        summary:
          "\(capitalised(statements.joined(separator: "; "))), and the evidence given accuses "
          + "nobody")
    }
    let lacking = lackingCoverage()
    if evidence.subjects.indices.filter(evidence.isSeen).allSatisfy(isOnlyDated) {
      return Verdict(.inconclusive, summary: "No evidence was given that says anything")
    }
    // Not accused because it was not seen: as little is it known to be well.
    if let open = suspects.first(where: \.isAccused) {
      return Verdict(
        .inconclusive,
        summary: "\(open.cause.title): it looks like that (\(percent(open.probability))), "
          + "but nothing was given of the \(evidence.subjects[open.subject].kind.rawValue) itself")
    }
    // Its own mechanism was seen at work, and nothing speaks against it: too little to accuse, too
    // much to call it well.
    if let open = suspects.first(where: {
      $0.hasDirect && $0.speaksAgainst.isEmpty && $0.probability >= Self.openFrom
    }) {
      return Verdict(
        .inconclusive,
        summary: "\(open.cause.title): it may be that (\(evidence.subjects[open.subject]), "
          + "\(percent(open.probability))), and what was given cannot tell")
    }
    guard lacking.isEmpty else {
      // What is over by now is no symptom, and was felt all the same.
      if let felt = evidence.events.filter(\.isImpact).min(by: { $0.time < $1.time }) {
        return Verdict(
          .inconclusive,
          summary: "\(capitalised(felt.text)) (\(evidence.subjects[felt.subject])), and the "
            + "evidence given accuses nobody")
      }
      return Verdict(
        .inconclusive,
        summary: "Nothing wrong was seen, but too little was given to call it healthy: "
          + lacking.prefix(3).joined(separator: ", ")
          + (lacking.count > 3 ? " and \(lacking.count - 3) more" : "") + " not known")
    }
    let seen = evidence.subjects.indices.filter(evidence.isSeen)
    let kinds = Set(seen.map { evidence.subjects[$0].kind.rawValue }).sorted().joined(
      separator: ", ")
    return Verdict(.healthy, summary: "Nothing is wrong with what was seen (\(kinds))")
  }

  private func more(_ roots: [AccusedCause]) -> String {
    roots.isEmpty ? "" : "; also " + roots.map(\.id).joined(separator: ", ")
  }

  private func capitalised(_ sentence: String) -> String {
    sentence.prefix(1).uppercased() + sentence.dropFirst()
  }

  /// Facts that must be known before a subject is called healthy, and are not.
  private func lackingCoverage() -> [String] {
    var lacking: [String] = []
    for (index, subject) in evidence.subjects.enumerated() {
      if isNamelessAmongNamed(index) { continue }
      guard evidence.isSeen(index), !isOnlyDated(index) else { continue }
      for name in judge.pack.coverage[subject.kind] ?? []
      where !isSettled(judge.view(of: index).fact(name)) && !lacking.contains(name) {
        lacking.append(name)
      }
    }
    return lacking
  }

  /// The time of a capture says nothing of the box that it was made on.
  private func isOnlyDated(_ subject: Int) -> Bool {
    evidence.facts[subject].keys.allSatisfy { $0.hasPrefix("capture.") }
  }

  /// A check that has not run yet, has no data, or does not run since the instance is stopped, is
  /// no failure and no sign of health.
  private func isSettled(_ fact: KnownFact?) -> Bool {
    guard let fact else { return false }
    guard case .text(let value) = fact.value else { return true }
    return !["initializing", "insufficient-data", "not-applicable"].contains(value)
  }

  // MARK: timeline

  private func timelineEntry(_ event: Event) -> TimelineEntry {
    TimelineEntry(
      time: event.time, until: event.until, event: event.text,
      subject: evidence.subjects[event.subject], isImpact: event.isImpact,
      isZoned: event.isZoned, source: source(event.origin, in: evidence))
  }
}
