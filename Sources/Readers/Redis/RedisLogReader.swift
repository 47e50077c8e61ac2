import Model

/// The log of a Redis server, Valkey or KeyDB; alone, under syslog, or in a compose stream beside
/// other services, each Redis of which is a server of its own.
///
/// ```
/// 21985:M 01 Nov 2026 01:46:53.088 # Server initialized
/// 23563:M 21 Nov 2026 01:51:15.310 # Can't save in background: fork: Cannot allocate memory
/// ```
struct RedisLogReader: StreamReader {
  static let kind = EvidenceKind.redisLog
  private static let serverLimit = 16

  private let context: ReadingContext
  private let zone: (offset: Int, isKnown: Bool)
  private var servers: [RedisServerLog] = []
  private var current: Int?
  /// Lines of servers beyond the limit.
  private var leftOut = 0
  private var hasSentinel = false
  /// Some stamp states its zone.
  private var hasZone = false
  private var wrapped = RedisWrappedLine()
  private var report = RedisCrashInfo()
  private let clock: LogClock

  init(context: ReadingContext) {
    self.context = context
    zone = context.zone(for: RedisLogReader.kind)
    clock = LogClock(kind: RedisLogReader.kind, context: context)
  }

  static func recognises(_ sample: Sample) -> Recognition {
    var filled = 0
    var stamped = 0
    var partly = 0
    var known = 0
    for line in sample.lines where !RedisText.isBlank(line) {
      filled += 1
      let bytes = Array(line.utf8)
      if let found = RedisLogLine(bytes.span) {
        if found.date != nil, found.pid != nil {
          stamped += 1
        } else if found.date != nil
          || RedisServerLog.isKnown(bytes.span.extracting(found.message..<bytes.count))
        {
          // A clock and a dash or a star stand in many lists and logs.
          partly += 1
        }
      } else if let found = RedisLogLine(other: bytes.span, offset: 0) {
        // Dragonfly's form is that of many programs.
        if found.pid != nil || isDragonfly(sample.text) { stamped += 1 }
      } else if let message = RedisLogLine.passedOn(bytes.span) {
        let isKnown = RedisServerLog.isKnown(bytes.span.extracting(message..<bytes.count))
        if isKnown || RedisLogLine.klogMessage(bytes.span) == nil { partly += 1 }
        if isKnown { known += 1 }
      }
    }
    if stamped > 0, sample.text.contains("BUG REPORT START") { return .certain }
    // A supervisor that passes on what its server says, word for word.
    if known > 0, known * 2 >= filled { return .certain }
    if stamped >= 2 && stamped * 4 >= filled || stamped > 0 && stamped == filled { return .certain }
    if stamped > 0 || partly > 0 && partly * 2 >= filled { return .possible }
    return .no
  }

  private static func isDragonfly(_ text: String) -> Bool {
    text.contains("dragonfly") || text.contains(" dfly_")
  }

  mutating func read(line: Span<UInt8>, number: Int, into page: inout Page) {
    guard let found = RedisLogLine(line) ?? RedisLogLine(other: line, offset: zone.offset) else {
      readUnstamped(line, number: number)
      return
    }
    if let instant = found.instant, instant.isZoned { hasZone = true }
    report.end(at: number, unless: line.holds("# ", at: found.message))
    if found.role == UInt8(ascii: "X") {
      hasSentinel = true
      return
    }
    let time = found.time(year: context.year, offset: zone.offset)
    guard let index = server(of: line, until: found.start, number: number, time: time) else {
      return
    }
    if let time {
      servers[index].hear(at: time)
      guard context.window.contains(time) else { return }
    }
    let text = line.extracting(found.message..<max(found.message, found.end))
    let isTold = servers[index].read(
      text, of: line, number: number, time: time, role: found.role, pid: found.pid)
    wrapped.begin(
      line, message: found.message, number: number, isTold: isTold, time: time, role: found.role,
      pid: found.pid)
    if line.contains("INFO OUTPUT") { report.begin(at: number, of: index, time: time) }
  }

