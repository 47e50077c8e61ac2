import Model
import YAML

/// SLOWLOG GET and LEN: on a terminal, raw, `--json` or `--csv`; entries of 4 fields (Redis 3) or 6.
///
/// ```
/// 1) 1) (integer) 632
///    2) (integer) 1795225676
///    3) (integer) 779620
///    4) 1) "DEL"
///       2) "events:index:2025"
///    5) "10.20.0.50:51251"
///    6) "housekeeping"
/// ```
///
/// An empty log is `(empty array)` on a terminal and one blank line through a pipe: then the name
/// alone says what it is.
enum RedisSlowlogReader: DocumentReader {
  static let kind = EvidenceKind.redisSlowlog

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
    if length(in: sample.lines) != nil { return .certain }
    let bytes = Array(sample.text.utf8)
    // A sample may end within an entry; those before it are enough.
    if !entries(in: sample.lines, bytes: bytes).isEmpty { return .certain }
    let filled = sample.lines.filter { !RedisText.isBlank($0) && RedisPrompt($0) == nil }
    if filled.isEmpty || filled.count == 1 && isEmptyAnswer(filled[0]) {
      if isAsked { return .certain }
      if isNamed { return .byName }
    }
    return .no
  }

  /// Valkey 8.1 has three such logs: `COMMANDLOG GET 10 slow`, `large-request`, `large-reply`.
  private static func asksForSlow(_ command: [String]) -> Bool {
    command.starts(with: ["commandlog", "get"]) && command.last == "slow"
  }

  /// `$ redis-cli slowlog len`, and the figure below it.
  private static func length(in lines: [String]) -> (value: Int, line: Int)? {
    for (index, line) in lines.enumerated() where index + 1 < lines.count {
      guard let prompt = RedisPrompt(line), prompt.command.starts(with: ["slowlog", "len"]) else {
        continue
      }
      var answer = RedisText.trimmed(lines[index + 1])
      if answer.hasPrefix("(integer) ") { answer = answer.dropFirst(10) }
      if let value = RedisText.integer(answer), value >= 0 { return (value, index + 2) }
    }
    return nil
  }

  private static func isEmptyAnswer(_ line: String) -> Bool {
    let text = RedisText.trimmed(line)
    return text.hasPrefix("(empty ") || text == "[]"
  }

  /// The entries in any of the forms; a pasted log may hold several answers.
  private static func entries(in lines: [String], bytes: [UInt8]) -> [RedisSlowlogEntry] {
    let first = bytes.first { $0 > 32 }
    if first == UInt8(ascii: "["), let json = try? parseJSON(bytes) {
      return json.nodes.flatMap { RedisReply(json: $0).items ?? [] }
        .compactMap { RedisSlowlogEntry($0) }
    }
    let nested = RedisReplyParser.answers(in: lines)
      .flatMap { $0.reply.items ?? [] }.compactMap { RedisSlowlogEntry($0) }
    if !nested.isEmpty { return nested }
    if let reply = RedisReply(resp: lines) {
      return (reply.items ?? []).compactMap { RedisSlowlogEntry($0) }
    }
    let rest = lines.enumerated().filter { RedisPrompt($0.element) == nil }
    let filled = rest.filter { !RedisText.isBlank($0.element) }
    if filled.count == 1, let line = filled.first {
      return RedisSlowlogEntry.entries(
        inFlat: RedisReply.csv(line.element, line: line.offset + 1))
    }
    // Raw: a name that is empty is a blank line, so blank lines count. The first must be an id.
    guard let start = filled.first, RedisText.integer(start.element) != nil else { return [] }
    return RedisSlowlogEntry.entries(
      inFlat: rest.drop { RedisText.isBlank($0.element) }.map {
        RedisReply(line: $0.offset + 1, text: String($0.element.prefix(4096)), items: nil)
      })
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    let keys = Set(lines.prefix(50).lazy.compactMap { RedisPrompt($0) }.first?.keys ?? [])
    let subject = page.subject(SubjectClue(.redis, keys: keys))
    var seen: Set<String> = []
    let found = entries(in: lines, bytes: document.bytes)
    let all = found.filter { entry in
      seen.insert("\(entry.id) \(entry.time?.microseconds ?? 0) \(entry.seconds)").inserted
        && entry.time.map { context.window.contains($0) } ?? true
    }
    if document.isCut { page.warn("longer than 8 MiB: the rest is not read") }
    if let length = length(in: lines) {
      page.record(
        "redis.slowlog.length", Double(length.value), of: subject,
        origin: Document.origin(length.line, in: lines))
      // Of what the log holds nothing was asked.
      let wasAsked = lines.contains { line in
        RedisPrompt(line)?.command.starts(with: ["slowlog", "get"]) == true
      }
      if found.isEmpty, !wasAsked { return }
    }
    if found.isEmpty {
      for (index, line) in lines.enumerated() {
        guard !RedisText.isBlank(line), RedisPrompt(line) == nil, !isEmptyAnswer(line),
          length(in: lines)?.line != index + 1
        else { continue }
        page.skip(line: index + 1, "found no entry of the slow log; expected id, time, duration")
        return
      }
    }
    var summary = RedisSlowlogSummary(subject: subject, lines: lines)
    summary.record(all, into: &page)
  }
}
