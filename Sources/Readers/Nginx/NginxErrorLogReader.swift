import Model

/// Reads nginx's error log: what went wrong between nginx and its upstreams.
///
/// ```
/// 2024/03/05 02:07:46 [error] 1187#1187: *41443 connect() failed (111: Connection refused) while
///   connecting to upstream, client: 198.51.100.7, server: _, request: "GET / HTTP/1.1",
///   upstream: "http://127.0.0.1:8000/", host: "www.example.org"
/// ```
///
/// Its clock is local time and states no zone.
package struct NginxErrorLogReader: StreamReader {
  package static let kind = EvidenceKind.nginxErrorLog

  private enum Failure: Int, CaseIterable {
    case connectionRefused, backlogFull, socketMissing, permission, upstreamReset, upstreamTimeout
    case unreachable, noLiveUpstreams, workerConnections, buffered, tooManyOpenFiles, limited
    case noLocalPort

    var fact: String {
      switch self {
      case .connectionRefused: "nginx.error.connection_refused"
      case .backlogFull: "nginx.error.backlog_full"
      case .socketMissing: "nginx.error.socket_missing"
      case .permission: "nginx.error.permission"
      case .upstreamReset: "nginx.error.upstream_reset"
      case .upstreamTimeout: "nginx.error.upstream_timeout"
      case .unreachable: "nginx.error.unreachable"
      case .noLiveUpstreams: "nginx.error.no_live_upstreams"
      case .workerConnections: "nginx.error.worker_connections"
      case .buffered: "nginx.error.buffered"
      case .tooManyOpenFiles: "nginx.error.too_many_open_files"
      case .limited: "nginx.error.limited"
      case .noLocalPort: "nginx.error.no_local_port"
      }
    }

    /// Nobody was there to take the request.
    var isAbsence: Bool {
      switch self {
      case .connectionRefused, .socketMissing, .permission, .unreachable, .noLiveUpstreams: true
      default: false
      }
    }

    /// The upstream itself failed.
    var isUpstream: Bool {
      switch self {
      case .workerConnections, .buffered, .tooManyOpenFiles, .limited: false
      default: true
      }
    }
  }

  private let window: TimeWindow
  private let offset: Int
  private let isZoned: Bool
  private var lines = 0
  private var firstLine: Witness?
  private var firstRead: Witness?
  private var counts = [Int](repeating: 0, count: Failure.allCases.count)
  private var firsts = [Witness?](repeating: nil, count: Failure.allCases.count)
  private var refused = FailureRuns(gap: 300)
  private var refusedRuns = FailureRuns(gap: 61)
  private var timeouts = FailureRuns(gap: 300)
  private var absentRuns = FailureRuns(gap: 61)
  private var lastRefused: Witness?
  private var upstreams: [String: (count: Int, first: Witness)] = [:]
  private var absentUpstreams: Set<String> = []
  private var emergency = NginxEmergency()
  /// The upstream of the last line that named one: as it stood there, and its address.
  private var lastUpstream: (bytes: [UInt8], address: String) = ([], "")

  package init(context: ReadingContext) {
    window = context.window
    let zone = context.zone(for: NginxErrorLogReader.kind)
    offset = zone.offset
    isZoned = zone.isKnown
  }

  package mutating func read(line: Span<UInt8>, number: Int, into page: inout Page) {
    if line.count == 0 { return }
    if firstLine == nil { firstLine = Witness(line, number: number, second: -1) }
    guard let head = NginxErrorLine(line),
      let time = Instant(
        year: head.year, month: head.month, day: head.day, hour: head.hour, minute: head.minute,
        second: head.second, offset: offset)
    else {
      if emergency.addBare(line, number: number) { return }
      if NginxEmergency.isNotice(line) {
        if line.contains("test is successful") { emergency.forget() }
      } else if (0..<line.count).contains(where: { line[$0] > 0x20 }) {
        page.skip(line: number, "found a line of another form; expected an nginx error line")
      }
      return
    }
    guard window.contains(time) else { return }
    page.cover(time)
    let second = Int(time.microseconds / 1_000_000)
    lines += 1
    if firstRead == nil { firstRead = Witness(line, number: number, second: second) }
    if head.isEmergency {
      emergency.add(line, from: head.message, number: number, time: time)
    } else if emergency.isKnown,
      line.holds("*", at: head.message) || line.contains("start worker process")
    {
      // It serves.
      emergency.forget()
    }
    guard let failure = NginxErrorLogReader.classify(line, from: head.message) else { return }
    counts[failure.rawValue] += 1
    if firsts[failure.rawValue] == nil {
      firsts[failure.rawValue] = Witness(line, number: number, second: second)
    }
    if failure.isAbsence { absentRuns.add(line, number: number, second: second) }
    switch failure {
    case .connectionRefused, .socketMissing, .backlogFull:
      refused.add(line, number: number, second: second)
      if failure == .connectionRefused {
        refusedRuns.add(line, number: number, second: second)
        if second >= lastRefused?.second ?? 0 {
          lastRefused = Witness(line, number: number, second: second)
        }
      }
    case .upstreamTimeout: timeouts.add(line, number: number, second: second)
    default: break
    }
    if failure.isUpstream {
      noteUpstream(line, isAbsent: failure.isAbsence, number: number, second: second)
    }
  }

  private static func classify(_ line: Span<UInt8>, from start: Int) -> Failure? {
    let isConnect = line.firstIndex(of: "connect() ", from: start) != nil
    if isConnect {
      if line.contains("(111: ") { return .connectionRefused }
      if line.contains("(11: ") { return .backlogFull }
      if line.contains("(2: ") { return .socketMissing }
      if line.contains("(13: ") { return .permission }
      if line.contains("(110: ") { return .upstreamTimeout }
      // No route to host, network is unreachable.
      if line.contains("(113: ") || line.contains("(101: ") { return .unreachable }
      // Cannot assign requested address. So says a box without IPv6, too, of ::1.
      if line.contains("(99: ") { return line.contains("://[::1]") ? nil : .noLocalPort }
    }
    if line.contains("upstream timed out") { return .upstreamTimeout }
    if line.contains("upstream prematurely closed") { return .upstreamReset }
    if line.contains("(104: "),
      line.contains("from upstream") || line.contains("to upstream")
        || line.contains("reading upstream") || line.contains("with upstream")
    {
      return .upstreamReset
    }
    if line.contains("no live upstreams") { return .noLiveUpstreams }
    if line.contains("worker_connections are not enough") { return .workerConnections }
    if line.contains("is buffered to a temporary file") { return .buffered }
    if line.contains("(24: ") { return .tooManyOpenFiles }
    if line.contains(" could not be resolved (") { return .unreachable }
    if line.contains("limiting requests, excess") || line.contains("limiting connections by zone") {
      return line.contains(", dry run") ? nil : .limited
    }
    return nil
  }

  /// The address in `upstream: "http://127.0.0.1:8000/path"`, or of a socket
  /// `http://unix:/run/app.sock:/path`.
  private mutating func noteUpstream(
    _ line: Span<UInt8>, isAbsent: Bool, number: Int, second: Int
  ) {
    let mark: StaticString = "upstream: \""
    guard let start = line.firstIndex(of: mark) else { return }
    let value = start + mark.utf8CodeUnitCount
    guard let quote = line.firstIndex(of: UInt8(ascii: "\""), from: value) else { return }
    let end = NginxErrorLogReader.addressEnd(line, value..<quote)
    let bytes = line.extracting(value..<end)
    if !bytes.isEqual(to: lastUpstream.bytes.span) {
      lastUpstream = (bytes.withUnsafeBufferPointer(Array.init), upstreamAddress(bytes.text))
    }
    let address = lastUpstream.address
    guard !address.isEmpty else { return }
    if isAbsent, absentUpstreams.count < 1024 { absentUpstreams.insert(address) }
    if let known = upstreams.index(forKey: address) {
      upstreams.values[known].count += 1
    } else if upstreams.count < 1024 {
      upstreams[address] = (1, Witness(line, number: number, second: second))
    }
  }

  /// Where the path of a request begins, which differs from line to line.
  private static func addressEnd(_ line: Span<UInt8>, _ url: Range<Int>) -> Int {
    let host = line.firstIndex(of: "://", from: url.lowerBound).map { $0 + 3 } ?? url.lowerBound
    guard host < url.upperBound else { return url.upperBound }
    // The path to a socket ends with a colon: the whole of it may stay.
    if line.holds("unix", at: host) { return url.upperBound }
    var end = host
    while end < url.upperBound, line[end] != UInt8(ascii: "/"), line[end] != UInt8(ascii: "?") {
      end += 1
    }
    return end
  }

  package mutating func finish(into page: inout Page) {
    let proxy = page.subject(.proxy)
    emergency.record(of: proxy, into: &page)
    // What the program printed is no log: what it does not say may well have happened.
    if lines == 0, emergency.isKnown { return }
    let writer = AccessWriter(
      proxy: proxy, coverage: page.coverage,
      nothing: firstLine?.origin ?? Origin(line: nil, excerpt: ""), isZoned: isZoned)
    writer.tally("nginx.error.lines", lines, firstRead, &page)
    for failure in Failure.allCases {
      writer.tally(failure.fact, counts[failure.rawValue], firsts[failure.rawValue], &page)
    }
    let first = firsts[Failure.connectionRefused.rawValue]
    let longest = refusedRuns.longest
    writer.figure(
      "nginx.error.refused_span",
      first.flatMap { first in lastRefused.map { Double($0.second - first.second) } } ?? 0,
      lastRefused, at: first?.time, &page)
    writer.figure(
      "nginx.error.refused_longest_run", longest.map { Double($0.last - $0.first.second) } ?? 0,
      longest?.first, at: longest?.first.time, &page)
    let absent = absentRuns.longest
    writer.figure(
      "nginx.error.absent_longest_run", absent.map { Double($0.last - $0.first.second) } ?? 0,
      absent?.first, at: absent?.first.time, &page)
    if let lastRefused, let time = lastRefused.time {
      writer.value("nginx.error.last_refused", .time(time), lastRefused, at: time, &page)
    }
    writer.figure(
      "nginx.error.absent_upstreams", Double(absentUpstreams.count), absent?.first, &page)
    let top = upstreams.max {
      ($0.value.count, $1.value.first.line) < ($1.value.count, $0.value.first.line)
    }
    if let top {
      writer.value("nginx.error.upstream", .text(top.key), top.value.first, &page)
    }
    refused.record("upstream-refused", "connections refused by the upstream", writer, &page)
    timeouts.record("upstream-timeouts", "requests timed out at the upstream", writer, &page)
  }

  package static func recognises(_ sample: Sample) -> Recognition {
    var errors = 0
    var others = 0
    for line in sample.lines where line.contains(where: { !$0.isWhitespace }) {
      let bytes = Array(line.utf8)
      let isPrinted = line.hasPrefix("nginx: ") || line.contains("| nginx: ")
      if NginxErrorLine(bytes.span) != nil || isPrinted && line.contains("nginx: [emerg] ") {
        errors += 1
      } else if !isPrinted || !NginxEmergency.isNotice(bytes.span) {
        others += 1
      }
    }
    if errors > 0 { return errors * 2 >= others ? .certain : .possible }
    // Gunicorn and Apache have an error.log too: the name alone speaks only for an empty file.
    let name = sample.name.lowercased()
    return others == 0 && name.contains("nginx") && name.contains("error") ? .byName : .no
  }
}