  /// The server a line belongs to, by the service that compose names before it.
  private mutating func server(
    of line: Span<UInt8>, until start: Int, number: Int, time: Instant?
  ) -> Int? {
    var service = ""
    if start > 2, let bar = line.firstIndex(of: UInt8(ascii: "|")), bar < start {
      service = String(RedisText.trimmed(line.text(0..<bar)))
    } else if start == 0, let bar = line.firstIndex(of: UInt8(ascii: "|")), bar < 80 {
      let name = RedisText.trimmed(line.text(0..<bar))
      if servers.contains(where: { $0.service == name }) { service = String(name) }
    }
    if let current, servers[current].service == service { return current }
    if let known = servers.firstIndex(where: { $0.service == service }) {
      current = known
      return known
    }
    guard servers.count < RedisLogReader.serverLimit else {
      leftOut += 1
      return nil
    }
    servers.append(
      RedisServerLog(
        service: service,
        head: RedisServerLog.Mark(line: number, excerpt: line.excerpt, time: time)))
    current = servers.count - 1
    return current
  }

  /// Lines that Redis writes without its prefix: crash reports and signal handlers, whose epoch is
  /// in UTC whatever the zone of the rest; and what other programs pass on of it.
  private mutating func readUnstamped(_ line: Span<UInt8>, number: Int) {
    if let current { servers[current].readInReport(line) }
    if line.contains("BUG REPORT START") {
      guard let index = server(of: line, until: 0, number: number, time: nil) else { return }
      servers[index].crash(.init(line: number, excerpt: line.excerpt, time: nil))
    } else if line.contains(":signal-handler ("), line.contains("shutdown") {
      guard let index = server(of: line, until: 0, number: number, time: nil) else { return }
      servers[index].shutDown(.init(line: number, excerpt: line.excerpt, time: nil))
    } else if let message = RedisLogLine.passedOn(line) {
      readPassedOn(line, from: message, number: number)
    } else if line.contains("--- INFO OUTPUT") {
      if let current { report.begin(at: number, of: current, time: nil) }
    } else if !report.take(line, number: number), let current,
      let whole = wrapped.join(line, number: number)
    {
      whole.read(into: &servers[current])
    }
  }

  private mutating func readPassedOn(_ line: Span<UInt8>, from message: Int, number: Int) {
    let prefix = LogPrefix(line, offset: zone.offset)
    var clock = clock
    let time = clock.resolve(prefix.stamp).time
    if case .absolute(_, let isZoned) = prefix.stamp, isZoned { hasZone = true }
    guard let index = server(of: line, until: 0, number: number, time: time) else { return }
    if let time {
      servers[index].hear(at: time)
      guard context.window.contains(time) else { return }
    }
    let end = max(message, RedisLogLine.textEnd(line, from: message, start: line.count))
    servers[index].read(
      line.extracting(message..<end), of: line, number: number, time: time, role: 0, pid: nil)
  }

  /// Whether any line was a server's.
  var hasServers: Bool { !servers.isEmpty }

  mutating func finish(into page: inout Page) {
    if servers.isEmpty {
      page.warn(
        hasSentinel ? "the log of a Sentinel, not of a server" : "found no line of a Redis log")
    }
    if leftOut > 0 {
      page.lose("lines of more than \(RedisLogReader.serverLimit) servers: \(leftOut) not read")
    }
    for index in servers.indices {
      servers[index].endLife()
      let server = servers[index]
      let subject = page.subject(clue(of: server))
      if server.ports.count > 1 { page.warn("servers of \(server.ports.count) ports in one log") }
      RedisLogSummary(
        server: server, subject: subject, isZoned: zone.isKnown || hasZone, window: context.window
      ).record(into: &page)
      if report.server == index {
        let isLastLife = server.lastCrash == nil || !server.hasComeBack
        let isVersionKnown = server.lastCrash.map { $0.version != nil } ?? true
        report.record(
          of: subject, isLastLife: isLastLife, isVersionKnown: isVersionKnown, into: &page)
      }
    }
  }

  private func clue(of server: RedisServerLog) -> SubjectClue {
    var keys: Set<IdentityKey> = []
    if server.ports.count == 1, let port = server.ports.first { keys.insert(.port(port)) }
    if servers.count > 1, !server.service.isEmpty { keys.insert(.serviceName(server.service)) }
    return SubjectClue(.redis, keys: keys)
  }
}
