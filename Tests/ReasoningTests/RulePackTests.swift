import Model
import Testing

@testable import Reasoning

@Suite struct RulePackTests {
  @Test func theBuiltInPackIsSound() throws {
    _ = try RulePack.builtIn()
  }

  @Test func everyExampleIsAsItSays() throws {
    let pack = try RulePack.builtIn()
    let results = pack.test().examples
    #expect(results.count >= 3 * pack.causes.count)
    for result in results {
      #expect(
        result.isAsExpected,
        "\(result.place): '\(result.title)' gives \(result.sheet?.probability ?? -1)")
    }
  }
}
