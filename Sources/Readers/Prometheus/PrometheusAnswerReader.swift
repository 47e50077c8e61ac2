import Model
import YAML

/// What a Prometheus answers when it is asked over HTTP: often the only history of a box that died.
///
/// ```
/// {"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"redis_memory_used_bytes",
///   "instance":"10.0.0.7:9121","job":"redis"},"values":[[1709604000.1,"1092184"],[1709604060.1,"1109312"]]}]}}
/// ```
///
/// `/api/v1/query` (a vector, or a matrix where it is asked for `metric[6h]`) and `/api/v1/query_range`. What is
/// computed, as by `rate()`, bears no name, and is not read.
///
/// Source: Prometheus, HTTP API.
struct PrometheusAnswerReader: PieceReader {
  static let kind = EvidenceKind.prometheusMetrics

  private let window: TimeWindow
  /// `{ "data": { "result": [ { a series }`.
  private var series = JSONElements(level: 4, limit: 4 << 20)
  private var line = 1
  private var head: [UInt8] = []
  private var answer = PrometheusAnswer()

  init(name: String, context: ReadingContext) { window = context.window }

  static func recognises(_ sample: Sample) -> Recognition {
    guard sample.looksLikeJSON else { return .no }
    let text = sample.text
    if text.contains("\"resultType\""), text.contains("\"result\"") { return .certain }
    return text.contains("\"errorType\"") && text.contains("\"error\"") ? .possible : .no
  }

  mutating func read(piece: Span<UInt8>, into page: inout Page) {
    for index in piece.indices {
      let byte = piece[index]
      if head.count < 4096 { head.append(byte) }
      if case .element(let element) = series.take(byte, line: line) {
        answer.take(element, into: &page)
      }
      if byte == UInt8(ascii: "\n") { line += 1 }
    }
  }

  mutating func finish(into page: inout Page) {
    if series.isWithin {
      page.warn("the JSON is cut; what stands before the cut was read", line: line)
    }
    if answer.isEmpty, let error = error {
      page.warn("Prometheus answered with an error: \(error)", line: 1)
    } else {
      answer.record(in: window, into: &page)
    }
  }

  private var error: String? {
    let node = try? parseJSON(head).nodes.first
    return node?["error"]?.text.map { String($0.prefix(200)) }
  }
}

/// The series of one answer, by target and time.
private struct PrometheusAnswer {
  private struct Target {
    var series:
      [(labels: [Substring: String], name: String, line: PieceLines.Line, points: [Point])]
    var times: Set<Double>
  }

  private typealias Point = (time: Double, value: Double)

  private static let targetLimit = 200
  private static let pointLimit = 1_000_000
  private static let labelLimit = 16 << 20
  private var points = 0
  /// Bytes of the labels that are kept.
  private var labelSize = 0
  private var targets: [String: Target] = [:]
  private var nameless = 0
  private var unknown = 0
  private var leftOut = 0

  var isEmpty: Bool { targets.isEmpty && nameless == 0 && unknown == 0 }

  mutating func take(_ element: JSONElements.Element, into page: inout Page) {
    guard !element.isCut else {
      return page.lose("a series of more than 4 MiB: not read", line: element.line)
    }
    let series: Node
    do {
      guard let node = try parseJSON(element.bytes).nodes.first else { return }
      series = node
    } catch {
      return page.warn(error.message, line: element.line + error.line - 1)
    }
    let metric = series["metric"]?.mapping ?? []
    var labels: [Substring: String] = [:]
    for (key, value) in metric.prefix(64) {
      if let key = key.scalar, let value = value.scalar { labels[key[...]] = value }
    }
    guard let name = labels.removeValue(forKey: "__name__") else {
      nameless += 1
      return
    }
    guard name == "up" || PrometheusScrape.isKnown(name[...]) else {
      unknown += 1
      return
    }
    let pairs = series["values"]?.sequence ?? series["value"].map { [$0] } ?? []
    let points = pairs.compactMap { pair -> Point? in
      guard let pair = pair.sequence, pair.count == 2, let time = pair[0].number,
        let value = pair[1].scalar.flatMap({ Double($0) }), time.isFinite, value.isFinite
      else { return nil }
      return (time, value)
    }
    guard !points.isEmpty else { return }
    let target = PrometheusRedis.target(of: name[...], labels)
    let size = labels.reduce(name.utf8.count) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    guard self.points + points.count <= PrometheusAnswer.pointLimit,
      labelSize + size <= PrometheusAnswer.labelLimit
    else {
      return page.lose(
        "more than \(PrometheusAnswer.pointLimit) values, or 16 MiB of labels: a series is not read; "
          + "ask for fewer metrics, or with a longer step", line: element.line)
    }
    self.points += points.count
    labelSize += size
    guard targets[target] != nil || targets.count < PrometheusAnswer.targetLimit else {
      leftOut += 1
      return
    }
    // Of an answer in one line the series is cited, else the line that names it.
    let row = series[["metric", "__name__"]]?.line ?? 1
    let rows = element.bytes.split(
      separator: UInt8(ascii: "\n"), maxSplits: row, omittingEmptySubsequences: false)
    let text = rows.indices.contains(row - 1) ? rows[row - 1].prefix(200) : []
    let line = PieceLines.Line(
      text: String(decoding: text, as: UTF8.self), number: element.line + row - 1)
    targets[target, default: Target(series: [], times: [])].series.append(
      (labels, name, line, points))
    targets[target]?.times.formUnion(points.lazy.map(\.time))
  }

