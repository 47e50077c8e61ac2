import Model
import YAML

/// Command lines that start gunicorn, wherever people keep them: systemd units, Procfiles,
/// Dockerfiles, compose files, supervisor programs and shell scripts.
///
/// ```
/// ExecStart=/srv/app/venv/bin/gunicorn --workers 8 \     web: gunicorn app:app --workers=17
/// CMD ["gunicorn", "app:app", "--timeout", "30"]         command: gunicorn -c gunicorn.conf.py app
/// ```
package enum GunicornCommandReader: DocumentReader {
  package static let kind = EvidenceKind.gunicornCommand

  enum Form { case unit, procfile, dockerfile, compose, supervisor, script }

  package static func recognises(_ sample: Sample) -> Recognition {
    guard let form = form(of: sample.lines, name: sample.name) else { return .no }
    let code = sample.lines.filter { !$0.bare.hasPrefix("#") && !$0.bare.hasPrefix(";") }
    if form == .compose, code.contains(where: { composeLimit($0) }) { return .certain }
    guard code.contains(where: { $0.contains("gunicorn") }) else { return .no }
    var page = Page(kind: kind)
    read(
      Document(name: sample.name, bytes: Array(sample.text.utf8)), context: ReadingContext(),
      into: &page)
    return page.facts.isEmpty ? .no : .certain
  }

  private static func composeLimit(_ line: String) -> Bool {
    line.bare.hasPrefix("mem_limit:") || line.bare.hasPrefix("memory:")
      || line.contains("limits: {") || line.contains("limits:{")
  }

  static func form(of lines: [String], name: String) -> Form? {
    let lower = name.lowercased()
    func has(_ prefix: String) -> Bool { lines.contains { $0.bare.hasPrefix(prefix) } }
    if has("ExecStart=") || has("ExecStart ="), has("[Service]") { return .unit }
    if has("[program:") { return .supervisor }
    let instructions = ["FROM ", "from "].contains { prefix in
      lines.contains { $0.hasPrefix(prefix) }
    }
    if instructions, has("CMD") || has("ENTRYPOINT") || has("RUN") || has("COPY") {
      return .dockerfile
    }
    if lines.contains(where: { $0.hasPrefix("services:") }) { return .compose }
    if lines.first?.hasPrefix("#!") == true, lines.first?.contains("sh") == true { return .script }
    if lower.hasSuffix(".sh") { return .script }
    let isProcfile = lines.allSatisfy { line in
      let text = line.bare
      guard !text.isEmpty, !text.hasPrefix("#") else { return true }
      guard let colon = text.firstIndex(of: ":") else { return false }
      let type = text[..<colon]
      return !type.isEmpty && text[text.index(after: colon)...].first?.isWhitespace == true
        && type.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
    }
    if lower.hasPrefix("procfile") || (isProcfile && lines.count < 40) { return .procfile }
    // A command line alone, as copied from a terminal.
    let isShort = lines.filter { !$0.bare.isEmpty }.count < 10
    return isShort && lines.contains(where: isCommand) ? .script : nil
  }

  /// `gunicorn -w 4 shop.wsgi`, and not `gunicorn invoked oom-killer: ...` of the kernel: an option, a
  /// variable or a module follows, and no words of a sentence follow that.
  private static func isCommand(_ line: String) -> Bool {
    let words = line.bare.split(separator: " ")
    guard words.first == "gunicorn", words.count > 1 else { return false }
    func isOption(_ word: Substring) -> Bool {
      ["-", "$", "&", "|", ">", "2>", ";", "\\", "'", "\""].contains { word.hasPrefix($0) }
    }
    if isOption(words[1]) { return true }
    let isPlain = words[1].allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    return !words[1].hasSuffix(":") && (!isPlain || words.count == 2 || isOption(words[2]))
  }

  package static func read(
    _ document: Document, context: ReadingContext, into page: inout Page
  ) {
    let lines = document.lines
    switch form(of: lines, name: document.name) {
    case .unit: readUnit(lines, name: document.name, into: &page)
    case .procfile: readProcfile(lines, into: &page)
    case .dockerfile: readDockerfile(lines, into: &page)
    case .compose: readCompose(document, lines, into: &page)
    case .supervisor: readSupervisor(lines, into: &page)
    case .script, nil:
      let words = shellWords(numbered(lines), variables: [:])
      record(words: words, environment: [:], lines: lines, into: &page)
    }
    if document.isCut { page.warn("the file was cut; what follows was not read") }
  }

  static func numbered(_ lines: [String]) -> [(number: Int, text: Substring)] {
    lines.enumerated().map { ($0.offset + 1, $0.element[...]) }
  }

  /// Where the environment was set, and to what.
  typealias Environment = [String: (value: String, line: Int)]

  /// Records one gunicorn found among words; false where there is none.
  @discardableResult
  static func record(
    words: [ShellWord], environment: Environment, lines: [String], subject: Int? = nil,
    setElsewhere: Set<String> = [], into page: inout Page
  ) -> Bool {
    guard let command = GunicornCommand.find(in: words) else { return false }
    let environment = self.environment(set: words).merging(environment) { $1 }
    let app = subject ?? page.subject(.app)
    let origin = { (word: ShellWord) in
      Document.origin(word.line, in: lines).marking(word.text)
    }
    let reading = command.read()
    var facts = GunicornCommandFacts(subject: app)
    if let arguments = environment["GUNICORN_CMD_ARGS"] {
      let more = GunicornCommand(
        arguments: shellWords([(number: arguments.line, text: arguments.value[...])]).filter {
          !$0.isOperator
        }[...])
      facts.record(
        more.read(), except: Set(reading.values.map(\.setting.name)), into: &page, origin: origin)
    }
    facts.record(reading, into: &page, origin: origin)
    if let workers = environment["WEB_CONCURRENCY"] {
      facts.recordConcurrency(
        workers.value, into: &page,
        origin: Document.origin(workers.line, in: lines).marking(workers.value))
    }
    facts.recordDefaults(except: setElsewhere, into: &page)
    return true
  }

  /// `GUNICORN_CMD_ARGS='-w 4' gunicorn app`, `export WEB_CONCURRENCY=4`: what words set of its environment.
  private static func environment(set words: [ShellWord]) -> Environment {
    var environment: Environment = [:]
    for word in words where !word.isOperator {
      for name in ["GUNICORN_CMD_ARGS", "WEB_CONCURRENCY"] where word.text.hasPrefix(name + "=") {
        environment[name] = (String(word.text.dropFirst(name.count + 1)), word.line)
      }
    }
    return environment
  }

  private static func readProcfile(_ lines: [String], into page: inout Page) {
    for (number, text) in numbered(lines) {
      guard let colon = text.firstIndex(of: ":"), !text.bare.hasPrefix("#") else { continue }
      let command = text[text.index(after: colon)...]
      let words = shellWords([(number: number, text: command)])
      // Platforms that read a Procfile set WEB_CONCURRENCY by the size of the machine.
      let isFound = record(
        words: words, environment: [:], lines: lines, setElsewhere: ["workers"], into: &page)
      if isFound { return }
    }
  }

  /// Sections of `key=value` lines; indented lines continue a value.
  private static func readSupervisor(_ lines: [String], into page: inout Page) {
    var program = ""
    var command: [(number: Int, text: Substring)] = []
    var restart: (text: String, line: Int)?
    var environment: Environment = [:]
    var isCommand = false

    func flush(into page: inout Page) {
      let words = shellWords(joined(command))
      guard !program.isEmpty, GunicornCommand.find(in: words) != nil else { return }
      let app = page.subject(.app, .serviceName(program))
      record(words: words, environment: environment, lines: lines, subject: app, into: &page)
      if let restart {
        page.record(
          "app.restart", .text(restart.text), of: app,
          origin: Document.origin(restart.line, in: lines).marking(restart.text))
      }
    }

    for (number, text) in numbered(lines) {
      let line = text.bare
      if line.hasPrefix(";") || line.hasPrefix("#") { continue }
      if line.hasPrefix("[") {
        flush(into: &page)
        program = line.hasPrefix("[program:") ? String(line.dropFirst(9).prefix { $0 != "]" }) : ""
        (command, restart, environment, isCommand) = ([], nil, [:], false)
      } else if isCommand, text.first?.isWhitespace == true {
        command.append((number, text))
      } else if let (key, value) = assignment(text) {
        isCommand = key == "command"
        if isCommand { command = [(number, value)] }
        if key == "autorestart" { restart = (String(value.bare), number) }
        if key == "environment" { take(value, number, separator: ",", into: &environment) }
      }
    }
    flush(into: &page)
  }

  static func assignment(_ line: Substring) -> (key: Substring, value: Substring)? {
    guard let equals = line.firstIndex(of: "=") else { return nil }
    return (line[..<equals].bare, line[line.index(after: equals)...].bare)
  }

  /// `A=1 B="x y"`, as units, Dockerfiles and supervisor write it.
  static func take(
    _ text: Substring, _ line: Int, separator: Character = " ", into environment: inout Environment
  ) {
    let spaced = separator == " " ? String(text) : String(text.map { $0 == separator ? " " : $0 })
    for word in shellWords([(number: line, text: spaced[...])]) where !word.isOperator {
      guard let (key, value) = assignment(word.text[...]), environment.count < 1000 else {
        continue
      }
      environment[String(key)] = (String(value), line)
    }
  }

  /// Lines that belong to one command although no backslash says so.
  static func joined(
    _ lines: [(number: Int, text: Substring)]
  ) -> [(number: Int, text: Substring)] {
    lines.enumerated().map { index, line in
      let isLast = index == lines.count - 1
      let endsOpen = line.text.bare.hasSuffix("\\")
      return (line.number, isLast || endsOpen ? line.text.bare : line.text.bare + " \\")
    }
  }
}
