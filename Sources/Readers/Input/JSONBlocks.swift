import YAML

/// The JSON documents in a text that are written over several lines, as `aws` prints them: from a bracket that
/// stands alone to the next that closes one, each at the beginning of its line.
func jsonBlocks(in lines: [Substring]) -> [Range<Int>] {
  var blocks: [Range<Int>] = []
  var start: Int?
  for (index, line) in lines.enumerated() {
    switch loneBracket(line.utf8) {
    case UInt8(ascii: "{")?, UInt8(ascii: "[")?: start = index
    case UInt8(ascii: "}")?, UInt8(ascii: "]")?:
      guard let first = start else { continue }
      start = nil
      let bytes = Array(lines[first...index].joined(separator: "\n").utf8)
      if let parsed = try? parseJSON(bytes), !parsed.isTruncated {
        blocks.append(first..<index + 1)
      }
    default: continue
    }
  }
  return blocks
}

/// Tells by single lines whether such a document may stand below something else, or something else below it.
struct JSONBlockSigns {
  private var isFilled = false
  private var beginsWithOne = false
  private var isClosed = false

  /// True once it may be so.
  mutating func take<Line: BidirectionalCollection<UInt8>>(_ line: Line) -> Bool {
    guard line.contains(where: { $0 > 0x20 }) else { return false }
    if isClosed { return true }
    switch loneBracket(line) {
    case UInt8(ascii: "{")?, UInt8(ascii: "[")?:
      if isFilled { return true }
      beginsWithOne = true
    case UInt8(ascii: "}")?, UInt8(ascii: "]")?: isClosed = beginsWithOne
    default: break
    }
    isFilled = true
    return false
  }
}

/// The first byte of a line that holds nothing else.
private func loneBracket<Line: BidirectionalCollection<UInt8>>(_ line: Line) -> UInt8? {
  guard let first = line.first, "{}[]".utf8.contains(first) else { return nil }
  return line.dropFirst().allSatisfy { $0 <= 0x20 } ? first : nil
}
