import Model

/// Reads what `sar` and `iostat` of sysstat print: on many boxes the only history there is. Of sar's tables
/// those of the CPU, of memory, of swapping and of disks are read, whichever others stand beside them.
///
/// ```
/// Linux 6.1.0 (web-1)  2026-11-22  _x86_64_  (2 CPU)
///
/// 00:00:01        CPU     %user     %nice   %system   %iowait    %steal     %idle
/// 00:10:01        all     12.30      0.00      4.10     41.80      0.00     41.80
/// 00:20:01     LINUX RESTART      (2 CPU)
/// Average:        all     ...
///
/// avg-cpu:  %user   %nice %system %iowait  %steal   %idle                             iostat -xt
///           61.65    4.13    4.69    0.39    1.75   27.39
/// Device            r/s     rkB/s  ...  w_await wareq-sz  aqu-sz  %util
/// nvme0n1         62.99   2216.80  ...    1.11    75.33     0.39   2.00
/// ```
///
/// A row of sar speaks of the time since the row before it, and the first since the head. The clock states no
/// zone, and its date may be written in the way of any country: `03/04/26` is no date here.
struct SysstatReader: HostReader {
  static let kind = EvidenceKind.sysstat

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    let isCertain = sample.lines.contains { text in
      SysstatHeader(text) != nil
        || SysstatTable.mayBeginWithin(text) && SysstatTable(head: text.fields) != nil
    }
    return isCertain ? .certain : .no
  }
}

