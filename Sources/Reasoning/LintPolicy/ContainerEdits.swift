import Model

/// Edits of what a container runs and keeps, in compose files and manifests.
extension ConfigEdits {
  /// A service or a container: the line that it begins at, and the lines of its keys.
  private struct Block {
    let head: Int
    let keys: [Int]
    let indent: Int
  }

  /// Options at the end of the command. An official image of Redis without a command takes them alone.
  func arguments(_ options: [WantedEdit.Setting], around line: Int) -> [FileEdit] {
    if wanted.kind == .taskDefinition { return taskArguments(options, around: line) }
    guard let block = block(around: line) else { return [] }
    let isCompose = wanted.kind == .composeFile
    let names = isCompose ? ["command"] : ["args", "command"]
    func key(_ name: String) -> Int? { block.keys.first { isKey(name, $0, of: block) } }
    guard let key = names.lazy.compactMap(key).first else {
      guard key("entrypoint") == nil else { return [] }
      let head = indent(block.indent) + names[0] + ":"
      return [
        insert([head] + items(words(of: options), indent: block.indent + 2), before: block.head + 1)
      ]
    }
    guard let list = ListValue(file, key: key, indent: block.indent), !list.runsShell else {
      return []
    }
    // What is stated there is another's to change.
    let missing = options.filter { !list.holds($0.name) }
    guard let first = options.first, missing.contains(first) else { return [] }
    return append(words(of: missing), to: list)
  }

  private func words(of options: [WantedEdit.Setting]) -> [String] {
    options.flatMap { [$0.name, $0.value] }.filter { !$0.isEmpty }
  }

  /// In the service, and among the volumes of the file.
  func volume(_ path: String, around line: Int) -> [FileEdit] {
    guard wanted.kind == .composeFile, let block = block(around: line) else { return [] }
    let name = wanted.service + "-data"
    let mount = name + ":" + path
    var edits: [FileEdit]
    if let key = block.keys.first(where: { file.isKey("volumes", $0) }) {
      guard let list = ListValue(file, key: key, indent: block.indent), !list.isText else {
        return []
      }
      edits = append([mount], to: list)
    } else {
      let text = indent(block.indent) + "volumes: [\(quoted([mount]))]"
      edits = [insert([text], before: block.head + 1)]
    }
    guard !edits.isEmpty, let declared = declaration(of: name) else { return [] }
    return edits + [declared]
  }

  /// Nil where the file has a volume of that name, or no plain place for one.
  private func declaration(of name: String) -> FileEdit? {
    guard
      let head = lines.indices.first(where: { file.indents[$0] == 0 && file.isKey("volumes", $0) })
    else { return insert(["volumes:", "  \(name):"], before: lines.count) }
    let text = lines[head]
    let known = ConfigText.children(of: head, file.indents)
    guard let colon = text.firstIndex(of: ":"), !text.contains(name),
      !known.contains(where: { file.isKey(name, $0) })
    else { return nil }
    let value = uncommented(text[text.index(after: colon)...].unindented)
    if value.isEmpty {
      let inner = known.first.flatMap { file.indents[$0] }
      return insert([indent(inner ?? 2) + name + ":"], before: head + 1)
    }
    guard value.hasPrefix("{"), value.hasSuffix("}") else { return nil }
    if value.dropFirst().dropLast().allSatisfy({ $0 == " " }) {
      return replace(head, value.startIndex..<value.endIndex, by: "{\(name): {}}")
    }
    let start = value.dropFirst().unindented.startIndex
    return replace(head, start..<start, by: "\(name): {}, ")
  }

  /// An entry among others; the only one goes with its key, where that is not the only one either.
  func removal(of line: Int) -> [FileEdit] {
    if wanted.kind == .taskDefinition { return taskRemoval(of: line) }
    guard lines.indices.contains(line), let own = file.indents[line],
      !ConfigText.hasChildren(line, file.indents), let parent = parent(of: line)
    else { return [] }
    if siblings(below: parent, indent: own).count > 1 { return [remove(line...line)] }
    guard parent == line - 1, let outer = file.indents[parent], let above = self.parent(of: parent),
      siblings(below: above, indent: outer).count > 1
    else { return [] }
    return [remove(parent...line)]
  }

  // MARK: places

  private func isKey(_ name: String, _ line: Int, of block: Block) -> Bool {
    line == block.head && lines[line].unindented.hasPrefix("- ")
      ? lines[line].unindented.dropFirst(2).unindented.hasPrefix(name + ":")
      : file.isKey(name, line)
  }

  private func block(around line: Int) -> Block? {
    guard lines.indices.contains(line), file.indents[line] != nil else { return nil }
    return wanted.kind == .composeFile ? service(around: line) : container(around: line)
  }

  private func service(around line: Int) -> Block? {
    guard let head = file.services.last(where: { $0 <= line }), isBelow(head, line),
      uncommented(lines[head][...]).hasSuffix(":")
    else { return nil }
    let keys = ConfigText.children(of: head, file.indents)
    guard let indent = keys.first.flatMap({ file.indents[$0] }) else { return nil }
    return Block(head: head, keys: keys, indent: indent)
  }

