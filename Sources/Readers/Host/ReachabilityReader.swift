import Model

/// Reads what people type when a host does not answer: `ssh` and `ping`, with a `date` above.
///
/// ```
/// $ date -u; ssh -v ops@10.0.12.44
/// Tue Mar  5 02:12:41 UTC 2024
/// ssh: connect to host 10.0.12.44 port 22: Connection timed out
/// 5 packets transmitted, 0 received, 100% packet loss, time 4099ms
/// ```
///
/// A refused connection is none of this: the host answered.
enum ReachabilityReader: DocumentReader {
  static let kind = EvidenceKind.systemLog

  private enum Answer {
    case silent, answered
    case lost(Double)
  }

  static func recognises(_ sample: Sample) -> Recognition {
    let found = sample.lines.contains { answer($0) != nil }
    guard found else { return .no }
    // Applications quote ssh in longer logs.
    let lines = sample.lines.filter { $0.contains { !$0.isWhitespace } }
    let spoken = lines.count {
      answer($0) != nil || HostDate.parse($0) != nil || ShellPrompt($0) != nil
        || $0.hasPrefix("debug") || $0.hasPrefix("OpenSSH_") || $0.hasPrefix("PING ")
        || $0.contains("bytes from ") || $0.hasPrefix("--- ") || $0.hasPrefix("From ")
        || $0.hasPrefix("rtt ") || $0.hasPrefix("ssh")
    }
    return spoken * 2 > lines.count ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    var surroundings = Surroundings(name: document.name, kind: kind, context: context)
    let host = page.subject(.host)
    var silent = 0
    var answered = false
    var first: (origin: Origin, time: Instant?)?
    for (index, line) in lines.enumerated() {
      if surroundings.take(line) || surroundings.isOutside { continue }
      guard let answer = answer(line) else { continue }
      let origin = Document.origin(index + 1, in: lines)
      if let time = surroundings.time { page.cover(time) }
      switch answer {
      case .answered:
        answered = true
        if first == nil { first = (origin, surroundings.time) }
      case .silent:
        silent += 1
        if silent == 1 {
          first = (origin, surroundings.time)
          unreachable("ssh is not answered", host, surroundings.time, origin, into: &page)
        }
      case .lost(let share):
        page.record(
          "host.ping_loss", share, of: host, at: surroundings.time, origin: origin)
        if share >= 1 {
          unreachable("ping is not answered", host, surroundings.time, origin, into: &page)
        }
      }
    }
    if silent > 0 || answered, let first {
      page.record(
        "host.ssh_unreachable", Double(silent), of: host, at: first.time, origin: first.origin)
    }
    if page.facts.isEmpty { page.warn("found no answer of ssh or ping") }
  }

  private static func unreachable(
    _ text: String, _ host: Int, _ time: Instant?, _ origin: Origin, into page: inout Page
  ) {
    guard let time else { return }
    page.record(
      Event(
        "host-unreachable", subject: host, time: time, text: text, isImpact: true, origin: origin))
  }

  private static func answer(_ line: String) -> Answer? {
    if line.hasPrefix("ssh: ") || line.hasPrefix("Connection timed out during banner exchange")
      || line.hasPrefix("ssh_exchange_identification: ") || line.hasPrefix("kex_exchange")
    {
      let isSilent = ["timed out", "No route to host", "Host is down", "unreachable"].contains {
        line.contains($0)
      }
      if isSilent { return .silent }
      return line.contains("refused") ? .answered : nil
    }
    if line.contains("Authenticated to ") || line.hasPrefix("debug1: Connection established") {
      return .answered
    }
    guard line.contains("packets transmitted"), let end = line.firstRange(of: "% packet loss")
    else {
      return nil
    }
    let percent = line[..<end.lowerBound].split { !$0.isNumber && $0 != "." }.last
    return percent.flatMap { hostNumber($0) }.map { .lost($0 / 100) }
  }
}
