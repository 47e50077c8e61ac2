import Model
import Testing

@testable import Readers

@Suite struct KernelLogTests {
  /// Wordings of the OOM killer by version: text in, victim, scope and resident bytes out.
  @Test(arguments: [
    (
      "Out of memory: Killed process 351 (gunicorn) total-vm:84404kB, anon-rss:68296kB, UID:1000",
      "gunicorn", "kernel.oom_kills.global", 68296.0 * 1024, 1
    ),
    (
      """
      Out of memory: Kill process 2311 (java) score 889 or sacrifice child
      Killed process 2399 (sh) total-vm:8kB, anon-rss:4kB, file-rss:0kB
      """, "sh", "kernel.oom_kills.global", 4096.0, 2
    ),
    (
      """
      Out of memory: Kill process 2311 (java) score 889 or sacrifice child
      Killed process 2311 (java), UID 1001, total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB
      """, "java", "kernel.oom_kills.global", 4096.0, 2
    ),
    (
      """
      Out of memory: kill process 2311 (httpd) score 889 or a child
      Killed process 2311, UID 503, (httpd) total-vm:8kB, anon-rss:4kB, file-rss:0kB
      """, "httpd", "kernel.oom_kills.global", 4096.0, 2
    ),
    (
      """
      Task in /docker/4be1 killed as a result of limit of /docker/4be1
      memory: usage 524288kB, limit 524288kB, failcnt 553
      Memory cgroup out of memory: Kill process 99 (gunicorn) score 5 or sacrifice child
      Killed process 99 (gunicorn) total-vm:8kB, anon-rss:4kB, file-rss:0kB
      """, "gunicorn", "kernel.oom_kills.cgroup", 4096.0, 4
    ),
    (
      "Memory cgroup out of memory: Killed process 7 ((sd-pam)) total-vm:8kB, anon-rss:4kB",
      "(sd-pam)", "kernel.oom_kills.cgroup", 4096.0, 1
    ),
    (
      """
      oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/a,task_memcg=/a,task=x y,pid=7
      Killed process 7 (x y) total-vm:8kB, anon-rss:4kB
      """, "x y", "kernel.oom_kills.cgroup", 4096.0, 2
    ),
  ])
  func victims(text: String, victim: String, scope: String, rss: Double, line: Int) {
    for prefix in ["", "[  289.393230] ", "May 15 19:21:12 web-1 kernel: [  5.123456] "] {
      let marked = text.split(separator: "\n").map { prefix + $0 }.joined(separator: "\n")
      let page = readPage(marked, with: KernelLogReader.self)
      #expect(page.number("kernel.oom_kills") == 1)
      #expect(page.number(scope) == 1)
      #expect(page.text("kernel.oom_victim") == victim)
      #expect(page.number("kernel.oom_victim_rss") == rss)
      #expect(page.line("kernel.oom_kills") == line)
      #expect(page.line("kernel.oom_victim") == line)
    }
  }

