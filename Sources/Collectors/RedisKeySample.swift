/// A bounded look at keys: names, types, remaining lives, sizes and idle times of at most 500, found with SCAN in at
/// most 100 rounds. On an idle server that is some milliseconds of its time.
struct RedisKeySample {
  static let keyLimit = 500
  static let roundLimit = 100
  static let perRound = 100

  /// Key, type and seconds to live (-1: for ever), bytes and idle seconds where they are told, with tabs
  /// between: `sess:a	hash	3600	bytes=184	idle=12`.
  private(set) var lines: [String] = []
  private(set) var refusal: String?

  /// Older servers, and those that evict by frequency, do not tell these; nothing is lost but they.
  private var tellsBytes = true
  private var tellsIdleTime = true

  private let connection: RedisConnection

  init(_ connection: RedisConnection) { self.connection = connection }

  mutating func take() throws(ConnectionFault) {
    var cursor = Array("0".utf8)
    var known: Set<[UInt8]> = []
    for _ in 0..<RedisKeySample.roundLimit {
      let reply = try connection.ask(.scan(cursor: cursor, count: RedisKeySample.perRound))
      guard case .list(let parts) = reply, parts.count == 2, case .bulk(let next) = parts[0],
        case .list(let found) = parts[1]
      else {
        if case .error(let text) = reply { refusal = text }
        return
      }
      // SCAN may give a key twice, and more keys than were asked for.
      var fresh: [[UInt8]] = []
      for case .bulk(let key) in found
      where known.count < RedisKeySample.keyLimit && known.insert(key).inserted {
        fresh.append(key)
      }
      try describe(fresh)
      cursor = next
      if refusal != nil || cursor == Array("0".utf8) || known.count >= RedisKeySample.keyLimit {
        return
      }
    }
  }

  private mutating func describe(_ keys: [[UInt8]]) throws(ConnectionFault) {
    guard !keys.isEmpty else { return }
    let replies = try connection.ask(keys.flatMap { [.type($0), .timeToLive($0)] })
    let bytes = try figures(of: keys, &tellsBytes) { .memoryUsage($0) }
    let idleTimes = try figures(of: keys, &tellsIdleTime) { .idleTime($0) }
    for (index, key) in keys.enumerated() where 2 * index + 1 < replies.count {
      switch (replies[2 * index], replies[2 * index + 1]) {
      case (.error(let text), _), (_, .error(let text)): refusal = text
      case (.status(let type), .integer(let seconds)) where seconds != -2:
        let words = [
          RedisPrinting.escaped(Array(key.prefix(1024))), type, "\(seconds)",
          bytes[index].map { "bytes=\($0)" }, idleTimes[index].map { "idle=\($0)" },
        ]
        lines.append(words.compactMap(\.self).joined(separator: "\t"))
      default: break  // It expired since.
      }
    }
  }

  /// The answers for all keys; none where the server refuses, which is then not asked again.
  private func figures(
    of keys: [[UInt8]], _ isTold: inout Bool, _ command: ([UInt8]) -> RedisCommand
  ) throws(ConnectionFault) -> [Int?] {
    let none = [Int?](repeating: nil, count: keys.count)
    guard isTold else { return none }
    let replies = try connection.ask(keys.map(command))
    isTold = !replies.contains { if case .error = $0 { true } else { false } }
    guard isTold, replies.count == keys.count else { return none }
    return replies.map { if case .integer(let number) = $0 { Int(number) } else { nil } }
  }
}
