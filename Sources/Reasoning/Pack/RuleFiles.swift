/// The files of one pack: `symptoms/*.yaml`, `causes/*.yaml`, `risks/*.yaml` and
/// `coverage.yaml`.
package struct RuleFiles: Sendable {
  /// What lists and reports call it.
  package let name: String
  /// What errors put before a file's path.
  let folder: String
  let files: [(path: String, text: String)]
  /// False where they were left out.
  private(set) var hasExamples = true

  /// Paths are below the folder, with `/` between the parts.
  package init(folder: String, files: [(path: String, text: String)]) {
    self.init(
      name: folder.split(separator: "/").last.map(String.init) ?? folder, folder: folder,
      files: files)
  }

  private init(
    name: String, folder: String, files: [(path: String, text: String)], hasExamples: Bool = true
  ) {
    self.name = name
    self.folder = folder
    self.files = files
    self.hasExamples = hasExamples
  }

  static let builtIn = RuleFiles(name: "built-in", folder: "built-in", files: builtInRuleFiles)

  /// The examples of a cause or a risk, which stand last in its file, are half of what there is to
  /// parse, and only the tests of a pack read them.
  var withoutExamples: RuleFiles {
    let bare = files.map { path, text in
      let head = path.hasPrefix("causes/") ? "\nexamples:" : "\nbad:"
      guard !path.hasPrefix("symptoms/"), let end = text.utf8Range(of: head) else {
        return (path, text)
      }
      return (path, String(text[..<end.lowerBound]) + "\n")
    }
    return RuleFiles(name: name, folder: folder, files: bare, hasExamples: false)
  }

  /// How errors name a file.
  func shown(_ path: String) -> String {
    folder.hasSuffix("/") ? folder + path : folder + "/" + path
  }
}

/// What a file of a pack holds, by its path.
enum RuleFileKind {
  case cause(id: String)
  case risk(id: String)
  case symptoms, coverage

  init?(path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let file = parts.last, let dot = file.lastIndex(of: "."),
      [".yaml", ".yml"].contains(file[dot...])
    else { return nil }
    let name = String(file[..<dot])
    switch parts.dropLast().first {
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
    guard let first = wanted.first else { return nil }
    var start = utf8.startIndex
    while let found = utf8[start...].firstIndex(of: first) {
      let rest = utf8[found...]
      if rest.starts(with: wanted) {
        return found..<utf8.index(found, offsetBy: wanted.count)
      }
      start = utf8.index(after: found)
    }
    return nil
  }
}
