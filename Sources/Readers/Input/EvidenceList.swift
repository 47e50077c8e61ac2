import Model

/// The sources of a run, in the order of the account of inputs. A tree may hold 100,000 files: what is
/// kept of each is a few bytes, and its source is made when it is asked for.
package struct EvidenceList: RandomAccessCollection, Sendable {
  typealias FolderID = UInt32
  typealias Index32 = UInt32

  private struct Folder {
    /// Stands before the names in it; nil where they are whole paths.
    let path: RawPath?
    /// The folder of evidence, in one spelling.
    let name: String
  }

  private struct Entry {
    var folder: FolderID
    var start: UInt32
    var count: UInt32
    /// One more than the index of the reason it is not read; 0 where it is.
    var refusal: UInt16
    var isNamed: Bool
  }

  private var folders: [Folder] = []
  private var names: [UInt8] = []
  private var entries: [Entry] = []
  /// Each reason once: a thousand links have one.
  private var refusals: [SourceError] = []
  /// Pipes and live answers.
  private var others: [EvidenceSource] = []
  /// Positions: of entries, then of others behind them.
  private var order: [UInt32] = []

  init() {}

  package init(_ sources: [EvidenceSource]) {
    others = sources
    sort()
  }

  package var startIndex: Int { 0 }
  package var endIndex: Int { entries.count + others.count }

  package subscript(_ index: Int) -> EvidenceSource {
    source(order.indices.contains(index) ? Int(order[index]) : index)
  }

  package mutating func append(_ source: EvidenceSource) { others.append(source) }

  /// Takes in what live servers answered.
  package mutating func add(_ sources: [EvidenceSource]) {
    others += sources
    sort()
  }

  /// The folder at a path, for the names in it.
  mutating func folder(_ path: RawPath) -> FolderID {
    folders.append(Folder(path: path, name: Readers.folder(of: path.appending([0x78]).text)))
    return FolderID(folders.count - 1)
  }

  /// The folder that a path lies in, for that whole path.
  mutating func folder(of path: String) -> FolderID {
    folders.append(Folder(path: nil, name: Readers.folder(of: path)))
    return FolderID(folders.count - 1)
  }

  @discardableResult
  mutating func append(
    _ name: [UInt8], in folder: FolderID, isNamed: Bool = false, refusal: SourceError? = nil
  ) -> Index32 {
    entries.append(entry(name, in: folder, isNamed: isNamed, refusal: refusal))
    return Index32(entries.count - 1)
  }

  mutating func replace(
    _ index: Index32, _ name: [UInt8], in folder: FolderID, isNamed: Bool
  ) {
    entries[Int(index)] = entry(name, in: folder, isNamed: isNamed, refusal: nil)
  }

  func isNamed(_ index: Index32) -> Bool { entries[Int(index)].isNamed }

  private mutating func entry(
    _ name: [UInt8], in folder: FolderID, isNamed: Bool, refusal: SourceError?
  ) -> Entry {
    var reason = 0
    if let refusal {
      if refusals.count < Int(UInt16.max) - 1, !refusals.contains(refusal) {
        refusals.append(refusal)
      }
      reason = (refusals.firstIndex(of: refusal) ?? refusals.count - 1) + 1
    }
    let start = names.count
    names += name
    return Entry(
      folder: folder, start: UInt32(clamping: start), count: UInt32(clamping: name.count),
      refusal: UInt16(clamping: reason), isNamed: isNamed)
  }

  mutating func sort() {
    var ranks = [UInt32](repeating: 0, count: folders.count)
    var last: String?
    var rank: UInt32 = 0
    for index in folders.indices.sorted(by: { precedes(folders[$0].name, folders[$1].name) }) {
      if let last, last != folders[index].name { rank += 1 }
      last = folders[index].name
      ranks[index] = rank
    }
    order = (0..<UInt32(clamping: count)).sorted { isBefore(Int($0), Int($1), ranks) }
  }

  private func isBefore(_ a: Int, _ b: Int, _ ranks: [UInt32]) -> Bool {
    guard entries.indices.contains(a), entries.indices.contains(b) else {
      return inputOrder(source(a), source(b))
    }
    let folders = (ranks[Int(entries[a].folder)], ranks[Int(entries[b].folder)])
    if folders.0 != folders.1 { return folders.0 < folders.1 }
    if entries[a].folder == entries[b].folder {
      return name(entries[a]).lexicographicallyPrecedes(name(entries[b]))
    }
    return path(entries[a]).bytes.lexicographicallyPrecedes(path(entries[b]).bytes)
  }

  private func name(_ entry: Entry) -> ArraySlice<UInt8> {
    names[Int(entry.start)..<Int(entry.start) + Int(entry.count)]
  }

  private func path(_ entry: Entry) -> RawPath {
    let name = Array(name(entry))
    return folders[Int(entry.folder)].path?.appending(name) ?? RawPath(bytes: name)
  }

  private func source(_ position: Int) -> EvidenceSource {
    guard entries.indices.contains(position) else { return others[position - entries.count] }
    let entry = entries[position]
    let path = path(entry)
    let refusal = entry.refusal > 0 ? refusals[Int(entry.refusal) - 1] : nil
    return EvidenceSource(
      name: path.text, folder: folders[Int(entry.folder)].name, isNamed: entry.isNamed,
      unseen: refusal.flatMap { $0.hidesFiles ? $0.message : nil }
    ) { () throws(SourceError) in
      if let refusal { throw refusal }
      return try FileStream(path)
    }
  }
}
