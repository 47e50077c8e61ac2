import Model

/// What can be wrong with ignores and baselines: rules beside the packs' risks, with levels that
/// settings can change like theirs.
struct PolicyRule {
  let rule: FindingRule

  private init(_ id: String, _ level: Finding.Level, _ title: String, why: String, fix: String) {
    rule = FindingRule(
      id: id, level: level, title: title, why: why, fix: fix, cause: nil, sources: [])
  }

  static let unused = PolicyRule(
    "ignore-unused", .warning, "An ignore that matches nothing",
    why: "It may once hide a new risk of that kind that nobody has looked at.",
    fix: "Take it away, or mend the name of the rule or the path.")

  static let unreasoned = PolicyRule(
    "ignore-without-reason", .warning, "An ignore without a reason",
    why: "Whoever reads it later cannot tell whether the risk is still borne on purpose.",
    fix: "Say behind it why the risk is borne, and by whom.")

  static let expired = PolicyRule(
    "ignore-expired", .warning, "An ignore that has expired",
    why: "The risk was to be borne until that day, and it is still there.",
    fix: "Mend the setting, or decide anew until when it is borne.")

  static let stale = PolicyRule(
    "baseline-stale", .info, "A baseline entry that matches nothing",
    why: "It was mended, moved to another file or renamed; if it comes back it would not be told.",
    fix: "Write the baseline anew with --write-baseline.")

  static let all = [unused, unreasoned, expired, stale]

  func finding(_ message: String, _ place: FindingPlace) -> Finding {
    Finding(
      rule: rule.id, level: rule.level, message: message, subject: "lint", place: place, cause: nil,
      why: rule.why, fix: rule.fix, sources: [],
      fingerprint: stableFingerprint([rule.id, place.file, message]))
  }
}

/// FNV-1a of 64 bits: the same on every machine.
func stableFingerprint(_ parts: [String]) -> String {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for part in parts {
    for byte in Array(part.utf8) + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }
  let digits = String(hash, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
