import Model

/// The columns of a `ps` or `top` header, found by name, and the rows under it.
struct ProcessColumns {
  private let names: [String]

  /// Nil where the line is no header: it must name PID and a command.
  init?(_ line: borrowing Span<UInt8>) {
    guard line.count < 400, line.contains("PID"), line.contains("CMD") || line.contains("COMMAND")
    else { return nil }
    let names = line.text.fields.map(String.init)
    guard names.contains("PID"), names.last == "CMD" || names.last == "COMMAND",
      names.allSatisfy({ $0 == $0.uppercased() })
    else { return nil }
    self.names = names
  }

  func row(_ line: borrowing Span<UInt8>, number: Int) -> ProcessRow? {
    func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
    let bytes = line.text(0..<min(line.count, 4096))
    var rest = bytes[...]
    var row = ProcessRow(line: number)
    for (index, name) in names.enumerated() {
      rest = Substring(rest.utf8.drop { isBlank($0) })
      if index == names.count - 1 {
        row.command = String(rest.utf8.count <= 2048 ? rest : rest.prefix(2048))
        break
      }
      var field = Substring(rest.utf8.prefix { !isBlank($0) })
      rest = rest[field.endIndex...]
      // `lstart` prints five words under one name.
      if name == "STARTED", field.utf8.count == 3, field.allSatisfy(\.isLetter) {
        let more = rest.split(maxSplits: 4, whereSeparator: \.isWhitespace)
        guard more.count == 5 else { return nil }
        field = more[2]
        rest = more[4]
      }
      guard !field.isEmpty else { return nil }
      switch name {
      case "PID":
        guard let pid = Int(field), pid > 0 else { return nil }
        row.pid = pid
      case "PPID": row.parent = Int(field)
      case "RSS", "RSZ", "RES": row.resident = ProcessRow.kibibytes(field)
      case "SWAP": row.swap = ProcessRow.kibibytes(field)
      case "ELAPSED": row.elapsed = ProcessRow.elapsed(field)
      case "STAT": row.isLeader = field.contains("s")
      case "START", "STARTED", "STIME": row.started = String(field)
      default: break
      }
    }
    guard row.pid > 0, !row.command.isEmpty else { return nil }
    if row.isGunicorn || row.isRedis { row.excerpt = line.excerpt }
    return row
  }
}

/// One process as `ps` shows it.
struct ProcessRow {
  let line: Int
  var pid = 0
  var parent: Int?
  /// Bytes.
  var resident: Double?
  var swap: Double?
  var elapsed: Double?
  var isLeader = false
  var started: String?
  var command = "" {
    didSet { isGunicorn = ProcessRow.isGunicorn(command, executable) }
  }
  /// A gunicorn process itself, not what starts, watches or greps for one.
  private(set) var isGunicorn = false
  var excerpt = ""

  init(line: Int) { self.line = line }

  var origin: Origin { Origin(line: line, excerpt: excerpt) }

  private static let wrappers: Set<Substring> = [
    "grep", "egrep", "sh", "bash", "dash", "ash", "tini", "dumb-init", "docker-init", "sudo", "su",
    "vi", "vim", "nano", "tail", "less", "watch", "pgrep", "pkill", "journalctl", "systemctl",
    "supervisord", "strace", "cat", "awk", "ps", "top",
  ]

  private var executable: Substring {
    let program = command.utf8.prefix { $0 != UInt8(ascii: " ") }
    return Substring(program.split(separator: UInt8(ascii: "/")).last ?? "".utf8[...])
  }

  private static func isGunicorn(_ command: String, _ executable: Substring) -> Bool {
    guard command.contains("gunicorn"), !wrappers.contains(executable) else { return false }
    if command.hasPrefix("gunicorn:") { return true }
    let words = command.split(separator: " ", maxSplits: 5)
    return words.prefix(5).contains { word in
      guard word.contains("gunicorn") else { return false }
      let name = word.utf8.split(separator: UInt8(ascii: "/")).last.map(Substring.init)
      return name == "gunicorn" || name == "gunicorn3" || name == "gunicorn.app.wsgiapp"
    }
  }

