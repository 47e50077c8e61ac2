/// What an expression of a config is known to be without running it.
struct PythonValue: Equatable, Sendable {
  indirect enum Content: Equatable, Sendable {
    case number(Double)
    /// `perCore` times the number of cores, plus `extra`.
    case perCore(Double, extra: Double)
    case text(String)
    case flag(Bool)
    case none
    case list([PythonValue])
    /// A dotted name that is no value yet: `os.environ.get`.
    case path(String)
    /// Known only at run time.
    case computed
  }

  var content: Content
  /// The environment variable whose absence was assumed.
  var environment: String?

  static let computed = PythonValue(content: .computed)

  var number: Double? { if case .number(let n) = content { n } else { nil } }
  var isComputed: Bool { content == .computed }

  /// Python's truth value, where known.
  var truth: Bool? {
    switch content {
    case .number(let n): n != 0
    case .text(let t): !t.isEmpty
    case .flag(let f): f
    case .none: false
    case .list(let l): !l.isEmpty
    case .perCore, .path, .computed: nil
    }
  }
}

/// Evaluates the literals, arithmetic and few calls that gunicorn configs are made of. Nothing is
/// executed; whatever else stands there is `computed`.
struct PythonExpression {
  private let tokens: [PythonToken]
  private let names: [String: PythonValue]
  private var position = 0
  private var depth = 0

  private init(_ tokens: ArraySlice<PythonToken>, names: [String: PythonValue]) {
    self.tokens = Array(tokens)
    self.names = names
  }

  static func evaluate(
    _ tokens: ArraySlice<PythonToken>, names: [String: PythonValue]
  ) -> PythonValue {
    var expression = PythonExpression(tokens, names: names)
    let value = expression.ternary()
    guard expression.position == expression.tokens.count, !tokens.isEmpty else { return .computed }
    if case .path = value.content { return .computed }
    return value
  }

  private var token: PythonToken? { tokens.indices.contains(position) ? tokens[position] : nil }

  private mutating func take(_ symbol: String) -> Bool {
    guard token?.isSymbol(symbol) == true else { return false }
    position += 1
    return true
  }

  private mutating func take(name: String) -> Bool {
    guard token?.isName(name) == true else { return false }
    position += 1
    return true
  }

  private mutating func ternary() -> PythonValue {
    depth += 1
    defer { depth -= 1 }
    guard depth < 48 else {
      position = tokens.count + 1
      return .computed
    }
    let value = either()
    guard take(name: "if") else { return value }
    let condition = either()
    guard take(name: "else") else { return .computed }
    let other = ternary()
    guard let truth = condition.truth else { return .computed }
    var chosen = truth ? value : other
    chosen.environment = chosen.environment ?? condition.environment
    return chosen
  }

  private mutating func either() -> PythonValue {
    var value = both()
    while take(name: "or") {
      let right = both()
      guard let truth = value.truth else {
        value = .computed
        continue
      }
      if !truth {
        value = PythonValue(
          content: right.content, environment: right.environment ?? value.environment)
      }
    }
    return value
  }

  private mutating func both() -> PythonValue {
    var value = negation()
    while take(name: "and") {
      let right = negation()
      guard let truth = value.truth else {
        value = .computed
        continue
      }
      if truth {
        value = PythonValue(
          content: right.content, environment: right.environment ?? value.environment)
      }
    }
    return value
  }

  private mutating func negation() -> PythonValue {
    var isNegated: Bool?
    while take(name: "not") { isNegated = !(isNegated ?? false) }
    let value = comparison()
    guard let isNegated else { return value }
    guard let truth = value.truth else { return .computed }
    return PythonValue(content: .flag(truth != isNegated), environment: value.environment)
  }

  private mutating func comparison() -> PythonValue {
    let left = sum()
    for symbol in ["==", "!=", "<=", ">=", "<", ">"] where take(symbol) {
      let right = sum()
      let result: Bool?
      if let a = left.number, let b = right.number {
        result =
          switch symbol {
          case "==": a == b
          case "!=": a != b
          case "<=": a <= b
          case ">=": a >= b
          case "<": a < b
          default: a > b
          }
      } else if case .text(let a) = left.content, case .text(let b) = right.content {
        result = symbol == "==" ? a == b : symbol == "!=" ? a != b : nil
      } else {
        result = nil
      }
      guard let result else { return .computed }
      return PythonValue(
        content: .flag(result), environment: left.environment ?? right.environment)
    }
    return left
  }

  private mutating func sum() -> PythonValue {
    var value = product()
    while let sign = token, sign.isSymbol("+") || sign.isSymbol("-") {
      position += 1
      value = PythonExpression.add(value, product(), sign: sign.isSymbol("+") ? 1 : -1)
    }
    return value
  }

  static func add(_ a: PythonValue, _ b: PythonValue, sign: Double) -> PythonValue {
    let environment = a.environment ?? b.environment
    let content: PythonValue.Content =
      switch (a.content, b.content) {
      case (.number(let x), .number(let y)): .number(x + sign * y)
      case (.perCore(let k, let x), .number(let y)): .perCore(k, extra: x + sign * y)
      case (.number(let x), .perCore(let k, let y)): .perCore(sign * k, extra: x + sign * y)
      case (.perCore(let k, let x), .perCore(let l, let y)):
        .perCore(k + sign * l, extra: x + sign * y)
      case (.text(let x), .text(let y)) where sign > 0 && x.utf8.count + y.utf8.count < 4096:
        .text(x + y)
      default: .computed
      }
    return PythonValue(content: content, environment: environment)
  }

