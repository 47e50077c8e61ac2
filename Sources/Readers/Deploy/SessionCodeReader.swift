import Model

/// How long sessions in Redis live, as programs set it up: Spring Session (Java, Kotlin), connect-redis of
/// Express (JavaScript, TypeScript), the session store of Rails (Ruby), PHP's `session.gc_maxlifetime`, Laravel,
/// ASP.NET Core, and the stores that gin, gorilla and scs keep in Redis (Go).
///
/// ```
/// @EnableRedisHttpSession(maxInactiveIntervalInSeconds = 2147483647)
/// session({ store: new RedisStore({ client }), saveUninitialized: true, cookie: { maxAge: 1000 * 3600 } })
/// Rails.application.config.session_store :redis_store, expire_after: 20.years
/// ```
///
/// Only what is written out counts, and only where the same file says that sessions are kept in Redis.
enum SessionCodeReader {
  /// Whether a file with such a beginning may hold any of it.
  static func mayHold(_ text: String, suffix: String) -> Bool {
    switch suffix {
    case "java", "kt":
      text.contains("maxInactiveIntervalInSeconds")
        || text.contains("setDefaultMaxInactiveInterval")
    case "js", "mjs", "cjs", "ts": text.contains("connect-redis")
    case "rb": text.contains("session_store") && text.contains("redis")
    case "cs": text.contains("AddSession") && text.contains("IdleTimeout") && text.contains("Redis")
    case "go": text.contains("redis") && GoSessions.isUsed(in: text)
    case "php": text.contains("'lifetime'") && text.contains("'driver'")
    case "env": text.contains("SESSION_LIFETIME") && text.contains("SESSION_DRIVER")
    default: text.contains("session.gc_maxlifetime")
    }
  }

  static func read(_ file: DeployFile, into page: inout Page) {
    // Tests of Go stand beside what they test.
    guard !file.name.hasSuffix("_test.go") else { return }
    let isEnvironment = file.name.hasPrefix(".env")
    let suffix =
      isEnvironment ? "env" : file.name.split(separator: ".").last.map { $0.lowercased() } ?? ""
    var settings = SessionSettings(lines: file.document.lines)
    let tokens: [CodeToken]
    switch suffix {
    case "java", "kt":
      tokens = codeTokens(file.document.bytes, comment: "//")
      settings.readSpring(tokens)
    case "js", "mjs", "cjs", "ts":
      tokens = codeTokens(file.document.bytes, comment: "//")
      settings.readExpress(tokens)
    case "rb":
      tokens = codeTokens(file.document.bytes, comment: "#")
      settings.readRails(tokens)
    case "cs":
      tokens = codeTokens(file.document.bytes, comment: "//")
      settings.readASPNet(tokens)
    case "go":
      tokens = codeTokens(file.document.bytes, comment: "//")
      settings.readGo(tokens)
    case "php":
      tokens = codeTokens(file.document.bytes, comment: "//")
      settings.readLaravel(tokens)
    case "env":
      tokens = []
      settings.readEnvironment()
    default:
      tokens = []
      settings.readPHP()
    }
    if tokens.count == codeTokenLimit {
      page.lose("a program of more than \(codeTokenLimit) words; the first were read")
    }
    settings.record(into: &page)
  }
}

struct SessionSettings {
  let lines: [String]
  /// Seconds; 0 or less is for ever.
  var timeouts: [(seconds: Double, origin: Origin)] = []
  private var savesUnused: (flag: Bool, origin: Origin)?

  init(lines: [String]) { self.lines = lines }

  func record(into page: inout Page) {
    let app = page.subject(.app)
    for timeout in page.first(100, of: timeouts, "time-outs of sessions") {
      if timeout.seconds > 0 {
        page.record("app.session.timeout", timeout.seconds, of: app, origin: timeout.origin)
      } else {
        page.record("app.session.never_expires", .flag(true), of: app, origin: timeout.origin)
      }
    }
    if let savesUnused {
      page.record(
        "app.session.saves_unused", .flag(savesUnused.flag), of: app, origin: savesUnused.origin)
    }
  }

  private func origin(_ token: CodeToken) -> Origin { Document.origin(token.line, in: lines) }

  /// Where a value stands that another may be put in its place: one on the line of its name.
  func origin(_ setting: CodeSettings.Setting) -> Origin {
    guard let first = setting.value.first, let last = setting.value.last else {
      return Origin(line: nil, excerpt: "")
    }
    guard setting.line == first.line, first.line == last.line else { return origin(first) }
    return origin(first).marking(bytes: first.columns.lowerBound..<last.columns.upperBound)
  }

  // MARK: Spring Session

  mutating func readSpring(_ tokens: [CodeToken]) {
    for setting in CodeSettings(tokens) {
      let isEnabled = setting.calls.contains {
        $0.hasPrefix("EnableRedis") && ($0.hasSuffix("HttpSession") || $0.hasSuffix("WebSession"))
      }
      guard let first = setting.value.first, let seconds = javaSeconds(setting.value) else {
        continue
      }
      if isEnabled, setting.key == "maxInactiveIntervalInSeconds" {
        timeouts.append((seconds, origin(setting)))
      } else if setting.key == nil, setting.calls.last == "setDefaultMaxInactiveInterval" {
        timeouts.append((seconds, origin(first)))
      }
    }
  }

