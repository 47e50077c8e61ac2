/// A `log_format` made into steps: skip these bytes, take this variable up to those bytes.
///
/// ```
/// $remote_addr [$time_local] "$request" $status $request_time "$upstream_response_time"
/// $msec|$request_method|$request_uri|$status
/// ```
struct AccessPlan: Sendable {
  enum Field: UInt8, Sendable {
    case other, time, request, method, path, status, agent, requestTime, upstream, client, host
  }

  private struct Step: Sendable {
    /// The bytes before the variable, in `literals`.
    var start = 0
    var end = 0
    var field = Field.other
  }

  private var literals: [UInt8] = []
  private var steps: [Step] = []
  private var tail = Step()
  /// Names what the plan finds: a format that says more of a line is preferred.
  let fields: Set<Field>

  /// Nil where lines of this format cannot be told: no time, no status, or no request.
  init?(format: String) {
    var fields: Set<Field> = []
    let hasAddress = format.contains("$remote_addr") || format.contains("${remote_addr}")
    for piece in AccessPlan.pieces(of: format) {
      var step = Step(start: literals.count)
      literals += Array(piece.literal.utf8)
      step.end = literals.count
      guard let variable = piece.variable else {
        tail = step
        break
      }
      step.field = AccessPlan.field(of: variable, hasAddress: hasAddress)
      fields.insert(step.field)
      steps.append(step)
    }
    self.fields = fields
    guard fields.contains(.time), fields.contains(.status), steps.count < 100,
      fields.contains(.request) || fields.contains(.path)
    else { return nil }
  }

  /// Splits at variables; the last piece has none.
  static func pieces(of format: String) -> [(literal: String, variable: String?)] {
    var result: [(literal: String, variable: String?)] = []
    var literal = ""
    var rest = format[...]
    while let character = rest.first {
      guard character == "$" else {
        literal.append(character)
        rest.removeFirst()
        continue
      }
      rest.removeFirst()
      let isBraced = rest.first == "{"
      if isBraced { rest.removeFirst() }
      let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      rest = rest.dropFirst(name.count)
      if isBraced, rest.first == "}" { rest.removeFirst() }
      result.append((literal, String(name)))
      literal = ""
    }
    result.append((literal, nil))
    return result
  }

  static func field(of variable: String, hasAddress: Bool) -> Field {
    switch variable {
    case "time_local", "time_iso8601", "msec": .time
    case "request": .request
    case "request_method": .method
    case "uri", "request_uri", "document_uri": .path
    case "status": .status
    case "http_user_agent": .agent
    case "request_time": .requestTime
    case "remote_addr": .client
    case "realip_remote_addr", "http_x_forwarded_for", "proxy_add_x_forwarded_for",
      "http_x_real_ip":
      hasAddress ? .other : .client
    case "host", "http_host", "server_name": .host
    default: variable.hasPrefix("upstream_") ? .upstream : .other
    }
  }

  /// A line that breaks off after time and status is read as far as it goes.
  func parse<Quotes: QuoteFinder>(
    _ line: RawLine, _ quotes: inout Quotes, _ stamps: inout StampReader,
    into result: inout AccessLine
  ) -> Bool {
    var index = 0
    let end = line.count
    for number in 0..<steps.count {
      let step = steps[number]
      guard holds(line, step, at: index) else { return result.isComplete }
      index &+= step.end &- step.start
      let isLast = number &+ 1 == steps.count
      let next = isLast ? tail : steps[number &+ 1]
      let stop =
        next.end > next.start
        ? find(line, &quotes, next, from: index, to: end, isList: step.field == .upstream)
        // Between two variables with nothing between them a blank is the best guess.
        : (isLast ? end : line.find(UInt8(ascii: " "), from: index, to: end))
      let value = Place(start: index, end: stop)
      switch step.field {
      case .time:
        guard let second = stamps.any(line, value) else { return false }
        result.second = second
      case .request: result.setRequest(line, value)
      case .method: result.method = value
      case .path: result.setPath(line, value)
      case .status: guard result.setStatus(line, value) else { return false }
      case .agent: result.agent = value
      case .requestTime: result.requestTime = line.microseconds(value) ?? -1
      case .client: result.setClient(line, value)
      case .host: result.host = value
      case .other, .upstream: break
      }
      index = stop
    }
    return result.isComplete
  }

  @inline(__always)
  private func holds(_ line: RawLine, _ step: Step, at index: Int) -> Bool {
    guard step.end &- step.start <= line.count &- index else { return false }
    for offset in 0..<(step.end &- step.start)
    where line[index &+ offset] != literals[step.start &+ offset] {
      return false
    }
    return true
  }

  /// Where the next literal begins. Upstream variables list one value an attempt (`0.1, 0.2`,
  /// `0.1 : 0.2`): a blank after a comma or beside a colon does not end them.
  private func find<Quotes: QuoteFinder>(
    _ line: RawLine, _ quotes: inout Quotes, _ step: Step, from start: Int, to end: Int,
    isList: Bool
  ) -> Int {
    let first = literals[step.start]
    var index = start
    while true {
      index =
        first == UInt8(ascii: "\"")
        ? quotes.closingQuote(from: index, to: end) : line.find(first, from: index, to: end)
      guard index < end else { return end }
      let isInList =
        isList && first == UInt8(ascii: " ")
        && ((index > start && line[index &- 1] == UInt8(ascii: ","))
          || (index > start &+ 1 && line[index &- 1] == UInt8(ascii: ":")
            && line[index &- 2] == UInt8(ascii: " "))
          || line.holds(" : ", at: index))
      if !isInList, holds(line, step, at: index) { return index }
      index &+= 1
    }
  }
}
