import Model

/// Reads `free` in any unit, in its old and new layout, and `swapon` or `/proc/swaps`.
///
/// ```
///                total        used        free      shared  buff/cache   available      3.3.10+
/// Mem:             973         959          68           0          29          13
/// Swap:           1023         606         417
///              total       used       free     shared    buffers     cached             before
/// Mem:       1016684     954136      62548          0      10084     120340
/// -/+ buffers/cache:     823712     192972
/// ```
struct FreeReader: HostReader {
  static let kind = EvidenceKind.free

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    let hasHead = sample.lines.contains { line in
      let fields = line.fields
      return FreeSection.columns(fields) != nil || SwapSection.isHead(fields)
    }
    return hasHead ? .certain : .no
  }
}

struct FreeSection: HostSection {
  private var columns: [String]?
  private var command = ""
  private var unit: Double?
  private var series = HostSeries()

  static func columns(_ fields: [Substring]) -> [String]? {
    fields.starts(with: ["total", "used", "free"]) ? fields.map(String.init) : nil
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if let found = FreeSection.columns(line.fields) {
      columns = found
      command = line.subjectOfCapture
      return true
    }
    guard let columns, let head = line.fields.first, line.subjectOfCapture == command
    else { return false }
    let values = line.fields.dropFirst()
    switch head {
    case "Mem:":
      unit = FreeSection.unit(of: values.map(String.init), command: line.subjectOfCapture)
      series.begin()
      if unit == nil, !values.allSatisfy({ hostSize($0) != nil }) {
        page.warn(
          "found '\(line.text.prefix(40))' in no unit that can be told; expected free -b or -h",
          line: line.number)
        return true
      }
      for (column, text) in zip(columns, values) {
        switch column {
        case "total": add("MemTotal", text, line)
        case "free": add("MemFree", text, line)
        case "available": add("MemAvailable", text, line)
        case "buffers": add("Buffers", text, line)
        default: break
        }
      }
    case "-/+":
      // used and free without buffers and cache: what was called available before 3.3.10.
      guard let last = line.fields.last, line.fields.count == 4 else { return true }
      add("MemAvailable", last, line)
    case "Swap:":
      guard line.fields.count >= 4 else { return true }
      add("SwapTotal", line.fields[1], line)
      add("SwapFree", line.fields[3], line)
    case "Total:", "Low:", "High:", "Comm:": break
    default: return false
    }
    return true
  }

  private mutating func add(_ name: String, _ text: Substring, _ line: HostLine) {
    let bytes = hostSize(text) ?? unit.flatMap { unit in hostNumber(text).map { $0 * unit } }
    if let bytes { series.add("host.memory.\(name)", bytes, line) }
  }

  mutating func finish(into page: inout Page) { series.record(into: &page) }

  /// Bytes per unit of a row without suffixes; nil where that cannot be told.
  ///
  /// The command says it where it stands above. Else the figures do: the kernel counts pages of
  /// 4 KiB, so bytes are multiples of 4096 and KiB multiples of 4, which figures in MiB are only by
  /// chance. A machine that runs a server has between 200 MiB and some TiB.
  static func unit(of values: [String], command: String) -> Double? {
    let words = command.split(separator: " ")
    if words.contains("free") {
      for word in words where word.hasPrefix("-") {
        switch word {
        case "--bytes": return 1
        case "--kibi": return 1024
        case "--mebi": return 1_048_576
        case "--gibi": return 1_073_741_824
        case "--kilo": return 1e3
        case "--mega": return 1e6
        case "--giga": return 1e9
        default: break
        }
        guard !word.hasPrefix("--") else { continue }
        if word.contains("b") { return 1 }
        if word.contains("m") { return 1_048_576 }
        if word.contains("g") { return 1_073_741_824 }
        if word.contains("k") { return 1024 }
      }
      // A file named `free` is often one of `free -m`: no server has less than 64 MiB.
      if let total = values.first.flatMap({ hostNumber($0) }), total >= 65_536 { return 1024 }
    }
    let numbers = values.compactMap { hostNumber($0) }
    guard let total = numbers.first, numbers.count == values.count, total >= 1 else { return nil }
    func areMultiples(of size: Double) -> Bool {
      numbers.count { $0 > 0 } >= 3
        && numbers.allSatisfy { $0.truncatingRemainder(dividingBy: size) == 0 }
    }
    if total >= 1e8, areMultiples(of: 4096) { return 1 }
    switch total {
    case ..<100: return 1_073_741_824
    case ..<200: return nil
    case ..<100_000: return 1_048_576
    // A very small machine in KiB, or 100 to 400 GiB in MiB.
    case ..<400_000: return areMultiples(of: 4) ? 1024 : 1_048_576
    case ..<1e8: return 1024
    case ..<4e9: return areMultiples(of: 4) ? 1024 : nil
    default: return 1
    }
  }
}

/// `Filename Type Size Used Priority` of `swapon -s`, in KiB; `NAME TYPE SIZE USED PRIO` of
/// `swapon --show`, with suffixes.
struct SwapSection: HostSection {
  private var rows: [(size: Double, used: Double, line: HostLine)] = []
  private var head: HostLine?
  private var isOpen = false

  static func isHead(_ fields: [Substring]) -> Bool {
    guard let first = fields.first?.lowercased(), first == "filename" || first == "name" else {
      return false
    }
    return fields.dropFirst().map { $0.lowercased() }.starts(with: ["type", "size", "used"])
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if SwapSection.isHead(line.fields) {
      head = line
      isOpen = true
      rows = []
      return true
    }
    guard isOpen else { return false }
    guard line.fields.count >= 4, ["file", "partition"].contains(line.fields[1]),
      let size = SwapSection.bytes(line.fields[2]), let used = SwapSection.bytes(line.fields[3])
    else {
      isOpen = false
      return false
    }
    rows.append((size, used, line))
    return true
  }

  private static func bytes(_ text: Substring) -> Double? {
    hostSize(text) ?? hostNumber(text).map { $0 * 1024 }
  }

  mutating func finish(into page: inout Page) {
    guard let head else { return }
    let line = rows.max { $0.size < $1.size }?.line ?? head
    let size = rows.reduce(0) { $0 + $1.size }
    let used = rows.reduce(0) { $0 + $1.used }
    page.record(
      "host.memory.SwapTotal", size, of: line.subject, at: line.time, origin: line.origin)
    page.record(
      "host.memory.SwapFree", max(0, size - used), of: line.subject, at: line.time,
      origin: line.origin)
  }
}
