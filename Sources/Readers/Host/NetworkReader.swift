import Model

/// Reads the counters of the network: what an EC2 instance exceeded of its network (`ethtool -S` of an ENA
/// interface), the kernel's TCP (`netstat -s`, `nstat -az`, `/proc/net/netstat` and `/proc/net/snmp`), and the
/// queues of listening sockets (`ss -lnt`, `ss -lnx`), and how many sockets there are (`ss -s`,
/// `/proc/net/sockstat`).
///
/// ```
/// NIC statistics:
///      bw_in_allowance_exceeded: 0
///      pps_allowance_exceeded: 81204
/// TcpExt:
///     1204 times the listen queue of a socket overflowed
/// TcpExtListenOverflows           1204               0.0
/// TcpExt: SyncookiesSent ... ListenOverflows ListenDrops ...
/// TcpExt: 0 ... 1204 1204 ...
/// State  Recv-Q Send-Q Local Address:Port Peer Address:Port
/// LISTEN 129    128          0.0.0.0:8000      0.0.0.0:*
/// TCP:   28231 (estab 96, closed 28104, orphaned 0, timewait 28090)
/// TCP: inuse 37 orphan 0 tw 28090 alloc 40 mem 3
/// ```
///
/// All but the queues and the sockets count since the boot: what rises shows between two captures, with a date above each.
struct NetworkReader: HostReader {
  static let kind = EvidenceKind.networkCounters

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    let isCertain = sample.lines.contains { line in
      EthernetSection.allowance(line) != nil || TCPCounterSection.isTelling(line)
        || SocketCountSection.counts(line) != nil
    }
    if isCertain { return .certain }
    let heads = sample.lines.contains { SocketSection.columns($0.fields) != nil }
    return heads && sample.lines.contains { $0.fields.contains("LISTEN") } ? .certain : .no
  }
}

/// What ENA counts: packets that were queued or dropped since the instance type gets no more of the network.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-network-performance-ena.html
struct EthernetSection: HostSection {
  static let ending = "_allowance_exceeded"
  static let allowances: Set<Substring> = ["bw_in", "bw_out", "pps", "conntrack", "linklocal"]

  private var series = HostSeries()
  /// What the capture at hand told.
  private var seen: Set<String> = []
  private var isOpen = false

  /// `     pps_allowance_exceeded: 12`, also behind a name of a file.
  static func allowance(_ text: String) -> (name: Substring, count: Double)? {
    guard text.contains(ending), let colon = text.lastIndex(of: ":") else { return nil }
    let word = text[..<colon].split { " \t:".contains($0) }.last ?? ""
    guard word.hasSuffix(ending), allowances.contains(word.dropLast(ending.count)),
      let count = hostNumber(text[text.index(after: colon)...].drop { $0 == " " })
    else { return nil }
    return (word.dropLast(ending.count), count)
  }

  /// `pps of eth0`.
  static func part(_ allowance: Substring, of interface: String?) -> String {
    interface.map { "\(allowance) of \($0.prefix(16))" } ?? String(allowance)
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if line.text.hasPrefix("NIC statistics:") {
      isOpen = true
      begin()
      return true
    }
    if let (name, count) = EthernetSection.allowance(line.text) {
      let interface = EthernetSection.interface(line.subjectOfCapture)
      let part = EthernetSection.part(name, of: interface.map(String.init))
      if seen.contains(part) || seen.isEmpty { begin() }
      seen.insert(part)
      series.add("host.network.allowance_exceeded", count, line, part: part)
      return true
    }
    // Its other counters.
    guard isOpen, line.fields.count == 2, line.fields[0].hasSuffix(":"),
      hostNumber(line.fields[1]) != nil
    else {
      isOpen = false
      return false
    }
    return true
  }

  private mutating func begin() {
    series.begin()
    seen = []
  }

  /// `eth0` of `ethtool -S eth0 | grep allowance`.
  private static func interface(_ command: String) -> Substring? {
    let words = command.split(separator: " ")
    guard let option = words.firstIndex(of: "-s"), words.contains("ethtool"),
      words.index(after: option) < words.endIndex
    else { return nil }
    let name = words[words.index(after: option)]
    let isName = name.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))
    }
    return isName && name.count < 16 ? name : nil
  }

  mutating func finish(into page: inout Page) { series.record(into: &page) }
}

