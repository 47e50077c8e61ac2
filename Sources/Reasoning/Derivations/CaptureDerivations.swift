import Model

/// Growth of workers over several captures, each a file of its own with one sample.
let captureDerivations: [Derivation] = [
  Derivation(
    "gunicorn.captures.growth_total", .app, .bytes,
    "Memory that the workers have gained from the first to the last of at least three captures, "
      + "over ten minutes.",
    from: captureInputs
  ) { inputs in captureGrowth(&inputs).map { .number($0.total) } },
  Derivation(
    "gunicorn.captures.steady_share", .app, .fraction,
    "Share of the workers that grew in the later half of the captures at least half as fast as in "
      + "the earlier half.",
    from: captureInputs
  ) { inputs in captureGrowth(&inputs).map { .number($0.steadyShare) } },
  Derivation(
    "gunicorn.captures.span", .app, .seconds, "Time from the first capture to the last.",
    from: captureInputs
  ) { inputs in captureGrowth(&inputs).map { .number($0.span) } },
  Derivation(
    "gunicorn.captures.pair_least", .app, .fraction,
    "Of two captures six hours apart or more: the second size of the worker that grew least, as a "
      + "share of its first, which it had after an hour of life.",
    from: captureInputs
  ) { inputs in pairGrowth(&inputs).map { .number($0.least) } },
  Derivation(
    "gunicorn.captures.pair_total", .app, .bytes,
    "Memory that the workers have gained between those two captures.", from: captureInputs
  ) { inputs in pairGrowth(&inputs).map { .number($0.total) } },
  Derivation(
    "gunicorn.captures.pair_span", .app, .seconds, "Time between those two captures.",
    from: captureInputs
  ) { inputs in pairGrowth(&inputs).map { .number($0.span) } },
]

private let captureInputs = ["gunicorn.ps.worker_rss", "gunicorn.ps.worker_age"]

private struct CaptureGrowth {
  var total = 0.0
  var steadyShare = 0.0
  var span = 0.0
}

private typealias Capture = (age: Double, bytes: Double, fact: KnownFact)

/// What every capture says of every worker. A worker's own age orders them: it needs no clock and no
/// file name.
private func captures(_ inputs: inout DerivationInputs) -> [[Capture]] {
  let ages = inputs.captures("gunicorn.ps.worker_age")
  let sizes = inputs.captures("gunicorn.ps.worker_rss")
  return ages.keys.sorted().map { part in
    let bySource = Dictionary(
      (ages[part] ?? []).map { ($0.origin.source, $0.value.number ?? 0) },
      uniquingKeysWith: { first, _ in first })
    return (sizes[part] ?? [])
      .compactMap { fact in
        bySource[fact.origin.source].flatMap { age in
          fact.value.number.map { (age: age, bytes: $0, fact: fact) }
        }
      }
      .sorted { ($0.age, $0.bytes) < ($1.age, $1.bytes) }
  }
}

/// Two captures tell of no pace; far apart, and of workers that were warm, they tell of growth.
private func pairGrowth(
  _ inputs: inout DerivationInputs
) -> (least: Double, total: Double, span: Double)? {
  var (least, total, span) = (Double.infinity, 0.0, 0.0)
  for points in captures(&inputs) {
    guard points.count == 2, points[0].age >= 3600, points[0].bytes > 0,
      points[1].age - points[0].age >= 6 * 3600
    else { continue }
    if span == 0 { for point in points { inputs.cite(point.fact) } }
    least = min(least, points[1].bytes / points[0].bytes)
    total += points[1].bytes - points[0].bytes
    span = max(span, points[1].age - points[0].age)
  }
  return span > 0 ? (least, total, span) : nil
}

/// A worker in its first minute still loads the application.
private func captureGrowth(_ inputs: inout DerivationInputs) -> CaptureGrowth? {
  var growth = CaptureGrowth()
  var (workers, steady) = (0, 0)
  for all in captures(&inputs) {
    let points = all.filter { $0.age >= 60 }
    guard points.count >= 3, let first = points.first, let last = points.last,
      last.age - first.age >= 600
    else { continue }
    let middle = points[points.count / 2]
    guard middle.age > first.age, last.age > middle.age else { continue }
    let early = (middle.bytes - first.bytes) / (middle.age - first.age)
    let late = (last.bytes - middle.bytes) / (last.age - middle.age)
    workers += 1
    if early > 0, late >= early / 2 { steady += 1 }
    growth.total += last.bytes - first.bytes
    growth.span = max(growth.span, last.age - first.age)
    if workers == 1 {
      for point in points { inputs.cite(point.fact) }
    }
  }
  guard workers > 0 else { return nil }
  growth.steadyShare = Double(steady) / Double(workers)
  return growth
}
