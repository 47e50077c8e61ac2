import Model

/// What the reader takes from one line: places of texts in the line, and numbers.
struct AccessLine: Equatable {
  /// Seconds since 1970.
  var second = -1
  var status = -1
  /// Microseconds; -1 where the line has none.
  var requestTime = -1
  var client = Place()
  var method = Place()
  /// Without the query.
  var path = Place()
  var agent = Place()
  var host = Place()

  /// The line says what was asked, if only `-`.
  var hasRequest = false

  var isComplete: Bool { second >= 0 && status >= 0 }

  /// Splits `GET /path?query HTTP/1.1`. What is no request (`-`, bytes of a TLS handshake) leaves
  /// method and path empty: nginx answered it all the same.
  @inline(__always)
  mutating func setRequest(_ line: RawLine, _ request: Place) {
    hasRequest = true
    var index = request.start
    if request.count >= 4, line.halfWord(at: index) == AccessLine.get {
      method = Place(start: index, end: index &+ 3)
      setPath(line, Place(start: index &+ 4, end: request.end))
      return
    }
    if index &+ 16 <= line.readable {
      let others = ~line.lanes(at: index).isIn(UInt8(ascii: "A"), count: 26)
      index = Swift.min(index &+ others.trailingZeroBitCount, request.end)
    } else {
      while index < request.end, line[index] &- UInt8(ascii: "A") < 26 { index &+= 1 }
    }
    let length = index &- request.start
    guard length > 0, length <= 16, index < request.end, line[index] == UInt8(ascii: " ") else {
      if !request.isEmpty, line[request.start] == UInt8(ascii: "/"), path.isEmpty {
        setPath(line, request)
      }
      return
    }
    method = Place(start: request.start, end: index)
    setPath(line, Place(start: index &+ 1, end: request.end))
  }

  /// `GET `, what most lines ask.
  private static let get: UInt32 = 0x2054_4547

  @inline(__always)
  mutating func setPath(_ line: RawLine, _ target: Place) {
    hasRequest = true
    let end = line.findNear(
      UInt8(ascii: " "), or: UInt8(ascii: "?"), from: target.start, to: target.end)
    path = Place(start: target.start, end: end)
  }

  /// Three digits; anything else is no status.
  @inline(__always)
  mutating func setStatus(_ line: RawLine, _ place: Place) -> Bool {
    guard place.count == 3 else { return false }
    let digits = line.head(place) ^ 0x30_3030
    // Digits have a high bit neither before nor after.
    guard (digits | (digits &+ 0x76_7676)) & 0x80_8080 == 0 else { return false }
    status = Int((digits & 0xFF) &* 100 &+ (digits &>> 8 & 0xFF) &* 10 &+ digits &>> 16)
    return true
  }

  mutating func setClient(_ line: RawLine, _ place: Place) {
    let isDash = place.count == 1 && line[place.start] == UInt8(ascii: "-")
    if !isDash { client = place }
  }
}

/// Reads time stamps. A log holds many lines of one minute: the calendar is asked once for each.
struct StampReader {
  private struct Minute {
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt64 = 0
    /// Seconds since 1970 at its start.
    var start = 0
  }
  private var commonMinute = Minute()
  /// Its third word is 1 where the stamp has no zone of six bytes, or there is none yet.
  private var isoMinute = Minute(third: 1)
  /// For stamps without a zone.
  private let offset: Int
  private(set) var sawUnzoned = false

  init(offset: Int) { self.offset = offset }

  mutating func merge(_ other: StampReader) { sawUnzoned = sawUnzoned || other.sawUnzoned }

  /// `12/Mar/2024:09:41:03 +0000`, 26 bytes.
  @inline(__always)
  mutating func common(_ line: RawLine, at start: Int) -> Int? {
    guard start >= 0, start &+ 26 <= line.count else { return nil }
    let tens = Int(line[start &+ 18] &- UInt8(ascii: "0"))
    let ones = Int(line[start &+ 19] &- UInt8(ascii: "0"))
    guard tens < 7, ones < 10 else { return nil }
    let first = line.word(at: start)
    let second = line.word(at: start &+ 9)
    // The two bytes that the others leave out, in place of the seconds.
    let rest = UInt64(line[start &+ 8]) | UInt64(line[start &+ 17]) &<< 8
    let third = line.word(at: start &+ 18) & ~0xFFFF | rest
    if first != commonMinute.first || second != commonMinute.second || third != commonMinute.third {
      guard let minute = StampReader.commonMinute(line, at: start) else { return nil }
      commonMinute = Minute(first: first, second: second, third: third, start: minute)
    }
    return commonMinute.start &+ tens &* 10 &+ ones
  }

