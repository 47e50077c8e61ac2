import Model

/// A sample of keys with their TTLs and types, in the forms in which people write it.
///
/// ```
/// spring:session:sessions:7d4fdc8a hash ttl=2147483618
/// sess:07e5d810410ee1d659fa6909226928ab 13995
/// spring:session:sessions:expires:643926ea  ttl=65392  type=string
/// sess:af8f0755	string	1111	bytes=184	idle=12       with MEMORY USAGE and OBJECT IDLETIME
/// :1:django.contrib.sessions.cachem2k9           with the TTL on a line of its own
/// -1
/// ```
enum RedisKeySampleReader: DocumentReader {
  static let kind = EvidenceKind.redisKeySample
  private static let prefixLimit = 20

  /// The head that live collection gives it.
  private static let head = "# key sample: "

  static func recognises(_ sample: Sample) -> Recognition {
    if sample.firstLine.hasPrefix(head) { return .certain }
    var filled = 0.0
    var marked = 0.0
    var timed = 0.0
    var sessions = 0.0
    var awaitsTTL = false
    for line in sample.lines where !RedisText.isBlank(line) && RedisPrompt(line) == nil {
      if awaitsTTL, RedisSampledKey.loneTTL(line) != nil {
        timed += 1
        awaitsTTL = false
        continue
      }
      filled += 1
      let key = RedisSampledKey(line, number: 1)
      awaitsTTL = key?.ttl == nil && key?.hasType == false
      guard let key else { continue }
      if RedisSessionKeys.prefix(of: key.name) != nil { sessions += 1 }
      guard key.ttl != nil || key.hasType, key.name.contains(where: { ":_.-".contains($0) })
      else { continue }
      timed += 1
      if key.hasLabel { marked += 1 }
    }
    guard filled > 0 else { return .no }
    if marked >= 0.6 * filled || sessions >= 0.6 * filled && timed >= 0.6 * filled {
      return .certain
    }
    let name = sample.name.lowercased()
    let isNamed = ["key", "scan", "ttl", "session"].contains { name.contains($0) }
    if sessions >= 0.6 * filled { return .possible }
    return isNamed && timed >= 0.6 * filled ? .possible : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    if document.isCut { page.warn("longer than 8 MiB: the rest is not read") }
    var keys: [RedisSampledKey] = []
    var server: Set<IdentityKey> = []
    for (index, line) in lines.enumerated() where !RedisText.isBlank(line) {
      let number = index + 1
      if index == 0, line.hasPrefix(head) { continue }
      if let prompt = RedisPrompt(line) {
        server.formUnion(prompt.keys)
      } else if let ttl = RedisSampledKey.loneTTL(line), let last = keys.indices.last,
        keys[last].ttl == nil
      {
        // The TTL on a line of its own, below its key.
        keys[last].setTTL(ttl, line: number)
      } else if let key = RedisSampledKey(line, number: number) {
        // -2: the key was gone when it was asked about.
        if key.ttl != -2 { keys.append(key) }
      } else {
        page.skip(line: number, "found no key; expected a key, its type or its TTL")
      }
    }
    let subject = page.subject(SubjectClue(.redis, keys: server))
    Summary(subject: subject, lines: lines, keys: keys).record(into: &page)
  }

  private struct Summary {
    let subject: Int
    let lines: [String]
    let keys: [RedisSampledKey]

    private func number(
      _ fact: String, _ value: Double, part: String? = nil, line: Int, into page: inout Page
    ) {
      page.record(
        fact, value, of: subject, part: part, origin: Document.origin(line, in: lines))
    }

