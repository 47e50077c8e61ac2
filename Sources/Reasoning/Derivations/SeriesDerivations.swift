import Model

/// What series say of the time to come, with its uncertainty.
let seriesDerivations: [Derivation] =
  memoryForecasts + redisForecasts
  + [
    Derivation(
      "ec2.credits_exhausted_in", .instance, .seconds,
      "When the CPU credits will be used up, at the rate of the last two hours.",
      from: ["cloudwatch.CPUCreditBalance"]
    ) { inputs in creditForecast(&inputs).map { .number($0.expected) } },
    Derivation(
      "ec2.credits_exhausted_in.words", .instance, .text,
      "The same in words, with its uncertainty.",
      from: ["cloudwatch.CPUCreditBalance"]
    ) { inputs in creditForecast(&inputs).map { .text($0.words) } },
    Derivation(
      "ec2.sustained_cpu", .instance, .fraction,
      "The highest mean CPU utilisation of a day, or of what the metric covers until then; known where it "
        + "covers the first logged errors.",
      from: ["cloudwatch.CPUUtilization"]
    ) { inputs in sustainedCPU(&inputs).map { .number($0) } },
    Derivation(
      "ec2.sustained_cpu_over_baseline", .instance, .fraction,
      "The same as a share of the type's baseline; where the type is not known, of 5 %, the lowest that any has. "
        + "Below 1 more credits were earned than spent, of which those of a day are kept.",
      from: ["ec2.sustained_cpu", "ec2.baseline_cpu"],
      source: "EC2 user guide, CPU credits and baseline utilization"
    ) { inputs in
      let baseline = inputs.optionalNumber("ec2.baseline_cpu") ?? 0.05
      guard let cpu = inputs.number("ec2.sustained_cpu"), baseline > 0 else { return nil }
      return .number(cpu / baseline)
    },
    Derivation(
      "gunicorn.leak_per_request", .app, .bytes,
      "Memory that a request leaves behind: growth of all workers over the requests of the proxy's "
        + "log in the same time.",
      from: [
        "gunicorn.ps.growth_per_worker", "gunicorn.workers_in_force", "gunicorn.ps.sample_span",
        "nginx.access.requests",
      ], leakPerRequest),
    Derivation(
      "gunicorn.leak_per_request.words", .app, .text,
      "The same of a hundred requests, in words; empty where it is not known.",
      from: ["gunicorn.leak_per_request", "gunicorn.ps.growth_per_worker"]
    ) { inputs in
      if let leak = inputs.optionalNumber("gunicorn.leak_per_request") {
        return .text(", \(wording(leak * 100, unit: .bytes)) for every 100 requests")
      }
      return inputs.fact("gunicorn.ps.growth_per_worker").map { _ in .text("") }
    },
    Derivation(
      "gunicorn.suggested_max_requests", .app, .count,
      "Requests in which a worker leaks at most a quarter of its share of the memory, as a round "
        + "number from 100 to 10,000.",
      from: ["gunicorn.leak_per_request", "gunicorn.workers_in_force", "app.memory.ram"],
      suggestedMaxRequests),
    Derivation(
      "gunicorn.max_requests_to_set", .app, .count,
      "The suggested max_requests; 1,000, a common start, where the evidence does not tell.",
      from: [
        "gunicorn.suggested_max_requests", "gunicorn.ps.growth_total",
        "gunicorn.captures.growth_total", "app.container.growth",
      ]
    ) { inputs in
      if let suggested = inputs.optionalNumber("gunicorn.suggested_max_requests") {
        return .number(suggested)
      }
      let growth =
        inputs.optionalNumber("gunicorn.captures.growth_total")
        ?? inputs.optionalNumber("app.container.growth")
        ?? inputs.number("gunicorn.ps.growth_total")
      return growth.map { _ in .number(1000) }
    },
    Derivation(
      "gunicorn.max_requests_jitter_to_set", .app, .count, "A tenth of it.",
      from: ["gunicorn.max_requests_to_set"]
    ) { inputs in
      inputs.number("gunicorn.max_requests_to_set").map { .number(($0 / 10).rounded()) }
    },
  ]

// MARK: workers

private let growthInputs = [
  "gunicorn.ps.growth_per_worker", "gunicorn.ps.worker_rss", "gunicorn.ps.plateau",
  "gunicorn.ps.recycles", "gunicorn.workers_in_force", "app.memory.room",
]

