import Model

/// Reads the reports of the kernel's OOM killer, in the wordings from 2.6 to 6.x.
///
/// ```
/// gunicorn invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0   who asked, not who died
/// memory: usage 524288kB, limit 524288kB, failcnt 553                of a memory cgroup
/// [  pid  ]   uid  tgid total_vm      rss ... name                   a table of tasks, rss in pages
/// oom-kill:constraint=CONSTRAINT_MEMCG,...,oom_memcg=/docker/4be1,task=gunicorn,pid=32198
/// Out of memory: Kill process 2311 (java) score 889 or sacrifice child      to 5.1, then:
/// Killed process 2311 (java) total-vm:4kB, anon-rss:3kB, file-rss:0kB
/// Killed process 2311, UID 503, (java) total-vm:...                  2.6.32
/// Memory cgroup out of memory: Killed process 32198 (gunicorn) total-vm:...  5.x, 6.x
/// ```
struct KernelOOM {
  static let nameLimit = 256
  static let eventLimit = 20

  enum Scope { case global, cgroup }

  struct Kill {
    var pid: Int?
    var name: String
    /// Bytes.
    var rss: Double?
    var scope: Scope?
    var sighting: Sighting
  }

  struct Victim {
    var count = 0
    var first: Sighting
  }

  /// Memory by name of task, as a report's table has it.
  struct TaskTable {
    struct Row {
      var count = 0
      var pages = 0.0
      /// The largest task of the name, for citing.
      var largest = 0.0
      var sighting: Sighting
    }

    /// Columns between the pid and the name; nil where the table's head was cut off.
    var columns: Int?
    var rows: [String: Row] = [:]
  }

  /// What the report that is being read has said so far.
  private struct Pending {
    var scope: Scope?
    var taskGroup: String?
    /// Named for killing, not yet said to be killed.
    var victim: Kill?
    var table = TaskTable()
    var isTableOpen = false
  }

  private(set) var kills: [Scope?: BurstCount] = [:]
  private(set) var all = BurstCount()
  private(set) var gunicorn = BurstCount()
  private(set) var redis = BurstCount()
  /// Those of Redis at the limit of what its service or container may have.
  private(set) var redisAtLimit = BurstCount()
  private(set) var reports = BurstCount()
  private(set) var victims: [String: Victim] = [:]
  private(set) var largest: Kill?
  /// The first few, each for an event of its own.
  private(set) var listed: [Kill] = []
  private(set) var firstUnlisted: Sighting?
  private(set) var lastKill: Sighting?
  private(set) var table: TaskTable?
  private(set) var memcg: (path: String, sighting: Sighting)?
  private(set) var limit: (bytes: Double, sighting: Sighting)?
  private(set) var ram: (bytes: Double, sighting: Sighting)?
  private var pending = Pending()

  /// A message of a report holds one of these, but for the rows of its table.
  static let words: [StaticString] = [
    "invoked oom-killer:", "illed process ", "ill process ", "oom-kill:", "Task in ",
    "memory: usage ", " pages RAM",
  ]

  /// Reads a message; `hasWords` says that it holds one of them. True if it belongs to a report.
  mutating func read(
    _ text: Span<UInt8>, hasWords: Bool, sighting: @autoclosure () -> Sighting
  ) -> Bool {
    if pending.isTableOpen || text.hasPrefix("[") {
      if readRow(text, sighting: sighting()) { return true }
      if text.contains("total_vm"), text.contains("rss"), text.hasSuffix("name") {
        openTable(text)
        return true
      }
      pending.isTableOpen = false
    }
    guard hasWords else { return false }
    if text.contains("invoked oom-killer:") {
      settle()
      pending = Pending()
      reports.add(sighting())
    } else if let at = text.firstIndex(of: "illed process ") {
      readKilled(text, at: at + 14, sighting: sighting())
    } else if let at = text.firstIndex(of: "ill process "), text.contains(" score ") {
      readKill(text, at: at + 12, sighting: sighting())
    } else if text.hasPrefix("oom-kill:") {
      readVerdict(text, sighting: sighting())
    } else if text.hasPrefix("Task in "), let at = text.firstIndex(of: "as a result of limit of ") {
      pending.scope = .cgroup
      keepGroup(text.text(at + 24..<text.count), sighting())
    } else if text.hasPrefix("memory: usage "), let at = text.firstIndex(of: "limit ") {
      if let kilobytes = KernelOOM.number(text, at: at + 6), kilobytes < 1e12 {
        pending.scope = pending.scope ?? .cgroup
        limit = (kilobytes * 1024, sighting())
      }
    } else if text.hasSuffix(" pages RAM"), let pages = KernelOOM.number(text, at: 0) {
      ram = (pages * 4096, sighting())
    } else {
      return false
    }
    return true
  }

