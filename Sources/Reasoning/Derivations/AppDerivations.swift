import Model

/// Workers against cores and memory.
let appDerivations: [Derivation] = [
  Derivation(
    "gunicorn.workers_in_force", .app, .count,
    "Workers that run: as configured, from cores where the config computes it, else as seen.",
    from: [
      "gunicorn.workers", "gunicorn.workers_per_core", "gunicorn.workers_extra", "host.cpus",
      "gunicorn.ps.workers",
    ]
  ) { inputs in
    if let perCore = inputs.optionalNumber("gunicorn.workers_per_core"),
      let cores = inputs.optionalNumber("host.cpus")
    {
      let extra = inputs.optionalNumber("gunicorn.workers_extra") ?? 0
      return .number(perCore * cores + extra)
    }
    // A default that nobody wrote down yields to what was seen: a file that was not given may set it.
    let isDefault = inputs.peek("gunicorn.workers")?.origin.line == nil
    let wasSeen = inputs.peek("gunicorn.ps.workers") != nil
    if !(isDefault && wasSeen), let configured = inputs.optionalNumber("gunicorn.workers") {
      return .number(configured)
    }
    return inputs.number("gunicorn.ps.workers").map { .number($0) }
  },
  Derivation(
    "gunicorn.recycling", .app, .flag,
    "Workers are recycled: max_requests is set, and is not so high that memory is gone first. Where "
      + "it is not known: the log tells of workers that reached it, or none was replaced in three "
      + "days of samples or more.",
    from: ["gunicorn.max_requests"], source: "gunicorn settings, max_requests"
  ) { inputs in
    guard let limit = inputs.optionalNumber("gunicorn.max_requests") else {
      if citeAutorestarts(&inputs) != nil { return .flag(true) }
      if citeDaysWithoutRecycling(&inputs) != nil { return .flag(false) }
      _ = inputs.number("gunicorn.max_requests")
      return nil
    }
    return .flag(limit > 0 && spanWithoutRecycling(inputs) == nil)
  },
  Derivation(
    "gunicorn.recycling.words", .app, .text, "The same in words.", from: ["gunicorn.max_requests"]
  ) { inputs in
    guard let limit = inputs.optionalNumber("gunicorn.max_requests") else {
      if let count = citeAutorestarts(&inputs) {
        return .text(wording(count, unit: .count) + " workers reached max_requests")
      }
      return citeDaysWithoutRecycling(&inputs).map {
        .text("none was replaced in " + wording($0, unit: .seconds))
      }
    }
    guard limit > 0 else { return .text("max_requests is not set") }
    let words = "max_requests is " + wording(limit, unit: .count)
    guard let span = spanWithoutRecycling(inputs) else { return .text(words) }
    return .text("\(words), but none was recycled in " + wording(span, unit: .seconds))
  },
  Derivation(
    "gunicorn.ps.gives_back", .app, .flag,
    "Workers are replaced again and again, none of them killed as far as is known, and all together "
      + "hold no more in the last third of the samples than in the one before.",
    from: ["gunicorn.ps.recycles", "gunicorn.ps.rss_total", "gunicorn.workers_in_force"]
  ) { inputs in
    guard let recycles = inputs.number("gunicorn.ps.recycles"),
      let workers = inputs.number("gunicorn.workers_in_force"), workers > 0
    else { return nil }
    let totals = inputs.series("gunicorn.ps.rss_total").compactMap { $0.value.number }
    guard totals.count >= 9 else { return nil }
    let third = totals.count / 3
    guard let before = totals[third..<2 * third].max(), let last = totals[(2 * third)...].max()
    else { return nil }
    let kills = ["gunicorn.log.sigkills", "kernel.oom_kills.gunicorn"].contains {
      inputs.peek($0)?.value.number ?? 0 > 0
    }
    return .flag(!kills && recycles >= 2 * workers && last <= 1.1 * before)
  },
  Derivation(
    "gunicorn.workers_per_core_in_force", .app, .count, "Workers per core.",
    from: ["gunicorn.workers_in_force", "host.cpus"]
  ) { inputs in
    guard let workers = inputs.number("gunicorn.workers_in_force"),
      let cores = inputs.number("host.cpus"), cores > 0
    else { return nil }
    return .number(workers / cores)
  },
  Derivation(
    "gunicorn.workers_recommended", .app, .count, "2 x cores + 1, gunicorn's own advice.",
    from: ["host.cpus"], source: "gunicorn design, how many workers"
  ) { inputs in inputs.number("host.cpus").map { .number(2 * $0 + 1) } },
  Derivation(
    "app.memory.per_worker", .app, .bytes, "Memory of one worker, resident and swapped out.",
    from: ["gunicorn.ps.rss_mean", "gunicorn.ps.swap_total", "gunicorn.ps.workers"]
  ) { inputs in perWorker(&inputs).map { .number($0) } },
  Derivation(
    "app.memory.demand", .app, .bytes, "What all workers need together.",
    from: ["gunicorn.workers_in_force", "app.memory.per_worker"]
  ) { inputs in
    guard let workers = inputs.number("gunicorn.workers_in_force"),
      let each = inputs.number("app.memory.per_worker")
    else { return nil }
    return .number(workers * each)
  },
  Derivation(
    "app.memory.ram", .app, .bytes,
    "What there is for them: the container's limit, else the host's memory.",
    from: ["app.memory_limit", "kernel.oom_cgroup_limit", "host.memory.MemTotal"]
  ) { inputs in
    if let limit = inputs.optionalNumber("app.memory_limit") { return .number(limit) }
    if let limit = inputs.optionalNumber("kernel.oom_cgroup_limit") { return .number(limit) }
    return inputs.number("host.memory.MemTotal").map { .number($0) }
  },
  Derivation(
    "app.memory.demand_share", .app, .fraction,
    "What the workers need as a share of what there is.",
    from: ["app.memory.demand", "app.memory.ram"]
  ) { inputs in
    guard let demand = inputs.number("app.memory.demand"),
      let ram = inputs.number("app.memory.ram"), ram > 0
    else { return nil }
    return .number(demand / ram)
  },
  Derivation(
    "gunicorn.timeout_spacing", .app, .seconds,
    "Mean time between a worker time-out and the next; unknown of a single one.",
    from: ["gunicorn.log.timeouts", "gunicorn.log.last_timeout"]
  ) { inputs in
    guard let timeouts = inputs.fact("gunicorn.log.timeouts"), let first = timeouts.time,
      let count = timeouts.value.number, count >= 2,
      let last = inputs.time("gunicorn.log.last_timeout")
    else { return nil }
    return .number(last.since(first) / (count - 1))
  },
  Derivation(
    "gunicorn.worker_class_in_force", .app, .text,
    "The worker class that the log names, else the configured one, else sync, gunicorn's default.",
    from: ["gunicorn.log.worker_class", "gunicorn.worker_class", "gunicorn.log.timeouts"]
  ) { inputs in
    let named =
      inputs.optionalText("gunicorn.log.worker_class")
      ?? inputs.optionalText("gunicorn.worker_class")
    if let named { return .text(named) }
    return inputs.fact("gunicorn.log.timeouts").map { _ in .text("sync") }
  },
  Derivation(
    "app.redis.connection_errors", .app, .count,
    "Errors of connecting to Redis or of waiting for it; not its refusals of single commands.",
    from: ["app.redis.refused", "app.redis.timeouts", "app.redis.resets", "app.redis.unreachable"]
  ) { inputs in
    let kinds = ["refused", "timeouts", "resets", "unreachable"].compactMap {
      inputs.optionalNumber("app.redis.\($0)")
    }
    return kinds.isEmpty ? nil : .number(kinds.reduce(0, +))
  },
]

