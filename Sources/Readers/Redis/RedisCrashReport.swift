import Model

/// A crash report of a server: what it died of, at which command, in whose code.
///
/// ```
/// === REDIS BUG REPORT START: Cut & paste starting from here ===
/// 5:M 22 Nov 2026 19:56:56.471 # Redis 7.0.15 crashed by signal: 11, si_code: 2
/// 5:M 22 Nov 2026 19:56:56.471 # Killed by PID: 312, UID: 0            a process sent the signal
/// 5:M 22 Nov 2026 19:56:56.471 # ==> t_zset.c:4101 'count > 0' is not true
/// 5:M 22 Nov 2026 19:56:56.471 # Guru Meditation: Unknown object type #object.c:370
/// 14761 redis-server *                                                 the thread that crashed
/// /opt/modules/search.so(+0x1234)[0x7f0012345678]
/// argv[0]: '"zrandmember"'
/// Fast memory test PASSED, however your memory can still be broken.
/// === REDIS BUG REPORT END. Make sure to include from START to END. ===
/// ```
///
/// Beside compose's and other prefixes the words are looked for wherever they stand.
struct RedisCrashReport {
  private(set) var mark: RedisServerLog.Mark
  private(set) var version: String?
  private(set) var signal: Int?
  private(set) var assertion: String?
  private(set) var panic: String?
  private(set) var sender: String?
  private(set) var command: String?
  private(set) var module: String?
  /// What the short test of memory found; nil where the report has none.
  private(set) var isMemoryGood: Bool?
  /// The report of a child that saves: the server itself went on.
  private(set) var isOfChild = false
  /// The server ended itself since it found no memory: nothing crashed.
  private(set) var isOutOfMemory = false
  private var hasRole = false
  private var crashedThread: (isNamed: Bool, isOpen: Bool) = (false, false)

  init(mark: RedisServerLog.Mark) { self.mark = mark }

  /// A line of the report that has Redis' own prefix.
  mutating func read(_ text: Span<UInt8>, time: Instant?, role: UInt8) {
    if mark.time == nil { mark.time = time }
    if !hasRole, role != 0 {
      hasRole = true
      isOfChild = role == UInt8(ascii: "C")
    }
    read(text)
  }

  mutating func read(_ line: Span<UInt8>) {
    if let end = line.firstIndex(of: " crashed by signal: ") {
      readSignal(line, end)
    } else if let at = line.firstIndex(of: "==> "), line.contains("is not true") {
      assertion = assertion ?? Self.text(line, from: at + 4)
    } else if let at = line.firstIndex(of: "Guru Meditation: ") {
      panic = panic ?? Self.text(line, from: at + 17)
      if line.contains("aborting for OUT OF MEMORY") { isOutOfMemory = true }
    } else if let at = line.firstIndex(of: "Killed by PID: ") {
      sender = Self.text(line, from: at + 10)
    } else if let at = line.firstIndex(of: "argv[0]") {
      if command == nil { command = Self.command(line, from: at + 7) }
    } else if line.contains("MEMORY ERROR DETECTED") {
      isMemoryGood = false
    } else if line.contains("Fast memory test PASSED") {
      isMemoryGood = true
    } else {
      readFrame(line)
    }
  }

  private mutating func readSignal(_ line: Span<UInt8>, _ end: Int) {
    var first = end
    while first > 0, end - first < 40, line[first - 1] > 32 { first -= 1 }
    version = line.text(first..<end)
    let start = end + 20
    var stop = start
    while stop < line.count, stop < start + 3, (48...57).contains(line[stop]) { stop += 1 }
    signal = line.number(start..<stop)
  }

  /// A module is a file `.so`; the system's libraries have a version behind it. Of several threads
  /// the one that crashed has a star.
  private mutating func readFrame(_ line: Span<UInt8>) {
    var end = line.count
    while end > 0, line[end - 1] <= 32 { end -= 1 }
    if end == 0 || line[end - 1] == UInt8(ascii: "|") {
      crashedThread.isOpen = false
    } else if end > 2, end < 60, line[end - 1] == UInt8(ascii: "*"), line[end - 2] == 32 {
      if !crashedThread.isNamed { module = nil }
      crashedThread = (true, true)
    } else if module == nil, !crashedThread.isNamed || crashedThread.isOpen,
      let stop = line.firstIndex(of: ".so(") ?? line.firstIndex(of: ".so["), stop < 400
    {
      var first = stop
      while first > 0, line[first - 1] > 32, line[first - 1] != UInt8(ascii: "/") { first -= 1 }
      if first < stop { module = line.text(first..<stop + 3) }
    }
  }

  private static func text(_ line: Span<UInt8>, from start: Int) -> String {
    guard start < line.count else { return "" }
    return String(RedisText.trimmed(line.text(start..<min(line.count, start + 120))))
  }

  /// The name alone: what follows it may be anybody's data.
  private static func command(_ line: Span<UInt8>, from start: Int) -> String? {
    var first = start
    while first < line.count, first < start + 8, !isOfName(line[first]) { first += 1 }
    var end = first
    while end < line.count, end < first + 40, isOfName(line[end]) { end += 1 }
    return end > first ? line.text(first..<end).uppercased() : nil
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte)
      || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  /// What it died of, in words. A failed assertion of old versions ends in a signal of its own.
  var reason: String? {
    if let assertion { return "assertion failed, \(assertion)" }
    if let panic { return "panic, \(panic)" }
    guard let signal else { return nil }
    let name = ProcessSignal.name(signal)
    return "signal \(signal)" + (ProcessSignal.isFault(name) ? " (SIG\(name))" : "")
  }
}
