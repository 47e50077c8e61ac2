import Model

/// What people have decided about findings: applied to what lint found, before it is reported.
///
/// An ignore that matches nothing, has no reason or is expired is a finding of its own: else nobody
/// ever takes it away. Without a reason, or expired, it is not in force.
package struct LintPolicy: Sendable {
  package var settings: LintSettings?
  package var inline: [InlineIgnore] = []
  package var baseline: LintBaseline?
  /// `2026-11-21`: ignores that end before it are expired.
  package var today: String
  /// Findings less grave are left out.
  package var level: Finding.Level = .info
  /// The path of a finding as the patterns of the settings mean it.
  package var patternPath: @Sendable (String) -> String = { $0 }

  package init(today: String) { self.today = today }

  package func applied(to result: consuming LintResult) -> LintResult {
    var matcher = IgnoreMatcher(policy: self)
    var result = consume result
    for index in result.findings.indices {
      result.findings[index].suppression = matcher.suppression(result.findings[index])
    }
    let known = Set((result.rules + PolicyRule.all.map(\.rule)).map(\.id))
    // Settings may speak of these too.
    for var finding in matcher.complaints(known: known) {
      finding.suppression = matcher.suppression(finding)
      result.findings.append(finding)
    }
    if let levels = settings?.levels, !levels.isEmpty {
      for index in result.findings.indices {
        if case .some(.some(let level)) = levels[result.findings[index].rule] {
          result.findings[index].level = level
        }
      }
      result.findings.removeAll { levels[$0.rule] == .some(nil) }
    }
    result.findings.removeAll { $0.level < level }
    result.findings.sort(by: stands)
    let rules = result.rules.filter { settings?.levels[$0.id] != .some(nil) }
    result.rules = (rules + PolicyRule.all.map(\.rule)).sorted { $0.id < $1.id }
    return result
  }
}

/// By file, line, column and rule.
private func stands(_ a: Finding, before b: Finding) -> Bool {
  if a.place.file != b.place.file {
    return a.place.file.utf8.lexicographicallyPrecedes(b.place.file.utf8)
  }
  return (a.place.line ?? 0, a.place.column ?? 0, a.rule, a.message)
    < (b.place.line ?? 0, b.place.column ?? 0, b.rule, b.message)
}

private struct IgnoreMatcher {
  let policy: LintPolicy
  /// By their order; those that matched something, by rule for comments that name several.
  private var usedInline: Set<String> = []
  private var usedIgnores: Set<Int> = []
  private var usedFingerprints: Set<String> = []
  private let inlineByFile: [String: [Int]]
  private let fingerprints: [String: Int]

  init(policy: LintPolicy) {
    self.policy = policy
    inlineByFile = Dictionary(grouping: policy.inline.indices) { policy.inline[$0].file }
    fingerprints = Dictionary(
      (policy.baseline?.entries ?? []).map { ($0.fingerprint, $0.line) },
      uniquingKeysWith: { first, _ in first })
  }

  /// All that match are marked as used; the first that is in force is why.
  mutating func suppression(_ finding: Finding) -> Suppression? {
    var found: Suppression?
    for index in inlineByFile[finding.place.file] ?? [] {
      let ignore = policy.inline[index]
      // A finding about a file as a whole is borne by a comment anywhere in it.
      let isMeant = finding.place.line == nil || finding.place.line == ignore.target
      guard isMeant, ignore.complaint == nil, ignore.rules.contains(finding.rule) else { continue }
      usedInline.insert("\(index) \(finding.rule)")
      guard found == nil, let reason = ignore.reason, !isExpired(ignore.until) else { continue }
      found = Suppression(.inline, reason: reason, file: ignore.file, line: ignore.line)
    }
    if let settings = policy.settings {
      let path = policy.patternPath(finding.place.file)
      for (index, ignore) in settings.ignores.enumerated() where ignore.rule == finding.rule {
        guard ignore.path?.matches(path) ?? true else { continue }
        usedIgnores.insert(index)
        guard found == nil, let reason = ignore.reason, !isExpired(ignore.until) else { continue }
        found = Suppression(.config, reason: reason, file: settings.file, line: ignore.line)
      }
    }
    if let line = fingerprints[finding.fingerprint] {
      usedFingerprints.insert(finding.fingerprint)
      found =
        found
        ?? Suppression(
          .baseline, reason: "known when the baseline was written",
          file: policy.baseline?.file ?? "", line: line)
    }
    return found
  }

  private func isExpired(_ until: String?) -> Bool { until.map { $0 < policy.today } ?? false }

  // MARK: what is wrong with them

  func complaints(known: Set<String>) -> [Finding] {
    inlineComplaints(known) + settingsComplaints() + baselineComplaints()
  }

  private func inlineComplaints(_ known: Set<String>) -> [Finding] {
    policy.inline.enumerated().flatMap { index, ignore -> [Finding] in
      let place = FindingPlace(
        file: ignore.file, line: ignore.line, column: ignore.column, excerpt: ignore.excerpt)
      if let complaint = ignore.complaint { return [PolicyRule.unused.finding(complaint, place)] }
      let strangers = ignore.rules.filter { !known.contains($0) }.map { rule in
        let near = nearest(rule, among: known).map { "; did you mean '\($0)'?" } ?? ""
        return PolicyRule.unused.finding("there is no rule '\(rule)'\(near)", place)
      }
      let rules = ignore.rules.filter(known.contains)
      let unused = rules.filter { !usedInline.contains("\(index) \($0)") }.map { rule in
        PolicyRule.unused.finding("'\(rule)' finds nothing here to ignore", place)
      }
      guard unused.count < rules.count else { return strangers + unused }
      return strangers + unused + faults(ignore.reason, ignore.until, place)
    }
  }

  private func settingsComplaints() -> [Finding] {
    guard let settings = policy.settings else { return [] }
    return settings.ignores.enumerated().flatMap { index, ignore -> [Finding] in
      let place = FindingPlace(file: settings.file, line: ignore.line, column: ignore.column)
      let faults = faults(ignore.reason, ignore.until, place)
      guard faults.isEmpty, !usedIgnores.contains(index) else { return faults }
      let path = ignore.path.map { " in '\($0.text)'" } ?? ""
      return [PolicyRule.unused.finding("'\(ignore.rule)' finds nothing\(path) to ignore", place)]
    }
  }

  private func faults(_ reason: String?, _ until: String?, _ place: FindingPlace) -> [Finding] {
    if reason == nil {
      return [PolicyRule.unreasoned.finding("an ignore without a reason is not in force", place)]
    }
    guard let until, isExpired(until) else { return [] }
    return [PolicyRule.expired.finding("this ignore was in force until \(until)", place)]
  }

  /// One finding for all, since a baseline may be long.
  private func baselineComplaints() -> [Finding] {
    guard let baseline = policy.baseline else { return [] }
    let stale = baseline.entries.filter { !usedFingerprints.contains($0.fingerprint) }
    guard let first = stale.first else { return [] }
    let names = stale.prefix(3).map { "\($0.rule) in \($0.file)" }.joined(separator: ", ")
    let more = stale.count > 3 ? " and \(stale.count - 3) more" : ""
    let entries = stale.count == 1 ? "1 entry finds" : "\(stale.count) entries find"
    let place = FindingPlace(file: baseline.file, line: first.line)
    return [PolicyRule.stale.finding("\(entries) nothing any more: \(names)\(more)", place)]
  }
}
