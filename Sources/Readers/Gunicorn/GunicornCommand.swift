import Model

/// A gunicorn command line: which words are its options, and what they say.
struct GunicornCommand {
  /// What follows the gunicorn executable, up to the end of the command.
  let arguments: ArraySlice<ShellWord>

  /// Finds gunicorn in command position among words: behind a path, `exec`, `python -m`,
  /// `poetry run` and other wrappers, but not behind `pip install` or `pkill`.
  static func find(in words: [ShellWord], depth: Int = 0) -> GunicornCommand? {
    var start = 0
    while start < words.count {
      let end = words[start...].firstIndex { $0.isOperator } ?? words.count
      if let found = find(inSimple: words[start..<end], depth: depth) { return found }
      start = end + 1
    }
    return nil
  }

  private static let others: Set<Substring> = [
    "pip", "pip3", "install", "add", "apt-get", "apt", "grep", "egrep", "pgrep", "pkill", "killall",
    "kill", "echo", "which", "command", "systemctl", "journalctl", "supervisorctl", "service",
    "cat", "tail", "ls", "mkdir", "cp", "chown", "chmod", "touch", "rm",
  ]

  private static func find(
    inSimple words: ArraySlice<ShellWord>, depth: Int
  ) -> GunicornCommand? {
    for (index, word) in zip(words.indices, words) {
      let name = word.text.split(separator: "/").last ?? ""
      if ["gunicorn", "gunicorn3", "gunicorn.exe", "gunicorn.app.wsgiapp"].contains(name) {
        return GunicornCommand(arguments: words[(index + 1)...])
      }
      if others.contains(name) { return nil }
      // `sh -c "gunicorn ..."`: the command is one word.
      if depth < 2, word.text.contains("gunicorn"), word.text.contains(" ") {
        var inner = shellWords([(number: word.line, text: word.text[...])])
        for position in inner.indices where inner[position].defaulted == nil {
          inner[position].defaulted = word.defaulted
        }
        if let found = find(in: inner, depth: depth + 1) { return found }
      }
    }
    return nil
  }

  /// What a command line says: settings with the word that holds each value, and the config file.
  struct Reading {
    var values: [(setting: GunicornSetting, text: String, word: ShellWord)] = []
    var configFile: ShellWord?
    var procName: ShellWord?
    /// A word that only a running shell knows stands where options could.
    var isOpen = false
  }

  func read() -> Reading {
    var reading = Reading()
    var index = arguments.startIndex
    while index < arguments.endIndex {
      let word = arguments[index]
      index += 1
      guard word.text.hasPrefix("-") else {
        // An app module may be computed; a variable with options looks the same.
        if word.isComputed { reading.isOpen = true }
        continue
      }
      var option = word.text[...]
      var value: String?
      var valueWord = word
      if option.hasPrefix("--") {
        if let equals = option.firstIndex(of: "=") {
          value = String(option[option.index(after: equals)...])
          option = option[..<equals]
        }
      } else if option.count > 2 {
        value = String(option.dropFirst(2).drop { $0 == "=" })
        option = option.prefix(2)
      }
      if option == "--preload", let setting = GunicornSetting.named("preload_app") {
        reading.values.append((setting, "true", word))
        continue
      }
      let isConfig = option == "-c" || option == "--config"
      let isName = option == "-n" || option == "--name"
      let setting = GunicornSetting.option(option)
      guard isConfig || isName || setting != nil else { continue }
      if value == nil, index < arguments.endIndex {
        valueWord = arguments[index]
        value = valueWord.text
        index += 1
      }
      guard let value else { continue }
      var held = valueWord
      held.text = value
      if isConfig {
        reading.configFile = held
      } else if isName {
        reading.procName = held
      } else if let setting {
        // The option names the line; a value on a continuation line is the rare case.
        held.line = valueWord.line
        reading.values.append((setting, value, held))
      }
    }
    return reading
  }
}

/// Records what command lines and the environment say of one gunicorn. Later calls win over
/// earlier ones, as gunicorn's sources do: environment, then command line.
struct GunicornCommandFacts {
  let subject: Int
  /// Settings that are known or known to be set.
  private(set) var known: Set<String> = []
  private(set) var isOpen = false
  private(set) var hasConfigFile = false

  init(subject: Int) { self.subject = subject }

  mutating func record(
    _ reading: GunicornCommand.Reading, except overridden: Set<String> = [], into page: inout Page,
    origin: (ShellWord) -> Origin
  ) {
    isOpen = isOpen || reading.isOpen
    if let file = reading.configFile {
      hasConfigFile = true
      let path = file.text.without(scheme: "file:").without(scheme: "python:")
      page.record("gunicorn.config_file", .text(path), of: subject, origin: origin(file))
    }
    if let name = reading.procName, !name.isComputed {
      page.identify(subject, .serviceName(name.text))
    }
    var binds: [String] = []
    for (setting, text, word) in reading.values where !overridden.contains(setting.name) {
      known.insert(setting.name)
      // `--bind` may be given several times; of other options the last counts.
      if setting.name == "bind", !word.isComputed {
        binds.append(text)
        GunicornSetting.identify(subject, bind: text, in: &page)
        page.record(
          setting.fact, .text(binds.joined(separator: ",")), of: subject, origin: origin(word))
        continue
      }
      record(setting, text, word, into: &page, origin: origin(word))
    }
  }

  private func record(
    _ setting: GunicornSetting, _ text: String, _ word: ShellWord, into page: inout Page,
    origin: Origin
  ) {
    guard !word.isComputed, let value = setting.value(of: text) else {
      page.record(
        "gunicorn.computed", .text(String(origin.excerpt.bare)), of: subject, part: setting.name,
        origin: origin)
      return
    }
    page.record(setting.fact, value, of: subject, origin: origin)
    if let variable = word.defaulted {
      page.warn(
        "\(setting.name): the default of '\(variable)' is used; the environment was not given",
        line: word.line)
    }
  }

  /// `WEB_CONCURRENCY` sets workers where nothing else does.
  mutating func recordConcurrency(_ text: String, into page: inout Page, origin: Origin) {
    guard !known.contains("workers"), let setting = GunicornSetting.named("workers"),
      let value = setting.value(of: text)
    else { return }
    known.insert("workers")
    page.record(setting.fact, value, of: subject, origin: origin)
  }

  /// Records defaults for what nothing sets; not where a config file or the shell may set it.
  func recordDefaults(except unknown: Set<String> = [], into page: inout Page) {
    guard !hasConfigFile else { return }
    guard !isOpen else {
      page.warn("the command line holds a variable that may be options; no default is assumed")
      return
    }
    GunicornSetting.recordDefaults(except: known.union(unknown), of: subject, into: &page)
  }
}

extension String {
  fileprivate func without(scheme: String) -> String {
    hasPrefix(scheme) ? String(dropFirst(scheme.count)) : self
  }
}
