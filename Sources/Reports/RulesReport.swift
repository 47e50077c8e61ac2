/// The list of rules, one a line: kind, id, title.
package func rulesText(_ rules: [(id: String, kind: String, title: String)]) -> String {
  let kinds = rules.map(\.kind.count).max() ?? 0
  let ids = rules.map(\.id.count).max() ?? 0
  return rules.map {
    padded($0.kind, to: kinds) + "  " + padded($0.id, to: ids) + "  " + escaped($0.title) + "\n"
  }.joined()
}

/// `[{"id", "kind", "title"}]`
package func rulesJSON(_ rules: [(id: String, kind: String, title: String)]) -> String {
  JSON.array(
    rules.map {
      .object([("id", .string($0.id)), ("kind", .string($0.kind)), ("title", .string($0.title))])
    }
  ).document
}
