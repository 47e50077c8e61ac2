import Model

/// What the counts of an access log say, as facts and events.
extension AccessCounts {
  /// `firstLine` is cited by counts of none.
  func record(into page: inout Page, firstLine: Origin, isZoned: Bool, share: Double = 1) {
    // An empty log speaks for no time at all: not even that there were no errors.
    guard requests > 0 || coverage != nil else { return page.warn("it holds no request") }
    let proxy = page.subject(.proxy)
    if let coverage {
      page.cover(coverage.lowerBound)
      page.cover(coverage.upperBound)
    }
    let writer = AccessWriter(
      proxy: proxy, coverage: coverage, nothing: firstLine, isZoned: isZoned, share: share)
    guard share >= 1 else { return recordSample(writer, &page) }
    writer.tally("nginx.access.requests", requests, firstRequest, &page)
    writer.tally("nginx.access.uploads", uploads, firstUpload, &page)
    for (index, group) in AccessCounts.classes.enumerated() {
      writer.tally(
        "nginx.access.status." + group.name, count(group.matches), firstOfClass[index], &page)
    }
    recordErrors(writer, &page)
    recordTimes(writer, &page)
    recordRates(writer, &page)
    recordPeriods(writer, &page)
    recordTop("path", paths, writer, &page)
    recordTop("agent", agents, writer, &page)
    recordTop("client", clients, writer, &page)
    if minutes.isCut {
      page.warn("spans more than 200 days with requests: figures by minute are of the newest")
    }
  }

  /// The first 5xx in or before a span, newest first: a line that shows what the span holds.
  private func errorWitness(before second: Int) -> Witness? {
    errorStarts.last { $0.second <= second } ?? firstOfClass[0]
  }

  /// What a sample shows: counts, as estimates for the whole, shares, and how long requests take.
  /// Nothing that could be taken for an absence is said, so none of this rules anything out: no count of
  /// none, no longest run, no rates by minute.
  private func recordSample(_ writer: AccessWriter, _ page: inout Page) {
    let share = writer.share
    let counted: [(String, Int, Witness?)] =
      [
        ("nginx.access.requests", requests, firstRequest),
        ("nginx.access.uploads", uploads, firstUpload),
      ]
      + AccessCounts.classes.enumerated().map { index, group in
        ("nginx.access.status." + group.name, count(group.matches), firstOfClass[index])
      }
    for (name, number, first) in counted where number > 0 {
      writer.tally(name, number, first, &page)
    }
    if let first = firstOfClass[0], requests > 0 {
      writer.figure(
        "nginx.access.error_share", Double(count(500...599)) / Double(requests), first, &page)
    }
    recordQuantiles(writer, &page)
    if !periods.streams(share: share).isEmpty { recordPeriods(writer, &page) }
    recordTop("path", paths, writer, &page)
    recordTop("agent", agents, writer, &page)
    recordTop("client", clients, writer, &page)
  }

