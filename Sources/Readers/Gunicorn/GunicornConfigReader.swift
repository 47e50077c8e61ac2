import Model

/// A gunicorn config file, which is Python and is read without being run, or the output of
/// `gunicorn --print-config`.
///
/// ```
/// workers = multiprocessing.cpu_count() * 2 + 1     max_requests                      = 0
/// # max_requests = 1000                             worker_class                      = sync
/// ```
package enum GunicornConfigReader: DocumentReader {
  package static let kind = EvidenceKind.gunicornConfig

  package static func recognises(_ sample: Sample) -> Recognition {
    if isPrinted(sample.lines) { return .certain }
    let isNamed = sample.name.lowercased().contains("gunicorn")
    let isSource =
      sample.name.hasSuffix(".py") || (isNamed && sample.name.hasSuffix(".conf"))
    guard isSource || !sample.name.contains(".") else { return .no }
    let known = Set(
      sample.lines.compactMap { line -> String? in
        assignedName(line).flatMap { GunicornSetting.named($0)?.name }
      })
    if isNamed && isSource { return known.isEmpty ? .byName : .certain }
    let isOwn =
      !known.isDisjoint(with: ["worker_class", "max_requests", "workers", "graceful_timeout"])
    return known.count >= 3 && isOwn ? .possible : .no
  }

  /// The name that a line at the margin assigns to.
  private static func assignedName(_ line: String) -> Substring? {
    guard let equals = line.firstIndex(of: "=") else { return nil }
    let name = line[..<equals]
    guard let first = name.first, !first.isWhitespace else { return nil }
    return name.bare
  }

  /// `--print-config` pads every name to one column.
  private static func isPrinted(_ lines: [String]) -> Bool {
    var columns: [Int: Int] = [:]
    for line in lines.prefix(200) {
      guard let name = assignedName(line), GunicornSetting.named(name) != nil,
        let equals = line.utf8.firstIndex(of: UInt8(ascii: "="))
      else { continue }
      columns[line.utf8.distance(from: line.utf8.startIndex, to: equals), default: 0] += 1
    }
    return columns.contains { $0.key >= 24 && $0.value >= 3 }
  }

  package static func read(
    _ document: Document, context: ReadingContext, into page: inout Page
  ) {
    let lines = document.lines
    if isPrinted(lines) {
      readPrinted(lines, into: &page)
    } else {
      var config = PythonConfig(lines: lines)
      config.read(document, into: &page)
    }
  }

  private static func readPrinted(_ lines: [String], into page: inout Page) {
    let app = page.subject(.app)
    for (index, line) in lines.enumerated() {
      guard let equals = line.firstIndex(of: "="), let name = assignedName(line) else { continue }
      let text = line[line.index(after: equals)...].bare
      let origin = Document.origin(index + 1, in: lines)
      if name == "bind" {
        // Printed as a Python list of strings.
        let bind = String(text.filter { !"[]'\" ".contains($0) })
        guard !bind.isEmpty else { continue }
        page.record("gunicorn.bind", .text(bind), of: app, origin: origin)
        GunicornSetting.identify(app, bind: bind, in: &page)
      } else if name == "proc_name", text != "None", !text.isEmpty {
        page.identify(app, .serviceName(String(text)))
      } else if let setting = GunicornSetting.named(name),
        let value = setting.value(of: String(text))
      {
        page.record(setting.fact, value, of: app, origin: origin)
      }
    }
  }
}

/// One run over the statements of a config.
private struct PythonConfig {
  let lines: [String]
  /// What names stand for.
  var names: [String: PythonValue] = [:]
  /// With the line of the assignment and what stands behind it.
  var settings: [String: (value: PythonValue, line: Int, tokens: ArraySlice<PythonToken>)] = [:]
  /// Something may set names that do not stand here.
  var isOpen = false

  init(lines: [String]) { self.lines = lines }

  mutating func read(_ document: Document, into page: inout Page) {
    // The heads of the blocks that a statement stands in, by their indentation.
    var blocks: [(indent: Int, keyword: String)] = []
    for statement in pythonStatements(document.bytes) {
      blocks.removeAll { $0.indent >= statement.indent }
      guard let first = statement.tokens.first, case .name(let word) = first.content else {
        continue
      }
      let isHidden = blocks.contains { ["def", "class", "async"].contains($0.keyword) }
      if [
        "def", "class", "async", "if", "elif", "else", "for", "while", "try", "except", "with",
        "finally",
      ].contains(word) {
        blocks.append((statement.indent, word))
        if word == "for" || word == "if" { noteOpenness(statement.tokens) }
        if !isHidden { assignInline(statement.tokens) }
        continue
      }
      guard !isHidden else { continue }
      noteOpenness(statement.tokens)
      assign(statement.tokens, isConditional: !blocks.isEmpty)
    }
    record(document, into: &page)
  }

  /// `from base import *`, `globals()[name] = ...`, `exec(...)`: any setting may come from there.
  private mutating func noteOpenness(_ tokens: [PythonToken]) {
    let isImport = tokens.first.map { $0.isName("from") } ?? false
    if isImport, tokens.last?.isSymbol("*") == true { isOpen = true }
    if tokens.contains(where: {
      $0.isName("globals") || $0.isName("locals") || $0.isName("exec") || $0.isName("setattr")
    }) {
      isOpen = true
    }
  }

