import Model

/// Full copies that replicas ask of a master: one after a restart is ordinary, one after the other of
/// the same replica is not.
///
/// ```
/// 1:M 22 Nov 2026 20:51:25.174 * Full resync requested by replica 10.0.3.8:6379
/// ```
struct RedisResyncs {
  private static let limit = 32

  private var byReplica: [String: (number: Int, first: Instant?, last: RedisServerLog.Mark)] = [:]

  mutating func add(_ text: Span<UInt8>, _ mark: RedisServerLog.Mark) {
    var start = text.count
    while start > 0, text[start - 1] > 32, text.count - start < 80 { start -= 1 }
    let replica = text.text(start..<text.count)
    guard byReplica[replica] != nil || byReplica.count < Self.limit else { return }
    byReplica[replica, default: (0, mark.time, mark)].number += 1
    byReplica[replica]?.last = mark
  }

  /// The replica that asked most often.
  func record(of subject: Int, into page: inout Page) {
    let sorted = byReplica.sorted { ($1.value.number, $0.key) < ($0.value.number, $1.key) }
    guard let (replica, most) = sorted.first else { return }
    let origin = most.last.origin
    page.record(
      "redis.log.full_resyncs.most", Double(most.number), of: subject, at: most.last.time,
      origin: origin)
    page.record(
      "redis.log.full_resyncs.replica", .text(replica), of: subject, at: most.last.time,
      origin: origin)
    guard most.number > 1, let first = most.first, let last = most.last.time, last > first else {
      return
    }
    page.record(
      "redis.log.full_resyncs.spacing", last.since(first) / Double(most.number - 1), of: subject,
      at: last, origin: origin)
  }
}
