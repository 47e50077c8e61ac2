import Model
import Testing

@testable import Readers

@Suite struct EC2AlarmTests {
  private func item(
    _ time: String, _ from: String, _ to: String, name: String = "system check",
    data: String = "{}"
  ) -> String {
    "{\"AlarmName\": \"\(name)\", \"Timestamp\": \"\(time)\", \"HistoryItemType\": \"StateUpdate\","
      + "\n\"HistorySummary\": \"Alarm updated from \(from) to \(to)\", \"HistoryData\": \"\(data)\"}"
  }

  private func history(_ items: [String]) -> String {
    "{\"AlarmHistoryItems\": [\n" + items.joined(separator: ",\n") + "\n]}"
  }

  private func action(_ time: String, _ summary: String) -> String {
    "{\"AlarmName\": \"cache\", \"Timestamp\": \"\(time)\", \"HistoryItemType\": \"Action\",\n"
      + "\"HistorySummary\": \"\(summary)\"}"
  }

  /// EC2 lets only alarms on the system status check recover an instance: what the action says of
  /// the check holds whatever the alarm is called.
  @Test func countsRecoveries() {
    let recover = "action arn:aws:automate:eu-west-1:ec2:recover"
    let text = history([
      action("2024-03-05T02:31:00.214000+00:00", "Successfully executed \(recover)"),
      action("2024-03-05T02:10:00.214000+00:00", "Successfully executed \(recover)"),
      action("2024-03-05T02:09:30.214000+00:00", "Failed to execute \(recover)"),
      action(
        "2024-03-05T02:09:10.214000+00:00",
        "Successfully executed action arn:aws:sns:eu-west-1:111122223333:ec2:recovery-team"),
      action(
        "2024-03-05T02:09:00.214000+00:00",
        "Successfully executed action arn:aws:automate:eu-west-1:ec2:reboot"),
    ])
    let page = readPage(text, with: AlarmHistoryReader.self)
    #expect(page.number("cloudwatch.alarm.recoveries") == 2)
    #expect(page.line("cloudwatch.alarm.recoveries") == 5)
    let events = page.events.filter { $0.name == "recovered" }
    #expect(events.map(\.origin.line) == [5, 3])
    #expect(events.allSatisfy { $0.isImpact })
    let none = history([item("2024-03-05T02:09:00.214000+00:00", "OK", "ALARM")])
    let quiet = readPage(none, with: AlarmHistoryReader.self)
    #expect(quiet.number("cloudwatch.alarm.recoveries") == nil)
  }

