/// A Redis server that runs on this box.
struct FoundRedis: Sendable {
  let pid: Int
  let owner: (user: UInt32, group: UInt32)
  /// Where its own files lie, as seen from here.
  let rootPrefix: String
  /// Ways to ask it, the likeliest first.
  let endpoints: [RedisTarget.Endpoint]
  /// The folder of its evidence: `redis-6379`.
  let folder: String
  /// On its command line.
  let configPath: String?
  let workingFolder: String?
}

/// Finds redis-server, valkey-server and keydb-server among the processes.
struct RedisDiscovery {
  private static let names = ["redis-server", "valkey-server", "keydb-server"]

  let files: SystemFiles
  let findings: Findings

  func servers(in table: ProcessTable) -> [FoundRedis] {
    var found: [FoundRedis] = []
    for process in table.entries where isServer(process) {
      // A child writes a snapshot for its parent.
      if let parent = table[process.parent], isServer(parent) { continue }
      guard found.count < 32 else {
        findings.add(CollectionGap("further Redis servers", .absent, "32 are asked at most"))
        break
      }
      if let server = server(process, taken: found.map(\.folder)) { found.append(server) }
    }
    return found
  }

  private func isServer(_ process: ProcessEntry) -> Bool {
    let first = process.arguments.first ?? ""
    let program = first.split(separator: " ").first?.split(separator: "/").last ?? ""
    return RedisDiscovery.names.contains { program == $0 || process.name == $0 }
      && !process.command.contains("[sentinel]") && !process.command.contains("-for-")
      && !process.command.contains("redis-rdb-bgsave")
      && !process.command.contains("redis-aof-rewrite")
  }

  private func server(_ process: ProcessEntry, taken: [String]) -> FoundRedis? {
    findings.begin("the sockets of process \(process.pid)")
    let titled = RedisDiscovery.titlePort(process.command)
    let sockets = ListeningSockets(of: process.pid, files: files)
    var endpoints: [RedisTarget.Endpoint] = []
    var ports = sockets?.ports ?? []
    if let titled {
      // The bus of a cluster and a TLS port are listened at as well.
      let preferred = ports.filter { $0.port == titled.port }
      ports = preferred + ports.filter { $0.port != titled.port }
      if preferred.isEmpty { ports.insert(titled, at: 0) }
    }
    if ports.isEmpty, sockets == nil { ports = [("127.0.0.1", 6379)] }
    let own = files.link("/proc/self/ns/net")
    let its = files.link("/proc/\(process.pid)/ns/net")
    let isElsewhere = own != nil && its != nil && own != its
    for (address, port) in ports where port != (titled?.port ?? 0) + 10_000 {
      var host = ListeningSockets.reachable(address)
      if isElsewhere, host == "127.0.0.1" || host == "::1" {
        guard let address = containerAddress(of: process.pid) else { continue }
        host = address
      }
      let endpoint = RedisTarget.Endpoint.network(host: host, port: port)
      if !endpoints.contains(endpoint) { endpoints.append(endpoint) }
    }
    let prefix = ProcessTable.rootPrefix(of: process.pid, files: files)
    for path in sockets?.paths ?? [] { endpoints.append(.socket(path: prefix + path)) }
    let port = ports.first?.port
    var folder = port.map { "redis-\($0)" } ?? "redis"
    if taken.contains(folder) { folder += "-pid-\(process.pid)" }
    guard !endpoints.isEmpty else {
      findings.add(
        CollectionGap(
          "redis-server, process \(process.pid)", isElsewhere ? .absent : .fault,
          isElsewhere
            ? "it runs in a network of its own (a container): give its address with --redis, or "
              + "run triage in there"
            : "it listens nowhere"))
      return nil
    }
    let config = process.arguments.dropFirst().first { !$0.hasPrefix("-") && $0.contains("/") }
    return FoundRedis(
      pid: process.pid, owner: process.owner, rootPrefix: prefix,
      endpoints: Array(endpoints.prefix(3)), folder: folder, configPath: config,
      workingFolder: files.link("/proc/\(process.pid)/cwd"))
  }

  /// `redis-server 127.0.0.1:6379`, `redis-server *:6380 [cluster]`, `redis-server --port 6390`.
  static func titlePort(_ command: String) -> (address: String, port: Int)? {
    let words = command.split(separator: " ")
    for (index, word) in words.enumerated().dropFirst() {
      if word == "--port", words.indices.contains(index + 1), let port = Int(words[index + 1]),
        (1...65_535).contains(port)
      {
        return ("127.0.0.1", port)
      }
      guard index == 1, let colon = word.lastIndex(of: ":"),
        let port = Int(word[word.index(after: colon)...]), (1...65_535).contains(port)
      else { continue }
      let host = word[..<colon].filter { $0 != "[" && $0 != "]" }
      return (host == "*" || host.isEmpty ? "127.0.0.1" : host == "::*" ? "::1" : host, port)
    }
    return nil
  }

  /// The address of a container, which its host can reach.
  private func containerAddress(of pid: Int) -> String? {
    let text = files.textIfAny("/proc/\(pid)/net/fib_trie", limit: 256 << 10) ?? ""
    var last = ""
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == "|--" { last = String(words[1]) }
      if line.contains("/32 host LOCAL"), !last.hasPrefix("127."), !last.isEmpty { return last }
    }
    return nil
  }
}
