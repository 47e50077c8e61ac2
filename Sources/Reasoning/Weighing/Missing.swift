import Model

/// What was not given and would change the picture.
struct MissingFinder {
  let judge: Judge

  /// For one cause: each unknown fact once, by how far it could move the score.
  func missing(_ hypothesis: Hypothesis) -> [MissingEvidence] {
    rank(candidates(hypothesis)).map(\.evidence)
  }

  /// Over all causes: first what could decide an accusation, each cause's best question before any
  /// second one. Of `others`, which nothing points at, only what could decide, one for a subject.
  func missing(
    _ hypotheses: [Hypothesis], others: [Hypothesis] = []
  ) -> [MissingEvidence] {
    let asked = hypotheses.flatMap { hypothesis in
      rank(candidates(hypothesis)).enumerated().map { $1.asked(at: $0) }
    }
    let bySubject = Dictionary(grouping: others, by: \.subject)
    let further = bySubject.keys.sorted().compactMap { subject in
      rank((bySubject[subject] ?? []).flatMap(candidates)).first { $0.isDecisive && $0.isDirect }?
        .asked(at: 1)
    }
    return rank(asked + further).map(\.evidence)
  }

  private struct Candidate {
    let evidence: MissingEvidence
    /// Knowing it could by itself accuse the cause, or clear an accused one.
    let isDecisive: Bool
    let isDirect: Bool
    /// It is asked of a server that nothing speaks of.
    let isGuess: Bool
    /// The score that the cause would have if the symptom held, and the one it has.
    let potential: Int
    let score: Int
    /// What is known already is all that it takes, but for this.
    let isHalfKnown: Bool
    /// It is what a server that is down said last.
    let isLastWord: Bool
    /// How many better questions there are to the same cause: each is asked its best one first.
    var place = 0

    func asked(at place: Int) -> Candidate {
      var copy = self
      copy.place = place
      return copy
    }
  }

  private func candidates(_ hypothesis: Hypothesis) -> [Candidate] {
    let isGuess = isOfNoGunicorn(hypothesis.subject)
    return hypothesis.entries.filter { $0.judgement.truth == .unknown }.flatMap { weighed in
      let entry = weighed.entry
      let ifHolds = hypothesis.shift(by: entry.holds, in: entry.group)
      let ifFails = hypothesis.shift(by: entry.fails, in: entry.group)
      let most = max(abs(ifHolds), abs(ifFails))
      // A stronger one of its group has spoken already.
      guard most > 0 else { return [Candidate]() }
      let couldAccuse =
        !hypothesis.isAccused && entry.isDirect && hypothesis.score + ifHolds >= 0
      let couldClear = hypothesis.isAccused && hypothesis.score + ifFails < 0
      let subject = weighed.judgement.subject ?? hypothesis.subject
      // A change is worth a second look where something speaks for the cause already.
      let again = hypothesis.speaksFor.isEmpty ? [] : weighed.judgement.lackingAgain
      return Set(weighed.judgement.lacking + again).sorted().compactMap { name -> Candidate? in
        guard let definition = judge.pack.table[name], !definition.collect.isEmpty else {
          return nil
        }
        // What does not run on a box explains nothing of the box.
        if hypothesis.cause.subject.isBox, judge.evidence.isAbsentHere(definition.subject) {
          return nil
        }
        let standing = Standing(of: definition.subject, judge.view(of: subject))
        let usual = command(definition, subject: subject)
        guard var collect = standing.map({ $0.command(for: name, instead: usual) }) ?? usual else {
          return nil
        }
        // Some commands ask twice by themselves.
        if again.contains(name), collect.utf8Range(of: "sleep ") == nil {
          guard collect.utf8Range(of: "redis-cli") != nil else { return nil }
          collect = "for i in 1 2; do date -u; \(collect); sleep 60; done"
        }
        let why =
          "tells whether \(entry.symptom.split(separator: "-").joined(separator: " ")): "
          + prospects(of: hypothesis, ifHolds: ifHolds, ifFails: ifFails)
        return Candidate(
          evidence: MissingEvidence(
            fact: name, symptom: entry.symptom, collect: collect,
            maxWeight: most, why: why),
          isDecisive: couldAccuse || couldClear, isDirect: entry.isDirect,
          isGuess: isGuess || name.hasPrefix("gunicorn.") && isOfNoGunicorn(subject),
          potential: hypothesis.score + max(0, ifHolds), score: hypothesis.score,
          isHalfKnown: weighed.judgement.isHalfKnown,
          isLastWord: standing?.isLastWord(usual) ?? false)
      }
    }
  }

