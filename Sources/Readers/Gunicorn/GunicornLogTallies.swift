import Model

/// What is counted over a gunicorn error log.
struct GunicornLogTallies {
  private var starts = AppTally()
  private var boots = AppTally()
  private var timeouts = AppTally()
  private var kills = AppTally()
  private var killsAfterTimeout = AppTally()
  private var killsUnexplained = AppTally()
  private var autorestarts = AppTally()
  private var bootFailures: (count: Int, origin: Origin, time: Instant?)?
  private var hasFailedSinceStart = false
  private var portInUse = AppTally()
  private var shutdowns = AppTally()
  private var requestErrors = AppTally()
  private var bootError: (text: String, origin: Origin)?
  private var version: (text: String, origin: Origin)?
  private var workerClass: (text: String, origin: Origin)?
  private var startEvents: [(time: Instant, isZoned: Bool, text: String, origin: Origin)] = []
  private var timeoutRuns = AppBurst()
  private var killRuns = AppBurst()
  private var lastTimeoutOrigin: Origin?
  private var lastKillOrigin: Origin?

  /// Workers whose timeout was logged: a SIGKILL of theirs is gunicorn's own.
  private var timedOut: Set<Int> = []
  private var lastStop: Instant?
  private var hasStopped = false
  private var bootTimes: [Int: Instant] = [:]
  private var lives: [Double] = []
  private var lastEnd: Origin?
  /// Aborted workers to which no request had come.
  private var waitsForClient: (count: Int, origin: Origin?) = (0, nil)
  /// Where workers stood when they were aborted: how often, and the frames.
  private var stands: [String: (count: Int, origin: Origin, app: (text: String, origin: Origin)?)] =
    [:]

  /// Workers get `graceful_timeout` to end after a stop or reload, 30 s by default and rarely more
  /// than two minutes; a SIGKILL within that is gunicorn's own.
  private static let stopGrace = 130.0

  mutating func booted(_ pid: Int?, at time: Instant?) {
    guard let pid else { return }
    timedOut.remove(pid)
    if let time, bootTimes.count < 4096 || bootTimes[pid] != nil { bootTimes[pid] = time }
  }

  mutating func ended(_ pid: Int?, at time: Instant?) {
    guard let pid, let booted = bootTimes.removeValue(forKey: pid), let time else { return }
    if time >= booted, lives.count < 4096 { lives.append(time.since(booted)) }
  }

  /// A worker that did not get as far as serving has no life to speak of.
  mutating func stillborn(_ pid: Int?) {
    if let pid { bootTimes[pid] = nil }
  }

  mutating func stopped(at time: Instant?) {
    lastStop = time ?? lastStop
    hasStopped = true
  }

  mutating func take(
    _ message: GunicornLogLine.Message, _ line: borrowing Span<UInt8>, _ head: GunicornLogLine,
    _ number: Int, at time: Instant?, isZoned: Bool
  ) {
    let origin = Origin(line: number, excerpt: line.excerpt)
    switch message {
    case .starting:
      starts.add(line, number, at: time)
      hasFailedSinceStart = false
      hasStopped = false
      let text = line.text(head.start..<line.count)
      let word = text.split(separator: " ").last.map(String.init) ?? ""
      if version == nil, word.first?.isNumber == true { version = (word, origin) }
      if let time {
        let name = word.first?.isNumber == true ? "gunicorn \(word.prefix(40))" : "gunicorn"
        startEvents.append(
          (time, isZoned, name + " started", origin), keepingFirstAndNewest: 200)
      }
    case .booting: boots.add(line, number, at: time)
    case .timeout:
      timeouts.add(line, number, at: time)
      timeoutRuns.add(origin, at: time, isZoned: isZoned)
      lastTimeoutOrigin = origin
      if let pid = head.namedPid(line), timedOut.count < 10_000 { timedOut.insert(pid) }
    case .killed: killed(line, head, number, at: time, isZoned: isZoned)
    case .autorestart: autorestarts.add(line, number, at: time)
    case .bootFailed: halted(origin, at: time)
    case .portInUse: portInUse.add(line, number, at: time)
    case .shutDown: shutdowns.add(line, number, at: time)
    case .requestError: requestErrors.add(line, number, at: time)
    case .usingWorker:
      let text = line.text(min(line.count, head.start + 14)..<line.count).bare
      if workerClass == nil, !text.isEmpty { workerClass = (String(text.prefix(100)), origin) }
    case .exiting, .listening, .stopSignal, .reloadSignal, .upgradeSignal, .bootException,
      .noAddress, .other:
      break
    }
  }

  private mutating func killed(
    _ line: borrowing Span<UInt8>, _ head: GunicornLogLine, _ number: Int, at time: Instant?,
    isZoned: Bool
  ) {
    kills.add(line, number, at: time)
    let pid = head.namedPid(line)
    let isStopping: Bool
    if let time, let lastStop {
      isStopping = time >= lastStop && time.since(lastStop) <= Self.stopGrace
    } else {
      isStopping = hasStopped
    }
    if isStopping || pid.map({ timedOut.contains($0) }) ?? false {
      killsAfterTimeout.add(line, number, at: time)
    } else {
      killsUnexplained.add(line, number, at: time)
      killRuns.add(Origin(line: number, excerpt: line.excerpt), at: time, isZoned: isZoned)
      lastKillOrigin = Origin(line: number, excerpt: line.excerpt)
    }
    if let pid { timedOut.remove(pid) }
    ended(pid, at: time)
  }

