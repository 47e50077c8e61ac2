import Model

/// Reads kernel settings: `sysctl`, sysctl.conf, files under `/proc/sys` known by their name or by
/// the command above them, and whether transparent huge pages are on.
///
/// ```
/// vm.overcommit_memory = 0        vm.overcommit_memory=1        /proc/sys/vm/overcommit_memory:0
/// [always] madvise never
/// ```
struct SysctlReader: HostReader {
  static let kind = EvidenceKind.sysctl

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    var settings = 0
    var others = 0
    for line in sample.lines {
      let text = line.drop(while: \.isWhitespace)
      if text.isEmpty || text.hasPrefix("#") || text.hasPrefix(";") || text.hasPrefix("$") {
        continue
      }
      if SysctlSection.setting(line) != nil { settings += 1 } else { others += 1 }
    }
    if settings > 0 { return settings > others ? .certain : .possible }
    let name = sample.name.lowercased()
    if SysctlSection.hugePages(sample.firstLine) != nil {
      return name.contains("defrag") ? .no : .certain
    }
    guard SysctlSection.fact(about: name) != nil, hostNumber(sample.firstLine) != nil else {
      return .no
    }
    return .byName
  }
}

struct SysctlSection: HostSection {
  static let keys = [
    "vm.overcommit_memory", "vm.overcommit_ratio", "vm.swappiness", "vm.dirty_ratio",
    "net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog", "fs.file-max",
    "net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_max",
  ]

  /// `32768 60999`: the first and the last.
  private static let portRange = "net.ipv4.ip_local_port_range"

  /// `key = value` of the trees that sysctl has; slashes and dots both separate.
  static func setting(_ text: String) -> (key: String, value: String)? {
    guard text.contains("=") else { return nil }
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    let spaced = parts[0].fields
    guard spaced.count == 1, let raw = spaced.first else { return nil }
    let key = String(raw.drop { $0 == "-" }.map { $0 == "/" ? "." : $0 })
    guard ["vm.", "net.", "kernel.", "fs.", "dev."].contains(where: { key.hasPrefix($0) }) else {
      return nil
    }
    return (key, String(parts[1].fields.joined(separator: " ")))
  }

  /// The setting that a name, a path or a command is about.
  static func fact(about text: String) -> String? {
    keys.first { key in
      let path = String(key.map { $0 == "." ? "/" : $0 })
      let last = key.split(separator: ".").last ?? ""
      return text.contains(path) || text.contains(key)
        || text.split { " /.".contains($0) }.contains(last)
    }
  }

  /// The choice in brackets of `/sys/kernel/mm/transparent_hugepage/enabled`.
  static func hugePages(_ text: String) -> String? {
    let words = text.fields
    guard words.count == 3 else { return nil }
    let choices = words.map { $0.filter { $0 != "[" && $0 != "]" } }
    guard choices == ["always", "madvise", "never"] else { return nil }
    let chosen = words.filter { $0.hasPrefix("[") && $0.hasSuffix("]") }
    return chosen.count == 1 ? chosen.first.map { String($0.dropFirst().dropLast()) } : nil
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if let choice = SysctlSection.hugePages(line.text) {
      guard !line.subjectOfCapture.contains("defrag") else { return true }
      page.record(
        "host.thp", .text(choice), of: line.subject, at: line.time, origin: line.origin)
      return true
    }
    let key: String
    let value: String
    if let setting = SysctlSection.setting(line.text) {
      (key, value) = setting
    } else if line.fields.count == 1, let found = SysctlSection.fact(about: line.subjectOfCapture) {
      (key, value) = (found, String(line.fields[0]))
    } else if line.fields.count == 2,
      line.subjectOfCapture.contains(SysctlSection.portRange.split(separator: ".").last ?? "")
    {
      (key, value) = (SysctlSection.portRange, line.fields.joined(separator: " "))
    } else if line.text.hasPrefix("/proc/sys/"), let colon = line.text.lastIndex(of: ":") {
      key = String(line.text[..<colon].dropFirst(10).map { $0 == "/" ? "." : $0 })
      value = String(line.text[line.text.index(after: colon)...])
    } else {
      return false
    }
    if key == SysctlSection.portRange {
      let ends = value.split(whereSeparator: \.isWhitespace).compactMap { hostNumber($0) }
      guard ends.count == 2, ends[0] <= ends[1], ends[1] <= 65_535 else {
        page.skip(line: line.number, "found '\(value.prefix(40))' for \(key); expected two ports")
        return true
      }
      page.record(
        "host.network.local_ports", ends[1] - ends[0] + 1, of: line.subject, at: line.time,
        origin: line.origin)
      return true
    }
    guard SysctlSection.keys.contains(key) else { return true }
    guard let number = hostNumber(value.filter { !$0.isWhitespace }) else {
      page.skip(line: line.number, "found '\(value.prefix(40))' for \(key); expected a number")
      return true
    }
    page.record(
      "host.sysctl.\(key)", number, of: line.subject, at: line.time, origin: line.origin)
    return true
  }
}