/// `127.0.0.1:8000` of `http://127.0.0.1:8000/path`; `unix:/run/app.sock` of a socket.
func upstreamAddress(_ url: String) -> String {
  var rest = url[...]
  if let scheme = url.range(ofASCII: "://") { rest = url[scheme.upperBound...] }
  if rest.hasPrefix("unix:") || rest.hasPrefix("unix/") {
    let path = rest.dropFirst(5).drop { $0 == "/" }
    return "unix:/" + String(path.prefix { $0 != ":" })
  }
  return String(rest.prefix { $0 != "/" && $0 != "?" })
}

extension String {
  fileprivate func range(ofASCII needle: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(needle) {
        return start..<index(start, offsetBy: needle.count)
      }
      start = index(after: start)
    }
    return nil
  }
}

/// Failures gathered into runs: those closer than `gap` seconds are one.
private struct FailureRuns {
  struct Run {
    var first: Witness
    var last: Int
    var count: Int
  }

  let gap: Int
  private(set) var runs: [Run] = []
  private(set) var longest: Run?

  init(gap: Int) { self.gap = gap }

  mutating func add(_ line: Span<UInt8>, number: Int, second: Int) {
    if let open = runs.last, second - open.last < gap {
      runs[runs.count - 1].last = max(open.last, second)
      runs[runs.count - 1].count += 1
    } else {
      // What is dropped first is old: an incident lies at the end.
      if runs.count >= 200 { runs.removeFirst(100) }
      runs.append(
        Run(first: Witness(line, number: number, second: second), last: second, count: 1))
    }
    if let run = runs.last,
      longest.map({ run.last - run.first.second > $0.last - $0.first.second }) ?? true
    {
      longest = run
    }
  }

  /// A run of under a minute is what a deployment looks like: recorded, but no impact.
  func record(_ name: String, _ text: String, _ writer: AccessWriter, _ page: inout Page) {
    for run in runs {
      guard let time = run.first.time else { continue }
      let until = run.last > run.first.second ? Instant(seconds: Double(run.last)) : nil
      page.record(
        Event(
          name, subject: writer.proxy, time: time, until: until, text: "\(run.count) \(text)",
          isImpact: run.last - run.first.second >= 60, isZoned: writer.isZoned,
          origin: run.first.origin))
    }
  }
}
