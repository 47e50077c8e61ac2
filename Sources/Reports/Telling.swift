import Model

// What reports for people leave out: the JSON has it all.

extension Diagnosis {
  /// Suspects that nothing speaks for, or that are far from being accused, are in the JSON; at 3 a.m. they are
  /// noise.
  var nearSuspects: [Suspect] {
    suspects.filter { !$0.evidence.isEmpty && $0.probability >= 0.05 }
  }

  var suspectsToTell: [Fleet<Suspect>] { Fleet.all(of: nearSuspects) }

  var ruledOutToTell: [Fleet<RuledOutCause>] { Fleet.all(of: ruledOut) }
}

extension Sequence<MissingEvidence> {
  /// Asked once, of the first subject that it is missing of: the others' commands are in the JSON.
  var askedOnce: [MissingEvidence] {
    var asked: Set<String> = []
    return filter { asked.insert("\($0.fact) \($0.why)").inserted }
  }
}

extension AccusedCause {
  /// Without what says again, of the same lines, what a stronger symptom of its group says. What shows
  /// the mechanism itself is told unless it says the very same.
  var evidenceToTell: [WeighedSymptom] {
    evidence.filter { symptom in
      let sources = symptom.sources
      let isRepeated =
        symptom.weight == 0 && !sources.isEmpty
        && evidence.contains { stronger in
          stronger.weight > 0 && sources.allSatisfy(stronger.sources.contains)
            && (!symptom.isDirect || stronger.statement.hasPrefix(symptom.statement))
        }
      return !isRepeated
    }
  }
}

extension WeighedSymptom {
  /// The places it rests on, each once.
  var sources: [Source] {
    var sources: [Source] = []
    for case let source? in observed.map(\.source) {
      if !sources.contains(where: { $0.file == source.file && $0.line == source.line }) {
        sources.append(source)
      }
    }
    return sources
  }
}
