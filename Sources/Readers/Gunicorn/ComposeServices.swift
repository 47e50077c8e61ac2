import Model
import YAML

/// A compose file: the services that run gunicorn, with their limits.
extension GunicornCommandReader {
  static func readCompose(_ document: Document, _ lines: [String], into page: inout Page) {
    let root: Node
    do {
      guard let first = try parseYAML(document.bytes).first else { return }
      root = first
    } catch {
      page.warn("not readable as YAML: \(error.message)", line: error.line)
      return
    }
    guard let services = root["services"]?.mapping else { return }
    var candidates: [(name: String, node: Node)] = []
    var found = false
    var all: [(name: String, node: Node, words: [ShellWord])] = []
    for (key, node) in page.first(500, of: services, "services") {
      guard let name = key.scalar, node.mapping != nil else { continue }
      let environment = environment(of: node)
      let variables = environment.mapValues(\.value)
      var words = composeWords(node["entrypoint"], variables, lines).filter { !$0.isOperator }
      words += composeWords(node["command"], variables, lines)
      all.append((name, node, words))
      if GunicornCommand.find(in: words) != nil {
        found = true
        let app = page.subject(.app, .serviceName(name))
        record(words: words, environment: environment, lines: lines, subject: app, into: &page)
        recordLimits(of: node, app, lines, into: &page)
      } else if words.isEmpty, !isInfrastructure(image: node["image"]?.scalar ?? "") {
        candidates.append((name, node))
      }
    }
    RedisServiceReader.readServices(all, lines: lines, into: &page)
    // The command may stand in the image: one service that can be the application is it.
    let limited = candidates.filter { memoryLimit(of: $0.node) != nil }
    if !found, candidates.count == 1, let only = limited.first {
      let app = page.subject(.app, .serviceName(only.name))
      recordLimits(of: only.node, app, lines, into: &page)
    }
  }

  /// A command as a string, which a shell's rules split, or as a list. Compose doubles `$$`.
  static func composeWords(
    _ node: Node?, _ variables: [String: String], _ lines: [String]
  ) -> [ShellWord] {
    guard let node else { return [] }
    if let items = node.sequence {
      return items.compactMap { item in
        item.scalar.map { ShellWord(text: $0, line: item.line, isComputed: $0.hasPrefix("$")) }
      }
    }
    guard let text = node.text else { return [] }
    let flat = text.split(whereSeparator: \.isNewline).map {
      $0.bare.removingContinuation
    }.joined(separator: " ")
    var words = shellWords([(number: node.line, text: flat[...])], variables: variables)
    // A folded command spans lines: each word stands on the next line that holds it.
    var line = node.line
    for index in words.indices where !words[index].isOperator {
      let end = min(lines.count, line + 40)
      guard line >= 1, line <= end else { continue }
      if let hit = (line...end).first(where: { lines[$0 - 1].contains(words[index].text) }) {
        line = hit
      }
      words[index].line = line
    }
    return words
  }

  static func environment(of node: Node) -> Environment {
    var result: Environment = [:]
    guard let block = node["environment"] else { return result }
    if let pairs = block.mapping {
      for (key, value) in pairs.prefix(500) {
        if let name = key.scalar, let text = value.text { result[name] = (text, value.line) }
      }
    }
    for item in block.sequence?.prefix(500) ?? [] {
      if let text = item.scalar, let (key, value) = assignment(text[...]) {
        result[String(key)] = (String(value), item.line)
      }
    }
    return result
  }

  static func memoryLimit(of node: Node) -> Node? {
    node["mem_limit"] ?? node[["deploy", "resources", "limits", "memory"]]
  }

  private static func recordLimits(
    of node: Node, _ app: Int, _ lines: [String], into page: inout Page
  ) {
    if let limit = memoryLimit(of: node), let bytes = limit.scalar.flatMap({ byteCount($0) }) {
      page.record(
        "app.memory_limit", bytes, of: app, origin: Document.origin(limit.line, in: lines))
    }
    let cpus = node["cpus"] ?? node[["deploy", "resources", "limits", "cpus"]]
    if let cpus, let count = cpus.number, count > 0 {
      page.record("app.cpus", count, of: app, origin: Document.origin(cpus.line, in: lines))
    }
    let restart = node["restart"] ?? node[["deploy", "restart_policy", "condition"]]
    // Compose specification: no restart is the default; a quoted no and a bare one mean the same.
    page.record(
      "app.restart", .text(restart?.scalar ?? "no"), of: app,
      origin: restart.map { Document.origin($0.line, in: lines) } ?? Origin(line: nil, excerpt: ""))
    if let test = node[["healthcheck", "test"]] {
      let text = test.scalar ?? test.sequence?.compactMap(\.scalar).joined(separator: " ") ?? ""
      if !text.isEmpty {
        page.record(
          "app.healthcheck", .text(String(text.prefix(300))), of: app,
          origin: Document.origin(test.sequence?.last?.line ?? test.line, in: lines))
      }
    }
    if let interval = node[["healthcheck", "interval"]],
      let seconds = interval.scalar.flatMap({ duration($0) })
    {
      page.record(
        "app.healthcheck_interval", seconds, of: app,
        origin: Document.origin(interval.line, in: lines))
    }
  }
}