  /// Counts a victim that was named and whose end the log no longer shows.
  mutating func settle() {
    if let victim = pending.victim {
      pending.victim = nil
      count(victim)
    }
  }

  private mutating func readKilled(_ text: Span<UInt8>, at index: Int, sighting: Sighting) {
    guard let (pid, name) = KernelOOM.victim(text, at: index) else { return }
    let rss = text.firstIndex(of: "anon-rss:").flatMap { KernelOOM.number(text, at: $0 + 9) }
    // The child that dies may be another than the process named before.
    pending.victim = nil
    count(
      Kill(
        pid: pid, name: name, rss: rss.map { $0 * 1024 },
        scope: KernelOOM.scope(text, before: index) ?? pending.scope, sighting: sighting))
  }

  private mutating func readKill(_ text: Span<UInt8>, at index: Int, sighting: Sighting) {
    guard let (pid, name) = KernelOOM.victim(text, at: index) else { return }
    if pending.victim?.pid != pid { settle() }
    pending.scope = KernelOOM.scope(text, before: index) ?? pending.scope
    pending.victim = Kill(
      pid: pid, name: name, rss: nil, scope: pending.scope, sighting: sighting)
  }

  /// `oom-kill:constraint=...,oom_memcg=...,task_memcg=...,task=...,pid=...`
  private mutating func readVerdict(_ text: Span<UInt8>, sighting: Sighting) {
    settle()
    var pid: Int?
    var name: String?
    for field in text.text.dropFirst(9).split(separator: ",") {
      guard let equals = field.firstIndex(of: "=") else { continue }
      let value = String(field[field.index(after: equals)...])
      switch field[..<equals] {
      case "constraint": pending.scope = value == "CONSTRAINT_MEMCG" ? .cgroup : .global
      case "oom_memcg": keepGroup(value, sighting)
      case "task_memcg": pending.taskGroup = value
      case "task": name = value
      case "pid": pid = Int(value)
      default: break
      }
    }
    if let name {
      pending.victim = Kill(
        pid: pid, name: name, rss: nil, scope: pending.scope, sighting: sighting)
    }
  }

  private mutating func keepGroup(_ path: String, _ sighting: Sighting) {
    memcg = (String(path.prefix(200)), sighting)
  }

  private mutating func count(_ kill: Kill) {
    if pending.table.columns != nil, !pending.table.rows.isEmpty {
      table = pending.table
      pending.table = TaskTable()
    }
    let sighting = kill.sighting
    all.add(sighting)
    kills[kill.scope, default: BurstCount()].add(sighting)
    // A worker is called python where gunicorn does not set its title; its unit tells.
    if kill.name.hasPrefix("gunicorn") || pending.taskGroup?.contains("gunicorn") == true {
      gunicorn.add(sighting)
    }
    if KernelOOM.isRedis(kill.name) {
      redis.add(sighting)
      if kill.scope == .cgroup { redisAtLimit.add(sighting) }
    }
    if victims[kill.name] != nil || victims.count < KernelOOM.nameLimit {
      victims[kill.name, default: Victim(first: sighting)].count += 1
    }
    if let rss = kill.rss, rss > largest?.rss ?? -1 { largest = kill }
    lastKill = sighting
    if listed.count < KernelOOM.eventLimit {
      listed.append(kill)
    } else if firstUnlisted == nil {
      firstUnlisted = sighting
    }
  }

