import Model
import Testing

@testable import Reports

@Suite struct JSONReportTests {
  @Test(arguments: [
    (JSON.number(0), "0"), (.number(-0.0), "0"), (.number(70_560), "70560"), (.number(0.1), "0.1"),
    (.number(1e21), "1e+21"), (.number(1e20), "100000000000000000000"), (.number(-2.5), "-2.5"),
    (.number(.nan), "null"), (.number(.infinity), "null"), (.number(5e-7), "5e-07"),
    (.integer(.min), "-9223372036854775808"), (.probability(0.98), "0.9800"),
    (.probability(0.99996), "1.0000"), (.flag(true), "true"), (.null, "null"),
    (.string("a\"b\\c/"), "\"a\\\"b\\\\c/\""), (.string("\n\r\t\u{1}"), "\"\\n\\r\\t\\u0001\""),
    (.string("\u{7F}\u{9B}\u{2028}\u{2029}"), "\"\\u007f\\u009b\\u2028\\u2029\""),
    (.string("\u{E0041}"), "\"\\udb40\\udc41\""), (.string("한글 😀"), "\"한글 😀\""),
    (.array([]), "[]"), (.object([]), "{}"),
    (.array([.integer(1), .array([.null])]), "[\n  1,\n  [\n    null\n  ]\n]"),
    (.object([("b", .integer(1)), ("a", .null)]), "{\n  \"b\": 1,\n  \"a\": null\n}"),
    (.object(leavingOutNil: [("a", nil), ("b", .null)]), "{\n  \"b\": null\n}"),
  ])
  func writesValues(json: JSON, text: String) {
    #expect(json.document == text + "\n")
  }

  @Test func holdsWhatTheContractAsksFor() throws {
    let json = JSONReport(version: "0.1.0").json(Samples.incident)
    #expect(
      json.keys == [
        "schema", "tool", "verdict", "causes", "suspects", "ruled_out", "plan", "missing",
        "timeline", "first_anomaly", "clocks", "recurrence", "risks", "inputs",
      ])
    #expect(json["schema"]?.text == "triage/diagnosis/v1")
    #expect(json["verdict"]?["status"]?.text == "incident")
    let cause = try #require(json["causes"]?[0])
    #expect(
      Set(cause.keys).isSuperset(of: [
        "id", "title", "subject", "role", "probability", "weight_db", "evidence", "against",
        "missing", "remediation",
      ]))
    #expect(cause["subject"]?.text == "redis 10.0.3.7:6380")
    #expect(cause["onset"]?.text == "2024-03-05T02:07:00Z")
    #expect(cause["explained_by"] == nil)
    #expect(json["causes"]?[1]?["explained_by"]?["id"]?.text == "session-bloat")
    let observed = try #require(cause["evidence"]?[1]?["observed"]?[0])
    #expect(observed.keys == ["fact", "value", "unit", "subject", "part", "time", "source"])
    #expect(observed["source"]?["line"]?.document == "142\n")
    #expect(cause["evidence"]?[2]?["observed"]?[0]?["source"]?.keys == ["file", "excerpt"])
    #expect(json["timeline"]?[0]?["clock"] == nil)
    #expect(json["timeline"]?[2]?["clock"]?.text == "unzoned")
    #expect(json["inputs"]?[3]?["kind"]?.document == "null\n")
    #expect(json["plan"]?[0]?["command"]?.text == Samples.plan[0].command)
    #expect(cause.document.contains("\"probability\": 0.9803"))
  }

  @Test func looksAsRecorded() {
    expectGolden(JSONReport(version: "0.1.0").text(Samples.healthy), "healthy.json")
  }

  @Test func letsNoControlCharacterThrough() {
    let text = JSONReport(version: "0.1.0").text(Samples.hostile)
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !isHidden($0) })
  }

  @Test func keepsExcerptsShortAndClean() {
    let diagnosis = Diagnosis(
      verdict: Verdict(.incident, summary: "x"),
      risks: [
        RiskFinding(
          rule: "r", level: .error, message: "m", wouldCause: nil,
          source: Source(file: "f", line: 1, excerpt: String(repeating: "?a=b ", count: 40)),
          fix: nil)
      ])
    let excerpt = JSONReport(version: "").json(diagnosis.redacted(by: .secrets))["risks"]?[0]?[
      "source"]?["excerpt"]?.text
    #expect(excerpt?.count == 200)
    #expect(excerpt?.hasPrefix("?a=*** ?a=***") == true)
  }
}

@Suite struct FactsReportTests {
  static let listing = FactListing(
    observations: [
      Observation(
        fact: "redis.keyspace.avg_ttl", value: .number(2_147_483_647), unit: .seconds,
        subject: Samples.redis, part: "db0", time: Samples.time(2, 7),
        source: Samples.source("info.txt", 142, "db0:keys=70560")),
      Observation(
        fact: "redis.memory.maxmemory_policy", value: .text("noeviction\u{1B}[2J"), unit: .text,
        subject: Samples.redis, source: Samples.source("redis.conf", nil)),
      Observation(
        fact: "ec2.launched", value: .number(1_709_604_420), unit: .time, subject: Samples.instance,
        source: nil),
      Observation(
        fact: "host.is_container", value: .flag(true), unit: .flag, subject: Samples.host,
        source: nil),
    ], inputs: Array(Samples.inputs.prefix(1)))

  @Test func listsFactsAsText() {
    expectGolden(FactsReport().text(FactsReportTests.listing), "facts.txt")
  }

  @Test func listsFactsAsJSON() {
    expectGolden(FactsReport().json(FactsReportTests.listing), "facts.json")
  }
}

extension JSON {
  var keys: [String] {
    if case .object(let pairs) = self { pairs.map(\.0) } else { [] }
  }

  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  subscript(key: String) -> JSON? {
    if case .object(let pairs) = self { pairs.first { $0.0 == key }?.1 } else { nil }
  }

  subscript(index: Int) -> JSON? {
    if case .array(let elements) = self, elements.indices.contains(index) {
      elements[index]
    } else {
      nil
    }
  }
}
