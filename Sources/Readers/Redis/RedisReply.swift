import Model
import YAML

/// One value of an answer, with the line it stands on.
struct RedisReply: Equatable {
  var line: Int
  /// A number, a text or a status, as text; nil for a list and for nothing.
  var text: String?
  var items: [RedisReply]?

  var number: Double? { text.flatMap { RedisText.number($0) } }

  /// The members of a list of names and values.
  var pairs: [(name: RedisReply, value: RedisReply)] {
    guard let items else { return [] }
    return stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
  }
}

/// An answer and the prompt above it.
struct RedisAnswer {
  var prompt: RedisPrompt?
  var reply: RedisReply
}

/// Reads what redis-cli prints on a terminal: numbered lists, nested by columns.
///
/// ```
/// 1) 1) (integer) 632
///    2) (integer) 1795225676
///    4) 1) "DEL"
///       2) "events:index:2025"
/// 1# "maxmemory" => "0"          RESP3
/// ```
///
/// A list is known by the column of its `)`; where blanks were lost in a paste, by the index that
/// continues the innermost list.
struct RedisReplyParser {
  private struct Frame {
    var column: Int
    var isMap: Bool
    var count = 0
    var reply: RedisReply
  }

  private var frames: [Frame] = []
  private var hasColumns = true
  private var prompt: RedisPrompt?
  private(set) var answers: [RedisAnswer] = []
  /// Deeper nesting than any answer has.
  private static let depthLimit = 16

  static func answers(in lines: [String]) -> [RedisAnswer] {
    var parser = RedisReplyParser()
    parser.hasColumns =
      lines.contains { $0.first == " " && RedisText.trimmed($0).first?.isNumber == true }
      || !lines.contains { $0.hasPrefix("1) 1) ") }
    for (index, line) in lines.enumerated() { parser.read(line, number: index + 1) }
    parser.close(to: 0)
    return parser.answers
  }

  private mutating func read(_ line: String, number: Int) {
    let bytes = Array(line.utf8)
    var position = 0
    var isNumbered = false
    while true {
      var start = position
      while start < bytes.count, bytes[start] == 32 || bytes[start] == 9 { start += 1 }
      var end = start
      var index = 0
      while end < bytes.count, end - start < 7, (48...57).contains(bytes[end]) {
        index = index * 10 + Int(bytes[end] - 48)
        end += 1
      }
      guard end > start, end < bytes.count, [41, 35, 126].contains(bytes[end]),
        end + 1 == bytes.count || bytes[end + 1] == 32
      else { break }
      open(index: index, column: end, isMap: bytes[end] == 35, isInner: isNumbered, line: number)
      isNumbered = true
      position = min(end + 2, bytes.count)
    }
    if isNumbered {
      let rest = String(decoding: bytes[position...], as: UTF8.self)
      append(RedisText.trimmed(rest), line: number)
    } else if let found = RedisPrompt(line) {
      close(to: 0)
      prompt = found
    } else if RedisText.trimmed(line).hasPrefix("(empty ") {
      close(to: 0)
      answers.append(
        RedisAnswer(prompt: prompt, reply: RedisReply(line: number, text: nil, items: [])))
      prompt = nil
    }
  }

  private mutating func open(
    index: Int, column: Int, isMap: Bool, isInner: Bool, line: Int
  ) {
    func continues(_ frame: Frame) -> Bool { frame.count + 1 == index && frame.isMap == isMap }
    let match =
      (hasColumns ? frames.lastIndex { $0.column == column && continues($0) } : nil)
      ?? (index == 1 ? nil : frames.lastIndex { continues($0) })
    if let match {
      close(to: match + 1)
    } else if index == 1, isInner || frames.last.map({ $0.column < column }) ?? true,
      frames.count < RedisReplyParser.depthLimit
    {
      frames.append(
        Frame(column: column, isMap: isMap, reply: RedisReply(line: line, text: nil, items: [])))
    } else {
      // A new answer, or the rest of one whose head was cut off.
      close(to: 0)
      frames.append(
        Frame(column: column, isMap: isMap, reply: RedisReply(line: line, text: nil, items: [])))
    }
    frames[frames.count - 1].count = index
  }

