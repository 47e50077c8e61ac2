/// The rules of redaction that look at words rather than at names: arguments of commands, ids in
/// session keys, and values that are secrets by their look.
extension SecretFinder {
  /// `requirepass X`, `"config" "set" "requirepass" "X"`, `AUTH user X`, `redis-cli -a X`,
  /// `sentinel auth-pass master X`, `ACL SETUSER x >X`.
  mutating func findCommandArguments() {
    let words = splitWords()
    var hasClient = false
    var hasUser = false
    var hasMigrate = false
    var program = ""
    for (index, word) in words.enumerated() {
      guard mayMatter(word, hasUser: hasUser) else { continue }
      let name = word.name
      let next = words.indices.contains(index + 1) ? words[index + 1] : nil
      switch name {
      case "requirepass", "masterauth", "masteruser", "primaryauth", "primaryuser",
        "sentinel-pass", "tls-key-file-pass", "tls-client-key-file-pass":
        let isRead = index > 0 && words[index - 1].name == "get"
        if let next, !isRead, !prose.contains(next.name) { add(next.range) }
      case "auth-pass":
        if words.indices.contains(index + 2) { add(words[index + 2].range) }
      case "auth", "auth2":
        // A sentence about it, with the password in quotes.
        if let next, next.isQuoted, !word.isQuoted, !prose.contains(next.name),
          !bytes[next.range].contains(where: isSpace)
        {
          add(next.range)
        }
        for argument in words[(index + 1)...].prefix(2)
        where (hasMigrate || isCommand(word, at: index, of: words))
          && argument.isQuoted == word.isQuoted
        {
          if prose.contains(argument.name) || isAddress(argument.range) { break }
          add(argument.range)
        }
      case "setuser": hasUser = true
      case "bearer":
        if let next, next.range.count >= 20 || bytes[next.range].contains(where: isDigit) {
          add(next.range)
        }
      case "basic":
        if let next, looksLikeCredentials(next.range) { add(next.range) }
      case "authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token":
        // nginx: proxy_set_header Authorization "Basic abc";
        if index > 0, words[index - 1].name.hasSuffix("_header"), let next { add(next.range) }
      case "migrate": hasMigrate = true
      case "curl", "wget", "mysql", "mysqldump", "mysqladmin", "sshpass", "mongo", "mongosh":
        program = name
      case "u", "user":
        let isFirst = words[..<index].allSatisfy { $0.name.allSatisfy(\.isNumber) }
        if name == "user", index <= 1, isFirst { hasUser = true }
        if program == "curl" || program == "wget", let next,
          let colon = bytes[next.range].firstIndex(of: UInt8(ascii: ":"))
        {
          add((colon + 1)..<next.range.upperBound)
        }
      case "a", "pass":
        if hasClient, at(word.range.lowerBound) == UInt8(ascii: "-"), let next { add(next.range) }
      default:
        if name.hasSuffix("-cli") { hasClient = true }
        let isFlag = text(word.range).hasPrefix("--") && !name.contains("=")
        let flat = isFlag ? name.filter { $0 != "-" && $0 != "_" } : ""
        if isFlag, secretNames.contains(where: flat.hasSuffix), let next,
          at(next.range.lowerBound) != UInt8(ascii: "-")
        {
          add(next.range)
        }
        if !program.isEmpty, program != "curl", program != "wget", word.range.count > 2,
          text(word.range.prefix(2)) == "-p", text(word.range) != "-port"
        {
          add((word.range.lowerBound + 2)..<word.range.upperBound)
        }
        addQuotedName(word, next: next)
        if hasUser, word.range.count > 1, "><#!".utf8.contains(at(word.range.lowerBound)) {
          let isClosed = isQuote(at(word.range.upperBound - 1))
          add((word.range.lowerBound + 1)..<(word.range.upperBound - (isClosed ? 1 : 0)))
        }
      }
    }
  }

