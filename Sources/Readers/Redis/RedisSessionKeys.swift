/// How the names of keys show that they hold sessions: the prefixes that session libraries use
/// unless told otherwise.
enum RedisSessionKeys {
  /// Prefix and the document that states it. A longer one stands before a shorter one of its kind.
  static let documented: [(prefix: String, source: String)] = [
    ("spring:session:", "Spring Session, default namespace of the Redis repositories"),
    ("redisson:tomcat_session:", "Redisson, Tomcat session manager"),
    ("scs:session:", "alexedwards/scs, redisstore"),
    ("rack:session:", "redis-rack, default namespace"),
    ("koa:sess:", "koa-redis, readme"),
    ("PHPREDIS_SESSION:", "phpredis, session handler"),
    ("AIOHTTP_SESSION_", "aiohttp-session, RedisStorage"),
    ("laravel_session", "Laravel, config/session.php"),
    ("sess:", "connect-redis, default prefix"),
    ("session:", "Flask-Session, SESSION_KEY_PREFIX"),
    ("session_", "redistore of gorilla/sessions"),
    ("sess_", "Magento, Redis session handler"),
    ("sf_s", "Symfony, RedisSessionHandler"),
  ]

  /// Django builds `prefix:version:` before the key that django.contrib.sessions gives its cache.
  private static let django = "django.contrib.sessions."

  /// The prefix by which a key shows a session; nil where its name shows none.
  static func prefix(of key: some StringProtocol) -> String? {
    // What all of them have in common; most keys have none of it.
    let text = Substring(key)
    guard ["ess", "ESSION", "sf_s"].contains(where: { text.contains($0) }) else {
      return laravel(text)
    }
    for (prefix, _) in documented where key.hasPrefix(prefix) && key.utf8.count > prefix.utf8.count
    {
      return prefix
    }
    // MONITOR's quirk of a semicolon, seen in pastes.
    if key.hasPrefix("spring;session:") { return "spring:session:" }
    if let index = start(of: django, in: key) {
      return String(key[..<index]) + django
    }
    return token(in: key) ?? laravel(text)
  }

  /// Laravel keeps a session in the cache under nothing but its id, 40 letters and digits, behind
  /// the prefixes of the connection and of the cache (`shop_database_shop_cache_`). Names that are
  /// hashes, as of its rate limiter, have no capitals.
  private static func laravel(_ key: Substring) -> String? {
    let bytes = key.utf8
    guard bytes.count > 46,
      let start = bytes.index(bytes.endIndex, offsetBy: -40, limitedBy: bytes.startIndex)
    else { return nil }
    var (small, capital, digit) = (0, 0, 0)
    for byte in bytes[start...] {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"): small += 1
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): capital += 1
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit += 1
      default: return nil
      }
    }
    guard small > 3, capital > 3, digit > 0 else { return nil }
    let prefix = key[..<start]
    guard let last = prefix.last, ":_-".contains(last), prefix.contains("cache") else { return nil }
    return String(prefix)
  }

  /// The key is an id and nothing else: a UUID, a hash, a token. Such a name does not tell what it
  /// holds, nor what it does not.
  static func isBareID(_ key: some StringProtocol) -> Bool {
    guard key.utf8.count >= 22 else { return false }
    var (digits, letters, run, longest) = (0, 0, 0, 0)
    for byte in key.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits += 1
        run = 0
      case UInt8(ascii: "a")...UInt8(ascii: "z"):
        letters += 1
        run += 1
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        letters += 1
        run = 0
      case UInt8(ascii: "-"), UInt8(ascii: "_"): run = 0
      default: return false
      }
      longest = max(longest, run)
    }
    // Words are runs of small letters.
    return digits >= 2 && letters >= 2 && longest <= 8
  }

  /// A name of one's own choice with the word in it: `shop:sessions:5f2c`, `app_session_5f2c`.
  private static func token(in key: some StringProtocol) -> String? {
    for word in ["sessions", "session", "sess"] {
      guard let start = start(of: word, in: key) else { continue }
      let end = key.index(start, offsetBy: word.count)
      guard end < key.endIndex, ":_-./|".contains(key[end]),
        start == key.startIndex || !key[key.index(before: start)].isLetter
      else { continue }
      let next = key.index(after: end)
      return next < key.endIndex ? String(key[..<next]) : nil
    }
    return nil
  }

  private static func start<S: StringProtocol>(of word: String, in key: S) -> S.Index? {
    var from = key.startIndex
    while let first = word.first, let index = key[from...].firstIndex(of: first) {
      if key[index...].hasPrefix(word) { return index }
      from = key.index(after: index)
    }
    return nil
  }
}
