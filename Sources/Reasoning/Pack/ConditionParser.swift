import Model

/// Reads a condition and checks it against the facts there are: unknown names and wrong units are
/// errors with the place and what was expected.
struct ConditionParser {
  private enum Token: Equatable {
    case name(String)
    case number(Double, Dimension, written: String)
    case text(String)
    case symbol(String)
    case end
  }

  /// The type of an expression: a dimension, text, time or a flag.
  private enum Kind: Equatable, CustomStringConvertible {
    case number(Dimension)
    case text, time, flag

    init(_ unit: Unit) {
      switch unit {
      case .text: self = .text
      case .time: self = .time
      case .flag: self = .flag
      default: self = .number(unit.dimension ?? .none)
      }
    }

    var description: String {
      switch self {
      case .number(let dimension): dimension.description
      case .text: "text"
      case .time: "a time"
      case .flag: "a flag"
      }
    }
  }

  private let bytes: [UInt8]
  private let catalogue: FactTable
  private let place: RulePlace
  private var tokens: [(token: Token, offset: Int)] = []
  private var index = 0
  private var depth = 0

  static func parse(
    _ text: String, catalogue: FactTable, place: RulePlace
  ) throws(RuleError) -> Condition {
    var parser = ConditionParser(text, catalogue: catalogue, place: place)
    parser.tokens = try parser.tokenise()
    let condition = try parser.disjunction()
    guard parser.token == .end else {
      throw parser.error("found \(parser.shown); expected 'and', 'or' or the end")
    }
    return condition
  }

  private init(_ text: String, catalogue: FactTable, place: RulePlace) {
    bytes = Array(text.utf8)
    self.catalogue = catalogue
    self.place = place
  }

  private var token: Token { tokens[index].token }

  private var shown: String {
    switch token {
    case .name(let name), .symbol(let name): "'\(name)'"
    case .number(_, _, let written): "'\(written)'"
    case .text(let text): "'\(text)'"
    case .end: "the end"
    }
  }

  private func error(_ message: String, hint: String? = nil) -> RuleError {
    RuleError(place(at: tokens.isEmpty ? 0 : tokens[index].offset), message, hint: hint)
  }

  private mutating func take(_ symbol: String) -> Bool {
    guard token == .symbol(symbol) || token == .name(symbol) else { return false }
    index += 1
    return true
  }

  // MARK: grammar

  private mutating func disjunction() throws(RuleError) -> Condition {
    var left = try conjunction()
    while take("or") { left = .or(left, try conjunction()) }
    return left
  }

  private mutating func conjunction() throws(RuleError) -> Condition {
    var left = try negation()
    while take("and") { left = .and(left, try negation()) }
    return left
  }

  private mutating func negation() throws(RuleError) -> Condition {
    depth += 1
    defer { depth -= 1 }
    guard depth < 50 else { throw error("nested deeper than 50 levels") }
    if take("not") { return .not(try negation()) }
    guard opensCondition else { return try comparison() }
    index += 1
    let inner = try disjunction()
    guard take(")") else { throw error("found \(shown); expected ')'") }
    return inner
  }

  /// A parenthesis opens a condition where a comparison or a connective stands in it, and
  /// arithmetic otherwise.
  private var opensCondition: Bool {
    guard token == .symbol("(") else { return false }
    var open = 0
    for (token, _) in tokens[index...] {
      switch token {
      case .symbol("("): open += 1
      case .symbol(")"):
        open -= 1
        if open == 0 { return false }
      case .symbol(let symbol) where Condition.Comparison(rawValue: symbol) != nil: return true
      case .name("and"), .name("or"), .name("not"): return true
      default: continue
      }
    }
    return false
  }