  /// `if debug: workers = 1` on one line.
  private mutating func assignInline(_ tokens: [PythonToken]) {
    guard let colon = tokens.lastIndex(where: { $0.isSymbol(":") }), colon + 1 < tokens.count
    else { return }
    assign(Array(tokens[(colon + 1)...]), isConditional: true)
  }

  private mutating func assign(_ tokens: [PythonToken], isConditional: Bool) {
    guard names.count < 1000 else { return }
    var targets: [(name: String, line: Int)] = []
    var index = 0
    while index + 1 < tokens.count, case .name(let name) = tokens[index].content {
      if tokens[index + 1].isSymbol("=") {
        targets.append((name, tokens[index].line))
        index += 2
      } else if targets.isEmpty, tokens[index + 1].isSymbol(":"),
        let equals = tokens[index...].firstIndex(where: { $0.isSymbol("=") })
      {
        targets.append((name, tokens[index].line))
        index = equals + 1
      } else if targets.isEmpty,
        ["+=", "-=", "*=", "/="].contains(where: { tokens[index + 1].isSymbol($0) })
      {
        set(name, changed(name, tokens, at: index), line: tokens[index].line, isConditional)
        return
      } else if targets.isEmpty, tokens[index + 1].isSymbol(",") {
        // Several targets at once: each is known to be set, to what is not.
        for token in tokens.prefix(while: { !$0.isSymbol("=") }) {
          if case .name(let name) = token.content {
            set(name, .computed, line: token.line, isConditional)
          }
        }
        return
      } else {
        break
      }
    }
    guard !targets.isEmpty else { return }
    let value = PythonExpression.evaluate(tokens[index...], names: names)
    for target in targets {
      set(target.name, value, line: target.line, isConditional, tokens[index...])
    }
  }

  private func changed(_ name: String, _ tokens: [PythonToken], at index: Int) -> PythonValue {
    guard let old = names[name], case .symbol(let symbol) = tokens[index + 1].content else {
      return .computed
    }
    let right = PythonExpression.evaluate(tokens[(index + 2)...], names: names)
    return switch symbol {
    case "+=": PythonExpression.add(old, right, sign: 1)
    case "-=": PythonExpression.add(old, right, sign: -1)
    default: PythonExpression.multiply(old, right, String(symbol.prefix(1)))
    }
  }

  private mutating func set(
    _ name: String, _ value: PythonValue, line: Int, _ isConditional: Bool,
    _ tokens: ArraySlice<PythonToken> = []
  ) {
    let value = isConditional ? PythonValue.computed : value
    names[name] = value
    if GunicornSetting.named(name[...]) != nil || name == "proc_name" {
      settings[name] = (value, line, tokens)
    }
  }

  private func record(_ document: Document, into page: inout Page) {
    let app = page.subject(.app)
    let ordered = settings.sorted { ($0.value.line, $0.key) < ($1.value.line, $1.key) }
    for (name, entry) in ordered {
      let line = Document.origin(entry.line, in: lines)
      // What the environment may set is more than a value.
      let origin = entry.value.environment == nil ? line.marking(entry.tokens) : line
      if name == "proc_name" {
        if case .text(let text) = entry.value.content {
          page.identify(app, .serviceName(text))
        }
        continue
      }
      guard let setting = GunicornSetting.named(name[...]) else { continue }
      let isRecorded = record(setting, entry.value, of: app, origin: origin, into: &page)
      if !isRecorded {
        page.record(
          "gunicorn.computed", .text(String(origin.excerpt.bare)), of: app, part: name,
          origin: origin)
      } else if let variable = entry.value.environment {
        page.warn(
          "\(name): the default of '\(variable)' is used; the environment was not given",
          line: entry.line)
      }
    }
    if document.isCut || isOpen {
      page.warn("settings may come from elsewhere; none is taken to have its default")
    } else {
      GunicornSetting.recordDefaults(except: Set(settings.keys), of: app, into: &page)
    }
  }

  private func record(
    _ setting: GunicornSetting, _ value: PythonValue, of app: Int, origin: Origin,
    into page: inout Page
  ) -> Bool {
    switch (value.content, setting.unit) {
    case (.perCore(let perCore, let extra), _) where setting.name == "workers":
      page.record("gunicorn.workers_per_core", perCore, of: app, origin: origin)
      page.record("gunicorn.workers_extra", extra, of: app, origin: origin)
    case (.none, _):
      // None stands for the default.
      guard let standard = setting.standard, value.environment == nil else { return false }
      page.record(setting.fact, standard, of: app, origin: origin)
    case (.number(let number), .count), (.number(let number), .seconds):
      page.record(setting.fact, number, of: app, origin: origin)
    case (.number(let number), .flag):
      page.record(setting.fact, .flag(number != 0), of: app, origin: origin)
    case (.flag(let flag), .flag):
      page.record(setting.fact, .flag(flag), of: app, origin: origin)
    case (.text(let text), _):
      guard let known = setting.value(of: text) else { return false }
      page.record(setting.fact, known, of: app, origin: origin)
      if setting.name == "bind" { GunicornSetting.identify(app, bind: text, in: &page) }
    case (.list(let items), .text):
      let texts = items.compactMap { if case .text(let text) = $0.content { text } else { nil } }
      guard texts.count == items.count, !texts.isEmpty else { return false }
      let text = texts.joined(separator: ",")
      page.record(setting.fact, .text(text), of: app, origin: origin)
      if setting.name == "bind" { GunicornSetting.identify(app, bind: text, in: &page) }
    default: return false
    }
    return true
  }
}
