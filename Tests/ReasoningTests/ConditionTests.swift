import Model
import Testing

@testable import Reasoning

@Suite struct ConditionTests {
  private static let table = FactTable(
    catalogue: Catalogue(groups: [
      FactGroup(
        subject: .redis, source: "test", collect: "test",
        [
          .init("t.bytes", .bytes, "Bytes."), .init("t.time", .seconds, "Seconds."),
          .init("t.rate", .perSecond, "Rate."), .init("t.count", .count, "Count."),
          .init("t.flag", .flag, "Flag."),
          .init("t.state", .text, "State.", values: ["ok", "err"]),
        ])
    ]), derivations: [])

  private static func parse(_ text: String) throws -> Condition {
    try ConditionParser.parse(
      text, catalogue: table, place: RulePlace(file: "test.yaml", line: 3, column: 9))
  }

  private static func evaluate(_ text: String, _ facts: [String: Value]) throws -> Truth {
    try parse(text).evaluate { name in
      guard let definition = table[name], let value = facts[name] else { return nil }
      return KnownFact(
        definition: definition, subject: 0, value: value, part: nil, time: nil, coverage: nil,
        origin: Origin(line: 1, excerpt: ""), inputs: [])
    }.truth
  }

  @Test(arguments: [
    ("t.bytes >= 2KiB", Truth.holds), ("t.bytes > 2KiB", .fails), ("t.bytes < 2049B", .holds),
    ("t.bytes / t.time >= 1KiB / 1s", .holds), ("t.rate * t.time == 10", .holds),
    ("t.count > 50% * 10", .holds), ("not t.count > 50% * 10", .fails),
    ("t.flag", .holds), ("not t.flag", .fails), ("t.state == ok", .holds),
    ("t.state != 'ok'", .fails), ("(t.count > 1 or t.flag) and t.bytes > 0B", .holds),
    ("(t.count + 1) * 2 == 14", .holds), ("-1 * t.count < 0", .holds),
    ("t.time == 2s", .holds), ("t.time == 2000ms", .holds), ("t.time < 1m", .holds),
    ("t.rate == 5/s", .holds),
  ])
  func evaluatesOverKnownFacts(text: String, expected: Truth) throws {
    let facts: [String: Value] = [
      "t.bytes": .number(2048), "t.time": .number(2), "t.rate": .number(5), "t.count": .number(6),
      "t.flag": .flag(true), "t.state": .text("ok"),
    ]
    #expect(try ConditionTests.evaluate(text, facts) == expected)
  }

  @Test(arguments: [
    ("t.count > 1 and t.flag", Truth.unknown), ("t.count > 9 and t.flag", .fails),
    ("t.count > 1 or t.flag", .holds), ("t.count > 9 or t.flag", .unknown),
    ("not t.flag", .unknown), ("t.count / t.time > 1/s", .unknown),
    ("t.count / (t.count - 6) > 1", .unknown),
  ])
  func whatIsUnknownIsNeitherTrueNorFalse(text: String, expected: Truth) throws {
    #expect(try ConditionTests.evaluate(text, ["t.count": .number(6)]) == expected)
  }

  @Test(arguments: [
    ("t.byte > 1B", "unknown fact 't.byte'"), ("t.bytes > 5", "cannot compare bytes"),
    ("t.bytes > 5s", "cannot compare bytes with seconds"), ("t.bytes + t.time > 1B", "cannot add"),
    ("t.state == broken", "is never 'broken'"), ("t.count >", "found the end"),
    ("t.count > 5 5", "expected 'and', 'or' or the end"), ("t.count > 5parsec", "unknown unit"),
    ("t.count", "expected a comparison"), ("t.count > 'abc", "does not end"), ("", "found the end"),
    ("t.count ? 5", "found '?'"),
  ])
  func saysWhatIsWrongAndWhere(text: String, message: String) {
    do throws(any Error) {
      _ = try ConditionTests.parse(text)
      Issue.record("'\(text)' was accepted")
    } catch {
      #expect("\(error)".contains(message), "\(error)")
      #expect("\(error)".hasPrefix("test.yaml:3:"))
    }
  }

  @Test func nestingIsLimited() {
    let text = String(repeating: "(", count: 5000) + "t.count" + String(repeating: ")", count: 5000)
    #expect(throws: RuleError.self) { try ConditionTests.parse(text + " > 1") }
  }
}