private let memoryForecasts = [
  Derivation(
    "app.memory.room", .app, .bytes,
    "What workers can still take: up to the container's limit, else what the host has available.",
    from: [
      "app.memory_limit", "kernel.oom_cgroup_limit", "gunicorn.ps.rss_total",
      "host.memory.MemAvailable",
    ]
  ) { inputs in
    let limit =
      inputs.optionalNumber("app.memory_limit") ?? inputs.optionalNumber("kernel.oom_cgroup_limit")
    if let limit {
      return inputs.number("gunicorn.ps.rss_total").map { .number(max(0, limit - $0)) }
    }
    return inputs.number("host.memory.MemAvailable").map { .number($0) }
  },
  Derivation(
    "app.memory.room_share", .app, .fraction,
    "The same, as a share of the container's limit, else of the host's memory.",
    from: [
      "app.memory.room", "app.memory_limit", "kernel.oom_cgroup_limit",
      "host.memory.available_share",
    ]
  ) { inputs in
    let limit =
      inputs.optionalNumber("app.memory_limit") ?? inputs.optionalNumber("kernel.oom_cgroup_limit")
    guard let limit else {
      return inputs.number("host.memory.available_share").map { .number($0) }
    }
    guard let room = inputs.number("app.memory.room"), limit > 0 else { return nil }
    return .number(room / limit)
  },
  Derivation(
    "app.memory.exhausted_in", .app, .seconds,
    "When the workers will have taken all memory, if they go on growing as they do.",
    from: growthInputs
  ) { inputs in workerForecast(&inputs).map { .number($0.expected) } },
  Derivation(
    "app.memory.exhausted_in_low", .app, .seconds, "The earliest that their growth allows.",
    from: growthInputs
  ) { inputs in workerForecast(&inputs)?.earliest.map { .number($0) } },
  Derivation(
    "app.memory.exhausted_in_high", .app, .seconds, "The latest that their growth allows.",
    from: growthInputs
  ) { inputs in workerForecast(&inputs)?.latest.map { .number($0) } },
  Derivation(
    "app.memory.exhausted_in.words", .app, .text, "The same in words, with its uncertainty.",
    from: growthInputs
  ) { inputs in workerForecast(&inputs).map { .text($0.words) } },
]

/// No forecast for what levels off or is recycled.
private func workerForecast(_ inputs: inout DerivationInputs) -> Forecast? {
  guard let growth = inputs.number("gunicorn.ps.growth_per_worker"), growth > 0,
    let workers = inputs.number("gunicorn.workers_in_force"), workers > 0,
    let room = inputs.number("app.memory.room")
  else { return nil }
  if inputs.optionalFlag("gunicorn.ps.plateau") ?? false { return nil }
  if inputs.optionalNumber("gunicorn.ps.recycles") ?? 0 > 0 { return nil }
  // The middle worker's interval; the first tenth of its samples is warm-up.
  let trends = inputs.points("gunicorn.ps.worker_rss").values.compactMap { points -> Trend? in
    points.count >= 5 ? Trend(Array(points.dropFirst((points.count + 9) / 10))) : nil
  }
  let lows = trends.map(\.low).sorted()
  let highs = trends.map(\.high).sorted()
  let low = lows.isEmpty ? nil : min(growth, lows[(lows.count - 1) / 2])
  let high = highs.isEmpty ? nil : max(growth, highs[(highs.count - 1) / 2])
  return Forecast(
    room: room, slope: growth * workers, low: low.map { $0 * workers },
    high: high.map { $0 * workers })
}

private func leakPerRequest(_ inputs: inout DerivationInputs) -> Value? {
  guard let growth = inputs.fact("gunicorn.ps.growth_per_worker"),
    let slope = growth.value.number, slope > 0, let end = growth.time,
    let workers = inputs.number("gunicorn.workers_in_force"), workers > 0,
    let span = inputs.number("gunicorn.ps.sample_span"), span > 0,
    let log = inputs.fact("nginx.access.requests"), let requests = log.value.number,
    let coverage = log.coverage
  else { return nil }
  // The log must speak for the time in which the workers were watched.
  let start = end.advanced(by: -span)
  let common =
    min(end, coverage.upperBound).since(max(start, coverage.lowerBound))
  let length = coverage.upperBound.since(coverage.lowerBound)
  guard common >= span / 2, length > 0, requests >= 100 else { return nil }
  return .number(slope * workers / (requests / length))
}

private func suggestedMaxRequests(_ inputs: inout DerivationInputs) -> Value? {
  guard let leak = inputs.number("gunicorn.leak_per_request"), leak > 0,
    let workers = inputs.number("gunicorn.workers_in_force"), workers > 0,
    let memory = inputs.number("app.memory.ram")
  else { return nil }
  let most = memory / workers / 4 / leak
  let round = [100.0, 200, 500, 1000, 2000, 5000, 10_000]
  return .number(round.last { $0 <= most } ?? 100)
}

// MARK: Redis

