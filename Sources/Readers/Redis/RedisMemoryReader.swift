import Model
import YAML

/// MEMORY DOCTOR, MEMORY STATS and MEMORY USAGE.
///
/// ```
///  * High total RSS: This instance has a memory fragmentation and RSS overhead greater than 1.4 ...
///  1) "peak.allocated"
///  2) (integer) 884714960
/// $ redis-cli memory usage events:index:2026
/// (integer) 349530176
/// ```
enum RedisMemoryReader: DocumentReader {
  static let kind = EvidenceKind.redisMemoryDoctor

  /// The doctor's findings, by how its report begins them.
  private static let findings: [(String, String)] = [
    ("* Peak memory:", "peak"), ("* High total RSS:", "high_rss"),
    ("* High allocator fragmentation:", "allocator_fragmentation"),
    ("* High allocator RSS overhead:", "allocator_rss"),
    ("* High process RSS overhead:", "process_rss"),
    ("* Big client buffers:", "client_buffers"), ("* Big replica buffers:", "replica_buffers"),
    ("* Big slave buffers:", "replica_buffers"), ("* Many scripts:", "scripts"),
  ]

  private static let noIssue = "I can't find any memory issue in your"
  private static let tooSmall = "is empty or is using very little memory"
  private static let issues = "I detected a few issues in this"

  /// MEMORY STATS by the fact of INFO that is the same figure.
  private static let statistics: [String: String] = [
    "peak.allocated": "redis.memory.used_memory_peak",
    "total.allocated": "redis.memory.used_memory",
    "startup.allocated": "redis.memory.used_memory_startup",
    "replication.backlog": "redis.memory.mem_replication_backlog",
    "clients.slaves": "redis.memory.mem_clients_slaves",
    "clients.normal": "redis.memory.mem_clients_normal",
    "aof.buffer": "redis.memory.mem_aof_buffer",
    "overhead.total": "redis.memory.used_memory_overhead",
    "dataset.bytes": "redis.memory.used_memory_dataset",
    "allocator.allocated": "redis.memory.allocator_allocated",
    "allocator.active": "redis.memory.allocator_active",
    "allocator.resident": "redis.memory.allocator_resident",
    "allocator-fragmentation.ratio": "redis.memory.allocator_frag_ratio",
    "allocator-fragmentation.bytes": "redis.memory.allocator_frag_bytes",
    "allocator-rss.ratio": "redis.memory.allocator_rss_ratio",
    "allocator-rss.bytes": "redis.memory.allocator_rss_bytes",
    "rss-overhead.ratio": "redis.memory.rss_overhead_ratio",
    "rss-overhead.bytes": "redis.memory.rss_overhead_bytes",
    "fragmentation": "redis.memory.mem_fragmentation_ratio",
    "fragmentation.bytes": "redis.memory.mem_fragmentation_bytes",
  ]

  static func recognises(_ sample: Sample) -> Recognition {
    if [noIssue, tooSmall, issues].contains(where: { sample.text.contains($0) }) {
      return .certain
    }
    let known = sample.lines.filter { line in
      line.contains("peak.allocated") || line.contains("total.allocated")
        || line.contains("allocator-fragmentation.ratio")
    }
    if known.count >= 2 || known.contains(where: { $0.hasPrefix("\"peak.allocated\",") })
      || sample.looksLikeJSON && !known.isEmpty
    {
      return .certain
    }
    return sample.lines.contains { usageKey($0) != nil } ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    let prompts = lines.prefix(50).compactMap { RedisPrompt($0) }
    let subject = page.subject(SubjectClue(.redis, keys: Set(prompts.flatMap(\.keys))))
    readDoctor(lines, subject, &page)
    for (name, value) in statistics(in: lines, bytes: document.bytes) {
      guard let name = name.text, let fact = statistics[name], let number = value.number else {
        continue
      }
      page.record(fact, number, of: subject, origin: Document.origin(value.line, in: lines))
    }
    readUsage(lines, subject, &page)
    if page.facts.isEmpty { page.warn("found no report of MEMORY DOCTOR, STATS or USAGE") }
  }

