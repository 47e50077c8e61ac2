import Model

/// Who brought about whom among the accused. Never changes a probability: only role and order.
struct Explanation {
  /// The accused in the order to report them: roots by score, what they brought about beneath; last
  /// what is still to come.
  let ordered: [Hypothesis]
  private let explainer: [Key: Key]
  private let contributes: Set<Key>

  struct Key: Hashable {
    let cause: String
    let subject: Int

    init(_ hypothesis: Hypothesis) {
      cause = hypothesis.cause.id
      subject = hypothesis.subject
    }
  }

  func explainer(of hypothesis: Hypothesis) -> Hypothesis? {
    explainer[Key(hypothesis)].flatMap { key in ordered.first { Key($0) == key } }
  }

  func role(of hypothesis: Hypothesis) -> AccusedCause.Role {
    guard explainer[Key(hypothesis)] == nil else { return .consequence }
    return contributes.contains(Key(hypothesis)) ? .contributing : .root
  }

  func explained(by hypothesis: Hypothesis) -> [Hypothesis] {
    ordered.filter { explainer[Key($0)] == Key(hypothesis) }
  }

  /// The longest way down from an accused cause through what it brought about, itself first; empty
  /// where nothing follows from it.
  func chain(of hypothesis: Hypothesis) -> [String] {
    let way = longestWay(from: hypothesis)
    return way.count > 1 ? way : []
  }

  private func longestWay(from hypothesis: Hypothesis) -> [String] {
    let ways = explained(by: hypothesis).map(longestWay)
    // The first of several that are equally long.
    let longest = ways.reduce([]) { $1.count > $0.count ? $1 : $0 }
    return [hypothesis.cause.id] + longest
  }

  init(_ accused: [Hypothesis], evidence: IdentifiedEvidence) {
    var explainer: [Key: Key] = [:]
    let ranked = accused.sorted(by: Explanation.precedes)
    for consequence in ranked {
      let causes = ranked.filter { root in
        Key(root) != Key(consequence)
          && root.cause.explains.contains(consequence.cause.id)
          && evidence.areRelated(root.subject, consequence.subject)
          && Explanation.mayExplain(root, consequence, evidence)
      }
      // Already the consequence of this very cause: no circles.
      let free = causes.filter {
        !Explanation.leads(from: Key($0), to: Key(consequence), explainer)
      }
      // The nearest: of a cause and what it brought about in turn, the latter.
      let nearest = free.first { near in
        !free.contains { next in
          Key(near) != Key(next) && near.cause.explains.contains(next.cause.id)
            && !next.cause.explains.contains(near.cause.id)
            && evidence.areRelated(near.subject, next.subject)
            && Explanation.mayExplain(near, next, evidence)
        }
      }
      if let chosen = nearest ?? free.first { explainer[Key(consequence)] = Key(chosen) }
    }
    let roots = ranked.filter { explainer[Key($0)] == nil }
    var contributes: Set<Key> = []
    for minor in roots {
      let target = roots.first { root in
        Key(root) != Key(minor) && minor.cause.contributesTo.contains(root.cause.id)
          && evidence.areRelated(root.subject, minor.subject)
      }
      if target != nil { contributes.insert(Key(minor)) }
    }
    self.explainer = explainer
    self.contributes = contributes
    var ordered: [Hypothesis] = []
    func append(_ hypothesis: Hypothesis) {
      ordered.append(hypothesis)
      for next in ranked where explainer[Key(next)] == Key(hypothesis) { append(next) }
    }
    let isLater = { (root: Hypothesis) in
      root.cause.foretells && !Explanation.isFelt(root, ranked, explainer)
    }
    let majors = roots.filter { !contributes.contains(Key($0)) }
    for root in majors where !isLater(root) { append(root) }
    for minor in roots where contributes.contains(Key(minor)) { append(minor) }
    for root in majors where isLater(root) { append(root) }
    self.ordered = ordered
  }

  /// Users feel it, or what it brought about.
  private static func isFelt(
    _ root: Hypothesis, _ accused: [Hypothesis], _ explainer: [Key: Key]
  ) -> Bool {
    root.hasImpact
      || accused.contains { $0.hasImpact && leads(from: Key($0), to: Key(root), explainer) }
  }

  private static func leads(from start: Key, to end: Key, _ explainer: [Key: Key]) -> Bool {
    var key: Key? = start
    while let current = key {
      if current == end { return true }
      key = explainer[current]
    }
    return false
  }

  /// What began later explains nothing that was there before. Where two causes each can bring about
  /// the other and neither is seen to be first, the higher score wins; if those are equal too, neither
  /// explains the other.
  private static func mayExplain(
    _ root: Hypothesis, _ consequence: Hypothesis, _ evidence: IdentifiedEvidence
  ) -> Bool {
    var isFirst: Bool?
    if let a = root.onset, let b = consequence.onset { isFirst = evidence.isBefore(a, b) }
    if isFirst == false { return false }
    guard consequence.cause.explains.contains(root.cause.id) else { return true }
    return isFirst ?? (root.score > consequence.score)
  }

  private static func precedes(_ a: Hypothesis, _ b: Hypothesis) -> Bool {
    if a.score != b.score { return a.score > b.score }
    return (a.cause.id, a.subject) < (b.cause.id, b.subject)
  }
}
