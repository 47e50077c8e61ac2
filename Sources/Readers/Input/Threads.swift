import Model
import Synchronization

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Does so many pieces of work, at most `threads` of them side by side; gives their results in their
/// order, whichever was done first.
func sideBySide<Result: Sendable>(
  _ count: Int, threads: Int, _ work: @escaping @Sendable (Int) -> Result
) -> [Result] {
  guard min(count, threads) > 1 else { return (0..<count).map(work) }
  let state = Monitor((next: 0, results: [Int: Result]()))
  let loop: @Sendable () -> Void = {
    while true {
      let number = state.change { state in
        state.next += 1
        return state.next - 1
      }
      guard number < count else { return }
      let result = work(number)
      state.change { $0.results[number] = result }
    }
  }
  let others = (1..<min(count, threads)).map { _ in WorkerThread(loop) }
  loop()
  for thread in others { thread.join() }
  let results = state.change { $0.results }
  return (0..<count).compactMap { results[$0] }
}

/// Work whose result is wanted later: begun at once where another thread may do it, else done when it is
/// asked for.
package struct Aside<Result: Sendable>: ~Copyable {
  private let work: @Sendable () -> Result
  private let done = Monitor(Result?.none)
  private let thread: WorkerThread?

  package init(threads: Int, _ work: @escaping @Sendable () -> Result) {
    self.work = work
    let done = done
    thread =
      threads > 1
      ? WorkerThread {
        let result = work()
        done.change { $0 = result }
      } : nil
  }

  package consuming func result() -> Result {
    thread?.join()
    return done.change { $0 } ?? work()
  }
}

/// A thread of its own for a piece of work; `join` waits for its end.
struct WorkerThread {
  /// Documents nest; some systems give a thread a hundredth of that.
  private static let stackSize = 8 << 20

  private let handle: pthread_t?

  /// Where the system gives no thread the work is done at once.
  init(_ work: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
      let work: @Sendable () -> Void
      init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }
    let box = Unmanaged.passRetained(Box(work))
    let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
    pthread_attr_init(attributes)
    pthread_attr_setstacksize(attributes, WorkerThread.stackSize)
    defer {
      pthread_attr_destroy(attributes)
      attributes.deallocate()
    }
    var thread = pthread_t()
    #if canImport(Musl)
      var handle: pthread_t?
      let error = pthread_create(
        &handle, attributes,
        {
          if let box = $0 { Unmanaged<Box>.fromOpaque(box).takeRetainedValue().work() }
          return nil
        }, box.toOpaque())
      if let handle { thread = handle }
    #else
      let error = pthread_create(
        &thread, attributes,
        {
          if let box = $0 { Unmanaged<Box>.fromOpaque(box).takeRetainedValue().work() }
          return nil
        }, box.toOpaque())
    #endif
    handle = error == 0 ? thread : nil
    if error != 0 { box.takeRetainedValue().work() }
  }

  func join() { if let handle { pthread_join(handle, nil) } }
}

/// A value that several threads change in turn, and whose changes they can wait for.
final class Monitor<Value>: @unchecked Sendable {
  private var value: Value
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(_ value: Value) {
    self.value = value
    mutex.initialize(to: pthread_mutex_t())
    changed.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(changed)
    mutex.deallocate()
    changed.deallocate()
  }

  /// Changes the value, and wakes who waits for that.
  func change<Result>(_ body: (inout Value) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
    }
    return body(&value)
  }

  /// Waits until the body gives something.
  func wait<Result>(_ body: (inout Value) -> Result?) -> Result {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
    }
    while true {
      if let result = body(&value) { return result }
      pthread_cond_wait(changed, mutex)
    }
  }
}

/// Reads ahead on a thread of its own, so that unpacking and reading go on side by side. Four
/// buffers go round: full ones one way, empty ones back.
final class ReadAhead: ByteStream {
  private static let bufferSize = 256 << 10

  private enum Part: Sendable {
    case bytes([UInt8])
    case end
    case failure(SourceError)
  }

  private struct State: Sendable {
    var full: [Part] = []
    var empty: [[UInt8]] = []
    /// Buffers that were not needed yet.
    var unmade = 4
    var isAbandoned = false
  }

  private final class Inner: @unchecked Sendable {
    var stream: any ByteStream
    init(_ stream: any ByteStream) { self.stream = stream }
  }

  private let state: Monitor<State>
  private let thread: WorkerThread
  private var current: [UInt8] = []
  private var position = 0
  private var last: Part?

  init(_ stream: any ByteStream) {
    // Only the thread uses the stream from here on.
    let inner = Inner(stream)
    let state = Monitor(State())
    self.state = state
    thread = WorkerThread {
      while true {
        var buffer = state.wait { state -> [UInt8]? in
          if state.isAbandoned { return [] }
          if let used = state.empty.popLast() { return used }
          guard state.unmade > 0 else { return nil }
          state.unmade -= 1
          return [UInt8](repeating: 0, count: ReadAhead.bufferSize)
        }
        guard !buffer.isEmpty else { return }
        let part: Part
        do throws(SourceError) {
          let count = try buffer.withUnsafeMutableBufferPointer {
            (all) throws(SourceError) in try inner.stream.read(into: all)
          }
          if count > 0, count < buffer.count { buffer.removeLast(buffer.count - count) }
          part = count > 0 ? .bytes(buffer) : .end
        } catch {
          part = .failure(error)
        }
        state.change { $0.full.append(part) }
        guard case .bytes = part else { return }
      }
    }
  }

  deinit {
    state.change { $0.isAbandoned = true }
    thread.join()
  }

  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    if position == current.count, last == nil { next() }
    if position == current.count {
      if case .failure(let error) = last { throw error }
      return 0
    }
    let count = min(buffer.count, current.count - position)
    current.withUnsafeBufferPointer { bytes in
      if let target = buffer.baseAddress, let source = bytes.baseAddress {
        target.update(from: source + position, count: count)
      }
    }
    position += count
    return count
  }

  private func next() {
    let used = current
    current = []
    position = 0
    state.change { state in
      guard !used.isEmpty else { return }
      // A part that was not full was the last, or came from a pipe: a new one is as good.
      if used.count == ReadAhead.bufferSize { state.empty.append(used) } else { state.unmade += 1 }
    }
    let part = state.wait { $0.full.isEmpty ? nil : $0.full.removeFirst() }
    if case .bytes(let bytes) = part { current = bytes } else { last = part }
  }
}
