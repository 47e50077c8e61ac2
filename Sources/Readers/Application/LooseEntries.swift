/// Where entries begin among lines that state neither time nor level: each line is one, but for what goes on
/// with the line before: frames, the ends of tracebacks, causes.
struct LooseEntries {
  private enum Last { case nothing, message, traceback, exception, chain }
  private var last = Last.nothing

  /// A traceback is at hand.
  var isTraceback: Bool { last == .traceback }

  /// A line that states its time or level was read: a traceback below belongs to it.
  mutating func noteMessage() { last = .message }

  /// Whether an entry begins with this text.
  mutating func begin(with text: borrowing Span<UInt8>) -> Bool {
    guard text.count > 0, text[0] > 0x20 else { return false }
    if text.hasPrefix("Traceback (most recent call last)") {
      defer { last = .traceback }
      return last == .nothing || last == .exception
    }
    if text.hasPrefix("During handling of the above") || text.hasPrefix("The above exception was") {
      last = .chain
      return false
    }
    if text.hasPrefix("Caused by: ") { return false }
    if last == .traceback {
      last = .exception
      return false
    }
    last = .message
    return true
  }
}
