/// The burstable instance types: what AWS documents of each.
///
/// Source: EC2 user guide, "Key concepts for burstable performance instances", table of credits
/// earned per hour, vCPUs and baseline utilization per vCPU. CloudWatch's CPUUtilization is a mean
/// over the vCPUs, so the baseline per vCPU is the CPUUtilization that can be held for ever.
struct BurstableType: Sendable {
  let vcpus: Int
  let gibibytes: Double
  /// Share of the whole instance.
  let baseline: Double

  static subscript(type: String) -> BurstableType? {
    let parts = type.split(separator: ".")
    guard parts.count == 2 else { return nil }
    switch parts[0] {
    case "t2": return t2[String(parts[1])]
    case "t3", "t3a", "t4g": return t3[String(parts[1])]
    default: return nil
    }
  }

  private static let t2: [String: BurstableType] = [
    "nano": BurstableType(vcpus: 1, gibibytes: 0.5, baseline: 0.05),
    "micro": BurstableType(vcpus: 1, gibibytes: 1, baseline: 0.10),
    "small": BurstableType(vcpus: 1, gibibytes: 2, baseline: 0.20),
    "medium": BurstableType(vcpus: 2, gibibytes: 4, baseline: 0.20),
    "large": BurstableType(vcpus: 2, gibibytes: 8, baseline: 0.30),
    "xlarge": BurstableType(vcpus: 4, gibibytes: 16, baseline: 0.225),
    "2xlarge": BurstableType(vcpus: 8, gibibytes: 32, baseline: 0.17),
  ]

  private static let t3: [String: BurstableType] = [
    "nano": BurstableType(vcpus: 2, gibibytes: 0.5, baseline: 0.05),
    "micro": BurstableType(vcpus: 2, gibibytes: 1, baseline: 0.10),
    "small": BurstableType(vcpus: 2, gibibytes: 2, baseline: 0.20),
    "medium": BurstableType(vcpus: 2, gibibytes: 4, baseline: 0.20),
    "large": BurstableType(vcpus: 2, gibibytes: 8, baseline: 0.30),
    "xlarge": BurstableType(vcpus: 4, gibibytes: 16, baseline: 0.40),
    "2xlarge": BurstableType(vcpus: 8, gibibytes: 32, baseline: 0.40),
  ]
}
