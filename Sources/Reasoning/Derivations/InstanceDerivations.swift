import Model

/// What is computed of EC2 facts.
let instanceDerivations: [Derivation] = [
  Derivation(
    "ec2.system_check.failed_since", .instance, .time,
    "When the system status check first failed.",
    from: ["ec2.SystemStatus.ImpairedSince", "cloudwatch.StatusCheckFailed_System.first_failure"]
  ) { inputs in
    // The metric tells of earlier windows that the status, which is of now, has forgotten.
    let metric = inputs.time("cloudwatch.StatusCheckFailed_System.first_failure")
    let status = inputs.time("ec2.SystemStatus.ImpairedSince")
    return [metric, status].compactMap { $0 }.min().map { .time($0) }
  }
]
