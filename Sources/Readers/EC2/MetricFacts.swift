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
  case .level where series.metric.name == "CPUCreditBalance": recorder.recordCreditBalance()
  case .level: break
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
    let origin = output.origin(line: witness.line)
    let first = spans.first?.lowerBound
    let coverage = failed > 0 ? series.coverage : series.unbrokenCoverage
    page.record(
      "\(fact).failed_periods", Double(failed), of: subject, at: first, coverage: coverage,
      origin: origin)
    page.record(
      "\(fact).failed_windows", Double(runs.count), of: subject, at: first, coverage: coverage,
      origin: origin)

    let longest = spans.indices.max { length(spans[$0]) < length(spans[$1]) }
    let longestOrigin =
      longest.flatMap { points[runs[$0].lowerBound].main }
      .map { output.origin(line: $0.line) } ?? origin
    page.record(
      "\(fact).longest_failure", longest.map { length(spans[$0]) } ?? 0, of: subject,
      at: longest.map { spans[$0].lowerBound }, coverage: coverage, origin: longestOrigin)

    if let first {
      page.record("\(fact).first_failure", .time(first), of: subject, origin: origin)
    }
    if let last = runs.last.flatMap({ points[$0].last }), let reading = last.main {
      page.record(
        "\(fact).last_failure", .time(last.time), of: subject,
        origin: output.origin(line: reading.line))
    }

    for (run, span) in zip(runs, spans).prefix(MetricRecorder.eventLimit) {
      guard let reading = points[run.lowerBound].main else { continue }
      let minutes = Int(max(1, (length(span) / 60).rounded()))
      page.record(
        Event(
          event, subject: subject, time: span.lowerBound, until: span.upperBound,
          text: "\(says) for \(minutes) min",
          // AWS's example alarm waits for two bad periods: one bad minute is noise.
          isImpact: length(span) >= 120, isZoned: series.isZoned,
          origin: output.origin(line: reading.line)))
    }
    if runs.count > MetricRecorder.eventLimit {
      page.warn(
        "\(series.metric.name) failed \(runs.count) times; the timeline shows the first "
          + "\(MetricRecorder.eventLimit)")
    }
  }

  // MARK: CPU credits

  mutating func recordCreditBalance() {
    let points = series.points
    let lowest = points.compactMap { point in
      (point.minimum ?? point.main).map { (time: point.time, reading: $0) }
    }
    .min { $0.reading.value < $1.reading.value }
    if let lowest {
      page.record(
        "\(fact).lowest", lowest.reading.value, of: subject, at: lowest.time,
        origin: output.origin(line: lowest.reading.line))
    }
    if let last = points.last, let reading = last.main {
      page.record(
        "\(fact).latest", reading.value, of: subject, at: last.time,
        origin: output.origin(line: reading.line))
    }

    let exhausted = series.runs { ($0.minimum ?? $0.main).map { $0.value < 1 } ?? false }
    let total = exhausted.compactMap(series.span).reduce(0) { $0 + length($1) }
    let witness = exhausted.first.map { points[$0.lowerBound] }
    if let reading = witness.flatMap({ $0.minimum ?? $0.main }) ?? lowest?.reading {
      page.record(
        "\(fact).exhausted_for", total, of: subject, at: witness?.time, coverage: series.coverage,
        origin: output.origin(line: reading.line))
    }
    for spell in spells(exhausted).prefix(MetricRecorder.eventLimit) {
      guard let point = points[spell].first, let span = series.span(of: spell),
        let reading = point.minimum ?? point.main
      else { continue }
      page.record(
        Event(
          "cpu-credits-exhausted", subject: subject, time: span.lowerBound, until: span.upperBound,
          text: "the CPU credit balance is used up", isZoned: series.isZoned,
          origin: output.origin(line: reading.line)))
    }
  }

  /// Runs with no real recovery between them are one: a balance that hovers around one credit is
  /// spent as it is earned.
  private func spells(_ runs: [Range<Int>]) -> [Range<Int>] {
    var spells: [Range<Int>] = []
    for run in runs {
      if let last = spells.last,
        series.points[last.upperBound..<run.lowerBound].allSatisfy({ ($0.main?.value ?? 0) < 5 })
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
          fact, main.value, of: subject, at: point.time, origin: output.origin(line: main.line))
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
