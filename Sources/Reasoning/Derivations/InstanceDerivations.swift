import Model

/// What is computed of EC2 facts.
let instanceDerivations: [Derivation] = [
  Derivation(
    "ec2.events.in_force", .instance, .count,
    "Scheduled events that are open, and the one that has stopped the instance.",
    from: ["ec2.events.active", "ec2.StateReason"], source: "EC2 API reference, StateReason"
  ) { inputs in
    if inputs.optionalText("ec2.StateReason") == "Server.ScheduledStop" {
      return .number(1 + (inputs.optionalNumber("ec2.events.active") ?? 0))
    }
    return inputs.number("ec2.events.active").map { .number($0) }
  },
  Derivation(
    "ec2.system_check.failed_since", .instance, .time,
    "When the system status check first failed.",
    from: ["ec2.SystemStatus.ImpairedSince", "cloudwatch.StatusCheckFailed_System.first_failure"]
  ) { inputs in
    // The metric tells of earlier windows that the status, which is of now, has forgotten.
    let metric = inputs.time("cloudwatch.StatusCheckFailed_System.first_failure")
    let status = inputs.time("ec2.SystemStatus.ImpairedSince")
    return [metric, status].compactMap { $0 }.min().map { .time($0) }
  },
  Derivation(
    "ec2.exhausted_cpu", .instance, .fraction,
    "Median CPU utilisation while no CPU credits were left.",
    from: ["cloudwatch.CPUUtilization", "cloudwatch.CPUCreditBalance"]
  ) { inputs in exhaustedCPU(&inputs).map { .number($0) } },
  Derivation(
    "ec2.cpu_over_baseline", .instance, .fraction,
    "CPU utilisation while no credits were left, as a share of the type's baseline.",
    from: ["ec2.exhausted_cpu", "ec2.baseline_cpu"]
  ) { inputs in
    guard let cpu = inputs.number("ec2.exhausted_cpu"),
      let baseline = inputs.number("ec2.baseline_cpu"), baseline > 0
    else { return nil }
    return .number(cpu / baseline)
  },
]

private func exhaustedCPU(_ inputs: inout DerivationInputs) -> Double? {
  let balance = inputs.series("cloudwatch.CPUCreditBalance")
  let empty = Set(balance.filter { ($0.value.number ?? 1) < 1 }.compactMap(\.time))
  let cpu = inputs.series("cloudwatch.CPUUtilization").filter {
    $0.time.map(empty.contains) ?? false
  }.compactMap(\.value.number).sorted()
  return cpu.isEmpty ? nil : cpu[cpu.count / 2]
}
