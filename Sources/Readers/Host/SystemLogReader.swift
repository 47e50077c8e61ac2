import Model

/// Reads a host's syslog or journal: cron, systemd, ssh and the like. Lines of the kernel further
/// down are read as in a kernel log.
struct SystemLogReader: StreamReader {
  static let kind = EvidenceKind.systemLog
  private var log: HostLog
  /// Some lines of one unit below what `systemctl status` says of it.
  private var isStatus = false
  /// What Redis servers say between the lines of others: often the one that tells why it does not start.
  private var redis: RedisLogReader
  private var nginx = NginxEmergency()

  static func recognises(_ sample: Sample) -> Recognition {
    let shape = HostLogShape(sample)
    // With a line of the kernel at its head it is read as a kernel log, which reads the rest too.
    guard shape.system > 0, shape.kernel == 0 else { return .no }
    return shape.isMostlySystem ? .certain : .possible
  }

  init(context: ReadingContext) {
    log = HostLog(kind: .systemLog, context: context, takesBareLines: false)
    redis = RedisLogReader(context: context)
  }

  mutating func read(line: Span<UInt8>, number: Int, into page: inout Page) {
    if line.hasPrefix("     Active: ") || line.hasPrefix("   Active: ") { isStatus = true }
    let program = log.read(line, number: number)
    let start = program?.lowerBound ?? line.count
    if line.holds("redis-server", at: start) || line.holds("valkey-server", at: start) {
      redis.read(line: line, number: number, into: &page)
    }
    let isOfNginx = line.holds("nginx", at: start)
    if isOfNginx
      || nginx.isKnown && line.contains("]: Started ")
        && (line.contains("nginx") || line.contains("A high performance web"))
    {
      nginx.readJournal(line, number: number)
    }
  }

  mutating func finish(into page: inout Page) {
    log.finish(into: &page)
    if nginx.isKnown { nginx.record(of: page.subject(.proxy), into: &page) }
    if redis.hasServers {
      redis.finish(into: &page)
      // What they do not say may stand in a log of their own.
      page.forget { $0.name.hasPrefix("redis.log.") && $0.value.number == 0 }
    }
    guard isStatus else { return }
    // They do not say what became of others.
    page.forgetAbsences()
    if page.facts.isEmpty {
      page.warn("the status of a service that is no application: give its log, journalctl -u UNIT")
    }
  }
}
