#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A point on the monotonic clock after which something is no longer waited for.
struct Deadline {
  private let end: Double

  static func after(_ seconds: Double) -> Deadline { Deadline(end: now() + seconds) }

  func orAfter(_ seconds: Double) -> Deadline { Deadline(end: min(end, Deadline.now() + seconds)) }

  var secondsLeft: Double { max(0, end - Deadline.now()) }

  /// Waits until the descriptor is ready; false when the time is up.
  func wait(for events: Int32, on descriptor: Int32) -> Bool {
    while true {
      var wanted = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      let ready = poll(&wanted, 1, Int32((min(secondsLeft, 3600) * 1000).rounded(.up)))
      if ready > 0 { return true }
      // A signal ends a wait early; what is left of the time is waited for.
      if ready < 0, errno == EINTR { continue }
      if ready < 0 || secondsLeft == 0 { return false }
    }
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
