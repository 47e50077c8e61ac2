import Model
import YAML

/// Redis servers that compose files, systemd units, Dockerfiles and supervisor programs start: what
/// their command line sets, and how much memory they may have.
///
/// ```
/// command: redis-server --maxmemory 256mb --maxmemory-policy allkeys-lru --save ""
/// ExecStart=/usr/bin/valkey-server /etc/valkey/valkey.conf --maxclients 20000
/// ```
///
/// What the command line leaves out may stand in a config, so no default is known.
enum RedisServiceReader: DocumentReader {
  static let kind = EvidenceKind.redisConfig

  static func recognises(_ sample: Sample) -> Recognition {
    guard !sample.text.contains("gunicorn"),
      let form = GunicornCommandReader.form(of: sample.lines, name: sample.name),
      [.unit, .dockerfile, .compose, .supervisor].contains(form)
    else { return .no }
    let names = ["redis", "valkey", "keydb", "dragonfly"]
    guard names.contains(where: { sample.text.contains($0) }) else { return .no }
    var page = Page(kind: kind)
    read(
      Document(name: sample.name, bytes: Array(sample.text.utf8)), context: ReadingContext(),
      into: &page)
    return page.facts.contains { $0.name.hasPrefix("redis.") } ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    GunicornCommandReader.read(document, context: context, into: &page)
    let lines = document.lines
    if GunicornCommandReader.form(of: lines, name: document.name) != .compose {
      readCommand(lines, into: &page)
    }
  }

  /// The one command line of a unit, a Dockerfile or a supervisor program.
  private static func readCommand(_ lines: [String], into page: inout Page) {
    var command: [(number: Int, text: Substring)] = []
    var isOpen = false
    for (number, text) in GunicornCommandReader.numbered(lines) {
      let line = text.bare
      guard !line.hasPrefix("#"), !line.hasPrefix(";") else { continue }
      let heads = ["ExecStart=", "command=", "CMD ", "ENTRYPOINT "]
      if let head = heads.first(where: { line.hasPrefix($0) }) {
        // A JSON array is a list of quoted words between commas.
        let value = line.dropFirst(head.count)
        let isList = value.bare.hasPrefix("[")
        let words = isList ? String(value.map { "[],".contains($0) ? " " : $0 }) : String(value)
        command.append((number, words[...]))
        isOpen = line.hasSuffix("\\")
      } else if isOpen {
        command.append((number, line))
        isOpen = line.hasSuffix("\\")
      }
    }
    let words = shellWords(GunicornCommandReader.joined(command))
    guard let settings = RedisServerCommand(words)?.settings, settings.count > 0 else { return }
    settings.record(
      of: page.subject(SubjectClue(.redis, keys: settings.keys)), lines: lines, into: &page)
  }

  /// The services of a compose file that run Redis.
  static func readServices(
    _ services: [(name: String, node: Node, words: [ShellWord])], lines: [String],
    into page: inout Page
  ) {
    let servers = services.compactMap { service -> (String, Node, RedisSettings)? in
      let isImage = RedisServerCommand.isImage(service.node["image"]?.scalar ?? "")
      let command = RedisServerCommand(service.words, isImage: isImage)
      guard isImage || command != nil else { return nil }
      return (service.name, service.node, command?.settings ?? RedisSettings(isRunning: false))
    }
    for (name, node, settings) in servers {
      let limit = GunicornCommandReader.memoryLimit(of: node)
      guard settings.count > 0 || limit != nil else { continue }
      var clue = SubjectClue(.redis, keys: settings.keys)
      if servers.count > 1 { clue.keys.insert(.serviceName(name)) }
      let subject = page.subject(clue)
      settings.record(of: subject, lines: lines, into: &page)
      if let limit, let bytes = limit.scalar.flatMap({ GunicornCommandReader.byteCount($0) }) {
        page.record(
          "redis.container.memory_limit", bytes, of: subject,
          origin: Document.origin(limit.line, in: lines))
      }
    }
  }
}

/// A command line that starts a server.
struct RedisServerCommand {
  private(set) var settings = RedisSettings(isRunning: false)

  /// `isImage`: the words are of a container whose entry point adds the program's name to options.
  init?(_ words: [ShellWord], isImage: Bool = false) {
    let isBare = isImage && words.first?.text.hasPrefix("--") == true
    let program = words.firstIndex { RedisServerCommand.isServer($0.text) }
    guard isBare || program != nil else { return nil }
    var index = isBare ? 0 : (program ?? 0) + 1
    while index < words.count, !words[index].isOperator {
      let word = words[index]
      index += 1
      guard word.text.hasPrefix("--"), word.text.utf8.count > 2 else { continue }
      var name = word.text.dropFirst(2)
      var values: [ShellWord] = []
      if let equals = name.firstIndex(of: "=") {
        values = [ShellWord(text: String(name[name.index(after: equals)...]), line: word.line)]
        name = name[..<equals]
      }
      while index < words.count, !words[index].isOperator, !words[index].text.hasPrefix("--") {
        values.append(words[index])
        index += 1
      }
      guard let last = values.last, RedisConfigNames.all.contains(name.lowercased()[...]) else {
        continue
      }
      settings.add(
        RedisSetting(
          name: name.lowercased(), value: values.map(\.text).joined(separator: " "),
          nameLine: word.line, valueLine: last.line))
    }
  }

  private static func isServer(_ word: String) -> Bool {
    let name = word.split(separator: "/").last ?? ""
    return ["redis-server", "valkey-server", "keydb-server", "dragonfly"].contains(name)
  }

  /// `redis:7-alpine`, `docker.io/valkey/valkey:8`, `bitnami/redis@sha256:...`.
  static func isImage(_ image: String) -> Bool {
    let name = image.split(separator: "/").last?.prefix { $0 != ":" && $0 != "@" } ?? ""
    return ["redis", "valkey", "keydb", "dragonfly", "redis-stack-server", "valkey-bundle"]
      .contains(name)
  }
}
