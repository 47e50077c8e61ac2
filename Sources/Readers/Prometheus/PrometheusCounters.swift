import Model

/// node_exporter's counters of one scrape, which tell something by how far they went on until the next.
struct PrometheusCounters: Sendable {
  private struct Disk {
    var requests = 0.0
    /// Seconds that its requests took, and seconds times requests in its queue.
    var busy = 0.0
    var weighted = 0.0
    var origin: Origin
  }

  private var modes: [String: Double] = [:]
  private var cpuOrigin: Origin?
  private var disks: [String: Disk] = [:]
  private var swapped: (pages: Double, origin: Origin)?
  private var kills: (count: Double, origin: Origin)?
  private static let limit = 200

  /// What of a disk a metric counts.
  private static func count(_ name: Substring) -> WritableKeyPath<Disk, Double>? {
    switch name {
    case "node_disk_reads_completed_total", "node_disk_writes_completed_total": \.requests
    case "node_disk_read_time_seconds_total", "node_disk_write_time_seconds_total": \.busy
    case "node_disk_io_time_weighted_seconds_total": \.weighted
    default: nil
    }
  }

  var isEmpty: Bool { modes.isEmpty && disks.isEmpty && swapped == nil && kills == nil }

  static func isKnown(_ name: Substring) -> Bool {
    switch name {
    case "node_cpu_seconds_total", "node_vmstat_pswpin", "node_vmstat_pswpout",
      "node_vmstat_oom_kill":
      true
    default: count(name) != nil
    }
  }

  mutating func add(_ sample: PrometheusSample, _ origin: Origin) {
    guard sample.value >= 0 else { return }
    switch sample.name {
    case "node_cpu_seconds_total":
      guard let mode = sample.labels["mode"], modes[mode] != nil || modes.count < 20 else { return }
      modes[mode, default: 0] += sample.value
      cpuOrigin = cpuOrigin ?? origin
    case "node_vmstat_pswpin", "node_vmstat_pswpout":
      swapped = ((swapped?.pages ?? 0) + sample.value, swapped?.origin ?? origin)
    case "node_vmstat_oom_kill": kills = (sample.value, origin)
    default:
      guard let path = PrometheusCounters.count(sample.name),
        let device = sample.labels["device"],
        disks[device] != nil || disks.count < PrometheusCounters.limit
      else { return }
      disks[device, default: Disk(origin: origin)][keyPath: path] += sample.value
    }
  }

  /// Adds to `history` what happened on the host `subject` between an earlier scrape and this one, which
  /// `time` is of. Counters that went back were reset by a start, and tell nothing.
  func add(
    since before: PrometheusCounters, seconds: Double, at time: Instant, of subject: Int,
    to history: inout HostHistory
  ) {
    guard seconds >= 1 else { return }
    func sample(_ origin: Origin) -> HistorySample {
      HistorySample(
        end: time.seconds, length: seconds, instant: time, isZoned: true, subject: subject,
        origin: origin)
    }
    if let cpuOrigin {
      let all = modes.merging(before.modes.mapValues { -$0 }, uniquingKeysWith: +)
      let total = all.values.reduce(0, +)
      // Who asked for one mode alone knows no share.
      if modes["idle"] != nil, before.modes["idle"] != nil, total > 0,
        all.values.allSatisfy({ $0 >= 0 })
      {
        history.add(
          iowait: all["iowait"].map { $0 / total }, steal: all["steal"].map { $0 / total },
          sample(cpuOrigin))
      }
    }
    if let swapped, let earlier = before.swapped, swapped.pages >= earlier.pages {
      history.add(
        swappedPages: (swapped.pages - earlier.pages) / seconds, sample(swapped.origin))
    }
    for (name, disk) in disks.sorted(by: { $0.key < $1.key }) {
      guard let earlier = before.disks[name], disk.requests > earlier.requests,
        disk.busy >= earlier.busy, disk.weighted >= earlier.weighted
      else { continue }
      history.add(
        disk: name, wait: (disk.busy - earlier.busy) / (disk.requests - earlier.requests),
        queue: (disk.weighted - earlier.weighted) / seconds, sample(disk.origin))
    }
  }

  /// Processes that were killed for want of memory since an earlier scrape; nil where it is not known.
  func kills(since before: PrometheusCounters) -> (count: Double, origin: Origin)? {
    guard let kills, let earlier = before.kills, kills.count >= earlier.count else { return nil }
    return (kills.count - earlier.count, kills.origin)
  }
}
