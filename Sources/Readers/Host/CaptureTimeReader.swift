import Model

/// Reads a file that holds nothing but the time of a capture: the output of `date`, with or without
/// the command above it, an ISO time, or an epoch number where the file's name says so.
enum CaptureTimeReader: DocumentReader {
  static let kind = EvidenceKind.captureTime

  static func recognises(_ sample: Sample) -> Recognition {
    let lines = sample.lines.filter { $0.contains { !$0.isWhitespace } }
    guard (1...4).contains(lines.count) else { return .no }
    var dates = 0
    for line in lines {
      if HostDate.parse(line) != nil {
        dates += 1
      } else if let prompt = ShellPrompt(line) {
        guard prompt.command.hasPrefix("date") else { return .no }
      } else {
        return lines.count == 1 && epoch(line) != nil && isNamedSo(sample.name) ? .byName : .no
      }
    }
    return dates > 0 ? .certain : .no
  }

  private static func isNamedSo(_ name: String) -> Bool {
    ["captur", "date", "epoch", "timestamp"].contains { name.lowercased().contains($0) }
  }

  private static func epoch(_ line: String) -> Instant? {
    let digits = line.filter { !$0.isWhitespace }
    guard digits.prefix(while: { $0 != "." }).count >= 10 else { return nil }
    return hostNumber(digits).flatMap { parseEpoch($0) }
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let zone = context.zone(for: kind)
    let lines = document.lines
    for (index, line) in lines.enumerated() {
      var found = HostDate.parse(line, offset: zone.offset)
      if found == nil, ShellPrompt(line) == nil, let epoch = epoch(line) { found = (epoch, true) }
      guard let found else { continue }
      let isZoned = found.isZoned || zone.isKnown
      let origin = Document.origin(index + 1, in: lines)
      let host = page.subject(.host)
      page.record("capture.time", .time(found.instant), of: host, at: found.instant, origin: origin)
      page.record("capture.is_zoned", .flag(isZoned), of: host, origin: origin)
      if !isZoned {
        page.warn("the time states neither UTC nor an offset: give --tz", line: index + 1)
      }
      page.cover(found.instant)
    }
    if page.facts.isEmpty { page.warn("found no time; expected what date prints") }
  }
}
