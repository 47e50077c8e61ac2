import Model

/// What an nginx says that does not start, or does not take its configuration: in its error log, on the
/// terminal (`nginx -t`, a container's log) and in the journal. Only its last word counts: one that went on
/// to serve has been mended.
///
/// ```
/// 2024/05/14 10:21:03 [emerg] 1801#1801: host not found in upstream "app:8000" in /etc/nginx/conf.d/a.conf:5
/// nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)
/// May 14 10:21:00 web1 nginx[1833]: nginx: [emerg] still could not bind()
/// ```
struct NginxEmergency {
  private var last: (text: String, origin: Origin, time: Instant?)?

  var isKnown: Bool { last != nil }

  /// `message` is where its words begin.
  mutating func add(_ line: Span<UInt8>, from message: Int, number: Int, time: Instant?) {
    let words = line.text(min(message, line.count)..<min(line.count, message + 400)).bare
    // What OpenSSL adds says the same again.
    let text = words.split(separator: " (SSL:", maxSplits: 1).first ?? words
    guard !text.isEmpty else { return }
    // It tries to bind for a while; which address it was stands in the lines before.
    if last != nil, text.hasPrefix("still could not bind") { return }
    guard last?.text != String(text.prefix(200)) else { return }
    let origin = Origin(line: number, excerpt: line.excerpt)
    last = (String(text.prefix(200)), origin, time)
  }

  /// A line without nginx' own stamp; false where it is none of an emergency.
  mutating func addBare(_ line: Span<UInt8>, number: Int) -> Bool {
    let mark: StaticString = "nginx: [emerg] "
    guard let at = line.firstIndex(of: mark) else { return false }
    add(line, from: at + mark.utf8CodeUnitCount, number: number, time: nil)
    return true
  }

  /// It serves, or its configuration was found good.
  mutating func forget() { last = nil }

  /// A line of the journal that names nginx.
  mutating func readJournal(_ line: Span<UInt8>, number: Int) {
    if addBare(line, number: number) { return }
    if line.contains("[emerg] "), let head = NginxErrorLine(line), head.isEmergency {
      add(line, from: head.message, number: number, time: nil)
    } else if line.contains("]: Started ") || line.contains("test is successful") {
      forget()
    }
  }

  func record(of proxy: Int, into page: inout Page) {
    guard let last else { return }
    page.record(
      "nginx.error.emergency", .text(last.text), of: proxy, at: last.time, origin: last.origin)
  }

  /// What the program prints besides: `nginx: configuration file /etc/nginx/nginx.conf test failed`.
  static func isNotice(_ line: Span<UInt8>) -> Bool {
    if line.contains("nginx -t") { return true }
    guard line.contains("nginx: ") else { return false }
    return line.contains("nginx: configuration file ")
      || line.contains("nginx: the configuration file ") || line.contains("nginx: [warn] ")
      || line.contains("nginx: [alert] ")
  }
}
