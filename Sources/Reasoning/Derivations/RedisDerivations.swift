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
]

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

private func slowestCommand(_ inputs: inout DerivationInputs) -> KnownFact? {
  let calls = inputs.parts("redis.commandstats.calls")
  let means = inputs.parts("redis.commandstats.usec_per_call").filter { mean in
    (calls.first { $0.part == mean.part }?.value.number ?? 0) >= 10
  }
  guard let slowest = means.max(by: { ($0.value.number ?? 0) < ($1.value.number ?? 0) }) else {
    return nil
  }
  inputs.cite(slowest)
  return slowest
}
