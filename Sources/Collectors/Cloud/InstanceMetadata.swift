import Model

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What EC2 tells an instance of itself: who it is, what is scheduled for it, whether a spot instance
/// is about to be taken away. Version 2 of the service (a token first); the token is kept nowhere.
struct InstanceMetadata {
  /// To learn that this is no instance; a real service answers within milliseconds.
  static let patience = 0.3

  private let host: String
  private let port: Int
  private let deadline: Deadline

  /// `AWS_EC2_METADATA_SERVICE_ENDPOINT` and `AWS_EC2_METADATA_DISABLED` mean here what they mean to
  /// the AWS command line; nil where it is disabled or the endpoint is none.
  init?(environment: (String) -> String?, deadline: Deadline) {
    guard environment("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else { return nil }
    var rest = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT")?[...] ?? ""
    if rest.isEmpty { rest = "http://169.254.169.254" }
    guard rest.hasPrefix("http://") else { return nil }
    rest = rest.dropFirst(7).prefix { $0 != "/" }
    var port = 80
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      let after = rest[rest.index(after: end)...]
      if after.hasPrefix(":") { port = Int(after.dropFirst()) ?? 0 }
      rest = rest[..<end].dropFirst()
    } else if let colon = rest.lastIndex(of: ":") {
      port = Int(rest[rest.index(after: colon)...]) ?? 0
      rest = rest[..<colon]
    }
    guard (1...65_535).contains(port), !rest.isEmpty else { return nil }
    (host, self.port, self.deadline) = (String(rest), port, deadline)
  }

  /// Nil where this is no instance.
  func collect(_ findings: Findings) {
    let first = deadline.orAfter(InstanceMetadata.patience)
    let token: String
    switch ask(
      "PUT /latest/api/token", header: "X-aws-ec2-metadata-token-ttl-seconds: 60", by: first)
    {
    case .success(let answer) where InstanceMetadata.isToken(answer): token = answer
    case .success:
      findings.add(
        CollectionGap("EC2 instance metadata", .absent, "what answers gives no token"))
      return
    case .failure(let why):
      findings.add(CollectionGap("EC2 instance metadata", .absent, why.words))
      return
    }
    func get(_ path: String) -> String? {
      let header = "X-aws-ec2-metadata-token: \(token)"
      let limit = deadline.orAfter(InstanceMetadata.patience)
      guard
        case .success(let text) = ask("GET /latest/meta-data/\(path)", header: header, by: limit)
      else { return nil }
      return text
    }
    guard let id = get("instance-id"), InstanceMetadata.isInstanceID(id) else {
      findings.add(
        CollectionGap("EC2 instance metadata", .fault, "a token was given, but no instance id"))
      return
    }
    let type = get("instance-type").flatMap { InstanceMetadata.isWord($0) ? $0 : nil }
    let typeLine = type.map { ",\n  \"InstanceType\": \"\($0)\"" } ?? ""
    findings.add(
      CollectedFile(
        "ec2/instance.json", from: "instance metadata",
        text: "{\n  \"InstanceId\": \"\(id)\"\(typeLine)\n}\n"))
    // Not found: nothing is scheduled, or it is no spot instance.
    guard let scheduled = get("events/maintenance/scheduled") else { return }
    let events = ScheduledEventText.events(scheduled) + spotEvents(get("spot/instance-action"))
    let list = events.map { "        \($0)" }.joined(separator: ",\n")
    findings.add(
      CollectedFile(
        "ec2/instance-status.json", from: "instance metadata",
        text: """
          {
            "InstanceStatuses": [
              {
                "InstanceId": "\(id)",
                "Events": [\(events.isEmpty ? "" : "\n\(list)\n      ")]
              }
            ]
          }

          """))
  }

  /// `{"action": "stop", "time": "2026-11-21T08:22:00Z"}`
  private func spotEvents(_ text: String?) -> [String] {
    guard let text, let action = ScheduledEventText.field("action", in: text[...]),
      let time = ScheduledEventText.field("time", in: text[...]),
      InstanceMetadata.isWord(action), InstanceMetadata.isWord(time)
    else { return [] }
    return [
      "{ \"Code\": \"instance-stop\", \"Description\": \"spot instance: \(action)\", "
        + "\"NotBefore\": \"\(time)\" }"
    ]
  }

