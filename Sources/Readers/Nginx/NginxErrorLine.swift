/// The head of a line of nginx's error log.
///
/// ```
/// 2024/03/05 02:07:46 [error] 1187#1187: *41443 upstream timed out (110: ...) while ...
/// 2024/03/05 02:07:46 [alert] 25909#0: 1024 worker_connections are not enough
/// Mar  5 02:07:46 web-01 nginx[812]: 2024/03/05 02:07:46 [error] 812#812: *1 ...
/// ```
struct NginxErrorLine {
  let year: Int
  let month: Int
  let day: Int
  let hour: Int
  let minute: Int
  let second: Int
  /// Where the message begins: after `pid#tid: `.
  let message: Int
  /// It is about the whole of nginx, which does not start or does not take its configuration.
  let isEmergency: Bool

  init?(_ line: Span<UInt8>) {
    // The stamp stands at the start, or after what a journal or a container puts before it.
    var slash = line.firstIndex(of: UInt8(ascii: "/"))
    while let at = slash, at < 160 {
      if let found = NginxErrorLine(line, at: at - 4) {
        self = found
        return
      }
      slash = line.firstIndex(of: UInt8(ascii: "/"), from: at + 1)
    }
    return nil
  }

  private init?(_ line: Span<UInt8>, at start: Int) {
    guard start >= 0, start + 22 <= line.count,
      let year = line.number(start..<start + 4), line[start + 7] == UInt8(ascii: "/"),
      let month = line.number(start + 5..<start + 7),
      let day = line.number(start + 8..<start + 10), line[start + 10] == UInt8(ascii: " "),
      let hour = line.number(start + 11..<start + 13), line[start + 13] == UInt8(ascii: ":"),
      let minute = line.number(start + 14..<start + 16), line[start + 16] == UInt8(ascii: ":"),
      let second = line.number(start + 17..<start + 19), line.holds(" [", at: start + 19),
      let close = line.firstIndex(of: UInt8(ascii: "]"), from: start + 21), close < start + 29,
      let hash = line.firstIndex(of: UInt8(ascii: "#"), from: close), close + 2 <= hash,
      line.number(close + 2..<hash) != nil,
      let colon = line.firstIndex(of: UInt8(ascii: ":"), from: hash),
      line.number(hash + 1..<colon) != nil
    else { return nil }
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
    message = min(colon + 2, line.count)
    isEmergency = line.holds("emerg]", at: start + 21)
  }
}
