import Model
import Synchronization

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Standard input, or another pipe. It can be read once but is opened twice, to recognise it and to
/// read it, so its beginning is kept; of an archive all is, beyond the limit in a nameless file.
final class Pipe: Sendable {
  /// Enough for recognition and for any config; what is longer is a log, and read on from there.
  static let keptLimit = 1 << 20
  /// What an archive may take of the disk of a box that is in trouble.
  static let spoolLimit = 1 << 30
  /// A slow server is waited for, a dead one is not.
  static let patience: Int32 = 300

  private struct State {
    var taken = 0
    /// The beginning, or nothing once that is more than the limit and not all is wanted.
    var kept: [UInt8] = []
    var wantsAll = false
    /// A file without a name that holds what is not in `kept`, at its place.
    var spool: Int32?
    /// Why no more can be had.
    var silence: SourceError?
    /// Why it cannot be read again.
    var refusal = SourceError("a pipe can be read only once: save it to a file")
  }

  private let descriptor: Int32
  private let patience: Int32
  private let state = Mutex(State())

  /// Waits up to `patience` seconds for each next byte of a pipe; for ever for a person who types.
  init(descriptor: Int32, patience: Int32 = patience) {
    self.descriptor = descriptor
    self.patience = isatty(descriptor) == 1 ? -1 : patience
  }

  deinit { state.withLock { if let spool = $0.spool { close(spool) } } }

  /// From now on all of it is kept.
  func keepAll() { state.withLock { $0.wantsAll = true } }

  fileprivate func read(
    from position: Int, into buffer: UnsafeMutableBufferPointer<UInt8>
  ) throws(SourceError) -> Int {
    // Within the lock: two readers at the same place must see the same bytes.
    try state.withLock { (state) throws(SourceError) -> Int in
      if position < state.kept.count {
        let count = min(buffer.count, state.kept.count - position)
        for offset in 0..<count { buffer[offset] = state.kept[position + offset] }
        return count
      }
      if let spool = state.spool, position < state.taken {
        let size = min(buffer.count, state.taken - position)
        let count = pread(spool, buffer.baseAddress, size, off_t(position))
        guard count > 0 else { throw SourceError("reading failed: \(reason(errno))") }
        return count
      }
      guard position == state.taken else { throw state.refusal }
      if let silence = state.silence { throw silence }
      guard isReady() else {
        let silence = SourceError("nothing came for \(patience) s: what had come was read")
        state.silence = silence
        throw silence
      }
      let count = try readSome(descriptor, into: buffer, atMost: buffer.count)
      if state.kept.count == state.taken, state.taken + count <= Pipe.keptLimit {
        state.kept += buffer[..<count]
      } else if state.wantsAll, count > 0 {
        do throws(SourceError) {
          try Pipe.keep(UnsafeMutableBufferPointer(rebasing: buffer[..<count]), in: &state)
        } catch {
          state.wantsAll = false
          state.refusal = error
        }
      } else if count > 0 {
        if state.spool == nil { state.kept = [] }
      }
      state.taken += count
      return count
    }
  }

  private func isReady() -> Bool {
    guard patience >= 0 else { return true }
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let count = poll(&wanted, 1, patience * 1000)
      if count < 0, errno == EINTR { continue }
      // What cannot be polled is left to `read`, which tells why.
      return count != 0
    }
  }

  private static func keep(
    _ bytes: UnsafeMutableBufferPointer<UInt8>, in state: inout State
  ) throws(SourceError) {
    let advice = "; save the archive to a file and give that"
    guard state.taken + bytes.count <= spoolLimit else {
      throw SourceError("of an archive in a pipe at most 1 GiB is kept" + advice)
    }
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    if state.spool == nil {
      // O_TMPFILE: it has no name, and is gone with us whatever happens.
      let nameless: Int32 = 0o20_000_000 | O_DIRECTORY
      let file = open(folder, nameless | O_RDWR | O_CLOEXEC, 0o600)
      guard file >= 0 else {
        let why = reason(errno)
        throw SourceError("an archive in a pipe needs room in \(folder): \(why)" + advice)
      }
      state.spool = file
    }
    var done = 0
    while done < bytes.count, let spool = state.spool, let base = bytes.baseAddress {
      let count = pwrite(spool, base + done, bytes.count - done, off_t(state.taken + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let why = reason(errno)
        close(spool)
        state.spool = nil
        throw SourceError("an archive in a pipe needs room in \(folder): \(why)" + advice)
      }
      done += count
    }
  }
}

/// One reading of a pipe.
struct PipeStream: ByteStream {
  let pipe: Pipe
  private var position = 0

  init(_ pipe: Pipe) { self.pipe = pipe }

  mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    let count = try pipe.read(from: position, into: buffer)
    position += count
    return count
  }
}
