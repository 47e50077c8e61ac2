import Synchronization

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// How much has been read, on standard error, for who waits at a terminal longer than a second.
final class Progress: Sendable {
  private struct State {
    var bytes = 0
    /// Of large logs that are being read, as far as it is known.
    var left = 0
    var shown = 0
    var isShown = false
  }

  private let start = Progress.now()
  private let state = Mutex(State())

  private init() {}

  /// Nil where nobody looks.
  static func onTerminal() -> Progress? { isTerminal(2) ? Progress() : nil }

  /// So many bytes more are going to be read.
  func expect(_ bytes: Int) { state.withLock { $0.left += bytes } }

  func report(_ bytes: Int) {
    let line = state.withLock { state -> String? in
      state.bytes += bytes
      state.left = max(0, state.left - bytes)
      let elapsed = Progress.now() - start
      guard elapsed >= 1000, elapsed - state.shown >= 200 else { return nil }
      state.shown = elapsed
      state.isShown = true
      let rate = max(state.bytes / elapsed, 1)
      let seconds = (state.left / rate + 999) / 1000
      return "read \(state.bytes / 1_000_000) MB, \(rate / 1000) MB/s"
        + (seconds > 0 ? ", \(seconds) s left" : "")
    }
    if let line { write("\r\u{1B}[K\(line)", to: 2) }
  }

  /// Takes the line away, if there is one.
  func end() {
    if state.withLock({ $0.isShown }) { write("\r\u{1B}[K", to: 2) }
  }

  /// Milliseconds of a clock that only goes forward.
  private static func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000
  }
}

/// The cores that this process may use.
func coreCount() -> Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
