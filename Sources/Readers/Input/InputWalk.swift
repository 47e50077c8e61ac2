import Model

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Turns the paths of a command line into sources of evidence: files, folders with all that is in
/// them, `-` for standard input. Compressed files are unpacked as they are read.
///
/// What cannot be read is a source too, whose `open` throws the reason, so that the account of
/// inputs has it. Links to files are followed, links to folders are not (they may lead anywhere);
/// hidden folders (`.git`) are left out unless given by name.
package func evidenceSources(
  at arguments: [String], standardInput: Int32 = 0
) throws(SourceError) -> [EvidenceSource] {
  var walk = InputWalk()
  // Sorted, so that which of two names of one file is kept does not depend on their order.
  for argument in arguments.sorted(by: precedes) {
    guard !argument.isEmpty else {
      throw SourceError("found an empty argument; expected a path (is a variable unset?)")
    }
    walk.add(argument, standardInput: standardInput)
  }
  return walk.sources.sorted { inputOrder($0, $1) }
}

/// The order of the account of inputs.
func inputOrder(_ a: EvidenceSource, _ b: EvidenceSource) -> Bool {
  a.folder == b.folder ? precedes(a.name, b.name) : precedes(a.folder, b.folder)
}

/// Bytewise, so that no locale or Unicode version changes it.
private func precedes(_ a: String, _ b: String) -> Bool {
  a.utf8.lexicographicallyPrecedes(b.utf8)
}

private struct InputWalk {
  private struct FileID: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
    }
  }

  private(set) var sources: [EvidenceSource] = []
  /// A file with two names, or given twice, is read once.
  private var files: [FileID: Int] = [:]
  private var folders: Set<FileID> = []
  private var hasStandardInput = false

  mutating func add(_ argument: String, standardInput: Int32) {
    if argument == "-" || argument == "/dev/stdin" {
      if !hasStandardInput { add(pipe: "-", standardInput) }
      hasStandardInput = true
      return
    }
    // `triage <(redis-cli info)`: the shell gives the reading end of a pipe a name.
    for prefix in ["/dev/fd/", "/proc/self/fd/"] where argument.hasPrefix(prefix) {
      if let descriptor = Int32(argument.dropFirst(prefix.count)), descriptor >= 0 {
        add(pipe: argument, descriptor)
        return
      }
    }
    let path = RawPath(argument)
    var status = stat()
    guard path.withCString({ stat($0, &status) }) == 0 else {
      refuse(path, SourceError(reason(errno)), isNamed: true)
      return
    }
    switch FileType(status) {
    case .regular: add(file: path, status, isNamed: true)
    case .folder: walk(path, status)
    case let type: refuse(path, SourceError(type.refusal), isNamed: true)
    }
  }

  private mutating func add(pipe name: String, _ descriptor: Int32) {
    let pipe = Pipe(descriptor: descriptor)
    sources.append(
      EvidenceSource(name: name, folder: "", isNamed: true) { () throws(SourceError) in
        var stream = PipeStream(pipe)
        var magic: [UInt8] = []
        while magic.count < 2 {
          var byte: [UInt8] = [0]
          let count = try byte.withUnsafeMutableBufferPointer { (buffer) throws(SourceError) in
            try stream.read(into: buffer)
          }
          guard count > 0 else { break }
          magic += byte
        }
        return magic == GzipStream.magic ? try GzipStream(PipeStream(pipe)) : PipeStream(pipe)
      })
  }

  private mutating func add(file path: RawPath, _ status: stat, isNamed: Bool) {
    let id = FileID(status)
    if let known = files[id] {
      guard isNamed, !sources[known].isNamed else { return }
      sources[known] = source(path, isNamed: true)
      return
    }
    files[id] = sources.count
    sources.append(source(path, isNamed: isNamed))
  }

  private func source(_ path: RawPath, isNamed: Bool) -> EvidenceSource {
    EvidenceSource(name: path.text, folder: folder(of: path.text), isNamed: isNamed) {
      () throws(SourceError) in
      let file = try FileStream(path)
      return file.magic() == GzipStream.magic ? try GzipStream(file) : file
    }
  }

  private mutating func refuse(_ path: RawPath, _ error: SourceError, isNamed: Bool = false) {
    sources.append(
      EvidenceSource(name: path.text, folder: folder(of: path.text), isNamed: isNamed) {
        () throws(SourceError) in throw error
      })
  }

  /// All files below a folder. A list of folders to come instead of recursion: a tree may be deeper
  /// than the stack.
  private mutating func walk(_ top: RawPath, _ status: stat) {
    var coming = [(top, status)]
    while let (folder, status) = coming.popLast() {
      guard folders.insert(FileID(status)).inserted else { continue }
      guard let names = entries(of: folder) else {
        refuse(folder, SourceError("cannot list the folder: \(reason(errno))"))
        continue
      }
      for name in names {
        let path = folder.appending(name)
        var status = stat()
        guard path.withCString({ lstat($0, &status) }) == 0 else {
          refuse(path, SourceError(reason(errno)))
          continue
        }
        let isLink = FileType(status) == .link
        if isLink, path.withCString({ stat($0, &status) }) != 0 {
          refuse(path, SourceError("a symbolic link that leads nowhere: \(reason(errno))"))
          continue
        }
        switch FileType(status) {
        case .regular: add(file: path, status, isNamed: false)
        case .folder where isLink:
          leaveOut(path, "a symbolic link to a folder is not followed; name it to read it")
        case .folder where name.first == UInt8(ascii: "."):
          leaveOut(path, "a hidden folder is not walked; name it to read it")
        case .folder: coming.append((path, status))
        case let type: leaveOut(path, type.refusal)
        }
      }
    }
  }

  private mutating func leaveOut(_ path: RawPath, _ why: String) {
    refuse(path, SourceError(why, isLeftOut: true))
  }
}

/// The names in a folder, sorted; nil with `errno` set where it cannot be listed.
private func entries(of folder: RawPath) -> [[UInt8]]? {
  guard let directory = folder.withCString({ opendir($0) }) else { return nil }
  defer { closedir(directory) }
  var names: [[UInt8]] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
    if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
  }
  return names.sorted { $0.lexicographicallyPrecedes($1) }
}

/// The folder a path lies in, in one spelling: `./a/x` and `a/x` lie together.
private func folder(of path: String) -> String {
  let parts = path.split(separator: "/").dropLast().filter { $0 != "." }
  let joined = parts.joined(separator: "/")
  if path.hasPrefix("/") { return "/" + joined }
  return joined.isEmpty ? "." : joined
}
