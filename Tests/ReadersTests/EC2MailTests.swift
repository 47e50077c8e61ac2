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

  private static let retirement = """
    Hello,

    We have news. EC2 has detected degradation of the underlying hardware hosting your Amazon EC2 \
    instance (instance-ID: i-0abcd1234ef567890) in the eu-west-1 region. We will stop your \
    instance after 2024-03-19 10:00:00 UTC.

    * What to do?
    Stop it – it’s easy. Start it after 2024-04-01 10:00:00 UTC.
    """

  /// Words as mailers wrap them: at blanks and behind hyphens.
  private static func wrapped(_ text: String, at width: Int, mark: String = "") -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var rows = [""]
      for word in line.replacing("-", with: "-\u{1}").split(separator: " ") {
        for (index, part) in word.split(separator: "\u{1}").enumerated() {
          let blank = index == 0 && !rows[rows.count - 1].isEmpty ? " " : ""
          if rows[rows.count - 1].count + part.count + blank.count > width {
            rows.append(String(part))
          } else {
            rows[rows.count - 1] += blank + part
          }
        }
      }
      return rows.map { mark + $0 }.joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private static func quotedPrintable(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var rows = [""]
      for byte in line.utf8 {
        let text =
          byte >= 0x80 || byte == UInt8(ascii: "=")
          ? "=" + String(byte, radix: 16, uppercase: true) : String(UnicodeScalar(byte))
        if rows[rows.count - 1].count + text.count > 75 { rows.append("") }
        rows[rows.count - 1] += text
      }
      return rows.joined(separator: "=\n")
    }.joined(separator: "\n")
  }

  @Test(arguments: [
    wrapped(retirement, at: 60), wrapped(retirement, at: 72), wrapped(retirement, at: 78),
    wrapped(retirement, at: 72, mark: "> "), wrapped(retirement, at: 70, mark: ">> "),
    wrapped(retirement, at: 72, mark: "    "), quotedPrintable(retirement),
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
      + quotedPrintable(retirement).replacing("\n", with: "\r\n"),
  ])
  func aRetirementIsReadHoweverItWasSent(_ text: String) throws {
    #expect(recognition(of: text, by: AWSMailReader.self) == .certain)
    for page in [read(text), try #require(pages(text).first)] {
      #expect(page.subjects == [SubjectClue(.instance, keys: [.instanceID("i-0abcd1234ef567890")])])
      #expect(page.text("ec2.scheduled_event.code") == "instance-retirement")
      let line = try #require(page.facts.first { $0.name == "ec2.scheduled_event.not_before" })
      guard case .time(let time) = line.value else {
        Issue.record("no time")
        return
      }
      #expect(time.description == "2024-03-19T10:00:00Z")
      // The line cited is one that the date stands on, or begins on.
      #expect(line.origin.excerpt.contains("2024-"))
    }
  }

  /// As the whole program reads it, which also knows what people write.
  private func pages(_ text: String) -> [Page] {
    let source = EvidenceSource(name: "mail.txt", folder: "d", isNamed: true) {
      () throws(SourceError) in
      MemoryStream(Array(text.utf8))
    }
    return readEvidence([source]).pages.map(\.page)
  }

  @Test func theInstanceMayBeListedBelow() {
    let text =
      "EC2 has detected degradation of the underlying hardware hosting your Amazon EC2 instance\n"
      + "associated with this event. We will stop your instance after 2024-03-19 10:00 UTC.\n\n"
    let listed =
      text + "We saw i-0abcd1234ef567891 too.\n\nAffected resources:\n- i-0abcd1234ef567890\n"
    #expect(recognition(of: listed, by: AWSMailReader.self) == .certain)
    let page = read(listed)
    #expect(page.subjects == [SubjectClue(.instance, keys: [.instanceID("i-0abcd1234ef567890")])])
    #expect(recognition(of: text, by: AWSMailReader.self) == .certain)
    let nameless = read(text)
    #expect(nameless.facts.isEmpty)
    #expect(nameless.warnings.first?.message.contains("names no instance") == true)
    #expect(nameless.warnings.first?.line == 1)
  }

  @Test func aListOfMaintenanceIsRead() throws {
    let row =
      "us-east-1\ti-0abcd1234ef567890\t2024-03-11 04:00:00 UTC - 2024-03-11 10:00:00 UTC\tinstance-reboot"
    for text in ["Region\tID\tWindow\n\n\(row)\n", row.replacing("UTC -", with: "UTC -\n")] {
      #expect(recognition(of: text, by: AWSMailReader.self) == .certain)
      let page = read(text)
      #expect(page.text("ec2.scheduled_event.code") == "instance-reboot")
      for (name, expected) in [("not_before", "04:00:00"), ("not_after", "10:00:00")] {
        guard case .time(let time)? = page.value("ec2.scheduled_event.\(name)") else {
          Issue.record("no \(name)")
          continue
        }
        #expect(time.description == "2024-03-11T\(expected)Z")
      }
    }
  }

  @Test(arguments: [("", 72), ("> ", 72), ("", 60)])
  func anAlarmIsReadHoweverItWasSent(_ mark: String, _ width: Int) {
    let text = Self.wrapped(alarm(), at: width, mark: mark)
    #expect(recognition(of: text, by: AWSMailReader.self) == .certain)
    let page = read(text)
    #expect(page.text("cloudwatch.StatusCheckFailed_System.alarm") == "ALARM")
    #expect(page.events.map(\.time.description) == ["2024-03-05T02:09:00Z"])
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
