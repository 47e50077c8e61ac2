import Model
import YAML

/// A redis.conf, or an answer to CONFIG GET: on a terminal, raw, `--json` or `--csv`.
///
/// ```
/// maxmemory 50mb                   1) "maxmemory"         maxmemory
/// maxmemory-policy allkeys-lru     2) "0"                 0
/// ```
///
/// A whole redis.conf tells of absent settings too: their defaults are documented, and are recorded
/// with the file and no line. An answer to CONFIG GET tells only what it holds.
enum RedisConfigReader: DocumentReader {
  static let kind = EvidenceKind.redisConfig

  static func recognises(_ sample: Sample) -> Recognition {
    if sample.firstLine.hasPrefix("# Redis configuration file") { return .certain }
    let bytes = Array(sample.text.utf8)
    if let answer = answer(in: sample.lines, bytes: bytes) {
      let known = answer.filter { RedisConfigNames.all.contains($0.name[...]) }
      // One name alone could be a word of anything else.
      let isMarked = known.contains {
        $0.name.contains("-") || $0.name == "maxmemory" || $0.name == "maxclients"
      }
      if known.count >= 3, known.count * 2 >= answer.count { return .certain }
      if !known.isEmpty, known.count == answer.count, isMarked { return .possible }
    }
    if sample.looksLikeJSON { return .no }
    var filled = 0
    var known = 0
    var isMarked = false
    for line in sample.lines {
      if isOfAnother(line) {
        filled += 1
        continue
      }
      let words = words(of: line)
      guard let first = words.first else { continue }
      if first == "sentinel" { return .no }
      filled += 1
      if RedisConfigNames.all.contains(first[...]), words.count > 1, !line.hasSuffix(";") {
        known += 1
        isMarked =
          isMarked || first.contains("-") || first == "maxmemory" || first == "appendonly"
          || first == "dbfilename" || first == "requirepass" || first == "replicaof"
      }
    }
    if known >= 3, isMarked, known * 5 >= filled * 4 { return .certain }
    let name = sample.name.lowercased()
    let isNamed =
      name.hasSuffix(".conf") && (name.contains("redis") || name.contains("valkey"))
    if known > 0, known * 2 >= filled { return isMarked ? .possible : isNamed ? .byName : .no }
    return .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    if document.isCut { page.warn("longer than 8 MiB: the rest is not read") }
    let answer = answer(in: lines, bytes: document.bytes)
    var settings = RedisSettings(isRunning: answer != nil)
    var hasInclude = false
    if let answer {
      for setting in answer { settings.add(setting) }
    } else {
      for (index, line) in lines.enumerated() {
        let words = words(of: line)
        guard let name = words.first else { continue }
        let number = index + 1
        if name == "include" {
          hasInclude = true
          page.warn("include is not followed: what it sets is not known", line: number)
        } else if words.count < 2 {
          page.skip(line: number, "found a name without a value; expected a setting")
        } else {
          settings.add(
            RedisSetting(
              name: name, value: words.dropFirst().joined(separator: " "), nameLine: number,
              valueLine: number))
        }
      }
    }
    var keys = settings.keys
    if keys.isEmpty { keys = Set(lines.prefix(5).compactMap { RedisPrompt($0) }.first?.keys ?? []) }
    let subject = page.subject(SubjectClue(.redis, keys: keys))
    settings.record(of: subject, lines: lines, into: &page)
    let name = document.name.lowercased()
    // A few lines pasted from a config are not the whole of it.
    let isWhole = name.hasSuffix(".conf") || settings.count >= 8
    if answer == nil, isWhole, !hasInclude, !document.isCut, settings.count > 0 {
      settings.recordDefaults(of: subject, isValkey: name.contains("valkey"), into: &page)
    }
  }

  /// True where a line plainly begins with a word that is no name of a setting, as most lines of
  /// other evidence do: it need not be cut into words.
  private static func isOfAnother(_ line: String) -> Bool {
    let text = RedisText.trimmed(line)
    let word = text.utf8.prefix { (UInt8(ascii: "-")...UInt8(ascii: "z")).contains($0) }
    guard !word.isEmpty, text.utf8.dropFirst(word.count).first == UInt8(ascii: " "),
      text.utf8.count <= 4096
    else { return false }
    let name = Substring(word).lowercased()
    return !RedisConfigNames.all.contains(name[...]) && name != "sentinel"
  }

  /// The words of a config's line; a quoted one may hold blanks. The first is lower case.
  static func words(of line: String) -> [String] {
    let text = RedisText.trimmed(line)
    guard let first = text.utf8.first, first != UInt8(ascii: "#"), text.utf8.count <= 4096
    else { return [] }
    let hasQuotes = text.utf8.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }
    var words = hasQuotes ? quotedWords(of: text) : text.fields.map(String.init)
    if let name = words.first { words[0] = name.lowercased() }
    return words
  }

  private static func quotedWords(of text: Substring) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    var hasWord = false
    for character in text {
      if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        hasWord = true
      } else if character.isWhitespace {
        if hasWord { words.append(word) }
        word = ""
        hasWord = false
      } else {
        word.append(character)
        hasWord = true
      }
    }
    if hasWord { words.append(word) }
    return words
  }

  /// The settings of an answer to CONFIG GET; nil where the text is none.
  private static func answer(in lines: [String], bytes: [UInt8]) -> [RedisSetting]? {
    func settings(_ pairs: [(name: RedisReply, value: RedisReply)]) -> [RedisSetting]? {
      let found = pairs.compactMap { pair -> RedisSetting? in
        guard let name = pair.name.text, let value = pair.value.text, isName(name) else {
          return nil
        }
        return RedisSetting(
          name: name.lowercased(), value: value, nameLine: pair.name.line,
          valueLine: pair.value.line)
      }
      let known = found.filter { RedisConfigNames.all.contains($0.name[...]) }
      return known.isEmpty || known.count * 4 < pairs.count ? nil : found
    }
    func flat(_ fields: [RedisReply]) -> [RedisSetting]? {
      fields.count < 2
        ? nil : settings(RedisReply(line: 0, text: nil, items: fields).pairs)
    }

    let first = bytes.first { $0 > 32 }
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
      guard let json = try? parseJSON(bytes), let node = json.nodes.first else { return nil }
      return settings(RedisReply(json: node).pairs)
    }
    let nested = RedisReplyParser.answers(in: lines).flatMap(\.reply.pairs)
    if !nested.isEmpty { return settings(nested) }
    var rest = lines.enumerated().filter { RedisPrompt($0.element) == nil }[...]
    while let line = rest.first, RedisText.isBlank(line.element) { rest.removeFirst() }
    if let only = rest.first, only.element.first == "\"",
      rest.allSatisfy({ $0.offset == only.offset || RedisText.isBlank($0.element) })
    {
      return flat(RedisReply.csv(only.element, line: only.offset + 1))
    }
    // Raw: names and values take turns, and an empty value is a blank line.
    let fields = rest.map {
      RedisReply(line: $0.offset + 1, text: String(RedisText.trimmed($0.element)), items: nil)
    }
    guard let name = fields.first?.text, isName(name),
      RedisConfigNames.all.contains(name.lowercased()[...]) || fields.count > 20
    else { return nil }
    return flat(fields)
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count < 64
      && text.utf8.allSatisfy {
        (97...122).contains($0 | 32) || $0 == 45 || $0 == 95 || (48...57).contains($0)
      }
  }
}
