import Model

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Where a collection goes.
package enum BundleTarget: Sendable, Equatable {
  case folder(String)
  case archive(String, isPacked: Bool)
  case standardOutput

  /// By the name: `-`, `x.tar.gz`, `x.tgz`, `x.tar`; anything else is a folder.
  package init(_ name: String) {
    if name == "-" {
      self = .standardOutput
    } else if name.hasSuffix(".tar.gz") || name.hasSuffix(".tgz") {
      self = .archive(name, isPacked: true)
    } else if name.hasSuffix(".tar") {
      self = .archive(name, isPacked: false)
    } else {
      self = .folder(name)
    }
  }
}

/// Writes a collection. Under its name it is whole or not there: an archive grows without a name where
/// the file system can do that, so that not even a killed program leaves anything; else, as a folder
/// does, under another name, and is renamed at the end.
package struct Bundle {
  private let files: [CollectedFile]
  private let folder: String

  package init(_ evidence: LiveEvidence, version: String) {
    files = evidence.files + [Manifest(evidence, version: version).file]
    folder = Bundle.name(host: evidence.host)
  }

  /// `triage-web-1-20261121-120000`
  package static func name(host: String) -> String { "triage-\(host)-\(WallClock.now.name)" }

  /// What is wrong with a place, before anything is collected for it.
  package static func refusal(of target: BundleTarget, for size: Int = 0) -> CollectError? {
    let path: String
    switch target {
    case .standardOutput: return nil
    case .folder(let name), .archive(let name, _): path = trimmed(name)
    }
    if access(path, F_OK) == 0, !isEmptyFolder(path) || target != .folder(path) {
      return CollectError("\(path) is already there", remedy: "give a name that is new")
    }
    let parent = parent(of: path)
    guard access(parent, W_OK) == 0 else {
      let why = strerror(errno).map { String(cString: $0).lowercased() } ?? "error \(errno)"
      return CollectError("cannot write to \(parent): \(why)", remedy: "name another place with -o")
    }
    guard let space = DiskSpace(at: parent) else { return nil }
    // What is left keeps a service alive that may need it at any moment.
    let reserve = min(max(space.size / 50, 16 << 20), 512 << 20)
    guard space.available - size < reserve else { return nil }
    return CollectError(
      "the disk of \(parent) is nearly full: \(space.available >> 20) MiB are left",
      remedy: "send the bundle elsewhere: triage collect -o - | ssh HOST 'cat > bundle.tar.gz'")
  }

  package func write(to target: BundleTarget) throws(CollectError) {
    let size = files.reduce(0) { $0 + $1.size + 1024 }
    if let refusal = Bundle.refusal(of: target, for: size) { throw refusal }
    switch target {
    case .standardOutput:
      try pack(DescriptorSink(descriptor: 1, name: "standard output"), isPacked: true)
    case .archive(let name, let isPacked):
      if let nameless = Bundle.nameless(in: Bundle.parent(of: name)) {
        defer { close(nameless) }
        try pack(DescriptorSink(descriptor: nameless, name: name), isPacked: isPacked)
        guard fsync(nameless) == 0 else { throw DescriptorSink.fault(name) }
        if Bundle.link(nameless, to: name) { return }
        // Without /proc it cannot be given a name.
        guard errno != EEXIST else { throw DescriptorSink.fault(name) }
      }
      let partial = Bundle.partial(name)
      do throws(CollectError) {
        let descriptor = try Bundle.create(partial)
        defer { close(descriptor) }
        try pack(DescriptorSink(descriptor: descriptor, name: name), isPacked: isPacked)
        guard fsync(descriptor) == 0, rename(partial, name) == 0 else {
          throw DescriptorSink.fault(name)
        }
      } catch {
        unlink(partial)
        throw error
      }
    case .folder(let name): try writeFolder(Bundle.trimmed(name))
    }
  }

  private func pack(_ sink: DescriptorSink, isPacked: Bool) throws(CollectError) {
    let time = Int(WallClock.now.seconds)
    if isPacked {
      var tar = TarWriter(try GzipSink(sink), folder: folder, time: time)
      for file in files { try tar.add(file) }
      try tar.finish()
    } else {
      var tar = TarWriter(sink, folder: folder, time: time)
      for file in files { try tar.add(file) }
      try tar.finish()
    }
  }

  private func writeFolder(_ name: String) throws(CollectError) {
    let partial = Bundle.partial(name)
    var made: [String] = []
    var written: [String] = []
    do throws(CollectError) {
      try Bundle.make(partial)
      made.append(partial)
      for file in files {
        let path = "\(partial)/\(file.path)"
        let parent = Bundle.parent(of: path)
        if !made.contains(parent) {
          try Bundle.make(parent)
          made.append(parent)
        }
        written.append(path)
        try write(file, to: path)
      }
      guard rename(partial, name) == 0 else { throw DescriptorSink.fault(name) }
    } catch {
      for path in written { unlink(path) }
      for path in made.reversed() { rmdir(path) }
      throw error
    }
  }

  private func write(_ file: CollectedFile, to path: String) throws(CollectError) {
    let descriptor = try Bundle.create(path)
    defer { close(descriptor) }
    var sink = DescriptorSink(descriptor: descriptor, name: path)
    var stream = file.open()
    var part = [UInt8](repeating: 0, count: 32 << 10)
    while true {
      var count = 0
      do throws(SourceError) {
        count = try part.withUnsafeMutableBufferPointer { (all) throws(SourceError) in
          try stream.read(into: all)
        }
      } catch { count = 0 }
      guard count > 0 else { return }
      try part[..<count].withUnsafeBufferPointer { (bytes) throws(CollectError) in
        try sink.write(UnsafeRawBufferPointer(bytes))
      }
    }
  }

  /// Nobody else's file, and nobody else may read it: it holds logs.
  private static func create(_ path: String) throws(CollectError) -> Int32 {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw DescriptorSink.fault(path) }
    return descriptor
  }

  /// A file that nobody can see and that goes with the program, where the file system has such.
  private static func nameless(in folder: String) -> Int32? {
    // O_TMPFILE, which is no plain number in the headers.
    let flags = O_WRONLY | O_DIRECTORY | O_CLOEXEC | 0o20_000_000
    let descriptor = open(folder, flags, 0o600)
    return descriptor >= 0 ? descriptor : nil
  }

  private static func link(_ descriptor: Int32, to name: String) -> Bool {
    linkat(AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0
  }

  private static func make(_ path: String) throws(CollectError) {
    guard mkdir(path, 0o700) == 0 else { throw DescriptorSink.fault(path) }
  }

  private static func trimmed(_ path: String) -> String {
    var path = path
    while path.hasSuffix("/"), path.count > 1 { path.removeLast() }
    return path
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func partial(_ path: String) -> String {
    let path = trimmed(path)
    let name = path.split(separator: "/").last.map(String.init) ?? "bundle"
    return "\(parent(of: path))/.\(name).partial-\(getpid())"
  }

  private static func isEmptyFolder(_ path: String) -> Bool {
    guard let directory = opendir(path) else { return false }
    defer { closedir(directory) }
    var count = 0
    while count < 3, readdir(directory) != nil { count += 1 }
    return count <= 2
  }
}
