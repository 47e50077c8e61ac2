import Testing
import YAML

@Suite struct YAMLParserTests {
  @Test func nodesKnowWhereTheyStand() throws {
    let root = try parseYAML(Array("a: 1\nb:\n  - x\n  - {c: 'd'}\n".utf8))[0]
    #expect(root["a"]?.line == 1)
    #expect(root["b"]?.sequence?[1]["c"]?.text == "d")
    #expect(root["b"]?.sequence?[1]["c"]?.line == 4)
    #expect(root["b"]?.sequence?[1]["c"]?.column == 9)
  }

  @Test func aliasesThatRepeatTooMuchAreRefused() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1..<9 {
      let list = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(list)]\n"
    }
    #expect(throws: DocumentError.self) { try parseYAML(Array(text.utf8)) }
  }

  @Test func depthIsLimited() {
    let text = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    #expect(throws: DocumentError.self) { try parseYAML(Array(text.utf8)) }
    #expect(throws: DocumentError.self) { try parseJSON(Array(text.utf8)) }
  }

  @Test func malformedTextNamesThePlace() {
    #expect(throws: DocumentError.self) { try parseYAML(Array("a: [1\nb: 2".utf8)) }
  }
}

@Suite struct EncodedNodeTests {
  @Test func aDocumentIsReadBack() throws {
    let text = "for: 'höst'\nlist: [1, [], {}]\nlast: |\n  a\n  b\n"
    let root = try parseYAML(Array(text.utf8))[0]
    let again = try #require(Node(encoded: root.encoded))
    #expect(again["for"]?.text == "höst")
    #expect(again["for"]?.column == 6)
    #expect(again["list"]?.sequence?.map(\.line) == [2, 2, 2])
    #expect(again["last"]?.text == "a\nb\n")
    #expect(again.encoded == root.encoded)
  }

  @Test func keysOfTheRootCanBeLeftOut() throws {
    let root = try parseYAML(Array("a: {b: 1}\nb: [2]\nc: {b: 3}".utf8))[0]
    let rest = try #require(Node(encoded: root.encoded, without: ["b"]))
    #expect(rest.mapping?.map(\.key.text) == ["a", "c"])
    #expect(rest["c"]?["b"]?.text == "3")
  }

  @Test(arguments: [
    "", "x", "p", "p1 1", "p1 1 9:abc", "q1 1 99999999999999999999:a", "m1 1 7:p1 1 1:a",
    "s1 1 7:x1 1 1:a",
  ])
  func whatWasNotEncodedIsNoNode(text: String) {
    #expect(Node(encoded: text).map(\.encoded) == nil)
  }
}

@Suite struct JSONParserTests {
  @Test func valuesKnowTheirLines() throws {
    let (nodes, isTruncated) = try parseJSON(Array("{\"a\": [\n 1,\n {\"b\": \"x\\u00e9\"}]}".utf8))
    #expect(!isTruncated)
    #expect(nodes[0]["a"]?.sequence?[0].number == 1)
    #expect(nodes[0]["a"]?.sequence?[1]["b"]?.text == "xé")
    #expect(nodes[0]["a"]?.sequence?[1]["b"]?.line == 3)
  }

  @Test(arguments: [
    "{\"a\": 1, \"b\": {\"c\": 2", "{\"a\": 1, \"b\"", "{\"a\": 1, \"b\": \"cut of",
  ])
  func whatStandsBeforeTheCutIsKept(text: String) throws {
    let (nodes, isTruncated) = try parseJSON(Array(text.utf8))
    #expect(isTruncated)
    #expect(nodes[0]["a"]?.number == 1)
  }

  @Test func severalDocumentsFollowEachOther() throws {
    #expect(try parseJSON(Array("\u{FEFF}{\"a\":1}\n[2]\n".utf8)).nodes.count == 2)
  }

  @Test(arguments: ["{\"a\" 1}", "{a: 1}", "[1 2]", "nonsense", "{\"a\": bad}"])
  func malformationsNameThePlace(text: String) {
    #expect(throws: DocumentError.self) { try parseJSON(Array(text.utf8)) }
  }

  @Test func anyPrefixAndAnyByteIsSurvived() {
    let text = Array("{\"a\": [1, 2.5e3, true, null, \"x\\ud83d\\ude00\\n\"], \"b\": {}}".utf8)
    for end in 0...text.count { _ = try? parseJSON(Array(text[..<end])) }
    for index in text.indices {
      for byte: UInt8 in [0, 10, 34, 92, 123, 255] {
        var broken = text
        broken[index] = byte
        _ = try? parseJSON(broken)
      }
    }
  }
}
