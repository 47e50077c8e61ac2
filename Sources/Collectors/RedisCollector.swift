import Model

/// One answer of a live server: how messages call it, and the file that it is saved as.
struct RedisAnswer: Sendable {
  let name: String
  let file: String
  let kind: EvidenceKind
  var text: String
}

/// What a live Redis server answered.
package struct RedisEvidence: Sendable {
  let server: String
  var answers: [RedisAnswer]
  /// What could not be asked, and why; each a sentence without a full stop.
  package var warnings: [String]
  /// It stopped answering before all was asked.
  var isCutShort = false

  package var sources: [EvidenceSource] {
    answers.map { answer in
      let bytes = Array(answer.text.utf8)
      return EvidenceSource(
        name: "\(server) \(answer.name)", folder: server, hint: answer.kind, isNamed: true
      ) { () throws(SourceError) in MemoryStream(bytes) }
    }
  }
}

/// Asks a Redis server for what diagnosis needs, in the forms redis-cli prints. Read-only, within the
/// budget: what it refuses leaves the rest; a server that is down, hung or locked is an error that
/// says what to do.
package func collectRedis(
  _ target: RedisTarget, budget: RedisBudget = RedisBudget()
) -> Result<RedisEvidence, CollectError> {
  do throws(CollectError) {
    var collection = try RedisCollection(target, budget: budget)
    try collection.logIn()
    try collection.collect()
    return .success(
      RedisEvidence(
        server: "\(target)", answers: collection.answers, warnings: collection.warnings,
        isCutShort: collection.isCutShort))
  } catch {
    return .failure(error)
  }
}

/// INFO once more, for what changes; nil where it is not given.
func askInfo(_ target: RedisTarget, budget: RedisBudget) -> String? {
  do throws(CollectError) {
    var collection = try RedisCollection(target, budget: budget)
    try collection.logIn()
    try collection.askInfo()
    return collection.answers.first?.text
  } catch {
    return nil
  }
}

private struct RedisCollection {
  let target: RedisTarget
  let budget: RedisBudget
  let connection: RedisConnection
  private(set) var answers: [RedisAnswer] = []
  private(set) var warnings: [String] = []
  private(set) var isCutShort = false

  init(_ target: RedisTarget, budget: RedisBudget) throws(CollectError) {
    self.target = target
    self.budget = budget
    do throws(ConnectionFault) {
      connection = try RedisConnection(target.endpoint, tls: target.tls, budget: budget)
    } catch {
      throw RedisFaults(target, budget).error(error, asking: "connect")
    }
  }

  /// Says who we are, and learns whether the server answers at all.
  mutating func logIn() throws(CollectError) {
    let faults = RedisFaults(target, budget)
    if !target.isFound { try authenticate() }
    guard case .error(let text) = try mustAnswer(.ping) else { return }
    if target.isFound, target.password != nil, text.hasPrefix("NOAUTH") {
      return try authenticate()
    }
    if let error = faults.refusal(text) { throw error }
    // Loading, or PING not permitted: the rest may be answered all the same.
    warnings.append("PING was answered with '\(shown(text))'")
  }

  private mutating func authenticate() throws(CollectError) {
    guard let password = target.password else { return }
    let command = RedisCommand.auth(user: target.user, password: password)
    guard case .error(let text) = try mustAnswer(command) else { return }
    guard text.contains("no password is set") || text.contains("without any password") else {
      let faults = RedisFaults(target, budget)
      throw faults.refusal(text) ?? faults.wrongPassword
    }
    warnings.append("a password was given but the server asks for none")
  }

  @discardableResult
  mutating func askInfo() throws(CollectError) -> String {
    var info = try mustAnswer(.info(all: true))
    if case .error = info { info = try mustAnswer(.info(all: false)) }
    if let text = note(info, "INFO")?.text {
      // Not a loopback address of no meaning elsewhere, but the one that was asked.
      add("INFO", "info.txt", .redisInfo, "# server: \(target.address)\r\n\(text)")
    }
    return info.text ?? ""
  }

  mutating func collect() throws(CollectError) {
    let info = try askInfo()
    do throws(ConnectionFault) {
      try collectRest(fullest: fullestDatabase(info))
    } catch {
      // What was answered before stands.
      let error = RedisFaults(target, budget).error(error, asking: "the rest")
      guard !answers.isEmpty else { throw error }
      warnings.append("\(error)")
      isCutShort = true
    }
  }

  private mutating func collectRest(fullest: Int) throws(ConnectionFault) {
    let entries = 128
    let slowest = try ask(.slowlog(entries: entries), "slowlog.txt", .redisSlowlog)
    if slowest.count == entries, case .integer(let length) = try connection.ask(.slowlogLength) {
      // As it is asked at a prompt, for a figure alone says nothing.
      add(
        "SLOWLOG LEN", "slowlog-length.txt", .redisSlowlog,
        "$ redis-cli SLOWLOG LEN\n(integer) \(length)\n")
    }
    try ask(.clientList, "clients.txt", .redisClientList)
    try collectHistory(of: ask(.latencyLatest, "latency.txt", .redisLatency))
    try ask(.role, "role.txt", .redisReply)
    try collectConfig()
    let database = target.database ?? fullest
    if database != 0, note(try connection.ask(.select(database)), "SELECT \(database)") == nil {
      return
    }
    try sampleKeys(of: database)
    for (command, file, kind) in [
      (.memoryStats, "memory-stats.txt", .redisMemoryDoctor),
      (.memoryDoctor, "memory-doctor.txt", .redisMemoryDoctor),
      (.latencyDoctor, "latency-doctor.txt", .redisLatency),
    ] as [(RedisCommand, String, EvidenceKind)] {
      try ask(command, file, kind)
    }
  }

