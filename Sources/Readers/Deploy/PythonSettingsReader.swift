import Model

/// Django settings, Celery configuration and tasks: literal assignments and the keywords of the few
/// calls that set things up. Python is read, never run.
///
/// ```
/// CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 60}
/// app.conf.update(task_acks_late=True, result_expires=None)
/// @shared_task(bind=True, max_retries=None)
/// ```
enum PythonSettingsReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let statements = pythonStatements(file.document.bytes)
    var settings = PythonSettings(lines: file.document.lines)
    for statement in statements { settings.take(statement) }
    settings.record(file, into: &page)
  }
}

private struct PythonSettings {
  struct Entry {
    let tokens: ArraySlice<PythonToken>
    let line: Int
  }

  let lines: [String]
  /// Settings by name; entries of dictionaries by dotted path.
  private var entries: [String: Entry] = [:]
  private var names: [String: PythonValue] = [:]
  /// Keywords of decorators and calls of tasks.
  private var decorated: [(function: String, keyword: String, entry: Entry)] = []

  init(lines: [String]) { self.lines = lines }

  mutating func take(_ statement: PythonStatement) {
    let tokens = statement.tokens[...]
    guard let first = tokens.first else { return }
    takeCalls(tokens)
    takeFlask(tokens)
    guard case .name(let name) = first.content else { return }
    // A class of Flask's settings; what else is indented sets nothing for certain.
    guard statement.indent == 0 || PythonSettings.flaskNames.contains(name) else { return }
    // `app.conf.result_expires = None` sets what its last name says.
    var index = tokens.startIndex
    var target = name
    while index + 2 < tokens.endIndex, tokens[index + 1].isSymbol("."),
      case .name(let next) = tokens[index + 2].content
    {
      target = next
      index += 2
    }
    let isConf = index > tokens.startIndex
    guard index + 1 < tokens.endIndex else { return }
    var assign = index + 1
    if tokens[assign].isSymbol(":"),
      let equals = tokens[assign...].firstIndex(where: { $0.isSymbol("=") })
    {
      assign = equals
    }
    guard tokens[assign].isSymbol("=") else { return }
    if isConf, !tokens[..<index].contains(where: { $0.isName("conf") }) { return }
    set(target, tokens[(assign + 1)...], line: first.line)
    if !isConf { names[name] = PythonExpression.evaluate(tokens[(assign + 1)...], names: names) }
  }

  private static let flaskNames: Set<String> = ["PERMANENT_SESSION_LIFETIME", "SESSION_TYPE"]

  /// `app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=3650)`.
  private mutating func takeFlask(_ tokens: ArraySlice<PythonToken>) {
    guard let config = tokens.firstIndex(where: { $0.isName("config") }),
      config + 5 <= tokens.endIndex, tokens[config + 1].isSymbol("["),
      case .string(let name, _) = tokens[config + 2].content, tokens[config + 3].isSymbol("]"),
      tokens[config + 4].isSymbol("="), PythonSettings.flaskNames.contains(name)
    else { return }
    set(name, tokens[(config + 5)...], line: tokens[config].line)
  }

  private mutating func set(_ name: String, _ value: ArraySlice<PythonToken>, line: Int) {
    guard entries.count < 5000 else { return }
    entries[name] = Entry(tokens: value, line: line)
    flatten(value, path: name, depth: 0)
  }

  /// `{"default": {"TIMEOUT": None}}` is `NAME.default.TIMEOUT`.
  private mutating func flatten(_ tokens: ArraySlice<PythonToken>, path: String, depth: Int) {
    guard depth < 8, let open = tokens.first, open.isSymbol("{"), entries.count < 5000 else {
      return
    }
    var index = tokens.startIndex + 1
    while index < tokens.endIndex {
      guard case .string(let key, _) = tokens[index].content, index + 1 < tokens.endIndex,
        tokens[index + 1].isSymbol(":")
      else {
        index += 1
        continue
      }
      let line = tokens[index].line
      let end = endOfValue(tokens, from: index + 2)
      let value = tokens[(index + 2)..<end]
      entries[path + "." + key] = Entry(tokens: value, line: value.first?.line ?? line)
      flatten(value, path: path + "." + key, depth: depth + 1)
      index = end + 1
    }
  }

