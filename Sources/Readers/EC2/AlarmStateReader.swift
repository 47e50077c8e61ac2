import Model
import YAML

/// Reads `aws cloudwatch describe-alarms`: which alarms on an instance are on now, and since when.
///
/// ```
/// { "MetricAlarms": [ { "AlarmName": "sys", "StateValue": "ALARM",
///   "StateReason": "Threshold Crossed: 2 out of the last 2 datapoints [1.0 (...), 1.0 (...)] ...",
///   "StateUpdatedTimestamp": "2026-05-09T03:14:31.107000+00:00", "Namespace": "AWS/EC2",
///   "MetricName": "StatusCheckFailed_System", "ComparisonOperator": "GreaterThanThreshold",
///   "Dimensions": [ { "Name": "InstanceId", "Value": "i-0c0ffee0000000002" } ] } ] }
/// ```
enum AlarmStateReader: DocumentReader {
  static let kind = EvidenceKind.alarmStates

  static func recognises(_ sample: Sample) -> Recognition {
    AWSOutput.holds("MetricAlarms", sample)
      || sample.lines.contains {
        $0.hasPrefix("MetricAlarms:") || AWSText.isRow($0, "METRICALARMS")
          || $0.hasPrefix("|") && $0.contains(" MetricAlarms ")
      } ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    guard let output = AWSOutput(document, into: &page) else { return }
    var checks: [String: Node] = [:]
    var count = 0
    AWSOutput.walk(output.nodes) { node in
      guard node["AlarmName"] != nil, let state = node["StateValue"]?.text else { return true }
      guard let instance = Self.instance(node), let metric = node["MetricName"]?.text else {
        return false
      }
      count += 1
      guard count <= alarmLimit else { return false }
      if state == "ALARM", let time = Self.time(node), context.window.contains(time) {
        Self.recordEvent(node, metric, at: time, of: instance, output, into: &page)
      }
      // Of two alarms on one check the one that is on tells more.
      let check = "\(instance) \(metric)"
      if Self.tellsOfCheck(node, metric), checks[check] == nil || state == "ALARM" {
        checks[check] = node
      }
      return false
    }
    if count > alarmLimit { page.lose("\(count) alarms; the first \(alarmLimit) were read") }
    for (_, node) in checks.sorted(by: { $0.key < $1.key }) {
      Self.recordState(node, output, context, into: &page)
    }
  }

  private static let alarmLimit = 200
  private static let checks = [
    "StatusCheckFailed_System", "StatusCheckFailed_Instance", "StatusCheckFailed_AttachedEBS",
  ]

  private static func instance(_ alarm: Node) -> String? {
    AWSOutput.items(alarm["Dimensions"]).first { $0["Name"]?.text == "InstanceId" }?["Value"]?.text
      .flatMap { AWSOutput.isInstanceID($0) ? $0 : nil }
  }

  /// An alarm may be set to go off for want of data, as of an instance that was stopped: then the
  /// check has said nothing.
  private static func tellsOfCheck(_ alarm: Node, _ metric: String) -> Bool {
    checks.contains(metric)
      && alarm["ComparisonOperator"]?.text?.hasPrefix("GreaterThan") == true
      && alarm["StateReason"]?.text?.contains("no datapoints were received") != true
  }

  private static func time(_ alarm: Node) -> Instant? {
    AWSOutput.time(alarm["StateTransitionedTimestamp"] ?? alarm["StateUpdatedTimestamp"])
  }

  private static func recordState(
    _ alarm: Node, _ output: AWSOutput, _ context: ReadingContext, into page: inout Page
  ) {
    guard let id = instance(alarm), let metric = alarm["MetricName"]?.text,
      let state = alarm["StateValue"], let value = state.text
    else { return }
    let time = time(alarm)
    if let time, !context.window.contains(time) { return }
    let subject = page.subject(.instance, .instanceID(id))
    page.record(
      "cloudwatch.\(metric).alarm", .text(value), of: subject, origin: output.origin(state))
    if let time {
      page.record(
        "cloudwatch.\(metric).alarm_since", .time(time), of: subject, at: time,
        origin: output.origin(
          alarm["StateTransitionedTimestamp"] ?? alarm["StateUpdatedTimestamp"] ?? state))
    }
  }

  private static func recordEvent(
    _ alarm: Node, _ metric: String, at time: Instant, of instance: String, _ output: AWSOutput,
    into page: inout Page
  ) {
    page.cover(time)
    let name = String((alarm["AlarmName"]?.text ?? "").prefix(120))
    page.record(
      Event(
        "alarm", subject: page.subject(.instance, .instanceID(instance)), time: time,
        text: "alarm '\(name)' on \(metric.prefix(60)) went off and is still on",
        origin: output.origin(alarm["StateValue"] ?? alarm)))
  }
}
