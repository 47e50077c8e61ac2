import Model
import Readers

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// `--tz [KIND=]ZONE`: the zone of clocks that state none, for one kind of evidence or for all.
struct ZoneArgument {
  let kind: EvidenceKind?
  let offset: Int

  init(_ text: String) throws {
    var zone = text[...]
    var kind: EvidenceKind?
    if let sign = text.firstIndex(of: "=") {
      let name = String(text[..<sign])
      guard let known = EvidenceKind(rawValue: name) else {
        let names = EvidenceKind.allCases.map(\.rawValue)
        let near = suggestion(for: name, among: names).map { "did you mean '\($0)'?" }
        throw Failure(
          "--tz: found '\(name)'; expected a kind of evidence"
            + (near.map { "; \($0)" } ?? ": " + names.joined(separator: ", ")))
      }
      kind = known
      zone = text[text.index(after: sign)...]
    }
    guard let offset = ZoneArgument.offset(zone) else {
      throw Failure(
        "--tz: found '\(zone)'; expected UTC or an offset such as +09:00 (names of places need a "
          + "table that may be missing where triage runs)")
    }
    self.kind = kind
    self.offset = offset
  }

  /// `UTC`, `Z`, `+09:00`, `+0900`, `+9`: seconds east of UTC.
  static func offset(_ zone: some StringProtocol) -> Int? {
    if ["utc", "gmt", "z"].contains(zone.lowercased()) { return 0 }
    guard let sign = zone.first, sign == "+" || sign == "-" else { return nil }
    let digits = String(zone.dropFirst().filter { $0 != ":" })
    let colons = zone.count - 1 - digits.count
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits) else {
      return nil
    }
    let (hours, minutes): (Int, Int)
    switch (digits.count, colons) {
    case (1, 0), (2, 0): (hours, minutes) = (number, 0)
    case (4, 0), (4, 1): (hours, minutes) = number.quotientAndRemainder(dividingBy: 100)
    default: return nil
    }
    guard hours <= 18, minutes < 60 else { return nil }
    return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
}

/// `--since` and `--until`: RFC 3339, or a date and time in the zone that `--tz` gives; where the box itself is
/// looked at also how long before now, `2h`. Evidence in files has no now.
func parseTime(_ text: String, option: String, zone: Int?, isOfThisBox: Bool) throws -> Instant {
  if let age = parseDuration(text) {
    guard isOfThisBox else {
      throw Failure(
        "\(option): '\(text)' counts back from now, which only a look at this very box knows; give a "
          + "time such as 2024-03-05T02:07:00Z")
    }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    if let instant = Instant(seconds: Double(now.tv_sec) - age) { return instant }
  }
  // A date alone is the start of that day.
  let full = text.utf8.count == 10 ? text + " 00:00" : text
  guard let (instant, isZoned) = parseISO8601(full, offset: zone ?? 0) else {
    throw Failure(
      "\(option): found '\(text)'; expected a time such as 2024-03-05T02:07:00Z or "
        + "'2024-03-05 11:07' with --tz +09:00")
  }
  guard isZoned || zone != nil else {
    throw Failure("\(option): '\(text)' states no zone; add Z or +09:00 to it, or give --tz")
  }
  return instant
}