  @Test func pairsAlarmsWithTheirEnds() throws {
    let text = history([
      item("2024-03-05T02:09:00.214000+00:00", "OK", "ALARM"),
      item("2024-03-04T14:52:00.214000+00:00", "ALARM", "OK"),
      item("2024-03-04T14:34:00.214000+00:00", "INSUFFICIENT_DATA", "ALARM"),
      item("2024-03-04T09:00:00.000000+00:00", "ALARM", "OK"),
    ])
    #expect(recognition(of: text, by: AlarmHistoryReader.self) == .certain)
    let page = readPage(text, with: AlarmHistoryReader.self)
    #expect(page.subjects == [SubjectClue(.instance)])
    let raised = page.events.filter { $0.name == "alarm" }
    #expect(
      raised.map(\.time.description) == ["2024-03-04T14:34:00.214Z", "2024-03-05T02:09:00.214Z"])
    #expect(raised.map { $0.until?.description } == ["2024-03-04T14:52:00.214Z", nil])
    #expect(raised.map(\.origin.line) == [7, 3])
    #expect(page.events.filter { $0.name == "alarm-cleared" }.map(\.origin.line) == [9])
    #expect(page.events.filter(\.isImpact).isEmpty)
    #expect(page.number("cloudwatch.alarm.raised", part: "system check") == 2)
    #expect(page.line("cloudwatch.alarm.raised") == 7)
    let tally = try #require(page.all("cloudwatch.alarm.raised").first)
    #expect(tally.coverage?.lowerBound.description == "2024-03-04T09:00:00Z")
  }

  @Test(arguments: [
    ("redis i-0abcd123 system", "{}", "i-0abcd123"),
    ("redis", "{\\\"InstanceId\\\": \\\"i-0abcd1234ef567890\\\"}", "i-0abcd1234ef567890"),
    ("redis", "i-0abcd123 or i-0abcd124", nil),
  ])
  func findsTheInstance(_ name: String, _ data: String, _ id: String?) {
    let page = readPage(
      history([item("2024-03-05T02:09:00Z", "OK", "ALARM", name: name, data: data)]),
      with: AlarmHistoryReader.self)
    #expect(page.subjects.map(\.keys) == [Set(id.map { [.instanceID($0)] } ?? [])])
  }

  @Test func readsTheStatesFromTheDataWhereThereIsNoSummary() {
    let page = readPage(
      history([
        """
        {"AlarmName": "a", "Timestamp": 1709604540, "HistoryData":
        "{\\"oldState\\": {\\"stateValue\\": \\"OK\\"}, \
        \\"newState\\": {\\"stateValue\\": \\"ALARM\\"}}"}
        """
      ]), with: AlarmHistoryReader.self)
    #expect(page.events.map(\.name) == ["alarm"])
    #expect(page.events.map(\.origin.line) == [3])
  }

  @Test func leavesWhatIsNoChangeOfState() {
    let page = readPage(
      history([
        "{\"AlarmName\": \"a\", \"Timestamp\": 1709604540, \"HistoryItemType\": \"Action\","
          + "\"HistorySummary\": \"Successfully executed action from x to y\"}",
        item("2024-03-05T02:09:00Z", "OK", "INSUFFICIENT_DATA"),
      ]), with: AlarmHistoryReader.self)
    #expect(page.events.isEmpty)
    #expect(page.facts.isEmpty)
    #expect(page.warnings.isEmpty)
  }

  @Test(arguments: [
    EC2StatusTests.json, "{\"MetricAlarms\": []}", "AlarmHistoryItems are kept for 30 days", "",
  ])
  func leavesItsNeighbours(_ text: String) {
    #expect(recognition(of: text, by: AlarmHistoryReader.self) == .no)
  }

  // MARK: describe-alarms

  private func alarm(
    _ metric: String, _ state: String, reason: String = "Threshold Crossed: 1 datapoint [1.0]",
    id: String = "i-0abcd1234ef567890"
  ) -> String {
    "{\"AlarmName\": \"a\", \"StateReason\": \"\(reason)\",\n\"StateValue\": \"\(state)\","
      + " \"StateUpdatedTimestamp\": \"2024-03-05T02:09:00.214000+00:00\",\n"
      + "\"MetricName\": \"\(metric)\", \"ComparisonOperator\": \"GreaterThanThreshold\","
      + " \"Dimensions\": [{\"Name\": \"InstanceId\", \"Value\": \"\(id)\"}]}"
  }

  private func alarms(_ items: [String]) -> String {
    "{\"MetricAlarms\": [\n" + items.joined(separator: ",\n") + "\n], \"CompositeAlarms\": []}"
  }

  @Test func readsTheStateOfAlarms() {
    let text = alarms([
      alarm("StatusCheckFailed_System", "ALARM"), alarm("StatusCheckFailed_System", "OK"),
      alarm("StatusCheckFailed_Instance", "OK"), alarm("CPUUtilization", "ALARM"),
    ])
    #expect(recognition(of: text, by: AlarmStateReader.self) == .certain)
    #expect(recognition(of: text, by: AlarmHistoryReader.self) == .no)
    let page = readPage(text, with: AlarmStateReader.self)
    #expect(page.subjects.map(\.keys) == [[.instanceID("i-0abcd1234ef567890")]])
    #expect(page.text("cloudwatch.StatusCheckFailed_System.alarm") == "ALARM")
    #expect(page.line("cloudwatch.StatusCheckFailed_System.alarm") == 3)
    #expect(page.text("cloudwatch.StatusCheckFailed_Instance.alarm") == "OK")
    #expect(page.events.map(\.origin.line) == [3, 12])
  }

  /// Neither tells of a check of an instance.
  @Test(arguments: [
    ("no datapoints were received for 2 periods", "i-0abcd1234ef567890"),
    ("Threshold Crossed: 1 datapoint [1.0]", "vol-0abcd1234ef567890"),
  ])
  func leavesAlarmsForWantOfData(reason: String, id: String) {
    let page = readPage(
      alarms([alarm("StatusCheckFailed_System", "ALARM", reason: reason, id: id)]),
      with: AlarmStateReader.self)
    #expect(page.facts.isEmpty)
  }
}
