import Model

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file of collected evidence. `triage collect` writes it, live diagnosis reads it as it is: there
/// is no second path.
package struct CollectedFile: Sendable {
  enum Content: Sendable {
    case bytes([UInt8])
    /// A stretch of a log, fixed when it was found: what is written meanwhile is not of it.
    case range(OpenFile, start: Int, size: Int)
  }

  /// Below the folder of the collection: `redis-6379/info.txt`.
  package let path: String
  /// What it came from: a path, or a server and a command.
  package let origin: String
  let content: Content

  init(_ path: String, from origin: String, _ content: Content) {
    self.path = CollectedFile.plain(path)
    self.origin = origin
    self.content = content
  }

  /// Names come from command lines and open files of others: nothing of them may lead out of the
  /// folder, or be more than a name.
  private static func plain(_ path: String) -> String {
    let parts = path.split(separator: "/").map { part in
      let name = part.unicodeScalars.prefix(80).map { scalar in
        scalar.isASCII && scalar.value > 0x2c && scalar.value < 0x7b && scalar.value != 0x5c
          && !(0x3a...0x40).contains(scalar.value) && !(0x5b...0x5e).contains(scalar.value)
          && scalar.value != 0x60 ? Character(scalar) : "_"
      }
      return name.first == "." ? "_" + String(name.dropFirst()) : String(name)
    }
    return parts.joined(separator: "/")
  }

  init(_ path: String, from origin: String, text: String) {
    self.init(path, from: origin, .bytes(Array(text.utf8)))
  }

  package var size: Int {
    switch content {
    case .bytes(let bytes): bytes.count
    case .range(_, _, let size): size
    }
  }

  package func open() -> any ByteStream {
    switch content {
    case .bytes(let bytes): MemoryStream(bytes)
    case .range(let file, let start, let size): RangeStream(file: file, start: start, size: size)
    }
  }

  /// As evidence, recognised by its content as if it had come from a file.
  package var source: EvidenceSource {
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    return EvidenceSource(name: path, folder: folder.isEmpty ? "." : folder) {
      () throws(SourceError) in self.open()
    }
  }
}

private struct RangeStream: ByteStream {
  let file: OpenFile
  var start: Int
  var size: Int

  mutating func read(
    into buffer: UnsafeMutableBufferPointer<UInt8>
  ) throws(SourceError) -> Int {
    let wanted = min(buffer.count, size)
    guard wanted > 0 else { return 0 }
    while true {
      let count = pread(file.descriptor, buffer.baseAddress, wanted, off_t(start))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw SourceError("reading failed: \(FileFault(code: errno).words)") }
      start += count
      size -= count
      return count
    }
  }
}

/// Something that could not be collected.
package struct CollectionGap: Sendable, Equatable {
  package enum Reason: String, Sendable {
    /// It is there and did not answer, or could not be read: what is missing may hold the cause.
    case fault
    /// More rights would show it.
    case privilege
    /// It is not there, or not here.
    case absent
  }

  /// What is missing: `redis://127.0.0.1:6379`, `the kernel log`.
  package let what: String
  package let reason: Reason
  /// Why, and what to do about it.
  package let why: String

  package init(_ what: String, _ reason: Reason, _ why: String) {
    self.what = what
    self.reason = reason
    self.why = why
  }
}
