/// Finds the ranges of secrets in one line: passwords, tokens, session ids, e-mail addresses, values
/// of query strings.
///
/// What diagnosis quotes stays: instance ids, addresses, host names, paths, user agents, figures,
/// dates. Where in doubt a *named* secret goes (`token=5`), an unnamed one must look like one. A
/// secret on a line of its own, named by the line before, is `LineRedactor`'s.
///
/// Every rule walks the line once; whatever looks back or ahead does so over a bounded stretch, so
/// that no line, however hostile, takes more than linear time.
struct SecretFinder {
  struct Finding {
    let range: Range<Int>
    /// Secret wherever it stands, not only here: a password, not the value in `?page=2`.
    let isStrong: Bool
  }

  let bytes: [UInt8]
  private(set) var found: [Finding] = []

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// 0 outside the line.
  func at(_ index: Int) -> UInt8 { bytes.indices.contains(index) ? bytes[index] : 0 }

  func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range.clamped(to: bytes.indices)], as: UTF8.self)
  }

  mutating func add(_ range: Range<Int>, isStrong: Bool = true) {
    let range = range.clamped(to: bytes.indices)
    guard !range.isEmpty, !isHarmless(range) else { return }
    found.append(Finding(range: range, isStrong: isStrong))
  }

  /// The first index at or after `start` whose byte does not satisfy `belongs`.
  func end(from start: Int, while belongs: (UInt8) -> Bool) -> Int {
    var index = start
    while index < bytes.count, belongs(bytes[index]) { index += 1 }
    return index
  }

  /// The start of the run that ends before `end`; looks back at most `limit` bytes.
  func start(before end: Int, limit: Int, while belongs: (UInt8) -> Bool) -> Int {
    var index = end
    while index > 0, end - index < limit, belongs(bytes[index - 1]) { index -= 1 }
    return index
  }

  /// The closing quote of the text that starts at `start`, or the end of the line.
  func closing(_ quote: UInt8, from start: Int) -> Int {
    var index = start
    while index < bytes.count, bytes[index] != quote {
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index, bytes.count)
  }

  /// Says nothing secret: no value, a switch, a placeholder, or already redacted.
  private func isHarmless(_ range: Range<Int>) -> Bool {
    guard range.count < 80 else { return false }
    let value = text(range)
    let starts = ["${", "{{", "$(", "os.environ", "os.getenv", "env(", "ENV[", "process.env", "<"]
    return harmlessValues.contains(value.lowercased()) || starts.contains { value.hasPrefix($0) }
  }

  // MARK: name=value, name: value, "name": "value"

  mutating func findNamedValues() {
    var index = 0
    var isPair = false
    while index < bytes.count {
      let separator = bytes[index]
      index += 1
      guard separator == UInt8(ascii: "=") || separator == UInt8(ascii: ":") else { continue }
      var nameEnd = start(before: index - 1, limit: 8) { $0 == UInt8(ascii: " ") }
      // os.environ["SECRET_KEY"] = "x"
      if at(nameEnd - 1) == UInt8(ascii: "]"), isQuote(at(nameEnd - 2)) { nameEnd -= 1 }
      var quote: UInt8?
      if isQuote(at(nameEnd - 1)) {
        quote = at(nameEnd - 1)
        nameEnd = start(before: nameEnd - 1, limit: 2) { $0 == UInt8(ascii: "\\") }
      }
      let nameStart = start(before: nameEnd, limit: 64, while: isNameByte)
      guard nameStart < nameEnd else { continue }
      let opening = isQuote(at(nameStart - 1)) ? at(nameStart - 1) : nil
      guard mayMatter(nameStart..<nameEnd) else { continue }
      let name = text(nameStart..<nameEnd)
      // {"name": "DB_PASSWORD", "value": "x"}
      if ["name", "Name", "key", "Key"].contains(name) { isPair = namesSecret(from: index) }
      let isPairValue = isPair && name.lowercased() == "value"
      guard let kind = isPairValue ? .secret : NameKind(name) else { continue }

      // `=>`, `:=`, `==`
      if at(index) == UInt8(ascii: ">") || at(index) == UInt8(ascii: "=") { index += 1 }
      let valueStart = end(from: index) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      index = addValue(
        kind, at: valueStart, isAssigned: separator == UInt8(ascii: "="),
        hasQuotedName: quote != nil, enclosing: quote == nil ? opening : nil)
    }
  }

  /// Whether the last letters of a name are those of any that matters: most names of most logs are
  /// left at that.
  func mayMatter(_ range: Range<Int>) -> Bool {
    var tail: UInt32 = 0
    var letters: UInt32 = 0
    for index in range.reversed() where isLetter(bytes[index]) || isDigit(bytes[index]) {
      tail |= UInt32(bytes[index] | 0x20) << (8 * letters)
      letters += 1
      if letters == 3 { break }
    }
    return nameTails.contains(tail)
  }

  /// Whether the value that starts at `start` is the name of a secret.
  private func namesSecret(from start: Int) -> Bool {
    let from = end(from: start) { $0 == UInt8(ascii: " ") || isQuote($0) }
    let to = end(from: from, while: isNameByte)
    return to - from <= 64 && NameKind(text(from..<to)) == .secret
  }

  /// Adds the value that starts at `start`; returns where to go on.
  private mutating func addValue(
    _ kind: NameKind, at start: Int, isAssigned: Bool, hasQuotedName: Bool, enclosing: UInt8?
  ) -> Int {
    var range = start..<start
    if isQuote(at(start)) {
      range = (start + 1)..<max(start + 1, closing(at(start), from: start + 1))
    } else if at(start) == UInt8(ascii: "\\"), isQuote(at(start + 1)) {
      // JSON within JSON: \"token\": \"abc\"
      range = (start + 2)..<max(start + 2, end(from: start + 2) { $0 != UInt8(ascii: "\\") })
    } else if kind == .header {
      range = start..<(enclosing.map { closing($0, from: start) } ?? bytes.count)
      for scheme in ["bearer ", "basic ", "digest ", "token "]
      where text(start..<(start + scheme.utf8.count)).lowercased() == scheme {
        range = min(start + scheme.utf8.count, range.upperBound)..<range.upperBound
      }
    } else {
      range = start..<bareValueEnd(from: start)
    }

    switch kind {
    case .secret:
      add(range)
    case .header:
      add(range, isStrong: false)
    case .directory:
      if at(range.lowerBound) != UInt8(ascii: "/") { add(range) }
    case .pass:
      if isAssigned || hasQuotedName { add(range) }
    case .session:
      // `session: lookup failed` is prose, `session=on` a switch.
      let isID = bytes[range].allSatisfy { $0 != UInt8(ascii: " ") } && range.count >= 8
      // Millions of them may pass; a password is one.
      if isID, isAssigned || (hasQuotedName && range.count >= 16) { add(range, isStrong: false) }
    case .query:
      if isLetter(at(range.lowerBound)) { addQueryValues(from: range.lowerBound) }
      return range.lowerBound
    }
    // Within quotes the value may hold separators of its own; they have nothing more to say.
    return max(range.upperBound, start)
  }

  /// A bare value ends at white space or a quote; at a comma, semicolon or bracket only where
  /// something else follows, since passwords hold those too.
  private func bareValueEnd(from start: Int) -> Int {
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if isSpace(byte) || isQuote(byte) || byte == UInt8(ascii: "&") { break }
      if "),;]}".utf8.contains(byte) {
        let next = end(from: index + 1) { "),;]}".utf8.contains($0) }
        if next == bytes.count || isSpace(bytes[next]) || isQuote(bytes[next]) { break }
        var name = index + 1
        while name < bytes.count, name - index < 40, isNameByte(bytes[name]) { name += 1 }
        if at(name) == UInt8(ascii: "=") || at(name) == UInt8(ascii: ":") { break }
        // Brackets in a row are looked at once.
        index = max(index, next - 1)
      }
      index += 1
    }
    return index
  }

  // MARK: ?name=value&name=value, user:password@, someone@example.com

  mutating func findAddressParts() {
    var queryEnd = 0
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "?") where index >= queryEnd:
        queryEnd = addQueryValues(from: index + 1)
      case UInt8(ascii: ":") where at(index + 1) == UInt8(ascii: "/"):
        if at(index + 2) == UInt8(ascii: "/"), isLetter(at(index - 1)) || isDigit(at(index - 1)) {
          addUserInfo(from: index + 3)
        }
      case UInt8(ascii: "@"):
        addMailAddress(at: index, width: 1)
        addBareUserInfo(at: index)
      case UInt8(ascii: "%") where at(index + 1) == UInt8(ascii: "4"):
        if at(index + 2) == UInt8(ascii: "0") { addMailAddress(at: index, width: 3) }
      default:
        break
      }
    }
  }

  /// From `a` of `a=b&c=d`; returns where it ends.
  @discardableResult
  private mutating func addQueryValues(from start: Int) -> Int {
    var index = start
    while true {
      let nameEnd = end(from: index) { isNameByte($0) || "[]%~+$".utf8.contains($0) }
      guard nameEnd > index, at(nameEnd) == UInt8(ascii: "=") else { return nameEnd }
      let valueEnd = end(from: nameEnd + 1) {
        !isSpace($0) && !isQuote($0) && !"&#<>\\".utf8.contains($0)
      }
      add((nameEnd + 1)..<valueEnd, isStrong: false)
      // Go writes `&` in JSON as \u0026.
      let isEscaped = at(valueEnd) == UInt8(ascii: "\\") && at(valueEnd + 1) == UInt8(ascii: "u")
      guard at(valueEnd) == UInt8(ascii: "&") || isEscaped else { return valueEnd }
      index = valueEnd + (isEscaped ? 6 : 1)
    }
  }

  /// The password of `scheme://user:password@host`, from the byte after `//`.
  private mutating func addUserInfo(from start: Int) {
    var colon: Int?
    var slash: Int?
    var at: Int?
    var index = start
    scan: while index < bytes.count, !isSpace(bytes[index]), !isQuote(bytes[index]) {
      let byte = bytes[index]
      if byte == UInt8(ascii: ":") {
        // The next address of a list.
        if self.at(index + 1) == UInt8(ascii: "/"), self.at(index + 2) == UInt8(ascii: "/") {
          break scan
        }
        colon = colon ?? index
      }
      if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") { slash = slash ?? index }
      // An @ beyond the first slash ends a user only if what stands before it is no host:port.
      if byte == UInt8(ascii: "@"), slash == nil || !isPort(colon, slash) { at = index }
      index += 1
    }
    if let at {
      if let colon, colon < at {
        add((colon + 1)..<at)
      } else if !["git", "default"].contains(text(start..<at)) {
        add(start..<at)
      }
    } else if let colon, index == bytes.count, bytes.count >= 200, slash == nil,
      !isPort(colon, index)
    {
      // An excerpt is cut at 200: the @ may have been lost.
      add((colon + 1)..<index)
    }
  }

  /// True where no password can stand between the colon and `end`: a port, an address in brackets,
  /// a variable.
  private func isPort(_ colon: Int?, _ end: Int?) -> Bool {
    guard let colon, let end, colon < end else { return true }
    return bytes[(colon + 1)..<end].allSatisfy { isDigit($0) || "[]:{}$".utf8.contains($0) }
  }

  private mutating func addMailAddress(at index: Int, width: Int) {
    let local = start(before: index, limit: 64) {
      isNameByte($0) || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "%")
    }
    var domainEnd = index + width
    while domainEnd < bytes.count, domainEnd - index < 255, isNameByte(bytes[domainEnd]),
      bytes[domainEnd] != UInt8(ascii: "_")
    {
      domainEnd += 1
    }
    while domainEnd > index + width, at(domainEnd - 1) == UInt8(ascii: ".") { domainEnd -= 1 }
    let labels = bytes[(index + width)..<max(domainEnd, index + width)]
      .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard local < index, labels.count > 1, let last = labels.last, last.count >= 2,
      last.allSatisfy(isLetter), labels.allSatisfy({ !$0.isEmpty }),
      !notTopLevel.contains(String(decoding: last, as: UTF8.self).lowercased()),
      text(local..<index) != "celery"
    else { return }
    add(local..<index, isStrong: false)
  }

  /// `user:password@host:3306`, `user:password@tcp(host:3306)/db`: an address without its scheme.
  private mutating func addBareUserInfo(at index: Int) {
    let hostEnd = end(from: index + 1) { isNameByte($0) }
    // docker's image@sha256:...
    guard !["sha256", "sha512"].contains(text(index + 1..<hostEnd)) else { return }
    let isHost =
      at(hostEnd) == UInt8(ascii: ":") && isDigit(at(hostEnd + 1)) && hostEnd > index + 1
      || at(hostEnd) == UInt8(ascii: "(") && ["tcp", "unix"].contains(text(index + 1..<hostEnd))
    guard isHost else { return }
    let from = start(before: index, limit: 128) {
      !isSpace($0) && !isQuote($0) && !"=/,;()[]{}<>".utf8.contains($0)
    }
    guard let colon = bytes[from..<index].firstIndex(of: UInt8(ascii: ":")), colon > from else {
      return
    }
    let isNumber = bytes[(colon + 1)..<index].allSatisfy(isDigit)
    if !isNumber || at(hostEnd) == UInt8(ascii: "(") { add((colon + 1)..<index) }
  }
}

