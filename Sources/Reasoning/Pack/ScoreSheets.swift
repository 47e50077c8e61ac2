import Model

/// One cause weighed for every subject of its kind, with the whole sum: `explain CAUSE PATH...`.
package func scoreSheets(
  of cause: Cause, _ ledger: Ledger, pack: RulePack, window asked: TimeWindow = TimeWindow()
) -> [ScoreSheet] {
  var evidence = IdentifiedEvidence(ledger)
  evidence.settleClocks()
  let judge = Judge(evidence, pack: pack, window: incidentWindow(evidence, asked: asked))
  let all = evidence.subjects(for: cause)
  let seen = all.filter(evidence.isSeen)
  return (seen.isEmpty ? all : seen).sorted { evidence.subjects[$0] < evidence.subjects[$1] }
    .map { scoreSheet(Hypothesis(cause, subject: $0, judge: judge), judge: judge) }
}

func scoreSheet(_ hypothesis: Hypothesis, judge: Judge) -> ScoreSheet {
  let builder = DiagnosisBuilder(judge: judge, hypotheses: [], window: nil)
  let finder = MissingFinder(judge: judge)
  func lacking(_ weighed: Hypothesis.WeighedEntry) -> [(fact: String, collect: String)] {
    let subject = weighed.judgement.subject ?? hypothesis.subject
    return Set(weighed.judgement.lacking).sorted().map { name in
      (name, judge.pack.table[name].map { finder.command($0, subject: subject) } ?? "")
    }
  }
  return ScoreSheet(
    cause: hypothesis.cause.id, title: hypothesis.cause.title,
    subject: judge.evidence.subjects[hypothesis.subject],
    isSeen: judge.evidence.isSeen(hypothesis.subject), prior: hypothesis.cause.prior,
    entries: hypothesis.entries.map { weighed in
      ScoreSheet.Entry(
        symptom: weighed.entry.symptom, finding: weighed.judgement.truth.finding,
        isDirect: weighed.entry.isDirect, group: weighed.entry.group,
        ifHolds: weighed.entry.holds, ifFails: weighed.entry.fails, weight: weighed.weight,
        statement: weighed.judgement.statement,
        observed: builder.observations(weighed.judgement),
        lacking: weighed.judgement.truth == .unknown ? lacking(weighed) : [])
    },
    score: hypothesis.score, probability: hypothesis.probability,
    hasDirect: hypothesis.hasDirect, isAccused: hypothesis.isAccused)
}

extension Truth {
  var finding: ScoreSheet.Finding {
    switch self {
    case .holds: .holds
    case .fails: .fails
    case .unknown: .unknown
    }
  }
}