/// The kernel's counters of TCP, in each of the forms that tools give them.
struct TCPCounterSection: HostSection {
  /// The counters that are read, by the kernel's names for them.
  private static let facts: [Substring: String] = [
    "TcpExtListenOverflows": "host.network.listen_overflows",
    "TcpExtListenDrops": "host.network.listen_drops",
    "TcpOutSegs": "host.network.segments_sent",
    "TcpRetransSegs": "host.network.segments_retransmitted",
  ]
  /// The same in the words of `netstat -s`, old and new, after the number.
  private static let words: [(ending: String, name: Substring)] = [
    ("times the listen queue of a socket overflowed", "TcpExtListenOverflows"),
    ("SYNs to LISTEN sockets dropped", "TcpExtListenDrops"),
    ("SYNs to LISTEN sockets ignored", "TcpExtListenDrops"),
    ("segments sent out", "TcpOutSegs"), ("segments send out", "TcpOutSegs"),
    ("segments retransmitted", "TcpRetransSegs"), ("segments retransmited", "TcpRetransSegs"),
  ]

  private var series = HostSeries()
  private var seen: Set<String> = []
  /// The names of the last line of `/proc/net/netstat` or `/proc/net/snmp`, and of what.
  private var names: (protocol: Substring, columns: [Substring])?
  /// Of `netstat -s` the protocol at hand.
  private var table: Substring?
  /// The first line of its TcpExt, of which counters of zero are left out.
  private var extensions: HostLine?
  private var isList = false

  /// A line that no other text holds.
  static func isTelling(_ text: String) -> Bool {
    counted(text) != nil || text.hasPrefix("TcpExt: SyncookiesSent")
      || text.hasPrefix("Tcp: RtoAlgorithm")
      || listed(text.fields).map { facts[$0.name] != nil } ?? false
  }

  /// `    1204 times the listen queue of a socket overflowed`.
  private static func counted(_ text: String) -> (name: Substring, count: Double)? {
    let fields = text.fields
    guard fields.count >= 3, let count = hostNumber(fields[0]),
      let found = words.first(where: { fields.dropFirst().joined(separator: " ") == $0.ending })
    else { return nil }
    return (found.name, count)
  }

  /// `TcpExtListenOverflows           1204               0.0`.
  private static func listed(_ fields: [Substring]) -> (name: Substring, count: Double)? {
    guard fields.count == 3, let count = hostNumber(fields[1]), hostNumber(fields[2]) != nil,
      fields[0].first?.isUppercase == true, fields[0].allSatisfy({ $0.isLetter || $0.isNumber })
    else { return nil }
    return (fields[0], count)
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if line.fields[0] == "#kernel" {
      isList = true
      return true
    }
    if let (name, count) = TCPCounterSection.counted(line.text) {
      add(name, count, line)
      return true
    }
    if let (name, count) = TCPCounterSection.listed(line.fields),
      isList || TCPCounterSection.facts[name] != nil
    {
      add(name, count, line)
      return true
    }
    return readKernelTable(line) || readReport(line)
  }

  /// Two lines a protocol: names, then counts.
  private mutating func readKernelTable(_ line: HostLine) -> Bool {
    guard let head = line.fields.first, head.hasSuffix(":"), head.first?.isUppercase == true,
      line.fields.count >= 3, !line.text.hasPrefix(" ")
    else { return false }
    let values = line.fields.dropFirst()
    if let known = names, known.protocol == head, known.columns.count == values.count {
      names = nil
      for (column, value) in zip(known.columns, values) {
        if let count = hostNumber(value) { add(head.dropLast() + column, count, line) }
      }
      return true
    }
    guard values.allSatisfy({ $0.first?.isLetter == true }),
      ["Tcp:", "TcpExt:", "Ip:", "IpExt:", "Icmp:", "Udp:", "UdpLite:", "MPTcpExt:"].contains(head)
    else { return false }
    names = (head, Array(values))
    return true
  }

  /// `netstat -s`: a protocol, and below it, indented, its counters.
  private mutating func readReport(_ line: HostLine) -> Bool {
    if line.fields.count == 1, line.text.hasSuffix(":"), line.text.first?.isUppercase == true,
      ["Ip", "Icmp", "IcmpMsg", "Tcp", "Udp", "UdpLite", "TcpExt", "IpExt", "MPTcpExt"]
        .contains(line.text.dropLast())
    {
      table = line.text.dropLast()
      if table == "Ip" { closeReport() }
      if table == "TcpExt" { extensions = line }
      return true
    }
    guard table != nil, line.text.first?.isWhitespace == true else {
      table = nil
      return false
    }
    return true
  }

