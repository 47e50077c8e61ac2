import Model
import YAML

/// What an `aws` command printed, whatever its `--output`: the values, with the lines they stand on.
///
/// A command line pasted before the output is kept apart: it often names the instance or the metric
/// that the answer itself leaves out.
struct AWSOutput {
  let nodes: [Node]
  let command: String
  private let lines: [String]

  /// Nil, with a warning on the page, where the document is malformed.
  init?(_ document: Document, into page: inout Page) {
    let lines = document.lines
    let commandLines = AWSOutput.countCommandLines(lines)
    command = lines.prefix(commandLines).joined(separator: " ")
    self.lines = lines
    let first = lines.dropFirst(commandLines).first { $0.contains { !$0.isWhitespace } } ?? ""
    do throws(DocumentError) {
      switch first.first(where: { !$0.isWhitespace && $0 != "\u{FEFF}" }) {
      case nil: nodes = []
      case "{", "[":
        // Blank lines in place of the command keep the numbers of the lines that follow.
        let bytes = AWSOutput.blank(commandLines, linesOf: document.bytes)
        let (read, isTruncated) = AWSOutput.parse(bytes, into: &page)
        if isTruncated {
          page.warn("the document is cut off; what it holds was read", line: lines.count)
        }
        nodes = isTruncated ? AWSOutput.withoutCutScalar(read, in: bytes) : read
        AWSOutput.tellOfOthers(nodes, in: &page)
      case "<":
        let (read, isCut) = AWSMarkup.nodes(AWSOutput.blank(commandLines, linesOf: document.bytes))
        if isCut { page.warn("the document is cut off; what it holds was read", line: lines.count) }
        nodes = read
      case "-" where first.hasPrefix("-----"), "|", "+": nodes = parseAWSTable(lines)
      case _ where AWSText.isOne(first): nodes = AWSText.records(lines)
      default: nodes = try parseYAML(AWSOutput.blank(commandLines, linesOf: document.bytes))
      }
    } catch {
      page.warn("malformed document: \(error.message)", line: error.line)
      return nil
    }
  }

  /// Smaller texts are taken apart before; of a large one each reader knows its own answers alone.
  private static func tellOfOthers(_ nodes: [Node], in page: inout Page) {
    guard nodes.count > 1 else { return }
    let kinds: [(key: String, kind: EvidenceKind)] = [
      ("InstanceStatuses", .instanceStatus), ("VolumeStatuses", .instanceStatus),
      ("Reservations", .instanceDescription), ("Datapoints", .cloudWatchMetric),
      ("MetricDataResults", .cloudWatchMetric), ("AlarmHistoryItems", .alarmHistory),
      ("MetricAlarms", .alarmStates),
    ]
    let others = nodes.filter { node in
      kinds.contains { node[$0.key] != nil && $0.kind != page.kind }
    }
    guard let first = others.first else { return }
    page.lose(
      "\(others.count) answer(s) of other commands in the same file are not read: give each a file of its own",
      line: first.line)
  }

  /// JSON, or what people and other tools make of it.
  private static func parse(
    _ bytes: [UInt8], into page: inout Page
  ) -> (nodes: [Node], isTruncated: Bool) {
    do throws(DocumentError) {
      return try parseJSON(bytes)
    } catch {
      let loose = parseLoosely(bytes)
      page.warn("no valid JSON: \(error.message); read as what it seems to mean", line: error.line)
      return loose
    }
  }

  /// Whether the text begins, below a command, with a value that holds `name` as a key, in JSON or in
  /// what Python or Go print of it. Source code speaks of such keys too, further down.
  static func holds(_ name: String, _ sample: Sample) -> Bool {
    let count = countCommandLines(sample.lines)
    let first = sample.lines.dropFirst(count).first { $0.contains { !$0.isWhitespace } } ?? ""
    let mark = first.first { !$0.isWhitespace && $0 != "\u{FEFF}" }
    guard mark == "{" || mark == "[" else { return false }
    return sample.text.contains("\"\(name)\"") || sample.text.contains("'\(name)': ")
      || sample.text.contains(" \(name): ") || sample.text.contains("{\(name): ")
  }

  init(nodes: [Node], lines: [String]) {
    self.nodes = nodes
    self.lines = lines
    command = ""
  }

  func origin(_ node: Node) -> Origin { Document.origin(node.line, in: lines) }
  func origin(line: Int) -> Origin { Document.origin(line, in: lines) }

