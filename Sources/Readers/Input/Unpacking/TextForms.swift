import Model

/// Text in UTF-16, as PowerShell writes it, turned into UTF-8 as it is read. Lines keep their
/// numbers; what is no character becomes U+FFFD.
struct UTF16Stream: ByteStream {
  enum Form: Equatable {
    case littleEndian, bigEndian

    static let sampleSize = 512

    /// From the byte order mark, or from text whose every second byte is NUL; nil for anything else.
    init?(_ head: [UInt8]) {
      if head.starts(with: [0xff, 0xfe]) {
        self = .littleEndian
        return
      }
      if head.starts(with: [0xfe, 0xff]) {
        self = .bigEndian
        return
      }
      let pairs = head.count / 2
      guard pairs >= 2, head.contains(0) else { return nil }
      var texts = [0, 0]
      for pair in 0..<pairs {
        for side in 0...1 where head[2 * pair + 1 - side] == 0 {
          let byte = head[2 * pair + side]
          if byte >= 0x20 && byte < 0x7f || (0x09...0x0d).contains(byte) { texts[side] += 1 }
        }
      }
      // A few letters beyond Latin-1 are text as well; tables of 16-bit numbers are not.
      switch (texts[0] * 10 >= pairs * 8, texts[1] * 10 >= pairs * 8) {
      case (true, false): self = .littleEndian
      case (false, true): self = .bigEndian
      default: return nil
      }
    }
  }

  private var source: BufferedStream
  private let form: Form
  private var isAtStart = true
  private var high: UInt32?
  /// UTF-8 that found no room.
  private var rest: [UInt8] = []

  init(_ source: BufferedStream, _ form: Form) {
    self.source = source
    self.form = form
  }

  mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    var count = 0
    while true {
      let step = min(rest.count, buffer.count - count)
      for offset in 0..<step { buffer[count + offset] = rest[offset] }
      rest.removeFirst(step)
      count += step
      guard rest.isEmpty, count < buffer.count else { return count }
      let bytes = try source.next()
      guard !bytes.isEmpty else {
        if high != nil { append(0xfffd) }
        high = nil
        if rest.isEmpty { return count }
        continue
      }
      // An odd byte at the end of what is at hand waits for its other half.
      guard bytes.count > 1 else {
        let pair = try source.take(2)
        if pair.count == 2 { decode(pair[0], pair[1]) } else { append(0xfffd) }
        continue
      }
      let pairs = min(bytes.count / 2, 4096)
      for pair in 0..<pairs { decode(bytes[2 * pair], bytes[2 * pair + 1]) }
      source.consume(2 * pairs)
    }
  }

  private mutating func decode(_ first: UInt8, _ second: UInt8) {
    let unit =
      form == .littleEndian
      ? UInt32(first) | UInt32(second) << 8 : UInt32(first) << 8 | UInt32(second)
    defer { isAtStart = false }
    if isAtStart, unit == 0xfeff { return }
    switch unit {
    case 0xd800..<0xdc00:
      if high != nil { append(0xfffd) }
      high = unit
    case 0xdc00..<0xe000:
      append(high.map { 0x10000 + ($0 - 0xd800) << 10 + (unit - 0xdc00) } ?? 0xfffd)
      high = nil
    default:
      if high != nil { append(0xfffd) }
      high = nil
      append(unit)
    }
  }

  private mutating func append(_ code: UInt32) {
    if code < 0x80 {
      rest.append(UInt8(code))
    } else if let scalar = Unicode.Scalar(code) {
      rest.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }
}

/// Text whose line ends are not those of Unix, mended as it is read: a lone CR between lines (old
/// terminals, old Macs), and CR CR LF (what was CRLF already, sent through a terminal).
struct LineEndStream: ByteStream {
  enum Form: Equatable {
    case carriageReturns, doubled

    static let sampleSize = 16 << 10

    init?(_ head: [UInt8]) {
      guard let first = head.firstIndex(of: 0x0d) else { return nil }
      if !head.contains(0x0a) {
        // At the very end the other half of a CRLF may be out of sight; NULs are no text.
        guard first < head.count - 1 || head.count < Form.sampleSize, !head.contains(0) else {
          return nil
        }
        self = .carriageReturns
        return
      }
      for index in head.indices.dropFirst(2)
      where head[index] == 0x0a && head[index - 1] == 0x0d && head[index - 2] == 0x0d {
        self = .doubled
        return
      }
      return nil
    }
  }

  private var source: BufferedStream
  private let form: Form

  init(_ source: BufferedStream, _ form: Form) {
    self.source = source
    self.form = form
  }

  mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    guard form == .doubled else {
      let count = try source.read(into: buffer)
      for index in 0..<count where buffer[index] == 0x0d { buffer[index] = 0x0a }
      return count
    }
    var count = 0
    while count < buffer.count {
      let bytes = try source.next()
      guard !bytes.isEmpty else { break }
      guard bytes[0] == 0x0d else {
        // Up to the next CR as it stands.
        let end = bytes.firstIndex(of: 0x0d) ?? bytes.count
        let step = min(end, buffer.count - count)
        for offset in 0..<step { buffer[count + offset] = bytes[offset] }
        source.consume(step)
        count += step
        continue
      }
      // Of CRs in a row the last one stays.
      let isDouble = source.peek(2).elementsEqual([0x0d, 0x0d])
      source.consume(1)
      guard !isDouble else { continue }
      buffer[count] = 0x0d
      count += 1
    }
    return count
  }
}
