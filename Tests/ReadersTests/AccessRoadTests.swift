import CWide
import Glibc
import Model
import Testing

@testable import Readers

/// The fast road of access logs, held against the plain one and against itself: however the bytes
/// arrive and however many threads read them, the facts are the same.
@Suite struct AccessRoadTests {
  /// Numbers that look random and are the same in every run.
  struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  /// A log in memory that can be read from any place, a few bytes at a time.
  private final class File: RangedStream {
    let bytes: [UInt8]
    let step: Int
    private nonisolated(unsafe) var position = 0
    // Read from its start by one reading after another.
    func rewind() { position = 0 }
    var size: Int { bytes.count }

    init(_ bytes: [UInt8], step: Int) {
      self.bytes = bytes
      self.step = step
    }

    func read(
      into buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int
    ) throws(SourceError) -> Int {
      let count = min(buffer.count, bytes.count - offset, step)
      for index in 0..<count { buffer[index] = bytes[offset + index] }
      return count
    }

    func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
      let count = try read(into: buffer, at: position)
      position += count
      return count
    }
  }

  /// The same as it comes through a pipe: from its start to its end.
  private struct Drip: ByteStream {
    let file: File
    func read(into buffer: UnsafeMutableBufferPointer<UInt8>) throws(SourceError) -> Int {
      try file.read(into: buffer)
    }
  }

  private static let samples = [
    #"192.0.2.7 - - [12/Mar/2024:09:41:03 +0000] "GET /a?b=1 HTTP/1.1" 502 15 "-" "curl/8.0""#,
    #"10.1.2.33 - bob [12/Mar/2024:09:41:04 +0000] "POST /up/load HTTP/1.1" 201 0 "http://x.org/y" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)" rt=0.382 urt="0.380""#,
    #"::1 - - [12/Mar/2024:09:41:05 +0000] "GET /q\"uote\\ HTTP/1.1" 404 9 "-" "a \"b\" c" "1.2.3.4""#,
    #"[2024-03-12T09:41:06+00:00] 192.0.2.9 "GET /health HTTP/1.1" 499 0 0.000 0.000"#,
    #"web-1  | 192.0.2.7 - - [12/Mar/2024:09:41:07 +0000] "-" 400 0"#,
    #"{"@timestamp":"2024-03-12T09:41:03+00:00","remote_addr":"","request":"GET / HTTP/1.1","status": "302","responsetime": 0.004,"http_user_agent":"Go-http-client/1.1"}"#,
    #"{"@timestamp": "2024-03-12T09:41:03+00:00", "remote_addr": "192.0.2.4", "request": "PUT /x\x22y HTTP/1.1", "status": 200, "request_time": 12.5, "http_user_agent": "a\"b\\"}"#,
    #"{"status":502,"time":"12/Mar/2024:09:41:03 +0000","r":{"method":"GET","uri":"/a?x"},"tags":["a","b:"],"client_ip":"192.0.2.7"}"#,
    "", "\u{FF}\0\"\"\"", #"{"a":"\"#,
  ]

  /// The samples with bytes changed, left out and put in.
  static func mutated(
    _ count: Int, of samples: [String] = samples, seed: UInt64
  ) -> [[UInt8]] {
    var dice = Dice(state: seed)
    let odd = Array(#""\ []{}:,-.09a?"#.utf8)
    return (0..<count).map { number in
      var line = Array(samples[number % samples.count].utf8)
      guard number % 3 > 0 else { return line }
      for _ in 0...Int.random(in: 0..<3, using: &dice) where !line.isEmpty {
        let place = Int.random(in: 0..<line.count, using: &dice)
        let byte = odd.randomElement(using: &dice) ?? 0
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: line[place] = byte
        case 1: line.insert(byte, at: place)
        case 2: line.remove(at: place)
        default: line.removeLast(min(place, line.count))
        }
      }
      return line
    }
  }

  @Test func lanesFindWhatALoopFinds() {
    var dice = Dice(state: 3)
    for _ in 0..<2000 {
      let bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &dice) & 0x7F | 0x02 }
      bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let fast = ByteLanes(base)
        let plain = PlainLanes(base)
        let byte = bytes[5]
        #expect(fast.equal(byte) == plain.equal(byte))
        #expect(fast.equal(byte, or: 0x22) == plain.equal(byte, or: 0x22))
        #expect(fast.isIn(byte, count: 26) == plain.isIn(byte, count: 26))
        #expect(fast.isIn(0xF0, count: 26) == plain.isIn(0xF0, count: 26))
      }
      let tags = (0..<8).map { _ in UInt32.random(in: 0...3, using: &dice) &* 0x8001_7FFF }
      tags.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        #expect(equalTags(base, tags[2]) == plainEqualTags(base, tags[2]))
      }
    }
  }

  /// Each road that this processor has, and the one that all have, find what a look at each byte finds.
  @Test func allRoadsFindTheSameMarks() {
    var dice = Dice(state: 9)
    let finders = (0..<3).map { marks_finder_at(CInt($0)) }
    #expect(finders[2] == nil)
    let memory = TableMemory(AccessMarks.memorySize)
    for round in 0..<600 {
      let size = round < 200 ? round : Int.random(in: 200...AccessMarks.window, using: &dice)
      let isDense = round % 3 == 0
      let bytes = (0..<size).map { _ -> UInt8 in
        let die = Int.random(in: 0..<(isDense ? 4 : 60), using: &dice)
        return die == 0 ? 0x22 : die == 1 ? 0x0A : die == 2 && round % 2 == 0 ? 0x5C : 0x61
      }
      let strings = bytes.indices.filter { bytes[$0] == 0x22 || bytes[$0] == 0x5C }
      let ends = bytes.indices.filter { bytes[$0] == 0x0A }
      for finder in finders {
        var marks = AccessMarks(memory, finder: finder)
        bytes.withUnsafeBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return }
          marks.find(in: base, size: size)
        }
        let count = marks.endOfPlaces - UnsafePointer(marks.places)
        #expect((0..<count).map { Int(marks.places[$0]) } == strings)
        #expect((0..<marks.endCount).map { Int(marks.ends[$0]) } == ends)
        #expect(marks.places[count] == .max)
        #expect(marks.hasEscapes == bytes.contains(0x5C))
      }
    }
  }

  /// Each road compares names of all lengths as a look at each byte does, and looks at no byte behind them:
  /// they end where the memory does.
  @Test func allRoadsCompareNamesAlike() throws {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let memory = mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    let start = try #require(memory == MAP_FAILED ? nil : memory)
    defer { munmap(start, 2 * page) }
    try #require(mprotect(start + page, page, PROT_NONE) == 0)
    let end = (start + page).assumingMemoryBound(to: UInt8.self)
    let roads = (0..<2).compactMap { names_comparer_at(CInt($0)) } + [names_equal]
    for size in 0...204 {
      let name = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ size) }
      // As the last of a block, with a little behind it, and with much.
      for readable in [size, max(size, name_head_size + 64), page / 2] {
        let start = end - readable
        start.update(from: name, count: size)
        for wrong in -1..<size {
          var kept = name
          if wrong >= 0 { kept[wrong] ^= 0x20 }
          // What is kept of a name has room behind it.
          let room = Array(repeating: UInt8(0x55), count: 64)
          let head = kept.prefix(name_head_size) + room
          let rest = kept.dropFirst(name_head_size) + room
          for areEqual in roads {
            let isEqual = areEqual(start, size, readable, Array(head), Array(rest))
            #expect(isEqual == (wrong < 0), "\(size), \(readable), \(wrong)")
          }
        }
      }
    }
  }

  /// A line with its marks, among what follows it in a block.
  static func withMarks(
    _ line: [UInt8], before rest: String, _ body: (RawLine, MarkedQuotes) -> Void
  ) {
    let memory = TableMemory(AccessMarks.memorySize)
    var marks = AccessMarks(memory)
    (line + Array(rest.utf8)).withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      marks.find(in: base, size: buffer.count)
      #expect(marks.endCount == 1)
      #expect(Int(marks.ends[0]) >= line.count)
      let raw = RawLine(base: base, count: line.count, readable: buffer.count)
      let all = marks.endOfPlaces - UnsafePointer(marks.places)
      let count = (0..<all).first { marks.places[$0] >= line.count } ?? all
      let places = UnsafePointer(marks.places)
      body(
        raw,
        MarkedQuotes(
          line: raw, mark: places, last: places + count, offset: 0, mayEscape: marks.hasEscapes))
    }
    withExtendedLifetime(memory) {}
  }

  /// By marks, with the template of the line before, and with room after the line; and by looking at
  /// each byte of the line alone.
  @Test func linesReadAlikeByMarksAndWithout() {
    var json = AccessJSON()
    var stamps = StampReader(offset: 0)
    var combined = 0
    for line in Self.mutated(6000, seed: 11) where !line.contains(0x0A) {
      var loose = AccessLine()
      var isLoose = false
      var walked = AccessLine()
      var isWalked = false
      line.span.withRawLine { line in
        var quotes = PlainQuotes(line: line)
        isLoose = parseLoose(line, &quotes, &stamps, into: &loose)
        var other = AccessJSON()
        isWalked = other.parse(line, &quotes, &stamps, into: &walked)
      }
      Self.withMarks(line, before: "\n next \"line\" [1] 192.0.2.1 \\") { raw, marked in
        var quotes = marked
        var request = AccessLine()
        if parseCombined(raw, quotes, &stamps, into: &request) {
          combined += 1
          #expect(isLoose)
          #expect(request == loose, "\(String(decoding: line, as: UTF8.self))")
        }
        request = AccessLine()
        #expect(parseLoose(raw, &quotes, &stamps, into: &request) == isLoose)
        if isLoose { #expect(request == loose, "\(String(decoding: line, as: UTF8.self))") }
        quotes = marked
        request = AccessLine()
        #expect(json.parse(raw, &quotes, &stamps, into: &request) == isWalked)
        if isWalked { #expect(request == walked, "\(String(decoding: line, as: UTF8.self))") }
      }
    }
    #expect(combined > 150)
  }

  @Test(arguments: ["combined", "mixed"])
  func factsDoNotDependOnThreadsNorBlocks(_ name: String) {
    var dice = Dice(state: 5)
    var log: [UInt8] = []
    let odd = Self.mutated(600, seed: 23)
    for number in 0..<3000 {
      if name == "mixed", number % 5 == 0 {
        log += odd[number / 5] + [0x0A]
        continue
      }
      let second = number / 4
      let time = "12/Mar/2024:09:\(10 + second / 60):\(10 + second % 50) +0000"
      let client = "10.0.\(Int.random(in: 0..<40, using: &dice)).7"
      let path = "/p/\(Int.random(in: 0..<900, using: &dice))"
      let status = number % 97 < 3 ? 503 : 200
      log += Array(
        "\(client) - - [\(time)] \"GET \(path) HTTP/1.1\" \(status) 15 \"-\" \"agent\"\n".utf8)
    }
    // A line longer than a range, and a last one without an end.
    log += [UInt8](repeating: 0x61, count: 30_000) + Array("\nlast".utf8)

    var facts: [Fact]?
    var skipped: Int?
    let ways = [
      (1, Int.max, false), (2, 4096, false), (7, 511, false), (2, 64, false), (1, 97, false),
      (1, Int.max, true), (1, 97, true),
    ]
    for (threads, step, isPipe) in ways {
      var context = ReadingContext()
      context.threads = threads
      let reading = RangeReading<AccessLogReader>(
        context: context, layout: RangeLayout(unit: 20_000),
        blockSize: step == .max ? 256 << 10 : 4096)
      let file = File(log, step: step)
      var (reader, totals) = reading.read(isPipe ? Drip(file: file) : file)
      var page = Page(kind: .nginxAccessLog)
      reader.finish(into: &page)
      #expect(totals.bytes == log.count)
      #expect(totals.lines == log.count { $0 == 0x0A } + 1)
      if let facts { #expect(page.facts == facts, "\(threads) threads, \(step) bytes at a time") }
      if let skipped { #expect(page.skippedLines == skipped) }
      facts = page.facts
      skipped = page.skippedLines
    }
    #expect(facts?.isEmpty == false)
  }

  /// Of a log beyond the budget pieces are read, the same ones every time, and nothing that they do
  /// not show is said to be absent.
  @Test func aSampleRulesNothingOut() throws {
    let lines = (0..<20_000).map { number in
      let clock = "\(10 + number / 3600):\(10 + number / 60 % 50):\(10 + number % 50)"
      let status = number % 10 == 3 ? 502 : 200
      let request = "[12/Mar/2024:\(clock) +0000] \"GET /a HTTP/1.1\""
      return "10.0.0.7 - - \(request) \(status) 1 \"-\" \"a\"\n"
    }
    let log = Array((lines.joined() + lines[0].replacing("/a", with: "/last")).utf8)
    var known: Page?
    for (threads, limit) in [(1, 100_000), (2, 100_000), (7, 100_000), (1, 10_000_000)] {
      var context = ReadingContext()
      context.threads = threads
      context.sampleSize = limit
      let reading = RangeReading<AccessLogReader>(
        context: context, layout: RangeLayout(unit: 50_000), pieceSize: 8000)
      var (reader, totals) = reading.read(File(log, step: .max))
      var page = Page(kind: .nginxAccessLog)
      reader.finish(into: &page)
      #expect(page.number("nginx.access.path.requests", part: "/last") != nil)
      guard limit < log.count else {
        #expect(totals.stride == 1)
        #expect(page.number("nginx.access.requests") == 20_001)
        #expect(page.number("nginx.access.status.4xx") == 0)
        continue
      }
      #expect(totals.stride == (log.count + limit - 1) / limit)
      #expect(totals.bytes <= limit * 11 / 10)
      let requests = try #require(page.number("nginx.access.requests"))
      #expect(abs(requests - 20_001) < 200)
      let failed = try #require(page.number("nginx.access.status.5xx"))
      #expect(abs(failed - 2000) < 100)
      #expect(!page.facts.contains { $0.value == .number(0) })
      #expect(page.facts.allSatisfy { $0.origin.line == nil && !$0.origin.excerpt.isEmpty })
      for name in ["error_minutes", "longest_error_run", "surge", "rate.median", "rate.peak"] {
        #expect(page.number("nginx.access." + name) == nil)
      }
      if let known { #expect(page.facts == known.facts) }
      known = page
    }
  }

  /// A file asks by number, a stream by place: both are to find the same ranges.
  @Test func rangesGrowAndFollowEachOther() {
    let layout = RangeLayout(unit: 10)
    #expect((0..<7).map { layout.start(of: $0) } == [0, 10, 20, 50, 80, 120, 160])
    for offset in 0..<1000 {
      let range = layout.range(at: offset)
      #expect((layout.start(of: range)..<layout.start(of: range + 1)).contains(offset))
    }
  }

  @Test(arguments: [(0..<1000, 100), (30..<1000, 250), (0..<101, 100), (5..<6, 1)])
  func piecesAreSpreadAndEndWithTheLog(_ part: Range<Int>, limit: Int) {
    let cut = Cut(part, layout: RangeLayout(unit: 64), pieceSize: 10, limit: limit)
    let pieces = (0..<cut.count).map { cut[$0] }
    #expect(pieces.last?.upperBound == part.upperBound)
    #expect(pieces.allSatisfy { $0.lowerBound >= part.lowerBound && !$0.isEmpty })
    #expect(zip(pieces, pieces.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
    if part.count <= max(limit, 10) { #expect(pieces.reduce(0) { $0 + $1.count } == part.count) }
  }

  @Test func windowIsFoundByHalving() {
    var lines: [String] = []
    for second in 0..<7200 {
      let minute = second / 60
      let clock = "\(9 + minute / 60):\(10 + minute % 60 % 50):\(10 + second % 50)"
      lines.append("10.0.0.7 - - [12/Mar/2024:\(clock.count == 7 ? "0" : "")\(clock) +0000] ")
    }
    lines.sort()
    let log = lines.map { $0 + "\"GET / HTTP/1.1\" 200 1 \"-\" \"a\"\n" }
    var context = ReadingContext()
    context.window.since = Instant(year: 2024, month: 3, day: 12, hour: 10, minute: 30)
    for (text, isInOrder) in [(log, true), (Array(log.reversed()), false)] {
      let file = File(Array(text.joined().utf8), step: .max)
      let whole = readPage(text.joined(), with: AccessLogReader.self, context: context)
      for threads in [1, 3] {
        context.threads = threads
        let reading = RangeReading<AccessLogReader>(
          context: context, layout: RangeLayout(unit: 50_000))
        file.rewind()
        var (reader, totals) = reading.read(file)
        var page = Page(kind: .nginxAccessLog)
        reader.finish(into: &page)
        #expect(page.number("nginx.access.requests") == whole.number("nginx.access.requests"))
        #expect(page.coverage == whole.coverage)
        #expect((totals.start > 0) == isInOrder)
        #expect(isInOrder ? totals.bytes < file.size : totals.bytes == file.size)
      }
    }
  }
}
