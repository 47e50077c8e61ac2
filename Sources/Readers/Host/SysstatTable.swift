/// The head of one of sysstat's tables: which it is, and where its columns stand.
struct SysstatTable {
  enum Kind {
    case cpu, memory, swapping, disk
    /// One that tells nothing here: interrupts, sockets, files.
    case other
  }

  let kind: Kind
  /// Without the clock.
  let columns: [String]
  /// Rows begin with a time, as sar's do.
  let hasClock: Bool

  /// Most lines are no heads: one holds a percent sign or a stroke, or names columns of memory.
  static func mayBeginWithin(_ text: String) -> Bool {
    text.utf8.contains(UInt8(ascii: "%")) || text.contains("/s") || text.contains("kbmem")
  }

  /// `00:00:01  CPU  %user ...`, `avg-cpu:  %user ...`, `Device  r/s ...`.
  init?(head fields: [Substring]) {
    guard let first = fields.first, fields.count >= 3, fields.count <= 64 else { return nil }
    if first == "avg-cpu:" {
      hasClock = false
      columns = fields.dropFirst().map(String.init)
    } else if first == "Device" || first == "Device:" {
      hasClock = false
      columns = ["DEV"] + fields.dropFirst().map(String.init)
    } else if let (_, used) = SysstatClock.second(of: fields) {
      hasClock = true
      columns = fields.dropFirst(used).map(String.init)
    } else {
      return nil
    }
    // A row has figures, a head has none.
    guard columns.allSatisfy({ hostNumber($0) == nil }),
      columns.contains(where: SysstatTable.isFigure)
    else { return nil }
    kind = SysstatTable.kind(columns)
  }

  private static func kind(_ columns: [String]) -> Kind {
    func holds(_ names: String...) -> Bool { names.allSatisfy(columns.contains) }
    return
      if holds("%iowait", "%idle")
    {
      .cpu
    } else if holds("kbmemfree", "kbmemused", "%memused") {
      .memory
    } else if holds("pswpin/s", "pswpout/s") {
      .swapping
    } else if holds("DEV", "%util") {
      .disk
    } else {
      .other
    }
  }

  /// The name of a column that only a head of sysstat's has.
  private static func isFigure(_ name: String) -> Bool {
    name.hasPrefix("%") || name.hasSuffix("/s") || name.hasPrefix("kb")
      || ["tps", "runq-sz", "totsck", "dentunusd", "INTR"].contains(name)
  }

  /// The values of a row; nil where there are not as many as columns.
  func row(_ fields: ArraySlice<Substring>) -> SysstatRow? {
    if kind == .other { return SysstatRow(name: "", values: [:]) }
    guard fields.count == columns.count, let first = fields.first else { return nil }
    let isNamed = columns.first == "CPU" || columns.first == "DEV"
    var values: [String: Double] = [:]
    for (column, field) in zip(columns, fields).dropFirst(isNamed ? 1 : 0) {
      guard let number = hostNumber(field) else { return nil }
      values[column] = number
    }
    return SysstatRow(name: isNamed ? String(first.prefix(80)) : "", values: values)
  }
}

struct SysstatRow {
  /// The CPU or the disk; empty where a table has one row a time.
  let name: String
  let values: [String: Double]

  subscript(_ names: String...) -> Double? {
    for name in names { if let value = values[name] { return value } }
    return nil
  }
}
