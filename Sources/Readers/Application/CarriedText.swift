import Model

/// What a journal, syslog, docker or compose put before a line of an application.
///
/// ```
/// May 07 18:03:11 web-1 shop[812]: text
/// 2026-05-07T18:03:11+00:00 web-1 shop[812]: text
/// 2026-05-07T18:03:11.201123456Z text
/// web-1  | text
/// ```
struct CarriedText {
  /// Where the application's own text begins, with the blanks that indent it.
  private(set) var start = 0
  private(set) var time: Instant?
  private(set) var isZoned = true
  /// The host that syslog names.
  private(set) var host: Range<Int>?

  init(_ line: borrowing Span<UInt8>, year: Int?, zone: (offset: Int, isKnown: Bool)) {
    for _ in 0..<3 {
      var next = start
      while next < line.count, line[next] == UInt8(ascii: " ") { next += 1 }
      if let stamp = parseISO8601(in: line, from: next, offset: zone.offset) {
        time = time ?? stamp.instant
        isZoned = stamp.isZoned || zone.isKnown
        start = stamp.end
        if line.holds("T", at: next + 10) { readNames(line) }
      } else if let syslog = AppStamp.syslog(line, at: next, year: year, offset: zone.offset) {
        time = time ?? syslog.time
        isZoned = zone.isKnown
        host = syslog.host
        start = syslog.end - 1
      } else if let bar = composeBar(line, from: next) {
        start = bar
      } else {
        return
      }
      // One blank belongs to what stands before, further ones to the text.
      if start < line.count, line[start] == UInt8(ascii: " ") { start += 1 }
    }
  }

  /// ` web-1 shop[812]: `, as rsyslog and `journalctl -o short-iso` put it behind their stamp.
  private mutating func readNames(_ line: borrowing Span<UInt8>) {
    let from = start + 1
    guard from < line.count, line[start] == UInt8(ascii: " "),
      let hostEnd = line.firstIndex(of: UInt8(ascii: " "), from: from), hostEnd > from,
      hostEnd - from <= 253, LogPrefix.mayBeHost(line, from..<hostEnd),
      let end = line.firstIndex(of: "]: ", from: hostEnd), end - hostEnd <= 100,
      let bracket = line.firstIndex(of: UInt8(ascii: "["), from: hostEnd), bracket < end,
      line.number(bracket + 1..<end) != nil
    else { return }
    host = from..<hostEnd
    start = end + 2
  }

  /// `name-1   | `: a name without blanks, blanks, a bar.
  private func composeBar(_ line: borrowing Span<UInt8>, from start: Int) -> Int? {
    guard start < line.count, line[start] != UInt8(ascii: " "),
      let bar = line.firstIndex(of: UInt8(ascii: "|"), from: start), bar - start < 80, bar > start,
      line[bar - 1] == UInt8(ascii: " ")
    else { return nil }
    var seenBlank = false
    for index in start..<bar {
      let isBlank = line[index] == UInt8(ascii: " ")
      if seenBlank && !isBlank { return nil }
      seenBlank = isBlank
    }
    return bar + 1
  }
}
