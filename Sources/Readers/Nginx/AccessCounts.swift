import Model

/// All that is kept of an access log while it is read: of constant size, and such that the counts
/// of two ranges of a log add up to those of the whole.
struct AccessCounts: @unchecked Sendable {
  /// The classes of answer that are counted each by itself.
  static let classes: [(name: String, matches: ClosedRange<Int>)] = [
    ("5xx", 500...599), ("4xx", 400...499), ("499", 499...499), ("500", 500...500),
    ("502", 502...502), ("503", 503...503), ("504", 504...504),
  ]

  private(set) var requests = 0
  private(set) var uploads = 0
  private let memory = TableMemory(1000 * MemoryLayout<Int>.stride)
  private let statuses: UnsafeMutablePointer<Int>
  private(set) var firstOfClass = [Witness?](repeating: nil, count: classes.count)
  private(set) var firstUpload: Witness?
  private(set) var firstRequest: Witness?
  /// The first 5xx after each five minutes without one: what runs of errors cite.
  private(set) var errorStarts: [Witness] = []
  private var lastError = Int.min
  private(set) var earliest = Int.max
  private(set) var latest = Int.min

  /// The minute that is being read: its first second, and its requests since it was turned to.
  private var minuteStart = Int.min / 2
  private var minuteRequests = 0
  private var minute: UnsafeMutablePointer<MinuteCounts>?

  private(set) var minutes = MinuteSeries()
  private(set) var times = RequestTimes()
  private(set) var authors = SurgeAuthors()
  private(set) var periods = PeriodTable()
  private(set) var paths = TopTable(.path)
  private(set) var agents = TopTable(.agent)
  private(set) var clients = TopTable(.client)
  private var notes = NotedLines(capacity: notesSize)
  private static let notesSize = 1 << 20

  /// A line whose names wait to be counted.
  private struct Pending: BitwiseCopyable {
    var request: AccessLine
    var line: RawLine
    var number: Int
    /// The first bytes of the method, then the key of caller and request.
    var key: UInt64
    var pathGuess: UInt16
    var agentGuess: UInt16
    var clientGuess: UInt16
  }

  private static let batchSize = 32
  private let batchMemory = TableMemory(batchSize * MemoryLayout<Pending>.stride)
  private let batch: UnsafeMutablePointer<Pending>
  private var batchCount = 0

  init() {
    statuses = memory.slots(Int.self)
    batch = batchMemory.slots(Pending.self)
  }

  @inline(__always)
  mutating func add(_ request: AccessLine, line: RawLine, number: Int) {
    let offset = request.second &- minuteStart
    if offset < 0 || offset >= 60 { turn(to: request.second, line, number) }
    minuteRequests &+= 1
    earliest = Swift.min(earliest, request.second)
    latest = Swift.max(latest, request.second)

    let status = request.status
    if status >= 0, status < 1000 {
      let count = statuses[status] &+ 1
      statuses[status] = count
      // The first of a class is the first of its status.
      if count == 1 { noteFirst(request, line: line, number: number) }
      if status >= 500, status < 600 { noteError(request, line: line, number: number) }
    }
    if request.requestTime >= 0 {
      times.add(request.requestTime, second: request.second, line: line, number: number)
    }
    let method = line.head(Place(start: request.method.start, end: request.method.end))
    if method == AccessCounts.post || method == AccessCounts.put {
      uploads &+= 1
      if firstUpload == nil { firstUpload = Witness(line, number: number, second: request.second) }
    }

    batch[batchCount] = Pending(
      request: request, line: line, number: number, key: method,
      pathGuess: paths.guess(request.path, in: line),
      agentGuess: agents.guess(request.agent, in: line),
      clientGuess: clients.guess(request.client, in: line))
    batchCount &+= 1
    if batchCount == AccessCounts.batchSize { countNames() }
  }

  /// Counts the names and periods of the lines that wait for it. They wait only as long as the block
  /// that they lie in is there.
  ///
  /// A batch at a time: what a table will look at has been asked for some lines before, for the tables
  /// together are larger than the caches that are near.
  @inline(never)
  mutating func countNames() {
    for index in 0..<batchCount {
      let key = countNames(batch + index)
      batch[index].key = key
      periods.prepare(key)
    }
    for index in 0..<batchCount {
      let pending = batch + index
      periods.add(
        pending.pointee.key, in: pending.pointee.line, pending.pointee.request,
        number: pending.pointee.number)
    }
    batchCount = 0
  }