  /// Most words are no command, no option and no name.
  private func mayMatter(_ word: Word, hasUser: Bool) -> Bool {
    let range = word.range
    guard let first = range.first.map(at) else { return false }
    if first == UInt8(ascii: "-") { return true }
    if hasUser, "><#!".utf8.contains(first) { return true }
    if word.isQuoted, range.count <= 40, mayMatter(range) { return true }
    guard range.count <= 40, isLetter(first) else { return false }
    if at(range.upperBound - 1) | 0x20 == UInt8(ascii: "i"), range.count > 4 { return true }
    var head: UInt32 = 0
    for offset in 0..<min(4, range.count) {
      head = head << 8 | UInt32(bytes[range.lowerBound + offset] | 0x20)
    }
    return commandHeads.contains(head)
  }

  /// `os.environ.setdefault("SECRET_KEY", "x")`: a name and its value as two quoted texts.
  private mutating func addQuotedName(_ word: Word, next: Word?) {
    guard word.isQuoted, let next, next.isQuoted, word.range.count <= 40,
      next.range.lowerBound - word.range.upperBound <= 4,
      bytes[word.range].allSatisfy(isNameByte), NameKind(text(word.range)) == .secret,
      NameKind(text(next.range.prefix(40))) == nil,
      // "name": "DB_PASSWORD", "value": ...
      at(next.range.upperBound + 1) != UInt8(ascii: ":")
    else { return }
    add(next.range)
  }

  /// What follows `Basic`: base 64 of `user:password`.
  private func looksLikeCredentials(_ range: Range<Int>) -> Bool {
    let part = bytes[range]
    guard part.count >= 8, part.allSatisfy({ isBase64($0) || $0 == UInt8(ascii: "=") }) else {
      return false
    }
    return part.last == UInt8(ascii: "=")
      || part.contains(where: isDigit) && part.contains { isLetter($0) && $0 & 0x20 == 0 }
  }

  /// AUTH as Redis hears it: quoted as in MONITOR and JSON, in capitals after HELLO or a client, or
  /// the first of the few words of a line. Anything else is a sentence about authentication.
  private func isCommand(_ word: Word, at index: Int, of words: [Word]) -> Bool {
    if word.isQuoted { return true }
    let before = words[..<index].suffix(3).map(\.name)
    if before.contains("hello") || before.contains(where: { $0.hasSuffix("-cli") }) { return true }
    return before.allSatisfy { $0.allSatisfy { $0.isNumber || $0 == ")" } } && words.count <= 6
      && words.count > index + 1 && words.count <= index + 3
  }

  /// `10.0.3.7:6380`: in a flat slow log the client stands next to the arguments.
  private func isAddress(_ range: Range<Int>) -> Bool {
    let colons = bytes[range].count { $0 == UInt8(ascii: ":") }
    return colons > 0 && bytes[range].allSatisfy { isDigit($0) || ".:[]".utf8.contains($0) }
  }

  struct Word {
    let range: Range<Int>
    let isQuoted: Bool
    let bytes: [UInt8]

    /// In lower case, without leading dashes, at most 40 bytes of it.
    var name: String {
      let head = bytes[range.clamped(to: bytes.indices).prefix(40)]
      return String(String(decoding: head, as: UTF8.self).lowercased().drop { $0 == "-" })
    }
  }

