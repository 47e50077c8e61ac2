import Model

/// `ps` output, once or in repeated samples, `top -b`, and lists of VmRSS and VmSwap.
///
/// ```
/// # 2024-03-12T09:41:49Z                        Wed May 15 19:20:06 UTC 2024
///     PID    PPID   RSS ELAPSED CMD             USER  PID %CPU %MEM  VSZ  RSS TTY STAT START TIME CMD
///     363       1 26008      33 /srv/...        274 VmRSS: 5656 kB VmSwap: 15912 kB
/// ```
package struct ProcessListReader: StreamReader {
  package static let kind = EvidenceKind.processList

  private let context: ReadingContext
  private var columns: ProcessColumns?
  /// A head of columns was seen.
  private(set) var hasTable = false
  private var time: Instant?
  private var summary = ProcessSummary()
  /// gunicorn's rows of the sample at hand.
  private static let rowLimit = 4096

  private var rows: [ProcessRow] = []
  private var leftOut = 0
  /// Its longest line of another process: a terminal cuts lines there.
  private var otherWidth = 0
  private var masterWidth = 0
  private var hasNamelessList = false
  /// top shows what fits on the screen: only with all its tasks listed is a sample whole.
  private var tasks: Int?
  private var listed = 0
  private var isPartial = false

  package init(context: ReadingContext) { self.context = context }

  package static func recognises(_ sample: Sample) -> Recognition {
    var isTop = false
    var hasRows = false
    for line in sample.lines {
      let bytes = Array(line.utf8)
      let span = bytes.span
      if Self.isTop(span) { isTop = true }
      if let list = memoryList(span, number: 1), list.resident != nil { return .certain }
      if let columns = ProcessColumns(span) {
        // A header alone, as in a command line or a document, is no sample.
        let rest = sample.lines.drop { $0 != line }.dropFirst().prefix(3)
        for row in rest {
          let bytes = Array(row.utf8)
          if columns.row(bytes.span, number: 1) != nil { hasRows = true }
        }
      }
    }
    guard hasRows else { return .no }
    // The head of top speaks of the host first of all.
    return isTop ? .possible : .certain
  }

  package mutating func read(line: Span<UInt8>, number: Int, into page: inout Page) {
    guard line.count > 0 else { return }
    if let header = ProcessColumns(line) {
      endSample(into: &page)
      columns = header
      hasTable = true
      return
    }
    if Self.isTop(line) {
      endSample(into: &page)
      columns = nil
      tasks = .max
      return
    }
    if tasks != nil, line.hasPrefix("Tasks:") {
      tasks = line.text.split(separator: " ").lazy.compactMap { Int($0) }.first ?? .max
      return
    }
    if let row = Self.memoryList(line, number: number) {
      hasNamelessList = true
      keep(row)
      return
    }
    if let row = columns?.row(line, number: number) {
      take(row, width: line.count)
      return
    }
    let zone = context.zone(for: Self.kind).offset
    if let stamp = ProcessStamp.time(of: line, offset: zone) {
      endSample(into: &page)
      time = stamp
    }
  }

  /// The head of `top`, of which BusyBox' does not tell how many tasks there are.
  static func isTop(_ line: borrowing Span<UInt8>) -> Bool {
    line.hasPrefix("top - ") || line.hasPrefix("Mem: ") && UptimeSection.isBusyBoxTop(line.text)
  }

  private mutating func take(_ row: ProcessRow, width: Int) {
    guard context.window.contains(optional: time) else { return }
    listed += 1
    if row.isGunicorn {
      keep(row)
      masterWidth = max(masterWidth, width)
    } else {
      otherWidth = max(otherWidth, width)
      if row.isRedis { summary.noteRedis(row, at: time) }
    }
  }

  private mutating func keep(_ row: ProcessRow) {
    if rows.count < Self.rowLimit { rows.append(row) } else { leftOut += 1 }
  }

  /// `274 VmRSS: 5656 kB VmSwap: 15912 kB`, also with a process name before.
  private static func memoryList(_ line: borrowing Span<UInt8>, number: Int) -> ProcessRow? {
    guard line.contains("VmRSS:") else { return nil }
    var row = ProcessRow(line: number)
    let words = line.text.split { $0.isWhitespace || $0 == ":" }
    // In /proc/PID/status the figure behind it is no pid.
    let names = words.prefix { $0 != "VmRSS" }.prefix(3)
    row.pid = names.lazy.compactMap { Int($0) }.first { $0 > 0 } ?? 0
    for (index, word) in words.enumerated() {
      guard index + 1 < words.count, let kibibytes = Double(words[index + 1]), kibibytes >= 0
      else { continue }
      if word == "VmRSS" { row.resident = kibibytes * 1024 }
      if word == "VmSwap" { row.swap = kibibytes * 1024 }
    }
    guard row.pid > 0, row.resident != nil else { return nil }
    row.excerpt = line.excerpt
    return row
  }

  private mutating func endSample(into page: inout Page) {
    defer {
      rows = []
      otherWidth = 0
      masterWidth = 0
      if listed > 0 { tasks = nil }
      listed = 0
    }
    if let tasks, listed < tasks {
      isPartial = isPartial || !rows.isEmpty
      return
    }
    guard !rows.isEmpty, context.window.contains(optional: time) else { return }
    // Rows as long as the longest other line were cut by the terminal; options may be missing.
    let isCut = otherWidth > 0 && otherWidth == masterWidth
    summary.add(rows, at: time, isCut: isCut)
    time = nil
  }

  package mutating func finish(into page: inout Page) {
    endSample(into: &page)
    if hasNamelessList {
      page.warn("the list names no process; its pids are taken for gunicorn's")
    }
    if leftOut > 0 {
      page.lose("\(leftOut) workers beyond the first \(Self.rowLimit) of a sample were not read")
    }
    if isPartial {
      page.warn("top lists only some processes; gunicorn's are not counted from it")
    }
    summary.record(into: &page)
  }
}

