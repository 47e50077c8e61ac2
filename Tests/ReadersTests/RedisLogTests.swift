import Model
import Testing

@testable import Readers

@Suite struct RedisLogTests {
  @Test(arguments: [
    "23563:M 21 Nov 2026 01:51:15.310 # ", "1302:M 21 Nov 01:51:15.310 # ",
    "[6301] 21 Nov 01:51:15.310 # ", "[2290] 21 Nov 01:51:15 # ",
    "407900:397100:M 21 Nov 2026 01:51:15.310 # ", "[002784] 21 Nov 01:51:15.310 # ",
    "redis_1  | 1:M 21 Nov 2026 01:51:15.310 # ", "[24:M 21 Nov 2026 01:51:15.310 \\# ",
    "Nov 21 00:12:33 4f5a2c app.redis: 1:M 21 Nov 2026 01:51:15.310 # ",
    "2023-05-19 12:51:17.857012192 +0200 CEST [redis-1] 1:M 21 Nov 2026 01:51:15.310 # ",
  ])
  func readsEveryPrefix(prefix: String) {
    var context = ReadingContext()
    context.year = 2026
    let page = readPage(
      prefix + "Can't save in background: fork: Cannot allocate memory\n",
      with: RedisLogReader.self, context: context)
    #expect(page.number("redis.log.fork_failed") == 1)
    #expect(page.text("redis.log.fork_failed.reason") == "Cannot allocate memory")
    let time = page.all("redis.log.fork_failed").first?.time
    #expect(time.map { Int($0.seconds) } == 1_795_225_875)
    #expect(page.all("redis.log.starts").first?.coverage == time.map { $0...$0 })
  }

  /// A message and the tally it is.
  @Test(arguments: [
    ("WARNING Memory overcommit must be enabled! Without it", "overcommit_warning"),
    ("WARNING overcommit_memory is set to 0! Background save may fail", "overcommit_warning"),
    ("WARNING you have Transparent Huge Pages (THP) support enabled", "thp_warning"),
    ("WARNING: The TCP backlog setting of 511 cannot be enforced", "backlog_warning"),
    (
      "Current maximum open files is 4096. maxclients has been reduced to 4064",
      "maxclients_reduced"
    ),
    ("Can't rewrite append only file in background: fork: Cannot allocate", "fork_failed"),
    ("Background saving error", "save_failed"),
    ("Failed opening the RDB file dump.rdb (in server root dir /) for saving: x", "save_failed"),
    ("Write error saving DB on disk: No space left on device", "save_failed_no_space"),
    ("Background saving terminated by signal 9", "save_killed"),
    (
      "Configuration change detected. Reconfiguring myself as a replica of 6271d53802",
      "cluster_reconfigured"
    ),
    ("Asynchronous AOF fsync is taking too long (disk is busy?).", "aof_slow_fsync"),
    ("Error writing to the AOF file: No space left on device", "aof_write_error"),
    (
      "REPLICAOF 10.0.0.9:6379 enabled (user request from 'id=1 addr=10.0.0.8:1 name=')",
      "became_replica"
    ),
    ("SLAVE OF 10.0.0.9:6379 enabled (user request from 'id=1')", "became_replica"),
    ("MASTER MODE enabled (user request from 'id=1')", "promoted"),
    ("Error condition on socket for SYNC: Connection refused", "master_unreachable"),
    ("PRIMARY timeout: no data nor PING received...", "master_unreachable"),
    ("Timeout connecting to the PRIMARY...", "master_unreachable"),
    (
      "Error accepting a client connection: Too many open files (addr=? laddr=?)",
      "too_many_open_files"
    ),
    ("User requested shutdown...", "shutdowns"),
    ("Redis 7.0.15 crashed by signal: 11, si_code: 1", "crashes"),
    ("Out Of Memory allocating 1048576 bytes!", "oom_allocating"),
    ("Possible SECURITY ATTACK detected. It looks like", "security_attack"),
    ("oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo", "starts"),
    ("Server started, Redis version 2.8.4", "starts"),
  ])
  func countsMessages(text: String, tally: String) {
    let page = readPage(
      "1:M 21 Nov 2026 01:00:00.000 * DB loaded\n1:M 21 Nov 2026 01:51:15.310 # \(text)\n",
      with: RedisLogReader.self)
    #expect(page.number("redis.log." + tally) == 1)
    #expect(page.line("redis.log." + tally) == 2)
    let others = page.facts.filter {
      $0.name != "redis.log." + tally && Catalogue.observed[$0.name]?.isTally == true
        && $0.value.number ?? 0 > 0
    }
    // A disk that is full fails the save or the write as well, a killed save failed, and a start
    // after lines of an earlier life without a shutdown is unclean.
    let implied = [
      "redis.log.save_failed", "redis.log.save_failed_no_space", "redis.log.unclean_starts",
    ]
    #expect(others.allSatisfy { implied.contains($0.name) })
  }

