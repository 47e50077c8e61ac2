import Model

/// Text whose every line has its number or the name of its file before it, as `cat -n`, `less -N`,
/// `grep -n` and `grep -H` print them, without that. Lines keep their numbers in what was given.
///
/// ```
///      7  used_memory:1048576
/// 412:2024/03/05 02:07:46 [error] 1187#1187: *414 connect() failed
/// /var/log/redis/redis.log:1:M 05 Mar 2024 02:07:46.123 # Out Of Memory allocating 1024 bytes!
/// ```
struct ListedStream: ByteStream {
  /// What stands before each line.
  struct Form: Equatable {
    /// Blanks, a number and a tab or blank.
    var isPadded = false
    var hasName = false
    /// A number and a colon, or a hyphen in the context of a match.
    var hasNumber = false

    static let sampleSize = 16 << 10
    private static let fewest = 3

    /// From the first lines, all of which must have it: numbers that rise, by one where nothing was
    /// searched for, and one name.
    init?(_ head: [UInt8]) {
      guard let first = head.first, !head.contains(0), Form.maySuit(first) else { return nil }
      var lines = head.split(
        separator: UInt8(ascii: "\n"), maxSplits: 60, omittingEmptySubsequences: false)
      // The last one may be cut.
      lines.removeLast()
      lines = lines.filter { !$0.elementsEqual("--".utf8) && !$0.isEmpty }
      guard lines.count >= Form.fewest else { return nil }
      let forms = [
        Form(isPadded: true), Form(hasNumber: true), Form(hasName: true, hasNumber: true),
        Form(hasName: true),
      ]
      guard let form = forms.first(where: { $0.holds(for: lines) }) else { return nil }
      self = form
    }

    private init(isPadded: Bool = false, hasName: Bool = false, hasNumber: Bool = false) {
      self.isPadded = isPadded
      self.hasName = hasName
      self.hasNumber = hasNumber
    }

    private static func maySuit(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: " ") || isDigit(byte) || isOfName(byte)
    }

    private func holds(for lines: [ArraySlice<UInt8>]) -> Bool {
      var last: (number: Int, name: ArraySlice<UInt8>)?
      var isMatch = !hasNumber
      for line in lines {
        var prefix = Prefix(self)
        var length = 0
        for byte in line {
          prefix.take(byte)
          length += 1
          if prefix.step == .text || prefix.isBroken { break }
        }
        guard prefix.step == .text, !prefix.isBroken else { return false }
        let name = line.prefix(prefix.nameLength)
        if isPadded, length < 7 { return false }
        if hasNumber, !hasName, Form.isNumberOfLog(line.dropFirst(length)) { return false }
        isMatch = isMatch || line[line.startIndex + length - 1] == UInt8(ascii: ":")
        if hasName, !Form.isFileName(name) { return false }
        if let last {
          if isPadded, prefix.number != last.number + 1 { return false }
          if hasNumber, prefix.number <= last.number { return false }
          if hasName, name != last.name { return false }
        }
        last = (prefix.number, name)
      }
      // Days of a month rise, too.
      return isMatch
    }

    /// Of what stands behind a number and a colon: `M ` is a role of Redis, and the number that of a
    /// process; `07:46` is the rest of a clock.
    private static func isNumberOfLog(_ rest: ArraySlice<UInt8>) -> Bool {
      let rest = Array(rest.prefix(3))
      guard rest.count == 3 else { return false }
      return rest[1] == UInt8(ascii: " ") && "MSCX".utf8.contains(rest[0])
        || isDigit(rest[0]) && isDigit(rest[1]) && rest[2] == UInt8(ascii: ":")
    }

    /// A path, or a name with an ending: `web` and `10.0.0.7` are somebody else's.
    private static func isFileName(_ name: ArraySlice<UInt8>) -> Bool {
      if name.contains(UInt8(ascii: "/")) { return true }
      let text = String(decoding: name, as: UTF8.self)
      return [".log", ".txt", ".conf", ".json", ".err", ".out", ".gz", ".1"].contains {
        text.hasSuffix($0)
      }
    }
  }

  /// What was seen of the beginning of a line.
  fileprivate struct Prefix {
    enum Step { case padding, name, number, text }

    private let form: Form
    private(set) var step: Step
    private(set) var number = 0
    private(set) var nameLength = 0
    private var padding = 0
    private var digits = 0
    /// The line has no such beginning.
    private(set) var isBroken = false

    init(_ form: Form) {
      self.form = form
      step = form.isPadded ? .padding : form.hasName ? .name : .number
    }

    mutating func take(_ byte: UInt8) {
      switch step {
      case .padding:
        if byte == UInt8(ascii: " ") {
          padding += 1
          isBroken = padding > 20
          return
        }
        step = .number
        takeDigit(byte)
      case .name:
        if byte == UInt8(ascii: ":"), nameLength > 0 {
          step = form.hasNumber ? .number : .text
        } else if isOfName(byte), nameLength < 255 {
          nameLength += 1
        } else {
          isBroken = true
        }
      case .number:
        let isEnd =
          form.isPadded
          ? byte == 0x09 || byte == UInt8(ascii: " ")
          : byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-")
        if isEnd, digits > 0 { step = .text } else { takeDigit(byte) }
      case .text: break
      }
    }

    private mutating func takeDigit(_ byte: UInt8) {
      guard isDigit(byte), digits < 12 else {
        isBroken = true
        return
      }
      digits += 1
      number = number * 10 + Int(byte - UInt8(ascii: "0"))
    }
  }

  /// `grep` printed it.
  var isExcerpt: Bool { !form.isPadded }

  private var source: BufferedStream
  private let form: Form
  private var prefix: Prefix
  /// The beginning of a line, until it is known whether it is one of those.
  private var held: [UInt8] = []
  /// What found no room.
  private var rest: ArraySlice<UInt8> = []

  init(_ source: BufferedStream, _ form: Form) {
    self.source = source
    self.form = form
    prefix = Prefix(form)
  }

  mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    var count = 0
    while count < buffer.count {
      if let byte = rest.popFirst() {
        buffer[count] = byte
        count += 1
        continue
      }
      let bytes = try source.next()
      guard !bytes.isEmpty else {
        rest = held[...]
        held = []
        if rest.isEmpty { break }
        continue
      }
      let taken = take(bytes, into: buffer, &count)
      source.consume(taken)
    }
    return count
  }

  /// Takes bytes until there are no more, there is no room, or a beginning was no prefix; gives how many.
  private mutating func take(
    _ bytes: UnsafeBufferPointer<UInt8>, into buffer: UnsafeMutableBufferPointer<UInt8>,
    _ count: inout Int
  ) -> Int {
    for (index, byte) in bytes.enumerated() {
      let isEnd = byte == UInt8(ascii: "\n")
      if prefix.step == .text || prefix.isBroken {
        guard count < buffer.count else { return index }
        buffer[count] = byte
        count += 1
        if isEnd { prefix = Prefix(form) }
        continue
      }
      held.append(byte)
      if isEnd { prefix = Prefix(form) } else { prefix.take(byte) }
      if isEnd || prefix.isBroken {
        rest = held[...]
        held = []
        return index + 1
      }
      if prefix.step == .text { held = [] }
    }
    return bytes.count
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

/// Bytes of paths as logs have them.
private func isOfName(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
  default: "/._-+@".utf8.contains(byte)
  }
}
