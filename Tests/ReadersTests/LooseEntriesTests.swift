import Model
import Testing

@testable import Readers

/// Applications leave the time, and often the level too, to what keeps their lines.
@Suite struct LooseEntriesTests {
  private static let entry = [
    "Internal Server Error: /cart/", "Traceback (most recent call last):",
    "  File \"/srv/redis/connection.py\", line 357, in connect", "    sock = self._connect()",
    "TimeoutError: timed out", "",
    "During handling of the above exception, another exception occurred:", "",
    "Traceback (most recent call last):", "  File \"/srv/app/views.py\", line 7, in cart",
    "redis.exceptions.TimeoutError: Timeout connecting to server",
  ]

  private func page(_ prefix: String, times: Int = 3) -> Page {
    let lines = Array(repeating: Self.entry, count: times).flatMap(\.self).map { prefix + $0 }
    return readPage(lines.joined(separator: "\n"), with: ApplicationLogReader.self)
  }

  @Test(arguments: [
    "", "web-1  | ", "May 07 18:03:11 web-1 shop[812]: ",
    "2026-05-07T18:03:11+00:00 web-1 shop[812]: ", "2026-05-07T18:03:11.123456789Z ",
    "web-1  | 2026-05-07T18:03:11.123456789Z ",
  ])
  func tracebacksCountOnceWhateverCarriesThem(prefix: String) {
    let page = page(prefix)
    #expect(page.number("app.redis.errors") == 3)
    #expect(page.number("app.redis.timeouts") == 3)
    #expect(page.number("app.errors") == 3)
    #expect(page.line("app.errors") == 2)
  }

  @Test func theTimeIsThatOfTheCarrier() throws {
    let page = page("2026-05-07T18:03:11+00:00 web-1 shop[812]: ")
    let error = try #require(page.all("app.redis.errors").first)
    #expect(error.time == parseISO8601("2026-05-07T18:03:11Z")?.instant)
  }

  @Test(arguments: [
    ("ERROR:shop.cache:", 2), ("[error] ", 2), ("May  7 18:03:11 web-1 shop[812]: ERROR shop ", 2),
    ("INFO:shop.cache:", 0), ("May  7 18:03:11 web-1 shop[812]: INFO shop ", 0),
  ])
  func levelsThatLinesBeginWith(prefix: String, count: Int) {
    let text = """
      \(prefix)redis.exceptions.TimeoutError: Timeout connecting to server
      \(prefix)redis.exceptions.ConnectionError: Error 111 connecting to 10.0.4.21:6379. Connection refused.
      """
    let page = readPage(text, with: ApplicationLogReader.self)
    #expect(page.number("app.redis.errors") == Double(count))
    #expect(page.number("app.errors") == Double(count))
  }

  /// A log without levels does not tell how many errors there were.
  @Test func noErrorIsNotSaidWhereNoneCouldBeSeen() {
    let text = "2026-05-07T18:03:11Z started\n2026-05-07T18:03:12Z redis: connection refused"
    #expect(readPage(text, with: ApplicationLogReader.self).value("app.errors") == nil)
  }

  @Test func gunicornsStreamCountsWhatItsApplicationPrints() {
    let carried = ["[2026-05-07 18:00:01 +0000] [812] [INFO] Starting gunicorn 21.2.0"]
    let lines = carried + Self.entry + Self.entry
    for prefix in ["", "2026-05-07T18:03:11+00:00 web-1 gunicorn[812]: ", "web-1  | "] {
      let text = lines.map { prefix + $0 }.joined(separator: "\n")
      let page = readPage(text, with: GunicornLogReader.self)
      #expect(page.number("app.redis.errors") == 2)
    }
  }
}
