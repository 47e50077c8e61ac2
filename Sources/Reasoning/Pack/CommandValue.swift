import Model

/// A value on its way from evidence into a suggested command: held to what its kind can be, so that
/// whatever an attacker wrote into a log stays one word of the shell, and no option either.
enum CommandValue {
  enum Kind: String {
    case host = "a host name or address"
    case port = "a port"
    case instance = "an instance id"
    case id = "an id"
    case unit = "the name of a unit"
    case path = "a path"
    case number = "a number"
    /// A key of Redis, a name: anything that can be seen, quoted.
    case text = "one line of plain text"
  }

  /// Why a value is not put into a command: `redis.host is no host name or address`.
  struct Refusal: Error, Equatable {
    let reason: String
  }

  /// The word for the shell. Only what needs no quotes may stand within quotes of the template.
  static func word(
    _ value: Value, of fact: String, withinQuotes: Bool = false
  ) throws(Refusal) -> String {
    let kind = kind(of: fact, value)
    let bare = bare(value)
    guard isValid(bare, as: kind) else {
      throw Refusal(reason: "what the evidence gives as \(fact) is not \(kind.rawValue)")
    }
    let word = shellQuoted(bare)
    guard !withinQuotes || word == bare else {
      throw Refusal(reason: "what the evidence gives as \(fact) cannot stand within quotes")
    }
    return word
  }

  static func kind(of fact: String, _ value: Value) -> Kind {
    guard case .text = value else { return .number }
    let last = fact.split(separator: ".").last ?? ""
    switch last {
    case "host": return .host
    case "name" where fact == "host.name": return .host
    case "port": return .port
    case "id": return fact == "instance.id" ? .instance : .id
    case "unit", "service": return .unit
    case "path", "dir", "file", "config_file": return .path
    default: return .text
    }
  }

  private static func bare(_ value: Value) -> String {
    switch value {
    case .number(let number):
      abs(number) < 1e15 && number == number.rounded() ? String(Int64(number)) : "\(number)"
    case .text(let text): text
    case .flag(let flag): flag ? "yes" : "no"
    case .time(let time): time.description
    }
  }

  static func isValid(_ text: String, as kind: Kind) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, first != UInt8(ascii: "-") else { return kind == .number }
    func all(_ marks: String, limit: Int) -> Bool {
      bytes.count <= limit
        && bytes.allSatisfy { isASCIILetter($0) || isASCIIDigit($0) || marks.utf8.contains($0) }
    }
    switch kind {
    case .host:
      return all("._:-[]%", limit: 253)
        && (isASCIILetter(first) || isASCIIDigit(first)
          || first == UInt8(ascii: ":") || first == UInt8(ascii: "["))
    case .port: return Int(text).map { (1...65_535).contains($0) } == true && all("", limit: 5)
    case .instance:
      return text.hasPrefix("i-") && (bytes.count == 10 || bytes.count == 19)
        && bytes.dropFirst(2).allSatisfy {
          isASCIIDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
    case .id: return all("._:-", limit: 128)
    case .unit: return all("._:@-\\", limit: 255)
    case .path:
      return all("._/@+=,:-", limit: 1024) && !text.split(separator: "/").contains("..")
    case .number: return all(".+-eTZ:", limit: 40)
    case .text: return bytes.count <= 512 && text.unicodeScalars.allSatisfy(isVisible)
    }
  }

  private static func isASCIIDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isASCIILetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  /// Not a control, not invisible, not the mark of bytes that were no text.
  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x7F { return scalar.value >= 0x20 }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned,
      .privateUse:
      return false
    default:
      return scalar.value != 0xFFFD && !scalar.properties.isDefaultIgnorableCodePoint
    }
  }
}

/// A word that the shell takes as it is. What is not plain is quoted.
func shellQuoted(_ word: String) -> String {
  let isPlain =
    !word.isEmpty && word.utf8.first != UInt8(ascii: "-")
    && word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "._/:@%+=,-".utf8.contains(byte)
      }
    }
  guard !isPlain else { return word }
  var quoted = "'"
  for character in word.unicodeScalars {
    if character == "'" {
      quoted += "'\\''"
    } else {
      quoted.unicodeScalars.append(character)
    }
  }
  return quoted + "'"
}

/// Where a shell stands within quotes, piece by piece of a template.
struct ShellQuotes {
  private var open: Unicode.Scalar?
  private var isEscaped = false

  var isOpen: Bool { open != nil }

  mutating func read(_ text: String) {
    for scalar in text.unicodeScalars {
      if isEscaped {
        isEscaped = false
      } else if scalar == "\\", open != "'" {
        isEscaped = true
      } else if let quote = open {
        if scalar == quote { open = nil }
      } else if scalar == "'" || scalar == "\"" || scalar == "`" {
        open = scalar
      }
    }
  }
}
