import Model
import Testing

@testable import Readers

/// Mebibyte and kibibyte in bytes, for tables.
private let mebi = 1_048_576.0
private let kibi = 1024.0

@Suite struct HostLoadTests {
  @Test(arguments: [
    (" 07:33:00 up 3 min,  0 user,  load average: 6.88, 5.70, 2.40", 180.0, 6.88),
    (" 09:52:18 up 33 days,  4:40,  1 user,  load average: 9.81, 8.77, 5.02", 2_868_000, 9.81),
    (" 09:52:18 up  4:40,  2 users,  load average: 0,81, 0,77, 0,02", 16_800, 0.81),
    (" 09:52:18 up 1 day, 3 min,  load average: 0.00, 0.01, 0.05", 86_580, 0),
    ("top - 07:33:00 up 1 day,  3:00,  0 users,  load average: 6.88, 5.70, 2.40", 97_200, 6.88),
  ])
  func uptime(text: String, seconds: Double, load: Double) {
    #expect(recognition(of: text, by: UptimeReader.self) == .certain)
    let page = readPage(text, with: UptimeReader.self)
    #expect(page.number("host.uptime") == seconds)
    #expect(page.number("host.load1") == load)
    #expect(page.all("host.load15").count == 1)
  }

  @Test func otherForms() {
    let pretty = "up 2 weeks, 3 days, 4 hours, 3 minutes"
    #expect(recognition(of: pretty, name: "uptime.txt", by: UptimeReader.self) == .byName)
    #expect(readPage(pretty, with: UptimeReader.self).number("host.uptime") == 1_483_380)
    #expect(
      readPage("6.88 5.70 2.40 1/89 324", with: UptimeReader.self).number("host.load5") == 5.7)
    #expect(recognition(of: "209.46 150.12", name: "uptime", by: UptimeReader.self) == .byName)
    #expect(recognition(of: "209.46 150.12", name: "latency", by: UptimeReader.self) == .no)
    #expect(
      readPage("209.46 150.12", name: "uptime", with: UptimeReader.self).number("host.uptime")
        == 209.46)
  }

  @Test(
    arguments: [
      (
        """
        %Cpu(s): 50.0 us, 43.5 sy,  0.0 ni,  0.0 id,  2.5 wa,  0.0 hi,  0.0 si,  4.0 st
        MiB Mem :    973.0 total,     65.0 free,    961.9 used,     30.5 buff/cache
        MiB Swap:   1024.0 total,    417.0 free,    607.0 used.     11.0 avail Mem
        """, 0.04, 973 * mebi, 11 * mebi
      ),
      (
        """
        %Cpu(s):  0,0 us,  0,0 sy,  0,0 ni,100,0 id,  2,5 wa,  0,0 hi,  0,0 si,  4,0 st
        KiB Mem :  1016684 total,    62548 free,   954136 used,    10084 buff/cache
        KiB Swap:  1048572 total,   421836 free,   626736 used.    24576 avail Mem
        """, 0.04, 1_016_684 * kibi, 24_576 * kibi
      ),
      (
        """
        Cpu(s):  5.0%us,  1.2%sy,  0.0%ni, 93.1%id,  0.2%wa,  0.0%hi,  0.5%si,  4.0%st
        Mem:   1016684k total,   954136k used,    62548k free,    10084k buffers
        Swap:        0k total,        0k used,        0k free,   120340k cached
        """, 0.04, 1_016_684 * kibi, nil
      ),
    ] as [(String, Double, Double, Double?)])
  func top(text: String, steal: Double, total: Double, available: Double?) {
    #expect(recognition(of: text, by: UptimeReader.self) == .certain)
    let page = readPage(text, with: UptimeReader.self)
    #expect(page.number("host.cpu.steal") == steal)
    #expect(page.number("host.memory.MemTotal") == total)
    #expect(page.number("host.memory.MemAvailable") == available)
  }

  @Test(arguments: [
    ("2\n", "nproc.txt", Recognition.byName, 2.0), ("$ nproc\n4\n", "x", .certain, 4),
    ("Architecture: x86_64\nCPU(s):              2\nOn-line CPU(s) list: 0,1\n", "x", .certain, 2),
    (
      "processor\t: 0\nmodel name\t: Xeon\n\nprocessor\t: 1\nmodel name\t: Xeon\n", "x", .certain, 2
    ),
  ])
  func cpus(text: String, name: String, sure: Recognition, count: Double) {
    #expect(recognition(of: text, name: name, by: CPUCountReader.self) == sure)
    #expect(readPage(text, name: name, with: CPUCountReader.self).number("host.cpus") == count)
  }

  @Test func vmstat() {
    let text = """
      procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu----- -----timestamp-----
       r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st                 UTC
      90  9      0 621632   5376  66932  900  900   668    61  280  516 61 39  0  0  0 2024-06-18 07:31:03
       1  0      0 621632   5376  66932    0    0     0     4  214  263 84 16  0  0  0 2024-06-18 07:31:05
       3  1      0 621632   5376  66932    0   20     0     4  214  263 50 20  0 30  0 2024-06-18 07:31:07
       r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st                 UTC
       5  4      0 621632   5376  66932   10    0     0     4  214  263 50 20  0 10 20 2024-06-18 07:31:09
       5  4      0 6216
      """
    #expect(recognition(of: text, by: VmstatReader.self) == .certain)
    let page = readPage(text, with: VmstatReader.self)
    #expect(page.number("host.vmstat.samples") == 3)
    #expect(page.number("host.vmstat.run_queue") == 3)
    #expect(page.number("host.vmstat.blocked") == 1)
    #expect(page.line("host.vmstat.blocked") == 7)
    #expect(page.number("host.vmstat.blocked_peak") == 4)
    #expect(page.number("host.vmstat.swap_out") == 20 * kibi / 3)
    #expect(page.line("host.vmstat.swap_out") == 5)
    #expect(page.number("host.vmstat.swap_active_share") == 2.0 / 3)
    #expect(page.number("host.vmstat.iowait_peak") == 0.3)
    #expect(page.number("host.vmstat.iowait_share_over_10") == 1.0 / 3)
    #expect(page.number("host.vmstat.steal_share_over_10") == 1.0 / 3)
    #expect(page.number("host.vmstat.steal_peak") == 0.2)
    let time = Instant(year: 2024, month: 6, day: 18, hour: 7, minute: 31, second: 7)
    #expect(page.all("host.vmstat.iowait_peak").first?.time == time)
    #expect(page.skippedLines == 1)
    // One row alone is all there is.
    let alone = text.split(separator: "\n").prefix(3).joined(separator: "\n")
    let average = readPage(alone, with: VmstatReader.self)
    #expect(average.number("host.vmstat.run_queue") == 90)
    // It is of the time since the boot, and no sample of how often.
    #expect(average.number("host.vmstat.swap_active_share") == nil)
    #expect(average.number("host.vmstat.iowait_share_over_10") == nil)
  }

  @Test func vmstatOtherColumns() {
    let text = """
      --procs-- -----------------------memory---------------------- ---swap-- -----io---- -system-- ----------cpu----------
         r    b         swpd         free        inact       active   si   so    bi    bo   in   cs  us  sy  id  wa  st  gu
         1    0            0       621632         5376        66932    0    0   668    61  280  516  61  39   0   0   0   0
         2    0            0       621632         5376        66932    0    0   668    61  280  516  61  39   0   0   7   0
      """
    let page = readPage(text, with: VmstatReader.self)
    #expect(page.number("host.vmstat.cpu_steal") == 0.07)
    #expect(page.coverage == nil)
  }
}