  static func isInstanceID(_ text: String) -> Bool {
    let digits = text.dropFirst(2)
    return text.hasPrefix("i-") && (digits.count == 8 || digits.count == 17)
      && digits.allSatisfy { $0.isHexDigit && $0.isASCII }
  }

  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count < 512
      && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") }
  }

  /// Fit to stand in JSON as it is.
  static func isWord(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count < 64
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._:+".contains($0)) }
  }

  // MARK: HTTP

  private struct Trouble: Error { let words: String }

  /// Sends one request and gives the body of a 200; at most 64 KiB are read, however long it goes on.
  private func ask(_ request: String, header: String, by deadline: Deadline) -> Result<
    String, Trouble
  > {
    let notHere = Trouble(
      words: "nothing answered at \(host) in time: this is no EC2 instance, or it is kept from its "
        + "metadata (HttpEndpoint, a firewall, a container more than HttpPutResponseHopLimit away)")
    guard let addresses = HostLookup.addresses(of: host, port: port, by: deadline),
      let address = addresses.first
    else { return .failure(notHere) }
    let socket: Int32
    do throws(ConnectionFault) {
      socket = try open(address, by: deadline)
    } catch { return .failure(notHere) }
    defer { close(socket) }
    let text = "\(request) HTTP/1.1\r\nHost: \(host)\r\n\(header)\r\nConnection: close\r\n"
    let bytes = Array("\(text)Content-Length: 0\r\n\r\n".utf8)
    guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      return .failure(notHere)
    }
    var answer: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while answer.count < 64 << 10, deadline.wait(for: Int32(POLLIN), on: socket) {
      let count = recv(socket, &part, part.count, 0)
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { return InstanceMetadata.body(answer) }
      answer += part[..<count]
      if case .success(let body) = InstanceMetadata.body(answer, needsLength: true) {
        return .success(body)
      }
    }
    return .failure(notHere)
  }

  private static func body(_ answer: [UInt8], needsLength: Bool = false) -> Result<String, Trouble>
  {
    let text = String(decoding: answer, as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else {
      return .failure(Trouble(words: "no HTTP"))
    }
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    guard let status = lines.first?.split(separator: " ").dropFirst().first, status == "200" else {
      return .failure(Trouble(words: "the service refuses: \(shown(String(lines.first ?? "")))"))
    }
    let body = text[end.upperBound...]
    let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst(15).filter { !$0.isWhitespace }) }
    guard let length else {
      return needsLength ? .failure(Trouble(words: "not yet")) : .success(String(body))
    }
    return body.utf8.count >= length
      ? .success(String(body)) : .failure(Trouble(words: "the answer ends early"))
  }
}

/// The scheduled events as the metadata service words them, turned into the API's form:
/// `"NotBefore": "21 Jan 2019 09:00:43 GMT"` becomes RFC 3339.
enum ScheduledEventText {
  static func events(_ text: String) -> [String] {
    var events: [String] = []
    for record in text.split(separator: "}").prefix(100) {
      guard let code = field("Code", in: record), InstanceMetadata.isWord(code) else { continue }
      var fields = ["\"Code\": \"\(code)\""]
      if let id = field("EventId", in: record), InstanceMetadata.isWord(id) {
        fields.append("\"InstanceEventId\": \"\(id)\"")
      }
      // A finished event stays on the list for a week.
      let state = field("State", in: record).map { $0.lowercased() }
      let mark = state == "completed" ? "[Completed] " : state == "canceled" ? "[Canceled] " : ""
      let words = (field("Description", in: record) ?? "").prefix(200).filter {
        $0.isASCII && $0 != "\"" && $0 != "\\" && !$0.isNewline
      }
      let hasMark = words.hasPrefix("[")
      fields.append("\"Description\": \"\(hasMark ? "" : mark)\(words)\"")
      for name in ["NotBefore", "NotAfter", "NotBeforeDeadline"] {
        if let time = field(name, in: record).flatMap(rfc3339) {
          fields.append("\"\(name)\": \"\(time)\"")
        }
      }
      events.append("{ " + fields.joined(separator: ", ") + " }")
    }
    return events
  }

  /// The string that a name stands before.
  static func field(_ name: String, in record: Substring) -> String? {
    guard let found = record.firstRange(of: "\"\(name)\"") else { return nil }
    let rest = record[found.upperBound...].drop { $0.isWhitespace || $0 == ":" }
    guard rest.first == "\"" else { return nil }
    return String(rest.dropFirst().prefix { $0 != "\"" })
  }

  static func rfc3339(_ text: String) -> String? {
    let words = text.split(separator: " ")
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    guard words.count == 5, words[4] == "GMT" || words[4] == "UTC", let day = Int(words[0]),
      (1...31).contains(day), let month = months.firstIndex(of: String(words[1])),
      let year = Int(words[2]), (2000...9999).contains(year), words[3].count == 8,
      words[3].allSatisfy({ $0.isNumber || $0 == ":" })
    else { return InstanceMetadata.isWord(text) ? text : nil }
    let digits = (month < 9 ? "0" : "") + "\(month + 1)-" + (day < 10 ? "0" : "") + "\(day)"
    return "\(year)-\(digits)T\(words[3])Z"
  }
}
