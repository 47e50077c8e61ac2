import Model

/// A service as one file sees it.
struct DeployNode {
  let page: Int
  let local: Int
  let source: Int
  let path: String
  let folder: String
  let kind: SubjectKind
  let keys: Set<IdentityKey>
  let serviceName: String?
  let fileName: String
  var facts: [Fact]
  /// What other files say of it, weakest first; its own facts are stronger.
  var inherits: [Int] = []
  /// Its facts are another's.
  var isTaken = false

  init(page: Int, local: Int, source: Int, input: InputAccount, clue: SubjectClue, facts: [Fact]) {
    self.page = page
    self.local = local
    self.source = source
    self.facts = facts
    path = input.path
    folder = input.folder
    kind = clue.kind
    keys = clue.keys
    serviceName =
      keys.compactMap { if case .serviceName(let name) = $0 { name } else { nil } }.min()
    fileName = path.split(separator: "/").last.map(String.init) ?? path
  }

  var namedFiles: [String] {
    keys.compactMap { if case .configuredBy(let path) = $0 { path } else { nil } }.sorted()
  }

  func has(_ prefix: String) -> Bool { facts.contains { $0.name.hasPrefix(prefix) } }

  func text(_ name: String) -> String? { facts.last { $0.name == name }?.value.text }
}

/// Tells the services of a deployment apart and joins what several files say of one.
///
/// Unlike the evidence of an incident, which is of one place, a tree may hold many deployments: so
/// nothing is joined for want of another candidate, only by what the files themselves name: a config
/// on a command line, a build folder, a service's name behind a proxy, a socket. What is not named
/// stays apart, and what could be either of two is neither.
struct Deployment {
  let inputs: [InputAccount]
  /// What each page states of how its subjects stand to each other.
  let relations: [[StatedRelation]]
  var nodes: [DeployNode] = []
  private(set) var byPage: [Int: [Int]] = [:]

  init(_ ledger: consuming Ledger) {
    inputs = ledger.inputs
    var pages = ledger.takePages()
    relations = pages.map(\.page.relations)
    for index in pages.indices {
      let (source, page) = pages[index]
      // A tree may state a million facts: none is kept twice.
      pages[index].page = Page(kind: page.kind)
      var facts: [[Fact]] = Array(repeating: [], count: page.subjects.count)
      if facts.count == 1 { facts[0].reserveCapacity(page.facts.count) }
      for var fact in page.facts where facts.indices.contains(fact.subject) {
        fact.origin.source = source
        facts[fact.subject].append(fact)
      }
      for (local, clue) in page.subjects.enumerated() {
        byPage[index, default: []].append(nodes.count)
        nodes.append(
          DeployNode(
            page: index, local: local, source: source, input: inputs[source], clue: clue,
            facts: facts[local]))
      }
    }
    joinOverlays()
    joinNamedFiles()
    forgetLooseConfigMaps()
    joinProxied()
    joinSettings()
    joinInstances()
    joinHosts()
    noteHealthPaths()
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
    let compose = nodes.indices.filter { inputs[nodes[$0].source].kind == .composeFile }
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
    let wanted = nodes.map(\.namedFiles)
    let files = NamedFiles(nodes, wanted: wanted.joined())
    let configMaps = Dictionary(
      grouping: nodes.indices.filter { isConfigMap($0) && !nodes[$0].facts.isEmpty }
    ) { nodes[$0].serviceName ?? "" }
    for index in nodes.indices {
      for file in wanted[index] {
        if let maps = configMaps[file], joinConfigMap(maps, to: index) { continue }
        let found = files.find(file, from: index, among: nodes)
        for target in found.nodes {
          join(target, to: index)
          // What the command leaves out the file states, or leaves to its own defaults.
          if inputs[nodes[target].source].kind == .gunicornConfig {
            nodes[index].facts.removeAll { $0.origin.line == nil && $0.name.hasPrefix("gunicorn.") }
          }
        }
        // One of several may set what is not set here.
        if found.isAmbiguous { nodes[index].facts.removeAll { $0.origin.line == nil } }
      }
    }
  }

  /// The ConfigMap of that name beside who mounts it, else the only one.
  private mutating func joinConfigMap(_ all: [Int], to index: Int) -> Bool {
    guard nodes[index].kind == .redis else { return false }
    // Of a thousand of one name none is looked for.
    let near = all.prefix(100).filter { nodes[$0].folder == nodes[index].folder }
    guard let map = near.first ?? all.first, near.count == 1 || all.count == 1 else { return false }
    join(map, to: index)
    return true
  }

  private func isConfigMap(_ index: Int) -> Bool {
    nodes[index].serviceName?.hasPrefix("configmap:") ?? false
  }

  /// What nobody mounts by name states what it states: limits and the rest of the command stand elsewhere.
  private mutating func forgetLooseConfigMaps() {
    for index in nodes.indices where !nodes[index].isTaken && isConfigMap(index) {
      nodes[index].facts.removeAll { $0.origin.line == nil }
    }
  }

  // MARK: what a proxy names