  @Test func reportWithTable() {
    let text = """
      May 15 19:21:12 web-1 kernel: cron invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0
      May 15 19:21:12 web-1 kernel: 196469 pages RAM
      May 15 19:21:12 web-1 kernel: Tasks state (memory values in pages):
      May 15 19:21:12 web-1 kernel: [  pid  ]   uid  tgid total_vm   rss rss_anon rss_file rss_shmem pgtables_bytes swapents oom_score_adj name
      May 15 19:21:12 web-1 kernel: [  32188]     0 32188    26425  1000     4096     2571         0   110592        0         -1000 gunicorn
      May 15 19:21:12 web-1 kernel: [  32191]     0 32191    21412  3000    17129     1928         0   212992        0             0 gunicorn
      May 15 19:21:12 web-1 kernel: [  32192]     0 32192    20733   500    16424     1917         0   208896        0             0 Web Content
      May 15 19:21:12 web-1 kernel: oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/system.slice/a.service,task=gunicorn,pid=32191,uid=1000
      May 15 19:21:12 web-1 kernel: Out of memory: Killed process 32191 (gunicorn) total-vm:95124kB, anon-rss:77892kB, file-rss:7648kB, shmem-rss:0kB, UID:1000 pgtables:228kB oom_score_adj:0
      May 15 19:21:22 web-1 kernel: oom_reaper: reaped process 32191 (gunicorn), now anon-rss:0kB
      """
    var context = ReadingContext()
    context.year = 2024
    let page = readPage(text, with: KernelLogReader.self, context: context)
    #expect(page.subjects == [SubjectClue(.host, keys: [.hostName("web-1")])])
    #expect(page.number("kernel.oom_kills") == 1)
    #expect(page.number("kernel.oom_reports") == 1)
    #expect(page.number("kernel.oom_kills.gunicorn") == 1)
    #expect(page.number("kernel.oom_kills.redis") == 0)
    #expect(page.number("kernel.oom_total_ram") == 196_469.0 * 4096)
    #expect(page.number("kernel.oom_table.processes", part: "gunicorn") == 2)
    #expect(page.number("kernel.oom_table.rss", part: "gunicorn") == 4000.0 * 4096)
    #expect(page.number("kernel.oom_table.rss", part: "Web Content") == 500.0 * 4096)
    #expect(page.text("kernel.oom_table.top") == "gunicorn")
    #expect(page.line("kernel.oom_table.top") == 6)
    #expect(page.line("kernel.oom_kills") == 9)
    let start = Instant(year: 2024, month: 5, day: 15, hour: 19, minute: 21, second: 12)
    #expect(page.coverage?.lowerBound == start)
    #expect(page.events.map(\.name) == ["oom-kill"])
    #expect(page.events.first?.isZoned == false)
    #expect(page.events.first?.isImpact == true)
    #expect(page.facts.allSatisfy { $0.time == nil || $0.time == start })
    // Without a year there is no time, yet the counts stand.
    let bare = readPage(text, with: KernelLogReader.self)
    #expect(bare.number("kernel.oom_kills") == 1)
    #expect(bare.coverage == nil && bare.events.isEmpty)
    #expect(bare.facts.allSatisfy { $0.time == nil && $0.coverage == nil })
  }

  @Test func cutBeforeTheKill() {
    let text = """
      [  289.000001] [    240]     0   240      725       21    45056        0             0 agetty
      [  289.000002] oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=redis-server,pid=9
      """
    let page = readPage(text, with: KernelLogReader.self)
    #expect(page.number("kernel.oom_kills.redis") == 1)
    // The head of the table is cut off: nobody knows how much of it is.
    #expect(page.text("kernel.oom_table.top") == nil)
    #expect(page.events.isEmpty)
  }

  /// Messages in, the tally they belong to.
  @Test(arguments: [
    ("INFO: task postgres:1410 blocked for more than 120 seconds.", "kernel.hung_tasks"),
    ("nvme nvme1: I/O 12 QID 2 timeout, aborting", "kernel.nvme_timeouts"),
    (
      "nvme nvme0: I/O tag 12 (100c) opcode 0x2 (I/O Cmd) QID 2 timeout, reset controller",
      "kernel.nvme_timeouts"
    ),
    ("blk_update_request: I/O error, dev nvme1n1, sector 8 op 0x1", "kernel.io_errors"),
    ("Buffer I/O error on dev xvdf1, logical block 0, lost sync page write", "kernel.io_errors"),
    ("EXT4-fs error (device xvda1): ext4_find_entry:1455: inode #2", "kernel.io_errors"),
    ("watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [khugepaged:36]", "kernel.soft_lockups"),
    ("Kernel panic - not syncing: VFS: Unable to mount root fs", "kernel.panics"),
    ("VFS: Cannot open root device \"xvda1\" or unknown-block(0,0)", "kernel.boot_failures"),
    ("XENBUS: Timeout connecting to device: device/vbd/51712", "kernel.boot_failures"),
    ("request_module: runaway loop modprobe binfmt-464c", "kernel.boot_failures"),
    ("No DHCPOFFERS received.", "kernel.boot_failures"),
    ("[FAILED] Failed to start Raise network interfaces.", "kernel.boot_failures"),
    ("[FAILED] Failed to start app.service.", "kernel.unit_start_failures"),
    ("clocksource: Switched to clocksource xen", "kernel.clocksource_xen"),
    ("Linux version 6.1.0-21-cloud-amd64 (debian)", "kernel.boots"),
    ("mce: [Hardware Error]: Machine check events logged", "kernel.mce"),
    ("TCP: request_sock_TCP: Possible SYN flooding on port 8000.", "kernel.syn_floods"),
  ])
  func marks(message: String, fact: String) {
    let text = """
      [Thu Jul 11 03:18:41 2024] x
      [Thu Jul 11 03:18:42 2024] \(message)
      [Thu Jul 11 03:38:42 2024] y
      """
    let page = readPage(text, with: KernelLogReader.self)
    #expect(page.number(fact) == 1)
    #expect(page.line(fact) == 2)
    let others = page.facts.filter { $0.name != fact && $0.value == .number(1) }
    #expect(others.isEmpty)
    // Everything else is known not to have happened.
    #expect(page.all("kernel.oom_kills").first?.coverage == page.coverage)
    #expect(page.number("kernel.oom_kills") == 0)
    #expect(page.line("kernel.oom_kills") == 1)
  }

