import Model
import YAML

/// A compose file: every service that is an application or a Redis, with its command, limits, ports
/// and health check. Values with `${...}` are known only where it runs and are left out.
enum ComposeReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    guard let root = file.nodes(into: &page).first?.prepared() else { return }
    guard let services = root["services"]?.mapping ?? firstForm(root) else {
      if page.warnings.isEmpty, root.mapping == nil { page.warn("found no services", line: 1) }
      return
    }
    let finished = awaitedToFinish(services)
    for (key, node) in page.first(500, of: services, "services") {
      guard let name = key.scalar, node.mapping != nil else { continue }
      var container = container(node, name: name, at: key, file, lines)
      container.isJob = finished.contains(name) || isJob(node, container)
      container.record(lines, into: &page)
    }
    // A file without any service of ours was read all the same.
  }

  /// The first form of a compose file had no `version:` and no `services:`: the services stand at the top.
  private static func firstForm(_ root: Node) -> [(key: Node, value: Node)]? {
    guard let pairs = root.mapping, root["version"] == nil, root["services"] == nil,
      root["include"] == nil
    else { return nil }
    let services = pairs.filter { pair in
      !(pair.key.scalar?.hasPrefix("x-") ?? true)
        && (pair.value["image"]?.scalar != nil || pair.value["build"]?.scalar != nil)
    }
    return services.isEmpty ? nil : services
  }

  /// Services that another waits for to finish: they run once.
  private static func awaitedToFinish(_ services: [(key: Node, value: Node)]) -> Set<String> {
    var names: Set<String> = []
    for service in services.prefix(500) {
      for (key, condition) in service.value["depends_on"]?.mapping?.prefix(100) ?? [] {
        if condition["condition"]?.scalar == "service_completed_successfully", let name = key.scalar
        {
          names.insert(name)
        }
      }
    }
    return names
  }

  /// What runs once and ends - migrations, seeds - and is told not to be started again: to restart it would
  /// repeat its work for ever. A port, a health check or a server's command tell of a service.
  private static func isJob(_ node: Node, _ container: Container) -> Bool {
    if let mode = node[["deploy", "mode"]]?.scalar, mode.hasSuffix("-job") { return true }
    let policy = container.restart?.policy
    guard policy == "no" || policy == "false" || policy == "none" else { return false }
    if container.showsServer || container.startsKnownServer { return false }
    let tasks: Set<Substring> = [
      "migrate", "migrations", "migration", "migrator", "init", "setup", "seed", "bootstrap", "job",
      "backup", "collectstatic", "createsuperuser",
    ]
    // What an image that is built here runs, its Dockerfile may tell.
    return !container.words.isEmpty || container.buildFile == nil
      || container.name.lowercased().split { !$0.isLetter }.contains(where: tasks.contains)
  }

  private static func container(
    _ node: Node, name: String, at key: Node, _ file: DeployFile, _ lines: [String]
  ) -> Container {
    var container = Container(name: name, place: key)
    container.image = node["image"]
    container.environment = GunicornCommandReader.environment(of: node)
    let variables = container.environment.mapValues(\.value)
    container.words = GunicornCommandReader.composeWords(node["entrypoint"], variables, lines)
      .filter { !$0.isOperator }
    container.words += GunicornCommandReader.composeWords(node["command"], variables, lines)
    container.memory = node["mem_limit"] ?? node[["deploy", "resources", "limits", "memory"]]
    let cpus = node["cpus"] ?? node[["deploy", "resources", "limits", "cpus"]]
    if let cpus, let count = cpus.number, count > 0 { container.cpus = (count, cpus) }
    let isOverlay = node["image"] == nil && node["build"] == nil
    if let restart = node["restart"] ?? node[["deploy", "restart_policy", "condition"]],
      let policy = restart.scalar
    {
      if !policy.contains("$") { container.restart = (policy, restart) }
    } else if !isOverlay, node["deploy"] == nil, node["extends"] == nil, node["profiles"] == nil {
      // A swarm restarts unless told not to; compose does not unless told to.
      container.isRestartUnstated = true
    }
    container.showsServer = ["ports", "expose", "healthcheck"].contains { node[$0] != nil }
    container.mayBeLimitedElsewhere = isOverlay || node["extends"] != nil
    readPorts(node["ports"], into: &container)
    container.isInside = !isOverlay && node["extends"] == nil && staysInside(node)
    readHealth(node["healthcheck"], into: &container)
    if let grace = node["stop_grace_period"], let text = grace.scalar,
      let seconds = GunicornCommandReader.duration(text)
    {
      container.stopGrace = (seconds, grace)
    } else if node["stop_grace_period"] == nil, !isOverlay {
      container.stopGrace = (10, nil)
    }
    for setting in names(of: node["sysctls"]) where isOfTheHost(setting.name) {
      container.kernelSettings.append(setting)
    }
    for volume in node["volumes"]?.sequence?.prefix(100) ?? [] {
      if let text = volume.scalar {
        let parts = text.split(separator: ":")
        if parts.count >= 2 {
          container.mounts.append((String(parts[0]), String(parts[1])))
        }
      } else if let target = volume["target"]?.scalar {
        container.mounts.append((volume["source"]?.scalar ?? "", target))
      }
    }
    // Configs of a stack are files too.
    if let build = node["build"] {
      let context = build.scalar ?? build["context"]?.scalar ?? "."
      let dockerfile = build["dockerfile"]?.scalar ?? "Dockerfile"
      container.buildFile = context + "/" + dockerfile
    }
    return container
  }

  /// Kernel settings that have no namespace: runc refuses them, and the container does not start.
  static func isOfTheHost(_ name: String) -> Bool {
    !(name.hasPrefix("net.") || name.hasPrefix("kernel.shm") || name.hasPrefix("kernel.msg")
      || name == "kernel.sem" || name.hasPrefix("fs.mqueue."))
  }

  private static func names(of node: Node?) -> [(name: String, place: Node)] {
    if let pairs = node?.mapping {
      return pairs.prefix(100).compactMap { pair in pair.key.scalar.map { ($0, pair.key) } }
    }
    return (node?.sequence ?? []).prefix(100).compactMap { item in
      item.scalar.map { (String($0.prefix { $0 != "=" }), item) }
    }
  }

  /// `6379:6379`, `127.0.0.1:6379:6379`, `{target: 6379, published: 6379, host_ip: 127.0.0.1}`.
  private static func readPorts(_ node: Node?, into container: inout Container) {
    for item in node?.sequence?.prefix(100) ?? [] {
      if item.mapping != nil {
        guard let target = item["target"]?.number, item["published"] != nil,
          isOpen(item["host_ip"]?.scalar)
        else { continue }
        container.published.append((Int(target), item["target"] ?? item))
        continue
      }
      guard let text = item.scalar, !text.contains("$") else { continue }
      let bare = text.split(separator: "/").first.map(String.init) ?? text
      let parts = bare.split(separator: ":", omittingEmptySubsequences: false)
      guard let last = parts.last, let port = Int(last.prefix { $0 != "-" }) else { continue }
      // A container port alone is given any free port of the host: nobody finds it by its number.
      guard parts.count >= 2 else { continue }
      let host = parts.count > 2 ? parts.dropLast(2).joined(separator: ":") : nil
      guard isOpen(host) else { continue }
      container.published.append((port, item))
    }
  }

  /// No port of it is offered beyond the host, nor is its network the host's.
  private static func staysInside(_ node: Node) -> Bool {
    if node["network_mode"] != nil { return false }
    guard let ports = node["ports"] else { return true }
    return ports.sequence?.allSatisfy { item in
      let host = item["host_ip"]?.scalar ?? item.scalar ?? ""
      return host.hasPrefix("127.") || host.hasPrefix("localhost:") || host.hasPrefix("[::1]")
    } ?? false
  }

  private static func isOpen(_ host: String?) -> Bool {
    guard let host, !host.isEmpty else { return true }
    return host == "0.0.0.0" || host == "::" || host == "[::]" || host == "*"
  }

  private static func readHealth(_ node: Node?, into container: inout Container) {
    guard let node, node["disable"]?.bool != true, let test = node["test"] else { return }
    let text = test.scalar ?? test.sequence?.compactMap(\.scalar).joined(separator: " ") ?? ""
    let place =
      test.sequence?.first { $0.scalar?.contains("http") ?? false } ?? test.sequence?.last ?? test
    if !text.isEmpty { container.checks.append((text, place)) }
    if let interval = node["interval"],
      let seconds = interval.scalar.flatMap({
        GunicornCommandReader.duration($0)
      })
    {
      container.checkInterval = (seconds, interval)
    }
  }
}

