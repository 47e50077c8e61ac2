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
    ("14,1650000000,91000,north,10.5\n", "sales.csv", .no),
    ("14,1650000000,91,\"north\",10\n13,1649990000,12,\"south\",11\n", "sales.csv", .no),
  ])
  func recognisesTheLog(text: String, name: String, expected: Recognition) {
    #expect(recognition(of: text, name: name, by: RedisSlowlogReader.self) == expected)
  }

  @Test(arguments: [
    (["KEYS", "*"], true), (["LRANGE", "k", "0", "-1"], true), (["LRANGE", "k", "0", "9"], false),
    (["ZRANGE", "k", "0", "-1", "WITHSCORES"], true), (["SCAN", "0", "COUNT", "100000"], false),
    (["FLUSHALL"], true), (["FLUSHALL", "ASYNC"], false), (["SET", "k", "v"], false),
    (["ZRANGEBYSCORE", "k", "-inf", "+inf"], true), (["DEL", "k"], false), (["SORT", "k"], true),
    (["SAVE"], true), (["DEBUG", "RELOAD"], true), (["BGSAVE"], false),
  ])
  func knowsLinearCommands(words: [String], isLinear: Bool) {
    let text = (["7", "1795225676", "100"] + words + ["10.0.0.1:1", ""]).joined(separator: "\n")
    let page = readPage(text, with: RedisSlowlogReader.self)
    #expect(page.number("redis.slowlog.linear.count") == (isLinear ? 1 : 0))
  }

  /// A long one of these tells that the whole process stood still.
  @Test(arguments: [
    (["HGET", "k", "f"], 300_000, 1.0), (["ping"], 100_000, 1), (["GET", "k"], 300_000, 0),
    (["INCR", "k"], 99_999, 0), (["SET", "k", "v"], 300_000, 0),
  ])
  func knowsCommandsOfConstantTime(words: [String], microseconds: Int, count: Double) {
    let text = (["7", "1795225676", "\(microseconds)"] + words + ["10.0.0.1:1", ""])
      .joined(separator: "\n")
    let page = readPage(text, with: RedisSlowlogReader.self)
    #expect(page.number("redis.slowlog.constant.count") == count)
  }

  /// The lines of RESP that `nc` shows.
  private static let resp = """
    *2\r
    *6\r
    :12\r
    :1795225676\r
    :779620\r
    *2\r
    $3\r
    DEL\r
    $17\r
    events:index:2025\r
    $16\r
    10.20.0.50:51251\r
    $0\r
    \r
    *4\r
    :11\r
    :1795225672\r
    :200000\r
    *2\r
    $8\r
    smembers\r
    $4\r
    tags\r

    """

  @Test(arguments: [
    terminal, raw, csv, json, old, resp,
    "127.0.0.1:6379> slowlog len\n(integer) 7\n" + terminal,
    "$ redis-cli slowlog len\n7\n$ redis-cli slowlog get\n" + raw, "notes\n" + terminal,
    String(repeating: "x", count: 100_000) + "\n" + terminal,
    json.replacing("],[", with: "],\n  [").replacing("[\"", with: "[\n\""),
  ])
  func piecesDoNotMatter(text: String) {
    let whole = readPage(text, with: RedisSlowlogReader.self)
    #expect(whole.number("redis.slowlog.entries") == 2)
    #expect(whole.number("redis.slowlog.length") == (text.contains("len") ? 7 : nil))
    #expect(whole.warnings.map(\.line) == (text.hasPrefix("xx") ? [1] : []))
    for size in [1, 2, 3, 7, 64, 1000] {
      let page = readPage(
        Array(text.utf8), name: "file", with: RedisSlowlogReader.self, piece: size)
      #expect(page.facts == whole.facts, "pieces of \(size)")
      #expect(page.events == whole.events)
      #expect(page.warnings == whole.warnings)
    }
  }

  /// What stands in one line is cited by the entry, not by the beginning of the line.
  @Test(arguments: [(json, "[11,1795225672,"), (csv, "11,1795225672,")])
  func citesTheEntryOfALongLine(text: String, beginning: String) throws {
    let page = readPage(text, with: RedisSlowlogReader.self)
    let fact = try #require(page.all("redis.slowlog.linear.slowest").first)
    #expect(fact.origin.line == 1)
    #expect(fact.origin.excerpt.hasPrefix(beginning))
  }

  /// `SLOWLOG GET` asked every minute shows most entries again; asked of another form, too.
  @Test func countsAnEntryOnce() {
    let page = readPage(
      "$ redis-cli slowlog get\n" + Self.raw + "$ redis-cli --json slowlog get\n" + Self.json
        + "127.0.0.1:6379> slowlog get\n" + Self.terminal + "\n$ redis-cli --csv slowlog get\n"
        + Self.csv.replacing("12,1795225676", with: "13,1795225676").replacing("11,", with: "12,"),
      with: RedisSlowlogReader.self)
    #expect(page.number("redis.slowlog.entries") == 4)
    #expect(page.number("redis.slowlog.command.count", part: "DEL") == 2)
  }

  @Test func saysWhatIsNoEntry() {
    let page = readPage(
      Self.json.replacing("[[12", with: "[[1,2],\n{\"a\":1},[12"), with: RedisSlowlogReader.self)
    #expect(page.number("redis.slowlog.entries") == 2)
    #expect(page.skippedLines == 1)
    #expect(page.warnings.first?.line == 1)
    #expect(page.warnings.first?.message.contains("found 2 members") == true)
  }

  /// Nothing that is read grows with what is given: neither names of commands nor values.
  @Test func commandsAreBounded() {
    let log = (0..<3000).map { "\(9000 - $0)\n1795225676\n\($0 + 1)\ncommand\($0)\nkey\n" }
    let page = readPage(log.joined(), with: RedisSlowlogReader.self)
    #expect(page.number("redis.slowlog.entries") == 3000)
    #expect(page.all("redis.slowlog.command.count").count == 60)
    #expect(
      page.warnings.map(\.message) == [
        "more than 2000 commands; 1000 entries are counted in the sums only"
      ])
    let endless = "1\n1795225676\n3\nGET\n" + String(repeating: "word\n", count: 10_000)
    #expect(
      readPage(endless, with: RedisSlowlogReader.self).number("redis.slowlog.entries") == 1)
  }

  /// The median of the times between such commands, whatever else was slow.
  @Test(
    arguments: [([0, 86_400, 172_800, 172_860], 86_400.0), ([0, 60, 90], 30), ([0, 60], nil)])
  func tellsHowFarApartLinearCommandsCame(ages: [Int], spacing: Double?) {
    let entries = ages.enumerated().map { index, age in
      "\(20 - index)\n\(1_795_225_676 - age)\n380000\nKEYS\nreport:*\n10.0.0.1:1\n"
    }
    let other = "21\n1795225676\n20000\nSET\nk\nv\n10.0.0.1:1\n"
    let page = readPage(
      ([other] + entries).joined(separator: "\n"), with: RedisSlowlogReader.self)
    #expect(page.number("redis.slowlog.entries") == Double(ages.count + 1))
    #expect(page.number("redis.slowlog.linear.spacing") == spacing)
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