@Suite struct HostSettingsTests {
  @Test(arguments: [
    ("vm.overcommit_memory = 0\nvm.max_map_count = 65530\n", "sysctl.txt", Recognition.certain),
    ("# comment\nvm.overcommit_memory=0\n", "99-redis.conf", .certain),
    ("vm/overcommit_memory = 0\n", "x.conf", .certain),
    ("0\n", "overcommit_memory", .byName),
    ("$ cat /proc/sys/vm/overcommit_memory\n0\n", "x", .no),
    ("==> /proc/sys/vm/overcommit_memory <==\n0\n", "x", .no),
    ("/proc/sys/vm/overcommit_memory:0\n", "x", .no),
  ])
  func overcommit(text: String, name: String, sure: Recognition) {
    #expect(recognition(of: text, name: name, by: SysctlReader.self) >= sure)
    let page = readPage(text, name: name, with: SysctlReader.self)
    #expect(page.number("host.sysctl.vm.overcommit_memory") == 0)
    #expect(page.facts.count == 1)
  }

  @Test func hugePages() {
    #expect(recognition(of: "[always] madvise never\n", by: SysctlReader.self) == .certain)
    #expect(
      readPage("[always] madvise never\n", with: SysctlReader.self).text("host.thp") == "always")
    let defrag = "always defer defer+madvise [madvise] never\n"
    #expect(readPage(defrag, with: SysctlReader.self).text("host.thp") == nil)
  }

  @Test(arguments: [
    ("server.port=8080\nspring.redis.host=10.0.0.1\n", "application.properties"),
    ("workers = 3\ntimeout = 30\n", "gunicorn.conf.py"),
    ("[Unit]\nAfter=network.target\n", "a.service"),
    ("maxmemory 100mb\n", "redis.conf"), ("0\n", "x"),
  ])
  func foreign(text: String, name: String) {
    #expect(recognition(of: text, name: name, by: SysctlReader.self) == .no)
  }

  @Test func pressure() {
    let text = """
      ==> /proc/pressure/cpu <==
      some avg10=1.00 avg60=2.00 avg300=3.00 total=1934222
      ==> /proc/pressure/memory <==
      some avg10=0.00 avg60=12.50 avg300=3.10 total=1934222
      full avg10=0.00 avg60=10.00 avg300=3.10 total=1934222
      /proc/pressure/io:some avg10=50.00 avg60=0.00 avg300=0.00 total=0
      """
    #expect(recognition(of: text, by: PressureReader.self) == .certain)
    let page = readPage(text, with: PressureReader.self)
    #expect(page.number("host.pressure.cpu.some_avg60") == 0.02)
    #expect(page.number("host.pressure.memory.some_avg60") == 0.125)
    #expect(page.number("host.pressure.memory.full_avg60") == 0.1)
    #expect(page.number("host.pressure.io.some_avg10") == 0.5)
    let named = "some avg10=0.00 avg60=12.50 avg300=3.10 total=1\n"
    #expect(
      readPage(named, name: "psi-memory.txt", with: PressureReader.self)
        .number("host.pressure.memory.some_avg60") == 0.125)
    let unnamed = readPage(named, name: "psi.txt", with: PressureReader.self)
    #expect(unnamed.facts.isEmpty && unnamed.skippedLines == 1)
  }

  @Test func cgroup() {
    let series = (0..<6).map { "19:20:0\($0) \(100 + $0 * 10)" }.joined(separator: "\n")
    let name = "memory.usage_in_bytes.txt"
    #expect(recognition(of: series, name: name, by: CgroupMemoryReader.self) == .byName)
    #expect(recognition(of: series, name: "x.txt", by: CgroupMemoryReader.self) == .no)
    let page = readPage(series, name: name, with: CgroupMemoryReader.self)
    #expect(page.number("host.cgroup.usage") == 150)
    #expect(page.number("host.cgroup.usage_max") == 150)
    #expect(page.number("host.cgroup.usage_slope") == 10)
    #expect(page.facts.allSatisfy { $0.time == nil })
    let dated = readPage(
      "2024-05-15T19:20:06Z 142663680\n", name: name, with: CgroupMemoryReader.self)
    #expect(dated.facts.first?.time != nil)
    let limit = readPage("536870912\n", name: "memory.max", with: CgroupMemoryReader.self)
    #expect(limit.number("host.cgroup.limit") == 536_870_912)
    let none = readPage("max\n", name: "memory.max", with: CgroupMemoryReader.self)
    #expect(none.facts.isEmpty)
    let events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 3\n"
    #expect(recognition(of: events, by: CgroupMemoryReader.self) == .certain)
    #expect(readPage(events, with: CgroupMemoryReader.self).number("host.cgroup.oom_kills") == 3)
    let stats = """
      CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT     MEM %     NET I/O       BLOCK I/O   PIDS
      4be1c0a95d7e   web       0.50%     511.5MiB / 512MiB     99.8%     1.2kB / 0B    0B / 0B     9
      """
    #expect(recognition(of: stats, by: CgroupMemoryReader.self) == .certain)
    let docker = readPage(stats, with: CgroupMemoryReader.self)
    #expect(docker.number("host.cgroup.usage", part: "web") == 511.5 * mebi)
    #expect(docker.number("host.cgroup.limit", part: "web") == 512 * mebi)
  }

  /// Samples with a date above each, of pods or of their containers; nodes have shares besides.
  @Test(
    arguments: [
      (
        """
        Tue Jan 14 06:00:00 UTC 2025
        NAME                   CPU(cores)   MEMORY(bytes)
        web-7d4b9c6f5d-k2xjz   21m          310Mi
        Tue Jan 14 06:30:00 UTC 2025
        NAME                   CPU(cores)   MEMORY(bytes)
        web-7d4b9c6f5d-k2xjz   2            1Gi
        """, "web-7d4b9c6f5d-k2xjz", [310 * mebi, 1024 * mebi]
      ),
      (
        "POD    NAME   CPU(cores)   MEMORY(bytes)\nweb-0  web    1m           5Mi\n", "web-0/web",
        [5 * mebi]
      ),
      (
        "NAMESPACE  NAME   CPU(cores)   MEMORY(bytes)\nshop  web-0    1m           5Mi\n",
        "web-0", [5 * mebi]
      ),
      (
        "NAME     CPU(cores)   CPU%   MEMORY(bytes)   MEMORY%\nnode-1   1m  1%  5Mi  1%\n",
        "node-1", []
      ),
    ])
  func memoryOfPods(text: String, name: String, sizes: [Double]) {
    let expected: Recognition = sizes.isEmpty ? .no : .certain
    #expect(recognition(of: text, by: CgroupMemoryReader.self) == expected)
    let page = readPage(text, with: CgroupMemoryReader.self)
    let found = page.facts.filter { $0.name == "host.cgroup.usage" && $0.part == name }
    #expect(found.compactMap(\.value.number) == sizes)
    #expect(found.count { $0.time != nil } == (sizes.count > 1 ? sizes.count : 0))
  }
}

