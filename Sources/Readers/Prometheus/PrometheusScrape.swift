import Model

/// What one target said at one time.
struct PrometheusScrape: Sendable {
  let target: String
  private let stated: Instant?
  private var stamp: Instant?
  private var seen: Set<String> = []
  /// More than any exporter shows of what is read.
  private static let limit = 20_000
  private var firstLeft: Int?
  private var redis = PrometheusRedis()
  private(set) var host = PrometheusHost()

  init(target: String, stated: Instant?) {
    self.target = target
    self.stated = stated
  }

  static func isKnown(_ name: Substring) -> Bool {
    PrometheusRedis.isKnown(name) || PrometheusHost.isKnown(name)
  }

  func holds(_ sample: PrometheusSample) -> Bool { seen.contains(String(sample.series)) }

  mutating func add(_ sample: PrometheusSample, _ line: PieceLines.Line) {
    guard seen.count < PrometheusScrape.limit else {
      firstLeft = firstLeft ?? line.number
      return
    }
    seen.insert(String(sample.series))
    stamp = stamp ?? sample.time.flatMap { Instant(seconds: $0) }
    if PrometheusHost.isKnown(sample.name) {
      host.add(sample, line)
    } else {
      redis.add(sample, line)
    }
  }

  /// What the samples state, else what the exporter's clock or the server's start and age say, else what stands
  /// above the scrape.
  var time: Instant? { stamp ?? host.time ?? redis.time ?? stated }

  /// `10.0.0.7` of `10.0.0.7:9100`, `http://10.0.0.7:9100/metrics`, `[fd00::7]:9100`; empty where it is the
  /// Prometheus' own machine, whose name nobody knows.
  static func host(of target: String) -> String {
    var rest = target[...]
    if let scheme = rest.firstRange(of: "://") { rest = rest[scheme.upperBound...] }
    rest =
      rest.hasPrefix("[")
      ? rest.dropFirst().prefix { $0 != "]" } : rest.prefix { $0 != ":" && $0 != "/" }
    let host = String(rest.prefix(100))
    return isLoopback(host) ? "" : host
  }

  /// Records what it tells; gives the host that it tells of.
  func record(into page: inout Page) -> Int? {
    if let firstLeft {
      page.lose(
        "more than \(PrometheusScrape.limit) samples in one scrape: the rest is not read",
        line: firstLeft)
    }
    redis.record(of: target, at: time, into: &page)
    return host.record(of: target, at: time, into: &page)
  }
}

/// node_exporter: memory, load, CPUs, file systems, counters of the network.
struct PrometheusHost: Sendable {
  private struct FileSystem {
    var size: Double?
    var free: Double?
    var available: Double?
    var inodes: Double?
    var freeInodes: Double?
    var line: Int?
  }

  private var values: [(fact: String, value: Double, part: String?, origin: Origin)] = []
  private var fileSystems: [String: FileSystem] = [:]
  private var rows: [Int: Origin] = [:]
  private var cpus: Set<String> = []
  private var cpuOrigin: Origin?
  private var name: (text: String, origin: Origin)?
  private var counters = PrometheusCounters()
  private var boot: (seconds: Double, origin: Origin)?
  private var now: Double?

  private static let plain: [Substring: String] = [
    "node_load1": "host.load1", "node_load5": "host.load5", "node_load15": "host.load15",
    "node_netstat_TcpExt_ListenOverflows": "host.network.listen_overflows",
    "node_netstat_TcpExt_ListenDrops": "host.network.listen_drops",
    "node_netstat_Tcp_OutSegs": "host.network.segments_sent",
    "node_netstat_Tcp_RetransSegs": "host.network.segments_retransmitted",
    "node_sockstat_TCP_inuse": "host.network.tcp_in_use",
    "node_sockstat_TCP_tw": "host.network.tcp_time_wait",
    "node_nf_conntrack_entries": "host.sysctl.net.netfilter.nf_conntrack_count",
    "node_nf_conntrack_entries_limit": "host.sysctl.net.netfilter.nf_conntrack_max",
  ]

  /// `pps` of `node_ethtool_pps_allowance_exceeded`.
  private static func allowance(_ name: Substring) -> Substring? {
    guard name.hasPrefix("node_ethtool_"), name.hasSuffix(EthernetSection.ending) else {
      return nil
    }
    let allowance = name.dropFirst(13).dropLast(EthernetSection.ending.count)
    return EthernetSection.allowances.contains(allowance) ? allowance : nil
  }

  /// `node_memory_MemAvailable_bytes` is `MemAvailable` of /proc/meminfo.
  private static func memoryFact(_ name: Substring) -> String? {
    guard name.hasPrefix("node_memory_"), name.hasSuffix("_bytes") else { return nil }
    let key = String(name.dropFirst(12).dropLast(6))
    return MeminfoSection.keys.contains(key) ? "host.memory.\(key)" : nil
  }

  static func isKnown(_ name: Substring) -> Bool {
    guard name.hasPrefix("node_") else { return false }
    return switch name {
    case "node_time_seconds", "node_boot_time_seconds", "node_uname_info", "node_cpu_seconds_total",
      "node_filesystem_size_bytes", "node_filesystem_free_bytes", "node_filesystem_avail_bytes",
      "node_filesystem_files", "node_filesystem_files_free":
      true
    default:
      plain[name] != nil || memoryFact(name) != nil || allowance(name) != nil
        || PrometheusCounters.isKnown(name)
    }
  }