  /// The comma or closing bracket after a value.
  private func endOfValue(_ tokens: ArraySlice<PythonToken>, from start: Int) -> Int {
    var open = 0
    var index = start
    while index < tokens.endIndex {
      if case .symbol(let symbol) = tokens[index].content {
        if ["(", "[", "{"].contains(symbol) { open += 1 }
        if [")", "]", "}"].contains(symbol) {
          if open == 0 { return index }
          open -= 1
        }
        if symbol == ",", open == 0 { return index }
      }
      index += 1
    }
    return tokens.endIndex
  }

  /// Keywords of `x.conf.update(...)`, `Celery(...)`, task decorators, `retry` and `apply_async`.
  private mutating func takeCalls(_ tokens: ArraySlice<PythonToken>) {
    for index in tokens.indices where tokens[index].isSymbol("(") && index > tokens.startIndex {
      guard case .name(let function) = tokens[index - 1].content else { continue }
      // `app.conf.update(...)` of Celery, `app.config.update(...)` and `from_mapping` of Flask.
      let isUpdate =
        function == "update"
        && tokens[..<index].contains { $0.isName("conf") || $0.isName("config") }
        || function == "from_mapping"
      let isTask = function == "shared_task" || function == "task" || function == "retry"
      guard isUpdate || isTask || function == "Celery" || function == "apply_async" else {
        continue
      }
      var position = index + 1
      while position + 1 < tokens.endIndex {
        if tokens[position].isSymbol(")") { break }
        let end: Int
        if case .name(let keyword) = tokens[position].content, tokens[position + 1].isSymbol("=") {
          end = endOfValue(tokens, from: position + 2)
          let value = tokens[(position + 2)..<end]
          let entry = Entry(tokens: value, line: tokens[position].line)
          if isUpdate {
            set(keyword, value, line: entry.line)
          } else if function == "Celery" {
            set(keyword == "broker" ? "broker_url" : keyword, value, line: entry.line)
          } else if decorated.count < 1000 {
            decorated.append((function, keyword, entry))
          }
        } else {
          end = endOfValue(tokens, from: position)
        }
        guard end < tokens.endIndex, tokens[end].isSymbol(",") else { break }
        position = end + 1
      }
    }
  }

  // MARK: look-up

  /// Celery's settings have had three spellings.
  private func entry(_ names: String...) -> Entry? {
    names.lazy.compactMap { entries[$0] }.first
  }

  private func value(_ entry: Entry) -> PythonValue {
    PythonExpression.evaluate(entry.tokens, names: names)
  }

  /// Seconds, also of `timedelta(hours=1)`.
  private func seconds(_ entry: Entry) -> Double? {
    if let number = value(entry).number { return number }
    guard let at = entry.tokens.firstIndex(where: { $0.isName("timedelta") }) else { return nil }
    let scales: [String: Double] = [
      "weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1,
    ]
    var total = 0.0
    var index = at + 2
    while index + 2 < entry.tokens.endIndex, case .name(let unit) = entry.tokens[index].content,
      let scale = scales[unit], entry.tokens[index + 1].isSymbol("=")
    {
      let end = endOfValue(entry.tokens, from: index + 2)
      let part = PythonExpression.evaluate(entry.tokens[(index + 2)..<end], names: names)
      guard let number = part.number else { return nil }
      total += number * scale
      index = end + 1
    }
    return total > 0 ? total : nil
  }

  private func isNone(_ entry: Entry) -> Bool { value(entry).content == .none }

  private func text(_ entry: Entry) -> String? {
    if case .text(let text) = value(entry).content { text } else { nil }
  }

  private func origin(_ entry: Entry) -> Origin {
    let origin = Document.origin(entry.line, in: lines)
    // The value, as far as it stands on the line of its name.
    // What the environment may set is more than a value.
    guard value(entry).environment == nil else { return origin }
    if entry.tokens.count == 1, case .string(let text, _) = entry.tokens.first?.content {
      return origin.marking(text)
    }
    return origin.marking(entry.tokens)
  }

