/// The beginning of a block of code.
struct Fence {
  let mark: String
  /// What is said of the code: `yaml`, `title="redis.conf"`.
  var info: Substring = ""
  /// Code on the line of the fence itself.
  var content: Substring = ""
  var closesItself = false

  init?(_ line: Substring) {
    switch line.utf8.first(where: { $0 > 32 }) {
    case UInt8(ascii: "`"), UInt8(ascii: "~"), UInt8(ascii: "{"), UInt8(ascii: "<"): break
    case let byte? where byte >= 0x80: break
    default: return nil
    }
    let text = line.bare
    for character in ["`", "~"] as [Character] {
      let count = text.prefix { $0 == character }.count
      guard count >= 3 else { continue }
      mark = String(repeating: character, count: count)
      var rest = text.dropFirst(count)
      if rest.hasSuffix(mark), !rest.isEmpty {
        rest = rest.dropLast(count)
        closesItself = true
      }
      if !closesItself, Fence.isInfo(rest) { info = rest } else { content = rest }
      return
    }
    for (open, close) in [("{code", "{code}"), ("{noformat", "{noformat}"), ("<pre", "</pre>")]
    where text.hasPrefix(open) {
      mark = close
      guard let end = text.firstIndex(where: { $0 == "}" || $0 == ">" }) else { return nil }
      info = text[text.index(text.startIndex, offsetBy: open.count)..<end]
      content = text[text.index(after: end)...]
      if content.hasSuffix(close) {
        content = content.dropLast(close.count)
        closesItself = true
      }
      return
    }
    return nil
  }

  /// `yaml`, `python title="gunicorn.conf.py"`; a chat puts the text itself there.
  private static func isInfo(_ text: Substring) -> Bool {
    let words = text.split(separator: " ", maxSplits: 3)
    guard text.utf8.count < 80, let first = words.first else { return text.isEmpty }
    return first.allSatisfy { $0.isLetter || $0.isNumber || "+#._-/{}=".contains($0) }
      && words.dropFirst().allSatisfy { $0.contains("=") || $0.contains("{") }
  }

  func isClosed(by line: Substring) -> Bool {
    let text = line.bare
    guard let first = mark.first, first == "`" || first == "~" else { return text.hasSuffix(mark) }
    let isWhole = text.count >= mark.count && text.allSatisfy { $0 == first }
    return isWhole || text.hasSuffix(mark) && !text.hasPrefix(mark)
  }

  /// What a chat leaves before the closing marks; all of the line where the end of a quotation closed
  /// the fence.
  func contentBeforeEnd(_ line: Substring) -> Substring {
    guard isClosed(by: line) else { return line }
    let text = line.bare
    return text.allSatisfy { $0 == mark.first } ? "" : text.dropLast(mark.count)
  }
}
