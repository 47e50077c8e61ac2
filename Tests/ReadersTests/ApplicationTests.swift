import Model
import Testing

@testable import Readers

@Suite struct ApplicationLogTests {
  private func page(_ text: String, context: ReadingContext = ReadingContext()) -> Page {
    readPage(text, with: ApplicationLogReader.self, context: context)
  }

  @Test func aPoolThatCannotConnectIsNotExhausted() {
    let head = "2026-11-21 01:39:56,071 ERROR web: JedisConnectionException: "
    let pool = head + "Could not get a resource from the pool\n"
    #expect(page(pool).number("app.redis.pool_exhausted") == 1)
    let refused = page(pool + "Caused by: java.net.ConnectException: Connection refused\n")
    #expect(refused.number("app.redis.pool_exhausted") == 0)
    #expect(refused.number("app.redis.refused") == 1)
  }

  @Test func recordsZeroTallies() {
    let page = page("2026-11-21 01:39:56,071 INFO web: ok\n2026-11-21 01:49:56,071 INFO web: ok\n")
    for name in ["errors", "timeouts", "misconf", "slow"] {
      #expect(page.number("app.redis." + name) == 0)
      #expect(page.line("app.redis." + name) == 1)
    }
    #expect(page.number("app.errors") == 0)
    #expect(
      page.all("app.redis.errors").first?.coverage?.upperBound.description
        == "2026-11-21T01:49:56.071Z")
  }

  @Test func measuresRateAndRhythm() {
    var text = ""
    for second in 10..<50 {
      for thread in ["a", "b"] {
        text +=
          "2026-11-21 01:39:\(second),000 ERROR x [\(thread)] Error 111 connecting to 10.2.0.5:7051.\n"
      }
    }
    let page = page(text)
    #expect(page.number("app.redis.retry_interval") == 1)
    #expect(page.number("app.redis.error_rate_peak") == 2)
    #expect(page.text("app.redis.target") == "10.2.0.5:7051")
    #expect(page.relations.first?.kind == .connectsTo)
    #expect(page.subjects.last?.keys == [.address("10.2.0.5:7051")])
    #expect(page.events.count == 1)
    #expect(page.events.first?.text == "80 errors against Redis: connections refused")
    #expect(page.events.first?.isZoned == false)
  }

  @Test func partsBurstsFiveMinutesApart() {
    let page = page(
      "2026-11-21 01:00:00 ERROR x MISCONF Redis\n2026-11-21 01:04:00 ERROR x MISCONF Redis\n"
        + "2026-11-21 01:10:00 ERROR x MISCONF Redis\n")
    #expect(page.events.map(\.origin.line) == [1, 3])
  }

  @Test func readsSlowCalls() {
    let page = page(
      "2026-11-21 01:38:14,117 WARNING cache: slow redis GET page:0 took 9.0 ms\n"
        + "2026-11-21 01:38:14,159 WARNING cache: slow redis GET page:0 took 1.5s\n")
    #expect(page.number("app.redis.slow") == 2)
    #expect(page.number("app.redis.slowest") == 1.5)
    #expect(page.line("app.redis.slowest") == 2)
    #expect(page.events.isEmpty)
  }

  @Test func countsTracebacksThatNoLineAnnounces() {
    let trace = "Traceback (most recent call last):\n  File \"x\", line 1, in f\n"
    let page = page(
      trace + "redis.exceptions.ConnectionError: max number of clients reached\n" + trace
        + "ConnectionRefusedError: [Errno 111] Connection refused\n\nDuring handling of the above"
        + " exception, another exception occurred:\n\n" + trace
        + "redis.exceptions.ConnectionError: Error 111 connecting to h:6379. Connection refused.\n")
    #expect(page.number("app.errors") == 2)
    #expect(page.number("app.redis.max_clients") == 1)
    #expect(page.number("app.redis.refused") == 1)
  }

  @Test func readsOnlyTheWindow() {
    var context = ReadingContext()
    context.window.until = Instant(year: 2026, month: 11, day: 21, hour: 1)
    let page = page(
      "2026-11-21 00:30:00 ERROR x MISCONF Redis\n2026-11-21 01:30:00 ERROR x MISCONF Redis\n",
      context: context)
    #expect(page.number("app.redis.misconf") == 1)
  }

  @Test(arguments: [
    "2026-11-21 01:39:56,071 ERROR x [t1] redis: Timeout reading from socket\n",
    "2024-03-04 02:13:17.222  WARN 1 --- [x] i.l.c.ConnectionWatchdog : Cannot reconnect to [h/1.2.3.4:6379]: connection timed out\n",
    "[2024-05-15 19:20:00,123: ERROR/MainProcess] consumer: Cannot connect to redis://h:6379//: Error 111 connecting to h:6379\n",
    "web-1  | 2026-11-21T01:39:56Z ERROR redis: MISCONF Redis is configured\n",
    "[09-Apr-2026 14:02:11 UTC] PHP Fatal error:  Uncaught RedisException: MISCONF Redis is in /a.php:12\n",
    "[09-Apr-2026 14:02:11 Europe/Berlin] PHP Warning:  Redis::connect(): Redis server went away in /a.php\n",
    "2026-04-09 14:02:11.000 ERROR 1 --- [x] o.a.c : failed\nredis.clients.jedis.exceptions.JedisException: Could not get a resource from the pool\nCaused by: java.util.NoSuchElementException: Timeout waiting for idle object\n",
    "{\"time\":\"2026-11-21T01:39:56Z\",\"level\":\"error\",\"msg\":\"redis: READONLY You can't write\"}\n{}\n",
  ])
  func recognises(_ text: String) {
    #expect(recognition(of: text, by: ApplicationLogReader.self) == .certain)
    #expect(page(text).number("app.redis.errors") == 1)
  }

  @Test(arguments: [
    "[2024-11-26 13:02:10 +0000] [1] [INFO] Booting worker with pid: 2\n",
    "2024/05/01 10:00:00 [error] 25909#0: *1 connect() failed (111: Connection refused)\n",
    "1:M 10 May 2024 01:25:13.411 # Error condition on socket for SYNC: Connection refused\n",
    "2024-05-01 10:00:00.000 UTC [12] LOG:  checkpoint\n2024-05-01 10:00:00.000 UTC [12] ERROR:  x\n",
    "May  1 10:00:00 host app[1]: ERROR x\n", "127.0.0.1:6379> SET a b\n(error) MISCONF Redis\n",
    "10.0.0.1 - - [12/Mar/2024:09:42:00 +0000] \"GET / HTTP/1.0\" 200 3\n",
    "# Server\nredis_version:7.2.4\n", "",
  ])
  func doesNotClaim(_ text: String) {
    #expect(recognition(of: text, by: ApplicationLogReader.self) == .no)
  }

  @Test func isTheSameInChunks() {
    let text =
      "\u{0}\n2026-11-21 01:39:56,071 ERROR x [\n2026-13-99 99:99:99 ERROR\n[[[ERROR\n took ms slow redis\n"
      + "2026-11-21 01:39:57 ERROR x slow redis took 99999999999999999999999 ms redis://\n"
      + "2026-11-21 01:39:58 ERROR x redis://a:b@:99999/ ECONNREFUSED :\n"
    let whole = page(text)
    for chunk in [1, 7, 64] {
      #expect(
        readPage(text, with: ApplicationLogReader.self, chunk: chunk).facts == whole.facts)
    }
  }
}

