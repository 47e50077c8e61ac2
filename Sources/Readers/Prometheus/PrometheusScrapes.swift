import Model

/// The scrapes of all targets, and what happened between those of one.
struct PrometheusScrapes {
  /// What is told of a host by its scrapes together.
  private struct Series {
    var last: PrometheusScrape
    var history = HostHistory()
    var kills: (count: Double, origin: Origin, time: Instant)?
  }

  private let window: TimeWindow
  private var targets: [String: Thinned<PrometheusScrape>] = [:]

  init(in window: TimeWindow) { self.window = window }

  /// How many scrapes of a target are kept that comes behind so many others: of many targets few each, so
  /// that all together stay small.
  static func limit(behind others: Int) -> Int { others < 2 ? 60 : others < 20 ? 8 : 2 }

  /// Takes the scrapes of a target in the order of time.
  mutating func append(_ scrape: PrometheusScrape) {
    guard scrape.time.map({ window.contains($0) }) ?? true else { return }
    let limit = PrometheusScrapes.limit(behind: targets.count) / 2
    targets[scrape.target, default: Thinned(limit: limit)].append(scrape)
  }

  func record(into page: inout Page) {
    var (kept, count) = (0, 0)
    for (_, scrapes) in targets.sorted(by: { $0.key < $1.key }) {
      let chosen = scrapes.elements
      (kept, count) = (kept + chosen.count, count + scrapes.count)
      record(chosen, into: &page)
    }
    if kept < count {
      page.warn("\(count) scrapes, told by \(kept) of them, evenly spread")
    }
  }

  private func record(_ scrapes: [PrometheusScrape], into page: inout Page) {
    var series: Series?
    var host: Int?
    for scrape in scrapes {
      guard let subject = scrape.record(into: &page), let time = scrape.time else { continue }
      host = subject
      if var known = series, let before = known.last.time {
        let seconds = time.since(before)
        scrape.host.add(
          since: known.last.host, seconds: seconds, at: time, of: subject, to: &known.history)
        if let kills = scrape.host.kills(since: known.last.host) {
          // Cited is where it rose.
          let isFirst = known.kills?.count ?? 0 == 0
          known.kills = (
            (known.kills?.count ?? 0) + kills.count,
            isFirst ? kills.origin : known.kills?.origin ?? kills.origin,
            isFirst ? time : known.kills?.time ?? time
          )
        }
        known.last = scrape
        series = known
      } else {
        series = Series(last: scrape)
      }
    }
    guard var series, let host else { return }
    series.history.breakRuns()
    series.history.record(into: &page)
    guard let kills = series.kills else { return }
    page.record(
      "host.oom_kills_counted", kills.count, of: host, at: kills.time, origin: kills.origin)
    if kills.count > 0 {
      let count = Int(min(kills.count, 1e9))
      page.record(
        Event(
          "oom-kill", subject: host, time: kills.time,
          text: "the kernel's counter of kills for want of memory rose by \(count)",
          isImpact: true, origin: kills.origin))
    }
  }
}
