import Model
import YAML

/// LATENCY LATEST, HISTORY and DOCTOR, on a terminal, raw, `--json` or `--csv`, and what `redis-cli --latency`
/// and `--latency-history` print.
///
/// ```
/// 1) 1) "expire-cycle"          1. expire-cycle: 2 latency spikes (average 25ms, ...
///    2) (integer) 1795225117    min: 0, max: 771, avg: 8.61 (143 samples) -- 15.01 seconds range
///    3) (integer) 16            0 771 8.61 143
///    4) (integer) 35             -- 3.00 seconds range
/// ```
enum RedisLatencyReader: DocumentReader {
  static let kind = EvidenceKind.redisLatency

  /// Events of Redis' latency monitor, longest first where one is the tail of another.
  static let events = [
    "aof-write-pending-fsync", "aof-write-active-child", "aof-write-alone", "aof-fsync-always",
    "aof-rewrite-diff-write", "aof-rewrite-done-fsync", "active-defrag-cycle",
    "rdb-unlink-temp-file", "module-acquire-GIL", "eviction-cycle", "fast-command",
    "expire-cycle", "eviction-del", "command-unblocking", "while-blocked-cron", "expire-del",
    "aof-rename", "aof-fstat", "aof-write", "aof-stat", "command", "fork",
  ]

  static func recognises(_ sample: Sample) -> Recognition {
    let text = sample.text
    if text.contains("Latency monitoring is disabled in this")
      || text.contains("I have observed latency spikes in this")
      || text.contains("Latency spikes are observed in this")
      || text.contains("o latency spike was observed") || text.contains(" seconds range")
    {
      return .certain
    }
    let isNamed = sample.name.lowercased().contains("latency")
    let isAsked = sample.lines.prefix(20).compactMap { RedisPrompt($0) }.contains {
      $0.command.first == "latency" || $0.command.first?.hasPrefix("--latency") == true
    }
    let answers = answers(in: sample.lines, bytes: Array(sample.text.utf8))
    if answers.contains(where: { ($0.reply.items ?? []).contains { Spike($0) != nil } }) {
      return .certain
    }
    let filled = sample.lines.filter { !RedisText.isBlank($0) && RedisPrompt($0) == nil }
    // Valkey adds the sum and the count of the spikes.
    if filled.count >= 4, filled.count % 4 == 0 || filled.count % 6 == 0,
      events.contains(filled[0]), filled[1..<4].allSatisfy({ RedisText.integer($0) != nil })
    {
      return .certain
    }
    if answers.contains(where: { ($0.reply.items ?? []).contains { isHistory($0) } }) {
      if isNamed || isAsked { return .certain }
      // Pairs of a time and a figure are many things, unless redis-cli numbered them.
      return RedisReplyParser.answers(in: sample.lines).isEmpty ? .no : .possible
    }
    if filled.contains(where: { Ping($0) != nil }) { return isNamed || isAsked ? .certain : .no }
    if isNamed || isAsked, filled.allSatisfy({ $0.hasPrefix("(empty ") }) {
      return isAsked ? .certain : .byName
    }
    return .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    let prompts = lines.prefix(50).compactMap { RedisPrompt($0) }
    let subject = page.subject(SubjectClue(.redis, keys: Set(prompts.flatMap(\.keys))))
    var writer = Writer(subject: subject, lines: lines, window: context.window)
    for answer in answers(in: lines, bytes: document.bytes) {
      for item in answer.reply.items ?? [] {
        if let spike = Spike(item) { writer.record(spike, into: &page) }
      }
      writer.history(answer, name: document.name, into: &page)
    }
    writer.rawLatest(into: &page)
    for (index, line) in lines.enumerated() {
      writer.doctor(line, number: index + 1, into: &page)
      writer.ping(line, number: index + 1)
    }
    writer.finish(into: &page)
  }

