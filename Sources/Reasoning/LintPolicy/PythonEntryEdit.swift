import Model

extension ConfigEdits {
  /// An entry on the line below another of its dictionary, or behind that one where all stand on one
  /// line. A dictionary that has the key already is somebody's own.
  func entry(_ entry: WantedEdit.Setting, below line: Int) -> [FileEdit] {
    guard lines.indices.contains(line), let own = file.indents[line] else { return [] }
    let text = lines[line]
    let code = uncommented(text[...])
    let new = "\"\(entry.name)\": \(entry.value)"
    guard "\"'".contains(text.unindented.first ?? " ") else {
      return []
    }
    let siblings = dictionary(around: line, indent: own)
    guard code.hasSuffix(","), !siblings.contains(where: { lines[$0].contains(entry.name) }) else {
      return []
    }
    return [
      FileEdit(
        file: wanted.file, line: line + 2, removed: [],
        inserted: [String(repeating: " ", count: own) + new + ","],
        applicability: wanted.applicability)
    ]
  }

  /// The lines around one that are indented as far or further.
  private func dictionary(around line: Int, indent: Int) -> [Int] {
    let isInside: (Int) -> Bool = { (file.indents[$0] ?? .max) >= indent }
    let above = (0..<line).reversed().prefix(while: isInside)
    let below = (line..<lines.count).prefix(while: isInside)
    return above.reversed() + below
  }
}
