import Model

/// One INFO answer: its fields with their lines, and what was learnt of its server and time.
struct RedisInfoSnapshot: Sendable {
  var fields: [String: (value: String, line: Int)] = [:]
  /// The fields in the order of the text, so that facts are too.
  private(set) var order: [String] = []
  /// The lines that they stand on, as far as they are cited.
  private(set) var rows: [Int: String] = [:]
  var heads: [String: Int] = [:]
  var capture: Instant?
  var promptKeys: Set<IdentityKey> = []

  /// More lines of one kind (databases, commands, errors) than any real server has.
  private static let fieldLimit = 4096
  private static let commandLimit = 100

  var isEmpty: Bool { fields.isEmpty && heads.isEmpty }

  mutating func add(_ name: String, _ value: String, _ line: PieceLines.Line) {
    guard order.count < RedisInfoSnapshot.fieldLimit else { return }
    fields[name] = (value, line.number)
    order.append(name)
    keep(line)
  }

  mutating func addHead(_ name: String, _ line: PieceLines.Line) {
    heads[name] = line.number
    keep(line)
  }

  private mutating func keep(_ line: PieceLines.Line) {
    rows[line.number] = line.text.utf8.count <= 200 ? line.text : String(line.text.prefix(200))
  }

  private func number(_ name: String) -> Double? {
    fields[name].flatMap { RedisText.number($0.value) }
  }

  /// The server's own clock, else what the capture says.
  var time: Instant? {
    number("server_time_usec").flatMap { Instant(seconds: $0 / 1_000_000) } ?? capture
  }

  var keys: Set<IdentityKey> {
    var keys = promptKeys
    if let id = fields["run_id"]?.value, id.count == 40, id.allSatisfy(\.isHexDigit) {
      keys.insert(.runID(id))
    }
    if let port = number("tcp_port"), port > 0, port < 65_536 {
      // The server's own port, not the one a tunnel or a container maps it to.
      keys = keys.filter { if case .port = $0 { false } else { true } }
      keys.insert(.port(Int(port)))
    }
    return keys
  }

  func record(of subject: Int, into page: inout Page) {
    let writer = RedisInfoWriter(subject: subject, time: time, rows: rows)
    if let time, let uptime = number("uptime_in_seconds"), uptime >= 0, uptime < 1e10 {
      let known = page.subjects[subject].life
      let start = time.advanced(by: -uptime)
      page.setLife(
        of: subject,
        min(known?.lowerBound ?? start, start)...max(known?.upperBound ?? time, time))
    }
    var databases = 0
    for name in order {
      guard let (value, line) = fields[name] else { continue }
      if name.hasPrefix("cmdstat_") || name.hasPrefix("latency_percentiles_") { continue }
      if RedisInfoField.isDatabase(name) {
        databases += 1
        if databases <= 256 { writer.database(name, value, line: line, into: &page) }
      } else if name.hasPrefix("errorstat_") {
        writer.part("redis.errorstats.count", value, "count", of: name, line: line, into: &page)
      } else if RedisInfoField.isReplica(name) {
        writer.part("redis.replication.lag", value, "lag", of: name, line: line, into: &page)
      } else if let exact = RedisInfoField.exactName(name) {
        if fields[exact] == nil, let bytes = RedisInfoField.size(value) {
          writer.field(exact, String(bytes), line: line, into: &page)
        }
      } else {
        writer.field(name, value, line: line, into: &page)
      }
    }
    if databases == 0, let head = heads["Keyspace"] {
      writer.record("redis.keyspace.keys", 0, line: head, into: &page)
      writer.record("redis.keyspace.expires", 0, line: head, into: &page)
    }
    recordCommands(with: writer, into: &page)
  }

