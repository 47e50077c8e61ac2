import Model

/// CLIENT LIST: one client a line, of Redis 2.4 (few fields) to 8.
///
/// ```
/// id=10 addr=10.20.0.32:56189 laddr=10.20.0.5:7031 fd=12 name= age=16012 idle=15612 flags=N ...
/// ```
enum RedisClientListReader: DocumentReader {
  static let kind = EvidenceKind.redisClientList
  private static let hostLimit = 20

  static func recognises(_ sample: Sample) -> Recognition {
    var clients = 0
    var filled = 0
    for line in sample.lines.flatMap({ pieces(of: $0) }) where !RedisText.isBlank(line) {
      filled += 1
      if RedisClient(line, number: 1) != nil { clients += 1 }
    }
    return clients > 0 && clients * 2 >= filled ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    if document.isCut { page.warn("longer than 8 MiB: the rest is not read") }
    var clients: [RedisClient] = []
    var keys: Set<IdentityKey> = []
    var time: Instant?
    for (index, line) in lines.enumerated() {
      for piece in pieces(of: line) where !RedisText.isBlank(piece) {
        if let client = RedisClient(piece, number: index + 1) {
          clients.append(client)
        } else if let prompt = RedisPrompt(piece) {
          keys.formUnion(prompt.keys)
        } else if let stamp = RedisText.captureTime(
          piece, offset: context.zone(for: kind).offset)
        {
          time = stamp
        } else {
          page.skip(line: index + 1, "found no client; expected id=.. addr=.. age=.. idle=..")
        }
      }
    }
    if let time, !context.window.contains(time) { return }
    keys.formUnion(serverKeys(clients))
    let subject = page.subject(SubjectClue(.redis, keys: keys))
    Summary(subject: subject, time: time, lines: lines, clients: clients).record(into: &page)
  }

  /// A list quoted on one line holds `\n` between clients.
  private static func pieces(of line: String) -> [String] {
    guard line.first == "\"", line.contains("\\n") else { return [line] }
    return line.split(separator: "\\n").map {
      $0.first == "\"" ? String($0.dropFirst()) : String($0)
    }
    .filter { $0 != "\"" }
  }

  /// The server's own address, from connections that came to it; its link to a master is not one.
  private static func serverKeys(_ clients: [RedisClient]) -> Set<IdentityKey> {
    var keys: Set<IdentityKey> = []
    for client in clients where !client.flags.contains("M") {
      guard let local = client.local, let address = RedisText.hostAndPort(local) else { continue }
      keys.formUnion(RedisText.keys(host: address.host, port: address.port))
      if keys.count > 8 { return [] }
    }
    // Through several ports it is not told which one is the server's name.
    let ports = keys.filter { if case .port = $0 { true } else { false } }
    return ports.count == 1 ? keys : []
  }

  private struct Summary {
    let subject: Int
    let time: Instant?
    let lines: [String]
    let clients: [RedisClient]

    func record(into page: inout Page) {
      let head = clients.first?.line ?? 1
      // Busy-waiting is idle by design: in BRPOP, as a replica, as a subscriber.
      let idle = clients.filter { !$0.waits && $0.idle > 600 }
      let idlest = clients.filter { !$0.waits }.max { $0.idle < $1.idle }
      let blocked = clients.filter { $0.flags.contains("b") }
      let young = clients.filter { $0.age <= 1 && !$0.command.hasPrefix("client") }
      number("redis.clients.listed", clients.count, head, &page)
      number("redis.clients.idle_over_10m", idle.count, idlest?.line ?? head, &page)
      number("redis.clients.blocked_listed", blocked.count, blocked.first?.line ?? head, &page)
      if clients.contains(where: \.age.isFinite) {
        number("redis.clients.young", young.count, young.first?.line ?? head, &page)
      }
      if let idlest {
        page.record(
          "redis.clients.idle_max", idlest.idle, of: subject, at: time,
          origin: Document.origin(idlest.line, in: lines))
      }
      if let largest = clients.max(by: { $0.output < $1.output }) {
        let origin = Document.origin(largest.line, in: lines)
        page.record(
          "redis.clients.output_buffer_max", largest.output, of: subject, at: time, origin: origin)
        if largest.output > 0 {
          page.record(
            "redis.clients.output_buffer_client",
            .text(largest.name.isEmpty ? largest.address : largest.name), of: subject, at: time,
            origin: origin)
        }
      }
      if let master = clients.first(where: { $0.flags.contains("M") }) {
        page.record(
          "redis.clients.master_link", .text(master.address), of: subject, at: time,
          origin: Document.origin(master.line, in: lines))
      }
      recordHosts(into: &page)
    }

    private func recordHosts(into page: inout Page) {
      let hosts = Dictionary(grouping: clients.filter { $0.host != nil }) { $0.host ?? "" }
        .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
      for (host, clients) in hosts.prefix(RedisClientListReader.hostLimit) {
        page.record(
          "redis.clients.by_address", Double(clients.count), of: subject, at: time, part: host,
          origin: Document.origin(clients.first?.line ?? 1, in: lines))
      }
      if hosts.count > RedisClientListReader.hostLimit {
        page.warn("\(hosts.count) addresses; those with the most clients are kept")
      }
      guard let top = hosts.first, let line = top.value.first?.line else { return }
      page.record(
        "redis.clients.top_address", .text(top.key), of: subject, at: time,
        origin: Document.origin(line, in: lines))
      number("redis.clients.top_address_count", top.value.count, line, &page)
    }

    private func number(_ fact: String, _ count: Int, _ line: Int, _ page: inout Page) {
      page.record(
        fact, Double(count), of: subject, at: time, origin: Document.origin(line, in: lines))
    }
  }
}

/// One client of the list.
struct RedisClient {
  let line: Int
  var address = ""
  var local: String?
  var name = ""
  /// Unknown where the version states none.
  var age = Double.infinity
  var idle = 0.0
  var flags = ""
  var command = ""
  var output = 0.0
  private var subscriptions = 0.0

  init?(_ text: String, number: Int) {
    line = number
    var fields = 0
    var isOld = false
    guard text.utf8.count <= 4096, text.contains("addr=") else { return nil }
    for word in text.split(whereSeparator: { $0 == " " || $0 == "\"" }) {
      guard let sign = word.firstIndex(of: "=") else { continue }
      let value = word[word.index(after: sign)...]
      func seconds() -> Double { max(0, RedisText.number(value) ?? 0) }
      switch word[..<sign] {
      case "addr":
        address = String(value)
        fields += 1
      case "age":
        age = seconds()
        fields += 1
      case "idle":
        idle = seconds()
        fields += 1
      case "fd", "events": isOld = true
      case "laddr": local = String(value)
      case "name": name = String(value.prefix(80))
      case "flags": flags = String(value)
      case "cmd": command = String(value)
      case "omem": output = seconds()
      case "sub", "psub", "ssub": subscriptions += seconds()
      default: break
      }
    }
    // Redis 2.4 states neither id nor age.
    guard fields == 3 || fields == 2 && isOld && !flags.isEmpty else { return nil }
  }

  var host: String? { RedisText.hostAndPort(address)?.host }

  /// Waits for something by its nature: blocked, replica, master, monitor, subscriber.
  var waits: Bool { subscriptions > 0 || flags.contains { "bSMOPx".contains($0) } }
}
