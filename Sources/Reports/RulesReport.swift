/// A cause or a symptom, and the pack that it comes from.
package typealias ListedRule = (id: String, kind: String, title: String, pack: String)

/// The list of rules, one a line: kind, id, pack where there are several, title.
package func rulesText(_ rules: [ListedRule]) -> String {
  let kinds = rules.map(\.kind.count).max() ?? 0
  let ids = rules.map(\.id.count).max() ?? 0
  let packs = Set(rules.map(\.pack))
  let widest = packs.map { cells(escaped($0)) }.max() ?? 0
  return rules.map { rule in
    let pack = packs.count > 1 ? padded(escaped(rule.pack), to: widest) + "  " : ""
    return padded(rule.kind, to: kinds) + "  " + padded(rule.id, to: ids) + "  " + pack
      + escaped(rule.title) + "\n"
  }.joined()
}

/// `[{"id", "kind", "title", "pack"}]`
package func rulesJSON(_ rules: [ListedRule]) -> String {
  JSON.array(
    rules.map {
      .object([
        ("id", .string($0.id)), ("kind", .string($0.kind)), ("title", .string($0.title)),
        ("pack", .string($0.pack)),
      ])
    }
  ).document
}
