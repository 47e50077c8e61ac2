import Model

/// Finds the lines that wanted edits change, in the files as they are now: settings are put where the
/// file has them already, else where its kind takes them. What is not plain to see is left alone.
package struct EditResolver {
  /// The bytes of a file, or why it cannot be changed.
  private let read: (String) -> Result<[UInt8], FixRefusal>

  package init(read: @escaping (String) -> Result<[UInt8], FixRefusal>) { self.read = read }

  /// With the edits of all findings that count.
  package func resolved(_ result: consuming LintResult) -> LintResult {
    var result = consume result
    var last: (path: String, file: ConfigText?) = ("", nil)
    for index in result.findings.indices where result.findings[index].suppression == nil {
      guard let wanted = result.findings[index].wanted else { continue }
      if last.path != wanted.file {
        last = (wanted.file, lines(of: wanted.file).map(ConfigText.init))
      }
      guard let file = last.file else { continue }
      result.findings[index].edits = ConfigEdits(file: file, wanted: wanted).edits
    }
    return result
  }

  private func lines(of path: String) -> [String]? {
    guard case .success(let bytes) = read(path) else { return nil }
    return FilePatch.lines(of: bytes).map { line in
      var line = line
      if line.last == UInt8(ascii: "\n") { line.removeLast() }
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      return String(decoding: line, as: UTF8.self)
    }
  }
}

/// The lines of a file, looked at once for all that is to be changed in it.
private struct ConfigText {
  let lines: [String]
  /// How many blanks stand before each; nil where nothing but a comment stands behind them.
  let indents: [Int?]

  /// The lines that begin the services of a compose file.
  let services: [Int]

  init(_ lines: [String]) {
    self.lines = lines
    let indents = lines.map { line -> Int? in
      let blanks = line.utf8.prefix { $0 == 0x20 }.count
      let first = line.utf8.dropFirst(blanks).first { $0 != 0x09 }
      return first == nil || first == UInt8(ascii: "#") ? nil : blanks
    }
    self.indents = indents
    let head = lines.firstIndex { line in
      line.hasPrefix("services") && uncommented(line[...]) == "services:"
    }
    services = head.map { ConfigText.children(of: $0, indents) } ?? []
  }

  /// The lines right below one: those indented as the first of them.
  static func children(of head: Int, _ indents: [Int?]) -> [Int] {
    guard indents.indices.contains(head), let outer = indents[head] else { return [] }
    var children: [Int] = []
    var inner: Int?
    for line in indents.indices.dropFirst(head + 1) {
      guard let own = indents[line] else { continue }
      if own <= outer { break }
      if own == inner ?? own { children.append(line) }
      inner = inner ?? own
    }
    return children
  }
}

private struct ConfigEdits {
  let file: ConfigText
  let wanted: WantedEdit

  var lines: [String] { file.lines }

  /// Empty where it is not certain what to change.
  var edits: [FileEdit] {
    switch wanted.change {
    case .set(let settings):
      switch wanted.kind {
      case .redisConfig: set(settings, redisPlace) { "\($0) \($1)" }
      case .gunicornConfig: set(settings, pythonPlace) { "\($0) = \($1)" }
      case .serviceUnit: set(settings, unitPlace) { "\($0)=\($1)" }
      case .composeFile: set(settings, composePlace) { "\($0): \($1)" }
      default: []
      }
    case .options(let options, let line): command(line, options)
    case .logFields(let text, let line): log(line, text)
    }
  }

  // MARK: settings

  private enum Place {
    /// Its line, and the columns of the value in it.
    case stated(Int, Range<String.Index>)
    /// Not there: before this line, behind this indent.
    case absent(Int, indent: String)
    case unclear
  }

