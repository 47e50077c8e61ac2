import Testing

@testable import Readers

/// Looking for plain characters by bytes finds what the standard library finds by characters.
@Suite struct ByteSearchTests {
  @Test(arguments: [
    "", "=", "a", "a=b", "=a==b=", " a  b ", "k\u{e9}y=v\u{e4}l = \u{1F600}", "a\r\n=b\r\n",
    "short", "long enough to be no small string = yes = no",
  ])
  func splitsAndFinds(text: String) {
    let characters = Array(text)
    for mark in ["=", " ", "\n", "\u{e9}"] as [Character] {
      #expect(
        text.firstIndex(of: mark).map { text.distance(from: text.startIndex, to: $0) }
          == characters.firstIndex(of: mark))
      for (most, omitsEmpty) in [
        (Int.max, true), (Int.max, false), (2, true), (2, false), (1, true), (1, false), (0, true),
      ] {
        let expected = characters.split(
          separator: mark, maxSplits: most, omittingEmptySubsequences: omitsEmpty
        ).map { String($0) }
        let found = text.split(
          separator: mark, maxSplits: most, omittingEmptySubsequences: omitsEmpty)
        #expect(found.map(String.init) == expected)
        // Of a part, places are counted from where it begins.
        let part = ("before" + text + "after").dropFirst(6).dropLast(5)
        #expect(
          part.split(separator: mark, maxSplits: most, omittingEmptySubsequences: omitsEmpty)
            .map(String.init) == expected)
      }
    }
  }

  @Test(arguments: [
    ("abc", "", true), ("", "", true), ("", "a", false), ("abc", "ab", true),
    ("abc", "abd", false), ("ab", "abc", false),
  ])
  func tellsPrefixes(text: String, prefix: String, holds: Bool) {
    #expect(text[...].hasPrefix(prefix) == holds)
  }
}
