import Model

/// Reads the configs of a deploy tree. Unlike evidence of an incident a tree is mostly other files,
/// which cost no more than a look at their name and perhaps their head.
///
/// Of the defaults of what configs leave out, those that nobody asks about are not kept.
package func readDeployTree(_ sources: [EvidenceSource], asked: Set<String>? = nil) -> Ledger {
  var tree = DeployTree(asked: asked)
  for source in sources { tree.take(source) }
  return tree.ledger()
}

/// A config of the tree.
struct DeployFile: Sendable {
  let path: String
  let form: DeployForm
  let document: Document

  var folder: String { parentFolder(of: path) }

  var name: String { document.name }
}

/// The configs among the files of a tree, and what became of the others. Only configs that others
/// may include are kept in memory; all else is read and let go.
struct DeployTree {
  private static let headSize = 32 << 10
  private static let keptLimit = 32 << 20

  private let asked: Set<String>?
  private var accounts: [InputAccount] = []
  private var pages: [Int: Page] = [:]
  private var waiting: [(index: Int, file: DeployFile)] = []
  private var kept = 0

  init(asked: Set<String>?) { self.asked = asked }

  mutating func take(_ source: EvidenceSource) {
    let path = source.name.hasPrefix("./") ? String(source.name.dropFirst(2)) : source.name
    var account = InputAccount(
      path: path, folder: parentFolder(of: path), isNamed: source.isNamed, kind: nil,
      status: .notRecognised)
    defer { accounts.append(account) }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    guard source.isNamed || DeployForm.mayBe(path), !DeployForm.isForDevelopment(path) else {
      return
    }
    let bytes: [UInt8]
    let form: DeployForm
    do throws(SourceError) {
      var stream = try source.open()
      var head = try DeployTree.read(DeployTree.headSize, from: &stream)
      account.bytes = head.count
      if head.starts(with: ForeignBytes.utf8Mark) { head.removeFirst(3) }
      if ForeignBytes.name(of: head) != nil { return }
      guard let found = DeployForm.of(path: path, head: head) else {
        if source.isNamed {
          account.warnings = [Page.Warning("not recognised as a config that lint knows")]
        }
        return
      }
      form = found
      bytes = head + (try DeployTree.read(Document.limit + 1 - head.count, from: &stream))
    } catch {
      guard !error.isLeftOut else { return }
      account.status = .unreadable
      account.warnings = [Page.Warning(error.message)]
      return
    }
    account.kind = form.kind
    account.bytes = bytes.count
    account.status = .read
    let isTemplate = form == .redisConfig && name.lowercased().hasSuffix(".j2")
    let isCut = bytes.count > Document.limit
    let document = Document(
      name: name,
      bytes: isTemplate
        ? plainLines(ofTemplate: Array(bytes.prefix(Document.limit)))
        : isCut ? Array(bytes.prefix(Document.limit)) : bytes, isCut: isCut)
    let file = DeployFile(path: path, form: form, document: document)
    let index = accounts.count
    if form == .nginx || form == .redisConfig, kept + bytes.count <= DeployTree.keptLimit {
      kept += bytes.count
      waiting.append((index, file))
    } else {
      read(file, index, includes: DeployIncludes([]), into: &account)
    }
  }

  private mutating func read(
    _ file: DeployFile, _ index: Int, includes: DeployIncludes, into account: inout InputAccount
  ) {
    var page = Page(kind: file.form.kind)
    DeployReaders.read(file, includes: includes, into: &page)
    if file.document.isCut { page.warn("longer than 8 MiB: the rest is not read") }
    account.lines = file.document.bytes.count { $0 == UInt8(ascii: "\n") }
    account.skippedLines = page.skippedLines
    account.warnings = page.warnings
    if page.skippedLines > 0 || file.document.isCut { account.status = .partlyRead }
    // What says what it is and cannot be parsed is broken.
    if page.facts.isEmpty, page.relations.isEmpty, !page.warnings.isEmpty {
      account.status = .unreadable
    }
    if let asked { page.forget { $0.origin.line == nil && !asked.contains($0.name) } }
    page.trim()
    pages[index] = page
  }

  consuming func ledger() -> Ledger {
    let includes = DeployIncludes(waiting.map(\.file))
    for (index, file) in waiting where !includes.isIncluded(file) {
      var account = accounts[index]
      read(file, index, includes: includes, into: &account)
      accounts[index] = account
    }
    var ledger = Ledger()
    for (index, account) in accounts.enumerated() { ledger.add(account, page: pages[index]) }
    return ledger
  }

