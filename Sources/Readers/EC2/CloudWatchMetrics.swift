import Model

/// The CloudWatch metrics that are read, and what each becomes.
struct CloudWatchMetric: Sendable, Equatable {
  enum Style: Sendable, Equatable {
    /// 0 in a good period, 1 in a bad one. `fact` is the status that the newest point speaks of.
    case check(event: String, says: String, fact: String?)
    /// A level; `scale` takes it to the base unit.
    case level(scale: Double, Limit? = nil)
  }

  /// Where a level means that something is held back.
  enum Limit: Sendable, Equatable {
    /// A balance is used up below `bound`, in the base unit, and has recovered at five times that.
    case spent(below: Double, event: String, says: String)
    /// 1 in each period in which more was asked for than is allowed.
    case exceeded(event: String, says: String)
  }

  /// The vendor's name.
  let name: String
  let fact: String
  let style: Style

  /// What it is of is a volume; all volumes are taken for those of one instance.
  var isOfVolume: Bool { name == "BurstBalance" || name.hasPrefix("Volume") }

  init(_ name: String, fact: String? = nil, _ style: Style) {
    self.name = name
    self.fact = "cloudwatch." + (fact ?? name)
    self.style = style
  }

  /// Names that hold others come first.
  static let all = [
    CloudWatchMetric(
      "StatusCheckFailed_System",
      .check(
        event: "system-status-failed",
        says: "the system status check (host, its network or power) fails",
        fact: "ec2.SystemStatus")),
    CloudWatchMetric(
      "StatusCheckFailed_Instance",
      .check(
        event: "instance-status-failed",
        says: "the instance status check (operating system, its network) fails",
        fact: "ec2.InstanceStatus")),
    CloudWatchMetric(
      "StatusCheckFailed_AttachedEBS",
      .check(
        event: "ebs-status-failed",
        says: "the attached EBS status check (volumes reachable) fails",
        fact: "ec2.AttachedEbsStatus")),
    CloudWatchMetric(
      "StatusCheckFailed",
      .check(event: "status-check-failed", says: "a status check fails", fact: nil)),
    CloudWatchMetric("CPUUtilization", .level(scale: 0.01)),
    CloudWatchMetric("CPUSurplusCreditBalance", .level(scale: 1)),
    CloudWatchMetric(
      "CPUCreditBalance",
      .level(
        scale: 1,
        .spent(
          below: 1, event: "cpu-credits-exhausted", says: "the CPU credit balance is used up"))),
    CloudWatchMetric("CPUCreditUsage", .level(scale: 1)),
    CloudWatchMetric("mem_used_percent", .level(scale: 0.01)),
    CloudWatchMetric("MemoryUtilization", fact: "mem_used_percent", .level(scale: 0.01)),
    ebsBalance(
      "EBSIOBalance%", fact: "EBSIOBalance", "the I/O credits of the instance for EBS are used up"),
    ebsBalance(
      "EBSByteBalance%", fact: "EBSByteBalance",
      "the throughput credits of the instance for EBS are used up"),
    ebsBalance("BurstBalance", fact: "BurstBalance", "the burst credits of the volume are used up"),
    exceeded("InstanceEBSIOPSExceededCheck", "more IOPS than the instance may have for EBS"),
    exceeded(
      "InstanceEBSThroughputExceededCheck", "more throughput than the instance may have for EBS"),
    exceeded("VolumeIOPSExceededCheck", "more IOPS than the volume may have"),
    exceeded("VolumeThroughputExceededCheck", "more throughput than the volume may have"),
    CloudWatchMetric(
      "VolumeStalledIOCheck",
      .check(
        event: "ebs-io-stalled", says: "the stalled I/O check of an EBS volume fails", fact: nil)),
  ]

  private static func ebsBalance(_ name: String, fact: String, _ says: String) -> CloudWatchMetric {
    CloudWatchMetric(
      name, fact: fact,
      .level(scale: 0.01, .spent(below: 0.01, event: "ebs-credits-exhausted", says: says)))
  }

  private static func exceeded(_ name: String, _ what: String) -> CloudWatchMetric {
    CloudWatchMetric(
      name, .level(scale: 1, .exceeded(event: "ebs-limit-reached", says: "asked for " + what)))
  }

  /// The metric that a label, an id or a file name speaks of, however it is written:
  /// `cpu-credit-balance.json`, `web-1 StatusCheckFailed_System`.
  static func named(in text: String) -> CloudWatchMetric? {
    let words = letters(of: text)
    return all.first { words.contains(letters(of: $0.name)) }
  }

  private static func letters(of text: String) -> String {
    String(text.lowercased().filter { $0.isLetter || $0.isNumber })
  }

