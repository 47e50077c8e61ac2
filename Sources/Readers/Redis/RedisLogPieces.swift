import Model

/// A line of the log that a terminal wrapped: it counts as what its pieces say together, and is cited
/// where it begins.
///
/// ```
/// 5:M 30 Nov 2022 01:00:00.010 # Can't save in back
/// ground: fork: Cannot allocate memory
/// ```
struct RedisWrappedLine {
  /// More than any message that is counted.
  private static let limit = 1024
  /// No terminal is narrower.
  private static let width = 40

  private var bytes: [UInt8] = []
  private var firstCount = 0
  private var message = 0
  private var first = 0
  private var last = 0
  /// Its first piece was counted already.
  private var isTold = true
  private var time: Instant?
  private var role: UInt8 = 0
  private var pid: Int?

  /// The whole of it.
  struct Whole {
    let line: RedisWrappedLine

    func read(into server: inout RedisServerLog) {
      let span = line.bytes.span
      server.read(
        span.extracting(line.message..<span.count), of: span.extracting(0..<line.firstCount),
        number: line.first, time: line.time, role: line.role, pid: line.pid)
    }
  }

  mutating func begin(
    _ line: Span<UInt8>, message: Int, number: Int, isTold: Bool, time: Instant?, role: UInt8,
    pid: Int?
  ) {
    bytes.removeAll(keepingCapacity: true)
    (first, last, firstCount, self.message) = (number, number, line.count, message)
    self.isTold = isTold || line.count < Self.width || line.count > 400
    guard !self.isTold else { return }
    line.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    (self.time, self.role, self.pid) = (time, role, pid)
  }

  private var isCounted: Bool {
    let text = bytes.span
    return RedisServerLog.isCounted(text.extracting(min(message, text.count)..<text.count))
  }

  /// Adds a line without a prefix; gives the whole once it is something that is counted.
  mutating func join(_ line: Span<UInt8>, number: Int) -> Whole? {
    guard !isTold, number == last + 1, line.count > 0, bytes.count + line.count < Self.limit else {
      isTold = true
      return nil
    }
    last = number
    line.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
    guard isCounted else { return nil }
    isTold = true
    return Whole(line: self)
  }
}

/// The INFO that a crash report holds, the last that such a server says of itself.
///
/// ```
/// ------ INFO OUTPUT ------                        4 and later
/// [3911] 20 Apr 22:03:55.008 # --- INFO OUTPUT     2.x, whose first head follows a prefix
/// [3911] 20 Apr 22:03:55.008 # # Server
/// ```
struct RedisCrashInfo {
  private static let lineLimit = 800

  private(set) var server: Int?
  private var time: Instant?
  private var first = 0
  private var lines: [String] = []
  private var isOpen = false

  mutating func begin(at number: Int, of server: Int, time: Instant?) {
    guard lines.isEmpty else { return }
    (self.server, self.time, first, isOpen) = (server, time, number + 1, true)
  }

  /// A line with a prefix ends it, but for that of the first head.
  mutating func end(at number: Int, unless isHead: Bool) {
    guard isOpen else { return }
    if isHead, lines.count <= 1 {
      while first + lines.count <= number { lines.append("") }
    } else {
      isOpen = false
    }
  }

  /// True if the line belongs to it.
  mutating func take(_ line: Span<UInt8>, number: Int) -> Bool {
    guard isOpen else { return false }
    if line.hasPrefix("---") || line.contains("BUG REPORT END") || lines.count >= Self.lineLimit {
      isOpen = false
      return false
    }
    while first + lines.count < number { lines.append("") }
    lines.append(line.text(0..<min(line.count, 512)))
    return true
  }

  /// Of a life that another followed only the version counts: the rest is of a process that is gone, and
  /// the server is known by another run_id since. The report of a signal states the version itself.
  func record(of subject: Int, isLastLife: Bool, isVersionKnown: Bool, into page: inout Page) {
    guard !lines.isEmpty else { return }
    var info = Page(kind: .redisInfo)
    let text = lines.joined(separator: "\n") + "\n"
    RedisInfoReader.read(
      Document(name: "info", bytes: Array(text.utf8)), context: ReadingContext(), into: &info)
    info.moveLines(by: first - 1)
    if isLastLife {
      for key in info.subjects.flatMap(\.keys) { page.identify(subject, key) }
    }
    if !isVersionKnown,
      let version = info.facts.first(where: { $0.name == "redis.server.valkey_version" })
        ?? info.facts.first(where: { $0.name == "redis.server.redis_version" })
    {
      page.record(
        "redis.log.crash.version", version.value, of: subject, at: time, origin: version.origin)
    }
    guard isLastLife else { return }
    for fact in info.facts {
      page.record(
        fact.name, fact.value, of: subject, at: fact.time ?? time, part: fact.part,
        origin: fact.origin)
    }
  }
}
