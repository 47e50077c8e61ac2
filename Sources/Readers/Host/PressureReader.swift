import Model

/// Reads pressure stall information. Its lines do not say of what: the file's name, the head or the
/// command above, or a prefix does.
///
/// ```
/// some avg10=0.00 avg60=12.50 avg300=3.10 total=1934222
/// ==> /proc/pressure/memory <==          memory: some avg10=...          /proc/pressure/io:full ...
/// ```
struct PressureReader: HostReader {
  static let kind = EvidenceKind.pressure

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    let hasLine = sample.lines.contains {
      PressureSection.averages($0) != nil
    }
    return hasLine ? .certain : .no
  }
}

struct PressureSection: HostSection {
  private static let resources = ["cpu", "memory", "io"]

  static func averages(
    _ text: String
  ) -> (before: Substring, share: String, values: [(name: String, percent: Double)])? {
    guard let start = text[...].range(of: " avg10=") else { return nil }
    let head = text[..<start.lowerBound]
    guard let share = ["some", "full"].first(where: { head.hasSuffix($0) }) else { return nil }
    var values: [(name: String, percent: Double)] = []
    for field in text[start.lowerBound...].split(separator: " ") {
      let pair = field.split(separator: "=")
      if pair.count == 2, ["avg10", "avg60", "avg300"].contains(pair[0]),
        let percent = hostNumber(pair[1])
      {
        values.append((String(pair[0]), percent))
      }
    }
    return values.isEmpty ? nil : (head.dropLast(share.count), share, values)
  }

  private static func resource(_ text: some StringProtocol) -> String? {
    let words = text.lowercased().split { !$0.isLetter }
    let named = resources.filter { words.contains(Substring($0)) }
    return named.count == 1 ? named[0] : nil
  }

  private var current: String?

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    guard let (before, share, values) = PressureSection.averages(line.text) else {
      // A line with nothing but the resource heads the lines after it.
      if line.fields.count == 1, let head = PressureSection.resource(line.text) {
        current = head
        return true
      }
      return false
    }
    guard
      let resource = PressureSection.resource(before)
        ?? PressureSection.resource(line.subjectOfCapture) ?? current
    else {
      page.skip(
        line: line.number, "found pressure of an unnamed resource; expected cpu, memory or io")
      return true
    }
    for (name, percent) in values {
      page.record(
        "host.pressure.\(resource).\(share)_\(name)", percent / 100, of: line.subject,
        at: line.time, origin: line.origin)
    }
    return true
  }
}
