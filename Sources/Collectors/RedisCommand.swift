/// Every command that can be sent to a Redis server. There is no other way to send one, and none of
/// these changes data or settings.
enum RedisCommand: Sendable {
  case auth(user: String?, password: RedisTarget.Password)
  case select(Int)
  case ping
  /// All sections; servers before 2.6 or with a rewritten INFO know it only without arguments.
  case info(all: Bool)
  case slowlog(entries: Int)
  case slowlogLength
  case config(ConfigKey)
  case clientList
  case latencyLatest
  case latencyHistory(LatencyEvent)
  case latencyDoctor
  case memoryDoctor
  case memoryStats
  case role
  case databaseSize
  case scan(cursor: [UInt8], count: Int)
  case type([UInt8])
  case timeToLive([UInt8])
  /// Looks at five elements of a collection, however large it is.
  case memoryUsage([UInt8])
  /// Leaves the key as long unused as it was.
  case idleTime([UInt8])

  /// The settings that are asked for, one by one: `CONFIG GET *` would hold passwords.
  enum ConfigKey: String, CaseIterable, Sendable {
    case maxmemory
    case maxmemoryPolicy = "maxmemory-policy"
    case maxmemorySamples = "maxmemory-samples"
    case maxclients
    case timeout
    case tcpKeepalive = "tcp-keepalive"
    case tcpBacklog = "tcp-backlog"
    case slowlogLogSlowerThan = "slowlog-log-slower-than"
    case slowlogMaxLen = "slowlog-max-len"
    case latencyMonitorThreshold = "latency-monitor-threshold"
    case save
    case appendonly
    case appendfsync
    case stopWritesOnBgsaveError = "stop-writes-on-bgsave-error"
    case replicaof
    case slaveof
    case bind
    case protectedMode = "protected-mode"
    case port
    case hz
    case activedefrag
    case lazyfreeLazyExpire = "lazyfree-lazy-expire"
    case lazyfreeLazyEviction = "lazyfree-lazy-eviction"
    case clientOutputBufferLimit = "client-output-buffer-limit"
    case notifyKeyspaceEvents = "notify-keyspace-events"
    case dir
    case logfile
  }

  /// What Redis' latency monitor calls its events; a server cannot have any other word sent back to it.
  enum LatencyEvent: String, CaseIterable, Sendable {
    case command
    case fastCommand = "fast-command"
    case fork
    case expireCycle = "expire-cycle"
    case evictionCycle = "eviction-cycle"
    case evictionDelete = "eviction-del"
    case activeDefragCycle = "active-defrag-cycle"
    case cron = "while-blocked-cron"
    case aofWrite = "aof-write"
    case aofWritePendingFsync = "aof-write-pending-fsync"
    case aofWriteActiveChild = "aof-write-active-child"
    case aofWriteAlone = "aof-write-alone"
    case aofFsyncAlways = "aof-fsync-always"
    case aofRename = "aof-rename"
    case aofRewriteDone = "aof-rewrite-done-fsync"
    case aofRewriteDiff = "aof-rewrite-diff-write"
    case snapshotUnlink = "rdb-unlink-temp-file"
  }

  var arguments: [[UInt8]] {
    switch self {
    case .auth(let user, let password):
      words("AUTH") + (user.map { words($0) } ?? []) + words(password.text)
    case .select(let database): words("SELECT", "\(database)")
    case .ping: words("PING")
    case .info(let all): all ? words("INFO", "ALL") : words("INFO")
    case .slowlog(let entries): words("SLOWLOG", "GET", "\(entries)")
    case .slowlogLength: words("SLOWLOG", "LEN")
    case .config(let key): words("CONFIG", "GET", key.rawValue)
    case .clientList: words("CLIENT", "LIST")
    case .latencyLatest: words("LATENCY", "LATEST")
    case .latencyHistory(let event): words("LATENCY", "HISTORY", event.rawValue)
    case .latencyDoctor: words("LATENCY", "DOCTOR")
    case .memoryDoctor: words("MEMORY", "DOCTOR")
    case .memoryStats: words("MEMORY", "STATS")
    case .role: words("ROLE")
    case .databaseSize: words("DBSIZE")
    case .scan(let cursor, let count): words("SCAN") + [cursor] + words("COUNT", "\(count)")
    case .type(let key): words("TYPE") + [key]
    case .timeToLive(let key): words("TTL") + [key]
    case .memoryUsage(let key): words("MEMORY", "USAGE") + [key] + words("SAMPLES", "5")
    case .idleTime(let key): words("OBJECT", "IDLETIME") + [key]
    }
  }

  /// What it is called in messages; never holds a password or a key.
  var name: String {
    switch self {
    case .auth: "AUTH"
    case .select: "SELECT"
    case .ping: "PING"
    case .info: "INFO"
    case .slowlog: "SLOWLOG GET"
    case .slowlogLength: "SLOWLOG LEN"
    case .config: "CONFIG GET"
    case .clientList: "CLIENT LIST"
    case .latencyLatest: "LATENCY LATEST"
    case .latencyHistory: "LATENCY HISTORY"
    case .latencyDoctor: "LATENCY DOCTOR"
    case .memoryDoctor: "MEMORY DOCTOR"
    case .memoryStats: "MEMORY STATS"
    case .role: "ROLE"
    case .databaseSize: "DBSIZE"
    case .scan: "SCAN"
    case .type: "TYPE"
    case .timeToLive: "TTL"
    case .memoryUsage: "MEMORY USAGE"
    case .idleTime: "OBJECT IDLETIME"
    }
  }
}

private func words(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }
