import Model

/// What a Redis server counts of the errors it answers with, and who commanded it.
let redisErrorDerivations: [Derivation] = [
  Derivation(
    "redis.evictions.matter", .redis, .flag,
    "Whether what is evicted may be missed: not where nothing ever was, nor where four fifths of the "
      + "reads find their key; else known from two snapshots.",
    from: ["redis.stats.evicted_keys", "redis.hit_rate", "redis.evictions.rate"]
  ) { inputs in
    guard let evicted = inputs.number("redis.stats.evicted_keys") else { return nil }
    if evicted == 0 { return .flag(false) }
    if let found = inputs.optionalNumber("redis.hit_rate"), found >= 0.8 { return .flag(false) }
    return inputs.optionalNumber("redis.evictions.rate").map { .flag($0 > 0) }
  },
  Derivation(
    "redis.start.is_known", .redis, .flag,
    "Whether it is known why the server started: asked only in the first minute of its life, in which "
      + "it may have crashed a moment ago.",
    from: ["redis.memory.used_memory", "redis.server.uptime_in_seconds", "redis.log.starts"]
  ) { inputs in
    guard inputs.number("redis.memory.used_memory") != nil else { return nil }
    guard let age = inputs.optionalNumber("redis.server.uptime_in_seconds"), age < 60 else {
      return .flag(true)
    }
    return inputs.number("redis.log.starts").map { _ in .flag(true) }
  },
  Derivation(
    "redis.exit.is_fault", .redis, .flag,
    "Whether its service or container was ended by a signal that a fault raises (SEGV, BUS, ILL, FPE, "
      + "ABRT), and not by a watchdog.",
    from: ["redis.service.exit_signal", "redis.container.exit_signal"],
    source: "signal(7); systemd.exec(5), process exit codes"
  ) { inputs in
    let signals = ["redis.service.exit_signal", "redis.container.exit_signal"]
    let known = signals.compactMap { inputs.optionalText($0) }
    guard !known.isEmpty else {
      _ = inputs.text(signals[0])
      return nil
    }
    if inputs.peek("redis.service.result")?.value.text == "watchdog" { return .flag(false) }
    return .flag(known.contains { ProcessSignal.isFault($0) })
  },
  Derivation(
    "redis.memory.use_is_known", .redis, .flag,
    "Whether it is known what fills Redis: asked only where it has no maxmemory, holds half of the "
      + "machine's memory or more, and most keys have no time to live.",
    from: ["redis.memory.used_memory", "redis.memory.ram_share", "redis.sample.keys"],
    source: "Redis documentation, memory optimization (set maxmemory)"
  ) { inputs in
    guard inputs.number("redis.memory.used_memory") != nil else { return nil }
    guard inputs.optionalNumber("redis.memory.ram_share") ?? 0 >= 0.5,
      inputs.optionalNumber("redis.memory.maxmemory") ?? 1 == 0
    else { return .flag(true) }
    let keys = inputs.peek("redis.keyspace.keys")?.value.number ?? 0
    let expires = inputs.peek("redis.keyspace.expires")?.value.number ?? keys
    if keys < 1000 || expires >= 0.5 * keys { return .flag(true) }
    if inputs.peek("redis.bigkeys.sampled") != nil { return .flag(true) }
    return inputs.number("redis.sample.keys").map { _ in .flag(true) }
  },
  Derivation(
    "redis.errors.oom", .redis, .count,
    "Commands that Redis answered with OOM since it started, of those errors that it lists.",
    from: ["redis.errorstats.count"], source: "Redis INFO, errorstats"
  ) { inputs in
    let errors = inputs.parts("redis.errorstats.count")
    guard !errors.isEmpty else { return nil }
    guard let oom = errors.first(where: { $0.part == "OOM" }) else { return .number(0) }
    inputs.cite(oom)
    return oom.value
  },
  Derivation(
    "redis.errors.oom_new", .redis, .count,
    "Commands that Redis answered with OOM between the last two snapshots.",
    from: ["redis.errorstats.count"], source: "Redis INFO, errorstats"
  ) { inputs in
    // An error that has not happened yet is not listed, so the times are those of all errors.
    let times = inputs.series("redis.errorstats.count").compactMap(\.time)
    guard times.count >= 2, let last = times.last else { return nil }
    let before = times[times.count - 2]
    let counts = inputs.points("redis.errorstats.count")["OOM"] ?? []
    guard let now = counts.last(where: { $0.time == last }) else { return .number(0) }
    inputs.cite(now)
    guard let count = now.value.number else { return nil }
    let earlier = counts.last { $0.time == before }?.value.number ?? 0
    // The count fell: Redis was restarted meanwhile, and has counted from zero.
    return .number(count >= earlier ? count - earlier : count)
  },
  Derivation(
    "redis.errors.misconf", .redis, .count,
    "Commands that Redis answered with MISCONF since it started, of those errors that it lists.",
    from: ["redis.errorstats.count"], source: "Redis INFO, errorstats"
  ) { inputs in
    let errors = inputs.parts("redis.errorstats.count")
    guard !errors.isEmpty else { return nil }
    guard let misconf = errors.first(where: { $0.part == "MISCONF" }) else { return .number(0) }
    inputs.cite(misconf)
    return misconf.value
  },
  Derivation(
    "redis.saves.good_for", .redis, .seconds,
    "How long after the last failed save the last good one ended; unknown where none followed.",
    from: ["redis.log.save_failed.last", "redis.log.fork_failed.last", "redis.log.saves.last"]
  ) { inputs in
    let failures = [
      inputs.time("redis.log.save_failed.last"), inputs.time("redis.log.fork_failed.last"),
    ]
    guard let failed = failures.compactMap({ $0 }).max(),
      let good = inputs.time("redis.log.saves.last"), good > failed
    else { return nil }
    return .number(good.since(failed))
  },
  Derivation(
    "redis.refusals.age", .redis, .seconds,
    "Time from the last client that was refused at maxclients, or for want of descriptors, to the end of "
      + "the server's log.",
    from: [
      "redis.log.maxclients_reached.last", "redis.log.too_many_open_files.last",
      "redis.log.maxclients_reached",
    ]
  ) { inputs in
    let known = ["redis.log.maxclients_reached.last", "redis.log.too_many_open_files.last"]
      .compactMap { inputs.optionalTime($0) }
    guard let last = known.max() ?? inputs.time("redis.log.maxclients_reached.last"),
      let end = inputs.fact("redis.log.maxclients_reached")?.coverage?.upperBound
    else { return nil }
    return .number(end.since(last))
  },
  Derivation(
    "redis.crashes.age", .redis, .seconds,
    "Time from the last crash to the end of the server's log.",
    from: ["redis.log.crashes.last", "redis.log.crashes"]
  ) { inputs in
    guard let last = inputs.time("redis.log.crashes.last"),
      let end = inputs.fact("redis.log.crashes")?.coverage?.upperBound
    else { return nil }
    return .number(end.since(last))
  },
  Derivation(
    "redis.resyncs.spacing", .redis, .seconds,
    "Time from one full copy of a replica to its next, between the last two snapshots; known where each "
      + "replica took two or more.",
    from: ["redis.stats.sync_full", "redis.replication.connected_slaves"],
    source: "Redis INFO, sync_full"
  ) { inputs in
    let series = inputs.uncitedSeries("redis.stats.sync_full")
    guard series.count >= 2 else { return nil }
    let (before, after) = (series[series.count - 2], series[series.count - 1])
    guard let a = before.value.number, let b = after.value.number, let start = before.time,
      let end = after.time, end.since(start) >= 1
    else { return nil }
    let replicas = max(1, inputs.optionalNumber("redis.replication.connected_slaves") ?? 1)
    guard b - a >= 2 * replicas else { return nil }
    inputs.cite(before)
    inputs.cite(after)
    return .number(end.since(start) * replicas / (b - a))
  },
  Derivation(
    "redis.told_by_a_stranger", .redis, .flag,
    "A client that is not Sentinel made the server a replica.",
    from: ["redis.log.became_replica", "redis.log.became_replica.client_name"],
    source: "Redis src/sentinel.c, sentinelSetClientName"
  ) { inputs in
    guard let count = inputs.number("redis.log.became_replica") else { return nil }
    guard count > 0, let name = inputs.optionalText("redis.log.became_replica.client_name") else {
      return .flag(count > 0)
    }
    return .flag(!isNameOfSentinel(name))
  },
]

/// `sentinel-5e4e94bc-cmd`: the first eight digits of its run id, and what the connection is for.
private func isNameOfSentinel(_ name: String) -> Bool {
  let parts = name.split(separator: "-", omittingEmptySubsequences: false)
  return parts.count == 3 && parts[0] == "sentinel" && parts[2] == "cmd" && parts[1].count == 8
    && parts[1].allSatisfy { $0.isASCII && $0.isHexDigit }
}