/// Go's standard log: a stamp, perhaps the file, and no level.
@Suite struct GoLogTests {
  @Test(arguments: [
    ("refused", "redis: failed to dial: dial tcp 10.0.3.7:6379: connect: connection refused"),
    ("unreachable", "redis get: dial tcp 10.0.3.7:6379: i/o timeout"),
    ("timeouts", "redis get: read tcp 10.0.3.2:41234->10.0.3.7:6379: i/o timeout"),
    ("timeouts", "redis: context deadline exceeded"),
    ("pool_exhausted", "redis: connection pool timeout"),
  ])
  func classifies(_ name: String, _ text: String) throws {
    let log = "2026/11/21 03:04:05 cart.go:41: GET /\n2026/11/21 03:04:06.123456 \(text)\n"
    #expect(recognition(of: log, by: ApplicationLogReader.self) == .certain)
    let page = readPage(log, with: ApplicationLogReader.self)
    #expect(page.number("app.redis." + name) == 1)
    #expect(page.number("app.redis.errors") == 1)
    #expect(page.number("app.errors") == nil)
    let tally = try #require(page.all("app.redis.errors").first)
    #expect(tally.coverage?.lowerBound.description == "2026-11-21T03:04:05Z")
  }

  @Test(arguments: [
    "2026/11/21 03:04:05 listening on :8080\n2026/11/21 03:04:06 GET /\n",
    "2026/11/21 03:04:05 [error] 7#7: *1 redis: dial: connection refused\n",
  ])
  func doesNotClaim(_ log: String) {
    #expect(recognition(of: log, by: ApplicationLogReader.self) == .no)
  }
}
