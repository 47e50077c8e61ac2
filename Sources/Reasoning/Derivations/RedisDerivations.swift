import Model

/// What is computed of a Redis server's own figures.
let redisDerivations: [Derivation] = [
  Derivation(
    "redis.memory.ram_share", .redis, .fraction,
    "Resident memory of Redis as a share of the machine's.",
    from: ["redis.memory.used_memory_rss", "redis.memory.total_system_memory"]
  ) { inputs in
    guard let resident = inputs.number("redis.memory.used_memory_rss"),
      let total = inputs.number("redis.memory.total_system_memory"), total > 0
    else { return nil }
    return .number(resident / total)
  },
  Derivation(
    "redis.memory.maxmemory_share", .redis, .fraction,
    "Memory in use as a share of maxmemory; unknown where maxmemory is 0, which is no limit.",
    from: ["redis.memory.used_memory", "redis.memory.maxmemory"]
  ) { inputs in
    guard let used = inputs.number("redis.memory.used_memory"),
      let limit = inputs.number("redis.memory.maxmemory"), limit > 0
    else { return nil }
    return .number(used / limit)
  },
  Derivation(
    "redis.memory.nothing_to_evict", .redis, .flag,
    "At the limit nothing may go: by the policy, or since next to no key has the time to live that a "
      + "volatile policy asks for.",
    from: [
      "redis.memory.maxmemory_policy", "redis.keyspace.keys", "redis.keyspace.expires",
    ], source: "Redis documentation, key eviction"
  ) { inputs in
    guard let policy = inputs.text("redis.memory.maxmemory_policy") else { return nil }
    guard policy.hasPrefix("volatile-") else { return .flag(policy == "noeviction") }
    guard let keys = inputs.number("redis.keyspace.keys"), keys > 0,
      let mortal = inputs.number("redis.keyspace.expires")
    else { return nil }
    return .flag(mortal < 0.01 * keys)
  },
  // What jemalloc holds beyond its pages in use goes back by itself, seconds after much was freed.
  Derivation(
    "redis.memory.holes", .redis, .bytes,
    "What is lost in pages that are partly in use: what jemalloc tells of them, or, where the allocator "
      + "tells nothing, all that the process holds beyond its data.",
    from: ["redis.memory.mem_fragmentation_bytes", "redis.memory.allocator_frag_bytes"],
    source: "Redis documentation, INFO, allocator_frag_bytes and allocator_rss_bytes"
  ) { inputs in
    let told = inputs.optionalNumber("redis.memory.allocator_frag_bytes") ?? 0
    if told > 0 { return .number(told) }
    return inputs.number("redis.memory.mem_fragmentation_bytes").map { .number($0) }
  },
  Derivation(
    "redis.memory.waste_share", .redis, .fraction,
    "What fragmentation wastes, as a share of the machine's memory.",
    from: ["redis.memory.holes", "redis.memory.total_system_memory"]
  ) { inputs in
    guard let waste = inputs.number("redis.memory.holes"),
      let total = inputs.number("redis.memory.total_system_memory"), total > 0
    else { return nil }
    return .number(waste / total)
  },
  Derivation(
    "redis.keyspace.births", .redis, .perSecond,
    "Keys born per second: growth plus expiries plus evictions between the first and the last "
      + "snapshot, or, of one snapshot, over the uptime.",
    from: [
      "redis.keyspace.keys", "redis.stats.expired_keys", "redis.stats.evicted_keys",
      "redis.server.uptime_in_seconds",
    ]
  ) { inputs in
    if let rate = rateBetweenSnapshots(&inputs) { return .number(rate) }
    guard let keys = inputs.number("redis.keyspace.keys"),
      let expired = inputs.number("redis.stats.expired_keys"),
      let uptime = inputs.number("redis.server.uptime_in_seconds"), uptime > 0
    else { return nil }
    let evicted = inputs.optionalNumber("redis.stats.evicted_keys") ?? 0
    return .number((keys + expired + evicted) / uptime)
  },
  Derivation(
    "redis.commands.slowest_mean", .redis, .seconds,
    "The longest mean time of a command, among those called at least ten times.",
    from: ["redis.commandstats.usec_per_call", "redis.commandstats.calls"]
  ) { inputs in slowestCommand(&inputs)?.value },
  Derivation(
    "redis.commands.slowest", .redis, .text, "The command with the longest mean time.",
    from: ["redis.commandstats.usec_per_call", "redis.commandstats.calls"]
  ) { inputs in slowestCommand(&inputs)?.part.map { .text($0.uppercased()) } },
  Derivation(
    "redis.commands.slowest_linear_mean", .redis, .seconds,
    "The longest mean time of a command over whole collections called at least ten times.",
    from: ["redis.commandstats.usec_per_call", "redis.commandstats.calls"]
  ) { inputs in slowestCommand(&inputs, isLinear: true)?.value },
  Derivation(
    "redis.commands.slowest_linear", .redis, .text, "That command.",
    from: ["redis.commandstats.usec_per_call", "redis.commandstats.calls"]
  ) { inputs in slowestCommand(&inputs, isLinear: true)?.part.map { .text($0.uppercased()) } },
  Derivation(
    "redis.commands.to_replace", .redis, .text,
    "The slowest command over whole collections: of the slow log, else of the command statistics.",
    from: ["redis.slowlog.linear.command", "redis.commands.slowest_linear"]
  ) { inputs in
    let named =
      inputs.optionalText("redis.slowlog.linear.command")
      ?? inputs.text("redis.commands.slowest_linear")
    return named.map { .text($0) }
  },
  Derivation(
    "redis.bigkeys.usage_share", .redis, .fraction,
    "What the largest measured key holds of all memory in use, at most one.",
    from: ["redis.bigkeys.usage", "redis.memory.used_memory"]
  ) { inputs in
    guard let key = inputs.number("redis.bigkeys.usage"),
      let used = inputs.number("redis.memory.used_memory"), used > 0
    else { return nil }
    return .number(min(1, key / used))
  },
  Derivation(
    "redis.expiry.peak_share", .redis, .fraction,
    "The largest share of all keys that expired between two snapshots up to two minutes apart and "
      + "was not replaced.",
    from: ["redis.keyspace.keys", "redis.stats.expired_keys"]
  ) { inputs in expiryPeak(&inputs).map { .number($0.share) } },
  Derivation(
    "redis.expiry.peak_interval", .redis, .seconds, "How far apart those two snapshots are.",
    from: ["redis.keyspace.keys", "redis.stats.expired_keys"]
  ) { inputs in expiryPeak(&inputs).map { .number($0.interval) } },
  ofLatencyEvent("redis.latency.expire_cycle_worst", "expire-cycle"),
  ofLatencyEvent("redis.latency.fork_worst", "fork"),
  ofLatencyEvent("redis.latency.command_worst", "command"),
  ofLatencyEvent("redis.latency.aof_pending_fsync_worst", "aof-write-pending-fsync"),
  Derivation(
    "redis.slowlog.heard", .redis, .count,
    "Entries of a slow log that hears whatever takes 100 ms; unknown where it is off or hears less.",
    from: [
      "redis.slowlog.entries", "redis.config.slowlog_log_slower_than",
      "redis.config.slowlog_max_len",
    ], heardBySlowLog),
  Derivation(
    "redis.slowlog.age", .redis, .seconds,
    "Time from the newest entry of the slow log to the server's clock in INFO.",
    from: ["redis.slowlog.last", "redis.server.server_time_usec"]
  ) { inputs in
    guard let last = inputs.time("redis.slowlog.last"),
      let now = inputs.time("redis.server.server_time_usec")
    else { return nil }
    return .number(now.since(last))
  },
  Derivation(
    "redis.slowlog.silent_before_errors", .redis, .seconds,
    "Time from the newest entry of the slow log to the application's first errors; known where Redis "
      + "was asked after them, and all clocks are known.",
    from: ["redis.slowlog.last", "redis.server.server_time_usec"] + loggedErrors.map(\.count)
  ) { inputs in
    guard let last = inputs.time("redis.slowlog.last"),
      let asked = inputs.peek("redis.server.server_time_usec")?.time,
      let began = firstLoggedErrors(inputs), let time = began.time, last < time, time <= asked
    else { return nil }
    inputs.cite(began)
    return .number(time.since(last))
  },
  Derivation(
    "redis.slowlog.older_than_errors", .redis, .seconds,
    "Time from the newest entry of the slow log to the application's first errors, at least; whenever "
      + "Redis was asked, and whatever zone the errors are logged in.",
    from: ["redis.slowlog.last"] + loggedErrors.map(\.count)
  ) { inputs in
    guard let last = inputs.time("redis.slowlog.last"),
      let began = earliestLoggedErrors(inputs), last < began.time
    else { return nil }
    inputs.cite(began.count)
    return .number(began.time.since(last))
  },
  Derivation(
    "redis.evictions.rate", .redis, .perSecond,
    "Keys evicted per second between the last two snapshots; 0 where none was ever evicted.",
    from: ["redis.stats.evicted_keys"]
  ) { inputs in
    if let evicted = inputs.optionalNumber("redis.stats.evicted_keys"), evicted == 0 {
      return .number(0)
    }
    return rate(of: "redis.stats.evicted_keys", &inputs)
  },
  Derivation(
    "redis.evictions.lifetime_rate", .redis, .perSecond,
    "Keys evicted per second since the server started, an hour ago or more.",
    from: ["redis.stats.evicted_keys", "redis.server.uptime_in_seconds"]
  ) { inputs in
    guard let evicted = inputs.number("redis.stats.evicted_keys"),
      let uptime = inputs.number("redis.server.uptime_in_seconds"), uptime >= 3600
    else { return nil }
    return .number(evicted / uptime)
  },
  Derivation(
    "redis.hit_rate", .redis, .fraction,
    "Reads that find their key: between the last two snapshots, else since the server started.",
    from: ["redis.stats.keyspace_hits", "redis.stats.keyspace_misses"]
  ) { inputs in
    if let hits = lastChange(of: "redis.stats.keyspace_hits", &inputs)?.change,
      let misses = lastChange(of: "redis.stats.keyspace_misses", &inputs)?.change,
      hits + misses >= 100
    {
      return .number(hits / (hits + misses))
    }
    guard let hits = inputs.number("redis.stats.keyspace_hits"),
      let misses = inputs.number("redis.stats.keyspace_misses"), hits + misses >= 100
    else { return nil }
    return .number(hits / (hits + misses))
  },
  Derivation(
    "redis.clients.limit_share", .redis, .fraction,
    "Connected clients as a share of maxclients; of a list of them, which may be cut, only from 80 % on.",
    from: [
      "redis.clients.connected_clients", "redis.clients.listed", "redis.clients.maxclients",
      "redis.config.maxclients",
    ]
  ) { inputs in
    let limit =
      inputs.optionalNumber("redis.clients.maxclients")
      ?? inputs.optionalNumber("redis.config.maxclients")
    let connected = inputs.optionalNumber("redis.clients.connected_clients")
    if connected == nil, let limit, limit > 0,
      let listed = inputs.optionalNumber("redis.clients.listed"), listed >= 0.8 * limit
    {
      return .number(min(1, listed / limit))
    }
    guard let limit, limit > 0, let clients = inputs.number("redis.clients.connected_clients")
    else { return nil }
    return .number(clients / limit)
  },
  Derivation(
    "redis.clients.has_room", .redis, .flag,
    "Fewer than four fifths of maxclients are connected, or of the default where it is not known.",
    from: [
      "redis.clients.connected_clients", "redis.clients.maxclients", "redis.config.maxclients",
    ]
  ) { inputs in
    guard let clients = inputs.number("redis.clients.connected_clients") else { return nil }
    let limit =
      inputs.optionalNumber("redis.clients.maxclients")
      ?? inputs.optionalNumber("redis.config.maxclients")
    return .flag(clients < 0.8 * (limit ?? 10_000))
  },
  Derivation(
    "redis.connections.rate", .redis, .perSecond,
    "New connections per second: between the last two snapshots of one life, else over an uptime "
      + "of under ten minutes.",
    from: ["redis.stats.total_connections_received", "redis.server.uptime_in_seconds"]
  ) { inputs in
    if let rate = rate(of: "redis.stats.total_connections_received", &inputs) { return rate }
    guard let total = inputs.number("redis.stats.total_connections_received"),
      let uptime = inputs.number("redis.server.uptime_in_seconds"), uptime > 0
    else { return nil }
    // Over a long uptime the mean says nothing of now, unless even the mean is small.
    return uptime < 600 || total / uptime < 1 ? .number(total / uptime) : nil
  },
  Derivation(
    "redis.replica_unlike_config", .redis, .flag,
    "It is a replica, and its configuration file, which was read, names no master.",
    from: ["redis.replication.role", "redis.config.replicaof"]
  ) { inputs in
    guard let role = inputs.text("redis.replication.role") else { return nil }
    // To be a master again, as after a move by hand, clears it; not after a master on the internet.
    guard role == "slave" else { return wasTakenOver(inputs) ? nil : .flag(false) }
    return inputs.text("redis.config.replicaof").map { .flag($0.isEmpty) }
  },
  Derivation(
    "redis.replication.master_is_public", .redis, .flag,
    "Its master, or the one it was told to replicate, has an address of the internet, not of a "
      + "private network.",
    from: ["redis.replication.master_host", "redis.log.became_replica.master"]
  ) { inputs in
    let host =
      inputs.optionalText("redis.replication.master_host")
      ?? inputs.optionalText("redis.log.became_replica.master")
    return host.flatMap(isOnInternet).map { .flag($0) }
  },
  Derivation(
    "redis.told_from_the_internet", .redis, .flag,
    "The client that made the server a replica has an address of the internet.",
    from: ["redis.log.became_replica.requested_by"]
  ) { inputs in
    inputs.text("redis.log.became_replica.requested_by").flatMap(isOnInternet).map { .flag($0) }
  },
]

