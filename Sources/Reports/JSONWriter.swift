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
    var text: [UInt8] = []
    write(to: &text, depth: 0)
    text.append(JSON.lineEnd)
    return String(decoding: text, as: UTF8.self)
  }

  private static let lineEnd = UInt8(ascii: "\n")

  /// As bytes: to append a few characters to a string costs ten times as much.
  private func write(to text: inout [UInt8], depth: Int) {
    switch self {
    case .null: text += "null".utf8
    case .flag(let flag): text += (flag ? "true" : "false").utf8
    case .integer(let integer): text += String(integer).utf8
    case .number(let number): text += JSON.text(number).utf8
    case .probability(let share): text += (share.isFinite ? decimal(share, places: 4) : "null").utf8
    case .string(let string): JSON.write(string, to: &text)
    case .array(let elements):
      JSON.write(elements.count, to: &text, brackets: ("[", "]"), depth: depth) {
        elements[$0].write(to: &$1, depth: depth + 1)
      }
    case .made(let count, let element):
      JSON.write(count, to: &text, brackets: ("[", "]"), depth: depth) {
        element($0).write(to: &$1, depth: depth + 1)
      }
    case .object(let pairs):
      JSON.write(pairs.count, to: &text, brackets: ("{", "}"), depth: depth) {
        JSON.write(pairs[$0].0, to: &$1)
        $1.append(UInt8(ascii: ":"))
        $1.append(UInt8(ascii: " "))
        pairs[$0].1.write(to: &$1, depth: depth + 1)
      }
    }
  }

  /// So many elements, each on a line of its own.
  private static func write(
    _ count: Int, to text: inout [UInt8], brackets: (Unicode.Scalar, Unicode.Scalar), depth: Int,
    one: (Int, inout [UInt8]) -> Void
  ) {
    text.append(UInt8(ascii: brackets.0))
    for index in 0..<count {
      if index > 0 { text.append(UInt8(ascii: ",")) }
      beginLine(depth + 1, in: &text)
      one(index, &text)
    }
    if count > 0 { beginLine(depth, in: &text) }
    text.append(UInt8(ascii: brackets.1))
  }

  private static func beginLine(_ depth: Int, in text: inout [UInt8]) {
    text.append(lineEnd)
    for _ in 0..<depth {
      text.append(UInt8(ascii: " "))
      text.append(UInt8(ascii: " "))
    }
  }

  /// As JavaScript writes it: whole numbers below 10^21 in full.
  private static func text(_ number: Double) -> String {
    guard number.isFinite else { return "null" }
    if number == number.rounded(), number.magnitude < 1e21 { return decimal(number, places: 0) }
    return number.description
  }

  /// Escapes what JSON asks for and what a terminal or a script in a page would act upon: controls,
  /// invisible characters, U+2028 and U+2029.
  private static func write(_ string: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    defer { text.append(UInt8(ascii: "\"")) }
    let utf8 = string.utf8
    // Nearly all of them.
    if utf8.allSatisfy({ isPlain($0) }) {
      text += utf8
      return
    }
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\"".utf8
      case "\\": text += "\\\\".utf8
      case "\n": text += "\\n".utf8
      case "\r": text += "\\r".utf8
      case "\t": text += "\\t".utf8
      case _ where scalar.isASCII && isPlain(UInt8(ascii: scalar)):
        text.append(UInt8(ascii: scalar))
      case _ where isHidden(scalar):
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          text += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
        }
      default: text += String(scalar).utf8
      }
    }
  }

  /// A printable ASCII character that stands for itself.
  @inline(__always)
  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }
}
