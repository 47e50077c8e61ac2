import Model
import Testing
import YAML

@testable import Readers

@Suite struct EC2NoticeTests {
  private static let box = "i-0abcd1234ef567890"

  private func event(
    _ code: String, instance: String? = EC2NoticeTests.box, status: String = "open",
    entity: String = "IMPAIRED", scope: String = "ACCOUNT_SPECIFIC", id: String = "1",
    start: String = "\"Tue, 19 Mar 2024 10:00:00 GMT\""
  ) -> String {
    let arn = "arn:aws:health:eu-west-1::event/EC2/\(code)/\(code)_\(id)"
    let entities = instance.map { "{\"entityValue\": \"\($0)\", \"status\": \"\(entity)\"}" } ?? ""
    return "{\"source\": \"aws.health\", \"detail\": {\"eventArn\": \"\(arn)\",\n"
      + "\"eventTypeCode\": \"\(code)\", \"statusCode\": \"\(status)\",\n"
      + "\"eventScopeCode\": \"\(scope)\", \"startTime\": \(start),\n"
      + "\"affectedEntities\": [\(entities)]}}"
  }

  private func instant(_ text: String) throws -> Value {
    .time(try #require(parseISO8601(text)).instant)
  }

  private func read(_ text: String) -> Page { readPage(text, with: AWSNoticeReader.self) }

  @Test(arguments: [
    ("AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED", "instance-retirement"),
    ("AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_EXPEDITED", "instance-retirement"),
    ("AWS_EC2_INSTANCE_TERMINATION_SCHEDULED", "instance-retirement"),
    ("AWS_EC2_INSTANCE_STOP_SCHEDULED", "instance-stop"),
    ("AWS_EC2_INSTANCE_REBOOT_FLEXIBLE_MAINTENANCE_SCHEDULED", "instance-reboot"),
    ("AWS_EC2_SYSTEM_REBOOT_MAINTENANCE_SCHEDULED", "system-reboot"),
    ("AWS_EC2_INSTANCE_NETWORK_MAINTENANCE_SCHEDULED", "system-maintenance"),
    ("AWS_EC2_PERSISTENT_INSTANCE_POWER_MAINTENANCE_SCHEDULED", "system-maintenance"),
    ("AWS_EC2_DEDICATED_HOST_RETIREMENT_SCHEDULED", nil), ("AWS_EC2_OPERATIONAL_ISSUE", nil),
  ])
  func maintenanceHasTheCodeOfTheStatus(_ code: String, _ expected: String?) {
    let text = event(code)
    #expect(recognition(of: text, by: AWSNoticeReader.self) == .certain)
    let page = read(text)
    #expect(page.text("ec2.scheduled_event.code") == expected)
    #expect(page.number("ec2.events.active") == expected.map { _ in 1 })
    #expect(page.line("ec2.scheduled_event.code") == expected.map { _ in 2 })
    #expect(page.line("ec2.scheduled_event.not_before") == expected.map { _ in 3 })
  }

  @Test(arguments: [("closed", "IMPAIRED"), ("open", "RESOLVED")])
  func whatIsOverIsPast(_ status: String, _ entity: String) {
    let page = read(
      event("AWS_EC2_INSTANCE_STOP_SCHEDULED", status: status, entity: entity))
    #expect(page.number("ec2.events.past") == 1)
    // That no other event is open is not said.
    #expect(page.number("ec2.events.active") == nil)
    #expect(page.events.map(\.name) == ["past-scheduled-event"])
  }

  @Test func aRegionIsNoInstance() {
    let page = read(
      event("AWS_EC2_OPERATIONAL_ISSUE", instance: nil, scope: "PUBLIC")
        + event("AWS_EC2_INSTANCE_STOP_SCHEDULED", instance: "h-0abcd1234ef567890"))
    #expect(page.subjects == [SubjectClue(.instance)])
    #expect(page.facts.map(\.name) == ["ec2.health.public_issues"])
    #expect(page.events.map(\.isImpact) == [false])
    #expect(page.warnings.contains { $0.message.contains("names no instance") })
  }

  @Test func countsRecoveries() throws {
    let page = read(
      event("AWS_EC2_SIMPLIFIED_AUTO_RECOVERY_SUCCESS", id: "1", start: "1709604000")
        + event("AWS_EC2_INSTANCE_AUTO_RECOVERY_SUCCESS", id: "2", start: "1709600000")
        // The same event once more.
        + event("AWS_EC2_INSTANCE_AUTO_RECOVERY_SUCCESS", id: "2", start: "1709600000")
        + event("AWS_EC2_INSTANCE_AUTO_RECOVERY_FAILURE", id: "3", start: "1709500000"))
    #expect(page.all("ec2.health.recoveries").count == 2)
    #expect(page.all("ec2.health.failed_recoveries").count == 1)
    #expect(page.value("ec2.health.last_recovery") == (try instant("2024-03-05T02:00:00Z")))
  }

  @Test func anAlarmForWantOfDataSaysNothingOfTheCheck() {
    func notice(_ reason: String, value: String = Self.box) -> String {
      "{\"AlarmName\": \"a\", \"NewStateValue\": \"ALARM\", \"NewStateReason\": \"\(reason)\",\n"
        + "\"StateChangeTime\": \"2024-03-05T02:09:00.214+0000\", \"Trigger\": {\"MetricName\":\n"
        + "\"StatusCheckFailed_System\", \"Dimensions\": [{\"name\": \"InstanceId\",\n"
        + "\"value\": \"\(value)\"}]}}"
    }
    let name = "cloudwatch.StatusCheckFailed_System.alarm"
    let crossed = "Threshold Crossed: 2 datapoints were greater than the threshold (0.0)"
    #expect(read(notice(crossed)).text(name) == "ALARM")
    let missing = "\(crossed): no datapoints were received for 2 periods"
    #expect(read(notice(missing)).text(name) == nil)
    #expect(read(notice(missing)).events.map(\.name) == ["alarm"])
    let other = read(notice(crossed, value: "orders-database"))
    #expect(other.facts.isEmpty)
    #expect(other.warnings.contains { $0.message.contains("watch no instance") })
  }

  @Test func theLastStateOfAnInstanceCounts() {
    let states = [("02:40", "running"), ("02:30", "stopping"), ("02:35", "stopped")]
    let text = states.map { time, state in
      "{\"detail-type\": \"EC2 Instance State-change Notification\", \"time\": "
        + "\"2024-03-05T\(time):00Z\", \"detail\": {\"instance-id\": \"\(Self.box)\", "
        + "\"state\": \"\(state)\"}}\n"
    }.joined()
    #expect(recognition(of: text, by: AWSNoticeReader.self) == .certain)
    let page = read(text)
    #expect(page.text("ec2.InstanceState") == "running")
    #expect(page.line("ec2.InstanceState") == 1)
    #expect(page.events.map(\.origin.line) == [2, 3, 1])
  }

  @Test(arguments: [
    "{\"source\": [\"aws.health\"], \"detail\": {\"eventTypeCode\": [\"AWS_EC2_X\"]}}",
    "{\"pattern\": \"EC2 Instance State-change Notification\", \"state\": \"running\"}",
    "if 'NewStateValue' in message: print(message['StateChangeTime'])",
    "{\"AlarmName\": \"a\", \"StateValue\": \"OK\"}", "{}", "",
  ])
  func rulesAndSourcesAreNotClaimed(_ text: String) {
    #expect(recognition(of: text, by: AWSNoticeReader.self) == .no)
  }

  @Test(arguments: [
    "{\"detail\": {\"eventArn\": \":health:\", \"eventTypeCode\": \"AWS_EC2_\"}}",
    "{\"Message\": \"{\\\"Message\\\": \\\"{\\\\\\\"Message\\\\\\\": 1\\\"}\"}",
    "{\"Message\": \"{\"}", "{\"AlarmName\": 1, \"NewStateValue\": [], \"Trigger\": 3}",
    "{\"detail\": {\"instance-id\": \"i-0abcd1234ef567890\", \"state\": \"\u{0}\"}}",
    "[[{\"eventArn\": \"x:health:\", \"entityValue\": null}]]",
  ])
  func hostileNoticesAreSurvived(_ text: String) {
    _ = recognition(of: text, by: AWSNoticeReader.self)
    #expect(read(text).facts.isEmpty)
  }

  @Test(arguments: [
    ("Tue, 19 Mar 2024 10:00:00 GMT", "2024-03-19T10:00:00Z"),
    ("5 Mar 2024 02:00:00 GMT", "2024-03-05T02:00:00Z"), ("Tue, 19 Mar 2024 10:00:00 CET", nil),
    ("Tue, 31 Feb 2024 10:00:00 GMT", nil), ("Tue, 19 Mar 2024 10:00 GMT", nil),
    ("Tue, 19 Mär 2024 10:00:00 GMT", nil), ("a b c d e GMT", nil), ("", nil),
  ])
  func timesOfHTTP(_ text: String, _ expected: String?) {
    #expect(parseRFC1123(text)?.description == expected)
  }
}
