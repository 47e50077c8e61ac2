import YAML

/// Reads the XML that the EC2 and CloudWatch APIs answer with, as the values that the CLI makes of it:
/// lists of `item` or `member` are sequences, names begin with a capital.
///
/// ```
/// <instanceStatusSet><item><instanceId>i-0123456789abcdef0</instanceId> ... </item></instanceStatusSet>
/// ```
struct AWSMarkup {
  private struct Element {
    var name: String
    var line: Int
    var children: [(name: String, node: Node)] = []
    var text: [UInt8] = []
  }

  private static let depthLimit = 40
  private static let nodeLimit = 200_000

  /// The CLI's names of lists that are not the API's with a capital.
  private static let names = [
    "InstanceStatusSet": "InstanceStatuses", "EventsSet": "Events",
    "ReservationSet": "Reservations", "InstancesSet": "Instances",
  ]

  static func isOne(_ text: String) -> Bool {
    ["<DescribeInstanceStatusResponse", "<instanceStatusSet>", "<GetMetricStatisticsResponse"]
      .contains { text.contains($0) }
  }

  /// The outermost elements; `isCut` where the text ends within one.
  static func nodes(_ bytes: [UInt8]) -> (nodes: [Node], isCut: Bool) {
    var stack = [Element(name: "", line: 1)]
    var line = 1
    var index = 0
    var count = 0
    // Without it a text of `<` alone would be searched from each of them.
    let lastEnd = bytes.lastIndex(of: 62) ?? -1
    func close() {
      guard stack.count > 1, let element = stack.popLast() else { return }
      stack[stack.count - 1].children.append((element.name, node(of: element)))
    }
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "<"), index < lastEnd,
        let end = bytes[index...].firstIndex(of: 62)
      {
        let tag = bytes[index + 1..<end]
        let lines = tag.count { $0 == 10 }
        index = end + 1
        defer { line += lines }
        guard let first = tag.first, first != UInt8(ascii: "?"), first != UInt8(ascii: "!") else {
          continue
        }
        if first == UInt8(ascii: "/") {
          let name = name(of: tag.dropFirst())
          // What was never opened closes nothing.
          if stack.contains(where: { $0.name == name }) {
            while stack.count > 1, stack.last?.name != name { close() }
            close()
          }
          continue
        }
        count += 1
        guard stack.count < depthLimit, count < nodeLimit else { break }
        stack.append(Element(name: name(of: tag), line: line))
        if tag.last == UInt8(ascii: "/") { close() }
      } else {
        if bytes[index] == 10 { line += 1 }
        let top = stack.count - 1
        if stack[top].text.count < 4096 {
          if bytes[index] > 32 || !stack[top].text.isEmpty { stack[top].text.append(bytes[index]) }
        }
        index += 1
      }
    }
    let isCut = stack.count > 1
    while stack.count > 1 { close() }
    return (stack[0].children.map(\.node), isCut)
  }

  private static func name(of tag: ArraySlice<UInt8>) -> String {
    let name = tag.prefix { $0 > 32 && $0 != UInt8(ascii: "/") }
    let own = name.lastIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
    return String(decoding: own.prefix(80), as: UTF8.self)
  }

  private static func node(of element: Element) -> Node {
    let children = element.children
    let isList = element.name.hasSuffix("Set") || element.name == "Datapoints"
    if children.isEmpty, !isList {
      var text = element.text
      while let last = text.last, last <= 32 { text.removeLast() }
      return Node(
        .scalar(String(decoding: text, as: UTF8.self), isQuoted: true), line: element.line,
        column: 1)
    }
    if children.allSatisfy({ $0.name == "item" || $0.name == "member" }) {
      return Node(.sequence(children.map(\.node)), line: element.line, column: 1)
    }
    let pairs = children.map { child in
      let name = child.name.prefix(1).uppercased() + child.name.dropFirst()
      let key = Node(
        .scalar(names[name] ?? name, isQuoted: true), line: child.node.line, column: 1)
      return (key: key, value: child.node)
    }
    return Node(.mapping(pairs), line: element.line, column: 1)
  }
}
