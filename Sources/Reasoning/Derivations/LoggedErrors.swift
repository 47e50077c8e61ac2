import Model

/// The counts that tell since when users felt something, each with the fact that tells until when.
let loggedErrors: [(count: String, last: String?)] = [
  ("app.redis.errors", "app.redis.last_error"),
  ("gunicorn.log.timeouts", "gunicorn.log.last_timeout"),
  ("nginx.error.upstream_timeout", nil),
]

/// The count whose first error came first; nil where none was logged, or a clock is not known.
func firstLoggedErrors(_ inputs: DerivationInputs) -> KnownFact? {
  var began: KnownFact?
  for errors in countedErrors(inputs) {
    guard let time = errors.time, inputs.isClockKnown(of: errors) else { return nil }
    if began?.time.map({ time < $0 }) ?? true { began = errors }
  }
  return began
}

/// The earliest time at which the first errors can have been logged, and the count that says so: a clock
/// whose zone is not known may be fourteen hours ahead. Nil where none was logged or a time is missing.
func earliestLoggedErrors(_ inputs: DerivationInputs) -> (count: KnownFact, time: Instant)? {
  var began: (count: KnownFact, time: Instant)?
  for errors in countedErrors(inputs) {
    guard let stated = errors.time else { return nil }
    let time = inputs.isClockKnown(of: errors) ? stated : stated.advanced(by: -14 * 3600)
    if began.map({ time < $0.time }) ?? true { began = (errors, time) }
  }
  return began
}

/// The count whose first error came first, by what its clock reads; nil where all clocks are known.
func firstErrorsAsRead(_ inputs: DerivationInputs) -> KnownFact? {
  let counted = countedErrors(inputs)
  guard counted.contains(where: { !inputs.isClockKnown(of: $0) }) else { return nil }
  return counted.filter { $0.time != nil }.min { ($0.time ?? .zero) < ($1.time ?? .zero) }
}

/// When the last of them was logged; where that is not told, where the log ends.
func lastLoggedErrors(_ inputs: DerivationInputs) -> Instant? {
  var last: Instant?
  for (count, lastFact) in loggedErrors {
    guard let errors = inputs.peek(count), (errors.value.number ?? 0) > 0 else { continue }
    let told = lastFact.flatMap { inputs.peek($0)?.value }
    let end: Instant?
    if case .time(let time)? = told { end = time } else { end = errors.coverage?.upperBound }
    guard let end else { return nil }
    last = max(last ?? end, end)
  }
  return last
}

private func countedErrors(_ inputs: DerivationInputs) -> [KnownFact] {
  loggedErrors.compactMap { inputs.peek($0.count) }.filter { ($0.value.number ?? 0) > 0 }
}
