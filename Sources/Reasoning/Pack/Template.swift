import Model

/// A sentence or a command with observed values in it: `keys live {redis.keyspace.avg_ttl}`. What
/// stands in `[[ ]]` is left out where a value in it is not known, or has no part in what is said.
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
  /// `1 times` is said as `once`.
  private static let times = " times"

  /// The facts that it tells of.
  var names: [String] { Template.facts(in: pieces) }

  /// Checks every name against the facts there are.
  init(_ text: String, table: FactTable, place: RulePlace) throws(RuleError) {
    var pieces: [Piece] = []
    var rest = Array(text.utf8)[...]
    while let start = Template.double("[", in: rest), let end = Template.double("]", in: rest),
      start + 2 <= end
    {
      pieces += try Template.pieces(of: rest[..<start], table, place)
      pieces.append(.optional(try Template.pieces(of: rest[(start + 2)..<end], table, place)))
      rest = rest[(end + 2)...]
    }
    self.pieces = pieces + (try Template.pieces(of: rest, table, place))
  }

  private static func pieces(
    of text: ArraySlice<UInt8>, _ table: FactTable, _ place: RulePlace
  ) throws(RuleError) -> [Piece] {
    var pieces: [Piece] = []
    var literal = text.startIndex
    var rest = text
    while let open = rest.firstIndex(of: UInt8(ascii: "{")) {
      rest = rest[(open + 1)...]
      guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { break }
      let word = rest[..<end]
      guard word.contains(UInt8(ascii: ".")), !word.contains(UInt8(ascii: " ")) else { continue }
      let name = String(decoding: word, as: UTF8.self)
      guard name == redisCLI || table[name] != nil else {
        throw RuleError(
          place, "unknown fact '\(name)' in '{}'", hint: table.suggestion(for: name))
      }
      if literal < open {
        pieces.append(.text(String(decoding: text[literal..<open], as: UTF8.self)))
      }
      pieces.append(name == redisCLI ? .redisCLI : .fact(name))
      rest = rest[(end + 1)...]
      literal = rest.startIndex
    }
    guard literal < text.endIndex else { return pieces }
    return pieces + [.text(String(decoding: text[literal...], as: UTF8.self))]
  }

  /// Where a mark stands twice.
  private static func double(_ mark: Unicode.Scalar, in text: ArraySlice<UInt8>) -> Int? {
    let mark = UInt8(ascii: mark)
    var rest = text
    while let first = rest.firstIndex(of: mark) {
      rest = rest[(first + 1)...]
      if rest.first == mark { return first }
    }
    return nil
  }

  /// For people: values worded with their units; what is not known is `?`. `idle` are facts that have no
  /// part in it.
  func sentence(idle: Set<String> = [], _ lookUp: (String) -> KnownFact?) -> String {
    var sentence = sentence(pieces, idle, lookUp)
    // What was left out at the end leaves the comma before it.
    while sentence.hasSuffix(",") { sentence.removeLast() }
    return sentence
  }

  /// For a shell: values held to their kind and quoted; what is not known is left as `<name>` to
  /// fill in. Throws where the evidence gives something that has no place in a command.
  func command(_ lookUp: (String) -> KnownFact?) throws(CommandValue.Refusal) -> String {
    var quotes = ShellQuotes()
    return try command(pieces, lookUp, &quotes)
  }

  private func command(
    _ pieces: [Piece], _ lookUp: (String) -> KnownFact?, _ quotes: inout ShellQuotes
  ) throws(CommandValue.Refusal) -> String {
    var command = ""
    func word(_ name: String, else unknown: String?) throws(CommandValue.Refusal) -> String? {
      guard let fact = lookUp(name) else { return unknown }
      return try CommandValue.word(fact.value, of: name, withinQuotes: quotes.isOpen)
    }
    for piece in pieces {
      switch piece {
      case .text(let text):
        quotes.read(text)
        command += text
      case .fact(let name):
        let unknown = name.map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined()
        command += try word(name, else: "<\(unknown)>") ?? ""
      case .redisCLI:
        command += "redis-cli"
        for (option, name) in [("-h", "redis.host"), ("-p", "redis.port")] {
          if let word = try word(name, else: nil) { command += " \(option) \(word)" }
        }
      case .optional(let inner):
        guard Template.facts(in: inner).allSatisfy({ lookUp($0) != nil }) else { continue }
        command += try self.command(inner, lookUp, &quotes)
      }
    }
    return command
  }

  private func sentence(
    _ pieces: [Piece], _ idle: Set<String>, _ lookUp: (String) -> KnownFact?
  ) -> String {
    var isOnce = false
    let texts: [String] = pieces.indices.map { index in
      let piece = pieces[index]
      switch piece {
      case .text(let text):
        defer { isOnce = false }
        return isOnce ? String(text.dropFirst(Template.times.count)) : text
      case .fact(let name):
        let worded = lookUp(name).map { wording($0.value, unit: $0.definition.unit) } ?? "?"
        if worded == "1", index + 1 < pieces.count, case .text(let next) = pieces[index + 1] {
          isOnce = next.hasPrefix(Template.times)
        }
        return isOnce ? "once" : worded
      case .redisCLI: return "redis-cli"
      case .optional(let inner):
        let isTold = Template.facts(in: inner).allSatisfy {
          !idle.contains($0) && lookUp($0) != nil
        }
        return isTold ? sentence(inner, idle, lookUp) : ""
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
}
