import Model

/// Reads `/proc/meminfo`, whole or in part: `MemTotal:         996588 kB`.
struct MeminfoReader: HostReader {
  static let kind = EvidenceKind.meminfo

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    let keys = Set(sample.lines.compactMap { MeminfoSection.entry($0)?.key })
    // Those that /proc/PID/smaps has too prove nothing.
    let telling = keys.subtracting(["AnonHugePages"])
    return telling.count >= 2 ? .certain : telling.isEmpty ? .no : .possible
  }
}

struct MeminfoSection: HostSection {
  static let keys: Set<String> = [
    "MemTotal", "MemFree", "MemAvailable", "SwapTotal", "SwapFree", "Committed_AS", "CommitLimit",
    "AnonPages", "Cached", "Buffers", "Dirty", "AnonHugePages",
  ]
  private var series = HostSeries()
  private var isOpen = false

  static func entry(_ text: String) -> (key: String, bytes: Double)? {
    let fields = text.fields
    guard fields.count == 3, fields[2] == "kB", fields[0].hasSuffix(":"),
      let kilobytes = hostNumber(fields[1])
    else { return nil }
    let key = String(fields[0].dropLast())
    return keys.contains(key) ? (key, kilobytes * 1024) : nil
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    guard let (key, bytes) = MeminfoSection.entry(line.text) else { return false }
    let name = "host.memory.\(key)"
    if key == "AnonHugePages", !isOpen { return true }
    if !isOpen || series.holds(name) { series.begin() }
    isOpen = true
    series.add(name, bytes, line)
    return true
  }

  mutating func finish(into page: inout Page) { series.record(into: &page) }
}
