import Model
import Testing

@testable import Readers

@Suite struct RedisSlowlogTests {
  private static let terminal = """
    127.0.0.1:6379> SLOWLOG GET 10
     1) 1) (integer) 12
        2) (integer) 1795225676
        3) (integer) 779620
        4) 1) "DEL"
           2) "events:index:2025"
        5) "10.20.0.50:51251"
        6) "housekeeping"
     2) 1) (integer) 11
        2) (integer) 1795225672
        3) (integer) 200000
        4) 1) "smembers"
           2) "tags"
        5) "10.20.0.50:51251"
        6) ""
    """
  private static let raw =
    "12\n1795225676\n779620\nDEL\nevents:index:2025\n10.20.0.50:51251\nhousekeeping\n"
    + "11\n1795225672\n200000\nsmembers\ntags\n10.20.0.50:51251\n\n"
  private static let csv =
    "12,1795225676,779620,\"DEL\",\"events:index:2025\",\"10.20.0.50:51251\",\"housekeeping\","
    + "11,1795225672,200000,\"smembers\",\"tags\",\"10.20.0.50:51251\",\"\"\n"
  private static let json =
    "[[12,1795225676,779620,[\"DEL\",\"events:index:2025\"],\"10.20.0.50:51251\",\"housekeeping\"],"
    + "[11,1795225672,200000,[\"smembers\",\"tags\"],\"10.20.0.50:51251\",\"\"]]\n"
  /// Redis 3: no client; blanks lost in a paste.
  private static let old = """
    1) 1) (integer) 12
    2) (integer) 1795225676
    3) (integer) 779620
    4) 1) "DEL"
    2) "events:index:2025"
    2) 1) (integer) 11
    2) (integer) 1795225672
    3) (integer) 200000
    4) 1) "smembers"
    2) "tags"
    """

  @Test(arguments: [
    (terminal, [4, 5, 6, 12]), (raw, [3, 4, 5, 11]), (csv, [1, 1, 1, 1]), (json, [1, 1, 1, 1]),
    (old, [3, 4, 5, 9]),
  ])
  func readsAllForms(text: String, lines: [Int]) {
    #expect(recognition(of: text, by: RedisSlowlogReader.self) == .certain)
    let page = readPage(text, with: RedisSlowlogReader.self)
    #expect(page.number("redis.slowlog.entries") == 2)
    #expect(page.number("redis.slowlog.slowest") == 0.77962)
    #expect(page.text("redis.slowlog.slowest_command") == "DEL")
    #expect(page.text("redis.slowlog.delete.key") == "events:index:2025")
    #expect(page.number("redis.slowlog.linear.slowest") == 0.2)
    #expect(page.text("redis.slowlog.linear.command") == "SMEMBERS")
    #expect(page.number("redis.slowlog.total") == 0.97962)
    #expect(page.number("redis.slowlog.busy_share") == 0.244905)
    let found = [
      page.line("redis.slowlog.slowest"), page.line("redis.slowlog.slowest_command"),
      page.line("redis.slowlog.delete.key"),
    ]
    #expect(found == Array(lines.prefix(3)))
    if text == Self.terminal {
      #expect(page.line("redis.slowlog.linear.command") == lines[3])
      #expect(page.subjects[0].keys == [.port(6379)])
      #expect(page.events.map(\.name) == ["slow-commands"])
    }
  }

  @Test(arguments: ["\n", "(empty array)\n", "127.0.0.1:6379> SLOWLOG GET 10\n(empty array)\n", ""])
  func anEmptyLogHoldsNone(text: String) {
    let page = readPage(text, name: "slowlog.txt", with: RedisSlowlogReader.self)
    #expect(page.number("redis.slowlog.entries") == 0)
    #expect(page.number("redis.slowlog.linear.count") == 0)
    #expect(page.number("redis.slowlog.delete.count") == 0)
    #expect(page.number("redis.slowlog.slowest") == nil)
    #expect(page.skippedLines == 0)
  }

  @Test(arguments: [
    ("\n", "slowlog.txt", Recognition.byName), ("\n", "notes.txt", .no),
    ("(empty array)\n", "latency.txt", .no), ("(empty array)\n", "redis-slowlog.txt", .byName),
    ("$ redis-cli slowlog get\n(empty array)\n", "a.txt", .certain),
    ("a@b:~$ redis-cli --no-raw -h h -p 1 slowlog get 9\n(empty array)\n", "a.txt", .certain),
    (
      "1) 1) \"command\"\n   2) (integer) 1795225117\n   3) (integer) 1\n   4) (integer) 20\n",
      "latency.txt", .no
    ),
    ("1795225116\n1795225117\n1795225118\n1795225119\n", "memory.usage_in_bytes", .no),
    ("1) \"maxmemory\"\n2) \"0\"\n", "slowlog.txt", .no),
  ])
  func recognisesTheLog(text: String, name: String, expected: Recognition) {
    #expect(recognition(of: text, name: name, by: RedisSlowlogReader.self) == expected)
  }

  @Test(arguments: [
    (["KEYS", "*"], true), (["LRANGE", "k", "0", "-1"], true), (["LRANGE", "k", "0", "9"], false),
    (["ZRANGE", "k", "0", "-1", "WITHSCORES"], true), (["SCAN", "0", "COUNT", "100000"], false),
    (["FLUSHALL"], true), (["FLUSHALL", "ASYNC"], false), (["SET", "k", "v"], false),
    (["ZRANGEBYSCORE", "k", "-inf", "+inf"], true), (["DEL", "k"], false), (["SORT", "k"], true),
  ])
  func knowsLinearCommands(words: [String], isLinear: Bool) {
    let text = (["7", "1795225676", "100"] + words + ["10.0.0.1:1", ""]).joined(separator: "\n")
    let page = readPage(text, with: RedisSlowlogReader.self)
    #expect(page.number("redis.slowlog.linear.count") == (isLinear ? 1 : 0))
  }

  @Test func survivesTruncationAndGarbage() {
    for end in stride(from: 0, to: Self.terminal.utf8.count, by: 7) {
      _ = readPage(
        String(decoding: Self.terminal.utf8.prefix(end), as: UTF8.self),
        with: RedisSlowlogReader.self)
    }
    let page = readPage("what is this\n", name: "slowlog.txt", with: RedisSlowlogReader.self)
    #expect(page.skippedLines == 1)
    _ = readPage(String(repeating: "1) ", count: 5000), with: RedisSlowlogReader.self)
  }

  @Test func readsItsLength() {
    let alone = "$ redis-cli SLOWLOG LEN\n(integer) 3021\n"
    #expect(recognition(of: alone, name: "x", by: RedisSlowlogReader.self) == .certain)
    let page = readPage(alone, with: RedisSlowlogReader.self)
    #expect(page.number("redis.slowlog.length") == 3021)
    #expect(page.line("redis.slowlog.length") == 2)
    // Nobody said that there are none.
    #expect(page.number("redis.slowlog.entries") == nil)
    let both = readPage(
      "127.0.0.1:6379> slowlog len\n(integer) 0\n127.0.0.1:6379> slowlog get\n(empty array)\n",
      with: RedisSlowlogReader.self)
    #expect(both.number("redis.slowlog.length") == 0)
    #expect(both.number("redis.slowlog.entries") == 0)
    #expect(both.skippedLines == 0)
  }
}
