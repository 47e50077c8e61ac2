import Foundation
import Model
import Testing

@testable import Collectors

/// So long that no busy machine runs out of it.
private let patient = RedisBudget(connect: 60, command: 60, total: 240)
/// For servers that never answer in time, however fast the machine.
private let brief = RedisBudget(connect: 60, command: 2, total: 240)

private func target(_ server: FakeRedis, password: String? = nil) throws -> RedisTarget {
  try RedisTarget("redis://127.0.0.1:\(server.port)", passwordFromEnvironment: password)
}

/// A server in good health with two keys, one of which has gone when it is looked at.
@Sendable private func healthy(_ command: [String]) -> FakeRedis.Answer {
  switch command.prefix(2).joined(separator: " ") {
  case "PING": .text("+PONG\r\n")
  case "INFO ALL":
    .text(bulk("# Server\r\nrun_id:abc\r\n# Keyspace\r\ndb0:keys=1,x=1\r\ndb3:keys=2,x=1\r\n"))
  case "SLOWLOG GET":
    .text(list(list(":7\r\n", ":1795224076\r\n", ":20087\r\n", list(bulk("KEYS"), bulk("a\"\n")))))
  case "CONFIG GET":
    .text(command[2] == "maxmemory" ? list(bulk("maxmemory"), bulk("0")) : list())
  case "CLIENT LIST": .text(bulk("id=1 addr=10.0.0.1:5 cmd=ping\n"))
  case "LATENCY LATEST": .text(list())
  case "LATENCY DOCTOR", "MEMORY DOCTOR": .text(bulk("Sam, I can't find any issue"))
  case "MEMORY STATS": .text(list(bulk("peak.allocated"), ":1\r\n"))
  case "ROLE": .text(list(bulk("master"), ":0\r\n", list()))
  case "DBSIZE": .text(":2\r\n")
  case "SELECT 3": .text("+OK\r\n")
  case "SCAN 0": .text(list(bulk("17"), list(bulk("sess:a"))))
  case "SCAN 17": .text(list(bulk("0"), list(bulk("sess:a"), bulk("sess\tb"), bulk("gone"))))
  case "TYPE gone": .text("+none\r\n")
  case "TTL gone": .text(":-2\r\n")
  case "MEMORY USAGE": .text(command[2] == "gone" ? "$-1\r\n" : ":184\r\n")
  case "OBJECT IDLETIME": .text("-ERR An LFU maxmemory policy is selected\r\n")
  case "SLOWLOG LEN": .text(":3021\r\n")
  case "LATENCY HISTORY": .text(list(list(":1795224076\r\n", ":35\r\n")))
  case "TYPE sess:a", "TYPE sess\tb": .text("+hash\r\n")
  case "TTL sess:a": .text(":2147483647\r\n")
  case "TTL sess\tb": .text(":-1\r\n")
  default: .text("-ERR unknown command\r\n")
  }
}

@Suite struct RedisCollectorTests {
  /// The texts by what follows the server's name.
  private func texts(_ evidence: RedisEvidence, _ target: RedisTarget) throws -> [String: String] {
    var texts: [String: String] = [:]
    for source in evidence.sources {
      #expect(source.folder == "\(target)")
      var stream = try source.open()
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = try bytes.withUnsafeMutableBufferPointer { try stream.read(into: $0) }
      let name = String(source.name.dropFirst(target.description.count + 1))
      texts[name] = String(decoding: bytes[..<count], as: UTF8.self)
    }
    return texts
  }

