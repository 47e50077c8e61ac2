import Model

/// redis_exporter: it shows INFO under names of its own, which are turned back here.
struct PrometheusRedis: Sendable {
  private struct Tally {
    var first = 0.0
    var second: Double?
    var third: Double?
    var line: PieceLines.Line
  }

  private var info = RedisInfoSnapshot()
  private var databases: [String: Tally] = [:]
  private var commands: [String: Tally] = [:]
  private var start: Double?
  private var age: Double?
  private var slowLog: (length: Double, line: PieceLines.Line)?
  private var reached: (isSo: Bool, line: PieceLines.Line)?
  private var error: String?
  private static let limit = 2000

  /// The fields of INFO by the metrics that show them, and what the metric is to be multiplied by.
  private static let fields: [Substring: (field: String, scale: Double)] = {
    var fields: [Substring: (field: String, scale: Double)] = [
      "redis_memory_used_bytes": ("used_memory", 1),
      "redis_memory_used_rss_bytes": ("used_memory_rss", 1),
      "redis_memory_used_peak_bytes": ("used_memory_peak", 1),
      "redis_memory_used_dataset_bytes": ("used_memory_dataset", 1),
      "redis_memory_used_overhead_bytes": ("used_memory_overhead", 1),
      "redis_memory_used_startup_bytes": ("used_memory_startup", 1),
      "redis_memory_used_lua_bytes": ("used_memory_lua", 1),
      "redis_memory_used_scripts_bytes": ("used_memory_scripts", 1),
      "redis_memory_max_bytes": ("maxmemory", 1),
      "redis_total_system_memory_bytes": ("total_system_memory", 1),
      "redis_mem_not_counted_for_eviction_bytes": ("mem_not_counted_for_evict", 1),
      "redis_allocator_active_bytes": ("allocator_active", 1),
      "redis_allocator_allocated_bytes": ("allocator_allocated", 1),
      "redis_allocator_resident_bytes": ("allocator_resident", 1),
      "redis_config_maxclients": ("maxclients", 1),
      "redis_connections_received_total": ("total_connections_received", 1),
      "redis_commands_processed_total": ("total_commands_processed", 1),
      "redis_net_input_bytes_total": ("total_net_input_bytes", 1),
      "redis_net_output_bytes_total": ("total_net_output_bytes", 1),
      "redis_evicted_keys_total": ("evicted_keys", 1),
      "redis_expired_keys_total": ("expired_keys", 1),
      "redis_expired_stale_percentage": ("expired_stale_perc", 1),
      "redis_expired_time_cap_reached_total": ("expired_time_cap_reached_count", 1),
      "redis_keyspace_hits_total": ("keyspace_hits", 1),
      "redis_keyspace_misses_total": ("keyspace_misses", 1),
      "redis_rejected_connections_total": ("rejected_connections", 1),
      "redis_latest_fork_seconds": ("latest_fork_usec", 1e6),
      "redis_loading_dump_file": ("loading", 1),
      "redis_rdb_last_save_timestamp_seconds": ("rdb_last_save_time", 1),
      "redis_rdb_last_bgsave_duration_sec": ("rdb_last_bgsave_time_sec", 1),
      "redis_rdb_current_bgsave_duration_sec": ("rdb_current_bgsave_time_sec", 1),
      "redis_rdb_last_cow_size_bytes": ("rdb_last_cow_size", 1),
      "redis_aof_last_cow_size_bytes": ("aof_last_cow_size", 1),
      "redis_aof_last_rewrite_duration_sec": ("aof_last_rewrite_time_sec", 1),
      "redis_replica_resyncs_full": ("sync_full", 1),
      "redis_replication_backlog_bytes": ("repl_backlog_size", 1),
    ]
    for field in [
      "mem_fragmentation_ratio", "mem_fragmentation_bytes", "allocator_frag_ratio",
      "allocator_frag_bytes", "allocator_rss_ratio", "allocator_rss_bytes",
      "active_defrag_running", "mem_clients_normal", "mem_clients_slaves", "connected_clients",
      "blocked_clients", "lazyfree_pending_objects", "rdb_bgsave_in_progress",
      "rdb_changes_since_last_save", "aof_enabled", "aof_rewrite_in_progress", "connected_slaves",
      "uptime_in_seconds", "instantaneous_ops_per_sec", "instantaneous_input_kbps",
      "instantaneous_output_kbps", "total_error_replies", "unexpected_error_replies",
    ] { fields["redis_\(field)"] = (field, 1) }
    return fields
  }()

