import Model
import Synchronization

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A regular file, read up to the size it had when it was opened: a log that grows under us ends.
final class FileStream: ByteStream {
  private let descriptor: Int32
  private var left: Int

  init(_ path: RawPath) throws(SourceError) {
    // Without waiting: opening a FIFO that nobody writes to would hang.
    descriptor = path.withCString { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
    guard descriptor >= 0 else { throw SourceError(reason(errno)) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw SourceError(reason(code))
    }
    let type = FileType(status)
    guard type == .regular else {
      close(descriptor)
      throw SourceError(type.refusal)
    }
    // Files of /proc state no size; no snapshot of them comes near the limit.
    left = status.st_size > 0 ? Int(status.st_size) : Document.limit
  }

  deinit { close(descriptor) }

  /// The first two bytes, which tell a compressed file.
  func magic() -> [UInt8] {
    var bytes: [UInt8] = [0, 0]
    let count = pread(descriptor, &bytes, 2, 0)
    return Array(bytes.prefix(max(0, count)))
  }

  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    let count = try readSome(descriptor, into: buffer, atMost: left)
    left -= count
    return count
  }
}

/// Standard input, or another pipe. It can be read once but is opened twice, to recognise it and to
/// read it, so its beginning is kept.
final class Pipe: Sendable {
  /// Enough for recognition and for any config; what is longer is a log, and read on from there.
  static let keptLimit = 1 << 20

  private struct State {
    var taken = 0
    /// All that was taken, or nothing once that is more than the limit.
    var kept: [UInt8] = []
  }

  private let descriptor: Int32
  private let state = Mutex(State())

  init(descriptor: Int32) { self.descriptor = descriptor }

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
      guard position == state.taken else {
        throw SourceError("a pipe can be read only once: save it to a file")
      }
      let count = try readSome(descriptor, into: buffer, atMost: buffer.count)
      if state.kept.count == state.taken, state.taken + count <= Pipe.keptLimit {
        state.kept += buffer[..<count]
      } else if count > 0 {
        state.kept = []
      }
      state.taken += count
      return count
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

/// A path as the system has it: names need not be UTF-8.
struct RawPath: Hashable {
  /// Without the closing NUL.
  let bytes: [UInt8]

  init(bytes: [UInt8]) { self.bytes = bytes }
  init(_ text: String) { bytes = Array(text.utf8) }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  func appending(_ name: [UInt8]) -> RawPath {
    bytes.last == UInt8(ascii: "/")
      ? RawPath(bytes: bytes + name) : RawPath(bytes: bytes + [UInt8(ascii: "/")] + name)
  }

  func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { buffer in
      // The array holds at least the closing NUL.
      buffer.baseAddress.map(body) ?? "".withCString(body)
    }
  }
}

enum FileType {
  case regular, folder, link, fifo, socket, device

  init(_ status: stat) {
    self =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .folder
      case S_IFLNK: .link
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      default: .device
      }
  }

  /// Why it is not read.
  var refusal: String {
    let what =
      switch self {
      case .regular: "a file"
      case .folder: "a folder"
      case .link: "a symbolic link"
      case .fifo: "a named pipe (FIFO)"
      case .socket: "a socket"
      case .device: "a device"
      }
    return "it is \(what), expected a regular file"
  }
}

/// An error of the system in words.
func reason(_ code: Int32) -> String {
  switch code {
  case ENOENT: "no such file or folder"
  case EACCES, EPERM: "permission denied"
  case ELOOP: "symbolic links lead in a circle"
  case ENAMETOOLONG: "the name is too long"
  case ENOTDIR: "a part of the path is no folder"
  default:
    strerror(code).map { String(cString: $0).lowercased() } ?? "error \(code)"
  }
}

private func readSome(
  _ descriptor: Int32, into buffer: UnsafeMutableBufferPointer<UInt8>, atMost limit: Int
) throws(SourceError) -> Int {
  let size = min(buffer.count, limit)
  guard size > 0 else { return 0 }
  while true {
    let count = read(descriptor, buffer.baseAddress, size)
    if count >= 0 { return count }
    switch errno {
    case EINTR: continue
    case EAGAIN:
      // Another program made the pipe non-blocking: wait for it.
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      poll(&wanted, 1, -1)
    case let code: throw SourceError("reading failed: \(reason(code))")
    }
  }
}
