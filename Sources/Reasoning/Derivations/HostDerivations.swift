import Model

/// What is computed of host facts.
let hostDerivations: [Derivation] = [
  Derivation(
    "host.memory.available_share", .host, .fraction,
    "Memory that programs can still get, as a share of all.",
    from: ["host.memory.MemAvailable", "host.memory.MemTotal"]
  ) { inputs in
    guard let available = inputs.number("host.memory.MemAvailable"),
      let total = inputs.number("host.memory.MemTotal"), total > 0
    else { return nil }
    return .number(available / total)
  },
  Derivation(
    "host.memory.swap_used_share", .host, .fraction, "Share of the swap that is in use.",
    from: ["host.memory.SwapTotal", "host.memory.SwapFree"]
  ) { inputs in
    guard let total = inputs.number("host.memory.SwapTotal"),
      let free = inputs.number("host.memory.SwapFree")
    else { return nil }
    return .number(total > 0 ? (total - free) / total : 0)
  },
  Derivation(
    "kernel.oom_age", .host, .seconds,
    "Time from the last kill for want of memory to the end of the kernel's log.",
    from: ["kernel.oom_last", "kernel.oom_kills"]
  ) { inputs in
    guard let last = inputs.time("kernel.oom_last"),
      let end = inputs.fact("kernel.oom_kills")?.coverage?.upperBound
    else { return nil }
    return .number(end.since(last))
  },
]
