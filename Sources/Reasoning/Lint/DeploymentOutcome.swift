import Model

/// What comes of the joined nodes: subjects with their facts and how they stand to each other.
extension Deployment {
  // MARK: paths that others check

  /// A probe of `/` is mended by the path that another check of that host already asks.
  mutating func noteHealthPaths() {
    var known: [String: String] = [:]
    var paths: Set<String> = []
    for node in nodes {
      for fact in node.facts {
        guard let part = fact.part,
          ["probe.target_asks_root", "probe.check_asks_root", "app.healthcheck_asks_root"]
            .contains(fact.name), fact.value == .flag(false), let url = urlParts(part)
        else { continue }
        paths.insert(url.path)
        if known[url.host] == nil || url.path < known[url.host] ?? "" { known[url.host] = url.path }
      }
    }
    for index in nodes.indices {
      for fact in nodes[index].facts {
        guard let part = fact.part, fact.name.hasPrefix("probe."),
          fact.name.hasSuffix("_asks_root"),
          fact.value == .flag(true), let url = urlParts(part)
        else { continue }
        guard let path = known[url.host] ?? (paths.count == 1 ? paths.first : nil) else { continue }
        nodes[index].facts.append(
          Fact(
            name: "probe.known_health_path", subject: fact.subject, value: .text(path), part: part,
            origin: fact.origin))
      }
    }
  }

  private func urlParts(_ text: String) -> (host: String, path: String)? {
    guard let scheme = text.firstRange(of: "://") else { return nil }
    let rest = text[scheme.upperBound...].prefix { !$0.isWhitespace && $0 != "'" && $0 != "\"" }
    let host = rest.prefix { $0 != "/" && $0 != ":" }
    let path = rest.drop { $0 != "/" }.prefix { $0 != "?" && $0 != ")" }
    return (String(host), path.isEmpty ? "/" : String(path))
  }

  // MARK: the outcome

  /// The evidence of each group of subjects that know of each other, one after the other: of a tree of
  /// a thousand services one is in memory.
  consuming func forEachGroup(_ body: (IdentifiedEvidence) -> Void) {
    let owners = nodes.indices.filter { !nodes[$0].isTaken && !all($0).isEmpty }
    var related = Related(count: owners.count)
    var ownersOf: [Int: [Int]] = [:]
    for (index, owner) in owners.enumerated() {
      for node in Set(members(owner)) { ownersOf[node, default: []].append(index) }
    }
    // What two services take in they are asked about together, so that it is told once.
    for shared in ownersOf.values { related.group(shared) }
    let names = ServiceNames(nodes)
    for (page, relations) in relations.enumerated() {
      guard let locals = byPage[page] else { continue }
      for relation in relations
      where locals.indices.contains(relation.from) && locals.indices.contains(relation.to) {
        let (from, to) = (locals[relation.from], locals[relation.to])
        related.relate(
          ownersOf[from] ?? [],
          ownersOf[to] ?? names.meant(nodes[to]).flatMap { ownersOf[$0] ?? [] })
      }
    }
    relateHosts(owners, &related)
    for group in related.groups {
      body(evidence(of: group, owners: owners, related))
      for index in group { nodes[owners[index]].facts = [] }
    }
  }

  private func evidence(
    of group: [Int], owners: [Int], _ related: Related
  ) -> IdentifiedEvidence {
    let position = Dictionary(uniqueKeysWithValues: group.enumerated().map { ($1, $0) })
    var facts: [[String: [Fact]]] = []
    for (subject, index) in group.enumerated() {
      var table: [String: [Fact]] = [:]
      for var fact in all(owners[index]) {
        fact.subject = subject
        table[fact.name, default: []].append(fact)
      }
      facts.append(table)
    }
    return IdentifiedEvidence(
      inputs: inputs, subjects: group.map { Subject(nodes[owners[$0]].kind, name(owners[$0])) },
      facts: facts,
      neighbours: group.map { index in
        Set((related.neighbours[index] ?? []).compactMap { position[$0] })
      }, keys: group.map { nodes[owners[$0]].keys })
  }

  /// A Redis and the kernel settings below one root are of one machine.
  private func relateHosts(_ owners: [Int], _ related: inout Related) {
    let hosts = owners.indices.filter { nodes[owners[$0]].kind == .host }
    let redises = owners.indices.filter { nodes[owners[$0]].kind == .redis }
    guard !hosts.isEmpty else { return }
    let byRoot = Dictionary(grouping: hosts) { root(of: nodes[owners[$0]].path) }
    for redis in redises {
      let kind = inputs[nodes[owners[redis]].source].kind
      guard kind?.holdsContainers != true else { continue }
      let roots = Set(members(owners[redis]).map { root(of: nodes[$0].path) })
      let same = roots.flatMap { byRoot[$0] ?? [] }
      related.relate(
        [redis], same.isEmpty && hosts.count == 1 && redises.count == 1 ? hosts : same)
    }
  }

  private func members(_ owner: Int, depth: Int = 0) -> [Int] {
    depth < 8 ? [owner] + nodes[owner].inherits.flatMap { members($0, depth: depth + 1) } : [owner]
  }

  private func name(_ owner: Int) -> String {
    nodes[owner].serviceName ?? nodes[owner].fileName
  }
}

/// The service that a mere name stands for: in the same file, else in the same folder, else the only
/// one so called.
private struct ServiceNames {
  private struct Key: Hashable {
    let kind: SubjectKind
    let name: String
    var page: Int?
    var folder: String?
  }

  private var nodes: [Key: [Int]] = [:]

  init(_ all: [DeployNode]) {
    for (index, node) in all.enumerated() where !node.facts.isEmpty {
      guard let name = node.serviceName else { continue }
      let key = Key(kind: node.kind, name: name)
      for key in [
        key, Key(kind: node.kind, name: name, page: node.page),
        Key(kind: node.kind, name: name, folder: node.folder),
      ] { nodes[key, default: []].append(index) }
    }
  }

  func meant(_ reference: DeployNode) -> [Int] {
    guard let name = reference.serviceName else { return [] }
    for key in [
      Key(kind: reference.kind, name: name, page: reference.page),
      Key(kind: reference.kind, name: name, folder: reference.folder),
      Key(kind: reference.kind, name: name),
    ] {
      if let found = nodes[key], found.count == 1 { return found }
    }
    return []
  }
}

/// How the subjects of a deployment stand to each other, and the groups that this makes of them.
private struct Related {
  private(set) var neighbours: [Int: Set<Int>] = [:]
  private var leader: [Int]

  init(count: Int) { leader = Array(0..<count) }

  mutating func relate(_ a: [Int], _ b: [Int]) {
    for x in a {
      for y in b where x != y {
        neighbours[x, default: []].insert(y)
        neighbours[y, default: []].insert(x)
        unite(x, y)
      }
    }
  }

  mutating func group(_ all: [Int]) {
    for (x, y) in zip(all, all.dropFirst()) { unite(x, y) }
  }

  private mutating func unite(_ x: Int, _ y: Int) {
    let (a, b) = (find(x), find(y))
    leader[max(a, b)] = min(a, b)
  }

  private mutating func find(_ x: Int) -> Int {
    var x = x
    while leader[x] != x {
      leader[x] = leader[leader[x]]
      x = leader[x]
    }
    return x
  }

  /// Each in ascending order, by their first.
  var groups: [[Int]] {
    var copy = self
    let all = Dictionary(grouping: leader.indices) { copy.find($0) }
    return all.sorted { $0.key < $1.key }.map(\.value)
  }
}