  mutating func joinProxied() {
    // Services by the words that a proxy may name them with.
    var owners: [String: [Int]] = [:]
    for index in nodes.indices
    where nodes[index].kind == .app && !nodes[index].isTaken && isService(index) {
      for word in wordsOf(index) { owners[word, default: []].append(index) }
    }
    for index in nodes.indices where nodes[index].kind == .app && nodes[index].has("app.proxy.") {
      let named = nodes[index].keys.compactMap { word(of: $0, nodes[index]) }
      let found = only(named.lazy.flatMap { owners[$0] ?? [] }) {
        $0 != index && !nodes[$0].isTaken
      }
      if let found { join(index, to: found) }
    }
  }

  /// The one that is meant; nil for none and for several.
  private func only(_ candidates: some Sequence<Int>, where isMeant: (Int) -> Bool) -> Int? {
    var found: Int?
    for candidate in candidates where candidate != found && isMeant(candidate) {
      guard found == nil else { return nil }
      found = candidate
    }
    return found
  }

  private func isService(_ index: Int) -> Bool {
    nodes[index].has("gunicorn.") || nodes[index].has("app.has_memory_limit")
      || nodes[index].has("app.image") || nodes[index].inherits.contains { isService($0) }
  }

  private func wordsOf(_ owner: Int) -> Set<String> {
    var words: Set<String> = []
    if let name = nodes[owner].serviceName { words.insert("name " + name) }
    let binds = all(owner).filter { $0.name == "gunicorn.bind" }.compactMap(\.value.text)
    for bind in binds.lazy.flatMap({ $0.split(separator: ",") }) {
      if let at = bind.firstRange(of: "unix:") { words.insert("socket " + bind[at.upperBound...]) }
      words.insert("address " + bind)
      if let colon = bind.lastIndex(of: ":") {
        words.insert("port " + bind[bind.index(after: colon)...])
      }
    }
    return words
  }

  private func word(of key: IdentityKey, _ named: DeployNode) -> String? {
    switch key {
    case .socket(let path): "socket " + path
    case .serviceName(let name): "name " + name
    case .port(let port): named.serviceName == nil ? "port \(port)" : nil
    case .address(let address): "address " + address
    default: nil
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
      let kind = inputs[nodes[index].source].kind
      return nodes[index].kind == .app && kind == .applicationConfig && !nodes[index].facts.isEmpty
    }
    let settings = nodes.indices.filter(isSettings)
    let tasks = settings.filter { index in
      nodes[index].facts.allSatisfy {
        $0.name.hasPrefix("app.celery.retries") || $0.name == "app.celery.longest_countdown"
      }
    }
    let known = Set(tasks)
    let homes = Dictionary(
      grouping: settings.filter { !known.contains($0) && nodes[$0].has("app.celery.") }
    ) { parentFolder(nodes[$0].folder) }
    for task in tasks {
      let near = ancestors(of: nodes[task].folder).flatMap { homes[$0] ?? [] }
      if near.count == 1, let only = near.first { join(task, to: only) }
    }
    let all = Set(settings)
    var owners: [String: [Int]] = [:]
    for owner in nodes.indices
    where nodes[owner].kind == .app && !nodes[owner].isTaken && !all.contains(owner)
      && self.all(owner).contains(where: { $0.name.hasPrefix("gunicorn.") })
    {
      let folders = [nodes[owner].folder] + nodes[owner].inherits.map { nodes[$0].folder }
      for folder in Set(folders) { owners[folder, default: []].append(owner) }
    }
    for index in settings where !nodes[index].isTaken {
      let folders = ancestors(of: nodes[index].folder)
      let found = only(folders.lazy.flatMap { owners[$0] ?? [] }) { _ in true }
      if let found { join(index, to: found) }
    }
  }

  private func parentFolder(_ folder: String) -> String {
    folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
  }

  /// A folder, those above it and the top.
  private func ancestors(of folder: String) -> [String] {
    var folders = [folder]
    var rest = folder[...]
    while let slash = rest.lastIndex(of: "/"), folders.count < 100 {
      rest = rest[..<slash]
      if !rest.isEmpty { folders.append(String(rest)) }
    }
    if !folder.isEmpty { folders.append("") }
    return folders
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
    let loose = Set(
      instances.filter { nodes[$0].keys.isEmpty }.flatMap { nodes[$0].facts.map(\.name) })
    for index in planned {
      nodes[index].facts.removeAll { loose.contains($0.name) && $0.value == .flag(false) }
    }
    let all = Set(planned)
    let named = Dictionary(grouping: planned) {
      [nodes[$0].folder, nodes[$0].serviceName ?? ""]
    }
    for index in instances where !all.contains(index) {
      let owners = named[[nodes[index].folder, nodes[index].serviceName ?? ""]] ?? []
      if owners.count == 1, let only = owners.first, nodes[index].serviceName != nil {
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
      [
        "files", "templates", "tasks", "sysctl.d", "redis", "sysctl", "conf", "config", "system",
      ].contains(last)
    {
      rest.removeLast()
    }
    return "folder " + rest.joined(separator: "/")
  }
}
