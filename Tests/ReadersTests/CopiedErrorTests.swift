import Testing

@testable import Readers

/// An error of a Redis client alone, as it is copied out of a log or a browser at night.
struct CopiedErrorTests {
  @Test(arguments: [
    (
      "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.\n",
      "refused"
    ),
    (
      "io.lettuce.core.RedisCommandTimeoutException: Command timed out after 1 minute(s)",
      "timeouts"
    ),
    ("redis.exceptions.ConnectionError: max number of clients reached\n\n", "max_clients"),
  ])
  func isEvidence(_ text: String, kind: String) {
    #expect(recognition(of: text, by: ApplicationLogReader.self) == .possible)
    let page = readPage(text, with: ApplicationLogReader.self)
    #expect(page.number("app.redis.\(kind)") == 1)
  }

  @Test(arguments: [
    // Of no client, or among other words.
    "Error: connect ECONNREFUSED 10.0.0.1:5432\n", "Timeout reading from socket\n",
    "redis.exceptions.TimeoutError: Timeout reading from socket\nplease help, the site is down\n",
    "redis.exceptions.DataError: Invalid input of type: 'NoneType'\n",
  ])
  func isNone(_ text: String) {
    #expect(recognition(of: text, by: ApplicationLogReader.self) == .no)
  }
}
