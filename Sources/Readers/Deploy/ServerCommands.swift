import Model

/// `redis-server /etc/redis.conf --maxmemory 1gb --save ""`: the file and the settings of a command.
struct RedisCommand {
  private(set) var settings = RedisSettings(isRunning: false)
  private(set) var configFile: ShellWord?
  /// A word that only a running shell knows stands where settings could.
  private(set) var isOpen = false

  /// Whether the words start a Redis server; the official image adds the program to bare options.
  static func starts(_ words: [ShellWord]) -> Bool { server(in: words) != nil }

  private static func server(in words: [ShellWord], depth: Int = 0) -> ArraySlice<ShellWord>? {
    if let at = words.firstIndex(where: {
      let name = $0.text.split(separator: "/").last ?? ""
      return name == "redis-server" || name == "valkey-server"
    }) {
      return words[(at + 1)...].prefix { !$0.isOperator }
    }
    if let first = words.first {
      if first.text.hasPrefix("-") || first.text.hasSuffix(".conf") {
        return words.prefix { !$0.isOperator }
      }
    }
    guard depth < 2 else { return nil }
    for word in words where word.text.contains("-server") && word.text.contains(" ") {
      if let found = server(
        in: shellWords([(number: word.line, text: word.text[...])]), depth: depth + 1)
      {
        return found
      }
    }
    return nil
  }

  init(_ words: [ShellWord]) {
    guard var rest = RedisCommand.server(in: words) else {
      // A wrapper of somebody's own.
      isOpen = !words.isEmpty
      return
    }
    if let first = rest.first, !first.text.hasPrefix("-"), first.text != "-" {
      configFile = first
      rest = rest.dropFirst()
    }
    while let option = rest.first {
      rest = rest.dropFirst()
      guard option.text.hasPrefix("--"), option.text.count > 2 else {
        isOpen = isOpen || option.isComputed
        continue
      }
      var values: [ShellWord] = []
      while let value = rest.first, !value.text.hasPrefix("--") {
        values.append(value)
        rest = rest.dropFirst()
      }
      // `--save ""` switches off; `--save 900 1` sets.
      let text = values.map(\.text).joined(separator: " ")
      let name = option.text.dropFirst(2).lowercased()
      let isPassword = name == "requirepass" || name == "masterauth"
      settings.add(
        RedisSetting(
          name: name, value: isPassword ? "set" : text, nameLine: option.line,
          valueLine: values.first?.line ?? option.line))
    }
  }
}

/// `celery -A shop worker --concurrency 8`.
enum CeleryCommand {
  static func find(in words: [ShellWord], depth: Int = 0) -> ArraySlice<ShellWord>? {
    for (index, word) in words.enumerated() {
      let name = word.text.split(separator: "/").last ?? ""
      if name == "celery" {
        let arguments = words[(index + 1)...].prefix { !$0.isOperator }
        if arguments.contains(where: { $0.text == "worker" }) { return arguments }
      }
      if depth < 2, word.text.contains("celery"), word.text.contains(" "),
        let found = find(
          in: shellWords([(number: word.line, text: word.text[...])]), depth: depth + 1)
      {
        return found
      }
    }
    return nil
  }

  static func record(
    _ words: [ShellWord], of app: Int, _ lines: [String], into page: inout Page
  ) {
    guard let arguments = find(in: words) else { return }
    let first = arguments.first { $0.text == "worker" }
    let origin = Document.origin(first?.line ?? 1, in: lines).marking("worker")
    let text = "celery " + arguments.map(\.text).joined(separator: " ")
    page.record("app.celery.command", .text(String(text.prefix(200))), of: app, origin: origin)
    if GunicornCommand.find(in: words) != nil {
      page.record("app.also_runs_celery", .flag(true), of: app, origin: origin)
    }
    let isThreaded = arguments.contains { word in
      ["gevent", "eventlet", "threads", "solo"].contains {
        word.text == $0 || word.text.hasSuffix("=" + $0)
      }
    }
    var rest = arguments
    while let word = rest.first {
      rest = rest.dropFirst()
      // Green threads are many and take no CPU of their own.
      if isThreaded, word.text.hasPrefix("-c") || word.text.hasPrefix("--concurrency") { continue }
      let (option, inline) = split(word.text)
      guard
        let fact = [
          "-c": "app.celery.concurrency", "--concurrency": "app.celery.concurrency",
          "--max-tasks-per-child": "app.celery.max_tasks_per_child",
          "--prefetch-multiplier": "app.celery.prefetch_multiplier",
        ][option]
      else { continue }
      let value = inline ?? rest.first?.text ?? ""
      guard let number = Double(value) else { continue }
      page.record(
        fact, number, of: app,
        origin: Document.origin(word.line, in: lines).marking(value))
    }
  }

  private static func split(_ word: String) -> (String, String?) {
    guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { return (word, nil) }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }
}