struct SysstatSection: HostSection {
  private var history = HostHistory()
  private var clock = SysstatClock()
  private var hasHeader = false
  private var table: SysstatTable?
  /// The last head was `avg-cpu:`, whose values stand in the line after it.
  private var isAfterAverages = false
  private var reports = 0

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if let header = SysstatHeader(line.text) {
      begin(header, line, into: &page)
      return true
    }
    if let found = SysstatTable(head: line.fields) {
      begin(found, line)
      return true
    }
    if hasHeader, clock.take(reportAt: line.fields) { return true }
    guard let table else { return false }
    if table.hasClock { return readClocked(line, table, into: &page) }
    guard let row = table.row(line.fields[...]) else { return false }
    if table.kind == .cpu { self.table = nil }
    if let time = line.time { clock.take(reportAt: time) }
    add(row, of: table, line)
    return true
  }

  private mutating func begin(_ header: SysstatHeader, _ line: HostLine, into page: inout Page) {
    if let cpus = header.cpus {
      page.record("host.cpus", cpus, of: line.subject, at: line.time, origin: line.origin)
    }
    if header.day == nil {
      page.warn(
        "the date '\(header.date)' can be read in more than one way: no times were read; "
          + "S_TIME_FORMAT=ISO sar writes it in one", line: line.number)
    }
    let zone = line.context.zone(for: .sysstat)
    clock = SysstatClock(day: header.day, offset: zone.offset, isZoned: zone.isKnown)
    if header.day == nil { history.breakRuns() }
    hasHeader = true
    table = nil
    isAfterAverages = false
    reports = 0
  }

  private mutating func begin(_ found: SysstatTable, _ line: HostLine) {
    if found.hasClock {
      if let second = SysstatClock.second(of: line.fields)?.second {
        clock.begin(at: second, isSameTable: table?.columns == found.columns)
      }
    } else {
      // A report of iostat begins with the CPU, or with the disks where only they are asked for.
      if found.kind == .cpu || !isAfterAverages { reports += 1 }
      isAfterAverages = found.kind == .cpu
    }
    table = found
  }

  private mutating func readClocked(
    _ line: HostLine, _ table: SysstatTable, into page: inout Page
  ) -> Bool {
    guard let (second, used) = SysstatClock.second(of: line.fields) else {
      // `Average:`, in the words of any country.
      return line.fields.first?.hasSuffix(":") == true
    }
    let fields = line.fields.dropFirst(used)
    if fields.starts(with: ["LINUX", "RESTART"]) {
      clock.advance(to: second)
      history.restart(sample(line))
      return true
    }
    guard let row = table.row(fields) else {
      page.skip(
        line: line.number,
        "found \(fields.count) columns of sysstat; expected \(table.columns.count)")
      return true
    }
    clock.advance(to: second)
    add(row, of: table, line)
    return true
  }

  private mutating func add(_ row: SysstatRow, of table: SysstatTable, _ line: HostLine) {
    // iostat's first report is an average since the boot.
    if !table.hasClock, reports <= 1 { return }
    if let instant = clock.instant, !line.context.window.contains(instant) { return }
    let sample = sample(line)
    switch table.kind {
    case .cpu:
      // One row for all, and one for each.
      guard row.name.isEmpty || row.name == "all" else { return }
      history.add(
        iowait: row["%iowait"].map { $0 / 100 }, steal: row["%steal"].map { $0 / 100 }, sample)
    case .memory:
      if let share = SysstatSection.availableShare(row) {
        history.add(availableMemory: share, sample)
      }
    case .swapping:
      if let into = row["pswpin/s"], let out = row["pswpout/s"] {
        history.add(swappedPages: into + out, sample)
      }
    case .disk:
      if let queue = row["aqu-sz", "avgqu-sz"], let wait = SysstatSection.wait(row) {
        history.add(disk: row.name, wait: wait / 1000, queue: queue, sample)
      }
    case .other: break
    }
  }

  /// Of what can be used without swapping, a share of all. sysstat before 11.7 has no column for it.
  private static func availableShare(_ row: SysstatRow) -> Double? {
    guard let available = row["kbavail"], let used = row["kbmemused"], let share = row["%memused"],
      // Two decimals of less make no total.
      share >= 0.1
    else { return nil }
    let total = used * 100 / share
    return total > 0 ? min(1, available / total) : nil
  }

  /// Milliseconds that a request took; iostat tells it of reads and of writes.
  private static func wait(_ row: SysstatRow) -> Double? {
    if let wait = row["await"] { return wait }
    guard let read = row["r_await"], let write = row["w_await"] else { return nil }
    guard let reads = row["r/s"], let writes = row["w/s"], reads + writes > 0 else {
      return max(read, write)
    }
    return (read * reads + write * writes) / (reads + writes)
  }

  private func sample(_ line: HostLine) -> HistorySample {
    HistorySample(
      end: clock.end, length: clock.length, instant: clock.instant, isZoned: clock.isZoned,
      subject: line.subject, origin: line.origin)
  }

  mutating func finish(into page: inout Page) {
    history.breakRuns()
    history.record(into: &page)
    guard history.isEmpty, hasHeader || table != nil else { return }
    page.warn(
      reports == 1
        ? "the only report is an average since the boot: iostat -xt 2 15 shows what happens now"
        : "found no rows of the CPU, of memory, of swapping or of disks: sar -A has all, "
          + "iostat -xt 2 15 the disks")
  }
}

/// `Linux 6.1.0-13-amd64 (web-1) \t11/22/26 \t_x86_64_\t(2 CPU)`: the first line of every tool of sysstat.
struct SysstatHeader {
  let date: String
  /// Days since 1970; nil where the date is ambiguous or in words.
  let day: Int?
  let cpus: Double?

  init?(_ text: String) {
    guard text.hasPrefix("Linux "), text.hasSuffix("CPU)") else { return nil }
    let fields = text.fields
    guard fields.count >= 5,
      let end = fields.firstIndex(where: { $0.hasPrefix("(") && $0.hasSuffix(")") }),
      end + 1 < fields.count
    else { return nil }
    date = String(fields[end + 1])
    day = SysstatHeader.day(of: date)
    cpus = fields.dropLast().last.flatMap { hostNumber($0.dropFirst()) }
  }