  private mutating func append(_ text: Substring, line: Int) {
    guard let last = frames.indices.last else { return }
    var text = text
    if frames[last].isMap, let arrow = text.split(separator: " => ", maxSplits: 1).first,
      arrow.endIndex != text.endIndex || text.hasSuffix(" =>") || text.hasSuffix("=>")
    {
      var name = arrow
      if name.hasSuffix("=>") { name = RedisText.trimmed(name.dropLast(2)) }
      frames[last].reply.items?.append(RedisReplyParser.scalar(name, line: line))
      text = text.dropFirst(arrow.count)
      if text.hasPrefix(" => ") { text = text.dropFirst(4) }
      if text.isEmpty || text == "=>" { return }
    }
    guard !text.isEmpty else { return }
    frames[last].reply.items?.append(RedisReplyParser.scalar(text, line: line))
  }

  /// Closes the lists above `depth`: each becomes a member of the one below it.
  private mutating func close(to depth: Int) {
    while frames.count > depth {
      let reply = frames.removeLast().reply
      if frames.isEmpty {
        answers.append(RedisAnswer(prompt: prompt, reply: reply))
        prompt = nil
      } else {
        frames[frames.count - 1].reply.items?.append(reply)
      }
    }
  }

  private static func scalar(_ text: Substring, line: Int) -> RedisReply {
    if text == "(nil)" { return RedisReply(line: line, text: nil, items: nil) }
    if text.hasPrefix("(empty ") { return RedisReply(line: line, text: nil, items: []) }
    for mark in ["(integer) ", "(double) ", "(error) "] where text.hasPrefix(mark) {
      return RedisReply(line: line, text: String(text.dropFirst(mark.count)), items: nil)
    }
    return RedisReply(line: line, text: unquoted(text), items: nil)
  }
}

/// The text between redis-cli's quotes, with its escapes undone; at most 4 KiB of it.
func unquoted(_ text: some StringProtocol) -> String {
  unquoted(Array(text.utf8.prefix(4096))[...])
}

func unquoted(_ text: ArraySlice<UInt8>) -> String {
  var source = text.prefix(4096)
  guard source.first == UInt8(ascii: "\"") else { return String(decoding: source, as: UTF8.self) }
  source = source.dropFirst()
  let plain = source.prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
  var bytes = Array(plain)
  source = source[plain.endIndex...]
  while let byte = source.popFirst(), byte != UInt8(ascii: "\"") {
    guard byte == UInt8(ascii: "\\"), let escape = source.popFirst() else {
      bytes.append(byte)
      continue
    }
    switch escape {
    case UInt8(ascii: "n"): bytes.append(10)
    case UInt8(ascii: "r"): bytes.append(13)
    case UInt8(ascii: "t"): bytes.append(9)
    case UInt8(ascii: "a"): bytes.append(7)
    case UInt8(ascii: "b"): bytes.append(8)
    case UInt8(ascii: "x"):
      let digits = source.prefix(2)
      bytes.append(UInt8(String(decoding: digits, as: UTF8.self), radix: 16) ?? 63)
      source = source.dropFirst(2)
    default: bytes.append(escape)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

extension RedisReply {
  /// The answer that `redis-cli --json` prints; a mapping becomes a list of names and values.
  init(json node: Node, depth: Int = 0) {
    line = node.line
    switch node.content {
    case .scalar(let text, let isQuoted):
      self.text = !isQuoted && text == "null" ? nil : text
      items = nil
    case .sequence(let nodes):
      text = nil
      items = depth > 16 ? [] : nodes.map { RedisReply(json: $0, depth: depth + 1) }
    case .mapping(let pairs):
      text = nil
      items =
        depth > 16
        ? []
        : pairs.flatMap {
          [
            RedisReply(json: $0.key, depth: depth + 1),
            RedisReply(json: $0.value, depth: depth + 1),
          ]
        }
    }
  }

  /// The members of a line that `redis-cli --csv` prints: `4,1795253429,"slowlog","get"`.
  static func csv(_ text: String, line: Int) -> [RedisReply] {
    var fields: [RedisReply] = []
    var field: [UInt8] = []
    var isQuoted = false
    var isEscaped = false
    func end() {
      let text = RedisText.trimmed(String(decoding: field, as: UTF8.self))
      fields.append(RedisReply(line: line, text: unquoted(text), items: nil))
      field.removeAll(keepingCapacity: true)
    }
    for byte in text.utf8 {
      if byte == UInt8(ascii: ","), !isQuoted {
        end()
        continue
      }
      if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
      isEscaped = isQuoted && byte == UInt8(ascii: "\\") && !isEscaped
      field.append(byte)
    }
    end()
    return fields
  }
}
