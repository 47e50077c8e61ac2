import Model

/// One setting as a config or an answer states it.
struct RedisSetting {
  let name: String
  let value: String
  let nameLine: Int
  let valueLine: Int
}

/// Settings on their way to facts: what stands later wins, as Redis has it.
struct RedisSettings {
  private(set) var last: [String: RedisSetting] = [:]
  private var saves: [RedisSetting] = []
  private var limits: [String: (bytes: String, line: Int)] = [:]
  private var renamed: [String: Int] = [:]
  /// A password, wherever it was stated.
  private var passwordLine: Int?
  private static let renamedLimit = 100
  /// From CONFIG GET: what holds now, which a client may have changed since the config was read.
  let isRunning: Bool

  init(isRunning: Bool) { self.isRunning = isRunning }

  var count: Int { last.count }

  mutating func add(_ setting: RedisSetting) {
    var name = setting.name
    if name == "slaveof" { name = "replicaof" }
    last[name] = setting
    let words = setting.value.split { $0 == " " || $0 == "\t" }
    switch name {
    case "save":
      if words.isEmpty { saves.removeAll() }
      saves.append(setting)
    case "client-output-buffer-limit":
      for start in stride(from: 0, to: words.count - 3, by: 4) {
        let isReplica = words[start] == "slave" || words[start] == "replica"
        let group = isReplica ? "replica" : words[start].lowercased()
        if ["normal", "replica", "pubsub"].contains(group) {
          limits[group] = (String(words[start + 1]), setting.valueLine)
        }
      }
    case "rename-command":
      if let old = words.first, renamed.count < RedisSettings.renamedLimit {
        renamed[old.uppercased()] = setting.valueLine
      }
    case "user":
      if words.first == "default", words.contains(where: { $0.first == ">" || $0.first == "#" }) {
        passwordLine = setting.valueLine
      }
    default: break
    }
  }

  var keys: Set<IdentityKey> {
    guard let port = last["port"].flatMap({ RedisText.integer($0.value) }), port > 0,
      port < 65_536
    else { return [] }
    var keys: Set<IdentityKey> = [.port(port)]
    let addresses = (last["bind"]?.value ?? "").split(separator: " ").map {
      $0.first == "-" ? $0.dropFirst() : $0
    }
    let others = addresses.filter { $0 != "127.0.0.1" && $0 != "::1" && $0 != "localhost" }
    if others.count == 1, RedisText.isRoutable(others[0]) {
      keys.insert(.address("\(others[0]):\(port)"))
    }
    return keys
  }

  func record(of subject: Int, lines: [String], into page: inout Page) {
    let ordered = last.sorted { ($0.value.nameLine, $0.key) < ($1.value.nameLine, $1.key) }
    for (name, setting) in ordered {
      let origin = Document.origin(setting.valueLine, in: lines).marking(setting.value)
      switch name {
      case "save", "client-output-buffer-limit", "rename-command", "user": break
      case "requirepass", "masterauth":
        page.record(
          "redis.config.\(name)_set", .flag(!setting.value.isEmpty), of: subject,
          origin: Origin(line: setting.nameLine, excerpt: "\(name) ***"))
      case "replicaof" where isRunning:
        // REPLICAOF sets it too: only the file tells whether the server is a replica by its config.
        page.record(
          "redis.config.running_replicaof", .text(String(setting.value.prefix(200))), of: subject,
          origin: origin)
      default:
        RedisSettings.record(name, setting.value, of: subject, origin: origin, into: &page)
      }
    }
    if let passwordLine, last["requirepass"] == nil {
      page.record(
        "redis.config.requirepass_set", .flag(true), of: subject,
        origin: Origin(line: passwordLine, excerpt: "user default ***"))
    }
    if let save = saves.last {
      let rules = saves.map(\.value).filter { !$0.isEmpty }.joined(separator: " ")
      let origin = Document.origin(save.valueLine, in: lines)
      page.record("redis.config.save", .text(rules), of: subject, origin: origin)
      page.record("redis.config.save_enabled", .flag(!rules.isEmpty), of: subject, origin: origin)
    }
    for (group, limit) in limits.sorted(by: { $0.key < $1.key }) {
      guard let bytes = RedisSettings.bytes(limit.bytes) else { continue }
      page.record(
        "redis.config.client_output_buffer_limit", bytes, of: subject, part: group,
        origin: Document.origin(limit.line, in: lines))
    }
    for (command, line) in renamed.sorted(by: { $0.key < $1.key }) {
      page.record(
        "redis.config.rename_command", .text(command), of: subject, part: command,
        origin: Origin(line: line, excerpt: "rename-command \(command) ***"))
    }
  }

