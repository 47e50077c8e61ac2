import Model

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Turns the paths of a command line into sources of evidence: files, folders with all that is in
/// them, `-` for standard input. Compressed files and archives are unpacked as they are read.
///
/// What cannot be read is a source too, whose `open` throws the reason, so that the account of
/// inputs has it. Links to files are followed, links to folders are not (they may lead anywhere);
/// hidden folders (`.git`) are left out unless given by name.
package func evidenceList(
  at arguments: [String], standardInput: Int32 = 0
) throws(SourceError) -> EvidenceList {
  var walk = InputWalk()
  // Sorted, so that which of two names of one file is kept does not depend on their order.
  for argument in arguments.sorted(by: precedes) {
    guard !argument.isEmpty else {
      throw SourceError("found an empty argument; expected a path (is a variable unset?)")
    }
    walk.add(argument, standardInput: standardInput)
  }
  walk.list.sort()
  return walk.list
}

/// The same as an array, for few files.
package func evidenceSources(
  at arguments: [String], standardInput: Int32 = 0
) throws(SourceError) -> [EvidenceSource] {
  Array(try evidenceList(at: arguments, standardInput: standardInput))
}

/// The order of the account of inputs.
func inputOrder(_ a: EvidenceSource, _ b: EvidenceSource) -> Bool {
  a.folder == b.folder ? precedes(a.name, b.name) : precedes(a.folder, b.folder)
}

/// Bytewise, so that no locale or Unicode version changes it.
func precedes(_ a: String, _ b: String) -> Bool {
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

  var list = EvidenceList()
  /// A file with two names, or given twice, is read once.
  private var files: [FileID: EvidenceList.Index32] = [:]
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
      return refuse(path, SourceError(reason(errno)))
    }
    switch FileType(status) {
    case .regular:
      add(file: path.bytes, in: list.folder(of: argument), status, isNamed: true)
    case .folder: walk(path, status)
    case let type: refuse(path, SourceError(type.refusal))
    }
  }

  private mutating func add(pipe name: String, _ descriptor: Int32) {
    var status = stat()
    if fstat(descriptor, &status) == 0, isatty(descriptor) == 0 {
      switch FileType(status) {
      // What /dev/zero gives never ends; /dev/null is empty.
      case .device where !isNull(status), .folder:
        let error = SourceError(FileType(status).refusal)
        list.append(
          EvidenceSource(name: name, folder: "", isNamed: true) { () throws(SourceError) in
            throw error
          })
        return
      default: break
      }
    }
    let pipe = Pipe(descriptor: descriptor)
    list.append(
      EvidenceSource(name: name, folder: "", isNamed: true, isPipe: true) {
        () throws(SourceError) in PipeStream(pipe)
      })
  }

  private func isNull(_ status: stat) -> Bool {
    var null = stat()
    return stat("/dev/null", &null) == 0 && null.st_rdev == status.st_rdev
  }

  private mutating func add(
    file name: [UInt8], in folder: EvidenceList.FolderID, _ status: stat, isNamed: Bool
  ) {
    let id = FileID(status)
    if let known = files[id] {
      guard isNamed, !list.isNamed(known) else { return }
      list.replace(known, name, in: folder, isNamed: true)
      return
    }
    files[id] = list.append(name, in: folder, isNamed: isNamed)
  }

  /// Refuses what was given by name.
  private mutating func refuse(_ path: RawPath, _ error: SourceError) {
    list.append(
      path.bytes, in: list.folder(of: path.text), isNamed: true, refusal: error)
  }

  /// All files below a folder. A list of folders to come instead of recursion: a tree may be deeper
  /// than the stack.
  private mutating func walk(_ top: RawPath, _ status: stat) {
    var coming = [(top, status)]
    while let (path, status) = coming.popLast() {
      guard folders.insert(FileID(status)).inserted else { continue }
      let folder = list.folder(path)
      func refuse(
        _ name: [UInt8], _ message: String, isLeftOut: Bool = false, hidesFiles: Bool = false
      ) {
        let error = SourceError(message, isLeftOut: isLeftOut, hidesFiles: hidesFiles)
        list.append(name, in: folder, refusal: error)
      }
      guard let names = FolderNames(path) else {
        let error = SourceError("cannot list the folder: \(reason(errno))", hidesFiles: true)
        list.append(path.bytes, in: list.folder(of: path.text), refusal: error)
        continue
      }
      for name in names {
        guard list.count < UnpackingBudget.memberLimit else {
          let limit = UnpackingBudget.memberLimit
          refuse(
            [], "more than \(limit) files: the rest was not read; give fewer folders",
            hidesFiles: true)
          return
        }
        let whole = path.appending(name)
        var status = stat()
        guard whole.withCString({ lstat($0, &status) }) == 0 else {
          refuse(name, reason(errno))
          continue
        }
        let isLink = FileType(status) == .link
        if isLink, whole.withCString({ stat($0, &status) }) != 0 {
          refuse(name, "a symbolic link that leads nowhere: \(reason(errno))")
          continue
        }
        switch FileType(status) {
        case .regular: add(file: name, in: folder, status, isNamed: false)
        case .folder where isLink:
          let why = "a symbolic link to a folder is not followed; name it to read it"
          refuse(name, why, isLeftOut: true)
        case .folder where name.first == UInt8(ascii: "."):
          refuse(name, "a hidden folder is not walked; name it to read it", isLeftOut: true)
        case .folder: coming.append((whole, status))
        case let type: refuse(name, type.refusal, isLeftOut: true)
        }
      }
    }
  }
}

/// The names in a folder, sorted, in one piece of memory: there may be 100,000.
private struct FolderNames: Sequence {
  private var bytes: [UInt8] = []
  private var ranges: [Range<UInt32>] = []

  /// Nil with `errno` set where the folder cannot be listed.
  init?(_ folder: RawPath) {
    guard let directory = folder.withCString({ opendir($0) }) else { return nil }
    defer { closedir(directory) }
    while ranges.count <= UnpackingBudget.memberLimit, let entry = readdir(directory) {
      let start = UInt32(clamping: bytes.count)
      withUnsafeBytes(of: &entry.pointee.d_name) { bytes += $0.prefix { $0 != 0 } }
      let name = bytes[Int(start)...]
      if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) {
        bytes.removeLast(name.count)
      } else {
        ranges.append(start..<UInt32(clamping: bytes.count))
      }
    }
    ranges = ranges.sorted { name($0).lexicographicallyPrecedes(name($1)) }
  }

  private func name(_ range: Range<UInt32>) -> ArraySlice<UInt8> {
    bytes[Int(range.lowerBound)..<Int(range.upperBound)]
  }

  func makeIterator() -> some IteratorProtocol<[UInt8]> {
    ranges.lazy.map { Array(name($0)) }.makeIterator()
  }
}

/// The folder a path lies in, in one spelling: `./a/x` and `a/x` lie together.
func folder(of path: String) -> String {
  let parts = path.split(separator: "/").dropLast().filter { $0 != "." }
  let joined = parts.joined(separator: "/")
  if path.hasPrefix("/") { return "/" + joined }
  return joined.isEmpty ? "." : joined
}
