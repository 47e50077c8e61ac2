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

  func evidence() -> IdentifiedEvidence {
    let owners = nodes.indices.filter { !nodes[$0].isTaken && !all($0).isEmpty }
    var subjects: [Subject] = []
    var facts: [[String: [Fact]]] = []
    var keys: [Set<IdentityKey>] = []
    var subjectsOf: [Int: [Int]] = [:]
    for (index, owner) in owners.enumerated() {
      subjects.append(Subject(nodes[owner].kind, name(owner)))
      keys.append(nodes[owner].keys)
      var table: [String: [Fact]] = [:]
      for var fact in all(owner) {
        fact.subject = index
        table[fact.name, default: []].append(fact)
      }
      facts.append(table)
      for node in members(owner) { subjectsOf[node, default: []].append(index) }
    }
    var neighbours: [Set<Int>] = Array(repeating: [], count: subjects.count)
    func relate(_ a: [Int], _ b: [Int]) {
      for x in a {
        for y in b where x != y {
          neighbours[x].insert(y)
          neighbours[y].insert(x)
        }
      }
    }
    for (page, (_, content)) in ledger.pages.enumerated() {
      guard let locals = byPage[page] else { continue }
      for relation in content.relations
      where locals.indices.contains(relation.from) && locals.indices.contains(relation.to) {
        let (from, to) = (locals[relation.from], locals[relation.to])
        relate(subjectsOf[from] ?? [], subjectsOf[to] ?? meant(to).flatMap { subjectsOf[$0] ?? [] })
      }
    }
    // A Redis and the kernel settings below one root are of one machine.
    for (a, owner) in owners.enumerated() where nodes[owner].kind == .redis {
      guard ledger.inputs[nodes[owner].source].kind != .composeFile,
        ledger.inputs[nodes[owner].source].kind != .kubernetesManifest
      else { continue }
      let hosts = owners.indices.filter { nodes[owners[$0]].kind == .host }
      let own = members(owner).map { root(of: nodes[$0].path) }
      let same = hosts.filter { host in
        own.contains(root(of: nodes[owners[host]].path))
      }
      let redises = owners.count { nodes[$0].kind == .redis }
      relate([a], same.isEmpty && hosts.count == 1 && redises == 1 ? hosts : same)
    }
    return IdentifiedEvidence(
      inputs: ledger.inputs, subjects: subjects, facts: facts, neighbours: neighbours, keys: keys)
  }

  private func members(_ owner: Int, depth: Int = 0) -> [Int] {
    depth < 8 ? [owner] + nodes[owner].inherits.flatMap { members($0, depth: depth + 1) } : [owner]
  }

  /// The service that a mere name stands for: in the same file, else the only one so called.
  private func meant(_ reference: Int) -> [Int] {
    let named = nodes[reference]
    guard let name = named.serviceName else { return [] }
    let candidates = nodes.indices.filter {
      nodes[$0].kind == named.kind && nodes[$0].serviceName == name && !nodes[$0].facts.isEmpty
    }
    let here = candidates.filter { nodes[$0].page == named.page }
    let near = candidates.filter { nodes[$0].folder == named.folder }
    for found in [here, near, candidates] where found.count == 1 { return found }
    return []
  }

  private func name(_ owner: Int) -> String {
    nodes[owner].serviceName ?? nodes[owner].fileName
  }
}