  /// The item of `containers:` that holds the line.
  private func container(around line: Int) -> Block? {
    for head in (0...line).reversed() {
      guard file.indents[head] != nil, lines[head].unindented.hasPrefix("- "),
        isBelow(head, line), let parent = parent(of: head),
        uncommented(lines[parent].unindented) == "containers:"
      else { continue }
      let first = lines[head].unindented.dropFirst().unindented
      let indent = lines[head].distance(from: lines[head].startIndex, to: first.startIndex)
      let keys = siblings(below: head, indent: indent)
      return Block(head: head, keys: [head] + keys, indent: indent)
    }
    return nil
  }

  /// All lines from the one to the other are deeper.
  private func isBelow(_ head: Int, _ line: Int) -> Bool {
    guard let outer = file.indents[head] else { return false }
    return line == head || file.indents[(head + 1)...line].allSatisfy { ($0 ?? .max) > outer }
  }

  /// The key that a line stands below; items of a list may be indented as their key is.
  private func parent(of line: Int) -> Int? {
    guard let own = file.indents[line] else { return nil }
    let isItem = lines[line].unindented.hasPrefix("- ")
    return (0..<line).last { above in
      guard let indent = file.indents[above] else { return false }
      return indent < own
        || isItem && indent == own && !lines[above].unindented.hasPrefix("- ")
    }
  }

  private func siblings(below head: Int, indent: Int) -> [Int] {
    var found: [Int] = []
    for line in (head + 1)..<max(lines.count, head + 1) {
      guard let own = file.indents[line] else { continue }
      if own < indent { break }
      if own == indent { found.append(line) }
    }
    return found
  }

  // MARK: lines

  private func indent(_ count: Int) -> String { String(repeating: " ", count: count) }

  private func quoted(_ words: [String]) -> String {
    words.map { "\"\($0)\"" }.joined(separator: ", ")
  }

  func insert(_ texts: [String], before line: Int) -> FileEdit {
    FileEdit(
      file: wanted.file, line: line + 1, removed: [], inserted: texts,
      applicability: wanted.applicability)
  }

  func remove(_ range: ClosedRange<Int>) -> FileEdit {
    FileEdit(
      file: wanted.file, line: range.lowerBound + 1, removed: Array(lines[range]), inserted: [],
      applicability: wanted.applicability)
  }

  private func append(_ words: [String], to list: ListValue) -> [FileEdit] {
    switch list.form {
    case .text(let line, let end):
      [replace(line, end..<end, by: " " + words.joined(separator: " "))]
    case .flow(let line, let end): [replace(line, end..<end, by: ", " + quoted(words))]
    case .items(let last, let indent):
      [insert(items(words, indent: indent), before: last + 1)]
    }
  }

  private func items(_ words: [String], indent: Int) -> [String] {
    words.map { self.indent(indent) + "- \"\($0)\"" }
  }
}

/// The value of a key of YAML that is a list, or a command that is split into one.
private struct ListValue {
  enum Form {
    /// One text on the line of its key, which ends there.
    case text(Int, String.Index)
    /// `[a, b]` on the line of its key; the bracket that closes it.
    case flow(Int, String.Index)
    /// `- a` on lines of their own, the last of them and their indent.
    case items(last: Int, indent: Int)
  }

  let form: Form
  private let text: String

  var isText: Bool { if case .text = form { true } else { false } }

  /// Nil for what has no plain end: anchors, folded texts, lists over several lines.
  init?(_ file: ConfigText, key: Int, indent: Int) {
    let line = file.lines[key]
    guard let colon = line.firstIndex(of: ":") else { return nil }
    let value = uncommented(line[line.index(after: colon)...].unindented)
    let rest = (key + 1)..<max(key + 1, file.lines.count)
    let next = rest.first { file.indents[$0] != nil }
    let isContinued = next.flatMap { file.indents[$0] }.map { $0 > indent } ?? false
    guard let first = value.first else {
      guard let next, let own = file.indents[next], own >= indent else { return nil }
      let below = rest.prefix { (file.indents[$0] ?? .max) >= own }
      let items = below.filter { file.indents[$0] == own }
        .prefix { file.lines[$0].unindented.hasPrefix("- ") }
      guard let last = items.last, !ConfigText.hasChildren(last, file.indents),
        file.indents[next...last].allSatisfy({ $0 == nil || $0 == own }),
        // A quote that is open goes on in the next line.
        items.allSatisfy({ file.lines[$0].count { $0 == "\"" }.isMultiple(of: 2) })
      else { return nil }
      form = .items(last: last, indent: own)
      text = items.map { file.lines[$0].unindented.dropFirst(2) + " " }.joined()
      return
    }
    guard !isContinued, !"&*>|{!".contains(first) else { return nil }
    text = String(value)
    if first == "[" {
      guard value.hasSuffix("]"), value.dropFirst().dropLast().contains(where: { $0 != " " }) else {
        return nil
      }
      form = .flow(key, value.index(before: value.endIndex))
    } else if first == "\"" || first == "'" {
      guard value.count > 1, value.last == first else { return nil }
      form = .text(key, value.index(before: value.endIndex))
    } else {
      form = .text(key, value.endIndex)
    }
  }

  private var words: [Substring] { text.split { " ,[]\"'=".contains($0) } }

  func holds(_ option: String) -> Bool { words.contains(option[...]) }

  /// What a shell runs has its end elsewhere.
  var runsShell: Bool {
    words.contains { $0.hasSuffix("sh") } || text.contains { "|&;<>".contains($0) }
  }
}
