import Model

/// Reads `vmstat`. The first row of a run is an average since the boot and is left out where there
/// are more. procps 4.0.2 repeats the first row's memory columns for ever, so only the columns of
/// swapping, of waiting and of the CPU are read, and those by the names in the head: `-a`, `-w` and
/// newer releases place or add others.
///
/// ```
///  r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa st                 UTC
/// 20  0      0 621632   5376  66932    0    0   668    61  280  516 61 39  0  0  0 2024-06-18 07:31:03
/// ```
enum VmstatReader: DocumentReader {
  static let kind = EvidenceKind.vmstat

  static func recognises(_ sample: Sample) -> Recognition {
    let hasHead = sample.lines.contains {
      VmstatSection.columns($0.fields) != nil
    }
    return hasHead ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    HostSnapshot.read(document, context: context, into: &page)
  }
}

struct VmstatSection: HostSection {
  private struct Row {
    var values: [Double]
    var time: Instant?
    var line: HostLine
    var isFirst: Bool
  }

  private var columns: [String] = []
  private var zone: (offset: Int, isKnown: Bool) = (0, false)
  private var rows: [Row] = []
  private var command = ""
  private var isRunning = false

  /// The names of the columns, without the zone that `-t` puts after them.
  static func columns(_ fields: [Substring]) -> [String]? {
    guard fields.starts(with: ["r", "b"]), fields.contains("si"), fields.contains("so"),
      let last = fields.lastIndex(where: { ["id", "wa", "st", "gu"].contains($0) })
    else { return nil }
    return fields[...last].map(String.init)
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if line.text.hasPrefix("procs -"), line.text.contains("memory") { return true }
    if line.text.hasPrefix("--procs-") { return true }
    if let found = VmstatSection.columns(line.fields) {
      // A head in the middle of a run repeats the first; another command starts another run.
      if found != columns || line.subjectOfCapture != command { isRunning = false }
      columns = found
      command = line.subjectOfCapture
      zone = line.context.zone(for: .vmstat)
      if let name = line.fields.dropFirst(columns.count).last, name == "UTC" || name == "GMT" {
        zone = (0, true)
      }
      return true
    }
    guard !columns.isEmpty, line.subjectOfCapture == command else { return false }
    return readRow(line, into: &page)
  }

  private mutating func readRow(_ line: HostLine, into page: inout Page) -> Bool {
    var fields = line.fields[...]
    var stamp = ""
    // `vmstat | ts` puts the time first.
    if let first = fields.first, first.contains("-"), first.contains("T") || first.count == 10 {
      stamp = String(fields.removeFirst())
      if !stamp.contains("T"), let clock = fields.first {
        stamp += " " + clock
        fields.removeFirst()
      }
    }
    let values = fields.prefix(columns.count).compactMap { hostNumber($0) }
    guard let first = fields.first, hostNumber(first) != nil else { return false }
    guard values.count == columns.count else {
      page.skip(
        line: line.number,
        "found \(values.count) columns of vmstat; expected \(columns.count)")
      return true
    }
    let rest = fields.dropFirst(columns.count)
    if stamp.isEmpty, rest.count >= 2 { stamp = rest.joined(separator: " ") }
    var time = line.time
    if let found = parseISO8601(stamp, offset: zone.offset), found.isZoned || zone.isKnown {
      time = found.instant
      if !line.context.window.contains(found.instant) { return true }
    }
    rows.append(Row(values: values, time: time, line: line, isFirst: !isRunning))
    isRunning = true
    return true
  }

  mutating func finish(into page: inout Page) {
    let samples = rows.count > 1 ? rows.filter { !$0.isFirst } : rows
    guard let last = samples.last else {
      if !columns.isEmpty { page.warn("vmstat has a head and no rows") }
      return
    }
    let times = samples.compactMap(\.time)
    var coverage: TimeSpan?
    if let start = times.min(), let end = times.max() { coverage = start...end }

    func record(_ name: String, _ value: Double, _ row: Row) {
      page.record(
        "host.vmstat.\(name)", value, of: row.line.subject, at: row.time, coverage: coverage,
        origin: row.line.origin)
    }
    func column(_ name: String) -> [(value: Double, row: Row)] {
      guard let index = columns.firstIndex(of: name) else { return [] }
      return samples.compactMap { $0.values.count > index ? ($0.values[index], $0) : nil }
    }
    func median(_ values: [(value: Double, row: Row)]) -> Double {
      let sorted = values.map(\.value).sorted()
      let middle = sorted.count / 2
      return sorted.count.isMultiple(of: 2)
        ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
    func worst(_ values: [(value: Double, row: Row)]) -> (value: Double, row: Row)? {
      values.max { $0.value < $1.value }
    }

    record("samples", Double(samples.count), last)
    for (name, fact) in [("si", "swap_in"), ("so", "swap_out")] {
      let values = column(name)
      guard let peak = worst(values) else { continue }
      // KiB a second.
      let mean = values.reduce(0) { $0 + $1.value } / Double(values.count) * 1024
      record(fact, mean, peak.row)
    }
    let swapping = zip(column("si"), column("so")).filter { $0.value + $1.value > 0 }
    record(
      "swap_active_share", Double(swapping.count) / Double(samples.count),
      swapping.max { $0.0.value + $0.1.value < $1.0.value + $1.1.value }?.0.row ?? last)
    for (name, fact, scale) in [
      ("r", "run_queue", 1.0), ("b", "blocked", 1), ("us", "cpu_user", 100),
      ("sy", "cpu_system", 100), ("id", "cpu_idle", 100), ("wa", "cpu_iowait", 100),
      ("st", "cpu_steal", 100),
    ] {
      let values = column(name)
      guard let peak = worst(values) else { continue }
      record(fact, median(values) / scale, peak.row)
    }
    for (name, fact, scale) in [
      ("b", "blocked_peak", 1.0), ("wa", "iowait_peak", 100), ("st", "steal_peak", 100),
    ] {
      if let peak = worst(column(name)) { record(fact, peak.value / scale, peak.row) }
    }
    let waits = column("wa")
    if let peak = worst(waits) {
      record(
        "iowait_share_over_10", Double(waits.count { $0.value > 10 }) / Double(waits.count),
        peak.row)
    }
  }
}
