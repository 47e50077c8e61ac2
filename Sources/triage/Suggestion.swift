/// The name that was probably meant, if one is near enough: one slip in a short name, two in a
/// longer one.
func suggestion(for name: String, among names: [String]) -> String? {
  let slips = name.count < 5 ? 1 : 2
  let near = names.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
  return near.filter { $0.distance <= slips }.min {
    ($0.distance, $0.name) < ($1.distance, $1.name)
  }?
  .name
}

/// Letters to insert, remove, change or swap with their neighbour. Names are short; what is long is
/// near nothing.
private func distance(_ a: String, _ b: String) -> Int {
  let a = Array(a.utf8.prefix(64))
  let b = Array(b.utf8.prefix(64))
  var rows = [Array(0...b.count)]
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var best = min(rows[i][j + 1], row[j]) + 1
      best = min(best, rows[i][j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        best = min(best, rows[i - 1][j - 1] + 1)
      }
      row.append(best)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
