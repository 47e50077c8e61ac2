/// The files of one pack: `symptoms/*.yaml`, `causes/*.yaml`, `risks/*.yaml` and
/// `coverage.yaml`.
package struct RuleFiles: Sendable {
  /// What lists and reports call it.
  package let name: String
  /// What errors put before a file's path.
  let folder: String
  let files: [(path: String, text: String)]

  /// Paths are below the folder, with `/` between the parts.
  package init(folder: String, files: [(path: String, text: String)]) {
    self.init(
      name: folder.split(separator: "/").last.map(String.init) ?? folder, folder: folder,
      files: files)
  }

  private init(name: String, folder: String, files: [(path: String, text: String)]) {
    self.name = name
    self.folder = folder
    self.files = files
  }

  static let builtIn = RuleFiles(name: "built-in", folder: "built-in", files: builtInRuleFiles)

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
