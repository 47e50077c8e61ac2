import Model

/// The evidence once it is known who is who: subjects, their facts and events, and how they stand
/// to each other.
struct IdentifiedEvidence: Sendable {
  let inputs: [InputAccount]
  private(set) var subjects: [Subject] = []
  /// Facts of each subject by name, in the order of the account of inputs.
  var facts: [[String: [Fact]]] = []
  var events: [Event] = []
  /// Clocks that state no zone, by source; filled by `settleClocks`.
  var clocks: [Int: Clock] = [:]
  /// Subjects related to each, by stated relations; undirected.
  private(set) var neighbours: [Set<Int>] = []
  /// What each subject was identified by: `{redis.host}` and the like in commands.
  private(set) var keys: [Set<IdentityKey>] = []
  /// The folders that evidence of each subject stands in.
  private(set) var folders: [Set<String>] = []
  /// Whether the only subject of a kind may be taken for the one that is meant.
  let assumesTheOnly: Bool

  /// Gives every page's subjects their identity.
  ///
  /// Subjects of a kind merge on a strong key; on a port or service name only within one folder,
  /// and two Redis processes that lived at the same time never merge on a port. Nameless evidence
  /// belongs to the only subject of its kind in its ticket or folder that it does not contradict, else
  /// in the input, else to a subject `?` of its own folder.
  init(_ ledger: Ledger) {
    inputs = ledger.inputs
    assumesTheOnly = true
    var clues: [Clue] = []
    for (index, (source, page)) in ledger.pages.enumerated() {
      for (local, clue) in page.subjects.enumerated() {
        clues.append(
          Clue(
            page: index, local: local, source: source, folder: ledger.inputs[source].folder, clue))
      }
    }
    var groups = Grouping(clues)
    groups.mergeStrong()
    groups.mergeWithinFolders()
    groups.mergeReferences(ledger: ledger)
    groups.placeNameless(ledger: ledger)
    take(groups, ledger: ledger)
    addUnseen()
  }

  /// With subjects that were told apart by other means, and no relation beside those stated.
  init(
    inputs: [InputAccount], subjects: [Subject], facts: [[String: [Fact]]],
    neighbours: [Set<Int>], keys: [Set<IdentityKey>]
  ) {
    self.inputs = inputs
    self.subjects = subjects
    self.facts = facts
    self.neighbours = neighbours
    self.keys = keys
    folders = Array(repeating: [], count: subjects.count)
    assumesTheOnly = false
  }

  /// A kind of which nothing was given still stands there, nameless and without facts: what is seen
  /// of its neighbours may point at it, and then it is what to ask for.
  private mutating func addUnseen() {
    guard !subjects.isEmpty else { return }
    for kind in SubjectKind.allCases where !subjects.contains(where: { $0.kind == kind }) {
      subjects.append(Subject(kind, Subject.unknownName))
      keys.append([])
      facts.append([:])
      neighbours.append([])
      folders.append([])
    }
  }

  /// Whether anything was given of a subject.
  func isSeen(_ subject: Int) -> Bool {
    !facts[subject].isEmpty || events.contains { $0.subject == subject }
  }

  private mutating func take(_ groups: Grouping, ledger: Ledger) {
    let named = groups.named()
    let order = named.indices.sorted { named[$0].subject < named[$1].subject }
    var indexOfRoot: [Int: Int] = [:]
    for position in order {
      indexOfRoot[named[position].root] = subjects.count
      subjects.append(named[position].subject)
      keys.append(named[position].keys)
    }
    facts = Array(repeating: [:], count: subjects.count)
    neighbours = Array(repeating: [], count: subjects.count)
    folders = Array(repeating: [], count: subjects.count)

    var subjectOf: [Int: [Int: Int]] = [:]
    for (index, clue) in groups.clues.enumerated() {
      guard let subject = indexOfRoot[groups.root(of: index)] else { continue }
      subjectOf[clue.page, default: [:]][clue.local] = subject
      folders[subject].insert(clue.folder)
    }
    for (index, (source, page)) in ledger.pages.enumerated() {
      guard let local = subjectOf[index] else { continue }
      for var fact in page.facts {
        guard let subject = local[fact.subject] else { continue }
        fact.subject = subject
        fact.origin.source = source
        facts[subject][fact.name, default: []].append(fact)
      }
      for var event in page.events {
        guard let subject = local[event.subject] else { continue }
        event.subject = subject
        event.origin.source = source
        events.append(event)
      }
      for relation in page.relations {
        guard let from = local[relation.from], let to = local[relation.to], from != to else {
          continue
        }
        neighbours[from].insert(to)
        neighbours[to].insert(from)
      }
    }
    events.sort { ($0.time, $0.origin.source, $0.name) < ($1.time, $1.origin.source, $1.name) }
  }
}

/// A subject as one page knows it.
private struct Clue {
  let page: Int
  let local: Int
  let source: Int
  let folder: String
  let clue: SubjectClue

  init(page: Int, local: Int, source: Int, folder: String, _ clue: SubjectClue) {
    self.page = page
    self.local = local
    self.source = source
    self.folder = folder
    self.clue = clue
  }

