import Model

/// What is weighed for each subject of a kind, and much the same for several of them.
protocol OfASubject {
  var subject: Subject { get }
  var probability: Double { get }
  /// Entries that share it are told as one.
  var gist: String { get }
}

extension Suspect: OfASubject {
  var gist: String { id }
}

extension RuledOutCause: OfASubject {
  /// What speaks against it most.
  var reason: WeighedSymptom? { against.min { $0.weight < $1.weight } }

  var gist: String { "\(id) \(reason?.symptom ?? "")" }
}

/// Alike entries, told as one in reports for people, with the likeliest subject first: thirty instances
/// that share a symptom are one line and not thirty.
struct Fleet<Entry: OfASubject> {
  private(set) var entry: Entry
  private(set) var others: [Subject] = []

  /// In the order of their first entries.
  static func all(of entries: some Sequence<Entry>) -> [Fleet] {
    var all: [Fleet] = []
    for entry in entries {
      if let known = all.firstIndex(where: { $0.entry.gist == entry.gist }) {
        all[known].add(entry)
      } else {
        all.append(Fleet(entry: entry))
      }
    }
    return all
  }

  /// Of the equally likely one with a name goes first: its commands can be run as they stand.
  private mutating func add(_ other: Entry) {
    let isNamed = entry.subject.name != Subject.unknownName
    if isNamed || other.probability < entry.probability {
      others.append(other.subject)
    } else {
      others.insert(entry.subject, at: 0)
      entry = other
    }
  }

  /// `redis :6379 (also redis :6380, redis :6381 and 3 more)`.
  var subjects: String {
    guard !others.isEmpty else { return "\(entry.subject)" }
    let shown = others.prefix(3).map { "\($0)" }.joined(separator: ", ")
    let rest = others.count > 3 ? " and \(others.count - 3) more" : ""
    return "\(entry.subject) (also \(shown)\(rest))"
  }
}
