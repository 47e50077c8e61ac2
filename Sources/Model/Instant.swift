/// A point in time: microseconds since 1970-01-01T00:00:00Z.
package struct Instant: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let microseconds: Int64

  package init(microseconds: Int64) { self.microseconds = microseconds }

  /// Nil outside the years 1970 to 9999, so arithmetic on instants cannot overflow.
  package init?(seconds: Double) {
    guard seconds >= 0, seconds < 253_402_300_800 else { return nil }
    microseconds = Int64(seconds * 1_000_000)
  }

  /// Nil where the fields are no date. `offset` is the zone's seconds east of UTC.
  package init?(
    year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0,
    microsecond: Int = 0, offset: Int = 0
  ) {
    guard (1970...9999).contains(year), (1...12).contains(month), hour >= 0, hour < 24,
      minute >= 0, minute < 60, second >= 0, second <= 60, microsecond >= 0,
      microsecond < 1_000_000, abs(offset) <= 18 * 3600,
      day >= 1, day <= Instant.days(inMonth: month, year: year)
    else { return nil }
    let days = Instant.daysSinceEpoch(year: year, month: month, day: day)
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
    guard seconds >= 0 else { return nil }
    microseconds = Int64(seconds) * 1_000_000 + Int64(microsecond)
  }

  package var seconds: Double { Double(microseconds) / 1_000_000 }

  /// The instant `seconds` later (or earlier); stays within the years an `Instant` can hold.
  package func advanced(by seconds: Double) -> Instant {
    Instant(seconds: self.seconds + seconds)
      ?? Instant(microseconds: seconds < 0 ? 0 : 253_402_300_799_000_000)
  }

  /// Seconds from `earlier` to this.
  package func since(_ earlier: Instant) -> Double { seconds - earlier.seconds }

  package static func < (a: Self, b: Self) -> Bool { a.microseconds < b.microseconds }

  /// RFC 3339 in UTC, with milliseconds only where there are some.
  package var description: String {
    let date = civil
    let whole = microseconds / 1_000_000
    let clock = Int(whole % 86_400)
    var text =
      "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T"
      + "\(padded(clock / 3600, 2)):\(padded(clock / 60 % 60, 2)):\(padded(clock % 60, 2))"
    let milliseconds = Int(microseconds % 1_000_000) / 1000
    if milliseconds != 0 { text += "." + padded(milliseconds, 3) }
    return text + "Z"
  }

  /// Year, month and day in UTC.
  package var civil: (year: Int, month: Int, day: Int) {
    // Days to civil date, era by era of 400 years (the proleptic Gregorian calendar repeats then).
    let z = Int(microseconds / 86_400_000_000) + 719_468
    let era = z / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shifted + 2) / 5 + 1
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  static func days(inMonth month: Int, year: Int) -> Int {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return switch month {
    case 2: leap ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

/// A span of time; both ends belong to it.
package typealias TimeSpan = ClosedRange<Instant>

private func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