  /// The commands that took the most time.
  private func recordCommands(with writer: RedisInfoWriter, into page: inout Page) {
    let commands = order.filter { $0.hasPrefix("cmdstat_") }
    let kept = Set(
      commands.map { ($0, RedisInfoField.member("usec", of: fields[$0]?.value ?? "") ?? 0) }
        .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(RedisInfoSnapshot.commandLimit).map(\.0))
    if commands.count > kept.count {
      page.warn("\(commands.count) commands in commandstats; the \(kept.count) slowest are kept")
    }
    for name in commands where kept.contains(name) {
      guard let (value, line) = fields[name] else { continue }
      for field in ["calls", "usec", "usec_per_call", "rejected_calls", "failed_calls"] {
        writer.part(
          "redis.commandstats.\(field)", value, field, of: name, line: line, into: &page)
      }
    }
    for name in order where name.hasPrefix("latency_percentiles_usec_") {
      let command = "cmdstat_" + name.dropFirst(25)
      guard kept.contains(command), let (value, line) = fields[name] else { continue }
      writer.part("redis.latencystats.p99", value, "p99", of: command, line: line, into: &page)
    }
  }
}

/// Turns fields into facts in base units.
struct RedisInfoWriter {
  let subject: Int
  let time: Instant?
  /// The lines that are cited, by their numbers.
  let rows: [Int: String]

  private func origin(_ line: Int) -> Origin { Origin(line: line, excerpt: rows[line] ?? "") }

  func record(
    _ fact: String, _ number: Double, part: String? = nil, line: Int, into page: inout Page
  ) {
    page.record(
      fact, number, of: subject, at: time, part: part, origin: origin(line))
  }

  func field(_ name: String, _ value: String, line: Int, into page: inout Page) {
    guard let row = RedisInfoField.row(name) else { return }
    if row.unit == .text {
      let text = row.values.isEmpty ? value : String(value.prefix { !$0.isWhitespace })
      guard !text.isEmpty else { return }
      page.record(
        row.name, .text(String(text.prefix(200))), of: subject, at: time,
        origin: origin(line))
      return
    }
    guard let raw = RedisText.number(value), raw >= 0 || RedisInfoField.isSigned(name) else {
      return
    }
    let number = raw / RedisInfoField.divisor(name, unit: row.unit)
    if row.unit == .time {
      guard number > 0, let instant = Instant(seconds: number) else { return }
      page.record(
        row.name, .time(instant), of: subject, at: time, origin: origin(line))
    } else {
      // Percentages of an underflow are as absurd as the underflow itself.
      guard row.unit != .fraction || abs(number) < 1e6 else { return }
      // Percentages have two decimals; as a share they shall have four.
      let isShare = row.unit == .fraction && name.hasSuffix("_perc")
      record(
        row.name, isShare ? (number * 10_000).rounded() / 10_000 : number, line: line, into: &page)
    }
  }

  /// `db0:keys=665185,expires=665185,avg_ttl=2147484386468`; the TTL is in milliseconds, and 0 where
  /// none is known.
  func database(_ name: String, _ value: String, line: Int, into page: inout Page) {
    for (field, divisor) in [("keys", 1.0), ("expires", 1.0), ("avg_ttl", 1000.0)] {
      guard let number = RedisInfoField.member(field, of: value), number >= 0,
        number > 0 || field != "avg_ttl"
      else { continue }
      record("redis.keyspace.\(field)", number / divisor, part: name, line: line, into: &page)
    }
  }

  /// One number of a list of them: `calls=2,usec=1429012`.
  func part(
    _ fact: String, _ value: String, _ field: String, of name: String, line: Int,
    into page: inout Page
  ) {
    guard let number = RedisInfoField.member(field, of: value), number >= 0 else { return }
    let part = name.drop { $0 != "_" }.dropFirst()
    let isTime = field.hasPrefix("usec") || field == "p99"
    record(
      fact, isTime ? number / 1_000_000 : number,
      part: String((part.isEmpty ? Substring(name) : part).prefix(80)), line: line, into: &page)
  }
}

/// What is known of INFO's fields by their names.
enum RedisInfoField {
  private static let sections: Set<Substring> = [
    "server", "clients", "memory", "persistence", "stats", "replication", "cpu",
  ]

