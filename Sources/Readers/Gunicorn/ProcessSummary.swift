import Model

/// Samples of gunicorn's processes, summed up for the page.
struct ProcessSummary {
  private struct Total {
    let time: Instant?
    let workers: Int
    let resident: Double?
    let swap: Double?
    let origin: Origin
  }

  private var series = RSSSeries()
  private var totals: [Total] = []
  private var totalStep = 1
  private var samples = 0
  private var firstClock: Double?
  private var lastClock: Double?
  private var firstTime: Instant?
  private var lastTime: Instant?
  private var recycles = 0
  private var recycleOrigin: Origin?
  private var masterPid: Int?
  private var command: (row: ProcessRow, isCut: Bool)?
  private var lastFamily: GunicornFamily?
  private var births: [Int: Double] = [:]
  private var hasSeveral = false
  private var redis: (row: ProcessRow, time: Instant?)?

  mutating func noteRedis(_ row: ProcessRow, at time: Instant?) { redis = (row, time) }

  mutating func add(_ rows: [ProcessRow], at time: Instant?, isCut: Bool) {
    guard let family = GunicornFamily(rows, knownMaster: masterPid) else { return }
    let isSameMaster = masterPid == nil || family.master?.pid == masterPid
    samples += 1
    hasSeveral = hasSeveral || family.isOneOfSeveral
    if command == nil, let head = family.master ?? family.workers.first {
      command = (head, isCut)
    }
    let clock = time?.seconds ?? family.master?.elapsed
    if let clock {
      firstClock = firstClock ?? clock
      lastClock = clock
    }
    if let time {
      firstTime = firstTime ?? time
      lastTime = time
    }
    noteRecycles(family, clock: clock, isSameMaster: isSameMaster)
    masterPid = family.master?.pid ?? masterPid
    lastFamily = family
    for worker in family.workers {
      guard let resident = worker.resident else { continue }
      let life = worker.elapsed ?? clock.flatMap { now in births[worker.pid].map { now - $0 } }
      series.add(
        RSSSeries.Point(
          clock: clock ?? Double(samples), time: time, resident: resident,
          bytes: resident + (worker.swap ?? 0), life: life, origin: worker.origin),
        pid: worker.pid)
    }
    addTotal(family, at: time)
  }

  private mutating func noteRecycles(
    _ family: GunicornFamily, clock: Double?, isSameMaster: Bool
  ) {
    guard let before = lastFamily else { return }
    let old = Set(before.workers.map(\.pid))
    let new = family.workers.filter { !old.contains($0.pid) }
    if let clock {
      for worker in new where births.count < 10_000 { births[worker.pid] = clock }
    }
    guard isSameMaster, !new.isEmpty else { return }
    let present = Set(family.workers.map(\.pid))
    let replaced = min(new.count, old.subtracting(present).count)
    recycles += replaced
    if replaced > 0, recycleOrigin == nil { recycleOrigin = new.first?.origin }
  }

  private mutating func addTotal(_ family: GunicornFamily, at time: Instant?) {
    let all = family.workers + (family.master.map { [$0] } ?? [])
    guard let first = family.master ?? family.workers.first else { return }
    let residents = all.compactMap(\.resident)
    let swaps = all.compactMap(\.swap)
    guard (samples - 1).isMultiple(of: totalStep) else { return }
    totals.append(
      Total(
        time: time, workers: family.workers.count,
        resident: residents.isEmpty ? nil : residents.reduce(0, +),
        swap: swaps.isEmpty ? nil : swaps.reduce(0, +), origin: first.origin))
    if totals.count >= 600 {
      totals = totals.indices.filter { $0.isMultiple(of: 2) }.map { totals[$0] }
      totalStep *= 2
    }
  }

  func record(into page: inout Page) {
    if let redis, let resident = redis.row.resident {
      let host = page.subject(.host)
      page.record(
        "process.redis_rss", resident, of: host, at: redis.time, origin: redis.row.origin)
    }
    guard samples > 0 else { return }
    let app = page.subject(.app)
    if hasSeveral {
      page.warn("several gunicorn masters; the one with most workers is taken")
    }
    recordCommand(of: app, into: &page)
    for total in totals {
      let (time, origin) = (total.time, total.origin)
      page.record("gunicorn.ps.workers", Double(total.workers), of: app, at: time, origin: origin)
      if let resident = total.resident {
        page.record("gunicorn.ps.rss_total", resident, of: app, at: time, origin: origin)
      }
      if let swap = total.swap {
        page.record("gunicorn.ps.swap_total", swap, of: app, at: time, origin: origin)
      }
    }
    recordSeries(of: app, into: &page)
    recordLast(of: app, into: &page)
    for time in [firstTime, lastTime] { if let time { page.cover(time) } }
  }

