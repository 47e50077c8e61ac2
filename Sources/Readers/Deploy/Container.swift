import Model
import YAML

/// A container as a compose file or a manifest sets it up, whatever words they have for it.
struct Container {
  let name: String
  /// Where it begins: what is absent is told there.
  let place: Node
  var image: Node?
  /// Entry point and command together; empty where the image's own are used.
  var words: [ShellWord] = []
  var environment: GunicornCommandReader.Environment = [:]
  var memory: Node?
  var cpus: (count: Double, place: Node)?
  var restart: (policy: String, place: Node)?
  /// Nothing says whether it is restarted, and the default is not to.
  var isRestartUnstated = false
  /// Host side of ports that every address of the host offers, with the container's port.
  var published: [(port: Int, place: Node)] = []
  var checks: [(url: String, place: Node)] = []
  var checkInterval: (seconds: Double, place: Node)?
  var stopGrace: (seconds: Double, place: Node?)?
  var kernelSettings: [(name: String, place: Node)] = []
  var mounts: [(host: String, container: String)] = []
  /// By the path in the container: which file of a volume is mounted there, where it is one alone.
  var mountedParts: [String: String] = [:]
  /// The Dockerfile it is built from, relative to the file.
  var buildFile: String?
  /// Where limits of memory could be set elsewhere too: a swarm, a LimitRange.
  var mayBeLimitedElsewhere = false
  /// It runs once and ends: nobody expects it to be restarted, or to be there.
  var isJob = false
  /// Nobody outside the networks of its containers reaches it: no port of the host is its own.
  var isInside = false
  /// It has a port or a health check.
  var showsServer = false

  private enum Role { case redis, app, other }

  private var imageName: String {
    let text = image?.scalar ?? ""
    return String(text.split(separator: "/").last?.prefix { $0 != ":" && $0 != "@" } ?? "")
  }

  /// The images that the Redis and Valkey projects and Bitnami publish: their defaults are known.
  private var isOfficialRedis: Bool {
    var text = (image?.scalar ?? "").prefix { $0 != ":" && $0 != "@" }
    // Copies that registries keep of the official images.
    for mirror in ["public.ecr.aws/docker/", "mirror.gcr.io/", "registry-1.docker.io/"]
    where text.hasPrefix(mirror) {
      text = text.dropFirst(mirror.count)
    }
    return [
      "redis", "library/redis", "docker.io/redis", "docker.io/library/redis", "valkey/valkey",
      "docker.io/valkey/valkey", "bitnami/redis", "bitnami/valkey", "docker.io/bitnami/redis",
      "redis/redis-stack-server", "redis/redis-stack",
    ].contains(text)
  }

  private var role: Role {
    let command = words.first { !$0.isOperator }?.text.split(separator: "/").last ?? ""
    if command == "redis-server" || command == "valkey-server" { return .redis }
    let servers = ["redis", "valkey", "redis-stack", "redis-stack-server", "keydb"]
    let isServer = servers.contains(imageName)
    if isServer, RedisCommand.starts(words) || words.isEmpty { return .redis }
    if let text = image?.scalar, buildFile == nil, Readers.isInfrastructure(image: text) {
      return .other
    }
    // Built here from another's server, and named as it.
    if buildFile != nil, words.isEmpty, Readers.isInfrastructure(name: name) { return .other }
    return .app
  }

  func record(_ lines: [String], into page: inout Page) {
    switch role {
    case .redis: recordRedis(lines, into: &page)
    case .app where !isJob: recordApp(lines, into: &page)
    case .app, .other: break
    }
  }

  private func origin(_ node: Node, _ lines: [String]) -> Origin {
    Document.origin(node, in: lines)
  }

  /// Its command is gunicorn's or Celery's.
  var startsKnownServer: Bool {
    GunicornCommand.find(in: words) != nil || CeleryCommand.find(in: words) != nil
  }

  private var isFrontEnd: Bool { Readers.isFrontEnd(name + "-" + imageName) }

  // MARK: Redis

