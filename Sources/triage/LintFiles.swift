import Model
import Reasoning

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The folder that relative paths begin at; empty where it cannot be told.
func workingFolder() -> String {
  guard let path = getcwd(nil, 0) else { return "" }
  defer { free(path) }
  return String(cString: path)
}

/// A path from the root, without `.` and `..`; links are not looked at.
func absolutePath(_ path: String, in folder: String) -> String {
  var parts: [Substring] = []
  let whole = path.hasPrefix("/") ? path : folder + "/" + path
  for part in whole.split(separator: "/") where part != "." {
    if part == ".." { _ = parts.popLast() } else { parts.append(part) }
  }
  return "/" + parts.joined(separator: "/")
}

/// A path as reports tell it: relative where it lies below the working folder.
func toldPath(_ path: String, below folder: String) -> String {
  let plain = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
  let prefix = folder.hasSuffix("/") ? folder : folder + "/"
  return !folder.isEmpty && plain.hasPrefix(prefix) ? String(plain.dropFirst(prefix.count)) : plain
}

/// All of a file, if it is one and of at most `limit` bytes.
func fileBytes(_ path: String, limit: Int = 8 << 20) throws(FixRefusal) -> [UInt8] {
  // Not blocking, so that a pipe is refused and not waited for.
  let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
  guard descriptor >= 0 else { throw FixRefusal(String(cString: strerror(errno))) }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw FixRefusal("not a file")
  }
  var bytes: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 64 << 10)
  while bytes.count <= limit {
    let count = part.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw FixRefusal(String(cString: strerror(errno))) }
    if count == 0 { return bytes }
    bytes += part[..<count]
  }
  throw FixRefusal("larger than \(limit >> 20) MiB")
}

/// `.triage.yml` in the folder that is linted or in the nearest one above it, up to the top of its
/// repository.
func settingsFile(above path: String, in folder: String) -> String? {
  var at = absolutePath(path, in: folder)
  if !isFolder(at) { at = parent(at) }
  while true {
    let file = (at == "/" ? "" : at) + "/.triage.yml"
    if access(file, F_OK) == 0 { return file }
    if at == "/" || access(at + "/.git", F_OK) == 0 { return nil }
    at = parent(at)
  }
}

func parent(_ path: String) -> String {
  let parts = path.split(separator: "/").dropLast()
  return "/" + parts.joined(separator: "/")
}

private func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Today's date in UTC.
func todaysDate() -> String {
  String((Instant(seconds: Double(time(nil)))?.description ?? "1970-01-01").prefix(10))
}
