import Model

/// SLOWLOG GET and LEN: on a terminal, raw, `--json` or `--csv`; entries of 4 fields (Redis 3) or 6.
///
/// An empty log is `(empty array)` on a terminal and one blank line through a pipe: then the name
/// alone says what it is.
struct RedisSlowlogReader: PieceReader {
  static let kind = EvidenceKind.redisSlowlog

  private let window: TimeWindow
  private var parser = RedisSlowlogParser()
  private var summary = RedisSlowlogSummary()
  private var hasEntries = false
  /// What tells an entry from all others: answers that were pasted one after another overlap.
  private struct Identity: Hashable {
    var id: Int
    var second: Int
    var microseconds: Int
  }
  private var seen: Set<Identity> = []
  /// Some 4 MiB. A server's own log holds no two alike: only what is pasted anew again and again does.
  private static let seenLimit = 65_536

  init(name: String, context: ReadingContext) { window = context.window }

  static func recognises(_ sample: Sample) -> Recognition {
    let isNamed = sample.name.lowercased().contains("slowlog")
    let prompts = sample.lines.prefix(20).compactMap { RedisPrompt($0) }
    let isAsked = prompts.contains {
      $0.command.starts(with: ["slowlog", "get"]) || RedisSlowlogReader.asksForSlow($0.command)
    }
    // The third figure of the other two is a size and no time.
    if prompts.contains(where: {
      $0.command.first == "commandlog" && !RedisSlowlogReader.asksForSlow($0.command)
    }) {
      return .no
    }
    var parser = RedisSlowlogParser()
    // A sample may end within an entry; those before it are enough.
    let found = parser.read(Array(sample.text.utf8).span) + parser.finish()
    if parser.holdsTable { return .no }
    if !found.isEmpty || parser.length != nil { return .certain }
    if parser.firstOther == nil {
      if isAsked { return .certain }
      if isNamed { return .byName }
    }
    return .no
  }

  /// Valkey 8.1 has three such logs: `COMMANDLOG GET 10 slow`, `large-request`, `large-reply`.
  private static func asksForSlow(_ command: [String]) -> Bool {
    command.starts(with: ["commandlog", "get"]) && command.last == "slow"
  }

  mutating func read(piece: Span<UInt8>, into page: inout Page) {
    take(parser.read(piece))
  }

  mutating func finish(into page: inout Page) {
    take(parser.finish())
    let subject = page.subject(SubjectClue(.redis, keys: Set(parser.keys ?? [])))
    if let line = parser.firstCutLine {
      page.warn("a line longer than 64 KiB: cut there", line: line)
    }
    if let length = parser.length {
      page.record("redis.slowlog.length", Double(length.value), of: subject, origin: length.origin)
      // Of what the log holds nothing was asked.
      if !hasEntries, !parser.wasAsked { return }
    }
    if !hasEntries, let line = parser.firstOther {
      page.skip(line: line, "found no entry of the slow log; expected id, time, duration")
    } else if parser.others.count > 0 {
      page.skip(
        line: parser.others.line,
        "found \(parser.others.count) members that are no entries of the slow log; expected id, time, "
          + "duration, command")
    }
    let beginning = parser.emptyAnswer ?? parser.firstFilled ?? Origin(line: 1, excerpt: "")
    summary.record(of: subject, beginning: beginning, into: &page)
  }

  private mutating func take(_ entries: [RedisSlowlogEntry]) {
    for entry in entries {
      hasEntries = true
      let identity = Identity(
        id: entry.id, second: entry.second, microseconds: entry.microseconds)
      if seen.count < RedisSlowlogReader.seenLimit {
        guard seen.insert(identity).inserted else { continue }
      } else if seen.contains(identity) {
        continue
      }
      if let time = entry.time, !window.contains(time) { continue }
      summary.add(entry)
    }
  }
}
