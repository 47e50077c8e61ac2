/// Text from evidence made fit for Markdown, wherever it is pasted: GitHub, GitLab, Slack, Jira.
///
/// They do not agree on what a backslash escapes, or on what becomes a link, a mention or a picture.
/// They agree on one thing: in a code span nothing is anything. So a word that holds more than letters,
/// figures and the marks of plain prose is put into one; and since nothing ends a code span but a
/// backtick, a backtick of the evidence is shown as `\u{60}`.
enum MarkdownText {
  /// A sentence: its plain words as they are, the others as code.
  static func sentence(_ text: String) -> String {
    let words = escaped(text).split(separator: " ", omittingEmptySubsequences: true)
    return words.enumerated().map { index, word in
      isPlain(word, isFirst: index == 0) ? String(word) : wrapped(word)
    }.joined(separator: " ")
  }

  /// All of it as code.
  static func code(_ text: some StringProtocol) -> String {
    var shown = ""
    for character in escaped(String(text)) {
      shown += character == "`" ? "\\u{60}" : String(character)
    }
    let isBlank = shown.allSatisfy { $0 == " " }
    return isBlank ? "(nothing)" : "`" + shown + "`"
  }

  /// A command to copy, in a fence that nothing in it can close.
  static func fenced(_ command: String, indent: String) -> String {
    var longest = 0
    var run = 0
    for character in command {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return indent + fence + "sh\n" + indent + escaped(command) + "\n" + indent + fence + "\n"
  }

  /// Quotes, brackets and the comma around a word need no code.
  private static func wrapped(_ word: Substring) -> String {
    let body = word.drop { "('\"".contains($0) }
    let lead = word.prefix(word.count - body.count)
    var core = body
    while let last = core.last, ",.;:)'\"".contains(last) { core = core.dropLast() }
    let tail = body.suffix(body.count - core.count)
    guard !core.isEmpty else { return code(word) }
    return (isPlain(lead + "x", isFirst: false) ? String(lead) : "") + code(core) + tail
  }

  static func isPlain(_ word: Substring, isFirst: Bool) -> Bool {
    let scalars = Array(word.unicodeScalars)
    var digits = 0
    var hexadecimal = 0
    for (index, scalar) in scalars.enumerated() {
      let next = index + 1 < scalars.count ? scalars[index + 1] : nil
      if scalar.properties.numericType != nil { digits += 1 }
      if scalar.properties.isASCIIHexDigit { hexadecimal += 1 }
      switch scalar {
      case _ where isLetterOrDigit(scalar): continue
      case "(", ")", ",", ";", "%", "'", "\"", "/", "?", "+", "-", "=": continue
      // A domain, a file: some of them link it.
      case ".":
        if let next, !isDigitScalar(next), !",;:)'\"".unicodeScalars.contains(next) {
          return false
        }
      // `:smile:`, a scheme.
      case ":": if let next, !isDigitScalar(next) { return false }
      default: return false
      }
    }
    // A commit, as GitHub sees it.
    if hexadecimal >= 7, hexadecimal == scalars.count, digits < scalars.count { return false }
    guard isFirst else { return true }
    // What would begin a list or underline a heading.
    let isMark = scalars.allSatisfy { "-+=.".unicodeScalars.contains($0) }
    let isNumber = scalars.dropLast().allSatisfy(isDigitScalar)
    return !isMark && !(isNumber && scalars.last.map { ".)".unicodeScalars.contains($0) } == true)
  }

  private static func isDigitScalar(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar)
  }

  private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}