  private func recordRedis(_ lines: [String], into page: inout Page) {
    let redis = page.subject(.redis, .serviceName(name))
    let command = RedisCommand(words)
    var settings = command.settings
    var isWhole = isOfficialRedis && !command.isOpen
    if let config = command.configFile {
      isWhole = false
      // What is mounted there lies in the tree, under the name it has on the host.
      let host = mounts.first { mount in
        config.text == mount.container || config.text.hasPrefix(mount.container + "/")
      }
      var path = config.text
      if let host {
        path = host.host + config.text.dropFirst(host.container.count)
      }
      page.identify(redis, .configuredBy(path))
    }
    // Bitnami's images and Redis Stack take settings from the environment, the official ones none.
    if imageName != "redis" && imageName != "valkey" || image?.scalar?.contains("bitnami") == true {
      for variable in ["REDIS_PASSWORD", "REDIS_PASSWORD_FILE", "VALKEY_PASSWORD"] {
        guard let entry = environment[variable] else { continue }
        settings.add(
          RedisSetting(
            name: "requirepass", value: "set", nameLine: entry.line, valueLine: entry.line))
      }
      let isOpen = ["REDIS_ARGS", "REDIS_EXTRA_FLAGS", "VALKEY_EXTRA_FLAGS"].contains {
        environment[$0] != nil
      }
      if isOpen { isWhole = false }
    }
    settings.record(of: redis, lines: lines, into: &page)
    if isWhole {
      settings.recordDefaults(of: redis, isValkey: imageName == "valkey", into: &page)
    }
    recordMemory("redis.service", of: redis, lines, into: &page)
    if let restart {
      page.record(
        "redis.service.restart", .text(restart.policy), of: redis,
        origin: origin(restart.place, lines))
    }
    for entry in published.prefix(20) {
      page.record(
        "redis.service.published", .text(String(entry.port)), of: redis,
        part: "\(entry.place.line):\(entry.place.column)", origin: origin(entry.place, lines))
    }
    if let path = unusedConfig(command) {
      let below = lines.indices.dropFirst(max(place.line - 1, 0)).prefix(200)
      let line = below.first { lines[$0].contains(path) }.map { $0 + 1 } ?? place.line
      page.record(
        "redis.service.unused_config", .text(path), of: redis,
        origin: Document.origin(line, in: lines).marking(path))
    }
    if isInside {
      page.record(
        "redis.service.is_inside", .flag(true), of: redis,
        origin: Document.origin(place.line, in: lines))
    }
    for setting in kernelSettings.prefix(20) {
      page.record(
        "redis.service.sets_kernel", .text(setting.name), of: redis, part: setting.name,
        origin: origin(setting.place, lines))
    }
    page.record(
      "redis.service.has_volume",
      .flag(mounts.contains { $0.container == "/data" || $0.container.hasPrefix("/bitnami") }),
      of: redis, origin: Document.origin(place.line, in: lines))
  }

  /// A config that is mounted where the examples of the image put it, and that the command does not name: the images
  /// of the Redis and Valkey projects start without one then.
  private func unusedConfig(_ command: RedisCommand) -> String? {
    guard isOfficialRedis, ["redis", "valkey"].contains(imageName), buildFile == nil,
      image?.scalar?.contains("bitnami") == false, !command.isOpen, command.configFile == nil,
      !words.contains(where: { $0.text.contains(".conf") })
    else { return nil }
    return mounts.lazy.map(\.container).first { path in
      path.hasSuffix("/redis.conf") || path.hasSuffix("/valkey.conf")
        || ["/usr/local/etc/redis", "/usr/local/etc/valkey"].contains(path)
    }
  }

  private func recordMemory(
    _ prefix: String, of subject: Int, _ lines: [String], into page: inout Page
  ) {
    let isApp = prefix == "app"
    if let memory, let bytes = memory.scalar.flatMap(byteCount) {
      page.record(
        isApp ? "app.memory_limit" : prefix + ".memory_limit", bytes, of: subject,
        origin: origin(memory, lines))
      page.record(
        prefix + ".has_memory_limit", .flag(true), of: subject, origin: origin(memory, lines))
    } else if memory == nil, !mayBeLimitedElsewhere {
      page.record(
        prefix + ".has_memory_limit", .flag(false), of: subject,
        origin: Document.origin(place.line, in: lines))
    }
  }

  // MARK: applications

