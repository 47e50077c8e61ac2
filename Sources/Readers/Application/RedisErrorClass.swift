import Model

/// The kinds of trouble with Redis that client libraries report.
enum RedisErrorClass: String, CaseIterable {
  case timeouts, refused, resets
  case maxClients = "max_clients"
  case misconf, readonly, unblocked, oom
  case loading
  case poolExhausted = "pool_exhausted"
  case unreachable

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
    case .poolExhausted: "requests without a pooled connection"
    case .unreachable: "connections that nobody answered"
    }
  }

  /// The class of a line, by the texts of Redis' replies and of Lettuce, Jedis, redis-py, Celery and
  /// ioredis. Texts that other systems use too count only where the line names Redis or where
  /// `isRedis` says that the log entry does.
  init?(_ line: borrowing Span<UInt8>, isRedis: Bool) {
    func has(_ text: StaticString) -> Bool { line.contains(text) }
    // Replies of Redis itself, most telling first.
    if has("max number of clients reached") {
      self = .maxClients
    } else if has("MISCONF ") {
      self = .misconf
    } else if has("UNBLOCKED ") {
      self = .unblocked
    } else if has("READONLY You can't write") || has("ReadOnlyError")
      || has("write against a read only replica") || has("write against a read only slave")
    {
      self = .readonly
    } else if has("OOM command not allowed") || has("command not allowed when used memory")
      || has("redis.exceptions.OutOfMemoryError")
    {
      self = .oom
    } else if has("LOADING Redis is loading") || has("Redis is loading the dataset")
      || has("BusyLoadingError")
    {
      self = .loading
    } else if isRedis,
      has("Timeout waiting for idle object") || has("ool exhausted") || has("pool is exhausted")
        || has("Too many connections") || has("No connection available")
    {
      self = .poolExhausted
    } else if has("RedisCommandTimeoutException") || has("Redis command timed out")
      || has("Timeout reading from socket") || has("Timeout reading from ")
      || has("Timeout connecting to server") && isRedis
      || has("redis.exceptions.TimeoutError")
    {
      self = .timeouts
    } else if has("Error 111 connecting to") || has("Error 61 connecting to") {
      self = .refused
    } else if has("Error 110 connecting to") || has("Error 113 connecting to")
      || has("Error -2 connecting to") || has("Error -3 connecting to")
      || has("Error 101 connecting to")
    {
      self = .unreachable
    } else if has("Error while reading from") && has(":")
      || has("Connection closed by server.") || has("Error 104 while writing to socket")
      || has("Error 32 while writing to socket")
      || isRedis && (has("Unexpected end of stream") || has("Connection to broker lost"))
    {
      self = .resets
    } else if isRedis {
      if has("ECONNREFUSED") || has("onnection refused") {
        self = .refused
      } else if has("onnection timed out") || has("connect timed out") || has("ETIMEDOUT")
        || has("EHOSTUNREACH") || has("No route to host") || has("ENOTFOUND")
        || has("onnectTimeoutException")
      {
        self = .unreachable
      } else if has("Read timed out") || has("Command timed out after")
        || has("SocketTimeoutException")
      {
        self = .timeouts
      } else if has("ECONNRESET") || has("onnection reset") || has("Broken pipe")
        || has("EPIPE") || has("Connection is closed") || has("MaxRetriesPerRequestError")
        || has("Connection lost")
      {
        self = .resets
      } else if has("Cannot reconnect to") || has("Unable to connect to") {
        self = .unreachable
      } else {
        return nil
      }
    } else {
      return nil
    }
  }

  /// True where a line speaks of Redis by name, client library or broker URL.
  static func namesRedis(_ line: borrowing Span<UInt8>) -> Bool {
    line.contains("edis") || line.contains("REDIS") || line.contains("lettuce")
      || line.contains("ConnectionWatchdog")
  }
}
