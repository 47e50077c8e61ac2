import Model

/// What one server's log has said so far: tallies, and the lives of the server it shows.
struct RedisServerLog {
  /// A line to cite.
  struct Mark {
    var line: Int
    var excerpt: String
    var time: Instant?

    var origin: Origin { Origin(line: line, excerpt: excerpt) }
  }

  struct Count {
    var number = 0
    var first: Mark?
    var last: Mark?

    mutating func add(_ mark: Mark) {
      number += 1
      if first == nil { first = mark }
      last = mark
    }
  }

  /// The name before the `|` of a compose stream; empty elsewhere.
  let service: String
  let head: Mark
  private(set) var span: TimeSpan?
  private var counts: [RedisLogTally: Count] = [:]
  private(set) var saveVerdicts = Count()
  private(set) var saveDetails = Count()
  private(set) var starts: [Mark] = []
  private(set) var shutdowns: [Mark] = []
  /// Ends of lives that nobody asked for: when the log was last heard of, and the start after it.
  private(set) var deaths: [(last: Instant?, start: Mark)] = []
  private(set) var replications: [(master: String, by: String?, name: String?, mark: Mark)] = []
  private(set) var forkReason: (text: String, mark: Mark)?
  private(set) var copyOnWrite: (bytes: Double, mark: Mark)?
  private(set) var ports: Set<Int> = []
  private(set) var resyncs = RedisResyncs()
  /// Reports of crashes, of which the newest in full.
  private(set) var crashes: [Mark] = []
  private(set) var lastCrash: RedisCrashReport?
  /// It started after its last crash.
  private(set) var hasComeBack = false
  /// Why it could not load its data, last, and whether it served since.
  private(set) var loadFailure: (text: String, mark: Mark, isOtherFormat: Bool)?
  private(set) var hasServedSinceFailure = false
  /// At most this many events of a kind: a crash loop starts a server thousands of times.
  private static let eventLimit = 40

  // The present life.
  private var hasStart = false
  private var isStarting = false
  private var isServing = false
  private var hasShutdown = false
  private var report: RedisCrashReport?
  private var hasFailedToLoad = false
  private var wasAsked = false
  private var firstPID: Int?
  private var hasEarlierLife = false
  private var lastPort: Int?
  private var lastTime: Instant?
  private var configured: Mark?
  private var pendingDeath: (last: Instant?, start: Mark)?

  init(service: String, head: Mark) {
    self.service = service
    self.head = head
  }

  func count(of tally: RedisLogTally) -> Count { counts[tally] ?? Count() }

  private mutating func add(_ tally: RedisLogTally, _ mark: Mark) {
    counts[tally, default: Count()].add(mark)
  }

  mutating func hear(at time: Instant) {
    let known = span ?? time...time
    span = min(known.lowerBound, time)...max(known.upperBound, time)
  }

  /// Every text that is looked for below and in `RedisLogTally` holds one of these words; of the other
  /// lines, which are most of a verbose log, nothing more is asked.
  private static let words = WordSet([
    " is starting oO0", "Server initialized", "Server started", "Starting dragonfly ",
    "eady to accept connections", "AcceptServer - listening on port ", "Running mode=",
    "Can't ", "Configuration change detected", "WARNING", "maxclients has been reduced",
    "Background saving ",
    "Background AOF rewrite terminated ", "Asynchronous AOF fsync", "Accepting client connection",
    "Error accepting a client connection", "PRIMARY timeout", "Timeout connecting to the PRIMARY",
    "Error writing to the AOF file", "Error condition on socket", "Short write while writing",
    "SLAVE OF ", "SLAVEOF ", "REPLICA OF ", "REPLICAOF ", "MASTER MODE enabled", "MASTER timeout",
    "PRIMARY MODE enabled", "Possible SECURITY ATTACK", "Unable to connect to ",
    "Timeout connecting to the MASTER", "Out Of Memory allocating", "max number of clients reached",
    "User requested shutdown", "Received SIG", "Received shutdown signal", "is now ready to exit",
    "Exiting on signal ", "crashed by signal", "Failed opening", "Error moving temp DB file",
    "Write error ", "MISCONF", "No space left on dev", "Fork CoW for ", "RDB: ", "AOF rewrite: ",
    "Connecting to MASTER", "Connecting to PRIMARY", " the append only file", "loading DB",
    "Full resync requested by ", "overcoming of output buffer limits", "bulk data from MASTER",
    "bulk count from MASTER", "sync with MASTER", "MASTER aborted replication",
    "bulk data from PRIMARY", "bulk count from PRIMARY", "sync with PRIMARY",
    "PRIMARY aborted replication", "RDB checksum", "loading the DB", "RDB reading",
    "rdb file reading", "trying to load DB",
    "RDB format version", "RDB preamble", "append log file",
  ])

