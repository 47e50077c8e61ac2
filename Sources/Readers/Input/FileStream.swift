import Model

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A regular file, read up to the size it had when it was opened: a log that grows under us ends.
final class FileStream: RangedStream, @unchecked Sendable {
  private let descriptor: Int32
  /// Used by one thread at a time; reading at an offset leaves it alone.
  private var left: Int
  let size: Int

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
    size = Int(status.st_size)
    left = size > 0 ? size : Document.limit
  }

  deinit { close(descriptor) }

  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    let count = try readSome(descriptor, into: buffer, atMost: left)
    left -= count
    return count
  }
}

extension FileStream {
  func read(
    into buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int
  ) throws(SourceError) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, offset)
      if count >= 0 { return count }
      guard errno == EINTR else { throw SourceError("reading failed: \(reason(errno))") }
    }
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

func readSome(
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
