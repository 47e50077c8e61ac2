/// One line of the text format: `redis_db_keys{db="db0"} 665185 1709604000000`.
///
/// Source: Prometheus, exposition formats.
struct PrometheusSample {
  let name: Substring
  let labels: [Substring: String]
  let value: Double
  /// Seconds since 1970, where the line states them.
  let time: Double?
  /// Name and labels as they stand: what comes again is of the next scrape.
  let series: Substring

  /// Nil for remarks (`# HELP`), for what is no line of it, and for no number.
  init?(_ line: Substring) {
    let bytes = line.utf8
    guard let first = bytes.first, PrometheusSample.isOfName(first), first > UInt8(ascii: "9"),
      let end = bytes.firstIndex(where: { !PrometheusSample.isOfName($0) })
    else { return nil }
    name = line[..<end]
    var rest = line[end...]
    var labels: [Substring: String] = [:]
    if rest.utf8.first == UInt8(ascii: "{") {
      guard let behind = PrometheusSample.read(rest, into: &labels) else { return nil }
      rest = line[behind...]
    }
    self.labels = labels
    series = line[..<rest.startIndex]
    guard rest.utf8.first.map({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) == true
    else {
      return nil
    }
    let words = rest.split { $0 == " " || $0 == "\t" || $0 == "\r" }
    guard let number = words.first.flatMap({ Double($0) }), number.isFinite, words.count <= 2
    else { return nil }
    value = number
    // Milliseconds; seconds with a fraction in OpenMetrics.
    let stamp = words.dropFirst().first.flatMap { Double($0) }
    time = stamp.map { $0 > 1e11 ? $0 / 1000 : $0 }
  }

  /// What an answer of a Prometheus states apart.
  init(name: Substring, labels: [Substring: String], value: Double, time: Double) {
    self.name = name
    self.labels = labels
    self.value = value
    self.time = time
    let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    series = name + "{" + pairs.joined(separator: ",")[...] + "}"
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
      true
    default: false
    }
  }

  /// Reads `{a="b",c="d"}`; gives the place behind it.
  private static func read(
    _ text: Substring, into labels: inout [Substring: String]
  ) -> Substring.Index? {
    let bytes = text.utf8
    var index = bytes.index(after: bytes.startIndex)
    while index < bytes.endIndex, labels.count < 64 {
      while index < bytes.endIndex, bytes[index] == UInt8(ascii: ",") || bytes[index] == 0x20 {
        index = bytes.index(after: index)
      }
      if index < bytes.endIndex, bytes[index] == UInt8(ascii: "}") {
        return bytes.index(after: index)
      }
      guard let equals = bytes[index...].firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let name = text[index..<equals]
      index = bytes.index(after: equals)
      guard index < bytes.endIndex, bytes[index] == UInt8(ascii: "\"") else { return nil }
      index = bytes.index(after: index)
      var value: [UInt8] = []
      while index < bytes.endIndex, bytes[index] != UInt8(ascii: "\"") {
        if bytes[index] == UInt8(ascii: "\\") {
          index = bytes.index(after: index)
          guard index < bytes.endIndex else { return nil }
          value.append(bytes[index] == UInt8(ascii: "n") ? 0x0A : bytes[index])
        } else {
          value.append(bytes[index])
        }
        index = bytes.index(after: index)
      }
      guard index < bytes.endIndex else { return nil }
      index = bytes.index(after: index)
      labels[name] = String(decoding: value, as: UTF8.self)
    }
    return nil
  }
}