  /// Reads the text of a line; `line` is all of it, for citing. True where the text says something by
  /// itself, whatever the lines around it.
  @discardableResult
  mutating func read(
    _ text: Span<UInt8>, of line: Span<UInt8>, number: Int, time: Instant?, role: UInt8, pid: Int?
  ) -> Bool {
    let isChild = role == UInt8(ascii: "C")
    var isCounted = false
    report?.read(text, time: time, role: role)
    if Self.words.isFound(in: text) {
      let mark = Mark(line: number, excerpt: line.excerpt, time: time)
      isCounted = readTelling(text, mark, role: role, pid: pid)
    } else if !isChild {
      noteLife(role: role, pid: pid)
    }
    if !isChild, time != nil { lastTime = time }
    return isCounted
  }

  /// Lines before the first start are of an earlier life.
  private mutating func noteLife(role: UInt8, pid: Int?) {
    guard !hasStart else { return }
    if role != 0 { hasEarlierLife = true }
    if firstPID == nil { firstPID = pid }
  }

  private mutating func readTelling(
    _ text: Span<UInt8>, _ mark: Mark, role: UInt8, pid: Int?
  ) -> Bool {
    if text.contains(" is starting oO0") {
      start(mark, hadLife: isServing || hasEarlierLife)
      isStarting = true
    } else if text.hasPrefix("Server initialized") || text.hasPrefix("Server started")
      || text.hasPrefix("Starting dragonfly ")
    {
      if !isStarting {
        start(mark, hadLife: isServing || firstPID.map { $0 != pid } ?? false)
      }
      isStarting = false
    } else if text.hasPrefix("Ready to accept connections")
      || text.hasPrefix("The server is now ready to accept connections")
      || text.contains("AcceptServer - listening on port ")
    {
      isServing = true
      hasServedSinceFailure = true
      readPort(text, after: "on port ")
    } else if text.hasPrefix("Running mode=") {
      readPort(text, after: "port=")
    } else if role != UInt8(ascii: "C"), !text.hasPrefix("WARNING") {
      // From Redis 7.2 and Valkey 8 on the warnings of a start stand before its banner.
      noteLife(role: role, pid: pid)
    }
    var tally = RedisLogTally.of(text)
    // A replica whose copy broke off while it served tries again.
    if tally == .loadFailed, isServing { tally = nil }
    if let tally {
      if tally != .loadFailed || !hasFailedToLoad { add(tally, mark) }
      details(of: tally, text, mark)
    }
    readEnds(text, mark)
    let isFailure = readSaves(text, mark)
    if text.hasPrefix("Connecting to MASTER") || text.hasPrefix("Connecting to PRIMARY") {
      if hasStart, !wasAsked, configured == nil { configured = mark }
    }
    return tally != nil || isFailure
  }

  /// A text that says something by itself, whatever the lines around it.
  static func isCounted(_ text: Span<UInt8>) -> Bool {
    RedisLogTally.of(text) != nil || RedisLogTally.saveFailure(text) != nil
  }

  /// A text that a server writes, where its form alone does not tell.
  static func isKnown(_ text: Span<UInt8>) -> Bool {
    isCounted(text) || text.hasPrefix("Ready to accept connections")
      || text.hasPrefix("Server initialized") || text.contains(" is starting oO0")
      || text.hasPrefix("DB loaded from ") || text.hasSuffix(" seconds. Saving...")
      || text.hasPrefix("Background saving ")
  }

  private mutating func start(_ mark: Mark, hadLife: Bool) {
    endLife()
    hasComeBack = true
    if hadLife, !hasShutdown { pendingDeath = (lastTime, mark) }
    add(.starts, mark)
    if starts.count < RedisServerLog.eventLimit {
      starts.append(mark)
    } else {
      starts[starts.count - 1] = mark
    }
    hasStart = true
    isServing = false
    hasShutdown = false
    hasFailedToLoad = false
    wasAsked = false
  }

  /// Settles what only the end of a life tells.
  mutating func endLife() {
    endReport()
    if let death = pendingDeath {
      add(.uncleanStarts, death.start)
      deaths.append(death, keepingFirstAndNewest: RedisServerLog.eventLimit)
    }
    pendingDeath = nil
    if let configured, !wasAsked { add(.replicaByConfig, configured) }
    configured = nil
  }

  private mutating func readPort(_ text: Span<UInt8>, after label: StaticString) {
    guard let start = text.firstIndex(of: label).map({ $0 + label.utf8CodeUnitCount }) else {
      return
    }
    var end = start
    while end < text.count, (48...57).contains(text[end]) { end += 1 }
    guard let port = text.number(start..<end), port > 0, port < 65_536 else { return }
    // Two servers that write to one file: the start of one is not the death of the other.
    if let lastPort, lastPort != port { pendingDeath = nil }
    lastPort = port
    if ports.count < 8 { ports.insert(port) }
  }

  private mutating func readEnds(_ text: Span<UInt8>, _ mark: Mark) {
    if text.hasPrefix("User requested shutdown") || text.hasPrefix("Received SIG")
      || text.hasPrefix("Received shutdown signal") || text.contains(" is now ready to exit")
      || text.hasPrefix("Exiting on signal ")
    {
      shutDown(mark)
    } else if text.contains("crashed by signal"), report == nil {
      crash(mark)
      report?.read(text)
    }
  }