  @Test(arguments: [
    "blk_update_request: I/O error, dev fd0, sector 0",
    "mce: CPU supports 32 MCE banks", "nvme nvme0: 2/0/0 default/read/poll queues",
    "HEST: Table parsing has been initialized.", "ACPI: SRAT 0x1 (v01 AMAZON)",
    "clocksource: Switched to clocksource tsc", "systemd[1]: Started Linux version daemon.",
    "gunicorn invoked oom-killers: no",
  ])
  func harmless(message: String) {
    let page = readPage("[  289.393230] \(message)\n", with: KernelLogReader.self)
    #expect(page.facts.allSatisfy { $0.value == .number(0) })
  }

  @Test func bursts() {
    let text = """
      [Thu Jul 11 03:18:42 2024] nvme nvme1: I/O 12 QID 2 timeout, aborting
      [Thu Jul 11 03:19:13 2024] nvme nvme1: I/O 12 QID 2 timeout, reset controller
      [Thu Jul 11 05:19:13 2024] nvme nvme1: I/O 12 QID 2 timeout, reset controller
      """
    let page = readPage(text, with: KernelLogReader.self)
    #expect(page.events.map(\.text) == ["2 NVMe time-outs", "1 NVMe time-outs"])
    #expect(page.events.map { $0.until == nil } == [false, true])
    #expect(page.text("kernel.failing_device") == "nvme1")
    var context = ReadingContext()
    context.window.since = Instant(year: 2024, month: 7, day: 11, hour: 4)
    let later = readPage(text, with: KernelLogReader.self, context: context)
    #expect(later.number("kernel.nvme_timeouts") == 1)
    #expect(later.line("kernel.nvme_timeouts") == 3)
  }

  @Test func manyKillsAreAggregated() {
    let lines = (0..<30).map {
      "2024-05-15T19:\(10 + $0):12+00:00 a kernel: Out of memory: Killed process \($0 + 1) (x) total-vm:1kB, anon-rss:1kB"
    }
    let page = readPage(lines.joined(separator: "\n"), with: KernelLogReader.self)
    #expect(page.number("kernel.oom_kills") == 30)
    #expect(page.events.count == 21)
    #expect(page.events.last?.text == "the kernel killed 10 more processes for want of memory")
    #expect(page.events.last?.isZoned == true)
    #expect(page.all("kernel.oom_last").first?.origin.line == 30)
  }

