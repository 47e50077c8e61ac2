import Model
import YAML

/// Task definitions of ECS, as they are registered and as `describe-task-definition` prints them: their containers,
/// with commands, limits and health checks. A service starts again what has stopped, and the ports of a task lie
/// behind its security group: neither is a container's own.
enum TaskDefinitionReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    let documents =
      file.name.hasSuffix("tpl")
      ? templated(file.document.bytes, into: &page) : file.nodes(into: &page)
    for root in page.first(100, of: documents, "documents") {
      let task = root["taskDefinition"] ?? root
      let containers = task["containerDefinitions"]?.sequence ?? root.sequence ?? []
      for node in page.first(50, of: containers, "containers") {
        container(node, of: task, lines).record(lines, into: &page)
      }
    }
  }

  /// `aws_ecs_task_definition` of Terraform, with its containers as `jsonencode([...])` or as JSON in a
  /// here-document.
  static func readTerraform(_ root: HCLBlock, of file: DeployFile, into page: inout Page) {
    let bytes = file.document.bytes
    let tasks = root.blocks.filter {
      $0.type == "resource" && $0.labels.first == "aws_ecs_task_definition"
    }
    for block in page.first(100, of: tasks, "task definitions") {
      guard let stated = block["container_definitions"] else { continue }
      let list: Node?
      if stated.text.hasPrefix("jsonencode(") {
        list = HCLValue.parse(bytes, line: stated.line, behind: "jsonencode(")
        if list == nil {
          page.warn("container_definitions that cannot be read", line: stated.line)
        }
      } else if stated.text.first == "[" || stated.text.hasPrefix("\n") {
        // The here-document begins below its key, and keeps its lines.
        let above = [UInt8](repeating: UInt8(ascii: "\n"), count: stated.line - 1)
        list = templated(above + Array(stated.text.utf8), into: &page).first
      } else if stated.text.hasPrefix("\"[") {
        // JSON in quotes, on a line.
        let above = [UInt8](repeating: UInt8(ascii: "\n"), count: max(stated.line - 1, 0))
        list = templated(above + unescaped(unquoted(stated.text)), into: &page).first
      } else {
        list = nil
      }
      var task: [(key: Node, value: Node)] = []
      for name in ["cpu", "memory"] {
        guard let (text, line) = block[name] else { continue }
        let isQuoted = text.hasPrefix("\"")
        let value = Node(.scalar(unquoted(text), isQuoted: isQuoted), line: line, column: 1)
        task.append((Node(.scalar(name, isQuoted: false), line: line, column: 1), value))
      }
      let whole = Node(.mapping(task), line: block.line, column: 1)
      for node in page.first(50, of: list?.sequence ?? [], "containers") where node.mapping != nil {
        container(node, of: whole, file.document.lines).record(file.document.lines, into: &page)
      }
    }
  }

  /// Without the backslashes that Terraform puts before quotes; lines stay where they are.
  private static func unescaped(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var isEscaped = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\\"), !isEscaped {
        isEscaped = true
        continue
      }
      // A line break that was written as one is a blank of the JSON.
      bytes.append(isEscaped && byte == UInt8(ascii: "n") ? UInt8(ascii: " ") : byte)
      isEscaped = false
    }
    return bytes
  }

  /// JSON in which a template engine puts values.
  private static func templated(_ bytes: [UInt8], into page: inout Page) -> [Node] {
    do throws(DocumentError) {
      let parsed = try parseJSON(filledTemplate(bytes))
      if parsed.isTruncated { page.warn("the JSON is cut off") }
      return parsed.nodes
    } catch {
      page.warn("not readable as a template of JSON: \(error.message)", line: error.line)
      return []
    }
  }

  private static func container(_ node: Node, of task: Node, _ lines: [String]) -> Container {
    let name = node["name"]
    var container = Container(name: name?.scalar ?? "?", place: name ?? node)
    container.image = node["image"]
    container.isInside = true
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
    // ECS takes keys in any case, and people write this one as compose does.
    let entry = node["entryPoint"] ?? node["entrypoint"]
    container.words = GunicornCommandReader.composeWords(entry, variables, lines)
    container.words += GunicornCommandReader.composeWords(node["command"], variables, lines)
    container.memory = node["memory"].flatMap(mebibytes)
    // That of a task holds for all its containers together.
    container.mayBeLimitedElsewhere =
      container.memory == nil && (task["memory"] != nil || node["memory"] != nil)
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
