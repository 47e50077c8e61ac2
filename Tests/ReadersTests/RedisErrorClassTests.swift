import Model
import Testing

@testable import Readers

/// What client libraries say of Redis, and what is said of others.
@Suite struct RedisErrorClassTests {
  private func page(_ text: String) -> Page { readPage(text, with: ApplicationLogReader.self) }

  @Test(arguments: [
    (
      "timeouts",
      "io.lettuce.core.RedisCommandTimeoutException: Command timed out after 10 second(s)"
    ),
    ("timeouts", "redis.exceptions.TimeoutError: Timeout reading from socket"),
    ("timeouts", "JedisConnectionException: java.net.SocketTimeoutException: Read timed out"),
    (
      "refused",
      "redis.exceptions.ConnectionError: Error 111 connecting to h:6379. Connection refused."
    ),
    ("refused", "[ioredis] Unhandled error event: Error: connect ECONNREFUSED 10.0.0.1:6379"),
    ("refused", "consumer: Cannot connect to redis://10.0.0.1:6379/0: Error 111 connecting to x:1"),
    (
      "unreachable",
      "ConnectionWatchdog: Cannot reconnect to [redis/10.0.0.1:6379]: connection timed out"
    ),
    (
      "unreachable",
      "redis.exceptions.ConnectionError: Error 113 connecting to h:1. No route to host."
    ),
    (
      "no_local_port",
      "redis.exceptions.ConnectionError: Error 99 connecting to h:1. Cannot assign requested address."
    ),
    (
      "no_local_port", "redis get: dial tcp 10.0.3.7:6379: connect: cannot assign requested address"
    ),
    ("no_local_port", "[ioredis] Error: connect EADDRNOTAVAIL 10.0.0.1:6379 - Local (10.0.0.9:0)"),
    // Where there is no IPv6, `localhost` says the same: nobody listened at 127.0.0.1.
    (
      "refused",
      "redis.exceptions.ConnectionError: Error 99 connecting to localhost:6379. Cannot assign requested address."
    ),
    ("refused", "[ioredis] Error: connect EADDRNOTAVAIL ::1:6379 - Local (:::0)"),
    ("max_clients", "redis.exceptions.ConnectionError: max number of clients reached"),
    (
      "misconf", "redis.exceptions.ResponseError: MISCONF Redis is configured to save RDB snapshots"
    ),
    ("readonly", "redis.exceptions.ReadOnlyError: You can't write against a read only replica."),
    ("readonly", "JedisDataException: READONLY You can't write against a read only replica."),
    ("unblocked", "ResponseError: UNBLOCKED force unblock from blocking operation"),
    (
      "oom",
      "redis.exceptions.OutOfMemoryError: command not allowed when used memory > 'maxmemory'."
    ),
    ("oom", "JedisDataException: OOM command not allowed when used memory > 'maxmemory'."),
    ("loading", "redis.exceptions.BusyLoadingError: Redis is loading the dataset in memory"),
    ("resets", "redis.exceptions.ConnectionError: Error while reading from h:1 : (104, 'reset')"),
    (
      "auth", "Cannot connect to redis://h:6379/0: WRONGPASS invalid username-password pair or user"
    ),
    ("unreachable", "redis get: dial tcp 10.0.3.7:6379: i/o timeout"),
    ("refused", "redis get: dial tcp 10.0.3.7:6379: connect: connection refused"),
    ("timeouts", "redis get: read tcp 10.0.1.2:40112->10.0.3.7:6379: i/o timeout"),
    ("cluster", "redis.exceptions.ClusterDownError: CLUSTERDOWN The cluster is down"),
    (
      "auth",
      "Cannot connect to redis://:**@h:6379/0: invalid username-password pair or user is disabled.."
    ),
    ("auth", "Cannot connect to redis://h:6379/0: Authentication required.."),
    ("auth", "RedisCommandExecutionException: NOAUTH Authentication required."),
    ("auth", "Redis::CommandError: ERR invalid password"),
    ("timeouts", "RedisClient::ReadTimeoutError: Waited 1.0 seconds"),
    ("timeouts", "StackExchange.Redis.RedisTimeoutException: Timeout performing GET key, inst: 0"),
    ("resets", "Uncaught RedisException: read error on connection to 127.0.0.1:6379 in /a.php:4"),
    (
      "resets", "Predis\\Connection\\ConnectionException: Error while reading line from the server."
    ),
    ("tls", "redis.exceptions.ConnectionError: Error 1. [SSL: CERTIFICATE_VERIFY_FAILED]"),
    ("tls", "redis: dial tcp: tls: failed to verify: x509: certificate has expired"),
    (
      "pool_exhausted",
      "JedisExhaustedPoolException: Could not get a resource since the pool is exhausted, redis"
    ),
  ])
  func classifies(_ name: String, _ text: String) {
    for line in [
      "2026-11-21 01:39:56,071 ERROR web [t1] " + text + "\n",
      "2026-11-21 01:39:56,071 ERROR web: failed\nTraceback (most recent call last):\n  File \"x\"\n"
        + text + "\n",
    ] {
      let page = page(line)
      #expect(page.number("app.redis." + name) == 1, "\(line)")
      #expect(page.number("app.redis.errors") == 1)
      #expect(page.number("app.errors") == 1)
    }
  }

  @Test(arguments: [
    "java.net.ConnectException: Connection refused", "TimeoutError: Read timed out",
    "psycopg2.OperationalError: connection timed out",
    "java.lang.OutOfMemoryError: Java heap space",
    "upstream timed out", "Connection reset by peer",
  ])
  func leavesOtherSystemsAlone(_ text: String) {
    let page = page("2026-11-21 01:39:56,071 ERROR web: " + text + "\n")
    #expect(page.number("app.redis.errors") == 0)
    #expect(page.number("app.errors") == 1)
  }
}
