import Model

/// A file that holds files, read once from front to back: nothing of it is kept, sought or written.
protocol Archive: AnyObject {
  /// Goes to the next member, passing over what is left of the one before; nil at the end.
  func next() throws(SourceError) -> ArchiveMember?

  /// Reads on in the member at hand; 0 at its end.
  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int
}

struct ArchiveMember: Equatable {
  /// As the archive has it: anything at all.
  let name: [UInt8]
  /// Why it is not read: it is a link, a device, encrypted.
  var refusal: String?
  /// A link or a device: leaving it out loses nothing.
  var isNoFile = false
}

/// The archive that a stream holds, told by its first bytes; nil for anything else.
func archive(in stream: BufferedStream, budget: UnpackingBudget) -> (any Archive)? {
  let head = stream.peek(TarArchive.blockSize)
  if TarArchive.isHeader(head) { return TarArchive(stream) }
  if ZipArchive.isMagic(head) { return ZipArchive(stream, budget: budget) }
  return nil
}

/// The bytes of the member at hand.
struct MemberStream: ByteStream {
  private let archive: any Archive

  init(_ archive: any Archive) { self.archive = archive }

  func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
    try archive.read(into: buffer)
  }
}

/// The name of a member for people. It is shown and tells what lies together, and is never opened;
/// even so nothing of it points out of the archive.
struct MemberName {
  /// As long as a path of Linux can be.
  static let limit = 4096

  /// Folders, if any, and the name itself.
  let path: String
  let isTooLong: Bool

  init(_ raw: [UInt8]) {
    isTooLong = raw.count > MemberName.limit
    var bytes = isTooLong ? Array(raw.prefix(100)) : raw
    // Old .NET wrote zip files with the separators of Windows.
    if !bytes.contains(UInt8(ascii: "/")) {
      bytes = bytes.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }
    }
    var parts: [Substring] = []
    let text = String(decoding: bytes, as: UTF8.self)
    for part in text.split(separator: "/") where part != "." {
      // As tar does: what stands before `..` is left out, and so is `..`.
      if part == ".." { parts = [] } else { parts.append(part) }
    }
    path = parts.isEmpty ? "(no name)" : parts.joined(separator: "/") + (isTooLong ? "…" : "")
  }
}
