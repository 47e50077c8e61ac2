import Model

/// Tells the services of a deployment apart and joins what several files say of one.
///
/// Unlike the evidence of an incident, which is of one place, a tree may hold many deployments: so
/// nothing is joined for want of another candidate, only by what the files themselves name: a config
/// on a command line, a build folder, a service's name behind a proxy, a socket. What is not named
/// stays apart, and what could be either of two is neither.
extension IdentifiedEvidence {
  init(deployment ledger: Ledger) {
    var deployment = Deployment(ledger)
    deployment.joinOverlays()
    deployment.joinNamedFiles()
    deployment.joinProxied()
    deployment.joinSettings()
    deployment.joinInstances()
    deployment.joinHosts()
    deployment.noteHealthPaths()
    self = deployment.evidence()
  }
}

/// A service as one file sees it.
struct DeployNode {
  let page: Int
  let local: Int
  let source: Int
  let path: String
  let folder: String
  let kind: SubjectKind
  let keys: Set<IdentityKey>
  var facts: [Fact]
  /// What other files say of it, weakest first; its own facts are stronger.
  var inherits: [Int] = []
  /// Its facts are another's.
  var isTaken = false

  var serviceName: String? {
    keys.compactMap { if case .serviceName(let name) = $0 { name } else { nil } }.min()
  }

  var namedFiles: [String] {
    keys.compactMap { if case .configuredBy(let path) = $0 { path } else { nil } }.sorted()
  }

  func has(_ prefix: String) -> Bool { facts.contains { $0.name.hasPrefix(prefix) } }

  func text(_ name: String) -> String? { facts.last { $0.name == name }?.value.text }

  var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }
}

struct Deployment {
  let ledger: Ledger
  var nodes: [DeployNode] = []
  private(set) var byPage: [Int: [Int]] = [:]
  private var byFileName: [String: [Int]] = [:]

  init(_ ledger: Ledger) {
    self.ledger = ledger
    for (index, (source, page)) in ledger.pages.enumerated() {
      var facts: [[Fact]] = Array(repeating: [], count: page.subjects.count)
      for var fact in page.facts where facts.indices.contains(fact.subject) {
        fact.origin.source = source
        facts[fact.subject].append(fact)
      }
      let input = ledger.inputs[source]
      for (local, clue) in page.subjects.enumerated() {
        byPage[index, default: []].append(nodes.count)
        nodes.append(
          DeployNode(
            page: index, local: local, source: source, path: input.path, folder: input.folder,
            kind: clue.kind, keys: clue.keys, facts: facts[local]))
      }
    }
    for index in nodes.indices { byFileName[nodes[index].fileName, default: []].append(index) }
  }

  private mutating func join(_ taken: Int, to owner: Int) {
    guard taken != owner, !nodes[owner].inherits.contains(taken), !reaches(taken, owner) else {
      return
    }
    nodes[owner].inherits.append(taken)
    nodes[taken].isTaken = true
  }

  /// A file that takes in one which takes it in is no order at all.
  private func reaches(_ from: Int, _ to: Int) -> Bool {
    var seen: Set<Int> = [from]
    var edge = [from]
    while let node = edge.popLast() {
      if node == to { return true }
      edge += nodes[node].inherits.filter { seen.insert($0).inserted }
    }
    return false
  }

  // MARK: compose files over each other

  /// `docker-compose.override.yml` and `docker-compose.prod.yml` add to the services of the base.
  mutating func joinOverlays() {
    let compose = nodes.indices.filter { ledger.inputs[nodes[$0].source].kind == .composeFile }
    let named = Dictionary(grouping: compose) {
      "\(nodes[$0].folder) \(nodes[$0].kind) \(nodes[$0].serviceName ?? "")"
    }
    for group in named.values {
      let bases = group.filter { nodes[$0].fileName.split(separator: ".").count == 2 }
      guard let base = bases.first, bases.count == 1 else { continue }
      for overlay in group where overlay != base && !nodes[overlay].facts.isEmpty {
        guard nodes[overlay].fileName.hasPrefix(nodes[base].fileName.prefix { $0 != "." }) else {
          continue
        }
        join(base, to: overlay)
      }
    }
  }

