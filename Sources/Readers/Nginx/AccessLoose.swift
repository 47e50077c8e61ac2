/// Reads a line of the combined form and its relatives by their marks, without knowing the
/// `log_format`: a time stamp, a quoted request, a status; then bytes, referer and agent in quotes,
/// and times.
///
/// ```
/// 1.2.3.4 - - [12/Mar/2024:09:41:03 +0000] "GET / HTTP/1.1" 200 15 "-" "curl/8" rt=0.382 urt=0.380
/// 1.2.3.4 - - [12/Mar/2024:09:41:03 +0000] "GET / HTTP/1.1" 200 15
/// [2024-06-18T07:30:03+00:00] 10.0.8.2 "GET /health HTTP/1.1" 499 0 0.000 0.000
/// web-1  | 1.2.3.4 - - [12/Mar/2024:09:41:03 +0000] "GET / HTTP/1.1" 499 0 29.965 "-" "curl/8"
/// ```
///
/// nginx prints its times in seconds with three decimals. A time named `rt` or `request_time` is
/// the request's; of unnamed ones the longest is, for no upstream takes longer than the request.
@inline(__always)
func parseLoose<Quotes: QuoteFinder>(
  _ line: RawLine, _ quotes: inout Quotes, _ stamps: inout StampReader,
  into result: inout AccessLine
) -> Bool {
  let end = line.count
  let open = quotes.quote(from: 0, to: end)
  guard open < end else { return false }
  let close = quotes.closingQuote(from: open &+ 1, to: end)
  // `" 200 `
  guard close &+ 5 <= end, line[close &+ 1] == UInt8(ascii: " "),
    close &+ 5 == end || line[close &+ 5] == UInt8(ascii: " "),
    result.setStatus(line, Place(start: close &+ 2, end: close &+ 5))
  else { return false }

  var bracket = line.find(UInt8(ascii: "["), from: 0, to: open)
  var afterStamp = 0
  while bracket < open {
    if bracket &+ 27 < open, line[bracket &+ 27] == UInt8(ascii: "]"),
      let second = stamps.common(line, at: bracket &+ 1)
    {
      result.second = second
    } else if bracket &+ 20 < open, let second = stamps.iso(line, at: bracket &+ 1) {
      result.second = second
    }
    if result.second >= 0 {
      if bracket == 0 { afterStamp = line.find(UInt8(ascii: "]"), from: 0, to: open) &+ 1 }
      break
    }
    bracket = line.find(UInt8(ascii: "["), from: bracket &+ 1, to: open)
  }
  if result.second < 0, !bareStamp(line, &stamps, before: open, &afterStamp, &result) {
    return false
  }
  result.setRequest(line, Place(start: open &+ 1, end: close))
  let stampStart = bracket < open ? bracket : 0
  result.setClient(line, looseClient(line, stampStart: stampStart, after: afterStamp, to: open))

  // Bytes, then `"referer" "agent"`, then what the format adds.
  let rest = Swift.min(close &+ 5, end)
  let quote = quotes.quote(from: rest, to: end)
  var times = LooseTimes()
  times.read(line, from: rest, to: quote)
  if quote < end {
    let firstEnd = quotes.closingQuote(from: quote &+ 1, to: end)
    let second = quotes.quote(from: Swift.min(firstEnd &+ 1, end), to: end)
    if second < end, second == firstEnd &+ 2 {
      let agentEnd = quotes.closingQuote(from: second &+ 1, to: end)
      result.agent = Place(start: second &+ 1, end: agentEnd)
      times.read(line, from: Swift.min(agentEnd &+ 1, end), to: end)
    } else {
      if firstEnd &- quote > 2, !line.holds("http", at: quote &+ 1) {
        result.agent = Place(start: quote &+ 1, end: firstEnd)
      }
      times.read(line, from: Swift.min(firstEnd &+ 1, end), to: end)
    }
  }
  result.requestTime = times.request
  return true
}