  @Test func answersReadAsRedisCliPrintsThem() throws {
    let server = FakeRedis(healthy)
    defer { server.stop() }
    let target = try target(server)
    let evidence = try collectRedis(target, budget: patient).get()
    #expect(evidence.warnings == [])
    #expect(
      evidence.sources.map(\.hint) == [
        .redisInfo, .redisSlowlog, .redisClientList, .redisLatency, .redisReply, .redisConfig,
        .redisKeySample, .redisMemoryDoctor, .redisMemoryDoctor, .redisLatency,
      ])
    let texts = try texts(evidence, target)
    #expect(texts["INFO"]?.hasPrefix("# server: 127.0.0.1:\(server.port)\r\n# Server\r\n") == true)
    #expect(
      texts["SLOWLOG GET"] == """
        1) 1) (integer) 7
           2) (integer) 1795224076
           3) (integer) 20087
           4) 1) "KEYS"
              2) "a\\"\\n"

        """)
    #expect(texts["LATENCY LATEST"] == "(empty array)\n")
    #expect(texts["CONFIG GET"] == "maxmemory\n0\n")
    #expect(texts["CLIENT LIST"] == "id=1 addr=10.0.0.1:5 cmd=ping\n")
    #expect(
      texts["key sample"] == """
        # key sample: 2 of 2 keys in db3
        sess:a\thash\t2147483647\tbytes=184
        sess\\tb\thash\t-1\tbytes=184

        """)
  }

  @Test func onlyReadingCommandsAreEverSent() throws {
    // Events that the monitor has seen, and one that only a server with something in mind names.
    let entry = list(":7\r\n", ":1795224076\r\n", ":20087\r\n", list(bulk("KEYS"), bulk("*")))
    let spikes = ["fork", "flushall", "expire-cycle"].map {
      list(bulk($0), ":1795224076\r\n", ":16\r\n", ":35\r\n")
    }
    let server = FakeRedis { command in
      switch command.prefix(2).joined(separator: " ") {
      case "AUTH secret": .text("+OK\r\n")
      case "SLOWLOG GET":
        .text("*128\r\n" + String(repeating: entry, count: 128))
      case "LATENCY LATEST": .text("*3\r\n" + spikes.joined())
      default: healthy(command)
      }
    }
    defer { server.stop() }
    let evidence = try collectRedis(target(server, password: "secret"), budget: patient).get()
    let allowed: Set = [
      "AUTH", "SELECT", "PING", "INFO", "SLOWLOG GET", "SLOWLOG LEN", "CONFIG GET", "CLIENT LIST",
      "LATENCY LATEST", "LATENCY HISTORY", "LATENCY DOCTOR", "MEMORY DOCTOR", "MEMORY STATS",
      "MEMORY USAGE", "OBJECT IDLETIME", "ROLE", "DBSIZE", "SCAN", "TYPE", "TTL",
    ]
    let texts = try texts(evidence, target(server))
    #expect(texts["SLOWLOG LEN"] == "$ redis-cli SLOWLOG LEN\n(integer) 3021\n")
    #expect(
      texts["LATENCY HISTORY"] == """
        $ redis-cli LATENCY HISTORY fork
        1) 1) (integer) 1795224076
           2) (integer) 35
        $ redis-cli LATENCY HISTORY expire-cycle
        1) 1) (integer) 1795224076
           2) (integer) 35

        """)
    let sent = Set(
      server.received.map { words in
        ["SLOWLOG", "CONFIG", "CLIENT", "LATENCY", "MEMORY", "OBJECT"].contains(words[0])
          ? words.prefix(2).joined(separator: " ") : words[0]
      })
    #expect(sent == allowed)
    // Exhaustive by the compiler: a new case must be named here.
    func isListed(_ command: RedisCommand) -> Bool {
      switch command {
      case .auth, .select, .ping, .info, .slowlog, .slowlogLength, .config, .clientList,
        .latencyLatest, .latencyHistory, .latencyDoctor, .memoryDoctor, .memoryStats, .role,
        .databaseSize, .scan, .type, .timeToLive, .memoryUsage, .idleTime:
        allowed.contains(command.name)
      }
    }
    #expect(isListed(.ping))
    let secret = RedisCommand.ConfigKey.allCases.filter {
      $0.rawValue.contains("pass") || $0.rawValue.contains("auth")
    }
    #expect(secret == [])
  }

  @Test func aRefusedCommandLeavesTheRest() throws {
    let server = FakeRedis {
      ["CONFIG", "SLOWLOG", "TYPE"].contains($0[0])
        ? .text("-NOPERM this user has no permissions\r\n") : healthy($0)
    }
    defer { server.stop() }
    let target = try target(server)
    let evidence = try collectRedis(target, budget: patient).get()
    #expect(
      evidence.sources.map(\.hint) == [
        .redisInfo, .redisClientList, .redisLatency, .redisReply, .redisMemoryDoctor,
        .redisMemoryDoctor, .redisLatency,
      ])
    #expect(evidence.warnings.map { $0.contains("NOPERM") } == [true, true, true])
  }

  @Test func anOldServerKnowsInfoWithoutArguments() throws {
    let server = FakeRedis {
      switch ($0[0], $0.count) {
      case ("PING", _): .text("+PONG\r\n")
      case ("INFO", 1): .text(bulk("redis_version:2.4.10\r\n"))
      default: .text("-ERR wrong number of arguments\r\n")
      }
    }
    defer { server.stop() }
    let evidence = try collectRedis(target(server), budget: patient).get()
    #expect(evidence.sources.map(\.hint) == [.redisInfo])
  }

  @Test func whatWasAnsweredBeforeAHangStands() throws {
    let server = FakeRedis { $0[0] == "CLIENT" ? .nothing : healthy($0) }
    defer { server.stop() }
    let evidence = try collectRedis(target(server), budget: brief).get()
    #expect(evidence.sources.map(\.hint) == [.redisInfo, .redisSlowlog])
    #expect(evidence.warnings.first?.contains("did not answer") == true)
  }

  @Test(
    arguments: [
      (.nothing, "did not answer PING within 2 s", "hung or stopped"),
      // A time-out that began anew with every byte would not end it.
      (.slowly("+PONG\r\n", gap: 0.5), "sent only", "too slow"),
      (.close, "closed the connection", "maxclients"),
      (.text("-NOAUTH Authentication required.\r\n"), "needs a password", "REDISCLI_AUTH"),
      (.text("-ERR operation not permitted\r\n"), "needs a password", "REDISCLI_AUTH"),
      (.text("-ERR max number of clients reached\r\n"), "maxclients is reached", "free some"),
      (.text("-DENIED Redis is running in protected mode\r\n"), "protected mode", "that host"),
      (.text("HTTP/1.1 400 Bad Request\r\n"), "does not speak the Redis protocol", "port"),
      (.text("*2000000000\r\n"), "larger than", "redis-cli"),
    ] as [(FakeRedis.Answer, String, String)])
  func aServerThatCannotBeAskedIsAClearError(
    _ answer: FakeRedis.Answer, _ message: String, _ remedy: String
  ) throws {
    let server = FakeRedis { _ in answer }
    defer { server.stop() }
    guard case .failure(let error) = try collectRedis(target(server), budget: brief) else {
      Issue.record("expected an error")
      return
    }
    #expect(error.message.contains(message))
    #expect(error.remedy.contains(remedy))
  }

  @Test func aWrongPasswordIsNamedAndNotShown() throws {
    let server = FakeRedis { _ in .text("-WRONGPASS invalid username-password pair\r\n") }
    defer { server.stop() }
    guard
      case .failure(let error) = try collectRedis(
        target(server, password: "hunter2"), budget: patient)
    else {
      Issue.record("expected an error")
      return
    }
    #expect(error.message.contains("refused the password"))
    #expect(!"\(error)".contains("hunter2"))
  }

  @Test func aReplyIsCapped() throws {
    var budget = patient
    budget.reply = 1 << 20
    let server = FakeRedis {
      $0[0] == "PING"
        ? .text("+PONG\r\n") : .text("$90000000\r\n" + String(repeating: "x", count: 3 << 20))
    }
    defer { server.stop() }
    guard case .failure(let error) = try collectRedis(target(server), budget: budget) else {
      Issue.record("expected an error")
      return
    }
    #expect(error.message.contains("larger than 1 MiB"))
  }

  @Test(arguments: [
    ("redis://127.0.0.1:1", "nothing listens"), ("unix:///no/such/socket", "nothing listens"),
    ("redis://no-such-host.invalid", "not known"),
  ])
  func aServerThatIsNotThereIsSaidSo(_ url: String, _ message: String) throws {
    guard case .failure(let error) = try collectRedis(RedisTarget(url)) else {
      Issue.record("expected an error")
      return
    }
    // Without a resolver the name may take its time.
    #expect(error.message.contains(message) || error.message.contains("not resolved"))
  }

  @Test func aHostNameIsLookedUp() throws {
    let server = FakeRedis(healthy)
    defer { server.stop() }
    let target = try RedisTarget("redis://localhost:\(server.port)/3")
    let evidence = try collectRedis(target, budget: patient).get()
    #expect(evidence.sources.count == 10)
  }

  @Test func theKeySampleIsBounded() throws {
    // A keyspace without end: each round gives one new key and never cursor 0.
    let endless = FakeRedis { command in
      switch command[0] {
      case "SCAN": .text(list(bulk("\((Int(command[1]) ?? 0) + 1)"), list(bulk("k\(command[1])"))))
      case "TYPE": .text("+string\r\n")
      case "TTL": .text(":10\r\n")
      default: healthy(command)
      }
    }
    defer { endless.stop() }
    _ = try collectRedis(target(endless), budget: patient).get()
    #expect(endless.received.count { $0[0] == "SCAN" } == RedisKeySample.roundLimit)
  }
}

