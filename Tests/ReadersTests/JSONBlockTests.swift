import Model
import Testing

@testable import Readers

/// JSON that stands in one file with something else: an answer of `aws` below a log, `cat *.json`.
@Suite struct JSONBlockTests {
  private static let log = (0..<8).map {
    "2024-03-05 02:07:0\($0),123 ERROR redis.exceptions.TimeoutError: Timeout reading from socket\n"
  }.joined()
  private static let metric = """
    {
        "Label": "StatusCheckFailed_System",
        "Datapoints": [
            { "Timestamp": "2024-03-05T02:07:00Z", "Maximum": 1.0, "Unit": "Count" },
            { "Timestamp": "2024-03-05T02:08:00Z", "Maximum": 1.0, "Unit": "Count" }
        ]
    }

    """
  private static let status = """
    {
        "InstanceStatuses": [
            {
                "InstanceId": "i-0abcd1234ef567890",
                "SystemStatus": { "Status": "impaired" },
                "InstanceStatus": { "Status": "ok" }
            }
        ]
    }

    """

  private func read(_ text: String) -> Ledger {
    readEvidence([
      EvidenceSource(name: "paste.txt", folder: "") { MemoryStream(Array(text.utf8)) }
    ])
  }

  private func kinds(_ text: String) -> [EvidenceKind] { read(text).pages.map(\.page.kind) }

  @Test("Both are read, whichever stands first, with a blank line between or none")
  func besideALog() throws {
    for between in ["", "\n", "the metric:\n"] {
      #expect(
        kinds(Self.log + between + Self.metric) == [.applicationLog, .cloudWatchMetric],
        "\(between)")
      #expect(
        kinds(Self.metric + between + Self.log) == [.cloudWatchMetric, .applicationLog],
        "\(between)")
    }
    let ledger = read(Self.log + Self.metric)
    #expect(ledger.inputs.map(\.kind) == [.pastedText])
    let page = try #require(ledger.pages.last?.page)
    #expect(page.line("cloudwatch.StatusCheckFailed_System.failed_periods") == 12)
    #expect(ledger.pages.first?.page.number("app.redis.timeouts") == 8)
  }

  @Test("A command names the instance of its answer", arguments: ["$ ", ""])
  func belowItsCommand(prompt: String) throws {
    let command =
      "\(prompt)aws cloudwatch get-metric-statistics --namespace AWS/EC2 \\\n"
      + "  --metric-name StatusCheckFailed_System \\\n"
      + "  --dimensions Name=InstanceId,Value=i-0abcd1234ef567890\n"
    for text in [command + Self.metric + Self.log, Self.log + "\n" + command + Self.metric] {
      let found = read(text).pages.filter { $0.page.kind == .cloudWatchMetric }
      #expect(found.first?.page.subjects.map(\.keys) == [[.instanceID("i-0abcd1234ef567890")]])
    }
  }

  @Test func answersOneBelowTheOther() {
    #expect(kinds(Self.status + Self.metric) == [.instanceStatus, .cloudWatchMetric])
    #expect(kinds(Self.metric + Self.status) == [.cloudWatchMetric, .instanceStatus])
  }

  @Test("A text that is too large to be taken apart tells of what it does not read")
  func tooLarge() throws {
    let filler = String(repeating: " ", count: 1 << 20)
    let ledger = read(Self.status + filler + "\n" + Self.metric)
    #expect(ledger.inputs.map(\.kind) == [.instanceStatus])
    #expect(ledger.inputs.map(\.status) == [.partlyRead])
    let warning = try #require(ledger.inputs.first?.warnings.first)
    #expect(warning.line == 11)
    #expect(warning.message.hasPrefix("1 answer(s) of other commands"))
  }

  @Test("What is one document or log stays one")
  func staysWhole() {
    #expect(kinds(Self.metric) == [.cloudWatchMetric])
    #expect(kinds("\n" + Self.metric + "\n\n") == [.cloudWatchMetric])
    #expect(read(Self.metric + Self.metric).inputs.map(\.kind) == [.cloudWatchMetric])
    // A log that shows an object, with braces of its own or JSON.
    for object in ["{\n  errno: -111,\n  code: 'ECONNREFUSED'\n}\n", "{\n  \"errno\": -111\n}\n"] {
      let ledger = read(Self.log + object + Self.log)
      #expect(ledger.inputs.map(\.kind) == [.applicationLog])
      #expect(ledger.pages.first?.page.number("app.redis.timeouts") == 16)
    }
    let python = "CACHES = {\n  'default': {'TIMEOUT': None}\n}\nSESSION_COOKIE_AGE = 5\n"
    #expect(jsonBlocks(in: python.split(separator: "\n")).isEmpty)
  }

  @Test func blocksAreFromBracketToBracket() {
    func blocks(_ text: String) -> [Range<Int>] {
      jsonBlocks(
        in: text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
          .map { Substring($0) })
    }
    #expect(blocks("a\n{\n \"b\": 1\n}\nc\n[\n 1\n]\n") == [1..<4, 5..<8])
    #expect(blocks("{\n \"b\": 1\n") == [])
    #expect(blocks("{\n b\n}\n[\n]\n") == [3..<5])
    #expect(blocks("}\n]\n{\r\n \"b\": [\n 1 ] }\n") == [])
    #expect(blocks("{\r\n \"b\": 1\r\n}\r\n") == [0..<3])
  }
}
