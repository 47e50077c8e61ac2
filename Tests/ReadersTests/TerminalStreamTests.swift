import Model
import Testing

@testable import Readers

/// What was captured from a terminal, with what was said to the terminal.
@Suite struct TerminalStreamTests {
  private func text(_ bytes: [UInt8]) throws -> String {
    var stream: any ByteStream = try unpacked(
      MeteredStream(MemoryStream(bytes), UnpackingBudget()), budget: UnpackingBudget())
    let (bytes, failure) = take(1 << 20, from: &stream)
    #expect(failure == nil)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("\u{1b}[0;1;31mfailed\u{1b}[0m (Result: signal)\n", "failed (Result: signal)\n"),
    ("\u{1b}]0;me@box: ~\u{7}$ \u{1b}[?2004hredis-cli info\n", "$ redis-cli info\n"),
    ("\u{1b}]8;;file://box/etc\u{1b}\\/etc\u{1b}]8;;\u{1b}\\ \u{1b}[Kand\n", "/etc and\n"),
    ("\u{1b}(B\u{1b}[mplain\u{1b}=\n", "plain\n"),
    // One that is cut takes nothing of the next line.
    ("\u{1b}[0mone\u{1b}[38;5\ntwo\u{1b}]title\nthree\u{1b}", "one\ntwo\nthree"),
  ])
  func onlyTheTextIsLeft(captured: String, text expected: String) throws {
    #expect(try text(Array(captured.utf8)) == expected)
  }

  /// An ESC that begins nothing is evidence like any other byte, and what holds NULs is no text.
  @Test(arguments: ["a \u{1b} b\n", "\u{1b}[", "\u{1b}[31", "\u{1b}[31m\u{0}\n", "x[31m\n"])
  func whatNoTerminalWasToldStays(text: String) throws {
    #expect(try self.text(Array(text.utf8)) == text)
  }

  /// Wherever a read of the file ends.
  @Test func piecesDoNotMatter() throws {
    let captured = Array("\u{1b}[31mred\u{1b}[0m \u{1b}]2;t\u{7}\u{1b}(Btext\n\u{1b}[1mbold\n".utf8)
    for size in 1...captured.count {
      var stream = TerminalStream(BufferedStream(MemoryStream(captured)))
      var result: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: size)
      while true {
        let count = try piece.withUnsafeMutableBufferPointer { try stream.read(into: $0) }
        if count == 0 { break }
        result += piece[..<count]
      }
      #expect(String(decoding: result, as: UTF8.self) == "red text\nbold\n")
    }
  }
}
