import Collectors
import Model

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What standard input offers a command that was given no path.
enum StandardInput {
  /// Something to read, now or later.
  case evidence
  /// Nothing and nobody: this very box is meant.
  case none
  /// It was meant to hold something and is empty.
  case empty

  init(_ descriptor: Int32) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      self = .none
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFCHR: self = .none
    case S_IFREG: self = status.st_size > 0 ? .evidence : .empty
    default: self = StandardInput.hasData(descriptor) ? .evidence : .empty
    }
  }

  /// Waits for the first byte or the end. A pipe that stays silent may be a slow command, or a
  /// connection without a terminal: nobody can tell, so that is said.
  private static func hasData(_ descriptor: Int32) -> Bool {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    var patience: Int32 = 2000
    while true {
      let ready = poll(&wanted, 1, patience)
      if ready > 0 { break }
      if ready < 0, errno == EINTR { continue }
      guard ready == 0 else { return true }
      warn("waiting for evidence on standard input; for this very box: triage --live < /dev/null")
      patience = -1
    }
    var count: Int32 = 0
    guard wanted.revents & Int16(POLLIN) != 0 else { return false }
    return ioctl(descriptor, UInt(FIONREAD), &count) != 0 || count > 0
  }
}

extension CollectionPlan {
  /// What every look at this very box has in common.
  static func ofThisBox(_ servers: RedisOptions, _ live: LookOptions) throws -> CollectionPlan {
    var plan = CollectionPlan()
    if var root = live.root {
      if root.isEmpty { throw Failure("--root: an empty value was given: is a variable unset?") }
      while root.hasSuffix("/") { root.removeLast() }
      guard access("\(root)/proc", F_OK) == 0 else {
        throw Failure("--root: there is no \(root)/proc; expected the files of a whole system")
      }
      plan.root = root
    }
    plan.servers = try servers.targets()
    plan.passwordForFound = environmentValue("REDISCLI_AUTH")
    plan.environment = environmentValue
    if let budget = try live.seconds() { plan.budget = budget }
    return plan
  }
}

/// What the person at the terminal should know of a collection, one line each on stderr.
func warn(about evidence: LiveEvidence) {
  for gap in evidence.gaps where gap.reason == .fault { warn("\(gap.what): \(gap.why)") }
  let closed = evidence.gaps.filter { $0.reason == .privilege }
  if !closed.isEmpty {
    warn("not seen for want of rights: \(closed.map(\.what).joined(separator: ", "))")
  }
  let cost = evidence.cost
  func tenths(_ seconds: Double) -> Double { (seconds * 10).rounded() / 10 }
  let megabytes = (cost.peakBytes + 524_288) >> 20
  warn(
    "looked at \(evidence.host) for \(tenths(cost.wallSeconds)) s, with "
      + "\(tenths(cost.cpuSeconds)) s of CPU and \(megabytes) MiB of memory")
}
