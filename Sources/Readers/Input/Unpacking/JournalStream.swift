import Model

/// A journal as `journalctl -o json` or `-o export` prints it, turned into the lines of `-o short-iso` as
/// it is read: what services logged is then read by the readers of their logs. Lines keep their numbers;
/// those of an entry that do not hold its message become blank.
///
/// ```
/// {"__REALTIME_TIMESTAMP":"1795262400123456","_HOSTNAME":"web-1","_PID":"71","MESSAGE":"Booting"}
/// __CURSOR=s=...
/// __REALTIME_TIMESTAMP=1795262400123456
/// MESSAGE=Booting                        -> 2026-11-21T12:00:00.123456+00:00 web-1 gunicorn[71]: Booting
/// ```
struct JournalStream: ByteStream {
  enum Form: Equatable {
    case json, export

    static let sampleSize = 16 << 10

    init?(_ head: [UInt8]) {
      let mark = Array("__REALTIME_TIMESTAMP".utf8)
      if head.starts(with: Array("__CURSOR=".utf8)) {
        self = .export
        return
      }
      // `-o json-seq` puts a separator before each.
      let text = head.drop { $0 == JournalStream.separator }
      guard text.first == UInt8(ascii: "{"), text.dropFirst().first == UInt8(ascii: "\""),
        let line = text.split(separator: UInt8(ascii: "\n"), maxSplits: 1).first,
        line.holds(mark)
      else { return nil }
      self = .json
    }
  }

  static let separator: UInt8 = 0x1e
  /// No entry that tells something is longer; the rest of one is left out.
  static let entryLimit = 1 << 20

  private let source: BufferedStream
  private let form: Form
  private var ready: [UInt8] = []
  private var given = 0
  private var isAtEnd = false

  init(_ source: BufferedStream, _ form: Form) {
    self.source = source
    self.form = form
  }

  mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    while given == ready.count, !isAtEnd {
      ready.removeAll(keepingCapacity: true)
      given = 0
      switch form {
      case .json: try readLine()
      case .export: try readEntry()
      }
    }
    let count = min(ready.count - given, buffer.count)
    for offset in 0..<count { buffer[offset] = ready[given + offset] }
    given += count
    return count
  }

  /// Up to the next line feed, without it; nil at the end.
  private mutating func line() throws(SourceError) -> [UInt8]? {
    var line: [UInt8] = []
    while true {
      let bytes = try source.next()
      guard !bytes.isEmpty else {
        isAtEnd = true
        return line.isEmpty ? nil : line
      }
      let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
      let room = max(0, JournalStream.entryLimit - line.count)
      line += bytes[..<min(end ?? bytes.count, room)]
      source.consume(end.map { $0 + 1 } ?? bytes.count)
      if end != nil { return line }
    }
  }

  private mutating func readLine() throws(SourceError) {
    guard let line = try line() else { return }
    if let entry = JournalEntry(json: line) {
      entry.write(into: &ready)
    } else {
      ready += line
    }
    ready.append(UInt8(ascii: "\n"))
  }

  /// Fields, a line each, up to a blank line. A field whose value is no plain text has its name alone on
  /// the line, and below it the value's length in eight bytes, the value and a line feed.
  private mutating func readEntry() throws(SourceError) {
    var entry = JournalEntry()
    var lines = 0
    var messageLine: Int?
    while let line = try line(), !line.isEmpty {
      lines += 1
      let mark = line.firstIndex(of: UInt8(ascii: "="))
      let name = line[..<(mark ?? line.count)]
      if name.elementsEqual(JournalEntry.message) { messageLine = lines }
      if let mark {
        entry.set(name, line[(mark + 1)...])
        continue
      }
      let size = try source.take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
      let value = try taken(size)
      entry.set(name, value.head[...])
      lines += value.lineFeeds + 1
      if try source.take(1).isEmpty { isAtEnd = true }
    }
    for number in 0..<lines {
      if number + 1 == messageLine ?? 1, entry.isTold { entry.write(into: &ready) }
      ready.append(UInt8(ascii: "\n"))
    }
    // The blank line that ends it.
    if !isAtEnd { ready.append(UInt8(ascii: "\n")) }
  }

  private mutating func taken(
    _ size: UInt64
  ) throws(SourceError) -> (head: [UInt8], lineFeeds: Int) {
    var left = Int(clamping: size)
    var head: [UInt8] = []
    var lineFeeds = 0
    while left > 0 {
      let bytes = try source.next()
      guard !bytes.isEmpty else {
        isAtEnd = true
        break
      }
      let step = min(left, bytes.count)
      let room = max(0, JournalStream.entryLimit - head.count)
      head += bytes[..<min(step, room)]
      lineFeeds += bytes[..<step].count { $0 == UInt8(ascii: "\n") }
      source.consume(step)
      left -= step
    }
    return (head, lineFeeds)
  }
}

extension Collection<UInt8> {
  fileprivate func holds(_ text: [UInt8]) -> Bool {
    var rest = self[...]
    while rest.count >= text.count {
      if rest.starts(with: text) { return true }
      rest = rest.dropFirst()
    }
    return false
  }
}