  // MARK: recording

  func record(_ file: DeployFile, into page: inout Page) {
    let isSettings = ["INSTALLED_APPS", "MIDDLEWARE", "SESSION_ENGINE", "CACHES", "ROOT_URLCONF"]
      .contains { entries[$0] != nil }
    let app = page.subject(.app)
    if isSettings || entries.keys.contains(where: { $0.hasPrefix("SESSION_") }) {
      recordDjango(file, app, into: &page)
    }
    // Flask itself keeps sessions in cookies; Flask-Session gives its keys in Redis the same life.
    if let store = entries["SESSION_TYPE"], text(store) == "redis",
      let life = entries["PERMANENT_SESSION_LIFETIME"], let seconds = seconds(life)
    {
      page.record("app.session.timeout", seconds, of: app, origin: origin(life))
    }
    recordCelery(app, into: &page)
    recordTasks(app, into: &page)
  }

  private func recordDjango(_ file: DeployFile, _ app: Int, into page: inout Page) {
    let engine = entries["SESSION_ENGINE"]
    if let age = entries["SESSION_COOKIE_AGE"], let seconds = seconds(age) {
      page.record("app.session.timeout", seconds, of: app, origin: origin(age))
    }
    if let engine, let store = text(engine) {
      page.record("app.session.store", .text(store), of: app, origin: origin(engine))
      page.record(
        "app.session.in_cache_alone", .flag(store.hasSuffix("backends.cache")), of: app,
        origin: origin(engine))
    }
    if let save = entries["SESSION_SAVE_EVERY_REQUEST"], case .flag(let flag) = value(save).content
    {
      page.record("app.session.save_every_request", .flag(flag), of: app, origin: origin(save))
    }
    // Of several settings modules another may override it, but not the one of production.
    let stem = file.name.prefix { $0 != "." }
    let isLast =
      stem == "settings"
      || stem.split(separator: "_").contains { ["prod", "production"].contains($0) }
    if isLast, let debug = entries["DEBUG"], value(debug).environment == nil,
      case .flag(let flag) = value(debug).content
    {
      page.record("app.debug", .flag(flag), of: app, origin: origin(debug))
    }
    recordCaches(file, app, into: &page)
  }

  private func recordCaches(_ file: DeployFile, _ app: Int, into page: inout Page) {
    let backends = entries.filter { $0.key.hasPrefix("CACHES.") && $0.key.hasSuffix(".BACKEND") }
    for (key, backend) in backends.sorted(by: { $0.key < $1.key }) {
      guard let name = text(backend), name.lowercased().contains("redis") else { continue }
      let alias = String(key.dropLast(".BACKEND".count))
      if let timeout = entries[alias + ".TIMEOUT"] {
        let never = isNone(timeout)
        if never || seconds(timeout) != nil {
          page.record(
            "app.cache.never_expires", .flag(never), of: app, part: alias, origin: origin(timeout))
        }
      }
      let options = entries.keys.filter { $0.hasPrefix(alias + ".OPTIONS") }
      let timeouts = options.filter { $0.lowercased().hasSuffix("socket_timeout") }
      let hasURLTimeout =
        entries[alias + ".LOCATION"].flatMap { text($0) }?.contains("socket_timeout") ?? false
      let isOpen =
        options.contains { $0.hasSuffix("OPTIONS") }
        && entries[alias + ".OPTIONS"]?.tokens.first?.isSymbol("{") != true
      if !isOpen {
        let place = timeouts.sorted().first.flatMap { entries[$0] } ?? backend
        page.record(
          "app.redis.has_timeout", .flag(!timeouts.isEmpty || hasURLTimeout), of: app, part: alias,
          origin: origin(place))
        if let first = timeouts.sorted().first, let entry = entries[first],
          let seconds = seconds(entry)
        {
          page.record("app.redis.timeout", seconds, of: app, origin: origin(entry))
        }
      }
      relate(entries[alias + ".LOCATION"], app, into: &page)
    }
  }

