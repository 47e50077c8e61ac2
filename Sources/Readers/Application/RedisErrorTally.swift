import Model

/// Errors against Redis over a log: classes, rate, rhythm, targets. An entry (a stamped line with
/// its traceback) counts once.
struct RedisErrorTally {
  private var classes: [RedisErrorClass: AppTally] = [:]
  private(set) var all = AppTally()
  /// Children of Celery workers that got SIGKILL: told by the same words' search.
  private var killed = AppTally()
  private var lastOrigin: Origin?
  private var runs = AppBurst()
  private var isCounted = false
  /// Jedis' "Could not get a resource from the pool": the pool was exhausted, unless a cause in the
  /// same entry says that connecting failed.
  private var provisional: (origin: Origin, time: Instant?, isZoned: Bool, source: String?)?
  private var entryNamesRedis = false
  private var target: (text: String, origin: Origin)?
  /// The busiest ten seconds: a ring of one-second counts.
  private var ring = [Int](repeating: 0, count: 10)
  private var ringSecond: Int?
  private var peak: (count: Int, origin: Origin, time: Instant)?
  private var lastFailure: [String: Instant] = [:]
  private var gaps: [Double] = []
  /// Where brackets hold no thread but something new in every line, the whole log has to do.
  private var lastAny: Instant?
  private var gapsOfAll: [Double] = []

  mutating func beginEntry() {
    // Only an entry that names Redis has one; asking for it is not free.
    if entryNamesRedis, let found = provisional {
      count(
        .poolExhausted, found.origin, at: found.time, isZoned: found.isZoned, source: found.source)
      provisional = nil
    }
    isCounted = false
    entryNamesRedis = false
  }

  /// Counts a line if it tells of trouble with Redis that its entry has not told yet. `source` is
  /// the thread or worker that speaks, where the log names one.
  mutating func take(
    _ line: borrowing Span<UInt8>, _ number: Int, at time: Instant?, isZoned: Bool,
    source: String?
  ) {
    guard !isCounted else { return }
    let signs = RedisErrorSigns(line)
    guard !signs.isEmpty else { return }
    if signs.tellOfKilledChild { killed.add(line, number, at: time) }
    if signs.nameRedis { entryNamesRedis = true }
    guard var found = signs.kind(isRedis: entryNamesRedis) else {
      if signs.tellOfEmptyPool, provisional == nil {
        let origin = Origin(line: number, excerpt: line.excerpt)
        provisional = (origin, time, isZoned, source)
        entryNamesRedis = true
      }
      return
    }
    // A container without IPv6 says so of ::1, the last address of `localhost` that a client tries:
    // at 127.0.0.1 nobody listened. Of the way to another box it tells nothing.
    if found == .noLocalPort, line.contains("localhost") || line.contains("::1") {
      found = .refused
    }
    provisional = nil
    isCounted = true
    let origin = Origin(line: number, excerpt: line.excerpt)
    if signs.mayNameTarget, target == nil, let text = Self.target(in: line) {
      target = (text, origin)
    }
    count(found, origin, at: time, isZoned: isZoned, source: source)
  }

  private mutating func count(
    _ found: RedisErrorClass, _ origin: Origin, at time: Instant?, isZoned: Bool, source: String?
  ) {
    classes[found, default: AppTally()].add(origin, at: time)
    all.add(origin, at: time)
    lastOrigin = origin
    runs.add(kind: found.rawValue, origin, at: time, isZoned: isZoned)
    guard let time else { return }
    addToRing(time, origin)
    if let before = lastAny, time >= before, gapsOfAll.count < 20_000 {
      gapsOfAll.append(time.since(before))
    }
    lastAny = time
    let key = source ?? ""
    if let known = lastFailure.index(forKey: key) {
      let before = lastFailure.values[known]
      if time >= before, gaps.count < 20_000 { gaps.append(time.since(before)) }
      lastFailure.values[known] = time
    } else if lastFailure.count < 1000 {
      lastFailure[key] = time
    }
  }

  private mutating func addToRing(_ time: Instant, _ origin: Origin) {
    let second = Int(time.seconds)
    if let known = ringSecond {
      if second > known {
        for step in 1...min(10, second - known) { ring[(known + step) % 10] = 0 }
        ringSecond = second
      } else if known - second >= 10 {
        return
      }
    } else {
      ringSecond = second
    }
    ring[second % 10] += 1
    let count = ring.reduce(0, +)
    if count > peak?.count ?? 0 {
      peak = (count, origin, time)
    }
  }