  private mutating func add(_ name: Substring, _ count: Double, _ line: HostLine) {
    guard let fact = TCPCounterSection.facts[name] else { return }
    if seen.contains(fact) { closeReport() }
    if seen.isEmpty { series.begin() }
    seen.insert(fact)
    series.add(fact, count, line)
  }

  /// What a whole report leaves out is zero.
  private mutating func closeReport() {
    if let extensions, !seen.contains("host.network.listen_overflows"),
      seen.contains("host.network.segments_sent")
    {
      series.add("host.network.listen_overflows", 0, extensions)
    }
    extensions = nil
    seen = []
  }

  mutating func finish(into page: inout Page) {
    closeReport()
    series.record(into: &page)
  }
}

/// How many TCP sockets there are, and how many of them only keep a port.
struct SocketCountSection: HostSection {
  private var series = HostSeries()

  /// Of `TCP: inuse 37 orphan 0 tw 28090 alloc 40 mem 3`, or
  /// `TCP:   28231 (estab 96, closed 28104, orphaned 0, timewait 28090)`, where what is closed holds those
  /// that wait. `timewait 28090/0` is how older versions write it.
  static func counts(_ text: String) -> (inUse: Double, timeWait: Double)? {
    guard text.hasPrefix("TCP: ") else { return nil }
    let words = text.split { " (),\t".contains($0) }.dropFirst()
    func count(after name: Substring) -> Double? {
      guard let at = words.firstIndex(of: name), at + 1 < words.endIndex else { return nil }
      return hostNumber(words[at + 1].prefix { $0 != "/" })
    }
    if let inUse = count(after: "inuse"), let waiting = count(after: "tw") {
      return (inUse, waiting)
    }
    guard let all = words.first.flatMap({ hostNumber($0) }), let closed = count(after: "closed"),
      let waiting = count(after: "timewait"), closed <= all
    else { return nil }
    return (all - closed, waiting)
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    guard let counts = SocketCountSection.counts(line.text) else { return false }
    series.begin()
    series.add("host.network.tcp_in_use", counts.inUse, line)
    series.add("host.network.tcp_time_wait", counts.timeWait, line)
    return true
  }

  mutating func finish(into page: inout Page) { series.record(into: &page) }
}

/// The queues of listening sockets: connections that no program took yet, and how many may wait. The kernel
/// drops what comes when more wait than may.
struct SocketSection: HostSection {
  /// Where the state stands.
  private var state: Int?
  private var series = HostSeries()
  private var full = 0
  private var worst: (waiting: Double, limit: Double, line: HostLine)?

  /// The place of the state in `State Recv-Q Send-Q Local...` and `Netid State Recv-Q Send-Q ...`.
  static func columns(_ fields: [Substring]) -> Int? {
    guard let state = fields.firstIndex(of: "State"), state <= 1, fields.count > state + 3,
      fields[state + 1] == "Recv-Q", fields[state + 2] == "Send-Q"
    else { return nil }
    return state
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if let found = SocketSection.columns(line.fields) {
      close()
      state = found
      return true
    }
    guard let state else { return false }
    let fields = line.fields
    guard fields.count >= state + 4, fields[state].allSatisfy({ $0.isUppercase || $0 == "-" }),
      let waiting = hostNumber(fields[state + 1]), let limit = hostNumber(fields[state + 2])
    else {
      close()
      self.state = nil
      return false
    }
    guard fields[state] == "LISTEN", limit > 0 else { return true }
    if waiting > limit { full += 1 }
    if waiting - limit > worst.map({ $0.waiting - $0.limit }) ?? -.infinity {
      worst = (waiting, limit, line)
    }
    return true
  }

  private mutating func close() {
    guard let worst else { return }
    series.begin()
    series.add("host.network.full_listeners", Double(full), worst.line)
    if full > 0 {
      series.add("host.network.listen_queue", worst.waiting, worst.line)
      series.add("host.network.listen_backlog", worst.limit, worst.line)
    }
    full = 0
    self.worst = nil
  }

  mutating func finish(into page: inout Page) {
    close()
    series.record(into: &page)
  }
}
