import Testing

@testable import Readers

/// Finding texts in lines sixteen bytes at a time finds what a loop finds.
@Suite struct SpanTextTests {
  @Test(arguments: [0, 1, 2, 14, 15, 16, 17, 31, 32, 33, 47, 48, 64, 100])
  func textsAreFoundWhereTheyStand(_ size: Int) {
    let needles: [StaticString] = ["a", "ab", "aab", "abcabcabcabcabcabd", "edis", "\n"]
    for needle in needles {
      let text = needle.withUTF8Buffer { Array($0) }
      for place in 0...max(size - 1, 0) {
        // The first byte of the needle everywhere, and the needle once.
        var line = [UInt8](repeating: text[0], count: size)
        for (offset, byte) in text.enumerated() where place + offset < size {
          line[place + offset] = byte
        }
        for start in [0, 1, place, place + 1, size, size + 1] {
          let known = line.indices.first { index in
            index >= start && line.count - index >= text.count
              && Array(line[index..<index + text.count]) == text
          }
          #expect(line.span.firstIndex(of: needle, from: start) == known)
          let byte = line.indices.first { $0 >= start && line[$0] == text[text.count - 1] }
          #expect(line.span.firstIndex(of: text[text.count - 1], from: start) == byte)
        }
      }
    }
    #expect([UInt8]().span.firstIndex(of: "a") == nil)
    #expect(Array("abc".utf8).span.firstIndex(of: "abc", from: -1) == nil)
  }
}
