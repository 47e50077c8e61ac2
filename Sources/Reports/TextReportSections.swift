import Model

/// The parts of the text report that stand below the causes: short, a line or two for each entry.
extension TextReport {
  var suspectLimit: Int { 8 }

  func add(suspects: [Fleet<Suspect>], to page: inout TextPage) {
    guard !suspects.isEmpty else { return }
    page.heading("SUSPECTS (weighed, neither accused nor cleared)")
    for fleet in suspects.prefix(suspectLimit) {
      let suspect = fleet.entry
      page.add("\(suspect.title): \(fleet.subjects)", lead: share(suspect.probability) + "  ")
      if let symptom = suspect.evidence.first {
        page.add("because " + symptom.statement, lead: indent)
      }
      if let missing = suspect.missing.first {
        page.add("settled by \(missing.fact): \(missing.why)", lead: indent)
        page.add(command: missing.collect, lead: indent + "  ")
      }
    }
    addRest(of: suspects.count, beyond: suspectLimit, to: &page)
  }

  func add(ruledOut: [Fleet<RuledOutCause>], to page: inout TextPage) {
    guard !ruledOut.isEmpty else { return }
    page.heading("RULED OUT")
    for fleet in ruledOut.prefix(10) {
      let cause = fleet.entry
      var line = "\(cause.title): \(fleet.subjects)"
      if let symptom = cause.reason {
        line += " - " + symptom.statement
        if let source = symptom.sources.first { line += " [\(page.place(of: source))]" }
      }
      if let window = cause.window { line += " (\(wording(window)))" }
      page.add(line, lead: share(cause.probability) + "  ")
    }
    addRest(of: ruledOut.count, beyond: 10, to: &page)
  }

  func add(missing: [MissingEvidence], title: String, to page: inout TextPage) {
    guard !missing.isEmpty else { return }
    let missing = missing.askedOnce
    page.heading(title)
    for evidence in missing.prefix(5) {
      page.add("\(evidence.fact): \(evidence.why)", lead: "  ")
      page.add(command: evidence.collect, lead: "    ")
    }
    addRest(of: missing.count, beyond: 5, to: &page)
  }

  // MARK: Timeline

  func addTimeline(of diagnosis: Diagnosis, to page: inout TextPage) {
    let entries = diagnosis.timeline
    guard !entries.isEmpty else { return }
    let first = diagnosis.firstAnomaly
    page.heading(
      "TIMELINE" + (entries.allSatisfy(\.isZoned) ? "" : " (~ the clock states no zone)"))
    add(clocks: diagnosis.clocks, to: &page)
    var day = ""
    for index in shown(of: entries, around: first) {
      let entry = entries[index]
      if date(entry.time) != day {
        day = date(entry.time)
        page.add(day, lead: "  ")
      }
      var line = "\(entry.subject): \(entry.event)"
      if let until = entry.until, until != entry.time {
        line += " (until " + (date(until) == day ? "" : date(until) + " ")
        line += clock(until, isZoned: entry.isZoned) + ")"
      }
      line += " [\(page.place(of: entry.source))]"
      if index == first { line += " <== first anomaly" }
      let mark = entry.isZoned ? " " : "~"
      page.add(
        line, lead: "   " + mark + padded(clock(entry.time, isZoned: entry.isZoned), to: 9) + "  ",
        tint: index == first ? style.bold : { $0 })
    }
    addRest(of: entries.count, beyond: timelineLimit, to: &page)
  }

  private var timelineLimit: Int { 12 }

  /// The indices of the entries that fit: the first anomaly, what users felt, what came soon after.
  private func shown(of entries: [TimelineEntry], around first: Int?) -> [Int] {
    guard entries.count > timelineLimit else { return Array(entries.indices) }
    func rank(_ index: Int) -> (Int, Int) {
      if index == first { return (0, 0) }
      let distance = index - (first ?? 0)
      return (entries[index].isImpact ? 1 : 2, distance < 0 ? entries.count - distance : distance)
    }
    return entries.indices.sorted { rank($0) < rank($1) }.prefix(timelineLimit).sorted()
  }

  // MARK: Clocks and rhythm

  /// Clocks without a zone that something anchors; those that nothing does bear the mark `~`.
  private func add(clocks: [SourceClock], to page: inout TextPage) {
    let anchored = clocks.filter { $0.offset != nil }
    for clock in anchored.prefix(4) {
      let name = clock.file.split(separator: "/").last.map(String.init) ?? clock.file
      page.add(
        "clock of \(name): \(zone(clock.offset ?? 0)), from \(clock.anchor ?? "?")", lead: "  ",
        tint: style.dim)
    }
    addRest(of: anchored.count, beyond: 4, to: &page)
  }

  private func zone(_ offset: Int) -> String {
    offset == 0 ? "UTC" : "UTC" + (offset < 0 ? "-" : "+") + clockTime(Double(abs(offset)))
  }

