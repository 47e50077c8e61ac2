import Model

/// What a live Redis server answered.
package struct RedisEvidence: Sendable {
  package let sources: [EvidenceSource]
  /// What could not be asked, and why; each a sentence without a full stop.
  package let warnings: [String]
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
    return .success(RedisEvidence(sources: collection.sources, warnings: collection.warnings))
  } catch {
    return .failure(error)
  }
}

private struct RedisCollection {
  let target: RedisTarget
  let budget: RedisBudget
  let connection: RedisConnection
  private(set) var sources: [EvidenceSource] = []
  private(set) var warnings: [String] = []

  init(_ target: RedisTarget, budget: RedisBudget) throws(CollectError) {
    self.target = target
    self.budget = budget
    do throws(ConnectionFault) {
      connection = try RedisConnection(target.endpoint, budget: budget)
    } catch {
      throw RedisFaults(target, budget).error(error, asking: "connect")
    }
  }

  /// Says who we are, and learns whether the server answers at all.
  mutating func logIn() throws(CollectError) {
    let faults = RedisFaults(target, budget)
    if let password = target.password {
      let command = RedisCommand.auth(user: target.user, password: password)
      if case .error(let text) = try mustAnswer(command) {
        guard text.contains("no password is set") || text.contains("without any password") else {
          throw faults.refusal(text) ?? faults.wrongPassword
        }
        warnings.append("a password was given but the server asks for none")
      }
    }
    if case .error(let text) = try mustAnswer(.ping) {
      if let error = faults.refusal(text) { throw error }
      // Loading, or PING not permitted: the rest may be answered all the same.
      warnings.append("PING was answered with '\(shown(text))'")
    }
  }

  mutating func collect() throws(CollectError) {
    var info = try mustAnswer(.info(all: true))
    if case .error = info { info = try mustAnswer(.info(all: false)) }
    if let text = note(info, "INFO")?.text {
      // Not a loopback address of no meaning elsewhere, but the one that was asked.
      add("INFO", .redisInfo, "# server: \(target.address)\r\n\(text)")
    }
    do throws(ConnectionFault) {
      try collectRest(fullest: fullestDatabase(info.text ?? ""))
    } catch {
      // What was answered before stands.
      let error = RedisFaults(target, budget).error(error, asking: "the rest")
      guard !sources.isEmpty else { throw error }
      warnings.append("\(error)")
    }
  }

  private mutating func collectRest(fullest: Int) throws(ConnectionFault) {
    for (command, kind) in [
      (.slowlog(entries: 128), .redisSlowlog), (.clientList, .redisClientList),
      (.latencyLatest, .redisLatency),
    ] as [(RedisCommand, EvidenceKind)] {
      guard let reply = note(try connection.ask(command), command.name) else { continue }
      if case .list = reply {
        add(command.name, kind, RedisPrinting.terminal(reply))
      } else if let text = reply.text {
        add(command.name, kind, text)
      }
    }
    try collectConfig()
    let database = target.database ?? fullest
    if database != 0, note(try connection.ask(.select(database)), "SELECT \(database)") == nil {
      return
    }
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
    add("key sample", .redisKeySample, ([head] + sample.lines + [""]).joined(separator: "\n"))
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
    if !text.isEmpty { add("CONFIG GET", .redisConfig, text) }
  }

  private mutating func add(_ name: String, _ kind: EvidenceKind, _ text: String) {
    let bytes = Array(text.utf8)
    sources.append(
      EvidenceSource(
        name: "\(target) \(name)", folder: "\(target)", hint: kind, isNamed: true
      ) { () throws(SourceError) in MemoryStream(bytes) })
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