    func record(into page: inout Page) {
      guard let first = keys.first else { return page.warn("found no key") }
      number("redis.sample.keys", Double(keys.count), line: first.line, into: &page)
      let immortal = keys.filter { $0.ttl == -1 }
      if keys.contains(where: { $0.ttl != nil }) {
        number(
          "redis.sample.without_ttl", Double(immortal.count),
          line: immortal.first?.line ?? first.line, into: &page)
      }
      recordPrefixes(into: &page)
      recordBytes(into: &page)
      let sessions = keys.filter { $0.session != nil }
      let unnamed = keys.count { RedisSessionKeys.isBareID($0.name) }
      if sessions.isEmpty, unnamed * 2 >= keys.count {
        return page.warn(
          "most keys are ids alone: their names do not tell whether they are sessions")
      }
      let head = sessions.first?.line ?? first.line
      number("redis.sample.sessions", Double(sessions.count), line: head, into: &page)
      number(
        "redis.sample.session_share", Double(sessions.count) / Double(keys.count), line: head,
        into: &page)
      recordSessions(sessions, into: &page)
    }

    private func recordSessions(_ sessions: [RedisSampledKey], into page: inout Page) {
      let families = Dictionary(grouping: sessions) { $0.session ?? "" }
      guard
        let family = families.min(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }),
        let head = family.value.first
      else { return }
      page.record(
        "redis.sample.session_prefix", .text(family.key), of: subject,
        origin: Document.origin(head.line, in: lines))
      let immortal = sessions.filter { $0.ttl == -1 }
      let mortal = sessions.filter { $0.ttl ?? -1 >= 0 }
        .sorted { ($0.ttl ?? 0, $0.line) < ($1.ttl ?? 0, $1.line) }
      if sessions.contains(where: { $0.ttl != nil }) {
        number(
          "redis.sample.sessions_without_ttl", Double(immortal.count),
          line: immortal.first?.ttlLine ?? head.line, into: &page)
      }
      if let longest = mortal.last, let ttl = longest.ttl {
        number("redis.sample.session_ttl_max", ttl, line: longest.ttlLine, into: &page)
        let middle = mortal[mortal.count / 2]
        number(
          "redis.sample.session_ttl_median", middle.ttl ?? ttl, line: middle.ttlLine, into: &page)
      }
      // Spring Session's own layout: a hash and, with the indexed repository, a shadow key that
      // expires. (Its sets of expirations are one a minute, whatever the number of sessions.)
      let shadow = sessions.first { $0.name.contains(":sessions:expires:") }
      let hash = sessions.first {
        $0.name.contains(":sessions:") && !$0.name.contains(":sessions:expires:")
      }
      guard family.key == "spring:session:" || shadow != nil, hash != nil || shadow != nil else {
        return
      }
      number(
        "redis.sample.keys_per_session", shadow != nil && hash != nil ? 2 : 1,
        line: shadow?.line ?? hash?.line ?? head.line, into: &page)
    }

    /// Only of keys that tell; those of a family may be far larger than those of another.
    private func recordBytes(into page: inout Page) {
      let sized = keys.filter { $0.bytes != nil }
      let total = sized.reduce(0) { $0 + ($1.bytes ?? 0) }
      guard let first = sized.first, total > 0 else { return }
      number("redis.sample.bytes", total, line: first.line, into: &page)
      let sessions = sized.filter { $0.session != nil }
      let taken = sessions.reduce(0) { $0 + ($1.bytes ?? 0) }
      number(
        "redis.sample.session_bytes_share", taken / total, line: sessions.first?.line ?? first.line,
        into: &page)
      let groups = Dictionary(grouping: sized, by: \.prefix)
        .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
      for (prefix, keys) in groups.prefix(RedisKeySampleReader.prefixLimit) {
        number(
          "redis.sample.prefix_bytes", keys.reduce(0) { $0 + ($1.bytes ?? 0) },
          part: String(prefix.prefix(80)), line: keys.first?.line ?? 1, into: &page)
      }
      let idle = sessions.filter { $0.idle != nil }
        .sorted { ($0.idle ?? 0, $0.line) < ($1.idle ?? 0, $1.line) }
      if !idle.isEmpty, let seconds = idle[idle.count / 2].idle {
        number(
          "redis.sample.session_idle_median", seconds, line: idle[idle.count / 2].line, into: &page)
      }
    }

