import Model

/// A gunicorn master that runs on this box.
struct FoundGunicorn: Sendable {
  let master: ProcessEntry
  /// The folder of its evidence: `gunicorn`.
  let folder: String
}

/// Finds gunicorn, what it was told and what it logs.
struct GunicornDiscovery {
  let files: SystemFiles
  let findings: Findings
  let logs: ServiceLogs

  func masters(in table: ProcessTable) -> [FoundGunicorn] {
    let all = table.entries.filter { GunicornDiscovery.isGunicorn($0.arguments) }
    let pids = Set(all.map(\.pid))
    let masters = all.filter { !pids.contains($0.parent) }
    return masters.prefix(16).enumerated().map { index, master in
      FoundGunicorn(master: master, folder: index == 0 ? "gunicorn" : "gunicorn-\(index + 1)")
    }
  }

  /// A gunicorn process itself, not what starts, watches or greps for one.
  static func isGunicorn(_ arguments: [String]) -> Bool {
    guard let first = arguments.first else { return false }
    if first.hasPrefix("gunicorn:") { return true }
    return arguments.prefix(5).contains {
      ["gunicorn", "gunicorn3", "gunicorn.app.wsgiapp"].contains(
        $0.split(separator: "/").last ?? "")
    }
  }

  func collect(_ found: FoundGunicorn, workers: [ProcessEntry]) {
    let master = found.master
    let pid = master.pid
    findings.begin("gunicorn, process \(pid)")
    let prefix = ProcessTable.rootPrefix(of: pid, files: files)
    let folder = files.link("/proc/\(pid)/cwd")
    if folder == nil {
      findings.add(
        CollectionGap(
          "the configuration of gunicorn (process \(pid))", .privilege,
          "the folder it runs in is not ours to see; root and its own user may"))
    }
    if !collectUnit(found) { collectCommand(found, cwd: folder) }
    var config = GunicornDiscovery.configPath(master.arguments)
    let isNamed = config != nil
    if config == nil, let folder { config = "\(folder)/gunicorn.conf.py" }
    if let config {
      let path = config.hasPrefix("/") ? config : folder.map { "\($0)/\(config)" }
      if let path {
        logs.addConfig(
          prefix + path, as: "\(found.folder)/gunicorn.conf.py", of: master.owner,
          isExpected: isNamed)
      }
    }
    let names = [pid] + workers.prefix(1).map(\.pid)
    var paths: [String] = []
    var isHidden = false
    for name in names {
      guard let written = ProcessTable.written(by: name, files: files) else {
        isHidden = true
        continue
      }
      for path in written where !paths.contains(path) && GunicornDiscovery.isLog(path) {
        paths.append(path)
      }
    }
    for path in paths.prefix(6) {
      logs.add(prefix + path, folder: found.folder, of: master.owner)
    }
    guard paths.isEmpty else { return }
    let what = "the log of gunicorn (process \(pid))"
    let hidden = CollectionGap(
      what, .privilege, "the files it writes are not ours to see; root and its own user may")
    // Members of adm may read the journal, though not which files others write.
    logs.addJournal(
      of: pid, as: "\(found.folder)/journal.log", what: what, otherwise: isHidden ? hidden : nil)
  }

  private static func isLog(_ path: String) -> Bool {
    let name = path.split(separator: "/").last ?? ""
    return name.contains("log") || name.hasSuffix(".txt") || name.hasSuffix(".out")
      || name.hasSuffix(".err")
  }

  /// `-c FILE`, `-cFILE`, `--config FILE`, `--config=file:FILE`; python: modules are no files.
  static func configPath(_ arguments: [String]) -> String? {
    var found: String?
    for (index, word) in arguments.enumerated() {
      if word == "-c" || word == "--config", arguments.indices.contains(index + 1) {
        found = arguments[index + 1]
      } else if word.hasPrefix("--config=") {
        found = String(word.dropFirst(9))
      } else if word.hasPrefix("-c"), word.count > 2 {
        found = String(word.dropFirst(2))
      }
    }
    guard let found, !found.hasPrefix("python:") else { return nil }
    return found.hasPrefix("file:") ? String(found.dropFirst(5)) : found
  }

  /// What it was started with and lives under, as a unit would state it. Of its environment only
  /// what gunicorn reads is taken.
  private func collectCommand(_ found: FoundGunicorn, cwd: String?) {
    let arguments = found.master.arguments
    guard let first = arguments.first, !first.hasPrefix("gunicorn:") else { return }
    let pid = found.master.pid
    let environment = files.textIfAny("/proc/\(pid)/environ", limit: 128 << 10) ?? ""
    var text = "# Written by triage from /proc/\(pid), as a unit would state it.\n[Service]\n"
    if let cwd { text += "WorkingDirectory=\(quoted(cwd))\n" }
    for entry in environment.split(separator: "\0") {
      for name in ["GUNICORN_CMD_ARGS", "WEB_CONCURRENCY"] where entry.hasPrefix(name + "=") {
        text += "Environment=\(quoted(String(entry)))\n"
      }
    }
    if let group = MemoryControlGroup(of: pid, files: files) {
      text += "MemoryMax=\(group.limit.filter { !$0.isWhitespace })\n"
    }
    text += "ExecStart=" + arguments.map(quoted).joined(separator: " ") + "\n"
    findings.add(
      CollectedFile(
        "\(found.folder)/\(found.folder).service", from: "/proc/\(pid)/cmdline",
        text: ServiceLogs.withoutSecrets(text)))
  }

  /// The systemd unit that its control group names, if it is one that starts gunicorn.
  private func collectUnit(_ found: FoundGunicorn) -> Bool {
    let groups = files.textIfAny("/proc/\(found.master.pid)/cgroup", limit: 8192) ?? ""
    let parts = groups.split { $0 == "/" || $0.isNewline }
    guard let unit = parts.last(where: { $0.hasSuffix(".service") }), !unit.contains("..") else {
      return false
    }
    return ["/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system"].contains {
      let path = "\($0)/\(unit)"
      // A unit of docker or supervisor says nothing of what runs under it.
      guard files.textIfAny(path)?.contains("gunicorn") == true else { return false }
      return logs.addConfig(
        path, as: "\(found.folder)/\(unit)", of: found.master.owner, isExpected: false)
    }
  }

  private func quoted(_ word: String) -> String {
    let isPlain = word.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:,@%+".contains($0))
    }
    if isPlain, !word.isEmpty { return word }
    let line = word.map { $0.isNewline ? " " : $0 == "'" ? "'\\''" : "\($0)" }
    return "'" + line.joined() + "'"
  }
}