  var time: Instant? { now.flatMap { Instant(seconds: $0) } }

  mutating func add(_ sample: PrometheusSample, _ line: PieceLines.Line) {
    let origin = Origin(line: line.number, excerpt: String(line.text.prefix(200)))
    counters.add(sample, origin)
    switch sample.name {
    case "node_time_seconds": now = sample.value
    case "node_boot_time_seconds": boot = (sample.value, origin)
    case "node_uname_info": name = sample.labels["nodename"].map { ($0, origin) }
    case "node_cpu_seconds_total":
      guard let cpu = sample.labels["cpu"], cpus.count < 4096 else { return }
      cpus.insert(cpu)
      cpuOrigin = cpuOrigin ?? origin
    case "node_filesystem_size_bytes": addFileSystem(sample, \.size, origin)
    case "node_filesystem_free_bytes": addFileSystem(sample, \.free, origin)
    case "node_filesystem_avail_bytes": addFileSystem(sample, \.available, origin)
    case "node_filesystem_files": addFileSystem(sample, \.inodes, origin)
    case "node_filesystem_files_free": addFileSystem(sample, \.freeInodes, origin)
    default:
      if let fact = PrometheusHost.plain[sample.name] ?? PrometheusHost.memoryFact(sample.name) {
        values.append((fact, sample.value, nil, origin))
      } else if let allowance = PrometheusHost.allowance(sample.name) {
        let part = EthernetSection.part(allowance, of: sample.labels["device"])
        values.append(("host.network.allowance_exceeded", sample.value, part, origin))
      }
    }
  }

  private mutating func addFileSystem(
    _ sample: PrometheusSample, _ part: WritableKeyPath<FileSystem, Double?>, _ origin: Origin
  ) {
    // Images are always full, and what lies in memory is no disk.
    guard let mount = sample.labels["mountpoint"], sample.value >= 0,
      !["squashfs", "iso9660", "tmpfs", "ramfs"].contains(sample.labels["fstype"] ?? ""),
      fileSystems[mount] != nil || fileSystems.count < DiskSection.limit
    else { return }
    fileSystems[mount, default: FileSystem()][keyPath: part] = sample.value
    if part == \.available || fileSystems[mount]?.line == nil, let line = origin.line {
      fileSystems[mount]?.line = line
      rows[line] = origin
    }
  }

  /// Adds what happened between an earlier scrape and this one, `seconds` later.
  func add(
    since before: PrometheusHost, seconds: Double, at time: Instant, of host: Int,
    to history: inout HostHistory
  ) {
    counters.add(since: before.counters, seconds: seconds, at: time, of: host, to: &history)
    func memory(_ key: String) -> (value: Double, origin: Origin)? {
      values.first { $0.fact == "host.memory.\(key)" }.map { ($0.value, $0.origin) }
    }
    if seconds >= 1, let available = memory("MemAvailable"), let total = memory("MemTotal"),
      total.value > 0
    {
      history.add(
        availableMemory: available.value / total.value,
        HistorySample(
          end: time.seconds, length: seconds, instant: time, isZoned: true, subject: host,
          origin: available.origin))
    }
  }

  /// Processes that were killed for want of memory since an earlier scrape; nil where it is not known.
  func kills(since before: PrometheusHost) -> (count: Double, origin: Origin)? {
    counters.kills(since: before.counters)
  }

  /// `target` is the label that a Prometheus adds, or empty: its host, where the exporter names none.
  /// Gives the host, where it tells anything of one.
  func record(of target: String, at time: Instant?, into page: inout Page) -> Int? {
    guard
      !values.isEmpty || !cpus.isEmpty || !fileSystems.isEmpty || boot != nil || !counters.isEmpty
    else { return nil }
    let host = page.host(
      name?.text ?? PrometheusScrape.host(of: target),
      origin: name?.origin ?? Origin(line: nil, excerpt: ""))
    for (fact, value, part, origin) in values where value >= 0 {
      page.record(fact, value, of: host, at: time, part: part, origin: origin)
    }
    if let cpuOrigin {
      page.record("host.cpus", Double(cpus.count), of: host, at: time, origin: cpuOrigin)
    }
    if let boot, let now, now >= boot.seconds {
      page.record("host.uptime", now - boot.seconds, of: host, at: time, origin: boot.origin)
    }
    for (mount, system) in fileSystems.sorted(by: { $0.key < $1.key }) {
      guard let line = system.line, let origin = rows[line] else { continue }
      let mount = String(mount.prefix(100))
      if let inodes = system.inodes, let free = system.freeInodes, inodes > 0, free <= inodes {
        page.record(
          "host.disk.inodes_used_share", 1 - free / inodes, of: host, at: time, part: mount,
          origin: origin)
      }
      guard let size = system.size, let available = system.available, size > 0 else { continue }
      // As df counts: what is kept for root is no room.
      let used = max(size - (system.free ?? available), 0)
      page.record("host.disk.size", size, of: host, at: time, part: mount, origin: origin)
      page.record("host.disk.available", available, of: host, at: time, part: mount, origin: origin)
      page.record(
        "host.disk.used_share", used + available > 0 ? used / (used + available) : 1, of: host,
        at: time, part: mount, origin: origin)
    }
    return host
  }
}
