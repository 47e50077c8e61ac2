import Model
import Testing

@testable import Readers

/// Answers of a Prometheus' HTTP API.
@Suite struct PrometheusAnswerTests {
  private func page(_ text: String, context: ReadingContext = ReadingContext()) -> Page {
    readPage(text, with: PrometheusAnswerReader.self, context: context)
  }

  /// A matrix of series: the name, further labels, and a value for each minute from 03:00 on.
  private func matrix(_ series: [(name: String, labels: String, values: [Double])]) -> String {
    let start = 1_795_402_800
    let all = series.map { series in
      let points = series.values.enumerated().map {
        "[\(start + 60 * $0.offset),\"\($0.element)\"]"
      }
      return
        #"{"metric":{"__name__":"\#(series.name)","instance":"10.0.0.7:9100"\#(series.labels)},"#
        + #""values":[\#(points.joined(separator: ","))]}"#
    }
    return
      #"{"status":"success","data":{"resultType":"matrix","result":[\#(all.joined(separator: ","))]}}"#
  }

  @Test func readsAVector() {
    let text = """
      {"status":"success","data":{"resultType":"vector","result":[
        {"metric":{"__name__":"redis_memory_used_bytes","instance":"10.0.0.7:9121","job":"redis"},
         "value":[1795402797.085,"1739480"]},
        {"metric":{"__name__":"redis_memory_used_bytes","instance":"10.0.0.8:9121","job":"redis"},
         "value":[1795402797.085,"99"]}]}}
      """
    #expect(recognition(of: text, by: PrometheusAnswerReader.self) == .certain)
    let page = page(text)
    #expect(page.all("redis.memory.used_memory").map(\.value) == [.number(1_739_480), .number(99)])
    #expect(page.subjects.count == 2)
    #expect(page.line("redis.memory.used_memory") == 4)
    let excerpt = page.all("redis.memory.used_memory").first?.origin.excerpt
    #expect(excerpt?.hasPrefix(#"{"metric":{"__name__":"redis_memory_used_bytes""#) == true)
  }