  private static func commonMinute(_ line: RawLine, at start: Int) -> Int? {
    guard line[start + 2] == UInt8(ascii: "/"), line[start + 6] == UInt8(ascii: "/"),
      line[start + 11] == UInt8(ascii: ":"), line[start + 14] == UInt8(ascii: ":"),
      line[start + 17] == UInt8(ascii: ":"), line[start + 20] == UInt8(ascii: " "),
      let day = line.number(start..<start + 2), let month = month(line, at: start + 3),
      let year = line.number(start + 7..<start + 11),
      let hour = line.number(start + 12..<start + 14),
      let minute = line.number(start + 15..<start + 17),
      let zoneHours = line.number(start + 22..<start + 24),
      let zoneMinutes = line.number(start + 24..<start + 26)
    else { return nil }
    let sign: Int
    switch line[start + 21] {
    case UInt8(ascii: "+"): sign = 1
    case UInt8(ascii: "-"): sign = -1
    default: return nil
    }
    return Instant(
      year: year, month: month, day: day, hour: hour, minute: minute,
      offset: sign * (zoneHours * 3600 + zoneMinutes * 60)
    ).map { Int($0.microseconds / 1_000_000) }
  }

  private static func month(_ line: RawLine, at start: Int) -> Int? {
    let names: [StaticString] = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    return names.firstIndex { line.holds($0, at: start) }.map { $0 + 1 }
  }

  /// `2024-12-03T00:00:00+00:00`, and what else `parseISO8601` reads.
  mutating func iso(_ line: RawLine, at start: Int) -> Int? {
    guard start >= 0, start &+ 19 <= line.count, line[start &+ 4] == UInt8(ascii: "-") else {
      return nil
    }
    let tens = Int(line[start &+ 17] &- UInt8(ascii: "0"))
    let ones = Int(line[start &+ 18] &- UInt8(ascii: "0"))
    guard tens < 7, ones < 10 else { return nil }
    let seconds = tens &* 10 &+ ones
    let mark = start &+ 19 < line.count ? line[start &+ 19] : 0
    let isPlain =
      mark == UInt8(ascii: "Z")
      || (start &+ 25 <= line.count && (mark == UInt8(ascii: "+") || mark == UInt8(ascii: "-"))
        && line[start &+ 22] == UInt8(ascii: ":"))
    // A minute is known by the rest of the stamp only where its seconds are seconds.
    guard isPlain, tens < 6, line[start &+ 16] == UInt8(ascii: ":") else {
      return slowISO(line, at: start)
    }
    let first = line.word(at: start)
    let second = line.word(at: start &+ 8)
    let third = mark == UInt8(ascii: "Z") ? 1 : line.word(at: start &+ 17) & ~0xFFFF
    if first != isoMinute.first || second != isoMinute.second || third != isoMinute.third {
      guard let whole = slowISO(line, at: start) else { return nil }
      isoMinute = Minute(first: first, second: second, third: third, start: whole &- seconds)
    }
    return isoMinute.start &+ seconds
  }

  private mutating func slowISO(_ line: RawLine, at start: Int) -> Int? {
    guard let found = line.withSpan({ parseISO8601(in: $0, from: start, offset: offset) })
    else { return nil }
    if !found.isZoned { sawUnzoned = true }
    return Int(found.instant.microseconds / 1_000_000)
  }

  /// A stamp of any of the forms that fills a place, epoch numbers among them.
  @inline(__always)
  mutating func any(_ line: RawLine, _ place: Place) -> Int? {
    if place.count == 25, let second = sameISOMinute(line, at: place.start) { return second }
    if place.count == 26, line[place.start &+ 2] == UInt8(ascii: "/") {
      return common(line, at: place.start)
    }
    return otherForm(line, place)
  }

  /// `2024-12-03T00:00:00+00:00` in the minute of the last such stamp.
  @inline(__always)
  private func sameISOMinute(_ line: RawLine, at start: Int) -> Int? {
    let third = line.word(at: start &+ 17)
    var difference = line.word(at: start) ^ isoMinute.first
    difference |= line.word(at: start &+ 8) ^ isoMinute.second
    difference |= third & ~0xFFFF ^ isoMinute.third
    let tens = third & 0xFF ^ UInt64(UInt8(ascii: "0"))
    let ones = third &>> 8 & 0xFF ^ UInt64(UInt8(ascii: "0"))
    guard difference == 0, tens < 6, ones < 10, line[start &+ 16] == UInt8(ascii: ":") else {
      return nil
    }
    return isoMinute.start &+ Int(tens &* 10 &+ ones)
  }

  @inline(never)
  private mutating func otherForm(_ line: RawLine, _ place: Place) -> Int? {
    if place.count >= 16, let second = iso(line, at: place.start) { return second }
    if place.count == 13, let milliseconds = line.number(place.start..<place.end) {
      return milliseconds / 1000
    }
    guard place.count >= 9, place.count <= 20 else { return nil }
    let dot = line.find(UInt8(ascii: "."), from: place.start, to: place.end)
    guard let second = line.number(place.start..<dot), second >= 100_000_000,
      second < 100_000_000_000
    else { return nil }
    return second
  }
}
