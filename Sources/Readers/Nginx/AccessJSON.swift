/// Reads lines that are JSON objects, as `log_format`s write them, without decoding them: the
/// places of the strings after the keys that matter.
///
/// ```
/// {"@timestamp":"2024-12-03T00:00:00+00:00","remote_addr":"","request":"GET / HTTP/1.1",
///  "status": "302","responsetime": 0.004,"http_user_agent":"Go-http-client/1.1"}
/// ```
///
/// Keys may stand in any order and at any depth, numbers may be strings, and `\xHH` (nginx's own
/// escape, not legal JSON) may stand in strings. Of several keys for one field the first with a
/// value that fits counts.
struct AccessJSON: Sendable {
  enum Field: UInt8, Sendable {
    case none, time, request, method, path, status, agent, requestTime, client, otherClient, host
  }

  private struct Key: Sendable {
    var length = -1
    var head: UInt64 = 0
    var tail: UInt64 = 0
    var field = Field.none
  }

  private var known: [Key] = []
  /// The keys of the last line by their place in it: most lines have the same.
  private var predicted: [Key]

  private static let names: [(Field, [String])] = [
    (
      .time,
      [
        "@timestamp", "time_local", "time_iso8601", "timestamp", "time", "msec", "ts", "date",
        "datetime", "@time", "request_at", "time_utc", "event_time",
      ]
    ),
    (.request, ["request", "request_line", "requestline", "req", "http_request"]),
    (.method, ["request_method", "method", "http_method", "verb"]),
    (.path, ["request_uri", "uri", "path", "url", "request_path", "document_uri"]),
    (
      .status,
      [
        "status", "status_code", "statuscode", "response_code", "http_status", "response", "code",
        "st",
      ]
    ),
    (
      .agent,
      ["http_user_agent", "user_agent", "agent", "useragent", "ua", "userAgent", "http_agent"]
    ),
    (
      .requestTime,
      [
        "request_time", "responsetime", "response_time", "requesttime", "duration",
        "request_duration", "rt", "reqtime", "req_time",
        "elapsed", "latency", "time_taken",
      ]
    ),
    (
      .client,
      [
        "remote_addr", "clientip", "client_ip", "remote_ip", "client", "ip", "remoteAddr", "addr",
        "client_addr", "remote", "remote_host", "src_ip", "source_ip",
      ]
    ),
    (.otherClient, ["http_x_forwarded_for", "x_forwarded_for", "xff", "realip_remote_addr"]),
    (.host, ["host", "http_host", "server_name", "vhost", "domain"]),
  ]

  /// Two forms of lines. What is walked becomes the other one. Where that fits twice in a row the
  /// two change places: the more frequent form is tried first.
  private(set) var template = AccessTemplate()
  private(set) var otherTemplate = AccessTemplate()
  /// The first one fitted since the other one did.
  private var hasFitted = false

  init() {
    predicted = Array(repeating: Key(), count: 64)
    for (field, names) in AccessJSON.names {
      for name in names { add(name, field) }
    }
  }

  /// Learns the key names of a `log_format` that writes JSON.
  mutating func learn(format: String) {
    let hasAddress = format.contains("$remote_addr")
    for piece in AccessPlan.pieces(of: format) {
      guard let variable = piece.variable else { continue }
      // `..., "key": "` stands before the variable.
      let parts = piece.literal.split(separator: "\"", omittingEmptySubsequences: false)
      guard let colon = parts.lastIndex(where: { $0.contains(":") }), colon >= 1 else { continue }
      let field: Field =
        switch AccessPlan.field(of: variable, hasAddress: hasAddress) {
        case .other, .upstream: .none
        case .time: .time
        case .request: .request
        case .method: .method
        case .path: .path
        case .status: .status
        case .agent: .agent
        case .requestTime: .requestTime
        case .client: .client
        case .host: .host
        }
      add(String(parts[colon - 1]), field)
    }
  }

  private mutating func add(_ name: String, _ field: Field) {
    let bytes = Array(name.utf8)
    guard !bytes.isEmpty, bytes.count <= 64 else { return }
    let key = bytes.span.withRawLine { line in
      let place = Place(start: 0, end: line.count)
      return Key(
        length: line.count, head: line.head(place), tail: AccessJSON.tail(line, place),
        field: field)
    }
    // What a format says of a key outweighs what the key's name suggests.
    known.removeAll { $0.length == key.length && $0.head == key.head && $0.tail == key.tail }
    known.append(key)
  }

  @inline(__always)
  private static func tail(_ line: RawLine, _ place: Place) -> UInt64 {
    place.count >= 8 ? line.word(at: place.end &- 8) : 0
  }

  @inline(__always)
  mutating func parse<Quotes: QuoteFinder>(
    _ line: RawLine, _ quotes: inout Quotes, _ stamps: inout StampReader,
    into result: inout AccessLine
  ) -> Bool {
    guard let marked = quotes.marked, template.fits(line, marked) else {
      return parseOther(line, &quotes, &stamps, into: &result)
    }
    hasFitted = true
    setAll(template, line, &stamps, &result)
    return result.isComplete && result.hasRequest
  }

  /// Sets what a template found.
  @inline(__always)
  private func setAll(
    _ template: AccessTemplate, _ line: RawLine, _ stamps: inout StampReader,
    _ result: inout AccessLine
  ) {
    for value in template.found { set(value.field, line, value.place, &stamps, &result) }
  }

