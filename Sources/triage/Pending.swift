import Model
import Readers

// Stand-ins for rooms that are being written. Delete this file when they are there: the calls name
// their module, so nothing else changes.

enum Readers {
  static func evidenceSources(
    at arguments: [String], standardInput: Int32 = 0
  ) throws(SourceError) -> [EvidenceSource] {
    arguments.map { name in
      EvidenceSource(name: name, folder: ".", isNamed: true) { MemoryStream([]) }
    }
  }

  static func readEvidence(_ sources: [EvidenceSource], options: ReadingContext) -> Ledger {
    var ledger = Ledger()
    for source in sources {
      ledger.add(
        InputAccount(
          path: source.name, folder: source.folder, isNamed: source.isNamed, kind: nil,
          status: source.name.hasSuffix(".read") ? .read : .notRecognised),
        page: nil)
    }
    return ledger
  }
}

enum Collectors {
  struct RedisTarget: CustomStringConvertible {
    let description: String

    init(_ url: String, passwordFromEnvironment: String?) throws(SourceError) {
      guard url.hasPrefix("redis://") else {
        throw SourceError("found no address of a Redis server; expected redis://host:port")
      }
      description = url
    }
  }

  struct RedisEvidence {
    let sources: [EvidenceSource]
    let warnings: [String]
  }

  static func collectRedis(_ target: RedisTarget) -> Result<RedisEvidence, SourceError> {
    .failure(SourceError("asking a live server is not there yet"))
  }
}

enum Reasoning {
  struct RulePack {
    struct Entry {
      let id: String
      let kind: String
      let title: String
    }

    let listing = [Entry(id: "session-bloat", kind: "cause", title: "Sessions pile up in Redis")]

    static func builtIn() throws -> RulePack { RulePack() }

    func explain(_ id: String) -> String? {
      listing.first { $0.id == id }.map { "\($0.id): \($0.title)" }
    }
  }

  static func diagnose(_ ledger: Ledger, pack: RulePack, window: TimeWindow) -> Diagnosis {
    Diagnosis(
      verdict: Verdict(.inconclusive, summary: "Nothing is weighed yet."), inputs: ledger.inputs)
  }

  static func facts(_ ledger: Ledger) -> FactListing {
    FactListing(observations: [], inputs: ledger.inputs)
  }
}

// As in Readers.
func parseISO8601(
  _ text: some StringProtocol, offset: Int = 0
) -> (instant: Instant, isZoned: Bool)? {
  let bytes = Array(text.utf8.prefix(64))
  let span = bytes.span
  guard let found = parseISO8601(in: span, from: 0, offset: offset), found.end == span.count
  else { return nil }
  return (found.instant, found.isZoned)
}

/// The stamp that begins at `start` of a line, and the index after it. A stamp of a date alone is
/// none here: lines hold too many dates that time nothing.
func parseISO8601(
  in line: Span<UInt8>, from start: Int = 0, offset: Int = 0
) -> (instant: Instant, isZoned: Bool, end: Int)? {
  func byte(_ index: Int) -> UInt8 { index >= 0 && index < line.count ? line[index] : 0 }
  func digits(_ index: Int, _ count: Int) -> Int? {
    index >= 0 && index + count <= line.count ? line.number(index..<index + count) : nil
  }

  guard let year = digits(start, 4), byte(start + 4) == UInt8(ascii: "-"),
    let month = digits(start + 5, 2), byte(start + 7) == UInt8(ascii: "-"),
    let day = digits(start + 8, 2),
    [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(byte(start + 10)),
    let hour = digits(start + 11, 2), byte(start + 13) == UInt8(ascii: ":"),
    let minute = digits(start + 14, 2)
  else { return nil }
  var end = start + 16

  var second = 0
  var microsecond = 0
  if byte(end) == UInt8(ascii: ":") {
    guard let seconds = digits(end + 1, 2) else { return nil }
    second = seconds
    end += 3
    if byte(end) == UInt8(ascii: ".") || byte(end) == UInt8(ascii: ","),
      digits(end + 1, 1) != nil
    {
      end += 1
      var scale = 100_000
      while let digit = digits(end, 1) {
        microsecond += digit * scale
        scale /= 10
        end += 1
      }
    }
  }

  let zone = zoneOffset(in: line, from: end)
  guard
    let instant = Instant(
      year: year, month: month, day: day, hour: hour, minute: minute, second: second,
      microsecond: microsecond, offset: zone?.seconds ?? offset)
  else { return nil }
  return (instant, zone != nil, zone?.end ?? end)
}

/// A zone after a clock time: `Z`, ` UTC`, `+09`, `+0900`, ` +09:00`.
private func zoneOffset(
  in line: Span<UInt8>, from start: Int
) -> (seconds: Int, end: Int)? {
  guard start < line.count else { return nil }
  var index = start
  if line[index] == UInt8(ascii: "Z") || line[index] == UInt8(ascii: "z") { return (0, index + 1) }
  if line[index] == UInt8(ascii: " ") { index += 1 }
  if line.holds("UTC", at: index) || line.holds("GMT", at: index) { return (0, index + 3) }
  guard index < line.count, index + 3 <= line.count,
    line[index] == UInt8(ascii: "+") || line[index] == UInt8(ascii: "-"),
    let hours = line.number(index + 1..<index + 3), hours <= 18
  else { return nil }
  let sign = line[index] == UInt8(ascii: "-") ? -1 : 1
  index += 3
  let colon = index < line.count && line[index] == UInt8(ascii: ":") ? 1 : 0
  if index + colon + 2 <= line.count,
    let minutes = line.number(index + colon..<index + colon + 2)
  {
    return (sign * (hours * 3600 + minutes * 60), index + colon + 2)
  }
  return (sign * hours * 3600, index)
}