  private func set(
    _ settings: [WantedEdit.Setting], _ place: (String) -> Place,
    _ statement: (String, String) -> String
  ) -> [FileEdit] {
    var edits: [FileEdit] = []
    var new: (line: Int, texts: [String]) = (0, [])
    for (index, setting) in settings.enumerated() {
      switch place(setting.name) {
      case .unclear: return []
      case .absent(let line, let indent):
        new = (line, new.texts + [indent + statement(setting.name, setting.value)])
      case .stated(let line, let value):
        let text = lines[line]
        guard index == 0 || text[value] == "0" else { continue }
        edits.append(
          replace(line, by: text[..<value.lowerBound] + setting.value + text[value.upperBound...]))
      }
    }
    if !new.texts.isEmpty {
      edits.append(
        FileEdit(
          file: wanted.file, line: new.line + 1, removed: [], inserted: new.texts,
          certainty: wanted.certainty))
    }
    return edits
  }

  private func replace(_ line: Int, by text: some StringProtocol) -> FileEdit {
    FileEdit(
      file: wanted.file, line: line + 1, removed: [lines[line]], inserted: [String(text)],
      certainty: wanted.certainty)
  }

  /// The last line of a name counts.
  private func redisPlace(_ name: String) -> Place {
    let found = lines.indices.last { line in
      let text = lines[line].unindented
      return text.prefix { !$0.isBlank }.lowercased() == name
    }
    guard let found else { return .absent(lines.count, indent: "") }
    let rest = lines[found].unindented.drop { !$0.isBlank }.unindented
    return rest.isEmpty ? .unclear : .stated(found, rest.startIndex..<rest.trimmedEnd)
  }

  /// One assignment at the margin, on one line.
  private func pythonPlace(_ name: String) -> Place {
    let found = lines.indices.filter { line in
      let text = lines[line].unindented
      guard text.hasPrefix(name) else { return false }
      let rest = text.dropFirst(name.count).unindented
      return rest.hasPrefix("=") && !rest.hasPrefix("==")
    }
    guard let line = found.first else { return .absent(lines.count, indent: "") }
    let text = lines[line]
    guard found.count == 1, text.first?.isBlank == false, let equals = text.firstIndex(of: "=")
    else { return .unclear }
    let value = uncommented(text[text.index(after: equals)...].unindented)
    // What goes on in the next line, or holds another statement.
    guard !value.isEmpty, !value.contains(where: { "([{;\\".contains($0) }),
      !value.hasPrefix("\"\"\""), !value.hasPrefix("'''")
    else { return .unclear }
    return .stated(line, value.startIndex..<value.endIndex)
  }

  /// In `[Service]`, where a later line counts.
  private func unitPlace(_ name: String) -> Place {
    guard let head = lines.firstIndex(where: { $0.trimmedEnds == "[Service]" }) else {
      return .unclear
    }
    let section = lines[(head + 1)...].prefix { !$0.unindented.hasPrefix("[") }
    let found = section.indices.last {
      let text = lines[$0].unindented
      return text.hasPrefix(name)
        && text.dropFirst(name.count).unindented.hasPrefix("=")
    }
    guard let found, let equals = lines[found].firstIndex(of: "=") else {
      return .absent(head + 1, indent: "")
    }
    let value = lines[found][lines[found].index(after: equals)...].unindented
    return value.hasSuffix("\\") ? .unclear : .stated(found, value.startIndex..<value.trimmedEnd)
  }

  /// Among the keys of a service, first where it is not there.
  private func composePlace(_ name: String) -> Place {
    func isKey(_ key: String, _ line: Int) -> Bool {
      let text = lines[line].unindented
      return ["\(key):", "\"\(key)\":", "'\(key)':"].contains { text.hasPrefix($0) }
    }
    let heads = file.services.filter { isKey(wanted.service, $0) }
    guard let head = heads.first, heads.count == 1,
      // `web: {image: x}` has no lines of its own; an anchor may stand behind the name.
      let colon = lines[head].lastIndex(of: ":")
    else { return .unclear }
    let behind = uncommented(lines[head][lines[head].index(after: colon)...])
      .unindented
    let keys = ConfigText.children(of: head, file.indents)
    guard behind.isEmpty || behind.hasPrefix("&"), let first = keys.first,
      !lines[first].unindented.hasPrefix("- ")
    else { return .unclear }
    guard let found = keys.first(where: { isKey(name, $0) }) else {
      return .absent(head + 1, indent: String(repeating: " ", count: file.indents[first] ?? 0))
    }
    guard let end = lines[found].firstIndex(of: ":") else { return .unclear }
    let value = uncommented(lines[found][lines[found].index(after: end)...].unindented)
    guard let start = value.first, !"&*|>[{".contains(start) else { return .unclear }
    return .stated(found, value.startIndex..<value.endIndex)
  }