  private func relate(_ entry: Entry?, _ app: Int, into page: inout Page) {
    guard let entry, let url = text(entry), let address = RedisAddress(url: url) else { return }
    page.relate(app, .connectsTo, address.subject(on: &page), origin: origin(entry))
  }

  private func recordCelery(_ app: Int, into page: inout Page) {
    let broker = entry("CELERY_BROKER_URL", "BROKER_URL", "broker_url")
    if let broker, let url = text(broker) {
      let scheme = String(url.prefix { $0 != ":" }).split(separator: "+").last.map(String.init)
      let kind = scheme == "rediss" ? "redis" : scheme ?? ""
      page.record("app.celery.broker", .text(kind), of: app, origin: origin(broker))
      relate(broker, app, into: &page)
    }
    if let broker, text(broker)?.hasPrefix("redis") == true,
      !entries.keys.contains(where: { $0.lowercased().contains("broker_transport_options") })
    {
      page.record(
        "app.celery.visibility_timeout", 3600, of: app,
        origin: Origin(line: nil, excerpt: "visibility_timeout is not set; the default is 1 hour"))
    }
    for name in [
      "CELERY_BROKER_TRANSPORT_OPTIONS", "BROKER_TRANSPORT_OPTIONS", "broker_transport_options",
    ] {
      guard let entry = entries[name + ".visibility_timeout"], let seconds = seconds(entry) else {
        continue
      }
      page.record("app.celery.visibility_timeout", seconds, of: app, origin: origin(entry))
    }
    if let late = entry("CELERY_TASK_ACKS_LATE", "CELERY_ACKS_LATE", "task_acks_late"),
      case .flag(let flag) = value(late).content
    {
      page.record("app.celery.acks_late", .flag(flag), of: app, origin: origin(late))
    }
    recordResults(app, into: &page)
    for (name, fact) in [
      ("TASK_TIME_LIMIT", "task_time_limit"), ("WORKER_CONCURRENCY", "concurrency"),
      ("WORKER_MAX_TASKS_PER_CHILD", "max_tasks_per_child"),
      ("WORKER_PREFETCH_MULTIPLIER", "prefetch_multiplier"),
    ] {
      guard let entry = entry("CELERY_" + name, name.lowercased()), let number = seconds(entry)
      else {
        continue
      }
      page.record("app.celery." + fact, number, of: app, origin: origin(entry))
    }
  }

  private func recordResults(_ app: Int, into page: inout Page) {
    let backend = entry("CELERY_RESULT_BACKEND", "result_backend", "backend")
    // What the environment names is Redis, as far as anybody can tell; a database is not.
    let isRedis = backend.flatMap { text($0) }.map { $0.hasPrefix("redis") }
    guard isRedis != false,
      let expires = entry(
        "CELERY_RESULT_EXPIRES", "CELERY_TASK_RESULT_EXPIRES", "result_expires")
    else { return }
    let seconds = seconds(expires)
    let isNever = isNone(expires) || seconds == 0
    guard isNever || seconds != nil else { return }
    page.record(
      "app.celery.results_never_expire", .flag(isNever), of: app, origin: origin(expires))
    if let seconds, !isNever {
      page.record("app.celery.result_expires", seconds, of: app, origin: origin(expires))
    }
  }

  private func recordTasks(_ app: Int, into page: inout Page) {
    for (function, keyword, entry) in decorated.prefix(200) {
      let part = "line \(entry.line)"
      switch keyword {
      case "max_retries" where isNone(entry):
        page.record(
          "app.celery.retries_forever", .flag(true), of: app, part: part, origin: origin(entry))
      case "countdown", "default_retry_delay":
        guard let delay = seconds(entry) else { continue }
        if delay == 0, keyword != "countdown" || function == "retry" {
          page.record(
            "app.celery.retries_at_once", .flag(true), of: app, part: part, origin: origin(entry))
        }
        if keyword == "countdown" {
          page.record(
            "app.celery.longest_countdown", delay, of: app, part: part, origin: origin(entry))
        }
      default: continue
      }
    }
  }
}
