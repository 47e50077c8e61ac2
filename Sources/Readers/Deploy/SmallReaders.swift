import Model

/// A file of sysctl.d: kernel settings, the last of a name counts.
enum SysctlFileReader {
  static func read(_ file: DeployFile, into page: inout Page) {
    let lines = file.document.lines
    let host = page.subject(.host)
    var last: [String: (value: String, line: Int)] = [:]
    for (index, line) in lines.enumerated() {
      let text = line.drop { $0.isWhitespace }
      guard !text.isEmpty, !text.hasPrefix("#"), !text.hasPrefix(";") else { continue }
      guard let setting = SysctlSection.setting(line) else {
        // A key alone excludes it from a glob: sysctl.d(5).
        if !text.hasPrefix("-") {
          page.skip(line: index + 1, "found no 'key = value' of the kernel's settings")
        }
        continue
      }
      last[setting.key] = (setting.value, index + 1)
    }
    for (key, entry) in last.sorted(by: { ($0.value.line, $0.key) < ($1.value.line, $1.key) })
    where SysctlSection.keys.contains(key) {
      guard let number = hostNumber(entry.value) else { continue }
      page.record(
        "host.sysctl.\(key)", number, of: host,
        origin: Document.origin(entry.line, in: lines).marking(entry.value))
    }
  }
}

/// redis.conf with the files it includes: what stands later wins, wherever it stands.
enum RedisFileReader {
  static func read(_ file: DeployFile, includes: DeployIncludes, into page: inout Page) {
    var walk = Walk(includes: includes)
    walk.visit(file, depth: 0, into: &page)
    let subject = page.subject(SubjectClue(.redis, keys: walk.settings.keys))
    for (path, settings) in walk.byFile {
      let lines = path == file.path ? file.document.lines : walk.lines[path] ?? []
      var part = Page(kind: .redisConfig)
      let local = part.subject(.redis)
      settings.record(of: local, lines: lines, into: &part)
      for fact in part.facts where walk.isLast(fact, in: path) {
        var origin = fact.origin
        if path != file.path { origin.file = path }
        page.record(
          fact.name, fact.value, of: subject, part: fact.part, origin: origin)
      }
    }
    // Of a template it is not known what else comes to stand there.
    let isTemplate = file.name.lowercased().hasSuffix(".j2")
    if !isTemplate, !walk.hasLostInclude, !file.document.isCut, walk.settings.count > 0 {
      walk.settings.recordDefaults(
        of: subject, isValkey: file.name.lowercased().contains("valkey"), into: &page)
    }
  }

  private struct Walk {
    let includes: DeployIncludes
    /// All files together, as Redis sees them.
    var settings = RedisSettings(isRunning: false)
    var byFile: [(path: String, settings: RedisSettings)] = []
    var lines: [String: [String]] = [:]
    var winner: [String: String] = [:]
    var hasLostInclude = false
    private var visited: Set<String> = []

    init(includes: DeployIncludes) { self.includes = includes }

    mutating func visit(_ file: DeployFile, depth: Int, into page: inout Page) {
      guard depth < 16, visited.insert(file.path).inserted else { return }
      lines[file.path] = file.document.lines
      let slot = byFile.count
      byFile.append((file.path, RedisSettings(isRunning: false)))
      for (index, line) in file.document.lines.enumerated() {
        let words = RedisConfigReader.words(of: line)
        guard let name = words.first else { continue }
        if name == "include" {
          let found = words.count > 1 ? includes.find(words[1], from: file) : []
          if found.isEmpty {
            hasLostInclude = true
          }
          for other in found { visit(other, depth: depth + 1, into: &page) }
        } else if words.count < 2 {
          page.skip(line: index + 1, "found a name without a value; expected a setting")
        } else {
          let setting = RedisSetting(
            name: name, value: words.dropFirst().joined(separator: " "), nameLine: index + 1,
            valueLine: index + 1)
          settings.add(setting)
          byFile[slot].settings.add(setting)
          winner[name == "slaveof" ? "replicaof" : name] = file.path
        }
      }
    }

    /// Whether the file's setting is the one that counts.
    func isLast(_ fact: Fact, in path: String) -> Bool {
      var name = String(fact.name.dropFirst("redis.config.".count))
      for suffix in ["_set", "_enabled"] where name.hasSuffix(suffix) {
        name = String(name.dropLast(suffix.count))
      }
      let setting = String(name.map { $0 == "_" ? "-" : $0 })
      guard let winner = winner[setting] ?? winner[name] else { return true }
      return winner == path
    }
  }
}