  // MARK: files that are named

  mutating func joinNamedFiles() {
    for index in nodes.indices {
      for file in nodes[index].namedFiles {
        let found = find(file, from: index)
        for target in found.nodes {
          join(target, to: index)
          // What the command leaves out the file states, or leaves to its own defaults.
          if ledger.inputs[nodes[target].source].kind == .gunicornConfig {
            nodes[index].facts.removeAll { $0.origin.line == nil && $0.name.hasPrefix("gunicorn.") }
          }
        }
        // One of several may set what is not set here.
        if found.isAmbiguous { nodes[index].facts.removeAll { $0.origin.line == nil } }
      }
    }
  }

  private func find(_ file: String, from index: Int) -> (nodes: [Int], isAmbiguous: Bool) {
    let user = nodes[index]
    let path = normalised(
      file.hasPrefix("/") || user.folder.isEmpty ? file : user.folder + "/" + file)
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let candidates = (byFileName[name] ?? []).filter {
      nodes[$0].kind == user.kind && nodes[$0].page != user.page && !nodes[$0].facts.isEmpty
    }
    let exact = candidates.filter { normalised(nodes[$0].path) == path }
    if !exact.isEmpty { return (exact, false) }
    // The path of a server or of an image: the file that ends like it, near to who names it.
    let wanted = path.split(separator: "/").reversed()
    let scored = candidates.map { candidate -> (index: Int, score: Int) in
      let parts = nodes[candidate].path.split(separator: "/")
      let tail = zip(parts.reversed(), wanted).prefix { $0 == $1 }.count
      let head = zip(parts, user.path.split(separator: "/")).prefix { $0 == $1 }.count
      return (candidate, (file.hasPrefix("/") ? tail * 100 : 0) + head)
    }
    guard let best = scored.map(\.score).max() else { return ([], false) }
    let winners = scored.filter { $0.score == best }.map(\.index)
    let pages = Set(winners.map { nodes[$0].page })
    // A Dockerfile is another service's unless it is named exactly.
    guard pages.count == 1, !name.lowercased().hasPrefix("dockerfile") else {
      return ([], !name.lowercased().hasPrefix("dockerfile"))
    }
    return (winners, false)
  }