private let harmlessValues: Set<String> = [
  "***", "****", "*****", "********", "yes", "no", "true", "false", "on", "off", "none", "null",
  "nil", "undefined", "(redacted)", "[redacted]", "[filtered]", "(nil)", "(none)", "\"\"", "''",
  "-",
  "required",
]

/// What stands behind an `@` and a dot without being a mail domain: units of systemd, private
/// zones, files (`logo@2x.png`).
private let notTopLevel: Set<String> = [
  "service", "socket", "timer", "slice", "scope", "target", "mount", "device", "path", "internal",
  "local", "localdomain", "lan", "home", "corp", "png", "jpg", "jpeg", "gif", "svg", "webp", "avif",
  "css", "js", "mjs", "map", "html", "json", "ico", "woff", "ttf", "mp", "gz", "conf", "log",
]

/// The last three letters of every name that `NameKind` knows, and of those of pairs.
private let nameTails: Set<UInt32> = {
  let others = [
    "authorization", "cookie", "cookie2", "sid", "connectsid", "sess", "session", "args", "query",
    "querystring", "pass", "name", "key", "value",
  ]
  return Set(
    (secretNames + others).map { name in
      name.utf8.suffix(3).reduce(0) { $0 << 8 | UInt32($1 | 0x20) }
    })
}()

