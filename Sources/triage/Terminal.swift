import ArgumentParser
import Reports

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
  case always, auto, never
}

/// What the report is written to, asked once: colour and width are values from here on.
struct Terminal {
  let style: Style
  let width: Int

  /// `isDevice` tells whether the output goes to a terminal.
  init(colour: ColourChoice, isDevice: Bool, environment: (String) -> String? = environmentValue) {
    style =
      Terminal.isColoured(colour, isDevice: isDevice, environment: environment) ? .coloured : .plain
    var width = environment("COLUMNS").flatMap(Int.init)
    if width == nil, isDevice {
      var size = winsize()
      if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { width = Int(size.ws_col) }
    }
    // Wider lines are hard to read, narrower ones are no lines.
    self.width = min(max(width ?? 80, 40), 120)
  }

  /// The option, then NO_COLOR, then CLICOLOR_FORCE or FORCE_COLOR, then what stdout is.
  static func isColoured(
    _ choice: ColourChoice, isDevice: Bool, environment: (String) -> String?
  ) -> Bool {
    func isSet(_ name: String) -> Bool {
      environment(name).map { !$0.isEmpty && $0 != "0" } ?? false
    }
    switch choice {
    case .always: return true
    case .never: return false
    case .auto:
      if environment("NO_COLOR").map({ !$0.isEmpty }) ?? false { return false }
      if isSet("CLICOLOR_FORCE") || isSet("FORCE_COLOR") { return true }
      return isDevice && environment("TERM") != "dumb"
    }
  }
}

func environmentValue(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}

func end(_ status: ExitStatus) -> Never { exit(status.rawValue) }

/// One line on stderr; what comes from evidence or from the command line cannot leave it.
func warn(_ message: String) {
  write("triage: " + escaped(message) + "\n", to: 2)
}

/// Writes all of it. Returns `errno` where that failed, 0 otherwise; a closed pipe is no failure.
@discardableResult
func write(_ text: String, to descriptor: Int32) -> Int32 {
  write(Array(text.utf8), to: descriptor)
}

@discardableResult
func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
  bytes.withUnsafeBufferPointer { write($0, to: descriptor) }
}

private func write(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) -> Int32 {
  var rest = bytes
  while !rest.isEmpty {
    let count = write(descriptor, rest.baseAddress, rest.count)
    if count < 0 {
      if errno == EINTR { continue }
      return errno == EPIPE ? 0 : errno
    }
    rest = UnsafeBufferPointer(rebasing: rest.dropFirst(count))
  }
  return 0
}

/// Puts a report where it belongs: stdout, or the file of `--output`.
func deliver(_ report: String, to output: String?) throws {
  var report = report
  try report.withUTF8 { try deliver($0, to: output) }
}

func deliver(_ report: [UInt8], to output: String?) throws {
  try report.withUnsafeBufferPointer { try deliver($0, to: output) }
}

private func deliver(_ report: UnsafeBufferPointer<UInt8>, to output: String?) throws {
  guard let output, output != "-" else {
    let error = write(report, to: 1)
    if error != 0 { throw Failure("standard output: \(String(cString: strerror(error)))") }
    return
  }
  let descriptor = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw Failure("\(output): \(String(cString: strerror(errno)))") }
  var error = write(report, to: descriptor)
  if close(descriptor) != 0, error == 0 { error = errno }
  if error != 0 { throw Failure("\(output): \(String(cString: strerror(error)))") }
}
