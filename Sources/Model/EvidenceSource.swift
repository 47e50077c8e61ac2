/// A piece of evidence before it is read: a name, a hint of its kind, and a pull source of bytes.
/// Files, stdin, archive members and live answers are all this.
package struct EvidenceSource: Sendable {
  /// What people call it: the path as given, or `redis://host:port INFO`.
  package let name: String
  /// Where it lies: evidence without names belongs together within one folder.
  package let folder: String
  /// What it is, where the collector knows; nil lets recognition decide.
  package let hint: EvidenceKind?
  /// Given by name rather than found in a walked folder: not recognising it is worth an error.
  package let isNamed: Bool
  /// Its bytes come once; of those that have come only the beginning can be read again.
  package let isPipe: Bool
  /// Where it stands for files that were not even seen, why: a folder that cannot be listed.
  package let unseen: String?
  /// Opens it from the start; may be called twice (to recognise, then to read).
  package let open: @Sendable () throws(SourceError) -> any ByteStream

  package init(
    name: String, folder: String, hint: EvidenceKind? = nil, isNamed: Bool = false,
    isPipe: Bool = false, unseen: String? = nil,
    open: @escaping @Sendable () throws(SourceError) -> any ByteStream
  ) {
    self.name = name
    self.folder = folder
    self.hint = hint
    self.isNamed = isNamed
    self.isPipe = isPipe
    self.unseen = unseen
    self.open = open
  }
}

/// Bytes on demand.
package protocol ByteStream {
  /// Reads up to `buffer.count` bytes; 0 at the end.
  mutating func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int
}

/// Bytes already in memory: a live answer, a test.
package struct MemoryStream: ByteStream {
  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package mutating func read(
    into buffer: UnsafeMutableBufferPointer<UInt8>
  ) throws(SourceError) -> Int {
    let count = min(buffer.count, bytes.count - position)
    for offset in 0..<count { buffer[offset] = bytes[position + offset] }
    position += count
    return count
  }
}

/// Why a source cannot be opened or read on.
package struct SourceError: Error, Sendable, Equatable {
  package let message: String
  /// Left alone on purpose, so nothing that was meant as evidence is lost: a hidden folder.
  package let isLeftOut: Bool
  /// With it files were lost that nobody has seen.
  package let hidesFiles: Bool

  package init(_ message: String, isLeftOut: Bool = false, hidesFiles: Bool = false) {
    self.message = message
    self.isLeftOut = isLeftOut
    self.hidesFiles = hidesFiles
  }
}
