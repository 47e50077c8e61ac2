import Model

/// The fixes of findings, as patches of files. All edits of a finding are made or none is: it is
/// refused where a line no longer stands as it was read, or where two findings want different things
/// of one line.
package struct FixPlan: Sendable {
  package private(set) var patches: [FilePatch] = []
  /// Findings whose edits are made.
  package private(set) var mended: [Finding] = []
  package private(set) var refused: [(finding: Finding, reason: String)] = []

  /// `read` gives the bytes of a file, or why it cannot be changed.
  package init(_ findings: [Finding], read: (String) -> Result<[UInt8], FixRefusal>) {
    var files: [String: Result<[ArraySlice<UInt8>], FixRefusal>] = [:]
    var wanted: [(finding: Finding, edits: [FileEdit])] = []
    for finding in findings {
      var reason: String?
      // Without edits the file could not be read, or does not show plainly what to change.
      if finding.edits.isEmpty, let wanted = finding.wanted,
        case .failure(let refusal) = files[wanted.file] ?? read(wanted.file).map(FilePatch.lines)
      {
        reason = "\(wanted.file): \(refusal.reason)"
      }
      var edits: [FileEdit] = []
      for edit in finding.edits where reason == nil {
        let file = files[edit.file] ?? read(edit.file).map(FilePatch.lines)
        files[edit.file] = file
        switch file {
        case .failure(let refusal): reason = "\(edit.file): \(refusal.reason)"
        case .success(let lines):
          guard edit.fits(lines) else {
            reason = "\(edit.file):\(edit.line): the line has changed"
            continue
          }
          if !edit.isDone(lines) { edits.append(edit) }
        }
      }
      if let reason {
        refused.append((finding, reason))
      } else if !edits.isEmpty {
        wanted.append((finding, edits))
      }
    }
    keepPeaceful(&wanted)
    let byFile = Dictionary(grouping: wanted.lazy.flatMap(\.edits), by: \.file)
    for (path, edits) in byFile.sorted(by: { $0.key < $1.key }) {
      guard case .success(let lines) = files[path] else { continue }
      patches.append(FilePatch(path: path, lines: lines, changes: changes(edits, lines)))
    }
    mended = wanted.map(\.finding)
  }

  /// Of edits that clash none is made: the first one would leave work for a second run.
  private mutating func keepPeaceful(_ wanted: inout [(finding: Finding, edits: [FileEdit])]) {
    var clashing: Set<Int> = []
    let edits = wanted.indices.flatMap { index in wanted[index].edits.map { (index, $0) } }
    for ofFile in Dictionary(grouping: edits, by: \.1.file).values {
      // Of those in the order of their lines only neighbours can clash.
      let sorted = ofFile.sorted { ($0.1.line, $0.0) < ($1.1.line, $1.0) }
      for (position, (a, one)) in sorted.enumerated() {
        for (b, other) in sorted[(position + 1)...] {
          guard other.line <= one.line + one.removed.count else { break }
          if a != b, one.clashes(with: other) { clashing.formUnion([a, b]) }
        }
      }
    }
    for index in clashing.sorted() {
      let edit = wanted[index].edits[0]
      refused.append(
        (wanted[index].finding, "\(edit.file):\(edit.line): two fixes want this line otherwise"))
    }
    wanted = wanted.indices.filter { !clashing.contains($0) }.map { wanted[$0] }
  }

  /// Changes of several parts of one line are one change of that line; what is put at one place below
  /// one new head (a list, `volumes:`) stands below it together.
  private func joined(_ edits: [FileEdit]) -> [FileEdit] {
    var result: [FileEdit] = []
    var slots: [String: Int] = [:]
    for edit in edits {
      let isBlock = edit.removed.isEmpty && edit.inserted.count > 1
      guard edit.part != nil || isBlock else {
        result.append(edit)
        continue
      }
      let key = "\(edit.line) \(isBlock ? edit.inserted[0] : "")"
      guard let slot = slots[key] else {
        slots[key] = result.count
        result.append(edit)
        continue
      }
      let first = result[slot]
      // A bracket that closes the list stands below them all, once.
      let isClosed =
        edit.inserted.last?.unindented == "]," && first.inserted.last == edit.inserted.last
      result[slot] = FileEdit(
        file: edit.file, line: edit.line, removed: edit.removed,
        inserted: isBlock
          ? first.inserted.dropLast(isClosed ? 1 : 0) + edit.inserted.dropFirst()
          : [
            changed(edit.removed.joined(), edits.filter { $0.line == edit.line }.compactMap(\.part))
          ],
        applicability: edit.applicability)
    }
    return result
  }

  private func changed(_ text: String, _ parts: [FileEdit.Part]) -> String {
    var text = text
    // From the end, so that what stands before keeps its place; of those at one place the first comes
    // to stand before the others.
    let sorted = parts.enumerated().sorted {
      ($0.element.range.lowerBound, $0.element.range.upperBound, $0.offset)
        > ($1.element.range.lowerBound, $1.element.range.upperBound, $1.offset)
    }
    for (_, part) in sorted {
      let start = text.index(text.startIndex, offsetBy: part.range.lowerBound)
      let end = text.index(start, offsetBy: part.range.count)
      text.replaceSubrange(start..<end, with: part.new)
    }
    return text
  }

  private func changes(
    _ edits: [FileEdit], _ lines: [ArraySlice<UInt8>]
  ) -> [FilePatch.Change] {
    var unique: [FileEdit] = []
    for edit in edits where !unique.contains(where: { $0.isSame(as: edit) }) { unique.append(edit) }
    unique = joined(unique)
    // At one line, what is inserted stands before what is replaced.
    let sorted = unique.enumerated().sorted {
      ($0.element.line, min($0.element.removed.count, 1), $0.offset)
        < ($1.element.line, min($1.element.removed.count, 1), $1.offset)
    }
    var changes: [FilePatch.Change] = []
    for (_, edit) in sorted {
      let start = edit.line - 1
      let isWithin = lines.indices.contains(start) && lines[start].last == UInt8(ascii: "\n")
      let near = isWithin ? lines[start] : lines.first ?? []
      let end: [UInt8] = near.suffix(2) == [13, 10] ? [13, 10] : [10]
      var inserted = edit.inserted.map { Array($0.utf8) + end }
      let lastReplaced = start + edit.removed.count
      let last = lines.last ?? []
      guard let final = last.last, final != UInt8(ascii: "\n"), lastReplaced >= lines.count else {
        changes.append(
          FilePatch.Change(start: start, removed: edit.removed.count, inserted: inserted))
        continue
      }
      // The last line has no end, and keeps to have none.
      if !inserted.isEmpty {
        inserted[inserted.count - 1].removeLast(end.count)
      }
      guard edit.removed.isEmpty else {
        changes.append(
          FilePatch.Change(start: start, removed: edit.removed.count, inserted: inserted))
        continue
      }
      // Another edit may have taken its place already.
      var (from, count, before) = (lines.count - 1, 1, [Array(last)])
      if let known = changes.last, known.end == lines.count {
        (from, count, before) = (known.start, known.removed, known.inserted)
        changes.removeLast()
      }
      let ended = before.dropLast() + [(before.last ?? []) + end]
      changes.append(
        FilePatch.Change(start: from, removed: count, inserted: ended + inserted))
    }
    return changes
  }
}