  static func == (a: Self, b: Self) -> Bool { a.name == b.name }

  /// The datapoint that the statistics given make for this metric; nil where they say nothing.
  func datapoint(
    at time: Instant, _ readings: [Datapoint.Statistic: Datapoint.Reading]
  ) -> Datapoint? {
    let mean = readings[.average] ?? readings[.other]
    let main: Datapoint.Reading?
    switch style {
    case .check:
      // A minimum of 0 does not say that the whole period was good.
      let lowest = readings[.minimum].flatMap { $0.value > 0 ? $0 : nil }
      main = (readings[.maximum] ?? readings[.sum] ?? mean ?? lowest).map {
        Datapoint.Reading(value: $0.value > 0 ? 1 : 0, line: $0.line)
      }
      guard main != nil else { return nil }
    case .level(let scale, _):
      // The highest use of a period is no use of the period.
      let stand = name == "CPUUtilization" ? nil : readings[.minimum] ?? readings[.maximum]
      main = (mean ?? stand)?.scaled(by: scale)
      guard main != nil || readings[.maximum] != nil else { return nil }
      return Datapoint(
        time: time, main: main, minimum: readings[.minimum]?.scaled(by: scale),
        maximum: readings[.maximum]?.scaled(by: scale))
    }
    return Datapoint(
      time: time, main: main, minimum: nil, maximum: nil,
      failing: readings[.sum].map { $0.value * 60 })
  }
}

/// One datapoint: a period that begins at `time`. `line` is that of the value.
struct Datapoint: Sendable {
  enum Statistic: String, CaseIterable {
    case average = "Average"
    case minimum = "Minimum"
    case maximum = "Maximum"
    case sum = "Sum"
    /// One that is not named.
    case other = "Value"
  }

  struct Reading: Sendable {
    let value: Double
    let line: Int

    func scaled(by scale: Double) -> Reading { Reading(value: value * scale, line: line) }
  }

  let time: Instant
  /// The mean, or the one value that is given.
  let main: Reading?
  let minimum: Reading?
  let maximum: Reading?
  /// Of a check, which is made every minute: for how many seconds of the period it failed, if its sum
  /// tells.
  var failing: Double?
}

/// The datapoints of one metric of one instance, in order of time.
struct MetricSeries: Sendable {
  let metric: CloudWatchMetric
  /// Nil where the answer does not say whose metric it is.
  let instance: String?
  /// The volume, of a metric of volumes that names it.
  let volume: String?
  /// Tells nameless series of one answer apart.
  let label: String
  /// False where the stamps state no zone.
  let isZoned: Bool
  private(set) var points: [Datapoint]
  /// Seconds from a point to the next: the median gap. A lone point is taken for the shortest
  /// period that the metrics of EC2 have.
  private(set) var period = 60.0

  init(
    metric: CloudWatchMetric, instance: String?, volume: String?, label: String,
    points: [Datapoint], isZoned: Bool
  ) {
    self.metric = metric
    self.instance = instance
    self.volume = volume
    self.label = label
    self.points = points
    self.isZoned = isZoned
  }

  mutating func add(_ more: [Datapoint]) { points += more }

  /// Puts all points in order: CloudWatch promises none; answers that overlap repeat points.
  mutating func sort() {
    var sorted: [Datapoint] = []
    sorted.reserveCapacity(points.count)
    for point in points.enumerated().sorted(by: {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }) {
      if sorted.last?.time == point.element.time { sorted.removeLast() }
      sorted.append(point.element)
    }
    points = sorted
    let gaps = zip(points, points.dropFirst()).map { $1.time.since($0.time) }.sorted()
    if !gaps.isEmpty { period = gaps[gaps.count / 2] }
  }

  /// Ranges of points side by side for which `isBad` holds. A hole of more than three periods ends
  /// a run: nothing is known of the time between.
  func runs(where isBad: (Datapoint) -> Bool) -> [Range<Int>] {
    let hole = period * 3
    var runs: [Range<Int>] = []
    for (index, point) in points.enumerated() where isBad(point) {
      if let last = runs.last, last.upperBound == index,
        point.time.since(points[index - 1].time) <= hole
      {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs
  }

  /// The time that the points speak for.
  var coverage: TimeSpan? { span(of: points.indices) }

  /// The longest stretch without a hole: only there is "none" known.
  var unbrokenCoverage: TimeSpan? {
    runs { _ in true }.compactMap(span).max {
      $0.upperBound.since($0.lowerBound) < $1.upperBound.since($1.lowerBound)
    }
  }

  func span(of range: Range<Int>) -> TimeSpan? {
    guard let first = points[range].first, let last = points[range].last else { return nil }
    return first.time...last.time.advanced(by: period)
  }
}