  private func recordCommand(of app: Int, into page: inout Page) {
    guard let (row, isCut) = command else { return }
    let words = shellWords([(number: row.line, text: row.command[...])])
    guard let found = GunicornCommand.find(in: words), !found.arguments.isEmpty else { return }
    var facts = GunicornCommandFacts(subject: app)
    facts.record(found.read(), into: &page) { _ in row.origin }
    if isCut {
      page.warn("the command line may be cut; no default is assumed", line: row.line)
    } else {
      // A gunicorn.conf.py beside the application is read without being named.
      facts.recordDefaults(except: ["max_requests", "max_requests_jitter"], into: &page)
    }
  }

  private func recordSeries(of app: Int, into page: inout Page) {
    let last = lastFamily?.workers.map(\.pid) ?? []
    // The present workers first, then those seen longest.
    let others = series.points.keys.filter { !last.contains($0) }.sorted {
      (-(series.points[$0]?.count ?? 0), $0) < (-(series.points[$1]?.count ?? 0), $1)
    }
    let kept = (last.sorted() + others).prefix(64)
    let count = series.points.count + series.forgotten
    if count > kept.count {
      page.warn("memory of \(kept.count) of \(count) workers is kept")
    }
    for pid in kept {
      for point in series.thinned(pid) {
        page.record(
          "gunicorn.ps.worker_rss", point.resident, of: app, at: point.time, part: "pid \(pid)",
          origin: point.origin)
      }
    }
    guard samples >= 2, let firstClock, let lastClock else { return }
    if let growth = series.growth() {
      page.record(
        "gunicorn.ps.growth_per_worker", growth.perWorker, of: app, at: lastTime,
        origin: growth.origin)
      page.record(
        "gunicorn.ps.growing_share", growth.growingShare, of: app, at: lastTime,
        origin: growth.origin)
      if let plateau = growth.plateau {
        page.record(
          "gunicorn.ps.plateau", .flag(plateau), of: app, at: lastTime, origin: growth.origin)
      }
    }
    if let gain = series.gain(of: last) {
      page.record(
        "gunicorn.ps.growth_total", gain.bytes, of: app, at: lastTime, origin: gain.origin)
    }
    if let origin = totals.last?.origin {
      page.record(
        "gunicorn.ps.sample_span", max(0, lastClock - firstClock), of: app, origin: origin)
    }
  }

  private func recordLast(of app: Int, into page: inout Page) {
    guard let family = lastFamily, let any = family.workers.first ?? family.master else { return }
    let origin = any.origin
    page.record("gunicorn.ps.samples", Double(samples), of: app, origin: origin)
    if samples >= 2 {
      page.record(
        "gunicorn.ps.recycles", Double(recycles), of: app, origin: recycleOrigin ?? origin)
    }
    // Several samples carry their own clock; a single one may be one of several files.
    if samples == 1 {
      for worker in family.workers.prefix(64) {
        guard let age = worker.elapsed else { continue }
        page.record(
          "gunicorn.ps.worker_age", age, of: app, at: lastTime, part: "pid \(worker.pid)",
          origin: worker.origin)
      }
    }
    for worker in family.workers.prefix(64) {
      guard let swap = worker.swap else { continue }
      page.record(
        "gunicorn.ps.worker_swap", swap, of: app, at: lastTime, part: "pid \(worker.pid)",
        origin: worker.origin)
    }
    let residents = family.workers.filter { $0.resident != nil }
    guard !residents.isEmpty,
      let most = residents.max(by: { ($0.resident ?? 0) < ($1.resident ?? 0) })
    else { return }
    let sum = residents.reduce(0) { $0 + ($1.resident ?? 0) }
    page.record(
      "gunicorn.ps.rss_mean", sum / Double(residents.count), of: app, at: lastTime, origin: origin)
    page.record(
      "gunicorn.ps.rss_max", most.resident ?? 0, of: app, at: lastTime, origin: most.origin)
  }
}
