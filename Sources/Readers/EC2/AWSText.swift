import Model
import YAML

/// Reads `aws --output text` into the records of its JSON form.
///
/// ```
/// METRICALARMS	True	arn:aws:cloudwatch:...:alarm:sys	...	StatusCheckFailed_System	AWS/EC2	60	...
/// DIMENSIONS	InstanceId	i-0c0ffee0000000002
/// EVENTS	arn:aws:health:eu-west-1::event/EC2/...	eu-west-1a	2026-12-04T12:00:00+00:00	...
/// ```
///
/// A row begins with the name of its block; columns have no names. The CLI sorts the fields of a row and
/// leaves out those that no row of the block has, so a column is told by what it holds and by what
/// stands beside it.
enum AWSText {
  private static let heads = [
    "EVENTS", "EVENT", "SUCCESSFULSET", "ENTITIES", "METRICALARMS", "ALARMHISTORYITEMS",
    "METRICDATARESULTS", "RESERVATIONS", "INSTANCES",
  ]

  /// Whether an answer begins with this line.
  static func isOne(_ line: String) -> Bool {
    line.contains("\t") && heads.contains(TextRow(line, line: 1).name)
  }

  static func isRow(_ line: String, _ name: String) -> Bool { line.hasPrefix("\(name)\t") }

  static func records(_ lines: [String]) -> [Node] {
    var records: [Record] = []
    for (index, line) in lines.enumerated() where line.contains("\t") {
      let row = TextRow(line, line: index + 1)
      if let record = Record(row) {
        records.append(record)
      } else if let last = records.indices.last {
        records[last].add(row)
      }
    }
    return records.map(\.node)
  }

  /// A row of a kind that is read, and what the rows below it add.
  private struct Record {
    private let row: TextRow
    private var fields: [(key: Node, value: Node)]
    private var lists: [(name: String, items: [Node])] = []
    /// The key under which a description and entities belong to the event above them.
    private var isEvent = false

    init?(_ row: TextRow) {
      self.row = row
      switch row.name {
      case "EVENTS", "EVENT":
        guard let event = AWSText.event(row) else { return nil }
        fields = event
        isEvent = true
      case "ENTITIES": fields = AWSText.entity(row)
      case "METRICALARMS": fields = AWSText.alarm(row)
      case "ALARMHISTORYITEMS": fields = AWSText.historyItem(row)
      case "METRICDATARESULTS": fields = AWSText.metricResult(row)
      case "INSTANCES":
        fields = AWSText.instance(row)
        guard !fields.isEmpty else { return nil }
      default: return nil
      }
    }

    mutating func add(_ row: TextRow) {
      let values = row.values.filter { !$0.isEmpty }
      switch row.name {
      case "EVENTDESCRIPTION" where isEvent:
        append("eventDescription", mapping(row, ["latestDescription": values.first]))
      case "DIMENSIONS" where values.count == 2:
        append("Dimensions", mapping(row, ["Name": values.first, "Value": values.last]))
      case "TIMESTAMPS", "VALUES":
        for value in values {
          append(row.name == "VALUES" ? "Values" : "Timestamps", row.scalar(value))
        }
      case "STATE": append("State", mapping(row, ["Name": values.last]))
      case "STATEREASON": append("StateReason", mapping(row, ["Code": values.first]))
      case "PLACEMENT":
        append(
          "Placement",
          mapping(row, ["AvailabilityZone": values.first(where: AWSText.isAvailabilityZone)]))
      case "CPUOPTIONS":
        let numbers = values.filter { Int($0) != nil }
        guard numbers.count == 2 else { return }
        append(
          "CpuOptions",
          mapping(row, ["CoreCount": numbers.first, "ThreadsPerCore": numbers.last]))
      case "ASSOCIATION":
        let owner = values.first { $0 == "amazon" || $0.utf8.count == 12 && Int($0) != nil }
        guard let owner else { return }
        let key = row.scalar("Association")
        let inner = mapping(row, ["IpOwnerId": owner])
        append("NetworkInterfaces", Node(.mapping([(key, inner)]), line: row.line, column: 1))
      default: break
      }
    }