@Suite struct RedisTargetTests {
  @Test(
    arguments: [
      ("redis://10.0.3.7", "redis://10.0.3.7:6379", nil, nil, nil),
      ("redis://10.0.3.7:6380/4", "redis://10.0.3.7:6380", nil, nil, 4),
      ("redis://:pw@cache.internal/", "redis://cache.internal:6379", nil, "pw", nil),
      ("redis://app:p%40w%3A@h:1?db=2", "redis://h:1", "app", "p@w:", 2),
      ("redis://app@h", "redis://h:6379", "app", "env", nil),
      ("redis://:p@w@h", "redis://h:6379", nil, "p@w", nil),
      ("redis://[::1]:7000", "redis://[::1]:7000", nil, nil, nil),
      ("redis://", "redis://127.0.0.1:6379", nil, nil, nil),
      ("unix:///run/redis.sock", "unix:///run/redis.sock", nil, nil, nil),
      ("redis+unix://:pw@/run/r.sock?db=1", "unix:///run/r.sock", nil, "pw", 1),
    ] as [(String, String, String?, String?, Int?)])
  func urlsAreRead(
    _ url: String, _ name: String, _ user: String?, _ password: String?, _ database: Int?
  ) throws {
    let target = try RedisTarget(url, passwordFromEnvironment: "env")
    #expect(target.description == name)
    #expect(target.user == user)
    #expect(target.password?.text == password ?? "env")
    #expect(target.database == database)
  }

