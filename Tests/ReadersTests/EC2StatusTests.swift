import Model
import Testing

@testable import Readers

/// One status in the four forms of the CLI: a host that fails, with an event due and one over.
@Suite struct EC2StatusTests {
  static let json = """
    {
        "InstanceStatuses": [
            {
                "AvailabilityZone": "eu-west-1b",
                "Events": [
                    {
                        "InstanceEventId": "instance-event-0b",
                        "Code": "instance-reboot",
                        "Description": "[Completed] scheduled reboot",
                        "NotBefore": "2024-03-01T09:00:00.000Z"
                    },
                    {
                        "InstanceEventId": "instance-event-0a",
                        "Code": "instance-stop",
                        "Description": "The instance is running on degraded hardware",
                        "NotBefore": "2024-03-21T09:00:00.000Z"
                    }
                ],
                "InstanceId": "i-0abcd1234ef567890",
                "InstanceState": { "Code": 16,
                    "Name": "running" },
                "InstanceStatus": {
                    "Details": [
                        { "ImpairedSince": "2024-03-05T02:09:00.000Z",
                          "Name": "reachability", "Status": "failed" }
                    ],
                    "Status": "impaired"
                },
                "SystemStatus": {
                    "Status": "impaired",
                    "Details": [
                        { "Name": "reachability", "Status": "failed",
                          "ImpairedSince": 1709604420 }
                    ]
                }
            },
            {
                "AvailabilityZone": "eu-west-1c",
                "InstanceId": "i-0c91f02d",
                "InstanceState": { "Code": 80, "Name": "stopped" },
                "InstanceStatus": { "Status": "not-applicable" },
                "SystemStatus": { "Status": "not-applicable" }
            }
        ]
    }
    """

  static let yaml = """
    InstanceStatuses:
    - AvailabilityZone: eu-west-1b
      Events:
      - Code: instance-stop
        Description: The instance is running on degraded hardware
        InstanceEventId: instance-event-0a
        NotBefore: '2024-03-21T09:00:00+00:00'
      - Code: instance-reboot
        Description: '[Completed] scheduled reboot'
        InstanceEventId: instance-event-0b
        NotBefore: '2024-03-01T09:00:00+00:00'
      InstanceId: i-0abcd1234ef567890
      InstanceState:
        Code: 16
        Name: running
      InstanceStatus:
        Details:
        - ImpairedSince: '2024-03-05T02:09:00+00:00'
          Name: reachability
          Status: failed
        Status: impaired
      SystemStatus:
        Details:
        - ImpairedSince: '2024-03-05T02:07:00+00:00'
          Name: reachability
          Status: failed
        Status: impaired
    """

  static let text = [
    "INSTANCESTATUSES\teu-west-1b\ti-0abcd1234ef567890",
    "EVENTS\tinstance-stop\tThe instance is running on degraded hardware\tinstance-event-0a"
      + "\t\t2024-03-21T09:00:00.000Z",
    "EVENTS\tinstance-reboot\t[Completed] scheduled reboot\tinstance-event-0b"
      + "\t2024-03-01T11:00:00.000Z\t2024-03-01T09:00:00.000Z",
    "INSTANCESTATE\t16\trunning", "INSTANCESTATUS\timpaired",
    "DETAILS\t2024-03-05T02:09:00.000Z\treachability\tfailed", "SYSTEMSTATUS\timpaired",
    "DETAILS\t2024-03-05T02:07:00.000Z\treachability\tfailed",
  ].joined(separator: "\n")

  static let table = """
    ----------------------------------------------------------------
    |                    DescribeInstanceStatus                    |
    +--------------------------------------------------------------+
    ||                      InstanceStatuses                      ||
    |+-----------------------------+------------------------------+|
    ||      AvailabilityZone       |         InstanceId           ||
    |+-----------------------------+------------------------------+|
    ||  eu-west-1b                 |  i-0abcd1234ef567890         ||
    |+-----------------------------+------------------------------+|
    |||                          Events                          |||
    ||+---------------+------------+-------------------+----------+||
    |||     Code      |                 Description                  |  InstanceEventId  |  NotAfter                |        NotBefore         |||
    ||+---------------+------------+-------------------+----------+||
    |||  instance-stop|  The instance is running on degraded hardware|  instance-event-0a|                          | 2024-03-21T09:00:00.000Z |||
    |||  instance-reboot| [Completed] scheduled reboot               |  instance-event-0b| 2024-03-01T11:00:00.000Z | 2024-03-01T09:00:00.000Z |||
    ||+---------------+------------+-------------------+----------+||
    |||                      InstanceState                       |||
    ||+------------------------+---------------------------------+||
    |||  Code                  |  16                             |||
    |||  Name                  |  running                        |||
    ||+------------------------+---------------------------------+||
    |||                      InstanceStatus                      |||
    ||+------------------------+---------------------------------+||
    |||  Status                |  impaired                       |||
    ||+------------------------+---------------------------------+||
    ||||                        Details                         ||||
    |||+---------------------------+----------------+-----------+|||
    ||||       ImpairedSince       |     Name       |  Status   ||||
    |||+---------------------------+----------------+-----------+|||
    ||||  2024-03-05T02:09:00.000Z |  reachability  |  failed   ||||
    |||+---------------------------+----------------+-----------+|||
    |||                       SystemStatus                       |||
    ||+------------------------+---------------------------------+||
    |||  Status                |  impaired                       |||
    ||+------------------------+---------------------------------+||
    ||||                        Details                         ||||
    |||+------------------+-------------------------------------+|||
    ||||  ImpairedSince   |  2024-03-05T02:07:00.000Z           ||||
    ||||  Name            |  reachability                       ||||
    ||||  Status          |  failed                             ||||
    |||+------------------+-------------------------------------+|||
    """

