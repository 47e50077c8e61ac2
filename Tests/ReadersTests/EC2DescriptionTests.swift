import Model
import Testing

@testable import Readers

@Suite struct EC2DescriptionTests {
  private static let full = """
    {"Reservations": [{"ReservationId": "r-1", "Instances": [{
      "InstanceId": "i-0aa11bb22cc33dd44",
      "InstanceType": "t3.micro",
      "LaunchTime": "2024-05-02T08:11:09+00:00",
      "Placement": {"AvailabilityZone": "us-east-1f"},
      "PrivateIpAddress": "10.0.3.7",
      "PublicIpAddress": "203.0.113.9",
      "State": {"Code": 16, "Name": "running"},
      "RootDeviceType": "ebs",
      "NetworkInterfaces": [{"Association": {
        "IpOwnerId": "amazon", "PublicIp": "203.0.113.9"}}],
      "CpuOptions": {
        "CoreCount": 1, "ThreadsPerCore": 2}
    }]}]}
    """

  @Test func readsADescription() {
    #expect(recognition(of: Self.full, by: InstanceDescriptionReader.self) == .certain)
    let page = readPage(Self.full, with: InstanceDescriptionReader.self)
    #expect(page.subjects == [SubjectClue(.instance, keys: [.instanceID("i-0aa11bb22cc33dd44")])])
    for (name, value, line) in [
      ("ec2.InstanceType", Value.text("t3.micro"), 3),
      ("ec2.is_burstable", .flag(true), 3),
      ("ec2.baseline_cpu", .number(0.1), 3),
      ("ec2.memory", .number(1_073_741_824), 3),
      ("ec2.LaunchTime", .time(Instant(microseconds: 1_714_637_469_000_000)), 4),
      ("ec2.AvailabilityZone", .text("us-east-1f"), 5),
      ("ec2.PrivateIpAddress", .text("10.0.3.7"), 6),
      ("ec2.PublicIpAddress", .text("203.0.113.9"), 7),
      ("ec2.InstanceState", .text("running"), 8),
      ("ec2.RootDeviceType", .text("ebs"), 9),
      ("ec2.has_elastic_ip", .flag(false), 11),
      ("ec2.vcpus", .number(2), 13),
    ] {
      #expect(page.value(name) == value, "\(name)")
      #expect(page.line(name) == line, "\(name)")
    }
    #expect(page.facts.count == 12)
  }

  @Test func readsTextOutput() {
    let credits = "INSTANCECREDITSPECIFICATIONS\tunlimited\ti-0aa11bb22cc33dd44\n"
    let rows =
      "RESERVATIONS\t123456789012\tr-1\nINSTANCES\t0\tx86_64\tec2.internal\t"
      + "i-0aa11bb22cc33dd44\tt3.micro\tkey\n"
    for text in [credits, rows] {
      #expect(recognition(of: text, name: "x", by: InstanceDescriptionReader.self) == .certain)
    }
    let page = readPage(credits, with: InstanceDescriptionReader.self)
    #expect(page.text("ec2.CpuCredits") == "unlimited")
    #expect(page.line("ec2.CpuCredits") == 1)
    let instances = readPage(rows, with: InstanceDescriptionReader.self)
    #expect(instances.text("ec2.InstanceType") == "t3.micro")
    #expect(instances.line("ec2.InstanceType") == 2)
    let status = "INSTANCESTATUSES\teu-west-1b\ti-0aa11bb22cc33dd44\n"
    #expect(recognition(of: status, name: "x", by: InstanceDescriptionReader.self) == .no)
  }

  @Test func readsWhyItStopped() {
    let page = readPage(
      """
      Reservations:
      - Instances:
        - InstanceId: i-0aa11bb22cc33dd44
          State: {Code: 80, Name: stopped}
          StateReason:
            Code: Server.ScheduledStop
            Message: 'Server.ScheduledStop: Stopped due to scheduled retirement'
      """, with: InstanceDescriptionReader.self)
    #expect(page.text("ec2.StateReason") == "Server.ScheduledStop")
    #expect(page.line("ec2.StateReason") == 6)
  }

  @Test func tellsAnElasticAddress() {
    let page = readPage(
      Self.full.replacing("\"amazon\"", with: "\"111122223333\""),
      with: InstanceDescriptionReader.self)
    #expect(page.value("ec2.has_elastic_ip") == .flag(true))
  }

  @Test(arguments: [
    ("[[{\"InstanceId\": \"i-0aa11bb2\", \"InstanceType\": \"m5.large\"}]]", Recognition.certain),
    ("[[\"i-0aa11bb2\", \"m5.large\"]]", .possible),
    ("[[[\"running\", \"m5.large\", \"i-0aa11bb2\"]]]", .possible),
    (
      "Reservations:\n- Instances:\n  - InstanceId: i-0aa11bb2\n    InstanceType: m5.large",
      .certain
    ),
  ])
  func readsCutsByQuery(_ text: String, _ sure: Recognition) {
    #expect(recognition(of: text, by: InstanceDescriptionReader.self) == sure)
    let page = readPage(text, with: InstanceDescriptionReader.self)
    #expect(page.subjects.map(\.keys) == [[.instanceID("i-0aa11bb2")]])
    #expect(page.text("ec2.InstanceType") == "m5.large")
    #expect(page.value("ec2.is_burstable") == .flag(false))
    #expect(page.value("ec2.baseline_cpu") == nil)
  }