  @Test(arguments: [
    "", "127.0.0.1:6379", "http://h", "rediss://:pw@h:0", "redis://h:0", "redis://h:x",
    "redis://h/x", "redis://::1", "redis://[::1", "unix://relative", "redis://:pw@h:99999",
    "redis://:pw@h?timeout=1",
  ])
  func othersAreRefusedWithoutShowingThem(_ url: String) {
    let error = #expect(throws: CollectError.self) { try RedisTarget(url) }
    #expect(error?.description.contains("redis://[user[:password]@]host") == true)
    #expect(error?.description.contains("pw@") != true)
  }

  @Test func noDescriptionShowsThePassword() throws {
    let target = try RedisTarget("redis://app:hunter2@h")
    var shown = "\(target) \(String(reflecting: target)) \(RedisCommand.ping)"
    dump(target, to: &shown)
    if let password = target.password {
      dump(RedisCommand.auth(user: nil, password: password), to: &shown)
      shown += "\(RedisCommand.auth(user: nil, password: password))"
    }
    #expect(!shown.contains("hunter2"))
  }
}

@Suite struct RedisReplyTests {
  private func parse(_ text: String, step: Int) throws -> [RedisReply] {
    let parser = try #require(ReplyParser())
    var replies: [RedisReply] = []
    let bytes = text.utf8.map { CChar(bitPattern: $0) }
    for start in stride(from: 0, to: bytes.count, by: step) {
      Array(bytes[start..<min(start + step, bytes.count)]).withUnsafeBufferPointer {
        parser.feed($0)
      }
      while let reply = try parser.next() { replies.append(reply) }
    }
    return replies
  }

  @Test(arguments: [1, 3, 1000])
  func repliesArriveWhole(_ step: Int) throws {
    let text =
      "+OK\r\n:42\r\n$-1\r\n*-1\r\n" + list(bulk("a\0b"), "-ERR no\r\n", list()) + "$0\r\n\r\n"
    let expected: [RedisReply] = [
      .status("OK"), .integer(42), .absent, .absent,
      .list([.bulk([97, 0, 98]), .error("ERR no"), .list([])]), .bulk([]),
    ]
    #expect(try parse(text, step: step) == expected)
  }

  @Test(arguments: [
    "*2000000000\r\n", "*200001\r\n", "*150000\r\n*150000\r\n", "?", "$-5\r\n", "*-5\r\n", ":x\r\n",
    "$99999999999999999999\r\n", String(repeating: "*1\r\n", count: 20),
  ])
  func hostileRepliesAreRefused(_ text: String) {
    #expect(throws: ReplyParser.Fault.self) { try parse(text, step: 1000) }
  }

  @Test func numbersAreAligned() {
    let reply = RedisReply.list((1...10).map { .list([.integer($0), .absent]) })
    let lines = RedisPrinting.terminal(reply).split(separator: "\n")
    #expect(lines[0] == " 1) 1) (integer) 1")
    #expect(lines[1] == "    2) (nil)")
    #expect(lines[18] == "10) 1) (integer) 10")
  }

  @Test func theFullestDatabaseIsFound() {
    #expect(
      fullestDatabase("db0:keys=5,expires=1\r\ndb7:keys=50,expires=1\r\ndbx:keys=99\r\n") == 7)
    #expect(fullestDatabase("") == 0)
  }
}
