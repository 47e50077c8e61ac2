import Model
import Testing

@testable import Readers

@Suite struct ProcessListTests {
  private func page(_ text: String) -> Page { readPage(text, with: ProcessListReader.self) }

  /// Samples ten seconds apart of a master and two workers with these resident sizes in KiB.
  private func samples(_ sizes: [Int], elapsed: Int = 100) -> String {
    var text = ""
    for (index, size) in sizes.enumerated() {
      let second = index * 10
      let clock = "\(second / 60)".count == 1 ? "0\(second / 60)" : "\(second / 60)"
      let rest = second % 60 < 10 ? "0\(second % 60)" : "\(second % 60)"
      text += "# 2024-05-01T10:\(clock):\(rest)Z\n  PID  PPID   RSS ELAPSED CMD\n"
      text += "   10     1 20000 \(elapsed + second) /v/bin/python /v/bin/gunicorn a:b -w 2\n"
      for pid in [11, 12] {
        text +=
          "   \(pid)    10 \(size + pid) \(elapsed + second) /v/bin/python /v/bin/gunicorn a:b -w 2\n"
      }
      text += "   99     1   900       0 grep gunicorn\n"
    }
    return text
  }

  @Test func findsColumnsByName() {
    let page = page(
      """
      USER       PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
      app         12  1.0  0.1  90000 30000 ?        S    09:41   0:01 /v/bin/python /v/bin/gunicorn a:b
      app         11  1.0  0.1  90000 20000 ?        S    09:41   0:01 /v/bin/python /v/bin/gunicorn a:b
      app         10  1.0  0.1  90000 10000 ?        Ss   09:41   0:01 /v/bin/python /v/bin/gunicorn a:b
      root         9  1.0  0.1   9000   900 ?        S    09:41   0:01 /bin/sh -c gunicorn a:b
      redis        5  1.0  0.1 900000 50000 ?        Ssl  09:41   0:01 /usr/bin/redis-server *:6379
      """)
    #expect(page.number("gunicorn.ps.workers") == 2)
    #expect(page.number("gunicorn.ps.rss_total") == 60_000.0 * 1024)
    #expect(page.number("gunicorn.ps.rss_mean") == 25_000.0 * 1024)
    #expect(page.number("gunicorn.ps.rss_max") == 30_000.0 * 1024)
    #expect(page.line("gunicorn.ps.rss_max") == 2)
    #expect(page.number("gunicorn.ps.worker_rss", part: "pid 11") == 20_000.0 * 1024)
    #expect(page.number("process.redis_rss") == 50_000.0 * 1024)
    #expect(page.line("process.redis_rss") == 6)
    #expect(page.value("gunicorn.ps.growth_per_worker") == nil)
  }

  @Test(arguments: [
    "# 2024-03-12T09:41:49Z", "== 2024-03-12 09:41:49", "Tue Mar 12 09:41:49 UTC 2024",
    "Tue 12 Mar 2024 09:41:49 AM UTC", "1710236509", "--- captured 2024-03-12 09:41:49 UTC ---",
  ])
  func takesTheTimeFromTheLineAbove(_ line: String) {
    let page = page(line + "\nPID PPID RSS CMD\n10 1 100 gunicorn a:b\n11 10 200 gunicorn a:b\n")
    #expect(page.all("gunicorn.ps.workers").first?.time?.description == "2024-03-12T09:41:49Z")
    #expect(page.line("gunicorn.ps.worker_rss", part: "pid 11") == 4)
  }

  @Test func readsOptionsFromTheMaster() {
    let page = page(
      "PID PPID RSS CMD\n10 1 9 /v/gunicorn a:b --workers=17 --bind 0.0.0.0:80 -c c.py\n"
        + "11 10 9 /v/gunicorn a:b --workers=17 --bind 0.0.0.0:80 -c c.py\n")
    #expect(page.number("gunicorn.workers") == 17)
    #expect(page.line("gunicorn.workers") == 2)
    #expect(page.value("gunicorn.timeout") == nil)
    #expect(page.subjects.first?.keys == [.port(80)])
  }

  @Test func seesALeak() {
    let page = page(samples((0..<20).map { 30_000 + $0 * 1000 }))
    let growth = page.number("gunicorn.ps.growth_per_worker") ?? 0
    #expect(abs(growth - 102_400) < 1)
    #expect(page.number("gunicorn.ps.growing_share") == 1)
    #expect(page.value("gunicorn.ps.plateau") == .flag(false))
    #expect(page.number("gunicorn.ps.samples") == 20)
    #expect(page.number("gunicorn.ps.sample_span") == 190)
    #expect(page.number("gunicorn.ps.recycles") == 0)
    #expect((page.number("gunicorn.ps.growth_total") ?? 0) > 25_000_000)
  }

  @Test func seesAPlateau() {
    let sizes = (0..<30).map { $0 < 12 ? 30_000 + $0 * 3000 : 66_000 + $0 % 2 }
    let page = page(samples(sizes))
    #expect(page.value("gunicorn.ps.plateau") == .flag(true))
    #expect(page.number("gunicorn.ps.growing_share") == 0)
  }

