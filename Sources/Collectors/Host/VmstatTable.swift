/// Rows as `vmstat -t` prints them, from the counters of /proc/stat and /proc/vmstat: the first since
/// the boot, each further one since the one before.
struct VmstatTable {
  private struct Counters {
    var cpu: [Double] = []
    var interrupts = 0.0
    var switches = 0.0
    var running = 0.0
    var blocked = 0.0
    var swapIn = 0.0
    var swapOut = 0.0
    var pageIn = 0.0
    var pageOut = 0.0
  }

  static let head = """
    procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu----- ---timestamp---
     r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st                 UTC

    """

  let files: SystemFiles
  private(set) var text = VmstatTable.head
  private(set) var rows = 0
  private var last = Counters()
  private var lastTime = 0.0

  init(files: SystemFiles) { self.files = files }

  mutating func sample() {
    guard let stat = files.textIfAny("/proc/stat", limit: 1 << 20),
      let pages = files.textIfAny("/proc/vmstat")
    else { return }
    let now = WallClock.sinceBoot
    let counters = VmstatTable.counters(stat: stat, pages: pages)
    guard counters.cpu.count >= 8 else { return }
    let seconds = max(now - lastTime, 0.01)
    text += row(counters, seconds: seconds)
    rows += 1
    (last, lastTime) = (counters, now)
  }

  private func row(_ now: Counters, seconds: Double) -> String {
    let memory = VmstatTable.fields(files.textIfAny("/proc/meminfo") ?? "")
    let spent = now.cpu.enumerated().map { index, value in
      value - (last.cpu.indices.contains(index) ? last.cpu[index] : 0)
    }
    let whole = max(1, spent.prefix(8).reduce(0, +))
    func share(_ ticks: Double) -> Double { (100 * ticks / whole).rounded() }
    func rate(_ a: Double, _ b: Double) -> Double { ((a - b) / seconds).rounded() }
    let swapped = (memory["SwapTotal"] ?? 0) - (memory["SwapFree"] ?? 0)
    let values: [(Double, Int)] = [
      (max(0, now.running - 1), 2), (now.blocked, 2), (swapped, 6), (memory["MemFree"] ?? 0, 6),
      (memory["Buffers"] ?? 0, 6), (memory["Cached"] ?? 0, 6),
      // Pages of 4 KiB.
      (rate(now.swapIn, last.swapIn) * 4, 4), (rate(now.swapOut, last.swapOut) * 4, 4),
      (rate(now.pageIn, last.pageIn), 5), (rate(now.pageOut, last.pageOut), 5),
      (rate(now.interrupts, last.interrupts), 4), (rate(now.switches, last.switches), 4),
      (share(spent[0] + spent[1]), 2), (share(spent[2] + spent[5] + spent[6]), 2),
      (share(spent[3]), 2), (share(spent[4]), 2), (share(spent[7]), 2),
    ]
    let stamp = String(WallClock.now.utc.map { $0 == "T" ? " " : $0 }.filter { $0 != "Z" })
    return values.map { String(Int(max(0, min($0, 1e15)))).right($1) }.joined(separator: " ")
      + " \(stamp)\n"
  }

  private static func counters(stat: String, pages: String) -> Counters {
    var counters = Counters()
    for line in stat.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 1, let value = Double(words[1]) else { continue }
      switch words[0] {
      case "cpu": counters.cpu = words.dropFirst().compactMap { Double($0) }
      case "intr": counters.interrupts = value
      case "ctxt": counters.switches = value
      case "procs_running": counters.running = value
      case "procs_blocked": counters.blocked = value
      default: break
      }
    }
    let values = fields(pages)
    counters.swapIn = values["pswpin"] ?? 0
    counters.swapOut = values["pswpout"] ?? 0
    counters.pageIn = values["pgpgin"] ?? 0
    counters.pageOut = values["pgpgout"] ?? 0
    return counters
  }

  /// `MemFree:   123 kB` and `pgpgin 123`.
  private static func fields(_ text: String) -> [String: Double] {
    var fields: [String: Double] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count > 1, let value = Double(words[1]) else { continue }
      let name = words[0].hasSuffix(":") ? words[0].dropLast() : words[0]
      fields[String(name)] = value
    }
    return fields
  }
}
