import Model

/// Follows a Python traceback through a stream that other lines may interrupt.
struct PythonTraceback {
  /// A frame, kept as the bytes of its line: of most tracebacks nobody asks for the frames.
  struct Frame {
    private let bytes: [UInt8]
    private let places: (file: Range<Int>, line: Range<Int>, function: Range<Int>)
    private let number: Int

    /// `File "/srv/app/app.py", line 8, in <module>` at `start` of a line.
    init?(_ line: borrowing Span<UInt8>, at start: Int, number: Int) {
      let from = start + 6
      guard let quote = line.firstIndex(of: UInt8(ascii: "\""), from: from), quote - from < 1024
      else { return nil }
      let end = min(line.count, quote + 200)
      func commaEnd(from start: Int) -> Int? {
        line.firstIndex(of: ", ", from: start).map { $0 + 2 }.flatMap { $0 < end ? $0 : nil }
      }
      guard let second = commaEnd(from: quote) else { return nil }
      let third = commaEnd(from: second)
      let fourth = third.flatMap { commaEnd(from: $0) }
      func value(_ label: StaticString, _ start: Int?, _ next: Int?) -> Range<Int> {
        guard let start, line.holds(label, at: start) else { return 0..<0 }
        let (from, to) = (start + label.utf8CodeUnitCount, next.map { $0 - 2 } ?? end)
        return from < to ? from..<to : 0..<0
      }
      places = (from..<quote, value("line ", second, third), value("in ", third, fourth))
      bytes = line.extracting(0..<end).withUnsafeBufferPointer(Array.init)
      self.number = number
    }

    var file: String { bytes.span.text(places.file) }
    var line: String { bytes.span.text(places.line) }
    var function: String { bytes.span.text(places.function) }
    var origin: Origin { Origin(line: number, excerpt: bytes.span.excerpt) }

    /// One of gunicorn's own that import the application.
    var isLoader: Bool {
      let function = bytes.span.extracting(places.function)
      let names: [StaticString] = ["import_app", "load_wsgiapp", "load_wsgi"]
      return isGunicorn
        && names.contains { function.count == $0.utf8CodeUnitCount && function.hasPrefix($0) }
    }

    /// `requests/adapters.py`: the path within site-packages, else the file's name.
    var shortFile: String {
      let parts = file.split(separator: "/")
      if let at = parts.lastIndex(where: { $0 == "site-packages" || $0 == "dist-packages" }) {
        return parts[(at + 1)...].joined(separator: "/")
      }
      return parts.last.map(String.init) ?? file
    }

    var isLibrary: Bool { file.contains("-packages/") }

    var isGunicorn: Bool { bytes.span.extracting(places.file).contains("/gunicorn/") }

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
      frames.removeAll(keepingCapacity: true)
      return false
    }
    guard isOpen, start < line.count else { return false }
    var text = start
    while text < line.count, line[text] == UInt8(ascii: " ") || line[text] == 9 { text += 1 }
    if line.holds("File \"", at: text) {
      if let frame = Frame(line, at: text, number: number) {
        if frames.count >= 48 { frames.removeFirst() }
        frames.append(frame)
        if frame.isLoader { isLoading = true }
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
}
