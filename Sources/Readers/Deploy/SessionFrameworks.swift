import Model

// MARK: ASP.NET Core

extension SessionSettings {
  /// `AddSession(o => o.IdleTimeout = TimeSpan.FromDays(365))`, where the same file keeps what is distributed in
  /// Redis.
  mutating func readASPNet(_ tokens: [CodeToken]) {
    let stores: Set<String> = [
      "AddStackExchangeRedisCache", "AddDistributedRedisCache", "AddRedisDistributedCache",
    ]
    guard tokens.contains(where: { $0.word.map(stores.contains) ?? false }) else { return }
    for setting in CodeSettings(tokens)
    where setting.key == "IdleTimeout" && setting.calls.contains("AddSession") {
      guard let seconds = spanSeconds(setting.value) else { continue }
      timeouts.append((seconds, origin(setting)))
    }
  }

  /// `TimeSpan.FromDays(365)`; `TimeSpan.MaxValue` is for ever.
  private func spanSeconds(_ value: ArraySlice<CodeToken>) -> Double? {
    if value.compactMap(\.word) == ["TimeSpan", "MaxValue"] { return 0 }
    return codeDuration(value, of: "TimeSpan", "From")
  }
}

// MARK: Laravel

extension SessionSettings {
  /// `config/session.php`: `'driver' => env('SESSION_DRIVER', 'redis')` and `'lifetime' => 525600`, in minutes.
  mutating func readLaravel(_ tokens: [CodeToken]) {
    var driver: String?
    var lifetime: (seconds: Double, origin: Origin)?
    for (index, token) in tokens.enumerated() {
      guard case .string(let key) = token.content, ["driver", "lifetime"].contains(key),
        index + 3 < tokens.count, tokens[index + 1].isSymbol("="),
        tokens[index + 2].isSymbol(">")
      else { continue }
      // What stands where the environment says nothing counts.
      let value = tokens[(index + 3)...].prefix(12).prefix { $0.line == token.line }
      switch key {
      case "driver":
        driver =
          value.reversed().lazy.compactMap { found in
            if case .string(let text) = found.content { text } else { nil }
          }.first
      default:
        let numbers = value.filter { if case .number = $0.content { true } else { false } }
        guard let only = numbers.first, numbers.count == 1,
          case .number(let minutes) = only.content, minutes > 0
        else { continue }
        lifetime = (
          minutes * 60,
          Document.origin(only.line, in: lines).marking(bytes: only.columns)
        )
      }
    }
    if driver == "redis" { timeouts += [lifetime].compactMap(\.self) }
  }

  /// `.env`: `SESSION_DRIVER=redis`, `SESSION_LIFETIME=525600`, in minutes; the first of a name counts.
  mutating func readEnvironment() {
    var values: [Substring: (text: String, line: Int)] = [:]
    for (index, line) in lines.enumerated() {
      let code = line.bare
      guard !code.hasPrefix("#"), let equals = code.firstIndex(of: "=") else { continue }
      let name = code[..<equals].bare
      guard name.hasPrefix("SESSION_"), values[name] == nil else { continue }
      let value = code[code.index(after: equals)...].prefix { $0 != "#" }.bare
      values[name] = (unquoted(String(value)), index + 1)
    }
    guard values["SESSION_DRIVER"]?.text == "redis", let lifetime = values["SESSION_LIFETIME"],
      let minutes = Double(lifetime.text), minutes > 0
    else { return }
    timeouts.append(
      (minutes * 60, Document.origin(lifetime.line, in: lines).marking(lifetime.text)))
  }
}

// MARK: Go

/// The packages that keep sessions in Redis, as a file of Go imports them.
enum GoSessions {
  /// `MaxAge` of the cookie is the life of the key.
  static let cookieStores = [
    "gin-contrib/sessions/redis", "boj/redistore", "rbcervilla/redisstore",
  ]
  static let scsStores = ["scs/redisstore", "scs/goredisstore"]

  static func isUsed(in text: String) -> Bool {
    (cookieStores + scsStores).contains { text.contains($0) }
  }
}

extension SessionSettings {
  /// `store.Options(sessions.Options{MaxAge: 86400 * 365})`, `store.SetMaxAge(86400 * 365)`, and scs's
  /// `sessions.Lifetime = 8760 * time.Hour`. Zero and less stand for the store's own default.
  mutating func readGo(_ tokens: [CodeToken]) {
    let imports = tokens.compactMap { token in
      if case .string(let text) = token.content { text } else { nil }
    }
    func takes(_ packages: [String]) -> Bool {
      packages.contains { package in imports.contains { $0.contains(package) } }
    }
    if takes(GoSessions.cookieStores) {
      for setting in CodeSettings(tokens, endsWithLine: true) {
        let isOption = setting.key == "MaxAge" && setting.calls.last == "Options"
        let isCall = setting.key == nil && setting.calls.last == "SetMaxAge"
        guard isOption || isCall, let seconds = codeProduct(setting.value), seconds > 0 else {
          continue
        }
        timeouts.append((seconds, origin(setting)))
      }
    }
    guard takes(GoSessions.scsStores) else { return }
    var found: [String: (seconds: Double, origin: Origin)] = [:]
    for setting in CodeSettings(tokens, endsWithLine: true) {
      guard let key = setting.key, ["Lifetime", "IdleTimeout"].contains(key),
        let seconds = durationSeconds(setting.value), seconds > 0
      else { continue }
      found[key] = (seconds, origin(setting))
    }
    // Whichever ends first; http.Server has an IdleTimeout too, which then hides nothing worse.
    if let first = found.values.min(by: { $0.seconds < $1.seconds }), found["Lifetime"] != nil {
      timeouts.append(first)
    }
  }

  /// `30 * 24 * time.Hour`, in any order.
  private func durationSeconds(_ value: ArraySlice<CodeToken>) -> Double? {
    let scales: [String: Double] = ["Hour": 3600, "Minute": 60, "Second": 1]
    let words = value.compactMap(\.word)
    guard words.count == 2, words[0] == "time", let scale = scales[words[1]] else { return nil }
    var product = scale
    for token in value {
      switch token.content {
      case .number(let number): product *= number
      case .symbol("*"), .symbol("."), .symbol("("), .symbol(")"), .word: continue
      default: return nil
      }
    }
    return product.isFinite ? product : nil
  }
}
