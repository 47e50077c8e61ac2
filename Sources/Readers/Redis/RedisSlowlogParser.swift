import Model

/// Cuts a slow log of any size and in any of its forms into entries, and notes what else was asked.
///
/// The form is known by how an answer begins; after a prompt another may follow. Of what is read no
/// more is kept than the entry at hand and a line that has not ended.
struct RedisSlowlogParser {
  private enum Form { case nested, raw, csv, json, resp }

  private var form: Form?
  /// Nothing but prompts and blank lines came since the beginning, or since the last prompt.
  private var isFresh = true
  private var nested = RedisSlowlogNested()
  private var raw = RedisSlowlogFlat(isInOneLine: false)
  private var csv = RedisSlowlogCSV()
  private var json = RedisSlowlogJSON()
  private var resp = RedisSlowlogProtocol()
  /// Of the line to be read next.
  private var number = 1
  /// A line that has not ended; and whether its rest is to be passed over.
  private var tail: [UInt8] = []
  private var isInLongLine = false
  /// Longer lines than an entry has in forms of one value a line.
  private static let lineLimit = 64 << 10
  /// The first line of which something was passed over.
  private(set) var firstCutLine: Int?

  /// Who was asked, where one of the first prompts says so.
  private(set) var keys: [IdentityKey]?
  private static let promptLines = 50
  /// Somebody asked for entries.
  private(set) var wasAsked = false
  private var wasAskedForLength = false
  private(set) var length: (value: Int, origin: Origin)?
  /// The line that says that there are none.
  private(set) var emptyAnswer: Origin?
  /// The first line that is not blank, and the first that no prompt nor any such answer is.
  private(set) var firstFilled: Origin?
  private(set) var firstOther: Int?
  /// How many members of answers in JSON are no entries, and the line of the first.
  private(set) var others = (count: 0, line: 0)
  /// Lines follow one of csv: a table, for redis-cli prints its whole answer as one.
  private(set) var holdsTable = false
  private var isAfterCSV = false

  /// Reads on; gives the entries that have become complete.
  mutating func read(_ piece: Span<UInt8>) -> [RedisSlowlogEntry] {
    var entries: [RedisSlowlogEntry] = []
    if tail.isEmpty {
      read(piece, isLast: false, into: &entries)
    } else {
      let begun = tail
      tail = []
      var bytes: [UInt8] = begun
      piece.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
      read(bytes.span, isLast: false, into: &entries)
    }
    return entries
  }

  /// Reads what is left; gives the last entries.
  mutating func finish() -> [RedisSlowlogEntry] {
    var entries: [RedisSlowlogEntry] = []
    let begun = tail
    tail = []
    read(begun.span, isLast: true, into: &entries)
    end(&entries)
    return entries
  }

  private mutating func read(
    _ bytes: Span<UInt8>, isLast: Bool, into entries: inout [RedisSlowlogEntry]
  ) {
    var start = 0
    while start < bytes.count {
      switch form {
      case .csv:
        let (next, isAtEnd) = csv.read(bytes, from: start, line: number, into: &entries)
        start = next
        if isAtEnd {
          end(&entries)
          isAfterCSV = true
          number += 1
        }
        continue
      case .json:
        let (next, isAtEnd) = json.read(bytes, from: start, line: &number, into: &entries)
        start = next
        if isAtEnd { end(&entries) }
        continue
      default: break
      }
      let newline = bytes.firstIndex(of: UInt8(ascii: "\n"), from: start)
      if isInLongLine {
        guard let newline else { return }
        isInLongLine = false
        number += 1
        start = newline + 1
        continue
      }
      var stop = newline ?? bytes.count
      let isLong = stop - start > RedisSlowlogParser.lineLimit
      if newline == nil, !isLast, !isLong {
        tail = bytes.extracting(start..<stop).withUnsafeBufferPointer { Array($0) }
        return
      }
      if form == nil, beginsWholeLine(bytes.extracting(start..<stop)) { continue }
      if isLong {
        stop = start + RedisSlowlogParser.lineLimit
        firstCutLine = firstCutLine ?? number
        isInLongLine = newline == nil
      } else if stop > start, bytes[stop - 1] == UInt8(ascii: "\r") {
        stop -= 1
      }
      read(line: bytes.extracting(start..<stop), into: &entries)
      if isInLongLine { return }
      number += 1
      start = (newline ?? bytes.count) + 1
    }
  }