/// Its log tells that a client had it replicate an address of the internet.
private func wasTakenOver(_ inputs: DerivationInputs) -> Bool {
  guard inputs.peek("redis.told_by_a_stranger")?.value == .flag(true),
    let master = inputs.peek("redis.log.became_replica.master")?.value.text
  else { return false }
  return isOnInternet(master) == true
}

/// Of a host with or without its port; nil for a name.
private func isOnInternet(_ host: String) -> Bool? { isPublicIPv4(host.prefix { $0 != ":" }) }

private func ofLatencyEvent(_ name: String, _ event: String) -> Derivation {
  Derivation(
    name, .redis, .seconds, "The worst latency that the monitor saw for the event '\(event)'.",
    from: ["redis.latency.event.worst"], source: "Redis LATENCY"
  ) { inputs in
    let events = inputs.parts("redis.latency.event.worst")
    guard let worst = events.first(where: { $0.part == event }) else { return nil }
    inputs.cite(worst)
    return worst.value
  }
}

/// How a counter changed between the last two snapshots; nil where it fell, as at a restart.
private func lastChange(
  of name: String, _ inputs: inout DerivationInputs
) -> (change: Double, seconds: Double)? {
  let series = inputs.uncitedSeries(name)
  guard series.count >= 2 else { return nil }
  let (before, after) = (series[series.count - 2], series[series.count - 1])
  guard let a = before.value.number, let b = after.value.number, let start = before.time,
    let end = after.time, b >= a, end.since(start) >= 1
  else { return nil }
  inputs.cite(before)
  inputs.cite(after)
  return (b - a, end.since(start))
}