  @Test func countersTellWhatHappenedBetweenScrapes() {
    let mode = { (name: String) in #","cpu":"0","mode":"\#(name)""# }
    let page = page(
      matrix([
        ("node_cpu_seconds_total", mode("idle"), [0, 30, 30, 60]),
        ("node_cpu_seconds_total", mode("iowait"), [0, 30, 90, 90]),
        ("node_disk_reads_completed_total", #","device":"nvme0n1""#, [100, 100, 300, 300]),
        ("node_disk_writes_completed_total", #","device":"nvme0n1""#, [0, 0, 100, 100]),
        ("node_disk_read_time_seconds_total", #","device":"nvme0n1""#, [1, 1, 61, 61]),
        ("node_disk_write_time_seconds_total", #","device":"nvme0n1""#, [0, 0, 60, 60]),
        ("node_disk_io_time_weighted_seconds_total", #","device":"nvme0n1""#, [0, 0, 1200, 1200]),
        ("node_memory_MemTotal_bytes", "", [1000, 1000, 1000, 1000]),
        ("node_memory_MemAvailable_bytes", "", [900, 90, 40, 500]),
        ("node_vmstat_pswpin", "", [0, 600, 600, 600]),
        ("node_vmstat_pswpout", "", [0, 600, 60_600, 60_600]),
        ("node_vmstat_oom_kill", "", [4, 4, 6, 7]),
      ]))
    #expect(page.number("host.sysstat.iowait_peak") == 1)
    #expect(page.number("host.sysstat.iowait_for") == 120)
    // 120 seconds for 300 requests.
    #expect(page.number("host.sysstat.disk_wait_peak", part: "nvme0n1") == 0.4)
    #expect(page.number("host.sysstat.disk_queue_peak", part: "nvme0n1") == 20)
    #expect(page.number("host.sysstat.memory_low_for") == 120)
    #expect(page.number("host.sysstat.available_lowest_share") == 0.04)
    #expect(page.number("host.sysstat.swapping_for") == 60)
    #expect(page.number("host.oom_kills_counted") == 3)
    let kills = page.events.filter { $0.name == "oom-kill" }
    #expect(kills.map(\.time.description) == ["2026-11-23T03:02:00Z"])
  }

  @Test func aCounterThatWentBackTellsNothing() {
    let page = page(
      matrix([
        ("node_cpu_seconds_total", #","cpu":"0","mode":"idle""#, [500, 10]),
        ("node_cpu_seconds_total", #","cpu":"0","mode":"iowait""#, [500, 60]),
        ("node_vmstat_pswpin", "", [9, 1]), ("node_vmstat_oom_kill", "", [9, 0]),
        ("node_disk_reads_completed_total", #","device":"sda""#, [900, 1]),
      ]))
    #expect(page.facts.allSatisfy { !$0.name.hasPrefix("host.sysstat.") })
    #expect(page.value("host.oom_kills_counted") == nil)
  }

  /// Who asked for one mode alone knows no share.
  @Test func oneModeIsNoShare() {
    let page = page(
      matrix([("node_cpu_seconds_total", #","cpu":"0","mode":"iowait""#, [0, 30, 60])]))
    #expect(page.value("host.sysstat.iowait_peak") == nil)
  }

  @Test func tellsWhenNobodyAnswered() {
    let page = page(
      matrix([
        ("up", #","job":"node""#, [1, 0, 0, 1, 0]), ("up", #","job":"web""#, [0, 0, 0, 0, 0]),
        ("redis_up", #","job":"redis""#, [1, 1, 0, 0, 0]),
      ]))
    let told = page.events.map { "\($0.name) \($0.time) \($0.until.map(\.description) ?? "-")" }
    #expect(
      told == [
        "host-unreachable 2026-11-23T03:01:00Z 2026-11-23T03:02:00Z",
        "host-unreachable 2026-11-23T03:04:00Z -",
        "redis-unreachable 2026-11-23T03:02:00Z 2026-11-23T03:04:00Z",
      ])
    #expect(page.value("redis.exporter.up") == .flag(false))
    #expect(page.warnings.count == 1)
  }

  @Test func ofManyTimesAnEvenSelectionIsRead() {
    let values = (0..<1000).map(Double.init)
    let page = page(matrix([("node_load1", "", values)]))
    let read = page.all("host.load1").compactMap(\.value.number)
    #expect(read.first == 0 && read.last == 999)
    #expect((50...61).contains(read.count))
    #expect(page.warnings.count == 1)
    var context = ReadingContext()
    context.window.until = Instant(seconds: 1_795_402_800 + 600)
    #expect(self.page(matrix([("node_load1", "", values)]), context: context).facts.count <= 2)
  }

  @Test func saysWhatIsNotRead() {
    let nameless = page(
      #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"x"},"value":[1,"2"]}]}}"#
    )
    #expect(nameless.facts.isEmpty)
    #expect(nameless.warnings.map(\.message).first?.contains("without a name") == true)
    let foreign = page(
      #"{"data":{"resultType":"vector","result":[{"metric":{"__name__":"go_info"},"value":[1,"2"]}]}}"#
    )
    #expect(foreign.warnings.map(\.message).first?.contains("among 1 series") == true)
  }

  @Test func anyPiecesAreReadAlike() {
    let text = matrix([
      ("node_load1", "", [1, 2, 3]), ("node_load5", #","note":"a \" ] } b""#, [4, 5, 6]),
    ])
    let whole = page(text)
    #expect(whole.facts.count == 6)
    for size in [1, 7, 64] {
      let page = readPage(
        Array(text.utf8), name: "file", with: PrometheusAnswerReader.self, piece: size)
      #expect(page.facts == whole.facts)
    }
  }

  @Test func whatIsCutIsReadUpToThere() {
    let text = matrix([("node_load1", "", [1, 2, 3]), ("node_load5", "", [4, 5, 6])])
    let page = page(String(text.dropLast(9)))
    #expect(page.all("host.load1").count == 3)
    #expect(page.all("host.load5").isEmpty)
    #expect(page.warnings.map(\.message).first?.contains("cut") == true)
  }

  /// Labels cost memory, too.
  @Test func labelsAreBounded() {
    let long = String(repeating: "x", count: 1 << 20)
    let text = matrix(
      (0..<20).map { ("node_load1", #","note":"\#($0)\#(long)""#, [1]) })
    #expect(page(text).warnings.contains { $0.isLoss && $0.message.contains("16 MiB of labels") })
  }

  @Test func anErrorIsTold() {
    let text =
      #"{"status":"error","errorType":"bad_data","error":"1:5: parse error: unexpected end"}"#
    #expect(recognition(of: text, by: PrometheusAnswerReader.self) == .possible)
    #expect(
      page(text).warnings.map(\.message) == [
        "Prometheus answered with an error: 1:5: parse error: unexpected end"
      ])
  }

  @Test(arguments: [
    "{\"data\": {\"resultType\": \"matrix\", \"result\": [{\"metric\": {\"__name__\": \"up\"",
    "{\"resultType\":1,\"result\":2,\"data\":{\"result\":[3,[],{\"metric\":[]}]}}",
    "{\"resultType\":\"vector\",\"data\":{\"result\":[{\"metric\":{\"__name__\":\"node_load1\"},\"value\":[1e400,\"x\"]},{\"metric\":{\"__name__\":\"node_load1\"},\"values\":[[],[1],[-1e300,\"1e309\"],[null,\"1\"]]}]}}",
  ])
  func survives(_ text: String) { _ = page(text) }

  @Test(arguments: [
    (#","addr":"redis://10.0.0.8:6380""#, "10.0.0.7:9121", IdentityKey.address("10.0.0.8:6380")),
    (#","addr":"redis://localhost:6380""#, "10.0.0.7:9121", .address("10.0.0.7:6380")),
    ("", "redis://10.0.0.8:6379", .address("10.0.0.8:6379")),
    (#","tcp_port":"6390""#, "10.0.0.7:9121", .address("10.0.0.7:6390")),
    (#","alias":"sessions""#, "10.0.0.7:9121", .serviceName("sessions")),
    (#","service":"cache""#, "10.0.0.7:9121", .serviceName("cache")),
    ("", "10.0.0.7:9121", .serviceName("10.0.0.7:9121")),
  ])
  func aServerIsNamedRatherThanItsExporter(labels: String, instance: String, key: IdentityKey) {
    let text = matrix([
      ("redis_up", labels, [1, 0, 1]), ("redis_memory_used_bytes", labels, [1000, 1000, 1000]),
    ]).split(separator: "10.0.0.7:9100", omittingEmptySubsequences: false).joined(
      separator: instance)
    #expect(page(text).subjects.map(\.keys) == [[key]])
  }

  @Test func serversOfOneExporterAndOneServiceStayApart() {
    let text = matrix([
      ("redis_memory_used_bytes", #","addr":"10.0.0.8:6379""#, [1]),
      ("redis_memory_used_bytes", #","addr":"10.0.0.9:6379""#, [2]),
      ("redis_memory_used_bytes", #","x":"y","service":"cache""#, [3]),
    ])
    #expect(page(text).subjects.count == 3)
    let named = { (n: String) in
      #"{"metric":{"__name__":"redis_up","instance":"\#(n):9121","service":"cache"},"value":[1795402797,"1"]}"#
    }
    let pair =
      #"{"status":"success","data":{"resultType":"vector","result":[\#(named("a")),\#(named("b"))]}}"#
    #expect(page(pair).subjects.count == 2)
  }
}
