import Model

/// Follows a Python traceback through a stream that other lines may interrupt.
struct PythonTraceback {
  struct Frame {
    let file: String
    let line: String
    let function: String
    let origin: Origin

    /// `requests/adapters.py`: the path within site-packages, else the file's name.
    var shortFile: String {
      let parts = file.split(separator: "/")
      if let at = parts.lastIndex(where: { $0 == "site-packages" || $0 == "dist-packages" }) {
        return parts[(at + 1)...].joined(separator: "/")
      }
      return parts.last.map(String.init) ?? file
    }

    var isLibrary: Bool { file.contains("-packages/") }

    var isGunicorn: Bool { file.contains("/gunicorn/") }

    /// Python's own modules: `/usr/lib/python3.11/socket.py`, `<frozen runpy>`.
    var isStandard: Bool {
      !isLibrary
        && (file.hasPrefix("<") || file.contains("/lib/python3")
          || file.contains("/lib/python2") || file.contains("/lib64/python"))
    }
  }

  private(set) var isOpen = false
  /// The innermost frames, at most 48.
  private(set) var frames: [Frame] = []
  /// Passed through gunicorn's loading of the application.
  private(set) var isLoading = false

  /// Takes a line's text from `start` on. True when it was the exception that ends a traceback.
  mutating func take(_ line: borrowing Span<UInt8>, from start: Int, number: Int) -> Bool {
    if line.holds("Traceback (most recent call last)", at: start) {
      isOpen = true
      isLoading = false
      frames = []
      return false
    }
    guard isOpen, start < line.count else { return false }
    var text = start
    while text < line.count, line[text] == UInt8(ascii: " ") || line[text] == 9 { text += 1 }
    if line.holds("File \"", at: text) {
      if let frame = frame(line, at: text, number: number) {
        if frames.count >= 48 { frames.removeFirst() }
        frames.append(frame)
        if frame.isGunicorn, ["import_app", "load_wsgiapp", "load_wsgi"].contains(frame.function) {
          isLoading = true
        }
      }
      return false
    }
    // Source lines and carets are indented; the exception stands at the margin.
    guard text == start, isException(line, at: start) else { return false }
    isOpen = false
    return true
  }

  mutating func abandon() { isOpen = false }

  /// `ModuleNotFoundError: No module named 'x'`, `SystemExit: 1`, `KeyboardInterrupt`.
  private func isException(_ line: borrowing Span<UInt8>, at start: Int) -> Bool {
    var index = start
    while index < line.count {
      let byte = line[index]
      let isName =
        (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
      if !isName { return index > start && byte == UInt8(ascii: ":") }
      index += 1
    }
    return index > start
  }

  private func frame(
    _ line: borrowing Span<UInt8>, at start: Int, number: Int
  ) -> Frame? {
    let from = start + 6
    guard let quote = line.firstIndex(of: UInt8(ascii: "\""), from: from), quote - from < 1024
    else { return nil }
    let rest = line.text(quote..<min(line.count, quote + 200)).split(separator: ", ")
    guard rest.count >= 2 else { return nil }
    let lineNumber = rest[1].hasPrefix("line ") ? String(rest[1].dropFirst(5)) : ""
    let function =
      rest.count >= 3 && rest[2].hasPrefix("in ") ? String(rest[2].dropFirst(3)) : ""
    return Frame(
      file: line.text(from..<quote), line: lineNumber, function: function,
      origin: Origin(line: number, excerpt: line.excerpt))
  }
}
