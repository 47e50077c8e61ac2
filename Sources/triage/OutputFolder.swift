#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A folder that is written once: new or empty at the start, every file in it new. Names cannot lead
/// out of it, neither by `..` nor through links.
struct OutputFolder {
  let path: String

  init(_ path: String) throws {
    self.path = path
    if mkdir(path, 0o777) != 0 {
      guard errno == EEXIST else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
      guard let folder = opendir(path) else {
        throw Failure("\(path): it exists; give a folder that does not, or an empty one")
      }
      defer { closedir(folder) }
      var entries = 0
      while readdir(folder) != nil { entries += 1 }
      guard entries <= 2 else {
        throw Failure("\(path): the folder is not empty; triage writes over nothing")
      }
    }
  }

  /// A new file. `parts` are names without slashes.
  func create(_ parts: [String]) throws -> OutputFile {
    let shown = ([path] + parts).joined(separator: "/")
    guard let name = parts.last,
      parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0x2F) })
    else { throw Failure("\(shown): not a name below the folder") }
    var folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw OutputFolder.failure(path) }
    defer { close(folder) }
    for part in parts.dropLast() {
      if mkdirat(folder, part, 0o777) != 0, errno != EEXIST { throw OutputFolder.failure(shown) }
      let next = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard next >= 0 else { throw OutputFolder.failure(shown) }
      close(folder)
      folder = next
    }
    let file = openat(
      folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw OutputFolder.failure(shown) }
    return OutputFile(descriptor: file, path: shown)
  }

  private static func failure(_ path: String) -> Failure {
    Failure("\(path): \(String(cString: strerror(errno)))")
  }
}

func removeFile(_ path: String) { unlink(path) }

/// A file that is being written, in blocks.
final class OutputFile {
  private let descriptor: Int32
  let path: String
  private var block: [UInt8] = []

  init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { close(descriptor) }

  func write(_ line: [UInt8], endsLine: Bool) throws {
    block += line
    if endsLine { block.append(UInt8(ascii: "\n")) }
    if block.count >= 256 << 10 { try flush() }
  }

  func flush() throws {
    var position = 0
    while position < block.count {
      let count = block.withUnsafeBytes {
        systemWrite(descriptor, $0.baseAddress?.advanced(by: position), block.count - position)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure("\(path): \(String(cString: strerror(errno)))")
      }
      position += count
    }
    block.removeAll(keepingCapacity: true)
  }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