  func record(in window: TimeWindow, into page: inout Page) {
    var scrapes = PrometheusScrapes(in: window)
    var isThinned = false
    let serverNames = serverNames
    for (others, (key, target)) in targets.sorted(by: { $0.key < $1.key }).enumerated() {
      let name = serverNames[key] ?? key
      recordSilence(of: name, target, in: window, into: &page)
      let times = PrometheusAnswer.selected(
        target.times, limit: PrometheusScrapes.limit(behind: others))
      isThinned = isThinned || times.count < target.times.count
      var place: [Double: Int] = [:]
      for (index, time) in times.enumerated() { place[time] = index }
      var all = times.map { _ in PrometheusScrape(target: name, stated: nil) }
      for series in target.series {
        for point in series.points {
          guard let index = place[point.time] else { continue }
          all[index].add(
            PrometheusSample(
              name: series.name[...], labels: series.labels, value: point.value, time: point.time),
            series.line)
        }
      }
      for scrape in all { scrapes.append(scrape) }
    }
    scrapes.record(into: &page)
    if isThinned {
      page.warn("of many times an even selection is read, the first and the last among them")
    }
    if nameless > 0 {
      page.warn(
        "\(nameless) series without a name, as expressions have: not read; ask for the metrics themselves"
      )
    }
    if leftOut > 0 {
      page.lose("series of more than \(PrometheusAnswer.targetLimit) targets: \(leftOut) not read")
    }
    if page.facts.isEmpty, page.events.isEmpty, nameless == 0 {
      page.warn(
        "found no metric of node_exporter or redis_exporter that is known"
          + (unknown > 0 ? " among \(unknown) series" : ""))
    }
  }

  /// Better names of the servers that redis_exporter tells of, by target: with the port that the server
  /// states, else by what Prometheus was told to call it, where it so calls no other.
  private var serverNames: [String: String] {
    var names: [String: String] = [:]
    for (key, target) in targets {
      let ports = Set(target.series.compactMap { $0.labels["tcp_port"].flatMap { UInt16($0) } })
      let host = PrometheusScrape.host(of: key)
      let isServer = target.series.allSatisfy { $0.name == "up" || $0.name.hasPrefix("redis_") }
      guard isServer, !PrometheusRedis.isServer(key) else { continue }
      if let port = ports.first, ports.count == 1, !host.isEmpty {
        names[key] = "\(host):\(port)"
      } else if ports.isEmpty, let labels = target.series.first(where: { $0.name != "up" })?.labels
      {
        names[key] = (labels["alias"] ?? labels["redis_instance"] ?? labels["service"]).map {
          String($0.prefix(100))
        }
      }
    }
    let counts = names.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    return names.filter { counts[$0.value] == 1 && targets[$0.value] == nil && !$0.value.isEmpty }
  }

  /// An even selection, the first and the last among it.
  private static func selected(_ times: Set<Double>, limit: Int) -> [Double] {
    let times = times.sorted()
    guard times.count > limit, let last = times.last else { return times }
    let step = (times.count + limit - 2) / (limit - 1)
    return stride(from: 0, to: times.count - 1, by: step).map { times[$0] } + [last]
  }

  /// When a host's node_exporter did not answer, and a Redis server its exporter; for the timeline.
  private func recordSilence(
    of name: String, _ target: Target, in window: TimeWindow, into page: inout Page
  ) {
    for series in target.series {
      let subject: Int
      let (kind, text): (String, String)
      if series.name == "redis_up" {
        subject = PrometheusRedis.subject(of: name, in: &page)
        (kind, text) = ("redis-unreachable", "its exporter did not reach Redis")
      } else if series.name == "up", series.labels["job"]?.contains("node") == true {
        subject = page.host(
          PrometheusScrape.host(of: name), origin: Origin(line: nil, excerpt: ""))
        (kind, text) = ("host-unreachable", "Prometheus got no answer of its node_exporter")
      } else {
        continue
      }
      let origin = Origin(line: series.line.number, excerpt: series.line.text)
      for (start, end) in PrometheusAnswer.silences(in: series.points).prefix(20)
      where window.contains(start) {
        page.record(
          Event(
            kind, subject: subject, time: start, until: end > start ? end : nil, text: text,
            isImpact: true, origin: origin))
      }
    }
  }

  /// The stretches in which a series is 0.
  private static func silences(in points: [Point]) -> [(first: Instant, last: Instant)] {
    points.split { $0.value != 0 }.compactMap { stretch in
      guard let first = stretch.first.flatMap({ Instant(seconds: $0.time) }),
        let last = stretch.last.flatMap({ Instant(seconds: $0.time) })
      else { return nil }
      return (first, last)
    }
  }
}
