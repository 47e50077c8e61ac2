import Model
import Testing

@testable import Readers

@Suite struct NginxAccessLogTests {
  private static let day = "12/Mar/2024:"

  /// `hh:mm:ss` of a second of the day.
  private static func clock(_ second: Int) -> String {
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(two(second / 3600 % 24)):\(two(second / 60 % 60)):\(two(second % 60))"
  }

  private static func combined(
    _ second: Int, client: String = "192.0.2.7", _ request: String = "GET / HTTP/1.1",
    _ status: Int = 200, agent: String = "curl/8.0", zone: String = "+0000", more: String = ""
  ) -> String {
    "\(client) - - [\(day)\(clock(second)) \(zone)] \"\(request)\" \(status) 15 \"-\" "
      + "\"\(agent)\"\(more)\n"
  }

  private static func json(_ second: Int, _ request: String, _ status: Int, agent: String) -> String
  {
    "{\"@timestamp\":\"2024-03-12T\(clock(second))+00:00\",\"remote_addr\":\"\","
      + "\"host\":\"10.0.0.1:80\",\"request\":\"\(request)\",\"status\": \"\(status)\","
      + "\"size\": \"15\",\"responsetime\": \"0.004\",\"http_user_agent\":\"\(agent)\"}\n"
  }

  @Test(arguments: [
    // combined, common, extra fields, compose prefix, bracketed ISO, other zone
    "192.0.2.7 - - [12/Mar/2024:09:41:03 +0000] \"GET /a?b=1 HTTP/1.1\" 502 15 \"-\" \"curl/8.0\"",
    "192.0.2.7 - - [12/Mar/2024:18:41:03 +0900] \"GET /a HTTP/1.1\" 502 15",
    "192.0.2.7 - - [12/Mar/2024:09:41:03 +0000] \"GET /a HTTP/1.1\" 502 0 29.965 \"-\" \"curl/8.0\"",
    "web-1  | 192.0.2.7 - - [12/Mar/2024:09:41:03 +0000] \"GET /a HTTP/1.1\" 502 15 \"-\" \"curl/8.0\"",
    "[2024-03-12T09:41:03+00:00] 192.0.2.7 \"GET /a HTTP/1.1\" 502 0 0.000 0.000",
    "[2024-03-12T09:41:03Z] 192.0.2.7 \"GET /a HTTP/1.1\" 502 0 0.000 0.000",
    "192.0.2.7 - - [12/Mar/2024:09:41:03 +0000] \"GET /a HTTP/1.1\" 502 15 \"-\" \"curl/8.0\" \"1.2.3.4\"",
    "{\"status\":502,\"time\":\"12/Mar/2024:09:41:03 +0000\",\"request\":{\"method\":\"GET\",\"uri\":\"/a?x\"},\"client_ip\":\"192.0.2.7\"}",
    "{\"remote_addr\":\"192.0.2.7\",\"agent\":\"a\\x22b\",\"msec\":1710236463.120,\"status\":\"502\",\"uri\":\"/a\",\"request_method\":\"GET\"}",
  ])
  func readsForm(_ line: String) {
    for text in [line, line + "\n", line + "\r\n"] {
      let page = readPage(text, with: AccessLogReader.self)
      #expect(page.number("nginx.access.requests") == 1)
      #expect(page.number("nginx.access.status.502") == 1)
      #expect(page.line("nginx.access.status.5xx") == 1)
      #expect(page.all("nginx.access.path.requests").map(\.part) == ["/a"])
      #expect(page.all("nginx.access.client.requests").map(\.part) == ["192.0.2.7"])
      #expect(page.coverage?.lowerBound.description == "2024-03-12T09:41:03Z")
      #expect(page.skippedLines == 0)
    }
  }

  /// What was skipped decides whether the log is read once more, as one of several programs.
  @Test(arguments: [
    ("203.0.113.9 - - [12/Mar/2024:09:4", false),
    ("2024/03/12 09:41:03 [error] 7#7: *1 connect() failed", true),
    ("web-1  | starting", true),
  ])
  func tellsWhetherSkippedLinesMayBeOthers(_ line: String, _ may: Bool) {
    var reader = AccessLogReader(context: .init())
    var page = Page(kind: AccessLogReader.kind)
    let text = Self.combined(0) + line + "\n"
    reader.read(block: Array(text.utf8).span, firstLine: 1, into: &page)
    #expect(reader.maySkipOthers == may)
    reader.finish(into: &page)
    #expect(page.skippedLines == 1)
  }

