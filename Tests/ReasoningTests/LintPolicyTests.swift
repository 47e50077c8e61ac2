import Model
import Testing

@testable import Reasoning

@Suite struct LintPolicyTests {
  private func finding(_ edits: [FileEdit], rule: String = "r") -> Model.Finding {
    Model.Finding(
      rule: rule, level: .warning, message: "m", subject: "s",
      place: FindingPlace(file: "f", line: 1), cause: nil, why: "w", fix: "f", sources: [],
      edits: edits, fingerprint: rule)
  }

  private func edit(_ line: Int, _ removed: [String], _ inserted: [String]) -> FileEdit {
    FileEdit(
      file: "f", line: line, removed: removed, inserted: inserted, applicability: .certain("sure"))
  }

  private func plan(_ text: String, _ findings: [[FileEdit]]) -> (String, FixPlan) {
    let all = findings.enumerated().map { finding($1, rule: "r\($0)") }
    let plan = FixPlan(all) { _ in .success(Array(text.utf8)) }
    let bytes = plan.patches.first?.patched ?? Array(text.utf8)
    return (String(decoding: bytes, as: UTF8.self), plan)
  }

  @Test func editsAreMadeTogetherOrNotAtAll() {
    let one = edit(1, ["a"], ["A"])
    #expect(plan("a\nb\n", [[one]]).0 == "A\nb\n")
    // The second edit no longer fits, so neither is made.
    let (text, refused) = plan("a\nb\n", [[one, edit(2, ["c"], ["C"])]])
    #expect(text == "a\nb\n")
    #expect(refused.refused.map(\.reason) == ["f:2: the line has changed"])
    // Beyond the end.
    #expect(plan("a\n", [[edit(7, [], ["x"])]]).1.refused.count == 1)
    #expect(plan("a\n", [[edit(1, ["a", "b"], ["x"])]]).1.refused.count == 1)
  }

  @Test func clashesAreRefusedAndEqualsAreOne() {
    let (text, clash) = plan("a\nb\n", [[edit(1, ["a"], ["A"])], [edit(1, ["a"], ["B"])]])
    #expect(text == "a\nb\n")
    #expect(clash.refused.count == 2 && clash.mended.isEmpty)
    #expect(plan("a\n", [[edit(1, ["a"], ["A"])], [edit(1, ["a"], ["A"])]]).0 == "A\n")
    // What is inserted stands beside.
    let both = plan("a\nb\n", [[edit(2, [], ["x"])], [edit(2, ["b"], ["B"])]])
    #expect(both.0 == "a\nx\nB\n")
    #expect(plan("a\n", [[edit(2, [], ["x"])], [edit(2, [], ["y"])]]).0 == "a\nx\ny\n")
  }

