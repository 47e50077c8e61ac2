import Model
import Testing

@testable import Readers

/// Several commands in one file, as scripts that collect things write them, without prompts.
@Suite struct MixedCaptureTests {
  private let processes = """
    USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
    redis      602  0.3  5.1  60404 104824 ?       Ssl  Jun01  28:11 /usr/bin/redis-server *:6379
    app        812  0.0  0.9  34264  19380 ?       Ss   Jun01   1:02 /v/bin/python /v/bin/gunicorn -w 2 x
    app        815  0.5 11.2 401212 228400 ?       S    Jun01  40:10 /v/bin/python /v/bin/gunicorn -w 2 x
    app        816  0.5 12.2 421212 248400 ?       S    Jun01  40:11 /v/bin/python /v/bin/gunicorn -w 2 x

    """
  private let memory = """
                   total        used        free      shared  buff/cache   available
    Mem:            1986        1713         119           8         153         123
    Swap:              0           0           0

    """
  private let kill = """
    [Tue Mar  5 02:09:00 2024] usb 1-1: new device
    [Tue Mar  5 02:09:01 2024] Out of memory: Killed process 815 (gunicorn) total-vm:401212kB, \
    anon-rss:228400kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0

    """

  private func page(_ text: String) -> Page { readPage(text, with: FreeReader.self) }

