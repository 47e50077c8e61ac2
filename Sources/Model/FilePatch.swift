/// A file with changes of whole lines: what a diff shows and what mending it writes.
package struct FilePatch: Sendable, Equatable {
  package struct Change: Sendable, Equatable {
    /// 0-based: the first line that is replaced, or the one that is inserted before.
    package let start: Int
    package let removed: Int
    /// With their line ends.
    package let inserted: [[UInt8]]

    package init(start: Int, removed: Int, inserted: [[UInt8]]) {
      self.start = start
      self.removed = removed
      self.inserted = inserted
    }

    package var end: Int { start + removed }
  }

  package let path: String
  /// With their line ends; the last may have none.
  package let lines: [ArraySlice<UInt8>]
  /// In order; none overlaps another.
  package let changes: [Change]

  package init(path: String, lines: [ArraySlice<UInt8>], changes: [Change]) {
    self.path = path
    self.lines = lines
    self.changes = changes
  }

  /// The lines of a file, each with its line end.
  package static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      lines.append(bytes[start...index])
      start = index + 1
    }
    if start < bytes.count { lines.append(bytes[start...]) }
    return lines
  }

  /// The file as it is to be.
  package var patched: [UInt8] {
    var bytes: [UInt8] = []
    var next = 0
    for change in changes {
      bytes += lines[min(next, change.start)..<change.start].joined()
      bytes += change.inserted.joined()
      next = change.end
    }
    return bytes + lines[min(next, lines.count)...].joined()
  }
}