  private mutating func comparison() throws(RuleError) -> Condition {
    let start = index
    let (left, leftKind) = try sum()
    guard case .symbol(let symbol) = token, let comparison = Condition.Comparison(rawValue: symbol)
    else {
      if case .fact(let name) = left, leftKind == .flag { return .flag(name) }
      throw error("found \(shown); expected a comparison such as '>'")
    }
    index += 1
    let (right, rightKind) = try sum()
    guard leftKind == rightKind else {
      index = start
      throw error("cannot compare \(leftKind) with \(rightKind)", hint: unitHint(leftKind))
    }
    let end = index
    index = start
    try checkValue(left, right)
    try checkValue(right, left)
    index = end
    return .compare(left, comparison, right)
  }

  private func unitHint(_ kind: Kind) -> String? {
    switch kind {
    case .number(Dimension(bytes: 1, seconds: 0)): "write a size such as 512MiB"
    case .number(Dimension(bytes: 0, seconds: 1)): "write a duration such as 30s, 5m, 12h or 30d"
    case .number(Dimension(bytes: 0, seconds: -1)): "write a rate such as 5/s"
    case .number: "write a plain number or a percentage such as 80%"
    default: nil
    }
  }

  /// A text compared with a fact must be one of the values the vendor enumerates.
  private func checkValue(
    _ a: Condition.Expression, _ b: Condition.Expression
  ) throws(RuleError) {
    guard case .fact(let name) = a, case .text(let text) = b,
      let values = catalogue[name]?.values, !values.isEmpty, !values.contains(text)
    else { return }
    throw error(
      "'\(name)' is never '\(text)'", hint: "one of " + values.joined(separator: ", "))
  }

  private mutating func sum() throws(RuleError) -> (Condition.Expression, Kind) {
    var (left, kind) = try product()
    while case .symbol(let symbol) = token, symbol == "+" || symbol == "-" {
      index += 1
      let (right, rightKind) = try product()
      guard case .number = kind, kind == rightKind else {
        throw error("cannot add \(rightKind) to \(kind)")
      }
      left = symbol == "+" ? .add(left, right) : .subtract(left, right)
    }
    return (left, kind)
  }

  private mutating func product() throws(RuleError) -> (Condition.Expression, Kind) {
    var (left, kind) = try primary()
    while case .symbol(let symbol) = token, symbol == "*" || symbol == "/" {
      index += 1
      let (right, rightKind) = try primary()
      guard case .number(let a) = kind, case .number(let b) = rightKind else {
        throw error("cannot multiply or divide \(kind) and \(rightKind)")
      }
      left = symbol == "*" ? .multiply(left, right) : .divide(left, right)
      kind = .number(symbol == "*" ? a * b : a / b)
    }
    return (left, kind)
  }

  private mutating func primary() throws(RuleError) -> (Condition.Expression, Kind) {
    depth += 1
    defer { depth -= 1 }
    guard depth < 50 else { throw error("nested deeper than 50 levels") }
    switch token {
    case .number(let number, let dimension, let written):
      index += 1
      return (.number(number, dimension, written: written), .number(dimension))
    case .text(let text):
      index += 1
      return (.text(text), .text)
    case .name(let name) where name.utf8.contains(.dot):
      guard let definition = catalogue[name] else {
        throw error("unknown fact '\(name)'", hint: catalogue.suggestion(for: name))
      }
      index += 1
      return (.fact(name), Kind(definition.unit))
    case .name(let word):
      index += 1
      return (.text(word), .text)
    case .symbol("-"):
      index += 1
      let (inner, kind) = try primary()
      guard case .number(let dimension) = kind else { throw error("cannot negate \(kind)") }
      return (.subtract(.number(0, dimension, written: "0"), inner), kind)
    case .symbol("("):
      index += 1
      let inner = try sum()
      guard take(")") else { throw error("found \(shown); expected ')'") }
      return inner
    default:
      throw error("found \(shown); expected a fact, a number or a word")
    }
  }

  // MARK: tokens

