import Model
import Testing

@testable import Readers

/// Journals as `journalctl -o json` and `-o export` print them.
@Suite struct JournalTests {
  private static func entry(_ message: String, second: Int, of service: String) -> [(
    String, String
  )] {
    [
      ("__CURSOR", "s=1;i=\(second)"), ("__REALTIME_TIMESTAMP", "\(1_795_262_400 + second)123456"),
      ("_TRANSPORT", "stdout"), ("_HOSTNAME", "web-1"), ("SYSLOG_IDENTIFIER", service),
      ("MESSAGE", message), ("_PID", "71"), ("_COMM", "x"),
    ]
  }

  private static let entries = [
    entry(
      "[2026-11-21 12:00:00 +0000] [71] [INFO] Starting gunicorn 20.1.0", second: 0, of: "gunicorn"),
    entry(
      "[2026-11-21 12:00:09 +0000] [71] [CRITICAL] WORKER TIMEOUT (pid:72)", second: 9,
      of: "gunicorn"),
    entry(
      "[2026-11-21 12:00:19 +0000] [71] [CRITICAL] WORKER TIMEOUT (pid:73)", second: 19,
      of: "gunicorn"),
  ]

  private static let json = entries.map { entry in
    "{" + entry.map { "\"\($0)\" : \"\($1)\"" }.joined(separator: ", ") + "}\n"
  }.joined()

  private static let export = entries.map { entry in
    entry.map { "\($0)=\($1)\n" }.joined() + "\n"
  }.joined()

  private func lines(_ text: [UInt8]) throws -> [String] {
    var stream: any ByteStream = try unpacked(
      MeteredStream(MemoryStream(text), UnpackingBudget()), budget: UnpackingBudget())
    let (bytes, failure) = take(1 << 20, from: &stream)
    #expect(failure == nil)
    return String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func linesKeepTheirNumbers() throws {
    let expected =
      "2026-11-21T12:00:09.123456+00:00 web-1 gunicorn[71]: [2026-11-21 12:00:09 +0000] [71] "
      + "[CRITICAL] WORKER TIMEOUT (pid:72)"
    let fromJSON = try lines(Array(Self.json.utf8))
    #expect(fromJSON.count == 4)
    #expect(fromJSON[1] == expected)
    #expect(try lines([JournalStream.separator] + Array(Self.json.utf8)) == fromJSON)
    let fromExport = try lines(Array(Self.export.utf8))
    #expect(fromExport.count == 28)
    // The message is the sixth of the second entry's fields.
    #expect(fromExport[14] == expected)
    #expect(fromExport.filter { !$0.isEmpty } == fromJSON.filter { !$0.isEmpty })
  }

  @Test(arguments: [json, export])
  func servicesAreReadFromIt(_ text: String) {
    let ledger = readEvidence([
      EvidenceSource(name: "journal", folder: ".") { () throws(SourceError) in
        MemoryStream(Array(text.utf8))
      }
    ])
    #expect(ledger.inputs.map(\.kind) == [.gunicornLog])
    #expect(ledger.inputs.map(\.status) == [.read])
    let page = ledger.pages.first?.page
    #expect(page?.number("gunicorn.log.timeouts") == 2)
    #expect(page?.line("gunicorn.log.timeouts") == (text == Self.json ? 2 : 15))
  }

  @Test func aJournalOfTheWholeSystemIsReadByAllWhoKnowAPartOfIt() {
    let stamp = "2026-11-21T12:00:0"
    let lines = [
      "0+0000 web-1 sshd[7]: Accepted publickey for x from 10.0.0.1 port 5 ssh2",
      "1+0000 web-1 gunicorn[71]: [2026-11-21 12:00:01 +0000] [71] [INFO] Starting gunicorn 20.1.0",
      "2+0000 web-1 gunicorn[71]: [2026-11-21 12:00:02 +0000] [71] [CRITICAL] WORKER TIMEOUT (pid:72)",
      "3+0000 web-1 kernel: Out of memory: Killed process 72 (gunicorn) total-vm:1kB, anon-rss:1kB, "
        + "file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:1kB oom_score_adj:0",
      "4+0000 web-1 systemd[1]: Started Session 4 of User x.",
      "5+0000 web-1 redis-server[9]: 9:M 21 Nov 2026 12:00:05.123 # Can't save in background: fork: "
        + "Cannot allocate memory",
    ]
    let ledger = readEvidence([
      EvidenceSource(name: "journal", folder: ".") { () throws(SourceError) in
        MemoryStream(Array(lines.map { "\(stamp)\($0)\n" }.joined().utf8))
      }
    ])
    func line(_ fact: String) -> Int? {
      ledger.pages.compactMap { $0.page.line(fact) }.first
    }
    #expect(line("gunicorn.log.timeouts") == 3)
    #expect(line("kernel.oom_kills") == 4)
    #expect(line("redis.log.fork_failed") == 6)
    #expect(ledger.inputs.map(\.status) == [.read])
    #expect(Set(ledger.inputs.flatMap(\.parts)).isSuperset(of: [.gunicornLog, .redisLog]))
  }

  @Test func whatIsNoTextIsTakenAsItIs() throws {
    let bytes =
      "{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":[27,91,109,72,105,10,999],\"_PID\":[\"7\",\"8\"]}\n"
    #expect(
      try lines(Array(bytes.utf8))[0]
        == "1970-01-01T00:00:00.000001+00:00 localhost unknown[7]: \u{1b}[mHi \u{fffd}")
    let escaped =
      "{\"MESSAGE\":\"a\\\"b\\\\c\\u00e9\\ud83d\\ude00\\n\\ud83dx\",\"__REALTIME_TIMESTAMP\":\"1\",\"X\":null}\n"
    #expect(try lines(Array(escaped.utf8))[0].hasSuffix(": a\"b\\cé😀 \u{fffd}x"))
    // A value of several lines: its length, and all of it.
    var binary = Array("__CURSOR=x\n__REALTIME_TIMESTAMP=1\nMESSAGE\n".utf8)
    binary += [5, 0, 0, 0, 0, 0, 0, 0] + Array("one\n2\n_COMM=nginx\n\n".utf8)
    #expect(
      try lines(binary) == [
        "", "", "1970-01-01T00:00:00.000001+00:00 localhost nginx: one 2", "", "", "", "", "",
      ])
  }

  @Test(arguments: [
    "{", "{\"__REALTIME_TIMESTAMP\"", "{\"__REALTIME_TIMESTAMP\":[",
    "{\"__REALTIME_TIMESTAMP\":\"1\"}",
    "{\"__REALTIME_TIMESTAMP\":\"\\",
    "{\"__REALTIME_TIMESTAMP\":\"9999999999999999999\",\"MESSAGE\":\"\\u12",
    "__CURSOR=", "__CURSOR=x\nMESSAGE",
    "__CURSOR=x\nMESSAGE\n\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}x",
    "__CURSOR=x\nMESSAGE\n\0", "{\"a\":1}\n",
  ])
  func whatIsBrokenIsSurvived(_ text: String) throws { _ = try lines(Array(text.utf8)) }
}