    private mutating func append(_ name: String, _ item: Node) {
      if let known = lists.firstIndex(where: { $0.name == name }) {
        lists[known].items.append(item)
      } else {
        lists.append((name, [item]))
      }
    }

    private func mapping(_ row: TextRow, _ members: KeyValuePairs<String, String?>) -> Node {
      let known = members.compactMap { row.field($0.key, $0.value) }
      return Node(.mapping(known), line: row.line, column: 1)
    }

    var node: Node {
      let inner = lists.map { name, items in
        (key: row.scalar(name), value: Node(.sequence(items), line: items[0].line, column: 1))
      }
      return Node(.mapping(fields + inner), line: row.line, column: 1)
    }
  }

  private typealias Fields = [(key: Node, value: Node)]

  private static func isTime(_ text: String) -> Bool {
    parseISO8601(text) != nil || (Double(text) ?? 0) > 1e9
  }

  // MARK: AWS Health

  /// `arn [availabilityZone] [endTime] eventScopeCode eventTypeCategory eventTypeCode
  /// lastUpdatedTime region service startTime statusCode`. The events of describe-instance-status
  /// have no ARN.
  private static func event(_ row: TextRow) -> Fields? {
    let values = Array(row.values)
    guard let arn = values.first(where: { $0.contains(":health:") }),
      let code = values.firstIndex(where: { $0.hasPrefix("AWS_") })
    else { return nil }
    let later = values[code...].filter(isTime)
    let scopes = ["PUBLIC", "ACCOUNT_SPECIFIC", "NONE"]
    let statuses = ["open", "closed", "upcoming"]
    let service = values[code...].firstIndex { $0 == "EC2" }
    return [
      row.field("arn", arn), row.field("eventTypeCode", values[code]),
      row.field("endTime", values[..<code].first(where: isTime)),
      row.field("lastUpdatedTime", later.count > 1 ? later.first : nil),
      row.field("startTime", later.last),
      row.field("region", service.map { values[$0 - 1] }.flatMap { isTime($0) ? nil : $0 }),
      row.field("eventScopeCode", values.first(where: scopes.contains)),
      row.field("statusCode", values.last(where: statuses.contains)),
    ].compactMap(\.self)
  }

  private static func entity(_ row: TextRow) -> Fields {
    let statuses = ["IMPAIRED", "UNIMPAIRED", "UNKNOWN", "PENDING", "RESOLVED"]
    return [
      row.field("entityValue", row.values.first(where: AWSOutput.isInstanceID)),
      row.field(
        "eventArn", row.values.first { $0.contains(":health:") && $0.contains(":event/") }),
      row.field("statusCode", row.values.last(where: statuses.contains)),
    ].compactMap(\.self)
  }

  // MARK: CloudWatch

  private static func alarm(_ row: TextRow) -> Fields {
    let values = Array(row.values)
    func cell(_ index: Int?) -> String? {
      index.flatMap { values.indices.contains($0) ? values[$0] : nil }
    }
    let arn = values.firstIndex { $0.contains(":cloudwatch:") && $0.contains(":alarm:") }
    let name = arn.flatMap { values[$0].split(separator: ":", maxSplits: 6).last }
    let comparison = values.firstIndex { $0.contains("Than") && $0.hasSuffix("Threshold") }
    let space = values.firstIndex { $0.hasPrefix("AWS/") || $0 == "CWAgent" }
    let states = ["OK", "ALARM", "INSUFFICIENT_DATA"]
    // An alarm may be called OK, too: its state comes after the times.
    let firstTime = values.lastIndex(where: isTime)
    let state = firstTime.flatMap { cell($0 + 1) }.flatMap { states.contains($0) ? $0 : nil }
    let reason = values.first {
      $0.hasPrefix("Threshold Crossed") || $0.hasPrefix("Insufficient Data")
        || $0.hasPrefix("Unchecked") || $0.contains("datapoint")
    }
    return [
      row.field("AlarmName", name.map(String.init)), row.field("StateValue", state),
      row.field("ComparisonOperator", cell(comparison)),
      row.field("Namespace", cell(space)), row.field("MetricName", cell(space.map { $0 - 1 })),
      row.field("StateReason", reason),
      row.field("StateUpdatedTimestamp", state == nil ? nil : cell(firstTime)),
      row.field("StateTransitionedTimestamp", state == nil ? nil : transition(values, firstTime)),
    ].compactMap(\.self)
  }