  private func tokenise() throws(RuleError) -> [(token: Token, offset: Int)] {
    var tokens: [(Token, Int)] = []
    var position = 0
    func at(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }
    func slice(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    func fail(_ message: String, hint: String? = nil) -> RuleError {
      RuleError(place(at: position), message, hint: hint)
    }
    while let byte = at(position) {
      let start = position
      if byte.isBlank {
        position += 1
      } else if byte.isDigit {
        while let next = at(position), next.isDigit || next == .dot || next == .underscore {
          position += 1
        }
        let digits = String(
          decoding: bytes[start..<position].filter { $0 != .underscore }, as: UTF8.self)
        let unitStart = position
        if at(position) == .slash, at(position + 1) == UInt8(ascii: "s"),
          !(at(position + 2).map { $0.isLetter || $0 == .dot || $0 == .underscore } ?? false)
        {
          position += 2
        } else {
          while let next = at(position), next.isLetter || next == UInt8(ascii: "%") {
            position += 1
          }
        }
        let unit = slice(unitStart..<position)
        guard let number = Double(digits) else { throw fail("'\(digits)' is not a number") }
        guard let (factor, dimension) = literalUnits[unit] else {
          throw fail(
            "unknown unit '\(unit)'",
            hint: "one of "
              + literalUnits.keys.filter { !$0.isEmpty }.sorted()
              .joined(separator: ", "))
        }
        let written = slice(start..<position)
        tokens.append((.number(number * factor, dimension, written: written), start))
      } else if byte.isLetter {
        while let next = at(position),
          next.isLetter || next.isDigit || next == .dot || next == .underscore
            || (next == .hyphen && (at(position + 1)?.isLetter ?? false))
        {
          position += 1
        }
        tokens.append((.name(slice(start..<position)), start))
      } else if byte == .quote {
        position += 1
        while let next = at(position), next != .quote { position += 1 }
        guard at(position) == .quote else { throw fail("a text does not end") }
        tokens.append((.text(slice(start + 1..<position)), start))
        position += 1
      } else {
        let isDouble = at(start + 1) == UInt8(ascii: "=") && "<>=!".utf8.contains(byte)
        guard isDouble || "<>()+-*/".utf8.contains(byte) else {
          let found = slice(start..<bytes.count).unicodeScalars.first.map { "\($0)" } ?? ""
          throw fail("found '\(found)'; expected a fact, a number, a comparison or 'and'")
        }
        position += isDouble ? 2 : 1
        tokens.append((.symbol(slice(start..<position)), start))
      }
    }
    tokens.append((.end, bytes.count))
    return tokens
  }

  /// Columns count scalars: what stands in quotes need not be ASCII.
  private func place(at offset: Int) -> RulePlace {
    let scalars = bytes[..<offset].count { $0 & 0xC0 != 0x80 }
    return RulePlace(file: place.file, line: place.line, column: place.column + scalars)
  }
}

// Conditions are written in ASCII, but for what stands in quotes.
extension UInt8 {
  fileprivate static let dot = UInt8(ascii: ".")
  fileprivate static let hyphen = UInt8(ascii: "-")
  fileprivate static let quote = UInt8(ascii: "'")
  fileprivate static let slash = UInt8(ascii: "/")
  fileprivate static let underscore = UInt8(ascii: "_")

  fileprivate var isBlank: Bool { self == 32 || self == 10 || self == 9 || self == 13 }
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  fileprivate var isLetter: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
  }
}

/// Units of literals: factor to the base unit, and dimension.
private let literalUnits: [String: (Double, Dimension)] = {
  let bytes = Dimension(bytes: 1, seconds: 0)
  let seconds = Dimension(bytes: 0, seconds: 1)
  return [
    "": (1, .none), "%": (0.01, .none),
    "ms": (0.001, seconds), "s": (1, seconds), "m": (60, seconds), "h": (3600, seconds),
    "d": (86_400, seconds),
    "B": (1, bytes), "KiB": (1024, bytes), "MiB": (1_048_576, bytes),
    "GiB": (1_073_741_824, bytes), "kB": (1000, bytes), "MB": (1_000_000, bytes),
    "GB": (1_000_000_000, bytes),
    "/s": (1, Dimension(bytes: 0, seconds: -1)),
  ]
}()
