import Model

/// The fields of a journal's entry that a line of `journalctl -o short-iso` is made of.
struct JournalEntry {
  static let message = Array("MESSAGE".utf8)

  private static let names = [
    "MESSAGE", "__REALTIME_TIMESTAMP", "_HOSTNAME", "SYSLOG_IDENTIFIER", "_COMM", "_PID",
    "SYSLOG_PID",
  ].map { Array($0.utf8) }

  private var values = [[UInt8]?](repeating: nil, count: JournalEntry.names.count)

  init() {}

  /// It says something, and when.
  var isTold: Bool { values[0] != nil && values[1] != nil }

  mutating func set(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
    guard let index = place(of: name) else { return }
    values[index] = Array(value)
  }

  /// Where the value of a field goes; nil for one that is of no use or known.
  private func place(of name: some Collection<UInt8>) -> Int? {
    JournalEntry.names.firstIndex { $0.count == name.count && $0.elementsEqual(name) }
      .flatMap { values[$0] == nil ? $0 : nil }
  }

  /// Adds `2026-11-21T12:00:00.123456+00:00 web-1 gunicorn[71]: Booting worker`, without a line feed.
  func write(into text: inout [UInt8]) {
    let stamp = values[1].flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0
    // What an `Instant` can hold: the years up to 9999.
    let time = Instant(microseconds: min(max(0, stamp), 253_402_300_799_000_000))
    let second = Instant(microseconds: time.microseconds / 1_000_000 * 1_000_000).description
    let micros = String(time.microseconds % 1_000_000 + 1_000_000).dropFirst()
    let start = text.count
    text += second.utf8.dropLast()
    text.append(UInt8(ascii: "."))
    text += micros.utf8
    text += "+00:00 ".utf8
    text += word(2, else: "localhost")
    text.append(UInt8(ascii: " "))
    text += word(values[3] == nil ? 4 : 3, else: "unknown")
    if let pid = values[5] ?? values[6] {
      text.append(UInt8(ascii: "["))
      text += pid
      text.append(UInt8(ascii: "]"))
    }
    text += ": ".utf8
    text += values[0] ?? []
    // Several lines of one entry stand on one.
    for index in start..<text.count where text[index] == 0x0a || text[index] == 0x0d {
      text[index] = 0x20
    }
  }

  /// A name as it stands in a log: one word.
  private func word(_ index: Int, else other: String) -> [UInt8] {
    let word = (values[index] ?? []).map { $0 <= 0x20 ? UInt8(ascii: "_") : $0 }
    return word.isEmpty ? Array(other.utf8) : word
  }
}

extension JournalEntry {
  /// From an object on one line; nil where it is none, or tells nothing.
  init?(json line: [UInt8]) {
    self.init()
    var scan = FlatJSON(line)
    guard scan.take(UInt8(ascii: "{")) else { return nil }
    while let name = scan.string() {
      guard scan.take(UInt8(ascii: ":")) else { return nil }
      if let place = place(of: name) { values[place] = scan.value() } else { scan.skipValue() }
      guard scan.take(UInt8(ascii: ",")) else { break }
    }
    guard isTold else { return nil }
  }
}

/// Walks over an object whose values are strings and arrays, in one pass and without a tree.
private struct FlatJSON {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    while position < bytes.count, bytes[position] == JournalStream.separator { position += 1 }
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0d { position += 1 }
  }

  mutating func take(_ byte: UInt8) -> Bool {
    skipBlanks()
    guard next == byte else { return false }
    position += 1
    return true
  }

  mutating func string() -> [UInt8]? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    var text: [UInt8] = []
    while true {
      let start = position
      guard let mark = skipPlain() else { return nil }
      text += bytes[start..<position - 1]
      if mark == UInt8(ascii: "\"") { return text }
      escape(into: &text)
    }
  }

  /// Passes over what is no quote and no backslash, and over the first that is; gives that.
  private mutating func skipPlain() -> UInt8? {
    while let byte = next {
      position += 1
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return byte }
    }
    return nil
  }

  /// Passes over a value of which nobody asks.
  mutating func skipValue() {
    skipBlanks()
    guard next == UInt8(ascii: "\"") else {
      _ = value()
      return
    }
    position += 1
    while let mark = skipPlain(), mark != UInt8(ascii: "\"") { position += 1 }
  }

  private mutating func escape(into text: inout [UInt8]) {
    guard let byte = next else { return }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "u"):
      var code = hexadecimal() ?? 0xfffd
      if (0xd800..<0xdc00).contains(code), bytes[position...].starts(with: [0x5c, 0x75]) {
        let before = position
        position += 2
        if let low = hexadecimal(), (0xdc00..<0xe000).contains(low) {
          code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
        } else {
          position = before
        }
      }
      text += Array(String(Character(Unicode.Scalar(code) ?? "\u{fffd}")).utf8)
    default: text.append(byte)
    }
  }

  private mutating func hexadecimal() -> UInt32? {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { return nil }
    position += 4
    return code
  }

  /// A string; the bytes of what is no text, which are numbers in an array; the first of several values
  /// of one name; nil for anything else, which is passed over.
  mutating func value() -> [UInt8]? {
    skipBlanks()
    if next == UInt8(ascii: "\"") { return string() }
    guard take(UInt8(ascii: "[")) else {
      while let byte = next, byte != UInt8(ascii: ","), byte != UInt8(ascii: "}") { position += 1 }
      return nil
    }
    var first: [UInt8]?
    var numbers: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "]") {
      if byte == UInt8(ascii: "\"") {
        let text = string()
        first = first ?? text
      } else if (0x30...0x39).contains(byte) {
        var number = 0
        while let digit = next, (0x30...0x39).contains(digit), number < 1000 {
          number = number * 10 + Int(digit - 0x30)
          position += 1
        }
        numbers.append(UInt8(clamping: number))
      } else {
        position += 1
      }
    }
    _ = take(UInt8(ascii: "]"))
    return first ?? numbers
  }
}