  /// The words of a line: quoted texts, and runs between blanks, commas and brackets.
  private func splitWords() -> [Word] {
    var words: [Word] = []
    var unclosed: Set<UInt8> = []
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if isSpace(byte) || ",[]()".utf8.contains(byte) {
        index += 1
        continue
      }
      var range = index..<index
      var isQuoted = false
      if isQuote(byte), !unclosed.contains(byte) {
        let close = closing(byte, from: index + 1)
        // A line of ACL LIST is one quoted text; its words are what matters.
        let isRule = text((index + 1)..<(index + 6)) == "user "
        if close < bytes.count, !isRule {
          range = (index + 1)..<max(close, index + 1)
          isQuoted = true
        } else {
          unclosed.insert(byte)
        }
      }
      if !isQuoted {
        if isQuote(byte), text((index + 1)..<(index + 6)) == "user " { index += 1 }
        range = index..<end(from: index) { !isSpace($0) && !",[]()".utf8.contains($0) }
      }
      words.append(Word(range: range, isQuoted: isQuoted, bytes: bytes))
      index = range.upperBound + (isQuoted ? 1 : 0)
    }
    return words
  }

  /// `spring:session:sessions:expires:<id>`, `sess:<id>`, `django.contrib.sessions.cache<id>`,
  /// `...PRINCIPAL_NAME_INDEX_NAME:<user>`. The prefix stays: it says whose keys they are. So does
  /// `spring:session:expirations:1515185580000`, which is a time.
  mutating func findSessionKeys() {
    var index = 0
    var inSession = false
    while index < bytes.count {
      guard isIDByte(bytes[index]) else {
        // Parts of a key follow each other without a gap.
        if bytes[index] != UInt8(ascii: ":"), bytes[index] != UInt8(ascii: ";") {
          inSession = false
        }
        index += 1
        continue
      }
      let part = index..<end(from: index, while: isIDByte)
      index = part.upperBound
      let isKeyPart = at(index) == UInt8(ascii: ":") || at(index) == UInt8(ascii: ";")
      if inSession, looksLikeID(part) || (index == bytes.count && index >= 200) {
        add(part, isStrong: false)
      } else if isKeyPart {
        let name = text(part.suffix(40)).lowercased()
        if name.hasSuffix("principal_name_index_name") {
          add((index + 1)..<end(from: index + 1) { !isSpace($0) && !isQuote($0) }, isStrong: false)
        }
        inSession =
          inSession || ["session", "sessions", "sess", "sid"].contains { name.hasSuffix($0) }
      } else if part.count > 20 || at(part.lowerBound - 1) == UInt8(ascii: ".") {
        let name = text(part.prefix(12)).lowercased()
        for prefix in ["cached_db", "cache"]
        where name.hasPrefix(prefix) && part.count - prefix.utf8.count >= 16
          && text((part.lowerBound - 9)..<part.lowerBound) == "sessions."
        {
          add((part.lowerBound + prefix.utf8.count)..<part.upperBound, isStrong: false)
          break
        }
      }
    }
  }

  /// A UUID, 16 or more hexadecimal digits, or 20 and more letters and digits mixed. A host name
  /// (`web-server-prod-01`) is shorter or has words in it; a time has digits alone.
  private func looksLikeID(_ range: Range<Int>) -> Bool {
    let part = bytes[range]
    // The part ends where an id would end, not in a dotted name.
    guard part.count >= 16, part.contains(where: isLetter),
      at(range.upperBound) != UInt8(ascii: ".")
    else { return false }
    let isHexadecimal = part.allSatisfy {
      isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20)
        || $0 == UInt8(ascii: "-")
    }
    if isHexadecimal { return true }
    return part.count >= 20 && part.count(where: isDigit) >= 2
      && part.count(where: { $0 == UInt8(ascii: "-") }) < 3
  }

  /// Secrets by their look: AWS key ids and secret keys, JSON web tokens, tokens with the prefix
  /// that their makers gave them to be found.
  mutating func findTokens() {
    var index = 0
    while index < bytes.count {
      let range = index..<end(from: index) { isIDByte($0) || $0 == UInt8(ascii: ".") }
      if !range.isEmpty, range.count < 8192 { addToken(range) }
      index = range.upperBound + 1
    }
    index = 0
    while index < bytes.count {
      let range = index..<end(from: index, while: isBase64)
      // A secret key of AWS; a line of a PEM block.
      if range.count == 40 || (60...76).contains(range.count), looksLikeSecretKey(bytes[range]) {
        add(range)
      }
      index = range.upperBound + 1
    }
    let block = Array("PRIVATE KEY-----".utf8)
    if bytes.count > block.count, let start = firstIndex(of: block) {
      // A key on one line, its line ends written as \n.
      let end = end(from: start + block.count) { $0 != UInt8(ascii: "-") && !isQuote($0) }
      if end - start > block.count + 8 { add((start + block.count)..<end) }
    }
    let webhook = Array("hooks.slack.com/services/".utf8)
    if bytes.count > webhook.count, let start = firstIndex(of: webhook) {
      add(
        (start + webhook.count)..<end(from: start + webhook.count) {
          isIDByte($0) || $0 == UInt8(ascii: "/")
        })
    }
  }

  private func firstIndex(of needle: [UInt8]) -> Int? {
    guard let first = needle.first else { return nil }
    return bytes.indices.first { index in
      bytes[index] == first && index + needle.count <= bytes.count
        && bytes[index..<(index + needle.count)].elementsEqual(needle)
    }
  }

  private mutating func addToken(_ range: Range<Int>) {
    guard range.count >= 20, tokenStarts.contains(at(range.lowerBound)) || range.count == 64 else {
      return
    }
    // The hash of a password in an ACL rule.
    if range.count == 64, "#!".utf8.contains(at(range.lowerBound - 1)),
      bytes[range].allSatisfy(isHexadecimal)
    {
      return add(range)
    }
    let head = text(range.prefix(12))
    let isKeyID = head.hasPrefix("AKIA") || head.hasPrefix("ASIA")
    if isKeyID, range.count == 20,
      bytes[range].allSatisfy({ isDigit($0) || (isLetter($0) && $0 & 0x20 == 0) })
    {
      add(range)
    } else if head.hasPrefix("eyJ"), range.count >= 30,
      bytes[range].count(where: { $0 == UInt8(ascii: ".") }) >= 1
    {
      add(range)
    } else if range.count >= 20, tokenPrefixes.contains(where: head.hasPrefix) {
      add(range)
    }
  }

  /// 40 characters of base 64 that keep changing between capitals, small letters, digits and signs;
  /// a path or a hash does not.
  private func looksLikeSecretKey(_ part: ArraySlice<UInt8>) -> Bool {
    func kind(_ byte: UInt8) -> Int {
      if isDigit(byte) { return 0 }
      if isLetter(byte) { return byte & 0x20 == 0 ? 1 : 2 }
      return 3
    }
    guard let first = part.first, first != UInt8(ascii: "/"),
      Set(part.map(kind)).isSuperset(of: [0, 1, 2])
    else { return false }
    return zip(part, part.dropFirst()).count { kind($0) != kind($1) } >= 15
  }
}

