import CZstd
import Foundation
import Testing

@testable import Collectors

/// A journal file as systemd writes it, with as much in it as is read.
private struct JournalBytes {
  let isCompact: Bool
  private(set) var bytes: [UInt8]
  private var data: [String: Int] = [:]
  private var entriesOf: [Int: [Int]] = [:]
  private var entries: [(offset: Int, time: Int)] = []

  init(isCompact: Bool) {
    self.isCompact = isCompact
    bytes = Array("LPKSHHRH".utf8) + [UInt8](repeating: 0, count: 264)
    put(isCompact ? 16 : 0, at: 12, width: 4)
  }

  private mutating func put(_ value: Int, at offset: Int, width: Int) {
    for index in 0..<width {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  private mutating func object(_ type: UInt8, flags: UInt8 = 0, size: Int) -> Int {
    while bytes.count % 8 != 0 { bytes.append(0) }
    let offset = bytes.count
    bytes += [UInt8](repeating: 0, count: size)
    bytes[offset] = type
    bytes[offset + 1] = flags
    put(size, at: offset + 8, width: 8)
    return offset
  }

  /// How a value is packed: the flag of its object.
  enum Packing: UInt8 {
    case none = 0
    case lz4 = 2
    case zstd = 4
  }

  private mutating func datum(_ text: String, _ packing: Packing) -> Int {
    if let known = data[text] { return known }
    let start = isCompact ? 72 : 64
    let payload = packing == .zstd ? zstd(text) : Array(text.utf8)
    let offset = object(1, flags: packing.rawValue, size: start + payload.count)
    bytes.replaceSubrange(offset + start..<bytes.count, with: payload)
    data[text] = offset
    return offset
  }

  mutating func add(_ fields: [String], at time: Int, _ packing: Packing = .none) {
    let offsets = fields.map { datum($0, $0.hasPrefix("MESSAGE=") ? packing : .none) }
    let width = isCompact ? 4 : 16
    let offset = object(3, size: 64 + offsets.count * width)
    put(time * 1_000_000 + 123_456, at: offset + 24, width: 8)
    for (index, item) in offsets.enumerated() {
      put(item, at: offset + 64 + index * width, width: isCompact ? 4 : 8)
    }
    for item in Set(offsets) { entriesOf[item, default: []].append(offset) }
    entries.append((offset, time))
  }

  private mutating func list(_ offsets: [Int], from place: Int) {
    let width = isCompact ? 4 : 8
    var link = place
    for start in stride(from: 0, to: offsets.count, by: 4) {
      let array = object(6, size: 24 + 4 * width)
      put(array, at: link, width: 8)
      link = array + 16
      for (index, offset) in offsets[start..<min(start + 4, offsets.count)].enumerated() {
        put(offset, at: array + 24 + index * width, width: width)
      }
    }
  }

  /// A table of three places for the names of fields, each with its values behind it.
  private mutating func linkFields() {
    let table = object(5, size: 16 + 3 * 16) + 16
    put(table, at: 120, width: 8)
    put(3 * 16, at: 128, width: 8)
    let fields = Dictionary(grouping: data.keys.sorted()) { $0.prefix { $0 != "=" } }
    for (number, name) in fields.keys.sorted().enumerated() {
      let field = object(2, size: 40 + name.utf8.count)
      for (index, byte) in name.utf8.enumerated() { bytes[field + 40 + index] = byte }
      let head = table + number % 3 * 16
      for index in 0..<8 { bytes[field + 24 + index] = bytes[head + index] }
      put(field, at: head, width: 8)
      var link = field + 32
      for text in fields[name] ?? [] {
        let datum = data[text] ?? 0
        put(datum, at: link, width: 8)
        link = datum + 32
      }
    }
  }

  /// In arrays of four, the last with room left.
  mutating func finish() -> [UInt8] {
    list(entries.map(\.offset), from: 176)
    // Of a value the first entry stands apart.
    for datum in entriesOf.keys.sorted() {
      let offsets = entriesOf[datum] ?? []
      put(offsets.first ?? 0, at: datum + 40, width: 8)
      list(Array(offsets.dropFirst()), from: datum + 48)
      put(offsets.count, at: datum + 56, width: 8)
    }
    linkFields()
    put((entries.last?.time ?? 0) * 1_000_000, at: 192, width: 8)
    return bytes
  }
}

private func zstd(_ text: String) -> [UInt8] {
  let plain = Array(text.utf8)
  var packed = [UInt8](repeating: 0, count: ZSTD_compressBound(plain.count))
  let count = ZSTD_compress(&packed, packed.count, plain, plain.count, 3)
  return Array(packed.prefix(count))
}

@Suite struct JournalFileTests {
  private static let start = 1_795_262_400

  private func journal(isCompact: Bool) -> [UInt8] {
    var journal = JournalBytes(isCompact: isCompact)
    for number in 0..<30 {
      let unit = number % 3 == 0 ? "web.service" : "other.service"
      journal.add(
        [
          "MESSAGE=line \(number)", "_SYSTEMD_UNIT=\(unit)", "_HOSTNAME=web-1", "_PID=71",
          "SYSLOG_IDENTIFIER=gunicorn", "PRIORITY=6",
        ], at: Self.start + number,
        number == 27 ? .lz4 : number == 24 ? .zstd : .none)
    }
    return journal.finish()
  }

  private func read(
    _ bytes: [UInt8], since: Int, limit: Int = 1 << 20
  ) throws -> UnitJournal.Outcome {
    let root = FileManager.default.temporaryDirectory.path + "/triage-journal-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    let folder = root + "/var/log/journal/3d12"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: folder + "/system.journal"))
    let journal = UnitJournal(
      files: SystemFiles(root: root), since: WallClock(seconds: Double(since)), limit: limit)
    return journal.text(ofUnit: "web.service", by: .after(60))
  }

  @Test(arguments: [false, true])
  func aUnitsLinesAreRead(_ isCompact: Bool) throws {
    guard
      case .text(let lines) = try read(
        journal(isCompact: isCompact), since: Self.start + 15)
    else {
      Issue.record("nothing was read")
      return
    }
    #expect(lines.packed == 1)
    #expect(!lines.isCut)
    #expect(
      lines.text == """
        2026-11-21T12:00:15.123456+00:00 web-1 gunicorn[71]: line 15
        2026-11-21T12:00:18.123456+00:00 web-1 gunicorn[71]: line 18
        2026-11-21T12:00:21.123456+00:00 web-1 gunicorn[71]: line 21
        2026-11-21T12:00:24.123456+00:00 web-1 gunicorn[71]: line 24

        """)
  }

  /// A traceback of a thousand lines tells enough by its first.
  @Test func aPackedMessageHasABound() throws {
    var journal = JournalBytes(isCompact: true)
    for (time, size) in [(1, 60_000), (2, 70_000)] {
      let message = "MESSAGE=" + String(repeating: "x", count: size)
      journal.add([message, "_SYSTEMD_UNIT=web.service"], at: Self.start + time, .zstd)
    }
    guard case .text(let lines) = try read(journal.finish(), since: 0) else {
      Issue.record("nothing was read")
      return
    }
    #expect(lines.packed == 1)
    #expect(lines.text.utf8.count > 60_000)
    #expect(lines.text.utf8.count < 70_000)
  }

  @Test func theNewestStay() throws {
    guard case .text(let lines) = try read(journal(isCompact: true), since: 0, limit: 130) else {
      Issue.record("nothing was read")
      return
    }
    #expect(lines.isCut)
    #expect(lines.text.split(separator: "\n").map { $0.suffix(7) } == ["line 21", "line 24"])
  }

  @Test(arguments: [false, true])
  func damageIsBorne(_ isCompact: Bool) throws {
    let whole = journal(isCompact: isCompact)
    for step in 0..<120 {
      var bytes = whole
      for place in stride(from: step * 7, to: bytes.count, by: 97) { bytes[place] ^= 0x55 }
      bytes.replaceSubrange(0..<8, with: Array("LPKSHHRH".utf8))
      _ = try read(bytes, since: 0)
      _ = try read(Array(whole.prefix(whole.count * step / 120)), since: 0)
    }
  }

  @Test(
    arguments: [
      ("0::/system.slice/web.service\n", "web.service"),
      ("1:name=systemd:/system.slice/web.service\n0::/\n", "web.service"),
      ("0::/user.slice/user-0.slice/session-1.scope\n", nil),
      ("0::/system.slice/docker-abc.scope\n", nil), ("0::/user.slice/user@1000.service\n", nil),
    ] as [(String, String?)])
  func aUnitIsKnownByTheControlGroup(_ text: String, _ unit: String?) throws {
    let root = FileManager.default.temporaryDirectory.path + "/triage-journal-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createDirectory(
      atPath: root + "/proc/7", withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: root + "/proc/7/cgroup"))
    #expect(UnitJournal.unit(of: 7, files: SystemFiles(root: root)) == unit)
  }
}