private func rate(of name: String, _ inputs: inout DerivationInputs) -> Value? {
  lastChange(of: name, &inputs).map { .number($0.change / $0.seconds) }
}

/// Keys that expired between two snapshots and were not replaced by new ones, as a share of those
/// there were: a cache whose keys come and go all the time does not shrink.
private func expiryPeak(
  _ inputs: inout DerivationInputs
) -> (share: Double, interval: Double)? {
  let keys = inputs.uncitedSeries("redis.keyspace.keys")
  let expired = inputs.uncitedSeries("redis.stats.expired_keys")
  var peak: (share: Double, interval: Double, snapshots: [KnownFact])?
  for (before, after) in zip(keys, keys.dropFirst()) {
    guard let start = before.time, let end = after.time, end.since(start) <= 120,
      let from = before.value.number, let to = after.value.number, from >= 1000,
      let dead = expired.first(where: { $0.time == start }), let deadBefore = dead.value.number,
      let more = expired.first(where: { $0.time == end }), let deadAfter = more.value.number,
      deadAfter >= deadBefore
    else { continue }
    let share = min(deadAfter - deadBefore, max(0, from - to)) / from
    if share >= peak?.share ?? 0 { peak = (share, end.since(start), [before, after, dead, more]) }
  }
  guard let peak else { return nil }
  for snapshot in peak.snapshots { inputs.cite(snapshot) }
  return (peak.share, peak.interval)
}