  /// `10.20.0.5:7051` after `connecting to`, `reconnect to [`, `redis://` and the like.
  private static func target(in line: borrowing Span<UInt8>) -> String? {
    for mark in RedisErrorSigns.targetMarks {
      guard let at = line.firstIndex(of: mark) else { continue }
      let from = at + mark.utf8CodeUnitCount
      var text = line.text(from..<min(line.count, from + 200))[...]
      text = text.prefix { !$0.isWhitespace && !"],;)'\"".contains($0) }
      // Credentials of a broker URL, a host name before the address, a database after it.
      if let at = text.lastIndex(of: "@") { text = text[text.index(after: at)...] }
      let parts = text.split(separator: "/")
      for part in parts.reversed() {
        let bare = part.last == "." ? part.dropLast() : part
        guard let colon = bare.lastIndex(of: ":"), colon > bare.startIndex,
          let port = Int(bare[bare.index(after: colon)...]), (1...65535).contains(port)
        else { continue }
        return String(bare)
      }
    }
    return nil
  }

  private func count(of kind: RedisErrorClass) -> Int { classes[kind]?.count ?? 0 }

  mutating func record(
    of app: Int, coverage: TimeSpan?, into page: inout Page, emptyOrigin: Origin? = nil
  ) {
    beginEntry()
    // A stream whose purpose is another speaks only of what it shows.
    if killed.count > 0 {
      killed.record(
        "app.celery.killed", of: app, coverage: coverage,
        emptyOrigin: emptyOrigin ?? Origin(line: nil, excerpt: ""), into: &page)
    }
    guard let origin = all.origin ?? emptyOrigin else { return }
    for kind in RedisErrorClass.allCases {
      let tally = classes[kind] ?? AppTally()
      guard tally.count > 0 || emptyOrigin != nil else { continue }
      tally.record(
        "app.redis." + kind.rawValue, of: app, coverage: coverage,
        emptyOrigin: emptyOrigin ?? origin, into: &page)
    }
    all.record(
      "app.redis.errors", of: app, coverage: coverage, emptyOrigin: origin, into: &page)
    guard all.count > 0 else { return }
    if let first = all.first {
      page.record("app.redis.first_error", .time(first), of: app, at: first, origin: origin)
    }
    let most = RedisErrorClass.allCases.max { count(of: $0) < count(of: $1) }
    if let most, let origin = classes[most]?.origin {
      page.record("app.redis.mostly", .text(most.wording), of: app, origin: origin)
    }
    if let last = all.last, let lastOrigin {
      page.record("app.redis.last_error", .time(last), of: app, at: last, origin: lastOrigin)
    }
    if let peak {
      page.record(
        "app.redis.error_rate_peak", Double(peak.count) / 10, of: app, at: peak.time,
        origin: peak.origin)
    }
    let known = gaps.count >= 3 ? gaps : gapsOfAll
    if known.count >= 3, let gap = lowerMedian(known) {
      page.record("app.redis.retry_interval", gap, of: app, origin: origin)
    }
    if let target {
      page.record("app.redis.target", .text(target.text), of: app, origin: target.origin)
      let parts = target.text.split(separator: ":")
      if parts.count == 2, namesMachine(parts[0]) {
        let redis = page.subject(.redis, .address(target.text))
        page.relate(app, .connectsTo, redis, origin: target.origin)
      } else if let port = parts.last.flatMap({ Int($0) }) {
        let redis = page.subject(.redis, .port(port))
        page.relate(app, .connectsTo, redis, origin: target.origin)
      }
    }
    for run in runs.runs {
      let kind = run.dominant.flatMap { RedisErrorClass(rawValue: $0) }?.wording ?? "errors"
      let errors = run.count == 1 ? "1 error" : "\(run.count) errors"
      let text =
        run.kinds.count == 1
        ? "\(errors) against Redis: \(kind)"
        : "\(errors) against Redis, mostly \(kind)"
      page.record(
        Event(
          "redis-errors", subject: app, time: run.first,
          until: run.last > run.first ? run.last : nil, text: text, isImpact: true,
          isZoned: run.isZoned, origin: run.origin))
    }
  }
}
