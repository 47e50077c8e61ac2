import Model

/// gunicorn's error log, alone or in one stream with access lines, tracebacks and what the
/// application prints; also behind journald, docker and compose prefixes.
///
/// ```
/// [2024-11-26 13:03:04 +0000] [19548] [CRITICAL] WORKER TIMEOUT (pid:19573)
/// [2024-05-15 19:21:13 +0000] [32188] [ERROR] Worker (pid:32198) was sent SIGKILL! ...
/// ```
package struct GunicornLogReader: StreamReader {
  package static let kind = EvidenceKind.gunicornLog

  private let context: ReadingContext
  private let zone: (offset: Int, isKnown: Bool)
  private var log = GunicornLogTallies()
  private var uptime = GunicornUptime()
  private var traceback = PythonTraceback()
  private var redis = RedisErrorTally()
  private var entries = LooseEntries()
  private var coverage = AppCoverage()
  private var now: (time: Instant?, isZoned: Bool) = (nil, true)
  /// Within the window; lines without a stamp follow the last that has one.
  private var isCounting = true
  /// Syslog states no year; what gunicorn logs does.
  private var year: Int?
  private var hasLines = false
  private var hasZoned = false
  private var firstLine = FirstLine()
  private var hostOrigin: (name: String, origin: Origin)?
  private var listen: (text: String, origin: Origin)?
  private var unit: String?
  /// What the traceback that follows belongs to.
  private var pending: (isException: Bool, isRequest: Bool, origin: Origin)?
  private var lastAccess: [UInt8] = []

  package init(context: ReadingContext) {
    self.context = context
    zone = context.zone(for: Self.kind)
  }

  package static func recognises(_ sample: Sample) -> Recognition {
    var heads = 0
    var messages = 0
    var journal = 0
    var others = 0
    for line in sample.lines {
      let bytes = Array(line.utf8)
      let span = bytes.span
      let head = GunicornLogLine(span)
      if head.message(span) != .other { messages += 1 }
      if head.hasLevel, head.pid != nil { heads += 1 }
      if let entry = AppStamp.syslog(span, at: 0, year: nil, offset: 0) {
        if span.text(entry.process) == "gunicorn" { journal += 1 } else { others += 1 }
      }
    }
    if journal > 0 { return journal > others ? .certain : .no }
    if heads > 0, messages > 0 { return .certain }
    if messages > 0 { return .possible }
    let isNamed = sample.name.lowercased().contains("gunicorn")
    if heads > 0 { return isNamed ? .certain : .possible }
    return isNamed && sample.name.lowercased().contains("log") ? .byName : .no
  }

  package mutating func read(line: Span<UInt8>, number: Int, into page: inout Page) {
    firstLine.take(line, number)
    let head = GunicornLogLine(line, year: context.year ?? year, zone: zone)
    if let host = head.host, hostOrigin == nil {
      hostOrigin = (line.text(host), Origin(line: number, excerpt: line.excerpt))
    }
    if let time = head.time { move(to: time, isZoned: head.isZoned) }
    if !head.hasLevel {
      if readAccess(line, from: head.start) { return }
      if entries.begin(with: line.extracting(min(head.margin, line.count)..<line.count)) {
        redis.beginEntry()
      }
      if traceback.take(line, from: head.start, number: number) {
        endTraceback(line, head, number)
        return
      }
      if isCounting, !traceback.isOpen || head.time != nil {
        redis.take(line, number, at: now.time, isZoned: now.isZoned, source: nil)
      }
    }
    let message = head.message(line)
    // Own formats have no bracketed level; the texts are gunicorn's all the same.
    guard head.hasLevel || message != .other else { return }
    hasLines = true
    redis.beginEntry()
    entries.noteMessage()
    if message == .other {
      if isCounting {
        redis.take(line, number, at: now.time, isZoned: now.isZoned, source: nil)
      }
      return
    }
    take(message, line, head, number, into: &page)
  }

  private mutating func move(to time: Instant, isZoned: Bool) {
    // What the application prints may run on another clock than gunicorn's own, zoned lines.
    if hasZoned && !isZoned { return }
    hasZoned = hasZoned || isZoned
    now = (time, isZoned)
    if year == nil { year = time.civil.year }
    isCounting = context.window.contains(time)
    coverage.add(time)
  }

  /// Access lines time the stream and show that somebody serves.
  private mutating func readAccess(_ line: borrowing Span<UInt8>, from start: Int) -> Bool {
    guard let open = line.firstIndex(of: UInt8(ascii: "["), from: start), open - start < 200,
      open + 27 < line.count, line[open + 3] == UInt8(ascii: "/"),
      line[open + 7] == UInt8(ascii: "/")
    else { return false }
    // Most lines share the second of the one before.
    var isSame = lastAccess.count == 26
    if isSame {
      for index in 0..<26 where line[open + 1 + index] != lastAccess[index] {
        isSame = false
        break
      }
    }
    if !isSame {
      guard let time = AppStamp.access(line, at: open + 1) else { return false }
      lastAccess = (0..<26).map { line[open + 1 + $0] }
      coverage.add(time)
      uptime.served(at: time)
    }
    return true
  }

  private mutating func take(
    _ message: GunicornLogLine.Message, _ line: borrowing Span<UInt8>, _ head: GunicornLogLine,
    _ number: Int, into page: inout Page
  ) {
    let time = now.time
    let origin = Origin(line: number, excerpt: line.excerpt)
    pending = nil
    switch message {
    case .starting: uptime.starting(pid: head.pid)
    case .booting:
      uptime.booted(at: time)
      log.booted(head.namedPid(line) ?? head.pid, at: time)
    case .exiting: log.ended(head.namedPid(line) ?? head.pid, at: time)
    case .listening:
      if listen == nil { listen = (Self.address(line, head), origin) }
    case .stopSignal, .shutDown:
      log.stopped(at: time)
      uptime.stopped(pid: head.pid, at: time, isZoned: now.isZoned, origin: origin)
    case .reloadSignal: log.stopped(at: time)
    case .upgradeSignal: uptime.upgrading()
    case .autorestart, .timeout: uptime.served(at: time)
    case .bootFailed: uptime.failed(at: time, isZoned: now.isZoned, origin: origin)
    case .bootException:
      pending = (true, false, origin)
      log.stillborn(head.pid)
    case .requestError:
      uptime.served(at: time)
      pending = (false, true, origin)
    case .noAddress:
      if uptime.couldNotListen(origin: origin), isCounting {
        let text = line.text(min(head.start, line.count)..<line.count).bare
        log.failed(String(text.prefix(300)), origin, errorOrigin: origin, at: time)
      }
    case .killed, .portInUse, .usingWorker, .other: break
    }
    guard isCounting else { return }
    log.take(message, line, head, number, at: time, isZoned: now.isZoned)
  }

  private static func address(
    _ line: borrowing Span<UInt8>, _ head: GunicornLogLine
  ) -> String {
    let text = line.text(min(line.count, head.start + 13)..<line.count).bare
    // `http://127.0.0.1:8000 (23689)`
    return String(text.prefix { !$0.isWhitespace })
  }

  private mutating func endTraceback(
    _ line: borrowing Span<UInt8>, _ head: GunicornLogLine, _ number: Int
  ) {
    let origin = Origin(line: number, excerpt: line.excerpt)
    let isHalt = line.firstIndex(of: "HaltServer", from: head.start) != nil
    if traceback.isLoading || isHalt {
      uptime.failed(at: now.time, isZoned: now.isZoned, origin: origin)
    }
    if isCounting {
      if traceback.isLoading {
        let text = line.text(min(head.start, line.count)..<line.count).bare
        log.failed(
          String(text.prefix(300)), pending?.origin ?? origin, errorOrigin: origin, at: now.time)
      } else if isHalt {
        log.halted(origin, at: now.time)
      }
      log.stood(traceback.frames)
      redis.take(line, number, at: now.time, isZoned: now.isZoned, source: nil)
    }
    if !isHalt { pending = nil }
  }

  package mutating func finish(into page: inout Page) {
    uptime.finish()
    let app = page.subject(.app)
    let span = coverage.span(within: context.window)
    if let span {
      page.cover(span.lowerBound)
      page.cover(span.upperBound)
    }
    if let hostOrigin {
      let host = page.subject(.host, .hostName(hostOrigin.name))
      page.relate(app, .runsOn, host, origin: hostOrigin.origin)
    }
    guard let emptyOrigin = firstLine.origin else { return }
    redis.record(of: app, coverage: nil, into: &page)
    guard hasLines else {
      page.warn("no line of gunicorn's own: what it logs of its workers goes elsewhere")
      return
    }
    if let listen { GunicornSetting.identify(app, bind: listen.text, in: &page) }
    log.record(of: app, coverage: span, emptyOrigin: emptyOrigin, into: &page)
    recordUptime(of: app, end: span?.upperBound, into: &page)
  }

  private func recordUptime(of app: Int, end: Instant?, into page: inout Page) {
    guard let isDown = uptime.isDown else { return }
    let open = uptime.openDown
    var longest: (seconds: Double, origin: Origin)?
    for down in uptime.downs + (open.map { [$0] } ?? []) {
      guard let from = down.from, let to = down.to ?? end, from <= to,
        context.window.contains(from) || context.window.contains(to)
      else { continue }
      let seconds = to.since(from)
      if seconds > longest?.seconds ?? -1 { longest = (seconds, down.origin) }
      let cause = down.isFailure ? "gunicorn failed to boot" : "gunicorn stopped"
      let isOpen = down.to == nil
      // A log that ends with an orderly stop tells nothing of users; one that ends in failures does.
      let isImpact = seconds >= 30 || (isOpen && down.isFailure)
      page.record(
        Event(
          "app-down", subject: app, time: from, until: to,
          text: cause + (isOpen ? " and did not start again" : ""),
          isImpact: isImpact, isZoned: down.isZoned, origin: down.origin))
    }
    let origin = open?.origin ?? listen?.origin ?? firstLine.origin ?? Origin(line: 1, excerpt: "")
    page.record("gunicorn.log.down", .flag(isDown), of: app, at: end, origin: origin)
    page.record(
      "gunicorn.log.ends_in_failed_boot", .flag(open?.isFailure ?? false), of: app, at: end,
      origin: open?.failure ?? origin)
    if isDown, let open, let since = open.from {
      page.record("gunicorn.log.down_since", .time(since), of: app, at: since, origin: open.origin)
    }
    if let longest {
      page.record("gunicorn.log.longest_down", longest.seconds, of: app, origin: longest.origin)
    }
  }
}
