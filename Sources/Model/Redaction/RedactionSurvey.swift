/// What is learnt of the evidence before anything of it is redacted: secrets, which are then taken out
/// wherever they stand, and names of hosts and users that are names only where they were introduced.
///
/// Bounded: what is beyond the limit is redacted where it is recognised, but not everywhere.
package struct RedactionSurvey: Sendable {
  static let secretLimit = 20_000
  static let nameLimit = 50_000

  /// By their first bytes.
  private var secretsByHead: [UInt64: [[UInt8]]] = [:]
  private var secretCount = 0
  private(set) var names = KnownNames()
  private var low = SipHash(key: PseudonymKey(low: 0x7375_7276_6579, high: 1))
  private var high = SipHash(key: PseudonymKey(low: 0x7375_7276_6579, high: 2))
  /// More was found than is kept.
  package private(set) var isFull = false

  package init() {}

  /// The key of those who gave none: nobody who does not have the evidence has it.
  var key: PseudonymKey { PseudonymKey(low: low.value, high: high.value) }

  package var secretsFound: Int { secretCount }

  /// Learns from a line; `announced` is a secret that the line before it named.
  package mutating func read(_ line: [UInt8], context: inout LineRedactor, findsNames: Bool) {
    if findsNames {
      low.add(line)
      high.add(line)
    }
    let announced = context.announced(in: line)
    if let announced { add(secret: Array(line[announced])) }
    for finding in findSecrets(in: line) where finding.isStrong {
      add(secret: Array(line[finding.range]))
    }
    guard findsNames else { return }
    for (kind, name) in IdentityFinder.introductions(in: line) { add(name, as: kind) }
  }

  package mutating func read(_ text: String, findsNames: Bool) {
    var context = LineRedactor()
    read(Array(text.utf8), context: &context, findsNames: findsNames)
  }

  package mutating func add(_ name: String, as kind: NamedThing) {
    guard names.count < RedactionSurvey.nameLimit else {
      isFull = true
      return
    }
    names.insert(name, as: kind)
  }

  /// Only what cannot be met by chance: a password `redis` is a word like any other.
  private mutating func add(secret: [UInt8]) {
    guard secret.count >= 6, secret.count <= 512, let head = head(secret, at: 0) else { return }
    let classes = Set(
      secret.map { byte in
        if isDigit(byte) { return 0 }
        return isLetter(byte) ? (byte & 0x20 == 0 ? 1 : 2) : 3
      })
    let isNumber = secret.allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") }
    guard !isNumber, !secret.contains(where: isSpace),
      classes.count >= 3 || classes.contains(0) && classes.count == 2 || secret.count >= 16
    else { return }
    guard secretsByHead[head]?.contains(secret) != true else { return }
    guard secretCount < RedactionSurvey.secretLimit else {
      isFull = true
      return
    }
    secretsByHead[head, default: []].append(secret)
    secretCount += 1
  }

  private func head(_ bytes: [UInt8], at index: Int) -> UInt64? {
    guard index + 6 <= bytes.count else { return nil }
    var head: UInt64 = 0
    for offset in 0..<6 { head = head << 8 | UInt64(bytes[index + offset]) }
    return head
  }

  /// Where a secret that was found anywhere stands in this line as a word of its own.
  package func secrets(in line: [UInt8]) -> [Range<Int>] {
    guard !secretsByHead.isEmpty else { return [] }
    var found: [Range<Int>] = []
    var index = 0
    while index + 6 <= line.count {
      let isStart = index == 0 || !isWordByte(line[index - 1])
      guard isStart, let head = head(line, at: index), let candidates = secretsByHead[head] else {
        index += 1
        continue
      }
      let match = candidates.filter { secret in
        let end = index + secret.count
        return end <= line.count && (end == line.count || !isWordByte(line[end]))
          && line[index..<end].elementsEqual(secret)
      }.max { $0.count < $1.count }
      if let match { found.append(index..<(index + match.count)) }
      index += match?.count ?? 1
    }
    return found
  }
}

private func isWordByte(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }

/// What a name is of.
package enum NamedThing: Sendable { case host, user, container }

/// Names that mean nothing by their look.
struct KnownNames: Sendable {
  private(set) var hosts: Set<String> = []
  private(set) var users: Set<String> = []
  private(set) var containers: Set<String> = []

  /// Of all of them: most words are none, and are told so without being made a text.
  private var digests: Set<UInt64> = []

  var count: Int { hosts.count + users.count + containers.count }

  func mayHold(_ word: ArraySlice<UInt8>) -> Bool { digests.contains(KnownNames.digest(word)) }

  private static func digest(_ word: some Sequence<UInt8>) -> UInt64 {
    word.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
  var isEmpty: Bool { count == 0 }

  mutating func insert(_ name: String, as kind: NamedThing) {
    guard name.utf8.count <= 253, name.utf8.allSatisfy(isNameByte) else { return }
    digests.insert(KnownNames.digest(name.utf8))
    switch kind {
    case .host where isTelling(name): hosts.insert(name)
    case .user where isTelling(name): users.insert(name)
    case .container where name.utf8.count >= 12: containers.insert(name)
    default: break
    }
  }
}

/// Not a word that every other system has as well, nor a number.
func isTelling(_ name: some StringProtocol) -> Bool {
  name.utf8.count >= 3 && !commonNames.contains(name.lowercased())
    && name.utf8.contains(where: isLetter)
    && name.utf8.first != UInt8(ascii: "-") && name.utf8.first != UInt8(ascii: ".")
}

private let commonNames: Set<String> = [
  "localhost", "localhost.localdomain", "default", "root", "redis", "web", "app", "database",
  "cache", "proxy", "nginx", "gunicorn", "celery", "worker", "workers", "server", "host",
  "hostname", "master", "replica", "slave", "primary", "api", "www", "mail", "admin", "user",
  "users", "nobody", "none", "null", "unknown", "test", "ubuntu", "debian", "centos", "ec2-user",
  "www-data", "daemon", "systemd", "kernel", "internal", "prod", "production", "staging", "dev",
  "sentinel", "postgres", "mysql", "docker", "kubernetes", "svc", "cluster", "local", "django",
  "flask", "python", "java", "spring", "session", "sessions", "health", "metrics", "prometheus",
  "grafana", "consul", "node", "backend", "frontend", "upstream", "unix", "true", "false", "yes",
  "off", "ping", "info", "warning", "error", "debug", "critical", "notice", "fatal", "crit",
  "valkey", "keydb", "dragonfly", "redis-server", "redis-cli", "tomcat", "jetty", "syslog",
  "messagebus", "elasticache", "the", "and", "for", "from", "with", "not", "any", "all", "name",
  "password", "username", "client", "self", "system", "service", "services", "data", "home",
  "www-root", "jenkins", "deploy", "vagrant", "celery-worker", "http", "https", "tcp", "udp",
  "group", "sshd", "cron", "sudo", "rabbitmq", "broker", "queue", "monitor", "monitoring", "site",
  "key", "value", "string", "bytes", "count", "memory", "main", "core", "global", "public",
  "get", "set", "del", "keys", "auth", "select", "command", "connection", "connect", "timeout",
]
