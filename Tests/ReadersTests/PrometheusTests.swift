import Model
import Testing

@testable import Readers

@Suite struct PrometheusTests {
  private func read(_ text: String) -> Page { readPage(text, with: PrometheusReader.self) }

  private static let redis = """
    # HELP go_goroutines Number of goroutines that currently exist.
    # TYPE go_goroutines gauge
    go_goroutines 11
    # TYPE redis_commands_duration_seconds_total counter
    redis_commands_duration_seconds_total{cmd="keys"} 12.5
    # TYPE redis_commands_total counter
    redis_commands_total{cmd="keys"} 50
    redis_db_avg_ttl_seconds{db="db0"} 86398.98
    redis_db_keys{db="db0"} 70560
    redis_db_keys{db="db1"} 0
    redis_db_keys_expiring{db="db0"} 70000
    redis_errors_total{err="OOM"} 7
    redis_instance_info{maxmemory_policy="noeviction",redis_version="7.0.15",role="slave",tcp_port="6380"} 1
    redis_latest_fork_seconds 0.25
    redis_master_link_up{master_host="10.0.3.7",master_port="6379"} 0
    redis_memory_max_bytes 6.7108864e+07
    redis_memory_used_bytes 1.5e+06
    redis_rdb_last_bgsave_status 0
    redis_slowlog_length 128
    redis_start_time_seconds 1.7095968e+09
    redis_up 1
    redis_uptime_in_seconds 60
    """ + "\n"

  @Test("What redis_exporter shows is what INFO says, in its units, at the server's own time")
  func readsRedis() {
    let page = read(Self.redis)
    #expect(recognition(of: Self.redis, by: PrometheusReader.self) == .certain)
    #expect(page.subjects.map(\.keys) == [[.port(6380)]])
    #expect(page.number("redis.memory.used_memory") == 1_500_000)
    #expect(page.line("redis.memory.used_memory") == 17)
    #expect(page.all("redis.memory.used_memory")[0].time?.description == "2024-03-05T00:01:00Z")
    #expect(page.number("redis.memory.maxmemory") == 67_108_864)
    #expect(page.number("redis.keyspace.keys", part: "db0") == 70_560)
    #expect(page.number("redis.keyspace.expires", part: "db0") == 70_000)
    #expect(page.number("redis.keyspace.avg_ttl", part: "db0") == 86398.98)
    #expect(page.all("redis.keyspace.keys").count == 1)
    #expect(page.number("redis.commandstats.usec_per_call", part: "keys") == 0.25)
    #expect(page.number("redis.errorstats.count", part: "OOM") == 7)
    #expect(page.number("redis.stats.latest_fork_usec") == 0.25)
    #expect(page.text("redis.persistence.rdb_last_bgsave_status") == "err")
    #expect(page.text("redis.replication.role") == "slave")
    #expect(page.text("redis.replication.master_host") == "10.0.3.7")
    #expect(page.text("redis.replication.master_link_status") == "down")
    #expect(page.text("redis.memory.maxmemory_policy") == "noeviction")
    #expect(page.number("redis.slowlog.length") == 128)
    #expect(page.warnings.isEmpty)
  }

  @Test func readsAHost() {
    let text = """
      node_boot_time_seconds 1.709510e+09
      node_cpu_seconds_total{cpu="0",mode="idle"} 10
      node_cpu_seconds_total{cpu="0",mode="user"} 10
      node_cpu_seconds_total{cpu="1",mode="idle"} 10
      node_filesystem_avail_bytes{device="/dev/vda",fstype="ext4",mountpoint="/"} 1e+09
      node_filesystem_avail_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"} 0
      node_filesystem_files{device="/dev/vda",fstype="ext4",mountpoint="/"} 1e+06
      node_filesystem_files{device="/dev/vdb",fstype="btrfs",mountpoint="/data"} 0
      node_filesystem_files_free{device="/dev/vda",fstype="ext4",mountpoint="/"} 250000
      node_filesystem_files_free{device="/dev/vdb",fstype="btrfs",mountpoint="/data"} 0
      node_filesystem_free_bytes{device="/dev/vda",fstype="ext4",mountpoint="/"} 2e+09
      node_filesystem_size_bytes{device="/dev/vda",fstype="ext4",mountpoint="/"} 1e+10
      node_filesystem_size_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"} 1e+09
      node_load1 3.08
      node_memory_MemAvailable_bytes 2.5e+08
      node_memory_MemTotal_bytes 1e+09
      node_memory_Percpu_bytes 1e+06
      node_time_seconds 1.7096e+09
      node_uname_info{domainname="(none)",nodename="web-1",release="6.1"} 1

      """
    let page = read(text)
    #expect(recognition(of: text, by: PrometheusReader.self) == .certain)
    #expect(page.subjects.map(\.keys) == [[.hostName("web-1")]])
    #expect(page.number("host.cpus") == 2)
    #expect(page.number("host.uptime") == 90_000)
    #expect(page.number("host.load1") == 3.08)
    #expect(page.number("host.memory.MemAvailable") == 2.5e8)
    #expect(page.line("host.memory.MemAvailable") == 15)
    #expect(page.all("host.memory.MemTotal")[0].time?.description == "2024-03-05T00:53:20Z")
    #expect(page.number("host.disk.size", part: "/") == 1e10)
    #expect(page.number("host.disk.available", part: "/") == 1e9)
    // 8 GB are used and 1 is to be had; the rest is kept for root.
    #expect(page.number("host.disk.used_share", part: "/") == 8.0 / 9)
    #expect(page.all("host.disk.size").count == 1)
    #expect(page.number("host.disk.inodes_used_share", part: "/") == 0.75)
    #expect(page.all("host.disk.inodes_used_share").count == 1)
  }

