import Model

/// One entry of the slow log, as it stood in its source.
struct RedisSlowlogEntry {
  /// A value of an entry, and where it stands.
  struct Field {
    var line: Int
    /// What is cited, within the entry's bytes: the beginning of its line.
    var row: Range<Int>
    /// Within the entry's bytes.
    var value: Range<Int>
  }

  /// Of the log, unique while the server runs.
  private(set) var id: Int
  /// In seconds since 1970.
  private(set) var second: Int
  private(set) var microseconds: Int
  /// Id, time, duration and the command's words.
  private var fields: [Field]
  private var bytes: [UInt8]

  private static let argumentLimit = 8
  /// How much of a line is kept for citing.
  static let rowLimit = 200

  /// Nil where the first three are no numbers, or no command follows.
  init?(_ fields: some Collection<Field>, in bytes: [UInt8]) {
    let fields = Array(fields.prefix(3 + RedisSlowlogEntry.argumentLimit))
    func number(_ index: Int) -> Int? { bytes[fields[index].value].wholeNumber }
    guard fields.count > 3, let id = number(0),
      let second = number(1),
      let microseconds = number(2)
    else { return nil }
    self.id = id
    self.second = second
    self.microseconds = microseconds
    self.fields = fields
    self.bytes = bytes
  }

  var seconds: Double { Double(microseconds) / 1_000_000 }
  var time: Instant? { Instant(seconds: Double(second)) }

  /// The command's name in capitals.
  var command: String {
    let name = word(0).uppercased()
    return name.utf8.count <= 40 ? name : String(name.prefix(40))
  }
  var key: String? { fields.count > 4 ? word(1) : nil }
  private var words: [String] { (1..<fields.count - 3).map { word($0).uppercased() } }

  private func word(_ index: Int) -> String {
    let field = fields[index + 3]
    return unquoted(bytes[field.value])
  }

  var timeOrigin: Origin { origin(1) }
  var durationOrigin: Origin { origin(2) }
  var commandOrigin: Origin { origin(3) }
  /// Where the key stands, which is the command's first argument.
  var keyOrigin: Origin { origin(min(4, fields.count - 1)) }

  private func origin(_ index: Int) -> Origin {
    let field = fields[index]
    return Origin(
      line: field.line,
      excerpt: String(decoding: bytes[field.row], as: UTF8.self))
  }

  /// Takes the same moment however much is stored, so that a long one waited for something else: the
  /// CPU, a page of memory on the disk. Writes may free what they replace and are none of these.
  func isConstant(_ command: String) -> Bool {
    RedisCommands.inConstantTime.contains(command)
  }

  /// Walks a whole collection, or the whole keyspace, according to the time complexity that the
  /// command reference documents: O(N) in the size of what is stored, not of what was asked for.
  func isLinear(_ command: String) -> Bool {
    if RedisCommands.overWholeCollections.contains(command) { return true }
    switch command {
    case "FLUSHALL", "FLUSHDB":
      return !words.contains("ASYNC")
    case "LRANGE", "ZRANGE", "ZREVRANGE":
      let words = words
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
      let words = words
      return words.count >= 3 && words[1...2].contains("-INF") && words[1...2].contains("+INF")
        && !words.contains("LIMIT")
    case "ZRANGEBYLEX", "ZREVRANGEBYLEX", "XRANGE", "XREVRANGE":
      let words = words
      return words.count >= 3 && words[1...2].contains("-") && words[1...2].contains("+")
        && !words.contains("LIMIT") && !words.contains("COUNT")
    default:
      return false
    }
  }

  /// Frees a key and what it holds before the server does anything else.
  func isDelete(_ command: String) -> Bool {
    switch command {
    case "DEL": true
    case "EXPIRE", "PEXPIRE":
      words.count >= 2 && RedisText.integer(words[1]).map { $0 <= 0 } ?? false
    default: false
    }
  }
}

extension ArraySlice<UInt8> {
  /// The unsigned decimal number that the bytes are.
  var wholeNumber: Int? { span.number(0..<count) }
}
