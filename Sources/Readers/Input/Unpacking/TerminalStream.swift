import Model

/// Text captured from a terminal, without what was said to the terminal: colours, window titles, moves of
/// the cursor (ECMA-48, section 5.4). `systemctl status` marks its states so, compose the names of
/// containers, `script` whatever was on the screen. Lines keep their numbers.
struct TerminalStream: ByteStream {
  static let sampleSize = 16 << 10

  /// Whether a text holds one whole control sequence, as a colour is; a lone ESC may be anything.
  static func isCaptured(_ head: [UInt8]) -> Bool {
    guard head.contains(escape), !head.contains(0) else { return false }
    var state = State.text
    for byte in head {
      if state == .control, (0x40...0x7e).contains(byte) { return true }
      state = next(state, byte)
    }
    return false
  }

  private static let escape: UInt8 = 0x1b

  /// Where in a sequence the next byte stands.
  private enum State {
    case text
    /// After ESC, and after bytes of it that only say which set the last one is of.
    case escape
    /// After `ESC [`, up to a letter.
    case control
    /// After `ESC ]`, up to BEL or `ESC \`: a title.
    case title
  }

  /// No sequence goes on in the next line: one that was cut takes no other line with it.
  private static func next(_ state: State, _ byte: UInt8) -> State {
    if byte == UInt8(ascii: "\n") { return .text }
    if byte == escape { return .escape }
    switch state {
    case .text: return .text
    case .escape:
      switch byte {
      case UInt8(ascii: "["): return .control
      case UInt8(ascii: "]"): return .title
      case 0x20...0x2f: return .escape
      default: return .text
      }
    case .control: return (0x20...0x3f).contains(byte) ? .control : .text
    case .title: return byte == 0x07 ? .text : .title
    }
  }

  private var source: BufferedStream
  private var state = State.text

  init(_ source: BufferedStream) { self.source = source }

  mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    while true {
      let read = try source.read(into: buffer)
      guard read > 0 else { return 0 }
      var count = 0
      for index in 0..<read {
        let byte = buffer[index]
        let before = state
        state = TerminalStream.next(before, byte)
        // The last byte of a sequence leads back to text and is none.
        let isText = state == .text && (before == .text || byte == UInt8(ascii: "\n"))
        buffer[count] = byte
        if isText { count += 1 }
      }
      if count > 0 { return count }
    }
  }
}