  private func recordErrors(_ writer: AccessWriter, _ page: inout Page) {
    let first = firstOfClass[0]
    if requests > 0 {
      writer.figure(
        "nginx.access.error_share", Double(count(500...599)) / Double(requests), first, &page)
    }
    if let peak = minutes.peakErrorShare() {
      let witness =
        peak.share > 0 ? errorWitness(before: peak.minute * 60 + 299) : nil
      writer.figure(
        "nginx.access.peak_error_share", peak.share, witness,
        at: Instant(seconds: Double(peak.minute * 60)), &page)
    }
    let runs = minutes.errorRuns()
    let longest = runs.max {
      ($0.lastMinute - $0.firstMinute, $1.first) < ($1.lastMinute - $1.firstMinute, $0.first)
    }
    let firstRun = runs.first.flatMap { errorWitness(before: $0.first) }
    writer.tally(
      "nginx.access.error_minutes", minutes.errorMinutes, firstRun,
      at: runs.first.flatMap { Instant(seconds: Double($0.first)) }, &page)
    writer.figure(
      "nginx.access.longest_error_run",
      longest.map { Double(($0.lastMinute - $0.firstMinute + 1) * 60) } ?? 0,
      longest.flatMap { errorWitness(before: $0.last) },
      at: longest.flatMap { Instant(seconds: Double($0.first)) }, &page)

    // What goes on where the log ends may be a blip, or the first minutes of an outage.
    let end = page.coverage?.upperBound
    let open = runs.last.flatMap { run in
      end.flatMap { end in
        Instant(seconds: Double(run.last)).map {
          end.since($0) < 60 && run.errors * 2 >= run.requests
        }
      } == true ? run : nil
    }
    writer.figure(
      "nginx.access.errors_at_end", Double(open?.errors ?? 0),
      open.flatMap { errorWitness(before: $0.last) },
      at: open.flatMap { Instant(seconds: Double($0.first)) }, &page)

    let merged = minutes.errorRuns(mergedOver: 300)
    for run in merged.sorted(by: { ($1.errors, $0.first) < ($0.errors, $1.first) }).prefix(100)
      .sorted(by: { $0.first < $1.first })
    {
      guard let start = Instant(seconds: Double(run.first)),
        let witness = errorWitness(before: run.last)
      else { continue }
      page.record(
        Event(
          "server-errors", subject: writer.proxy, time: start,
          until: run.last > run.first ? Instant(seconds: Double(run.last)) : nil,
          text: "\(run.errors) of \(run.requests) requests answered with 5xx",
          // A blip of under a minute is what a deployment looks like.
          isImpact: run.last - run.first >= 60, isZoned: writer.isZoned, origin: witness.origin))
    }
    if merged.count > 100 { page.warn("\(merged.count) runs of 5xx; the 100 largest are kept") }
  }

  private func recordQuantiles(_ writer: AccessWriter, _ page: inout Page) {
    guard let slowest = times.slowest, let firstTimed = times.firstTimed else { return }
    let name = "nginx.access.request_time."
    for (part, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
      if let value = times.quantile(share) {
        writer.figure(name + part, value, part == "p50" ? firstTimed : slowest.witness, &page)
      }
    }
    writer.figure(
      name + "max", Double(slowest.microseconds) / 1_000_000, slowest.witness,
      at: slowest.witness.time, &page)
  }

  private func recordTimes(_ writer: AccessWriter, _ page: inout Page) {
    guard let slowest = times.slowest, let firstTimed = times.firstTimed else { return }
    recordQuantiles(writer, &page)
    let name = "nginx.access.request_time."
    let windows = times.windowMedians()
    if let worst = windows.max(by: { ($0.median, $1.second) < ($1.median, $0.second) }) {
      writer.figure(
        name + "worst_p50", worst.median, slowest.witness,
        at: Instant(seconds: Double(worst.second)), &page)
      let medians = windows.map { Int($0.median * 1_000_000) }
      writer.figure(name + "baseline", median(medians) / 1_000_000, firstTimed, &page)
    }
  }

  private func recordRates(_ writer: AccessWriter, _ page: inout Page) {
    guard let series = minutes.requestsByMinute() else { return }
    writer.figure("nginx.access.rate.median", median(series.counts) / 60, firstRequest, &page)
    if let peak = series.counts.indices.max(by: {
      (series.counts[$0], $1) < (series.counts[$1], $0)
    }) {
      writer.figure(
        "nginx.access.rate.peak", Double(series.counts[peak]) / 60, firstRequest,
        at: Instant(seconds: Double((series.first + peak) * 60)), &page)
    }
    guard let surges = surges(in: series.counts, firstMinute: series.first) else { return }
    guard
      let surge = surges.max(by: {
        ($0.factor, $1.firstMinute) < ($1.factor, $0.firstMinute)
      })
    else {
      writer.figure("nginx.access.surge", 1, firstRequest, &page)
      return
    }
    record(surge, writer, &page)
    if let every = beat(of: surges.map(\.firstMinute)) {
      writer.figure(
        "nginx.access.surge.every", Double(every * 60), firstRequest,
        at: Instant(seconds: Double(surge.firstMinute * 60)), &page)
    }
    for surge in surges.prefix(20) { recordEvent(surge, writer, &page) }
  }