  /// What the latency monitor keeps of those events that it has seen: up to 160 spikes of each.
  private mutating func collectHistory(of latest: [RedisReply]) throws(ConnectionFault) {
    let events = latest.compactMap { entry -> RedisCommand.LatencyEvent? in
      guard case .list(let parts) = entry else { return nil }
      return parts.first?.text.flatMap { RedisCommand.LatencyEvent(rawValue: $0) }
    }
    guard !events.isEmpty else { return }
    var text = ""
    for (event, reply) in zip(events, try connection.ask(events.map { .latencyHistory($0) })) {
      guard let reply = note(reply, "LATENCY HISTORY") else { break }
      text += "$ redis-cli LATENCY HISTORY \(event.rawValue)\n" + RedisPrinting.terminal(reply)
    }
    if !text.isEmpty { add("LATENCY HISTORY", "latency-history.txt", .redisLatency, text) }
  }

  /// The elements of the answer, where it is a list.
  @discardableResult
  private mutating func ask(
    _ command: RedisCommand, _ file: String, _ kind: EvidenceKind
  ) throws(ConnectionFault) -> [RedisReply] {
    guard let reply = note(try connection.ask(command), command.name) else { return [] }
    if case .list(let elements) = reply {
      add(command.name, file, kind, RedisPrinting.terminal(reply))
      return elements
    }
    if let text = reply.text {
      add(command.name, file, kind, text.hasSuffix("\n") ? text : text + "\n")
    }
    return []
  }

  private mutating func sampleKeys(of database: Int) throws(ConnectionFault) {
    var sample = RedisKeySample(connection)
    guard let total = note(try connection.ask(.databaseSize), "DBSIZE"),
      case .integer(let total) = total
    else { return }
    do throws(ConnectionFault) {
      try sample.take()
    } catch {
      let error = RedisFaults(target, budget).error(error, asking: "SCAN")
      warnings.append("\(error)")
    }
    if let refusal = sample.refusal { _ = note(.error(refusal), "a key sample (SCAN, TYPE, TTL)") }
    guard !sample.lines.isEmpty else { return }
    let place = database == 0 ? "" : " in db\(database)"
    let head = "# key sample: \(sample.lines.count) of \(total) keys\(place)"
    add(
      "key sample", "key-sample.txt", .redisKeySample,
      ([head] + sample.lines + [""]).joined(separator: "\n"))
  }

  /// Name and value on lines of their own, as `redis-cli CONFIG GET` prints them through a pipe.
  private mutating func collectConfig() throws(ConnectionFault) {
    let keys = RedisCommand.ConfigKey.allCases
    let replies = try connection.ask(keys.map { .config($0) })
    var text = ""
    for reply in replies {
      guard case .list(let words) = reply else {
        if note(reply, "CONFIG GET") == nil { break }
        continue
      }
      for word in words { text += (word.text ?? "") + "\n" }
    }
    if !text.isEmpty { add("CONFIG GET", "config.txt", .redisConfig, text) }
  }

  private mutating func add(_ name: String, _ file: String, _ kind: EvidenceKind, _ text: String) {
    answers.append(RedisAnswer(name: name, file: file, kind: kind, text: text))
  }

  /// The reply, unless it is a refusal: that is noted.
  private mutating func note(_ reply: RedisReply, _ what: String) -> RedisReply? {
    guard case .error(let text) = reply else { return reply }
    warnings.append("\(target.address) refused \(what): '\(shown(text))'")
    return nil
  }

  private func mustAnswer(_ command: RedisCommand) throws(CollectError) -> RedisReply {
    do throws(ConnectionFault) {
      return try connection.ask(command)
    } catch {
      throw RedisFaults(target, budget).error(error, asking: command.name)
    }
  }
}

/// The database that INFO's keyspace section shows with the most keys; 0 where it shows none.
func fullestDatabase(_ info: String) -> Int {
  var best = (database: 0, keys: -1)
  for line in info.split(whereSeparator: \.isNewline) where line.hasPrefix("db") {
    let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1)
    guard parts.count == 2, let database = Int(parts[0]), parts[1].hasPrefix("keys="),
      let keys = Int(parts[1].dropFirst(5).prefix { $0.isNumber }), keys > best.keys
    else { continue }
    best = (database, keys)
  }
  return best.database
}

/// What a server said, for one line of a message.
func shown(_ text: String) -> String { RedisPrinting.escaped(Array(text.utf8.prefix(120))) }
