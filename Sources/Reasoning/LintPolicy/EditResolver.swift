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

/// The lines that one wanted edit changes.
struct ConfigEdits {
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
      case .taskDefinition: set(settings, taskPlace) { "\"\($0)\": \($1)," }
      default: []
      }
    case .options(let options, let line): command(line, options)
    case .arguments(let options, let line): arguments(options, around: line - 1)
    case .volume(let path, let line): volume(path, around: line - 1)
    case .removal(let line): removal(of: line - 1)
    case .entry(let new, let line): entry(new, below: line - 1)
    case .logFields(let text, let line): log(line, text)
    }
  }

  // MARK: settings

  enum Place {
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
        guard index == 0 || lines[line][value] == "0" else { continue }
        edits.append(replace(line, value, by: setting.value))
      }
    }
    if !new.texts.isEmpty {
      edits.append(
        FileEdit(
          file: wanted.file, line: new.line + 1, removed: [], inserted: new.texts,
          applicability: wanted.applicability))
    }
    return edits
  }

  func replace(_ line: Int, _ range: Range<String.Index>, by text: String) -> FileEdit {
    FileEdit(
      file: wanted.file, line: line + 1, text: lines[line], replacing: range, by: text,
      applicability: wanted.applicability)
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
    let heads = file.services.filter { file.isKey(wanted.service, $0) }
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
    guard let found = keys.first(where: { file.isKey(name, $0) }) else {
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
    let text = lines[number - 1]
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
      for word in [name, option.value] where !word.isEmpty {
        new += isList ? " \"\(word)\"," : " " + word
      }
    }
    guard !new.isEmpty else { return [] }
    let at = isList ? text.index(program.upperBound, offsetBy: 2) : program.upperBound
    return [replace(number - 1, at..<at, by: new)]
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
          return [replace(end.line, end.at..<end.at, by: fields)]
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