  /// `60 * 30`, `-1`, `Integer.MAX_VALUE`, `Duration.ofDays(3650)`.
  private func javaSeconds(_ value: ArraySlice<CodeToken>) -> Double? {
    let words = value.compactMap(\.word)
    if words == ["Integer", "MAX_VALUE"] || words == ["Int", "MAX_VALUE"] { return 2_147_483_647 }
    if words == ["Duration", "ZERO"] { return 0 }
    return codeDuration(value, of: "Duration", "of") ?? codeProduct(value)
  }

  // MARK: Express

  /// connect-redis: the end of the cookie is that of the session, and `ttl` that of cookies without an end; both
  /// none with `disableTTL`.
  mutating func readExpress(_ tokens: [CodeToken]) {
    var cookie: (seconds: Double, origin: Origin)?
    var ttl: (seconds: Double, origin: Origin)?
    var never: (seconds: Double, origin: Origin)?
    for setting in CodeSettings(tokens) {
      guard let key = setting.key, let first = setting.value.first else { continue }
      let isStore = setting.calls.contains { $0.hasSuffix("RedisStore") }
      let isSession = setting.calls.contains { $0 == "session" || $0 == "expressSession" }
      switch key {
      case "disableTTL" where isStore && setting.value.count == 1 && first.word == "true":
        never = (0, origin(setting))
      case "ttl" where isStore:
        ttl = codeProduct(setting.value).map { ($0, origin(setting)) } ?? ttl
      case "maxAge" where isSession && setting.calls.last == "cookie":
        cookie = codeProduct(setting.value).map { ($0 / 1000, origin(setting)) } ?? cookie
      case "saveUninitialized" where isSession && !isStore && setting.value.count == 1:
        guard let word = first.word, word == "true" || word == "false" else { continue }
        savesUnused = (word == "true", origin(setting))
      default: continue
      }
    }
    timeouts += [never ?? cookie ?? ttl].compactMap(\.self)
  }

  // MARK: Rails

  /// `session_store :redis_store, ..., expire_after: 20.years`: up to the end of the statement, the line that
  /// ends without a comma and with all brackets closed.
  mutating func readRails(_ tokens: [CodeToken]) {
    guard let start = tokens.firstIndex(where: { $0.word == "session_store" }) else { return }
    var depth = 0
    var end = start + 1
    while end < tokens.count {
      let isNewLine = tokens[end].line > tokens[end - 1].line
      if isNewLine, depth <= 0, !tokens[end - 1].isSymbol(",") { break }
      if case .symbol(let symbol) = tokens[end].content {
        if "([{".contains(symbol) { depth += 1 }
        if ")]}".contains(symbol) { depth -= 1 }
      }
      end += 1
    }
    let statement = tokens[start..<end]
    guard statement.contains(where: { $0.word?.hasPrefix("redis") == true }) else { return }
    for setting in CodeSettings(Array(statement)) {
      guard let key = setting.key, ["expire_after", "ttl"].contains(key),
        let seconds = railsSeconds(setting.value)
      else { continue }
      timeouts.append((seconds, origin(setting)))
    }
  }

  /// `20.years`, `90.minutes`, `3600`, `60 * 60`.
  private func railsSeconds(_ value: ArraySlice<CodeToken>) -> Double? {
    let scales: [String: Double] = [
      "year": 31_556_952, "month": 2_629_746, "week": 604_800, "day": 86_400, "hour": 3600,
      "minute": 60, "second": 1,
    ]
    if value.count == 3, case .number(let count) = value.first?.content,
      value[value.startIndex + 1].isSymbol("."), let unit = value.last?.word
    {
      return scales[unit.hasSuffix("s") ? String(unit.dropLast()) : unit].map { $0 * count }
    }
    return codeProduct(value)
  }

  // MARK: PHP

  /// php.ini, or a pool of PHP-FPM with `php_value[...]` and `php_admin_value[...]`. phpredis takes
  /// `session.gc_maxlifetime` for the life of its keys.
  mutating func readPHP() {
    var isRedis = false
    var found: (seconds: Double, origin: Origin)?
    for (index, line) in lines.enumerated() {
      let code = line.bare
      guard !code.hasPrefix(";"), let equals = code.firstIndex(of: "=") else { continue }
      var name = code[..<equals].bare
      if let open = name.firstIndex(of: "["), name.hasSuffix("]") {
        name = name[name.index(after: open)...].dropLast()
      }
      let value = unquoted(String(code[code.index(after: equals)...].prefix { $0 != ";" }.bare))
      switch name {
      case "session.save_handler": isRedis = value.hasPrefix("redis")
      case "session.gc_maxlifetime":
        guard let seconds = Double(value), seconds > 0 else { continue }
        found = (seconds, Document.origin(index + 1, in: lines).marking(value))
      default: continue
      }
    }
    if isRedis { timeouts += [found].compactMap(\.self) }
  }
}
