import Model
import Testing

@testable import Readers

/// What does not fit is said, and what is newest stays.
@Suite struct LimitTests {
  private let box = "i-0abcd1234ef567890"

  private func notice(_ name: String, _ index: Int, _ state: String, metric: String) -> String {
    let time = Instant(microseconds: (1_709_600_000 + Int64(index) * 60) * 1_000_000)
    return "{\"AlarmName\": \"\(name)\", \"NewStateValue\": \"\(state)\","
      + " \"NewStateReason\": \"Threshold Crossed: 1.0 was greater than 0\","
      + " \"StateChangeTime\": \"\(time)\", \"Trigger\": {\"MetricName\": \"\(metric)\","
      + " \"Dimensions\": [{\"name\": \"InstanceId\", \"value\": \"\(box)\"}]}}\n"
  }

  private func losses(_ page: Page) -> [String] {
    page.warnings.filter(\.isLoss).map(\.message)
  }

  @Test func theNewestNoticesOfAnAlarmStay() {
    let check = "StatusCheckFailed_System"
    var text = ""
    for index in 0..<1234 {
      text += notice("sys", index, index.isMultiple(of: 2) ? "OK" : "ALARM", metric: check)
    }
    let page = readPage(text, with: AWSNoticeReader.self)
    #expect(page.text("cloudwatch.StatusCheckFailed_System.alarm") == "ALARM")
    #expect(page.line("cloudwatch.StatusCheckFailed_System.alarm") == 1234)
    #expect(losses(page) == ["1234 notices of alarms; the last 500 were read"])
    let few = readPage(notice("sys", 0, "ALARM", metric: check), with: AWSNoticeReader.self)
    #expect(few.warnings.isEmpty)
  }

  @Test func alarmsOnStatusChecksGoFirst() {
    var text = ""
    for index in 100..<160 { text += notice("a\(index)", 1, "ALARM", metric: "CPUUtilization") }
    text += notice("sys", 2, "ALARM", metric: "StatusCheckFailed_System")
    let page = readPage(text, with: AWSNoticeReader.self)
    #expect(page.text("cloudwatch.StatusCheckFailed_System.alarm") == "ALARM")
    #expect(losses(page).first?.contains("61 alarms") == true)
  }

  @Test func eventsOfHealthBeyondTheLimitAreSaid() {
    var text = ""
    for index in 0..<502 {
      text +=
        "{\"arn\": \"arn:aws:health:eu-west-1::event/EC2/\(index)\", \"eventTypeCode\":"
        + " \"AWS_EC2_OPERATIONAL_ISSUE\", \"eventScopeCode\": \"PUBLIC\"}\n"
    }
    let page = readPage(text, with: AWSNoticeReader.self)
    #expect(losses(page) == ["2 notices of events beyond the first 500 were not read"])
  }

  @Test func theHistoryCountsAlarmsThatAreLeftOutOnce() {
    let items = (0..<60).flatMap { index in
      ["OK to ALARM", "ALARM to OK"].map { change in
        "{\"AlarmName\": \"a\(index)\", \"Timestamp\": \"2024-03-05T02:09:00Z\","
          + " \"HistoryItemType\": \"StateUpdate\","
          + " \"HistorySummary\": \"Alarm updated from \(change)\"}"
      }
    }
    let text = "{\"AlarmHistoryItems\": [\(items.joined(separator: ","))]}"
    let page = readPage(text, with: AlarmHistoryReader.self)
    #expect(losses(page) == ["60 alarms; the first 50 were read"])
  }

  @Test func theNewestBurstStays() {
    var burst = AppBurst()
    func time(_ second: Int) -> Instant { Instant(microseconds: Int64(second) * 1_000_000) }
    let origin = Origin(line: 1, excerpt: "")
    for index in 0..<250 {
      // The second and the third lie closest together.
      let second = index * 1000 - (index == 2 ? 600 : 0)
      burst.add(kind: "k", origin, at: time(second), isZoned: true)
    }
    #expect(burst.runs.count == 200)
    #expect(burst.runs.last?.last == time(249_000))
    #expect(burst.runs.first?.first == time(0))
    #expect(burst.runs.reduce(0) { $0 + $1.count } == 250)
    #expect(burst.runs[1].count >= 2)
  }

  @Test func theWorkersOfTodayStay() {
    var series = RSSSeries()
    for pid in 1...300 {
      series.add(
        RSSSeries.Point(
          clock: Double(pid), time: nil, resident: 1, bytes: 1, life: nil,
          origin: Origin(line: pid, excerpt: "")),
        pid: pid)
    }
    #expect(series.points.count == 256)
    #expect(series.points[300] != nil)
    #expect(series.points[1] == nil)
    #expect(series.forgotten == 44)
  }

  @Test func servicesBeyondTheLimitAreSaid() {
    var text = "services:\n"
    for index in 0..<501 { text += "  s\(index):\n    image: alpine\n" }
    let page = readPage(text, with: GunicornCommandReader.self)
    #expect(losses(page) == ["501 services; the first 500 were read"])
  }
}
