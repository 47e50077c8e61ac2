import Model
import Testing

@testable import Readers

@Suite struct RedisConfigTests {
  private static let conf = """
    # maxmemory <bytes>
    bind 10.20.0.5 127.0.0.1
    port 7021
    requirepass "se cret"
    maxmemory 50mb
    maxmemory 100mb
    maxmemory-policy allkeys-lru
    save 900 1
    save 300 10
    slowlog-log-slower-than -1
    rename-command FLUSHALL ""
    client-output-buffer-limit slave 256mb 64mb 60

    """

  @Test func namesAreWhole() {
    #expect(RedisConfigNames.all.filter { $0.hasSuffix("-") || $0.hasPrefix("-") } == [])
    for name in ["slowlog-max-len", "slowlog-log-slower-than", "replica-announce-port"] {
      #expect(RedisConfigNames.all.contains(name[...]), "\(name)")
    }
    let text = "1) \"slowlog-max-len\"\n2) \"128\"\n3) \"slowlog-log-slower-than\"\n4) \"10000\"\n"
    #expect(recognition(of: text, name: "x", by: RedisConfigReader.self) >= .possible)
  }

  @Test func readsAConfigAndItsDefaults() {
    let page = readPage(Self.conf, name: "redis.conf", with: RedisConfigReader.self)
    #expect(page.number("redis.config.maxmemory") == 104_857_600)
    #expect(page.line("redis.config.maxmemory") == 6)
    #expect(page.text("redis.config.maxmemory_policy") == "allkeys-lru")
    #expect(page.text("redis.config.save") == "900 1 300 10")
    #expect(page.number("redis.config.slowlog_log_slower_than") == -1)
    #expect(page.number("redis.config.client_output_buffer_limit", part: "replica") == 268_435_456)
    #expect(page.text("redis.config.rename_command", part: "FLUSHALL") == "FLUSHALL")
    #expect(page.value("redis.config.requirepass_set") == .flag(true))
    #expect(page.subjects[0].keys == [.port(7021), .address("10.20.0.5:7021")])
    // A default has the file and no line.
    #expect(page.number("redis.config.maxclients") == 10000)
    #expect(page.facts.first { $0.name == "redis.config.maxclients" }?.origin.line == nil)
    #expect(page.text("redis.config.replicaof") == "")
    #expect(!page.facts.contains { $0.origin.excerpt.contains("cret") })
  }

  @Test func assumesNothingWhereOtherFilesMayTell() {
    let page = readPage(
      "include /etc/redis/other.conf\nport 6379\nmaxmemory 1gb\n", name: "redis.conf",
      with: RedisConfigReader.self)
    #expect(page.number("redis.config.maxclients") == nil)
    #expect(page.warnings.count == 1)
    let part = readPage("maxmemory 1gb\n", name: "note.txt", with: RedisConfigReader.self)
    #expect(part.number("redis.config.maxclients") == nil)
  }

  @Test(arguments: [
    ("save\n\nmaxmemory\n52428800\nrequirepass\nhunter2\nslowlog-log-slower-than\n10000\n", 4),
    (
      """
      1) "save"
      2) ""
      3) "maxmemory"
      4) "52428800"
      5) "requirepass"
      6) "hunter2"
      7) "slowlog-log-slower-than"
      8) "10000"
      """, 4
    ),
    (
      """
      1# "save" => ""
      2# "maxmemory" => "52428800"
      3# "requirepass" => "hunter2"
      4# "slowlog-log-slower-than" => "10000"
      """, 2
    ),
    (
      "{\"save\":\"\",\"maxmemory\":\"52428800\",\"requirepass\":\"hunter2\","
        + "\"slowlog-log-slower-than\":\"10000\"}\n", 1
    ),
    (
      "\"save\",\"\",\"maxmemory\",\"52428800\",\"requirepass\",\"hunter2\","
        + "\"slowlog-log-slower-than\",\"10000\"\n", 1
    ),
  ])
  func readsAnswersToConfigGet(text: String, line: Int) {
    #expect(recognition(of: text, by: RedisConfigReader.self) == .certain)
    let page = readPage(text, with: RedisConfigReader.self)
    #expect(page.number("redis.config.maxmemory") == 52_428_800)
    #expect(page.line("redis.config.maxmemory") == line)
    #expect(page.number("redis.config.slowlog_log_slower_than") == 0.01)
    #expect(page.value("redis.config.save_enabled") == .flag(false))
    #expect(page.value("redis.config.requirepass_set") == .flag(true))
    #expect(page.number("redis.config.maxclients") == nil)
    #expect(
      !page.facts.contains {
        $0.name == "redis.config.requirepass_set" && $0.origin.excerpt.contains("hunter2")
      })
  }

  /// CONFIG GET shows what a client set as well: it is no evidence of the config.
  @Test func aRunningReplicaIsNotAConfiguredOne() {
    let page = readPage(
      "replicaof\n203.0.113.66 7042\nmaxmemory\n0\n", with: RedisConfigReader.self)
    #expect(page.text("redis.config.replicaof") == nil)
    #expect(page.text("redis.config.running_replicaof") == "203.0.113.66 7042")
  }

  @Test(arguments: [("1k", 1000.0), ("1kb", 1024), ("2GB", 2_147_483_648), ("7", 7)])
  func readsSizes(text: String, bytes: Double) {
    #expect(RedisSettings.bytes(text) == bytes)
  }

  @Test(arguments: [
    (conf, "redis.conf", Recognition.certain), ("maxmemory 1gb\n", "x.txt", .possible),
    ("port 6379\n", "redis.conf", .byName), ("port 6379\n", "x.conf", .no),
    ("worker_processes 1;\nevents { }\n", "nginx.conf", .no),
    ("port 26379\nsentinel monitor m 10.0.0.1 6379 2\n", "sentinel.conf", .no),
    ("timeout 5\nbind *:80\nmaxconn 10\nmode http\n", "haproxy.cfg", .no),
    ("1) \"slave\"\n2) \"10.20.0.11\"\n3) (integer) 7071\n", "role.txt", .no),
    ("maxmemory\n0\n", "config.txt", .possible), ("vm.swappiness = 60\n", "sysctl.txt", .no),
  ])
  func recognisesConfigs(text: String, name: String, expected: Recognition) {
    #expect(recognition(of: text, name: name, by: RedisConfigReader.self) == expected)
  }

  @Test func survivesGarbage() {
    for text in ["", "\"", "save\n", "{", "maxmemory 99999999999999999999999gb\n", "\0 \0\n"] {
      _ = readPage(text, name: "redis.conf", with: RedisConfigReader.self)
    }
  }
}
