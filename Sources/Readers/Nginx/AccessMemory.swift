#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Memory of a fixed size for a table, all zeros at first; what is never written costs nothing.
///
/// The tables hold plain pointers into it, so that the loop over lines counts no references. They
/// are values in name: a copy of a table is the same table, and readers are never copied to be used
/// twice. `Sendable`, for a reader goes from thread to thread as a whole.
///
/// Large ones come from the system and go back to it at once: what a heap keeps for later would count
/// as the program's as long as it runs.
final class TableMemory: @unchecked Sendable {
  private static let large = 64 << 10
  private let start: UnsafeMutableRawPointer
  private let bytes: Int

  init(_ bytes: Int) {
    self.bytes = bytes
    let start =
      bytes < TableMemory.large
      ? calloc(1, bytes)
      : mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    // What Swift's own allocations do where there is no memory.
    guard let start, start != MAP_FAILED else { fatalError("out of memory") }
    self.start = start
  }

  deinit {
    if bytes < TableMemory.large {
      free(start)
    } else {
      munmap(start, bytes)
    }
  }

  func slots<Slot: BitwiseCopyable>(_ type: Slot.Type, at offset: Int = 0) -> UnsafeMutablePointer<
    Slot
  > { (start + offset).assumingMemoryBound(to: type) }
}
