/// A name that may be a host's, and what of it must stay so that it still says what kind of name it
/// is: its zone, a vendor's domain, a region.
struct HostName {
  let text: String
  let labels: [String]

  init(_ text: String) {
    self.text = text
    labels = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
  }

  /// Where something says that a host stands here.
  var mayBeHost: Bool {
    guard labels.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 63 }), isTelling(text) else {
      return false
    }
    return !isVendor && labels.last.map { $0.utf8.contains(where: isLetter) } == true
  }

  /// By its look alone: a domain that nothing but a host would have.
  func isPlainlyHost(_ finder: IdentityFinder, _ run: Range<Int>) -> Bool {
    guard labels.count > 1, let last = labels.last, let first = labels.first,
      zones.contains(last.lowercased()), mayBeHost,
      // Java's packages begin as domains end.
      !["com", "org", "net", "io", "java", "javax", "jdk", "sun", "self"].contains(first)
    else { return false }
    return labels.allSatisfy { label in label.utf8.allSatisfy { $0 != UInt8(ascii: "_") } }
  }

  /// Sites that everybody names: documentation, crawlers, clouds.
  private var isVendor: Bool {
    vendors.contains(labels.suffix(2).joined(separator: ".").lowercased())
  }

  /// Whether the first label is replaced: then it is a name on its own as well.
  var firstIsMapped: Bool { labels.first.map { keepsLabel(0, $0) } == false }

  func pseudonym(_ pseudonyms: Pseudonyms) -> String {
    labels.enumerated().map { index, label in
      keepsLabel(index, label) ? label : pseudonyms.word("host", for: label)
    }.joined(separator: ".")
  }

  private func keepsLabel(_ index: Int, _ label: String) -> Bool {
    guard labels.count > 1 else { return false }
    if index == labels.count - 1 { return true }
    let lower = label.lowercased()
    // co.uk, amazonaws.com, ec2.internal, svc.cluster.local
    if suffixLabels.contains(lower), index > 0 { return true }
    if lower.utf8.count <= 4, lower.utf8.allSatisfy(isDigit) { return true }
    return isRegion(lower)
  }

  /// `ap-northeast-2`, `use1`.
  private func isRegion(_ label: String) -> Bool {
    let parts = label.split(separator: "-")
    if parts.count == 3, parts[0].count == 2, parts[1].utf8.allSatisfy(isLetter) {
      return parts[2].utf8.allSatisfy(isDigit)
    }
    return label.utf8.count == 4 && label.utf8.last.map(isDigit) == true
      && ["us", "eu", "ap", "sa", "ca", "me", "af"].contains { label.hasPrefix($0) }
  }
}

private let suffixLabels: Set<String> = [
  "co", "or", "ac", "go", "ne", "com", "amazonaws", "ec2", "compute", "compute-1", "cache", "rds",
  "elb", "svc", "cluster", "service", "node", "s3", "dkr", "ecr",
]

/// Last labels that make a name a host's wherever it stands. Not among them is what is more often a
/// file or an attribute (`.py`, `.sh`, `.app`, `.info`).
private let zones: Set<String> = [
  "internal", "local", "localdomain", "lan", "corp", "intra", "intranet", "consul", "private",
  "com", "net", "org", "edu", "gov", "io", "kr", "jp", "cn", "tw", "hk", "sg", "uk", "de", "fr",
  "eu", "us", "ca", "au", "nl", "ru", "br", "cloud", "example", "ai", "tech", "site", "online",
]

private let vendors: Set<String> = [
  "redis.io", "github.com", "nginx.org", "nginx.com", "gunicorn.org", "python.org", "bing.com",
  "google.com", "amazon.com", "kernel.org", "debian.org", "ubuntu.com", "docker.io", "docker.com",
  "prometheus.io", "grafana.com", "w3.org", "apache.org", "mozilla.org", "semrush.com",
  "ahrefs.com", "yandex.com", "baidu.com", "facebook.com", "apple.com", "petalbot.com", "socket.io",
  "spring.io", "djangoproject.com", "valkey.io", "keydb.dev", "celeryproject.org", "openjdk.org",
  "uptimerobot.com", "pingdom.com", "lettuce.io", "example.sock",
]

/// Where a line says that what follows is a host, or a user.
struct NameContexts {
  private(set) var hosts: Set<Int> = []
  private(set) var users: Set<Int> = []

  init(_ finder: IdentityFinder) {
    let line = finder.line
    for (index, byte) in line.enumerated() {
      switch byte {
      case UInt8(ascii: ":") where finder.ends("://", before: index + 3):
        addAuthority(from: index + 3, finder)
      case UInt8(ascii: "="), UInt8(ascii: ":"):
        addNamed(at: index, finder)
      case UInt8(ascii: "@"):
        addAfterAt(index, finder)
      case UInt8(ascii: "/")
      where finder.ends("/home/", before: index + 1)
        || finder.ends("/Users/", before: index + 1):
        users.insert(index + 1)
      case UInt8(ascii: " "):
        addAfterWord(index, finder)
      default: break
      }
    }
    addLogColumn(finder)
    addAccessUser(finder)
  }

  /// `scheme://user:password@host:port/`
  private mutating func addAuthority(from start: Int, _ finder: IdentityFinder) {
    var end = start
    var at: Int?
    while end < finder.line.count, end - start < 300 {
      let byte = finder.line[end]
      if isSpace(byte) || isQuote(byte) || "/?#,;<>(){}|\\".utf8.contains(byte) { break }
      if byte == UInt8(ascii: "@") { at = end }
      end += 1
    }
    if let at {
      users.insert(start)
      hosts.insert(at + 1)
    } else {
      hosts.insert(start)
    }
  }

