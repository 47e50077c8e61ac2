import Model
import Testing

@testable import Readers

@Suite struct RedisCrashTests {
  private static let ready = "5:M 21 Nov 2026 01:00:00.000 * Ready to accept connections\n"
  private static let start = "\n\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n"
  private static let end =
    "\n=== REDIS BUG REPORT END. Make sure to include from START to END. ===\n"
  private static let at = "5:M 21 Nov 2026 01:51:15.310 # "

  private static func report(_ body: String) -> String { ready + start + body + end }

  @Test func tellsTheSignalTheCommandAndTheMemoryTest() {
    let page = readPage(
      Self.report(
        Self.at + "Redis 7.0.15 crashed by signal: 11, si_code: 1\n"
          + "argv[0]: '\"zrandmember\"'\nargv[1]: '\"secret\"'\n"
          + "Fast memory test PASSED, however your memory can still be broken.\n"),
      with: RedisLogReader.self)
    #expect(page.number("redis.log.crashes") == 1)
    #expect(page.line("redis.log.crashes") == 4)
    #expect(page.text("redis.log.crash.reason") == "signal 11 (SIGSEGV)")
    #expect(page.text("redis.log.crash.version") == "7.0.15")
    #expect(page.text("redis.log.crash.command") == "ZRANDMEMBER")
    #expect(page.all("redis.log.crash.memory_failed").first?.value == .flag(false))
    #expect(page.all("redis.log.crash.was_sent").first?.value == .flag(false))
    #expect(page.all("redis.log.crash.was_asked").first?.value == .flag(false))
    #expect(page.all("redis.log.ends_in_crash").first?.value == .flag(true))
    #expect(page.all("redis.log.crashes.last").count == 1)
    #expect(page.events.contains { $0.name == "redis-crash" && $0.isImpact })
  }

  /// A failed assertion of versions before 6.2 ends in a signal of its own.
  @Test(arguments: [
    (
      "=== ASSERTION FAILED ===\n\(at)==> dict.c:12 'd > 0' is not true\n\(at)Redis 5.0.7 crashed by signal: 11",
      "assertion failed, dict.c:12 'd > 0' is not true"
    ),
    (
      "Guru Meditation: Unknown object type #object.c:370",
      "panic, Unknown object type #object.c:370"
    ),
  ])
  func tellsAssertionsAndPanics(body: String, reason: String) {
    let page = readPage(Self.report(Self.at + body + "\n"), with: RedisLogReader.self)
    #expect(page.text("redis.log.crash.reason") == reason)
  }

  /// An assertion states no version: the INFO of the report does, and Valkey's its own.
  @Test func tellsTheVersionOfAnAssertion() {
    let body =
      Self.at + "==> dict.c:12 'd > 0' is not true\n\n------ INFO OUTPUT ------\n# Server\n"
      + "redis_version:7.2.4\nserver_name:valkey\nvalkey_version:9.1.2\n\n------ CLIENT LIST ------\n"
    let page = readPage(Self.report(body), with: RedisLogReader.self)
    #expect(page.text("redis.log.crash.version") == "9.1.2")
  }

  @Test func brokenMemoryAndASenderAreTold() {
    let page = readPage(
      Self.report(
        Self.at + "Redis 6.2.5 crashed by signal: 6, si_code: 0\n" + Self.at
          + "Killed by PID: 1, UID: 0\n"
          + "!!! MEMORY ERROR DETECTED! Check your memory ASAP !!!\n"),
      with: RedisLogReader.self)
    #expect(page.text("redis.log.crash.sent_by") == "PID: 1, UID: 0")
    #expect(page.all("redis.log.crash.was_sent").first?.value == .flag(true))
    #expect(page.all("redis.log.crash.memory_failed").first?.value == .flag(true))
  }

  /// Of several threads the one with the star crashed; libraries of the system have a version.
  @Test(arguments: [
    ("EIP:\n/usr/lib/libc.so.6(abort+0x1)[0x1]\n/opt/redisearch.so(+0x1)[0x1]\n", "redisearch.so"),
    (
      "\n77 bio_aof\n/opt/other.so(+0x1)[0x1]\n\n5 redis-server *\n/opt/graph.so(+0x1)[0x1]\n",
      "graph.so"
    ),
    (
      "\n5 redis-server *\n/usr/bin/redis-server(main+1)[0x1]\n\n77 w\n/opt/graph.so(+0x1)[0x1]\n",
      nil
    ),
  ])
  func tellsTheModule(stack: String, module: String?) {
    let page = readPage(
      Self.report(Self.at + "Redis 8.2.3 crashed by signal: 11, si_code: 1\n\n" + stack),
      with: RedisLogReader.self)
    #expect(page.text("redis.log.crash.module") == module)
  }

