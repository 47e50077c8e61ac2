import Model

/// Reads CloudWatch metrics of instances from CSV: what the console downloads of a graph, and what
/// people make of the API's answers (`jq -r '... | @csv'`, `DataFrame.to_csv`).
///
/// The console writes the clock that it is set to, UTC or local, without a zone. What a column is of
/// stands in its `Full label`; where neither a head, a row nor the name of the file names a metric,
/// nothing is read.
enum MetricTableReader: DocumentReader {
  static let kind = EvidenceKind.cloudWatchMetric

  static func recognises(_ sample: Sample) -> Recognition {
    guard let table = MetricTable(sample.lines) else { return .no }
    if table.isFromConsole {
      let isOurs = table.readings.contains { $0.metric != nil } || !table.others.isEmpty
      return isOurs ? .certain : sample.text.contains("AWS/EC2") ? .possible : .no
    }
    let named = table.readings.compactMap(\.metric)
    if named.contains(where: isCloudWatchOnly) { return .certain }
    if !table.command.isEmpty, CloudWatchMetric.named(in: table.command) != nil {
      return table.readings.isEmpty ? .no : .certain
    }
    // A name that others use, too, must stand among names of CloudWatch alone.
    guard table.strangers.isEmpty, !table.readings.isEmpty else { return .no }
    if !named.isEmpty { return .possible }
    let row = rowLabel(table.firstCells, table)
    if let metric = CloudWatchMetric.named(in: row) {
      return isCloudWatchOnly(metric) ? .certain : row.contains(metric.name) ? .possible : .no
    }
    let isDatapoints =
      table.readings.contains { $0.statistic != .other }
      && table.unit.flatMap { cell($0, of: table.firstCells) }.map(MetricTable.units.contains)
        ?? false
    return isDatapoints || CloudWatchMetric.all.contains { sample.name.contains($0.name) }
      ? .possible : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    guard let table = MetricTable(lines) else {
      page.warn("found no row with a time; expected rows such as 2026/02/14 14:20:00,2.13")
      return
    }
    for other in Set(table.others).sorted().prefix(3) {
      page.warn("'\(other)' is not about one instance of EC2; its columns were not read")
    }
    if let status = table.incomplete.first {
      page.warn("the table is incomplete: \(status.prefix(60))")
    }
    let sheet = gather(lines, table, document.name, context, into: &page)
    let output = AWSOutput(nodes: [], lines: lines)
    var collector = MetricCollector(
      command: table.command, name: document.name, window: context.window)
    for series in sheet {
      collector.add(
        series.points, of: series.metric, label: series.label, isZoned: series.isZoned,
        into: &page)
    }
    collector.record(output, into: &page)
    if sheet.isEmpty, table.others.isEmpty {
      page.warn(
        "found no name of a metric that is read; name the file after the metric (CPUUtilization.csv) "
          + "or add a column 'metric'")
    } else if !table.strangers.isEmpty {
      let names = table.strangers.prefix(3).map { "'\($0.prefix(40))'" }.joined(separator: ", ")
      page.warn("found the columns \(names), which name no metric that is read")
    }
  }

  // MARK: rows

  /// What the table says of one metric of one instance.
  private struct Series {
    let metric: CloudWatchMetric
    let label: String
    var isZoned = true
    var readings: [Instant: [Datapoint.Statistic: Datapoint.Reading]] = [:]

    var points: [Datapoint] {
      readings.compactMap { metric.datapoint(at: $0.key, $0.value) }
    }
  }

  /// The series of a table, by metric and instance.
  private struct Sheet {
    static let limit = 200
    let fallback: CloudWatchMetric?
    private(set) var series: [Series] = []
    private var places: [String: Int] = [:]
    private(set) var leftOut: Set<String> = []
    /// Where the values of a column belong in rows that say the same of themselves.
    private var known: [String: Int?] = [:]

    init(fallback: CloudWatchMetric?) { self.fallback = fallback }