  @Test(arguments: [
    ("t2.nano", 0.05), ("t2.micro", 0.1), ("t2.medium", 0.2), ("t2.xlarge", 0.225),
    ("t3.large", 0.3), ("t3a.xlarge", 0.4), ("t4g.2xlarge", 0.4),
    ("t1.micro", nil), ("t3.metal", nil), ("c5.large", nil), ("t3", nil), ("", nil),
  ])
  func knowsTheBaselines(_ type: String, _ baseline: Double?) {
    #expect(BurstableType[type]?.baseline == baseline)
  }

  @Test func readsTheCreditMode() {
    let text = """
      {"InstanceCreditSpecifications": [
        {"InstanceId": "i-0aa11bb22cc33dd44",
         "CpuCredits": "unlimited"}]}
      """
    #expect(recognition(of: text, by: InstanceDescriptionReader.self) == .certain)
    let page = readPage(text, with: InstanceDescriptionReader.self)
    #expect(page.text("ec2.CpuCredits") == "unlimited")
    #expect(page.line("ec2.CpuCredits") == 3)
  }

  @Test func aTypeBelongsToAnInstanceOfThatType() {
    let type =
      "{\"InstanceType\": \"m5.large\", \"VCpuInfo\": {\"DefaultVCpus\": 2},"
      + "\"MemoryInfo\": {\"SizeInMiB\": 8192}}"
    let page = readPage(
      "{\"InstanceTypes\": [\(type)]}", with: InstanceDescriptionReader.self)
    #expect(
      page.subjects == [SubjectClue(.instance, agreesWith: ["ec2.InstanceType": "m5.large"])])
    #expect(page.number("ec2.vcpus") == 2)
    #expect(page.number("ec2.memory") == 8_589_934_592)
    let several = readPage(
      "{\"InstanceTypes\": [\(type), \(type)]}", with: InstanceDescriptionReader.self)
    #expect(several.facts.isEmpty)
    #expect(several.warnings.count == 1)
  }

  @Test(arguments: [
    EC2StatusTests.json, EC2StatusTests.yaml, "{\"AlarmHistoryItems\": []}",
    "Resources:\n  Web:\n    Properties:\n      InstanceType: t3.micro\n      InstanceId: !Ref X",
    "{\"instanceId\": \"i-0aa11bb22cc33dd44\"}", "[\"a\", \"b.large\"]", "",
  ])
  func leavesItsNeighbours(_ text: String) {
    #expect(recognition(of: text, by: InstanceDescriptionReader.self) == .no)
  }

  private static func stopped(_ transition: String, state: String = "stopped") -> String {
    """
    {"InstanceId": "i-0aa11bb22cc33dd44", "InstanceType": "m6i.large",
      "State": {"Code": 80, "Name": "\(state)"},
      "StateTransitionReason": "\(transition)",
      "StateReason": {"Code": "Client.UserInitiatedShutdown"}}
    """
  }

  @Test func whenAndWhyAnInstanceStopped() throws {
    let text = Self.stopped("User initiated (2026-05-07 18:02:44 GMT)")
    let page = readPage("[[\(text)]]", with: InstanceDescriptionReader.self)
    #expect(page.text("ec2.StateReason") == "Client.UserInitiatedShutdown")
    #expect(
      page.value("ec2.stopped_at")
        == .time(try #require(parseISO8601("2026-05-07T18:02:44Z")?.instant)))
    #expect(page.line("ec2.stopped_at") == 3)
    let event = try #require(page.events.first)
    #expect(event.name == "instance-stop")
    #expect(event.isImpact)
  }

  /// An account has instances that nobody wants to run.
  @Test func oneOfManyThatStandsStillIsNoImpact() {
    let text = Self.stopped("User initiated (2026-05-07 18:02:44 GMT)")
    let other = "{\"InstanceId\": \"i-0bb11bb22cc33dd44\", \"InstanceType\": \"t3.micro\"}"
    let page = readPage("[[\(text), \(other)]]", with: InstanceDescriptionReader.self)
    #expect(page.events.map(\.isImpact) == [false])
  }

  @Test(arguments: [
    "", "User initiated", "User initiated (", "User initiated (yesterday)", "(1 2 3)",
  ])
  func aStopWithoutATimeIsNoEvent(transition: String) {
    let page = readPage("[\(Self.stopped(transition))]", with: InstanceDescriptionReader.self)
    #expect(page.events.isEmpty)
    #expect(page.value("ec2.stopped_at") == nil)
  }

  @Test func aStopOfBeforeItsStartIsHistory() {
    let text = Self.stopped("User initiated (2026-05-07 18:02:44 GMT)", state: "running")
    #expect(readPage("[\(text)]", with: InstanceDescriptionReader.self).events.isEmpty)
  }
}
