import Synchronization

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Whether somebody wants the program to end while it writes: `kill`, Ctrl-C, a lost connection. What
/// has been written by then is taken away first. A second signal ends it at once.
package struct Interruption: ~Copyable {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  /// The last of them that came; 0: none.
  private static let caught = Atomic<Int32>(0)

  private let isFor: [Int32]

  package init() {
    // One that is ignored (nohup) stays so.
    isFor = Interruption.signals.filter { number in
      var action = sigaction()
      return sigaction(number, nil, &action) == 0 && !action.isIgnored
    }
    for number in isFor {
      var action = sigaction()
      action.handle { Interruption.caught.store($0, ordering: .relaxed) }
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(number, &action, nil)
    }
  }

  static var hasCome: Bool { caught.load(ordering: .relaxed) != 0 }

  /// For tests: as if the signal had come, or had not.
  static func pretend(_ number: Int32) { caught.store(number, ordering: .relaxed) }

  /// Ends the program the way the signal would have, if there was one.
  package func passOn() {
    for number in isFor { signal(number, SIG_DFL) }
    let number = Interruption.caught.load(ordering: .relaxed)
    if number != 0 { raise(number) }
  }
}

extension sigaction {
  #if canImport(Musl)
    fileprivate var isIgnored: Bool {
      unsafeBitCast(__sa_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
    fileprivate mutating func handle(_ handler: @escaping @convention(c) (Int32) -> Void) {
      __sa_handler.sa_handler = handler
    }
  #else
    fileprivate var isIgnored: Bool {
      unsafeBitCast(__sigaction_handler.sa_handler, to: Int.self)
        == unsafeBitCast(SIG_IGN, to: Int.self)
    }
    fileprivate mutating func handle(_ handler: @escaping @convention(c) (Int32) -> Void) {
      __sigaction_handler.sa_handler = handler
    }
  #endif
}
