import Model
import Testing

@testable import Readers

/// CLIENT LIST, LATENCY, MEMORY, --bigkeys, key samples, ROLE and error replies.
@Suite struct RedisCommandTests {
  private static let clients = """
    id=3 addr=10.20.0.32:56189 laddr=10.20.0.5:7031 fd=12 name= age=16012 idle=15612 flags=N db=0 sub=0 psub=0 omem=0 cmd=get
    id=4 addr=10.20.0.32:56190 laddr=10.20.0.5:7031 fd=13 name=w age=16012 idle=15613 flags=b db=0 sub=0 psub=0 omem=0 cmd=brpop
    id=5 addr=10.20.0.31:56191 laddr=10.20.0.5:7031 fd=14 name=s age=16012 idle=15614 flags=P db=0 sub=1 psub=0 omem=9 cmd=subscribe
    id=6 addr=203.0.113.66:7042 laddr=10.20.0.5:53656 fd=15 name= age=4 idle=3 flags=M db=0 sub=0 psub=0 omem=0 cmd=ping
    id=7 addr=127.0.0.1:34920 laddr=10.20.0.5:7031 fd=16 name= age=0 idle=0 flags=N db=0 sub=0 psub=0 omem=0 cmd=client|list
    id=8 addr=10.20.0.31:34921 laddr=10.20.0.5:7031 fd=17 name= age=1 idle=0 flags=N db=0 sub=0 psub=0 omem=0 cmd=get

    """

  @Test func readsClients() {
    #expect(recognition(of: Self.clients, by: RedisClientListReader.self) == .certain)
    let page = readPage(Self.clients, with: RedisClientListReader.self)
    #expect(page.number("redis.clients.listed") == 6)
    #expect(page.number("redis.clients.idle_over_10m") == 1)
    #expect(page.number("redis.clients.idle_max") == 15612)
    #expect(page.line("redis.clients.idle_max") == 1)
    #expect(page.number("redis.clients.blocked_listed") == 1)
    #expect(page.number("redis.clients.young") == 1)
    #expect(page.line("redis.clients.young") == 6)
    #expect(page.number("redis.clients.output_buffer_max") == 9)
    #expect(page.text("redis.clients.output_buffer_client") == "s")
    #expect(page.text("redis.clients.master_link") == "203.0.113.66:7042")
    #expect(page.number("redis.clients.by_address", part: "10.20.0.31") == 2)
    #expect(page.text("redis.clients.top_address") == "10.20.0.31")
    #expect(page.subjects[0].keys == [.port(7031), .address("10.20.0.5:7031")])
    let loopback = readPage(
      "id=1 addr=127.0.0.1:1 laddr=127.0.0.1:6379 age=0 idle=0\n",
      with: RedisClientListReader.self)
    #expect(loopback.subjects[0].keys == [.port(6379)])
  }

  @Test(arguments: [
    (
      "1) 1) \"expire-cycle\"\n   2) (integer) 1795225117\n   3) (integer) 16\n   4) (integer) 35\n",
      4
    ),
    ("expire-cycle\n1795225117\n16\n35\n", 4),
    (
      "Dave, I have observed latency spikes in this Redis instance.\n\n1. expire-cycle: 2 latency "
        + "spikes (average 25ms, mean deviation 9ms, period 6.00 sec). Worst all time event 35ms.\n",
      3
    ),
    (
      "$ redis-cli latency history expire-cycle\n1) 1) (integer) 1795225116\n   2) (integer) 35\n",
      3
    ),
    ("[[\"expire-cycle\",1795225117,16,35],[\"fork\",1795225117,1,2]]\n", 1),
    ("\"expire-cycle\",1795225117,16,35,\"fork\",1795225117,1,2\n", 1),
    ("expire-cycle\n1795225117\n16\n35\n51\n2\n", 4),
    (
      "1) 1) \"expire-cycle\"\n   2) (integer) 1795225117\n   3) (integer) 16\n   4) (integer) 35\n   5) (integer) 51\n   6) (integer) 2\n",
      4
    ),
    (
      "Latency spikes are observed in this Valkey instance.\n\n1. expire-cycle: 2 latency "
        + "spikes (average 25ms, mean deviation 9ms, period 6.00 sec). Worst all time event 35ms.\n",
      3
    ),
    ("$ redis-cli latency history expire-cycle\n1795225115\n3\n1795225116\n35\n", 5),
    ("$ redis-cli --csv latency history expire-cycle\n1795225115,3,1795225116,35\n", 2),
  ])
  func readsLatency(text: String, line: Int) {
    #expect(recognition(of: text, by: RedisLatencyReader.self) == .certain)
    let page = readPage(text, with: RedisLatencyReader.self)
    #expect(page.number("redis.latency.event.worst", part: "expire-cycle") == 0.035)
    let worst = page.facts.first { $0.name == "redis.latency.event.worst" }
    #expect(worst?.origin.line == line)
    #expect(page.value("redis.latency.monitor_enabled") == .flag(true))
  }