/// Why a file cannot be changed.
package struct FixRefusal: Error, Sendable, Equatable {
  package let reason: String

  package init(_ reason: String) { self.reason = reason }
}

extension FileEdit {
  /// Its lines stand where it says.
  fileprivate func fits(_ lines: [ArraySlice<UInt8>]) -> Bool {
    guard line >= 1, line <= lines.count + 1, removed.count <= lines.count - (line - 1) else {
      return false
    }
    return zip(removed, lines[(line - 1)...]).allSatisfy { $0.utf8.elementsEqual(content($1)) }
  }

  /// What it would put there stands there.
  fileprivate func isDone(_ lines: [ArraySlice<UInt8>]) -> Bool {
    if !removed.isEmpty { return removed == inserted }
    guard inserted.count <= lines.count - (line - 1) else { return false }
    return zip(inserted, lines[(line - 1)...]).allSatisfy { $0.utf8.elementsEqual(content($1)) }
  }

  private func content(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return line
  }

  fileprivate func isSame(as other: FileEdit) -> Bool {
    file == other.file && line == other.line && removed == other.removed
      && inserted == other.inserted
  }

  /// Both replace a line, and not in the same way. What is inserted only stands beside, and so do
  /// changes of different parts of one line.
  fileprivate func clashes(with other: FileEdit) -> Bool {
    guard file == other.file, !isSame(as: other) else { return false }
    if let part, let theirs = other.part, line == other.line {
      return part.range.lowerBound < theirs.range.upperBound
        && theirs.range.lowerBound < part.range.upperBound
    }
    guard !removed.isEmpty, !other.removed.isEmpty else {
      // Within what another replaces nothing can be inserted.
      let (point, whole) = removed.isEmpty ? (self, other) : (other, self)
      return point.line > whole.line && point.line < whole.line + whole.removed.count
    }
    return line < other.line + other.removed.count && other.line < line + removed.count
  }
}