@Suite struct HostCaptureTests {
  @Test(arguments: [
    ("$ date -u\nSat Nov 21 01:43:53 AM UTC 2026\n", true, 2),
    ("Sat Nov 21 01:43:53 UTC 2026\n", true, 1), ("Sat 21 Nov 01:43:53 UTC 2026\n", true, 1),
    ("Sat, 21 Nov 2026 10:43:53 +0900\n", true, 1), ("2026-11-21T01:43:53Z\n", true, 1),
    ("captured at 2026-11-21 01:43:53 UTC\n", true, 1),
    ("Sat Nov 21 01:43:53 KST 2026\n", false, 1), ("2026-11-21 01:43:53", false, 1),
  ])
  func captureTime(text: String, isZoned: Bool, line: Int) {
    #expect(recognition(of: text, by: CaptureTimeReader.self) == .certain)
    let page = readPage(text, with: CaptureTimeReader.self)
    let time = Instant(year: 2026, month: 11, day: 21, hour: 1, minute: 43, second: 53)
    #expect(page.value("capture.time") == time.map { .time($0) })
    #expect(page.value("capture.is_zoned") == .flag(isZoned))
    #expect(page.line("capture.time") == line)
  }

  @Test func noon() {
    let page = readPage("Sat Nov 21 12:00:00 PM UTC 2026\n", with: CaptureTimeReader.self)
    #expect(
      page.value("capture.time")
        == Instant(year: 2026, month: 11, day: 21, hour: 12).map { .time($0) })
  }

  @Test(arguments: [
    "2026-11-21 01:43:53 ERROR x", "$ free\nSat Nov 21 01:43:53 UTC 2026\n", "", "42\n",
    "1:M 21 Nov 2026 01:43:53.000 * Ready\n", "MISCONF Redis is configured to save\n",
  ])
  func foreign(text: String) {
    #expect(recognition(of: text, by: CaptureTimeReader.self) == .no)
  }

  @Test func unreachable() {
    let text = """
      $ date -u; ssh -v ops@10.0.12.44
      Tue Mar  5 02:12:41 UTC 2024
      OpenSSH_8.9p1 Ubuntu-3ubuntu0.6, OpenSSL 3.0.2 15 Mar 2022
      debug1: connect to address 10.0.12.44 port 22: Connection timed out
      ssh: connect to host 10.0.12.44 port 22: Connection timed out
      5 packets transmitted, 0 received, 100% packet loss, time 4099ms
      """
    #expect(recognition(of: text, by: ReachabilityReader.self) == .certain)
    let page = readPage(text, with: ReachabilityReader.self)
    #expect(page.number("host.ssh_unreachable") == 1)
    #expect(page.line("host.ssh_unreachable") == 5)
    #expect(page.number("host.ping_loss") == 1)
    #expect(page.events.map(\.name) == ["host-unreachable", "host-unreachable"])
    let refused = "ssh: connect to host 10.0.12.44 port 22: Connection refused\n"
    let alive = readPage(refused, with: ReachabilityReader.self)
    #expect(alive.number("host.ssh_unreachable") == 0)
    #expect(alive.events.isEmpty)
    let app = String(repeating: "2024 app failed to connect\n", count: 9) + refused
    #expect(recognition(of: app, by: ReachabilityReader.self) == .no)
  }
}

