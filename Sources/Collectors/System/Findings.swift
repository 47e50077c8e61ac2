import Synchronization

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What has been collected so far. The thread that reads files fills it, the one that asks servers
/// too; whoever is left waiting takes what there is.
final class Findings: Sendable {
  private struct State {
    var files: [CollectedFile] = []
    var gaps: [CollectionGap] = []
    var servers: [FoundRedis] = []
    var services: [ServiceCount] = []
    var doing = ""
    var isScanned = false
    var isDone = false
  }

  private let state = Mutex(State())
  /// A byte goes through it whenever there is something to look at.
  private let readEnd: Int32
  private let writeEnd: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    _ = pipe(&ends)
    readEnd = ends[0]
    writeEnd = ends[1]
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  var files: [CollectedFile] { state.withLock { $0.files } }
  var gaps: [CollectionGap] { state.withLock { $0.gaps } }
  var servers: [FoundRedis] { state.withLock { $0.servers } }
  var services: [ServiceCount] { state.withLock { $0.services } }
  /// What the reading thread was last busy with.
  var doing: String { state.withLock { $0.doing } }

  /// Adds a file, or puts it in the place of what was collected under that name before.
  func add(_ file: CollectedFile) {
    state.withLock { state in
      if let known = state.files.firstIndex(where: { $0.path == file.path }) {
        state.files[known] = file
      } else {
        state.files.append(file)
      }
    }
  }

  func add(_ gap: CollectionGap) {
    state.withLock { if !$0.gaps.contains(gap) { $0.gaps.append(gap) } }
  }

  func add(_ services: [ServiceCount]) { state.withLock { $0.services += services } }

  func begin(_ what: String) { state.withLock { $0.doing = what } }

  /// The processes have been looked through.
  func endScan(servers: [FoundRedis]) {
    state.withLock {
      $0.servers = servers
      $0.isScanned = true
    }
    wake()
  }

  func end() {
    state.withLock { $0.isDone = true }
    wake()
  }

  private func wake() {
    var byte: UInt8 = 0
    _ = write(writeEnd, &byte, 1)
  }

  /// False when the time is up first.
  func waitForScan(until deadline: Deadline) -> Bool {
    wait(deadline) { $0.isScanned || $0.isDone }
  }
  func waitForEnd(until deadline: Deadline) -> Bool { wait(deadline) { $0.isDone } }

  private func wait(_ deadline: Deadline, for isReached: (borrowing State) -> Bool) -> Bool {
    while true {
      if state.withLock({ isReached($0) }) { return true }
      guard deadline.wait(for: Int32(POLLIN), on: readEnd) else { return false }
      var byte: UInt8 = 0
      _ = read(readEnd, &byte, 1)
    }
  }
}

/// Runs work in a thread of its own, which may be left behind; false where there can be none.
func startThread(_ work: @escaping @Sendable () -> Void) -> Bool {
  final class Box: Sendable {
    let work: @Sendable () -> Void
    init(_ work: @escaping @Sendable () -> Void) { self.work = work }
  }
  let held = Unmanaged.passRetained(Box(work))
  var thread = pthread_t()
  let result = pthread_create(
    &thread, nil,
    { argument in
      argument.map { Unmanaged<Box>.fromOpaque($0).takeRetainedValue().work() }
      return nil
    }, held.toOpaque())
  guard result == 0 else {
    held.release()
    return false
  }
  pthread_detach(thread)
  return true
}
