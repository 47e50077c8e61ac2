import Model

/// Facts of the clients that ask like clockwork.
extension AccessCounts {
  func recordPeriods(_ writer: AccessWriter, _ page: inout Page) {
    let streams = periods.streams(share: writer.share)
    page.record(
      "nginx.periodic.clients", Double(streams.count), of: writer.proxy,
      at: streams.first.flatMap { Instant(seconds: Double($0.first)) }, coverage: coverage,
      origin: streams.first?.origin ?? firstRequest?.origin ?? writer.nothing)
    if streams.count > 50 {
      page.warn("\(streams.count) periodic clients; the 50 with most requests are kept")
    }
    let kept = Array(streams.prefix(50))
    var parts: [String] = []
    for (index, stream) in kept.enumerated() {
      var part = "\(stream.method) \(stream.path) \(stream.status) \(stream.agent)"
      if !stream.client.isEmpty { part += " from \(stream.client)" }
      if parts.contains(part) { part += " on \(stream.host)" }
      if parts.contains(part) { part += " (\(index + 1))" }
      parts.append(part)
      record(stream, part: part, writer, &page)
    }
    for (leader, part) in zip(kept, parts) {
      guard let follower = kept.first(where: { $0.follows(leader) }) else { continue }
      page.record(
        "nginx.periodic.follows", .text(follower.path), of: writer.proxy,
        at: Instant(seconds: Double(follower.first)), part: part, coverage: coverage,
        origin: follower.origin)
    }
    recordHealth(streams, writer, &page)
  }

  private func record(
    _ stream: PeriodicStream, part: String, _ writer: AccessWriter, _ page: inout Page
  ) {
    let time = Instant(seconds: Double(stream.first))
    let numbers: [(String, Double)] = [
      ("period", stream.period), ("jitter", stream.jitter), ("count", writer.whole(stream.count)),
      ("status", Double(stream.status)), ("span", Double(stream.last - stream.first)),
    ]
    for (name, number) in numbers {
      page.record(
        "nginx.periodic." + name, number, of: writer.proxy, at: time, part: part,
        coverage: coverage, origin: stream.origin)
    }
    let texts = [
      ("path", stream.path), ("method", stream.method), ("agent", stream.agent),
      ("client", stream.client),
    ]
    for (name, text) in texts where !text.isEmpty {
      page.record(
        "nginx.periodic." + name, .text(text), of: writer.proxy, at: time, part: part,
        coverage: coverage, origin: stream.origin)
    }
  }

  /// The health path that most periodic requests were answered 200 on.
  private func recordHealth(
    _ streams: [PeriodicStream], _ writer: AccessWriter, _ page: inout Page
  ) {
    var counts: [String: Int] = [:]
    let healthy = streams.filter { $0.status == 200 && $0.asksHealth }
    for stream in healthy { counts[stream.path, default: 0] += stream.count }
    let best = healthy.max {
      (counts[$0.path] ?? 0, $1.path) < (counts[$1.path] ?? 0, $0.path)
    }
    guard let best else { return }
    let time = Instant(seconds: Double(best.first))
    page.record(
      "nginx.health.path", .text(best.path), of: writer.proxy, at: time, coverage: coverage,
      origin: best.origin)
    page.record(
      "nginx.health.requests", writer.whole(counts[best.path] ?? 0), of: writer.proxy, at: time,
      coverage: coverage, origin: best.origin)
  }
}

/// One client that asks for one thing at a steady beat.
struct PeriodicStream {
  let method: String
  let path: String
  let status: Int
  let agent: String
  let client: String
  let host: String
  let count: Int
  let first: Int
  let last: Int
  let period: Double
  let jitter: Double
  let origin: Origin

  /// Whether this is what the same client asks next after `other` sent it elsewhere: the same beat,
  /// at most a second later. A log may begin or end between the two, so one end suffices. The host
  /// may differ: a redirect drops a port or adds `www`.
  func follows(_ other: PeriodicStream) -> Bool {
    guard (300..<400).contains(other.status), agent == other.agent, client == other.client,
      path != other.path, abs(period - other.period) <= Swift.max(0.2, other.period / 50),
      abs(Double(count - other.count)) <= 2 + Double(other.count) / 50
    else { return false }
    let beginsAfter =
      (0...1).contains(first - other.first) && (origin.line ?? 0) > (other.origin.line ?? 0)
    return beginsAfter || (0...1).contains(last - other.last)
  }

  /// Names that services give to the path that says whether they are well.
  var asksHealth: Bool {
    let last = path.split(separator: "/").last ?? ""
    return [
      "health", "healthz", "health_check", "healthcheck", "health-check", "healthy", "ping",
      "ready", "readyz", "readiness", "live", "livez", "liveness", "status", "up", "heartbeat",
    ].contains(last.lowercased())
  }
}