  /// The members of a list; a lone record counts as a list of one, since tables print both alike.
  static func items(_ node: Node?) -> [Node] {
    guard let node else { return [] }
    return node.sequence ?? (node.mapping == nil ? [] : [node])
  }

  /// A time as any version of the CLI prints it: epoch seconds or ISO 8601. AWS states UTC where it
  /// states no zone.
  static func time(_ node: Node?) -> Instant? {
    guard let text = node?.text else { return nil }
    if let number = Double(text) { return parseEpoch(number) }
    return parseISO8601(text)?.instant
  }

  /// Calls `visit` for every mapping, parents first; `visit` says whether to look inside.
  static func walk(_ nodes: [Node], _ visit: (Node) -> Bool) {
    for node in nodes {
      if let items = node.sequence {
        walk(items, visit)
      } else if let pairs = node.mapping, visit(node) {
        walk(pairs.map(\.value), visit)
      }
    }
  }

  /// The one instance that a text names; nil where it names none or several.
  static func soleInstanceID(in text: String) -> String? {
    sole(instanceIDs(in: text))
  }

  /// The volume that the text speaks of, where it is only one.
  static func soleVolumeID(in text: String) -> String? {
    sole(ids(in: text, after: "vol-"))
  }

  private static func sole(_ found: [String]) -> String? {
    let found = Set(found)
    return found.count == 1 ? found.first : nil
  }

  static func instanceIDs(in text: String) -> [String] { ids(in: text, after: "i-") }

  /// `i-` or another prefix and 8 or 17 hexadecimal digits, standing free.
  private static func ids(in text: String, after prefix: String) -> [String] {
    let bytes = Array(text.utf8)
    let prefix = Array(prefix.utf8)
    var found: [String] = []
    var index = 0
    while index + prefix.count + 8 <= bytes.count {
      defer { index += 1 }
      guard bytes[index...].starts(with: prefix), index == 0 || !isWordByte(bytes[index - 1])
      else { continue }
      let digits = bytes[(index + prefix.count)...].prefix(18).prefix { isHexadecimal($0) }
      guard digits.count == 8 || digits.count == 17,
        digits.endIndex == bytes.count || !isWordByte(bytes[digits.endIndex])
      else { continue }
      found.append(String(decoding: bytes[index..<digits.endIndex], as: UTF8.self))
    }
    return found
  }

  static func isInstanceID(_ text: String) -> Bool {
    [10, 19].contains(text.utf8.count) && instanceIDs(in: text) == [text]
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte & 0xDF | 0x20)
  }

  /// How many lines before the answer are a prompt with its command, or a remark.
  static func countCommandLines(_ lines: [String]) -> Int {
    var count = 0
    var continues = false
    for (index, line) in lines.prefix(20).enumerated() {
      let text = line.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
      let isCommand =
        continues || text.hasPrefix("$") || text.hasPrefix("#")
        || text.contains("aws ec2 ") || text.contains("aws cloudwatch ")
        || text.contains("aws health ")
        || text.hasPrefix(">>> ") || text.hasPrefix("In [")
      guard isCommand && text.first != "{" || text.isEmpty else { break }
      if isCommand { count = index + 1 }
      continues = isCommand && text.hasSuffix("\\")
    }
    return count
  }

  private static func blank(_ count: Int, linesOf bytes: [UInt8]) -> [UInt8] {
    guard count > 0 else { return bytes }
    var bytes = bytes
    var left = count
    for index in bytes.indices where left > 0 {
      if bytes[index] == UInt8(ascii: "\n") { left -= 1 } else { bytes[index] = 0x20 }
    }
    return bytes
  }

  /// Where the text ends inside a scalar, that scalar is half a value: `"i-0abc` names nobody.
  private static func withoutCutScalar(_ nodes: [Node], in bytes: [UInt8]) -> [Node] {
    let whole = Array("\"{}[],: \t\r\n".utf8)
    guard let last = bytes.last, !whole.contains(last), let node = nodes.last else { return nodes }
    return nodes.dropLast() + [withoutLastScalar(node)].compactMap(\.self)
  }

  private static func withoutLastScalar(_ node: Node) -> Node? {
    switch node.content {
    case .scalar: return nil
    case .sequence(var items):
      guard let last = items.popLast() else { return node }
      if let rest = withoutLastScalar(last) { items.append(rest) }
      return Node(.sequence(items), line: node.line, column: node.column)
    case .mapping(var pairs):
      guard let last = pairs.popLast() else { return node }
      if let rest = withoutLastScalar(last.value) { pairs.append((last.key, rest)) }
      return Node(.mapping(pairs), line: node.line, column: node.column)
    }
  }
}