  private func record(_ surge: Surge, _ writer: AccessWriter, _ page: inout Page) {
    let start = Instant(seconds: Double(surge.firstMinute * 60))
    let minutes = surge.firstMinute...surge.lastMinute
    let agent = authors.top(minutes, clients: false)
    let client = authors.top(minutes, clients: true)
    let witness = agent?.witness ?? client?.witness ?? firstRequest
    writer.figure("nginx.access.surge", surge.factor, witness, at: start, &page)
    if let start, let witness {
      writer.value("nginx.access.surge.start", .time(start), witness, at: start, &page)
    }
    writer.figure(
      "nginx.access.surge.duration",
      Double((surge.lastMinute - surge.firstMinute + 1) * 60), witness, at: start, &page)
    for (name, top) in [("agent", agent), ("client", client)] {
      guard let top else { continue }
      let text = unescapedName(top.name)
      writer.value("nginx.access.surge.top_" + name, .text(text), top.witness, at: start, &page)
      writer.figure(
        "nginx.access.surge.top_" + name + "_share", top.share, top.witness, at: start, &page)
    }
  }

  private func recordEvent(_ surge: Surge, _ writer: AccessWriter, _ page: inout Page) {
    guard let start = Instant(seconds: Double(surge.firstMinute * 60)) else { return }
    let agent = authors.top(surge.firstMinute...surge.lastMinute, clients: false)
    guard let witness = agent?.witness ?? firstRequest else { return }
    let tenths = Int(surge.factor * 10)
    page.record(
      Event(
        "traffic-surge", subject: writer.proxy, time: start,
        until: Instant(seconds: Double(surge.lastMinute * 60 + 59)),
        text: "\(tenths / 10).\(tenths % 10) times the requests of before",
        isZoned: writer.isZoned, origin: witness.origin))
  }

  private func recordTop(
    _ name: String, _ table: TopTable, _ writer: AccessWriter, _ page: inout Page
  ) {
    let top = table.top(10)
    if let most = top.map(\.shortfall).max(), most > 0 {
      page.warn("counts by \(name) are up to \(most) too low: there are more than fit the table")
    }
    for entry in top {
      page.record(
        "nginx.access.\(name).requests", writer.whole(entry.count), of: writer.proxy,
        part: entry.name,
        coverage: coverage, origin: entry.origin)
    }
  }
}

/// Records under the same subject, coverage and fallback origin.
struct AccessWriter {
  let proxy: Int
  let coverage: TimeSpan?
  let nothing: Origin
  let isZoned: Bool
  /// What of the log was read.
  var share = 1.0

  /// An estimate for the whole log of what was counted in a share of it.
  func whole(_ count: Int) -> Double {
    share < 1 ? (Double(count) / share).rounded() : Double(count)
  }

  func tally(
    _ name: String, _ count: Int, _ first: Witness?, at time: Instant? = nil, _ page: inout Page
  ) {
    page.record(
      name, whole(count), of: proxy, at: count > 0 ? time ?? first?.time : nil,
      coverage: coverage, origin: count > 0 ? first?.origin ?? nothing : nothing)
  }

  func figure(
    _ name: String, _ number: Double, _ witness: Witness?, at time: Instant? = nil,
    _ page: inout Page
  ) {
    page.record(
      name, number, of: proxy, at: time, coverage: coverage, origin: witness?.origin ?? nothing)
  }

  func value(
    _ name: String, _ value: Value, _ witness: Witness, at time: Instant? = nil,
    _ page: inout Page
  ) {
    page.record(
      name, value, of: proxy, at: time, coverage: coverage, origin: witness.origin)
  }
}
