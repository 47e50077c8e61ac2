import Model

/// CSV (or columns between tabs) of readings over time: what heads each column, and where the rows
/// begin.
///
/// ```
/// Id,m1,m2                                     the console: rows that describe the columns
/// Full label,eu-west-1:AWS/EC2 InstanceId:i-0abcd1234ef567890 CPUUtilization Average 300,...
/// Label,CPUUtilization,StatusCheckFailed_System
/// 2026/02/14 14:20:00,2.13,0
///
/// timestamp,metric,value                       what jq and pandas make: one row of names, or none
/// 2026-02-14T14:20:00+00:00,CPUUtilization,2.13
/// ```
struct MetricTable {
  /// One column of readings.
  struct Column {
    let index: Int
    /// All that its heads say: the metric, the instance, the statistic.
    let label: String
    /// Nil where the row or the file names it.
    let metric: CloudWatchMetric?
    let statistic: Datapoint.Statistic
  }

  /// A cell that holds a time.
  struct Stamp {
    let instant: Instant
    let isZoned: Bool
  }

  /// The command above the table, if any.
  let command: String
  let separator: UInt8
  /// Index of the first line with a time.
  let start: Int
  let timeColumn: Int
  /// Readings, in order of the columns.
  private(set) var readings: [Column] = []
  /// Columns whose cells name the metric or the instance of their row; `ids` may number rows, too.
  private(set) var names: [Int] = []
  private(set) var ids: [Int] = []
  /// Each row names its metric.
  private(set) var namesMetrics = false
  private(set) var statistic: Int?
  private(set) var unit: Int?
  /// Heads of columns that tell nothing here and that CloudWatch does not know.
  private(set) var strangers: [String] = []
  /// What the console says of answers that are not whole: `PartialData`.
  private(set) var incomplete: [String] = []
  /// What columns are about that are of no single instance, in the words of the heads.
  private(set) var others: [String] = []
  let isFromConsole: Bool
  let firstCells: [String]

  private static let separators = [UInt8(ascii: ","), UInt8(ascii: "\t")]
  private static let headLimit = 20
  private static let columnLimit = 200

  /// Nil where no row with a time follows the heads.
  init?(_ lines: [String]) {
    let above = AWSOutput.countCommandLines(lines)
    command = lines.prefix(above).joined(separator: " ")
    let table = lines.dropFirst(above)
    guard let first = table.first(where: { !$0.isEmpty }),
      let separator = MetricTable.separators.first(where: first.utf8.contains)
    else { return nil }
    self.separator = separator

    var heads: [[String]] = []
    var found: (line: Int, column: Int, cells: [String])?
    for (line, text) in zip(table.indices, table) where !text.isEmpty {
      let cells = MetricTable.cells(of: text, separator)
      if let column = cells.firstIndex(where: { MetricTable.stamp($0) != nil }) {
        found = (line, column, cells)
        break
      }
      guard heads.count < MetricTable.headLimit else { return nil }
      heads.append(cells)
    }
    guard let found, found.cells.count <= MetricTable.columnLimit else { return nil }
    (start, timeColumn, firstCells) = found
    isFromConsole =
      timeColumn == 0 && heads.count > 1
      && heads.contains { ["fulllabel", "label"].contains(MetricTable.letters($0.first)) }
    sort(heads)
  }

  /// The cells of a line: quotes around a cell are taken away, doubled ones within are one.
  static func cells(of line: String, _ separator: UInt8) -> [String] {
    let quote = UInt8(ascii: "\"")
    let text = line.utf8.starts(with: [0xEF, 0xBB, 0xBF]) ? line.dropFirst() : line[...]
    guard text.utf8.contains(quote) else {
      return text.pieces(omittingEmpty: false) { $0 == separator }.map { String($0.bare) }
    }
    var cells: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    for byte in text.utf8 {
      if byte == quote {
        isQuoted.toggle()
        // `""` closes and opens again: it stands for one quote.
        if isQuoted, !cell.isEmpty { cell.append(byte) }
      } else if byte == separator, !isQuoted {
        cells.append(String(String(decoding: cell, as: UTF8.self).bare))
        cell = []
      } else {
        cell.append(byte)
      }
    }
    return cells + [String(String(decoding: cell, as: UTF8.self).bare)]
  }

  /// `2026/02/14 14:20:00` as the console writes it, ISO 8601, or seconds or milliseconds since 1970.
  static func stamp(_ cell: String, offset: Int = 0) -> Stamp? {
    let bytes = cell.utf8
    guard bytes.count >= 10, bytes.count <= 40, bytes.first.map(isDigit) == true else { return nil }
    if bytes.allSatisfy(isDigit) {
      guard bytes.count == 10 || bytes.count == 13, let number = Double(cell) else { return nil }
      return parseEpoch(number).map { Stamp(instant: $0, isZoned: true) }
    }
    let parsed = parseISO8601(String(cell.map { $0 == "/" ? "-" : $0 }), offset: offset)
    return parsed.map { Stamp(instant: $0.instant, isZoned: $0.isZoned) }
  }