  @Test(arguments: [
    // text; lines of: system status, since when, instance status, zone, event code, begin, state
    (json, [30, 33, 27, 4, 14, 16, 21]),
    (yaml, [27, 24, 21, 2, 4, 7, 15]),
    (text, [7, 8, 5, 1, 2, 2, 4]),
    (table, [34, 38, 24, 8, 14, 14, 20]),
  ])
  func readsEveryForm(_ source: String, _ lines: [Int]) throws {
    #expect(recognition(of: source, by: InstanceStatusReader.self) == .certain)
    let page = readPage(source, with: InstanceStatusReader.self)
    #expect(page.warnings.isEmpty)
    #expect(page.subjects.first?.keys == [.instanceID("i-0abcd1234ef567890")])
    let facts = page.facts.filter { $0.subject == 0 }
    func fact(_ name: String) throws -> Fact { try #require(facts.first { $0.name == name }) }

    let names = [
      "ec2.SystemStatus", "ec2.SystemStatus.ImpairedSince", "ec2.InstanceStatus",
      "ec2.AvailabilityZone", "ec2.scheduled_event.code", "ec2.scheduled_event.not_before",
      "ec2.InstanceState",
    ]
    let values: [Value] = [
      .text("impaired"), try time("2024-03-05T02:07:00Z"), .text("impaired"),
      .text("eu-west-1b"), .text("instance-stop"), try time("2024-03-21T09:00:00Z"),
      .text("running"),
    ]
    for (name, (value, line)) in zip(names, zip(values, lines)) {
      #expect(try fact(name).value == value, "\(name)")
      #expect(try fact(name).origin.line == line, "\(name)")
    }
    let document = source.split(separator: "\n", omittingEmptySubsequences: false)
    for fact in facts {
      let line = try #require(fact.origin.line)
      #expect(fact.origin.excerpt == String(document[line - 1].prefix(200)))
      if let text = fact.value.text { #expect(fact.origin.excerpt.contains(text)) }
    }

    #expect(try fact("ec2.events.active").value == .number(1))
    #expect(try fact("ec2.events.active").origin.line == lines[4])
    #expect(try fact("ec2.events.past").value == .number(1))
    #expect(try fact("ec2.event.code").part == "instance-event-0a")
    #expect(try fact("ec2.scheduled_event.id").value == .text("instance-event-0a"))
    #expect(!facts.contains { $0.name == "ec2.AttachedEbsStatus" })
    #expect(!facts.contains { $0.name == "ec2.scheduled_event.deadline" })

    let events = page.events.filter { $0.subject == 0 }
    #expect(
      events.map(\.name) == [
        "system-status-failed", "instance-status-failed", "scheduled-event",
        "past-scheduled-event",
      ])
    #expect(events.map(\.isImpact) == [true, true, false, false])
    #expect(events.first?.time.description == "2024-03-05T02:07:00Z")
  }

  @Test func saysThatNoEventIsDue() {
    let page = readPage(Self.json, with: InstanceStatusReader.self)
    let stopped = page.facts.filter { $0.subject == 1 }
    #expect(stopped.first { $0.name == "ec2.events.active" }?.value == .number(0))
    #expect(stopped.first { $0.name == "ec2.events.active" }?.origin.line == 39)
    #expect(stopped.first { $0.name == "ec2.SystemStatus" }?.value == .text("not-applicable"))
    #expect(!page.events.contains { $0.subject == 1 })
  }

  @Test(arguments: [
    ("[Completed] done", 0), ("[Canceled] not done", 0), ("[Cancelled] not done", 0),
    ("[completed] done", 0), ("Not [Completed] yet", 1), ("", 1),
  ])
  func tellsEventsThatAreOver(_ description: String, _ active: Double) {
    let page = readPage(
      """
      [{"InstanceId": "i-0abcd1234ef567890", "Events": [{"Code": "system-maintenance",
        "Description": "\(description)", "NotBefore": "2024-03-21T09:00:00Z"}]}]
      """, with: InstanceStatusReader.self)
    #expect(page.number("ec2.events.active") == active)
    #expect(page.number("ec2.events.past") == 1 - active)
    #expect((page.text("ec2.scheduled_event.code") != nil) == (active > 0))
  }

  @Test(arguments: [
    ("instance-stop", true), ("instance-retirement", true), ("instance-reboot", true),
    ("system-reboot", true), ("system-maintenance", true), ("volume-burn", false),
  ])
  func knowsTheFiveCodes(_ code: String, _ isKnown: Bool) {
    let page = readPage(
      "{\"InstanceId\": \"i-0abcd123\", \"Events\": [{\"Code\": \"\(code)\"}]}",
      with: InstanceStatusReader.self)
    #expect(page.text("ec2.event.code", part: "1") == (isKnown ? code : nil))
    #expect(page.warnings.isEmpty == isKnown)
  }

  @Test func theEventDueFirstSpeaksForTheInstance() {
    let page = readPage(
      """
      {"InstanceId": "i-0abcd1234ef567890", "Events": [
        {"Code": "system-reboot", "NotBefore": "2024-11-14T13:00:00Z",
         "NotAfter": "2024-11-14T15:00:00Z", "NotBeforeDeadline": "2024-11-28T13:00:00Z"},
        {"Code": "instance-retirement", "NotBefore": "2024-11-12T13:00:00+0100"}]}
      """, with: InstanceStatusReader.self)
    #expect(page.text("ec2.scheduled_event.code") == "instance-retirement")
    #expect(page.value("ec2.scheduled_event.not_after") == nil)
    #expect(page.number("ec2.events.active") == 2)
    #expect(page.line("ec2.events.active") == 4)
    #expect(page.all("ec2.event.NotBeforeDeadline").count == 1)
  }

  @Test(arguments: [
    // columns after the id; not before, not after, deadline
    ("2024-11-14T13:00:00Z", "2024-11-14T13:00:00Z", nil, nil),
    (
      "2024-11-14T15:00:00Z\t2024-11-14T13:00:00Z", "2024-11-14T13:00:00Z",
      "2024-11-14T15:00:00Z", nil
    ),
    (
      "2024-11-14T13:00:00Z\t2024-11-28T13:00:00Z", "2024-11-14T13:00:00Z", nil,
      "2024-11-28T13:00:00Z"
    ),
    (
      "2024-11-14T15:00:00Z\t2024-11-14T13:00:00Z\t2024-11-28T13:00:00Z",
      "2024-11-14T13:00:00Z", "2024-11-14T15:00:00Z", "2024-11-28T13:00:00Z"
    ),
  ])
  func tellsTheTimesOfATextRow(
    _ columns: String, _ notBefore: String, _ notAfter: String?, _ deadline: String?
  ) throws {
    let page = readPage(
      "INSTANCESTATUSES\tus-west-2b\ti-0397ab5c1d2e4f681\n"
        + "EVENTS\tsystem-reboot\tscheduled reboot\tinstance-event-0e\t\(columns)\n",
      with: InstanceStatusReader.self)
    let expected = [
      try time(notBefore), try notAfter.map { try time($0) }, try deadline.map { try time($0) },
    ]
    let found = ["NotBefore", "NotAfter", "NotBeforeDeadline"].map { page.value("ec2.event.\($0)") }
    #expect(found == expected)
  }

  @Test func readsTextWhoseTabsBecameBlanks() {
    let page = readPage(
      """
      INSTANCESTATUSES    us-west-2b      i-0397ab5c1d2e4f681
      EVENTS  system-reboot   scheduled reboot        instance-event-0e    2024-11-14T13:00:00Z
      SYSTEMSTATUS    ok
      DETAILS reachability    passed
      """, with: InstanceStatusReader.self)
    #expect(page.text("ec2.SystemStatus") == "ok")
    #expect(page.text("ec2.event.description") == "scheduled reboot")
    #expect(page.text("ec2.AvailabilityZone") == "us-west-2b")
  }

  @Test func aCutAnswerDoesNotSayThatThereAreNoEvents() {
    let page = readPage(
      """
      [ { "Id": "i-0abcd1234ef567890", "SystemStatus": "impaired", "InstanceStatus": "ok" } ]
      """, with: InstanceStatusReader.self)
    #expect(page.text("ec2.SystemStatus") == "impaired")
    #expect(page.value("ec2.events.active") == nil)
    #expect(page.events.isEmpty)
  }

  @Test func eventsAloneBelongToSomeInstance() {
    let text = "[[{\"Code\": \"instance-stop\", \"NotBefore\": \"2024-03-21T09:00:00Z\"}]]"
    #expect(recognition(of: text, by: InstanceStatusReader.self) == .possible)
    let page = readPage(text, with: InstanceStatusReader.self)
    #expect(page.subjects == [SubjectClue(.instance)])
    #expect(page.number("ec2.events.active") == 1)
  }

  @Test func blankedInstancesStayApart() {
    let one = "{\"InstanceId\": \"i-xx\", \"SystemStatus\": {\"Status\": \"ok\"}}"
    let page = readPage(
      "{\"InstanceStatuses\": [\(one), \(one)]}", with: InstanceStatusReader.self)
    #expect(page.subjects.count == 2)
  }

  @Test func statusesOutsideTheListAreSaid() {
    let page = readPage(
      "{\"InstanceId\": \"i-0abcd123\",\n\"SystemStatus\": {\"Status\": \"fine\"}}",
      with: InstanceStatusReader.self)
    #expect(page.value("ec2.SystemStatus") == nil)
    #expect(page.warnings.first?.line == 2)
  }

  @Test(arguments: ["initializing", "insufficient-data"])
  func whatIsNotKnownIsNoFailure(_ status: String) {
    let page = readPage(
      "{\"InstanceId\": \"i-0abcd123\", \"SystemStatus\": {\"Status\": \"\(status)\"}}",
      with: InstanceStatusReader.self)
    #expect(page.text("ec2.SystemStatus") == status)
    #expect(page.events.isEmpty)
  }

  @Test func malformedDocumentsSayWhere() {
    let page = readPage(
      "{\"InstanceStatuses\": [\n{\"InstanceId\": i-0abcd123}]}", with: InstanceStatusReader.self)
    #expect(page.facts.isEmpty)
    #expect(page.warnings.first?.line == 2)
  }

  /// Every cut keeps what is whole and never makes half a value a fact.
  @Test(arguments: [json, yaml, text, table])
  func survivesCuts(_ source: String) {
    let whole = readPage(source, with: InstanceStatusReader.self)
    let ids = Set(whole.subjects.flatMap(\.keys))
    for length in stride(from: 0, to: source.utf8.count, by: 7) {
      let cut = String(decoding: source.utf8.prefix(length), as: UTF8.self)
      let page = readPage(cut, with: InstanceStatusReader.self)
      for fact in page.facts where fact.name == "ec2.SystemStatus" {
        #expect(["impaired", "not-applicable"].contains(fact.value.text))
      }
      if source == Self.json {
        #expect(ids.isSuperset(of: page.subjects.flatMap(\.keys)), "cut at \(length)")
      }
    }
  }

  @Test func readsWhatFollowsACommandLine() {
    let page = readPage(
      "[ec2-user@ip-10-0-3-7 ~]$ aws ec2 describe-instance-status \\\n    --no-cli-pager\n"
        + Self.json, with: InstanceStatusReader.self)
    #expect(page.facts.first?.origin.line == 32)
  }

  @Test(arguments: [
    "{\"Volumes\": [{\"Events\": [{\"NotBefore\": \"2024-03-21T09:00:00Z\"}]}]}",
    "{\"Reservations\": [{\"Instances\": [{\"InstanceId\": \"i-0abcd123\"}]}]}",
    "{\"Label\": \"StatusCheckFailed_System\", \"Datapoints\": []}",
    "{\"AlarmHistoryItems\": []}", "{\"status\": \"ok\"}", "# Server\nredis_version:7.2.4",
    "", "|  InstanceStatus |",
  ])
  func leavesItsNeighbours(_ text: String) {
    #expect(recognition(of: text, by: InstanceStatusReader.self) == .no)
  }

  @Test(arguments: [
    "{", "[", "null", "[[[[", "\u{0}\u{1}", "-----\n||||||||||||||||||||||||||\n+\n|a|", "|\n|",
    "INSTANCESTATUSES\t", "INSTANCESTATUSES\nEVENTS\nDETAILS\nSYSTEMSTATUS\nDETAILS\n", "- - - :",
  ])
  func survivesGarbage(_ text: String) {
    _ = readPage(text, with: InstanceStatusReader.self)
    _ = readPage(text, with: CloudWatchReader.self)
    _ = readPage(text, with: InstanceDescriptionReader.self)
    _ = readPage(text, with: AlarmHistoryReader.self)
  }

  private func time(_ text: String) throws -> Value {
    .time(try #require(parseISO8601(text)).instant)
  }
}
