import Model

/// Reads `df` in its forms: what each file system holds and has left.
///
/// ```
/// Filesystem     Type 1024-blocks    Used Available Capacity Mounted on        df -PT
/// Filesystem      Size  Used Avail Use% Mounted on                             df -h
/// /dev/nvme0n1p1   30G   30G   20K 100% /
/// ```
struct DiskSpaceReader: HostReader {
  static let kind = EvidenceKind.diskSpace

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    sample.lines.contains { DiskSection.columns($0.fields) != nil }
      ? .certain : .no
  }
}

struct DiskSection: HostSection {
  static let limit = 200

  struct Columns {
    var size: Int
    var available: Int
    var share: Int
    var mount: Int
    /// Bytes of one unit; nil where each figure has its own letter.
    var unit: Double?
  }

  private var columns: Columns?
  private var count = 0

  static func columns(_ words: [Substring]) -> Columns? {
    guard words.first == "Filesystem", words.suffix(2).elementsEqual(["Mounted", "on"]),
      let share = words.firstIndex(where: { ["Use%", "Capacity", "IUse%"].contains($0) }),
      words[share] != "IUse%",
      let available = words.firstIndex(where: { $0.hasPrefix("Avail") }),
      let size = words.firstIndex(where: { $0 == "Size" || $0.hasSuffix("-blocks") })
    else { return nil }
    let units: [String: Double] = [
      "1K-blocks": 1024, "1024-blocks": 1024, "1M-blocks": 1_048_576, "512-blocks": 512,
    ]
    let head = String(words[size])
    guard head == "Size" || units[head] != nil else { return nil }
    return Columns(
      size: size, available: available, share: share, mount: words.count - 2, unit: units[head])
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if let found = DiskSection.columns(line.fields) {
      columns = found
      return true
    }
    guard let columns, line.fields.count > columns.mount, line.fields[columns.mount].hasPrefix("/")
    else { return false }
    func bytes(_ index: Int) -> Double? {
      let text = line.fields[index]
      guard let unit = columns.unit else { return text == "0" ? 0 : hostSize(text) }
      return hostNumber(text).map { $0 * unit }
    }
    // A file system that was listed only: `- - - -`.
    guard line.fields[columns.share].hasSuffix("%"),
      let percent = hostNumber(line.fields[columns.share].dropLast()), percent <= 100,
      let size = bytes(columns.size), let available = bytes(columns.available)
    else { return true }
    count += 1
    guard count <= DiskSection.limit else { return true }
    let mount = String(line.fields[columns.mount...].joined(separator: " ").prefix(100))
    for (name, value) in [
      ("host.disk.size", size), ("host.disk.available", available),
      ("host.disk.used_share", percent / 100),
    ] {
      page.record(
        name, value, of: line.subject, at: line.time, part: mount, origin: line.origin)
    }
    return true
  }

  mutating func finish(into page: inout Page) {
    if count > DiskSection.limit {
      page.lose("\(count) file systems; the first \(DiskSection.limit) were kept")
    }
  }
}
