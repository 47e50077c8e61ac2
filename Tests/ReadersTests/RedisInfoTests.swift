import Model
import Testing

@testable import Readers

@Suite struct RedisInfoTests {
  @Test(arguments: [
    ("used_memory:593561704\r\nmaxmemory:0\r\nrole:master\r\n", "used_memory", 593_561_704.0, 1),
    ("# Memory\nused_memory_dataset_perc:89.99%\n", "used_memory_dataset_perc", 0.8999, 2),
    ("latest_fork_usec:15679      # far too long\n", "latest_fork_usec", 0.015679, 1),
    ("$4257\n\\# Stats\n**evicted_keys:12**\n", "evicted_keys", 12, 3),
    ("> # Stats\n> expire_cycle_cpu_milliseconds:6\n", "expire_cycle_cpu_milliseconds", 0.006, 2),
    ("instantaneous_input_kbps:2.00\n", "instantaneous_input_kbps", 2048, 1),
    ("rss_overhead_bytes:-9355264\n", "rss_overhead_bytes", -9_355_264, 1),
    ("bgsave_in_progress:1\n", "rdb_bgsave_in_progress", 1, 1),
    ("used_memory_rss                 1024\n", "used_memory_rss", 1024, 1),
    (
      "\"# Clients\\r\\nconnected_clients:5\\r\\nblocked_clients:0\\r\\n\"", "connected_clients", 5,
      1
    ),
  ])
  func readsFieldsInBaseUnits(text: String, field: String, value: Double, line: Int) {
    let page = readPage(text, with: RedisInfoReader.self)
    let fact = page.facts.first { $0.name.hasSuffix("." + field) }
    #expect(fact?.value == .number(value))
    #expect(fact?.origin.line == line)
  }

  @Test(arguments: [
    "used_memory_dataset:18446744073709527704\n",
    "used_memory_dataset_perc:45221474436382720.00%\n",
    "rdb_last_bgsave_time_sec:-1\n", "maxmemory:none\n", "loading:\n", "no_such_field:1\n",
  ])
  func leavesOutWhatIsNoValue(text: String) {
    #expect(readPage(text, with: RedisInfoReader.self).facts.isEmpty)
  }

  @Test func foldsDatabasesAndCommandsByPart() {
    let page = readPage(
      """
      # Commandstats
      cmdstat_sinter:calls=2,usec=1429012,usec_per_call=714506.00,rejected_calls=0,failed_calls=0
      # Errorstats
      errorstat_ERR:count=45
      # Keyspace
      db1:keys=10,expires=4,avg_ttl=43193870
      db2:keys=7,expires=0,avg_ttl=0
      """, with: RedisInfoReader.self)
    #expect(page.number("redis.commandstats.usec", part: "sinter") == 1.429012)
    #expect(page.number("redis.errorstats.count", part: "ERR") == 45)
    #expect(page.number("redis.keyspace.keys", part: "db1") == 10)
    #expect(page.number("redis.keyspace.avg_ttl", part: "db1") == 43193.87)
    // Without keys that expire there is no mean.
    #expect(page.number("redis.keyspace.avg_ttl", part: "db2") == nil)
  }

  @Test func anEmptyKeyspaceHoldsNoKeys() {
    let page = readPage("# Cluster\ncluster_enabled:0\n\n# Keyspace\n", with: RedisInfoReader.self)
    #expect(page.number("redis.keyspace.keys") == 0)
    #expect(page.line("redis.keyspace.keys") == 4)
    // Cut after the head: what stood below is unknown.
    let cut = readPage("loading:0\n# Keyspace", with: RedisInfoReader.self)
    #expect(cut.number("redis.keyspace.keys") == nil)
  }

  @Test func separatesSnapshotsAndServers() {
    let id = String(repeating: "a", count: 40)
    let other = String(repeating: "b", count: 40)
    let page = readPage(
      """
      # captured 2026-11-21T01:31:18Z
      # Server
      run_id:\(id)
      tcp_port:6379
      uptime_in_seconds:100
      # Memory
      used_memory:1
      # captured 2026-11-21T01:41:18Z
      # Server
      run_id:\(id)
      tcp_port:6379
      uptime_in_seconds:700
      # Memory
      used_memory:2
      10.0.3.7:6380> info
      # Server
      run_id:\(other)
      tcp_port:6380
      server_time_usec:1795224678288838
      # Memory
      used_memory:3

      """, with: RedisInfoReader.self)
    let memory = page.all("redis.memory.used_memory")
    #expect(memory.map(\.value.number) == [1, 2, 3])
    #expect(memory.map(\.subject) == [0, 0, 1])
    #expect(
      memory.map { $0.time?.description } == [
        "2026-11-21T01:31:18Z", "2026-11-21T01:41:18Z", "2026-11-21T01:31:18.288Z",
      ])
    #expect(page.subjects[0].keys == [.runID(id), .port(6379)])
    #expect(page.subjects[1].keys == [.runID(other), .port(6380), .address("10.0.3.7:6380")])
    #expect(page.subjects[0].life?.lowerBound.description == "2026-11-21T01:29:38Z")
  }

  @Test func repeatedFieldsWithoutHeadsAreSnapshots() {
    let page = readPage(
      "used_memory:1\nevicted_keys:0\nused_memory:2\nevicted_keys:5\n", with: RedisInfoReader.self)
    #expect(page.all("redis.stats.evicted_keys").map(\.value.number) == [0, 5])
  }

  @Test func keepsTheFirstAndTheLastOfManySnapshots() {
    let text = (0..<1000).map { "used_memory:\($0)\nevicted_keys:0\n" }.joined()
    let page = readPage(text, with: RedisInfoReader.self)
    let memory = page.all("redis.memory.used_memory").map(\.value.number)
    #expect((60...121).contains(memory.count) && memory.first == 0 && memory.last == 999)
    #expect(page.warnings.count == 1)
  }

  @Test func keepsToTheWindow() {
    var context = ReadingContext()
    context.window.since = Instant(year: 2026, month: 11, day: 21, hour: 1, minute: 35)
    let page = readPage(
      "captured at 2026-11-21T01:31:18Z\nused_memory:1\ncaptured at 2026-11-21 01:41:18 UTC\n"
        + "used_memory:2\n", with: RedisInfoReader.self, context: context)
    #expect(page.all("redis.memory.used_memory").map(\.value.number) == [2])
  }

  @Test(arguments: [
    ("# Server\nredis_version:7.0.15\nos:Linux\nrun_id:x\n", Recognition.certain),
    ("cmdstat_get:calls=1,usec=1\ncmdstat_set:calls=1,usec=1\ndb0:keys=1,expires=0\n", .certain),
    ("used_memory:12\n", .possible),
    ("maxmemory 50mb\nmaxmemory-policy allkeys-lru\n", .no),
    ("MemTotal:         996588 kB\nMemFree:           70360 kB\n", .no),
    ("server:\n  port: 6379\n  role: x\n", .no),
    ("1:M 10 May 2024 01:25:13.411 * Ready to accept connections\n", .no),
  ])
  func recognisesInfo(text: String, expected: Recognition) {
    #expect(recognition(of: text, by: RedisInfoReader.self) == expected)
  }

  @Test func survivesGarbage() {
    for text in ["", "\0\0:\n", ":::\n#\n# \n", String(repeating: "db0:", count: 9999)] {
      _ = readPage(text, with: RedisInfoReader.self)
    }
  }
}
