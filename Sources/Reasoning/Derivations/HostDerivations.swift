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
  Derivation(
    "kernel.disk_trouble", .host, .text, "What the kernel says of disks that do not answer.",
    from: ["kernel.nvme_timeouts", "kernel.hung_tasks", "kernel.io_errors"]
  ) { inputs in
    listed(
      [
        ("kernel.nvme_timeouts", "NVMe timeout"), ("kernel.hung_tasks", "hung task"),
        ("kernel.io_errors", "I/O error"),
      ], &inputs)
  },
  Derivation(
    "kernel.boot_trouble", .host, .text, "What the kernel says of a boot that came to nothing.",
    from: ["kernel.boot_failures", "kernel.panics"]
  ) { inputs in
    listed([("kernel.boot_failures", "boot failure"), ("kernel.panics", "panic")], &inputs)
  },
]

/// `6 NVMe timeouts, 1 I/O error`: what there is none of is not listed.
private func listed(_ names: [(fact: String, word: String)], _ inputs: inout DerivationInputs)
  -> Value?
{
  let parts = names.compactMap { name -> String? in
    guard let count = inputs.optionalNumber(name.fact), count > 0 else { return nil }
    return wording(.number(count), unit: .count) + " " + name.word + (count == 1 ? "" : "s")
  }
  return parts.isEmpty ? nil : .text(parts.joined(separator: ", "))
}