  /// Prometheus and many others print pairs of a time and a figure.
  @Test(arguments: ["[[1795225116,35],[1795225117,3]]", "1795225116\n35\n", "1795225116,35"])
  func pairsOfFiguresAreNoHistoryByThemselves(_ text: String) {
    #expect(recognition(of: text, name: "values.json", by: RedisLatencyReader.self) == .no)
    #expect(
      recognition(of: text, name: "latency-fork.txt", by: RedisLatencyReader.self) == .certain)
    let page = readPage(text, name: "latency-fork.txt", with: RedisLatencyReader.self)
    #expect(page.number("redis.latency.event.worst", part: "fork") == 0.035)
  }

  @Test func readsPingsAndTheDisabledMonitor() {
    let raw = "448 448 448.00 1\n0 771 8.13 108\n -- 3.00 seconds range\n0 2 0.10 9\n"
    let page = readPage(raw, with: RedisLatencyReader.self)
    #expect(page.number("redis.latency.ping_max") == 0.771)
    #expect(page.line("redis.latency.ping_max") == 2)
    let terminal = "min: 0, max: 15, avg: 0.11 (1364 samples) -- 15.01 seconds range\n"
    #expect(
      readPage(terminal, with: RedisLatencyReader.self).number("redis.latency.ping_max") == 0.015)
    let off = "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis x.\n"
    #expect(
      readPage(off, with: RedisLatencyReader.self).value("redis.latency.monitor_enabled")
        == .flag(false))
    #expect(recognition(of: "0 1 0.5 7\n", name: "numbers.txt", by: RedisLatencyReader.self) == .no)
  }

  @Test func readsTheMemoryDoctor() {
    let text = """
      Sam, I detected a few issues in this Redis instance memory implants:

       * High total RSS: This instance has a memory fragmentation and RSS overhead greater than 1.4

      I'm here to keep you safe, Sam. I want to help you.
      """
    let page = readPage(text, with: RedisMemoryReader.self)
    #expect(page.value("redis.memory_doctor.high_rss") == .flag(true))
    #expect(page.line("redis.memory_doctor.high_rss") == 3)
    #expect(page.value("redis.memory_doctor.peak") == .flag(false))
    #expect(page.value("redis.memory_doctor.no_issue") == .flag(false))
    // A report that was cut clears nothing.
    let cut = readPage(String(text.prefix(160)), with: RedisMemoryReader.self)
    #expect(cut.value("redis.memory_doctor.peak") == nil)
    let empty = readPage(
      "Hi Sam, this instance is empty or is using very little memory, my issues\n",
      with: RedisMemoryReader.self)
    #expect(empty.facts.map(\.name) == ["redis.memory_doctor.too_small"])
  }

  @Test(arguments: [
    " 1) \"peak.allocated\"\n 2) (integer) 9\n 3) \"allocator-fragmentation.ratio\"\n 4) \"3.07\"\n",
    "1# \"peak.allocated\" => (integer) 9\n2# \"db.0\" => \n   1# \"x\" => (integer) 1\n"
      + "3# \"allocator-fragmentation.ratio\" => (double) 3.07\n",
    "peak.allocated\n9\nallocator-fragmentation.ratio\n3.07\n",
    "{\"peak.allocated\":9,\"db.0\":{\"x\":1},\"allocator-fragmentation.ratio\":3.07}\n",
    "\"peak.allocated\",9,\"db.0\",\"x\",1,\"allocator-fragmentation.ratio\",\"3.07\"\n",
  ])
  func readsMemoryStatistics(text: String) {
    #expect(recognition(of: text, by: RedisMemoryReader.self) == .certain)
    let page = readPage(text, with: RedisMemoryReader.self)
    #expect(page.number("redis.memory.used_memory_peak") == 9)
    #expect(page.number("redis.memory.allocator_frag_ratio") == 3.07)
  }

  @Test func readsMemoryUsage() {
    let page = readPage(
      "$ redis-cli memory usage Events:2026 samples 0\n(integer) 349530176\n",
      with: RedisMemoryReader.self)
    #expect(page.number("redis.bigkeys.usage", part: "Events:2026") == 349_530_176)
    #expect(page.line("redis.bigkeys.usage") == 2)
  }

  @Test func readsBigKeys() {
    let text = """
      # Scanning the entire keyspace to find biggest keys as well as
      [00.00%] Biggest string found so far '"user:59324"' with 80 bytes
      [07.63%] Biggest hash   found so far '"events:index:2026"' with 2200000 fields
      Sampled 60002 keys in the keyspace!
      Biggest   hash found '"events:index:2026"' has 2200000 fields
      2 hashs with 3100000 fields (49.80% of keys, avg size 1550000.00)
      """
    let page = readPage(text, with: RedisBigKeysReader.self)
    #expect(page.number("redis.bigkeys.sampled") == 60002)
    #expect(page.number("redis.bigkeys.largest_collection") == 2_200_000)
    #expect(page.line("redis.bigkeys.largest_collection") == 5)
    #expect(page.text("redis.bigkeys.largest_collection_key") == "events:index:2026")
    // Only found so far: the scan's summary does not name it.
    #expect(page.number("redis.bigkeys.largest_string") == 80)
    #expect(page.number("redis.bigkeys.type_share", part: "hash") == 0.498)
    #expect(page.value("redis.bigkeys.session_key") == .flag(false))
    let bytes = readPage(
      "Biggest   hash found '\"h\"' has 349530176 bytes\n", with: RedisBigKeysReader.self)
    #expect(bytes.number("redis.bigkeys.memory", part: "hash") == 349_530_176)
    #expect(bytes.number("redis.bigkeys.usage") == 349_530_176)
    #expect(bytes.number("redis.bigkeys.largest_collection") == nil)
  }

  @Test func readsTTLsBelowTheirKeys() {
    let name = ":1:django.contrib.sessions.cache"
    let text = "\(name)m2k9x0\n-1\n\(name)77ab1c\n(integer) 300\n"
    #expect(recognition(of: text, name: "x", by: RedisKeySampleReader.self) == .certain)
    let page = readPage(text, with: RedisKeySampleReader.self)
    #expect(page.number("redis.sample.sessions") == 2)
    #expect(page.number("redis.sample.sessions_without_ttl") == 1)
    #expect(page.number("redis.sample.session_ttl_max") == 300)
    // Settings and their values are no keys.
    let settings = "maxmemory-policy\nnoeviction\nmaxmemory\n0\nport\n6379\n"
    #expect(recognition(of: settings, name: "x", by: RedisKeySampleReader.self) == .no)
  }

  @Test(arguments: [
    "$ redis-cli --scan | head\nsess:a1 hash ttl=100\nsess:b2 hash ttl=-1\nuser:1 string ttl=-1\n",
    "\nsess:a1  ttl=100  type=hash\nsess:b2  ttl=-1  type=hash\nuser:1  ttl=-1  type=string\n",
    "\nsess:a1 100\nsess:b2 -1\nuser:1 -1\n",
    "\nsess:a1\thash\t100\nsess:b2\thash\t-1\nuser:1\tstring\t-1\n",
    "\n1) \"sess:a1\" (integer) 100\n2) \"sess:b2\" (integer) -1\n3) \"user:1\" (integer) -1\n",
  ])
  func readsKeySamples(text: String) {
    #expect(recognition(of: text, name: "keys.txt", by: RedisKeySampleReader.self) >= .possible)
    let page = readPage(text, with: RedisKeySampleReader.self)
    #expect(page.number("redis.sample.keys") == 3)
    #expect(page.number("redis.sample.sessions") == 2)
    #expect(page.text("redis.sample.session_prefix") == "sess:")
    #expect(page.number("redis.sample.session_ttl_max") == 100)
    #expect(page.line("redis.sample.session_ttl_max") == 2)
    #expect(page.number("redis.sample.sessions_without_ttl") == 1)
    #expect(page.number("redis.sample.without_ttl") == 2)
    #expect(page.number("redis.sample.prefix", part: "user:") == 1)
    #expect(page.number("redis.sample.keys_per_session") == nil)
  }

  @Test func readsWhatKeysTakeAndHowLongTheyLieIdle() {
    let text =
      "# key sample: 3 of 9 keys\nsess:a\thash\t9\tbytes=100\tidle=7\nsess:b\thash\t9\tbytes=200"
      + "\tidle=90\nuser:1\tstring\t-1\tbytes=700\tidle=3\n"
    #expect(recognition(of: text, name: "x", by: RedisKeySampleReader.self) == .certain)
    let page = readPage(text, with: RedisKeySampleReader.self)
    #expect(page.number("redis.sample.bytes") == 1000)
    #expect(page.number("redis.sample.prefix_bytes", part: "sess:") == 300)
    #expect(page.number("redis.sample.session_bytes_share") == 0.3)
    #expect(page.number("redis.sample.session_idle_median") == 90)
    #expect(page.line("redis.sample.session_idle_median") == 3)
    #expect(page.number("redis.sample.session_ttl_max") == 9)
    #expect(
      readPage("sess:a\thash\t9\n", with: RedisKeySampleReader.self)
        .number("redis.sample.bytes") == nil)
  }

  @Test(arguments: [
    (["sessions:a", "sessions:expires:a", "expirations:17"], 2.0), (["sessions:a"], 1.0),
  ])
  func countsSpringsKeysOfASession(names: [String], keys: Double) {
    let text = names.map { "spring:session:\($0) ttl=60\n" }.joined()
    let page = readPage(text, with: RedisKeySampleReader.self)
    #expect(page.number("redis.sample.keys_per_session") == keys)
  }

  private static let sessionKeys: [(String, String?)] = [
    ("spring:session:sessions:x", "spring:session:"), ("sess:x", "sess:"),
    (":1:django.contrib.sessions.cacheabc", ":1:django.contrib.sessions."),
    ("PHPREDIS_SESSION:x", "PHPREDIS_SESSION:"), ("shop:sessions:x", "shop:sessions:"),
    ("app_session_x", "app_session_"), ("obsession:x", nil), ("user:1", nil), ("sess:", nil),
    ("assess:x", nil),
    (
      "shop_database_shop_cache_:Zk3pQ9sVb1LmTx7RwYc2HdNf5JgAe8UoKi4SqP6t",
      "shop_database_shop_cache_:"
    ),
    ("shop_database_shop_cache_:356a192b7913b04c54574d18c28d46e6395428ab", nil),
    ("shop_database_shop_cache_:courses.index", nil),
    ("shop_database_shop_queue:Zk3pQ9sVb1LmTx7RwYc2HdNf5JgAe8UoKi4SqP6t", nil),
  ]

  /// A name that is an id alone does not say that it is no session.
  @Test(arguments: [
    ("0b1c7d52-e9a4-4f60-83aa-51d2c7e9b4f6", nil), ("Zk3pQ9sVb1LmTx7RwYc2HdNf", nil),
    ("page:0b1c7d52-e9a4-4f60-83aa-51d2c7e9b4f6", 0.0), ("catalogue-of-all-courses-12", 0),
    ("lessons-1", 0),
  ])
  func doesNotJudgeKeysByIdsAlone(key: String, share: Double?) {
    let text = String(repeating: key + " ttl=60\n", count: 5)
    let page = readPage(text, with: RedisKeySampleReader.self)
    #expect(page.number("redis.sample.session_share") == share)
    #expect(page.number("redis.sample.keys") == 5)
  }

  @Test(arguments: sessionKeys)
  func knowsSessionKeys(key: String, prefix: String?) {
    #expect(RedisSessionKeys.prefix(of: key) == prefix)
  }

  @Test(arguments: [
    ("Could not connect to Redis at 10.0.3.7:6380: Connection refused\n", 1),
    ("Could not connect to Redis at 10.0.3.7:6380: No route to host\nnot connected> \n", 1),
    (
      "Could not connect to Redis at 10.0.3.7:6380: Connection refused\n"
        + "Could not connect to Redis at 10.0.3.8:6380: Connection refused\n", 0
    ),
    ("Could not connect to Redis at /run/redis.sock: No such file or directory\n", 0),
  ])
  func whoCannotBeReachedIsKnown(_ text: String, _ count: Int) {
    let page = readPage(text, with: RedisReplyReader.self)
    let address = RedisText.keys(host: "10.0.3.7", port: 6380)
    #expect(page.subjects.map(\.keys) == [count > 0 ? Set(address) : []])
  }

  @Test(arguments: [
    ("$ redis-cli info\nERR max number of clients reached\n", "redis.reply.max_clients", 2),
    ("$ redis-cli set a 1\n(error) MISCONF Redis is configured to\n", "redis.reply.misconf", 2),
    ("$ redis-cli bgsave\n(error) ERR\n", "redis.reply.bgsave_error", 2),
    ("10.0.0.1:6379> set a 1\n(error) READONLY You can't write\n", "redis.reply.readonly", 2),
    ("(error) OOM command not allowed when used memory > 'maxmemory'.\n", "redis.reply.oom", 1),
    ("NOAUTH Authentication required.\n", "redis.reply.noauth", 1),
    ("Could not connect to Redis at h:6379: Connection refused\n", "redis.reply.refused", 1),
    ("Could not connect to Redis at h:6379: Name does not resolve\n", "redis.reply.unreachable", 1),
    (
      "Could not connect to Redis at h:6379: Cannot assign requested address\n",
      "redis.reply.no_local_port", 1
    ),
  ])
  func readsErrorReplies(text: String, fact: String, line: Int) {
    #expect(recognition(of: text, by: RedisReplyReader.self) == .certain)
    let page = readPage(text, with: RedisReplyReader.self)
    #expect(page.facts.map(\.name) == [fact])
    #expect(page.number(fact) == 1)
    #expect(page.line(fact) == line)
  }

  @Test(arguments: [
    "1) \"slave\"\n2) \"10.20.0.11\"\n3) (integer) 7071\n4) \"connected\"\n5) (integer) 6\n",
    "slave\n10.20.0.11\n7071\nconnected\n6\n", "[\"slave\",\"10.20.0.11\",7071,\"connected\",6]\n",
    "\"slave\",\"10.20.0.11\",7071,\"connected\",6\n",
  ])
  func readsRoles(text: String) {
    #expect(recognition(of: text, by: RedisReplyReader.self) == .certain)
    let page = readPage(text, with: RedisReplyReader.self)
    #expect(page.text("redis.role.role") == "slave")
    #expect(page.text("redis.role.master_host") == "10.20.0.11")
    #expect(page.number("redis.role.master_port") == 7071)
  }

  @Test func readsStatistics() {
    let text = """
      ------- data ------ --------------------- load -------------------- - child -
      keys       mem      clients blocked requests            connections
      44164      50.00M   5       0       477810 (+0)         13
      44177      50.00M   5       1       497605 (+19795)     14
      """
    let page = readPage(text, with: RedisReplyReader.self)
    #expect(page.number("redis.stat.memory") == 52_428_800)
    #expect(page.number("redis.stat.blocked") == 1)
    #expect(page.number("redis.stat.requests_per_interval") == 19795)
    #expect(page.line("redis.stat.requests_per_interval") == 4)
  }

  /// Files of neighbouring kinds, none of which any of these readers may claim.
  @Test(arguments: [
    ("2026-11-21 01:38:14,117 ERROR app: READONLY You can't write\n", "app.log"),
    ("Mar  4 01:30:01 redis-01 CRON[21015]: (root) CMD (x)\n", "redis-01-syslog"),
    ("vm.swappiness = 60\nvm.overcommit_memory = 0\n", "sysctl.txt"),
    ("MemTotal:         996588 kB\nMemFree:           70360 kB\n", "meminfo-keys.txt"),
    ("spring:\n  session:\n    timeout: 86400\n  redis:\n    port: 6379\n", "session.yml"),
    ("$ date -u\nSat Nov 21 01:43:53 AM UTC 2026\n", "captured-at-1.txt"),
    ("GET / 200\nGET /login 302\n", "keys.txt"), ("4\n", "nproc.txt"), ("\n", "empty.txt"),
    ("[{\"Timestamp\": \"2026\", \"Average\": 1.0}]\n", "keys.json"),
  ])
  func leavesNeighboursAlone(text: String, name: String) {
    for reader in redisDocuments {
      #expect(recognition(of: text, name: name, by: reader) == .no, "\(reader.kind)")
    }
    for reader in redisStreams {
      #expect(recognition(of: text, name: name, by: reader) == .no, "\(reader.kind)")
    }
  }

  /// Every prefix of a text and every text to every reader: none may trap, none may be slow.
  @Test func survivesTruncationAndGarbage() {
    let texts = [
      Self.clients, "1) 1) 1) 1)\n2)\n9999999) x\n1# => =>\n", "Biggest '' found '' has\n'",
      "\u{FEFF}\0\r\n\u{1B}[2J{\"a\":[[[[", "min: max: samples avg:\nttl= type= 1)\n",
      "$ redis-cli -h\n> \n:> \n", "[07.63%] Biggest hash found so far 'x' with 9e999 fields\n",
    ]
    for text in texts {
      for end in stride(from: 0, through: text.utf8.count, by: 13) {
        let part = String(decoding: text.utf8.prefix(end), as: UTF8.self)
        for reader in redisDocuments {
          _ = recognition(of: part, by: reader)
          _ = readPage(part, with: reader)
        }
      }
    }
  }
}