@Suite struct HostTranscriptTests {
  /// Several commands in one file are all read, whichever kind the file is taken for.
  @Test func transcript() {
    let text = """
      [ec2-user@ip-10-0-3-17 ~]$ date -u
      Tue Mar  5 02:12:41 UTC 2024
      [ec2-user@ip-10-0-3-17 ~]$ uptime
       02:12:41 up 3 min,  0 user,  load average: 6.88, 5.70, 2.40
      [ec2-user@ip-10-0-3-17 ~]$ nproc
      1
      [ec2-user@ip-10-0-3-17 ~]$ free -m
                     total        used        free      shared  buff/cache   available
      Mem:             973         959          68           0          29          13
      Swap:           1023         606         417
      [ec2-user@ip-10-0-3-17 ~]$ vmstat 1 2
      procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----
       r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st
       2  0      0 412000  41208 2210340    0    0    16   203  383  653 12  0 87  0  0
       0  0      0 411963  41208 2210351    0    0     3   100  208  490 11  0 86  0  0
      [ec2-user@ip-10-0-3-17 ~]$ cat /proc/sys/vm/overcommit_memory
      0
      [ec2-user@ip-10-0-3-17 ~]$ cat /proc/loadavg
      6.90 5.71 2.41 1/89 324
      """
    for reader in [
      FreeReader.self, UptimeReader.self, VmstatReader.self,
    ] as [any DocumentReader.Type] {
      #expect(recognition(of: text, by: reader) == .certain)
      let page = readPage(text, with: reader)
      #expect(page.number("host.cpus") == 1)
      #expect(page.number("host.load1") == 6.9)
      #expect(page.number("host.memory.MemAvailable") == 13 * mebi)
      #expect(page.number("host.vmstat.samples") == 1)
      #expect(page.number("host.sysctl.vm.overcommit_memory") == 0)
      #expect(page.subjects == [SubjectClue(.host, keys: [.hostName("ip-10-0-3-17")])])
      #expect(page.facts.allSatisfy { $0.time != nil })
      #expect(page.skippedLines == 0)
    }
  }

