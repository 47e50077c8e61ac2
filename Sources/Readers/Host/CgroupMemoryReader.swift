import Model
import YAML

/// Reads the memory of a cgroup, which is a container or a unit: the files of cgroup v1 and v2 by
/// their names, a series of samples of them, `docker stats` and `kubectl top pod`.
///
/// ```
/// 19:20:06 142663680                     memory.usage_in_bytes, sampled
/// 536870912   max                        memory.limit_in_bytes, memory.max
/// oom_kill 3                             memory.events
/// CONTAINER ID   NAME   CPU %     MEM USAGE / LIMIT     MEM %     NET I/O   BLOCK I/O   PIDS
/// 4be1c0a95d7e   web    0.50%     511.2MiB / 512MiB     99.8%     1kB / 2kB 0B / 0B     9
/// {"CPUPerc":"0.50%","MemPerc":"99.8%","MemUsage":"511.2MiB / 512MiB","Name":"web"}      --format json
/// NAME                   CPU(cores)   MEMORY(bytes)
/// web-7d4b9c6f5d-k2xjz   21m          310Mi
/// ```
struct CgroupMemoryReader: HostReader {
  static let kind = EvidenceKind.cgroupMemory

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    if sample.lines.contains(where: { CgroupSection.table($0) != nil }) { return .certain }
    if CgroupSection.holdsEvents(sample.lines) { return .certain }
    if sample.lines.contains(where: { CgroupSection.object($0) != nil }) { return .certain }
    let lines = sample.lines.filter { $0.contains { !$0.isWhitespace } }
    guard let first = lines.first else { return .no }
    let command = ShellPrompt(first)?.command.lowercased()
    guard CgroupSection.file(command ?? sample.name.lowercased()) != nil,
      lines.dropFirst(command == nil ? 0 : 1).contains(where: {
        CgroupSection.sample($0.fields) != nil
      })
    else { return .no }
    return command == nil ? .byName : .certain
  }
}

struct CgroupSection: HostSection {
  enum File { case usage, limit, peak }

  /// What rows below a head are made of.
  enum Table: Equatable {
    /// `docker stats`
    case docker(hasNames: Bool)
    /// `kubectl top pod`: where the names end, and where the memory stands.
    case kubernetes(names: Range<Int>, memory: Int)
  }

  private struct Usage {
    var seconds: Double?
    var bytes: Double
    var line: HostLine
    var time: Instant?
  }

  private var usage = Thinned<Usage>(limit: 2000)
  private var peak: Usage?
  private var table: Table?

  static func table(_ line: String) -> Table? {
    if line.contains("MEM USAGE / LIMIT") { return .docker(hasNames: line.contains("NAME")) }
    guard line.contains("MEMORY(bytes)") else { return nil }
    let heads = line.fields
    // A table of nodes has shares as well.
    guard let cpu = heads.firstIndex(of: "CPU(cores)"),
      heads.dropFirst(cpu + 1) == ["MEMORY(bytes)"],
      let first = heads.firstIndex(where: { $0 == "POD" || $0 == "NAME" }), first < cpu
    else { return nil }
    return .kubernetes(names: first..<cpu, memory: cpu + 1)
  }

  /// What `docker stats --format json` prints of a container, one a line.
  static func object(_ line: String) -> (name: String, used: Double, limit: Double)? {
    guard line.hasPrefix("{"), line.contains("\"MemUsage\":"), line.utf8.count < 4096,
      let node = try? parseJSON(Array(line.utf8)).nodes.first, let usage = node["MemUsage"]?.text
    else { return nil }
    let sizes = usage.fields
    guard sizes.count == 3, sizes[1] == "/", let used = hostSize(sizes[0]),
      let limit = hostSize(sizes[2]),
      let name = node["Name"]?.text ?? node["Container"]?.text ?? node["ID"]?.text
    else { return nil }
    return (name, used, limit)
  }

  /// The file of a cgroup that a name, a path or a command is about.
  static func file(_ text: String) -> File? {
    if text.contains("max_usage_in_bytes") || text.contains("memory.peak") { return .peak }
    if text.contains("usage_in_bytes") || text.contains("memory.current") { return .usage }
    if text.contains("memory.limit_in_bytes") || text.contains("memory.max") { return .limit }
    return nil
  }

  /// `oom 3` and `oom_kill 3` as memory.events has them.
  static func holdsEvents(_ lines: [String]) -> Bool {
    guard lines.contains(where: { $0.contains("oom_kill") }) else { return false }
    let heads = lines.map { $0.split(separator: " ") }.filter { $0.count == 2 }.map { $0[0] }
    return heads.contains("oom_kill") && heads.contains("oom") && heads.contains("max")
  }

