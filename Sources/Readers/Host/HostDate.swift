import Model

/// Reads what `date` prints, in the forms of its locales, and the stamps people write above a
/// capture.
///
/// ```
/// Tue Mar  5 02:12:41 UTC 2024        Sat Nov 21 01:43:53 AM UTC 2026       Tue 5 Mar 02:12:41 UTC 2024
/// Tue, 05 Mar 2024 02:12:41 +0000     2024-03-05T02:12:41Z                  # captured 2024-03-05 02:12:41
/// ```
enum HostDate {
  /// The time that `text` states and nothing else but words that announce it. `isZoned` is false
  /// where it names neither UTC nor an offset: then it is taken to be `offset` east of UTC. A zone's
  /// abbreviation is no zone: IST is three.
  static func parse(
    _ text: String, offset: Int = 0
  ) -> (instant: Instant, isZoned: Bool)? {
    // Most lines are no dates; all dates have a clock.
    guard text.utf8.count <= 120, mayHoldClock(text[...]) else { return nil }
    var words = text[...].pieces(where: isBetweenWords)
    guard words.count <= 16 else { return nil }
    words.removeAll { $0.utf8.allSatisfy { $0 == UInt8(ascii: "-") } }
    while let first = words.first, announcing.contains(first.lowercased()) { words.removeFirst() }
    let whole = words.joined(separator: " ")
    if let found = parseISO8601(whole, offset: offset) { return found }
    return civil(words, offset: offset)
  }

  /// A clock is a colon between digits; most lines have none.
  static func mayHoldClock(_ text: Substring) -> Bool {
    text.utf8.withContiguousStorageIfAvailable { bytes in
      func isDigit(_ index: Int) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index])
      }
      return bytes.indices.dropFirst().dropLast().contains {
        bytes[$0] == UInt8(ascii: ":") && isDigit($0 - 1) && isDigit($0 + 1)
      }
    } ?? true
  }

  private static let announcing: Set<String> = [
    "captured", "captured:", "capture", "at", "at:", "taken", "date", "date:", "time:", "now:",
    "now", "on", "timestamp:", "snapshot", "sample",
  ]

  /// Blanks and what people draw around a stamp.
  private static func isBetweenWords(_ byte: UInt8) -> Bool {
    switch byte {
    case ...32, UInt8(ascii: "#"), UInt8(ascii: "="), UInt8(ascii: "*"), UInt8(ascii: "<"),
      UInt8(ascii: ">"):
      true
    default: false
    }
  }

  private static func civil(
    _ words: [Substring], offset: Int
  ) -> (instant: Instant, isZoned: Bool)? {
    var month: Int?
    var day: Int?
    var year: Int?
    var clock: (hour: Int, minute: Int, second: Int)?
    var zone: Int?
    var half: String?
    for word in words {
      let text = word.hasSuffix(",") ? word.dropLast() : word
      if let found = monthNumber(text) {
        month = found
      } else if text.contains(":"), clock == nil, let found = time(text) {
        clock = found
      } else if let number = Int(text), !text.hasPrefix("+"), !text.hasPrefix("-") {
        if text.count == 4 {
          year = number
        } else if text.count <= 2 {
          day = number
        } else {
          return nil
        }
      } else if ["AM", "PM", "am", "pm"].contains(text) {
        half = text.lowercased()
      } else if let found = zoneOffset(text) {
        zone = found
      } else if !isWeekday(text), !isAbbreviation(text) {
        return nil
      }
    }
    guard let month, let day, let year, var clock else { return nil }
    if let half {
      guard (1...12).contains(clock.hour) else { return nil }
      clock.hour = clock.hour % 12 + (half == "pm" ? 12 : 0)
    }
    return Instant(
      year: year, month: month, day: day, hour: clock.hour, minute: clock.minute,
      second: clock.second, offset: zone ?? offset
    ).map { ($0, zone != nil) }
  }

  private static func monthNumber(_ text: Substring) -> Int? {
    let names = [
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    guard (3...9).contains(text.count), text.allSatisfy(\.isLetter) else { return nil }
    let name = text.lowercased()
    return names.firstIndex { name.hasPrefix($0) }.map { $0 + 1 }
  }

  private static func isWeekday(_ text: Substring) -> Bool {
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains { text.hasPrefix($0) }
      && text.count <= 9
  }

  private static func isAbbreviation(_ text: Substring) -> Bool {
    (3...5).contains(text.count) && text.allSatisfy { $0.isUppercase && $0.isASCII }
  }

  private static func time(_ text: Substring) -> (hour: Int, minute: Int, second: Int)? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let hour = Int(parts[0]), let minute = Int(parts[1]),
      let second = Int(parts[2].prefix { $0 != "." && $0 != "," })
    else { return nil }
    return (hour, minute, second)
  }

  private static func zoneOffset(_ text: Substring) -> Int? {
    if ["UTC", "GMT", "Z"].contains(text) { return 0 }
    guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
    let digits = text.dropFirst().filter { $0 != ":" }
    guard digits.count == 4 || digits.count == 2, let number = Int(digits) else { return nil }
    let seconds = digits.count == 4 ? number / 100 * 3600 + number % 100 * 60 : number * 3600
    return sign == "-" ? -seconds : seconds
  }
}