  /// FLUSHALL and SHUTDOWN end a save that runs, by SIGUSR1.
  @Test func aSaveThatRedisEndsItselfHasNotFailed() {
    let page = readPage(
      "1:M 21 Nov 2026 01:00:00.000 # Background saving terminated by signal 10\n",
      with: RedisLogReader.self)
    #expect(page.number("redis.log.save_failed") == 0)
  }

  @Test func tellsWhenAClientWasLastRefused() throws {
    let refused = "# Error accepting a client connection: max number of clients reached"
    let page = readPage(
      "1:M 21 Nov 2026 01:00:00.000 \(refused)\n1:M 21 Nov 2026 01:05:00.000 \(refused)\n"
        + "1:M 23 Nov 2026 01:05:00.000 * DB saved on disk\n",
      with: RedisLogReader.self)
    #expect(page.number("redis.log.maxclients_reached") == 2)
    let last = try #require(page.all("redis.log.maxclients_reached.last").first)
    #expect(last.origin.line == 2)
  }

  @Test func countsNoneWhereNoneHappened() {
    let page = readPage(
      "1:M 21 Nov 2026 01:00:00.000 * a\n1:M 21 Nov 2026 02:00:00.000 * b\n",
      with: RedisLogReader.self)
    for tally in RedisLogTally.allCases {
      let fact = page.all(tally.rawValue).first
      #expect(fact?.value == .number(0))
      #expect(fact?.origin.line == 1)
      #expect(fact?.coverage.map { $0.upperBound.since($0.lowerBound) } == 3600)
    }
    #expect(page.events.isEmpty)
  }

