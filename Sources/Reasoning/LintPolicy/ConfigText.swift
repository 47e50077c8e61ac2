/// The lines of a file, looked at once for all that is to be changed in it.
struct ConfigText {
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

  /// Whether a line of YAML begins the value of a key.
  func isKey(_ key: String, _ line: Int) -> Bool {
    let text = lines[line].unindented
    return ["\(key):", "\"\(key)\":", "'\(key)':"].contains { text.hasPrefix($0) }
  }

  static func hasChildren(_ head: Int, _ indents: [Int?]) -> Bool {
    guard indents.indices.contains(head), let outer = indents[head] else { return false }
    return (indents.dropFirst(head + 1).lazy.compactMap { $0 }.first ?? 0) > outer
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

/// Without the comment behind it, and without blanks at its end.
func uncommented(_ text: Substring) -> Substring {
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
  var isBlank: Bool { self == " " || self == "\t" }
}

extension StringProtocol {
  var unindented: SubSequence { drop { $0.isBlank } }

  /// The end without the blanks before it.
  var trimmedEnd: Index {
    var end = endIndex
    while end > startIndex, self[index(before: end)].isWhitespace { end = index(before: end) }
    return end
  }

  var trimmedEnds: SubSequence { self[..<trimmedEnd].drop { $0.isWhitespace } }
}
