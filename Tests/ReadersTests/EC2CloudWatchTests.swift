import Model
import Testing

@testable import Readers

@Suite struct EC2CloudWatchTests {
  /// `get-metric-statistics` with one point a line: line 3 is the first.
  private func statistics(_ label: String, _ points: [String]) -> String {
    "{\n\"Label\": \"\(label)\", \"Datapoints\": [\n" + points.joined(separator: ",\n") + "\n]}"
  }

  private func points(
    _ values: [Double], statistic: String = "Maximum", period: Int = 60
  ) -> [String] {
    values.enumerated().map { index, value in
      "{\"Timestamp\": \(1_709_604_000 + index * period), \"\(statistic)\": \(value)}"
    }
  }

  @Test func countsTheWindowsOfAFailingCheck() throws {
    let text = statistics(
      "StatusCheckFailed_System", points([0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0]))
    #expect(recognition(of: text, by: CloudWatchReader.self) == .certain)
    let page = readPage(text, name: "metric.json", with: CloudWatchReader.self)
    let name = "cloudwatch.StatusCheckFailed_System"
    #expect(page.all(name).map(\.value) == [0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0].map(Value.number))
    #expect(page.all(name).map(\.origin.line) == Array(3...14))
    #expect(page.number("\(name).failed_periods") == 6)
    #expect(page.line("\(name).failed_periods") == 4)
    #expect(page.number("\(name).failed_windows") == 3)
    #expect(page.number("\(name).longest_failure") == 180)
    #expect(page.line("\(name).longest_failure") == 9)
    #expect(page.value("\(name).first_failure") == .time(at(60)))
    #expect(page.value("\(name).last_failure") == .time(at(600)))
    #expect(page.line("\(name).last_failure") == 13)
    let tally = try #require(page.all("\(name).failed_periods").first)
    #expect(tally.time == at(60))
    #expect(tally.coverage == at(0)...at(720))
    #expect(page.coverage == at(0)...at(720))
    // One bad minute is noise.
    #expect(page.events.map(\.name) == Array(repeating: "system-status-failed", count: 3))
    #expect(page.events.map(\.isImpact) == [true, true, false])
    #expect(page.events.map(\.until) == [at(180), at(540), at(660)])
  }

  /// The check is made every minute: a sum is a number of bad minutes.
  @Test(arguments: [(1.0, 60.0), (7, 420), (200, 3600)])
  func anHourIsNoLongerBadThanItsSumSays(sum: Double, longest: Double) {
    let page = readPage(
      statistics(
        "StatusCheckFailed_System", points([0, sum, 0, 0], statistic: "Sum", period: 3600)),
      with: CloudWatchReader.self)
    #expect(page.number("cloudwatch.StatusCheckFailed_System.failed_periods") == 1)
    #expect(page.number("cloudwatch.StatusCheckFailed_System.longest_failure") == longest)
    #expect(page.events.map(\.isImpact) == [longest >= 120])
  }

  @Test func noneFailedIsAFact() throws {
    let page = readPage(
      statistics("StatusCheckFailed_Instance", points([0, 0, 0])), with: CloudWatchReader.self)
    let tally = try #require(page.all("cloudwatch.StatusCheckFailed_Instance.failed_periods").first)
    #expect(tally.value == .number(0))
    #expect(tally.coverage == at(0)...at(180))
    #expect(tally.origin.line == 3)
    #expect(page.number("cloudwatch.StatusCheckFailed_Instance.failed_windows") == 0)
    #expect(page.value("cloudwatch.StatusCheckFailed_Instance.first_failure") == nil)
    #expect(page.events.isEmpty)
  }

  @Test func aHoleSaysNothing() throws {
    let minutes = [0, 1, 2, 3, 30, 31, 32, 33, 34, 35]
    let page = readPage(
      statistics(
        "StatusCheckFailed_System",
        minutes.map { "{\"Timestamp\": \(1_709_604_000 + $0 * 60), \"Maximum\": 0}" }),
      with: CloudWatchReader.self)
    let tally = try #require(page.all("cloudwatch.StatusCheckFailed_System.failed_periods").first)
    #expect(tally.coverage == at(1800)...at(2160))
  }

