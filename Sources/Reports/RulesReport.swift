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

/// One example of a pack, and why it failed.
package struct PackReportRow: Sendable {
  let name: String
  let failure: String?

  package init(name: String, failure: String?) {
    self.name = name
    self.failure = failure
  }
}

/// Failures first to the eye, then what no example would notice, then the count.
package func packReportText(_ rows: [PackReportRow], gaps: [String]) -> String {
  var text = ""
  for row in rows {
    guard let failure = row.failure else { continue }
    text += "FAIL " + escaped(row.name) + "\n     " + escaped(failure) + "\n"
  }
  for gap in gaps { text += "note: " + escaped(gap) + "\n" }
  let failed = rows.count { $0.failure != nil }
  return text + "\(rows.count - failed) passed, \(failed) failed"
    + (gaps.isEmpty ? "" : ", \(gaps.count) notes") + "\n"
}

/// JUnit XML of the examples.
package func packReportJUnit(_ rows: [PackReportRow]) -> String {
  let failed = rows.count { $0.failure != nil }
  var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
  text += "<testsuite name=\"triage rules\" tests=\"\(rows.count)\" failures=\"\(failed)\">\n"
  for row in rows {
    text += "  <testcase classname=\"rules\" name=\"\(xml(row.name))\""
    if let failure = row.failure {
      text += "><failure message=\"\(xml(failure))\"/></testcase>\n"
    } else {
      text += "/>\n"
    }
  }
  return text + "</testsuite>\n"
}

private func xml(_ text: String) -> String {
  escaped(text).map { character in
    switch character {
    case "&": "&amp;"
    case "<": "&lt;"
    case ">": "&gt;"
    case "\"": "&quot;"
    default: String(character)
    }
  }.joined()
}
