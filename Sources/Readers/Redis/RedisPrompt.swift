import Model

/// A line on which somebody asked a Redis server something: a shell's `$ redis-cli -h .. info` or
/// redis-cli's own `10.0.3.7:6379> info`. It names the command below it and often the server.
struct RedisPrompt: Equatable {
  /// Lower case: `["slowlog", "get", "10"]`.
  var command: [String] = []
  var keys: [IdentityKey] = []

  init?(_ line: String) {
    guard line.utf8.count <= 1024, RedisPrompt.mayStand(in: line.utf8) else { return nil }
    let text = RedisText.trimmed(line)
    if let client = RedisPrompt.clientName(in: text) {
      let before = text[..<client.lowerBound]
      guard RedisPrompt.isShell(before) else { return nil }
      readArguments(text[client.upperBound...])
    } else if let mark = text.firstIndex(of: ">"), !readOwnPrompt(text, mark: mark) {
      return nil
    } else if !text.contains(">") {
      return nil
    }
  }

  /// Most lines are no prompts, and each is asked by several readers: a look at the bytes decides.
  static func mayStand(in line: some Collection<UInt8>) -> Bool {
    utf8Contains(line, ">") || utf8Contains(line, "-cli")
  }

  private static func clientName(in text: Substring) -> Range<Substring.Index>? {
    for name in ["redis-cli", "valkey-cli", "keydb-cli"] {
      if let found = text.range(of: name) { return found }
    }
    return nil
  }

  /// What stands before `redis-cli` on a command line: nothing, a shell's prompt, a wrapper.
  private static func isShell(_ before: Substring) -> Bool {
    let before = RedisText.trimmed(before)
    guard let last = before.last else { return true }
    return "$#>%".contains(last) || before.first == "$" || before.first == "#"
      || before.contains("exec") || before.contains("sudo") || last == "/"
  }

  private mutating func readArguments(_ text: Substring) {
    let words = text.split { $0 == " " || $0 == "\t" }
    var host: Substring?
    var port: Int?
    var index = 0
    while index < words.count {
      let word = words[index]
      let next = index + 1 < words.count ? words[index + 1] : nil
      if word == "|" || word == ">" || word == "2>&1" { break }
      if word.first != "-" || !command.isEmpty {
        command.append(word.lowercased())
        index += 1
        continue
      }
      switch word {
      case "-h": host = next
      case "-p": port = next.flatMap { RedisText.integer($0) }
      case "-u":
        let address = next?.split(separator: "@").last?.split(separator: "/").last
        (host, port) =
          address.flatMap { RedisText.hostAndPort($0) }.map { (Substring($0), $1) }
          ?? (host, port)
      case "-a", "-n", "-s", "-i", "-r", "-t", "--user", "--pass", "--cert", "--key", "--cacert",
        "-d", "-D":
        break
      case "--no-raw", "--raw", "--json", "--csv", "--no-auth-warning", "--tls", "--insecure", "-2",
        "-3":
        // How it is asked, not what.
        index += 1
        continue
      default:
        command.append(word.lowercased())
        index += 1
        continue
      }
      index += 2
    }
    if let host { keys = RedisText.keys(host: host, port: port ?? 6379) }
    if host == nil, let port { keys = RedisText.keys(host: nil as String?, port: port) }
  }

  /// `127.0.0.1:6379> info`, `redis 10.0.3.7:6380[1]> info`, `> INFO ALL`.
  private mutating func readOwnPrompt(_ text: Substring, mark: Substring.Index) -> Bool {
    var head = text[..<mark]
    var words: [String] {
      text[text.index(after: mark)...].split { $0 == " " || $0 == "\t" }.map { $0.lowercased() }
    }
    if head.isEmpty {
      let words = words
      guard let first = words.first, RedisPrompt.commands.contains(first) else { return false }
      command = words
      return true
    }
    if head.hasPrefix("redis ") { head = head.dropFirst(6) }
    if head.last == "]", let bracket = head.lastIndex(of: "[") { head = head[..<bracket] }
    guard head == "not connected" || !head.contains(" ") else { return false }
    if let address = RedisText.hostAndPort(head) {
      keys = RedisText.keys(host: address.host, port: address.port)
    } else if head != "not connected", !head.hasSuffix(".sock") {
      return false
    }
    command = words
    return true
  }

  private static let commands: Set = [
    "info", "slowlog", "config", "client", "latency", "memory", "role", "scan", "keys", "dbsize",
    "bgsave", "save", "set", "get", "ping",
  ]
}