/// What stands above a sample to say when it was taken.
enum ProcessStamp {
  /// `# 2024-03-12T09:41:49Z`, `== 2024-06-18 07:31:00`, `Wed May 15 19:20:06 UTC 2024`,
  /// `Wed 15 May 2024 07:20:06 PM UTC`, `1710236509`.
  static func time(of line: borrowing Span<UInt8>, offset: Int) -> Instant? {
    guard line.count <= 120 else { return nil }
    var index = 0
    while index < min(line.count, 60) {
      if let stamp = parseISO8601(in: line, from: index, offset: offset) { return stamp.instant }
      index += 1
    }
    let words = line.text.split { $0.isWhitespace || $0 == "#" || $0 == "=" || $0 == "," }
    if words.count == 1, let seconds = Double(words[0]), seconds > 1e9, seconds < 1e14 {
      return parseEpoch(seconds)
    }
    return date(words, offset: offset)
  }

  private static func date(_ words: [Substring], offset: Int) -> Instant? {
    var month: Int?
    var day: Int?
    var year: Int?
    var clock: [Int]?
    var isAfternoon: Bool?
    var zone = offset
    for word in words.prefix(10) {
      let parts = word.split(separator: ":").map { Int($0) }
      if parts.count == 3 {
        clock = parts.compactMap { $0 }
      } else if let number = Int(word) {
        if number > 31 { year = number } else { day = day ?? number }
      } else if word == "AM" || word == "PM" {
        isAfternoon = word == "PM"
      } else if word == "UTC" || word == "GMT" || word == "Z" {
        zone = 0
      } else if word.count >= 3 {
        let bytes = Array(word.utf8)
        if let found = monthNumber(in: bytes.span, at: 0), month == nil { month = found }
      }
    }
    guard let month, let day, let year, let clock, clock.count == 3 else { return nil }
    var hour = clock[0]
    if let isAfternoon { hour = hour % 12 + (isAfternoon ? 12 : 0) }
    return Instant(
      year: year, month: month, day: day, hour: hour, minute: clock[1], second: clock[2],
      offset: zone)
  }
}

extension TimeWindow {
  /// What states no time is not left out for it.
  func contains(optional time: Instant?) -> Bool { time.map { contains($0) } ?? true }
}