private let tokenPrefixes = [
  "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "xoxa-",
  "xoxe-", "xoxe.", "xoxr-", "xoxs-", "xapp-", "sk_live_", "sk_test_", "rk_live_", "whsec_", "sk-",
  "hvs.", "AIza", "ya29.", "IQoJb3Jp", "FwoGZXIv", "npm_", "pypi-", "SG.", "hf_", "dop_v1_",
  "dckr_pat_", "shpat_", "NRAK-", "glsa_", "lin_api_",
]

private let tokenStarts = Set(tokenPrefixes.compactMap(\.utf8.first) + Array("Ae".utf8))

/// The first four letters of every word that `findCommandArguments` looks for.
private let commandHeads: Set<UInt32> = Set(
  [
    "requirepass", "masterauth", "masteruser", "primaryauth", "sentinel-pass",
    "tls-key-file-pass", "tls-client", "auth", "auth2", "auth-pass", "bearer", "basic",
    "authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token", "migrate",
    "curl", "wget", "mysql", "mysqldump", "sshpass", "mongo", "u", "user", "setuser", "a", "pass",
  ].map { name in name.utf8.prefix(4).reduce(0) { $0 << 8 | UInt32($1 | 0x20) } })

/// What follows AUTH, `requirepass` in a sentence rather than in a command.
private let prose: Set<String> = [
  "failed", "failure", "fail", "error", "errors", "required", "succeeded", "success", "ok", "is",
  "was", "not", "option", "directive", "setting", "and", "or", "in", "to", "but", "command",
  "commands", "called", "timeout", "<password>", "from", "by", "for", "with",
]

func isHexadecimal(_ byte: UInt8) -> Bool {
  isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}

private func isBase64(_ byte: UInt8) -> Bool {
  isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "+")
}

func isIDByte(_ byte: UInt8) -> Bool {
  isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
}
