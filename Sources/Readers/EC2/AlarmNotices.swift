import Model
import YAML

/// What CloudWatch sends when an alarm on an instance changes its state: to SNS (`AlarmName`,
/// `NewStateValue`, `Trigger`) or to EventBridge (`CloudWatch Alarm State Change`).
struct AlarmNotices {
  private struct Notice {
    let alarm: String
    let time: Instant
    let instance: String
    let metric: String
    let state: Node
    let reason: String

    var isRaised: Bool { state.text == "ALARM" }
  }

  private static let limit = 500
  private static let alarmLimit = 50
  private static let checks = [
    "StatusCheckFailed_System", "StatusCheckFailed_Instance", "StatusCheckFailed_AttachedEBS",
  ]
  private var notices: [Notice] = []
  private var strangers = 0
  private var leftOut = 0

  mutating func take(_ node: Node, _ window: TimeWindow) -> Bool {
    let isOurs: Bool
    let notice: Notice?
    if node["AlarmName"] != nil, node["NewStateValue"] != nil {
      (isOurs, notice) = (true, AlarmNotices.fromSNS(node))
    } else if let detail = node["detail"], detail["alarmName"] != nil {
      (isOurs, notice) = (true, AlarmNotices.fromEventBridge(node, detail))
    } else {
      (isOurs, notice) = (false, nil)
    }
    guard isOurs else { return false }
    guard let notice else {
      strangers += 1
      return true
    }
    guard window.contains(notice.time) else { return true }
    notices.append(notice)
    // The oldest go: what an alarm says last is what it says now.
    if notices.count == 2 * AlarmNotices.limit { shed() }
    return true
  }

  private mutating func shed() {
    guard notices.count > AlarmNotices.limit else { return }
    leftOut += notices.count - AlarmNotices.limit
    notices.sort { ($0.time, $0.alarm, $0.state.line) < ($1.time, $1.alarm, $1.state.line) }
    notices = Array(notices.suffix(AlarmNotices.limit))
  }

  private static func fromSNS(_ node: Node) -> Notice? {
    let dimensions = AWSOutput.items(node[["Trigger", "Dimensions"]])
    let id = dimensions.lazy.compactMap { ($0["value"] ?? $0["Value"])?.text }
      .first(where: AWSOutput.isInstanceID)
    guard let name = node["AlarmName"]?.text, let state = node["NewStateValue"], let id,
      let time = AWSNoticeReader.time(node["StateChangeTime"]),
      let metric = node[["Trigger", "MetricName"]]?.text
    else { return nil }
    return Notice(
      alarm: name, time: time, instance: id, metric: metric, state: state,
      reason: node["NewStateReason"]?.text ?? "")
  }

  private static func fromEventBridge(_ node: Node, _ detail: Node) -> Notice? {
    let metrics = AWSOutput.items(detail[["configuration", "metrics"]])
    let metric = metrics.lazy.compactMap { $0[["metricStat", "metric"]] }
      .first { $0[["dimensions", "InstanceId"]] != nil }
    guard let name = detail["alarmName"]?.text, let state = detail[["state", "value"]],
      let time = AWSNoticeReader.time(detail[["state", "timestamp"]] ?? node["time"]),
      let metric, let word = metric["name"]?.text,
      let id = metric[["dimensions", "InstanceId"]]?.text, AWSOutput.isInstanceID(id)
    else { return nil }
    return Notice(
      alarm: name, time: time, instance: id, metric: word, state: state,
      reason: detail[["state", "reason"]]?.text ?? "")
  }

  mutating func record(_ output: AWSOutput, into page: inout Page) {
    shed()
    if leftOut > 0 {
      page.lose("\(leftOut + notices.count) notices of alarms; the last \(notices.count) were read")
    }
    if strangers > 0 {
      page.warn("\(strangers) notices of alarms that watch no instance of EC2 were not read")
    }
    let alarms = Dictionary(grouping: notices) { $0.alarm }
    // Those of status checks first: they are what may accuse.
    let names = alarms.keys.sorted { a, b in
      let isCheck = [a, b].map { name in
        alarms[name]?.contains { AlarmNotices.checks.contains($0.metric) } ?? false
      }
      return isCheck[0] == isCheck[1] ? a < b : isCheck[0]
    }
    if names.count > AlarmNotices.alarmLimit {
      page.lose(
        "\(names.count) alarms; \(AlarmNotices.alarmLimit) were read, those of status checks first")
    }
    for name in names.prefix(AlarmNotices.alarmLimit).sorted() {
      let sorted = (alarms[name] ?? []).sorted {
        ($0.time, $0.state.line) < ($1.time, $1.state.line)
      }
      record(sorted, name: String(name.prefix(120)), output, into: &page)
    }
  }

  private func record(
    _ notices: [Notice], name: String, _ output: AWSOutput, into page: inout Page
  ) {
    guard let first = notices.first, let last = notices.last else { return }
    let subject = page.subject(.instance, .instanceID(last.instance))
    let raised = notices.indices.filter { notices[$0].isRaised }
    let witness = raised.first.map { notices[$0] } ?? first
    page.cover(first.time)
    page.cover(last.time)
    page.record(
      "cloudwatch.alarm.raised", Double(raised.count), of: subject,
      at: raised.isEmpty ? nil : witness.time, part: name, coverage: first.time...last.time,
      origin: output.origin(witness.state))
    for index in raised {
      let notice = notices[index]
      let next = notices[(index + 1)...].first
      page.record(
        Event(
          "alarm", subject: subject, time: notice.time, until: next?.time,
          text: "alarm '\(name)' on \(notice.metric.prefix(60)) went off"
            + (next == nil ? "" : " and cleared"), origin: output.origin(notice.state)))
    }
    // An alarm may be set to go off for want of data, as of an instance that was stopped. One that
    // is off again says nothing of why it was on.
    guard last.isRaised, AlarmNotices.checks.contains(last.metric),
      last.reason.contains("greater than"), !last.reason.contains("no datapoints were received")
    else { return }
    let origin = output.origin(last.state)
    page.record("cloudwatch.\(last.metric).alarm", .text("ALARM"), of: subject, origin: origin)
    page.record(
      "cloudwatch.\(last.metric).alarm_since", .time(last.time), of: subject, at: last.time,
      origin: origin)
    page.record(
      "cloudwatch.\(last.metric).alarm_noticed", .time(last.time), of: subject, origin: origin)
  }
}