    mutating func take(
      _ reading: Datapoint.Reading, _ statistic: Datapoint.Statistic, at stamp: MetricTable.Stamp,
      in column: MetricTable.Column, of row: String, isZoned: Bool
    ) {
      let cell = "\(column.index) \(row)"
      let place = known[cell] ?? self.place(of: column, row)
      known[cell] = .some(place)
      guard let place else { return }
      series[place].readings[stamp.instant, default: [:]][statistic] = reading
      if !isZoned { series[place].isZoned = false }
    }

    private mutating func place(of column: MetricTable.Column, _ row: String) -> Int? {
      guard let metric = column.metric ?? CloudWatchMetric.named(in: row) ?? fallback,
        MetricTable.subjectOfMany(row) == nil
      else { return nil }
      let label = [row, column.label].filter { !$0.isEmpty }.joined(separator: " ")
      let owner = AWSOutput.soleInstanceID(in: label) ?? Self.withoutStatistic(label)
      let key = "\(metric.name) \(owner)"
      if let place = places[key] { return place }
      guard series.count < Sheet.limit else {
        leftOut.insert(key)
        return nil
      }
      places[key] = series.count
      series.append(Series(metric: metric, label: label))
      return series.count - 1
    }

    /// Average and maximum of one metric are two columns of one series.
    private static func withoutStatistic(_ label: String) -> String {
      label.split(separator: " ").filter {
        MetricTable.statistic(in: String($0)).map { $0 == .other } ?? false
      }.joined(separator: " ")
    }
  }

  private static func gather(
    _ lines: [String], _ table: MetricTable, _ name: String, _ context: ReadingContext,
    into page: inout Page
  ) -> [Series] {
    let zone = context.zone(for: kind)
    var sheet = Sheet(
      fallback: table.namesMetrics
        ? nil : MetricCollector.metric(ofCommand: table.command, name: name))
    for (index, line) in lines.enumerated().dropFirst(table.start) where !line.isEmpty {
      let cells = MetricTable.cells(of: line, table.separator)
      guard let text = cell(table.timeColumn, of: cells),
        let stamp = MetricTable.stamp(text, offset: zone.offset)
      else {
        page.skip(line: index + 1, "found no time in column \(table.timeColumn + 1)")
        continue
      }
      let row = rowLabel(cells, table)
      let word = table.statistic.flatMap { cell($0, of: cells) } ?? ""
      guard let named = MetricTable.statistic(in: word) else { continue }
      for column in table.readings {
        guard let value = cell(column.index, of: cells).flatMap(Double.init), value.isFinite
        else { continue }
        sheet.take(
          Datapoint.Reading(value: value, line: index + 1),
          named == .other ? column.statistic : named,
          at: stamp,
          in: column, of: row, isZoned: stamp.isZoned || zone.isKnown)
      }
    }
    if !sheet.leftOut.isEmpty {
      page.lose("\(Sheet.limit + sheet.leftOut.count) metrics; the first \(Sheet.limit) were read")
    }
    return sheet.series
  }

  /// What the row itself says of its metric and instance.
  private static func rowLabel(_ cells: [String], _ table: MetricTable) -> String {
    let ids = table.ids.compactMap { cell($0, of: cells) }.filter {
      AWSOutput.isInstanceID($0) || CloudWatchMetric.named(in: $0) != nil
    }
    return (table.names.compactMap { cell($0, of: cells) } + ids).filter { !$0.isEmpty }
      .joined(separator: " ")
  }

  private static func cell(_ index: Int, of cells: [String]) -> String? {
    cells.indices.contains(index) ? cells[index] : nil
  }

  /// Others measure CPU and memory by these names; checks and credits are CloudWatch's alone.
  private static func isCloudWatchOnly(_ metric: CloudWatchMetric) -> Bool {
    ["StatusCheck", "CPUCredit", "CPUSurplus", "EBS"].contains { metric.name.hasPrefix($0) }
  }
}
