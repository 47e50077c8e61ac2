import Model

/// Stamps that state their date in full: ISO 8601 in the forms that tools print, and epoch numbers.
///
/// ```
/// 2024-03-05T02:07:00.000Z    2024-03-05T02:07:00+00:00    2024-03-05 11:07:00.214 +0900
/// 2024-03-05 02:07:00,123     2024-03-05T02:07Z            2024-03-05 02:07:00 UTC
/// ```
///
/// The whole text must be the stamp. A stamp without a zone is taken to be `offset` seconds east of
/// UTC, and `isZoned` is false.
package func parseISO8601(
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
package func parseISO8601(
  in line: Span<UInt8>, from start: Int = 0, offset: Int = 0
) -> (instant: Instant, isZoned: Bool, end: Int)? {
  func byte(_ index: Int) -> UInt8 { index >= 0 && index < line.count ? line[index] : 0 }
  func digits(_ index: Int, _ count: Int) -> Int? {
    index >= 0 && index + count <= line.count ? line.number(index..<index + count) : nil
  }

  guard let year = digits(start, 4), byte(start + 4) == UInt8(ascii: "-"),
    let month = digits(start + 5, 2), byte(start + 7) == UInt8(ascii: "-"),
    let day = digits(start + 8, 2),
    byte(start + 10) | 0x20 == UInt8(ascii: "t") || byte(start + 10) == UInt8(ascii: " "),
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

/// The month, 1 to 12, whose English abbreviation stands at `index`, in capitals or not; no `String` is
/// made, since every line asks.
func monthNumber(in line: borrowing Span<UInt8>, at index: Int) -> Int? {
  guard index >= 0, index + 3 <= line.count else { return nil }
  let names: StaticString = "janfebmaraprmayjunjulaugsepoctnovdec"
  let letters = names.utf8Start
  for month in 0..<12 where letters[month * 3] == line[index] | 0x20 {
    if letters[month * 3 + 1] == line[index + 1] | 0x20,
      letters[month * 3 + 2] == line[index + 2] | 0x20
    {
      return month + 1
    }
  }
  return nil
}

/// Seconds since 1970, or milliseconds where the number is too large for seconds of this millennium.
package func parseEpoch(_ number: Double) -> Instant? {
  guard number.isFinite, number > 0 else { return nil }
  return Instant(seconds: number >= 1e11 ? number / 1000 : number)
}

/// `Tue, 19 Mar 2024 10:00:00 GMT`, as HTTP writes it; also without the day of the week.
func parseRFC1123(_ text: String) -> Instant? {
  let words = text.split(separator: " ")
  guard words.count == 5 || words.count == 6, words.last == "GMT" else { return nil }
  let date = words.suffix(5)
  let clock = date[date.startIndex + 3].split(separator: ":").compactMap { Int($0) }
  let name = Array(date[date.startIndex + 1].utf8)
  guard let day = Int(date[date.startIndex]), let year = Int(date[date.startIndex + 2]),
    name.count == 3, let month = monthNumber(in: name.span, at: 0), clock.count == 3
  else { return nil }
  return Instant(
    year: year, month: month, day: day, hour: clock[0], minute: clock[1], second: clock[2])
}