  /// A server without memory, and a child that saves, write such reports too.
  @Test(arguments: [
    "5:M 21 Nov 2026 01:51:15.310 # Guru Meditation: Redis aborting for OUT OF MEMORY. Allocating 9 bytes!",
    "9:C 21 Nov 2026 01:51:15.310 # Redis 7.0.15 crashed by signal: 11, si_code: 1",
  ])
  func otherReportsAreNoCrashOfTheServer(line: String) {
    let page = readPage(Self.report(line + "\n"), with: RedisLogReader.self)
    #expect(page.number("redis.log.crashes") == 0)
    #expect(page.number("redis.log.oom_allocating") == (line.contains("OUT OF") ? 1 : 0))
    #expect(page.all("redis.log.ends_in_crash").isEmpty)
  }

  /// A report that is cut off ends where the next life begins.
  @Test func comesBackAndCrashesAgain() {
    let life = "5:M 21 Nov 2026 02:00:00.000 * oO0 Redis is starting oO0\n"
    let cut = Self.ready + Self.start + Self.at + "Redis 7.0.15 crashed by signal: 11, si_code: 1\n"
    let page = readPage(cut + life + cut + life + Self.ready, with: RedisLogReader.self)
    #expect(page.number("redis.log.crashes") == 2)
    #expect(page.all("redis.log.ends_in_crash").first?.value == .flag(false))
  }

  @Test func aReportInAStreamOfComposeIsItsServers() {
    let lines =
      "web_1    | 1:M 21 Nov 2026 01:00:00.000 * Ready to accept connections\n"
      + "redis_1  | 1:M 21 Nov 2026 01:00:00.000 * Ready to accept connections\n"
      + "redis_1  | === REDIS BUG REPORT START: Cut & paste starting from here ===\n"
      + "redis_1  | 1:M 21 Nov 2026 01:51:15.310 # Redis 7.0.15 crashed by signal: 11, si_code: 1\n"
      + "redis_1  | argv[0]: '\"get\"'\n"
    let page = readPage(lines, with: RedisLogReader.self)
    #expect(page.all("redis.log.crashes").map(\.value) == [.number(0), .number(1)])
    #expect(page.text("redis.log.crash.command") == "GET")
  }

  @Test(arguments: [
    (
      "Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup", false
    ),
    ("Unexpected end of file reading the append only file. You can: 1) Make a backup", false),
    ("Wrong RDB checksum expected: (1) but got (2). Aborting now.", false),
    ("Short read or OOM loading DB. Unrecoverable error, aborting now.", false),
    ("Can't handle RDB format version 12", true),
    ("Wrong signature trying to load DB from file: VALKE0099", true),
    ("Fatal error loading the DB: Permission denied. Exiting.", false),
  ])
  func tellsAFileThatItCannotRead(text: String, isOther: Bool) {
    let begin = "5:M 21 Nov 2026 01:00:00.000 # Server initialized\n"
    let failure =
      Self.at + text + "\n" + Self.at + "Fatal error loading the DB, check server logs.\n"
    let page = readPage(begin + failure + begin + failure, with: RedisLogReader.self)
    #expect(page.number("redis.log.load_failed") == 2)
    #expect(page.text("redis.log.load_failed.reason") == text)
    #expect(page.all("redis.log.load_failed.other_format").first?.value == .flag(isOther))
    #expect(page.all("redis.log.ends_in_failed_load").first?.value == .flag(true))
    let mended = readPage(begin + failure + begin + Self.ready, with: RedisLogReader.self)
    #expect(mended.all("redis.log.ends_in_failed_load").first?.value == .flag(false))
  }

  /// The copy of its master that broke off is tried again, and the server goes on.
  @Test func aReplicaWhoseCopyBrokeOffHasNotFailedToLoad() {
    let page = readPage(
      Self.ready
        + "5:S 21 Nov 2026 01:51:15.310 # Short read or OOM loading DB. Unrecoverable error\n",
      with: RedisLogReader.self)
    #expect(page.number("redis.log.load_failed") == 0)
  }
}