/// Counters fall back to zero at a restart, and snapshots of seconds tell little of a rate: the
/// first and the last of one life, at least five seconds apart, with at least ten keys born.
private func rateBetweenSnapshots(_ inputs: inout DerivationInputs) -> Double? {
  let keys = inputs.series("redis.keyspace.keys")
  let expired = inputs.series("redis.stats.expired_keys")
  guard let first = keys.first, let last = keys.last, let start = first.time, let end = last.time,
    let expiredFirst = expired.first, let expiredLast = expired.last,
    expiredFirst.time == start, expiredLast.time == end
  else { return nil }
  let span = end.since(start)
  let died = (expiredLast.value.number ?? 0) - (expiredFirst.value.number ?? 0)
  let grown = (last.value.number ?? 0) - (first.value.number ?? 0)
  guard span >= 5, died >= 0, died + grown >= 10 else { return nil }
  return (died + grown) / span
}

/// The silence of a slow log that is off, or deaf to what users feel, says nothing.
private func heardBySlowLog(_ inputs: inout DerivationInputs) -> Value? {
  guard let entries = inputs.number("redis.slowlog.entries") else { return nil }
  if entries > 0 { return .number(entries) }
  if let threshold = inputs.optionalNumber("redis.config.slowlog_log_slower_than"),
    threshold < 0 || threshold > 0.1
  {
    return nil
  }
  if let length = inputs.optionalNumber("redis.config.slowlog_max_len"), length < 1 { return nil }
  return .number(entries)
}

private func slowestCommand(
  _ inputs: inout DerivationInputs, isLinear: Bool = false
) -> KnownFact? {
  let calls = inputs.parts("redis.commandstats.calls")
  let means = inputs.parts("redis.commandstats.usec_per_call").filter { mean in
    (calls.first { $0.part == mean.part }?.value.number ?? 0) >= 10
      && (!isLinear
        || RedisCommands.overWholeCollections.contains((mean.part ?? "").uppercased()))
  }
  guard let slowest = means.max(by: { ($0.value.number ?? 0) < ($1.value.number ?? 0) }) else {
    return nil
  }
  inputs.cite(slowest)
  return slowest
}
