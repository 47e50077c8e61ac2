import Model

/// What literal assignments of a Django `settings.py` say of sessions, caches and Celery.
///
/// ```
/// SESSION_ENGINE = "django.contrib.sessions.backends.cache"
/// SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
/// CACHES = {"default": {"LOCATION": "redis://redis:6379/1", "TIMEOUT": None}}
/// ```
struct DjangoSettings {
  let lines: [String]
  let app: Int

  /// Names that a settings file of Django assigns at the start of a line.
  static func isDjango(_ lines: [String]) -> Bool {
    lines.contains { line in
      [
        "SESSION_ENGINE", "SESSION_COOKIE_AGE", "INSTALLED_APPS", "CACHES", "ROOT_URLCONF",
        "CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "WSGI_APPLICATION",
      ].contains { name in
        line.hasPrefix(name)
          && line.dropFirst(name.count).first { $0 != " " }.map { $0 == "=" || $0 == ":" } == true
      }
    }
  }

  private func origin(_ line: Int) -> Origin { Document.origin(line, in: lines) }

  /// The text after `NAME =` on its line; the last assignment counts, as in Python.
  private func assigned(_ names: String...) -> (text: String, line: Int)? {
    var found: (text: String, line: Int)?
    for (index, line) in lines.enumerated() {
      for name in names where line.hasPrefix(name) {
        var rest = line.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }
        guard rest.first == "=", rest.dropFirst().first != "=" else { continue }
        rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
        found = (withoutComment(String(rest)), index + 1)
      }
    }
    return found
  }

  private func withoutComment(_ text: String) -> String {
    var quote: Character?
    var result = ""
    for character in text {
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if character == "#" {
        break
      }
      result.append(character)
    }
    return String(result.reversed().drop { $0.isWhitespace || $0 == "," }.reversed())
  }

  func read(into page: inout Page) {
    let engine = assigned("SESSION_ENGINE")
    if let age = assigned("SESSION_COOKIE_AGE") {
      if let seconds = pythonProduct(age.text) {
        page.record(
          "app.session.timeout", seconds, of: app, origin: origin(age.line).marking(age.text))
      } else {
        page.warn("SESSION_COOKIE_AGE is computed: not read", line: age.line)
      }
    } else if engine != nil {
      page.record(
        "app.session.timeout", 1_209_600, of: app,
        origin: Origin(line: nil, excerpt: "SESSION_COOKIE_AGE is not set; default two weeks"))
    }
    if let engine, let text = pythonString(engine.text) {
      page.record("app.session.store", .text(text), of: app, origin: origin(engine.line))
    }
    readCaches(&page)
    readCelery(&page)
    readRedis(&page)
  }

  private func readCaches(_ page: inout Page) {
    guard let timeout = entry("TIMEOUT", of: "CACHES") else { return }
    if timeout.text == "None" {
      page.record("app.cache.never_expires", .flag(true), of: app, origin: origin(timeout.line))
    } else if let seconds = pythonProduct(timeout.text) {
      page.record("app.cache.never_expires", .flag(false), of: app, origin: origin(timeout.line))
      page.record("app.cache.timeout", seconds, of: app, origin: origin(timeout.line))
    }
  }

  private func readCelery(_ page: inout Page) {
    for name in ["CELERY_BROKER_TRANSPORT_OPTIONS", "BROKER_TRANSPORT_OPTIONS"] {
      guard let visibility = entry("visibility_timeout", of: name),
        let seconds = pythonProduct(visibility.text)
      else { continue }
      page.record(
        "app.celery.visibility_timeout", seconds, of: app, origin: origin(visibility.line))
    }
    if let late = assigned("CELERY_TASK_ACKS_LATE", "CELERY_ACKS_LATE") {
      page.record(
        "app.celery.acks_late", .flag(late.text == "True"), of: app, origin: origin(late.line))
    }
    let expires = assigned("CELERY_RESULT_EXPIRES", "CELERY_TASK_RESULT_EXPIRES")
    guard let expires else { return }
    let seconds = pythonProduct(expires.text)
    // Celery: None or 0 keeps results for ever.
    let isNever = expires.text == "None" || seconds == 0
    if isNever || seconds != nil {
      page.record(
        "app.celery.results_never_expire", .flag(isNever), of: app, origin: origin(expires.line))
    }
    if let seconds, !isNever {
      page.record("app.celery.result_expires", seconds, of: app, origin: origin(expires.line))
    }
  }

  private func readRedis(_ page: inout Page) {
    let location = entry("LOCATION", of: "CACHES")
    let broker = assigned("CELERY_BROKER_URL", "BROKER_URL")
    for stated in [location, broker] {
      guard let stated, let url = pythonString(stated.text), let address = RedisAddress(url: url)
      else { continue }
      page.record("app.redis.host", .text(address.host), of: app, origin: origin(stated.line))
      page.record("app.redis.port", Double(address.port), of: app, origin: origin(stated.line))
      page.relate(
        app, .connectsTo, address.subject(on: &page), origin: origin(stated.line))
      return
    }
  }

  /// The value of a key inside the dictionary that is assigned to a name.
  private func entry(_ key: String, of name: String) -> (text: String, line: Int)? {
    guard
      let start = lines.lastIndex(where: {
        $0.hasPrefix(name)
          && $0.dropFirst(name.count).drop(while: { $0 == " " }).first == "="
      })
    else { return nil }
    var depth = 0
    for index in start..<min(start + 200, lines.count) {
      let line = withoutComment(lines[index])
      for quote in ["\"", "'"] {
        if let text = text(after: quote + key + quote, in: line) { return (text, index + 1) }
      }
      for character in line {
        if character == "{" || character == "[" || character == "(" { depth += 1 }
        if character == "}" || character == "]" || character == ")" { depth -= 1 }
      }
      if depth <= 0 { return nil }
    }
    return nil
  }

  /// `60 * 60` of `"TIMEOUT": 60 * 60, ...`.
  private func text(after key: String, in line: String) -> String? {
    var rest = line[...]
    while !rest.isEmpty {
      guard rest.hasPrefix(key) else {
        rest = rest.dropFirst()
        continue
      }
      rest = rest.dropFirst(key.count).drop { $0 == " " }
      guard rest.first == ":" else { return nil }
      rest = rest.dropFirst().drop { $0 == " " }
      if let quote = rest.first, quote == "\"" || quote == "'" {
        return String(quote) + rest.dropFirst().prefix { $0 != quote } + String(quote)
      }
      let value = rest.prefix { $0 != "," && $0 != "}" && $0 != "]" }
      return String(value.reversed().drop { $0 == " " }.reversed())
    }
    return nil
  }
}

/// A number, or a product of numbers: `60 * 60 * 24`. Nil for what only Python can tell.
func pythonProduct(_ text: String) -> Double? {
  var rest = text[...]
  if rest.hasPrefix("("), rest.hasSuffix(")") { rest = rest.dropFirst().dropLast() }
  var product = 1.0
  let factors = rest.split(separator: "*", omittingEmptySubsequences: false)
  for factor in factors {
    let digits = factor.filter { $0 != " " && $0 != "_" }
    guard let number = Double(digits) else { return nil }
    product *= number
  }
  return factors.isEmpty || !product.isFinite ? nil : product
}

/// The text between quotes; nil for anything else (a call, a name, a formatted string).
func pythonString(_ text: String) -> String? {
  guard let quote = text.first, quote == "\"" || quote == "'", text.count >= 2,
    text.last == quote
  else { return nil }
  return String(text.dropFirst().dropLast())
}
