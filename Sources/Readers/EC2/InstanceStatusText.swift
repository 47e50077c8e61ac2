import Model
import YAML

/// Reads `aws ec2 describe-instance-status --output text` into the records of its JSON form.
///
/// ```
/// INSTANCESTATUSES	us-west-2b	i-0397ab5c1d2e4f681
/// EVENTS	system-reboot	scheduled reboot	instance-event-0e43	2024-11-14T15:00:00.000Z	...
/// INSTANCESTATE	16	running
/// SYSTEMSTATUS	impaired
/// DETAILS	2024-11-14T12:07:00.000Z	reachability	failed
/// ```
///
/// Columns have no names: the CLI sorts the fields of a row and leaves out those that no row of the
/// block has, so a column is told by what it holds.
func instanceStatusRecords(inText lines: [String]) -> [Node] {
  var records: [StatusRecord] = []
  for (index, text) in lines.enumerated() {
    let row = TextRow(text, line: index + 1)
    if row.name == "INSTANCESTATUSES" {
      records.append(StatusRecord(row))
    } else if let last = records.indices.last {
      records[last].add(row)
    }
  }
  return records.map(\.node)
}

/// A row of `--output text`: tab separated, unless a terminal turned the tabs into blanks.
struct TextRow {
  let columns: [String]
  let line: Int

  var name: String { columns.first ?? "" }
  var values: ArraySlice<String> { columns.dropFirst() }

  init(_ text: String, line: Int) {
    self.line = line
    columns =
      text.contains("\t")
      ? text.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      : text.split(separator: " ").map(String.init)
  }

  func field(_ name: String, _ value: String?) -> (key: Node, value: Node)? {
    guard let value, !value.isEmpty, value != "None" else { return nil }
    return (scalar(name), scalar(value))
  }

  func scalar(_ text: String) -> Node {
    Node(.scalar(text, isQuoted: true), line: line, column: 1)
  }
}

private struct StatusRecord {
  private var fields: [(key: Node, value: Node)]
  private var events: [Node] = []
  private let row: TextRow

  init(_ row: TextRow) {
    self.row = row
    let id = row.values.first { $0.hasPrefix("i-") }
    fields = [
      row.field("InstanceId", id),
      row.field("AvailabilityZone", row.values.first.flatMap { $0 == id ? nil : $0 }),
    ].compactMap(\.self)
  }

  mutating func add(_ row: TextRow) {
    switch row.name {
    case "ATTACHEDEBSSTATUS": add("AttachedEbsStatus", [row.field("Status", row.values.first)], row)
    case "INSTANCESTATUS": add("InstanceStatus", [row.field("Status", row.values.first)], row)
    case "SYSTEMSTATUS": add("SystemStatus", [row.field("Status", row.values.first)], row)
    case "INSTANCESTATE": add("InstanceState", [row.field("Name", row.values.last)], row)
    case "DETAILS": addDetails(row)
    case "EVENTS": events.append(event(row))
    default: break
    }
  }

  var node: Node {
    var fields = fields
    if let first = events.first {
      fields.append((row.scalar("Events"), Node(.sequence(events), line: first.line, column: 1)))
    }
    return Node(.mapping(fields), line: row.line, column: 1)
  }

  private mutating func add(
    _ name: String, _ members: [(key: Node, value: Node)?], _ row: TextRow
  ) {
    let members = members.compactMap(\.self)
    fields.append((row.scalar(name), Node(.mapping(members), line: row.line, column: 1)))
  }

  /// Details belong to the status block above them: `[ImpairedSince] Name Status`.
  private mutating func addDetails(_ row: TextRow) {
    guard let last = fields.indices.last, var block = fields[last].value.mapping else { return }
    let since = row.values.first { parseISO8601($0) != nil }
    let names = row.values.filter { $0 != since && !$0.isEmpty }
    let detail = [
      row.field("ImpairedSince", since), row.field("Name", names.first),
      row.field("Status", names.count > 1 ? names.last : nil),
    ].compactMap(\.self)
    block.append((row.scalar("Details"), Node(.mapping(detail), line: row.line, column: 1)))
    fields[last].value = Node(.mapping(block), line: fields[last].value.line, column: 1)
  }

  /// `Code Description InstanceEventId [NotAfter] NotBefore [NotBeforeDeadline]`.
  private func event(_ row: TextRow) -> Node {
    let values = Array(row.values)
    let isTime = { (text: String) in parseISO8601(text) != nil || parseEpochColumn(text) }
    let id = values.firstIndex { $0.hasPrefix("instance-event-") }
    let textEnd = id ?? values.firstIndex(where: isTime) ?? values.count
    let tail = values[min(values.count, id.map { $0 + 1 } ?? textEnd)...]
    let times = tail.map { isTime($0) ? $0 : nil }
    let (notAfter, notBefore, deadline) = StatusRecord.eventTimes(times)
    let members = [
      row.field("Code", values.first),
      row.field("Description", values.prefix(textEnd).dropFirst().joined(separator: " ")),
      row.field("InstanceEventId", id.map { values[$0] }),
      row.field("NotAfter", notAfter), row.field("NotBefore", notBefore),
      row.field("NotBeforeDeadline", deadline),
    ]
    return Node(.mapping(members.compactMap(\.self)), line: row.line, column: 1)
  }

  /// With two times the order tells which: an event ends after it begins, and the deadline to move
  /// it lies after its begin.
  private static func eventTimes(
    _ times: [String?]
  ) -> (notAfter: String?, notBefore: String?, deadline: String?) {
    switch times.count {
    case 0: return (nil, nil, nil)
    case 1: return (nil, times[0], nil)
    case 2:
      guard let first = times[0], let second = times[1] else {
        return (nil, times[0] ?? times[1], nil)
      }
      // ISO 8601 of one answer sorts as text.
      return first > second ? (first, second, nil) : (nil, first, second)
    default: return (times[0], times[1], times[2])
    }
  }

  private func parseEpochColumn(_ text: String) -> Bool {
    (Double(text) ?? 0) > 1e9
  }
}