  mutating func shutDown(_ mark: Mark) {
    guard !hasShutdown else { return }
    hasShutdown = true
    add(.shutdowns, mark)
    shutdowns.append(mark, keepingFirstAndNewest: RedisServerLog.eventLimit)
  }

  /// `=== REDIS BUG REPORT START: Cut & paste starting from here ===`, a line without a prefix.
  mutating func crash(_ mark: Mark) {
    endReport()
    report = RedisCrashReport(mark: mark)
  }

  /// A line without a prefix, as most of a crash report.
  mutating func readInReport(_ line: Span<UInt8>) {
    guard report != nil else { return }
    if line.contains("BUG REPORT END") { endReport() } else { report?.read(line) }
  }

  /// A child that crashed fails its save, and a server without memory says so: neither counts here.
  private mutating func endReport() {
    guard let ended = report else { return }
    report = nil
    if ended.isOutOfMemory {
      if count(of: .outOfMemory).number == 0 { add(.outOfMemory, ended.mark) }
    } else if !ended.isOfChild {
      add(.crashes, ended.mark)
      crashes.append(ended.mark, keepingFirstAndNewest: RedisServerLog.eventLimit)
      lastCrash = ended
      hasComeBack = false
    }
  }

  /// True where the text tells of a save that failed.
  private mutating func readSaves(_ text: Span<UInt8>, _ mark: Mark) -> Bool {
    guard let failure = RedisLogTally.saveFailure(text) else {
      if text.count > 0, [67, 69, 83, 87].contains(text[0]), text.contains("No space left on dev") {
        add(.noSpace, mark)
      }
      readCopyOnWrite(text, mark)
      return false
    }
    switch failure {
    case .verdict: saveVerdicts.add(mark)
    case .detail: saveDetails.add(mark)
    }
    if text.contains("No space left on dev") { add(.noSpace, mark) }
    if text.hasPrefix("Background saving terminated by signal 9") { add(.saveKilled, mark) }
    return true
  }

  /// `Fork CoW for RDB: current 0 MB, peak 12 MB, average 3 MB`, before Redis 7
  /// `RDB: 12 MB of memory used by copy-on-write`.
  private mutating func readCopyOnWrite(_ text: Span<UInt8>, _ mark: Mark) {
    var from: Int?
    if text.hasPrefix("Fork CoW for ") {
      from = text.firstIndex(of: "peak ").map { $0 + 5 }
    } else if text.hasPrefix("RDB: ") {
      from = 5
    } else if text.hasPrefix("AOF rewrite: ") {
      from = 13
    }
    guard let from, from < text.count,
      let megabytes = RedisText.number(text.text(from..<min(text.count, from + 12)))
    else { return }
    let bytes = megabytes * 1_048_576
    if bytes > copyOnWrite?.bytes ?? -1 { copyOnWrite = (bytes, mark) }
  }

  private mutating func details(of tally: RedisLogTally, _ text: Span<UInt8>, _ mark: Mark) {
    switch tally {
    case .forkFailed:
      let start = text.firstIndex(of: "fork: ").map { $0 + 6 } ?? 0
      forkReason = (text.text(start..<min(text.count, start + 120)), mark)
    case .loadFailed:
      // The first words say why, those that follow only that it ends.
      if loadFailure == nil || hasServedSinceFailure
        || !text.hasPrefix("Fatal error loading the DB")
          && !text.hasPrefix("Terminating server")
      {
        let isOther = text.contains("RDB format version") || text.hasPrefix("Wrong signature")
        loadFailure = (text.text(0..<min(text.count, 160)), mark, isOther)
      }
      hasServedSinceFailure = false
      hasFailedToLoad = true
    case .fullResync: resyncs.add(text, mark)
    case .promoted:
      wasAsked = true
    case .becameReplica:
      wasAsked = true
      configured = nil
      let whole = text.text(0..<min(text.count, 1024))
      let words = whole.utf8.split(separator: UInt8(ascii: " ")).map(Substring.init)
      let master = words.first { RedisText.hostAndPort($0) != nil && !$0.contains("=") }
      func value(_ name: String) -> String? {
        words.first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
          .flatMap { $0.isEmpty ? nil : $0 }
      }
      if replications.count == RedisServerLog.eventLimit { replications.removeLast() }
      replications.append((master.map(String.init) ?? "?", value("addr="), value("name="), mark))
    default: break
    }
  }

  /// Failed saves, of the parent's and the child's words whichever are more.
  var saveFailures: Count {
    let more = saveVerdicts.number >= saveDetails.number ? saveVerdicts : saveDetails
    let earlier = [saveVerdicts.first, saveDetails.first].compactMap { $0 }
      .min { $0.line < $1.line }
    let later = [saveVerdicts.last, saveDetails.last].compactMap { $0 }.max { $0.line < $1.line }
    return Count(number: more.number, first: earlier, last: later)
  }
}
