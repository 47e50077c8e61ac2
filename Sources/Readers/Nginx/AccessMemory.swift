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
final class TableMemory: @unchecked Sendable {
  private let start: UnsafeMutableRawPointer

  init(_ bytes: Int) {
    guard let start = calloc(1, bytes) else { fatalError("out of memory") }
    self.start = start
  }

  deinit { free(start) }

  func slots<Slot: BitwiseCopyable>(_ type: Slot.Type, at offset: Int = 0) -> UnsafeMutablePointer<
    Slot
  > { (start + offset).assumingMemoryBound(to: type) }
}
