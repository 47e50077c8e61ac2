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
enum RedisInfoReader: DocumentReader {
  static let kind = EvidenceKind.redisInfo
  private static let snapshotLimit = 120

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

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    var kept = lines
    if let cut = cutLine(lines) {
      kept[cut] = ""
      page.warn("the last line seems cut; it is not read", line: cut + 1)
    }
    let snapshots = split(kept, offset: context.zone(for: kind).offset)
    // A later `INFO memory` without the server's section is of the only server of the file.
    let identities = Set(snapshots.map(\.keys).filter { !$0.isEmpty })
    // A clue gains a life while it is read, so it cannot be found again by being equal.
    var subjects: [Set<IdentityKey>: Int] = [:]
    // Hours of INFO every few seconds would fill the page with its first part alone.
    let chosen = thinned(snapshots)
    if chosen.count < snapshots.count {
      page.warn("\(snapshots.count) snapshots; \(chosen.count) of them, evenly spread, are kept")
    }
    for snapshot in chosen {
      if let time = snapshot.time, !context.window.contains(time) { continue }
      var keys = snapshot.keys
      if keys.isEmpty, identities.count == 1 { keys = identities.first ?? [] }
      let subject = subjects[keys] ?? page.subject(SubjectClue(.redis, keys: keys))
      subjects[keys] = subject
      snapshot.record(of: subject, lines: lines, into: &page)
    }
    if document.isCut { page.warn("longer than 8 MiB: the rest is not read") }
    if snapshots.isEmpty { page.warn("found no field of INFO") }
  }

  /// At most `snapshotLimit` of them, the first and the last among them.
  private static func thinned(_ snapshots: [RedisInfoSnapshot]) -> [RedisInfoSnapshot] {
    guard snapshots.count > snapshotLimit else { return snapshots }
    return (0..<snapshotLimit).map { snapshots[$0 * (snapshots.count - 1) / (snapshotLimit - 1)] }
  }

  /// The last line, where no line end closes it: half a number is another number. INFO ends with the
  /// keyspace, so a paste that ends there is whole; so is one of a few fields, picked by hand.
  private static func cutLine(_ lines: [String]) -> Int? {
    guard let last = lines.last, !RedisText.isBlank(last), lines.count > 1,
      case .field(let name, let value) = RedisInfoLine(last), RedisInfoField.isKnown(name)
    else { return nil }
    if RedisInfoField.isDatabase(name) { return value.contains(",") ? nil : lines.count - 1 }
    guard Double(value) != nil else { return nil }
    var fields = 0
    var heads = 0
    for line in lines {
      switch RedisInfoLine(line) {
      case .head: heads += 1
      case .field: fields += 1
      case .other: break
      }
    }
    return heads > 0 && fields >= 8 ? lines.count - 1 : nil
  }

  private static func split(_ lines: [String], offset: Int) -> [RedisInfoSnapshot] {
    var snapshots: [RedisInfoSnapshot] = []
    var current = RedisInfoSnapshot()
    var lastHead: String?
    func close() {
      if !current.isEmpty { snapshots.append(current) }
      current = RedisInfoSnapshot()
    }
    for (index, line) in lines.enumerated() {
      let number = index + 1
      for piece in RedisInfoLine.pieces(of: line) {
        switch RedisInfoLine(piece) {
        case .head(let name):
          if current.heads[name] != nil || name == "Server" && !current.isEmpty { close() }
          // The last line of a cut file tells nothing of what would stand below it.
          if number < lines.count { current.heads[name] = number }
          lastHead = name
        case .field(let name, let value) where RedisInfoField.isKnown(name):
          if let known = current.fields[name] {
            if known.value == value && number == known.line { continue }
            close()
          }
          current.add(name, value, line: number)
        case .other("..."), .other("\u{2026}"), .other("[...]"):
          // Somebody left out what stood here.
          if let lastHead { current.heads[lastHead] = nil }
        case .field, .other:
          if let time = RedisText.captureTime(piece, offset: offset) {
            if !current.isEmpty { close() }
            current.capture = time
          } else if let prompt = RedisPrompt(piece) {
            if !current.isEmpty { close() }
            current.promptKeys = Set(prompt.keys)
          }
        }
      }
    }
    close()
    return snapshots
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
