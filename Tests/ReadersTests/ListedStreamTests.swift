import Model
import Testing

@testable import Readers

/// What `cat -n`, `less -N` and `grep` print of a file.
@Suite struct ListedStreamTests {
  private func text(_ given: String) throws -> String {
    var stream: any ByteStream = try unpacked(
      MeteredStream(MemoryStream(Array(given.utf8)), UnpackingBudget()), budget: UnpackingBudget())
    let (bytes, failure) = take(1 << 20, from: &stream)
    #expect(failure == nil)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: [
    ("     1\t# Memory\n     2\tused_memory:7\n     3\t\n", "# Memory\nused_memory:7\n\n"),
    ("    99 a\n   100 b\n   101 c\n", "a\nb\nc\n"),
    (
      "9:2024/03/05 a\n12-2024/03/05 b\n--\n77:2024/03/05 c\n",
      "2024/03/05 a\n2024/03/05 b\n--\n2024/03/05 c\n"
    ),
    ("1:# Memory\n2:used_memory:7\n3:\n", "# Memory\nused_memory:7\n\n"),
    ("a/r.log:1:M x\na/r.log:1:M y\na/r.log:1:M z\n", "1:M x\n1:M y\n1:M z\n"),
    ("r.log:4:1:M x\nr.log:5:1:M y\nr.log:9:1:M z\n", "1:M x\n1:M y\n1:M z\n"),
  ])
  func linesWithoutTheirNumbers(given: String, expected: String) throws {
    #expect(try text(given) == expected)
  }

  /// Pids, clocks, days, counts and addresses are the line's own.
  @Test(arguments: [
    "7:C 02 Oct 2024 a\n8:M 02 Oct 2024 b\n9:M 02 Oct 2024 c\n",
    "01:00:00 a\n02:00:00 b\n03:00:00 c\n", "05-03-2024 a\n06-03-2024 b\n07-03-2024 c\n",
    "      4 GET /\n     19 GET /health\n     20 GET /a\n",
    "2024-03-05 a\n2024-03-05 b\n2024-03-05 c\n",
    "1:a\n2:b\n", "web:1\nweb:2\nweb:3\n", "a:1\nb:2\nc:3\n", "3:a\n2:b\n1:c\n",
    " 1 0 0 0\n 2 0 0 0\n 3 0 0 0\n",
  ])
  func whatIsTheLinesOwnStays(given: String) throws { #expect(try text(given) == given) }

  /// Wherever a read of the file ends. A line below that has no number stays as it is, though it begins
  /// as one.
  @Test func piecesDoNotMatter() throws {
    let head = Array("     1\tone\n     2\ttwo\n     3\tthree\n".utf8)
    let form = try #require(ListedStream.Form(head))
    let blanks = String(repeating: " ", count: 40)
    let given = head + Array("   x\n\(blanks)y\n     5".utf8)
    for size in 1...given.count {
      var stream = ListedStream(BufferedStream(MemoryStream(given)), form)
      var result: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: size)
      while true {
        let count = try piece.withUnsafeMutableBufferPointer { try stream.read(into: $0) }
        if count == 0 { break }
        result += piece[..<count]
      }
      #expect(
        String(decoding: result, as: UTF8.self) == "one\ntwo\nthree\n   x\n\(blanks)y\n     5")
    }
  }

  /// What was searched for says nothing of what was not.
  @Test func anExcerptRulesNothingOut() {
    func timeouts(_ prefix: (Int) -> String) -> [Double] {
      let lines = (1...4).map {
        prefix($0) + "[2024-03-05 02:07:4\($0) +0000] [7] [INFO] Booting worker with pid: \($0)\n"
      }
      let source = EvidenceSource(name: "gunicorn.log", folder: "d", isNamed: true) {
        () throws(SourceError) in MemoryStream(Array(lines.joined().utf8))
      }
      let page = readEvidence([source]).pages.map(\.page)
      #expect(page.map(\.kind) == [.gunicornLog])
      return page.compactMap { $0.number("gunicorn.log.timeouts") }
    }
    #expect(timeouts { _ in "" } == [0])
    #expect(timeouts { "     \($0)\t" } == [0])
    #expect(timeouts { "\($0 * 9):" } == [])
    #expect(timeouts { _ in "/var/log/gunicorn.log:" } == [])
  }
}
