import Model

/// What is counted in a server's log; the raw value is the fact.
enum RedisLogTally: String, CaseIterable {
  case starts = "redis.log.starts"
  case uncleanStarts = "redis.log.unclean_starts"
  case shutdowns = "redis.log.shutdowns"
  case crashes = "redis.log.crashes"
  case overcommitWarning = "redis.log.overcommit_warning"
  case hugePagesWarning = "redis.log.thp_warning"
  case backlogWarning = "redis.log.backlog_warning"
  case clockSourceWarning = "redis.log.clocksource_warning"
  case maxclientsReduced = "redis.log.maxclients_reduced"
  case forkFailed = "redis.log.fork_failed"
  case saves = "redis.log.saves"
  case saveFailed = "redis.log.save_failed"
  case noSpace = "redis.log.save_failed_no_space"
  case saveKilled = "redis.log.save_killed"
  case rewriteFailed = "redis.log.aof_rewrite_failed"
  case slowSync = "redis.log.aof_slow_fsync"
  case appendFailed = "redis.log.aof_write_error"
  case maxclientsReached = "redis.log.maxclients_reached"
  case tooManyFiles = "redis.log.too_many_open_files"
  case becameReplica = "redis.log.became_replica"
  case replicaByConfig = "redis.log.replica_by_config"
  case clusterMoved = "redis.log.cluster_reconfigured"
  case promoted = "redis.log.promoted"
  case masterUnreachable = "redis.log.master_unreachable"
  case outOfMemory = "redis.log.oom_allocating"
  case securityAttack = "redis.log.security_attack"
  case loadFailed = "redis.log.load_failed"
  case fullResync = "redis.log.full_resyncs"
  case replicaOverrun = "redis.log.replica_buffer_overruns"
  case clientOverrun = "redis.log.client_buffer_overruns"
  case copyFailed = "redis.log.copy_failed"

  /// The fact that holds the time of the last occurrence.
  var lastFact: String? {
    switch self {
    case .forkFailed, .saves, .saveFailed, .maxclientsReached, .tooManyFiles:
      rawValue + ".last"
    default: nil
    }
  }

  /// What a text counts as, by the words it begins with in Redis' source code, from 2.4 to 8 and
  /// Valkey. Starts, shutdowns, crashes and saves depend on the lines around and are not here.
  static func of(_ text: Span<UInt8>) -> RedisLogTally? {
    guard text.count > 0 else { return nil }
    switch text[0] {
    case UInt8(ascii: "W"), UInt8(ascii: "C"), UInt8(ascii: "Y"):
      if text.contains("for overcoming of output buffer limits") {
        // The flags of a replica hold an S; a client that MONITORs is of the replicas' class too.
        return flags(text, hold: UInt8(ascii: "S")) ? .replicaOverrun : .clientOverrun
      }
      return warning(text) ?? (isLoadFailure(text) ? .loadFailed : nil)
    case UInt8(ascii: "B"):
      if text.hasPrefix("Background saving terminated with success") { return .saves }
      if text.hasPrefix("Background AOF rewrite terminated with error")
        || text.hasPrefix("Background AOF rewrite terminated by signal")
      {
        return .rewriteFailed
      }
    case UInt8(ascii: "A"):
      if text.hasPrefix("Asynchronous AOF fsync is taking too long") { return .slowSync }
      if text.hasPrefix("Accepting client connection"), text.contains("Too many open files") {
        return .tooManyFiles
      }
    case UInt8(ascii: "E"):
      if text.hasPrefix("Error writing to the AOF file") { return .appendFailed }
      if text.hasPrefix("Error condition on socket for SYNC") { return .masterUnreachable }
      if text.hasPrefix("Error accepting a client connection"),
        text.contains("Too many open files")
      {
        return .tooManyFiles
      }
    case UInt8(ascii: "S"):
      if text.hasPrefix("Short write while writing to the AOF file") { return .appendFailed }
      if text.hasPrefix("SLAVE OF ") || text.hasPrefix("SLAVEOF ") { return replication(text) }
    case UInt8(ascii: "R"):
      if text.hasPrefix("REPLICAOF ") || text.hasPrefix("REPLICA OF ") { return replication(text) }
    case UInt8(ascii: "M"):
      if text.hasPrefix("MASTER MODE enabled") { return .promoted }
      if text.hasPrefix("MASTER timeout") { return .masterUnreachable }
    case UInt8(ascii: "P"):
      if text.hasPrefix("PRIMARY MODE enabled") { return .promoted }
      if text.hasPrefix("PRIMARY timeout") { return .masterUnreachable }
      if text.hasPrefix("Possible SECURITY ATTACK detected") { return .securityAttack }
    case UInt8(ascii: "U"):
      if text.hasPrefix("Unable to connect to MASTER") || text.hasPrefix("Unable to connect to PRI")
      {
        return .masterUnreachable
      }
    case UInt8(ascii: "T"):
      if text.hasPrefix("Timeout connecting to the MASTER")
        || text.hasPrefix("Timeout connecting to the PRIMARY")
      {
        return .masterUnreachable
      }
    case UInt8(ascii: "O"):
      if text.hasPrefix("Out Of Memory allocating") { return .outOfMemory }
    default: break
    }
    if text.contains("max number of clients reached") { return .maxclientsReached }
    if text.hasPrefix("Full resync requested by ") { return .fullResync }
    if isCopyFailure(text) { return .copyFailed }
    return isLoadFailure(text) ? .loadFailed : nil
  }

