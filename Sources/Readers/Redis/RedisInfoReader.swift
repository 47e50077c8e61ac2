import Model

/// INFO of one or more Redis servers, one or more times, as redis-cli prints it or people paste it.
///
/// ```
/// # captured 2026-11-21T01:31:18Z
/// # Server
/// redis_version:7.0.15
/// ...
/// db0:keys=665185,expires=665185,avg_ttl=2147484386468
/// ```
///
/// Seen: Redis 2.2 (no heads) to 7.4, Valkey, KeyDB, Dragonfly, ElastiCache. Fields are looked up in
/// the catalogue by name, whatever section they stand in: forks move them about.
struct RedisInfoReader: PieceReader {
  static let kind = EvidenceKind.redisInfo

  private let window: TimeWindow
  private let offset: Int
  private var lines = PieceLines()
  private var hasLines = false
  private var current = RedisInfoSnapshot()
  private var lastHead: String?
  /// Hours of INFO every few seconds would fill the page with its first part alone.
  private var snapshots = Thinned<RedisInfoSnapshot>(limit: 60)
  /// Whose they are. A later `INFO memory` without the server's section is of the only server of the file.
  private var identities: Set<Set<IdentityKey>> = []
  private static let identityLimit = 1000
  private var isFound = false
  /// What was read so far.
  private var fields = 0
  private var heads = 0

  init(name: String, context: ReadingContext) {
    window = context.window
    offset = context.zone(for: RedisInfoReader.kind).offset
  }

  static func recognises(_ sample: Sample) -> Recognition {
    var known = 0
    var filled = 0
    for line in sample.lines {
      for piece in RedisInfoLine.pieces(of: line) where !RedisText.isBlank(piece) {
        filled += 1
        switch RedisInfoLine(piece) {
        case .field(let name, _) where RedisInfoField.isKnown(name): known += 1
        case .head("Keyspace"), .head("Commandstats"), .head("Replication"), .head("Memory"):
          known += 1
        default: break
        }
      }
    }
    // The log that a crash report stands in reads the INFO in it too.
    if sample.text.contains("BUG REPORT START") { return known >= 3 ? .possible : .no }
    if known >= 3 && known * 5 >= filled { return .certain }
    return known >= 1 && known * 2 >= filled ? .possible : .no
  }

  mutating func read(piece: Span<UInt8>, into page: inout Page) {
    for line in lines.read(piece) {
      hasLines = true
      read(line, isCut: false)
    }
  }

  mutating func finish(into page: inout Page) {
    let last = lines.finish()
    if isCut(last.text) {
      page.warn("the last line seems cut; it is not read", line: last.number)
    } else {
      read(last, isCut: !last.text.isEmpty)
    }
    close()
    if let line = lines.firstCutLine {
      page.warn("a line longer than 1 MiB: cut there", line: line)
    }
    let chosen = snapshots.elements
    if chosen.count < snapshots.count {
      page.warn(
        "\(snapshots.count) snapshots, told by \(chosen.count) of them, evenly spread, the first and the last among them"
      )
    }
    // A clue gains a life while it is read, so it cannot be found again by being equal.
    var subjects: [Set<IdentityKey>: Int] = [:]
    for snapshot in chosen {
      var keys = snapshot.keys
      if keys.isEmpty, identities.count == 1 { keys = identities.first ?? [] }
      let subject = subjects[keys] ?? page.subject(SubjectClue(.redis, keys: keys))
      subjects[keys] = subject
      snapshot.record(of: subject, into: &page)
    }
    if !isFound { page.warn("found no field of INFO") }
  }

  /// The last line, where no line end closes it: half a number is another number. INFO ends with the
  /// keyspace, so a paste that ends there is whole; so is one of a few fields, picked by hand.
  private func isCut(_ last: String) -> Bool {
    guard hasLines, case .field(let name, let value) = RedisInfoLine(last),
      RedisInfoField.isKnown(name)
    else { return false }
    if RedisInfoField.isDatabase(name) { return !value.contains(",") }
    return Double(value) != nil && heads > 0 && fields >= 7
  }

  /// Ends the answer at hand.
  private mutating func close() {
    guard !current.isEmpty else { return }
    isFound = true
    let keys = current.keys
    if !keys.isEmpty, identities.count < RedisInfoReader.identityLimit { identities.insert(keys) }
    if current.time.map({ window.contains($0) }) ?? true { snapshots.append(current) }
    current = RedisInfoSnapshot()
  }