  /// The answers, in whatever form redis-cli printed them.
  private static func answers(in lines: [String], bytes: [UInt8]) -> [RedisAnswer] {
    if bytes.first(where: { $0 > 32 }) == UInt8(ascii: "[") {
      guard let json = try? parseJSON(bytes), let node = json.nodes.first else { return [] }
      return [RedisAnswer(prompt: nil, reply: RedisReply(json: node))]
    }
    let nested = RedisReplyParser.answers(in: lines)
    if !nested.isEmpty { return nested }
    let filled = lines.enumerated().filter {
      !RedisText.isBlank($0.element) && RedisPrompt($0.element) == nil
    }
    guard let first = filled.first else { return [] }
    // CSV is one line, and raw a figure a line.
    let fields: [RedisReply]
    if filled.count == 1 {
      fields = RedisReply.csv(first.element, line: first.offset + 1)
    } else {
      guard filled.allSatisfy({ RedisText.integer($0.element) != nil }) else { return [] }
      fields = filled.map { RedisReply(line: $0.offset + 1, text: $0.element, items: nil) }
    }
    let prompt = lines.prefix(first.offset).lazy.compactMap { RedisPrompt($0) }.first
    let items = grouped(fields)
    return items.isEmpty
      ? [] : [RedisAnswer(prompt: prompt, reply: RedisReply(line: 1, text: nil, items: items))]
  }

  /// Members that follow each other without brackets: an event's name begins an entry of LATEST, and
  /// of HISTORY each has two figures.
  private static func grouped(_ fields: [RedisReply]) -> [RedisReply] {
    var items: [[RedisReply]] = []
    for field in fields {
      let isName = field.text.map(events.contains) ?? false
      if isName || items.last.map({ $0.count == 2 && $0[0].number != nil }) ?? true {
        items.append([])
      }
      items[items.count - 1].append(field)
    }
    let replies = items.map { RedisReply(line: $0[0].line, text: nil, items: $0) }
    return replies.allSatisfy { Spike($0) != nil || isHistory($0) } ? replies : []
  }

  /// An entry of LATENCY LATEST: event, time of the last spike, its milliseconds, the worst ever's.
  struct Spike {
    let event: String
    let time: Instant?
    let worst: RedisReply

    init?(_ reply: RedisReply) {
      guard let items = reply.items, items.count >= 4, let event = items[0].text,
        RedisLatencyReader.events.contains(event), items[3].number != nil
      else { return nil }
      self.event = event
      time = items[1].number.flatMap { Instant(seconds: $0) }
      worst = items[3]
    }
  }

  private static func isHistory(_ reply: RedisReply) -> Bool {
    guard let items = reply.items, items.count == 2, let time = items[0].number else {
      return false
    }
    return time > 1e9 && time < 5e9 && items[1].number != nil
  }

  /// The largest round trip of a line of `--latency`, in milliseconds.
  struct Ping {
    let worst: Double

    init?(_ line: String) {
      if line.contains("min: "), line.contains("samples"),
        let label = line.split(separator: "max: ", maxSplits: 1).last,
        let number = RedisText.number(label)
      {
        worst = number
        return
      }
      guard line.utf8.count < 80 else { return nil }
      let words = line.split(separator: " ")
      guard words.count == 4, let least = RedisText.integer(words[0]),
        let most = RedisText.integer(words[1]), let mean = RedisText.number(words[2]),
        let samples = RedisText.integer(words[3]), words[2].contains("."), samples > 0,
        least <= most, Double(least) - 0.01 <= mean, mean <= Double(most) + 0.01
      else { return nil }
      worst = Double(most)
    }
  }

  private struct Writer {
    let subject: Int
    let lines: [String]
    let window: TimeWindow
    private var slowestPing: (seconds: Double, line: Int)?

    init(subject: Int, lines: [String], window: TimeWindow) {
      self.subject = subject
      self.lines = lines
      self.window = window
    }

    private func record(
      _ fact: String, _ value: Double, at time: Instant? = nil, event: String, line: Int,
      into page: inout Page
    ) {
      page.record(
        fact, value, of: subject, at: time, part: event, origin: Document.origin(line, in: lines))
    }