  @Test(arguments: [
    (" 0.010 0.011", 0.011), (" rt=0.382 uct=0.001 urt=0.500", 0.382),
    (" 69 0.003 [x] [] 2", 0.003),
    (" rt=\"1.250\" urt=\"1.200, 0.050\"", 1.25),
  ])
  func findsRequestTime(_ more: String, _ seconds: Double) {
    let page = readPage(Self.combined(0, more: more), with: AccessLogReader.self)
    #expect(page.number("nginx.access.request_time.max") == seconds)
  }

  @Test func noRequestTimeInUnnamedIntegers() {
    let page = readPage(Self.combined(0, more: " 120 uct=0.100"), with: AccessLogReader.self)
    #expect(page.all("nginx.access.request_time.max").isEmpty)
  }

  @Test(arguments: [
    (
      "$msec|$request_method|$request_uri|$status|$upstream_response_time|$request_time",
      "1710236463.120|POST|/up?x=1|504|0.100, 0.200|0.301", 0.301, "/up"
    ),
    (
      "$time_iso8601 $status $upstream_response_time $request_time \"$request\" \"$http_user_agent\"",
      "2024-03-12T09:41:03+00:00 504 0.100, 0.200 : - 0.301 \"POST /up HTTP/1.1\" \"x\"", 0.301,
      "/up"
    ),
    (
      "${remote_addr} [$time_local] \"$request\" $status $request_time \"$upstream_response_time\"",
      "192.0.2.7 [12/Mar/2024:09:41:03 +0000] \"POST /up?q HTTP/1.1\" 504 0.301 \"-\"", 0.301,
      "/up"
    ),
  ])
  func readsStatedFormat(_ format: String, _ line: String, _ time: Double, _ path: String) {
    var context = ReadingContext()
    context.logFormats = ["mine": format, "short": "$remote_addr [$time_local] $status"]
    let page = readPage(line + "\n", with: AccessLogReader.self, context: context)
    #expect(page.number("nginx.access.status.504") == 1)
    #expect(page.number("nginx.access.uploads") == 1)
    #expect(page.number("nginx.access.request_time.max") == time)
    #expect(page.all("nginx.access.path.requests").map(\.part) == [path])
    #expect(page.coverage?.lowerBound.description.prefix(19) == "2024-03-12T09:41:03")
  }

  @Test func learnsKeysOfJSONFormat() {
    var context = ReadingContext()
    context.logFormats = [
      "j": "{\"t\":\"$time_iso8601\",\"r\":\"$request\",\"s\":$status,\"d\":\"$request_time\"}"
    ]
    let line =
      "{\"t\":\"2024-03-12T09:41:03+00:00\",\"r\":\"GET /x HTTP/1.1\",\"s\":500,\"d\":\"0.250\"}"
    let page = readPage(line, with: AccessLogReader.self, context: context)
    #expect(page.number("nginx.access.status.500") == 1)
    #expect(page.number("nginx.access.request_time.max") == 0.25)
  }

  @Test func findsProbeThatFollowsRedirect() {
    var text = ""
    for beat in 0..<100 {
      let jitter = beat % 7 == 0 ? 1 : 0
      text += Self.json(beat * 10 + jitter, "GET / HTTP/1.1", 302, agent: "Go-http-client/1.1")
      text += Self.json(beat * 10 + jitter, "GET /login HTTP/1.1", 200, agent: "Go-http-client/1.1")
      if beat % 3 == 0 {
        text += Self.json(beat * 10 + 4, "GET /health HTTP/1.1", 200, agent: "Consul Health Check")
      }
      text += Self.json(
        beat * 10 + (beat * beat) % 9, "GET /page/\(beat) HTTP/1.1", 200, agent: "Mozilla/5.0")
    }
    let whole = readPage(text, with: AccessLogReader.self)
    let part = "GET / 302 Go-http-client/1.1"
    #expect(whole.number("nginx.periodic.clients") == 3)
    #expect(abs((whole.number("nginx.periodic.period", part: part) ?? 0) - 10) < 0.05)
    #expect((whole.number("nginx.periodic.jitter", part: part) ?? 9) < 0.6)
    #expect(whole.number("nginx.periodic.count", part: part) == 100)
    #expect(whole.text("nginx.periodic.path", part: part) == "/")
    #expect(whole.line("nginx.periodic.period", part: part) == 1)
    #expect(whole.text("nginx.periodic.follows", part: part) == "/login")
    #expect(whole.line("nginx.periodic.follows", part: part) == 2)
    #expect(whole.all("nginx.periodic.follows").count == 1)
    #expect(whole.text("nginx.health.path") == "/health")
    #expect(whole.number("nginx.health.requests") == 34)
    // However the bytes arrive.
    for chunk in [1, 7, 4096] {
      #expect(readPage(text, with: AccessLogReader.self, chunk: chunk).facts == whole.facts)
    }
  }

