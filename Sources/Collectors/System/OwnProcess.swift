#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What triage takes from a box that has little left, and how it steps back.
package enum OwnProcess {
  /// Lets everybody else go first: less CPU and, by that, less I/O priority; and should the kernel
  /// want memory, it takes this process rather than the patient. Neither needs privileges.
  package static func stepBack() {
    // More would keep it from answering at all where twenty others want each core.
    setpriority(priorityOfProcess, 0, 5)
    let descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, "900", 3)
    close(descriptor)
  }

  package struct Cost: Sendable {
    package let wallSeconds: Double
    package let cpuSeconds: Double
    package let peakBytes: Int
  }

  /// Since `start` on the clock of the boot; CPU and memory since the program began.
  static func cost(since start: Double) -> Cost {
    var usage = rusage()
    getrusage(ownUsage, &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return Cost(
      wallSeconds: WallClock.sinceBoot - start,
      cpuSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
      peakBytes: peakBytes)
  }

  /// The kernel's own figure of this program; that of getrusage is also of whoever started it.
  private static var peakBytes: Int {
    let status = SystemFiles().textIfAny("/proc/self/status", limit: 8192) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
    return (kibibytes.flatMap { Int($0) } ?? 0) << 10
  }

  static var isRoot: Bool { geteuid() == 0 }
}

#if canImport(Musl)
  private let priorityOfProcess = PRIO_PROCESS
  private let ownUsage = RUSAGE_SELF
#else
  private let priorityOfProcess = __priority_which_t(PRIO_PROCESS.rawValue)
  private let ownUsage = __rusage_who_t(RUSAGE_SELF.rawValue)
#endif
