import Foundation
import Testing

@testable import Collectors

/// A tree of files as a system shows them.
private final class Tree {
  let root = FileManager.default.temporaryDirectory.path + "/triage-tree-\(UUID().uuidString)"

  init(_ files: [String: String]) throws {
    for (path, text) in files {
      let full = root + path
      try FileManager.default.createDirectory(
        atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: full))
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  var files: SystemFiles { SystemFiles(root: root) }
}

@Suite struct IostatTableTests {
  @Test(
    "Disks that were asked for something, without their partitions; a figure that is none leaves out its disk"
  )
  func rows() throws {
    let tree = try Tree([
      "/proc/diskstats": """
      7 0 loop0 0 0 0 0 0 0 0 0 0 0 0
      259 0 nvme0n1 100 0 4000 50 1000 0 80000 20000 0 6000 20050
      259 1 nvme0n1p1 100 0 4000 50 1000 0 80000 20000 0 6000 20050
      202 0 xvda 1 0 8 1 18446744073709551615 0 8 1 0 1 1
      202 16 xvdb nan 0 8 1 1 0 8 1 0 1 1
      202 32 xvdc inf 0 8 1 1 0 8 1 0 1 1
      8 0 sda 5
      """
    ])
    var table = IostatTable(files: tree.files)
    table.sample()
    table.sample()
    #expect(table.reports == 2)
    let rows = table.text.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(
      rows.map { $0[0] }.filter { $0.contains("n1") || $0.hasPrefix("xvd") || $0 == "sda" }
        == ["nvme0n1", "xvda", "nvme0n1", "xvda"])
    let first = rows.first { $0[0] == "nvme0n1" } ?? []
    // Means of a request: 50 ms for 100 reads, 20,000 ms for 1,000 writes.
    #expect([first[3], first[6]] == ["0.50", "20.00"])
    let last = rows.last { $0[0] == "nvme0n1" } ?? []
    #expect(last.dropFirst().allSatisfy { $0 == "0.00" })
  }
}

@Suite struct LogTailTests {
  @Test(
    arguments: [
      (
        "10.0.0.1 - - [21/Nov/2026:12:00:01 +0000] \"GET / HTTP/1.1\" 200 1",
        [2026, 11, 21, 12, 0, 1], 0
      ),
      ("2026/11/21 12:00:01 [error] 7#7: *1 upstream", [2026, 11, 21, 12, 0, 1], nil),
      ("[2026-11-21 12:00:01 +0900] [7] [INFO] Booting", [2026, 11, 21, 12, 0, 1], 32_400),
      ("{\"ts\":\"2026-11-21T12:00:01.123Z\"}", [2026, 11, 21, 12, 0, 1], 0),
      ("7:M 21 Nov 2026 12:00:01.123 * Ready", [2026, 11, 21, 12, 0, 1], nil),
    ] as [(String, [Int], Int?)])
  func stampsAreFound(_ line: String, _ fields: [Int], _ offset: Int?) {
    let stamp = LogStamp(line.utf8)
    #expect(stamp?.fields == fields)
    #expect(stamp?.offset == offset)
  }

  @Test(arguments: ["", "no stamp", "1.2.3.4 21/Foo/2026:00:00:00", "2026-11-21", "99999999999"])
  func othersAreNone(_ line: String) { #expect(LogStamp(line.utf8) == nil) }

  @Test func whatIsOldIsLeftOut() throws {
    // 60,000 lines, one a second, from midnight on; the last hour is wanted.
    var text = ""
    func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
    for second in 0..<60_000 {
      let time = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
      text += "10.0.0.1 - - [21/Nov/2026:\(time) +0000] \"GET /\(second) HTTP/1.1\" 200 5\n"
    }
    let tree = try Tree(["/log": text])
    let file = try OpenFile(tree.root + "/log")
    // 2026-11-21T15:40:00Z
    let since = WallClock(seconds: 1_795_275_600)
    let start = LogTail(since: since, limit: 100 << 20).start(in: file, size: file.size)
    let rest = String(decoding: file.bytes(at: start, count: file.size - start), as: UTF8.self)
    let first = try #require(rest.split(separator: "\n").first)
    #expect(first.hasPrefix("10.0.0.1"))
    #expect(rest.contains("15:40:00"))
    #expect(rest.utf8.count < 400_000)
    let short = LogTail(since: WallClock(seconds: 0), limit: 1000)
    let tail = short.start(in: file, size: file.size)
    #expect(file.size - tail <= 1000)
    #expect(file.bytes(at: tail - 1, count: 1) == [10])
  }
}

@Suite struct BoxTests {
  @Test func kernelRecordsBecomeLines() {
    let record = "4,12,5678901,-;Out of memory: Killed process 7 (gunicorn)\n SUBSYSTEM=x\n"
    let line = KernelLog.line(Array(record.utf8), boot: 1_795_262_400, since: WallClock(seconds: 0))
    #expect(
      line == "2026-11-21T12:00:05,678901+00:00 Out of memory: Killed process 7 (gunicorn)\n")
    let later = WallClock(seconds: 1_795_262_406)
    #expect(KernelLog.line(Array(record.utf8), boot: 1_795_262_400, since: later) == nil)
    #expect(KernelLog.line(Array("x".utf8), boot: 0, since: WallClock(seconds: 0)) == nil)
  }