private let redisForecasts = [
  Derivation(
    "redis.memory.limit_in", .redis, .seconds,
    "When memory in use reaches maxmemory, if it goes on growing as it does.",
    from: ["redis.memory.used_memory", "redis.memory.maxmemory"]
  ) { inputs in limitForecast(&inputs).map { .number($0.expected) } },
  Derivation(
    "redis.memory.limit_in.words", .redis, .text, "The same in words, with its uncertainty.",
    from: ["redis.memory.used_memory", "redis.memory.maxmemory"]
  ) { inputs in limitForecast(&inputs).map { .text($0.words) } },
  Derivation(
    "redis.memory.ram_in", .redis, .seconds,
    "When Redis holds all of the machine's memory; only where no maxmemory stops it.",
    from: ["redis.memory.used_memory_rss", "redis.memory.total_system_memory"]
  ) { inputs in ramForecast(&inputs).map { .number($0.expected) } },
  Derivation(
    "redis.memory.ram_in.words", .redis, .text, "The same in words, with its uncertainty.",
    from: ["redis.memory.used_memory_rss", "redis.memory.total_system_memory"]
  ) { inputs in ramForecast(&inputs).map { .text($0.words) } },
  fullIn("redis.memory.full_in", "When Redis is full: at maxmemory, else at the machine's memory.")
  {
    $0.expected
  },
  fullIn("redis.memory.full_in_low", "The earliest that its growth allows.") { $0.earliest },
  fullIn("redis.memory.full_in_high", "The latest that its growth allows.") { $0.latest },
]

private func fullIn(
  _ name: String, _ summary: String, _ pick: @escaping @Sendable (Forecast) -> Double?
) -> Derivation {
  Derivation(
    name, .redis, .seconds, summary,
    from: [
      "redis.memory.used_memory", "redis.memory.maxmemory", "redis.memory.used_memory_rss",
      "redis.memory.total_system_memory",
    ]
  ) { inputs in
    (limitForecast(&inputs) ?? ramForecast(&inputs)).flatMap(pick).map { .number($0) }
  }
}

private func limitForecast(_ inputs: inout DerivationInputs) -> Forecast? {
  guard let limit = inputs.number("redis.memory.maxmemory"), limit > 0 else { return nil }
  return forecast(of: "redis.memory.used_memory", to: limit, &inputs)
}

private func ramForecast(_ inputs: inout DerivationInputs) -> Forecast? {
  guard inputs.peek("redis.memory.maxmemory")?.value.number == 0,
    let total = inputs.number("redis.memory.total_system_memory")
  else { return nil }
  return forecast(of: "redis.memory.used_memory_rss", to: total, &inputs)
}

/// From at least three snapshots of the present life of the server, a minute long in all.
private func forecast(
  of name: String, to limit: Double, _ inputs: inout DerivationInputs
) -> Forecast? {
  let life = presentLife(inputs.series(name), inputs)
  guard let first = life.first?.time, let last = life.last?.time, last.since(first) >= 60,
    let trend = Trend(life), let now = life.last?.value.number, now < limit
  else { return nil }
  return Forecast(room: limit - now, slope: trend.slope, low: trend.low, high: trend.high)
}

/// The last snapshots of which server time minus uptime is the same.
private func presentLife(_ series: [KnownFact], _ inputs: DerivationInputs) -> [KnownFact] {
  let uptimes = Dictionary(
    inputs.peekSeries("redis.server.uptime_in_seconds").compactMap { fact in
      fact.time.flatMap { time in fact.value.number.map { (time, time.advanced(by: -$0)) } }
    }, uniquingKeysWith: { first, _ in first })
  guard let last = series.last?.time, let start = uptimes[last] else { return [] }
  return series.filter { fact in
    fact.time.flatMap { uptimes[$0] }.map { abs($0.since(start)) <= 60 } ?? false
  }
}

// MARK: CPU credits

private func creditForecast(_ inputs: inout DerivationInputs) -> Forecast? {
  let series = inputs.series("cloudwatch.CPUCreditBalance")
  guard let end = series.last?.time, let balance = series.last?.value.number, balance >= 1,
    let trend = Trend(series.filter { $0.time.map { end.since($0) <= 7200 } ?? false })
  else { return nil }
  return Forecast(room: balance, slope: -trend.slope, low: -trend.high, high: -trend.low)
}

/// Cites the point at which the mean is highest.
private func sustainedCPU(_ inputs: inout DerivationInputs) -> Double? {
  let points = inputs.uncitedSeries("cloudwatch.CPUUtilization").compactMap { fact in
    fact.time.flatMap { time in fact.value.number.map { (fact: fact, time: time, value: $0) } }
  }
  guard let start = points.first?.time, let end = points.last?.time, start < end else { return nil }
  if let began = firstLoggedErrors(inputs)?.time, !(start...end).contains(began) { return nil }
  var highest = (mean: -1.0, at: 0)
  var sum = 0.0
  var oldest = 0
  for (index, point) in points.enumerated() {
    sum += point.value
    while point.time.since(points[oldest].time) >= 86_400 {
      sum -= points[oldest].value
      oldest += 1
    }
    let mean = sum / Double(index - oldest + 1)
    if mean > highest.mean { highest = (mean, index) }
  }
  inputs.cite(points[highest.at].fact)
  return max(highest.mean, 0)
}
