import Model

/// A diagnosis as JSON: contract `triage/diagnosis/v1`.
///
/// Values are in the base unit that stands beside them, times in UTC (RFC 3339). A time whose source
/// states no zone is marked `"clock": "unzoned"`: it is printed as if the clock showed UTC.
package struct JSONReport: Sendable {
  package let version: String
  package let redaction: Redaction

  /// A diagnosis comes redacted; what else is written through here says what to take out.
  package init(version: String, redaction: Redaction = .none) {
    self.version = version
    self.redaction = redaction
  }

  package func text(_ diagnosis: Diagnosis) -> String { json(diagnosis).document }

  package func json(_ diagnosis: Diagnosis) -> JSON {
    .object([
      ("schema", .string("triage/diagnosis/v1")),
      (
        "tool",
        .object([
          ("name", .string("triage")), ("version", .string(version)),
          ("rules", strings(diagnosis.rulePacks)),
        ])
      ),
      (
        "verdict",
        .object([
          ("status", .string(diagnosis.verdict.status.rawValue)),
          ("summary", evidence(diagnosis.verdict.summary)),
        ])
      ),
      ("causes", .array(diagnosis.causes.map(cause))),
      ("suspects", .array(diagnosis.suspects.map(suspect))),
      ("ruled_out", .array(diagnosis.ruledOut.map(ruledOut))),
      ("plan", .array(diagnosis.plan.map(step))),
      ("missing", .array(diagnosis.missing.map(missing))),
      ("timeline", .array(diagnosis.timeline.map(entry))),
      ("first_anomaly", diagnosis.firstAnomaly.map(JSON.integer) ?? .null),
      ("clocks", .array(diagnosis.clocks.map(clock))),
      ("recurrence", .array(diagnosis.recurrence.map(recurrence))),
      ("risks", .array(diagnosis.risks.map(risk))),
      ("inputs", .array(diagnosis.inputs.map(input))),
    ])
  }

  private func cause(_ cause: AccusedCause) -> JSON {
    let explainedBy = cause.explainedBy.map { root in
      JSON.object([("id", .string(root.id)), ("subject", .string(root.subject.description))])
    }
    let never = cause.never.map { never in
      JSON.object([("action", .string(never.action)), ("why", .string(never.why))])
    }
    return .object(leavingOutNil: [
      ("id", .string(cause.id)),
      ("title", .string(cause.title)),
      ("why", .string(cause.why)),
      ("subject", .string(cause.subject.description)),
      ("role", .string(cause.role.rawValue)),
      ("probability", .probability(cause.probability)),
      ("weight_db", .integer(cause.weight)),
      ("prior_db", .integer(cause.prior)),
      ("evidence", .array(cause.evidence.map(symptom))),
      ("against", .array(cause.against.map(symptom))),
      ("missing", .array(cause.missing.map(missing))),
      ("explains", strings(cause.explains)),
      ("explained_by", explainedBy),
      ("chain", cause.chain.isEmpty ? nil : strings(cause.chain)),
      ("onset", cause.onset.map(time)),
      ("onset_clock", cause.isOnsetZoned ? nil : .string("unzoned")),
      ("remediation", .array(cause.remediation.map(step))),
      ("never", .array(never)),
      ("sources", strings(cause.sources)),
    ])
  }

  private func suspect(_ suspect: Suspect) -> JSON {
    .object([
      ("id", .string(suspect.id)),
      ("title", .string(suspect.title)),
      ("subject", .string(suspect.subject.description)),
      ("probability", .probability(suspect.probability)),
      ("evidence", .array(suspect.evidence.map(symptom))),
      ("against", .array(suspect.against.map(symptom))),
      ("missing", .array(suspect.missing.map(missing))),
    ])
  }

  private func ruledOut(_ cause: RuledOutCause) -> JSON {
    let window = cause.window.map { span in
      JSON.object([("from", time(span.lowerBound)), ("to", time(span.upperBound))])
    }
    return .object(leavingOutNil: [
      ("id", .string(cause.id)),
      ("title", .string(cause.title)),
      ("subject", .string(cause.subject.description)),
      ("probability", .probability(cause.probability)),
      ("against", .array(cause.against.map(symptom))),
      ("window", window),
    ])
  }

  private func symptom(_ symptom: WeighedSymptom) -> JSON {
    .object([
      ("symptom", .string(symptom.symptom)),
      ("statement", evidence(symptom.statement)),
      ("weight_db", .integer(symptom.weight)),
      ("direct", .flag(symptom.isDirect)),
      ("observed", .array(symptom.observed.map(observation))),
    ])
  }

  func observation(_ observation: Observation) -> JSON {
    .object(leavingOutNil: [
      ("fact", .string(observation.fact)),
      ("value", value(observation.value, unit: observation.unit)),
      ("unit", .string(observation.unit.rawValue)),
      ("subject", .string(observation.subject.description)),
      ("part", observation.part.map(evidence)),
      ("time", observation.time.map(time)),
      ("source", observation.source.map(source)),
    ])
  }

  private func value(_ value: Value, unit: Unit) -> JSON {
    switch value {
    case .number(let number) where unit == .time: Instant(seconds: number).map(time) ?? .null
    case .number(let number): .number(number)
    case .text(let text): evidence(text)
    case .flag(let flag): .flag(flag)
    case .time(let instant): time(instant)
    }
  }

  private func source(_ source: Source) -> JSON {
    .object(leavingOutNil: [
      ("file", .string(source.file)),
      ("line", source.line.map(JSON.integer)),
      // Redaction may have lengthened it.
      ("excerpt", .string(String(redaction(source.excerpt).prefix(200)))),
    ])
  }

  private func missing(_ missing: MissingEvidence) -> JSON {
    .object(leavingOutNil: [
      ("fact", .string(missing.fact)),
      ("symptom", missing.symptom.map(JSON.string)),
      ("collect", .string(missing.collect)),
      ("max_weight_db", .integer(missing.maxWeight)),
      ("why", .string(missing.why)),
    ])
  }

  private func step(_ step: Step) -> JSON {
    .object(leavingOutNil: [
      ("rank", .integer(step.rank)),
      ("cause", .string(step.cause)),
      ("subject", .string(step.subject.description)),
      ("phase", .string(step.phase.rawValue)),
      ("title", .string(step.title)),
      ("why", .string(step.why)),
      ("command", step.command.map(JSON.string)),
      ("risk", .string(step.risk.rawValue)),
      ("warning", step.warning.map(JSON.string)),
      ("verify", step.verify.map(JSON.string)),
      ("reference", step.reference.map(JSON.string)),
    ])
  }

  private func entry(_ entry: TimelineEntry) -> JSON {
    .object(leavingOutNil: [
      ("time", time(entry.time)),
      ("until", entry.until.map(time)),
      ("clock", entry.isZoned ? nil : .string("unzoned")),
      ("event", evidence(entry.event)),
      ("subject", .string(entry.subject.description)),
      ("impact", .flag(entry.isImpact)),
      ("source", source(entry.source)),
    ])
  }

  private func clock(_ clock: SourceClock) -> JSON {
    .object([
      ("source", .string(clock.file)),
      ("offset_seconds", clock.offset.map(JSON.integer) ?? .null),
      ("anchor", clock.anchor.map(JSON.string) ?? .null),
    ])
  }

  private func recurrence(_ recurrence: Recurrence) -> JSON {
    var period: Double?
    var time: String?
    switch recurrence.rhythm {
    case .none: break
    case .every(let seconds): period = seconds
    case .atTime(let seconds): time = clockTime(seconds)
    }
    return .object(leavingOutNil: [
      ("event", .string(recurrence.event)),
      ("subject", .string(recurrence.subject.description)),
      ("count", .integer(recurrence.times.count)),
      ("every_seconds", period.map { .number($0.rounded()) }),
      ("at_hour", time.map(JSON.string)),
      ("times", .array(recurrence.times.map(self.time))),
      ("sources", .array(recurrence.sources.map(source))),
    ])
  }

  private func risk(_ risk: RiskFinding) -> JSON {
    .object(leavingOutNil: [
      ("rule", .string(risk.rule)),
      ("level", .string(risk.level.rawValue)),
      ("message", evidence(risk.message)),
      ("would_cause", risk.wouldCause.map(JSON.string)),
      ("source", risk.source.map(source)),
      ("fix", risk.fix.map(JSON.string)),
    ])
  }

  func input(_ input: InputAccount) -> JSON {
    let warnings = input.warnings.map { warning in
      JSON.object(leavingOutNil: [
        ("message", evidence(warning.message)), ("line", warning.line.map(JSON.integer)),
      ])
    }
    return .object(leavingOutNil: [
      ("path", .string(input.path)),
      ("kind", input.kind.map { .string($0.rawValue) } ?? .null),
      ("parts", input.parts.isEmpty ? nil : strings(input.parts.map(\.rawValue))),
      ("status", .string(input.status.rawValue)),
      ("bytes", .integer(input.bytes)),
      ("lines", .integer(input.lines)),
      ("skipped_lines", .integer(input.skippedLines)),
      ("warnings", .array(warnings)),
    ])
  }

  private func time(_ instant: Instant) -> JSON { .string(instant.description) }

  private func strings(_ strings: [String]) -> JSON { .array(strings.map(JSON.string)) }

  /// Text that may hold what the evidence held.
  private func evidence(_ text: String) -> JSON { .string(redaction(text)) }
}
