import Model

/// Weighs the evidence of a run: identifies the subjects, weighs every cause for every subject of
/// its kind, orders the accused, and says what to do and what is not known.
package func diagnose(
  _ ledger: Ledger, pack: RulePack, window asked: TimeWindow = TimeWindow()
) -> Diagnosis {
  var evidence = IdentifiedEvidence(ledger)
  evidence.settleClocks()
  let window = incidentWindow(evidence, asked: asked)
  let judge = Judge(evidence, pack: pack, window: window)
  let hypotheses = pack.causes.flatMap { cause in
    evidence.subjects(for: cause).map { Hypothesis(cause, subject: $0, judge: judge) }
  }
  return DiagnosisBuilder(judge: judge, hypotheses: hypotheses, window: window).build()
}

/// Every fact as it was read, for `triage facts`.
package func facts(_ ledger: Ledger) -> FactListing {
  var evidence = IdentifiedEvidence(ledger)
  evidence.settleClocks()
  var observations: [Observation] = []
  for (index, subject) in evidence.subjects.enumerated() {
    for name in evidence.facts[index].keys.sorted() {
      for fact in evidence.facts[index][name] ?? [] {
        observations.append(
          Observation(
            fact: name, value: fact.value, unit: Catalogue.observed[name]?.unit ?? .text,
            subject: subject, part: fact.part, time: fact.time,
            source: source(fact.origin, in: evidence)))
      }
    }
  }
  return FactListing(observations: observations, inputs: ledger.inputs)
}

func source(_ origin: Origin, in evidence: IdentifiedEvidence) -> Source {
  let file =
    evidence.inputs.indices.contains(origin.source)
    ? evidence.inputs[origin.source].path : "?"
  return Source(
    file: file, line: origin.line, excerpt: String(origin.excerpt.prefix(200)))
}

/// From five minutes before the first impact, or where the evidence begins, to the end of the last,
/// unless the user said. What still goes on where the evidence ends has no time after it that anything
/// could speak for. Without impact there is none: snapshots mean now.
func incidentWindow(
  _ evidence: IdentifiedEvidence, asked: TimeWindow
) -> TimeSpan? {
  let impacts = evidence.events.filter { $0.isImpact && $0.isZoned }
  let first =
    asked.since
    ?? impacts.map(\.time).min().map { begin in
      let known = evidence.facts.lazy.flatMap(\.values).joined().compactMap(\.coverage?.lowerBound)
      return max(begin.advanced(by: -300), min(begin, known.min() ?? begin))
    }
  let last = asked.until ?? impacts.map { $0.until ?? $0.time }.max()
  guard let first, let last, first <= last else { return nil }
  return first...last
}