  private mutating func addNamed(at index: Int, _ finder: IdentityFinder) {
    var nameEnd = index
    while nameEnd > 0, index - nameEnd < 4,
      isQuote(finder.at(nameEnd - 1)) || finder.at(nameEnd - 1) == UInt8(ascii: " ")
    {
      nameEnd -= 1
    }
    var nameStart = nameEnd
    while nameStart > 0, nameEnd - nameStart < 24, isNameByte(finder.at(nameStart - 1)) {
      nameStart -= 1
    }
    let name = finder.text(nameStart..<nameEnd).lowercased().filter { $0.isLetter }
    let isHost = hostNames.contains(name)
    guard isHost || userNames.contains(name) else { return }
    var start = index + 1
    while start - index < 6,
      isSpace(finder.at(start)) && start < finder.line.count
        || isQuote(finder.at(start)) || finder.at(start) == UInt8(ascii: "\\")
    {
      start += 1
    }
    var end = start
    while end - start < 254, isNameByte(finder.at(end)) { end += 1 }
    // `user: the name of` is a sentence.
    let next = finder.at(end)
    let isProse =
      next == UInt8(ascii: " ") && isLetter(finder.at(end + 1))
      && finder.at(index) == UInt8(ascii: ":") && !isQuote(finder.at(start - 1))
    guard end > start, !isProse, next != UInt8(ascii: "/"), next != UInt8(ascii: "(") else {
      return
    }
    if isHost { hosts.insert(start) } else { users.insert(start) }
  }

  /// `alice@web-1:~$`, `celery@web-1`, the domain of a mail address.
  private mutating func addAfterAt(_ index: Int, _ finder: IdentityFinder) {
    var start = index
    while start > 0, index - start < 64, isNameByte(finder.at(start - 1)) { start -= 1 }
    var end = index + 1
    while end - index < 254, isNameByte(finder.at(end)) { end += 1 }
    guard start < index, end > index + 1 else { return }
    let before = finder.text(start..<index).lowercased()
    let isPrompt =
      [UInt8(ascii: "~"), UInt8(ascii: "/")].contains(finder.at(end + 1))
      && (finder.at(end) == UInt8(ascii: ":") || finder.at(end) == UInt8(ascii: " "))
    if isPrompt { users.insert(start) }
    let isWorker = before == "celery" || before.hasPrefix("worker")
    let isMail =
      finder.line[(index + 1)..<end].contains(UInt8(ascii: "."))
      && !["service", "socket", "timer"].contains { finder.text(index + 1..<end).hasSuffix($0) }
    if isPrompt || isWorker || isMail { hosts.insert(index + 1) }
  }

  /// `server_name a b;`, `-h host`, `for user alice`, `Linux web-1 5.10.0`
  private mutating func addAfterWord(_ index: Int, _ finder: IdentityFinder) {
    for mark in ["server_name ", " -h ", "--host ", "Host: ", "Hostname: "] as [StaticString]
    where finder.ends(mark, before: index + 1) { hosts.insert(index + 1) }
    if index == 5, finder.ends("Linux ", before: 6) { hosts.insert(6) }
    for mark in ["for user ", "of user ", "--user ", "ACL user "] as [StaticString]
    where finder.ends(mark, before: index + 1) { users.insert(index + 1) }
    // sshd: Accepted publickey for alice from 10.0.0.1
    if finder.ends(" for ", before: index + 1) {
      var end = index + 1
      while end - index < 33, isNameByte(finder.at(end)) { end += 1 }
      if finder.ends(" from ", before: end + 6) { users.insert(index + 1) }
    }
    if index == 4, finder.ends("user ", before: 5) { users.insert(5) }
  }

  /// The host of syslog: after the time, before `program[pid]:`.
  private mutating func addLogColumn(_ finder: IdentityFinder) {
    let words = finder.line.prefix(400).split(separator: UInt8(ascii: " "), maxSplits: 7)
    for (time, rest) in zip(words.indices, words.indices.dropFirst(2)).prefix(5) {
      let host = words[time + 1]
      let colons = words[time].count { $0 == UInt8(ascii: ":") }
      guard colons == 2 || colons == 3, words[time].contains(where: isDigit),
        words[rest].last == UInt8(ascii: ":"), host.allSatisfy(isNameByte),
        words[rest].dropLast().last == UInt8(ascii: "]")
          || syslogPrograms.contains(String(decoding: words[rest].dropLast(), as: UTF8.self))
      else { continue }
      hosts.insert(host.startIndex)
      return
    }
  }

  /// `10.0.0.1 - alice [05/Mar/2024:...`
  private mutating func addAccessUser(_ finder: IdentityFinder) {
    let words = finder.line.prefix(400).split(separator: UInt8(ascii: " "), maxSplits: 4)
    guard words.count >= 4, words[3].first == UInt8(ascii: "["), words[2] != [UInt8(ascii: "-")],
      words[3].contains(UInt8(ascii: "/"))
    else { return }
    users.insert(words[2].startIndex)
  }
}

private let hostNames: Set<String> = [
  "host", "hostname", "hosts", "servername", "privatednsname", "publicdnsname", "redishost",
  "dbhost", "masterhost", "nodename", "httphost", "clienthost", "postgreshost", "mysqlhost", "fqdn",
]

private let userNames: Set<String> = [
  "user", "username", "login", "remoteuser", "logname", "dbuser", "redisuser", "postgresuser",
  "mysqluser", "ruser", "acct",
]

private let syslogPrograms: Set<String> = [
  "kernel", "systemd", "sudo", "CRON", "cron", "su", "dhclient", "snapd",
]
