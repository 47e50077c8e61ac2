#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A process as /proc shows it.
struct ProcessEntry: Sendable {
  let pid: Int
  let parent: Int
  /// The kernel's short name of it, which costs nothing to read.
  let name: String
  /// R, S, D, T, ...: what it does.
  let state: String
  /// Seconds since the boot.
  let started: Double
  let resident: Int
  let owner: (user: UInt32, group: UInt32)
  /// Read of those that matter alone: the kernel takes it from the process's own memory, and a
  /// process that hangs in there makes the reader hang.
  var arguments: [String] = []

  var command: String { arguments.joined(separator: " ") }

  /// How `ps` writes elapsed time: `[[dd-]hh:]mm:ss`.
  static func elapsed(_ seconds: Double) -> String {
    let total = Int(max(0, min(seconds, 1e10)))
    let parts = [total / 3600 % 24, total / 60 % 60, total % 60]
    let words = parts.map { $0 < 10 ? "0\($0)" : "\($0)" }
    let days = total / 86_400
    if days > 0 { return "\(days)-" + words.joined(separator: ":") }
    return (parts[0] > 0 ? words : Array(words.dropFirst())).joined(separator: ":")
  }
}

/// How many servers of a kind a look at all processes found.
package struct ServiceCount: Sendable {
  let name: String
  let count: Int
  /// What the names of its processes hold.
  let like: [String]
}

/// The processes that /proc shows; those that vanish meanwhile are left out.
struct ProcessTable: Sendable {
  private static let telling = ["redis", "valkey", "keydb", "gunicorn", "python", "pypy", "nginx"]

  let entries: [ProcessEntry]
  /// Processes of others are hidden: even the first one.
  let showsOnlySelf: Bool
  /// The kernel's own threads are shown, which a container and `hidepid` hide: so all are.
  let showsAll: Bool

  init(files: SystemFiles, findings: Findings) {
    findings.begin("the list of processes")
    var entries: [ProcessEntry] = []
    let names: [String]
    do throws(FileFault) {
      names = try files.names(in: "/proc")
    } catch {
      findings.add(CollectionGap("the list of processes", .fault, "/proc: \(error.words)"))
      names = []
    }
    for pid in names.compactMap({ Int($0) }) {
      guard var entry = ProcessTable.entry(pid, files: files) else { continue }
      if ProcessTable.telling.contains(where: { entry.name.lowercased().contains($0) }) {
        findings.begin("the command line of process \(pid)")
        entry.arguments = ProcessTable.arguments(of: pid, files: files)
      }
      entries.append(entry)
    }
    self.entries = entries
    showsOnlySelf = !entries.contains { $0.pid == 1 }
    showsAll = entries.contains { $0.pid == 2 && $0.name == "kthreadd" }
  }

  /// How many servers of each kind run on this box; of a kind that cannot be counted, nothing: some
  /// processes are hidden, or one that was not taken for a server has a name like it.
  func services(redis: Int, gunicorn: Int) -> [ServiceCount] {
    guard showsAll else { return [] }
    let nginx = entries.count { $0.command.hasPrefix("nginx: master process") }
    let counts = [
      ServiceCount(name: "redis", count: redis, like: ["redis", "valkey", "keydb", "dragonfly"]),
      ServiceCount(name: "gunicorn", count: gunicorn, like: ["gunicorn"]),
      ServiceCount(name: "nginx", count: nginx, like: ["nginx", "openresty"]),
    ]
    return counts.filter { service in
      service.count > 0
        || !entries.contains { entry in
          service.like.contains { entry.name.lowercased().contains($0) }
        }
    }
  }

  subscript(pid: Int) -> ProcessEntry? { entries.first { $0.pid == pid } }

  func children(of pid: Int) -> [ProcessEntry] { entries.filter { $0.parent == pid } }

  static func arguments(of pid: Int, files: SystemFiles) -> [String] {
    let text = files.textIfAny("/proc/\(pid)/cmdline", limit: 32 << 10) ?? ""
    var words = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
    // A title written over the arguments leaves NULs behind it.
    while let last = words.last, last.isEmpty { words.removeLast() }
    return words
  }

  /// `17 (name) S 1 ...`: the name may hold blanks and brackets.
  static func entry(_ pid: Int, files: SystemFiles) -> ProcessEntry? {
    guard let text = files.textIfAny("/proc/\(pid)/stat", limit: 4096),
      let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close
    else { return nil }
    let fields = text[close...].dropFirst().split(separator: " ")
    guard fields.count >= 22, let parent = Int(fields[1]), let ticks = Double(fields[19]),
      let pages = Int(fields[21]), pages >= 0, pages < 1 << 40,
      let owner = files.owner("/proc/\(pid)")
    else { return nil }
    return ProcessEntry(
      pid: pid, parent: parent, name: String(text[text.index(after: open)..<close]),
      state: String(fields[0]), started: ticks / ProcessTable.ticks,
      resident: pages * ProcessTable.pageSize, owner: owner)
  }

  private static let ticks = max(1, Double(sysconf(Int32(_SC_CLK_TCK))))
  private static let pageSize = max(1, Int(sysconf(Int32(_SC_PAGESIZE))))

  /// Where the files of a process lie as seen from here: in a container of its own, below its root.
  static func rootPrefix(of pid: Int, files: SystemFiles) -> String {
    guard let root = files.link("/proc/\(pid)/root"), root != "/" else { return "" }
    return "/proc/\(pid)/root"
  }

  /// Regular files that a process holds open for writing, which is what logs are. Nil where it is not
  /// ours to see.
  static func written(by pid: Int, files: SystemFiles) -> [String]? {
    let folder = "/proc/\(pid)/fd"
    let names: [String]
    do throws(FileFault) {
      names = try files.names(in: folder)
    } catch { return nil }
    var paths: [String] = []
    for name in names.prefix(4096) {
      guard let path = files.link("\(folder)/\(name)"), path.hasPrefix("/"),
        !path.hasPrefix("/dev/"), !path.hasPrefix("/proc/"), !path.hasSuffix(" (deleted)"),
        let info = files.textIfAny("/proc/\(pid)/fdinfo/\(name)", limit: 512),
        let flags = info.split(separator: "\n").first(where: { $0.hasPrefix("flags:") }),
        let mode = flags.last, mode == "1" || mode == "2", !paths.contains(path)
      else { continue }
      paths.append(path)
    }
    return paths
  }
}
