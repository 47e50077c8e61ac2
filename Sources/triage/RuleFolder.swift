import Reasoning

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

private let fileLimit = 1000
private let byteLimit = 1 << 20

/// The YAML files of a pack's folder: those in it and those in its folders, one level deep. At most
/// 1000 files of 1 MiB each.
func ruleFiles(in folder: String) throws -> RuleFiles {
  guard !folder.isEmpty else {
    throw Failure("--rules: an empty folder was given: is a variable unset?")
  }
  var paths: [String] = []
  for name in try names(in: folder) where !name.hasPrefix(".") {
    let path = folder + "/" + name
    if isYAML(name) {
      paths.append(name)
    } else if isFolder(path) {
      paths += try names(in: path).filter { isYAML($0) && !$0.hasPrefix(".") }
        .map { name + "/" + $0 }
    }
    guard paths.count <= fileLimit else {
      throw Failure("\(folder): more than \(fileLimit) rule files; is it a folder of rules?")
    }
  }
  guard !paths.isEmpty else {
    throw Failure(
      "\(folder): no rules there; expected causes/*.yaml, symptoms/*.yaml or coverage.yaml")
  }
  return RuleFiles(
    folder: folder,
    files: try paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map {
      (path: $0, text: try text(ofFile: folder + "/" + $0))
    })
}

private func isYAML(_ name: String) -> Bool { name.hasSuffix(".yaml") || name.hasSuffix(".yml") }

private func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

private func names(in folder: String) throws -> [String] {
  guard let stream = opendir(folder) else {
    throw Failure("\(folder): \(String(cString: strerror(errno)))")
  }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    names.append(name)
    guard names.count <= 100 * fileLimit else {
      throw Failure("\(folder): too many files; is it a folder of rules?")
    }
  }
  return names
}

private func text(ofFile path: String) throws -> String {
  // Not blocking, so that a pipe in the folder is refused and not waited for.
  let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
  guard descriptor >= 0 else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
  defer { close(descriptor) }
  var status = stat()
  guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
    throw Failure("\(path): not a file")
  }
  var bytes = [UInt8](repeating: 0, count: byteLimit + 1)
  var count = 0
  while count < bytes.count {
    let got = bytes.withUnsafeMutableBytes { buffer in
      read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
    }
    if got < 0, errno == EINTR { continue }
    guard got >= 0 else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
    if got == 0 { break }
    count += got
  }
  guard count <= byteLimit else { throw Failure("\(path): larger than 1 MiB") }
  guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
    throw Failure("\(path): not UTF-8 text")
  }
  return text
}