  /// A value, with a clock time or a stamp before it where it is one of a series.
  static func sample(_ fields: [Substring]) -> (clock: String?, text: Substring)? {
    guard let last = fields.last, last == "max" || hostNumber(last) != nil else { return nil }
    if fields.count == 1 { return (nil, last) }
    let stamp = fields.dropLast().joined(separator: " ")
    return fields.count <= 3 && (stamp.contains(":") || hostNumber(stamp) != nil)
      ? (stamp, last) : nil
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if let found = CgroupSection.table(line.text) {
      table = found
      return true
    }
    if let found = CgroupSection.object(line.text) {
      record(found.name, used: found.used, limit: found.limit, line, into: &page)
      return true
    }
    switch table {
    case .docker(let hasNames): if readContainer(line, hasNames, into: &page) { return true }
    case .kubernetes(let names, let memory):
      if readPod(line, names: names, memory: memory, into: &page) { return true }
    case nil: break
    }
    if line.fields.count == 2, line.fields[0] == "oom_kill", let count = hostNumber(line.fields[1])
    {
      page.record(
        "host.cgroup.oom_kills", count, of: line.subject, at: line.time, origin: line.origin)
      return true
    }
    guard let file = CgroupSection.file(line.subjectOfCapture),
      let (clock, text) = CgroupSection.sample(line.fields)
    else { return false }
    guard let bytes = hostNumber(text), bytes < 1e15 else { return true }
    switch file {
    case .peak:
      page.record(
        "host.cgroup.usage_max", bytes, of: line.subject, at: line.time, origin: line.origin)
    case .limit:
      page.record("host.cgroup.limit", bytes, of: line.subject, at: line.time, origin: line.origin)
    case .usage: addUsage(bytes, clock, line)
    }
    return true
  }

  private mutating func addUsage(_ bytes: Double, _ clock: String?, _ line: HostLine) {
    var time = line.time
    var seconds: Double?
    if let clock {
      let zone = line.context.zone(for: .cgroupMemory)
      let stated = parseISO8601(clock, offset: zone.offset)
      if let stated {
        seconds = stated.instant.seconds
        time = stated.isZoned || zone.isKnown ? stated.instant : nil
      } else if let number = hostNumber(clock), let epoch = parseEpoch(number), number > 1e9 {
        seconds = epoch.seconds
        time = epoch
      } else {
        seconds = CgroupSection.secondsOfDay(clock)
      }
      if let time, !line.context.window.contains(time) { return }
    }
    if let last = usage.last?.seconds, let now = seconds, now < last, last - now > 43_200 {
      seconds = now + 86_400
    }
    let sample = Usage(seconds: seconds, bytes: bytes, line: line, time: time)
    if bytes > peak?.bytes ?? -1 { peak = sample }
    usage.append(sample)
  }

  private static func secondsOfDay(_ text: String) -> Double? {
    let parts = text.split(separator: ":").compactMap { hostNumber($0) }
    guard parts.count == 3, parts[0] < 24, parts[1] < 60, parts[2] < 61 else { return nil }
    return parts[0] * 3600 + parts[1] * 60 + parts[2]
  }

  /// `4be1c0a95d7e   web    0.50%     511.2MiB / 512MiB     99.8% ...`
  private func readContainer(
    _ line: HostLine, _ hasNameColumn: Bool, into page: inout Page
  ) -> Bool {
    guard let slash = line.fields.firstIndex(of: "/"), slash >= 2, slash + 1 < line.fields.count,
      let used = hostSize(line.fields[slash - 1]), let limit = hostSize(line.fields[slash + 1])
    else { return false }
    let name = String(line.fields[hasNameColumn && !line.fields[1].hasSuffix("%") ? 1 : 0])
    record(name, used: used, limit: limit, line, into: &page)
    return true
  }

  private func record(
    _ name: String, used: Double, limit: Double, _ line: HostLine, into page: inout Page
  ) {
    for (fact, bytes) in [("host.cgroup.usage", used), ("host.cgroup.limit", limit)] {
      page.record(
        fact, bytes, of: line.subject, at: line.time, part: name, origin: line.origin)
    }
  }

  /// `web-7d4b9c6f5d-k2xjz   21m   310Mi`, by containers `web-7d4b9c6f5d-k2xjz   web   21m   310Mi`
  private func readPod(
    _ line: HostLine, names: Range<Int>, memory: Int, into page: inout Page
  ) -> Bool {
    guard line.fields.count == memory + 1, let bytes = hostSize(line.fields[memory]),
      line.fields[memory - 1].first?.isNumber == true
    else { return false }
    page.record(
      "host.cgroup.usage", bytes, of: line.subject, at: line.time,
      part: line.fields[names].joined(separator: "/"), origin: line.origin)
    return true
  }

  mutating func finish(into page: inout Page) {
    var series = HostSeries()
    for sample in usage.elements {
      series.begin()
      let line = sample.line
      let dated = HostLine(
        text: line.text, fields: [], number: line.number, subject: line.subject,
        time: sample.time, subjectOfCapture: "", context: line.context)
      series.add("host.cgroup.usage", sample.bytes, dated)
    }
    series.record(into: &page)
    guard usage.count > 1, let peak else { return }
    page.record(
      "host.cgroup.usage_max", peak.bytes, of: peak.line.subject, at: peak.time,
      origin: peak.line.origin)
    if let slope = slope(), let last = usage.last {
      page.record(
        "host.cgroup.usage_slope", slope, of: last.line.subject, at: last.time,
        origin: last.line.origin)
    }
  }

  /// The median of the slopes between samples: a kill in the middle does not turn it. The clock of
  /// a series may lack the date, so that nobody later can compute it from the facts.
  private func slope() -> Double? {
    let usage = usage.elements
    let step = max(1, usage.count / 150)
    let points = stride(from: 0, to: usage.count, by: step).compactMap { index in
      usage[index].seconds.map { ($0, usage[index].bytes) }
    }
    guard points.count >= 5 else { return nil }
    var slopes: [Double] = []
    for (index, first) in points.enumerated() {
      for second in points[(index + 1)...] where second.0 > first.0 {
        slopes.append((second.1 - first.1) / (second.0 - first.0))
      }
    }
    slopes.sort()
    return slopes.isEmpty ? nil : slopes[slopes.count / 2]
  }
}
