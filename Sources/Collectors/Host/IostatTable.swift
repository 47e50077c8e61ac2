/// Reports as `iostat -xdt` prints them, from the counters of /proc/diskstats: the first since the boot, each
/// further one since the one before. Without disks there are none.
///
/// The fields: https://docs.kernel.org/admin-guide/iostats.html. Sectors are of 512 bytes, times in milliseconds.
struct IostatTable {
  private struct Counters {
    var reads = 0.0
    var sectorsRead = 0.0
    var readTime = 0.0
    var writes = 0.0
    var sectorsWritten = 0.0
    var writeTime = 0.0
    var busyTime = 0.0
    /// The time of each request that was under way, added up.
    var waitTime = 0.0
  }

  private static let head =
    "Device            r/s     rkB/s r_await     w/s     wkB/s w_await  aqu-sz  %util\n"

  let files: SystemFiles
  private(set) var text = ""
  private(set) var reports = 0
  private var last: [String: Counters] = [:]
  private var lastTime = 0.0

  init(files: SystemFiles) { self.files = files }

  mutating func sample() {
    guard let stats = files.textIfAny("/proc/diskstats", limit: 1 << 20) else { return }
    let now = WallClock.sinceBoot
    let disks = IostatTable.disks(stats)
    guard !disks.isEmpty else { return }
    let seconds = max(now - lastTime, 0.01)
    text += WallClock.now.utc + "\n" + IostatTable.head
    for (name, counters) in disks {
      text += IostatTable.row(name, counters, since: last[name] ?? Counters(), seconds) + "\n"
    }
    text += "\n"
    reports += 1
    last = Dictionary(disks.map { ($0.name, $0.counters) }) { first, _ in first }
    lastTime = now
  }

  private static func row(
    _ name: String, _ now: Counters, since last: Counters, _ seconds: Double
  ) -> String {
    let (reads, writes) = (now.reads - last.reads, now.writes - last.writes)
    let values = [
      reads / seconds, (now.sectorsRead - last.sectorsRead) / 2 / seconds,
      reads > 0 ? (now.readTime - last.readTime) / reads : 0,
      writes / seconds, (now.sectorsWritten - last.sectorsWritten) / 2 / seconds,
      writes > 0 ? (now.writeTime - last.writeTime) / writes : 0,
      (now.waitTime - last.waitTime) / 1000 / seconds,
      min(100, (now.busyTime - last.busyTime) / 10 / seconds),
    ]
    return name + values.map { " " + hundredths($0).right(9) }.joined()
  }

  /// Counters go round; less than nothing is nothing.
  private static func hundredths(_ value: Double) -> String {
    let whole = Int(max(0, min(value, 1e12)) * 100)
    return "\(whole / 100).\(whole % 100 < 10 ? "0" : "")\(whole % 100)"
  }

  /// Those of which something was asked; not their partitions, which are the same requests again.
  private static func disks(_ text: String) -> [(name: String, counters: Counters)] {
    let rows = text.split(separator: "\n").map { $0.split(separator: " ") }
      .filter { $0.count >= 14 }
    let names = Set(rows.map { $0[2] })
    return rows.compactMap { row in
      let figures = row.dropFirst(3).prefix(11).compactMap { UInt64($0).map { Double($0) } }
      guard figures.count == 11, figures[0] + figures[4] > 0, !isPartition(row[2], of: names)
      else { return nil }
      let counters = Counters(
        reads: figures[0], sectorsRead: figures[2], readTime: figures[3], writes: figures[4],
        sectorsWritten: figures[6], writeTime: figures[7], busyTime: figures[9],
        waitTime: figures[10])
      return (String(row[2]), counters)
    }
  }

  /// `xvda1` of `xvda`, `nvme0n1p1` of `nvme0n1`.
  private static func isPartition(_ name: Substring, of names: Set<Substring>) -> Bool {
    var disk = name
    while let last = disk.last, last.isNumber { disk.removeLast() }
    guard disk.count < name.count else { return false }
    if names.contains(disk) { return true }
    return disk.last == "p" && names.contains(disk.dropLast())
  }
}
