import Model

/// One stream in which several programs speak in turn: the services of a compose file, the containers
/// that `kubectl logs --prefix` or stern follow, nginx with both its logs on a container's output. Each
/// speaker goes to a reader of its own, which cites the lines of the whole.
///
/// ```
/// web-1    | [2024-10-02 12:10:31 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:7)
/// cache-1  | 1:M 02 Oct 2024 12:10:00.100 # Can't save in background: fork: Cannot allocate memory
/// ```
///
/// In a whole system's journal or syslog the services that have logs of their own are speakers, and all
/// others together are one more.
struct MixedStream {
  private static let laneLimit = 24
  /// What a reader is chosen by.
  private static let heldLines = 60
  private static let heldBytes = 24_576

  /// What one speaker said; a class, since its parts are written side by side.
  private final class Lane {
    let service: [UInt8]
    let isNginxError: Bool
    var held: [(number: Int, bytes: [UInt8])] = []
    var heldBytes = 0
    var isDecided = false
    var reader: (any StreamReader)?
    var page: Page?

    init(service: [UInt8], isNginxError: Bool) {
      self.service = service
      self.isNginxError = isNginxError
    }
  }

  private let readers: ReaderSet
  private let context: ReadingContext
  private var lanes: [Lane] = []
  private var last: Lane?

  init(readers: ReaderSet, context: ReadingContext) {
    self.readers = ReaderSet(documents: [], streams: readers.streams)
    self.context = context
  }

  /// True where most lines name their service and there are several.
  static func suits(_ sample: Sample) -> Bool {
    if isOfWholeSystem(sample) { return true }
    // Most evidence names none at all, and its first lines show that.
    guard sample.lines.prefix(8).contains(where: { $0.contains("|") || $0.hasPrefix("[pod/") })
    else { return false }
    var services: Set<[UInt8]> = []
    var named = 0
    var filled = 0
    for line in sample.lines where !RedisText.isBlank(line) {
      filled += 1
      let bytes = Array(line.utf8)
      guard let name = service(in: bytes.span) else { continue }
      named += 1
      services.insert(Array(bytes[name]))
    }
    return services.count > 1 && named * 3 >= filled * 2
  }

  /// True where two such services speak in a journal, or one and the kernel.
  private static func isOfWholeSystem(_ sample: Sample) -> Bool {
    var speakers: Set<[UInt8]> = []
    var named = 0
    var filled = 0
    for line in sample.lines where !RedisText.isBlank(line) {
      filled += 1
      let bytes = Array(line.utf8)
      let prefix = LogPrefix(bytes.span, offset: 0)
      if let tag = prefix.tag, prefix.host != nil {
        named += 1
        if prefix.isKernel {
          speakers.insert([])
        } else if isLogged(bytes[tag]) {
          speakers.insert(Array(bytes[tag]))
        }
      }
      // Most evidence is no such log, and its first lines show that.
      if filled == 8, named < 4 { return false }
    }
    return speakers.count > 1 && named * 3 >= filled * 2
  }

  /// Programs whose logs have readers of their own, by the names that they go by in a journal.
  private static func isLogged(_ program: ArraySlice<UInt8>) -> Bool {
    guard program.count < 64 else { return false }
    let name = String(decoding: program, as: UTF8.self).lowercased()
    return ["gunicorn", "redis", "valkey", "keydb", "nginx"].contains { name.contains($0) }
  }

  /// Where such a program's name stands in a line of a journal.
  private static func program(in line: Span<UInt8>) -> Range<Int>? {
    let prefix = LogPrefix(line, offset: 0)
    guard let tag = prefix.tag, prefix.host != nil, !prefix.isKernel,
      isLogged(tag.map { line[$0] }[...])
    else { return nil }
    return tag
  }