  /// What an answer would make of a cause: `'disk-saturation', now at 14 %, would be at 78 % if so, at 1 % if not`.
  private func prospects(of hypothesis: Hypothesis, ifHolds: Int, ifFails: Int) -> String {
    func share(_ shift: Int) -> String {
      percent(probability(ofScore: hypothesis.score + shift))
    }
    let answers = [(ifHolds, "if so"), (ifFails, "if not")].filter { $0.0 != 0 }
    return "'\(hypothesis.cause.id)', now at \(share(0)), would be "
      + answers.map { "at \(share($0.0)) \($0.1)" }.joined(separator: ", ")
  }

  /// An application that is known by its troubles with Redis alone may be written in any language.
  private func isOfNoGunicorn(_ subject: Int) -> Bool {
    let facts = judge.evidence.facts[subject]
    return facts["app.redis.errors"] != nil && !facts.keys.contains { $0.hasPrefix("gunicorn.") }
  }

  private func rank(_ candidates: [Candidate]) -> [Candidate] {
    let sorted = candidates.sorted { a, b in
      if a.isGuess != b.isGuess { return b.isGuess }
      if a.isDecisive != b.isDecisive { return a.isDecisive }
      if a.place != b.place { return a.place < b.place }
      if a.isLastWord != b.isLastWord { return a.isLastWord }
      if a.isHalfKnown != b.isHalfKnown { return a.isHalfKnown }
      if a.potential != b.potential { return a.potential > b.potential }
      if a.score != b.score { return a.score > b.score }
      if a.isDirect != b.isDirect { return a.isDirect }
      if a.evidence.maxWeight != b.evidence.maxWeight {
        return a.evidence.maxWeight > b.evidence.maxWeight
      }
      return a.evidence.fact < b.evidence.fact
    }
    // One entry a command: it brings all the facts it brings.
    var seen: Set<String> = []
    return sorted.filter { seen.insert($0.evidence.collect).inserted }
  }

  /// What commands ask of a metric: the day until now.
  private static let lastDay =
    "--start-time \"$(date -u -d '-24 hours' +%FT%TZ)\" --end-time \"$(date -u +%FT%TZ)\""

  /// The day around the time in question: who looks weeks later asks for the day that it was, and a day
  /// of minutes is the most that one answer holds. Half a day on either side bears a clock without zone.
  private var dayInQuestion: String {
    guard let window = judge.window else { return Self.lastDay }
    let half = 12 * 3600.0
    let length = window.upperBound.since(window.lowerBound)
    let middle =
      length <= half
      ? window.lowerBound.advanced(by: length / 2) : window.upperBound.advanced(by: 3600 - half)
    let minute = Instant(microseconds: middle.microseconds / 60_000_000 * 60_000_000)
    return "--start-time \(minute.advanced(by: -half)) --end-time \(minute.advanced(by: half))"
  }

  /// The command with what is known of the subject filled in.
  func command(_ definition: FactDefinition, subject: Int) -> String {
    var command = definition.collect.utf8Replacing(Self.lastDay, with: dayInQuestion)
    guard command.utf8.contains(UInt8(ascii: "{")) else { return command }
    let view = judge.view(of: subject)
    for (placeholder, name, fallback) in [
      ("{instance}", "instance.id", "<instance-id>"), ("{host}", "redis.host", "127.0.0.1"),
      ("{port}", "redis.port", "6379"),
    ] where command.utf8Range(of: placeholder) != nil {
      var value = fallback
      // Of a server that only its clients speak of the name is known, and no fact.
      let named = IdentityFact(rawValue: name)?.value(judge.evidence.keys[subject])
      if let known = view.fact(name)?.value ?? named {
        // What is no host, port or id is left to be filled in.
        value = (try? CommandValue.word(known, of: name)) ?? "<\(name)>"
      }
      command = command.utf8Replacing(placeholder, with: value)
    }
    return command
  }
}

extension Hypothesis {
  /// How far the score moves if one more of that weight counts: of a group only by what it exceeds
  /// the strongest of its side.
  fileprivate func shift(by weight: Int, in group: String?) -> Int {
    guard let group else { return weight }
    let strongest =
      entries.filter { $0.entry.group == group && $0.weight.signum() == weight.signum() }
      .map { abs($0.weight) }.max() ?? 0
    return weight.signum() * max(0, abs(weight) - strongest)
  }
}