  // MARK: commands

  /// `gunicorn app:app` and `["gunicorn", "app:app"]`: right behind the program.
  private func command(_ number: Int, _ options: [WantedEdit.Setting]) -> [FileEdit] {
    guard lines.indices.contains(number - 1) else { return [] }
    var text = lines[number - 1]
    let programs = text.ranges(of: "gunicorn").filter { range in
      let before = text[..<range.lowerBound].last ?? " "
      let after = text[range.upperBound...].first
      return before.isBlank || "/\"'=[".contains(before)
        ? after == " " || after == "\"" && text[range.upperBound...].hasPrefix("\",") : false
    }
    guard let program = programs.first, programs.count == 1 else { return [] }
    let isList = text[program.upperBound...].hasPrefix("\",")
    var new = ""
    for (index, option) in options.enumerated() {
      let name = option.name
      if text.contains(name + " ") || text.contains(name + "=") || text.contains(name + "\"") {
        // It is stated here, and is another's to change.
        if index == 0 { return [] }
        continue
      }
      new += isList ? " \"\(name)\", \"\(option.value)\"," : " \(name) \(option.value)"
    }
    guard !new.isEmpty else { return [] }
    let at = isList ? text.index(program.upperBound, offsetBy: 2) : program.upperBound
    text.insert(contentsOf: new, at: at)
    return [replace(number - 1, by: text)]
  }

  // MARK: log formats

  /// Before the quote that ends the last string of the format. JSON is left alone: the end of a text
  /// is no place for another key.
  private func log(_ number: Int, _ fields: String) -> [FileEdit] {
    guard lines.indices.contains(number - 1),
      let name = lines[number - 1].firstRange(of: "log_format")
    else { return [] }
    var quote: Character?
    var end: (line: Int, at: String.Index)?
    for line in (number - 1)..<min(lines.count, number + 99) {
      let text = lines[line]
      var index = line == number - 1 ? name.upperBound : text.startIndex
      while index < text.endIndex {
        let character = text[index]
        if let open = quote {
          if character == "\\" {
            index = text.index(after: index)
            if index == text.endIndex { return [] }
          } else if character == open {
            quote = nil
            end = (line, index)
          }
        } else if character == "'" || character == "\"" {
          quote = character
        } else if character == "#" {
          break
        } else if character == ";" {
          guard let end, let last = lines[end.line][..<end.at].last, last != "}" else { return [] }
          let whole = lines[end.line]
          return [
            replace(end.line, by: whole[..<end.at] + fields + whole[end.at...])
          ]
        } else if !character.isBlank, end != nil {
          // A string that is not the last thing: words without quotes follow.
          end = nil
        }
        index = text.index(after: index)
      }
    }
    return []
  }
}

/// Without the comment behind it, and without blanks at its end.
private func uncommented(_ text: Substring) -> Substring {
  var quote: Character?
  var end = text.startIndex
  var before: Character = " "
  while end < text.endIndex {
    let character = text[end]
    if let open = quote {
      if character == open { quote = nil }
    } else if character == "\"" || character == "'" {
      quote = character
    } else if character == "#", before.isBlank {
      break
    }
    before = character
    end = text.index(after: end)
  }
  return text[..<text[..<end].trimmedEnd]
}

extension Character {
  fileprivate var isBlank: Bool { self == " " || self == "\t" }
}

extension StringProtocol {
  fileprivate var unindented: SubSequence { drop { $0.isBlank } }

  /// The end without the blanks before it.
  fileprivate var trimmedEnd: Index {
    var end = endIndex
    while end > startIndex, self[index(before: end)].isWhitespace { end = index(before: end) }
    return end
  }

  fileprivate var trimmedEnds: SubSequence { self[..<trimmedEnd].drop { $0.isWhitespace } }
}
