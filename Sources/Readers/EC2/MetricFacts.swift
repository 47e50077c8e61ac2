import Model

/// Records what a series of datapoints says: first what sums it up, then the points themselves.
func recordMetric(
  _ series: MetricSeries, of subject: Int, _ output: AWSOutput, into page: inout Page
) {
  guard let coverage = series.coverage else { return }
  page.cover(coverage.lowerBound)
  page.cover(coverage.upperBound)
  var recorder = MetricRecorder(series: series, subject: subject, output: output, page: page)
  switch series.metric.style {
  case .check(let event, let says, _): recorder.recordCheck(event: event, says: says)
  case .level(_, .spent(let bound, let event, let says)):
    recorder.recordBalance(below: bound, event: event, says: says)
  case .level(_, .exceeded(let event, let says)):
    recorder.recordExceeded(event: event, says: says)
  case .level(_, nil): break
  }
  recorder.recordPoints()
  page = recorder.page
}

private struct MetricRecorder {
  /// What one metric may add to a page: three and a half days of minutes.
  static let pointLimit = 5000
  static let eventLimit = 50

  let series: MetricSeries
  let subject: Int
  let output: AWSOutput
  var page: Page

  private var fact: String { series.metric.fact }

  // MARK: status checks

  mutating func recordCheck(event: String, says: String) {
    let points = series.points
    let runs = series.runs { ($0.main?.value ?? 0) > 0 }
    let spans = runs.compactMap(series.span)
    let failed = runs.reduce(0) { $0 + $1.count }
    guard let witness = (runs.first.map { points[$0.lowerBound] } ?? points.first)?.main else {
      return
    }
    let first = spans.first?.lowerBound
    let coverage = failed > 0 ? series.coverage : series.unbrokenCoverage
    record("failed_periods", Double(failed), at: first, coverage: coverage, line: witness.line)
    record("failed_windows", Double(runs.count), at: first, coverage: coverage, line: witness.line)

    let lengths = zip(runs, spans).map { failing($0, $1) }
    let longest = spans.indices.max { lengths[$0] < lengths[$1] }
    record(
      "longest_failure", longest.map { lengths[$0] } ?? 0,
      at: longest.map { spans[$0].lowerBound }, coverage: coverage,
      line: (longest.flatMap { points[runs[$0].lowerBound].main } ?? witness).line)

    if let first { record("first_failure", first, line: witness.line) }
    if let last = runs.last.flatMap({ points[$0].last }), let reading = last.main {
      record("last_failure", last.time, line: reading.line)
    }

    for ((run, span), length) in zip(zip(runs, spans), lengths).prefix(MetricRecorder.eventLimit) {
      guard let reading = points[run.lowerBound].main else { continue }
      let minutes = Int(max(1, (length / 60).rounded()))
      page.record(
        Event(
          event, subject: subject, time: span.lowerBound, until: span.upperBound,
          text: "\(says) for \(minutes) min",
          // AWS's example alarm waits for two bad periods: one bad minute is noise.
          isImpact: length >= 120, isZoned: series.isZoned,
          origin: output.origin(line: reading.line)))
    }
    if runs.count > MetricRecorder.eventLimit {
      page.warn(
        "\(series.metric.name) failed \(runs.count) times; the timeline shows the first "
          + "\(MetricRecorder.eventLimit)")
    }
  }

  /// How long a check failed in a run of bad periods: no longer than their sums say, of which each is
  /// a number of minutes. An hour with one bad minute is a bad period too.
  private func failing(_ run: Range<Int>, _ span: TimeSpan) -> Double {
    let sums = series.points[run].map(\.failing)
    guard sums.allSatisfy({ $0 != nil }) else { return length(span) }
    return min(length(span), sums.reduce(0) { $0 + ($1 ?? 0) })
  }

  // MARK: limits

