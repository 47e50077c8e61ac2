import YAML

/// Reads the boxes of `aws --output table` into the records they show.
///
/// ```
/// ||                      InstanceStatuses                      ||
/// |+---------------------------+--------------------------------+|
/// ||     AvailabilityZone      |           InstanceId           ||    a header and rows, or, where the
/// |+---------------------------+--------------------------------+|    box would be too wide, a name
/// ||  eu-west-1b               |  i-0abcd1234ef567890           ||    and a value on each row
/// |||                     InstanceStatus                       |||
/// ```
///
/// The number of bars at the start is the depth; a deeper box belongs to the last record above it.
func parseAWSTable(_ lines: [String]) -> [Node] {
  var sections: [TableSection] = []
  for group in rowGroups(of: lines) {
    let isTitle = group.rows.count == 1 && group.rows[0].cells.count == 1
    if let last = sections.indices.last, sections[last].level == group.level,
      sections[last].takes(group, isTitle: isTitle)
    {
      sections[last].groups.append(group)
    } else if isTitle, let title = group.rows.first?.cells.first {
      sections.append(TableSection(level: group.level, title: title, line: group.rows[0].line))
    }
  }
  return records(of: sections[...]).map(\.value)
}

private struct TableRow {
  let cells: [String]
  let line: Int
}

/// Rows between two rules of one depth.
private struct RowGroup {
  let level: Int
  var rows: [TableRow]
}

private struct TableSection {
  let level: Int
  let title: String
  let line: Int
  var groups: [RowGroup] = []

  func takes(_ group: RowGroup, isTitle: Bool) -> Bool {
    switch groups.count {
    case 0: true
    case 1:
      !isTitle && groups[0].rows.count == 1
        && groups[0].rows[0].cells.count == group.rows[0].cells.count
    default: false
    }
  }

  /// The records of a box with a header, the one record of a box of names and values, or the plain
  /// values of a list.
  var contents: [Node] {
    guard let first = groups.first else { return [] }
    if groups.count > 1, let header = first.rows.first?.cells {
      return groups[1].rows.map { row in
        let pairs = zip(header, row.cells).map { ($0, scalar($1, row.line)) }
        return mapping(pairs, line: row.line)
      }
    }
    if first.rows.allSatisfy({ $0.cells.count == 2 }) {
      return [mapping(first.rows.map { ($0.cells[0], scalar($0.cells[1], $0.line)) }, line: line)]
    }
    return first.rows.filter { $0.cells.count == 1 }.map { scalar($0.cells[0], $0.line) }
  }
}

private func rowGroups(of lines: [String]) -> [RowGroup] {
  var groups: [RowGroup] = []
  var open: RowGroup?
  for (index, line) in lines.enumerated() {
    let bars = line.prefix { $0 == "|" }.count
    let rest = line.dropFirst(bars)
    // Real answers nest five deep.
    guard bars > 0, bars <= 16, rest.first != "+" else {
      if let group = open { groups.append(group) }
      open = nil
      continue
    }
    let level = bars - 1
    var inner = trimmedAtEnd(rest)
    var closing = bars
    while closing > 0, inner.last == "|" {
      inner = inner.dropLast()
      closing -= 1
    }
    let row = TableRow(
      cells: inner.split(separator: "|", omittingEmptySubsequences: false).map(trimmed),
      line: index + 1)
    if open?.level == level {
      open?.rows.append(row)
    } else {
      if let group = open { groups.append(group) }
      open = RowGroup(level: level, rows: [row])
    }
  }
  if let group = open { groups.append(group) }
  return groups
}

/// The boxes side by side at the depth of the first, each with what is nested in it.
private func records(of sections: ArraySlice<TableSection>) -> [(title: String, value: Node)] {
  var found: [(title: String, line: Int, items: [Node])] = []
  var rest = sections
  while let section = rest.popFirst() {
    let nested = rest.prefix { $0.level > section.level }
    rest = rest.dropFirst(nested.count)
    let children = records(of: nested)
    var items = section.contents
    if !children.isEmpty {
      let own = items.popLast()?.mapping ?? []
      let inner = children.map { (scalar($0.title, section.line), $0.value) }
      items.append(Node(.mapping(own + inner), line: section.line, column: 1))
    }
    if let known = found.lastIndex(where: { $0.title == section.title }) {
      found[known].items += items
    } else {
      found.append((section.title, section.line, items))
    }
  }
  return found.map { entry in
    if entry.items.count == 1, let lone = entry.items.first, lone.mapping != nil {
      return (entry.title, lone)
    }
    return (entry.title, Node(.sequence(entry.items), line: entry.line, column: 1))
  }
}

private func scalar(_ text: String, _ line: Int) -> Node {
  Node(.scalar(text, isQuoted: false), line: line, column: 1)
}

/// Blank cells are absent keys.
private func mapping(_ pairs: [(String, Node)], line: Int) -> Node {
  Node(
    .mapping(pairs.filter { $0.1.text != nil }.map { (scalar($0.0, line), $0.1) }),
    line: line, column: 1)
}

private func trimmed(_ text: Substring) -> String {
  String(trimmedAtEnd(text.drop { $0.isWhitespace }))
}

private func trimmedAtEnd(_ text: Substring) -> Substring {
  var text = text
  while text.last?.isWhitespace == true { text = text.dropLast() }
  return text
}