  private static func read(
    _ limit: Int, from stream: inout any ByteStream
  ) throws(SourceError) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: min(max(limit, 0), 32 << 10))
    while bytes.count < limit {
      let wanted = min(part.count, limit - bytes.count)
      let count = try part.withUnsafeMutableBufferPointer { (all) throws(SourceError) in
        try stream.read(into: UnsafeMutableBufferPointer(rebasing: all[..<wanted]))
      }
      guard count > 0 else { break }
      bytes += part[..<count]
    }
    return bytes
  }
}

/// Which config takes in which: `include` of nginx and Redis.
struct DeployIncludes {
  private let files: [DeployFile]
  private let byName: [String: [Int]]
  private var included: Set<String> = []

  init(_ files: [DeployFile]) {
    self.files = files
    byName = Dictionary(grouping: files.indices) { files[$0].name }
    var taken: Set<String> = []
    for file in files {
      for line in file.document.lines {
        let words = line.split { $0.isWhitespace || $0 == ";" || $0 == "{" }
        guard let at = words.firstIndex(of: "include"), at + 1 < words.count,
          !(words.first?.hasPrefix("#") ?? false)
        else { continue }
        for other in find(unquoted(String(words[at + 1])), from: file) where other.path != file.path
        {
          taken.insert(other.path)
        }
      }
    }
    included = taken
  }

  func isIncluded(_ file: DeployFile) -> Bool { included.contains(file.path) }

  /// The files that a pattern names, in the order of their names. An absolute path is one of the
  /// server: in the tree it is the file that ends like it, in the folder nearest to its user.
  func find(_ pattern: String, from user: DeployFile) -> [DeployFile] {
    let parts = pattern.split(separator: "/").filter { $0 != "." }
    guard let last = parts.last else { return [] }
    let isGlob = last.contains("*") || last.contains("?")
    let candidates =
      isGlob
      ? files.indices.filter { globMatches(last, files[$0].name) } : byName[String(last)] ?? []
    let sameForm = candidates.filter {
      files[$0].form == user.form && files[$0].path != user.path
    }
    var best: [Int] = []
    var bestScore = -1
    for index in sameForm {
      guard let score = score(files[index], parts: parts, isGlob: isGlob, user: user) else {
        continue
      }
      if score > bestScore { (best, bestScore) = ([], score) }
      if score == bestScore { best.append(index) }
    }
    // One path names one file; where several fit equally none is sure.
    if !isGlob, best.count > 1 { return [] }
    return best.map { files[$0] }.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  private func score(
    _ file: DeployFile, parts: [Substring], isGlob: Bool, user: DeployFile
  ) -> Int? {
    let folders = file.path.split(separator: "/").dropLast()
    var common = 0
    for (a, b) in zip(folders.reversed(), parts.dropLast().reversed()) {
      guard a == b else { break }
      common += 1
    }
    // The folder that the pattern names must be the file's, or both lie side by side.
    guard
      common > 0 || file.folder == user.folder && parts.count <= 1
        || parts.count > 1 && !isGlob && file.folder == user.folder
    else { return nil }
    let shared = zip(folders, user.path.split(separator: "/").dropLast()).prefix { $0 == $1 }.count
    return common * 1000 + shared
  }
}

func unquoted(_ text: String) -> String {
  guard let first = text.first, first == "\"" || first == "'", text.last == first, text.count >= 2
  else { return text }
  return String(text.dropFirst().dropLast())
}

func parentFolder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "" }
  return String(path[..<slash])
}

/// `*` and `?` within one part of a path. Linear: a star that fails is tried one further on.
func globMatches(_ pattern: some StringProtocol, _ name: some StringProtocol) -> Bool {
  let (p, n) = (Array(pattern.utf8), Array(name.utf8))
  var (i, j) = (0, 0)
  var star: (p: Int, n: Int)?
  while j < n.count {
    if i < p.count, p[i] == UInt8(ascii: "*") {
      star = (i, j)
      i += 1
    } else if i < p.count, p[i] == n[j] || p[i] == UInt8(ascii: "?") {
      i += 1
      j += 1
    } else if let last = star {
      star = (last.p, last.n + 1)
      i = last.p + 1
      j = last.n + 1
    } else {
      return false
    }
  }
  return p[i...].allSatisfy { $0 == UInt8(ascii: "*") }
}