  private static func life(_ pid: Int, hour: Int, end: String?) -> String {
    var lines = [
      "\(pid):C 21 Nov 2026 0\(hour):00:00.000 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo",
      "\(pid):M 21 Nov 2026 0\(hour):00:00.001 * Running mode=standalone, port=6379.",
      "\(pid):M 21 Nov 2026 0\(hour):00:00.002 # Server initialized",
      "\(pid):M 21 Nov 2026 0\(hour):00:00.003 * Ready to accept connections",
      "\(pid + 1):C 21 Nov 2026 0\(hour):10:00.000 * DB saved on disk",
    ]
    if let end { lines.append("\(pid):M 21 Nov 2026 0\(hour):30:00.000 # \(end)") }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test func tellsCleanFromUncleanStarts() {
    let clean = readPage(
      Self.life(10, hour: 1, end: "User requested shutdown...") + Self.life(20, hour: 2, end: nil),
      with: RedisLogReader.self)
    #expect(clean.number("redis.log.starts") == 2)
    #expect(clean.number("redis.log.unclean_starts") == 0)
    #expect(!clean.events.contains { $0.isImpact })
    // Pid 1 in a container both times: the role tells that the first life served.
    let killed = readPage(
      Self.life(1, hour: 1, end: nil) + Self.life(1, hour: 2, end: nil), with: RedisLogReader.self)
    #expect(killed.number("redis.log.unclean_starts") == 1)
    #expect(killed.line("redis.log.unclean_starts") == 6)
    let death = killed.events.first { $0.isImpact }
    #expect(death?.name == "redis-shutdown")
    #expect(killed.subjects[0].keys == [.port(6379)])
    // Two servers in one file: the start of one is not the death of the other.
    let two = readPage(
      Self.life(10, hour: 1, end: nil)
        + Self.life(20, hour: 2, end: nil).replacing("port=6379", with: "port=6380"),
      with: RedisLogReader.self)
    #expect(two.number("redis.log.unclean_starts") == 0)
  }

  /// Redis 7.2 and later and Valkey warn before they say that they start.
  @Test(arguments: ["C", "M"]) func warningsOfAStartAreNoEarlierLife(_ role: String) {
    let warning =
      "7:\(role) 21 Nov 2026 01:00:00.000 # WARNING Memory overcommit must be enabled! ...\n"
    let fresh = readPage(warning + Self.life(7, hour: 1, end: nil), with: RedisLogReader.self)
    #expect(fresh.number("redis.log.overcommit_warning") == 1)
    #expect(fresh.number("redis.log.unclean_starts") == 0)
    #expect(!fresh.events.contains { $0.isImpact })
    let killed = readPage(
      Self.life(6, hour: 0, end: nil) + warning + Self.life(7, hour: 1, end: nil),
      with: RedisLogReader.self)
    #expect(killed.number("redis.log.unclean_starts") == 1)
  }

  @Test func composeServicesAreServersOfTheirOwn() {
    func prefixed(_ text: String, _ name: String) -> String {
      text.split(separator: "\n").map { "\(name)  | \($0)\n" }.joined()
    }
    let page = readPage(
      prefixed(Self.life(1, hour: 1, end: nil), "cache-1")
        + prefixed(Self.life(1, hour: 1, end: nil), "queue-1"), with: RedisLogReader.self)
    #expect(page.all("redis.log.starts").map(\.value.number) == [1, 1])
    #expect(page.all("redis.log.unclean_starts").map(\.value.number) == [0, 0])
    #expect(page.subjects.count == 2)
  }

  @Test func tellsWhoMadeItAReplica() {
    let asked = readPage(
      Self.life(9, hour: 1, end: nil)
        + "9:S 21 Nov 2026 01:20:00.000 * Connecting to MASTER 203.0.113.66:7042\n"
        + "9:S 21 Nov 2026 01:20:00.000 * REPLICAOF 203.0.113.66:7042 enabled (user request from "
        + "'id=13 addr=203.0.113.66:58203 laddr=10.20.0.5:7041 fd=14 name=evil age=0')\n",
      with: RedisLogReader.self)
    #expect(asked.number("redis.log.became_replica") == 1)
    #expect(asked.number("redis.log.replica_by_config") == 0)
    #expect(asked.text("redis.log.became_replica.master") == "203.0.113.66:7042")
    #expect(asked.text("redis.log.became_replica.requested_by") == "203.0.113.66:58203")
    #expect(asked.text("redis.log.became_replica.client_name") == "evil")
    let configured = readPage(
      Self.life(9, hour: 1, end: "Connecting to MASTER 10.0.0.9:6379"), with: RedisLogReader.self)
    #expect(configured.number("redis.log.replica_by_config") == 1)
    // Without its start in the log nobody knows why it is a replica.
    let cut = readPage(
      "9:S 21 Nov 2026 01:20:00.000 * Connecting to MASTER 10.0.0.9:6379\n",
      with: RedisLogReader.self)
    #expect(cut.number("redis.log.replica_by_config") == 0)
  }

  @Test func readsCopyOnWriteCrashReportsAndSignals() {
    let page = readPage(
      """
      17:C 21 Nov 2026 01:00:00.000 * RDB: 12 MB of memory used by copy-on-write
      18:C 21 Nov 2026 01:00:00.000 * Fork CoW for RDB: current 1 MB, peak 30 MB, average 5 MB
      1466:signal-handler (1795225875) Received SIGTERM scheduling shutdown...
      1:M 21 Nov 2026 01:10:00.000 # User requested shutdown...
      === REDIS BUG REPORT START: Cut & paste starting from here ===
      1:M 21 Nov 2026 01:10:00.000 # Redis 6.2.6 crashed by signal: 11, si_code: 1
      """, with: RedisLogReader.self)
    #expect(page.number("redis.log.cow_size") == 31_457_280)
    #expect(page.number("redis.log.shutdowns") == 1)
    #expect(page.number("redis.log.crashes") == 1)
  }

  @Test func keepsToWindowAndZone() {
    var context = ReadingContext()
    context.zones = [.redisLog: 9 * 3600]
    context.window.since = Instant(year: 2026, month: 11, day: 20, hour: 17)
    let page = readPage(
      "1:M 21 Nov 2026 01:00:00.000 # Background saving error\n"
        + "1:M 21 Nov 2026 02:30:00.000 # Background saving error\n",
      with: RedisLogReader.self, context: context)
    #expect(page.number("redis.log.save_failed") == 1)
    #expect(page.all("redis.log.save_failed").first?.time?.description == "2026-11-20T17:30:00Z")
    #expect(page.events.first?.isZoned == true)
  }

  @Test(arguments: [
    ("1:M 10 May 2024 01:25:13.411 * Ready\n", Recognition.certain),
    ("Mar  4 01:30:01 redis-01 CRON[21015]: (root) CMD (x)\n", .no),
    ("2026/11/21 01:38:14 [error] 123#0: *1 connect() failed\n", .no),
    ("[2020-09-10 05:37:48 +0000] [17] [INFO] Booting worker\n", .no),
    ("Oct  3 10:39:33 host redis[694]: WARNING overcommit_memory is set to 0!\n", .certain),
    ("10.0.0.1 - - [21/Nov/2026:01:38:14 +0000] \"GET / HTTP/1.1\" 200 1\n", .no),
  ])
  func recognisesLogs(text: String, expected: Recognition) {
    #expect(recognition(of: text, by: RedisLogReader.self) == expected)
  }

  @Test func survivesGarbageAndChunks() {
    for text in ["", "\n", ":::::\n", "12:34:56 *", "1:M 99 Foo 99:99:99.999 * x\n", "\0|\0:\n"] {
      _ = readPage(text, with: RedisLogReader.self)
    }
    let text = Self.life(1, hour: 1, end: nil) + Self.life(1, hour: 2, end: nil)
    let whole = readPage(text, with: RedisLogReader.self)
    #expect(readPage(text, with: RedisLogReader.self, chunk: 7).facts == whole.facts)
    let returns = text.replacing("\n", with: "\r\n")
    #expect(readPage(returns, with: RedisLogReader.self).facts == whole.facts)
  }
}
