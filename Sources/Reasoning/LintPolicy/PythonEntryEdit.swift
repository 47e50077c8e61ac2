import Model

extension ConfigEdits {
  /// An entry of a dictionary, on the line below another of its entries. Where the dictionary has such
  /// an entry, which is a dictionary itself, what is new goes into that.
  func entry(_ entry: WantedEdit.Setting, below line: Int) -> [FileEdit] {
    guard lines.indices.contains(line), let own = file.indents[line],
      let quote = lines[line].unindented.first, "\"'".contains(quote)
    else { return [] }
    let known = siblings(of: line, indent: own).first { number in
      let text = lines[number].unindented
      return ["\"", "'"].contains { text.hasPrefix($0 + entry.name + $0) }
    }
    if let known { return inside(known, entry.value.dropFirst().dropLast()) }
    let new = String(repeating: " ", count: own) + "\"\(entry.name)\": \(entry.value),"
    let code = uncommented(lines[line][...])
    if code.hasSuffix(",") { return [insert([new], before: line + 1)] }
    // The last entry, without a comma.
    let next = file.indents[(line + 1)...].firstIndex { $0 != nil }
    guard let next, lines[next].unindented.hasPrefix("}") else { return [] }
    return [
      replace(line, code.endIndex..<code.endIndex, by: ","), insert([new], before: line + 1),
    ]
  }

  /// Right behind the brace that opens the dictionary on that line.
  private func inside(_ line: Int, _ new: Substring) -> [FileEdit] {
    let code = uncommented(lines[line][...])
    guard let brace = code.firstIndex(of: "{"), !code.contains(new.prefix { $0 != ":" }) else {
      return []
    }
    let behind = code.index(after: brace)
    let rest = code[behind...].unindented
    guard rest.isEmpty else {
      return [replace(line, behind..<behind, by: new + (rest.hasPrefix("}") ? "" : ", "))]
    }
    let indent = lines.indices.contains(line + 1) ? file.indents[line + 1] : nil
    guard let indent, let own = file.indents[line], indent > own else { return [] }
    return [insert([String(repeating: " ", count: indent) + new + ","], before: line + 1)]
  }

  /// The entries of the dictionary that stand on lines of their own.
  private func siblings(of line: Int, indent: Int) -> [Int] {
    let isInside: (Int) -> Bool = { (file.indents[$0] ?? .max) >= indent }
    let above = (0..<line).reversed().prefix(while: isInside)
    let below = (line..<lines.count).prefix(while: isInside)
    return (above.reversed() + below).filter { file.indents[$0] == indent }
  }
}
