/// The settings of a program's calls: `key: value` and `key = value` within brackets, and the first argument of each
/// call, with the names of the calls and keys that they stand in, the outermost first.
struct CodeSettings: Sequence {
  struct Setting {
    let calls: [String]
    /// Nil of an argument without a name.
    let key: String?
    /// Of the key.
    let line: Int
    let value: ArraySlice<CodeToken>
  }

  private static let deepest = 64
  private let tokens: [CodeToken]
  /// Statements end with their lines, as those of Go do.
  private let endsWithLine: Bool

  init(_ tokens: [CodeToken], endsWithLine: Bool = false) {
    self.tokens = tokens
    self.endsWithLine = endsWithLine
  }

  func makeIterator() -> Array<Setting>.Iterator {
    var settings: [Setting] = []
    var calls: [String] = []
    var tooDeep = 0
    for index in tokens.indices {
      guard case .symbol(let symbol) = tokens[index].content else {
        // `key: value` or `key = value`, but not `a == b` and `A::B`.
        guard let word = tokens[index].word, index + 2 < tokens.count,
          tokens[index + 1].isSymbol(":") || tokens[index + 1].isSymbol("="),
          !tokens[index + 2].isSymbol(":"), !tokens[index + 2].isSymbol("=")
        else { continue }
        let value = value(from: index + 2)
        if !value.isEmpty {
          settings.append(Setting(calls: calls, key: word, line: tokens[index].line, value: value))
        }
        continue
      }
      if "([{".contains(symbol) {
        guard calls.count < CodeSettings.deepest else {
          tooDeep += 1
          continue
        }
        calls.append(name(before: index))
        let value = symbol == "(" ? value(from: index + 1) : []
        if !value.isEmpty {
          settings.append(Setting(calls: calls, key: nil, line: tokens[index].line, value: value))
        }
      } else if ")]}".contains(symbol) {
        if tooDeep > 0 { tooDeep -= 1 } else { _ = calls.popLast() }
      }
    }
    return settings.makeIterator()
  }

  /// Of a call its name, of a nested value its key.
  private func name(before index: Int) -> String {
    guard index > 0 else { return "" }
    if let word = tokens[index - 1].word { return word }
    guard index > 1, tokens[index - 1].isSymbol(":") || tokens[index - 1].isSymbol("=") else {
      return ""
    }
    return tokens[index - 2].word ?? ""
  }

  /// Up to the comma, semicolon or bracket that ends it; empty where it is long.
  private func value(from start: Int) -> ArraySlice<CodeToken> {
    var depth = 0
    for index in start..<Swift.min(start + 32, tokens.count) {
      if endsWithLine, depth == 0, index > start, tokens[index].line > tokens[index - 1].line {
        return tokens[start..<index]
      }
      guard case .symbol(let symbol) = tokens[index].content else { continue }
      if "([{".contains(symbol) { depth += 1 }
      if ")]}".contains(symbol) { depth -= 1 }
      if depth < 0 || depth == 0 && (symbol == "," || symbol == ";") {
        return tokens[start..<index]
      }
    }
    return tokens.count - start < 32 ? tokens[start...] : []
  }
}

/// The seconds of `Duration.ofDays(7 * 30)` or `TimeSpan.FromHours(2)`; nil of anything else.
func codeDuration(
  _ value: ArraySlice<CodeToken>, of type: String, _ prefix: String
) -> Double? {
  let words = value.compactMap(\.word)
  guard words.count == 2, words[0] == type, words[1].hasPrefix(prefix),
    let scale = codeUnits[words[1].dropFirst(prefix.count)],
    let open = value.firstIndex(where: { $0.isSymbol("(") })
  else { return nil }
  return codeProduct(value[(open + 1)...].prefix { !$0.isSymbol(")") }).map { $0 * scale }
}

private let codeUnits: [Substring: Double] = [
  "Days": 86_400, "Hours": 3600, "Minutes": 60, "Seconds": 1,
]

/// Numbers that are multiplied, in brackets or not, or one below zero; nil of anything else.
func codeProduct(_ tokens: some Sequence<CodeToken>) -> Double? {
  var product = 1.0
  var wantsNumber = true
  var sign = 1.0
  for token in tokens {
    switch token.content {
    case .number(let number) where wantsNumber:
      product *= number
      wantsNumber = false
    case .symbol("*") where !wantsNumber: wantsNumber = true
    case .symbol("-") where wantsNumber: sign = -sign
    case .symbol("("), .symbol(")"): continue
    default: return nil
    }
  }
  return wantsNumber || !product.isFinite ? nil : product * sign
}
