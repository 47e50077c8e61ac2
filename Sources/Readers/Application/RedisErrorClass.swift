import Model

/// The kinds of trouble with Redis that client libraries report.
enum RedisErrorClass: String, CaseIterable {
  case timeouts, refused, resets
  case maxClients = "max_clients"
  case misconf, readonly, unblocked, oom
  case loading
  case auth, cluster
  case poolExhausted = "pool_exhausted"
  case unreachable
  case tls
  case noLocalPort = "no_local_port"

  /// How the timeline names it.
  var wording: String {
    switch self {
    case .timeouts: "time-outs"
    case .refused: "connections refused"
    case .resets: "connections broken"
    case .maxClients: "connections refused for maxclients"
    case .misconf: "writes refused, Redis cannot save"
    case .readonly: "writes refused by a replica"
    case .unblocked: "blocking commands thrown out"
    case .oom: "writes refused, maxmemory reached"
    case .loading: "commands refused while loading"
    case .cluster: "refused by a cluster or a replica that is cut off"
    case .auth: "refused for the password or the user"
    case .poolExhausted: "requests without a pooled connection"
    case .unreachable: "connections that nobody answered"
    case .tls: "connections without a certificate or a TLS that both accept"
    case .noLocalPort: "connections without a local port to make them from"
    }
  }
}

/// What a line says of trouble with Redis, by the texts of Redis' replies and of Lettuce, Jedis,
/// redis-py, Celery, ioredis, go-redis, redis-rb, phpredis, Predis and StackExchange.Redis.
struct RedisErrorSigns {
  private struct Sign {
    let kind: RedisErrorClass
    /// Other systems use the words too: they count only where the log entry names Redis.
    let isShared: Bool
    let words: [StaticString]

    init(_ kind: RedisErrorClass, isShared: Bool = false, _ words: StaticString...) {
      (self.kind, self.isShared, self.words) = (kind, isShared, words)
    }
  }

  /// Whether a text holds an error of a Redis client under its full name, which no sentence does.
  static func nameClass(_ text: String) -> Bool {
    [
      "redis.exceptions.", "django_redis.exceptions.", "io.lettuce.core.Redis",
      "redis.clients.jedis.exceptions.", "org.springframework.data.redis.", "org.redisson.client.",
      "StackExchange.Redis.Redis", "Redis::CannotConnectError", "Redis::TimeoutError",
      "MaxRetriesPerRequestError:",
    ].contains { text.contains($0) }
  }