  @Test("Scrapes one after the other have times of their own, of the line or of what stands above")
  func readsSeries() {
    let stated = read(
      """
      Tue Mar  5 02:00:00 UTC 2024
      redis_memory_used_bytes 100
      redis_connected_clients 1
      Tue Mar  5 02:01:00 UTC 2024
      redis_memory_used_bytes 200
      redis_connected_clients 2

      """)
    #expect(stated.all("redis.memory.used_memory").map(\.value) == [.number(100), .number(200)])
    #expect(
      stated.all("redis.memory.used_memory").map(\.time?.description) == [
        "2024-03-05T02:00:00Z", "2024-03-05T02:01:00Z",
      ])
    let stamped = read(
      "redis_memory_used_bytes 100 1709604000000\nredis_memory_used_bytes 200 1709604060.5\n")
    #expect(
      stamped.all("redis.memory.used_memory").map(\.time?.description) == [
        "2024-03-05T02:00:00Z", "2024-03-05T02:01:00.500Z",
      ])
  }

  @Test("Targets of one answer are told apart by the label that Prometheus adds")
  func readsTargets() {
    let page = read(
      """
      redis_memory_used_bytes{instance="a:9121"} 100
      redis_memory_used_bytes{instance="b:9121"} 200
      redis_instance_info{instance="a:9121",tcp_port="6379"} 1
      redis_instance_info{instance="b:9121",tcp_port="6379"} 1

      """)
    #expect(page.subjects.map(\.keys) == [[.address("a:6379")], [.address("b:6379")]])
    #expect(
      page.all("redis.memory.used_memory").map { [Double($0.subject), $0.value.number ?? 0] }
        == [[0, 100], [1, 200]])
  }

  @Test("Targets that name nobody are not mixed: the label names them")
  func namesTargets() {
    let page = read(
      """
      node_load1{instance="10.0.0.7:9100"} 1
      node_load1{instance="http://10.0.0.8:9100/metrics"} 2
      node_load1{instance="[fd00::7]:9100"} 3
      node_load1{instance="127.0.0.1:9100"} 6
      redis_connected_clients{instance="cache-a:9121"} 4
      redis_connected_clients{instance="cache-b:9121"} 5

      """)
    #expect(
      page.subjects.map(\.keys) == [
        [.hostName("10.0.0.7")], [], [.hostName("fd00::7")], [.serviceName("cache-a:9121")],
        [.serviceName("cache-b:9121")], [.hostName("10.0.0.8")],
      ])
  }

  @Test("An exporter that does not reach Redis says so, and why")
  func readsWhatIsDown() {
    let page = read(
      "redis_exporter_last_scrape_error{err=\"dial tcp [::1]:6379: connect: connection refused\"} 1\n"
        + "redis_up 0\n")
    #expect(page.number("redis.reply.refused") == 1)
    #expect(page.line("redis.reply.refused") == 2)
    #expect(page.warnings.map(\.line) == [2])
    #expect(page.warnings[0].message.contains("connection refused"))
    #expect(read("redis_up 0\n").facts.map(\.name) == ["redis.exporter.up"])
  }

  @Test(
    "Lines of the text format",
    arguments: [
      ("a 1", 1.0, [:]), ("a:b_c{} +1.5e3", 1500, [:]),
      ("a{x=\"1\", y=\"2\",} 3 4", 3, ["x": "1", "y": "2"]),
      ("a{x=\"q\\\"\\\\\\n}\"}\t2\r", 2, ["x": "q\"\\\n}"]),
    ] as [(String, Double, [Substring: String])])
  func lines(_ text: String, _ value: Double, _ labels: [Substring: String]) {
    let sample = PrometheusSample(text[...])
    #expect(sample?.value == value)
    #expect(sample?.labels == labels)
    // Whatever it is cut off at.
    for length in 0..<text.utf8.count { _ = PrometheusSample(text.prefix(length)) }
  }

  @Test(arguments: [
    "", "# TYPE a gauge", "a", "a ", "a NaN", "a +Inf", "a{x=1} 2", "a{x=\"1} 2", "a{x=\"1\"}2",
    "1a 2",
    "a 1 2 3", "a{\"x\"} 1",
  ])
  func noLines(_ text: String) { #expect(PrometheusSample(text[...]) == nil) }

  @Test("Half a number is another number")
  func aCutLineIsNotRead() {
    let page = read("redis_connected_clients 7\nredis_memory_used_bytes 12")
    #expect(page.number("redis.memory.used_memory") == nil)
    #expect(page.number("redis.clients.connected_clients") == 7)
    #expect(page.warnings.map(\.line) == [2])
  }

  @Test(
    "Others are not claimed",
    arguments: [
      "used_memory:100\nused_memory_rss:200\n", "vm.overcommit_memory = 0\n",
      "# TYPE of change: fix\nSome words\n", "MemTotal: 1000 kB\nMemFree: 10 kB\n",
    ])
  func doesNotClaim(_ text: String) {
    #expect(recognition(of: text, by: PrometheusReader.self) == .no)
  }
}
