import Model

/// Sessions and the probes that make them: rate x time to live x keys a session x targets, held
/// against the keys that are born (incident session-bloat-2019).
let sessionDerivations: [Derivation] = [
  Derivation(
    "redis.sessions.share", .redis, .fraction, "Share of the sampled keys that are sessions.",
    from: ["redis.sample.session_share"]
  ) { inputs in inputs.number("redis.sample.session_share").map { .number($0) } },
  Derivation(
    "redis.sessions.life", .redis, .seconds,
    "How long a session lives: the configured time-out where sampled TTLs come near it, else the "
      + "longest TTL sampled, else twice the mean remaining TTL, as at a steady state.",
    from: ["app.session.timeout", "redis.sample.session_ttl_max", "redis.keyspace.avg_ttl"]
  ) { inputs in
    let configured = inputs.optionalNumber("app.session.timeout")
    if let longest = inputs.optionalNumber("redis.sample.session_ttl_max") {
      // Of a few sampled keys the newest is some hours old; what lives longer than it may, or not half
      // as long, is under another setting than the one that was read.
      guard let configured, configured >= longest, configured <= 2 * longest else {
        return .number(longest)
      }
      return .number(configured)
    }
    if let configured { return .number(configured) }
    return inputs.number("redis.keyspace.avg_ttl").map { .number(2 * $0) }
  },
  Derivation(
    "redis.probe.keys_per_session", .redis, .count,
    "Keys that one session makes: 2 for Spring Session (the session and its expiry marker), "
      + "seen in a key sample; else 1.",
    from: ["redis.sample.keys_per_session"]
  ) { inputs in inputs.number("redis.sample.keys_per_session").map { .number($0) } },
  Derivation(
    "redis.probe.births_per_period", .redis, .count, "Keys born in one period of the probe.",
    from: ["redis.keyspace.births", "nginx.session_probe.period"]
  ) { inputs in
    guard let births = inputs.number("redis.keyspace.births"),
      let period = inputs.number("nginx.session_probe.period")
    else { return nil }
    return .number(births * period)
  },
  Derivation(
    "redis.probe.targets", .redis, .count,
    "How many probed targets the births would need, if each probe made one session.",
    from: ["redis.probe.births_per_period", "redis.sample.keys_per_session"]
  ) { inputs in
    guard let births = inputs.number("redis.probe.births_per_period") else { return nil }
    return .number(births / max(1, inputs.optionalNumber("redis.sample.keys_per_session") ?? 1))
  },
  Derivation(
    "redis.probe.visits_per_birth", .redis, .count,
    "Requests of others than periodic clients for each key that is born: no visitor makes a session "
      + "without one.",
    from: ["nginx.access.requests", "nginx.periodic.count", "redis.keyspace.births"]
  ) { inputs in
    guard let births = inputs.number("redis.keyspace.births"), births > 0,
      let requests = inputs.fact("nginx.access.requests"), let all = requests.value.number,
      let span = requests.coverage
    else { return nil }
    let seconds = span.upperBound.since(span.lowerBound)
    let periodic = inputs.parts("nginx.periodic.count").reduce(0) { $0 + ($1.value.number ?? 0) }
    guard seconds >= 3600 else { return nil }
    inputs.cite(requests)
    return .number(max(0, all - periodic) / seconds / births)
  },
  Derivation(
    "redis.probe.keys_of_one_target", .redis, .count,
    "Keys alive that the probes in this one log account for: a lower bound, since probes of other "
      + "targets are not in it.",
    from: ["nginx.session_probe.period", "redis.sessions.life", "redis.sample.keys_per_session"]
  ) { inputs in
    guard let period = inputs.number("nginx.session_probe.period"), period > 0,
      let life = inputs.number("redis.sessions.life")
    else { return nil }
    let perSession = max(1, inputs.optionalNumber("redis.sample.keys_per_session") ?? 1)
    return .number((life / period * perSession).rounded())
  },
]