  mutating func recordBalance(below bound: Double, event: String, says: String) {
    let points = series.points
    let lowest = points.compactMap { point in
      (point.minimum ?? point.main).map { (time: point.time, reading: $0) }
    }
    .min { $0.reading.value < $1.reading.value }
    guard let lowest else { return }
    record("lowest", lowest.reading.value, at: lowest.time, line: lowest.reading.line)
    if let last = points.last, let reading = last.main {
      record("latest", reading.value, at: last.time, line: reading.line)
    }
    let exhausted = series.runs { ($0.minimum ?? $0.main).map { $0.value < bound } ?? false }
    record(
      "exhausted_for", runs: exhausted, spells: spells(exhausted, recoveredAt: 5 * bound),
      else: lowest.reading, event: event, says: says
    ) { $0.minimum ?? $0.main }
  }

  mutating func recordExceeded(event: String, says: String) {
    guard let first = series.points.first, let reading = first.main else { return }
    let exceeded = series.runs { ($0.main?.value ?? 0) >= 0.5 }
    record(
      "exceeded_for", runs: exceeded, spells: exceeded, else: reading, event: event,
      says: says
    ) { $0.main }
  }

  private mutating func record(
    _ name: String, _ value: Double, at time: Instant?, coverage: TimeSpan? = nil, line: Int
  ) {
    page.record(
      "\(fact).\(name)", value, of: subject, at: time, part: series.volume, coverage: coverage,
      origin: output.origin(line: line))
  }

  private mutating func record(_ name: String, _ time: Instant, line: Int) {
    page.record(
      "\(fact).\(name)", .time(time), of: subject, part: series.volume,
      origin: output.origin(line: line))
  }

  /// How long all runs of bad points last in sum, and each spell for the timeline. The first bad point is
  /// cited; where there is none, `witness`.
  private mutating func record(
    _ name: String, runs: [Range<Int>], spells: [Range<Int>],
    else witness: Datapoint.Reading, event: String, says: String,
    reading: (Datapoint) -> Datapoint.Reading?
  ) {
    let points = series.points
    let total = runs.compactMap(series.span).reduce(0) { $0 + length($1) }
    let first = runs.first.map { points[$0.lowerBound] }
    record(
      name, total, at: first?.time, coverage: series.coverage,
      line: (first.flatMap(reading) ?? witness).line)
    for spell in spells.prefix(MetricRecorder.eventLimit) {
      guard let point = points[spell].first, let span = series.span(of: spell),
        let reading = reading(point)
      else { continue }
      page.record(
        Event(
          event, subject: subject, time: span.lowerBound, until: span.upperBound, text: says,
          isZoned: series.isZoned, origin: output.origin(line: reading.line)))
    }
  }

  /// Runs with no real recovery between them are one: a balance that hovers around its bound is
  /// spent as it is earned.
  private func spells(_ runs: [Range<Int>], recoveredAt recovered: Double) -> [Range<Int>] {
    var spells: [Range<Int>] = []
    for run in runs {
      if let last = spells.last,
        series.points[last.upperBound..<run.lowerBound].allSatisfy({
          ($0.main?.value ?? 0) < recovered
        })
      {
        spells[spells.count - 1] = last.lowerBound..<run.upperBound
      } else {
        spells.append(run)
      }
    }
    return spells
  }

  // MARK: points

  mutating func recordPoints() {
    let points = series.points
    let stride = max(1, (points.count + MetricRecorder.pointLimit - 1) / MetricRecorder.pointLimit)
    if stride > 1 {
      page.warn("\(series.metric.name) has \(points.count) datapoints; one in \(stride) was kept")
    }
    for (index, point) in points.enumerated()
    where index % stride == 0 || index == points.count - 1 {
      if let main = point.main {
        page.record(
          fact, main.value, of: subject, at: point.time, part: series.volume,
          origin: output.origin(line: main.line))
      }
      if series.metric.name == "CPUUtilization", let maximum = point.maximum {
        page.record(
          "\(fact).maximum", maximum.value, of: subject, at: point.time,
          origin: output.origin(line: maximum.line))
      }
    }
  }

  private func length(_ span: TimeSpan) -> Double { span.upperBound.since(span.lowerBound) }
}