  /// 1 is `ok`.
  private static let states: [Substring: String] = [
    "redis_rdb_last_bgsave_status": "rdb_last_bgsave_status",
    "redis_aof_last_bgrewrite_status": "aof_last_bgrewrite_status",
    "redis_aof_last_write_status": "aof_last_write_status",
  ]

  /// Labels of `redis_instance_info` that are fields of INFO.
  private static let labels: [Substring] = [
    "redis_version", "redis_mode", "role", "maxmemory_policy", "run_id", "tcp_port", "os",
  ]

  static func isKnown(_ name: Substring) -> Bool {
    guard name.hasPrefix("redis_") else { return false }
    return switch name {
    case "redis_up", "redis_instance_info", "redis_start_time_seconds", "redis_db_keys",
      "redis_db_keys_expiring", "redis_db_avg_ttl_seconds", "redis_commands_total",
      "redis_commands_duration_seconds_total", "redis_errors_total", "redis_master_link_up",
      "redis_slowlog_length", "redis_exporter_last_scrape_error":
      true
    default: fields[name] != nil || states[name] != nil
    }
  }

  var time: Instant? {
    guard let start, let age, start > 0 else { return nil }
    return Instant(seconds: start + age)
  }

  mutating func add(_ sample: PrometheusSample, _ line: PieceLines.Line) {
    let (name, value) = (sample.name, sample.value)
    switch name {
    case "redis_up": reached = (value != 0, line)
    case "redis_exporter_last_scrape_error": error = sample.labels["err"]
    case "redis_start_time_seconds": start = value
    case "redis_slowlog_length": slowLog = (value, line)
    case "redis_instance_info":
      for label in PrometheusRedis.labels {
        if let text = sample.labels[label], !text.isEmpty { info.add(String(label), text, line) }
      }
    case "redis_db_keys": tally(&databases, sample.labels["db"], line) { $0.first = value }
    case "redis_db_keys_expiring":
      tally(&databases, sample.labels["db"], line) { $0.second = value }
    case "redis_db_avg_ttl_seconds":
      tally(&databases, sample.labels["db"], line) { $0.third = value * 1000 }
    case "redis_commands_total": tally(&commands, sample.labels["cmd"], line) { $0.first = value }
    case "redis_commands_duration_seconds_total":
      tally(&commands, sample.labels["cmd"], line) { $0.second = value * 1e6 }
    case "redis_errors_total":
      if let error = sample.labels["err"] {
        info.add("errorstat_\(error.prefix(60))", "count=\(plain(value))", line)
      }
    case "redis_master_link_up":
      info.add("master_link_status", value == 1 ? "up" : "down", line)
      for label in ["master_host", "master_port"] as [Substring] {
        if let text = sample.labels[label], !text.isEmpty { info.add(String(label), text, line) }
      }
    default:
      if name == "redis_uptime_in_seconds" { age = value }
      if let field = PrometheusRedis.states[name] {
        info.add(field, value == 1 ? "ok" : "err", line)
      } else if let (field, scale) = PrometheusRedis.fields[name] {
        info.add(field, plain(value * scale), line)
      }
    }
  }

  private func tally(
    _ tallies: inout [String: Tally], _ key: String?, _ line: PieceLines.Line,
    change: (inout Tally) -> Void
  ) {
    guard let key, tallies[key] != nil || tallies.count < PrometheusRedis.limit else { return }
    change(&tallies[key, default: Tally(line: line)])
  }

  /// Which target a sample tells of. Of several servers that one exporter asks each has its address as a
  /// label, and `instance` is the exporter's.
  static func target(of name: Substring, _ labels: [Substring: String]) -> String {
    let instance = labels["instance"] ?? ""
    guard name.hasPrefix("redis_"),
      let stated = [labels["addr"], labels["redis_instance"]].compactMap(\.self).first(
        where: isServer)
    else { return instance }
    let host = PrometheusScrape.host(of: stated)
    if !host.isEmpty { return bareAddress(stated) }
    // The exporter's own machine.
    let own = PrometheusScrape.host(of: instance)
    let port = bareAddress(stated).split(separator: ":").last ?? ""
    return own.isEmpty ? instance : "\(own):\(port)"
  }

