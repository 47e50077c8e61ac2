import Glibc
import Model
import Testing
import YAML

@testable import Reasoning

@Suite struct RulePackTests {
  @Test func theBuiltInPackIsSound() throws {
    _ = try RulePack.builtIn()
  }

  /// What the build parsed is what its files say.
  @Test(arguments: builtInRuleFiles.map(\.path))
  func theBuildKeepsEveryRule(path: String) throws {
    let document = try #require(builtInRuleFiles.first { $0.path == path }?.document)
    let parsed = try parseYAML(bytes(ofRule: path))
    #expect(parsed.map(\.encoded) == [document])
    #expect(try #require(Node(encoded: document)).encoded == document)
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

  private func bytes(ofRule path: String) throws -> [UInt8] {
    let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    let file = try #require(fopen(root + "/Sources/Reasoning/Rules/" + path, "rb"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
  }
}