  /// Replies of Redis itself come first, most telling first: the first sign that a line bears decides.
  private static let signs = [
    Sign(.maxClients, "max number of clients reached"),
    Sign(.misconf, "MISCONF "),
    Sign(.unblocked, "UNBLOCKED "),
    Sign(
      .readonly, "READONLY You can't write", "ReadOnlyError", "write against a read only replica",
      "write against a read only slave"),
    Sign(
      .oom, "OOM command not allowed", "command not allowed when used memory",
      "redis.exceptions.OutOfMemoryError"),
    Sign(
      .loading, "LOADING Redis is loading", "Redis is loading the dataset", "BusyLoadingError"),
    Sign(.cluster, "CLUSTERDOWN ", "MASTERDOWN Link with MASTER is down"),
    Sign(
      .auth, "NOAUTH Authentication required", "invalid username-password pair",
      "redis.exceptions.AuthenticationError"),
    Sign(
      .auth, isShared: true, "ERR invalid password", "NOAUTH HELLO must be called",
      "Authentication required."),
    Sign(
      .poolExhausted, isShared: true, "Timeout waiting for idle object", "ool exhausted",
      "pool is exhausted", "Too many connections", "No connection available",
      "connection pool timeout"),
    Sign(
      .timeouts, "RedisCommandTimeoutException", "Redis command timed out", "Timeout reading from ",
      "redis.exceptions.TimeoutError", "RedisClient::ReadTimeoutError", "Redis::TimeoutError",
      "RedisTimeoutException"),
    Sign(.timeouts, isShared: true, "Timeout connecting to server", "Timeout performing "),
    Sign(
      .tls, isShared: true, "CERTIFICATE_VERIFY_FAILED", "certificate verify failed",
      "SSLHandshakeException", "x509: ", "WRONG_VERSION_NUMBER", "rong version number",
      "CERT_HAS_EXPIRED", "certificate has expired", "self-signed certificate",
      "first record does not look like a TLS handshake"),
    Sign(.refused, "Error 111 connecting to", "Error 61 connecting to"),
    Sign(
      .unreachable, "Error 110 connecting to", "Error 113 connecting to", "Error -2 connecting to",
      "Error -3 connecting to", "Error 101 connecting to"),
    Sign(
      .resets, "Error while reading from", "Connection closed by server.",
      "Error 104 while writing to socket", "Error 32 while writing to socket"),
    Sign(.resets, isShared: true, "Unexpected end of stream", "Connection to broker lost"),
    Sign(.refused, isShared: true, "ECONNREFUSED", "onnection refused"),
    Sign(.noLocalPort, "Error 99 connecting to"),
    Sign(.noLocalPort, isShared: true, "EADDRNOTAVAIL", "annot assign requested address"),
    Sign(
      .unreachable, isShared: true, "onnection timed out", "connect timed out", "ETIMEDOUT",
      "EHOSTUNREACH", "No route to host", "ENOTFOUND", "onnectTimeoutException", "dial tcp"),
    Sign(
      .timeouts, isShared: true, "Read timed out", "Command timed out after",
      "SocketTimeoutException", "i/o timeout", "context deadline exceeded"),
    Sign(
      .resets, isShared: true, "ECONNRESET", "onnection reset", "Broken pipe", "EPIPE",
      "Connection is closed", "MaxRetriesPerRequestError", "Connection lost",
      "read error on connection", "Redis server went away",
      "Error while reading line from the server",
      "SocketClosedUnexpectedlyError"),
    Sign(
      .unreachable, isShared: true, "Cannot reconnect to", "Unable to connect to",
      "not possible to connect to the redis server"),
  ]

  /// What stands before the address that a client could not use.
  static let targetMarks: [StaticString] = [
    "connecting to ", "reconnect to [", "timed out: ", "redis://", "rediss://", "ECONNREFUSED ",
    "destination was ", "Failed to connect to ", "Unable to connect to ", "ETIMEDOUT ",
    "refused: ", "error on connection to ",
  ]

  private static let names = signs.count
  private static let emptyPool = signs.count + 1
  private static let target = signs.count + 2
  private static let killed = signs.count + 3

  private static let words = WordSet(
    groups: signs.map(\.words) + [
      ["edis", "REDIS", "lettuce", "ConnectionWatchdog"],
      ["Could not get a resource from the pool"], targetMarks,
      // billiard, ExecutionPool: what Celery's main process says of one of its children.
      ["exited with 'signal 9 (SIGKILL)'"],
    ])

  private let found: WordSet.Groups

  init(_ line: borrowing Span<UInt8>) { found = Self.words.groups(in: line) }

  var isEmpty: Bool { found.isEmpty }

  /// The line speaks of Redis by name, client library or broker URL.
  var nameRedis: Bool { found.contains(Self.names) }

  /// Jedis got no connection, for a reason that the line does not tell.
  var tellOfEmptyPool: Bool { found.contains(Self.emptyPool) }

  /// A child of a Celery worker was ended from outside.
  var tellOfKilledChild: Bool { found.contains(Self.killed) }

  var mayNameTarget: Bool { found.contains(Self.target) }

  /// The trouble; `isRedis` says that the log entry names Redis.
  func kind(isRedis: Bool) -> RedisErrorClass? {
    for (number, sign) in Self.signs.enumerated()
    where found.contains(number) && (isRedis || !sign.isShared) {
      return sign.kind
    }
    return nil
  }
}
