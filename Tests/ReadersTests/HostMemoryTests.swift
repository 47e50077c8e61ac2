import Model
import Testing

@testable import Readers

/// Mebibyte and kibibyte in bytes, for tables.
private let mebi = 1_048_576.0
private let kibi = 1024.0

@Suite struct HostMemoryTests {
  /// Layouts and units of `free`: text in; total, available, free swap out, in bytes.
  @Test(arguments: [
    (
      """
                     total        used        free      shared  buff/cache   available
      Mem:             973         959          68           0          29          13
      Swap:           1023         606         417
      """, 973 * mebi, 13 * mebi, 417 * mebi
    ),
    (
      """
                     total        used        free      shared  buff/cache   available
      Mem:          996588      912240       70360         148       13988       24000
      Swap:        1048572      621560      427012
      """, 996_588 * kibi, 24_000 * kibi, 427_012 * kibi
    ),
    (
      """
                     total        used        free      shared  buff/cache   available
      Mem:       131887716    32440628    80070360         148    19376728    98024000
      Swap:              0           0           0
      """, 131_887_716 * kibi, 98_024_000 * kibi, 0
    ),
    (
      """
                     total        used        free      shared  buff/cache   available
      Mem:      1020506112   934133760    72048640      151552    14323712    24576000
      Swap:     1073737728   636477440   437260288
      """, 1_020_506_112, 24_576_000, 437_260_288
    ),
    (
      """
                     total        used        free      shared  buff/cache   available
      Mem:            31Gi        12Gi       1.5Gi       0.0Ki        17Gi        18Gi
      Swap:             0B          0B          0B
      """, 31 * 1024 * mebi, 18 * 1024 * mebi, 0
    ),
    (
      """
                     total        used        free      shared  buff/cache   available
      Mem:              15           3           1           0          11          12
      Swap:              2           0           2
      """, 15 * 1024 * mebi, 12 * 1024 * mebi, 2 * 1024 * mebi
    ),
    (
      """
                   total       used       free     shared    buffers     cached
      Mem:       1016684     954136      62548          0      10084     120340
      -/+ buffers/cache:     823712     192972
      Swap:      1048572     626736     421836
      """, 1_016_684 * kibi, 192_972 * kibi, 421_836 * kibi
    ),
    (
      """
      ubuntu@web-1:~$ free -m
                     total        used        free      shared  buff/cache   available
      Mem:          128004       12000       68000           4       48000      110000
      Swap:              0           0           0
      """, 128_004 * mebi, 110_000 * mebi, 0
    ),
    (
      """
      ubuntu@web-1:~$ free
                     total        used        free      shared  buff/cache   available
      Mem:            3817        1720         312          12        1785        1902
      Swap:              0           0           0
      """, 3817 * mebi, 1902 * mebi, 0
    ),
    (
      """
                     total        used        free      shared  buff/cache   available
      Mem:          126003       12001       68001           5       48001      110001
      Swap:              0           0           0
      """, 126_003 * mebi, 110_001 * mebi, 0
    ),
  ])
  func free(text: String, total: Double, available: Double, swapFree: Double) {
    #expect(recognition(of: text, by: FreeReader.self) == .certain)
    let page = readPage(text, with: FreeReader.self)
    #expect(page.number("host.memory.MemTotal") == total)
    #expect(page.number("host.memory.MemAvailable") == available)
    #expect(page.number("host.memory.SwapFree") == swapFree)
    let lines = text.split(separator: "\n")
    #expect(
      page.line("host.memory.MemTotal") == lines.firstIndex { $0.contains("Mem:") }.map { $0 + 1 })
    #expect(page.warnings.isEmpty)
  }

  @Test func unitThatCannotBeTold() {
    let text = """
                     total        used        free      shared  buff/cache   available
      Mem:             150          41          60           5          49         101
      Swap:              0           0           0
      """
    let page = readPage(text, with: FreeReader.self)
    #expect(page.facts.isEmpty)
    #expect(page.warnings.map(\.line) == [2])
  }

  @Test(arguments: [
    (
      "Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/swapfile  file  1048572  626736  -2\n",
      1_048_572 * kibi, 421_836 * kibi
    ),
    (
      "NAME      TYPE  SIZE   USED PRIO\n/swapfile file 1024M 612.0M   -2\n", 1024 * mebi,
      412 * mebi
    ),
    ("Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n", 0, 0),
  ])
  func swapon(text: String, total: Double, free: Double) {
    #expect(recognition(of: text, by: FreeReader.self) == .certain)
    let page = readPage(text, with: FreeReader.self)
    #expect(page.number("host.memory.SwapTotal") == total)
    #expect(page.number("host.memory.SwapFree") == free)
  }

  @Test func meminfo() {
    let text = """
      $ cat /proc/meminfo
      MemTotal:         996588 kB
      MemAvailable:      13988 kB
      CommitLimit:     1546864 kB
      HugePages_Total:       0
      """
    #expect(recognition(of: text, by: MeminfoReader.self) == .certain)
    let page = readPage(text, with: MeminfoReader.self)
    #expect(page.number("host.memory.MemTotal") == 996_588 * kibi)
    #expect(page.line("host.memory.CommitLimit") == 4)
    #expect(page.facts.count == 3)
    let smaps = "Rss: 4 kB\nAnonHugePages:         0 kB\nSwap: 12 kB\n"
    #expect(recognition(of: smaps, by: MeminfoReader.self) == .no)
    #expect(recognition(of: "VmRSS:  5656 kB\nVmSwap: 1 kB\n", by: MeminfoReader.self) == .no)
  }

  @Test func series() {
    var text = ""
    for minute in 10..<20 {
      text += "Tue Mar  5 02:\(minute):00 UTC 2024\n"
      text += "              total        used        free      shared  buff/cache   available\n"
      text +=
        "Mem:            973         959          68           0          29          \(minute)\n"
    }
    let page = readPage(text, with: FreeReader.self)
    #expect(page.all("host.memory.MemAvailable").count == 10)
    #expect(page.number("host.memory.MemAvailable") == 19 * mebi)
    let last = Instant(year: 2024, month: 3, day: 5, hour: 2, minute: 19)
    #expect(page.all("host.memory.MemAvailable").last?.time == last)
    #expect(page.coverage?.upperBound == last)
    var context = ReadingContext()
    context.window.until = Instant(year: 2024, month: 3, day: 5, hour: 2, minute: 12)
    let early = readPage(text, with: FreeReader.self, context: context)
    #expect(early.all("host.memory.MemAvailable").count == 3)
  }

  @Test("BusyBox's top: what it calls used holds what the kernel would give back")
  func busyBoxTop() {
    let text = """
      Mem: 954136K used, 62548K free, 3084K shrd, 10084K buff, 120340K cached
      CPU:  50% usr  43% sys   0% nic   0% idle   7% io   0% irq   0% sirq
      Load average: 6.88 5.70 2.40 3/102 29833
        PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND
         12     1 redis    S    61504   6%   9% redis-server *:6379
      """
    #expect(recognition(of: text, by: UptimeReader.self) == .certain)
    #expect(recognition(of: text, by: ProcessListReader.self) == .possible)
    let page = readPage(text, with: UptimeReader.self)
    #expect(page.number("host.memory.MemTotal") == 1_016_684 * kibi)
    #expect(page.number("host.memory.MemFree") == 62_548 * kibi)
    #expect(page.number("host.memory.MemAvailable") == (62_548 + 10_084 + 120_340 - 3084) * kibi)
    #expect(page.number("host.cpu.iowait") == 0.07)
    #expect(page.number("host.load5") == 5.7)
    #expect(page.number("host.uptime") == nil)
    #expect(page.warnings.isEmpty)
  }
}
