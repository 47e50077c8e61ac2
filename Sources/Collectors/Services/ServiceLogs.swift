import Model

/// Takes configuration files and the ends of logs of services.
struct ServiceLogs {
  /// No configuration of a real service comes near.
  static let configLimit = 1 << 20

  let files: SystemFiles
  let findings: Findings
  /// How far back logs are taken.
  let since: WallClock
  /// Of one log, in bytes.
  let limit: Int

  init(_ plan: CollectionPlan, files: SystemFiles, findings: Findings) {
    self.files = files
    self.findings = findings
    since = WallClock(seconds: plan.since ?? WallClock.now.seconds - 3600)
    limit = plan.logLimit
  }

  /// False where it cannot be read; that is worth a word only where it is expected.
  @discardableResult
  func addConfig(
    _ path: String, as name: String, of owner: (user: UInt32, group: UInt32), isExpected: Bool
  ) -> Bool {
    findings.begin(path)
    do throws(FileFault) {
      let file = try files.open(path, readableBy: owner)
      let text = String(
        decoding: file.bytes(at: 0, count: min(file.size, ServiceLogs.configLimit)), as: UTF8.self)
      findings.add(CollectedFile(name, from: path, text: ServiceLogs.withoutSecrets(text)))
      return true
    } catch {
      if isExpected || error != .absent { add(error, about: path) }
      return false
    }
  }

  /// Passwords stay on the box; line by line, so that lines keep their numbers.
  static func withoutSecrets(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { redactSecrets(String($0)) }.joined(separator: "\n")
  }

  func add(_ path: String, folder: String, of owner: (user: UInt32, group: UInt32)) {
    findings.begin(path)
    do throws(FileFault) {
      let file = try files.open(path, readableBy: owner)
      let size = file.size
      let start = LogTail(since: since, limit: limit).start(in: file, size: size)
      guard start < size else {
        return findings.add(CollectionGap(path, .absent, "it says nothing since \(since.utc)"))
      }
      let last = path.split(separator: "/").last.map(String.init) ?? "log"
      var name = "\(folder)/\(last)"
      var number = 2
      while findings.files.contains(where: { $0.path == name }), number < 100 {
        name = "\(folder)/\(number)-\(last)"
        number += 1
      }
      findings.add(CollectedFile(name, from: path, .range(file, start: start, size: size - start)))
    } catch {
      add(error, about: path)
    }
  }

  /// What a service that logs to no file said in the journal; else a gap that says so.
  func addJournal(of pid: Int, as name: String, what: String, otherwise: CollectionGap? = nil) {
    findings.begin("the journal of process \(pid)")
    guard let unit = UnitJournal.unit(of: pid, files: files) else {
      let gap = CollectionGap(
        what, .absent, "it writes to no file; journalctl -u UNIT or docker logs has it")
      return findings.add(otherwise ?? gap)
    }
    // Unlike a log, which stays in its file until it is written, this is held in memory.
    let journal = UnitJournal(files: files, since: since, limit: min(limit, 2 << 20))
    switch journal.text(ofUnit: unit, by: .after(3)) {
    case .text(let lines):
      if !lines.text.isEmpty {
        findings.add(CollectedFile(name, from: "journal, \(unit)", text: lines.text))
      }
      if lines.packed > 0 {
        findings.add(
          CollectionGap(
            "long messages of \(unit)", .absent,
            "\(lines.packed) are packed in the journal: journalctl -u \(unit) has them"))
      }
      if lines.isCut {
        findings.add(
          CollectionGap(
            "older lines of \(unit)", .absent,
            "the newest alone were taken from the journal: journalctl -u \(unit) has the rest"))
      }
    case .denied:
      let gap = CollectionGap(
        what, .privilege,
        "it logs to the journal, which root and members of adm or systemd-journal may read")
      findings.add(otherwise ?? gap)
    case .nothing:
      let gap = CollectionGap(
        what, .absent,
        "it writes to no file, and nothing to the journal since \(since.utc); "
          + "journalctl -u \(unit) or docker logs may have it")
      findings.add(otherwise ?? gap)
    }
  }

  private func add(_ fault: FileFault, about path: String) {
    switch fault {
    case .absent: findings.add(CollectionGap(path, .absent, fault.words))
    case .denied:
      findings.add(CollectionGap(path, .privilege, "permission denied; root may read it"))
    case .other(let why): findings.add(CollectionGap(path, .fault, why))
    }
  }
}