    private func recordPrefixes(into page: inout Page) {
      let groups = Dictionary(grouping: keys, by: \.prefix)
        .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
      for (prefix, keys) in groups.prefix(RedisKeySampleReader.prefixLimit) {
        number(
          "redis.sample.prefix", Double(keys.count), part: String(prefix.prefix(80)),
          line: keys.first?.line ?? 1, into: &page)
      }
    }
  }
}

/// A key of the sample.
struct RedisSampledKey {
  let name: String
  let line: Int
  /// Seconds; -1 where it never expires, -2 where it is gone, nil where it is not stated.
  private(set) var ttl: Double?
  private(set) var ttlLine: Int
  private(set) var hasType = false
  /// What it takes of memory, and the seconds since somebody used it, where they are stated.
  private(set) var bytes: Double?
  private(set) var idle: Double?
  /// The line says `ttl=`.
  private(set) var hasLabel = false
  /// The prefix that shows a session.
  let session: String?

  private static let types: Set<Substring> = [
    "string", "list", "set", "zset", "hash", "stream", "none", "ReJSON-RL", "TSDB-TYPE",
  ]

  init?(_ text: String, number: Int) {
    guard text.utf8.count <= 4096, text.first != "#" else { return nil }
    let hasTabs = text.contains("\t")
    var words = (hasTabs ? text.split(separator: "\t") : text.fields).map { RedisText.trimmed($0) }
    // `1) "sess:07e5"`, as SCAN answers on a terminal.
    while words.count > 1, let first = words.first, first.last == ")",
      RedisText.integer(first.dropLast()) != nil
    { words.removeFirst() }
    var ttl: Double?
    while words.count > 1, let last = words.last {
      let parts = last.pieces(maxSplits: 1) { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
      let label = parts.count == 2 ? parts[0].lowercased() : ""
      if label == "ttl", let number = RedisText.number(parts[1]) {
        ttl = number
        hasLabel = true
      } else if label == "pttl", let number = RedisText.number(parts[1]) {
        ttl = number < 0 ? number : number / 1000
        hasLabel = true
      } else if label == "bytes", let number = RedisText.number(parts[1]), number >= 0 {
        bytes = number
      } else if label == "idle", let number = RedisText.number(parts[1]), number >= 0 {
        idle = number
      } else if label == "type" || RedisSampledKey.types.contains(last) {
        hasType = true
      } else if ttl == nil, let number = RedisText.integer(last) {
        ttl = Double(number)
      } else if last.lowercased() != "(integer)" && last.lowercased() != "ttl" {
        break
      }
      words.removeLast()
    }
    // Words with blanks between are no key.
    guard words.count == 1 || hasTabs else { return nil }
    let name = unquoted(words.joined(separator: "\t"))
    // `port: 6379` is a setting, `MemFree: 70360 kB` a figure, `12` a number.
    guard !name.isEmpty, name.last != ":", !name.contains("://"), !name.contains("="),
      // An id may begin with a digit, too.
      RedisText.number(name) == nil || name.contains(":") || RedisSessionKeys.isBareID(name),
      !name.contains(" ") || hasTabs
    else { return nil }
    self.name = name
    self.ttl = ttl
    line = number
    ttlLine = number
    session = RedisSessionKeys.prefix(of: name)
  }

  /// A line that is a number and nothing else.
  static func loneTTL(_ text: String) -> Double? {
    var rest = RedisText.trimmed(text)
    if rest.hasPrefix("(integer) ") { rest = rest.dropFirst(10) }
    return RedisText.integer(rest).map { Double($0) }
  }

  mutating func setTTL(_ seconds: Double, line: Int) {
    ttl = seconds
    ttlLine = line
  }

  /// What stands before the part of the name that differs from key to key.
  var prefix: String {
    if let session { return session }
    guard let end = name.firstIndex(where: { ":|/".contains($0) }) else {
      return name.firstIndex(of: "_").map { String(name[...$0]) } ?? "(none)"
    }
    return String(name[...end])
  }
}
