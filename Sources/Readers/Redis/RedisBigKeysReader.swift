import Model

/// `redis-cli --bigkeys` (elements) and `--memkeys` (bytes); a scan that was cut short tells what it
/// found so far.
///
/// ```
/// [07.63%] Biggest hash   found so far '"events:index:2026"' with 2200000 fields
/// Sampled 60002 keys in the keyspace!
/// Biggest   hash found '"events:index:2026"' has 2200000 fields
/// 2 hashs with 3100000 fields (00.00% of keys, avg size 1550000.00)
/// ```
enum RedisBigKeysReader: DocumentReader {
  static let kind = EvidenceKind.redisBigKeys

  static func recognises(_ sample: Sample) -> Recognition {
    let text = sample.text
    if text.contains("Scanning the entire keyspace to find biggest keys")
      || text.contains(" keys in the keyspace!")
    {
      return .certain
    }
    return sample.lines.contains { Biggest($0, line: 1) != nil } ? .certain : .no
  }

  /// `Biggest hash found 'k' has 3 fields`.
  struct Biggest {
    let type: String
    let key: String
    let size: Double
    let unit: Substring
    let line: Int
    let isFinal: Bool

    init?(_ text: String, line: Int) {
      guard text.contains("Biggest "),
        let start = text.split(separator: "Biggest ", maxSplits: 1).last,
        let open = start.firstIndex(of: "'"), let close = start.lastIndex(of: "'"), open < close
      else { return nil }
      let before = start[..<open].split(separator: " ")
      let after = start[close...].dropFirst().split(separator: " ")
      guard before.count >= 2, before[1] == "found", after.count >= 3,
        after[0] == "with" || after[0] == "has", let size = RedisText.number(after[1]), size >= 0
      else { return nil }
      type = String(before[0].prefix(40))
      key = String(unquoted(start[start.index(after: open)..<close]).prefix(200))
      self.size = size
      unit = after[2]
      self.line = line
      isFinal = after[0] == "has"
    }
  }

  private static let typeLimit = 32

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    let prompts = lines.prefix(50).compactMap { RedisPrompt($0) }
    let subject = page.subject(SubjectClue(.redis, keys: Set(prompts.flatMap(\.keys))))
    var biggest: [String: Biggest] = [:]
    var others: Set<String> = []
    for (index, line) in lines.enumerated() {
      let number = index + 1
      if let found = Biggest(line, line: number) {
        let known = biggest[found.type]
        if biggest.count == typeLimit, known == nil {
          others.insert(found.type)
        } else if !(known?.isFinal ?? false) || found.isFinal {
          biggest[found.type] = found
        }
      } else if let keys = sampled(line) {
        page.record(
          "redis.bigkeys.sampled", keys, of: subject, origin: Document.origin(number, in: lines))
      } else if let (type, share) = share(line) {
        page.record(
          "redis.bigkeys.type_share", share, of: subject, part: type,
          origin: Document.origin(number, in: lines))
      }
    }
    if !others.isEmpty {
      page.lose("\(typeLimit + others.count) types of keys; the first \(typeLimit) were read")
    }
    record(biggest.values.sorted { $0.type < $1.type }, of: subject, lines: lines, into: &page)
  }

  private static func record(
    _ biggest: [Biggest], of subject: Int, lines: [String], into page: inout Page
  ) {
    func origin(_ found: Biggest) -> Origin { Document.origin(found.line, in: lines) }
    // --memkeys counts bytes for every type, --bigkeys for strings alone.
    let isMemory = biggest.contains { $0.type != "string" && $0.unit == "bytes" }
    for found in biggest {
      page.record(
        "redis.bigkeys.key", .text(found.key), of: subject, part: found.type,
        origin: origin(found))
      page.record(
        isMemory ? "redis.bigkeys.memory" : "redis.bigkeys.size", found.size, of: subject,
        part: found.type, origin: origin(found))
    }
    if let key = biggest.first(where: { RedisSessionKeys.prefix(of: $0.key) != nil }) {
      page.record("redis.bigkeys.session_key", .flag(true), of: subject, origin: origin(key))
    } else if let first = biggest.first {
      page.record("redis.bigkeys.session_key", .flag(false), of: subject, origin: origin(first))
    }
    if isMemory {
      if let largest = biggest.max(by: { $0.size < $1.size }) {
        page.record(
          "redis.bigkeys.usage", largest.size, of: subject, part: largest.key,
          origin: origin(largest))
      }
      return
    }
    if let string = biggest.first(where: { $0.type == "string" }) {
      page.record("redis.bigkeys.largest_string", string.size, of: subject, origin: origin(string))
      page.record(
        "redis.bigkeys.largest_string_key", .text(string.key), of: subject, origin: origin(string))
    }
    if let largest = biggest.filter({ $0.type != "string" }).max(by: { $0.size < $1.size }) {
      page.record(
        "redis.bigkeys.largest_collection", largest.size, of: subject, origin: origin(largest))
      page.record(
        "redis.bigkeys.largest_collection_key", .text(largest.key), of: subject,
        origin: origin(largest))
    }
  }

  private static func sampled(_ line: String) -> Double? {
    guard line.contains(" keys in the keyspace!"), line.contains("Sampled ") else { return nil }
    return line.split(separator: "Sampled ").last.flatMap { RedisText.number($0) }
  }

  /// `332520 hashs with 1330080 fields (49.80% of keys, avg size 4.00)`.
  private static func share(_ line: String) -> (type: String, share: Double)? {
    guard line.contains("% of keys, avg size "), let open = line.firstIndex(of: "(") else {
      return nil
    }
    let words = line.split(separator: " ")
    guard words.count > 2, RedisText.integer(words[0]) != nil,
      let percent = RedisText.number(line[line.index(after: open)...]), percent <= 100
    else { return nil }
    let type = words[1].last == "s" ? words[1].dropLast() : words[1]
    return (String(type.prefix(40)), (percent * 100).rounded() / 10_000)
  }
}
