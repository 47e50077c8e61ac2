import Model

/// What is counted in the kernel's messages besides OOM kills, and the words that mark it.
enum KernelMark: Int, CaseIterable {
  case hungTask, nvmeTimeout, ioError, softLockup, panic, bootFailure, unitStartFailure
  case clocksourceXen, boot, machineCheck, synFlood, conntrackFull, redisFault

  /// The fact that counts it on the host; one of a service is its own.
  var fact: String? {
    switch self {
    case .hungTask: "kernel.hung_tasks"
    case .nvmeTimeout: "kernel.nvme_timeouts"
    case .ioError: "kernel.io_errors"
    case .softLockup: "kernel.soft_lockups"
    case .panic: "kernel.panics"
    case .bootFailure: "kernel.boot_failures"
    case .unitStartFailure: "kernel.unit_start_failures"
    case .clocksourceXen: "kernel.clocksource_xen"
    case .boot: "kernel.boots"
    case .machineCheck: "kernel.mce"
    case .synFlood: "kernel.syn_floods"
    case .conntrackFull: "kernel.conntrack_drops"
    case .redisFault: nil
    }
  }

  /// A message that bears a mark holds one of these.
  static let words: [StaticString] = [
    "Linux version ", "blocked for more than", "nvme", "I/O error", "EXT4-fs error",
    "Remounting filesystem read-only", "Aborting journal on device", "Corruption of in-memory data",
    "soft lockup - CPU", "hard LOCKUP", "Kernel panic - not syncing", "VFS: ",
    "fsck died with exit status", "RUN fsck MANUALLY", "Unable to load SELinux Policy",
    "XENBUS: Timeout", "runaway loop modprobe", "FATAL: ", "No working init found",
    "Unable to determine major", "has different MAC address", "emergency mode",
    "Give root password for", "Dependency failed for ", "grub rescue>", "grubdom>",
    "No bootable device", "No DHCPOFFERS received", "No working leases", "169.254.169.254",
    "FAILED", "ed to clocksource xen", "ing to clocksource xen", "[Hardware Error]",
    "Machine check events logged", "Machine Check Exception", "EDAC ", "ossible SYN flooding",
    "conntrack: table full", "segfault at ", "general protection", "trap invalid opcode",
    "trap divide error",
  ]

  /// The mark that a message bears, if any.
  init?(_ text: Span<UInt8>) {
    // The first letters tell most lines of a log apart at once.
    if text.hasPrefix("Linux version ") {
      self = .boot
    } else if text.contains("blocked for more than") && text.contains("task ") {
      self = .hungTask
    } else if text.contains("nvme")
      && (text.contains("timeout, ") || text.contains("controller is down")
        || text.contains("Device not ready; abort"))
    {
      self = .nvmeTimeout
    } else if KernelMark.isIOError(text) {
      self = .ioError
    } else if text.contains("soft lockup - CPU") || text.contains("hard LOCKUP") {
      self = .softLockup
    } else if text.contains("Kernel panic - not syncing") {
      self = .panic
    } else if KernelMark.isBootFailure(text) {
      self = .bootFailure
    } else if text.contains("FAILED") && text.contains("Failed to start") {
      self = .unitStartFailure
    } else if text.contains("witched to clocksource xen")
      || text.contains("witching to clocksource xen")
    {
      self = .clocksourceXen
    } else if text.contains("[Hardware Error]") || text.contains("Machine check events logged")
      || text.contains("Machine Check Exception")
      || (text.contains("EDAC ") && text.contains(" UE "))
    {
      self = .machineCheck
    } else if text.contains("ossible SYN flooding") {
      self = .synFlood
    } else if text.contains("nf_conntrack: table full") || text.contains("ip_conntrack: table full")
    {
      self = .conntrackFull
    } else if KernelMark.isFault(text),
      text.contains("redis-server") || text.contains("valkey-server")
    {
      self = .redisFault
    } else {
      return nil
    }
  }

  /// `redis-server[377]: segfault at 0 ip ...`, `traps: redis-server[377] general protection fault ip:...`
  private static func isFault(_ text: Span<UInt8>) -> Bool {
    text.contains("]: segfault at ") || text.contains("] general protection")
      || text.contains("] trap invalid opcode") || text.contains("] trap divide error")
  }

  private static func isIOError(_ text: Span<UInt8>) -> Bool {
    if text.contains("I/O error, dev ") {
      // Virtual machines have neither floppy nor disc, and their probing for one fails harmlessly.
      return !text.contains("dev fd0") && !text.contains("dev sr0") && !text.contains("dev loop")
    }
    if text.contains("Buffer I/O error") {
      return !text.contains("dev fd0") && !text.contains("dev sr0") && !text.contains("dev loop")
    }
    return text.contains("EXT4-fs error") || text.contains("Remounting filesystem read-only")
      || text.contains("metadata I/O error") || text.contains("Aborting journal on device")
      || text.contains("Corruption of in-memory data detected")
  }

  /// The markers of AWS's page on system log errors, and those of an emergency shell.
  private static func isBootFailure(_ text: Span<UInt8>) -> Bool {
    text.contains("VFS: Unable to mount root fs") || text.contains("VFS: Cannot open root device")
      || text.contains("fsck died with exit status") || text.contains("RUN fsck MANUALLY")
      || text.contains("Unable to load SELinux Policy") || text.contains("XENBUS: Timeout")
      || text.contains("runaway loop modprobe") || text.contains("FATAL: Could not load")
      || text.contains("FATAL: kernel too old") || text.contains("No working init found")
      || text.contains("Unable to determine major/minor number of root device")
      || text.contains("has different MAC address than expected")
      || text.contains("emergency mode") || text.contains("Give root password for")
      || text.contains("Dependency failed for Local File Systems")
      || text.contains("Dependency failed for local-fs") || text.contains("grub rescue>")
      || text.contains("grubdom>") || text.contains("No bootable device")
      || isNetworkFailure(text)
  }

  /// No lease, or no way to the metadata service: the instance is up and nobody reaches it.
  private static func isNetworkFailure(_ text: Span<UInt8>) -> Bool {
    text.contains("No DHCPOFFERS received") || text.contains("No working leases")
      || (text.contains("169.254.169.254")
        && (text.contains("Network is unreachable") || text.contains("No route to host")))
      || (text.contains("Failed to start") && text.contains("FAILED")
        && (text.contains("etwork") || text.contains("fsck") || text.contains("File System Check")))
  }
}

/// Where and when something was seen.
struct Sighting: Sendable {
  var time: Instant?
  var line: Int
  var excerpt: String

  var origin: Origin { Origin(line: line, excerpt: excerpt) }
}

/// Counts what comes in bursts, and keeps where each burst began and ended.
struct BurstCount {
  /// What lies further apart belongs to another burst.
  static let pause = 600.0
  static let limit = 20

  struct Burst {
    var first: Sighting
    var last: Instant?
    var count: Int
  }

  private(set) var count = 0
  private(set) var first: Sighting?
  private(set) var last: Instant?
  private(set) var bursts: [Burst] = []

  mutating func add(_ sighting: Sighting) {
    count += 1
    if first == nil { first = sighting }
    guard let time = sighting.time else { return }
    last = Swift.max(last ?? time, time)
    if let end = bursts.last?.last,
      time.since(end) <= BurstCount.pause || bursts.count == BurstCount.limit
    {
      bursts[bursts.count - 1].last = Swift.max(end, time)
      bursts[bursts.count - 1].count += 1
    } else {
      bursts.append(Burst(first: sighting, last: time, count: 1))
    }
  }
}