  /// Reads a line that the template does not fit.
  @inline(never)
  private mutating func parseOther<Quotes: QuoteFinder>(
    _ line: RawLine, _ quotes: inout Quotes, _ stamps: inout StampReader,
    into result: inout AccessLine
  ) -> Bool {
    guard let marked = quotes.marked, otherTemplate.fits(line, marked) else {
      return walk(line, &quotes, &stamps, into: &result)
    }
    setAll(otherTemplate, line, &stamps, &result)
    if !hasFitted { swap(&template, &otherTemplate) }
    hasFitted = false
    return result.isComplete && result.hasRequest
  }

  /// Goes from key to key. Learns a template on its way, if it can be of use.
  private mutating func walk<Quotes: QuoteFinder>(
    _ line: RawLine, _ quotes: inout Quotes, _ stamps: inout StampReader,
    into result: inout AccessLine
  ) -> Bool {
    let learns = quotes.marked != nil && AccessTemplate.mayFit(line)
    let end = line.count
    var index = line.find(UInt8(ascii: "{"), from: 0, to: end)
    var slot = 0
    var learnt = 0
    if learns { otherTemplate.begin() }
    while true {
      let open = quotes.quote(from: index, to: end)
      guard open < end else { break }
      let close = quotes.closingQuote(from: open &+ 1, to: end)
      guard close < end else { break }
      index = skipBlanks(line, close &+ 1, end)
      guard index < end, line[index] == UInt8(ascii: ":") else { continue }
      let field = fieldOf(line, Place(start: open &+ 1, end: close), slot: slot)
      slot &+= 1
      index = skipBlanks(line, index &+ 1, end)
      guard index < end else { break }
      switch line[index] {
      case UInt8(ascii: "\""):
        let stop = quotes.closingQuote(from: index &+ 1, to: end)
        if field != .none {
          set(field, line, Place(start: index &+ 1, end: stop), &stamps, &result)
        }
        if learns {
          otherTemplate.learn(line, from: learnt, to: index &+ 1, field, isString: true)
        }
        learnt = stop
        index = Swift.min(stop &+ 1, end)
      case UInt8(ascii: "{"), UInt8(ascii: "["): index &+= 1
      default:
        let start = index
        index = line.scalarEnd(from: start, to: end)
        if field != .none { set(field, line, Place(start: start, end: index), &stamps, &result) }
        if learns {
          otherTemplate.learn(line, from: learnt, to: start, field, isString: false)
        }
        learnt = index
      }
    }
    if learns { otherTemplate.end(line, from: learnt) }
    return result.isComplete && result.hasRequest
  }

  @inline(__always)
  private func skipBlanks(_ line: RawLine, _ start: Int, _ end: Int) -> Int {
    var index = start
    while index < end, line[index] == UInt8(ascii: " ") || line[index] == UInt8(ascii: "\t") {
      index &+= 1
    }
    return index
  }

  @inline(__always)
  private mutating func fieldOf(_ line: RawLine, _ place: Place, slot: Int) -> Field {
    let head = line.head(place)
    let tail = AccessJSON.tail(line, place)
    if slot < 64 {
      let guess = predicted[slot]
      if guess.length == place.count, guess.head == head, guess.tail == tail { return guess.field }
    }
    // Names of up to 16 bytes are compared in full; longer known ones would need to agree at both
    // ends with a stranger of the same length.
    var found = Key(length: place.count, head: head, tail: tail, field: .none)
    for key in known where key.length == found.length && key.head == head && key.tail == tail {
      found.field = key.field
    }
    if slot < 64 { predicted[slot] = found }
    return found.field
  }

  @inline(__always)
  private func set(
    _ field: Field, _ line: RawLine, _ value: Place, _ stamps: inout StampReader,
    _ result: inout AccessLine
  ) {
    guard !value.isEmpty else { return }
    switch field {
    case .none: break
    case .time:
      if result.second < 0, let second = stamps.any(line, value) { result.second = second }
    case .request:
      if result.method.isEmpty { result.setRequest(line, value) }
    case .method: if result.method.isEmpty, value.count <= 16 { result.method = value }
    case .path: if result.path.isEmpty { result.setPath(line, value) }
    case .status: if result.status < 0 { _ = result.setStatus(line, value) }
    case .agent: if result.agent.isEmpty { result.agent = value }
    case .requestTime:
      if result.requestTime < 0 { result.requestTime = line.microseconds(value) ?? -1 }
    case .client: if result.client.isEmpty { result.setClient(line, value) }
    case .otherClient: if result.client.isEmpty { result.setClient(line, value) }
    case .host: if result.host.isEmpty { result.host = value }
    }
  }
}

/// The value of a JSON string as far as names need it: `\/`, `\"`, `\\` and `\xHH` of printable
/// characters; other escapes stay as written.
func unescapedName(_ text: String) -> String {
  guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
  var result: [UInt8] = []
  let bytes = Array(text.utf8)
  var index = 0
  while index < bytes.count {
    if bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count {
      let next = bytes[index + 1]
      if next == UInt8(ascii: "/") || next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") {
        result.append(next)
        index += 2
        continue
      }
      if next == UInt8(ascii: "x"), index + 3 < bytes.count,
        let code = UInt8(String(decoding: bytes[index + 2...index + 3], as: UTF8.self), radix: 16),
        code >= 0x20, code < 0x7F
      {
        result.append(code)
        index += 4
        continue
      }
    }
    result.append(bytes[index])
    index += 1
  }
  return String(decoding: result, as: UTF8.self)
}