  @Test func pauseDoesNotHidePeriod() {
    var text = ""
    for beat in 0..<60 {
      text += Self.json(beat * 10 + (beat < 30 ? 0 : 400), "GET / HTTP/1.1", 302, agent: "probe")
    }
    let page = readPage(text, with: AccessLogReader.self)
    #expect(page.number("nginx.periodic.period") == 10)
  }

  @Test func burstsAreNotPeriodic() {
    var text = ""
    for second in 0..<90 { text += Self.combined(second / 30 * 3000 + second % 30 * 2) }
    #expect(readPage(text, with: AccessLogReader.self).number("nginx.periodic.clients") == 0)
  }

  @Test func randomRequestsAreNotPeriodic() {
    var text = ""
    var second = 0
    var state: UInt32 = 7
    for _ in 0..<300 {
      state = state &* 1_664_525 &+ 1_013_904_223
      second += Int(state >> 28)
      text += Self.combined(second)
    }
    #expect(readPage(text, with: AccessLogReader.self).number("nginx.periodic.clients") == 0)
  }

  @Test func rangesMergeToTheWhole() {
    var lines: [String] = []
    for second in 0..<3000 {
      lines.append(
        Self.combined(
          second, "GET /p\(second % 40) HTTP/1.1", second % 50 == 0 ? 503 : 200,
          more: " rt=0.\(100 + second % 800)"))
      if second % 10 == 0 { lines.append(Self.combined(second, client: "-", agent: "probe")) }
    }
    let whole = readPage(lines.joined(), with: AccessLogReader.self)
    for cut in [1, 1000, lines.count - 1] {
      var first = AccessLogReader(context: ReadingContext())
      var second = AccessLogReader(context: ReadingContext())
      var page = Page(kind: .nginxAccessLog)
      first.read(block: Array(lines[..<cut].joined().utf8).span, firstLine: 1, into: &page)
      second.read(block: Array(lines[cut...].joined().utf8).span, firstLine: 1, into: &page)
      first.close()
      second.close()
      first.merge(second, addingLines: cut)
      first.finish(into: &page)
      #expect(page.facts == whole.facts)
      #expect(page.events == whole.events)
    }
  }

  @Test func runsOfErrors() {
    var text = ""
    for second in 0..<3600 {
      // Ten minutes of 502 from 20:00 on, and a blip of four seconds at 50:00.
      let isBad = (1200..<1800).contains(second) || (3000..<3004).contains(second)
      text += Self.combined(second, "GET / HTTP/1.1", isBad ? 502 : 200)
    }
    let page = readPage(text, with: AccessLogReader.self)
    #expect(page.number("nginx.access.status.502") == 604)
    #expect(page.line("nginx.access.status.502") == 1201)
    #expect(page.number("nginx.access.error_minutes") == 11)
    #expect(page.number("nginx.access.longest_error_run") == 600)
    #expect(page.number("nginx.access.peak_error_share") == 1)
    let events = page.events.filter { $0.name == "server-errors" }
    #expect(events.map(\.isImpact) == [true, false])
    #expect(events.map(\.time.description) == ["2024-03-12T00:20:00Z", "2024-03-12T00:50:00Z"])
    #expect(events.first?.until?.description == "2024-03-12T00:29:59Z")
    #expect(events.map(\.origin.line) == [1201, 3001])
  }

  @Test(arguments: [
    ([30, 90, 150, 210], 60), ([30, 90, 153, 210], 60), ([30, 90, 150], nil),
    ([30, 90, 170, 210], nil), ([1, 9, 17, 25], nil), ([], nil),
  ])
  func surgesMayKeepABeat(starts: [Int], minutes: Int?) {
    #expect(beat(of: starts) == minutes)
  }

