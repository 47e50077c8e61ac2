/// The end of a log that is worth taking: what was written since a time, found by bisection, and
/// never more than so many bytes. Whole lines.
struct LogTail {
  /// Lines without a zone may be off by any zone there is.
  private static let zoneDoubt = 14 * 3600.0
  private static let probe = 64 << 10

  let since: WallClock
  let limit: Int

  /// Where to begin, so that all since the time lies behind it.
  func start(in file: OpenFile, size: Int) -> Int {
    let first = size > limit ? lineStart(in: file, from: size - limit) : 0
    var early = first
    var late = size
    while late - early > LogTail.probe {
      let middle = early + (late - early) / 2
      guard let (position, isOld) = firstStamp(in: file, from: middle, before: late) else {
        late = middle
        continue
      }
      if isOld { early = position } else { late = middle }
    }
    return early
  }

  private func lineStart(in file: OpenFile, from position: Int) -> Int {
    guard position > 0 else { return 0 }
    let part = file.bytes(at: position - 1, count: LogTail.probe)
    let end = part.firstIndex(of: UInt8(ascii: "\n"))
    return end.map { position + $0 } ?? position
  }

  /// The first line with a stamp behind a position, and whether it is older than what is wanted.
  private func firstStamp(
    in file: OpenFile, from position: Int, before end: Int
  ) -> (position: Int, isOld: Bool)? {
    var start = lineStart(in: file, from: position)
    let part = file.bytes(at: start, count: min(LogTail.probe, end - start))
    for line in part.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if let stamp = LogStamp(line.prefix(256)) { return (start, isOld(stamp)) }
      start += line.count + 1
    }
    return nil
  }

  private func isOld(_ stamp: LogStamp) -> Bool {
    let shift = Double(stamp.offset ?? 0) - (stamp.offset == nil ? LogTail.zoneDoubt : 0)
    let limit = WallClock(seconds: since.seconds + shift).fields(isLocal: stamp.offset == nil)
    return stamp.fields.lexicographicallyPrecedes(limit)
  }
}

/// A date and time in a line of a log.
///
/// ```
/// 21/Nov/2026:12:00:00 +0000        nginx access, common log format
/// 2026/11/21 12:00:00               nginx error
/// 2026-11-21T12:00:00.123Z          JSON, gunicorn as `[2026-11-21 12:00:00 +0000]`
/// 21 Nov 2026 12:00:00.123          Redis
/// ```
struct LogStamp: Equatable {
  /// Year, month, day, hour, minute, second.
  let fields: [Int]
  /// Seconds east of UTC; nil where it states no zone.
  let offset: Int?

  init?(_ line: some Sequence<UInt8>) {
    let text = Array(line)
    for start in text.indices where LogStamp.isDigit(text[start]) {
      guard start == 0 || !LogStamp.isDigit(text[start - 1]) else { continue }
      var cursor = Cursor(text: text, index: start)
      guard let fields = cursor.stamp() else { continue }
      self.fields = fields
      offset = cursor.zone()
      return
    }
    return nil
  }

  fileprivate static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

  private struct Cursor {
    let text: [UInt8]
    var index: Int

    mutating func number(_ digits: ClosedRange<Int>) -> Int? {
      var value = 0
      var count = 0
      while index < text.count, LogStamp.isDigit(text[index]), count < digits.upperBound {
        value = value * 10 + Int(text[index] - 48)
        count += 1
        index += 1
      }
      return digits.contains(count) ? value : nil
    }

    mutating func take(_ choices: String) -> Bool {
      guard index < text.count, choices.utf8.contains(text[index]) else { return false }
      index += 1
      return true
    }

    private mutating func month() -> Int? {
      guard index + 3 <= text.count else { return nil }
      let name = String(decoding: text[index..<index + 3], as: UTF8.self)
      let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
      ]
      guard let found = names.firstIndex(of: name) else { return nil }
      index += 3
      return found + 1
    }

    mutating func stamp() -> [Int]? {
      guard let first = number(1...4) else { return nil }
      let date: [Int]
      if first > 999 {
        guard take("-/"), let month = number(2...2), take("-/"), let day = number(2...2),
          take("T ")
        else { return nil }
        date = [first, month, day]
      } else {
        guard take("/ "), let month = month(), take("/ "), let year = number(4...4), take(": ")
        else { return nil }
        date = [year, month, first]
      }
      guard let hour = number(2...2), take(":"), let minute = number(2...2), take(":"),
        let second = number(2...2)
      else { return nil }
      return date + [hour, minute, second]
    }

    mutating func zone() -> Int? {
      if take(".,") { _ = number(1...9) }
      if take("Z") { return 0 }
      _ = take(" ")
      guard index < text.count, text[index] == 43 || text[index] == 45 else { return nil }
      let sign = text[index] == 45 ? -1 : 1
      index += 1
      guard let hours = number(2...2) else { return nil }
      _ = take(":")
      guard let minutes = number(2...2) else { return nil }
      return sign * (hours * 3600 + minutes * 60)
    }
  }
}
