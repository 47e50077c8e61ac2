/// A bounded look at keys: names, types and remaining lives of at most 500, found with SCAN in at
/// most 100 rounds. On an idle server that is some milliseconds of its time.
struct RedisKeySample {
  static let keyLimit = 500
  static let roundLimit = 100
  static let perRound = 100

  /// `key`, type and seconds to live (-1: for ever), with tabs between.
  private(set) var lines: [String] = []
  private(set) var refusal: String?

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
    for (index, key) in keys.enumerated() where 2 * index + 1 < replies.count {
      switch (replies[2 * index], replies[2 * index + 1]) {
      case (.error(let text), _), (_, .error(let text)): refusal = text
      case (.status(let type), .integer(let seconds)) where seconds != -2:
        lines.append("\(RedisPrinting.escaped(Array(key.prefix(1024))))\t\(type)\t\(seconds)")
      default: break  // It expired since.
      }
    }
  }
}
