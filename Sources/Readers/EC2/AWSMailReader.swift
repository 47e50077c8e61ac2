import Model
import YAML

/// Reads two mails that AWS sends: of an alarm that changed its state, and of an instance that is to be
/// retired.
///
/// ```
/// - Name:                       redis-01 system check
/// - State Change:               OK -> ALARM
/// - Timestamp:                  Tuesday 05 March, 2024 02:09:00 UTC
/// - MetricName:                 StatusCheckFailed_System
/// - Dimensions:                 [InstanceId = i-0abcd1234ef567890]
///
/// EC2 has detected degradation of the underlying hardware hosting your Amazon EC2 instance
/// (instance-ID: i-0abcd1234ef567890) ... We will stop your instance after 2024-03-19 10:00:00 UTC.
/// ```
///
/// The second is read where instance and date stand in the paragraph of the announcement.
enum AWSMailReader: DocumentReader {
  static let kind = EvidenceKind.awsNotice

  private static let announcement = "EC2 has detected degradation of the underlying hardware"

  static func recognises(_ sample: Sample) -> Recognition {
    let names = Set(sample.lines.lazy.compactMap(field).map(\.name))
    if names.isSuperset(of: ["Name", "State Change", "MetricName"]) { return .certain }
    let isRetirement = sample.lines.contains {
      $0.contains(announcement) && !AWSOutput.instanceIDs(in: $0).isEmpty
    }
    return isRetirement && !sample.looksLikeJSON ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    let output = AWSOutput(nodes: [], lines: lines)
    var alarms = AlarmNotices()
    for node in alarmNodes(lines) { _ = alarms.take(node, context.window) }
    alarms.record(output, into: &page)
    let retirements = retirements(lines)
    for (id, events) in retirements.sorted(by: { $0.key < $1.key }) {
      recordScheduledEvents(
        events, of: page.subject(.instance, .instanceID(id)), fallback: nil, output, into: &page)
    }
  }

  // MARK: alarms

  /// `- State Change:   OK -> ALARM`.
  private static func field(_ line: String) -> (name: String, value: String)? {
    guard line.hasPrefix("- "), let colon = line.firstIndex(of: ":") else { return nil }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    return (String(line[line.index(line.startIndex, offsetBy: 2)..<colon]), String(value))
  }

  /// Each alarm in the form in which SNS sends it to programs.
  private static func alarmNodes(_ lines: [String]) -> [Node] {
    var alarms: [[String: (value: String, line: Int)]] = []
    for (index, line) in lines.enumerated() {
      guard let (name, value) = field(line) else { continue }
      if name == "Name" { alarms.append([:]) }
      guard let last = alarms.indices.last else { continue }
      alarms[last][name] = (value, index + 1)
    }
    return alarms.compactMap(alarmNode)
  }

  private static func alarmNode(_ fields: [String: (value: String, line: Int)]) -> Node? {
    guard let change = fields["State Change"], let name = fields["Name"],
      let state = change.value.split(separator: " ").last
    else { return nil }
    func scalar(_ text: String, _ line: Int) -> Node {
      Node(.scalar(text, isQuoted: true), line: line, column: 1)
    }
    func mapping(_ pairs: [(String, Node?)]) -> Node {
      let known = pairs.compactMap { name, value in value.map { (scalar(name, $0.line), $0) } }
      return Node(.mapping(known), line: change.line, column: 1)
    }
    func value(_ name: String) -> Node? { fields[name].map { scalar($0.value, $0.line) } }
    let time = fields["Timestamp"].flatMap { stamp in
      Self.time(stamp.value).map { scalar($0.description, stamp.line) }
    }
    let instance = fields["Dimensions"].flatMap { dimensions in
      AWSOutput.soleInstanceID(in: dimensions.value).map {
        mapping([
          ("name", scalar("InstanceId", dimensions.line)), ("value", scalar($0, dimensions.line)),
        ])
      }
    }
    return mapping([
      ("AlarmName", scalar(name.value, name.line)),
      ("NewStateValue", scalar(String(state), change.line)),
      ("NewStateReason", value("Reason for State Change")), ("StateChangeTime", time),
      ("Trigger", mapping([("MetricName", value("MetricName")), ("Dimensions", instance)])),
    ])
  }

  /// `Tuesday 05 March, 2024 02:09:00 UTC`.
  static func time(_ text: String) -> Instant? {
    let words = text.split { $0 == " " || $0 == "," }
    guard words.count == 6, words[5] == "UTC" else { return nil }
    return parseRFC1123("\(words[1]) \(words[2].prefix(3)) \(words[3]) \(words[4]) GMT")
  }

  // MARK: retirements

  private static func retirements(_ lines: [String]) -> [String: [Node]] {
    var found: [String: [Node]] = [:]
    for (index, line) in lines.enumerated() where line.contains(announcement) {
      func field(_ name: String, _ text: String) -> (key: Node, value: Node) {
        let key = Node(.scalar(name, isQuoted: true), line: index + 1, column: 1)
        return (key, Node(.scalar(text, isQuoted: true), line: index + 1, column: 1))
      }
      var fields = [field("Code", "instance-retirement"), field("Description", line)]
      // The date may stand in the next sentence, on a line of its own.
      let paragraph = lines[index...].prefix(4).prefix { !$0.isEmpty }
      if let (time, offset) = paragraph.enumerated().lazy.compactMap({ offset, text in
        date(in: text).map { ($0, offset) }
      }).first {
        let node = Node(
          .scalar(time.description, isQuoted: true), line: index + 1 + offset, column: 1)
        fields.append((field("NotBefore", "").key, node))
      }
      for id in Set(AWSOutput.instanceIDs(in: line)) {
        found[id, default: []] = [Node(.mapping(fields), line: index + 1, column: 1)]
      }
    }
    return found
  }

  /// The first `2024-03-19 10:00 UTC` of a line.
  private static func date(in line: String) -> Instant? {
    let words = line.split(separator: " ")
    for index in words.indices.dropLast(2) where words[index + 2].hasPrefix("UTC") {
      if let stamp = parseISO8601("\(words[index]) \(words[index + 1]) UTC") {
        return stamp.instant
      }
    }
    return nil
  }
}