  @Test(
    arguments: [
      ("0100007F:18EB", "127.0.0.1", 6379), ("00000000:18EB", "0.0.0.0", 6379),
      ("00000000000000000000000001000000:18EB", "0:0:0:0:0:0:0:1", 6379),
      ("0000000000000000FFFF00000300000A:18EC", "10.0.0.3", 6380),
    ])
  func socketTablesAreRead(_ text: String, _ address: String, _ port: Int) {
    let place = ListeningSockets.place(text[...])
    #expect(place?.address == address)
    #expect(place?.port == port)
  }

  @Test(
    arguments: [
      ("redis-server 127.0.0.1:6379", 6379), ("/usr/bin/redis-server *:6380 [cluster]", 6380),
      ("redis-server --port 6390", 6390), ("valkey-server /etc/valkey/valkey.conf", nil),
      ("redis-server unixsocket:/run/redis.sock", nil), ("redis-server [::1]:7000", 7000),
    ] as [(String, Int?)])
  func titlesNameThePort(_ command: String, _ port: Int?) {
    #expect(RedisDiscovery.titlePort(command)?.port == port)
  }

  @Test(
    arguments: [
      (["gunicorn", "-c", "conf.py", "app:app"], "conf.py"), (["gunicorn", "-cx.py"], "x.py"),
      (["gunicorn", "--config=file:/etc/g.py"], "/etc/g.py"), (["gunicorn", "a:b"], nil),
      (["gunicorn", "-c", "python:conf"], nil),
    ] as [([String], String?)])
  func gunicornSaysWhereItsConfigIs(_ arguments: [String], _ path: String?) {
    #expect(GunicornDiscovery.configPath(arguments) == path)
  }

  @Test func aLimitIsLookedForUpwards() throws {
    let tree = try Tree([
      "/proc/7/cgroup": "0::/system.slice/web.service/worker\n",
      "/sys/fs/cgroup/system.slice/web.service/worker/memory.max": "max\n",
      "/sys/fs/cgroup/system.slice/web.service/memory.max": "536870912\n",
      "/sys/fs/cgroup/system.slice/web.service/memory.current": "1000\n",
      "/sys/fs/cgroup/system.slice/web.service/memory.events": "oom 0\noom_kill 2\nmax 0\n",
      "/proc/8/cgroup": "4:memory:/box\n",
      "/sys/fs/cgroup/memory/box/memory.limit_in_bytes": "9223372036854771712\n",
    ])
    var group = try #require(MemoryControlGroup(of: 7, files: tree.files))
    group.sample()
    let names = group.collected(below: "gunicorn").map(\.path)
    #expect(
      names == ["gunicorn/memory.max", "gunicorn/memory.current", "gunicorn/memory.events"])
    #expect(MemoryControlGroup(of: 8, files: tree.files) == nil)
  }

