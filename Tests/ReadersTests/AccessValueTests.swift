import Testing

@testable import Readers

/// What is read of a line at once, held against what is read of it step by step: values of JSON lines,
/// times and stamps.
@Suite struct AccessValueTests {
  private static let forms = [
    #"{"@timestamp":"2024-03-12T09:41:03+00:00","remote_addr":"192.0.2.4","request":"GET /a?b HTTP/1.1","status":"302","request_time":"0.004","http_user_agent":"Go"}"#,
    #"{"time": "12/Mar/2024:09:41:03 +0000", "client": "-", "x_forwarded_for":"192.0.2.7", "request": "PUT /x\x22y\"z HTTP/1.1", "status": 200, "request_time": 12.5, "ua": "a\"b\\", "n":1}"#,
    #"{"upstream_response_time_in_seconds_of_the_last_one_asked":"-","code":502,"ts":1710236463.250,"r":{"method":"GET","uri":"/a?x"},"tags":["a","b:"],"l":[1,2],"status":200}"#,
    #"  {"":"","status":"","status":"404","t":null,"time":"2024-03-12T09:41:03Z","request_line":"POST /u HTTP/1.0","method":"PUT","rt":"","rt":1}  "#,
  ]

  /// What a template finds is what a walk from key to key finds, whatever the line before was.
  @Test(arguments: forms.indices)
  func aTemplateFindsWhatAWalkFinds(_ form: Int) {
    var json = AccessJSON()
    var stamps = StampReader(offset: 0)
    var fitting = 0
    for line in AccessRoadTests.mutated(1500, of: [Self.forms[form]], seed: 31) {
      var walked = AccessLine()
      let isWalked = line.span.withRawLine { line in
        var quotes = PlainQuotes(line: line)
        var other = AccessJSON()
        return other.parse(line, &quotes, &stamps, into: &walked)
      }
      AccessRoadTests.withMarks(line, before: (isWalked ? "\n" : "\r\n") + Self.forms[form]) {
        raw, marked in
        var quotes = marked
        var request = AccessLine()
        if json.template.fits(raw, quotes) || json.otherTemplate.fits(raw, quotes) {
          fitting += 1
        }
        #expect(json.parse(raw, &quotes, &stamps, into: &request) == isWalked)
        if isWalked { #expect(request == walked, "\(String(decoding: line, as: UTF8.self))") }
      }
    }
    #expect(fitting > 500)
  }

  /// A minute met before is not asked of the calendar again, and makes nothing a stamp.
  @Test func aStampIsReadAlikeInAMinuteMetBefore() {
    let texts = [
      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0:00\0\0\0\0\0\0", "2024-03-12T09:41:03+00:00",
      "2024-03-12T09:41:59+00:00", "2024-03-12T09:41x03+00:00", "2024-03-12T09:41:71+00:00",
      "2024-03-12T09:41:03+01:00", "2024-03-12T09:41:03Z", "2024-03-12T09:41:03\0\0\0\0\0\0",
      "2024-03-12T09:41:0:+00:00",
    ]
    var stamps = StampReader(offset: 0)
    for text in texts + texts {
      Array(text.utf8).span.withRawLine { line in
        var fresh = StampReader(offset: 0)
        let place = Place(start: 0, end: line.count)
        #expect(stamps.any(line, place) == fresh.any(line, place), "\(text)")
      }
    }
  }

  /// Whichever byte of a stamp is another, the minute met before is not taken for its.
  @Test(arguments: ["12/Mar/2024:09:41:03 +0000", "2024-03-12T09:41:03+00:00"])
  func noByteOfAStampIsPassedOver(_ text: String) {
    let known = Array(text.utf8)
    var stamps = StampReader(offset: 0)
    for index in known.indices {
      for byte in [UInt8](0x20...0x7E) + [0, 0xB1] {
        var changed = known
        changed[index] = byte
        let first = known.span.withRawLine { stamps.any($0, Place(start: 0, end: $0.count)) }
        let found = changed.span.withRawLine { line in
          var fresh = StampReader(offset: 0)
          let place = Place(start: 0, end: line.count)
          return (stamps.any(line, place), fresh.any(line, place))
        }
        #expect(first == 1_710_236_463)
        #expect(found.0 == found.1, "\(index): \(byte)")
      }
    }
  }

  /// Times of requests, read at once or digit by digit.
  @Test func timesReadAlikeAtOnceAndDigitByDigit() {
    var dice = AccessRoadTests.Dice(state: 7)
    let bytes = Array("0123456789..-,e ".utf8)
    let texts = [
      "0.000", "12.345", "5.", ".5", "1.2.3", "99999999", "1.234567", "0.1234567", "12345.6789",
      "999999999.5", "1000000000", "-", "", "0.004, 0.1",
    ]
    let random = (0..<4000).map { _ in
      (0..<Int.random(in: 1...9, using: &dice)).map { _ in bytes.randomElement(using: &dice) ?? 0 }
    }
    for text in texts.map({ Array($0.utf8) }) + random {
      (text + Array("\",12345678".utf8)).span.withRawLine { line in
        let place = Place(start: 0, end: text.count)
        #expect(
          line.microseconds(place) == line.slowMicroseconds(place),
          "\(String(decoding: text, as: UTF8.self))")
      }
    }
    let known = Array("1.25s, 0.0105".utf8).span.withRawLine { line in
      (line.microseconds(Place(start: 0, end: 4)), line.microseconds(Place(start: 7, end: 13)))
    }
    #expect(known.0 == 1_250_000)
    #expect(known.1 == 10_500)
  }
}