  private static func readDoctor(_ lines: [String], _ subject: Int, _ page: inout Page) {
    func flag(_ name: String, _ value: Bool, _ line: Int) {
      page.record(
        "redis.memory_doctor.\(name)", .flag(value), of: subject,
        origin: Document.origin(line, in: lines))
    }
    var found: Set<String> = []
    var verdict: Int?
    for (index, line) in lines.enumerated() {
      let number = index + 1
      if line.contains(noIssue) || line.contains(issues) {
        verdict = number
        flag("no_issue", line.contains(noIssue), number)
      } else if line.contains(tooSmall) {
        flag("too_small", true, number)
      }
      for (start, name) in findings where RedisText.trimmed(line).hasPrefix(start) {
        if found.insert(name).inserted { flag(name, true, number) }
      }
    }
    guard let verdict, let last = lines.last(where: { !RedisText.isBlank($0) }) else { return }
    // The doctor names every issue it finds, so the rest are not there; unless the report is cut.
    let isWhole = lines[verdict - 1].contains(noIssue) || last.contains("I'm here to keep you safe")
    guard isWhole else { return page.warn("the doctor's report is cut") }
    flag("too_small", false, verdict)
    for name in Set(findings.map(\.1)).subtracting(found).sorted() { flag(name, false, verdict) }
  }

  private static func statistics(
    in lines: [String], bytes: [UInt8]
  ) -> [(name: RedisReply, value: RedisReply)] {
    if bytes.first(where: { $0 > 32 }) == UInt8(ascii: "{"), let json = try? parseJSON(bytes) {
      return json.nodes.flatMap { RedisReply(json: $0).pairs }
    }
    let nested = RedisReplyParser.answers(in: lines).flatMap(\.reply.pairs)
    if !nested.isEmpty { return nested }
    // CSV: one line of names and values; the names of databases have two of their own.
    if let (index, line) = lines.enumerated().first(where: {
      $0.element.hasPrefix("\"peak.allocated\",")
    }) {
      let fields = RedisReply.csv(line, line: index + 1)
      return zip(fields, fields.dropFirst()).filter { statistics[$0.0.text ?? ""] != nil }
        .map { (name: $0.0, value: $0.1) }
    }
    // Raw: a name, and its value below it.
    return lines.indices.dropLast().filter { statistics[lines[$0]] != nil }.map {
      (
        RedisReply(line: $0 + 1, text: lines[$0], items: nil),
        RedisReply(line: $0 + 2, text: lines[$0 + 1], items: nil)
      )
    }
  }

  /// The key of a `memory usage KEY` command line, with its case.
  private static func usageKey(_ line: String) -> String? {
    guard let prompt = RedisPrompt(line), prompt.command.starts(with: ["memory", "usage"]),
      prompt.command.count > 2
    else { return nil }
    let words = line.split { $0 == " " || $0 == "\t" }
    guard let usage = words.lastIndex(where: { $0.lowercased() == "usage" }),
      usage + 1 < words.count
    else { return nil }
    return unquoted(words[usage + 1])
  }

  private static func readUsage(_ lines: [String], _ subject: Int, _ page: inout Page) {
    var recorded = 0
    for (index, line) in lines.enumerated() {
      guard let key = usageKey(line), index + 1 < lines.count else { continue }
      let answer = RedisText.trimmed(lines[index + 1])
      let text = answer.hasPrefix("(integer) ") ? answer.dropFirst(10) : answer
      guard let bytes = RedisText.integer(text), bytes >= 0 else { continue }
      recorded += 1
      guard recorded <= 200 else { continue }
      page.record(
        "redis.bigkeys.usage", Double(bytes), of: subject, part: String(key.prefix(200)),
        origin: Document.origin(index + 2, in: lines))
    }
    if recorded > 200 { page.lose("the usage of \(recorded) keys; the first 200 were read") }
  }
}