  /// What holds where a whole redis.conf does not say otherwise.
  func recordDefaults(of subject: Int, isValkey: Bool, into page: inout Page) {
    let origin = Origin(line: nil, excerpt: "")
    for (name, value) in RedisSettings.defaults where last[name] == nil {
      // Valkey 8 frees in the background unless told not to.
      if isValkey, name.hasPrefix("lazyfree-") { continue }
      RedisSettings.record(name, value, of: subject, origin: origin, into: &page)
    }
    if last["requirepass"] == nil, last["aclfile"] == nil, passwordLine == nil {
      page.record("redis.config.requirepass_set", .flag(false), of: subject, origin: origin)
    }
    if saves.isEmpty {
      // The rules differ by version; that there are some does not.
      page.record("redis.config.save_enabled", .flag(true), of: subject, origin: origin)
    }
    for (group, bytes) in [("normal", 0), ("replica", 268_435_456), ("pubsub", 33_554_432)]
    where limits[group] == nil {
      page.record(
        "redis.config.client_output_buffer_limit", Double(bytes), of: subject, part: group,
        origin: origin)
    }
  }

  /// The defaults that the redis.conf of the distribution documents.
  private static let defaults: [(String, String)] = [
    ("port", "6379"), ("bind", "* -::*"), ("protected-mode", "yes"), ("tcp-backlog", "511"),
    ("timeout", "0"), ("tcp-keepalive", "300"), ("maxclients", "10000"), ("maxmemory", "0"),
    ("maxmemory-policy", "noeviction"), ("stop-writes-on-bgsave-error", "yes"),
    ("appendonly", "no"), ("appendfsync", "everysec"), ("no-appendfsync-on-rewrite", "no"),
    ("replicaof", ""), ("slowlog-log-slower-than", "10000"), ("slowlog-max-len", "128"),
    ("latency-monitor-threshold", "0"), ("activedefrag", "no"), ("hz", "10"),
    ("lazyfree-lazy-eviction", "no"), ("lazyfree-lazy-expire", "no"),
    ("lazyfree-lazy-server-del", "no"), ("lazyfree-lazy-user-del", "no"),
    ("lazyfree-lazy-user-flush", "no"), ("notify-keyspace-events", ""), ("disable-thp", "yes"),
    ("oom-score-adj", "no"),
  ]

  /// Records a setting that has a row in the catalogue, in its base unit.
  private static func record(
    _ name: String, _ value: String, of subject: Int, origin: Origin, into page: inout Page
  ) {
    let fact = "redis.config." + name.replacing("-", with: "_")
    guard let row = Catalogue.observed[fact] else { return }
    switch row.unit {
    case .flag:
      guard ["yes", "no"].contains(value.lowercased()) else { return }
      page.record(fact, .flag(value.lowercased() == "yes"), of: subject, origin: origin)
    case .text:
      page.record(fact, .text(String(value.prefix(200))), of: subject, origin: origin)
    case .bytes:
      if let bytes = bytes(value) { page.record(fact, bytes, of: subject, origin: origin) }
    default:
      guard let number = RedisText.number(value) else { return }
      let divisor: Double =
        switch name {
        // -1 switches the slow log off and is no time.
        case "slowlog-log-slower-than": number < 0 ? 1 : 1e6
        case "latency-monitor-threshold": 1e3
        default: 1
        }
      page.record(fact, number / divisor, of: subject, origin: origin)
    }
  }

  /// `1k` is 1000 bytes, `1kb` is 1024, and so on; a number alone is bytes.
  static func bytes(_ text: String) -> Double? {
    guard let number = RedisText.number(text), number >= 0 else { return nil }
    let unit = text.drop { $0.isNumber || $0 == "." }.lowercased()
    let factors: [String: Double] = [
      "": 1, "b": 1, "k": 1e3, "kb": 1024, "m": 1e6, "mb": 1_048_576, "g": 1e9,
      "gb": 1_073_741_824,
    ]
    return factors[unit].map { number * $0 }
  }
}
