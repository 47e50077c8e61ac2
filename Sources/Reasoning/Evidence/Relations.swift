import Model

/// Who stands in relation to whom.
extension IdentifiedEvidence {
  /// The subjects of a kind that stand in relation to this one: itself, else those that stated
  /// relations lead to in up to three steps, else, assumed, the only one of its kind in the input, or
  /// for what runs on a host the only one in its folder: evidence of several boxes comes in folders.
  func related(to subject: Int, kind: SubjectKind) -> (subjects: [Int], isAssumed: Bool) {
    if subjects[subject].kind == kind { return ([subject], false) }
    var seen: Set<Int> = [subject]
    var edge = [subject]
    for _ in 0..<3 {
      edge = edge.flatMap { neighbours[$0].sorted() }.filter { seen.insert($0).inserted }
      let found = edge.filter { subjects[$0].kind == kind }
      if !found.isEmpty { return (found.sorted(), false) }
    }
    let candidates = subjects.indices.filter { subjects[$0].kind == kind }
    guard assumesTheOnly else { return ([], false) }
    if candidates.count == 1 { return (candidates, true) }
    guard kind == .host || subjects[subject].kind == .host else { return ([], false) }
    let beside = candidates.filter { !folders[$0].isDisjoint(with: folders[subject]) }
    return beside.count == 1 ? (beside, true) : ([], false)
  }

  /// Whether what happens to one can bring about what happens to the other.
  func areRelated(_ a: Int, _ b: Int) -> Bool {
    a == b || related(to: a, kind: subjects[b].kind).subjects.contains(b)
      || related(to: b, kind: subjects[a].kind).subjects.contains(a)
  }
}