  var isNameless: Bool { clue.keys.isEmpty }

  /// Ports known of it, also from addresses.
  var ports: Set<Int> {
    Set(
      clue.keys.compactMap {
        switch $0 {
        case .port(let port): port
        case .address(let address):
          address.split(separator: ":").last.flatMap { Int($0) }
        default: nil
        }
      })
  }

  func names(_ pick: (IdentityKey) -> String?) -> Set<String> {
    Set(clue.keys.compactMap(pick))
  }
}

/// Union-find over clues.
private struct Grouping {
  private(set) var clues: [Clue]
  private var parent: [Int]

  init(_ clues: [Clue]) {
    self.clues = clues
    parent = Array(clues.indices)
  }

  func root(of index: Int) -> Int {
    var index = index
    while parent[index] != index { index = parent[index] }
    return index
  }

  private mutating func merge(_ a: Int, _ b: Int) {
    let (a, b) = (root(of: a), root(of: b))
    if a != b { parent[max(a, b)] = min(a, b) }
  }

  private var members: [Int: [Int]] {
    Dictionary(grouping: clues.indices) { root(of: $0) }
  }

  mutating func mergeStrong() {
    var first: [SubjectKind: [IdentityKey: Int]] = [:]
    for (index, clue) in clues.enumerated() {
      for key in clue.clue.keys where key.isStrong {
        if let known = first[clue.clue.kind]?[key] {
          merge(known, index)
        } else {
          first[clue.clue.kind, default: [:]][key] = index
        }
      }
    }
  }

  /// Ports and service names identify within a folder, and what has no common key but contradicts
  /// nothing is one subject where that leaves only one.
  mutating func mergeWithinFolders() {
    for kind in SubjectKind.allCases {
      let indices = clues.indices.filter { clues[$0].clue.kind == kind && !clues[$0].isNameless }
      let folders = Dictionary(grouping: indices) { clues[$0].folder }
      for folder in folders.keys.sorted() {
        guard let inFolder = folders[folder] else { continue }
        for (position, a) in inFolder.enumerated() {
          for b in inFolder[(position + 1)...] where shareWeakKey(a, b) && !conflict(a, b) {
            merge(a, b)
          }
        }
        let roots = Set(inFolder.map { root(of: $0) }).sorted()
        guard roots.count > 1, kind != .instance, kind != .redis else { continue }
        let groups = members
        let compatible = roots.indices.allSatisfy { i in
          roots[(i + 1)...].allSatisfy { other in
            !anyConflict(groups[roots[i]] ?? [], groups[other] ?? [])
          }
        }
        if compatible { for other in roots.dropFirst() { merge(roots[0], other) } }
      }
    }
  }

  private func shareWeakKey(_ a: Int, _ b: Int) -> Bool {
    if !clues[a].ports.isDisjoint(with: clues[b].ports) { return true }
    return clues[a].clue.keys.contains { !$0.isStrong && clues[b].clue.keys.contains($0) }
  }

  private func anyConflict(_ a: [Int], _ b: [Int]) -> Bool {
    a.contains { x in b.contains { y in conflict(x, y) } }
  }

  /// Two clues that cannot be one subject: other ports, other names, or two processes that lived
  /// at the same time.
  private func conflict(_ a: Int, _ b: Int) -> Bool {
    let (x, y) = (clues[a], clues[b])
    func differ<T: Hashable>(_ p: Set<T>, _ q: Set<T>) -> Bool {
      !p.isEmpty && !q.isEmpty && p.isDisjoint(with: q)
    }
    if differ(x.ports, y.ports) { return true }
    if differ(hosts(x), hosts(y)) { return true }
    if differ(
      x.names { if case .serviceName(let n) = $0 { n } else { nil } },
      y.names { if case .serviceName(let n) = $0 { n } else { nil } })
    {
      return true
    }
    let runsX = x.names { if case .runID(let id) = $0 { id } else { nil } }
    let runsY = y.names { if case .runID(let id) = $0 { id } else { nil } }
    guard differ(runsX, runsY) else { return false }
    guard let lifeX = x.clue.life, let lifeY = y.clue.life else { return true }
    return lifeX.overlaps(lifeY)
  }

  private func hosts(_ clue: Clue) -> Set<String> {
    clue.names {
      switch $0 {
      case .address(let address): address.split(separator: ":").first.map(String.init)
      case .hostName(let name): clue.clue.kind == .host ? name : nil
      case .instanceID(let id): id
      default: nil
      }
    }
  }

  /// A server that a config only names (`redis://10.0.3.7:6379`) is the only one of its kind that
  /// was itself seen on that port, in whatever folder.
  mutating func mergeReferences(ledger: Ledger) {
    let groups = members
    func isSeen(_ root: Int) -> Bool {
      (groups[root] ?? []).contains { index in
        let clue = clues[index]
        return ledger.pages[clue.page].page.facts.contains { $0.subject == clue.local }
      }
    }
    let named = groups.keys.filter { !clues[$0].isNameless }.sorted()
    let seen = named.filter(isSeen)
    for reference in named where !seen.contains(reference) {
      let candidates = seen.filter { root in
        clues[root].clue.kind == clues[reference].clue.kind
          && !anyConflict(groups[reference] ?? [], groups[root] ?? [])
          && (groups[reference] ?? []).contains { a in
            (groups[root] ?? []).contains { b in shareWeakKey(a, b) }
          }
      }
      if candidates.count == 1, let only = candidates.first { merge(reference, only) }
    }
  }

