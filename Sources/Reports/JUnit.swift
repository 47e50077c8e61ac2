/// The first line of a document.
let xmlHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

/// A report of tests in the form that CI servers read. Nothing in it is markup but what stands here.
struct JUnit {
  struct Suite {
    let name: String
    var cases: [Case]
  }

  struct Case {
    let name: String
    /// What it is about, where that is a file.
    let file: String?
    let line: Int?
    let outcome: Outcome

    init(_ name: String, file: String? = nil, line: Int? = nil, _ outcome: Outcome) {
      self.name = name
      self.file = file
      self.line = line
      self.outcome = outcome
    }
  }

  enum Outcome {
    case passed
    case skipped(String)
    case failed(String, type: String? = nil, lines: [any StringProtocol] = [])
    case error(String, type: String)
  }

  let name: String
  var suites: [Suite] = []

  init(name: String) { self.name = name }

  var text: String {
    var text = xmlHead
    text += "<testsuites name=\"\(xml(name))\" \(counts(suites.flatMap(\.cases)))>\n"
    for suite in suites {
      text += "  <testsuite name=\"\(xml(suite.name))\" \(counts(suite.cases))>\n"
      for one in suite.cases { text += element(one, of: suite) }
      text += "  </testsuite>\n"
    }
    return text + "</testsuites>\n"
  }

  private func counts(_ cases: [Case]) -> String {
    let failed = cases.count { if case .failed = $0.outcome { true } else { false } }
    let broken = cases.count { if case .error = $0.outcome { true } else { false } }
    let skipped = cases.count { if case .skipped = $0.outcome { true } else { false } }
    return "tests=\"\(cases.count)\" failures=\"\(failed)\" errors=\"\(broken)\" "
      + "skipped=\"\(skipped)\""
  }

  private func element(_ one: Case, of suite: Suite) -> String {
    var head = "    <testcase classname=\"\(xml(suite.name))\" name=\"\(xml(one.name))\""
    if let file = one.file { head += " file=\"\(xml(file))\"" }
    if let line = one.line { head += " line=\"\(line)\"" }
    switch one.outcome {
    case .passed: return head + "/>\n"
    case .skipped(let message):
      return head + "><skipped message=\"\(xml(message))\"/></testcase>\n"
    case .error(let message, let type):
      return head + "><error message=\"\(xml(message))\" type=\"\(type)\"/></testcase>\n"
    case .failed(let message, let type, let lines):
      let type = type.map { " type=\"\($0)\"" } ?? ""
      let body = lines.map { xml(String($0)) }.joined(separator: "\n")
      return head + "><failure message=\"\(xml(message))\"\(type)>\(body)</failure></testcase>\n"
    }
  }
}
