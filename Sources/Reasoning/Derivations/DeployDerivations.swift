import Model

/// What several settings of a deployment come to together.
let deployDerivations: [Derivation] = [
  Derivation(
    "app.workers_from_host_cores", .app, .count,
    "Workers for each core of the host, in a container that may use only some of them.",
    from: ["gunicorn.workers_per_core", "app.cpus", "gunicorn.workers"]
  ) { inputs in
    // A stated number, perhaps from the environment, wins over what is computed.
    guard inputs.peek("gunicorn.workers") == nil,
      let each = inputs.number("gunicorn.workers_per_core"), inputs.number("app.cpus") != nil
    else { return nil }
    return .number(each)
  },
  Derivation(
    "app.memory.room_per_worker", .app, .bytes, "The limit of memory shared among the workers.",
    from: ["app.memory_limit", "gunicorn.workers"]
  ) { inputs in
    guard let limit = inputs.number("app.memory_limit"),
      let workers = inputs.number("gunicorn.workers"), workers >= 1
    else { return nil }
    return .number(limit / workers)
  },
  Derivation(
    "app.workers_per_cpu", .app, .count, "Workers for each CPU that the container may use.",
    from: ["gunicorn.workers", "app.cpus"]
  ) { inputs in
    guard let workers = inputs.number("gunicorn.workers"), let cpus = inputs.number("app.cpus"),
      cpus > 0
    else { return nil }
    return .number(workers / cpus)
  },
  Derivation(
    "redis.service.maxmemory_share", .redis, .fraction,
    "maxmemory as a share of what the container or unit may use.",
    from: ["redis.config.maxmemory", "redis.service.memory_limit"]
  ) { inputs in
    guard let most = inputs.number("redis.config.maxmemory"), most > 0,
      let limit = inputs.number("redis.service.memory_limit"), limit > 0
    else { return nil }
    return .number(most / limit)
  },
  Derivation(
    "redis.limited_by_service", .redis, .flag,
    "A container or unit limits its memory; no where none is known to.",
    from: ["redis.config.maxmemory", "redis.service.has_memory_limit"]
  ) { inputs in
    guard inputs.number("redis.config.maxmemory") != nil else { return nil }
    if let limited = inputs.optionalFlag("redis.service.has_memory_limit") {
      return .flag(limited)
    }
    return .flag(inputs.optionalNumber("redis.service.memory_limit") != nil)
  },
  Derivation(
    "redis.buffers_unlimited", .redis, .flag,
    "Replicas or subscribers may be owed any amount of memory.",
    from: ["redis.config.client_output_buffer_limit"]
  ) { inputs in
    let limits = inputs.parts("redis.config.client_output_buffer_limit")
    let open = limits.first {
      ($0.part == "replica" || $0.part == "pubsub") && $0.value == .number(0)
    }
    if let cited = open ?? limits.first { inputs.cite(cited) }
    return limits.isEmpty ? nil : .flag(open != nil)
  },
  Derivation(
    "redis.saves", .redis, .flag, "It forks to save: a save rule, or the append-only file.",
    from: ["redis.config.save_enabled", "redis.config.appendonly"]
  ) { inputs in
    let saves = inputs.optionalFlag("redis.config.save_enabled")
    let appends = inputs.optionalFlag("redis.config.appendonly")
    if saves == true || appends == true { return .flag(true) }
    return saves == false && appends == false ? .flag(false) : nil
  },
  Derivation(
    "redis.bound_beyond_host", .redis, .flag,
    "It listens on every address of its machine, which others reach.",
    from: ["redis.config.bind", "redis.service.is_inside"]
  ) { inputs in
    // The addresses of a container are not those of the machine.
    if inputs.optionalFlag("redis.service.is_inside") == true { return .flag(false) }
    guard let bind = inputs.text("redis.config.bind") else { return nil }
    let addresses = bind.split { $0 == " " }.map { $0.first == "-" ? $0.dropFirst() : $0 }
    return .flag(addresses.contains { ["0.0.0.0", "*", "::", "::*"].contains($0) })
  },
]