  mutating func placeNameless(ledger: Ledger) {
    let nameless = clues.indices.filter { clues[$0].isNameless }
    let named = clues.indices.filter { !clues[$0].isNameless }
    // Excerpts in one ticket belong together more closely than files in one folder.
    let isPasted = ledger.inputs.map { $0.kind == .pastedText }
    // To whom of several the nameless was given, since it contradicts all others.
    var given: [String: Set<Int>] = [:]
    for index in nameless {
      let clue = clues[index]
      let ofKind = named.filter { clues[$0].clue.kind == clue.clue.kind }
      let inTicket = isPasted[clue.source] ? ofKind.filter { clues[$0].source == clue.source } : []
      let candidates = [inTicket, ofKind.filter { clues[$0].folder == clue.folder }, ofKind]
      for candidate in candidates {
        var roots = Set(candidate.map { root(of: $0) })
        if roots.count > 1, !clue.clue.agreesWith.isEmpty {
          roots = roots.filter { agrees($0, with: clue.clue.agreesWith, ledger: ledger) }
          if roots.count == 1 { given[kindred(clue, ledger), default: []].formUnion(roots) }
        }
        if roots.count == 1, let only = roots.first {
          merge(only, index)
          break
        }
        if !candidate.isEmpty { break }
      }
    }
    for index in nameless where clues[index].clue.agreesWith.isEmpty && isLeft(index, by: named) {
      let owners = Set((given[kindred(clues[index], ledger)] ?? []).map { root(of: $0) })
      if owners.count == 1, let owner = owners.first { merge(owner, index) }
    }
    // What is left is nobody's: one `?` a folder and kind.
    let left = nameless.filter { isLeft($0, by: named) }
    for (_, group) in Dictionary(
      grouping: left, by: { "\(clues[$0].clue.kind) \(clues[$0].folder)" })
    {
      for other in group.dropFirst() { merge(group[0], other) }
    }
  }

  private func isLeft(_ index: Int, by named: [Int]) -> Bool {
    !named.contains { root(of: $0) == root(of: index) }
  }

  /// What was saved together: evidence of one kind in one folder.
  private func kindred(_ clue: Clue, _ ledger: Ledger) -> String {
    "\(clue.clue.kind) \(ledger.inputs[clue.source].kind?.rawValue ?? "") \(clue.folder)"
  }

  /// True where the group's facts do not contradict what the nameless clue requires.
  private func agrees(_ root: Int, with required: [String: String], ledger: Ledger) -> Bool {
    for (index, clue) in clues.enumerated() where self.root(of: index) == root {
      for fact in ledger.pages[clue.page].page.facts where fact.subject == clue.local {
        if let wanted = required[fact.name], let text = fact.value.text, text != wanted {
          return false
        }
      }
    }
    return true
  }

  /// The groups with their names, in order of their first clue.
  func named() -> [(root: Int, subject: Subject, keys: Set<IdentityKey>)] {
    let groups = members
    var taken: Set<Subject> = []
    return groups.keys.sorted().map { root in
      let members = groups[root] ?? []
      let keys = members.reduce(into: Set<IdentityKey>()) { $0.formUnion(clues[$1].clue.keys) }
      let kind = clues[root].clue.kind
      var subject = Subject(kind, displayName(kind, keys))
      if taken.contains(subject) {
        let folder = clues[root].folder
        subject = Subject(kind, "\(subject.name) (\(folder.isEmpty ? "input" : folder))")
      }
      var number = 2
      while taken.contains(subject) {
        subject = Subject(kind, "\(displayName(kind, keys)) #\(number)")
        number += 1
      }
      taken.insert(subject)
      return (root, subject, keys)
    }
  }

  private func displayName(_ kind: SubjectKind, _ keys: Set<IdentityKey>) -> String {
    func pick(_ choose: (IdentityKey) -> String?) -> String? { keys.compactMap(choose).min() }
    let instance = pick { if case .instanceID(let id) = $0 { id } else { nil } }
    let service = pick { if case .serviceName(let name) = $0 { name } else { nil } }
    let host = pick { if case .hostName(let name) = $0 { name } else { nil } }
    let address = pick { if case .address(let address) = $0 { address } else { nil } }
    let port = pick { if case .port(let port) = $0 { ":\(port)" } else { nil } }
    let container = pick {
      if case .containerID(let id) = $0 { String(id.prefix(12)) } else { nil }
    }
    let names =
      switch kind {
      case .instance: [instance]
      case .host: [host, address, container]
      case .redis: [address, host, service, port]
      case .app: [service, address, port, host, container]
      case .proxy: [host, address, port, service]
      }
    return names.compactMap { $0 }.first ?? Subject.unknownName
  }
}