  // MARK: what the columns are

  private mutating func sort(_ heads: [[String]]) {
    incomplete = heads.filter { MetricTable.letters($0.first) == "statuscode" }
      .flatMap { $0.dropFirst().filter { !["", "Complete"].contains($0) } }
    var known: Set<String> = []
    for index in firstCells.indices where index != timeColumn {
      let label = head(of: index, heads)
      let name = MetricTable.letters(label)
      if heads.isEmpty {
        // Without names the value follows the time, and words are its unit.
        if index == timeColumn + 1, Double(firstCells[index]) != nil {
          readings.append(Column(index: index, label: "", metric: nil, statistic: .other))
        } else if index == timeColumn + 2, MetricTable.units.contains(firstCells[index]) {
          unit = index
        } else {
          strangers.append(firstCells[index])
        }
      } else if let other = MetricTable.subjectOfMany(label) {
        others.append(other)
      } else if let metric = CloudWatchMetric.named(in: label) {
        guard let statistic = MetricTable.statistic(in: label) else { continue }
        // Two columns that say the same are told apart by their place.
        let isNew = known.insert("\(label) \(statistic)").inserted
        readings.append(
          Column(
            index: index, label: isNew ? label : "\(label)#\(index)", metric: metric,
            statistic: statistic))
      } else if let statistic = MetricTable.values[name], !isFromConsole {
        readings.append(Column(index: index, label: "", metric: nil, statistic: statistic))
      } else if MetricTable.rowNames.contains(name) {
        names.append(index)
        namesMetrics = namesMetrics || ["metric", "metricname", "label"].contains(name)
      } else if name == "id" {
        ids.append(index)
      } else if ["statistic", "statistics", "stat"].contains(name) {
        statistic = index
      } else if ["unit", "units"].contains(name) {
        unit = index
      } else if !MetricTable.unread.contains(where: name.contains), !name.isEmpty {
        strangers.append(label)
      }
    }
  }

  /// The full label, which names region, namespace, dimensions, metric, statistic and period, else all
  /// heads of the column.
  private func head(of index: Int, _ heads: [[String]]) -> String {
    func cell(_ row: [String]) -> String { row.indices.contains(index) ? row[index] : "" }
    let full = heads.first { MetricTable.letters($0.first) == "fulllabel" }.map(cell) ?? ""
    guard full.isEmpty else { return full }
    return heads.map(cell).filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// The statistic that a head names: `.other` where it names none, nil where it is none that is read.
  static func statistic(in label: String) -> Datapoint.Statistic? {
    let words = label.split { !$0.isLetter && !$0.isNumber && $0 != "." }.map { $0.lowercased() }
    if let known = words.lazy.compactMap({ values[$0] }).first(where: { $0 != .other }) {
      return known
    }
    let isUnread = words.contains {
      $0 == "samplecount" || $0.first == "p" && $0.count > 1 && Double($0.dropFirst()) != nil
    }
    return isUnread ? nil : .other
  }

  /// `AWS/RDS`, `AutoScalingGroupName`: what a metric is about that is not one instance's.
  static func subjectOfMany(_ label: String) -> String? {
    let words = label.split { $0 == " " || $0 == ":" || $0 == "," }
    if let space = words.first(where: { $0.hasPrefix("AWS/") && $0 != "AWS/EC2" }) {
      return String(space.prefix(60))
    }
    guard !label.contains("InstanceId") else { return nil }
    return ["AutoScalingGroupName", "ImageId", "InstanceType"].first { words.contains($0[...]) }
  }

  private static let values: [String: Datapoint.Statistic] = [
    "average": .average, "avg": .average, "mean": .average, "minimum": .minimum, "min": .minimum,
    "maximum": .maximum, "max": .maximum, "sum": .sum, "value": .other, "values": .other,
  ]

  private static let rowNames: Set<String> = [
    "metric", "metricname", "label", "instance", "instanceid", "dimensions", "namespace",
  ]

  /// MetricDatum, valid values of `Unit`, as far as metrics of instances have them.
  static let units: Set<String> = ["Percent", "Count", "Seconds", "Bytes", "None"]

  /// Heads that tell nothing here: other metrics of EC2, and what the console adds.
  private static let unread = [
    "networkin", "networkout", "networkpackets", "diskread", "diskwrite", "ebsread", "ebswrite",
    "cpusurpluscreditscharged", "metadatanotoken", "samplecount", "period", "region", "account",
    "availabilityzone", "statuscode",
  ]

  /// Letters and digits in lower case: `Full label` and `full_label` are one.
  static func letters(_ text: String?) -> String {
    String((text ?? "").lowercased().filter { $0.isLetter || $0.isNumber })
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
