import Model
import Testing

@testable import Readers

@Suite struct SysstatTests {
  private let header = "Linux 6.1.0-13-amd64 (web-1) \t2026-11-21 \t_x86_64_\t(2 CPU)\n\n"

  /// Rows of ten minutes, from a clock at `start`.
  private func cpu(_ waits: [Double], from start: Int = 0) -> String {
    func clock(_ index: Int) -> String {
      let minute = start + index * 10
      return "\(two(minute / 60 % 24)):\(two(minute % 60)):01"
    }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let head =
      "\(clock(0))        CPU     %user     %nice   %system   %iowait    %steal     %idle\n"
    return header + head
      + waits.enumerated().map { index, wait in
        "\(clock(index + 1))        all      5.00      0.00      2.00     \(wait)      0.00     40.00\n"
      }.joined()
      + "Average:        all      5.00      0.00      2.00     10.00      0.00     40.00\n"
  }

  private func read(_ text: String, zone: Int? = 0, window: TimeWindow = TimeWindow()) -> Page {
    var context = ReadingContext()
    context.zones = zone.map { [nil: $0] } ?? [:]
    context.window = window
    return readPage(text, with: SysstatReader.self, context: context)
  }

  @Test("How long something lasts, from when, and where that stands; an average is no sample")
  func lasting() {
    let page = read(cpu([3, 30, 50, 40, 2, 20, 1]))
    #expect(page.number("host.cpus") == 2)
    #expect(page.number("host.sysstat.iowait_for") == 1800)
    #expect(page.number("host.sysstat.iowait_peak") == 0.5)
    #expect(page.line("host.sysstat.iowait_peak") == 6)
    #expect(page.number("host.sysstat.iowait_share_over_10") == 4.0 / 7)
    #expect(page.number("host.sysstat.steal_for") == 0)
    let event = page.events.first { $0.name == "cpu-waits-for-disk" }
    #expect(event?.time.description == "2026-11-21T00:10:01Z")
    #expect(event?.until?.description == "2026-11-21T00:40:01Z")
    #expect(event?.text.contains("40 %") == true)
    #expect(page.events.count == 2)
    #expect(page.warnings.isEmpty)
  }

