import Model
import Testing

@testable import Reports

/// Whatever a config holds is text in every form of the report, never its syntax.
@Suite struct LintReportTests {
  private let hostile =
    "a\n::error::x\r\u{1B}[31m\u{202E}\u{FFFE} <b>&\"' ]]> {0} [t](1) 100%0A, b: c"

  private func finding(_ message: String, level: Finding.Level = .error) -> Finding {
    Finding(
      rule: "some-rule", level: level, message: message, subject: message,
      place: FindingPlace(
        file: "a,b:c/\(message)", line: 3, column: 2, endColumn: 4, excerpt: message),
      related: [FindingPlace(file: message, line: 1, excerpt: message)], cause: "host-oom",
      why: "why", fix: message, sources: ["https://example.com/"],
      edits: [
        FileEdit(
          file: message, line: 3, removed: [message], inserted: [message],
          applicability: .certain(message))
      ],
      fingerprint: "0123456789abcdef")
  }

  private func result(_ findings: [Finding]) -> LintResult {
    LintResult(
      findings: findings,
      rules: [
        FindingRule(
          id: "some-rule", level: .error, title: "t", why: "w", fix: "f", cause: nil, sources: [])
      ],
      inputs: [
        InputAccount(
          path: hostile, folder: "", kind: nil, status: .unreadable,
          warnings: [Page.Warning(hostile, line: 2)])
      ])
  }

  private func reports(_ result: LintResult) -> [(name: String, text: String)] {
    [
      ("text", LintText().text(result)), ("json", lintJSON(result)),
      ("sarif", LintSARIF(version: "1").document(result)), ("github", lintGitHub(result)),
      ("gitlab", lintGitLab(result)), ("junit", LintXML().junit(result)),
      ("checkstyle", LintXML().checkstyle(result)),
    ]
  }

  @Test func nothingOfAConfigIsSyntax() {
    for (name, text) in reports(result([finding(hostile)])) {
      let hidden = text.unicodeScalars.filter { $0 != "\n" && isHidden($0) }
      #expect(hidden.isEmpty, "\(name)")
      #expect(!text.contains("\u{FFFE}") || !name.hasSuffix("t") || name == "text", "\(name)")
      for line in text.split(separator: "\n") {
        let line = line.drop { $0 == " " }
        let isOurs = name == "github" && (line.hasPrefix("::error file="))
        #expect(!line.hasPrefix("::") || isOurs, "\(name): \(line)")
        #expect(!line.hasPrefix("<b>"), "\(name): \(line)")
      }
    }
  }

  @Test func gitHubCommandsAreEscaped() {
    let text = lintGitHub(
      LintResult(findings: [finding("50%, a:b\nc")], rules: [], inputs: []))
    let line = text.prefix { $0 != "\n" }
    #expect(
      line.hasPrefix(
        "::error file=a%2Cb%3Ac/50%25%2C a%3Ab\\nc,line=3,endLine=3,col=2,endColumn=3,"
          + "title=some-rule::50%25, a:b\\nc%0AFix: "))
  }

  @Test func emptyIsValidAndSaysSo() {
    let reports = reports(LintResult(findings: [], rules: [], inputs: []))
    #expect(reports[0].text == "nothing found in 0 configs of 0 files\n")
    #expect(reports[2].text.contains("\"results\": []"))
    #expect(reports[3].text == "triage: nothing found in 0 configs of 0 files\n")
    #expect(reports[4].text == "[]\n")
    #expect(reports[5].text.contains("tests=\"0\" failures=\"0\""))
    #expect(reports[6].text.hasSuffix("<checkstyle version=\"4.3\">\n</checkstyle>\n"))
  }

  @Test func suppressedFindingsAreMarkedAndDoNotCount() {
    var borne = finding("one")
    borne.suppression = Suppression(.inline, reason: "because", file: "f", line: 2)
    var known = finding("two")
    known.suppression = Suppression(.baseline, reason: "known", file: "b.json", line: 4)
    let result = LintResult(
      findings: [borne, known, finding("three", level: .info)], rules: [], inputs: [])
    let all = Dictionary(uniqueKeysWithValues: reports(result).map { ($0.name, $0.text) })
    #expect(
      all["text"]?.hasSuffix(
        "1 note in 0 configs of 0 files; 1 ignored; 1 in the baseline; --fix can mend 1\n") == true)
    #expect(all["sarif"]?.contains("\"kind\": \"inSource\"") == true)
    #expect(all["sarif"]?.contains("\"kind\": \"external\"") == true)
    #expect(all["json"]?.contains("\"reason\": \"because\"") == true)
    #expect(all["junit"]?.contains("failures=\"0\" errors=\"0\" skipped=\"3\"") == true)
    #expect(all["github"]?.contains("::error") == false)
  }

  @Test func caretsStandUnderWideAndFarValues() {
    func lines(_ excerpt: String, _ column: Int, _ end: Int) -> [Substring] {
      let finding = Finding(
        rule: "r", level: .info, message: "m", subject: "s",
        place: FindingPlace(
          file: "f", line: 12, column: column, endColumn: end, excerpt: excerpt),
        cause: nil, why: "w", fix: "f", sources: [], fingerprint: "")
      let text = LintText(width: 60).text(
        LintResult(findings: [finding], rules: [], inputs: []))
      return text.split(separator: "\n").filter { $0.contains("| ") }
    }
    #expect(lines("port 6379", 6, 10) == ["    12 | port 6379", "       |      ^^^^"])
    // A wide character takes two cells.
    #expect(lines("\u{540D} 6379", 3, 7) == ["    12 | \u{540D} 6379", "       |    ^^^^"])
    let far = lines(String(repeating: "x ", count: 40) + "value", 81, 86)
    #expect(far.count == 2 && far[0].hasSuffix("value"))
    #expect(far[0].utf8.count == far[1].utf8.count)
  }

  @Test(arguments: [
    ("a\nb\nc\n", 1, 1, ["B\n"], "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"),
    (
      "a\nb", 1, 1, ["B"],
      "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+B\n\\ No newline at end of file\n"
    ),
    ("a\n", 0, 0, ["new\n"], "@@ -1 +1,2 @@\n+new\n a\n"),
    ("", 0, 0, ["new\n"], "@@ -0,0 +1 @@\n+new\n"),
  ])
  func diffs(_ text: String, start: Int, removed: Int, inserted: [String], hunk: String) {
    let patch = FilePatch(
      path: "a b", lines: FilePatch.lines(of: Array(text.utf8)),
      changes: [
        FilePatch.Change(start: start, removed: removed, inserted: inserted.map { Array($0.utf8) })
      ])
    let diff = String(decoding: unifiedDiff([patch]), as: UTF8.self)
    #expect(diff == "--- a/a b\t\n+++ b/a b\t\n" + hunk)
  }
}
