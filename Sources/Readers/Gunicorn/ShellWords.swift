/// A word of a command line with the line it stands on.
struct ShellWord {
  var text: String
  var line: Int
  /// `&&`, `;`, `|` and the like, unquoted.
  var isOperator = false
  /// Holds a substitution that only a running shell could make.
  var isComputed = false
  /// The variable whose default, `${NAME:-default}`, was taken.
  var defaulted: String?
}

/// Splits command lines as a POSIX shell would: quotes, backslashes, continuation lines, variables
/// that are known and defaults of those that are not. Nothing is executed.
func shellWords(
  _ lines: some Sequence<(number: Int, text: Substring)>, variables: [String: String] = [:]
) -> [ShellWord] {
  var splitter = ShellSplitter(variables: variables)
  for (number, text) in lines { splitter.take(text, line: number) }
  return splitter.finish()
}

private struct ShellSplitter {
  let variables: [String: String]
  var words: [ShellWord] = []
  var word: ShellWord?
  var quote: Character?

  mutating func take(_ text: Substring, line: Int) {
    var rest = text
    var continues = false
    while let next = rest.first {
      rest = rest.dropFirst()
      if let open = quote {
        if next == open {
          quote = nil
        } else if next == "\\", open == "\"", let escaped = rest.first {
          if "\"\\$`".contains(escaped) {
            rest = rest.dropFirst()
            append(escaped, line: line)
          } else {
            append(next, line: line)
          }
        } else if next == "$", open == "\"" {
          substitute(&rest, line: line)
        } else {
          append(next, line: line)
        }
        continue
      }
      switch next {
      case "\\":
        guard let escaped = rest.first else {
          continues = true
          break
        }
        rest = rest.dropFirst()
        append(escaped, line: line)
      case "\"", "'":
        quote = next
        if word == nil { word = ShellWord(text: "", line: line) }
      case "$": substitute(&rest, line: line)
      case "`":
        append("`", line: line)
        word?.isComputed = true
        rest = rest.drop { $0 != "`" }.dropFirst()
      case "#" where word == nil: rest = ""
      case "&", "|", ";", ">", "<", "(", ")":
        // `2>&1`: the figure belongs to the redirection.
        if let last = word, next == ">" || next == "<", Int(last.text) != nil { word = nil }
        endWord()
        if let last = words.indices.last, words[last].isOperator {
          words[last].text.append(next)
        } else {
          words.append(ShellWord(text: String(next), line: line, isOperator: true))
        }
      case " ", "\t", "\r", "\n": endWord()
      default: append(next, line: line)
      }
    }
    if quote != nil {
      append("\n", line: line)
    } else if !continues {
      endWord()
      words.append(ShellWord(text: ";", line: line, isOperator: true))
    }
  }

  mutating func finish() -> [ShellWord] {
    endWord()
    return words
  }

  private mutating func append(_ text: some StringProtocol, line: Int) {
    guard (word?.text.utf8.count ?? 0) < 8192 else { return }
    if word == nil { word = ShellWord(text: "", line: line) }
    word?.text += text
  }

  private mutating func append(_ character: Character, line: Int) {
    append(String(character), line: line)
  }

  private mutating func endWord() {
    if let word, words.count < 4096 { words.append(word) }
    word = nil
  }

  /// Stands after a `$`.
  private mutating func substitute(_ rest: inout Substring, line: Int) {
    if rest.first == "(" {
      var depth = 0
      while let next = rest.first {
        rest = rest.dropFirst()
        if next == "(" { depth += 1 }
        if next == ")" { depth -= 1 }
        if depth == 0 { break }
      }
      append("$()", line: line)
      word?.isComputed = true
      return
    }
    var name: Substring
    var fallback: Substring?
    if rest.first == "{" {
      let inner = rest.dropFirst().prefix { $0 != "}" }
      rest = rest.dropFirst(inner.count + 2)
      name = inner.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      let tail = inner.dropFirst(name.count)
      if tail.hasPrefix(":-") || tail.hasPrefix(":=") {
        fallback = tail.dropFirst(2)
      } else if tail.hasPrefix("-") || tail.hasPrefix("=") {
        fallback = tail.dropFirst()
      }
    } else {
      name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      rest = rest.dropFirst(name.count)
    }
    if let known = variables[String(name)] {
      append(known, line: line)
    } else if let fallback {
      append(fallback, line: line)
      word?.defaulted = String(name)
    } else {
      append("$" + name, line: line)
      word?.isComputed = true
    }
  }
}
