/// What a unit of systemd or the kernel said, from the files of the journal: services that log to no file
/// of their own log there.
struct UnitJournal {
  /// Entries looked at in one file: some hours of a talkative box.
  private static let entryLimit = 100_000
  private static let fileLimit = 8

  let files: SystemFiles
  let since: WallClock
  /// Bytes of text.
  let limit: Int

  struct Lines {
    let text: String
    /// Messages that were packed and left out.
    let packed: Int
    /// Time or room ran out: what is older is missing.
    let isCut: Bool
  }

  enum Outcome {
    case text(Lines)
    case nothing
    case denied
  }

  /// The unit that a process runs in, by its control group: `web.service`.
  static func unit(of pid: Int, files: SystemFiles) -> String? {
    let groups = files.textIfAny("/proc/\(pid)/cgroup", limit: 8192) ?? ""
    let unit = groups.split { $0 == "/" || $0.isNewline }.last { $0.hasSuffix(".service") }
    // Sessions of people, and what runs containers, are no services of that name.
    return unit.flatMap { $0.hasPrefix("user@") ? nil : String($0) }
  }

  /// Lines as `journalctl -o short-iso-precise` prints them: the newest that there is room and time for.
  func text(ofUnit unit: String, by deadline: Deadline) -> Outcome {
    text(of: .unit, unit, by: deadline)
  }

  func kernelText(by deadline: Deadline) -> Outcome {
    text(of: .transport, "kernel", by: deadline)
  }

  private func text(
    of field: JournalFile.Field, _ value: String, by deadline: Deadline
  ) -> Outcome {
    var isDenied = false
    var journals: [JournalFile] = []
    for path in paths() {
      do throws(FileFault) {
        let journal = JournalFile(try OpenFile(files.root + path))
        if let journal, journal.last.seconds >= since.seconds { journals.append(journal) }
      } catch {
        isDenied = isDenied || error == .denied
      }
    }
    journals.sort { $0.last.seconds > $1.last.seconds }
    var lines: [String] = []
    var size = 0
    var packed = 0
    var isCut = false
    for var journal in journals.prefix(UnitJournal.fileLimit) where !isCut {
      journal.forEach(field, value, since: since, limit: UnitJournal.entryLimit) { entry in
        isCut = deadline.secondsLeft == 0
        guard !isCut else { return false }
        if entry.isPacked { packed += 1 }
        guard let line = UnitJournal.line(entry) else { return true }
        size += line.utf8.count
        isCut = size > limit
        if !isCut { lines.append(line) }
        return !isCut
      }
    }
    guard !lines.isEmpty || isCut else { return isDenied ? .denied : .nothing }
    return .text(Lines(text: lines.reversed().joined(), packed: packed, isCut: isCut))
  }

  private func paths() -> [String] {
    var found: [String] = []
    for base in ["/var/log/journal", "/run/log/journal"] {
      do throws(FileFault) {
        for machine in try files.names(in: base).prefix(16) {
          let folder = "\(base)/\(machine)"
          // Those of people hold no services.
          let names = try files.names(in: folder).filter {
            $0.hasPrefix("system") && $0.hasSuffix(".journal")
          }
          found += names.map { "\(folder)/\($0)" }
        }
      } catch { continue }
    }
    return found
  }

  /// `2026-11-21T12:00:00.123456+00:00 web-1 gunicorn[71]: Booting worker`
  static func line(_ entry: JournalFile.Entry) -> String? {
    guard let message = entry.values[.message] else { return nil }
    let program = entry.values[.identifier] ?? entry.values[.command] ?? "unknown"
    let pid = entry.values[.pid].map { "[\($0)]" } ?? ""
    let plain = message.map { $0.isNewline ? " " : $0 }
    func word(_ text: String) -> String { String(text.map { $0.isWhitespace ? "_" : $0 }) }
    return "\(entry.time.stamp) \(word(entry.values[.host] ?? "localhost")) "
      + "\(word(program))\(pid): \(String(plain))\n"
  }
}
