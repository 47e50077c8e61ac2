#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Why a file of the system was not read.
enum FileFault: Error, Equatable, Sendable {
  case absent
  case denied
  case other(String)

  init(code: Int32) {
    switch code {
    // A process that ended between listing and reading gives ESRCH.
    case ENOENT, ENOTDIR, ESRCH: self = .absent
    case EACCES, EPERM: self = .denied
    default: self = .other(strerror(code).map { String(cString: $0).lowercased() } ?? "\(code)")
    }
  }

  var words: String {
    switch self {
    case .absent: "there is no such file"
    case .denied: "permission denied"
    case .other(let why): why
    }
  }
}

/// Reads what the kernel and services show as files. Bounded, never waiting for a pipe to be
/// written, never following what only a test's tree should hold: all paths lie below `root`.
struct SystemFiles: Sendable {
  /// Empty, or the tree of a test.
  let root: String

  init(root: String = "") { self.root = root }

  /// At most `limit` bytes of a file's beginning.
  func bytes(_ path: String, limit: Int = 64 << 10) throws(FileFault) -> [UInt8] {
    let file = try OpenFile(root + path)
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: min(limit, 16 << 10))
    // The files of /proc state no size.
    while bytes.count < limit {
      let count = read(file.descriptor, &part, min(part.count, limit - bytes.count))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileFault(code: errno) }
      guard count > 0 else { break }
      bytes += part[..<count]
    }
    return bytes
  }

  func text(_ path: String, limit: Int = 64 << 10) throws(FileFault) -> String {
    String(decoding: try bytes(path, limit: limit), as: UTF8.self)
  }

  /// The text, or nil where it cannot be read, for what nobody would miss.
  func textIfAny(_ path: String, limit: Int = 64 << 10) -> String? {
    do throws(FileFault) {
      return try text(path, limit: limit)
    } catch {
      return nil
    }
  }

  /// The names in a folder, sorted; at most 100,000.
  func names(in folder: String) throws(FileFault) -> [String] {
    guard let directory = opendir(root + folder) else { throw FileFault(code: errno) }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < 100_000, let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Where a symbolic link leads, as it states it.
  func link(_ path: String) -> String? {
    var target = [UInt8](repeating: 0, count: 4096)
    let count = target.withUnsafeMutableBytes { buffer -> Int in
      guard let room = buffer.bindMemory(to: CChar.self).baseAddress else { return -1 }
      return readlink(root + path, room, buffer.count)
    }
    guard count > 0, count < target.count else { return nil }
    return String(decoding: target[..<count], as: UTF8.self)
  }

  func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

  /// The user and group that own a file.
  func owner(_ path: String) -> (user: UInt32, group: UInt32)? {
    var status = stat()
    guard stat(root + path, &status) == 0 else { return nil }
    return (status.st_uid, status.st_gid)
  }

  /// Opens a file for a service: only a regular file, and only one that the service's own user may
  /// read. A process can claim any path on its command line; that must not make root read
  /// somebody's secrets into a bundle.
  func open(_ path: String, readableBy owner: (user: UInt32, group: UInt32)) throws(FileFault)
    -> OpenFile
  {
    let file = try OpenFile(root + path)
    guard let status = file.status, status.st_mode & S_IFMT == S_IFREG else {
      throw .other("it is no regular file")
    }
    let mode = status.st_mode
    let mayRead =
      owner.user == 0 || mode & S_IROTH != 0 || status.st_uid == owner.user && mode & S_IRUSR != 0
      || status.st_gid == owner.group && mode & S_IRGRP != 0
    guard mayRead else { throw .other("the process that names it may not read it itself") }
    return file
  }
}

/// A file held open: log rotation moves it away from its name.
final class OpenFile: Sendable {
  let descriptor: Int32

  init(_ path: String) throws(FileFault) {
    descriptor = openWithoutWaiting(path)
    guard descriptor >= 0 else { throw FileFault(code: errno) }
  }

  deinit { close(descriptor) }

  var status: stat? {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? status : nil
  }

  var size: Int { status.map { Int($0.st_size) } ?? 0 }

  /// Bytes from a position on; fewer where the file ends.
  func bytes(at position: Int, count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, count))
    var have = 0
    while have < bytes.count {
      let got = bytes.withUnsafeMutableBytes {
        pread(
          descriptor, $0.baseAddress?.advanced(by: have), $0.count - have, off_t(position + have))
      }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { break }
      have += got
    }
    return Array(bytes[..<have])
  }
}

/// Without O_NONBLOCK a FIFO or a device without a peer would hold the caller for ever.
private func openWithoutWaiting(_ path: String) -> Int32 {
  open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
}
