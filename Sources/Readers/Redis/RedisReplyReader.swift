import Model
import YAML

/// Attempts that a server answered with an error, ROLE, and `redis-cli --stat`.
///
/// ```
/// $ redis-cli set probe 1                       1) "slave"
/// (error) MISCONF Redis is configured to ...    2) "203.0.113.66"
/// ```
enum RedisReplyReader: DocumentReader {
  static let kind = EvidenceKind.redisReply
  /// More than anybody types; a log of an application is read by others.
  private static let attemptLimit = 60

  /// How error replies begin, in every version seen, and the fact.
  private static let errors: [(String, String)] = [
    ("ERR max number of clients reached", "max_clients"),
    ("ERR max number of clients + cluster", "max_clients"), ("MISCONF ", "misconf"),
    ("OOM command not allowed", "oom"), ("READONLY ", "readonly"), ("LOADING ", "loading"),
    ("NOAUTH ", "noauth"), ("DENIED Redis is running in protected mode", "protected_mode"),
    ("-DENIED Redis is running in protected mode", "protected_mode"),
    ("DENIED Running in protected mode", "protected_mode"),
    ("-DENIED Running in protected mode", "protected_mode"),
    (unreachable, "unreachable"),
  ]
  private static let unreachable = "Could not connect to Redis at "

  private static let statHead = "------- data ------"

  static func recognises(_ sample: Sample) -> Recognition {
    if sample.text.contains(statHead), sample.text.contains(" load ") { return .certain }
    if role(in: sample.lines, bytes: Array(sample.text.utf8)) != nil { return .certain }
    let filled = sample.lines.filter { !RedisText.isBlank($0) }
    guard !sample.isBrief, filled.count <= attemptLimit else { return .no }
    return filled.contains { error(in: $0) != nil || $0.hasPrefix("(error) ") } ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    let prompts = lines.prefix(50).compactMap { RedisPrompt($0) }
    let keys = Set(prompts.flatMap(\.keys))
    let subject = page.subject(
      SubjectClue(.redis, keys: keys.isEmpty ? keysOfTheUnreachable(lines) : keys))
    if let role = role(in: lines, bytes: document.bytes) {
      recordRole(role, of: subject, lines: lines, into: &page)
    }
    recordErrors(lines, of: subject, into: &page)
    recordStatistics(lines, of: subject, into: &page)
    if page.facts.isEmpty { page.warn("an answer that tells nothing this tool knows") }
  }

  /// Of the one server that `Could not connect to Redis at 10.0.3.7:6379: ...` names; of several, none.
  private static func keysOfTheUnreachable(_ lines: [String]) -> Set<IdentityKey> {
    let addresses = lines.prefix(100).compactMap { line -> Substring? in
      let text = RedisText.trimmed(line)
      guard text.hasPrefix(unreachable) else { return nil }
      return text.dropFirst(unreachable.count).split(separator: " ").first?.dropLast()
    }
    guard let address = addresses.first, addresses.allSatisfy({ $0 == address }),
      let (host, port) = RedisText.hostAndPort(address)
    else { return [] }
    return Set(RedisText.keys(host: host, port: port))
  }

  /// The fact that an error reply is, by its first words; mid-line it is somebody's log.
  private static func error(in line: String) -> String? {
    var text = RedisText.trimmed(line)
    for mark in ["(error) ", "Error: ", "- "] where text.hasPrefix(mark) {
      text = text.dropFirst(mark.count)
    }
    let fact = errors.first { text.hasPrefix($0.0) }?.1
    guard fact == "unreachable" else { return fact }
    // `Could not connect to Redis at 10.0.3.7:6379: Connection refused`
    if text.contains("onnection refused") { return "refused" }
    // The box that asked had no port or no address to ask from: of the server it says nothing.
    return text.contains("annot assign requested address") ? "no_local_port" : fact
  }

  private static func recordErrors(_ lines: [String], of subject: Int, into page: inout Page) {
    var counts: [String: (count: Int, line: Int)] = [:]
    var command: [String] = []
    for (index, line) in lines.enumerated() {
      if let prompt = RedisPrompt(line) { command = prompt.command }
      var fact = error(in: line)
      if fact == nil, line.hasPrefix("(error) ") || line.hasPrefix("ERR") {
        if command.first == "bgsave" || command.first == "save" {
          // BGSAVE's own error says nothing: the reason stands in the log alone.
          fact = "bgsave_error"
        } else if line.contains("Active defragmentation cannot be enabled") {
          fact = "activedefrag_refused"
        }
      }
      guard let fact else { continue }
      let known = counts[fact]
      counts[fact] = ((known?.count ?? 0) + 1, known?.line ?? index + 1)
    }
    for (fact, found) in counts.sorted(by: { ($0.value.line, $0.key) < ($1.value.line, $1.key) }) {
      page.record(
        "redis.reply.\(fact)", Double(found.count), of: subject,
        origin: Document.origin(found.line, in: lines))
    }
  }