  @Test func surgeHasStartAndAuthor() {
    var text = ""
    for minute in 0..<60 {
      for number in 0..<20 {
        text += Self.combined(
          minute * 60 + number, client: "192.0.2.\(number)", agent: "Mozilla/\(number % 4)")
      }
      guard (30..<50).contains(minute) else { continue }
      for number in 0..<180 {
        text += Self.combined(
          minute * 60 + 20 + number / 6, client: "198.51.100.9", "GET /p/\(number) HTTP/1.1",
          agent: "GreedyBot/1.0")
      }
    }
    let page = readPage(text, with: AccessLogReader.self)
    #expect(page.number("nginx.access.surge") == 10)
    #expect(page.value("nginx.access.surge.start") == .time(Instant(seconds: 1_710_203_400)!))
    #expect(page.text("nginx.access.surge.top_agent") == "GreedyBot/1.0")
    #expect(page.text("nginx.access.surge.top_client") == "198.51.100.9")
    #expect((page.number("nginx.access.surge.top_client_share") ?? 0) > 0.85)
    let cited = page.facts.last { $0.name == "nginx.access.surge.top_agent" }?.origin.excerpt
    #expect(cited?.contains("GreedyBot/1.0") == true && cited?.contains("198.51.100.9") == true)
    #expect(page.events.map(\.name) == ["traffic-surge"])
    #expect(page.events.first?.isImpact == false)
  }

  @Test func morningIsNoSurge() {
    var text = ""
    for minute in 0..<240 {
      // Four times as much within three hours.
      for number in 0..<(60 + minute) { text += Self.combined(minute * 60 + number % 60) }
    }
    #expect(readPage(text, with: AccessLogReader.self).number("nginx.access.surge") == 1)
  }

  @Test func windowLeavesOutWhatLiesOutside() {
    var context = ReadingContext()
    context.window.since = Instant(year: 2024, month: 3, day: 12, second: 5)
    context.window.until = Instant(year: 2024, month: 3, day: 12, second: 9)
    let text = (0..<20).map { Self.combined($0) }.joined()
    let page = readPage(text, with: AccessLogReader.self, context: context)
    #expect(page.number("nginx.access.requests") == 5)
    #expect(page.line("nginx.access.requests") == 6)
  }

  @Test func countsNothingAsFacts() {
    let page = readPage(Self.combined(3), with: AccessLogReader.self)
    for name in ["5xx", "4xx", "499", "500", "502", "503", "504"] {
      let fact = page.facts.last { $0.name == "nginx.access.status." + name }
      #expect(fact?.value == .number(0))
      #expect(fact?.origin.line == 1)
      #expect(fact?.coverage != nil)
    }
    #expect(page.number("nginx.periodic.clients") == 0)
  }

  @Test(arguments: [
    "", "\n\n", "\0\0\0", "\"\"\"\"", "[[[", "{\"", "{\"status\":",
    "[12/Mar/2024:99:99:99 +9999] \"",
    "192.0.2.7 - - [12/Mar/2024:09:41:03 +0000] \"GET / HTT", "\" 200", "{\"a\":\"\\",
    "{\"status\":\"200\",\"time\":\"\",\"request\":\"\"}", "\\\\\\\"\\\"",
    "x\u{FF}\u{FE} \"a\" 999 ",
  ])
  func survivesGarbage(_ text: String) {
    var context = ReadingContext()
    context.logFormats = ["a": "$time_local|$status|$request|", "b": "$$status", "c": "${"]
    for context in [context, ReadingContext()] {
      let page = readPage(text, with: AccessLogReader.self, context: context)
      #expect(page.number("nginx.access.requests") == nil)
    }
  }

  /// A caller is followed once two gaps agree: what came before them is not counted.
  @Test func aClockThatStartsOutOfStepIsFound() {
    let seconds = [0, 3, 20] + (3..<40).map { $0 * 10 }
    let text = seconds.map { Self.combined($0, "GET / HTTP/1.1", 302, agent: "clock") }.joined()
    let page = readPage(text, with: AccessLogReader.self)
    let part = "GET / 302 clock from 192.0.2.7"
    #expect(page.number("nginx.periodic.period", part: part) == 10)
    #expect(page.number("nginx.periodic.count", part: part) == 38)
    #expect(page.line("nginx.periodic.period", part: part) == 5)
  }

