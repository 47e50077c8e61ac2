import CZstd

/// One file of systemd's journal, read without its library and without `journalctl`: entries from a time
/// on, newest first. Values of more than 512 bytes are packed, by zstd since systemd 246; what older ones
/// packed by LZ4 or xz is left out and counted.
/// https://systemd.io/JOURNAL_FILE_FORMAT
struct JournalFile {
  /// The fields of an entry that are wanted.
  enum Field: String, CaseIterable, Sendable {
    case message = "MESSAGE"
    case identifier = "SYSLOG_IDENTIFIER"
    case command = "_COMM"
    case pid = "_PID"
    case unit = "_SYSTEMD_UNIT"
    case host = "_HOSTNAME"
    case transport = "_TRANSPORT"
  }

  struct Entry {
    let time: WallClock
    let values: [Field: String]
    /// Its message is packed in a way that is not read here.
    let isPacked: Bool
  }

  private static let signature = Array("LPKSHHRH".utf8)
  /// Of a data object: no value that is not packed is longer.
  private static let valueLimit = 1024
  /// Of one that is packed, and of what it unpacks to: a traceback.
  private static let packedLimit = 64 << 10
  private static let itemLimit = 128

  private enum Datum {
    case field(Field, String)
    case packed
    case other
  }

  private let file: OpenFile
  private let size: Int
  /// Offsets take four bytes, not eight.
  private let isCompact: Bool
  /// The table by which the names of fields are found, and its size.
  private let fieldTable: (offset: Int, size: Int)
  /// Units, hosts and programs are said once and pointed at by all their entries.
  private var known: [Int: Datum] = [:]

  /// When its last entry was written.
  let last: WallClock

  init?(_ file: OpenFile) {
    self.file = file
    size = file.size
    let head = file.bytes(at: 0, count: 208)
    guard head.count == 208, head.starts(with: JournalFile.signature) else { return nil }
    isCompact = JournalFile.number(head, at: 12, bytes: 4) & 16 != 0
    fieldTable = (
      JournalFile.number(head, at: 120, bytes: 8), JournalFile.number(head, at: 128, bytes: 8)
    )
    last = WallClock(seconds: Double(JournalFile.number(head, at: 192, bytes: 8)) / 1e6)
  }

  /// Little endian; what no file can hold becomes 0, which points nowhere.
  private static func number(_ bytes: [UInt8], at offset: Int, bytes count: Int) -> Int {
    guard offset >= 0, offset + count <= bytes.count else { return 0 }
    let value = bytes[offset..<offset + count].reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    return value < 1 << 62 ? Int(value) : 0
  }

  /// The head of an object of a type, with the size that it states.
  private func object(at offset: Int, type: UInt8, upTo limit: Int) -> (bytes: [UInt8], size: Int)?
  {
    guard offset >= 208, offset < size else { return nil }
    let bytes = file.bytes(at: offset, count: min(limit, size - offset))
    let stated = JournalFile.number(bytes, at: 8, bytes: 8)
    guard bytes.first == type, stated >= 24, stated <= size - offset else { return nil }
    return (Array(bytes.prefix(stated)), stated)
  }

  // MARK: entries

  /// Calls `body` for each entry with a value of a field since a time, the newest first, until it wants no
  /// more; at most `limit`.
  mutating func forEach(
    _ field: Field, _ value: String, since: WallClock, limit: Int, _ body: (Entry) -> Bool
  ) {
    guard let list = list(of: field, value) else { return }
    let offsets = [list.first] + offsets(from: list.array, since: since, limit: limit)
    for offset in offsets.reversed() {
      guard let entry = entry(at: offset) else { continue }
      if entry.time.seconds >= since.seconds, !body(entry) { return }
    }
  }

  /// The entries with a value: the first, and the first array of the others. Fields and their values are
  /// found by walking, for how they are hashed differs from file to file.
  private func list(of field: Field, _ value: String) -> (first: Int, array: Int)? {
    let name = Array(field.rawValue.utf8)
    let wanted = name + Array("=\(value)".utf8)
    let start = isCompact ? 72 : 64
    let table = file.bytes(
      at: fieldTable.offset, count: min(fieldTable.size, 1 << 20, max(0, size - fieldTable.offset)))
    for bucket in stride(from: 0, to: table.count, by: 16) {
      var next = JournalFile.number(table, at: bucket, bytes: 8)
      var steps = 0
      while next != 0, steps < 1000, let object = object(at: next, type: 2, upTo: 128) {
        steps += 1
        next = JournalFile.number(object.bytes, at: 24, bytes: 8)
        guard object.bytes.dropFirst(40).elementsEqual(name) else { continue }
        var datum = JournalFile.number(object.bytes, at: 32, bytes: 8)
        var values = 0
        while datum != 0, values < 20_000,
          let object = self.object(at: datum, type: 1, upTo: start + wanted.count + 1)
        {
          values += 1
          if object.bytes.dropFirst(start).elementsEqual(wanted) {
            return (
              JournalFile.number(object.bytes, at: 40, bytes: 8),
              JournalFile.number(object.bytes, at: 48, bytes: 8)
            )
          }
          datum = JournalFile.number(object.bytes, at: 32, bytes: 8)
        }
        return nil
      }
    }
    return nil
  }

