import Model
import Testing

@testable import Readers

/// What `aws --output text` prints: rows of cells that have no names.
@Suite struct EC2TextTests {
  private let box = "i-0abcd1234ef567890"
  private let arn =
    "arn:aws:health:eu-west-1::event/EC2/AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED/X"
  private let code = "AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED"

  private func event(_ name: String, end: String = "2026-12-04T12:00:00+00:00\t") -> String {
    "\(name)\t\(arn)\teu-west-1a\t\(end)ACCOUNT_SPECIFIC\tscheduledChange\t\(code)\t"
      + "2026-11-20T08:00:12.311000+00:00\teu-west-1\tEC2\t2026-12-04T10:00:00+00:00\tupcoming\n"
  }

  private var entity: String {
    "ENTITIES\t111122223333\tarn:aws:health:eu-west-1:1:entity/A\t\(box)\t\(arn)\t"
      + "2026-11-20T08:00:12+00:00\tPENDING\n"
  }

  private func instant(_ text: String) throws -> Value {
    .time(try #require(parseISO8601(text)).instant)
  }

  @Test(arguments: ["2026-12-04T12:00:00+00:00\t", "", "\t"])
  func readsAnEventOfHealthWithTheInstancesItIsAbout(_ end: String) throws {
    let text = event("EVENTS", end: end) + entity
    #expect(recognition(of: text, by: AWSNoticeReader.self) == .certain)
    #expect(recognition(of: text, by: InstanceStatusReader.self) == .no)
    let page = readPage(text, with: AWSNoticeReader.self)
    #expect(page.text("ec2.scheduled_event.code") == "instance-retirement")
    #expect(page.value("ec2.scheduled_event.not_before") == (try instant("2026-12-04T10:00:00Z")))
    let after = end.count > 1 ? try instant("2026-12-04T12:00:00Z") : nil
    #expect(page.value("ec2.scheduled_event.not_after") == after)
    #expect(page.subjects == [SubjectClue(.instance, keys: [.instanceID(box)])])
  }

  @Test func theDescriptionOfAnEventNamesTheInstance() {
    let text =
      event("EVENT") + "EVENTDESCRIPTION\tDegraded hardware (instance-ID: \(box)).\n\nStop it.\n"
    let page = readPage(text, with: AWSNoticeReader.self)
    #expect(page.text("ec2.scheduled_event.code") == "instance-retirement")
    #expect(page.text("ec2.scheduled_event.description")?.contains("Degraded") == true)
  }

  @Test func anEventWithoutInstanceSaysWhatToAsk() {
    let page = readPage(event("EVENTS"), with: AWSNoticeReader.self)
    #expect(page.facts.isEmpty)
    #expect(page.warnings.first?.message.contains("describe-affected-entities") == true)
    let over = entity.replacing("PENDING", with: "UNKNOWN")
    let alone = readPage(over, with: AWSNoticeReader.self)
    #expect(alone.facts.isEmpty)
    #expect(alone.warnings.first?.message.contains("describe-event-details") == true)
  }

  /// The ARN tells what is due, and the entity to whom; when, nobody does.
  @Test func anEntityAloneNamesItsEvent() {
    let page = readPage(entity, with: AWSNoticeReader.self)
    #expect(page.subjects == [SubjectClue(.instance, keys: [.instanceID(box)])])
    #expect(page.text("ec2.scheduled_event.code") == "instance-retirement")
    #expect(page.line("ec2.scheduled_event.code") == 1)
    #expect(page.value("ec2.scheduled_event.not_before") == nil)
    #expect(page.warnings.first?.message.contains("without its dates") == true)
  }

  @Test func readsTheTableOfEvents() {
    let text = """
      ||                            events                            ||
      |+-------------------+-----------------+-----------+------------+|
      ||        arn        |  eventTypeCode  | startTime | statusCode ||
      |+-------------------+-----------------+-----------+------------+|
      ||  \(arn) |  \(code) |  2026-12-04T10:00:00+00:00 |  upcoming ||
      |+-------------------+-----------------+-----------+------------+|
      """
    #expect(recognition(of: text, by: AWSNoticeReader.self) == .certain)
    let page = readPage(text, with: AWSNoticeReader.self)
    #expect(page.warnings.first?.line == 5)
  }

  private func alarm(_ state: String, transition: String = "2026-11-22T02:11:00.123000+00:00\t")
    -> String
  {
    "METRICALARMS\tTrue\tarn:aws:cloudwatch:eu-west-1:1:alarm:sys: OK\t2026-01-01T00:00:00+00:00\t"
      + "page\tsys: OK\tGreaterThanThreshold\t2\tStatusCheckFailed_System\tAWS/EC2\t60\t"
      + "Threshold Crossed: 2 datapoints were greater than the threshold (0.0).\t{}\t"
      + "\(transition)2026-11-22T02:12:00.123000+00:00\t\(state)\tMaximum\t0.0\n"
      + "ALARMACTIONS\tarn:aws:automate:eu-west-1:ec2:recover\nDIMENSIONS\tInstanceId\t\(box)\n"
  }

  @Test(arguments: ["ALARM", "OK"])
  func readsTheStateOfAnAlarm(_ state: String) throws {
    #expect(recognition(of: alarm(state), by: AlarmStateReader.self) == .certain)
    let page = readPage(alarm(state), with: AlarmStateReader.self)
    #expect(page.text("cloudwatch.StatusCheckFailed_System.alarm") == state)
    #expect(page.line("cloudwatch.StatusCheckFailed_System.alarm") == 1)
    #expect(
      page.value("cloudwatch.StatusCheckFailed_System.alarm_since")
        == (try instant("2026-11-22T02:11:00.123Z")))
    let older = readPage(alarm(state, transition: ""), with: AlarmStateReader.self)
    #expect(
      older.value("cloudwatch.StatusCheckFailed_System.alarm_since")
        == (try instant("2026-11-22T02:12:00.123Z")))
  }

  @Test func readsTheHistoryOfAnAlarm() {
    let item = "ALARMHISTORYITEMS\tsys \(box)\tMetricAlarm\t{\"version\":\"1.0\"}\t"
    let text =
      item + "StateUpdate\tAlarm updated from ALARM to OK\t2026-11-22T02:32:00.123000+00:00\n"
      + item + "StateUpdate\tAlarm updated from OK to ALARM\t2026-11-22T02:11:00.123000+00:00\n"
    #expect(recognition(of: text, by: AlarmHistoryReader.self) == .certain)
    let page = readPage(text, with: AlarmHistoryReader.self)
    #expect(page.number("cloudwatch.alarm.raised") == 1)
    #expect(page.line("cloudwatch.alarm.raised") == 2)
    #expect(page.events.first?.until?.description == "2026-11-22T02:32:00.123Z")
  }

  @Test func readsMetricData() {
    var text = "METRICDATARESULTS\tm1\t\(box) StatusCheckFailed_System\tComplete\n"
    for minute in 10..<14 { text += "TIMESTAMPS\t2026-11-22T02:\(minute):00+00:00\n" }
    for value in ["1.0", "1.0", "1.0", "0.0"] { text += "VALUES\t\(value)\n" }
    text += "METRICDATARESULTS\tm2\t\(box) CPUUtilization\tPartialData\n"
    #expect(recognition(of: text, by: CloudWatchReader.self) == .certain)
    let page = readPage(text, with: CloudWatchReader.self)
    #expect(page.all("cloudwatch.StatusCheckFailed_System").map(\.value.number) == [1, 1, 1, 0])
    #expect(page.all("cloudwatch.StatusCheckFailed_System").first?.origin.line == 6)
    #expect(page.subjects == [SubjectClue(.instance, keys: [.instanceID(box)])])
  }

  @Test func readsWhatAnInstanceIs() {
    let text = """
      RESERVATIONS\t111122223333\tr-0abc
      INSTANCES\t0\tx86_64\t\tFalse\tTrue\txen\tami-0abcdef1234567890\t\(box)\tm5d.large\tk\t\
      2026-10-01T07:12:33+00:00\tip-10-0-3-7.eu-west-1.compute.internal\t10.0.3.7\t\t52.1.2.3\t\
      /dev/xvda\tinstance-store\tTrue\t\tsubnet-0abcd\thvm\tvpc-0abcd
      CPUOPTIONS\t1\t2
      NETWORKINTERFACES\t\t10.0.3.7\tin-use
      ASSOCIATION\tamazon\tec2-52-1-2-3.compute.amazonaws.com\t52.1.2.3
      PLACEMENT\teu-west-1a\t\tdefault
      STATE\t80\tstopped
      STATEREASON\tServer.ScheduledStop\tServer.ScheduledStop: Stopped due to retirement
      """
    let page = readPage(text, with: InstanceDescriptionReader.self)
    for (name, expected, line) in [
      ("ec2.InstanceType", "m5d.large", 2), ("ec2.RootDeviceType", "instance-store", 2),
      ("ec2.PrivateIpAddress", "10.0.3.7", 2), ("ec2.PublicIpAddress", "52.1.2.3", 2),
      ("ec2.AvailabilityZone", "eu-west-1a", 6), ("ec2.InstanceState", "stopped", 7),
      ("ec2.StateReason", "Server.ScheduledStop", 8),
    ] {
      #expect(page.text(name) == expected)
      #expect(page.line(name) == line)
    }
    #expect(page.number("ec2.vcpus") == 2)
    #expect(page.value("ec2.has_elastic_ip") == .flag(false))
  }

  @Test(arguments: [
    "|  ID |  t3.micro  |  eu-west-1a |  running |", "ID\tt3.micro\teu-west-1a\trunning",
  ])
  func readsAnInstanceOfARowThatWasAskedFor(_ row: String) {
    let text = row.replacing("ID", with: box)
    #expect(recognition(of: text, by: InstanceDescriptionReader.self) == .certain)
    let page = readPage(text, with: InstanceDescriptionReader.self)
    #expect(page.text("ec2.InstanceType") == "t3.micro")
    #expect(page.text("ec2.AvailabilityZone") == "eu-west-1a")
    #expect(page.text("ec2.InstanceState") == "running")
  }

  @Test(arguments: ["see i-0abcd1234ef567890\tdown", "|  i-0abcd1234ef567890 |  down |"])
  func aRowWithoutATypeIsNone(_ text: String) {
    #expect(recognition(of: text, by: InstanceDescriptionReader.self) == .no)
  }
}