  func add(recurrence: [Recurrence], to page: inout TextPage) {
    guard !recurrence.isEmpty else { return }
    page.blank()
    for found in recurrence.prefix(4) {
      let name = found.event.split(separator: "-").joined(separator: " ")
      var line = "Again and again: \(name) \(found.times.count) times"
      if let first = found.times.first, let last = found.times.last {
        line += " in " + wording(last.since(first), unit: .seconds)
      }
      switch found.rhythm {
      case .every(let seconds): line += ", every " + wording(seconds, unit: .seconds)
      case .atTime(let seconds): line += ", each time at about " + clockTime(seconds)
      case .none: line += ", at about " + times(of: found)
      }
      page.add(line + " (\(found.subject))", lead: "  ")
    }
    addRest(of: recurrence.count, beyond: 4, to: &page)
  }

  /// `02:10 and 14:30`.
  private func times(of recurrence: Recurrence) -> String {
    let told = recurrence.timesOfDay
    let words = told.prefix(5).map(clockTime)
    guard told.count <= 5 else { return words.joined(separator: ", ") + " and other times" }
    guard let last = words.last, words.count > 1 else { return words.first ?? "?" }
    return words.dropLast().joined(separator: ", ") + " and " + last
  }

  // MARK: Risks

  func add(risks: [RiskFinding], to page: inout TextPage) {
    guard !risks.isEmpty else { return }
    page.heading("RISKY SETTINGS (they accuse nobody)")
    for risk in risks.prefix(8) {
      var line = risk.message
      if let source = risk.source { line += " [\(page.place(of: source))]" }
      if let cause = risk.wouldCause { line += ", would lead to \(cause)" }
      page.add(line, lead: padded("  " + risk.level.rawValue, to: 9) + "  ")
      if let fix = risk.fix { page.add("fix: " + fix, lead: "           ") }
    }
    addRest(of: risks.count, beyond: 8, to: &page)
  }

  private func addRest(of count: Int, beyond limit: Int, to page: inout TextPage) {
    guard count > limit else { return }
    page.add("and \(count - limit) more: see --format json", lead: "  ", tint: style.dim)
  }

  /// Right-aligned, so that the eye can run down the column.
  private func share(_ probability: Double) -> String {
    let text = percent(probability)
    return String(repeating: " ", count: max(0, 6 - text.count)) + text
  }

  private var indent: String { String(repeating: " ", count: 8) }
}

extension TextPage {
  /// The account of inputs: what was read by kind, and by name whatever was not, or not wholly.
  mutating func add(inputs: [InputAccount]) {
    guard !inputs.isEmpty else { return }
    heading("INPUTS" + (folder.isEmpty ? "" : " (in \(folder))"))
    var counts: [EvidenceKind: (files: Int, lines: Int)] = [:]
    for input in inputs where input.status == .read || input.status == .partlyRead {
      guard let kind = input.kind else { continue }
      let known = counts[kind] ?? (0, 0)
      counts[kind] = (
        known.files + 1, known.lines.addingReportingOverflow(input.lines).partialValue
      )
    }
    let kinds = counts.sorted { $0.key.rawValue < $1.key.rawValue }
    let width = kinds.map { $0.key.rawValue.count }.max() ?? 0
    for (kind, count) in kinds {
      add(
        counted(count.files, "input") + ", " + counted(count.lines, "line"),
        lead: "  " + padded(kind.rawValue, to: width) + "  ")
    }
    for input in inputs where !input.parts.isEmpty {
      let parts = input.parts.map(\.rawValue).joined(separator: ", ")
      add("\(name(input.path)) holds \(parts)", lead: "  ")
    }
    for input in inputs where input.status == .partlyRead {
      var line = name(input.path)
      if input.skippedLines > 0 {
        line += ", \(counted(input.skippedLines, "line")) not understood"
      }
      add(line + reason(input), lead: "  partly read: ", tint: style.yellow)
    }
    addNotes(on: inputs)
    for input in inputs where input.status == .unreadable {
      add(name(input.path) + reason(input), lead: "  unreadable: ", tint: style.yellow)
    }
    let unknown = inputs.filter { $0.status == .notRecognised }
    if !unknown.isEmpty {
      let names = unknown.prefix(12).map { name($0.path) }.joined(separator: ", ")
      let rest = unknown.count > 12 ? " and \(unknown.count - 12) more" : ""
      add(names + rest, lead: "  not recognised: ")
    }
  }

  /// What the readers remarked on what they read all the same; the same of many files once.
  private mutating func addNotes(on inputs: [InputAccount]) {
    var told: Set<String> = []
    for input in inputs where input.status == .read {
      for warning in input.warnings where told.insert(warning.message).inserted {
        guard told.count <= 6 else { continue }
        let line = warning.line.map { ":\($0)" } ?? ""
        add(name(input.path) + line + ": " + warning.message, lead: "  note: ")
      }
    }
    if told.count > 6 { add("and \(told.count - 6) more: see --format json", lead: "  ") }
  }

  private func reason(_ input: InputAccount) -> String {
    guard let warning = input.warnings.first else { return "" }
    return ": " + (warning.line.map { "line \($0): " } ?? "") + warning.message
  }
}
