import Model

/// A sentence or a command with observed values in it: `keys live {redis.keyspace.avg_ttl}`. What
/// stands in `[[ ]]` is left out where a value in it is not known.
struct Template: Sendable {
  enum Piece: Sendable {
    case text(String)
    case fact(String)
    /// `{redis.cli}`: redis-cli with what is known of the server's address.
    case redisCLI
    case optional([Piece])
  }

  let pieces: [Piece]

  private static let redisCLI = "redis.cli"

  /// Checks every name against the facts there are.
  init(_ text: String, table: FactTable, place: RulePlace) throws(RuleError) {
    var pieces: [Piece] = []
    var rest = Substring(text)
    while let start = rest.firstRange(of: "[["), let end = rest.firstRange(of: "]]"),
      start.upperBound <= end.lowerBound
    {
      pieces += try Template.pieces(of: rest[..<start.lowerBound], table, place)
      let inner = try Template.pieces(of: rest[start.upperBound..<end.lowerBound], table, place)
      pieces.append(.optional(inner))
      rest = rest[end.upperBound...]
    }
    self.pieces = pieces + (try Template.pieces(of: rest, table, place))
  }

  private static func pieces(
    of text: Substring, _ table: FactTable, _ place: RulePlace
  ) throws(RuleError) -> [Piece] {
    var pieces: [Piece] = []
    var literal = ""
    var rest = text
    while let character = rest.first {
      let inner = rest.dropFirst()
      guard character == "{", let end = inner.firstIndex(of: "}"), inner[..<end].contains("."),
        !inner[..<end].contains(" ")
      else {
        literal.append(character)
        rest = inner
        continue
      }
      let name = String(inner[..<end])
      guard name == redisCLI || table[name] != nil else {
        throw RuleError(
          place, "unknown fact '\(name)' in '{}'", hint: table.suggestion(for: name))
      }
      if !literal.isEmpty { pieces.append(.text(literal)) }
      literal = ""
      pieces.append(name == redisCLI ? .redisCLI : .fact(name))
      rest = inner[inner.index(after: end)...]
    }
    return literal.isEmpty ? pieces : pieces + [.text(literal)]
  }

  /// For people: values worded with their units; what is not known is `?`.
  func sentence(_ lookUp: (String) -> KnownFact?) -> String {
    filled(pieces, lookUp) {
      wording($0.value, unit: $0.definition.unit)
    } unknown: { _ in
      "?"
    }
  }

  /// For a shell: values bare and quoted; what is not known is left as `<name>` to fill in.
  func command(_ lookUp: (String) -> KnownFact?) -> String {
    filled(pieces, lookUp) {
      shellQuoted(bare($0.value))
    } unknown: { name in
      "<" + name.map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined() + ">"
    }
  }

  private func filled(
    _ pieces: [Piece], _ lookUp: (String) -> KnownFact?, value: (KnownFact) -> String,
    unknown: (String) -> String
  ) -> String {
    let texts: [String] = pieces.map { piece in
      switch piece {
      case .text(let text): return text
      case .fact(let name): return lookUp(name).map(value) ?? unknown(name)
      case .redisCLI: return cli(lookUp)
      case .optional(let inner):
        let isKnown = Template.facts(in: inner).allSatisfy { lookUp($0) != nil }
        return isKnown ? filled(inner, lookUp, value: value, unknown: unknown) : ""
      }
    }
    return texts.joined()
  }

  private static func facts(in pieces: [Piece]) -> [String] {
    pieces.flatMap { piece -> [String] in
      switch piece {
      case .fact(let name): return [name]
      case .optional(let inner): return facts(in: inner)
      case .text, .redisCLI: return []
      }
    }
  }

  private func cli(_ lookUp: (String) -> KnownFact?) -> String {
    let host = lookUp("redis.host").map { " -h " + shellQuoted(bare($0.value)) } ?? ""
    let port = lookUp("redis.port").map { " -p " + shellQuoted(bare($0.value)) } ?? ""
    return "redis-cli" + host + port
  }

  private func bare(_ value: Value) -> String {
    switch value {
    case .number(let number):
      abs(number) < 1e15 && number == number.rounded() ? String(Int64(number)) : "\(number)"
    case .text(let text): text
    case .flag(let flag): flag ? "yes" : "no"
    case .time(let time): time.description
    }
  }
}

/// A word that the shell takes as it is, whatever the evidence put into it. Control characters,
/// which could act on the terminal a command is pasted into, are dropped.
func shellQuoted(_ word: String) -> String {
  let clean = String(
    String.UnicodeScalarView(
      word.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }))
  let isPlain =
    !clean.isEmpty
    && clean.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "%"),
        UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: ","), UInt8(ascii: "-"):
        true
      default: false
      }
    } && clean.utf8.first != UInt8(ascii: "-")
  guard !isPlain else { return clean }
  var quoted = "'"
  for character in clean {
    quoted += character == "'" ? "'\\''" : String(character)
  }
  return quoted + "'"
}