  @Test func saysNothingOfAPlateauUnderReclaim() {
    let sizes = (0..<30).map { 30_000 + min($0, 18) * 3000 - ($0 > 18 ? $0 / 4 * 100 : 0) }
    #expect(page(samples(sizes)).value("gunicorn.ps.plateau") == nil)
  }

  @Test func leavesOutTheWarmUp() {
    let sizes = [5000, 15_000, 30_000] + [Int](repeating: 40_000, count: 10)
    let page = page(samples(sizes, elapsed: 1))
    #expect(page.number("gunicorn.ps.growth_per_worker") == 0)
    #expect(page.number("gunicorn.ps.growing_share") == 0)
  }

  @Test func countsRecycles() {
    let page = page(
      "# 2024-05-01T10:00:00Z\nPID PPID RSS CMD\n10 1 9 gunicorn\n11 10 9 gunicorn\n12 10 9 gunicorn\n"
        + "# 2024-05-01T10:01:00Z\nPID PPID RSS CMD\n10 1 9 gunicorn\n13 10 9 gunicorn\n12 10 9 gunicorn\n"
    )
    #expect(page.number("gunicorn.ps.recycles") == 1)
    #expect(page.line("gunicorn.ps.recycles") == 9)
  }

  @Test func keepsTheMasterWhenPidsWrap() {
    let page = page(
      "PID RSS STARTED CMD\n900 9 10:00:00 gunicorn a\n901 9 10:00:01 gunicorn a\n"
        + "PID RSS STARTED CMD\n3 50 10:05:00 gunicorn a\n900 9 10:00:00 gunicorn a\n")
    #expect(page.all("gunicorn.ps.worker_rss").map(\.part) == ["pid 3", "pid 901"])
  }

  @Test func knowsTitles() {
    let page = page(
      "PID RSS COMMAND\n7 9 gunicorn: worker [app]\n8 5 gunicorn: master [app]\n9 9 gunicorn: worker [app]\n"
    )
    #expect(page.number("gunicorn.ps.workers") == 2)
    #expect(page.value("gunicorn.workers") == nil)
  }

  @Test func readsListsOfMemoryAndSwap() {
    let text = "274 VmRSS: 5656 kB VmSwap: 15912 kB \n276 VmRSS: 72512 kB VmSwap: 14936 kB \n"
    #expect(recognition(of: text, by: ProcessListReader.self) == .certain)
    let page = page(text)
    #expect(page.number("gunicorn.ps.swap_total") == 30_848.0 * 1024)
    #expect(page.number("gunicorn.ps.worker_swap", part: "pid 276") == 14_936.0 * 1024)
    #expect(page.number("gunicorn.ps.worker_rss", part: "pid 276") == 72_512.0 * 1024)
    #expect(page.warnings.count == 1)
  }

  @Test func distrustsAScreenOfTop() {
    let top = """
      top - 07:33:00 up 3 min,  0 user,  load average: 6.88, 5.70, 2.40
      Tasks:  89 total,   1 running,  88 sleeping

          PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
          281 ubuntu    20   0  100100   1.2g   4584 S  15.0   3.5   0:06.94 gunicorn
          289 ubuntu    20   0  100104  35028   4584 S  10.0   3.5   0:06.48 gunicorn
      """
    #expect(recognition(of: top, by: ProcessListReader.self) == .possible)
    #expect(page(top).facts.isEmpty)
    // BusyBox' does not say how many there are.
    let busyBox = """
      Mem: 954136K used, 62548K free, 3084K shrd, 10084K buff, 120340K cached
      Load average: 6.88 5.70 2.40 3/102 29833
        PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND
         12     1 app      S     812m  41%   9% {gunicorn} /usr/bin/python3 /usr/bin/gunicorn a:b -w 8
         13    12 app      S     812m  41%   9% {gunicorn} /usr/bin/python3 /usr/bin/gunicorn a:b -w 8
      """
    #expect(page(busyBox).facts.isEmpty)
    #expect(page(busyBox).warnings.count == 1)
    let whole = top.replacing("89 total", with: " 2 total")
    #expect(page(whole).number("gunicorn.ps.workers") == 1)
  }

  @Test(arguments: [
    "procs -----------memory---------- ---swap--\n r  b   swpd\n",
    "id=1 addr=10.0.0.1:3 cmd=PING\n", "PID is the process id of CMD\n",
    "[2024-11-26 13:02:10 +0000] [1] [INFO] Booting worker with pid: 2\n",
    "[ 123.4] [  pid  ]   uid  tgid total_vm      rss name\n",
    "Name:\tbash\nPid:\t4046\nVmRSS:\t    4321 kB\n",
  ])
  func doesNotClaim(_ text: String) {
    #expect(recognition(of: text, by: ProcessListReader.self) == .no)
  }

  @Test(arguments: [
    "PID CMD\n", "PID RSS CMD\n-1 x gunicorn\n99999999999999999999 1 gunicorn\n1 1e400 gunicorn\n",
    "VmRSS:\n1 VmRSS:\n1 VmRSS: x kB\n",
    "PID STARTED CMD\n1 Wed\n1 Wed May 15 19:19:59 2024 gunicorn\n",
    "top - \nTasks: x\n", "PID ELAPSED CMD\n1 9-9-9 gunicorn\n1 :: gunicorn\n",
  ])
  func survives(_ text: String) {
    _ = page(text)
  }
}