  /// Whatever bytes come, nothing breaks and nothing is made up.
  @Test func garbage() {
    let texts = [
      "", "\u{0}\n", "r b si so id\n", "Mem:\n", "total used free\nMem:\nSwap: 1\n-/+\n",
      "99999999999999999999999 kB\n", "MemTotal: 99999999999999999999999999 kB\n",
      "==> <==\n$ \n# \n",
      "@$\n[@#\n", "load average\n up \n", "CPU(s):\nTasks:\n%Cpu(s):\n", "some avg10=\n",
      "Cpu(s): ,,,%%\n",
      "CONTAINER MEM USAGE / LIMIT\n / / \n", "/proc/sys/\n=\n.=.\n",
    ]
    for text in texts {
      for reader in hostDocuments {
        let page = readPage(text, with: reader)
        #expect(page.facts.isEmpty)
        #expect(!page.warnings.isEmpty)
      }
    }
  }

  @Test(arguments: [
    "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\nroot 1 0.0 0.6 1 1 ? Ss 09:40 0:01 init\n",
    "# Memory\r\nused_memory:1048576\r\n", "{\"InstanceStatuses\": []}",
    "[2020-09-10 05:37:48 +0000] [17] [INFO] Booting worker with pid: 17\n",
    "274 VmRSS: 5656 kB VmSwap: 15912 kB\n",
    "10.0.0.1 - - [12/Mar/2024:09:42:00 +0000] \"GET / HTTP/1.1\" 200 3\n",
    "worker_processes 1;\nevents { worker_connections 512; }\n",
    "min max avg samples\n0 1 0.12 100\n",
    "# 2024-03-12T09:41:49Z\n    PID    PPID   RSS ELAPSED CMD\n    363       1 26008      33 gunicorn\n",
  ])
  func foreign(text: String) {
    for reader in hostDocuments { #expect(recognition(of: text, by: reader) == .no) }
  }
}
