import Model

/// Finds the files that others name (`-c gunicorn.conf.py`, a mounted `redis.conf`) without looking at
/// all there are: a tree may hold a thousand services that name one each.
struct NamedFiles {
  private struct Key: Hashable {
    let kind: SubjectKind
    /// The last parts of a path, or all of one, without `.` and `..`.
    let path: String
  }

  /// Deeper paths are compared by their last parts only.
  private static let depth = 16

  private var exact: [Key: [Int]] = [:]
  /// By each tail of their paths, in the order of the parts of those: what lies nearest to a user of
  /// theirs stands beside it.
  private var byTail: [Key: [Int]] = [:]
  private var parts: [Int: [Substring]] = [:]

  /// Of the nodes those whose name anybody wants.
  init(_ nodes: [DeployNode], wanted: some Sequence<String>) {
    let names = Set(wanted.map { NamedFiles.name(of: NamedFiles.normalised($0)) })
    guard !names.isEmpty else { return }
    for (index, node) in nodes.enumerated() where names.contains(node.fileName) {
      let parts = node.path.split(separator: "/")
      self.parts[index] = parts
      let path = NamedFiles.normalised(node.path)
      exact[Key(kind: node.kind, path: path), default: []].append(index)
      for count in 1...max(1, min(parts.count, NamedFiles.depth)) {
        let tail = parts.suffix(count).joined(separator: "/")
        byTail[Key(kind: node.kind, path: tail), default: []].append(index)
      }
    }
    for key in Array(byTail.keys) {
      byTail[key]?.sort { a, b in
        precedes(parts[a] ?? [], parts[b] ?? []) ?? (a < b)
      }
    }
  }

  func find(
    _ file: String, from index: Int, among nodes: [DeployNode]
  ) -> (nodes: [Int], isAmbiguous: Bool) {
    let user = nodes[index]
    let isAbsolute = file.hasPrefix("/")
    let path = NamedFiles.normalised(
      isAbsolute || user.folder.isEmpty ? file : user.folder + "/" + file)
    let name = NamedFiles.name(of: path)
    func isCandidate(_ node: Int) -> Bool {
      nodes[node].page != user.page && !nodes[node].facts.isEmpty
    }
    let same = (exact[Key(kind: user.kind, path: path)] ?? []).filter(isCandidate)
    if !same.isEmpty { return (same, false) }
    // The path of a server or of an image: the file that ends like it, near to who names it.
    let wanted = path.split(separator: "/")
    let mine = user.path.split(separator: "/")
    for count in (1...max(1, isAbsolute ? min(wanted.count, NamedFiles.depth) : 1)).reversed() {
      let tail = count == 1 ? name : wanted.suffix(count).joined(separator: "/")
      let all = byTail[Key(kind: user.kind, path: tail)] ?? []
      let nearest = nearest(to: mine, in: all, where: isCandidate)
      guard let first = nearest.first else { continue }
      // A Dockerfile is another service's unless it is named exactly.
      if name.lowercased().hasPrefix("dockerfile") { return ([], false) }
      let isOnePage = nearest.allSatisfy { nodes[$0].page == nodes[first].page }
      return isOnePage ? (nearest, false) : ([], true)
    }
    return ([], false)
  }

  /// Those that share most folders with a path, as far as it takes to see that they are several files.
  private func nearest(
    to path: [Substring], in all: [Int], where isCandidate: (Int) -> Bool
  ) -> [Int] {
    var low = 0
    var high = all.count
    while low < high {
      let middle = (low + high) / 2
      if precedes(parts[all[middle]] ?? [], path) ?? false {
        low = middle + 1
      } else {
        high = middle
      }
    }
    var found: [Int] = []
    var most = -1
    func look(_ range: some Sequence<Int>) {
      var files: Set<[Substring]> = []
      for position in range where isCandidate(all[position]) {
        let other = parts[all[position]] ?? []
        let shared = zip(other, path).prefix { $0 == $1 }.count
        if shared < most { return }
        if shared > most { (found, most) = ([], shared) }
        found.append(all[position])
        files.insert(other)
        if files.count > 1 { return }
      }
    }
    look((0..<low).reversed())
    look(low..<all.count)
    return found.sorted()
  }

  static func normalised(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else {
        parts.append(part)
      }
    }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }

  private static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

/// Part by part; nil for the same.
private func precedes(_ a: [Substring], _ b: [Substring]) -> Bool? {
  for (x, y) in zip(a, b) where x != y { return x < y }
  return a.count == b.count ? nil : a.count < b.count
}
