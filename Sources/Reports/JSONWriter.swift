import Model

/// A JSON value that is written the same way every time: keys in the order stated, two spaces an
/// indent, numbers as short as they can be and still come back the same.
package enum JSON: Sendable {
  case null
  case flag(Bool)
  case integer(Int)
  /// Without `.0` where it is whole; `null` where it is no number.
  case number(Double)
  /// With four decimals, so that a golden file does not move with the last bit.
  case probability(Double)
  case string(String)
  case array([JSON])
  /// An array of so many elements, each made when it is written.
  case made(Int, @Sendable (Int) -> JSON)
  case object([(String, JSON)])

  /// An object without the keys that have no value.
  static func object(leavingOutNil pairs: [(String, JSON?)]) -> JSON {
    .object(pairs.compactMap { key, value in value.map { (key, $0) } })
  }

  /// The document, ending with a line end.
  package var document: String {
    var text = ""
    write(to: &text, indent: "")
    return text + "\n"
  }

  private func write(to text: inout String, indent: String) {
    switch self {
    case .null: text += "null"
    case .flag(let flag): text += flag ? "true" : "false"
    case .integer(let integer): text += String(integer)
    case .number(let number): text += JSON.text(number)
    case .probability(let share): text += share.isFinite ? decimal(share, places: 4) : "null"
    case .string(let string): JSON.write(string, to: &text)
    case .array(let elements):
      JSON.write(elements, to: &text, brackets: ("[", "]"), indent: indent) {
        $0.write(to: &$1, indent: $2)
      }
    case .made(let count, let element):
      JSON.write(0..<count, to: &text, brackets: ("[", "]"), indent: indent) {
        element($0).write(to: &$1, indent: $2)
      }
    case .object(let pairs):
      JSON.write(pairs, to: &text, brackets: ("{", "}"), indent: indent) {
        JSON.write($0.0, to: &$1)
        $1 += ": "
        $0.1.write(to: &$1, indent: $2)
      }
    }
  }

  private static func write<Element>(
    _ elements: some Collection<Element>, to text: inout String, brackets: (String, String),
    indent: String,
    one: (Element, inout String, String) -> Void
  ) {
    text += brackets.0
    let inner = indent + "  "
    for (index, element) in elements.enumerated() {
      text += index == 0 ? "\n" : ",\n"
      text += inner
      one(element, &text, inner)
    }
    if !elements.isEmpty { text += "\n" + indent }
    text += brackets.1
  }

  /// As JavaScript writes it: whole numbers below 10^21 in full.
  private static func text(_ number: Double) -> String {
    guard number.isFinite else { return "null" }
    if number == number.rounded(), number.magnitude < 1e21 { return decimal(number, places: 0) }
    return number.description
  }

  /// Escapes what JSON asks for and what a terminal or a script in a page would act upon: controls,
  /// invisible characters, U+2028 and U+2029.
  private static func write(_ string: String, to text: inout String) {
    text += "\""
    defer { text += "\"" }
    // Nearly all of them.
    let isPlain = string.utf8.allSatisfy {
      (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
    }
    if isPlain {
      text += string
      return
    }
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where isHidden(scalar):
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: text.unicodeScalars.append(scalar)
      }
    }
  }
}