  /// Where entries lie that may be as new: of the arrays that list them only those from the last on
  /// that begins before.
  private func offsets(from firstArray: Int, since: WallClock, limit: Int) -> [Int] {
    let width = isCompact ? 4 : 8
    var arrays: [(offset: Int, count: Int)] = []
    var next = firstArray
    while next != 0, arrays.count < 4096, let array = object(at: next, type: 6, upTo: 24 + width) {
      arrays.append((next, (array.size - 24) / width))
      let first = JournalFile.number(array.bytes, at: 24, bytes: width)
      if let time = time(ofEntryAt: first), time < since.seconds, arrays.count > 1 {
        arrays.removeFirst(arrays.count - 1)
      }
      let following = JournalFile.number(array.bytes, at: 16, bytes: 8)
      // A chain leads on; one that leads back would never end.
      guard following == 0 || following > next else { break }
      next = following
    }
    let total = arrays.reduce(0) { $0 + $1.count }
    /// Where the entry with a number lies; 0 where the last array has room for more.
    func offset(_ number: Int) -> Int {
      var index = number
      for array in arrays {
        if index < array.count {
          let bytes = file.bytes(at: array.offset + 24 + index * width, count: width)
          return JournalFile.number(bytes, at: 0, bytes: width)
        }
        index -= array.count
      }
      return 0
    }
    /// The first number from which on a condition holds, half by half.
    func first(upTo end: Int, where holds: (Int) -> Bool) -> Int {
      var (early, late) = (0, end)
      while early < late {
        let middle = (early + late) / 2
        if holds(middle) { late = middle } else { early = middle + 1 }
      }
      return early
    }
    let end = first(upTo: total) { offset($0) == 0 }
    let start = first(upTo: end) { time(ofEntryAt: offset($0)) ?? 0 >= since.seconds }
    return (max(start, end - limit)..<end).map(offset)
  }

  private func time(ofEntryAt offset: Int) -> Double? {
    guard let entry = object(at: offset, type: 3, upTo: 64) else { return nil }
    return Double(JournalFile.number(entry.bytes, at: 24, bytes: 8)) / 1e6
  }

  private mutating func entry(at offset: Int) -> Entry? {
    let width = isCompact ? 4 : 16
    guard let object = object(at: offset, type: 3, upTo: 64 + JournalFile.itemLimit * width) else {
      return nil
    }
    let time = Double(JournalFile.number(object.bytes, at: 24, bytes: 8)) / 1e6
    var values: [Field: String] = [:]
    var hasPacked = false
    for item in stride(from: 64, through: object.bytes.count - width, by: width) {
      switch datum(at: JournalFile.number(object.bytes, at: item, bytes: isCompact ? 4 : 8)) {
      case .field(let field, let text): values[field] = values[field] ?? text
      case .packed: hasPacked = true
      case .other: continue
      }
    }
    return Entry(
      time: WallClock(seconds: time), values: values,
      isPacked: hasPacked && values[.message] == nil)
  }

  /// `FIELD=value`.
  private mutating func datum(at offset: Int) -> Datum {
    if let datum = known[offset] { return datum }
    let datum = readDatum(at: offset)
    // Messages are said once; what is said again and again is short.
    if case .field(.message, _) = datum { return datum }
    if known.count > 20_000 { known.removeAll() }
    known[offset] = datum
    return datum
  }

  private func readDatum(at offset: Int) -> Datum {
    let start = isCompact ? 72 : 64
    guard let object = object(at: offset, type: 1, upTo: start + JournalFile.valueLimit) else {
      return .other
    }
    guard object.bytes.count > start else { return .other }
    var payload = object.bytes[start...]
    switch object.bytes[1] & 7 {
    case 0: break
    case 4:
      guard object.size - start <= JournalFile.packedLimit,
        let unpacked = unzstd(
          file.bytes(at: offset + start, count: object.size - start), limit: JournalFile.packedLimit
        )
      else { return .packed }
      payload = unpacked[...]
    default: return .packed
    }
    guard let mark = payload.firstIndex(of: UInt8(ascii: "=")),
      let field = Field(rawValue: String(decoding: payload[..<mark], as: UTF8.self))
    else { return .other }
    return .field(field, String(decoding: payload[(mark + 1)...], as: UTF8.self))
  }
}

/// What a frame of zstd that states its size unpacks to; nil where that is too much or damaged.
private func unzstd(_ packed: [UInt8], limit: Int) -> [UInt8]? {
  // Two values at the upper end say that no size is stated or no frame is there.
  let size = packed.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
  guard size <= UInt64(limit) else { return nil }
  var bytes = [UInt8](repeating: 0, count: Int(size))
  let result = bytes.withUnsafeMutableBytes { target in
    packed.withUnsafeBytes { source in
      ZSTD_decompress(target.baseAddress, target.count, source.baseAddress, source.count)
    }
  }
  return ZSTD_isError(result) == 0 ? Array(bytes.prefix(result)) : nil
}