  /// Where the name of the service stands: `name  | `, also coloured, or `[pod/name/container] `.
  private static func service(in line: Span<UInt8>) -> Range<Int>? {
    var start = 0
    if line.count > 2, line[0] == 0x1b, line[1] == UInt8(ascii: "["),
      let end = line.firstIndex(of: UInt8(ascii: "m")), end < 12
    {
      start = end + 1
    }
    if line.holds("[pod/", at: start), let end = line.firstIndex(of: "] ", from: start), end < 160 {
      return start + 1..<end
    }
    var end = start
    while end < line.count, end - start < 64, isNameByte(line[end]) { end += 1 }
    var bar = end
    while bar < line.count, line[bar] == 32 { bar += 1 }
    guard end > start, bar > end, bar < line.count, line[bar] == UInt8(ascii: "|"),
      bar + 1 == line.count || line[bar + 1] == 32 || line[bar + 1] == 0x1b
    else { return nil }
    return start..<end
  }

  /// True where a line of an access log's form this is not, but may be another speaker's.
  static func maySpeak(in line: Span<UInt8>) -> Bool {
    NginxErrorLine(line) != nil || service(in: line) != nil || program(in: line) != nil
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    default: false
    }
  }

  mutating func read(block: Span<UInt8>, firstLine: Int) -> Int {
    var number = firstLine
    var start = 0
    while start < block.count {
      let end = block.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? block.count
      var stop = end
      if stop > start, block[stop - 1] == UInt8(ascii: "\r") { stop -= 1 }
      if stop > start { read(line: block.extracting(start..<stop), number: number) }
      number += 1
      start = end + 1
    }
    return number - firstLine
  }

  private mutating func read(line: Span<UInt8>, number: Int) {
    guard let lane = lane(of: line) else { return }
    if lane.isDecided {
      guard lane.page != nil else { return }
      give(line, number, to: lane)
      return
    }
    lane.held.append((number, (0..<min(line.count, 4096)).map { line[$0] }))
    lane.heldBytes += line.count
    if lane.held.count >= Self.heldLines || lane.heldBytes >= Self.heldBytes { decide(lane) }
  }

  private mutating func lane(of line: Span<UInt8>) -> Lane? {
    let name = MixedStream.service(in: line) ?? MixedStream.program(in: line) ?? 0..<0
    let isError = NginxErrorLine(line) != nil
    func names(_ lane: Lane) -> Bool {
      guard lane.isNginxError == isError, lane.service.count == name.count else { return false }
      for (offset, byte) in lane.service.enumerated()
      where line[name.lowerBound + offset] != byte { return false }
      return true
    }
    if let last, names(last) { return last }
    if let known = lanes.first(where: { names($0) }) {
      last = known
      return known
    }
    guard lanes.count < Self.laneLimit else { return nil }
    let lane = Lane(service: name.map { line[$0] }, isNginxError: isError)
    lanes.append(lane)
    last = lane
    return lane
  }

  private func give(_ line: Span<UInt8>, _ number: Int, to lane: Lane) {
    guard var page = lane.page.take() else { return }
    lane.reader?.read(line: line, number: number, into: &page)
    lane.page = page
  }

  private func decide(_ lane: Lane) {
    lane.isDecided = true
    let held = lane.held
    lane.held = []
    let sample = Sample(name: "stream", head: Array(held.map(\.bytes).joined(separator: [10])))
    guard case .stream(let type)? = readers.surest(of: sample)?.choice else { return }
    lane.reader = type.init(context: context)
    lane.page = Page(kind: type.kind)
    for (number, bytes) in held { give(bytes.span, number, to: lane) }
  }

  /// The pages of the speakers that some reader knows, in the order in which they first spoke.
  mutating func finish() -> [Page] {
    for lane in lanes where !lane.isDecided { decide(lane) }
    for lane in lanes {
      guard var page = lane.page.take() else { continue }
      lane.reader?.finish(into: &page)
      // Two services of a kind are two subjects, though neither says who it is.
      let isOne = lanes.count { $0.page?.kind == page.kind || $0 === lane } == 1
      if !isOne, !lane.service.isEmpty {
        let name = String(decoding: lane.service, as: UTF8.self)
        for index in page.subjects.indices where page.subjects[index].kind != .host {
          page.identify(index, .serviceName(name))
        }
      }
      lane.page = page
    }
    return lanes.compactMap(\.page)
  }
}
