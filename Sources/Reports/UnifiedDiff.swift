import Model

/// One unified diff of several files, as `patch -p1` and `git apply` take it: so nothing in it is
/// redacted or escaped but names.
package func unifiedDiff(_ patches: [FilePatch], context: Int = 3) -> [UInt8] {
  patches.flatMap { patch -> [UInt8] in
    let isAbsolute = patch.path.hasPrefix("/")
    var bytes = Array("--- \(diffName(isAbsolute ? patch.path : "a/" + patch.path))\n".utf8)
    bytes += Array("+++ \(diffName(isAbsolute ? patch.path : "b/" + patch.path))\n".utf8)
    var shift = 0
    for hunk in hunks(patch, context: context) { bytes += text(hunk, of: patch, shift: &shift) }
    return bytes
  }
}

/// Changes so near to each other that their context meets.
private func hunks(_ patch: FilePatch, context: Int) -> [(
  changes: [FilePatch.Change], lines: Range<Int>
)] {
  var hunks: [(changes: [FilePatch.Change], lines: Range<Int>)] = []
  for change in patch.changes {
    let lines = max(change.start - context, 0)..<min(change.end + context, patch.lines.count)
    if let last = hunks.last, lines.lowerBound <= last.lines.upperBound {
      hunks[hunks.count - 1] = (
        last.changes + [change],
        last.lines.lowerBound..<max(last.lines.upperBound, lines.upperBound)
      )
    } else {
      hunks.append(([change], lines))
    }
  }
  return hunks
}

private func text(
  _ hunk: (changes: [FilePatch.Change], lines: Range<Int>), of patch: FilePatch, shift: inout Int
) -> [UInt8] {
  let growth = hunk.changes.reduce(0) { $0 + $1.inserted.count - $1.removed }
  let old = hunk.lines.count
  let new = old + growth
  // A range without lines is numbered by the line before it.
  let oldStart = hunk.lines.lowerBound + (old == 0 ? 0 : 1)
  let newStart = hunk.lines.lowerBound + shift + (new == 0 ? 0 : 1)
  var bytes = Array("@@ -\(range(oldStart, old)) +\(range(newStart, new)) @@\n".utf8)
  func add(_ mark: Character, _ line: some Collection<UInt8>) {
    bytes += Array(String(mark).utf8) + line
    if line.isEmpty || Array(line).last != UInt8(ascii: "\n") {
      bytes += Array("\n\\ No newline at end of file\n".utf8)
    }
  }
  var next = hunk.lines.lowerBound
  for change in hunk.changes {
    for line in patch.lines[min(next, change.start)..<change.start] { add(" ", line) }
    for line in patch.lines[change.start..<change.end] { add("-", line) }
    for line in change.inserted { add("+", line) }
    next = change.end
  }
  for line in patch.lines[min(next, hunk.lines.upperBound)..<hunk.lines.upperBound] {
    add(" ", line)
  }
  shift += growth
  return bytes
}

private func range(_ start: Int, _ count: Int) -> String {
  count == 1 ? "\(start)" : "\(start),\(count)"
}

/// As git writes names: in quotes where a character could be taken for syntax; a tab ends a name with
/// a blank.
private func diffName(_ path: String) -> String {
  guard path.unicodeScalars.contains(where: { isHidden($0) || $0 == "\"" || $0 == "\\" }) else {
    return path.contains(" ") ? path + "\t" : path
  }
  var name = ""
  for byte in path.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): name += "\\" + String(Unicode.Scalar(byte))
    case 0x20..<0x7F: name.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let digits = String(byte, radix: 8)
      name += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }
  }
  return "\"\(name)\""
}