  /// `2026-11-22`, `22.11.2026`, and with strokes where one of the two must be the day.
  static func day(of date: String) -> Int? {
    let parts = date.split { "-./".contains($0) }.map { Int($0) }
    guard parts.count == 3, let a = parts[0], let b = parts[1], let c = parts[2],
      date.utf8.count <= 10
    else { return nil }
    let year = c < 100 ? 2000 + c : c
    let found: Instant? =
      if date.contains("-") {
        Instant(year: a, month: b, day: c)
      } else if date.contains(".") {
        Instant(year: year, month: b, day: a)
      } else if a > 12 || a == b {
        Instant(year: year, month: b, day: a)
      } else if b > 12 {
        Instant(year: year, month: a, day: b)
      } else {
        nil
      }
    return found.map { Int($0.seconds / 86_400) }
  }
}

/// Where the rows stand in time: sar writes the time of day alone, and goes over midnight without a word.
struct SysstatClock {
  private var day: Int?
  private var offset = 0
  private(set) var isZoned = false
  /// Days since the header.
  private var days = 0
  private var second: Int?
  /// Seconds from the row before to this one; nil where there is none.
  private(set) var length: Double?

  init() {}

  init(day: Int?, offset: Int, isZoned: Bool) {
    self.day = day
    self.offset = offset
    self.isZoned = isZoned
  }

  /// Seconds since the first midnight, or since 1970 where the date is known.
  var end: Double? {
    second.map { Double(((day ?? 0) + days) * 86_400 + $0) }
  }

  var instant: Instant? {
    guard day != nil, let end else { return nil }
    return Instant(seconds: end - Double(offset))
  }

  /// `13:10:56`, `01:10:56 PM`: the second of the day, and how many fields tell it.
  static func second(of fields: [Substring]) -> (second: Int, fields: Int)? {
    guard let first = fields.first, first.utf8.count <= 8 else { return nil }
    let parts = first.split(separator: ":", omittingEmptySubsequences: false).map { UInt8($0) }
    guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
      hour < 24, minute < 60, second <= 60
    else { return nil }
    let half = fields.dropFirst().first?.uppercased()
    guard half == "AM" || half == "PM" else {
      return (Int(hour) * 3600 + Int(minute) * 60 + Int(second), 1)
    }
    guard (1...12).contains(hour) else { return nil }
    let whole = Int(hour) % 12 + (half == "PM" ? 12 : 0)
    return (whole * 3600 + Int(minute) * 60 + Int(second), 2)
  }

  /// A head gives the time from which its first row speaks. Another table begins with the day anew; the same
  /// one goes on, for heads are repeated.
  mutating func begin(at found: Int, isSameTable: Bool) {
    if isSameTable {
      if let second, found == second { return }
      advance(to: found)
    } else {
      days = 0
      second = found
    }
    length = nil
  }

  mutating func advance(to found: Int) {
    guard let second else {
      self.second = found
      length = nil
      return
    }
    // Other rows of the same time, one for each disk, have the length of the first.
    if found == second { return }
    // No sampler is half a day late: it is the next day.
    if found < second - 43_200 { days += 1 }
    let past = found < second - 43_200 ? second - 86_400 : second
    length = found > past ? Double(found - past) : nil
    self.second = found
  }

  /// `11/22/26 13:11:00`, as `iostat -t` writes above each report.
  mutating func take(reportAt fields: [Substring]) -> Bool {
    guard fields.count == 2 || fields.count == 3,
      let found = SysstatHeader.day(of: String(fields[0])),
      let (second, _) = SysstatClock.second(of: Array(fields.dropFirst()))
    else { return false }
    take(day: found, second: second)
    return true
  }

  /// `2026-11-22T13:11:00+0000`, which states its zone.
  mutating func take(reportAt time: Instant) {
    let whole = Int(time.seconds)
    offset = 0
    isZoned = true
    take(day: whole / 86_400, second: whole % 86_400)
  }

  private mutating func take(day found: Int, second: Int) {
    let before = end
    day = found
    days = 0
    self.second = second
    // Both tables of a report have its time.
    if let before, let end, end != before { length = end > before ? end - before : nil }
  }
}
