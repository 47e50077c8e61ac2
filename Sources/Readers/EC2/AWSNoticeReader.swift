import Model
import YAML

/// Reads what AWS says by itself, as JSON: Health events (`aws health describe-events`,
/// `describe-event-details`, `describe-affected-entities`, and as EventBridge delivers them), changes
/// of state of instances, and what CloudWatch sends when an alarm changes.
///
/// ```
/// { "source": "aws.health", "detail-type": "AWS Health Event", "time": "2024-03-05T02:00:00Z",
///   "detail": { "eventArn": "arn:aws:health:eu-west-1::event/EC2/...", "statusCode": "upcoming",
///     "eventTypeCode": "AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED",
///     "startTime": "Tue, 19 Mar 2024 10:00:00 GMT",
///     "affectedEntities": [ { "entityValue": "i-0abcd1234ef567890" } ] } }
/// { "AlarmName": "sys", "NewStateValue": "ALARM", "StateChangeTime": "2024-03-05T02:09:00.214+0000",
///   "Trigger": { "MetricName": "StatusCheckFailed_System", ... } }
/// ```
///
/// Also one a line, and wrapped by SNS, SQS and Lambda (`Message`, `body`), where the notice is text
/// within the text. A notice tells of the moment it was sent: what the API answers counts for more.
enum AWSNoticeReader: DocumentReader {
  static let kind = EvidenceKind.awsNotice

  static func recognises(_ sample: Sample) -> Recognition {
    let above = AWSOutput.countCommandLines(sample.lines)
    let first = sample.lines.dropFirst(above).first { $0.contains { !$0.isWhitespace } } ?? ""
    let mark = first.first { !$0.isWhitespace && $0 != "\u{FEFF}" }
    let text = sample.text
    guard mark == "{" || mark == "[" else {
      if sample.lines.contains(where: isRow) { return .certain }
      return text.contains("eventTypeCode: AWS_") && text.contains(":health:") ? .certain : .no
    }
    // Rules and templates speak of such events, too; only an event has an id and a time.
    let isHealth =
      text.contains(":health:") && (text.contains("eventTypeCode") || text.contains("entityValue"))
    let isState =
      text.contains("EC2 Instance State-change Notification") && text.contains("instance-id")
      && !AWSOutput.instanceIDs(in: text).isEmpty
    let isAlarm =
      text.contains("CloudWatch Alarm State Change") && text.contains("alarmName")
      || text.contains("NewStateValue") && text.contains("StateChangeTime")
    return isHealth || isState || isAlarm ? .certain : .no
  }

  /// A row of `--output table` or `text` that tells of an event or of what it is about.
  private static func isRow(_ line: String) -> Bool {
    guard line.contains(":health:"), line.contains("AWS_") else { return false }
    return line.hasPrefix("||")
      || ["EVENTS", "EVENT", "ENTITIES"].contains { AWSText.isRow(line, $0) }
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    guard let output = AWSOutput(document, into: &page) else { return }
    var health = HealthNotices()
    var alarms = AlarmNotices()
    var states = StateNotices()
    walk(output.nodes, depth: 0) { node in
      health.take(node) || alarms.take(node, context.window) || states.take(node, context.window)
    }
    health.record(output, into: &page)
    alarms.record(output, into: &page)
    states.record(output, into: &page)
  }

  private static let depthLimit = 5

  /// Calls `take` for every mapping, until it has what it wants of one, also within texts that hold
  /// JSON.
  private static func walk(_ nodes: [Node], depth: Int, _ take: (Node) -> Bool) {
    AWSOutput.walk(nodes) { node in
      if take(node) { return false }
      for name in ["Message", "body", "Body"] where depth < depthLimit {
        guard let inner = node[name], let text = inner.text, text.first == "{",
          let parsed = try? parseJSON(Array(text.utf8)).nodes
        else { continue }
        walk(parsed.map { $0.moved(to: inner) }, depth: depth + 1, take)
      }
      return true
    }
  }

  /// The time of a notice: ISO 8601 or epoch seconds, or `Tue, 19 Mar 2024 10:00:00 GMT` as Health
  /// writes it to EventBridge.
  static func time(_ node: Node?) -> Instant? {
    AWSOutput.time(node) ?? node?.text.flatMap(parseRFC1123)
  }
}

extension Node {
  /// The same values, all at the place of the text that they were read from.
  fileprivate func moved(to place: Node) -> Node {
    switch content {
    case .scalar: return Node(content, line: place.line, column: place.column)
    case .sequence(let items):
      return Node(
        .sequence(items.map { $0.moved(to: place) }), line: place.line, column: place.column)
    case .mapping(let pairs):
      let moved = pairs.map { (key: $0.key.moved(to: place), value: $0.value.moved(to: place)) }
      return Node(.mapping(moved), line: place.line, column: place.column)
    }
  }
}

/// When EC2 started and stopped instances, by `EC2 Instance State-change Notification`.
private struct StateNotices {
  private struct Change {
    let instance: String
    let time: Instant
    let state: Node
  }

  private static let limit = 100
  private static let states = [
    "pending", "running", "shutting-down", "terminated", "stopping", "stopped",
  ]
  private var changes: [Change] = []

  mutating func take(_ node: Node, _ window: TimeWindow) -> Bool {
    guard let detail = node["detail"], let state = detail["state"], let word = state.text,
      let id = detail["instance-id"]?.text, AWSOutput.isInstanceID(id)
    else { return false }
    if let time = AWSNoticeReader.time(node["time"]), window.contains(time),
      StateNotices.states.contains(word)
    {
      changes.append(Change(instance: id, time: time, state: state))
    }
    return true
  }

  func record(_ output: AWSOutput, into page: inout Page) {
    let sorted = changes.sorted {
      ($0.time, $0.instance, $0.state.line) < ($1.time, $1.instance, $1.state.line)
    }
    if sorted.count > StateNotices.limit {
      page.warn("\(sorted.count) changes of state; the last \(StateNotices.limit) were kept")
    }
    for change in sorted.suffix(StateNotices.limit) {
      let subject = page.subject(.instance, .instanceID(change.instance))
      let word = change.state.text ?? ""
      page.cover(change.time)
      page.record(
        Event(
          "instance-state", subject: subject, time: change.time, text: "the instance is \(word)",
          origin: output.origin(change.state)))
    }
    // What an instance was told to do last is what it is.
    for id in Set(sorted.map(\.instance)).sorted() {
      guard let last = sorted.last(where: { $0.instance == id }), let word = last.state.text
      else { continue }
      page.record(
        "ec2.InstanceState", .text(word), of: page.subject(.instance, .instanceID(id)),
        origin: output.origin(last.state))
    }
  }
}