  /// A form that is one line, however long, begins here, at the beginning of an answer.
  private mutating func beginsWholeLine(_ line: Span<UInt8>) -> Bool {
    guard isFresh else { return false }
    let text = line.filled(0..<line.count)
    guard let first = text.first else { return false }
    if line[first] == UInt8(ascii: "["), text.count == 1 || line[first + 1] != UInt8(ascii: "]") {
      form = .json
    } else {
      let end = text.first { !(48...57).contains(line[$0]) } ?? text.upperBound
      guard end > first, end < text.upperBound, line[end] == UInt8(ascii: ",") else { return false }
      form = .csv
    }
    note(line)
    return true
  }

  private mutating func read(line: Span<UInt8>, into entries: inout [RedisSlowlogEntry]) {
    if form == .resp {
      if resp.read(line, number: number, into: &entries) { return }
      form = nil
    }
    if form == .nested || form == nil, nested.read(line, number: number, into: &entries) {
      note(line)
      form = .nested
      return
    }
    let text = line.filled(0..<line.count)
    if form == nil, isFresh, line.number(text) != nil { form = .raw }
    if line.withUnsafeBufferPointer({ RedisPrompt.mayStand(in: $0) }),
      let prompt = RedisPrompt(line.text)
    {
      end(&entries)
      isFresh = true
      isAfterCSV = false
      read(prompt)
      noteFilled(line)
    } else if form == .raw {
      // A length is followed by no entries.
      if wasAskedForLength { return readLength(line, text) }
      note(line)
      if let entry = raw.add(line, line: number, in: line) { entries.append(entry) }
    } else if !text.isEmpty {
      readOther(line, text, &entries)
    }
  }

  private mutating func readOther(
    _ line: Span<UInt8>, _ text: Range<Int>, _ entries: inout [RedisSlowlogEntry]
  ) {
    if wasAskedForLength { return readLength(line, text) }
    if line.holds("(empty ", at: text.lowerBound)
      || text.count == 2 && line.holds("[]", at: text.lowerBound)
    {
      end(&entries)
      noteFilled(line)
      emptyAnswer = emptyAnswer ?? origin(of: line)
      return
    }
    note(line)
    if isAfterCSV { holdsTable = true }
    if form == nil, resp.read(line, number: number, into: &entries) {
      form = .resp
    } else if form == nil {
      isFresh = false
    }
  }

  private mutating func read(_ prompt: RedisPrompt) {
    if number <= RedisSlowlogParser.promptLines { keys = keys ?? prompt.keys }
    wasAsked = wasAsked || prompt.command.starts(with: ["slowlog", "get"])
    wasAskedForLength = prompt.command.starts(with: ["slowlog", "len"])
  }

  /// What was answered to `SLOWLOG LEN`.
  private mutating func readLength(_ line: Span<UInt8>, _ text: Range<Int>) {
    wasAskedForLength = false
    let start =
      line.holds("(integer) ", at: text.lowerBound) ? text.lowerBound + 10 : text.lowerBound
    noteFilled(line)
    form = nil
    if length == nil, let value = line.number(start..<max(start, text.upperBound)) {
      length = (value, origin(of: line))
    }
  }

  /// The answer is over.
  private mutating func end(_ entries: inout [RedisSlowlogEntry]) {
    if let entry = nested.finish() { entries.append(entry) }
    if let entry = raw.finish() { entries.append(entry) }
    entries += csv.finish(number)
    csv = RedisSlowlogCSV()
    if json.others.count > 0 {
      others = (
        others.count + json.others.count, others.count == 0 ? json.others.line : others.line
      )
    }
    json = RedisSlowlogJSON()
    resp = RedisSlowlogProtocol()
    form = nil
    isFresh = false
  }

  private mutating func note(_ line: Span<UInt8>) {
    if firstOther != nil || line.filled(0..<line.count).isEmpty { return }
    noteFilled(line)
    firstOther = number
  }

  private mutating func noteFilled(_ line: Span<UInt8>) {
    if firstFilled == nil, !line.filled(0..<line.count).isEmpty { firstFilled = origin(of: line) }
  }

  private func origin(of line: Span<UInt8>) -> Origin {
    Origin(line: number, excerpt: line.excerpt)
  }
}