  /// Counts path, agent and client; gives a key of the caller and what it asked for.
  @inline(__always)
  private mutating func countNames(_ pending: UnsafeMutablePointer<Pending>) -> UInt64 {
    let request = pending.pointee.request
    let line = pending.pointee.line
    let number = pending.pointee.number
    // Where this line is noted, once a table asks for that.
    var note: UInt32 = 0
    var path: UInt64 = 0
    var agent: UInt64 = 1
    var client: UInt64 = 0
    if !request.path.isEmpty {
      path = paths.add(
        request.path, guessed: pending.pointee.pathGuess, in: line, request, number: number,
        &notes, &note)
    }
    if !request.agent.isEmpty {
      agent = agents.add(
        request.agent, guessed: pending.pointee.agentGuess, in: line, request, number: number,
        &notes, &note)
    }
    if !request.client.isEmpty {
      client = clients.add(
        request.client, guessed: pending.pointee.clientGuess, in: line, request, number: number,
        &notes, &note)
    }
    authors.add(request, agent: agent, client: client, line: line, number: number)

    let answer =
      UInt64(truncatingIfNeeded: request.status) &<< 8 &+ UInt64(request.method.count & 0xFF)
    var key = folded(agent ^ answer, path ^ 0x8BB8_4B93_962E_ACC9)
    key = folded(key ^ pending.pointee.key, client ^ 0x2D35_8DCC_AA6C_78A5)
    if !request.host.isEmpty { key = mixed(key ^ line.hash(request.host)) }
    // 0 stands for nobody.
    return key == 0 ? 1 : key
  }

  /// The first bytes of methods that bring something, as a word.
  private static let post: UInt64 = 0x5453_4F50
  private static let put: UInt64 = 0x54_5550

  /// Turns to the minute that a second lies in: what depends on it is looked up once, for logs hold
  /// many lines of one minute.
  @inline(never)
  private mutating func turn(to second: Int, _ line: RawLine, _ number: Int) {
    countNames()
    if requests == 0, minuteRequests == 0 {
      firstRequest = Witness(line, number: number, second: second)
    }
    closeMinute()
    minuteStart = second / 60 &* 60
    minute = minutes.slot(of: second)
    times.open(second)
    authors.open(second)
  }

  private mutating func closeMinute() {
    requests &+= minuteRequests
    minute?.pointee.requests &+= UInt32(truncatingIfNeeded: minuteRequests)
    authors.add(requests: minuteRequests)
    minuteRequests = 0
  }

  @inline(never)
  private mutating func noteError(_ request: AccessLine, line: RawLine, number: Int) {
    minute?.pointee.addError(second: UInt8(truncatingIfNeeded: request.second &- minuteStart))
    if request.second &- lastError >= 300 || lastError == Int.min, errorStarts.count < 256 {
      errorStarts.append(Witness(line, number: number, second: request.second))
    }
    lastError = request.second
  }

  @inline(never)
  private mutating func noteFirst(_ request: AccessLine, line: RawLine, number: Int) {
    for index in AccessCounts.classes.indices
    where firstOfClass[index] == nil && AccessCounts.classes[index].matches.contains(request.status)
    {
      firstOfClass[index] = Witness(line, number: number, second: request.second)
    }
  }

  /// Ends the reading of a range of the log: everything is in its place then.
  mutating func close() {
    countNames()
    closeMinute()
    minuteStart = Int.min / 2
    for table in [paths, agents, clients] { table.keepAll(notes) }
    notes = NotedLines(capacity: AccessCounts.notesSize)
    periods.thin()
    authors.close()
  }

  /// Takes in the range that follows, whose lines are numbered from its start: `offset` lines of the
  /// log come before it. Both must have been closed.
  mutating func merge(_ later: Self, addingLines offset: Int) {
    requests += later.requests
    uploads += later.uploads
    for index in 0..<1000 { statuses[index] += later.statuses[index] }
    for index in firstOfClass.indices where firstOfClass[index] == nil {
      firstOfClass[index] = later.firstOfClass[index]?.moved(by: offset)
    }
    firstUpload = firstUpload ?? later.firstUpload?.moved(by: offset)
    firstRequest = firstRequest ?? later.firstRequest?.moved(by: offset)
    for start in later.errorStarts
    where lastError == Int.min || start.second - lastError >= 300
      || start.line != later.errorStarts.first?.line
    {
      if errorStarts.count < 256 { errorStarts.append(start.moved(by: offset)) }
    }
    if later.lastError != Int.min { lastError = later.lastError }
    earliest = Swift.min(earliest, later.earliest)
    latest = Swift.max(latest, later.latest)
    minutes.merge(later.minutes)
    times.merge(later.times, addingLines: offset)
    authors.merge(later.authors, addingLines: offset)
    periods.merge(later.periods, addingLines: offset)
    paths.merge(later.paths, addingLines: offset)
    agents.merge(later.agents, addingLines: offset)
    clients.merge(later.clients, addingLines: offset)
  }

  func count(_ statuses: ClosedRange<Int>) -> Int {
    statuses.clamped(to: 0...999).reduce(0) { $0 + self.statuses[$1] }
  }

  var coverage: TimeSpan? {
    guard earliest <= latest, let first = Instant(seconds: Double(earliest)),
      let last = Instant(seconds: Double(latest))
    else { return nil }
    return first...last
  }
}