  /// Forms of prefixes: the line in, host and second of the hour out.
  @Test(arguments: [
    ("May 15 19:21:12 web-1 kernel: m", "web-1", true),
    ("May  5 19:21:12 web-1 kernel: [605806.165743] m", "web-1", true),
    ("May 15 19:21:12 kernel: m", "", true),
    ("May 15 19:21:12.123456 web-1 kernel: m", "web-1", true),
    ("2024-05-15T19:21:12.123456+00:00 web-1 kernel: m", "web-1", true),
    ("Wed 2024-05-15 19:21:12 UTC web-1 kernel: m", "web-1", true),
    ("2024-05-15T19:21:12,123456+00:00 m", "", true),
    ("[Wed May 15 19:21:12 2024] m", "", true),
    ("[  289.393230] m", "", true), ("[  289.393230][   T81] m", "", true),
    ("kern  :warn  : [  289.393230] m", "", true), ("<6>[  289.393230] m", "", true),
    ("[  289.393230] web-1 kernel: m", "web-1", true),
    ("syslog.1:May 15 19:21:12 web-1 kernel: m", "web-1", true),
    ("kern.log:12:May 15 19:21:12 web-1 kernel: m", "web-1", true),
    ("May 15 19:21:12 web-1 kern.warn kernel: m", "web-1", true),
    ("May 15 19:21:12 web-1 CRON[21]: m", "web-1", false),
    // Applications write their level where others have a host, and a class where they have a program.
    ("2024-05-15 19:21:12,201 ERROR redis.exceptions.TimeoutError: m", "", false),
    ("2024-05-15 19:21:12,201 ERROR [shop.cache] redis.exceptions.TimeoutError: m", "", false),
    ("2024-05-15 19:21:12,201 [ERROR] redis.exceptions.TimeoutError: m", "", false),
    ("2024-05-15 19:21:12,201 shop shop.cache redis.exceptions.TimeoutError: m", "", false),
    ("m", "", false), ("[12345] m", "", false), ("", "", false),
  ])
  func prefixes(text: String, host: String, isKernel: Bool) {
    let bytes = Array(text.utf8)
    let prefix = LogPrefix(bytes.span, offset: 0)
    #expect(prefix.host.map { bytes.span.text($0) } ?? "" == host)
    #expect(prefix.isKernel == isKernel)
    if isKernel { #expect(bytes.span.text(prefix.message..<bytes.count) == "m") }
  }

  @Test func severalHosts() {
    let text = """
      May 15 19:21:12 a kernel: Out of memory: Killed process 1 (x) total-vm:1kB, anon-rss:1kB
      May 15 19:21:13 b kernel: usb 1-1: new device
      """
    let page = readPage(text, with: KernelLogReader.self)
    #expect(page.subjects.count == 2)
    #expect(page.all("kernel.oom_kills").map(\.value) == [.number(1), .number(0)])
  }

  @Test func hostNamedAfterItsInstance() {
    let page = readPage(
      "May 15 19:21:12 i-0ed1c2b3a49586770.ec2.internal kernel: m", with: KernelLogReader.self)
    #expect(page.relations.map(\.kind) == [.runsOn])
    #expect(page.subjects.last?.keys == [.instanceID("i-0ed1c2b3a49586770")])
  }

  @Test func recognises() {
    let kernel = "[    0.000000] Linux version 6\n[    0.000001] Command line: ro\n"
    #expect(recognition(of: kernel, by: KernelLogReader.self) == .certain)
    let journal = """
      May 15 19:21:12 web gunicorn[1]: [2024-05-15 19:21:12 +0000] [1] [INFO] Booting worker
      May 15 19:21:13 web gunicorn[1]: [2024-05-15 19:21:12 +0000] [1] [INFO] Booting worker

      """
    #expect(recognition(of: journal, by: KernelLogReader.self) == .no)
    #expect(recognition(of: journal, by: SystemLogReader.self) == .no)
    let mixed = journal + "May 15 19:21:14 web kernel: oom\n"
    #expect(recognition(of: mixed, by: KernelLogReader.self) == .possible)
    for foreign in [
      "1:M 10 May 2024 01:25:13.411 * Ready to accept connections", "# Server\r\nredis_version:7",
      "[2020-09-10 05:37:48 +0000] [17] [ERROR] Worker (pid:20) was sent SIGKILL!",
      "10.0.0.1 - - [12/Mar/2024:09:42:00 +0000] \"GET / HTTP/1.1\" 200 3", "{\"a\": 1}", "",
      "2026-11-21 01:39:56,071 ERROR gateway.redis [t08] redis unavailable, retrying now",
      "2026-11-21T01:39:56,071 WARNING cache: slow redis GET page:0 took 9.0 ms",
      "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\nroot 1 0 0 1 1 ? S 1 1 init",
    ] {
      for reader in [KernelLogReader.self, SystemLogReader.self] as [any StreamReader.Type] {
        #expect(recognition(of: foreign, by: reader) == .no)
      }
      #expect(recognition(of: foreign, name: "x.txt", by: ConsoleOutputReader.self) == .no)
    }
  }

  @Test func garbage() {
    for text in ["\u{0}\u{1}\n\n[[[[\n[  \n[  1.\n-- x\n", "[Thu Jul 99 03:18:42 2024]\nMay", "]"] {
      let page = readPage(text, with: KernelLogReader.self)
      #expect(page.facts.isEmpty && !page.warnings.isEmpty)
    }
    let long = String(repeating: "[", count: 100_000) + " Killed process 99999999999999999999999 ("
    _ = readPage(long, with: KernelLogReader.self)
  }
}

@Suite struct HostConsoleTests {
  @Test func jsonWithInstance() {
    let text = #"""
      {
        "InstanceId": "i-0ed1c2b3a49586770",
        "Output": "t cut line\r\n[  1.000000] x\r\n[  289.401333] Out of memory: Killed process 351 (gunicorn) total-vm:4kB, anon-rss:8kB\r\n",
        "Timestamp": "2024-05-15T19:21:12.000Z"
      }
      """#
    #expect(recognition(of: text, by: ConsoleOutputReader.self) == .certain)
    let page = readPage(text, with: ConsoleOutputReader.self)
    #expect(page.number("kernel.oom_kills.global") == 1)
    #expect(page.line("kernel.oom_kills") == 3)
    #expect(
      page.facts.last { $0.name == "kernel.oom_kills" }?.origin.excerpt.hasPrefix("[  289") == true)
    #expect(page.relations.first?.kind == .runsOn)
    #expect(page.relations.first?.origin.line == 2)
    #expect(page.events.isEmpty)
  }

  @Test func plainText() {
    let text = "[  1.000000] x\n[FAILED] Failed to start Network Service.\nip login: \n"
    #expect(recognition(of: text, name: "console.txt", by: ConsoleOutputReader.self) == .certain)
    let kernel = "[  1.000000] x\n[  2.000000] y\nFailed to mount\n"
    #expect(
      recognition(of: kernel, name: "console-output.txt", by: ConsoleOutputReader.self) == .certain)
    #expect(recognition(of: kernel, name: "dmesg.txt", by: ConsoleOutputReader.self) == .no)
    let page = readPage("i-0ed1c2b3a49586770\t" + text, with: ConsoleOutputReader.self)
    #expect(page.number("kernel.boot_failures") == 1)
    #expect(page.line("kernel.boot_failures") == 2)
    #expect(page.relations.count == 1)
  }
}

@Suite struct HostSystemLogTests {
  @Test func silence() {
    var minutes = (0...8).map { $0 * 5 }
    minutes += [60, 65, 70]
    let lines = minutes.map {
      "Mar  4 0\(1 + $0 / 60):\($0 % 60 < 10 ? "0" : "")\($0 % 60):01 redis-01 CRON[2]: (root) CMD (x)"
    }
    let text = lines.joined(separator: "\n")
    #expect(recognition(of: text, by: SystemLogReader.self) == .certain)
    var context = ReadingContext()
    context.year = 2024
    context.zones[nil] = 0
    let page = readPage(text, with: SystemLogReader.self, context: context)
    #expect(page.number("host.log.median_gap") == 300)
    #expect(page.number("host.log.gap") == 1200)
    #expect(page.line("host.log.gap") == 10)
    #expect(page.number("host.log.gaps") == 1)
    #expect(page.events.map(\.name) == ["log-gap"])
    #expect(
      page.events.first?.time
        == Instant(year: 2024, month: 3, day: 4, hour: 1, minute: 40, second: 1))
    #expect(page.events.first?.isZoned == true)
    // It holds no line of the kernel, nor of systemd, and speaks for neither.
    #expect(page.number("kernel.oom_kills") == nil)
    #expect(page.number("host.log.service_failures") == nil)
    #expect(readPage(text, with: SystemLogReader.self).number("host.log.gap") == 1200)
  }

  @Test func systemd() {
    let text = """
      May 15 19:21:10 db systemd[1]: Started Session 5 of User ubuntu.
      May 15 19:21:12 db systemd[1]: redis-server.service: A process of this unit has been killed by the OOM killer.
      May 15 19:21:12 db systemd[1]: redis-server.service: Main process exited, code=killed, status=9/KILL
      May 15 19:21:12 db systemd[1]: redis-server.service: Failed with result 'oom-kill'.
      May 15 19:21:13 db systemd[1]: redis-server.service: Scheduled restart job, restart counter is at 1.
      """
    let page = readPage(text, with: SystemLogReader.self)
    #expect(page.number("host.log.service_failures") == 1)
    #expect(page.line("host.log.service_failures") == 4)
    #expect(page.number("host.log.service_kills") == 1)
    #expect(page.number("host.log.redis_killed") == 1)
    #expect(page.line("host.log.redis_killed") == 3)
    #expect(page.number("host.log.oom_messages") == 2)
    #expect(page.number("host.log.failed_units", part: "redis-server.service") == 1)
    #expect(page.number("host.log.gap") == nil)
  }

  @Test func yearEnd() {
    var context = ReadingContext()
    context.year = 2024
    let page = readPage(
      """
      Dec 31 23:59:59 a kernel: Out of memory: Killed process 1 (x) total-vm:1kB, anon-rss:1kB
      Jan  1 00:00:01 a kernel: x
      """, with: KernelLogReader.self, context: context)
    #expect(page.number("kernel.oom_kills") == 1)
    #expect(page.coverage == nil && page.events.isEmpty && page.warnings.count == 1)
  }
}