  /// The members of ROLE's answer, in any form.
  private static func role(in lines: [String], bytes: [UInt8]) -> [RedisReply]? {
    func isRole(_ items: [RedisReply]) -> Bool {
      guard items.count >= 2, let name = items[0].text else { return false }
      switch name {
      case "master", "primary":
        return items.count <= 3 && items[1].text.flatMap { RedisText.integer($0) } != nil
      case "slave", "replica":
        return items.count >= 4 && items[2].text.flatMap { RedisText.integer($0) } != nil
          && ["connect", "connecting", "sync", "connected", "handshake", "none"].contains(
            items[3].text ?? "")
      default: return false
      }
    }
    if bytes.first(where: { $0 > 32 }) == UInt8(ascii: "[") {
      guard let json = try? parseJSON(bytes), let node = json.nodes.first else { return nil }
      return RedisReply(json: node).items.flatMap { isRole($0) ? $0 : nil }
    }
    let nested = RedisReplyParser.answers(in: lines).compactMap(\.reply.items).first(where: isRole)
    if let nested { return nested }
    let raw = lines.enumerated().filter {
      !RedisText.isBlank($0.element) && RedisPrompt($0.element) == nil
    }
    guard raw.count <= 200 else { return nil }
    if raw.count == 1, let line = raw.first, line.element.hasPrefix("\"") {
      var fields = RedisReply.csv(line.element, line: line.offset + 1)
      if fields.first?.text == "master" { fields = Array(fields.prefix(2)) }
      return isRole(fields) ? fields : nil
    }
    var fields = raw.map {
      RedisReply(line: $0.offset + 1, text: String(RedisText.trimmed($0.element)), items: nil)
    }
    // A master's replicas follow in threes.
    if fields.first?.text == "master", fields.count > 2 { fields = Array(fields.prefix(2)) }
    return isRole(fields) ? fields : nil
  }

  private static func recordRole(
    _ items: [RedisReply], of subject: Int, lines: [String], into page: inout Page
  ) {
    func text(_ fact: String, _ index: Int) {
      guard let text = items[index].text else { return }
      page.record(
        fact, .text(String(text.prefix(200))), of: subject,
        origin: Document.origin(items[index].line, in: lines))
    }
    text("redis.role.role", 0)
    guard items.count >= 4, items[0].text == "slave" || items[0].text == "replica" else { return }
    text("redis.role.master_host", 1)
    text("redis.role.link", 3)
    if let port = items[2].number {
      page.record(
        "redis.role.master_port", port, of: subject,
        origin: Document.origin(items[2].line, in: lines))
    }
  }

  /// `44177      50.00M   5       0       497605 (+19795)     13`.
  private static func recordStatistics(_ lines: [String], of subject: Int, into page: inout Page) {
    guard lines.contains(where: { $0.contains(statHead) }) else { return }
    var last: (values: [Double], line: Int)?
    var busiest: (requests: Double, line: Int)?
    for (index, line) in lines.enumerated() {
      let words = line.split(separator: " ")
      guard words.count >= 7, let keys = RedisText.number(words[0]),
        let memory = RedisSettings.bytes(String(words[1]) + (words[1].hasSuffix("B") ? "" : "b")),
        let clients = RedisText.number(words[2]), let blocked = RedisText.number(words[3]),
        let requests = RedisText.number(words[4]), words[5].hasPrefix("(+"),
        let added = RedisText.number(words[5].dropFirst(2)),
        let connections = RedisText.number(words[6])
      else { continue }
      last = ([keys, memory, clients, blocked, requests, connections], index + 1)
      if added > busiest?.requests ?? -1 { busiest = (added, index + 1) }
    }
    guard let last else { return }
    let names = ["keys", "memory", "clients", "blocked", "requests", "connections"]
    for (name, value) in zip(names, last.values) {
      page.record(
        "redis.stat.\(name)", value, of: subject, origin: Document.origin(last.line, in: lines))
    }
    if let busiest {
      page.record(
        "redis.stat.requests_per_interval", busiest.requests, of: subject,
        origin: Document.origin(busiest.line, in: lines))
    }
  }
}