  @Test("Over midnight and a hole time goes on; a restart and an undated capture end what lasts")
  func interruptions() {
    let midnight = read(cpu([30, 30, 30, 30], from: 23 * 60 + 40))
    #expect(midnight.number("host.sysstat.iowait_for") == 2400)
    #expect(midnight.events.first?.until?.description == "2026-11-22T00:20:01Z")
    let lines = cpu([30, 30, 30, 30, 30, 30, 30, 30]).split(
      separator: "\n", omittingEmptySubsequences: false)
    // Two rows, and one of the hour after them.
    let hole = (lines[..<5] + lines[10...]).joined(separator: "\n")
    #expect(read(hole).number("host.sysstat.iowait_for") == 4800)
    let restart = (lines[..<6] + ["00:35:00     LINUX RESTART\t(2 CPU)", ""] + lines[6...])
      .joined(separator: "\n")
    let page = read(restart)
    #expect(page.number("host.sysstat.restarts") == 1)
    #expect(
      page.events.filter { $0.name == "boot" }.map(\.time.description)
        == ["2026-11-21T00:35:00Z"])
    #expect(page.number("host.sysstat.iowait_for") == 2701)
    // The second table tells of it again, on a day that nobody knows.
    let undatedRestart = restart.replacing("2026-11-21", with: "05/04/26")
    let memory = "00:00:01  pswpin/s pswpout/s\n00:35:00  LINUX RESTART\t(2 CPU)\n"
    #expect(read(undatedRestart + memory).number("host.sysstat.restarts") == 1)
    // Both of undated days, of which the second may come before the first.
    let undated = cpu([30, 30]).replacing("2026-11-21", with: "05/04/26")
    #expect(read(undated + undated).number("host.sysstat.iowait_for") == 1200)
  }

  @Test("A clock without a zone times nothing, and neither does a date of two meanings")
  func clocks() {
    let unzoned = read(cpu([30, 30]), zone: nil)
    #expect(unzoned.all("host.sysstat.iowait_for").first?.time == nil)
    #expect(unzoned.events.first?.isZoned == false)
    let east = read(cpu([30, 30]), zone: 9 * 3600)
    #expect(east.events.first?.time.description == "2026-11-20T15:00:01Z")
    let undated = read(cpu([30, 30]).replacing("2026-11-21", with: "05/04/26"))
    #expect(undated.number("host.sysstat.iowait_for") == 1200)
    #expect(undated.events.isEmpty)
    #expect(undated.warnings.first?.message.contains("S_TIME_FORMAT=ISO") == true)
    let since = TimeWindow(since: Instant(year: 2026, month: 11, day: 21, minute: 15))
    #expect(read(cpu([90, 30, 30]), window: since).number("host.sysstat.iowait_peak") == 0.3)
  }

  @Test(arguments: [
    ("2026-11-22", 20_779), ("11/22/26", 20_779), ("22/11/2026", 20_779), ("22.11.2026", 20_779),
    ("11/11/26", 20_768),
  ])
  func dates(_ text: String, _ day: Int) { #expect(SysstatHeader.day(of: text) == day) }

  @Test(arguments: ["05/04/26", "22/13/26", "2026年11月22日", "a/b/c", "11/22", "", "99999999999/1/1"])
  func noDates(_ text: String) { #expect(SysstatHeader.day(of: text) == nil) }

  @Test("Memory, swapping and disks; other tables, other CPUs and loop devices are passed over")
  func tables() {
    let page = read(
      header + """
        12:00:01 AM     CPU     %user   %iowait     %idle
        12:10:01 AM     all     50,00      2,00     40,00
        12:10:01 AM       0     50,00     90,00      4,00

        12:00:01 AM    proc/s   cswch/s
        12:10:01 AM      0.05    120.00

        12:00:01 AM  pswpin/s pswpout/s
        12:10:01 AM    300.00    260.00
        12:20:01 AM      4.00      0.00

        12:00:01 AM kbmemfree   kbavail kbmemused  %memused kbbuffers  kbcached
        12:10:01 AM     50000     40000    900000     90.00      1000     20000
        12:20:01 AM     50000    500000    500000     50.00      1000     20000

        12:00:01 AM       DEV       tps     rkB/s     wkB/s     dkB/s   areq-sz    aqu-sz     await     %util
        12:10:01 AM   nvme0n1    900.00      0.00   9000.00      0.00     10.00     31.00     34.00    100.00
        12:10:01 AM     loop0    900.00      0.00   9000.00      0.00     10.00     31.00    340.00    100.00
        12:20:01 AM   nvme0n1    900.00      0.00   9000.00      0.00     10.00     31.00      0.70    100.00
        """)
    #expect(page.number("host.sysstat.iowait_peak") == 0.02)
    // Two samples are a moment.
    #expect(page.all("host.sysstat.swapping_share").isEmpty)
    #expect(page.number("host.sysstat.swapping_for") == 600)
    #expect(page.number("host.sysstat.available_lowest_share") == 0.04)
    #expect(page.number("host.sysstat.memory_low_for") == 600)
    #expect(page.number("host.sysstat.disk_waits_for", part: "nvme0n1") == 600)
    #expect(page.number("host.sysstat.disk_wait_peak", part: "nvme0n1") == 0.034)
    #expect(page.all("host.sysstat.disk_queue_peak").map(\.part) == ["nvme0n1"])
    #expect(page.warnings.isEmpty)
  }

  @Test("iostat's first report is since the boot; its waits are weighed by reads and writes")
  func iostat() {
    func report(_ second: Int, _ wait: String) -> String {
      """
      11/22/26 13:11:0\(second)
      avg-cpu:  %user   %nice %system %iowait  %steal   %idle
                 1.00    0.00    2.00   \(second * 10).00    0.00   50.00

      Device            r/s     rkB/s r_await     w/s     wkB/s w_await  aqu-sz  %util
      vda             30.00   2216.80    \(wait)   10.00   1217.18   2.00   11.00  99.00


      """
    }
    let text = header.replacing("2026-11-21", with: "11/22/26") + report(9, "99")
    let first = read(text)
    #expect(first.all("host.sysstat.iowait_peak").isEmpty)
    #expect(first.warnings.first?.message.contains("since the boot") == true)
    let page = read(
      text.replacing("13:11:09", with: "13:11:00")
        + [(2, "14"), (4, "8"), (5, "14"), (6, "14"), (7, "8")].map(report).joined())
    #expect(page.number("host.sysstat.iowait_peak") == 0.7)
    #expect(page.number("host.sysstat.disk_wait_peak", part: "vda") == 0.011)
    #expect(page.number("host.sysstat.disk_waits_share", part: "vda") == 0.6)
    #expect(page.number("host.sysstat.disk_waits_for", part: "vda") == 2)
    #expect(page.warnings.isEmpty)
    // `iostat -xd`, of an older release, which has one wait for both.
    let disks = read(
      header
        + [0.1, 20, 1, 1, 1, 1].map { queue in
          "Device:  r/s  w/s avgrq-sz avgqu-sz   await r_await w_await  svctm  %util\n"
            + "xvda    1.00 9.00    10.00    \(queue)   250.00    1.00   99.00   0.10  90.00\n\n"
        }.joined())
    #expect(disks.number("host.sysstat.disk_queue_peak", part: "xvda") == 20)
    #expect(disks.number("host.sysstat.disk_waits_share", part: "xvda") == 1)
  }

  @Test(arguments: [
    "Linux 5.10 (h)", "00:10:01 all 1 2 3", "Device Boot Start", "12:00:01 CPU hot", "", "%user",
    "10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] \"GET /%20a HTTP/1.1\" 200 12",
  ])
  func othersAreNotClaimed(_ text: String) {
    #expect(recognition(of: text, by: SysstatReader.self) == .no)
  }

  @Test("A report without a table that is read says so; so does a row of other columns")
  func remarks() {
    let other = read(header + "10:00:01    proc/s   cswch/s\n10:10:01      0.05    120.00\n")
    #expect(other.warnings.first?.message.contains("sar -A") == true)
    let short = read(header + "10:00:01  pswpin/s pswpout/s\n10:10:01      0.05\n")
    #expect(short.skippedLines == 1)
    let many = (0..<80).map { "10:10:01  sd\($0)  1  0.00  30.00  40.00  100.00\n" }.joined()
    let disks = read(header + "10:00:01  DEV  tps  rkB/s  aqu-sz  await  %util\n" + many)
    // Figures that no disk has.
    let broken =
      header + "10:00:01  DEV  tps  aqu-sz  await  %util\n"
      + ["10:10:01", "10:20:01"].map {
        "\($0) sda 1 99999999999999999999999 99999999999999999999999 1\n"
      }.joined()
    #expect(
      read(broken).events.map(\.text) == [
        "requests to the disk sda waited 1000000000 ms on average"
      ])
    #expect(disks.warnings.contains { $0.isLoss && $0.message.contains("64 disks") })
  }
}
