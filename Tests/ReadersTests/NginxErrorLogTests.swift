import Model
import Testing

@testable import Readers

@Suite struct NginxErrorLogTests {
  private static func line(_ clock: String, _ message: String, level: String = "error") -> String {
    "2024/03/05 \(clock) [\(level)] 1187#1187: *41443 \(message), client: 198.51.100.7, server: _, "
      + "request: \"GET /a HTTP/1.1\", upstream: \"http://127.0.0.1:8000/a\", host: \"x\"\n"
  }

  @Test(arguments: [
    (
      "connect() failed (111: Connection refused) while connecting to upstream",
      "connection_refused"
    ),
    (
      "connect() to unix:/run/x.sock failed (111: Connection refused) while connecting to upstream",
      "connection_refused"
    ),
    (
      "connect() to unix:/run/x.sock failed (11: Resource temporarily unavailable) while connecting to upstream",
      "backlog_full"
    ),
    (
      "connect() to unix:/run/x.sock failed (2: No such file or directory) while connecting to upstream",
      "socket_missing"
    ),
    (
      "connect() to unix:/run/x.sock failed (13: Permission denied) while connecting to upstream",
      "permission"
    ),
    (
      "recv() failed (104: Connection reset by peer) while reading response header from upstream",
      "upstream_reset"
    ),
    (
      "upstream prematurely closed connection while reading response header from upstream",
      "upstream_reset"
    ),
    (
      "upstream timed out (110: Connection timed out) while reading response header from upstream",
      "upstream_timeout"
    ),
    ("connect() failed (113: No route to host) while connecting to upstream", "unreachable"),
    ("connect() failed (101: Network is unreachable) while connecting to upstream", "unreachable"),
    (
      "connect() to 10.0.3.8:8000 failed (99: Cannot assign requested address) while connecting to upstream",
      "no_local_port"
    ),
    ("app.internal could not be resolved (3: Host not found)", "unreachable"),
    ("no live upstreams while connecting to upstream", "no_live_upstreams"),
    ("1024 worker_connections are not enough while connecting to upstream", "worker_connections"),
    ("a client request body is buffered to a temporary file /var/cache/nginx/1", "buffered"),
    (
      "socket() failed (24: Too many open files) while connecting to upstream",
      "too_many_open_files"
    ),
    (
      "limiting requests, excess: 20.410 by zone \"perip\", client: 198.51.100.77", "limited"
    ),
    ("limiting connections by zone \"addr\", client: 198.51.100.77", "limited"),
  ])
  func classifies(_ message: String, _ name: String) {
    let page = readPage(
      Self.line("02:07:46", "open() \"/x\" failed (2: No such file or directory)")
        + Self.line("02:07:47", message), with: NginxErrorLogReader.self)
    for fact in page.facts where fact.coverage != nil && fact.name != "nginx.error.lines" {
      guard !fact.name.hasSuffix("_run"), fact.name != "nginx.error.refused_span",
        fact.name != "nginx.error.absent_upstreams",
        fact.value.number != nil
      else { continue }
      let isIt = fact.name == "nginx.error." + name
      #expect(fact.value == .number(isIt ? 1 : 0), "\(fact.name)")
      #expect(fact.origin.line == (isIt ? 2 : 1), "\(fact.name)")
    }
    #expect(page.number("nginx.error.lines") == 2)
  }

  /// A box without IPv6 has no address to ask ::1 from, and ports enough.
  @Test func theLoopbackWithoutIPv6IsNoWantOfPorts() {
    let line = Self.line(
      "02:00:00", "connect() to [::1]:8000 failed (99: Cannot assign requested address)")
    let page = readPage(
      line.replacing("127.0.0.1:8000", with: "[::1]:8000"), with: NginxErrorLogReader.self)
    #expect(page.number("nginx.error.no_local_port") == 0)
    #expect(page.number("nginx.error.lines") == 1)
  }

  @Test func runsOfRefusals() {
    let refused = "connect() failed (111: Connection refused) while connecting to upstream"
    let text = ["02:00:00", "02:00:30", "02:01:10", "02:10:00", "02:10:04"]
      .map { Self.line($0, refused) }.joined()
    let page = readPage(text, with: NginxErrorLogReader.self)
    #expect(page.number("nginx.error.connection_refused") == 5)
    #expect(page.number("nginx.error.refused_span") == 604)
    #expect(page.number("nginx.error.refused_longest_run") == 70)
    #expect(page.line("nginx.error.last_refused") == 5)
    #expect(page.text("nginx.error.upstream") == "127.0.0.1:8000")
    #expect(page.number("nginx.error.absent_upstreams") == 1)
    #expect(page.events.map(\.name) == ["upstream-refused", "upstream-refused"])
    #expect(page.events.map(\.isImpact) == [true, false])
    #expect(page.events.map(\.isZoned) == [false, false])
    #expect(page.events.map(\.origin.line) == [1, 4])
  }

  /// A socket that is not there is never refused; what nginx cannot reach is one run all the same.
  @Test func runsOfAbsence() {
    let missing = "connect() to unix:/run/x.sock failed (2: No such file or directory)"
    let text =
      Self.line("02:00:00", missing, level: "crit") + Self.line("02:00:50", "no live upstreams")
      + Self.line("02:01:40", missing, level: "crit")
      + Self.line("02:01:41", "upstream timed out (110: Connection timed out)")
    let page = readPage(text, with: NginxErrorLogReader.self)
    #expect(page.number("nginx.error.absent_longest_run") == 100)
    #expect(page.line("nginx.error.absent_longest_run") == 1)
    #expect(page.number("nginx.error.refused_longest_run") == 0)
    let slow = readPage(
      Self.line("02:00:00", "upstream timed out (110: Connection timed out)"),
      with: NginxErrorLogReader.self)
    #expect(slow.number("nginx.error.absent_longest_run") == 0)
  }

