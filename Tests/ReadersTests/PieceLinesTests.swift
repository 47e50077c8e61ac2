import Testing

@testable import Readers

@Suite struct PieceLinesTests {
  @Test(arguments: ["", "a", "a\n", "a\r\n\r\nb", "\n\n", "a\nb\r"], [1, 2, 3, 100])
  func areThoseOfADocument(text: String, size: Int) {
    let bytes = Array(text.utf8)
    var lines = PieceLines()
    var found: [PieceLines.Line] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      found += lines.read(Array(bytes[start..<min(start + size, bytes.count)]).span)
    }
    found.append(lines.finish())
    #expect(lines.firstCutLine == nil)
    #expect(found.map(\.text) == Document(name: "", bytes: bytes).lines)
    #expect(found.map(\.number) == Array(1...found.count))
  }

  @Test func ofALongLineTheRestIsPassedOver() {
    var lines = PieceLines()
    let piece = [UInt8](repeating: 0x61, count: 700_000)
    #expect(lines.read(piece.span).isEmpty)
    #expect(lines.read((piece + [10]).span).map(\.text.utf8.count) == [1 << 20])
    #expect(lines.finish().number == 2)
    #expect(lines.firstCutLine == 1)
  }

  @Test(arguments: [0, 1, 2, 19, 20, 21, 22, 100, 12_345])
  func aSelectionIsEvenAndHoldsBothEnds(count: Int) {
    var series = Thinned<Int>(limit: 10)
    for number in 0..<count { series.append(number) }
    let elements = series.elements
    #expect(series.count == count)
    #expect(elements.first == (count > 0 ? 0 : nil))
    #expect(elements.last == (count > 0 ? count - 1 : nil))
    #expect(elements.count <= 20)
    if count <= 20 { #expect(elements == Array(0..<count)) }
    let gaps = zip(elements, elements.dropFirst()).map { $1 - $0 }
    #expect(Set(gaps.dropLast()).count <= 1, "\(gaps)")
    let (fewer, step) = series.fewer
    #expect(fewer.count <= 11)
    #expect(Set(fewer.dropLast().map { $0 % step }).isSubset(of: [0]))
    #expect(fewer.last == elements.last)
  }
}