  /// `redis://10.0.0.7:6379`, `10.0.0.7:6380`: where a server listens, and not its exporter.
  static func isServer(_ target: String) -> Bool {
    let address = bareAddress(target)
    guard let port = address.split(separator: ":").last.flatMap({ UInt16($0) }) else {
      return false
    }
    return target.hasPrefix("redis://") || target.hasPrefix("rediss://")
      || (6000..<8000).contains(port)
  }

  /// `10.0.0.7:6379` of `redis://user@10.0.0.7:6379/0`.
  private static func bareAddress(_ target: String) -> String {
    var rest = target[...]
    if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
    rest = rest.prefix { $0 != "/" && $0 != "?" }
    if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
    return String(rest.prefix(100))
  }

  /// Two targets are two servers, also where both have the same port or nothing else is known of them.
  private static func keys(_ stated: Set<IdentityKey>, of target: String) -> Set<IdentityKey> {
    let host = PrometheusScrape.host(of: target)
    guard !host.isEmpty else { return stated }
    if stated.isEmpty {
      return isServer(target)
        ? [.address(bareAddress(target))] : [.serviceName(String(target.prefix(100)))]
    }
    return Set(
      stated.map { if case .port(let port) = $0 { .address("\(host):\(port)") } else { $0 } })
  }

  /// `target` is the label that a Prometheus adds, or empty.
  func record(of target: String, at time: Instant?, into page: inout Page) {
    var info = info
    info.capture = time
    let sorted = databases.sorted { $0.value.line.number < $1.value.line.number }
    if let first = sorted.first { info.addHead("Keyspace", first.value.line) }
    for (name, database) in sorted where database.first > 0 {
      var text = "keys=\(plain(database.first)),expires=\(plain(database.second ?? 0))"
      if let ttl = database.third { text += ",avg_ttl=\(plain(ttl.rounded()))" }
      info.add(name, text, database.line)
    }
    for (name, command) in commands.sorted(by: { $0.value.line.number < $1.value.line.number }) {
      guard let micros = command.second, command.first > 0 else { continue }
      info.add(
        "cmdstat_\(name.prefix(60))",
        "calls=\(plain(command.first)),usec=\(plain(micros.rounded())),"
          + "usec_per_call=\(plain((micros / command.first * 100).rounded() / 100))",
        command.line)
    }
    let keys = PrometheusRedis.keys(info.keys, of: target)
    if !info.isEmpty { info.record(of: page.subject(SubjectClue(.redis, keys: keys)), into: &page) }
    if let slowLog {
      record(
        "redis.slowlog.length", .number(slowLog.length), slowLog.line, of: keys, at: time,
        into: &page)
    }
    guard let reached else { return }
    record("redis.exporter.up", .flag(reached.isSo), reached.line, of: keys, at: time, into: &page)
    guard !reached.isSo else { return }
    let reason = error.map { $0.isEmpty ? "" : ": \($0.prefix(200))" } ?? ""
    let text = "the exporter did not reach Redis\(reason)"
    // Each scrape says so again.
    if !page.warnings.contains(where: { $0.message == text }) {
      page.warn(text, line: reached.line.number)
    }
    if error?.contains("connection refused") == true {
      record("redis.reply.refused", .number(1), reached.line, of: keys, at: time, into: &page)
    }
  }

  /// The server that the exporter at a target asks.
  static func subject(of target: String, in page: inout Page) -> Int {
    subject(keys([], of: target), in: &page)
  }

  private static func subject(_ keys: Set<IdentityKey>, in page: inout Page) -> Int {
    // A clue gains a life while it is read, so it cannot be found again by being equal.
    page.subjects.firstIndex { $0.kind == .redis && $0.keys == keys }
      ?? page.subject(SubjectClue(.redis, keys: keys))
  }

  private func record(
    _ fact: String, _ value: Value, _ line: PieceLines.Line, of keys: Set<IdentityKey>,
    at time: Instant?, into page: inout Page
  ) {
    page.record(
      fact, value, of: PrometheusRedis.subject(keys, in: &page), at: time,
      origin: Origin(line: line.number, excerpt: String(line.text.prefix(200))))
  }

  /// Without exponent, as INFO prints it.
  private func plain(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e18 ? String(Int(value)) : String(value)
  }
}
