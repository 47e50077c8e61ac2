import Model

/// All that is kept of an access log while it is read: of constant size, and such that the counts
/// of two ranges of a log add up to those of the whole.
struct AccessCounts {
  /// The classes of answer that are counted each by itself.
  static let classes: [(name: String, matches: ClosedRange<Int>)] = [
    ("5xx", 500...599), ("4xx", 400...499), ("499", 499...499), ("500", 500...500),
    ("502", 502...502), ("503", 503...503), ("504", 504...504),
  ]

  private(set) var requests = 0
  private(set) var uploads = 0
  private(set) var statuses = [Int](repeating: 0, count: 1000)
  private(set) var firstOfClass = [Witness?](repeating: nil, count: classes.count)
  private(set) var firstUpload: Witness?
  private(set) var firstRequest: Witness?
  /// The first 5xx after each five minutes without one: what runs of errors cite.
  private(set) var errorStarts: [Witness] = []
  private var lastError = Int.min
  private(set) var earliest = Int.max
  private(set) var latest = Int.min

  private(set) var minutes = MinuteSeries()
  private(set) var times = RequestTimes()
  private(set) var authors = SurgeAuthors()
  private(set) var periods = PeriodTable()
  private(set) var paths = TopTable()
  private(set) var agents = TopTable()
  private(set) var clients = TopTable()

  @inline(__always)
  mutating func add(_ request: AccessLine, line: Span<UInt8>, number: Int) {
    if requests == 0 { firstRequest = Witness(line, number: number, second: request.second) }
    requests &+= 1
    earliest = Swift.min(earliest, request.second)
    latest = Swift.max(latest, request.second)

    let status = request.status
    if status >= 0, status < 1000 {
      statuses[status] &+= 1
      if status >= 400 { noteFailure(request, line: line, number: number) }
    }
    let isError = status >= 500 && status < 600
    minutes.add(second: request.second, isError: isError)
    if request.requestTime >= 0 {
      times.add(request.requestTime, second: request.second, line: line, number: number)
    }
    if request.method.count <= 4, !request.method.isEmpty, line[request.method.start] == 0x50,
      line.holds("POST", at: request.method.start) || line.holds("PUT", at: request.method.start)
    {
      uploads &+= 1
      if firstUpload == nil { firstUpload = Witness(line, number: number, second: request.second) }
    }

    let agent = line.hash(request.agent)
    let client = line.hash(request.client)
    let path = line.hash(request.path)
    authors.add(request, agent: agent, client: client, line: line, number: number)
    if !request.path.isEmpty { paths.add(path, request.path, in: line, number: number) }
    if !request.agent.isEmpty { agents.add(agent, request.agent, in: line, number: number) }
    if !request.client.isEmpty { clients.add(client, request.client, in: line, number: number) }

    var key: UInt64 = mixed(agent &+ UInt64(truncatingIfNeeded: status))
    key = mixed(key ^ path)
    key = mixed(key ^ client)
    key = mixed(key ^ line.hash(request.method))
    if !request.host.isEmpty { key = mixed(key ^ line.hash(request.host)) }
    periods.add(key == 0 ? 1 : key, request, in: line, number: number)
  }

  private mutating func noteFailure(_ request: AccessLine, line: Span<UInt8>, number: Int) {
    for index in AccessCounts.classes.indices
    where firstOfClass[index] == nil && AccessCounts.classes[index].matches.contains(request.status)
    {
      firstOfClass[index] = Witness(line, number: number, second: request.second)
    }
    guard (500...599).contains(request.status) else { return }
    if request.second &- lastError >= 300 || lastError == Int.min, errorStarts.count < 256 {
      errorStarts.append(Witness(line, number: number, second: request.second))
    }
    lastError = request.second
  }

  mutating func merge(_ later: Self) {
    requests += later.requests
    uploads += later.uploads
    for index in statuses.indices { statuses[index] += later.statuses[index] }
    for index in firstOfClass.indices where firstOfClass[index] == nil {
      firstOfClass[index] = later.firstOfClass[index]
    }
    firstUpload = firstUpload ?? later.firstUpload
    firstRequest = firstRequest ?? later.firstRequest
    for start in later.errorStarts
    where lastError == Int.min || start.second - lastError >= 300
      || start.line != later.errorStarts.first?.line
    {
      if errorStarts.count < 256 { errorStarts.append(start) }
    }
    if later.lastError != Int.min { lastError = later.lastError }
    earliest = Swift.min(earliest, later.earliest)
    latest = Swift.max(latest, later.latest)
    minutes.merge(later.minutes)
    times.merge(later.times)
    authors.merge(later.authors)
    periods.merge(later.periods)
    paths.merge(later.paths)
    agents.merge(later.agents)
    clients.merge(later.clients)
  }

  func count(_ statuses: ClosedRange<Int>) -> Int {
    self.statuses[statuses.clamped(to: 0...999)].reduce(0, +)
  }

  var coverage: TimeSpan? {
    guard earliest <= latest, let first = Instant(seconds: Double(earliest)),
      let last = Instant(seconds: Double(latest))
    else { return nil }
    return first...last
  }
}
