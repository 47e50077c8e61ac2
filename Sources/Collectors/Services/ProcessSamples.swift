import Model

/// Samples of a few processes as `ps -o pid,ppid,rss,swap,etime,args` prints them.
struct ProcessSamples {
  private let files: SystemFiles
  private(set) var text: String
  private(set) var count = 0

  init(files: SystemFiles, prompt: String) {
    self.files = files
    text = prompt
  }

  mutating func sample(_ processes: [ProcessEntry]) {
    let now = WallClock.sinceBoot
    var rows = ""
    for process in processes {
      // Gone since it was found.
      guard let fresh = ProcessTable.entry(process.pid, files: files) else { continue }
      let command = process.arguments.isEmpty ? "[\(process.name)]" : process.command
      let line = String(command.map { $0.isNewline || $0 == "\t" ? " " : $0 }.prefix(1500))
      rows += "\(process.pid)".right(7) + " " + "\(process.parent)".right(7)
      rows += " " + "\(fresh.resident >> 10)".right(8) + " " + "\(swap(process.pid))".right(7)
      rows += " " + ProcessEntry.elapsed(now - process.started).right(11)
      rows += " " + redactSecrets(line) + "\n"
    }
    guard !rows.isEmpty else { return }
    count += 1
    text += "\(WallClock.now.utc)\n"
    text += "    PID    PPID      RSS    SWAP     ELAPSED CMD\n" + rows
  }

  /// KiB that are swapped out.
  private func swap(_ pid: Int) -> Int {
    let status = files.textIfAny("/proc/\(pid)/status", limit: 8192) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmSwap:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
  }
}
