import Model

/// A suspected cause with the likeliest of its subjects, as reports for people show it: a fleet of
/// instances that share a symptom is one entry and not thirty.
struct PointedAt {
  private(set) var suspect: Suspect
  private(set) var others: [Subject] = []

  /// In order of likelihood. Suspects that nothing speaks for are in the JSON; at 3 a.m. they are noise.
  static func all(of suspects: [Suspect]) -> [PointedAt] {
    var all: [PointedAt] = []
    for suspect in suspects where !suspect.evidence.isEmpty {
      if let known = all.firstIndex(where: { $0.suspect.id == suspect.id }) {
        all[known].add(suspect)
      } else {
        all.append(PointedAt(suspect: suspect))
      }
    }
    return all
  }

  /// Of the equally likely one with a name goes first: its commands can be run as they stand.
  private mutating func add(_ other: Suspect) {
    let isNamed = suspect.subject.name != Subject.unknownName
    if isNamed || other.probability < suspect.probability {
      others.append(other.subject)
    } else {
      others.insert(suspect.subject, at: 0)
      suspect = other
    }
  }

  /// `redis :6379 (also redis :6380, redis :6381 and 3 more)`.
  var subjects: String {
    guard !others.isEmpty else { return "\(suspect.subject)" }
    let shown = others.prefix(3).map { "\($0)" }.joined(separator: ", ")
    let rest = others.count > 3 ? " and \(others.count - 3) more" : ""
    return "\(suspect.subject) (also \(shown)\(rest))"
  }
}
