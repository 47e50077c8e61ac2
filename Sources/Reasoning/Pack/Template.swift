import Model

/// A sentence or a command with observed values in it: `keys live {redis.keyspace.avg_ttl}`.
struct Template: Sendable {
  enum Piece: Sendable {
    case text(String)
    case fact(String)
    /// `{redis.cli}`: redis-cli with what is known of the server's address.
    case redisCLI
  }

  let pieces: [Piece]

  static let redisCLI = "redis.cli"

  /// Checks every name against the facts there are.
  init(_ text: String, table: FactTable, place: RulePlace) throws(RuleError) {
    var pieces: [Piece] = []
    var literal = ""
    var rest = Substring(text)
    while let character = rest.first {
      guard character == "{", let end = rest.firstIndex(of: "}"),
        rest[rest.index(after: rest.startIndex)..<end].contains("."),
        !rest[rest.startIndex..<end].contains(" ")
      else {
        literal.append(character)
        rest.removeFirst()
        continue
      }
      let name = String(rest[rest.index(after: rest.startIndex)..<end])
      guard name == Template.redisCLI || table[name] != nil else {
        throw RuleError(
          place, "unknown fact '\(name)' in '{}'", hint: table.suggestion(for: name))
      }
      if !literal.isEmpty { pieces.append(.text(literal)) }
      literal = ""
      pieces.append(name == Template.redisCLI ? .redisCLI : .fact(name))
      rest = rest[rest.index(after: end)...]
    }
    if !literal.isEmpty { pieces.append(.text(literal)) }
    self.pieces = pieces
  }

  var facts: [String] {
    pieces.compactMap { if case .fact(let name) = $0 { name } else { nil } }
  }

  /// For people: values worded with their units; what is not known is `?`.
  func sentence(_ lookUp: (String) -> KnownFact?) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): return text
      case .fact(let name):
        guard let fact = lookUp(name) else { return "?" }
        return wording(fact.value, unit: fact.definition.unit)
      case .redisCLI: return cli(lookUp)
      }
    }.joined()
  }

  /// For a shell: values bare and quoted; what is not known is left as `<name>` to fill in.
  func command(_ lookUp: (String) -> KnownFact?) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): return text
      case .fact(let name):
        guard let fact = lookUp(name) else {
          return "<" + name.map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined() + ">"
        }
        return shellQuoted(bare(fact.value))
      case .redisCLI: return cli(lookUp)
      }
    }.joined()
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