/// The same for the combined form as nginx writes it, which most logs have: six quotes and no
/// backslash, the stamp right before the request, nothing after the agent. All places follow from the
/// marks. False where anything is otherwise: then `parseLoose` looks.
@inline(__always)
func parseCombined<Quotes: QuoteFinder>(
  _ line: RawLine, _ quotes: Quotes, _ stamps: inout StampReader, into result: inout AccessLine
) -> Bool {
  guard let marks = quotes.sixQuotes else { return false }
  let open = Int(marks[0]) &- marks.offset
  let close = Int(marks[1]) &- marks.offset
  let referer = Int(marks[2]) &- marks.offset
  let agent = Int(marks[4]) &- marks.offset
  let agentEnd = Int(marks[5]) &- marks.offset
  let bracket = open &- 29
  // `] "GET … " 200 15 "-" "curl/8"`, up to the end: so eight bytes after the request are the line's.
  guard bracket > 0, agentEnd &+ 1 == line.count, agent == Int(marks[3]) &- marks.offset &+ 2,
    referer > close &+ 5, referer <= close &+ 21, close &+ 21 <= line.readable,
    line[bracket &+ 27] == UInt8(ascii: "]")
  else { return false }
  // A point between status and referer is that of a time.
  let points = line.lanes(at: close &+ 5).equal(UInt8(ascii: "."))
  let after: UInt32 = (1 &<< UInt32(truncatingIfNeeded: referer &- close &- 5)) &- 1
  guard points & after == 0, line[close &+ 1] == UInt8(ascii: " "),
    line[close &+ 5] == UInt8(ascii: " "),
    result.setStatus(line, Place(start: close &+ 2, end: close &+ 5)),
    let second = stamps.common(line, at: bracket &+ 1)
  else { return false }
  if isPlainHead(line, before: bracket) {
    result.setClient(line, Place(start: 0, end: bracket &- 5))
  } else {
    guard line.find(UInt8(ascii: "["), from: 0, to: open) == bracket else { return false }
    result.setClient(line, looseClient(line, stampStart: bracket, after: 0, to: open))
  }
  result.second = second
  result.setRequest(line, Place(start: open &+ 1, end: close))
  result.agent = Place(start: agent &+ 1, end: agentEnd)
  return true
}

/// A short word, and ` - - ` up to the bracket: then the word is the client, whatever it is.
@inline(__always)
private func isPlainHead(_ line: RawLine, before bracket: Int) -> Bool {
  let length = bracket &- 5
  // ` - - [`
  guard length > 0, length < 16, line.word(at: length) &<< 16 == 0x5B20_2D20_2D20_0000 else {
    return false
  }
  let lanes = line.lanes(at: 0)
  // A colon may stand behind the name of a file.
  let odd = lanes.equal(UInt8(ascii: " "), or: UInt8(ascii: ":")) | lanes.equal(UInt8(ascii: "["))
  return odd.trailingZeroBitCount == length
}

/// A stamp without brackets at the start of some word before the request.
private func bareStamp(
  _ line: RawLine, _ stamps: inout StampReader, before open: Int, _ after: inout Int,
  _ result: inout AccessLine
) -> Bool {
  var start = 0
  while start &+ 19 <= open {
    if let second = stamps.iso(line, at: start) {
      result.second = second
      after = line.find(UInt8(ascii: " "), from: start &+ 11, to: open)
      return true
    }
    start = line.find(UInt8(ascii: " "), from: start, to: open) &+ 1
  }
  return false
}

/// The first word that is an address; else the first word.
@inline(__always)
private func looseClient(
  _ line: RawLine, stampStart: Int, after: Int, to open: Int
) -> Place {
  if stampStart > 0, line.readable >= 16 {
    // Nearly always the line begins with four numbers and three dots.
    let lanes = line.lanes(at: 0)
    let length = lanes.equal(UInt8(ascii: " ")).trailingZeroBitCount
    if length < Swift.min(16, stampStart) {
      let word: UInt32 = (1 &<< UInt32(truncatingIfNeeded: length)) &- 1
      let dots = lanes.equal(UInt8(ascii: ".")) & word
      let digits = lanes.isIn(UInt8(ascii: "0"), count: 10) & word
      if dots.nonzeroBitCount == 3, digits | dots == word { return Place(start: 0, end: length) }
    }
  }
  return anyLooseClient(line, stampStart: stampStart, after: after, to: open)
}

