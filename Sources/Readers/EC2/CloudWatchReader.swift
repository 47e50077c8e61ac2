import Model
import YAML

/// Reads metrics of instances from `aws cloudwatch get-metric-statistics` and `get-metric-data`, as
/// JSON, YAML, table or text; of the former as text with one statistic.
///
/// ```
/// { "Label": "StatusCheckFailed_System",
///   "Datapoints": [ { "Timestamp": 1709510400, "Maximum": 0.0, "Unit": "Count" } ] }
/// { "MetricDataResults": [ { "Id": "m1", "Label": "CPUUtilization", "StatusCode": "Complete",
///     "Timestamps": ["2024-03-05T02:10:00+00:00"], "Values": [2.1] } ] }
/// ```
///
/// Seen: datapoints in no order, epoch numbers (awscli 1) and ISO 8601, newest first, `--query`
/// cut to the datapoints. The instance is a dimension of the question and not part of the answer, so
/// it is looked for in the label, the id, a pasted command and the path.
enum CloudWatchReader: DocumentReader {
  static let kind = EvidenceKind.cloudWatchMetric

  static func recognises(_ sample: Sample) -> Recognition {
    let text = sample.text
    if AWSOutput.holds("Datapoints", sample) || AWSOutput.holds("MetricDataResults", sample)
      || AWSMarkup.isOne(text) && text.contains("<Datapoints>")
      || sample.lines.contains(where: {
        $0.hasPrefix("Datapoints:") || $0.hasPrefix("MetricDataResults:")
          || $0.hasPrefix("DATAPOINTS\t") || AWSText.isRow($0, "METRICDATARESULTS")
          || $0.hasPrefix("|")
            && ($0.contains(" Datapoints ") || $0.contains(" MetricDataResults "))
      })
    {
      return .certain
    }
    let isPoints =
      sample.looksLikeJSON && text.contains("\"Timestamp\"")
      && (text.contains("\"Average\"") || text.contains("\"Maximum\"") || text.contains("\"Sum\""))
    return isPoints && CloudWatchMetric.named(in: sample.name) != nil ? .possible : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    guard let output = output(of: document, into: &page) else { return }

    var collector = MetricCollector(
      command: output.command, name: document.name, window: context.window)
    collect(output.nodes, into: &collector, &page)
    collector.record(output, into: &page)
  }

  private static func output(of document: Document, into page: inout Page) -> AWSOutput? {
    // In text, lines of points follow the label.
    let head = document.bytes.prefix(4096).split(separator: UInt8(ascii: "\n"))
    guard head.contains(where: { $0.starts(with: Array("DATAPOINTS\t".utf8)) }) else {
      return AWSOutput(document, into: &page)
    }
    let lines = document.lines
    return AWSOutput(nodes: [metricRecord(inText: lines)], lines: lines)
  }

  /// `--output text`: the label, then `DATAPOINTS value... timestamp unit`. Statistics have no names
  /// there, so only a lone one is read.
  private static func metricRecord(inText lines: [String]) -> Node {
    func scalar(_ text: some StringProtocol, _ line: Int) -> Node {
      Node(.scalar(String(text), isQuoted: false), line: line, column: 1)
    }
    var points: [Node] = []
    var label: Node?
    for (index, line) in lines.enumerated() {
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
      let number = index + 1
      if columns.count == 4, columns[0] == "DATAPOINTS" {
        points.append(
          Node(
            .mapping([
              (scalar(Datapoint.Statistic.other.rawValue, number), scalar(columns[1], number)),
              (scalar("Timestamp", number), scalar(columns[2], number)),
            ]), line: number, column: 1))
      } else if columns.count == 1, label == nil, CloudWatchMetric.named(in: line) != nil {
        label = scalar(line, number)
      }
    }
    let datapoints = Node(.sequence(points), line: 1, column: 1)
    var fields = [(key: scalar("Datapoints", 1), value: datapoints)]
    if let label { fields.append((scalar("Label", label.line), label)) }
    return Node(.mapping(fields), line: 1, column: 1)
  }

  // MARK: answers

  private static func collect(
    _ nodes: [Node], into collector: inout MetricCollector, _ page: inout Page
  ) {
    var answers: [(label: String, points: [Node])] = []
    var loose: [Node] = []
    var results: [Node] = []
    AWSOutput.walk(nodes) { node in
      if let points = node["Datapoints"] {
        answers.append((node["Label"]?.text ?? "", AWSOutput.items(points)))
        return false
      }
      if node["Timestamps"] != nil, node["Values"] != nil {
        results.append(node)
        return false
      }
      if node["Timestamp"] != nil { loose.append(node) }
      return true
    }
    if !loose.isEmpty { answers.append(("", loose)) }
    for answer in answers {
      collector.add(label: answer.label, id: "", into: &page) { metric in
        answer.points.compactMap { datapoint($0, of: metric) }
      }
    }
    for result in results {
      let id = result["Id"]?.text ?? ""
      let label = result["Label"]?.text ?? ""
      if let status = result["StatusCode"], let word = status.text, word != "Complete" {
        let shown = (label.isEmpty ? id : label).prefix(60)
        page.warn("'\(shown)' is incomplete: \(word.prefix(60))", line: status.line)
      }
      collector.add(label: label, id: id, into: &page) { metric in
        zip(result["Timestamps"]?.sequence ?? [], result["Values"]?.sequence ?? [])
          .compactMap { time, value in
            guard let time = AWSOutput.time(time), let reading = Self.reading(value)
            else { return nil }
            return metric.datapoint(at: time, [.other: reading])
          }
      }
    }
  }

  private static func datapoint(_ node: Node, of metric: CloudWatchMetric) -> Datapoint? {
    guard let time = AWSOutput.time(node["Timestamp"]) else { return nil }
    var readings: [Datapoint.Statistic: Datapoint.Reading] = [:]
    for statistic in Datapoint.Statistic.allCases {
      readings[statistic] = node[statistic.rawValue].flatMap(reading)
    }
    return metric.datapoint(at: time, readings)
  }

  private static func reading(_ node: Node) -> Datapoint.Reading? {
    guard let number = node.number, number.isFinite else { return nil }
    return Datapoint.Reading(value: number, line: node.line)
  }
}