  /// A worker that could not load the application.
  mutating func failed(
    _ text: String, _ origin: Origin, errorOrigin: Origin, at time: Instant?
  ) {
    hasFailedSinceStart = true
    bootFailures = (
      (bootFailures?.count ?? 0) + 1, bootFailures?.origin ?? origin, bootFailures?.time ?? time
    )
    bootError = (text, errorOrigin)
  }

  /// The master gives up; counted only where no worker's failure was.
  mutating func halted(_ origin: Origin, at time: Instant?) {
    guard !hasFailedSinceStart else { return }
    hasFailedSinceStart = true
    bootFailures = (
      (bootFailures?.count ?? 0) + 1, bootFailures?.origin ?? origin, bootFailures?.time ?? time
    )
  }

  /// The abort handler of a timed-out worker ends the traceback; the frames above it waited.
  mutating func stood(_ frames: [PythonTraceback.Frame]) {
    guard frames.last?.function == "handle_abort" else { return }
    let own = frames.dropLast().filter { !$0.isGunicorn }
    // Nothing but gunicorn's own frames, the last of which reads the socket: no request had come.
    if own.isEmpty, let reader = frames.last(where: { $0.shortFile.hasSuffix("unreader.py") }) {
      waitsForClient = (waitsForClient.count + 1, waitsForClient.origin ?? reader.origin)
    }
    let application = own.last { !$0.isLibrary && !$0.isStandard }
    guard let frame = own.last(where: { $0.isLibrary }) ?? application ?? own.last else { return }
    let text = String("\(frame.shortFile) \(frame.function)".prefix(200))
    if let known = stands[text] {
      stands[text] = (known.count + 1, known.origin, known.app)
    } else if stands.count < 64 {
      stands[text] = (
        1, frame.origin,
        application.map {
          (String("\($0.shortFile):\($0.line) \($0.function)".prefix(200)), $0.origin)
        }
      )
    }
  }

  func record(
    of app: Int, coverage: TimeSpan?, emptyOrigin: Origin, into page: inout Page
  ) {
    let tallies: [(String, AppTally)] = [
      ("starts", starts), ("boots", boots), ("timeouts", timeouts), ("sigkills", kills),
      ("sigkills_after_timeout", killsAfterTimeout), ("sigkills_unexplained", killsUnexplained),
      ("autorestarts", autorestarts), ("port_in_use", portInUse), ("shutdowns", shutdowns),
      ("request_errors", requestErrors),
    ]
    for (name, tally) in tallies {
      tally.record(
        "gunicorn.log." + name, of: app, coverage: coverage, emptyOrigin: emptyOrigin, into: &page)
    }
    page.record(
      "gunicorn.log.boot_failures", Double(bootFailures?.count ?? 0), of: app,
      at: bootFailures?.time, coverage: coverage, origin: bootFailures?.origin ?? emptyOrigin)
    page.record(
      "gunicorn.log.waits_for_client", Double(waitsForClient.count), of: app, coverage: coverage,
      origin: waitsForClient.origin ?? emptyOrigin)
    for (name, text) in [
      ("boot_error", bootError), ("version", version), ("worker_class", workerClass),
    ] {
      guard let text else { continue }
      page.record("gunicorn.log." + name, .text(text.text), of: app, origin: text.origin)
    }
    if let last = timeouts.last, let lastTimeoutOrigin {
      page.record(
        "gunicorn.log.last_timeout", .time(last), of: app, at: last, origin: lastTimeoutOrigin)
    }
    if let last = killsUnexplained.last, let lastKillOrigin {
      page.record(
        "gunicorn.log.last_sigkill_unexplained", .time(last), of: app, at: last,
        origin: lastKillOrigin)
    }
    if lives.count >= 3, let life = lowerMedian(lives), let origin = boots.origin {
      page.record("gunicorn.log.worker_life", life, of: app, origin: origin)
    }
    if let most = stands.max(by: { ($0.value.count, $1.key) < ($1.value.count, $0.key) }) {
      page.record(
        "gunicorn.log.blocked_in", .text(most.key), of: app, origin: most.value.origin)
      if let application = most.value.app {
        page.record(
          "gunicorn.log.blocked_app", .text(application.text), of: app, origin: application.origin)
      }
    }
    recordEvents(of: app, into: &page)
  }

  private func recordEvents(of app: Int, into page: inout Page) {
    for start in startEvents {
      page.record(
        Event(
          "app-start", subject: app, time: start.time, text: start.text, isZoned: start.isZoned,
          origin: start.origin))
    }
    for run in timeoutRuns.runs {
      let workers = run.count == 1 ? "a worker" : "\(run.count) workers"
      page.record(
        Event(
          "worker-timeouts", subject: app, time: run.first,
          until: run.last > run.first ? run.last : nil,
          text: "\(workers) silent beyond the timeout", isImpact: true, isZoned: run.isZoned,
          origin: run.origin))
    }
    for run in killRuns.runs {
      let workers = run.count == 1 ? "a worker" : "\(run.count) workers"
      page.record(
        Event(
          "worker-killed", subject: app, time: run.first,
          until: run.last > run.first ? run.last : nil,
          text: "\(workers) killed by SIGKILL that the log does not explain", isImpact: true,
          isZoned: run.isZoned, origin: run.origin))
    }
  }
}