  @Test(arguments: [
    ("StatusCheckFailed_System", 1.0, "ec2.SystemStatus", "impaired"),
    ("StatusCheckFailed_System", 0, "ec2.SystemStatus", "ok"),
    ("StatusCheckFailed_Instance", 1, "ec2.InstanceStatus", "impaired"),
    ("StatusCheckFailed_AttachedEBS", 1, "ec2.AttachedEbsStatus", "impaired"),
    ("StatusCheckFailed", 1, nil, nil), ("CPUUtilization", 1, nil, nil),
  ])
  func aNamelessCheckAgreesWithItsInstance(
    _ label: String, _ last: Double, _ fact: String?, _ value: String?
  ) {
    // Datapoints come in no order: the newest decides.
    var all = points([1 - last, 1 - last, last], statistic: "Average")
    all.swapAt(0, 2)
    let page = readPage(statistics(label, all), with: CloudWatchReader.self)
    #expect(page.subjects.count == 1)
    #expect(page.subjects[0].keys.isEmpty)
    #expect(page.subjects[0].agreesWith == (fact.map { [$0: value ?? ""] } ?? [:]))
  }

  @Test(arguments: [
    ("StatusCheckFailed_System", "i-0abcd1234ef567890/system.json", "i-0abcd1234ef567890"),
    ("i-0abcd123 StatusCheckFailed_System", "system.json", "i-0abcd123"),
    ("StatusCheckFailed_System", "i-0abcd1234/system.json", nil),
    ("StatusCheckFailed_System", "wi-0abcd123.json", nil),
    ("StatusCheckFailed_System", "i-0abcd123-i-0abcd124.json", nil),
  ])
  func findsTheInstanceInNames(_ label: String, _ name: String, _ id: String?) {
    let page = readPage(
      statistics(label, points([1])), name: name, with: CloudWatchReader.self)
    #expect(page.subjects[0].keys == Set(id.map { [.instanceID($0)] } ?? []))
    #expect(page.subjects[0].agreesWith.isEmpty == (id != nil))
  }

  @Test func findsTheInstanceInAPastedCommand() {
    let page = readPage(
      "$ aws cloudwatch get-metric-statistics --metric-name CPUUtilization \\\n"
        + "    --dimensions Name=InstanceId,Value=i-0abcd123\n"
        + "[{\"Timestamp\": \"2024-03-05T02:07:00+00:00\", \"Average\": 12.5}]",
      with: CloudWatchReader.self)
    #expect(page.subjects[0].keys == [.instanceID("i-0abcd123")])
    #expect(page.number("cloudwatch.CPUUtilization") == 0.125)
    #expect(page.line("cloudwatch.CPUUtilization") == 3)
  }

  @Test(arguments: [
    ("\"Sum\": 3.0, \"Maximum\": 1.0", 1.0), ("\"Sum\": 3.0", 1), ("\"Average\": 0.2", 1),
    ("\"Minimum\": 1.0", 1), ("\"Minimum\": 0.0", nil), ("\"SampleCount\": 5.0", nil),
    ("\"Sum\": 0.0, \"SampleCount\": 5.0", 0),
  ])
  func readsAnyStatisticOfACheck(_ statistics: String, _ expected: Double?) {
    let page = readPage(
      self.statistics("StatusCheckFailed", ["{\"Timestamp\": 1709604000, \(statistics)}"]),
      with: CloudWatchReader.self)
    #expect(page.number("cloudwatch.StatusCheckFailed") == expected)
  }

