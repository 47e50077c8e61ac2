import Model

/// What all answers of redis-cli share: numbers, addresses, capture lines.
enum RedisText {
  /// The number that the text begins with: `15679   # comment` is 15679, `89.99%` is 89.99. Nil for
  /// what is no number, and for an unsigned underflow (2^63 and more), which Redis prints when a
  /// difference of two counters went below zero.
  static func number(_ text: some StringProtocol) -> Double? {
    let digits = text.utf8.prefix {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
        || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "e")
    }
    guard !digits.isEmpty, digits.count <= 32,
      let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite,
      abs(number) < 0x1p63
    else { return nil }
    return number
  }

  /// A whole text that is a decimal integer.
  static func integer(_ text: some StringProtocol) -> Int? {
    text.utf8.count <= 18 ? Int(text) : nil
  }

  static func trimmed(_ text: String) -> Substring { trimmed(text[...]) }

  static func trimmed(_ text: Substring) -> Substring {
    text.trimmed { $0.isWhitespace || $0 == "\u{FEFF}" || $0 == "\0" }
  }

  static func isBlank(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { $0 <= 32 }
  }

  /// Host and port of `10.0.3.7:6379`, `[fe80::1]:6379` or, of old versions, `::1:6379`.
  static func hostAndPort(_ address: some StringProtocol) -> (host: String, port: Int)? {
    guard let colon = address.lastIndex(of: ":"),
      let port = integer(address[address.index(after: colon)...]), (0...65_535).contains(port)
    else { return nil }
    var host = address[..<colon]
    if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
    return host.isEmpty ? nil : (String(host), port)
  }

  /// An IP address that names one machine wherever it is read: no loopback, no wildcard.
  static func isRoutable(_ host: some StringProtocol) -> Bool {
    if host.contains(":") {
      return host != "::1" && host != "::" && host.contains { $0.isHexDigit }
        && host.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." || $0 == "%" }
    }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { part in integer(part).map { $0 < 256 } ?? false }
      && parts[0] != "127" && host != "0.0.0.0"
  }

  /// What an address tells of a server's identity.
  static func keys(host: (some StringProtocol)?, port: Int) -> [IdentityKey] {
    guard port > 0, port < 65_536 else { return [] }
    guard let host, isRoutable(host) else { return [.port(port)] }
    return [.port(port), .address("\(host):\(port)")]
  }

  /// The time of a line that does nothing but state when the capture was made:
  /// `# captured 2026-11-21T01:31:18Z`, `captured at ...`, `# date: ...`, a bare ISO stamp, or what
  /// `date -u` prints.
  static func captureTime(_ line: String, offset: Int = 0) -> Instant? {
    guard line.utf8.count <= 96 else { return nil }
    if let time = dateOutput(line) { return time }
    let bytes = Array(line.utf8)
    guard let start = bytes.firstIndex(where: { (48...57).contains($0) }), start <= 48,
      let stamp = parseISO8601(in: bytes.span, from: start, offset: offset),
      // Words before the stamp, nothing but brackets after it.
      bytes[..<start].allSatisfy({ $0 != UInt8(ascii: "_") && $0 < 128 }),
      bytes[stamp.end...].allSatisfy({ " \t\r)]}\"'`-=#*".utf8.contains($0) })
    else { return nil }
    return stamp.instant
  }

  /// `Sat Nov 21 01:43:53 AM UTC 2026`, `Tue Mar  5 02:12:41 UTC 2024`.
  private static func dateOutput(_ line: String) -> Instant? {
    var words = line.split { $0 == " " || $0 == "\t" || $0 == "#" }
    guard words.count >= 6, words.count <= 9, words.contains("UTC") || words.contains("GMT")
    else { return nil }
    words.removeAll { $0 == "UTC" || $0 == "GMT" }
    let isAfternoon = words.contains("PM")
    let isTwelveHours = isAfternoon || words.contains("AM")
    words.removeAll { $0 == "PM" || $0 == "AM" }
    guard words.count >= 4,
      let clock = words.firstIndex(where: { $0.contains(":") && $0.count == 8 }),
      clock >= 2, let year = words.last.flatMap({ integer($0) }),
      let day = integer(words[clock - 1]), let month = monthNumber(words[clock - 2])
    else { return nil }
    let parts = words[clock].split(separator: ":").compactMap { integer($0) }
    guard parts.count == 3 else { return nil }
    var hour = parts[0]
    if isTwelveHours { hour = hour % 12 + (isAfternoon ? 12 : 0) }
    return Instant(
      year: year, month: month, day: day, hour: hour, minute: parts[1], second: parts[2])
  }

  static func monthNumber(_ name: some StringProtocol) -> Int? {
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
      .firstIndex { $0 == name }.map { $0 + 1 }
  }
}
