import Model
import YAML

/// Reads `aws cloudwatch describe-alarm-history`: when alarms went off and when they cleared.
///
/// ```
/// { "AlarmHistoryItems": [ { "AlarmName": "redis-01 system status check",
///   "Timestamp": "2024-03-05T02:09:00.214000+00:00", "HistoryItemType": "StateUpdate",
///   "HistorySummary": "Alarm updated from OK to ALARM", "HistoryData": "{...}" } ] }
/// ```
///
/// Newest first. Which instance an alarm watches is said at best in `HistoryData` or in its name.
enum AlarmHistoryReader: DocumentReader {
  static let kind = EvidenceKind.alarmHistory

  static func recognises(_ sample: Sample) -> Recognition {
    let text = sample.text
    if AWSOutput.holds("AlarmHistoryItems", sample)
      || sample.lines.contains(where: {
        $0.hasPrefix("AlarmHistoryItems:") || AWSText.isRow($0, "ALARMHISTORYITEMS")
          || $0.hasPrefix("|") && $0.contains(" AlarmHistoryItems ")
      })
    {
      return .certain
    }
    return sample.looksLikeJSON && text.contains("\"HistoryItemType\"") ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    guard let output = AWSOutput(document, into: &page) else { return }
    var alarms: [String: Alarm] = [:]
    var names: [String] = []
    var others: Set<String> = []
    AWSOutput.walk(output.nodes) { node in
      guard let name = node["AlarmName"]?.text else { return true }
      if alarms[name] == nil {
        guard names.count < alarmLimit else {
          others.insert(name)
          return false
        }
        names.append(name)
        alarms[name] = Alarm(instances: Set(AWSOutput.instanceIDs(in: name)))
      }
      // Every kind of item may name the instance; only a change of state tells a time.
      alarms[name]?.instances.formUnion(
        AWSOutput.instanceIDs(in: node["HistoryData"]?.text ?? ""))
      if let time = Self.recovery(node), context.window.contains(time) {
        alarms[name]?.recoveries.append((time, node["HistorySummary"] ?? node))
        page.cover(time)
      }
      if let change = StateChange(node), context.window.contains(change.time) {
        alarms[name]?.changes.append(change)
        page.cover(change.time)
      }
      return false
    }
    if !others.isEmpty {
      page.lose("\(names.count + others.count) alarms; the first \(alarmLimit) were read")
    }
    for name in names {
      guard let alarm = alarms[name] else { continue }
      recordRecoveries(alarm, output, into: &page)
      guard !alarm.changes.isEmpty else { continue }
      record(alarm, name: name, output, into: &page)
    }
  }

  private static let alarmLimit = 50
  private static let eventLimit = 100

  /// When the alarm had EC2 recover the instance: `Successfully executed action
  /// arn:aws:automate:eu-west-1:ec2:recover`. EC2 lets no other check than the system status check
  /// have this action.
  private static func recovery(_ item: Node) -> Instant? {
    guard item["HistoryItemType"]?.text == "Action",
      let text = item["HistorySummary"]?.text, text.hasPrefix("Successfully executed"),
      text.contains(":automate:"), text.hasSuffix(":ec2:recover")
    else { return nil }
    return AWSOutput.time(item["Timestamp"])
  }

  private static func recordRecoveries(
    _ alarm: Alarm, _ output: AWSOutput, into page: inout Page
  ) {
    let recoveries = alarm.recoveries.sorted { $0.time < $1.time }
    guard let first = recoveries.first else { return }
    let subject = alarm.subject(into: &page)
    page.record(
      "cloudwatch.alarm.recoveries", Double(recoveries.count), of: subject, at: first.time,
      origin: output.origin(first.node))
    for (time, node) in recoveries.suffix(eventLimit) {
      page.record(
        Event(
          "recovered", subject: subject, time: time,
          text: "EC2 recovered the instance from the failure of its host", isImpact: true,
          origin: output.origin(node)))
    }
  }

  private static func record(
    _ alarm: Alarm, name: String, _ output: AWSOutput, into page: inout Page
  ) {
    let subject = alarm.subject(into: &page)
    let changes = alarm.changes.sorted { $0.time < $1.time }
    let raised = changes.indices.filter { changes[$0].isRaised }
    guard let first = changes.first, let last = changes.last else { return }
    let witness = raised.first.map { changes[$0] }
    page.record(
      "cloudwatch.alarm.raised", Double(raised.count), of: subject, at: witness?.time,
      part: String(name.prefix(120)), coverage: first.time...last.time,
      origin: output.origin((witness ?? first).node))
    if raised.count > eventLimit {
      page.warn(
        "alarm '\(name.prefix(60))' went off \(raised.count) times; the timeline shows the last "
          + "\(eventLimit)")
    }
    for index in raised.suffix(eventLimit) {
      let change = changes[index]
      let next = changes[(index + 1)...].first
      page.record(
        Event(
          "alarm", subject: subject, time: change.time, until: next?.time,
          text: "alarm '\(name.prefix(120))' went off" + (next == nil ? "" : " and cleared"),
          origin: output.origin(change.node)))
    }
    // An alarm that was on before the history begins.
    if let first = changes.first, first.isCleared {
      page.record(
        Event(
          "alarm-cleared", subject: subject, time: first.time,
          text: "alarm '\(name.prefix(120))' cleared", origin: output.origin(first.node)))
    }
  }
}

private struct Alarm {
  var instances: Set<String>
  var changes: [StateChange] = []
  var recoveries: [(time: Instant, node: Node)] = []

  func subject(into page: inout Page) -> Int {
    if instances.count == 1, let id = instances.first {
      return page.subject(.instance, .instanceID(id))
    }
    return page.subject(.instance)
  }
}

/// From one state to another. `node` is the line that says so.
private struct StateChange {
  let time: Instant
  let node: Node
  let isRaised: Bool
  let isCleared: Bool

  init?(_ item: Node) {
    guard let time = AWSOutput.time(item["Timestamp"]),
      item["HistoryItemType"]?.text ?? "StateUpdate" == "StateUpdate"
    else { return nil }
    if let summary = item["HistorySummary"], let text = summary.text,
      let words = StateChange.states(in: text)
    {
      (isRaised, isCleared) = (words.to == "ALARM", words.from == "ALARM")
      node = summary
    } else if let data = item["HistoryData"], let text = data.text,
      let parsed = try? parseJSON(Array(text.utf8)).nodes.first,
      let to = parsed[["newState", "stateValue"]]?.text
    {
      let from = parsed[["oldState", "stateValue"]]?.text
      (isRaised, isCleared) = (to == "ALARM", from == "ALARM")
      node = data
    } else {
      return nil
    }
    guard isRaised || isCleared else { return nil }
    self.time = time
  }

  /// `Alarm updated from OK to ALARM`.
  private static func states(in text: String) -> (from: String, to: String)? {
    let words = text.split(separator: " ")
    guard words.count >= 6, words[2] == "from", words[4] == "to" else { return nil }
    return (String(words[3]), String(words[5]))
  }
}
