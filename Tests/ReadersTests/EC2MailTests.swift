import Model
import Testing

@testable import Readers

@Suite struct EC2MailTests {
  private func alarm(
    _ change: String = "OK -> ALARM", dimension: String = "[InstanceId = i-0abcd1234ef567890]",
    time: String = "Tuesday 05 March, 2024 02:09:00 UTC"
  ) -> String {
    """
    Alarm Details:
    - Name:                       redis-01
    - Description:                Page: the box is away
    - State Change:               \(change)
    - Reason for State Change:    Threshold Crossed: 2 datapoints were greater than the threshold (0.0).
    - Timestamp:                  \(time)

    Monitored Metric:
    - MetricNamespace:            AWS/EC2
    - MetricName:                 StatusCheckFailed_System
    - Dimensions:                 \(dimension)

    """
  }

  private func read(_ text: String) -> Page { readPage(text, with: AWSMailReader.self) }

  @Test func anAlarmIsReadAsSNSSendsIt() throws {
    let text = alarm()
    #expect(recognition(of: text, by: AWSMailReader.self) == .certain)
    let page = read(text)
    #expect(page.text("cloudwatch.StatusCheckFailed_System.alarm") == "ALARM")
    #expect(page.line("cloudwatch.StatusCheckFailed_System.alarm") == 4)
    #expect(page.subjects == [SubjectClue(.instance, keys: [.instanceID("i-0abcd1234ef567890")])])
    #expect(page.events.map(\.time.description) == ["2024-03-05T02:09:00Z"])
  }

  @Test func theMailThatItClearedEndsIt() throws {
    let page = read(alarm() + alarm("ALARM -> OK", time: "Tuesday 05 March, 2024 02:31:00 UTC"))
    #expect(page.text("cloudwatch.StatusCheckFailed_System.alarm") == nil)
    let event = try #require(page.events.first)
    #expect(page.events.count == 1)
    #expect(event.until?.description == "2024-03-05T02:31:00Z")
  }

  @Test(arguments: [
    "[DBInstanceIdentifier = orders]", "",
    "[InstanceId = i-0abcd1234ef567890, i-0abcd1234ef567891]",
  ])
  func anAlarmOfNoInstanceIsNotRead(_ dimension: String) {
    let page = read(alarm(dimension: dimension))
    #expect(page.facts.isEmpty)
    #expect(page.warnings.contains { $0.message.contains("watch no instance") })
  }

  @Test(arguments: [
    ("We will stop your instance after 2024-03-19 10:00:00 UTC.", "2024-03-19T10:00:00Z"),
    ("After 2017-04-25 04:00 UTC your instance will be stopped.", "2017-04-25T04:00:00Z"),
    ("We will stop your instance soon.", nil),
  ])
  func aRetirementHasItsDate(_ sentence: String, _ expected: String?) {
    let text =
      "EC2 has detected degradation of the underlying hardware hosting your Amazon EC2 "
      + "instance (instance-ID: i-0abcd1234ef567890). \(sentence)\n"
    #expect(recognition(of: text, by: AWSMailReader.self) == .certain)
    let page = read("Hello,\n\n\(text)\nSincerely\n")
    #expect(page.text("ec2.scheduled_event.code") == "instance-retirement")
    #expect(page.line("ec2.scheduled_event.code") == 3)
    guard case .time(let time)? = page.value("ec2.scheduled_event.not_before") else {
      #expect(expected == nil)
      return
    }
    #expect(time.description == expected)
  }

  @Test(arguments: [
    "We got a mail: EC2 has detected degradation of the underlying hardware of our box.\n",
    "- Name: web\n- Image: nginx\n", "Alarm Details:\n", "",
    "{\"text\": \"EC2 has detected degradation of the underlying hardware (i-0abcd1234ef567890)\"}",
  ])
  func whatIsNoMailIsNotClaimed(_ text: String) {
    #expect(recognition(of: text, by: AWSMailReader.self) == .no)
  }

  @Test(arguments: [
    "- Name:\n- State Change:\n- MetricName:", "- :\n-\n- Name",
    "- Name: \u{0}\n- State Change: \u{301}",
    "- Name: a\n- State Change: OK -> ALARM\n- Timestamp: Tuesday 05 Mä, 2024 02:09:00 UTC\n",
    "EC2 has detected degradation of the underlying hardware i-0abcd123 9999-99-99 99:99 UTC",
  ])
  func hostileMailsAreSurvived(_ text: String) {
    _ = recognition(of: text, by: AWSMailReader.self)
    _ = read(text)
  }
}