/// Under swap the resident part alone says too little.
private func perWorker(_ inputs: inout DerivationInputs) -> Double? {
  guard let resident = inputs.number("gunicorn.ps.rss_mean") else { return nil }
  guard let swapped = inputs.optionalNumber("gunicorn.ps.swap_total"),
    let workers = inputs.optionalNumber("gunicorn.ps.workers"), workers > 0
  else { return resident }
  return resident + swapped / workers
}

/// gunicorn says so of a worker only where max_requests is set.
private func citeAutorestarts(_ inputs: inout DerivationInputs) -> Double? {
  guard let found = inputs.peek("gunicorn.log.autorestarts"), let count = found.value.number,
    count > inputs.peek("gunicorn.log.sigkills")?.value.number ?? 0
  else { return nil }
  inputs.cite(found)
  return count
}

/// How long the workers were watched without one being recycled, where memory lasts less than that.
/// Workers that lived through days of samples are recycled by nothing that counts.
private func citeDaysWithoutRecycling(_ inputs: inout DerivationInputs) -> Double? {
  guard let recycles = inputs.peek("gunicorn.ps.recycles"), recycles.value.number == 0,
    let span = inputs.peek("gunicorn.ps.sample_span"), let length = span.value.number,
    length >= 3 * 86400
  else { return nil }
  inputs.cite(recycles)
  inputs.cite(span)
  return length
}

private func spanWithoutRecycling(_ inputs: DerivationInputs) -> Double? {
  guard inputs.peek("gunicorn.ps.recycles")?.value.number == 0,
    let span = inputs.peek("gunicorn.ps.sample_span")?.value.number,
    let end = inputs.peek("app.memory.exhausted_in")?.value.number, end < span
  else { return nil }
  return span
}