  @Test(arguments: [("", ""), ("\n", "\n"), ("=== ps ===\n", "\n=== dmesg ===\n")])
  func processesAndTheKernelAreReadBesideMemory(_ before: String, _ between: String) throws {
    let text = memory + before + processes + between + kill
    #expect(recognition(of: text, by: FreeReader.self) == .certain)
    let page = page(text)
    #expect(page.number("host.memory.MemTotal") == 2_082_471_936)
    #expect(page.number("gunicorn.ps.workers") == 2)
    #expect(page.number("process.redis_rss") == 107_339_776)
    #expect(page.number("kernel.oom_kills") == 1)
    let line = try #require(page.line("gunicorn.ps.worker_rss", part: "pid 816"))
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false)[line - 1].contains("816"))
  }

  @Test func aDateAboveTheFirstTableIsItsTime() {
    let text = "2024-03-05T02:09:00Z\n" + memory + processes
    #expect(page(text).all("gunicorn.ps.workers").first?.time == at(2, 9))
  }

  private func at(_ hour: Int, _ minute: Int) -> Instant? {
    Instant(year: 2024, month: 3, day: 5, hour: hour, minute: minute, second: 0, offset: 0)
  }

  /// Some lines of a log do not say that nothing else happened.
  @Test func whatTheKernelDidNotSayIsNotKnown() {
    let page = page(memory + "[Tue Mar  5 02:09:00 2024] usb 1-1: new device\n")
    #expect(page.facts.allSatisfy { !$0.name.hasPrefix("kernel.") || $0.value.number != 0 })
  }

  @Test func withoutProcessesNothingIsSaidOfThem() {
    let page = page(memory)
    #expect(page.facts.allSatisfy { $0.name.hasPrefix("host.memory.") })
    #expect(page.warnings.isEmpty)
  }

  private func top(tasks: Int) -> String {
    """
    top - 10:33:28 up 52 days,  1 user,  load average: 2.05, 2.60, 2.96
    Tasks:   \(tasks) total,   1 running,   2 sleeping,   0 stopped,   0 zombie
    %Cpu(s): 50.0 us, 50.0 sy,  0.0 ni,  0.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st
    MiB Mem :   1986.0 total,    119.8 free,   1713.1 used,    180.3 buff/cache

        PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
        602 redis     20   0   60404 104824   3376 S   6.7   0.3   0:00.71 redis-server
        812 app       20   0   34264  19380   3376 S   6.7   0.3   0:00.71 gunicorn
        815 app       20   0  401212 228400   3376 S   6.7   0.3   0:00.71 gunicorn

    """
  }

  @Test func theTableOfTopIsReadBelowItsHead() {
    let page = readPage(top(tasks: 3), with: UptimeReader.self)
    #expect(page.number("host.load1") == 2.05)
    #expect(page.number("process.redis_rss") == 107_339_776)
    #expect(page.number("gunicorn.ps.workers") == 1)
    let part = readPage(top(tasks: 90), with: UptimeReader.self)
    #expect(part.number("gunicorn.ps.workers") == nil)
    #expect(part.warnings.contains { $0.message.contains("only some processes") })
  }

  @Test(arguments: [
    ("Name:\tbash\nTgid:\t4046\nVmRSS:\t    4321 kB\n", "ps -eo"),
    ("{\"sysstat\": {\n\t\"hosts\": [\n", "sar -A"),
    (
      "# hostname;interval;timestamp;CPU;%user;%nice\nvm;1;2026-11-22 13:10:56 UTC;-1;0.00\n",
      "sar -A"
    ),
    ("{\n   \"dmesg\": [\n   ]\n}\n", "dmesg -T"),
    ("cluster_state:ok\ncluster_slots_assigned:16384\n", "INFO ALL"),
    ("# Sentinel\nsentinel_masters:1\n", "INFO ALL"),
  ])
  func whatIsNotReadIsNamedWithWhatToGive(_ text: String, _ advice: String) {
    let sample = Sample(name: "x.txt", head: Array(text.utf8))
    #expect(ForeignText.name(of: sample)?.contains(advice) == true)
  }

  /// Classes of errors are no programs that speak in turn.
  @Test(arguments: ["ERROR ", "ERROR [shop.cache] ", "[ERROR] "])
  func anApplicationThatNamesItsErrorsIsOne(level: String) {
    let lines = ["TimeoutError", "ConnectionError", "TimeoutError"].map {
      "2026-05-07 18:03:11,201 \(level)redis.exceptions.\($0): Timeout connecting to server"
    }
    let text = lines.joined(separator: "\n")
    #expect(!MixedStream.suits(Sample(name: "app.log", head: Array(text.utf8))))
  }

  /// One kill, however what stands before it was written; the time where it is told.
  @Test(arguments: [
    ("2026-11-22T02:09:00.123Z Nov 22 02:09:00 web-1 kernel: ", true),
    ("2026-11-22T02:09:00.123Z i-0abc Nov 22 02:09:00 web-1 kernel: [605806.166200] ", true),
    ("2026-11-22T02:09:00.123000+00:00 web/kern [605806.166200] ", true),
    ("1795313340.166200 web-1 kernel: ", true), ("[605806.166200] web-1 kernel: ", false),
    ("Sun 2026-11-22 02:09:00 UTC web-1 kernel: ", true), ("", false),
  ])
  func aKillIsReadBehindAnyPrefix(_ prefix: String, _ isTimed: Bool) throws {
    let text =
      prefix + "gunicorn invoked oom-killer: gfp_mask=0x140cca, order=0, oom_score_adj=0\n" + prefix
      + "Out of memory: Killed process 815 (gunicorn) total-vm:401212kB, anon-rss:228400kB\n"
    #expect(recognition(of: text, by: KernelLogReader.self) >= .possible)
    let page = readPage(text, with: KernelLogReader.self)
    #expect(page.number("kernel.oom_kills") == 1)
    let kill = try #require(page.all("kernel.oom_kills").first)
    #expect(kill.origin.line == 2)
    #expect(kill.time?.description.hasPrefix("2026-11-22T02:09:00") ?? false == isTimed)
  }

  @Test(arguments: [
    "1795313340.166200 [0 10.0.0.1:34578] \"get\" \"k\"",
    "1795313340.166 0.12 10.0.0.1 TCP_MISS/200 x",
  ])
  func otherProgramsCountSecondsToo(_ line: String) {
    let bytes = Array(line.utf8)
    #expect(LogPrefix(bytes.span, offset: 0).stamp == nil)
  }

  @Test func dockerStatsMayBeJSON() {
    let text = """
      {"BlockIO":"12MB / 0B","CPUPerc":"12.50%","ID":"3f1","MemUsage":"498.2MiB / 512MiB","Name":"web"}
      {"BlockIO":"12MB / 0B","CPUPerc":"12.50%","ID":"3f2","MemUsage":"--","Name":"gone"}

      """
    #expect(recognition(of: text, by: CgroupMemoryReader.self) == .certain)
    let page = readPage(text, with: CgroupMemoryReader.self)
    #expect(page.number("host.cgroup.limit", part: "web") == 536_870_912)
    #expect(page.line("host.cgroup.usage", part: "web") == 1)
    #expect(page.facts.count == 2)
  }

  /// The lines of one unit do not say that no other failed.
  @Test(arguments: [("Started Redis.", nil), ("x.service: Failed with result 'oom-kill'.", 1.0)])
  func theStatusOfAUnitSpeaksForItAlone(_ message: String, _ failures: Double?) {
    let text = """
      redis.service - Redis
           Loaded: loaded (/lib/systemd/system/redis.service; enabled; preset: enabled)
           Active: active (running) since Tue 2026-11-17 07:12:33 UTC; 4 days ago

      Nov 17 07:12:33 web-1 systemd[1]: \(message)
      """
    let page = readPage(text, with: SystemLogReader.self)
    #expect(page.number("host.log.service_failures") == failures)
    #expect(page.number("host.log.redis_killed") == nil)
  }

  @Test(arguments: [
    "2026-11-22 02:12:01,123 - util.py[DEBUG]: Cloud-init v. 22.2.2 running 'init'\n"
      + "2026-11-22 02:12:02,123 - stages.py[WARNING]: no lease\n",
    "2026-11-22 02:12:01.1 INFO [ssm-agent-worker] Init\n2026-11-22 02:12:02.1 INFO [ssm-agent-worker] Up\n",
  ])
  func agentsAreNoApplication(_ text: String) {
    #expect(recognition(of: text, by: ApplicationLogReader.self) == .no)
  }
}