  /// Of a line that is cut nothing tells what would stand below it.
  private mutating func read(_ line: PieceLines.Line, isCut: Bool) {
    for piece in RedisInfoLine.pieces(of: line.text) {
      let content = RedisInfoLine(piece)
      if case .field = content { fields += 1 }
      switch content {
      case .head(let name):
        heads += 1
        if current.heads[name] != nil || name == "Server" && !current.isEmpty { close() }
        if !isCut { current.addHead(name, line) }
        lastHead = name
      case .field(let name, let value) where RedisInfoField.isKnown(name):
        if let known = current.fields[name] {
          if known.value == value && line.number == known.line { continue }
          close()
        }
        current.add(name, value, line)
      case .other("..."), .other("\u{2026}"), .other("[...]"):
        // Somebody left out what stood here.
        if let lastHead { current.heads[lastHead] = nil }
      case .field, .other:
        if let time = RedisText.captureTime(piece, offset: offset) {
          close()
          current.capture = time
        } else if let prompt = RedisPrompt(piece) {
          close()
          current.promptKeys = Set(prompt.keys)
        }
      }
    }
  }
}

/// What one line of INFO is, without what people put around it.
enum RedisInfoLine: Equatable {
  case head(String)
  case field(String, String)
  case other(String)

  /// The lines that an escaped text on one line holds (`"# Server\r\nredis_version:..."`).
  static func pieces(of line: String) -> [String] {
    guard line.utf8.count > 6, line.contains("\\r\\n") else { return [line] }
    return line.split(separator: "\\r\\n", omittingEmptySubsequences: false).map {
      $0.first == "\"" ? String($0.dropFirst()) : String($0)
    }
  }

  init(_ raw: String) {
    let raw = raw.contains("\\_") ? RedisInfoLine.withoutEscapes(raw) : raw
    var text = RedisText.trimmed(raw)
    // Quoted (`> `, `- > `), a C comment (` * `), bold (`**`), escaped for Markdown (`\#`).
    while let first = text.unicodeScalars.first, ">-*`\\".unicodeScalars.contains(first),
      let second = text.unicodeScalars.dropFirst().first
    {
      if (first == ">" || first == "-" || first == "*") && second == " " || first == "`" {
        let rest = RedisText.trimmed(text.dropFirst())
        // `> INFO ALL` is a prompt.
        if first == ">", !rest.contains(":"), rest.first != "#" { break }
        text = rest
      } else if first == "*" || first == "\\" && second == "#" {
        text = text.dropFirst()
      } else {
        break
      }
    }
    if text.utf8.first == UInt8(ascii: "#") {
      let name = RedisText.trimmed(text.drop { $0 == "#" })
      if !name.isEmpty, name.count < 20, name.allSatisfy({ $0.isLetter || $0 == "_" }) {
        self = .head(name.prefix(1).uppercased() + name.dropFirst().lowercased())
      } else {
        self = .other(String(text))
      }
      return
    }
    while text.hasSuffix("**") || text.hasSuffix("`") { text = text.dropLast() }
    if let colon = text.firstIndex(of: ":") {
      let name = text[..<colon]
      if name.utf8.count < 80, !RedisInfoLine.hasBlank(name) || name.hasPrefix("cmdstat_") {
        var value = text[text.index(after: colon)...]
        // `**name:value**` or `name:**value**`.
        if value.hasPrefix("**") { value = value.dropFirst(2) }
        self = .field(String(name), String(RedisText.trimmed(value)))
        return
      }
    } else if text.contains("_"), let space = text.firstIndex(where: \.isWhitespace) {
      // Two columns, as some dashboards print it.
      let value = RedisText.trimmed(text[space...])
      if !value.contains(where: \.isWhitespace) {
        self = .field(String(text[..<space]), String(value))
        return
      }
    }
    self = .other(String(text))
  }

  private static func hasBlank(_ text: Substring) -> Bool {
    // Characters are asked only where a byte may be one's that is blank.
    text.utf8.contains { $0 <= 32 || $0 >= 0x80 } && text.contains(where: \.isWhitespace)
  }

  /// `used\_memory`, as Markdown editors write it.
  private static func withoutEscapes(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte == UInt8(ascii: "_"), bytes.last == UInt8(ascii: "\\") { bytes.removeLast() }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