  @Test func clockOfAnotherZone() {
    var context = ReadingContext()
    context.zones[.nginxErrorLog] = 9 * 3600
    let text = Self.line("09:00:00", "upstream timed out (110: Connection timed out)")
    let page = readPage(text, with: NginxErrorLogReader.self, context: context)
    #expect(page.events.first?.time.description == "2024-03-05T00:00:00Z")
    #expect(page.events.first?.isZoned == true)
  }

  @Test(arguments: [
    ("http://127.0.0.1:8000/a/b", "127.0.0.1:8000"),
    ("http://unix:/run/x.sock:/a", "unix:/run/x.sock"),
    ("http://unix://run/app.sock/path", "unix:/run/app.sock/path"), ("app", "app"), ("", ""),
  ])
  func upstreamAddresses(_ url: String, _ expected: String) {
    #expect(upstreamAddress(url) == expected)
  }

  @Test func journalPrefixAndOtherLines() {
    let text =
      "Mar  5 02:07:46 web-01 nginx[812]: " + Self.line("02:07:46", "no live upstreams") + "what?\n"
      + "2024/03/05 02:07:47 [alert] 25909#0: 1024 worker_connections are not enough\n"
    let page = readPage(text, with: NginxErrorLogReader.self)
    #expect(page.number("nginx.error.lines") == 2)
    #expect(page.number("nginx.error.worker_connections") == 1)
    #expect(page.skippedLines == 1)
  }

  @Test(arguments: [
    (line("02:07:46", "upstream timed out"), Recognition.certain),
    ("[2024-03-12 09:41:00 +0000] [7] [ERROR] Exception in worker process\n", .no),
    ("2024/03/05 02:07:46 something else\n", .no), ("2024/03/05 02:0", .no), ("", .no),
    ("192.0.2.7 - - [12/Mar/2024:09:41:03 +0000] \"GET / HTTP/1.1\" 200 15 \"-\" \"x\"\n", .no),
  ])
  func recognises(_ text: String, _ expected: Recognition) {
    #expect(recognition(of: text, name: "error.log", by: NginxErrorLogReader.self) == expected)
  }

  @Test(arguments: [
    "", "\0", "2024/13/45 99:99:99 [error] 1#1: x\n", "2024/03/05 02:07:46 [error] 1#", "////////",
  ])
  func survivesGarbage(_ text: String) {
    #expect(readPage(text, with: NginxErrorLogReader.self).number("nginx.error.lines") == 0)
  }

  @Test(arguments: [
    (
      "2024/05/14 10:21:03 [emerg] 9#9: bind() to 0.0.0.0:80 failed (98: Address already in use)", 1
    ),
    ("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", 1),
    ("$ sudo nginx -t\nnginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", 2),
    (
      "nginx: [emerg] bind() to [::]:80 failed (98: Address already in use)\n"
        + "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)\n"
        + "nginx: [emerg] still could not bind()\nnginx: configuration file /x test failed", 2
    ),
  ])
  func tellsWhyItDidNotStart(text: String, line: Int) {
    #expect(recognition(of: text + "\n", by: NginxErrorLogReader.self) != .no)
    let page = readPage(text + "\n", with: NginxErrorLogReader.self)
    #expect(
      page.text("nginx.error.emergency")
        == "bind() to 0.0.0.0:80 failed (98: Address already in use)"
    )
    #expect(page.line("nginx.error.emergency") == line)
    #expect(page.skippedLines == 0)
    // What was printed is no log of what did not happen.
    if text.contains("nginx: ") { #expect(page.value("nginx.error.connection_refused") == nil) }
  }

  @Test func whatServedAfterwardsIsMended() {
    let emergency =
      "2024/03/05 02:00:00 [emerg] 9#9: unknown directive \"x\" in /etc/nginx/nginx.conf:3\n"
    let served = Self.line("02:07:46", "upstream timed out (110: Connection timed out)")
    let page = readPage(emergency + served, with: NginxErrorLogReader.self)
    #expect(page.text("nginx.error.emergency") == nil)
    let again = readPage(served + emergency, with: NginxErrorLogReader.self)
    #expect(
      again.text("nginx.error.emergency") == "unknown directive \"x\" in /etc/nginx/nginx.conf:3")
    #expect(again.line("nginx.error.emergency") == 2)
  }

  @Test func theJournalTellsWhyItDidNotStart() {
    let failed = """
      May 14 10:21:00 web1 systemd[1]: Starting nginx.service - A high performance web server...
      May 14 10:21:03 web1 nginx[1801]: 2024/05/14 10:21:03 [emerg] 1801#1801: host not found in upstream "app:8000" in /etc/nginx/conf.d/a.conf:5
      May 14 10:21:03 web1 systemd[1]: nginx.service: Failed with result 'exit-code'.

      """
    let page = readPage(failed, with: SystemLogReader.self)
    #expect(
      page.text("nginx.error.emergency")
        == "host not found in upstream \"app:8000\" in /etc/nginx/conf.d/a.conf:5")
    #expect(page.line("nginx.error.emergency") == 2)
    let mended = failed + "May 14 10:29:03 web1 systemd[1]: Started nginx.service - A high.\n"
    #expect(readPage(mended, with: SystemLogReader.self).text("nginx.error.emergency") == nil)
  }
}