  @Test("Changes of different parts of one line are made together, of one part none is")
  func parts() {
    let line = "run -w 17 app"
    func part(_ word: String, _ new: String) -> FileEdit {
      let range = line.firstRange(of: word) ?? line.startIndex..<line.startIndex
      return FileEdit(
        file: "f", line: 1, text: line, replacing: range, by: new, applicability: .certain("c"))
    }
    func behind(_ word: String, _ new: String) -> FileEdit {
      let at = line.firstRange(of: word)?.upperBound ?? line.startIndex
      return FileEdit(
        file: "f", line: 1, text: line, replacing: at..<at, by: new, applicability: .suggested("s"))
    }
    #expect(
      plan(line, [[behind("run", " -a")], [part("17", "5")], [behind("run", " -b")]]).0
        == "run -a -b -w 5 app")
    // The same twice is one; what stands beside a part is not in it.
    #expect(
      plan(line, [[part("17", "5")], [part("17", "5")], [behind("17", " -c")]]).0
        == "run -w 5 -c app")
    // Neither digit by digit, nor within what another replaces, nor beside a change of the whole.
    #expect(plan(line, [[part("17", "20")], [part("17", "15")]]).0 == line)
    #expect(plan(line, [[part("w 17", "v")], [behind("w", "x")]]).0 == line)
    #expect(plan(line, [[part("17", "5")], [edit(1, [line], ["run"])]]).0 == line)
  }

  @Test("What is put below one new head stands below it together")
  func heads() {
    let both = [[edit(2, [], ["c:", "- x"])], [edit(2, [], ["c:", "- y"])]]
    #expect(plan("a\nb\n", both).0 == "a\nc:\n- x\n- y\nb\n")
    #expect(plan("a", both).0 == "a\nc:\n- x\n- y")
    // What closes a list in JSON stands below all of them, once.
    let closed = [[edit(2, [], ["c [", "x", " ],"])], [edit(2, [], ["c [", "y", " ],"])]]
    #expect(plan("a\nb\n", closed).0 == "a\nc [\nx\ny\n ],\nb\n")
  }

  @Test func lineEndsStay() {
    #expect(plan("a\r\nb\r\n", [[edit(2, ["b"], ["B", "c"])]]).0 == "a\r\nB\r\nc\r\n")
    #expect(plan("a", [[edit(2, [], ["x"])]]).0 == "a\nx")
    #expect(plan("a\nb", [[edit(2, ["b"], ["B"])]]).0 == "a\nB")
    #expect(plan("", [[edit(1, [], ["x"])]]).0 == "x\n")
  }

  @Test func whatIsDoneIsNotDoneAgain() {
    #expect(plan("a\nx\n", [[edit(2, [], ["x"])]]).1.patches.isEmpty)
    #expect(plan("a\n", [[edit(1, ["a"], ["a"])]]).1.patches.isEmpty)
  }

  @Test(arguments: [
    ("vendor", "a/vendor/x.yml", true), ("vendor/", "vendor/x.yml", true),
    ("*.yml", "a/b/c.yml", true), ("*.yml", "c.yaml", false), ("/a/*.yml", "a/c.yml", true),
    ("/a/*.yml", "b/a/c.yml", false), ("a/**/c.yml", "a/c.yml", true),
    ("a/**/c.yml", "a/x/y/c.yml", true), ("**/c.yml", "c.yml", true), ("a?c", "abc", true),
    ("a/*", "a/b/c", true), ("deploy/dev", "deploy/dev2/x", false), ("./a/b", "a/b", true),
    ("", "a", false), ("/", "a", false), ("**", "a/b", true), ("*a*a*a*b", "aaaaaaaaaaaa", false),
  ])
  func patterns(_ pattern: String, path: String, isMatch: Bool) {
    #expect(PathPattern(pattern).matches(path) == isMatch)
  }

  @Test(arguments: [
    ("a 1 # triage: ignore=r why", 1, "why"), ("// triage: ignore=r why\n\na 1", 3, "why"),
    ("; triage: ignore=r why\na", 2, "why"), ("<!-- triage: ignore=r why -->\n<a/>", 2, "why"),
    ("a /* triage: ignore=r why */ b", 1, "why"), ("a; # triage: ignore=r - why not", 1, "why not"),
    ("it's # triage: ignore=r why", 1, "why"), ("## triage: ignore=r why\r\na\r", 2, "why"),
  ])
  func comments(_ text: String, target: Int, reason: String) {
    let found = inlineIgnores(in: Array(text.utf8), file: "f")
    #expect(found.map(\.rules) == [["r"]])
    #expect(found.first?.target == target)
    #expect(found.first?.reason == reason)
  }

  @Test(arguments: [
    "a: 'x # triage: ignore=r why'", "url=http://triage: ignore=r", "a#triage: ignore=r why",
    "the triage: ignore=r", "\"# triage: ignore=r\"",
  ])
  func noComments(_ text: String) {
    #expect(inlineIgnores(in: Array(text.utf8), file: "f").isEmpty)
  }

  @Test(arguments: [
    ("2026-12-31", true), ("2024-02-29", true), ("2026-02-29", false), ("2026-1-1", false),
    ("2026-13-01", false), ("2026-00-10", false), ("tomorrow", false), ("2026-12-3x", false),
  ])
  func dates(_ text: String, isDate: Bool) { #expect((validDate(text) != nil) == isDate) }

  @Test func hostileSettingsEnd() {
    let texts = ["", "\u{0}", "[", "levels: &a [*a]", "ignores: [[[]]]", "exclude: [{}]", "~", "1"]
    for text in texts {
      _ = try? LintSettings(parsing: Array(text.utf8), file: "f", rules: [])
      _ = try? LintBaseline(parsing: Array(text.utf8), file: "f")
    }
  }
}
