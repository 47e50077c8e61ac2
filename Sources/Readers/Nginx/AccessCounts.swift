import Model

/// A line whose names wait to be counted, in the block that it lies in.
struct PendingLine: BitwiseCopyable {
  var request: AccessLine
  var line: RawLine
  var number: Int
  /// The first bytes of the method, then the key of the caller and what it asked for.
  var key: UInt64
  var pathGuess: UInt16
  var agentGuess: UInt16
  var clientGuess: UInt16
}

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

  private static let batchSize = 32
  private let batchMemory = TableMemory(batchSize * MemoryLayout<PendingLine>.stride)
  private let batch: UnsafeMutablePointer<PendingLine>
  private var batchCount = 0

  init() {
    statuses = memory.slots(Int.self)
    batch = batchMemory.slots(PendingLine.self)
  }

  /// Where the next line is to be parsed to. It stays there until its names are counted, for to copy
  /// what was written a moment ago takes longer than to write it.
  @inline(__always)
  var next: UnsafeMutablePointer<PendingLine> { batch + batchCount }

  /// Counts the line that was parsed to `next`.
  @inline(__always)
  mutating func addNext(_ line: RawLine, number: Int) {
    var pending = next
    pending.pointee.line = line
    pending.pointee.number = number
    let second = pending.pointee.request.second
    let offset = second &- minuteStart
    if offset < 0 || offset >= 60 { pending = turn(to: pending) }
    minuteRequests &+= 1
    earliest = Swift.min(earliest, second)
    latest = Swift.max(latest, second)

    let status = pending.pointee.request.status
    if status >= 0, status < 1000 {
      let count = statuses[status] &+ 1
      statuses[status] = count
      // The first of a class is the first of its status.
      if count == 1 { noteFirst(pending) }
      if status >= 500, status < 600 { noteError(pending) }
    }
    let time = pending.pointee.request.requestTime
    if time >= 0 { times.add(time, second: second, line: line, number: number) }
    let method = line.head(pending.pointee.request.method)
    if method == AccessCounts.post || method == AccessCounts.put {
      uploads &+= 1
      if firstUpload == nil { firstUpload = Witness(pending) }
    }
    pending.pointee.key = method
    pending.pointee.pathGuess = paths.guess(pending.pointee.request.path, in: line)
    pending.pointee.agentGuess = agents.guess(pending.pointee.request.agent, in: line)
    pending.pointee.clientGuess = clients.guess(pending.pointee.request.client, in: line)
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
    for index in 0..<batchCount { periods.add(batch + index) }
    batchCount = 0
  }

  /// Counts path, agent and client; gives a key of the caller and what it asked for.
  @inline(__always)
  private mutating func countNames(_ pending: UnsafeMutablePointer<PendingLine>) -> UInt64 {
    authors.addRequest()
    // Where this line is noted, once a table asks for that.
    var note: UInt32 = 0
    var path: UInt64 = 0
    var agent: UInt64 = 1
    var client: UInt64 = 0
    if !pending.pointee.request.path.isEmpty {
      let met = paths.add(
        pending.pointee.request.path, guessed: pending.pointee.pathGuess, of: pending, &notes, &note
      )
      path = met.hash
    }
    if !pending.pointee.request.agent.isEmpty {
      let met = agents.add(
        pending.pointee.request.agent, guessed: pending.pointee.agentGuess, of: pending, &notes,
        &note)
      agent = met.hash
      if agents.addRecent(met) {
        authors.cite(met, .agent, pending, agents)
      }
    }
    if !pending.pointee.request.client.isEmpty {
      let met = clients.add(
        pending.pointee.request.client, guessed: pending.pointee.clientGuess, of: pending, &notes,
        &note)
      client = met.hash
      if clients.addRecent(met) {
        authors.cite(met, .client, pending, clients)
      }
    }

    let answer =
      UInt64(truncatingIfNeeded: pending.pointee.request.status) &<< 8
      &+ UInt64(pending.pointee.request.method.count & 0xFF)
    var key = folded(agent ^ answer, path ^ 0x8BB8_4B93_962E_ACC9)
    key = folded(key ^ pending.pointee.key, client ^ 0x2D35_8DCC_AA6C_78A5)
    let host = pending.pointee.request.host
    if !host.isEmpty { key = mixed(key ^ pending.pointee.line.hash(host)) }
    // 0 stands for nobody.
    return key == 0 ? 1 : key
  }

  /// The first bytes of methods that bring something, as a word.
  private static let post: UInt64 = 0x5453_4F50
  private static let put: UInt64 = 0x54_5550

  /// Turns to the minute that a line lies in: what depends on it is looked up once, for logs hold many
  /// lines of one minute. Gives where the line is then.
  @inline(never)
  private mutating func turn(
    to pending: UnsafeMutablePointer<PendingLine>
  ) -> UnsafeMutablePointer<PendingLine> {
    if requests == 0, minuteRequests == 0 { firstRequest = Witness(pending) }
    countNames()
    batch.pointee = pending.pointee
    closeMinute()
    let second = batch.pointee.request.second
    minuteStart = second / 60 &* 60
    minute = minutes.slot(of: second)
    times.open(second)
    if authors.leaves(for: second) {
      authors.close(agents: agents, clients: clients)
      authors.begin(second)
    }
    return batch
  }

  private mutating func closeMinute() {
    requests &+= minuteRequests
    minute?.pointee.requests &+= UInt32(truncatingIfNeeded: minuteRequests)
    minuteRequests = 0
  }

  @inline(never)
  private mutating func noteError(_ pending: UnsafePointer<PendingLine>) {
    let second = pending.pointee.request.second
    minute?.pointee.addError(second: UInt8(truncatingIfNeeded: second &- minuteStart))
    if second &- lastError >= 300 || lastError == Int.min, errorStarts.count < 256 {
      errorStarts.append(Witness(pending))
    }
    lastError = second
  }

  @inline(never)
  private mutating func noteFirst(_ pending: UnsafePointer<PendingLine>) {
    let status = pending.pointee.request.status
    for index in AccessCounts.classes.indices
    where firstOfClass[index] == nil && AccessCounts.classes[index].matches.contains(status) {
      firstOfClass[index] = Witness(pending)
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
    authors.close(agents: agents, clients: clients)
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