  /// Whether its first line was noted or not, and wherever in a line its names stand.
  @Test(arguments: [0, 400, 500, 600, 3000], [[0, 10, 20], [0, 3, 20]])
  func aClockIsNamedThoughItsLinesAreLong(_ length: Int, _ beginning: [Int]) {
    let referrer = "\"" + String(repeating: "r", count: length) + "\""
    let text = (beginning + (3..<40).map { $0 * 10 }).map {
      Self.combined($0, "GET /clock HTTP/1.1", 302, agent: "clock \(length)")
        .replacing("\"-\"", with: referrer)
    }.joined()
    let page = readPage(text, with: AccessLogReader.self)
    let part = "GET /clock 302 clock \(length) from 192.0.2.7"
    #expect(page.number("nginx.periodic.period", part: part) == 10)
    let origin = page.all("nginx.periodic.period").first?.origin
    #expect(origin?.line == (beginning[1] == 3 ? 5 : 1))
    #expect(
      origin?.excerpt == String(text.split(separator: "\n")[(origin?.line ?? 1) - 1].prefix(200)))
  }

  @Test func boundedByTables() {
    var text = ""
    for number in 0..<9000 {
      text += Self.combined(
        number / 10, client: "10.\(number / 250).0.\(number % 250)", "GET /u/\(number) HTTP/1.1",
        agent: "agent \(number)")
      if number % 100 == 0 {
        text += Self.combined(number / 10, "GET / HTTP/1.1", 302, agent: "clock")
      }
    }
    let page = readPage(text, with: AccessLogReader.self)
    #expect(page.number("nginx.access.requests") == 9090)
    #expect(page.number("nginx.periodic.period", part: "GET / 302 clock from 192.0.2.7") == 10)
    #expect(page.all("nginx.access.path.requests").count == 10)
  }

  @Test(arguments: [
    (
      "192.0.2.7 - - [12/Mar/2024:09:41:03 +0000] \"GET / HTTP/1.1\" 200 15 \"-\" \"x\"\n",
      Recognition.certain
    ),
    ("[2024-06-18T07:30:03+00:00] 10.0.8.2 \"GET / HTTP/1.1\" 499 0 0.000 0.000\n", .certain),
    ("{\"time\":\"2024-06-18T07:30:03+00:00\",\"status\":200,\"uri\":\"/\"}\n", .certain),
    (
      "Mar 12 09:41:03 web gunicorn[367]: 127.0.0.1 - - [12/Mar/2024:09:41:03 +0000] \"GET / HTTP/1.1\" 200 15 \"-\" \"x\"\n",
      .no
    ),
    (
      "[2024-03-12 09:41:00 +0000] [7] [INFO] Starting gunicorn 22.0.0\n127.0.0.1 - - [12/Mar/2024:09:41:03 +0000] \"GET / HTTP/1.1\" 200 15 \"-\" \"x\"\n",
      .no
    ),
    (
      "app-1  | 10.0.0.1 - - [12/Mar/2024:09:41:03 +0000] \"GET / HTTP/1.1\" 200 15 \"-\" \"x\"\n",
      .possible
    ),
    ("2024/03/05 02:07:46 [error] 1#1: *4 upstream timed out\n", .no),
    ("{\"InstanceStatuses\": [{\"status\": \"ok\", \"time\": 3}]}\n", .no),
    ("1:M 10 May 2024 01:25:13.411 * Ready to accept connections\n", .no), ("", .no),
  ])
  func recognises(_ text: String, _ expected: Recognition) {
    #expect(recognition(of: text, by: AccessLogReader.self) == expected)
  }

  @Test func recognisesByName() {
    #expect(recognition(of: "", name: "access.log", by: AccessLogReader.self) == .byName)
    #expect(
      recognition(of: "1710236463.120|GET|/|200\n", name: "access.log", by: AccessLogReader.self)
        == .byName)
  }

  @Test("A log without a request says nothing, not even that there were no errors")
  func empty() {
    for text in ["", "\n\n", "no request\n"] {
      #expect(readPage(text, with: AccessLogReader.self).facts.isEmpty)
    }
  }
}