  private func normalised(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else {
        parts.append(part)
      }
    }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }

  // MARK: what a proxy names

  mutating func joinProxied() {
    let owners = nodes.indices.filter { nodes[$0].kind == .app && isService($0) }
    for index in nodes.indices where nodes[index].kind == .app && nodes[index].has("app.proxy.") {
      let candidates = owners.filter { owner in
        owner != index && !nodes[owner].isTaken && isSame(nodes[index], owner)
      }
      if candidates.count == 1, let only = candidates.first { join(index, to: only) }
    }
  }

  private func isService(_ index: Int) -> Bool {
    nodes[index].has("gunicorn.") || nodes[index].has("app.has_memory_limit")
      || nodes[index].has("app.image") || nodes[index].inherits.contains { isService($0) }
  }

  private func isSame(_ named: DeployNode, _ owner: Int) -> Bool {
    let binds = all(owner).filter { $0.name == "gunicorn.bind" }.compactMap(\.value.text)
    return named.keys.contains { key in
      switch key {
      case .socket(let path): binds.contains { $0.contains("unix:" + path) }
      case .serviceName(let name): nodes[owner].serviceName == name
      case .port(let port):
        named.serviceName == nil && binds.contains { $0.hasSuffix(":\(port)") }
      case .address(let address): binds.contains { $0 == address }
      default: false
      }
    }
  }

  /// The facts of a node with all it takes in, weakest first.
  func all(_ index: Int, depth: Int = 0) -> [Fact] {
    guard depth < 8 else { return nodes[index].facts }
    return nodes[index].inherits.flatMap { all($0, depth: depth + 1) } + nodes[index].facts
  }

  // MARK: settings of one code base

  /// A settings module belongs to the only gunicorn whose folder it lies below; tasks belong to the
  /// only Celery settings of their code base.
  mutating func joinSettings() {
    func isSettings(_ index: Int) -> Bool {
      let kind = ledger.inputs[nodes[index].source].kind
      return nodes[index].kind == .app && kind == .applicationConfig && !nodes[index].facts.isEmpty
    }
    let settings = nodes.indices.filter(isSettings)
    let tasks = settings.filter { index in
      nodes[index].facts.allSatisfy {
        $0.name.hasPrefix("app.celery.retries") || $0.name == "app.celery.longest_countdown"
      }
    }
    let homes = settings.filter { !tasks.contains($0) && nodes[$0].has("app.celery.") }
    for task in tasks {
      let near = homes.filter { isBelow(nodes[task].folder, parent(nodes[$0].folder)) }
      if near.count == 1, let only = near.first { join(task, to: only) }
    }
    for index in settings where !nodes[index].isTaken {
      let owners = nodes.indices.filter { owner in
        nodes[owner].kind == .app && !nodes[owner].isTaken && !settings.contains(owner)
          && all(owner).contains { $0.name.hasPrefix("gunicorn.") }
          && homesOf(owner).contains { isBelow(nodes[index].folder, $0) }
      }
      if owners.count == 1, let only = owners.first { join(index, to: only) }
    }
  }

  private func homesOf(_ index: Int) -> [String] {
    [nodes[index].folder] + nodes[index].inherits.map { nodes[$0].folder }
  }

  private func parent(_ folder: String) -> String {
    folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
  }

  private func isBelow(_ folder: String, _ ancestor: String) -> Bool {
    ancestor.isEmpty || folder == ancestor || folder.hasPrefix(ancestor + "/")
  }

  // MARK: instances and hosts

  mutating func joinInstances() {
    let instances = nodes.indices.filter { nodes[$0].kind == .instance }
    let made = instances.filter { nodes[$0].has("ec2.InstanceType") || nodes[$0].has("ec2.deploy") }
    let planned = made.filter {
      nodes[$0].facts.contains { $0.name == "ec2.has_elastic_ip" && $0.value == .flag(false) }
        || nodes[$0].has("ec2.InstanceType")
    }
    // An alarm of whichever instance a variable names may watch each of them.
    let loose = instances.filter { nodes[$0].keys.isEmpty }.flatMap { nodes[$0].facts.map(\.name) }
    for index in planned {
      nodes[index].facts.removeAll { loose.contains($0.name) && $0.value == .flag(false) }
    }
    for index in instances where !planned.contains(index) {
      let owners = planned.filter {
        nodes[$0].serviceName == nodes[index].serviceName && nodes[$0].folder == nodes[index].folder
          && nodes[index].serviceName != nil
      }
      if owners.count == 1, let only = owners.first {
        // What watches it is stated elsewhere: the absence here says nothing.
        let stated = Set(nodes[index].facts.map(\.name))
        nodes[only].facts.removeAll { stated.contains($0.name) }
        join(index, to: only)
      }
      nodes[index].isTaken = true
    }
  }

  /// Files of sysctl.d below one root are one host's, the later name winning.
  mutating func joinHosts() {
    let hosts = nodes.indices.filter { nodes[$0].kind == .host && !nodes[$0].facts.isEmpty }
    for (_, group) in Dictionary(grouping: hosts, by: { root(of: nodes[$0].path) }) {
      let ordered = group.sorted {
        (nodes[$0].fileName, nodes[$0].path) < (nodes[$1].fileName, nodes[$1].path)
      }
      guard let last = ordered.last else { continue }
      for other in ordered.dropLast() { join(other, to: last) }
    }
  }

  /// What lies before `etc/` is one machine's root; else a file's folder is, without the folders that
  /// only sort files by kind.
  func root(of path: String) -> String {
    let folders = path.split(separator: "/").dropLast().map(String.init)
    if let etc = folders.lastIndex(of: "etc") {
      return "root " + folders[..<etc].joined(separator: "/")
    }
    var rest = folders
    while let last = rest.last,
      ["files", "templates", "sysctl.d", "redis", "sysctl", "conf", "config", "system"].contains(
        last)
    {
      rest.removeLast()
    }
    return "folder " + rest.joined(separator: "/")
  }
}
