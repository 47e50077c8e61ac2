import Model

/// A service or container whose state is told: the application's, a Redis server's or nginx'.
struct ServicePart {
  /// What it is by its names. What else stands beside them, as a database or an exporter, is not judged.
  enum Role: String, Sendable {
    case app
    case redis
    case proxy = "nginx"

    fileprivate var kind: SubjectKind {
      switch self {
      case .app: .app
      case .redis: .redis
      case .proxy: .proxy
      }
    }
  }

  let role: Role
  let subject: Int

  /// At most so many services of one document are told.
  static let limit = 500

  /// How many there are of each role.
  static func counts(_ roles: [Role?]) -> [Role: Int] {
    roles.reduce(into: [:]) { counts, role in if let role { counts[role, default: 0] += 1 } }
  }

  /// `several`: more than one of its role is told here, so that its name must tell it apart.
  /// An application's always does.
  init(_ role: Role, name: String?, several: Bool = false, in page: inout Page) {
    self.role = role
    var clue = SubjectClue(role.kind)
    if let name, role == .app || several { clue.keys.insert(.serviceName(name)) }
    subject = page.subject(clue)
  }

  /// Records a fact that is known of every role: `redis.service.active`.
  func record(
    _ name: String, _ value: Value, at time: Instant? = nil, origin: Origin, into page: inout Page
  ) {
    page.record("\(role.rawValue).\(name)", value, of: subject, at: time, origin: origin)
  }

  func record(
    _ name: String, _ number: Double, at time: Instant? = nil, origin: Origin,
    into page: inout Page
  ) {
    guard number.isFinite else { return }
    record(name, .number(number), at: time, origin: origin, into: &page)
  }

  /// Who runs a container, and so whom to ask for its log.
  enum Manager: String, Sendable { case docker, kubernetes }

  func record(
    containerState state: String, of manager: Manager, origin: Origin, into page: inout Page
  ) {
    record("container.state", .text(state), origin: origin, into: &page)
    record("container.manager", .text(manager.rawValue), origin: origin, into: &page)
  }

  /// Records the exit code of its container: above 128 it is a signal's, as shells count.
  func record(exitCode: Int, at time: Instant? = nil, origin: Origin, into page: inout Page) {
    record("container.exit_code", Double(exitCode), at: time, origin: origin, into: &page)
    guard (129..<193).contains(exitCode) else { return }
    let name = ProcessSignal.name(exitCode - 128)
    record("container.exit_signal", .text(name), at: time, origin: origin, into: &page)
  }

  /// Records that it was killed for want of memory although nothing bounds what it may use, so that it
  /// was the host's memory that was gone.
  func recordKillOfHost(
    _ host: Int? = nil, at time: Instant? = nil, origin: Origin, into page: inout Page
  ) {
    let host = host ?? page.subject(.host)
    page.relate(subject, .runsOn, host, origin: origin)
    page.record("host.services_killed", 1, of: host, at: time, origin: origin)
  }

  /// Records what it may use at most.
  func recordLimits(memory: (Double, Origin)?, cpus: (Double, Origin)?, into page: inout Page) {
    if let (bytes, origin) = memory, bytes > 0 {
      switch role {
      case .app: page.record("app.memory_limit", bytes, of: subject, origin: origin)
      case .redis: page.record("redis.container.memory_limit", bytes, of: subject, origin: origin)
      case .proxy: break
      }
    }
    if role == .app, let (count, origin) = cpus, count > 0 {
      page.record("app.cpus", count, of: subject, origin: origin)
    }
  }
}

extension ServicePart.Role {
  /// What a container is: by its image, or by its name where the image has none.
  init?(image: String, name: String) {
    let isDigest = image.isEmpty || image.hasPrefix("sha256:") || image.allSatisfy(\.isHexDigit)
    if RedisServerCommand.isImage(image) {
      self = .redis
    } else if !isDigest, Self.isProxy(image.split(separator: "/").last ?? "") {
      self = .proxy
    } else if isDigest {
      self.init(name: name)
    } else if Self.isInfrastructure(name) || Readers.isInfrastructure(image: image) {
      return nil
    } else {
      self = .app
    }
  }

  /// What a unit or container is by its name alone, without `.service`: `redis-server`, `redis_6379`,
  /// `redis@cache`, `shop-redis-1`.
  init?(name: some StringProtocol) {
    let words = name.lowercased().split { !$0.isLetter }
    let servers: Set<Substring> = ["redis", "valkey", "keydb", "dragonfly"]
    let others: Set<Substring> = [
      "exporter", "sentinel", "commander", "insight", "redisinsight", "operator", "metrics",
      "proxy", "ui", "backup", "cli", "init",
    ]
    if words.contains(where: servers.contains) {
      guard !words.contains(where: others.contains) else { return nil }
      self = .redis
    } else if Self.isProxy(name) {
      self = .proxy
    } else if Self.isInfrastructure(name) {
      return nil
    } else {
      self = .app
    }
  }

  private static func isProxy(_ name: some StringProtocol) -> Bool {
    let name = name.lowercased()
    return name.contains("nginx") && !name.contains("exporter")
  }

  /// Services that stand beside the application.
  private static func isInfrastructure(_ name: some StringProtocol) -> Bool {
    let name = name.lowercased()
    return [
      "redis", "valkey", "postgres", "mysql", "mariadb", "mongo", "nginx", "traefik", "haproxy",
      "caddy", "memcached", "rabbitmq", "kafka", "elasticsearch", "prometheus", "grafana", "cron",
      "ssh", "docker.", "containerd", "systemd", "rsyslog", "exporter", "consul", "apache", "httpd",
      "varnish", "keydb", "dragonfly", "coredns", "kube-", "aws-node", "metrics-server",
      "cert-manager",
    ].contains { name.contains($0) }
  }
}
