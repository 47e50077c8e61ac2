import Model
import YAML

/// Task definitions of ECS, as they are registered and as `describe-task-definition` prints them: their containers,
/// with commands, limits and health checks. A service starts again what has stopped, and the ports of a task lie
/// behind its security group: neither is a container's own.
enum TaskDefinitionReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    let documents = file.nodes(into: &page)
    for root in page.first(100, of: documents, "documents") {
      let task = root["taskDefinition"] ?? root
      let containers = task["containerDefinitions"]?.sequence ?? root.sequence ?? []
      for node in page.first(50, of: containers, "containers") {
        container(node, of: task, lines).record(lines, into: &page)
      }
    }
  }

  private static func container(_ node: Node, of task: Node, _ lines: [String]) -> Container {
    let name = node["name"]
    var container = Container(name: name?.scalar ?? "?", place: name ?? node)
    container.image = node["image"]
    for item in node["environment"]?.sequence?.prefix(500) ?? [] {
      if let key = item["name"]?.scalar, let value = item["value"], let text = value.text {
        container.environment[key] = (text, value.line)
      }
    }
    for item in node["secrets"]?.sequence?.prefix(500) ?? [] {
      // Set, to what is not known.
      if let key = item["name"]?.scalar { container.environment[key] = ("$", item.line) }
    }
    let variables = container.environment.mapValues(\.value)
    container.words = GunicornCommandReader.composeWords(node["entryPoint"], variables, lines)
    container.words += GunicornCommandReader.composeWords(node["command"], variables, lines)
    container.memory = node["memory"].flatMap(mebibytes)
    // That of a task holds for all its containers together.
    container.mayBeLimitedElsewhere = container.memory == nil && task["memory"] != nil
    if let cpus = task["cpu"], let units = cpus.number, units > 0 {
      container.cpus = (units / 1024, cpus)
    }
    let grace = node["stopTimeout"]
    container.stopGrace = (grace?.number ?? 30, grace)
    for setting in node["systemControls"]?.sequence?.prefix(100) ?? [] {
      if let name = setting["namespace"], let text = name.scalar, ComposeReader.isOfTheHost(text) {
        container.kernelSettings.append((text, name))
      }
    }
    for mount in node["mountPoints"]?.sequence?.prefix(100) ?? [] {
      guard let path = mount["containerPath"]?.scalar else { continue }
      container.mounts.append((mount["sourceVolume"]?.scalar ?? "", path))
    }
    if let check = node["healthCheck"], let command = check["command"]?.sequence {
      let text = command.dropFirst().compactMap(\.scalar).joined(separator: " ")
      container.checks.append((text, command.last ?? check))
      if let interval = check["interval"] {
        container.checkInterval = interval.number.map { ($0, interval) }
      }
    }
    return container
  }

  /// A bare number is MiB here.
  private static func mebibytes(_ node: Node) -> Node? {
    node.number.map {
      Node(.scalar("\($0)m", isQuoted: true), line: node.line, column: node.column)
    }
  }
}
