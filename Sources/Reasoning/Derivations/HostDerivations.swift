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
    "host.iowait.share_over_10", .host, .fraction,
    "Share of samples with more than 10 % of CPU time waiting for I/O, by vmstat or sysstat.",
    from: ["host.vmstat.iowait_share_over_10", "host.sysstat.iowait_share_over_10"]
  ) { inputs in
    largest(["host.vmstat.iowait_share_over_10", "host.sysstat.iowait_share_over_10"], &inputs)
  },
  Derivation(
    "host.iowait.lasted", .host, .seconds,
    "Longest time in a row with more than 10 % of CPU time waiting for I/O that a history shows; 0 where "
      + "there are samples of now alone.",
    from: ["host.sysstat.iowait_for", "host.vmstat.iowait_share_over_10"]
  ) { inputs in
    lasted("host.sysstat.iowait_for", elseOf: "host.vmstat.iowait_share_over_10", &inputs)
  },
  Derivation(
    "host.iowait.peak", .host, .fraction,
    "Highest share of CPU time waiting for I/O, by vmstat or sysstat.",
    from: ["host.vmstat.iowait_peak", "host.sysstat.iowait_peak"]
  ) { inputs in largest(["host.vmstat.iowait_peak", "host.sysstat.iowait_peak"], &inputs) },
  Derivation(
    "host.steal.share_over_10", .host, .fraction,
    "Share of samples with more than 10 % of CPU time taken by other guests, by vmstat or sysstat.",
    from: ["host.vmstat.steal_share_over_10", "host.sysstat.steal_share_over_10"]
  ) { inputs in
    largest(["host.vmstat.steal_share_over_10", "host.sysstat.steal_share_over_10"], &inputs)
  },
  Derivation(
    "host.steal.lasted", .host, .seconds,
    "Longest time in a row with more than 10 % of CPU time taken by other guests that a history shows; 0 "
      + "where there are samples of now alone.",
    from: ["host.sysstat.steal_for", "host.vmstat.steal_share_over_10"]
  ) { inputs in lasted("host.sysstat.steal_for", elseOf: "host.vmstat.steal_share_over_10", &inputs)
  },
  Derivation(
    "host.steal.peak", .host, .fraction,
    "Highest share of CPU time taken by other guests, by vmstat or sysstat.",
    from: ["host.vmstat.steal_peak", "host.sysstat.steal_peak"]
  ) { inputs in largest(["host.vmstat.steal_peak", "host.sysstat.steal_peak"], &inputs) },
  Derivation(
    "host.swapping.share", .host, .fraction,
    "Share of samples that swapped, by vmstat, or swapped more than 500 pages a second, by sysstat.",
    from: ["host.vmstat.swap_active_share", "host.sysstat.swapping_share"]
  ) { inputs in largest(["host.vmstat.swap_active_share", "host.sysstat.swapping_share"], &inputs)
  },
  Derivation(
    "host.swapping.lasted", .host, .seconds,
    "Longest time in a row with more than 500 pages a second to or from swap that a history shows; 0 where "
      + "there are samples of now alone.",
    from: ["host.sysstat.swapping_for", "host.vmstat.swap_active_share"]
  ) { inputs in
    lasted("host.sysstat.swapping_for", elseOf: "host.vmstat.swap_active_share", &inputs)
  },
  Derivation(
    "host.disk_waits.lasted", .host, .seconds,
    "Longest time in a row in which requests to a disk waited that a history shows; 0 where there are "
      + "samples of now alone.",
    from: ["host.sysstat.disk_waits_for", "host.sysstat.disk_waits_share"]
  ) { inputs in
    lasted("host.sysstat.disk_waits_for", elseOf: "host.sysstat.disk_waits_share", &inputs)
  },
  Derivation(
    "host.disk.fullest_share", .host, .fraction,
    "Share that is used of the fullest file system that is written to.",
    from: ["host.disk.used_share"]
  ) { inputs in fullestDisk("host.disk.used_share", &inputs)?.value },
  Derivation(
    "host.disk.fullest", .host, .text, "Where that file system is mounted.",
    from: ["host.disk.used_share"]
  ) { inputs in fullestDisk("host.disk.used_share", &inputs)?.part.map { .text($0) } },
  Derivation(
    "host.disk.inodes_fullest_share", .host, .fraction,
    "Share of the inodes that is used, of the file system that has least of them left.",
    from: ["host.disk.inodes_used_share"]
  ) { inputs in fullestDisk("host.disk.inodes_used_share", &inputs)?.value },
  Derivation(
    "host.disk.inodes_fullest", .host, .text, "Where that file system is mounted.",
    from: ["host.disk.inodes_used_share"]
  ) { inputs in fullestDisk("host.disk.inodes_used_share", &inputs)?.part.map { .text($0) } },
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

/// The largest of those that are known.
private func largest(_ names: [String], _ inputs: inout DerivationInputs) -> Value? {
  let known = names.compactMap { inputs.optionalNumber($0) }
  if known.isEmpty, let first = names.first { _ = inputs.number(first) }
  return known.max().map { .number($0) }
}

/// What a history tells, else 0 where something tells of now.
private func lasted(
  _ history: String, elseOf now: String, _ inputs: inout DerivationInputs
) -> Value? {
  if let seconds = inputs.optionalNumber(history) { return .number(seconds) }
  return inputs.number(now).map { _ in .number(0) }
}

/// Packages and discs are mounted as images, which are full by nature.
private func fullestDisk(_ share: String, _ inputs: inout DerivationInputs) -> KnownFact? {
  let images = ["/snap/", "/var/lib/snapd/", "/media/", "/cdrom", "/mnt/cdrom"]
  let disks = inputs.parts(share).filter { disk in
    !images.contains { disk.part?.hasPrefix($0) ?? false }
  }
  let fullest = disks.max {
    ($0.value.number ?? 0, $1.part ?? "") < ($1.value.number ?? 0, $0.part ?? "")
  }
  if let fullest { inputs.cite(fullest) }
  return fullest
}

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
