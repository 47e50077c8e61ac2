import Testing

@testable import Model

/// Secrets that one line names and a later one holds, and the self-check of copies.
@Suite struct LineRedactorTests {
  private func copied(_ text: String, _ mode: Redaction = .secrets) -> (text: String, leaks: Int) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.utf8) }
    var survey = RedactionSurvey()
    var context = LineRedactor()
    for line in lines { survey.read(line, context: &context, findsNames: mode == .all) }
    var copy = RedactedCopy(Redactor(mode, survey: survey))
    context = LineRedactor()
    let redacted = lines.map { copy.line($0, context: &context) }
    context = LineRedactor()
    let leaks = redacted.count { copy.leak(in: $0, context: &context) != nil }
    let shown = redacted.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    return (shown, leaks)
  }

  @Test(arguments: [
    // A slow log on a terminal, and through a pipe.
    "   4) 1) \"AUTH\"\n      2) \"Hunter2secret\"\n   5) \"10.0.0.50:51251\"\n   6) \"x\"",
    "   4) 1) \"AUTH\"\n      2) \"alice\"\n      3) \"Hunter2secret\"\n   5) \"10.0.0.50:51251\"",
    "AUTH\nHunter2secret\n10.0.0.50:51251\n\n7\n1795225676",
    "   4) 1) \"CONFIG\"\n      2) \"SET\"\n      3) \"requirepass\"\n      4) \"Hunter2secret\"",
    "   4) 1) \"ACL\"\n      2) \"SETUSER\"\n      3) \"bob\"\n      4) \"on\"\n      5) \">Hunter2secret\"",
    "1) \"requirepass\"\n2) \"Hunter2secret\"\n3) \"port\"\n4) \"6379\"",
    "requirepass\nHunter2secret\nport\n6379", "masterauth\nHunter2secret",
    "$11\nrequirepass\n$13\nHunter2secret\n",
    "[\n  \"requirepass\",\n  \"Hunter2secret\"\n]",
    "- name: DB_PASSWORD\n  value: Hunter2secret\n- name: PORT\n  value: 80",
    "{\n  \"name\": \"DB_PASSWORD\",\n  \"value\": \"Hunter2secret\"\n}",
    "-----BEGIN RSA PRIVATE KEY-----\nHunter2secret\nabcdHunter2secret==\n-----END RSA PRIVATE KEY-----",
    // Named once, met again where nothing names it.
    "requirepass Hunter2secret\nconnecting with Hunter2secret failed",
  ])
  func hidesWhatAnEarlierLineNamed(text: String) {
    for mode in [Redaction.secrets, .all] {
      let (shown, leaks) = copied(text, mode)
      #expect(!shown.contains("Hunter2secret"), "\(shown)")
      #expect(shown.count { $0 == "\n" } == text.count { $0 == "\n" })
      #expect(leaks == 0)
    }
  }

  @Test(arguments: [
    "1) \"port\"\n2) \"6379\"\n3) \"save\"\n4) \"3600 1\"",
    "   4) 1) \"CONFIG\"\n      2) \"GET\"\n      3) \"requirepass\"\n   5) \"10.0.0.50:51251\"",
    "   4) 1) \"AUTH\"\n   5) \"10.0.0.50:51251\"", "- name: PORT\n  value: 80",
    "keyspace\ndb0:keys=1",
    "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----",
  ])
  func keepsTheRest(text: String) {
    #expect(copied(text) == (text, 0))
  }

  /// The check is its own reading of what was written: it sees what should not be there.
  @Test func findsLeaks() {
    var survey = RedactionSurvey()
    survey.read("requirepass Hunter2secret", findsNames: true)
    survey.read("Mar  5 02:07:00 shop7 redis[12]: up", findsNames: true)
    let copy = RedactedCopy(Redactor(.all, survey: survey))
    for line in [
      "with Hunter2secret", "password=abc", "from 10.0.3.7", "on shop7", "i-0abcd1234ef567890",
    ] {
      var context = LineRedactor()
      #expect(copy.leak(in: Array(line.utf8), context: &context) != nil, "\(line)")
    }
    var context = LineRedactor()
    #expect(copy.leak(in: Array("requirepass ***".utf8), context: &context) == nil)
  }

  @Test(arguments: [
    ("../../etc", "_"), ("..", "_."), (".", "_"), ("", "_"), ("a/b", "a_b"),
    ("a\u{1B}[2Jb\n", "a_[2Jb_"),
    (".git", "_git"), ("\u{202E}gpj", "_gpj"), ("token=abc123.txt", "token=***"),
    ("redis.log", "redis.log"),
  ])
  func makesNamesOfFilesSafe(name: String, safe: String) {
    var copy = RedactedCopy(Redactor(.secrets))
    let made = copy.fileName(name)
    #expect(made == safe || name.contains("../") && !made.contains("/") && !made.hasPrefix("."))
  }
}