  /// With setproctitle: `gunicorn: master [app]`, `gunicorn: worker [app]`.
  var title: String? {
    for title in ["master", "worker", "arbiter"] where command.hasPrefix("gunicorn: " + title) {
      return title == "worker" ? "worker" : "master"
    }
    return nil
  }

  var isRedis: Bool {
    let name = executable
    return name.hasPrefix("redis-server") || name.hasPrefix("valkey-server")
  }

  /// `26772` in KiB; `1.2g` and `35.1m` as top writes them.
  static func kibibytes(_ text: Substring) -> Double? {
    guard let last = text.last else { return nil }
    let scale: Double
    switch last {
    case "m", "M": scale = 1_048_576
    case "g", "G": scale = 1_073_741_824
    case "t", "T": scale = 1_099_511_627_776
    case "k", "K": scale = 1024
    default:
      guard let number = Double(text), number >= 0, number < 1e15 else { return nil }
      return number * 1024
    }
    guard let number = Double(text.dropLast()), number >= 0, number < 1e9 else { return nil }
    return number * scale
  }

  /// `01:00`, `2-03:04:05`, or seconds (`etimes`).
  static func elapsed(_ text: Substring) -> Double? {
    let days = text.split(separator: "-", maxSplits: 1)
    guard let clock = days.last else { return nil }
    var seconds = 0.0
    for part in clock.split(separator: ":", omittingEmptySubsequences: false) {
      guard let number = Double(part), number >= 0 else { return nil }
      seconds = seconds * 60 + number
    }
    if days.count == 2 {
      guard let count = Double(days[0]) else { return nil }
      seconds += count * 86_400
    }
    return seconds < 1e10 ? seconds : nil
  }
}

/// Which of a sample's gunicorn processes is the master and which are its workers.
struct GunicornFamily {
  let master: ProcessRow?
  let workers: [ProcessRow]
  /// There were several masters; this is the one with most workers.
  let isOneOfSeveral: Bool

  init?(_ rows: [ProcessRow], knownMaster: Int?) {
    guard !rows.isEmpty else { return nil }
    let pids = Set(rows.map(\.pid))
    if rows.contains(where: { $0.parent != nil }) {
      var children: [Int: [ProcessRow]] = [:]
      for row in rows {
        if let parent = row.parent, pids.contains(parent) {
          children[parent, default: []].append(row)
        }
      }
      // Equal families: the lower pid.
      let main = children.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
      if let main {
        master = rows.first { $0.pid == main.key }
        workers = main.value
        isOneOfSeveral =
          children.filter { family in
            family.key != main.key && rows.first { $0.pid == family.key }?.parent != main.key
          }.count > 0
      } else if rows.count == 1 {
        master = rows[0].title == "worker" ? nil : rows[0]
        workers = rows[0].title == "worker" ? rows : []
        isOneOfSeveral = false
      } else {
        // Nobody's parent is listed: the master was left out.
        master = nil
        workers = rows
        isOneOfSeveral = false
      }
      return
    }
    isOneOfSeveral = false
    let head = Self.master(among: rows, known: knownMaster)
    master = head
    workers = rows.filter { $0.pid != head?.pid }
  }

  /// Without parents: the known one, the one that says so, the session leader, the oldest.
  private static func master(among rows: [ProcessRow], known: Int?) -> ProcessRow? {
    if let known, let row = rows.first(where: { $0.pid == known }) { return row }
    if rows.contains(where: { $0.title != nil }) { return rows.first { $0.title == "master" } }
    let leaders = rows.filter(\.isLeader)
    if leaders.count == 1 { return leaders[0] }
    return rows.min { a, b in
      if let x = a.elapsed, let y = b.elapsed, x != y { return x > y }
      // Clock times order processes of one day; `May14` beside `09:41` is older.
      if let x = a.started, let y = b.started, x != y {
        let (isClockX, isClockY) = (x.contains(":"), y.contains(":"))
        return isClockX == isClockY ? x < y : !isClockX
      }
      return a.pid < b.pid
    }
  }
}