  @Test func readsUtilizationAsShares() {
    let page = readPage(
      statistics(
        "CPUUtilization",
        [
          "{\"Timestamp\": \"2024-03-05T11:07:00+0900\", \"Average\": 50, \"Maximum\": 100}",
          "{\"Timestamp\": \"2024-03-05T02:12:00.000Z\", \"Maximum\": 75}",
        ]), with: CloudWatchReader.self)
    #expect(page.all("cloudwatch.CPUUtilization").map(\.value) == [.number(0.5)])
    #expect(
      page.all("cloudwatch.CPUUtilization.maximum").map(\.value) == [.number(1), .number(0.75)])
    #expect(page.all("cloudwatch.CPUUtilization")[0].time?.description == "2024-03-05T02:07:00Z")
  }

  @Test(arguments: [
    ("mem_used_percent", "cloudwatch.mem_used_percent", 0.4),
    ("MemoryUtilization", "cloudwatch.mem_used_percent", 0.4),
    ("EBSIOBalance%", "cloudwatch.EBSIOBalance", 0.4),
    ("EBSByteBalance%", "cloudwatch.EBSByteBalance", 0.4),
    ("CPUSurplusCreditBalance", "cloudwatch.CPUSurplusCreditBalance", 40),
    ("CPUCreditUsage", "cloudwatch.CPUCreditUsage", 40),
  ])
  func readsLevels(_ label: String, _ fact: String, _ value: Double) {
    let page = readPage(
      statistics(label, points([40], statistic: "Average")), with: CloudWatchReader.self)
    #expect(page.number(fact) == value)
  }

  @Test func sumsUpTheCreditBalance() {
    let values = [30.0, 0.9, 0.1, 2, 0.5, 6, 20, 0.9, 30]
    let page = readPage(
      statistics("CPUCreditBalance", points(values, statistic: "Average", period: 300)),
      with: CloudWatchReader.self)
    let name = "cloudwatch.CPUCreditBalance"
    #expect(page.number("\(name).lowest") == 0.1)
    #expect(page.line("\(name).lowest") == 5)
    #expect(page.number("\(name).latest") == 30)
    #expect(page.line("\(name).latest") == 11)
    #expect(page.number("\(name).exhausted_for") == 1200)
    // A balance that hovers around one credit has not recovered.
    #expect(page.events.map(\.name) == ["cpu-credits-exhausted", "cpu-credits-exhausted"])
    #expect(page.events.map(\.time) == [at(300), at(2100)])
    #expect(page.events.map(\.until) == [at(1500), at(2400)])
    #expect(page.events.filter(\.isImpact).isEmpty)
  }

  @Test func sumsUpTheBalancesAndLimitsOfEBS() {
    let spent = readPage(
      statistics(
        "BurstBalance", points([40, 0.4, 0, 3, 0.2, 9], statistic: "Average", period: 300)),
      with: CloudWatchReader.self)
    #expect(spent.all("cloudwatch.BurstBalance").first?.value == .number(0.4))
    #expect(spent.number("cloudwatch.BurstBalance.lowest") == 0)
    #expect(spent.number("cloudwatch.BurstBalance.exhausted_for") == 900)
    #expect(spent.events.map(\.name) == ["ebs-credits-exhausted"])
    let exceeded = readPage(
      statistics(
        "VolumeIOPSExceededCheck", points([0, 1, 1, 0.4], statistic: "Maximum", period: 60)),
      with: CloudWatchReader.self)
    #expect(exceeded.number("cloudwatch.VolumeIOPSExceededCheck.exceeded_for") == 120)
    #expect(exceeded.events.map(\.text) == ["asked for more IOPS than the volume may have"])
    let stalled = readPage(
      statistics("VolumeStalledIOCheck", points([0, 1, 1, 1], statistic: "Maximum", period: 60)),
      with: CloudWatchReader.self)
    #expect(stalled.number("cloudwatch.VolumeStalledIOCheck.longest_failure") == 180)
    #expect(stalled.events.map(\.name) == ["ebs-io-stalled"])
  }

  @Test("All volumes are of one instance, and told apart by their ids")
  func volumesAreParts() {
    let text = """
      {"MetricDataResults": [
      {"Id": "a", "Label": "vol-0aaaaaaaa BurstBalance", "Timestamps": ["2024-03-05T02:00:00Z"], "Values": [0]},
      {"Id": "b", "Label": "vol-0bbbbbbbb BurstBalance", "Timestamps": ["2024-03-05T02:00:00Z"], "Values": [90]}
      ]}
      """
    let page = readPage(
      text.replacing("vol-0a", with: "vol-a").replacing("vol-0b", with: "vol-b"),
      with: CloudWatchReader.self)
    #expect(page.number("cloudwatch.BurstBalance", part: "vol-aaaaaaaa") == 0)
    #expect(page.number("cloudwatch.BurstBalance", part: "vol-bbbbbbbb") == 0.9)
    #expect(page.subjects.count { $0.kind == .instance } == 1)
  }

  @Test("What a check of one volume says is not taken for that of another")
  func checksOfVolumesAreParts() {
    func result(_ volume: String, _ values: String) -> String {
      """
      {"Label": "\(volume) VolumeStalledIOCheck", "Values": [\(values)], "Timestamps":
        ["2024-03-05T02:00:00Z", "2024-03-05T02:01:00Z", "2024-03-05T02:02:00Z"]}
      """
    }
    let page = readPage(
      "{\"MetricDataResults\": ["
        + [result("vol-aaaaaaaa", "1, 1, 1"), result("vol-bbbbbbbb", "0, 0, 0")]
        .joined(separator: ",\n") + "]}", with: CloudWatchReader.self)
    let name = "cloudwatch.VolumeStalledIOCheck"
    #expect(page.number("\(name).longest_failure", part: "vol-aaaaaaaa") == 180)
    #expect(page.number("\(name).longest_failure", part: "vol-bbbbbbbb") == 0)
    #expect(page.number("\(name).failed_periods", part: "vol-aaaaaaaa") == 3)
    #expect(page.all("\(name).first_failure").map(\.part) == ["vol-aaaaaaaa"])
    #expect(page.all("\(name).last_failure").map(\.part) == ["vol-aaaaaaaa"])
  }

  @Test func theLowestBalanceIsThatOfTheMinimum() {
    let page = readPage(
      statistics(
        "CPUCreditBalance",
        ["{\"Timestamp\": 1709604000, \"Average\": 9,\n\"Minimum\": 3}"]),
      with: CloudWatchReader.self)
    #expect(page.number("cloudwatch.CPUCreditBalance.lowest") == 3)
    #expect(page.line("cloudwatch.CPUCreditBalance.lowest") == 4)
    #expect(page.number("cloudwatch.CPUCreditBalance.latest") == 9)
    #expect(page.number("cloudwatch.CPUCreditBalance.exhausted_for") == 0)
  }

  private static let metricData = """
    {"MetricDataResults": [
      {"Id": "m1", "Label": "StatusCheckFailed_System", "StatusCode": "PartialData",
       "Timestamps": ["2024-03-05T02:02:00+00:00",
                      "2024-03-05T02:01:00+00:00",
                      "2024-03-05T02:00:00+00:00"],
       "Values": [1.0,
                  1.0,
                  0.0]},
      {"Id": "cpu_credit_balance", "Label": "web-1", "StatusCode": "Complete",
       "Timestamps": ["2024-03-05T02:00:00Z"], "Values": [140.5]}
    ]}
    """

  @Test func readsMetricData() {
    #expect(recognition(of: Self.metricData, by: CloudWatchReader.self) == .certain)
    let page = readPage(Self.metricData, with: CloudWatchReader.self)
    let check = page.all("cloudwatch.StatusCheckFailed_System")
    #expect(check.map(\.value) == [.number(0), .number(1), .number(1)])
    #expect(check.map(\.origin.line) == [8, 7, 6])
    #expect(page.number("cloudwatch.StatusCheckFailed_System.longest_failure") == 120)
    #expect(page.line("cloudwatch.StatusCheckFailed_System.failed_periods") == 7)
    #expect(page.number("cloudwatch.CPUCreditBalance") == 140.5)
    #expect(page.warnings.first?.line == 2)
    #expect(page.subjects.count == 1)
  }

  @Test func metricsOfSeveralInstancesStayApart() {
    func result(_ label: String, _ value: Int) -> String {
      "{\"Id\": \"m\", \"Label\": \"\(label) StatusCheckFailed_System\","
        + "\"Timestamps\": [1709604000], \"Values\": [\(value)]}"
    }
    let named = readPage(
      "{\"MetricDataResults\": [\(result("web-1", 0)), \(result("web-2", 1))]}",
      with: CloudWatchReader.self)
    #expect(named.subjects.count == 2)
    #expect(named.subjects.allSatisfy { !$0.keys.isEmpty })
    // Two answers pasted one after the other, for the same time: two instances.
    let pasted = readPage(
      statistics("StatusCheckFailed_System", points([0, 0]))
        + statistics("StatusCheckFailed_System", points([1, 1])), with: CloudWatchReader.self)
    #expect(pasted.subjects.count == 2)
    // The next page of an answer goes on where the last one ended.
    let paged = readPage(
      "{\"MetricDataResults\": [\(result("web-1", 0))]}\n{\"MetricDataResults\": ["
        + result("web-1", 1).replacing("1709604000", with: "1709604060") + "]}",
      with: CloudWatchReader.self)
    #expect(paged.subjects.count == 1)
    #expect(paged.all("cloudwatch.StatusCheckFailed_System").count == 2)
  }

  @Test(arguments: [
    "StatusCheckFailed_Instance\nDATAPOINTS\t0.0\t1709604000\tCount\nDATAPOINTS\t1.0\t1709604060\tCount\n",
    """
    -----------------------------------------
    |          GetMetricStatistics          |
    +-------+-------------------------------+
    |  Label|  StatusCheckFailed_Instance   |
    +-------+-------------------------------+
    ||             Datapoints              ||
    |+-----------+---------------+---------+|
    ||  Maximum  |   Timestamp   |  Unit   ||
    |+-----------+---------------+---------+|
    ||  0.0      |  1709604000   |  Count  ||
    ||  1.0      |  1709604060   |  Count  ||
    |+-----------+---------------+---------+|
    """,
    """
    Datapoints:
    - Maximum: 1.0
      Timestamp: '2024-03-05T02:01:00+00:00'
    - Maximum: 0.0
      Timestamp: '2024-03-05T02:00:00+00:00'
    Label: StatusCheckFailed_Instance
    """,
  ])
  func readsOtherOutputs(_ text: String) {
    #expect(recognition(of: text, by: CloudWatchReader.self) == .certain)
    let page = readPage(text, with: CloudWatchReader.self)
    #expect(
      page.all("cloudwatch.StatusCheckFailed_Instance").map(\.value) == [.number(0), .number(1)])
    #expect(page.all("cloudwatch.StatusCheckFailed_Instance").map(\.time) == [at(0), at(60)])
  }

  @Test func readsTheWindowAskedForOnly() {
    var context = ReadingContext()
    context.window = TimeWindow(since: at(120))
    let page = readPage(
      statistics("StatusCheckFailed_System", points([1, 1, 0, 0])), with: CloudWatchReader.self,
      context: context)
    #expect(page.number("cloudwatch.StatusCheckFailed_System.failed_periods") == 0)
    #expect(page.coverage?.lowerBound == at(120))
  }

  @Test func thinsLongSeriesAndSaysSo() {
    var values = Array(repeating: 0.0, count: 12_000)
    values[7001] = 1
    let page = readPage(
      statistics("StatusCheckFailed", points(values)), with: CloudWatchReader.self)
    #expect(page.all("cloudwatch.StatusCheckFailed").count <= 5001)
    #expect(page.number("cloudwatch.StatusCheckFailed.failed_periods") == 1)
    #expect(page.warnings.count == 1)
  }

  @Test func truncatedAnswersKeepWhatIsWhole() {
    let page = readPage(
      "{\"Label\": \"CPUUtilization\", \"Datapoints\": [{\"Timestamp\": 1709604000, "
        + "\"Average\": 12.0}, {\"Timestamp\": 1709604300, \"Average\": 9",
      with: CloudWatchReader.self)
    #expect(page.all("cloudwatch.CPUUtilization").count == 1)
    #expect(page.warnings.count == 1)
  }

  @Test func emptyAnswersAreSaid() {
    let page = readPage(
      statistics("StatusCheckFailed_System", []), with: CloudWatchReader.self)
    #expect(page.facts.isEmpty)
    #expect(page.warnings.map(\.message) == ["StatusCheckFailed_System has no datapoints"])
  }

  @Test(arguments: [
    "{\"InstanceStatuses\": []}", "[{\"target\": \"cpu\", \"datapoints\": [[1, 2]]}]",
    "{\"AlarmHistoryItems\": [{\"Timestamp\": \"2024-03-05T02:09:00Z\"}]}",
    "{\"Timestamp\": 1, \"level\": \"info\"}", "Datapoints were lost", "",
  ])
  func leavesItsNeighbours(_ text: String) {
    #expect(recognition(of: text, by: CloudWatchReader.self) == .no)
  }

  private func at(_ seconds: Int) -> Instant {
    Instant(microseconds: Int64(1_709_604_000 + seconds) * 1_000_000)
  }
}