  private static func warning(_ text: Span<UInt8>) -> RedisLogTally? {
    if text.hasPrefix("Can't "), text.contains("fork: ") { return .forkFailed }
    if text.hasPrefix("Configuration change detected. Reconfiguring myself as a replica") {
      return .clusterMoved
    }
    if text.hasPrefix("WARNING") {
      if text.contains("Memory overcommit must be enabled")
        || text.contains("overcommit_memory is set to 0")
      {
        return .overcommitWarning
      }
      if text.contains("Transparent Huge Pages") { return .hugePagesWarning }
      if text.contains("TCP backlog setting") { return .backlogWarning }
      if text.contains("clocksource") { return .clockSourceWarning }
    }
    if text.contains("maxclients has been reduced") { return .maxclientsReduced }
    return nil
  }

  /// `Client id=5 addr=10.0.3.8:50122 ... flags=S db=0 ...`.
  private static func flags(_ text: Span<UInt8>, hold flag: UInt8) -> Bool {
    guard var at = text.firstIndex(of: " flags=").map({ $0 + 7 }) else { return false }
    while at < text.count, text[at] > 32 {
      if text[at] == flag { return true }
      at += 1
    }
    return false
  }

  /// A replica whose full copy broke off.
  private static func isCopyFailure(_ text: Span<UInt8>) -> Bool {
    text.hasPrefix("I/O error reading bulk count from ")
      || text.hasPrefix("I/O error trying to sync with ")
      || text.hasPrefix("Timeout receiving bulk data from ")
      || text.hasPrefix("MASTER aborted replication")
      || text.hasPrefix("PRIMARY aborted replication")
  }

  /// A server that ends at its start since it cannot read what it saved. A file that is only cut
  /// off it loads all the same, and says so in other words.
  private static func isLoadFailure(_ text: Span<UInt8>) -> Bool {
    if text.hasPrefix("Bad file format reading the append only file")
      || text.hasPrefix("Unexpected end of file reading the append only file")
      || text.hasPrefix("Unrecoverable error reading the append only file")
    {
      return true
    }
    return text.hasPrefix("Short read or OOM loading DB") || text.hasPrefix("Wrong RDB checksum")
      || text.hasPrefix("Fatal error loading the DB") || text.hasPrefix("Internal error in RDB")
      || text.hasPrefix("Terminating server after rdb file reading failure")
      || text.hasPrefix("Wrong signature trying to load DB")
      || text.hasPrefix("Can't handle RDB format version")
      || text.hasPrefix("Error reading the RDB preamble of the AOF")
      || text.hasPrefix("Fatal error: can't open the append log file for reading")
  }

  private static func replication(_ text: Span<UInt8>) -> RedisLogTally? {
    text.contains(" enabled (user request") ? .becameReplica : nil
  }

  /// Failed saves: the parent's verdict, or the child's (or a foreground SAVE's) own words. One
  /// failure makes one line of either kind, so the greater of both counts is taken. A save that
  /// Redis itself ends, as FLUSHALL does, gets SIGUSR1 and has not failed.
  enum SaveFailure { case verdict, detail }

  static func saveFailure(_ text: Span<UInt8>) -> SaveFailure? {
    guard text.count > 0 else { return nil }
    switch text[0] {
    case UInt8(ascii: "B"):
      if text.hasPrefix("Background saving terminated by signal") {
        return text.hasPrefix("Background saving terminated by signal 10") ? nil : .verdict
      }
      return text.hasPrefix("Background saving error") ? .verdict : nil
    case UInt8(ascii: "F"):
      return text.hasPrefix("Failed opening") && text.contains(" for saving") ? .detail : nil
    case UInt8(ascii: "E"):
      return text.hasPrefix("Error moving temp DB file") ? .detail : nil
    case UInt8(ascii: "W"):
      return text.hasPrefix("Write error saving DB")
        || text.hasPrefix("Write error while saving DB")
        ? .detail : nil
    default:
      return text.contains("MISCONF") ? .detail : nil
    }
  }
}