  /// Where both are printed, the time at which the state changed stands before that of its last update.
  private static func transition(_ values: [String], _ updated: Int?) -> String? {
    guard let updated, updated > 0, isTime(values[updated - 1]) else { return nil }
    return values[updated - 1]
  }

  /// `AlarmName AlarmType HistoryData HistoryItemType HistorySummary Timestamp`.
  private static func historyItem(_ row: TextRow) -> Fields {
    let values = Array(row.values)
    let types = ["StateUpdate", "Action", "ConfigurationUpdate"]
    guard let type = values.lastIndex(where: types.contains), type > 0, type + 1 < values.count
    else { return [] }
    return [
      row.field("AlarmName", values.first), row.field("HistoryItemType", values[type]),
      row.field("HistorySummary", values[type + 1]), row.field("HistoryData", values[type - 1]),
      row.field("Timestamp", values[(type + 1)...].first(where: isTime)),
    ].compactMap(\.self)
  }

  /// `Id Label StatusCode`.
  private static func metricResult(_ row: TextRow) -> Fields {
    let values = Array(row.values)
    return [
      row.field("Id", values.first), row.field("Label", values.count > 1 ? values[1] : nil),
      row.field("StatusCode", values.count > 2 ? values[2] : nil),
    ].compactMap(\.self)
  }

  // MARK: EC2

  private static func instance(_ row: TextRow) -> Fields {
    guard let id = row.values.first(where: AWSOutput.isInstanceID) else { return [] }
    return [
      row.field("InstanceId", id),
      row.field("InstanceType", row.values.first { isInstanceType($0[...]) }),
      row.field("LaunchTime", row.values.first(where: isTime)),
      row.field("RootDeviceType", row.values.first { $0 == "ebs" || $0 == "instance-store" }),
      row.field("PrivateIpAddress", row.values.first { isPublicIPv4($0) == false }),
      row.field("PublicIpAddress", row.values.first { isPublicIPv4($0) == true }),
    ].compactMap(\.self)
  }

  /// What one row alone tells of an instance, also where `--query` put other things beside it.
  static func instance(ofRow row: TextRow) -> Node {
    let states = ["pending", "running", "shutting-down", "terminated", "stopping", "stopped"]
    let more = [
      row.field("AvailabilityZone", row.values.first(where: isAvailabilityZone)),
      row.field("State", row.values.first(where: states.contains)),
    ].compactMap(\.self)
    return Node(.mapping(instance(row) + more), line: row.line, column: 1)
  }

  /// `t3.micro`, `m6g.2xlarge`, `u-6tb1.metal`.
  static func isInstanceType(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].first?.isLetter == true, text.utf8.count <= 32,
      parts[0].contains(where: \.isNumber)
    else { return false }
    let sizes = ["nano", "micro", "small", "medium", "large", "metal"]
    return sizes.contains { $0 == parts[1] } || parts[1].hasSuffix("xlarge")
      || parts[1].hasPrefix("metal-")
  }

  /// `eu-west-1a`, `us-west-2-lax-1a`.
  private static func isAvailabilityZone(_ text: String) -> Bool {
    let parts = text.split(separator: "-")
    guard parts.count >= 3, parts[0].utf8.count == 2, let last = parts.last?.utf8,
      last.count == 2, let first = last.first
    else { return false }
    return (0x30...0x39).contains(first) && text.utf8.last.map { $0 >= 0x61 } == true
  }
}