  private mutating func product() -> PythonValue {
    var value = unary()
    while let sign = token, ["*", "/", "//", "%"].contains(where: { sign.isSymbol($0) }) {
      position += 1
      guard case .symbol(let symbol) = sign.content else { break }
      value = PythonExpression.multiply(value, unary(), symbol)
    }
    return value
  }

  static func multiply(_ a: PythonValue, _ b: PythonValue, _ symbol: String) -> PythonValue {
    let content: PythonValue.Content =
      switch (a.content, b.content, symbol) {
      case (.number(let x), .number(let y), "*"): .number(x * y)
      case (.number(let x), .perCore(let k, let y), "*"),
        (.perCore(let k, let y), .number(let x), "*"):
        .perCore(k * x, extra: y * x)
      case (.number(let x), .number(let y), "/") where y != 0: .number(x / y)
      case (.number(let x), .number(let y), "//") where y != 0: .number((x / y).rounded(.down))
      case (.number(let x), .number(let y), "%") where y != 0:
        .number(x - y * (x / y).rounded(.down))
      // Whole division of a core count is off by less than one worker.
      case (.perCore(let k, let x), .number(let y), "/") where y != 0: .perCore(k / y, extra: x / y)
      default: .computed
      }
    return PythonValue(content: content, environment: a.environment ?? b.environment)
  }

  private mutating func unary() -> PythonValue {
    var sign = 1.0
    var isSigned = false
    while true {
      if take("-") {
        sign = -sign
      } else if !take("+") {
        break
      }
      isSigned = true
    }
    let value = power()
    return isSigned
      ? PythonExpression.multiply(PythonValue(content: .number(sign)), value, "*") : value
  }

  private mutating func power() -> PythonValue {
    let value = trailed()
    guard take("**") else { return value }
    _ = trailed()
    return .computed
  }

  /// An atom with what follows it: `.name`, calls, subscripts.
  private mutating func trailed() -> PythonValue {
    var value = atom()
    while let next = token {
      if next.isSymbol(".") {
        position += 1
        guard case .name(let name)? = token?.content else { return .computed }
        position += 1
        if case .path(let path) = value.content, path.utf8.count < 200 {
          value = PythonValue(content: .path(path + "." + name))
        } else {
          value = .computed
        }
      } else if next.isSymbol("(") {
        position += 1
        let arguments = items(until: ")")
        if case .path(let path) = value.content {
          value = PythonExpression.call(path, arguments)
        } else {
          value = .computed
        }
      } else if next.isSymbol("[") {
        position += 1
        _ = items(until: "]")
        value = .computed
      } else {
        break
      }
    }
    return value
  }

  /// Comma-separated values up to a closing bracket; nil where one of them is no plain value.
  private mutating func items(until close: String) -> [PythonValue]? {
    var values: [PythonValue] = []
    var isPlain = true
    while !take(close) {
      guard token != nil else { return nil }
      let before = position
      values.append(ternary())
      if take(",") || token?.isSymbol(close) == true { continue }
      isPlain = false
      // Something else (a keyword argument, a comprehension): on to the closing bracket.
      var open = 0
      while let next = token {
        if open == 0, next.isSymbol(close) { break }
        if ["(", "[", "{"].contains(where: { next.isSymbol($0) }) { open += 1 }
        if [")", "]", "}"].contains(where: { next.isSymbol($0) }) { open -= 1 }
        position += 1
      }
      if position == before { return nil }
    }
    return isPlain ? values : nil
  }

  private mutating func atom() -> PythonValue {
    guard let token else { return .computed }
    position += 1
    switch token.content {
    case .number(let number): return PythonValue(content: .number(number))
    case .string(let text, let isFormatted):
      var whole = text
      var isComputed = isFormatted && text.contains("{")
      while case .string(let more, let isMoreFormatted)? = self.token?.content {
        whole += more
        isComputed = isComputed || (isMoreFormatted && more.contains("{"))
        position += 1
      }
      return isComputed ? formatted(whole) : PythonValue(content: .text(whole))
    case .name("True"): return PythonValue(content: .flag(true))
    case .name("False"): return PythonValue(content: .flag(false))
    case .name("None"): return PythonValue(content: .none)
    case .name(let name): return names[name] ?? PythonValue(content: .path(name))
    case .symbol("("):
      guard let values = items(until: ")") else { return .computed }
      return values.count == 1 ? values[0] : PythonValue(content: .list(values))
    case .symbol("["):
      guard let values = items(until: "]") else { return .computed }
      return PythonValue(content: .list(values))
    case .symbol("{"):
      _ = items(until: "}")
      return .computed
    case .symbol: return .computed
    }
  }

  /// `f"0.0.0.0:{port}"` with names that are known.
  private func formatted(_ text: String) -> PythonValue {
    var result = ""
    var environment: String?
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      result += rest[..<open]
      guard let close = rest[open...].firstIndex(of: "}") else { return .computed }
      guard let value = names[String(rest[rest.index(after: open)..<close])] else {
        return .computed
      }
      switch value.content {
      case .text(let inner): result += inner
      case .number(let number) where number == number.rounded() && abs(number) < 1e15:
        result += String(Int(number))
      default: return .computed
      }
      environment = environment ?? value.environment
      rest = rest[rest.index(after: close)...]
    }
    return PythonValue(content: .text(result + rest), environment: environment)
  }
}
