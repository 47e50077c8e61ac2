import Testing

@testable import Readers

/// A set of words finds in one pass what `contains` finds word by word.
@Suite struct WordSetTests {
  private static let groups: [[StaticString]] = [
    ["edis", "REDIS"], ["Error 111 connecting to", "Error 61 connecting to"],
    // One begins like another, one lies within another, one is in two groups.
    ["Error while reading"], ["while"], ["edis", "disaster"],
  ]
  private static let words = WordSet(groups: groups)

  @Test(arguments: [
    "", "edi", "edis", "a redisaster", "REDISedis", "Error 111 connecting to", "Error 6",
    "Error 61 con",
    "Error 61 connecting to redis:6379. Error while reading", "while", "whil", "rediS",
    "Verbindung zu Redis geschlossen: Zeitüberschreitung",
  ])
  func wordsAreFoundAsByContains(_ text: String) {
    // Also where the line is cut, so that every word meets every end.
    let bytes = Array(text.utf8)
    for end in 0...bytes.count {
      let line = bytes.span.extracting(0..<end)
      let found = Self.words.groups(in: line)
      var isFound = false
      for (number, group) in Self.groups.enumerated() {
        var holds = false
        for word in group where line.contains(word) { holds = true }
        #expect(found.contains(number) == holds, "\(text.prefix(end)): group \(number)")
        isFound = isFound || holds
      }
      #expect(found.isEmpty != isFound)
      #expect(Self.words.isFound(in: line) == isFound)
    }
  }

  @Test func manyGroupsAreToldApart() {
    let letters: [StaticString] = ["aaaa", "bbbb", "cccc", "dddd"]
    let many = WordSet(groups: (0..<64).map { [letters[$0 % 4]] })
    let found = many.groups(in: Array("x bbbb".utf8).span)
    #expect((0..<64).allSatisfy { found.contains($0) == ($0 % 4 == 1) })
  }
}
