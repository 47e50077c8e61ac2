/// The files of one pack: `symptoms/*.yaml`, `causes/*.yaml`, `risks/*.yaml` and
/// `coverage.yaml`.
package struct RuleFiles: Sendable {
  enum Content: Sendable {
    case text(String)
    /// What the build parsed, as `Node.encoded`.
    case document(String)
  }

  /// What lists and reports call it.
  package let name: String
  /// What errors put before a file's path.
  let folder: String
  let files: [(path: String, content: Content)]
  let use: RuleUse

  /// Paths are below the folder, with `/` between the parts.
  package init(folder: String, files: [(path: String, text: String)]) {
    name = folder.split(separator: "/").last.map(String.init) ?? folder
    self.folder = folder
    self.files = files.map { ($0.path, .text($0.text)) }
    use = .all
  }

  init(builtInFor use: RuleUse) {
    name = "built-in"
    folder = name
    files = builtInRuleFiles.map { ($0.path, .document($0.document)) }
    self.use = use
  }

  /// How errors name a file.
  func shown(_ path: String) -> String {
    folder.hasSuffix("/") ? folder + path : folder + "/" + path
  }
}

/// What the built-in rules are loaded for.
package enum RuleUse: Sendable {
  case diagnosis, lint, all

  /// Only the tests of a pack read its examples, which are half of it, and only `lint` edits files.
  func omittedKeys(of kind: RuleFileKind) -> [String] {
    switch (kind, self) {
    case (.cause, .diagnosis), (.cause, .lint): ["examples"]
    case (.risk, .diagnosis): ["good", "bad", "edit"]
    case (.risk, .lint): ["good", "bad"]
    default: []
    }
  }
}

/// What a file of a pack holds, by its path.
enum RuleFileKind {
  case cause(id: String)
  case risk(id: String)
  case symptoms, coverage

  init?(path: String) {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard let file = parts.last, let dot = file.lastIndex(of: UInt8(ascii: ".")),
      [".yaml", ".yml"].contains(Substring(file[dot...]))
    else { return nil }
    let name = String(Substring(file[..<dot]))
    switch parts.dropLast().first.map(Substring.init) {
    case "causes": self = .cause(id: name)
    case "risks": self = .risk(id: name)
    case "symptoms": self = .symptoms
    case nil where name == "coverage": self = .coverage
    default: return nil
    }
  }
}

/// Names of causes and symptoms: `session-bloat`.
func isRuleID(_ text: String) -> Bool {
  guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else {
    return false
  }
  return text.utf8.count <= 80
    && text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
}

extension String {
  /// By bytes; the search of the standard library goes by characters.
  func utf8Range(of needle: String) -> Range<String.Index>? {
    let wanted = Array(needle.utf8)
    guard let first = wanted.first, utf8.count >= wanted.count else { return nil }
    let offset = Array(utf8).withUnsafeBufferPointer { text in
      (0...text.count - wanted.count).first {
        text[$0] == first && text[$0..<$0 + wanted.count].elementsEqual(wanted)
      }
    }
    guard let offset else { return nil }
    let start = utf8.index(startIndex, offsetBy: offset)
    return start..<utf8.index(start, offsetBy: wanted.count)
  }

  /// With another text wherever `needle` stands.
  func utf8Replacing(_ needle: String, with text: String) -> String {
    var replaced = ""
    var rest = self
    while let range = rest.utf8Range(of: needle) {
      replaced += rest[..<range.lowerBound] + text
      rest = String(rest[range.upperBound...])
    }
    return replaced + rest
  }
}