  private static func isRedis(_ name: String) -> Bool {
    ["redis-server", "redis-rdb", "redis-aof", "valkey-server", "valkey-rdb", "keydb-server"]
      .contains { name.hasPrefix($0) }
  }

  private static func scope(_ text: Span<UInt8>, before index: Int) -> Scope? {
    if text.firstIndex(of: "emory cgroup out of memory").map({ $0 < index }) == true {
      return .cgroup
    }
    for words in ["ut of memory", "ut of Memory"] as [StaticString]
    where text.firstIndex(of: words).map({ $0 < index }) == true {
      return .global
    }
    return nil
  }

  /// `32198 (gunicorn) total-vm:`, `2311, UID 503, (java) total-vm:`. A name may hold brackets:
  /// `((sd-pam))`.
  private static func victim(_ text: Span<UInt8>, at index: Int) -> (pid: Int, name: String)? {
    guard let pid = number(text, at: index),
      let open = text.firstIndex(of: UInt8(ascii: "("), from: index)
    else { return nil }
    var close: Int?
    for mark in [") total-vm", ") score", "), UID", ") "] as [StaticString] {
      close = text.firstIndex(of: mark, from: open)
      if close != nil { break }
    }
    if close == nil { close = text.firstIndex(of: UInt8(ascii: ")"), from: open) }
    guard let close, close > open + 1 else { return nil }
    return (Int(pid), text.text(open + 1..<Swift.min(close, open + 65)))
  }

  /// The unsigned number that begins at `index`.
  static func number(_ text: Span<UInt8>, at index: Int) -> Double? {
    var end = index
    while end < text.count, end < index + 18, text.number(end..<end + 1) != nil { end += 1 }
    return text.number(index..<end).map { Double($0) }
  }
}

extension KernelOOM {
  /// `[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name`
  private mutating func openTable(_ text: Span<UInt8>) {
    pending.table = TaskTable()
    pending.isTableOpen = true
    let columns = text.text.split { $0 == "]" }.last?.fields
    pending.table.columns = columns.map { $0.count - 1 }
  }

  /// `[    182]     0   182    10307      764    86016        0          -250 systemd-journal`
  private mutating func readRow(
    _ text: Span<UInt8>, sighting: @autoclosure () -> Sighting
  ) -> Bool {
    guard text.hasPrefix("["), let close = text.firstIndex(of: UInt8(ascii: "]")), close < 16
    else { return false }
    let pid = LogPrefix.skipBlanks(text, from: 1)
    guard KernelOOM.number(text, at: pid) != nil else { return false }
    var index = close + 1
    var numbers = 0
    var pages = 0.0
    let columns = pending.table.columns ?? 12
    while numbers < columns {
      index = LogPrefix.skipBlanks(text, from: index)
      let sign = index < text.count && text[index] == UInt8(ascii: "-") ? 1 : 0
      guard let number = KernelOOM.number(text, at: index + sign) else { break }
      // uid, tgid, total_vm, rss: these four come first in every version.
      if numbers == 3 { pages = number }
      numbers += 1
      while index < text.count, text[index] != UInt8(ascii: " ") { index += 1 }
    }
    index = LogPrefix.skipBlanks(text, from: index)
    guard numbers >= 4, index < text.count else { return false }
    let name = text.text(index..<Swift.min(text.count, index + 64))
    guard pending.table.rows[name] != nil || pending.table.rows.count < KernelOOM.nameLimit
    else { return true }
    var row = pending.table.rows[name] ?? TaskTable.Row(sighting: sighting())
    row.count += 1
    row.pages += pages
    if pages > row.largest {
      row.largest = pages
      row.sighting = sighting()
    }
    pending.table.rows[name] = row
    return true
  }
}