  private func recordApp(_ lines: [String], into page: inout Page) {
    let app = page.subject(.app, .serviceName(name))
    let isGunicorn = GunicornCommandReader.record(
      words: words, environment: environment, lines: lines, subject: app, into: &page)
    if isGunicorn {
      CommandExtras.recordCommand(words, of: app, lines, into: &page)
      let config = GunicornCommand.find(in: words)?.read().configFile
      if config == nil || config?.text.hasPrefix("/") == false, let buildFile {
        // The folder that is copied into the image.
        let folder = parentFolder(of: buildFile)
        page.identify(app, .configuredBy(folder + "/" + (config?.text ?? "gunicorn.conf.py")))
      }
      if let config, !config.isComputed {
        page.identify(app, .configuredBy(hostPath(of: config.text)))
      }
    } else if words.isEmpty {
      recordVariables(of: app, lines, into: &page)
      if let buildFile { page.identify(app, .configuredBy(buildFile)) }
    }
    CeleryCommand.record(words, of: app, lines, into: &page)
    if let image {
      page.record("app.image", .text(image.scalar ?? ""), of: app, origin: origin(image, lines))
    }
    recordMemory("app", of: app, lines, into: &page)
    if let cpus {
      page.record("app.cpus", cpus.count, of: app, origin: origin(cpus.place, lines))
    }
    if let restart {
      page.record(
        "app.restart", .text(restart.policy), of: app,
        origin: origin(restart.place, lines))
    }
    if isRestartUnstated, isGunicorn || CeleryCommand.find(in: words) != nil {
      page.record(
        "app.restart_unstated", .flag(true), of: app,
        origin: Document.origin(place.line, in: lines))
    }
    if let stopGrace {
      page.record(
        "app.stop_grace", stopGrace.seconds, of: app,
        origin: stopGrace.place.map { origin($0, lines) }
          ?? Origin(line: nil, excerpt: "the default"))
    }
    for check in checks.prefix(10) where !isFrontEnd {
      recordCheck(check.url, of: app, origin: origin(check.place, lines), into: &page)
    }
    if let checkInterval {
      page.record(
        "app.healthcheck_interval", checkInterval.seconds, of: app,
        origin: origin(checkInterval.place, lines))
    }
    for setting in kernelSettings.prefix(20) {
      page.record(
        "app.sets_kernel", .text(setting.name), of: app, part: setting.name,
        origin: origin(setting.place, lines))
    }
    relateToRedis(app, lines, into: &page)
  }

  /// The image's own command is gunicorn perhaps: what the environment sets of it counts.
  private func recordVariables(of app: Int, _ lines: [String], into page: inout Page) {
    if let arguments = environment["GUNICORN_CMD_ARGS"] {
      let command = GunicornCommand(
        arguments: shellWords([(number: arguments.line, text: arguments.value[...])]).filter {
          !$0.isOperator
        }[...])
      var facts = GunicornCommandFacts(subject: app)
      facts.record(command.read(), into: &page) {
        Document.origin($0.line, in: lines).marking($0.text)
      }
    }
    if let workers = environment["WEB_CONCURRENCY"], let count = Double(workers.value) {
      page.record(
        "gunicorn.workers", count, of: app,
        origin: Document.origin(workers.line, in: lines).marking(workers.value))
    }
  }

  private func hostPath(of path: String) -> String {
    guard
      let mount = mounts.first(where: {
        path == $0.container || path.hasPrefix($0.container + "/")
      })
    else { return path }
    return mount.host + path.dropFirst(mount.container.count)
  }

  private func relateToRedis(_ app: Int, _ lines: [String], into page: inout Page) {
    let variables = environment.sorted { ($0.value.line, $0.key) < ($1.value.line, $1.key) }
    for (key, entry) in variables {
      let address: RedisAddress?
      if let url = RedisAddress(url: entry.value) {
        address = url
      } else if key.hasSuffix("REDIS_HOST"), !entry.value.isEmpty, !entry.value.contains("$") {
        address = RedisAddress(host: entry.value, port: 6379)
      } else {
        address = nil
      }
      guard let address else { continue }
      page.relate(
        app, .connectsTo, address.subject(on: &page),
        origin: Document.origin(entry.line, in: lines))
    }
  }
}

/// Pages without sessions: a static site may well be asked for /.
func isFrontEnd(_ name: String) -> Bool {
  name.lowercased().split { !$0.isLetter }.contains { word in
    ["frontend", "front", "static", "nginx", "ui", "docs", "spa", "assets", "cdn"].contains(word)
  }
}

/// What a health check asks, by the URL in its command.
func recordCheck(_ command: String, of app: Int, origin: Origin, into page: inout Page) {
  let text = String(command.prefix(300))
  page.record("app.healthcheck", .text(text), of: app, part: text, origin: origin)
  guard let path = checkedPath(command) else { return }
  page.record(
    "app.healthcheck_asks_root", .flag(path == "/" || path.isEmpty), of: app, part: text,
    origin: origin)
}

/// The path of the first http URL in a command; nil where it asks none.
func checkedPath(_ command: String) -> String? {
  if command.hasPrefix("/") { return String(command.prefix { $0 != "?" }) }
  for scheme in ["http://", "https://"] {
    guard let at = command.firstRange(of: scheme) else { continue }
    let url = command[at.lowerBound...].prefix {
      !$0.isWhitespace && $0 != "'" && $0 != "\"" && $0 != ")" && $0 != "," && $0 != ";"
    }
    guard !url.contains("$") || urlPath(String(url)).isEmpty == false else { return nil }
    let path = urlPath(String(url))
    return path.contains("$") ? nil : (path.isEmpty ? "/" : path)
  }
  return nil
}

/// `512m`, `1G`, `536870912`, `512Mi`.
func byteCount(_ text: String) -> Double? { GunicornCommandReader.byteCount(text) }
