/// A comment that bears a finding: `# triage: ignore=RULE reason`, on its line or on a line of its own
/// above. Several rules stand with commas between; `until=2026-12-31` may follow.
///
///     maxmemory 0             (a comment line above, since Redis takes none behind a value)
///     mem_limit: 64m          # triage: ignore=redis-maxmemory-beyond-limit a test box
///     keepalive_timeout 5s;   # triage: ignore=rule-a,rule-b until=2026-12-31 until the next window
package struct InlineIgnore: Sendable, Equatable {
  package let file: String
  /// Of the comment.
  package let line: Int
  package let column: Int
  package let excerpt: String
  /// Empty where it cannot be understood.
  package let rules: [String]
  package let reason: String?
  package let until: String?
  /// The line that it speaks of; nil where nothing follows it.
  package let target: Int?

  /// What is wrong with its words.
  package let complaint: String?
}

private let mark = Array("triage:".utf8)
private let openers: [[UInt8]] = ["#", "//", ";", "<!--", "/*"].map { Array($0.utf8) }
private let closers = ["-->", "*/"]

/// The comments to triage of a file. Most files have none and cost one search.
package func inlineIgnores(in bytes: [UInt8], file: String) -> [InlineIgnore] {
  guard occurs(mark, in: bytes) else { return [] }
  var ignores: [InlineIgnore] = []
  let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
  for (index, line) in lines.enumerated() where occurs(mark, in: line) {
    guard let comment = Comment(in: line) else { continue }
    var target: Int? = index + 1
    if comment.isAlone {
      let next = lines.dropFirst(index + 1).firstIndex { !isCommentOrBlank($0) }
      target = next.map { $0 + 1 }
    }
    ignores.append(comment.ignore(file: file, line: index + 1, target: target))
  }
  return ignores
}

private struct Comment {
  let line: ArraySlice<UInt8>
  /// Of the marker of the comment.
  let start: Int
  let text: String
  /// Nothing but it stands on the line.
  var isAlone: Bool { line[..<start].allSatisfy(isBlank) }

  /// The comment whose first word is `triage:`; nil where the mark stands elsewhere.
  init?(in line: ArraySlice<UInt8>) {
    var quote: UInt8?
    var index = line.startIndex
    while index < line.endIndex {
      let byte = line[index]
      if let open = quote {
        if byte == UInt8(ascii: "\\") { index += 1 } else if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        // An apostrophe within a word opens nothing.
        let before = index > line.startIndex ? line[index - 1] : UInt8(ascii: " ")
        if byte == UInt8(ascii: "\"") || !isWord(before) { quote = byte }
      } else if let opener = openers.first(where: { line[index...].starts(with: $0) }),
        Comment.mayOpen(at: index, of: line)
      {
        let rest = line[(index + opener.count)...].drop { isBlank($0) || $0 == opener[0] }
        guard rest.starts(with: mark) else {
          // Another comment, in which one to triage may stand: `# note  # triage: ...`
          index += opener.count
          continue
        }
        self.line = line
        start = index
        text = String(decoding: rest.dropFirst(mark.count), as: UTF8.self)
        return
      }
      index += 1
    }
    return nil
  }

  /// Behind a blank, or behind what ends a statement: `#` in `a#b` is no comment.
  private static func mayOpen(at index: Int, of line: ArraySlice<UInt8>) -> Bool {
    guard index > line.startIndex else { return true }
    let before = line[index - 1]
    return isBlank(before) || ";{}[](),".utf8.contains(before)
  }

  func ignore(file: String, line number: Int, target: Int?) -> InlineIgnore {
    var words = text
    for closer in closers {
      if let end = words.firstRange(of: closer) { words = String(words[..<end.lowerBound]) }
    }
    let (first, rest) = Comment.firstWord(words)
    var rules: [String] = []
    var complaint: String?
    var until: String?
    var reason = rest
    if first.hasPrefix("ignore=") {
      rules = first.dropFirst(7).split(separator: ",").map(String.init)
    }
    if rules.isEmpty {
      complaint = "found 'triage: \(first)'; expected 'triage: ignore=RULE reason'"
    }
    let (second, others) = Comment.firstWord(rest)
    if second.hasPrefix("until=") {
      until = validDate(String(second.dropFirst(6)))
      reason = others
      if until == nil { complaint = "found '\(second)'; expected a date like until=2026-12-31" }
    }
    let plain = reason.drop { $0.isWhitespace || "-:".contains($0) }
    let column = String(decoding: line[..<start], as: UTF8.self).unicodeScalars.count + 1
    return InlineIgnore(
      file: file, line: number, column: column,
      excerpt: String(String(decoding: line, as: UTF8.self).prefix(200).filter { $0 != "\r\n" }),
      rules: rules, reason: plain.isEmpty ? nil : Comment.trimmed(plain), until: until,
      target: target, complaint: complaint)
  }

  private static func firstWord(_ text: some StringProtocol) -> (first: String, rest: String) {
    let text = text.drop(while: \.isWhitespace)
    let first = text.prefix { !$0.isWhitespace }
    return (String(first), String(text[first.endIndex...].drop(while: \.isWhitespace)))
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var text = text[...]
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return String(text.drop(while: \.isWhitespace))
  }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

private func isWord(_ byte: UInt8) -> Bool {
  byte >= 0x80 || (48...57).contains(byte) || (97...122).contains(byte | 0x20)
}

private func isCommentOrBlank(_ line: ArraySlice<UInt8>) -> Bool {
  let text = line.drop(while: isBlank)
  return text.isEmpty || openers.contains { text.starts(with: $0) }
}

private func occurs(_ needle: [UInt8], in bytes: some RandomAccessCollection<UInt8>) -> Bool {
  var rest = bytes[...]
  while let at = rest.firstIndex(of: needle[0]) {
    rest = rest[at...]
    if rest.starts(with: needle) { return true }
    rest = rest.dropFirst()
  }
  return false
}