@inline(never)
private func anyLooseClient(
  _ line: RawLine, stampStart: Int, after: Int, to open: Int
) -> Place {
  let start = stampStart == 0 ? after : 0
  let end = stampStart == 0 ? open : stampStart
  var first = Place()
  var index = start
  while index < end {
    while index < end, line[index] == UInt8(ascii: " ") { index &+= 1 }
    let stop = line.find(UInt8(ascii: " "), from: index, to: end)
    let word = Place(start: index, end: stop)
    if looksLikeAddress(line, word) { return word }
    // `grep` puts the name of the file before the line.
    var colon = stop &- 1
    while colon > index, line[colon] != UInt8(ascii: ":") { colon &-= 1 }
    let rest = Place(start: colon &+ 1, end: stop)
    if colon > index, first.isEmpty, looksLikeAddress(line, rest) { return rest }
    if first.isEmpty { first = word }
    index = stop
  }
  return first
}

/// `10.0.3.2`, `::1`, `117.xxx.xxx.xxx`; not a time of day.
private func looksLikeAddress(_ line: RawLine, _ word: Place) -> Bool {
  var dots = 0
  var colons = 0
  guard word.count >= 3, word.count <= 45 else { return false }
  for index in word.start..<word.end {
    switch line[index] {
    case UInt8(ascii: "."): dots &+= 1
    case UInt8(ascii: ":"): colons &+= 1
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "x"):
      continue
    default: return false
    }
  }
  if dots == 3 { return true }
  return colons >= 3 || (colons == 2 && line.holds("::", at: word.start))
}

/// The times among the words that a format adds to the combined one.
private struct LooseTimes {
  var request = -1
  private var isNamed = false

  @inline(__always)
  mutating func read(_ line: RawLine, from start: Int, to end: Int) {
    // No point, no time: what most lines hold here are a number of bytes, or nothing.
    if line.find(UInt8(ascii: "."), from: start, to: end) < end {
      readWords(line, from: start, to: end)
    }
  }

  @inline(never)
  private mutating func readWords(_ line: RawLine, from start: Int, to end: Int) {
    var index = start
    while index < end {
      var stop = line.find(UInt8(ascii: " "), from: index, to: end)
      let next = stop &+ 1
      // A time is at least `0.000` long; most words of a combined line are shorter or none.
      if stop &- index >= 5 {
        var from = index
        let equals = line.find(UInt8(ascii: "="), from: from, to: stop)
        var name = Place()
        if equals < stop {
          name = Place(start: from, end: equals)
          from = equals &+ 1
        }
        if from < stop, line[from] == UInt8(ascii: "\"") { from &+= 1 }
        while stop > from, line[stop &- 1] == UInt8(ascii: "\"") || line[stop &- 1] == 0x2C {
          stop &-= 1
        }
        take(line, name: name, value: Place(start: from, end: stop))
      }
      index = next
    }
  }

  private mutating func take(_ line: RawLine, name: Place, value: Place) {
    guard value.count >= 5, line[value.end &- 4] == UInt8(ascii: "."),
      let time = line.microseconds(value)
    else { return }
    if name.isEmpty {
      if !isNamed { request = Swift.max(request, time) }
    } else if LooseTimes.isRequestTime(line, name) {
      request = time
      isNamed = true
    }
  }

  private static func isRequestTime(_ line: RawLine, _ name: Place) -> Bool {
    let names: [StaticString] = [
      "rt", "request_time", "req_time", "reqtime", "duration", "time", "request_duration",
    ]
    return names.contains {
      $0.utf8CodeUnitCount == name.count && line.holds($0, at: name.start)
    }
  }
}