/// What a name says about the value that follows it.
enum NameKind {
  case secret, header, session, query, pass, directory

  init?(_ name: String) {
    // `aws_secret_access_key`, `awsSecretAccessKey` and `AWS-Secret-Access-Key` are one name.
    let flat = String(name.lowercased().filter { $0.isLetter || $0.isNumber })
    if ["authorization", "cookie", "cookie2"].contains(where: flat.hasSuffix) {
      self = .header
    } else if flat == "pwd" || flat == "oldpwd" {
      self = .directory
    } else if secretNames.contains(where: flat.hasSuffix) {
      self = .secret
    } else if flat == "sid" || flat == "connectsid" || flat == "sess" || flat.hasSuffix("session") {
      self = .session
    } else if ["args", "query", "querystring"].contains(flat) {
      self = .query
    } else if flat.hasSuffix("pass"), isPassword(name) {
      self = .pass
    } else {
      return nil
    }
  }
}

/// `pass`, `db_pass`; not `bypass`, not nginx's `proxy_pass`.
private func isPassword(_ name: String) -> Bool {
  let parts = name.lowercased().split { "_-.".contains($0) }
  guard parts.last == "pass" else { return false }
  guard parts.count > 1 else { return true }
  return !["proxy", "fastcgi", "uwsgi", "scgi", "grpc", "memcached"].contains(
    parts[parts.count - 2])
}

let secretNames = [
  "password", "passwd", "passphrase", "passwordhash", "pwd", "secret", "token", "apikey",
  "secretkey", "secretkeybase", "accesskey", "privatekey", "signingkey", "encryptionkey", "authkey",
  "credential", "credentials", "masterauth", "requirepass", "rediscliauth", "sessionid", "sessid",
  "sessionkey", "passcode", "accountkey", "licensekey", "webhookkey", "jwt", "masteruser",
  "primaryauth", "primaryuser", "keyfilepass", "sentinelpass", "authpass", "apitoken",
]

func isNameByte(_ byte: UInt8) -> Bool {
  isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    || byte == UInt8(ascii: ".")
}

func isLetter(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

func isDigit(_ byte: UInt8) -> Bool {
  (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

func isSpace(_ byte: UInt8) -> Bool { byte <= 0x20 }