  /// Rows of the catalogue by INFO's field.
  private static let rows: [String: FactDefinition] = {
    var rows: [String: FactDefinition] = [:]
    for (name, row) in Catalogue.observed.definitions where name.hasPrefix("redis.") {
      let parts = name.utf8.split(separator: UInt8(ascii: ".")).map(Substring.init)
      guard parts.count == 3, sections.contains(parts[1]) else { continue }
      rows[String(parts[2])] = row
    }
    // Names of Redis 2.2 and 2.4, and of Dragonfly.
    for (old, new) in [
      "bgsave_in_progress": "rdb_bgsave_in_progress",
      "changes_since_last_save": "rdb_changes_since_last_save",
      "last_save_time": "rdb_last_save_time", "max_clients": "maxclients",
      "dfly_version": "dragonfly_version",
    ] { rows[old] = rows[new] }
    return rows
  }()

  static func row(_ name: String) -> FactDefinition? { rows[name] }

  static func isKnown(_ name: String) -> Bool {
    rows[name] != nil || exactName(name) != nil || isDatabase(name) || name.hasPrefix("cmdstat_")
      || name.hasPrefix("errorstat_") || name.hasPrefix("latency_percentiles_usec_")
      || isReplica(name)
  }

  /// The field that `used_memory_human` says roughly: people paste the one that they can read.
  static func exactName(_ name: String) -> String? {
    guard name.hasSuffix("_human"), rows[String(name.dropLast(6))]?.unit == .bytes else {
      return nil
    }
    return String(name.dropLast(6))
  }

  /// `858.31M`, of Dragonfly `12.50GiB`.
  static func size(_ text: String) -> Double? {
    var end = text.endIndex
    if text.hasSuffix("iB") { end = text.index(end, offsetBy: -2) }
    guard let unit = text[..<end].last, let number = Double(text[..<end].dropLast()),
      number.isFinite, number >= 0
    else { return nil }
    let scales: [Character: Double] = [
      "B": 1, "K": 1024, "M": 1_048_576, "G": 1_073_741_824, "T": 1_099_511_627_776,
    ]
    return scales[unit].map { (number * $0).rounded() }
  }

  /// `db0`.
  static func isDatabase(_ name: String) -> Bool {
    name.hasPrefix("db") && name.utf8.count > 2 && RedisText.integer(name.dropFirst(2)) != nil
  }

  /// `slave0`.
  static func isReplica(_ name: String) -> Bool {
    name.hasPrefix("slave") && name.utf8.count > 5 && RedisText.integer(name.dropFirst(5)) != nil
  }

  /// Differences, which may be below zero; elsewhere -1 means that there is none.
  static func isSigned(_ name: String) -> Bool {
    switch name {
    case "rss_overhead_bytes", "mem_fragmentation_bytes", "allocator_frag_bytes",
      "allocator_rss_bytes":
      true
    default: false
    }
  }

  /// INFO's raw units in one of the catalogue's: divided by, since 89.99 / 100 is exact to the digit.
  static func divisor(_ name: String, unit: Unit) -> Double {
    switch unit {
    case .time: name.hasSuffix("_usec") ? 1e6 : 1
    case .bytesPerSecond: 1.0 / 1024
    case .fraction: name.hasSuffix("_perc") ? 100 : 1
    case .seconds:
      if name.hasSuffix("_usec") {
        1e6
      } else if name.hasSuffix("_milliseconds") || name.hasSuffix("_exceeded_time")
        || name.hasSuffix("_defrag_time")
      {
        1e3
      } else {
        1
      }
    default: 1
    }
  }

  static func member(_ field: String, of value: String) -> Double? {
    for pair in value.split(separator: ",") {
      let sides = pair.split(separator: "=", maxSplits: 1)
      if sides.count == 2, sides[0] == field { return RedisText.number(sides[1]) }
    }
    return nil
  }
}
