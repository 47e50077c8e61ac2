import Model
import Testing

@testable import Readers

@Suite struct EC2MetricTableTests {
  private static let check = "cloudwatch.StatusCheckFailed_System"

  /// What the console downloads: a column for each full label.
  private func console(_ labels: [String], _ rows: [String]) -> String {
    let commas = String(repeating: ",", count: labels.count - 1)
    return "Id,m1\(commas)\nStatusCode,Complete\(commas)\nMessages,\(commas)\n"
      + "Full label,\(labels.joined(separator: ","))\nLabel,CPUUtilization\(commas)\n"
      + rows.joined(separator: "\n") + "\n"
  }

  private func read(
    _ text: String, name: String = "metrics.csv", zone: Int? = nil
  ) -> Page {
    var context = ReadingContext()
    if let zone { context.zones[nil] = zone }
    return readPage(text, name: name, with: MetricTableReader.self, context: context)
  }

  @Test func columnsOfTheConsoleAreToldApartByInstance() {
    let text = console(
      [
        "eu-west-1:AWS/EC2 InstanceId:i-0abcd1234ef567890 StatusCheckFailed_System Maximum 60",
        "eu-west-1:AWS/EC2 InstanceId:i-0abcd1234ef567891 StatusCheckFailed_System Maximum 60",
      ], ["2024/03/05 02:00:00,0,1", "2024/03/05 02:01:00,,1", "2024/03/05 02:02:00,0,1"])
    #expect(recognition(of: text, by: MetricTableReader.self) == .certain)
    let page = read(text)
    #expect(
      page.subjects.map(\.keys) == [
        [.instanceID("i-0abcd1234ef567890")], [.instanceID("i-0abcd1234ef567891")],
      ])
    #expect(page.all("\(Self.check).failed_periods").map(\.value) == [.number(0), .number(3)])
    #expect(page.all(Self.check).map(\.origin.line) == [6, 8, 6, 7, 8])
  }

  /// The console writes the clock that it is set to, without saying which.
  @Test(arguments: [(nil, false, "02:00:00"), (3600, true, "01:00:00")])
  func theClockOfTheConsoleIsNotKnown(_ zone: Int?, _ isZoned: Bool, _ clock: String) throws {
    let label = "eu-west-1:AWS/EC2 InstanceId:i-0abcd1234ef567890 StatusCheckFailed_System Maximum"
    let page = read(
      console([label], ["2024/03/05 02:00:00,1", "2024/03/05 02:01:00,1"]), zone: zone)
    let event = try #require(page.events.first)
    #expect(event.isZoned == isZoned)
    #expect(event.time.description == "2024-03-05T\(clock)Z")
    let stated = read("timestamp,StatusCheckFailed_System\n2024-03-05T02:00:00Z,1\n", zone: zone)
    #expect(stated.events.map(\.isZoned) == [true])
  }

  @Test(arguments: [
    // The statistic is said in the head, in a column, or not at all.
    ("timestamp,CPUUtilization Average,CPUUtilization Maximum\nT,12.5,64\n", 0.125, 0.64),
    (
      "timestamp,metric,stat,value\nT,CPUUtilization,Maximum,64\nT,CPUUtilization,avg,12.5\n",
      0.125, 0.64
    ),
    ("Timestamp,CPUUtilization,NetworkIn\nT,12.5,918\n", 0.125, nil),
    ("id,timestamp,CPUUtilization\n17,T,12.5\n", 0.125, nil),
    ("Timestamp\tCPUUtilization\nT\t12.5\n", 0.125, nil),
    // What is no mean is not taken for one.
    ("timestamp,CPUUtilization p99\nT,64\n", nil, nil),
    ("timestamp,CPUUtilization SampleCount\nT,5\n", nil, nil),
    ("timestamp,metric,stat,value\nT,CPUUtilization,p99,64\n", nil, nil),
    ("timestamp,CPUUtilization\nT,\nT,NaN\nT,null\n", nil, nil),
  ])
  func readsWhatPeopleMake(_ text: String, _ mean: Double?, _ maximum: Double?) {
    let page = read(
      text.replacing("T,", with: "2024-03-05T02:00:00Z,")
        .replacing("\nT\t", with: "\n2024-03-05T02:00:00Z\t"))
    #expect(page.number("cloudwatch.CPUUtilization") == mean)
    #expect(page.number("cloudwatch.CPUUtilization.maximum") == maximum)
  }

  /// The name of the file or the command tells the metric only where no cell does.
  @Test func theFileNamesTheMetric() {
    let text = "timestamp,value\n2024-03-05T02:00:00Z,0.5\n"
    #expect(
      recognition(of: text, name: "CPUCreditBalance.csv", by: MetricTableReader.self)
        == .possible)
    #expect(
      read(text, name: "i-0abcd1234ef567890/CPUCreditBalance.csv")
        .number("cloudwatch.CPUCreditBalance") == 0.5)
    let named = "timestamp,metric,value\n2024-03-05T02:00:00Z,NetworkIn,0.5\n"
    #expect(read(named, name: "CPUCreditBalance.csv").facts.isEmpty)
    let page = read("timestamp,average,unit\n2024-03-05T02:00:00Z,3,Percent\n")
    #expect(page.facts.isEmpty)
    #expect(page.warnings.contains { $0.message.contains("name the file after the metric") })
  }

  @Test(arguments: ["AWS/RDS DBInstanceIdentifier:orders", "AWS/EC2 AutoScalingGroupName:web"])
  func whatIsNotOneInstanceIsNotRead(_ dimension: String) {
    let page = read(
      console(["eu-west-1:\(dimension) CPUUtilization Average 300"], ["2024/03/05 02:00:00,97"]))
    #expect(page.facts.isEmpty)
    #expect(page.warnings.contains { $0.message.contains("not about one instance") })
  }

  @Test func saysWhatItCouldNotRead() {
    let label = "eu-west-1:AWS/EC2 InstanceId:i-0abcd1234ef567890 CPUUtilization Average 300"
    let text = console([label], ["2024/03/05 02:00:00,97", "total,97", "2024/03/05 02:05:00,98"])
      .replacing("Complete", with: "PartialData")
    let page = read(text)
    #expect(page.all("cloudwatch.CPUUtilization").count == 2)
    #expect(page.skippedLines == 1)
    #expect(page.warnings.contains { $0.line == 7 })
    #expect(page.warnings.contains { $0.message.contains("PartialData") })
  }

  @Test(arguments: [
    "timestamp,value\n2024-03-05T02:00:00Z,1\n",
    "Timestamp,CPUUtilization,MEMUtilization\n1709604000,1,2\n",
    "Id,Label,Submitted,Average\n17,orders,2024-03-05 02:00:00,4.5\n",
    "2024-03-05 02:00:00,123 INFO CPUUtilization is high\n",
    "Label,orders\n2024/03/05 02:00:00,4\n", "a,b\nc,d\n", "Full label,x\n", "", ",\n", "\"\n",
    "14,1650000000,91000,north,10.5\n",
  ])
  func otherTablesAreNotClaimed(_ text: String) {
    #expect(recognition(of: text, by: MetricTableReader.self) == .no)
  }

  @Test(arguments: [
    "a\"b,\"\"\"c\"\" d\",e", "\"", "\"\"\"", "1,2\r", "\u{0}\u{FEFF},\u{301}",
    "timestamp,CPUUtilization\n99999999999999999999,1\n9999999999,1e999\n0000000000,1",
    "Full label,\nLabel,StatusCheckFailed\n2024/13/45 99:99:99,1\n2024/03/05 02:00:00",
    "timestamp,StatusCheckFailed\n\n2024-03-05T02:00:00Z,1,1,1\n2024-03-05T02:00:00Z\n",
  ])
  func hostileTablesAreSurvived(_ text: String) {
    _ = recognition(of: text, by: MetricTableReader.self)
    let page = read(text, name: "CPUUtilization.csv")
    #expect(page.facts.allSatisfy { $0.value.number?.isFinite ?? true })
  }

  @Test func cellsAreTakenOutOfTheirQuotes() {
    #expect(
      MetricTable.cells(of: "a, b ,\"c,d\",\"e\"\"f\",", UInt8(ascii: ",")) == [
        "a", "b", "c,d", "e\"f", "",
      ])
  }
}