/// What Dockerfiles, Procfiles, scripts and supervisor programs tell besides gunicorn's settings.
enum CommandExtras {
  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    // The subjects that the commands made; a config named beside one lies in the tree perhaps.
    for (index, subject) in page.subjects.enumerated() where subject.kind == .app {
      let facts = page.facts.filter { $0.subject == index }
      guard let first = facts.first(where: { $0.name.hasPrefix("gunicorn.") }) else { continue }
      if let config = facts.first(where: { $0.name == "gunicorn.config_file" })?.value.text {
        page.identify(index, .configuredBy(config))
      } else {
        // gunicorn reads ./gunicorn.conf.py unless it is told of another.
        page.identify(index, .configuredBy("gunicorn.conf.py"))
      }
      let line = lines.firstIndex {
        $0.contains("gunicorn") && !$0.bare.hasPrefix("#") && !$0.contains("pip")
      }
      let stated = facts.compactMap(\.origin.line).first
      let at = stated ?? line.map { $0 + 1 } ?? first.origin.line
      page.record(
        "gunicorn.command", .text("gunicorn"), of: index,
        origin: Document.origin(commandLine(lines) ?? at ?? 1, in: lines))
      for check in facts where check.name == "app.healthcheck" {
        if let text = check.value.text, let path = checkedPath(text) {
          page.record(
            "app.healthcheck_asks_root", .flag(path == "/"), of: index, part: text,
            origin: check.origin)
        }
      }
    }
    if file.form == .script || file.form == .dockerfile { recordTogether(file, lines, into: &page) }
    if file.form == .dockerfile { recordHealthcheck(lines, into: &page) }
  }

  /// The check of an image whose command is another than gunicorn, or is a script.
  private static func recordHealthcheck(_ lines: [String], into page: inout Page) {
    guard !page.facts.contains(where: { $0.name == "app.healthcheck" }) else { return }
    let base = lines.last { $0.bare.uppercased().hasPrefix("FROM ") }?.bare.dropFirst(5) ?? ""
    let image = base.bare.prefix { !$0.isWhitespace }
    guard !isInfrastructure(image: String(image)),
      let start = lines.lastIndex(where: { $0.bare.uppercased().hasPrefix("HEALTHCHECK") }),
      start >= lines.lastIndex(where: { $0.bare.uppercased().hasPrefix("FROM ") }) ?? 0
    else { return }
    var index = start
    while index < lines.count {
      let text = lines[index]
      if text.contains("http://") || text.contains("https://") {
        let app = page.subject(.app)
        recordCheck(
          text, of: app, origin: Document.origin(index + 1, in: lines), into: &page)
        return
      }
      guard text.bare.hasSuffix("\\") else { return }
      index += 1
    }
  }

  static func recordCommand(
    _ words: [ShellWord], of app: Int, _ lines: [String], into page: inout Page
  ) {
    let word = words.first { $0.text.contains("gunicorn") }
    var line = word?.line ?? 1
    // A folded text that a shell runs begins some lines above the command in it.
    if word?.text.contains(" ") ?? false, lines.indices.contains(line - 1),
      !lines[line - 1].contains("gunicorn"),
      let below = lines.indices.dropFirst(line).prefix(50).first(where: {
        runsGunicorn(lines[$0].bare, isContinued: false)
      })
    {
      line = below + 1
    }
    page.record(
      "gunicorn.command", .text("gunicorn"), of: app,
      origin: Document.origin(line, in: lines).marking("gunicorn"))
    if let command = GunicornCommand.find(in: words), command.read().configFile == nil {
      page.identify(app, .configuredBy("gunicorn.conf.py"))
    }
  }

  /// The last line that runs gunicorn rather than installing or naming it.
  private static func commandLine(_ lines: [String]) -> Int? {
    let named = lines.indices.filter { index in
      let text = lines[index].bare
      guard text.contains("gunicorn"), !text.hasPrefix("#"), !text.hasPrefix(";") else {
        return false
      }
      let isOther = ["install", "COPY", "user="].contains { text.contains($0) }
      return !isOther && !text.fields.contains { $0 == "apt" || $0 == "apt-get" }
    }
    let run = named.last { index in
      let isContinued = index > 0 && lines[index - 1].bare.hasSuffix("\\")
      return runsGunicorn(lines[index].bare, isContinued: isContinued)
    }
    return (run ?? named.last).map { $0 + 1 }
  }

  /// Whether a word of the line is the program: a socket, a folder, a user and a description may have its name too.
  private static func runsGunicorn(_ line: Substring, isContinued: Bool) -> Bool {
    guard !line.hasPrefix("Description="), !line.hasPrefix("echo ") else { return false }
    let words = line.split { $0.isWhitespace || "\"'[],;&|()`".contains($0) }
    // What follows an option is its value.
    return (isContinued ? words.prefix(1) : words[...]).contains { word in
      let start = ["ExecStart=", "command="].first { word.hasPrefix($0) } ?? ""
      let program = word.dropFirst(start.count).drop { "-@:+!".contains($0) }
      return program.split(separator: "/").last == "gunicorn"
    }
  }

  /// `celery ... & exec gunicorn ...`; the branches of a `case` run one at a time.
  private static func recordTogether(
    _ file: DeployFile, _ lines: [String], into page: inout Page
  ) {
    let words = shellWords(GunicornCommandReader.numbered(lines))
    guard !words.contains(where: { $0.text == "case" || $0.text == "if" }),
      let celery = CeleryCommand.find(in: words), words.indices.contains(celery.endIndex),
      words[celery.endIndex].text == "&",
      let app = page.facts.first(where: { $0.name == "gunicorn.command" })?.subject
    else { return }
    page.record(
      "app.also_runs_celery", .flag(true), of: app,
      origin: Document.origin(celery.first?.line ?? 1, in: lines).marking("celery"))
  }
}
