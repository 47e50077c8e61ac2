import Model
import YAML

/// Edits of the containers of a task definition of ECS. It is JSON: what is added needs its comma.
extension ConfigEdits {
  /// Options at the end of the command. An official image of Redis without a command takes them alone.
  func taskArguments(_ options: [WantedEdit.Setting], around line: Int) -> [FileEdit] {
    guard let container = container(aroundLine: line + 1) else { return [] }
    let entry = container["entryPoint"]?.sequence ?? []
    let words = options.flatMap { [$0.name, $0.value] }.filter { !$0.isEmpty }
    guard let command = container["command"] else {
      guard container["entryPoint"] == nil, let server = server(of: container),
        let first = firstKey(of: container)
      else { return [] }
      // Other edits of it put their lines below the same head.
      let head = first.indent + "\"command\": [\(quoted(server))"
      let list = first.indent + " " + words.map { ", " + quoted($0) }.joined()
      return [insert([head, list, first.indent + "],"], before: first.line)]
    }
    let stated = (entry + (command.sequence ?? [])).compactMap(\.scalar)
    // What a shell runs has its end elsewhere, and what is stated there is another's to change.
    let runsShell = stated.contains { word in
      word.hasSuffix("sh") || word.contains { "|&;<>".contains($0) }
    }
    func isStated(_ option: WantedEdit.Setting) -> Bool {
      stated.contains { $0 == option.name || $0.hasPrefix(option.name + "=") }
    }
    let missing = options.filter { !isStated($0) }
    guard !runsShell, let first = options.first, missing.contains(first),
      let items = command.sequence
    else { return [] }
    return append(missing.flatMap { [$0.name, $0.value] }.filter { !$0.isEmpty }, to: items)
  }

  /// A key of the container, first in it where it is not there.
  func taskPlace(_ name: String) -> Place {
    let named = containers.filter { $0["name"]?.scalar == wanted.service }
    guard let container = named.first, named.count == 1, container[name] == nil,
      let first = firstKey(of: container)
    else { return .unclear }
    return .absent(first.line, indent: first.indent)
  }

  /// An entry of a list on a line of its own, with the comma that it leaves behind.
  func taskRemoval(of line: Int) -> [FileEdit] {
    guard line > 0, lines.indices.contains(line + 1) else { return [] }
    let text = lines[line].unindented
    let own = text[..<text.trimmedEnd]
    guard own.hasPrefix("{") else { return [] }
    if own.hasSuffix("},") { return [remove(line...line)] }
    let above = lines[line - 1][..<lines[line - 1].trimmedEnd]
    guard own.hasSuffix("}"), lines[line + 1].unindented.hasPrefix("]") else { return [] }
    if above.hasSuffix("[") { return [remove(line...line)] }
    guard above.hasSuffix("},"), above.unindented.hasPrefix("{") else { return [] }
    let comma = above.index(before: above.endIndex)
    return [replace(line - 1, comma..<above.endIndex, by: ""), remove(line...line)]
  }

  // MARK: places

  private var containers: [Node] {
    let text = Array(lines.joined(separator: "\n").utf8)
    let isTemplate = wanted.file.hasSuffix("tpl")
    guard let parsed = try? parseJSON(isTemplate ? filledTemplate(text) : text), !parsed.isTruncated
    else { return [] }
    return parsed.nodes.flatMap { root -> [Node] in
      let task = root["taskDefinition"] ?? root
      return task["containerDefinitions"]?.sequence ?? root.sequence ?? []
    }
  }

  /// The one that begins last before a line; nil where two begin on one.
  private func container(aroundLine number: Int) -> Node? {
    let before = containers.filter { $0.line <= number }
    guard let last = before.last, before.filter({ $0.line == last.line }).count == 1 else {
      return nil
    }
    return last
  }

  /// The program that the official images run; others have scripts of their own.
  private func server(of container: Node) -> String? {
    let image = (container["image"]?.scalar ?? "").prefix { $0 != ":" && $0 != "@" }
    guard !image.contains("bitnami") else { return nil }
    switch image.split(separator: "/").last {
    case "redis": return "redis-server"
    case "valkey": return "valkey-server"
    default: return nil
    }
  }

  /// The line of the first key, where it stands alone behind its indent.
  private func firstKey(of container: Node) -> (line: Int, indent: String)? {
    guard let key = container.mapping?.first?.key, let at = index(of: key) else { return nil }
    let indent = lines[key.line - 1][..<at]
    return indent.allSatisfy(\.isBlank) ? (key.line - 1, String(indent)) : nil
  }

  /// Where a node begins in its line; columns of JSON count bytes.
  private func index(of node: Node) -> String.Index? {
    guard lines.indices.contains(node.line - 1), node.column >= 1 else { return nil }
    let bytes = lines[node.line - 1].utf8
    return bytes.index(bytes.startIndex, offsetBy: node.column - 1, limitedBy: bytes.endIndex)
  }

  /// Behind the quote that ends a text.
  private func end(of node: Node) -> String.Index? {
    guard let start = index(of: node) else { return nil }
    let bytes = lines[node.line - 1].utf8
    guard start < bytes.endIndex, bytes[start] == UInt8(ascii: "\"") else { return nil }
    var at = bytes.index(after: start)
    while at < bytes.endIndex, bytes[at] != UInt8(ascii: "\"") {
      let isEscape = bytes[at] == UInt8(ascii: "\\")
      at = bytes.index(at, offsetBy: isEscape ? 2 : 1, limitedBy: bytes.endIndex) ?? bytes.endIndex
    }
    return at < bytes.endIndex ? bytes.index(after: at) : nil
  }

  /// On the line of the last, whose comma is its own: another edit may add to it too.
  private func append(_ words: [String], to items: [Node]) -> [FileEdit] {
    guard let last = items.last, let end = end(of: last) else { return [] }
    return [replace(last.line - 1, end..<end, by: words.map { ", " + quoted($0) }.joined())]
  }

  private func quoted(_ word: String) -> String { "\"\(word)\"" }
}
