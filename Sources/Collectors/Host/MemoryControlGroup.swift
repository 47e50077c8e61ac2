/// The memory limit that a process lives under: the files of its control group, v1 or v2.
struct MemoryControlGroup {
  private let files: SystemFiles
  private let folder: String
  private let limitName: String
  private let usageName: String
  /// As the file states it, in bytes.
  let limit: String
  private var usage = ""

  /// Nil where it has no limit.
  init?(of pid: Int, files: SystemFiles) {
    self.files = files
    let text = files.textIfAny("/proc/\(pid)/cgroup", limit: 8192) ?? ""
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isOld = parts[1].split(separator: ",").contains("memory")
      guard isOld || parts[1].isEmpty, !parts[2].contains("..") else { continue }
      let base = isOld ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup"
      let limitName = isOld ? "memory.limit_in_bytes" : "memory.max"
      // Within a container the path is that of its host; what it is under lies at the top.
      var path = parts[2].split(separator: "/")
      while true {
        let folder = path.isEmpty ? base : "\(base)/\(path.joined(separator: "/"))"
        if let text = files.textIfAny("\(folder)/\(limitName)", limit: 64),
          let limit = Double(text.filter { !$0.isWhitespace }), limit < 1e15
        {
          (self.folder, self.limitName) = (folder, limitName)
          usageName = isOld ? "memory.usage_in_bytes" : "memory.current"
          self.limit = text
          return
        }
        guard !path.isEmpty else { break }
        path.removeLast()
      }
    }
    return nil
  }

  mutating func sample() {
    guard let text = files.textIfAny("\(folder)/\(usageName)", limit: 64) else { return }
    usage += "\(WallClock.now.utc) \(text.filter { !$0.isWhitespace })\n"
  }

  func collected(below place: String) -> [CollectedFile] {
    var result = [
      CollectedFile("\(place)/\(limitName)", from: "\(folder)/\(limitName)", text: limit)
    ]
    if !usage.isEmpty {
      result.append(
        CollectedFile("\(place)/\(usageName)", from: "\(folder)/\(usageName)", text: usage))
    }
    for name in ["memory.events", "memory.peak", "memory.max_usage_in_bytes"] {
      guard let text = files.textIfAny("\(folder)/\(name)", limit: 4096) else { continue }
      result.append(CollectedFile("\(place)/\(name)", from: "\(folder)/\(name)", text: text))
    }
    return result
  }
}
