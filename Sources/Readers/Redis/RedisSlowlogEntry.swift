import Model

/// One entry of the slow log, with the lines it stands on.
struct RedisSlowlogEntry {
  var id: Int
  var time: Instant?
  var seconds: Double
  /// Name of the command and its first arguments.
  var arguments: [String]
  var durationLine: Int
  var commandLine: Int
  /// The line of the key, which is the command's first argument.
  var keyLine: Int

  var command: String { arguments.first.map { String($0.uppercased().prefix(40)) } ?? "?" }

  private static let argumentLimit = 8

  /// From the nested form: id, time, microseconds, arguments and, from Redis 4 on, address and name.
  init?(_ reply: RedisReply) {
    guard let fields = reply.items, fields.count >= 4, let arguments = fields[3].items,
      !arguments.isEmpty
    else { return nil }
    self.init(
      id: fields[0], time: fields[1], duration: fields[2], arguments: arguments[...])
  }

  private init?(
    id: RedisReply, time: RedisReply, duration: RedisReply, arguments: ArraySlice<RedisReply>
  ) {
    guard let number = id.text.flatMap({ RedisText.integer($0) }), number >= 0,
      let microseconds = duration.text.flatMap({ RedisText.integer($0) }), microseconds >= 0,
      let first = arguments.first
    else { return nil }
    self.id = number
    self.time = time.number.flatMap { Instant(seconds: $0) }
    seconds = Double(microseconds) / 1_000_000
    durationLine = duration.line
    commandLine = first.line
    keyLine = arguments.dropFirst().first?.line ?? first.line
    self.arguments = arguments.prefix(RedisSlowlogEntry.argumentLimit).map { $0.text ?? "" }
  }

  /// From the flat forms (raw lines, csv), where nothing marks the ends of entries: ids fall by one,
  /// and an id is followed by a time and a duration.
  static func entries(inFlat fields: [RedisReply]) -> [RedisSlowlogEntry] {
    func whole(_ index: Int) -> Int? {
      index < fields.count ? fields[index].text.flatMap { RedisText.integer($0) } : nil
    }
    func begins(_ index: Int, before id: Int?) -> Bool {
      guard let found = whole(index), let time = whole(index + 1), let duration = whole(index + 2),
        index + 3 < fields.count, fields[index + 3].text?.first?.isLetter == true
      else { return false }
      // Between 2010, before which there was no slow log, and 2100.
      return found >= 0 && duration >= 0 && time > 1_262_304_000 && time < 4_102_444_800
        && (id.map { found == $0 - 1 } ?? true)
    }
    var entries: [RedisSlowlogEntry] = []
    var index = 0
    while index < fields.count, !begins(index, before: nil) { index += 1 }
    while index + 3 < fields.count, let id = whole(index) {
      var next = index + 4
      while next < fields.count, !begins(next, before: id) { next += 1 }
      var arguments = fields[(index + 3)..<next]
      while arguments.count > 1, arguments.last?.text?.isEmpty ?? true { arguments.removeLast() }
      if let entry = RedisSlowlogEntry(
        id: fields[index], time: fields[index + 1], duration: fields[index + 2],
        arguments: withoutClient(arguments))
      {
        entries.append(entry)
      }
      index = next
    }
    return entries
  }

  /// Without the client's address and name at the end.
  private static func withoutClient(_ arguments: ArraySlice<RedisReply>) -> ArraySlice<RedisReply> {
    for drop in 1...2 where arguments.count > drop {
      let text = arguments[arguments.endIndex - drop].text ?? ""
      if RedisText.hostAndPort(text).map({ $0.host.contains { ".:/".contains($0) } }) == true {
        return arguments.dropLast(drop)
      }
    }
    return arguments
  }

  /// Walks a whole collection, or the whole keyspace, according to the time complexity that the
  /// command reference documents: O(N) in the size of what is stored, not of what was asked for.
  var isLinear: Bool {
    let words = arguments.dropFirst().map { $0.uppercased() }
    if RedisCommands.overWholeCollections.contains(command) { return true }
    switch command {
    case "FLUSHALL", "FLUSHDB":
      return !words.contains("ASYNC")
    case "LRANGE", "ZRANGE", "ZREVRANGE":
      guard words.count >= 3 else { return false }
      if words[1] == "-INF" || words[2] == "-INF" || words[1] == "-" && words[2] == "+" {
        return true
      }
      guard let start = RedisText.integer(words[1]), let stop = RedisText.integer(words[2]) else {
        return false
      }
      // `0 -1` is all of it; a range of thousands is O(S+N) with a large N.
      return start >= 0 && (stop == -1 || stop - start >= 1000)
    case "ZRANGEBYSCORE", "ZREVRANGEBYSCORE":
      return words.count >= 3 && words[1...2].contains("-INF") && words[1...2].contains("+INF")
        && !words.contains("LIMIT")
    case "ZRANGEBYLEX", "ZREVRANGEBYLEX", "XRANGE", "XREVRANGE":
      return words.count >= 3 && words[1...2].contains("-") && words[1...2].contains("+")
        && !words.contains("LIMIT") && !words.contains("COUNT")
    default:
      return false
    }
  }

  /// Frees a key and what it holds before the server does anything else.
  var isDelete: Bool {
    switch command {
    case "DEL": true
    case "EXPIRE", "PEXPIRE":
      arguments.count >= 3 && RedisText.integer(arguments[2]).map { $0 <= 0 } ?? false
    default: false
    }
  }
}