extension Node {
  /// With what `<<: *anchor` takes in, keys of its own winning, and with `${NAME:-default}` standing
  /// for its default, as compose takes it where the variable is not set.
  func prepared(depth: Int = 0) -> Node {
    guard depth < 64 else { return self }
    switch content {
    case .scalar(let text, let isQuoted):
      guard text.contains("${") else { return self }
      return Node(.scalar(defaulted(text), isQuoted: isQuoted), line: line, column: column)
    case .sequence(let items):
      let made = items.map { $0.prepared(depth: depth + 1) }
      return Node(.sequence(made), line: line, column: column)
    case .mapping(let pairs):
      var taken: [(key: Node, value: Node)] = []
      for pair in pairs where pair.key.scalar == "<<" {
        for source in pair.value.sequence ?? [pair.value] {
          taken += source.prepared(depth: depth + 1).mapping ?? []
        }
      }
      let own = pairs.filter { $0.key.scalar != "<<" }.map {
        (key: $0.key, value: $0.value.prepared(depth: depth + 1))
      }
      // Look-up takes the last of a name.
      return Node(.mapping(taken + own), line: line, column: column)
    }
  }

  /// `${NAME:-6379}` is 6379; `${NAME}` stays, and `$$` is compose's own escape.
  private func defaulted(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      result += rest[..<start.lowerBound]
      rest = rest[start.lowerBound...]
      guard !result.hasSuffix("$"), let end = rest.firstIndex(of: "}") else {
        result += rest.prefix(2)
        rest = rest.dropFirst(2)
        continue
      }
      let inner = rest[..<end].dropFirst(2)
      let name = inner.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      let tail = inner.dropFirst(name.count)
      if tail.hasPrefix(":-") {
        result += tail.dropFirst(2)
      } else if tail.hasPrefix("-") {
        result += tail.dropFirst(1)
      } else {
        result += rest[...end]
      }
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
