import Model

/// Gathers datapoints by metric and instance, whatever form they came in, and records them.
struct MetricCollector {
  private static let limit = 200

  let command: String
  let name: String
  let window: TimeWindow
  private var series: [MetricSeries] = []
  private var leftOut = 0

  init(command: String, name: String, window: TimeWindow) {
    self.command = command
    self.name = name
    self.window = window
  }

  /// The metric that a question or the name of a file speaks of.
  static func metric(ofCommand command: String, name: String) -> CloudWatchMetric? {
    CloudWatchMetric.named(in: command)
      ?? CloudWatchMetric.named(in: String(name.split(separator: "/").last ?? ""))
  }

  mutating func add(
    label: String, id: String, into page: inout Page,
    points: (CloudWatchMetric) -> [Datapoint]
  ) {
    let metric =
      CloudWatchMetric.named(in: label) ?? CloudWatchMetric.named(in: id)
      ?? (label.isEmpty ? MetricCollector.metric(ofCommand: command, name: name) : nil)
    guard let metric else { return }
    add(points(metric), of: metric, label: label.isEmpty ? id : label, id: id, into: &page)
  }

  /// `label` tells nameless instances apart; `isZoned` is false where the points' clock states no
  /// zone.
  mutating func add(
    _ all: [Datapoint], of metric: CloudWatchMetric, label: String, id: String = "",
    isZoned: Bool = true, into page: inout Page
  ) {
    let kept = all.filter { window.contains($0.time) }
    guard !kept.isEmpty else {
      page.warn("\(metric.name) has no datapoints" + (all.isEmpty ? "" : " in the window"))
      return
    }
    let names = [label, id, command, name]
    let instance = names.lazy.compactMap(AWSOutput.soleInstanceID).first
    let volume =
      metric.isOfVolume ? names.lazy.compactMap(AWSOutput.soleVolumeID).first : nil
    // The pages of one answer go on where the last ended. Nameless answers that speak of the same
    // time are of different instances.
    var key = label
    let times = Set(kept.map(\.time))
    let alike = series.indices.filter {
      series[$0].metric == metric && series[$0].instance == instance
        && series[$0].volume == volume
        && (instance != nil || series[$0].label == key || series[$0].label.hasPrefix(key + "#"))
    }
    if let known = alike.first(where: { index in
      instance != nil || !series[index].points.contains { times.contains($0.time) }
    }) {
      series[known].add(kept)
      return
    }
    guard series.count < MetricCollector.limit else {
      leftOut += 1
      return
    }
    if !alike.isEmpty { key += "#\(alike.count + 1)" }
    series.append(
      MetricSeries(
        metric: metric, instance: instance, volume: volume, label: key, points: kept,
        isZoned: isZoned))
  }

  func record(_ output: AWSOutput, into page: inout Page) {
    if leftOut > 0 {
      page.lose("\(series.count + leftOut) metrics; the first \(series.count) were read")
    }
    // All that is nameless is of one instance, also once it has agreements.
    var nameless: Int?
    for var series in series {
      series.sort()
      let subject: Int
      if let instance = series.instance {
        subject = page.subject(.instance, .instanceID(instance))
      } else if series.metric.isOfVolume
        || self.series.count(where: { $0.metric == series.metric }) == 1
      {
        subject = nameless ?? page.subject(.instance)
        nameless = subject
      } else {
        // Metrics of several instances that are not told apart by id are told apart by label.
        subject = page.subject(.instance, .serviceName(series.label))
      }
      if series.instance == nil { Self.agree(series, subject: subject, into: &page) }
      recordMetric(series, of: subject, output, into: &page)
    }
  }

  /// What must be true of the instance that a nameless status metric is of.
  private static func agree(_ series: MetricSeries, subject: Int, into page: inout Page) {
    guard case .check(_, _, let fact?) = series.metric.style, let last = series.points.last?.main
    else { return }
    page.setAgreement(of: subject, fact: fact, value: last.value > 0 ? "impaired" : "ok")
  }
}