    func record(_ spike: Spike, into page: inout Page) {
      guard window.contains(optional: spike.time) else { return }
      record(
        "redis.latency.event.worst", (spike.worst.number ?? 0) / 1000, at: spike.time,
        event: spike.event, line: spike.worst.line, into: &page)
      enabled(spike.worst.line, into: &page)
    }

    /// Spikes are kept only while the monitor is on.
    private func enabled(_ line: Int, into page: inout Page) {
      guard !page.facts.contains(where: { $0.name == "redis.latency.monitor_enabled" }) else {
        return
      }
      page.record(
        "redis.latency.monitor_enabled", .flag(true), of: subject,
        origin: Document.origin(line, in: lines))
    }

    /// LATENCY HISTORY names its event only in the command, or in the name of the file.
    func history(_ answer: RedisAnswer, name: String, into page: inout Page) {
      let spikes = (answer.reply.items ?? []).filter { item in
        isHistory(item)
          && window.contains(
            optional: item.items?.first?.number.flatMap { Instant(seconds: $0) })
      }
      guard let first = spikes.first,
        let worst = spikes.max(by: { ($0.items?[1].number ?? 0) < ($1.items?[1].number ?? 0) }),
        let milliseconds = worst.items?[1].number
      else { return }
      let asked = answer.prompt?.command.last
      guard
        let event = events.first(where: { $0 == asked })
          ?? events.first(where: { name.contains($0) })
      else {
        page.warn("a latency history that does not say of which event", line: first.line)
        return
      }
      record(
        "redis.latency.event.worst", milliseconds / 1000,
        at: worst.items?[0].number.flatMap { Instant(seconds: $0) }, event: event,
        line: worst.items?[1].line ?? worst.line, into: &page)
      record(
        "redis.latency.event.count", Double(spikes.count), event: event, line: first.line,
        into: &page)
      enabled(first.line, into: &page)
    }

    /// LATENCY LATEST through a pipe: name, time, last and worst, a line each.
    func rawLatest(into page: inout Page) {
      for (index, line) in lines.enumerated() where events.contains(line) {
        guard index + 3 < lines.count, let time = RedisText.integer(lines[index + 1]),
          RedisText.integer(lines[index + 2]) != nil,
          let worst = RedisText.integer(lines[index + 3]),
          window.contains(optional: Instant(seconds: Double(time)))
        else { continue }
        record(
          "redis.latency.event.worst", Double(worst) / 1000, at: Instant(seconds: Double(time)),
          event: line, line: index + 4, into: &page)
        enabled(index + 4, into: &page)
      }
    }

    func doctor(_ line: String, number: Int, into page: inout Page) {
      if line.contains("Latency monitoring is disabled") {
        page.record(
          "redis.latency.monitor_enabled", .flag(false), of: subject,
          origin: Document.origin(number, in: lines))
      } else if line.contains("o latency spike was observed") {
        enabled(number, into: &page)
      } else if line.contains(" latency spikes (average"), let dot = line.firstIndex(of: "."),
        let colon = line[dot...].firstIndex(of: ":")
      {
        let event = RedisText.trimmed(line[line.index(after: dot)..<colon])
        let count = RedisText.number(RedisText.trimmed(line[line.index(after: colon)...]))
        let worst = line.split(separator: "Worst all time event ").last.flatMap {
          RedisText.number($0)
        }
        guard events.contains(String(event)), let count, let worst else { return }
        record(
          "redis.latency.event.count", count, event: String(event), line: number, into: &page)
        record(
          "redis.latency.event.worst", worst / 1000, event: String(event), line: number,
          into: &page)
        enabled(number, into: &page)
      }
    }

    mutating func ping(_ line: String, number: Int) {
      guard let ping = Ping(line) else { return }
      if ping.worst / 1000 > slowestPing?.seconds ?? -1 {
        slowestPing = (ping.worst / 1000, number)
      }
    }

    func finish(into page: inout Page) {
      guard let slowestPing else { return }
      page.record(
        "redis.latency.ping_max", slowestPing.seconds, of: subject,
        origin: Document.origin(slowestPing.line, in: lines))
    }
  }
}