  @Test func processesAreRead() throws {
    let tree = try Tree([
      "/proc/7/stat":
        "7 (my (odd) name) S 1 7 7 0 -1 4 0 0 0 0 1 2 0 0 20 0 1 0 500 9999 25 18446744073709551615",
      "/proc/8/stat": "8 (cut",
      "/proc/9/cmdline": "redis-server 127.0.0.1:6379\0\0\0",
    ])
    let entry = try #require(ProcessTable.entry(7, files: tree.files))
    #expect(entry.name == "my (odd) name")
    #expect(entry.parent == 1)
    #expect(entry.state == "S")
    #expect(ProcessTable.entry(8, files: tree.files) == nil)
    #expect(ProcessTable.entry(10, files: tree.files) == nil)
    #expect(
      ProcessTable.arguments(of: 9, files: tree.files) == ["redis-server 127.0.0.1:6379"])
    #expect(ProcessEntry.elapsed(59) == "00:59")
    #expect(ProcessEntry.elapsed(93_784) == "1-02:03:04")
  }

  @Test(arguments: ["../../etc/passwd", "redis/../../x", "a\u{1b}[2J", ".hidden", "a/b c;$(x)"])
  func namesCannotLeadOut(_ path: String) {
    let name = CollectedFile(path, from: "test", text: "").path
    #expect(!name.split(separator: "/").contains { $0.hasPrefix(".") })
    #expect(
      name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._/".contains($0)) })
  }

  @Test func aFileThatItsProcessMayNotReadIsLeft() throws {
    let tree = try Tree(["/secret": "x"])
    chmod(tree.root + "/secret", 0o600)
    let other: (user: UInt32, group: UInt32) = (geteuid() &+ 4321, getegid() &+ 4321)
    #expect(throws: FileFault.self) { try tree.files.open("/secret", readableBy: other) }
    #expect(throws: FileFault.self) { try tree.files.open("/", readableBy: (0, 0)) }
    _ = try tree.files.open("/secret", readableBy: (geteuid(), getegid()))
  }

  @Test func scheduledEventsAreTurnedIntoTheFormOfTheAPI() {
    let text = """
      [ { "NotBefore" : "21 Jan 2027 09:00:43 GMT", "Code" : "system-reboot",
          "Description" : "scheduled \\"reboot", "EventId" : "instance-event-1",
          "State" : "completed" } ]
      """
    #expect(
      ScheduledEventText.events(text) == [
        "{ \"Code\": \"system-reboot\", \"InstanceEventId\": \"instance-event-1\", "
          + "\"Description\": \"[Completed] scheduled \", "
          + "\"NotBefore\": \"2027-01-21T09:00:43Z\" }"
      ])
    #expect(ScheduledEventText.events("[]").isEmpty)
    #expect(ScheduledEventText.events("{\"Code\": \"x\\\", \\\"a\": \"").isEmpty)
  }
}

@Suite struct BundleTests {
  @Test func headersAreThoseOfTar() throws {
    let header = Array(TarHeader.bytes(path: "a/b.txt", size: 1234, time: 1_795_262_400))
    #expect(header.count == 512)
    #expect(String(decoding: header[0..<7], as: UTF8.self) == "a/b.txt")
    #expect(String(decoding: header[124..<135], as: UTF8.self) == "00000002322")
    #expect(String(decoding: header[257..<262], as: UTF8.self) == "ustar")
    var plain = header
    for index in 148..<156 { plain[index] = 32 }
    let sum = plain.reduce(0) { $0 + Int($1) }
    let stated = String(decoding: header[148..<154], as: UTF8.self)
    #expect(Int(stated, radix: 8) == sum)
  }

  @Test func targetsAreToldByTheirNames() {
    #expect(BundleTarget("-") == .standardOutput)
    #expect(BundleTarget("x.tgz") == .archive("x.tgz", isPacked: true))
    #expect(BundleTarget("x.tar.gz") == .archive("x.tar.gz", isPacked: true))
    #expect(BundleTarget("x.tar") == .archive("x.tar", isPacked: false))
    #expect(BundleTarget("x/") == .folder("x/"))
  }
}

/// Alone in its suite: what it pretends is seen by the whole program.
@Suite(.serialized) struct InterruptionTests {
  @Test(arguments: ["bundle", "bundle.tar.gz", "bundle.tar"])
  func whatWasWrittenIsTakenAway(_ name: String) throws {
    let tree = try Tree(["/x": ""])
    let evidence = LiveEvidence(
      host: "web-1", started: "", ended: "",
      files: [CollectedFile("host/uptime.txt", from: "/proc", text: "up\n")], gaps: [],
      services: [], cost: OwnProcess.cost(since: 0))
    let bundle = Bundle(evidence, version: "1")
    let place = BundleTarget("\(tree.root)/\(name)")
    Interruption.pretend(15)
    #expect(throws: CollectError.self) { try bundle.write(to: place) }
    Interruption.pretend(0)
    #expect(try tree.files.names(in: "/") == ["x"])
    try bundle.write(to: place)
    #expect(try tree.files.names(in: "/") == [name, "x"])
  }
}
