import Model

/// Reads `df` in its forms: what each file system holds and has left, of bytes and of inodes.
///
/// ```
/// Filesystem     Type 1024-blocks    Used Available Capacity Mounted on        df -PT
/// Filesystem      Size  Used Avail Use% Mounted on                             df -h
/// /dev/nvme0n1p1   30G   30G   20K 100% /
/// Filesystem      Inodes   IUsed  IFree IUse% Mounted on                       df -i
/// Filesystem      Inodes    Used Available Use% Mounted on                     df -i of BusyBox
/// /dev/mapper/ubuntu--vg-ubuntu--lv                                            BusyBox: a name that is too long
///                1966080 1966080         0 100% /
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

  /// Where each figure stands; of a table that has only the one or the other, nil.
  struct Columns {
    var space: Space?
    var inodeShare: Int?
    var mount: Int

    struct Space {
      var size: Int
      var available: Int
      var share: Int
      /// Bytes of one unit; nil where each figure has its own letter.
      var unit: Double?
    }
  }

  private var columns: Columns?
  /// A name that fills a line: its figures stand in the next.
  private var name: Substring?
  private var count = 0

  static func columns(_ words: [Substring]) -> Columns? {
    guard words.first == "Filesystem", words.suffix(2).elementsEqual(["Mounted", "on"]) else {
      return nil
    }
    let space = space(words)
    var inodeShare: Int?
    if words.contains("Inodes") {
      inodeShare =
        words.firstIndex(of: "IUse%") ?? (space == nil ? words.firstIndex(of: "Use%") : nil)
    }
    guard space != nil || inodeShare != nil else { return nil }
    return Columns(space: space, inodeShare: inodeShare, mount: words.count - 2)
  }

  private static func space(_ words: [Substring]) -> Columns.Space? {
    guard let share = words.firstIndex(where: { $0 == "Use%" || $0 == "Capacity" }),
      let available = words.firstIndex(where: { $0.hasPrefix("Avail") }),
      let size = words.firstIndex(where: { $0 == "Size" || $0.hasSuffix("-blocks") })
    else { return nil }
    let units: [String: Double] = [
      "1K-blocks": 1024, "1024-blocks": 1024, "1M-blocks": 1_048_576, "512-blocks": 512,
    ]
    let head = String(words[size])
    guard head == "Size" || units[head] != nil else { return nil }
    return Columns.Space(size: size, available: available, share: share, unit: units[head])
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if let found = DiskSection.columns(line.fields) {
      columns = found
      name = nil
      return true
    }
    guard let columns else { return false }
    var fields = line.fields
    if let name, line.text.first?.isWhitespace == true { fields.insert(name, at: 0) }
    name = fields.count == 1 ? fields[0] : nil
    guard fields.count > columns.mount, fields[columns.mount].hasPrefix("/") else { return false }
    let mount = String(fields[columns.mount...].joined(separator: " ").prefix(100))
    var found = DiskSection.space(fields, columns.space)
    if let column = columns.inodeShare, let share = DiskSection.share(fields[column]) {
      found.append(("host.disk.inodes_used_share", share))
    }
    // A file system that was listed only: `- - - -`.
    guard !found.isEmpty else { return true }
    count += 1
    guard count <= DiskSection.limit else { return true }
    for (name, value) in found {
      page.record(
        name, value, of: line.subject, at: line.time, part: mount, origin: line.origin)
    }
    return true
  }

  private static func space(
    _ fields: [Substring], _ columns: Columns.Space?
  ) -> [(name: String, value: Double)] {
    guard let columns else { return [] }
    func bytes(_ index: Int) -> Double? {
      let text = fields[index]
      guard let unit = columns.unit else { return text == "0" ? 0 : hostSize(text) }
      return hostNumber(text).map { $0 * unit }
    }
    guard let share = share(fields[columns.share]), let size = bytes(columns.size),
      let available = bytes(columns.available)
    else { return [] }
    return [
      ("host.disk.size", size), ("host.disk.available", available), ("host.disk.used_share", share),
    ]
  }

  /// `97%` as a fraction; `-` is none.
  private static func share(_ text: Substring) -> Double? {
    guard text.hasSuffix("%"), let percent = hostNumber(text.dropLast()), percent <= 100 else {
      return nil
    }
    return percent / 100
  }

  mutating func finish(into page: inout Page) {
    if count > DiskSection.limit {
      page.lose("\(count) file systems; the first \(DiskSection.limit) were kept")
    }
  }
}
