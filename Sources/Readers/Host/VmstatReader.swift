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
struct VmstatReader: HostReader {
  static let kind = EvidenceKind.vmstat

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    let hasHead = sample.lines.contains {
      VmstatSection.columns($0.fields) != nil
    }
    return hasHead ? .certain : .no
  }
}

struct VmstatSection: HostSection {
  private struct Row {
    /// In the order of the columns.
    var values: [Double]
    var time: Instant?
    var line: HostLine
  }

  /// One column over all samples.
  private struct Column {
    var count = 0
    var sum = 0.0
    var over10 = 0
    var worst: (value: Double, row: Row)?
    /// How often each value came: they are small whole numbers.
    private var tally: [Double: Int] = [:]
    private static let tallyLimit = 8192

    mutating func add(_ value: Double, _ row: Row) {
      count += 1
      sum += value
      if value > 10 { over10 += 1 }
      if worst.map({ value > $0.value }) ?? true { worst = (value, row) }
      if tally.count < Column.tallyLimit || tally[value] != nil { tally[value, default: 0] += 1 }
    }

    var median: Double {
      let sorted = tally.sorted { $0.key < $1.key }
      let count = sorted.reduce(0) { $0 + $1.value }
      /// The value at a place among all.
      func value(at place: Int) -> Double {
        var seen = 0
        for (value, times) in sorted {
          seen += times
          if seen > place { return value }
        }
        return 0
      }
      return (value(at: (count - 1) / 2) + value(at: count / 2)) / 2
    }
  }

  private var columns: [String] = []
  private var zone: (offset: Int, isKnown: Bool) = (0, false)
  private var command = ""
  private var isRunning = false
  /// The average since the boot, and what came after it.
  private var first: Row?
  private var last: Row?
  private var found: [String: Column] = [:]
  private var count = 0
  private var runs = 0
  private var swapping = (count: 0, worst: (value: 0.0, row: Row?.none))
  private var coverage: TimeSpan?

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
    add(Row(values: values, time: time, line: line))
    return true
  }

  private mutating func add(_ row: Row) {
    if isRunning {
      count(row)
    } else {
      isRunning = true
      runs += 1
      first = first ?? row
    }
  }

  private mutating func count(_ row: Row) {
    count += 1
    last = row
    if let time = row.time {
      coverage =
        coverage.map { min($0.lowerBound, time)...max($0.upperBound, time) } ?? time...time
    }
    for (name, value) in zip(columns, row.values) { found[name, default: Column()].add(value, row) }
    guard let into = columns.firstIndex(of: "si"), let out = columns.firstIndex(of: "so") else {
      return
    }
    let swapped = row.values[into] + row.values[out]
    if swapped > 0 { swapping.count += 1 }
    if swapped > swapping.worst.value { swapping.worst = (swapped, row) }
  }

  mutating func finish(into page: inout Page) {
    // Alone, the average is all there is; of how often something happened it tells nothing.
    let isAverage = count == 0
    if isAverage, runs == 1, let first { count(first) }
    guard let last else {
      if !columns.isEmpty { page.warn("vmstat has a head and no rows") }
      return
    }
    let coverage = coverage
    func record(_ name: String, _ value: Double, _ row: Row) {
      page.record(
        "host.vmstat.\(name)", value, of: row.line.subject, at: row.time, coverage: coverage,
        origin: row.line.origin)
    }
    record("samples", Double(count), last)
    for (name, fact) in [("si", "swap_in"), ("so", "swap_out")] {
      guard let column = found[name], let worst = column.worst else { continue }
      // KiB a second.
      record(fact, column.sum / Double(column.count) * 1024, worst.row)
    }
    if !isAverage {
      record(
        "swap_active_share", Double(swapping.count) / Double(count), swapping.worst.row ?? last)
    }
    for (name, fact, scale) in [
      ("r", "run_queue", 1.0), ("b", "blocked", 1), ("us", "cpu_user", 100),
      ("sy", "cpu_system", 100), ("id", "cpu_idle", 100), ("wa", "cpu_iowait", 100),
      ("st", "cpu_steal", 100),
    ] {
      guard let column = found[name], let worst = column.worst else { continue }
      record(fact, column.median / scale, worst.row)
    }
    for (name, fact, scale) in [
      ("b", "blocked_peak", 1.0), ("wa", "iowait_peak", 100), ("st", "steal_peak", 100),
    ] {
      if let worst = found[name]?.worst { record(fact, worst.value / scale, worst.row) }
    }
    for (name, fact) in [("wa", "iowait"), ("st", "steal")] where !isAverage {
      guard let column = found[name], let worst = column.worst else { continue }
      record("\(fact)_share_over_10", Double(column.over10) / Double(column.count), worst.row)
    }
  }
}
