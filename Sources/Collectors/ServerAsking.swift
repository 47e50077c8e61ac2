import Model

/// Asks the Redis servers that were named and those that run here, each within its share of the time.
struct ServerAsking {
  let plan: CollectionPlan
  let findings: Findings
  let deadline: Deadline
  /// Those that answered, with the file that their INFO is in.
  private var answering: [(target: RedisTarget, folder: String, info: String)] = []

  init(plan: CollectionPlan, findings: Findings, deadline: Deadline) {
    self.plan = plan
    self.findings = findings
    self.deadline = deadline
  }

  mutating func askNamed() {
    // Some are left for those that are found.
    var left = plan.servers.count + 1
    for target in plan.servers {
      let folder = "redis-" + target.address.map { $0 == ":" || $0 == "/" ? "-" : "\($0)" }.joined()
      switch collectRedis(target, budget: budget(shared: left)) {
      case .success(let evidence): take(evidence, of: target, folder: folder, found: nil)
      case .failure(let error):
        findings.add(CollectionGap("\(target)", .fault, "\(error)"))
        add(error.reply, of: target, folder: folder)
      }
      left -= 1
    }
  }

  mutating func askFound() {
    let named = Set(plan.servers.map(\.address))
    let found = findings.servers.filter { server in
      !server.endpoints.contains { endpoint in
        named.contains(RedisTarget(found: endpoint, password: nil).address)
      }
    }
    for (index, server) in found.enumerated() { ask(server, left: found.count - index) }
  }

  private func budget(shared servers: Int) -> RedisBudget {
    var budget = RedisBudget()
    let share = deadline.secondsLeft * 0.8 / Double(max(1, servers))
    budget.total = min(10, max(0.5, share))
    budget.connect = min(2, budget.total / 2)
    budget.command = min(2, budget.total / 2)
    return budget
  }

  private mutating func ask(_ server: FoundRedis, left: Int) {
    var first: CollectError?
    for (index, endpoint) in server.endpoints.enumerated() {
      let target = RedisTarget(found: endpoint, password: plan.passwordForFound)
      var budget = budget(shared: left)
      // A second way to the same server is no second chance to wait as long.
      if index > 0 { (budget.connect, budget.command) = (0.5, 0.5) }
      switch collectRedis(target, budget: budget) {
      case .success(let evidence):
        return take(evidence, of: target, folder: server.folder, found: server)
      case .failure(let error): first = first ?? error
      }
    }
    guard let first, let endpoint = server.endpoints.first else { return }
    let target = RedisTarget(found: endpoint, password: nil)
    findings.add(
      CollectionGap("\(target)", .fault, "\(first)" + state(of: server)))
    add(first.reply, of: target, folder: server.folder)
    addFiles(of: server, info: "", settings: [:])
  }

  /// What a server says that refuses to be asked (at its maxclients, for one) is evidence too.
  private func add(_ reply: String?, of target: RedisTarget, folder: String) {
    guard let reply else { return }
    let place =
      switch target.endpoint {
      case .network(let host, let port): "-h \(host) -p \(port)"
      case .socket(let path): "-s \(path)"
      }
    findings.add(
      CollectedFile(
        "\(folder)/refusal.txt", from: "\(target) PING",
        text: "$ redis-cli \(place) ping\n(error) \(shown(reply))\n"))
  }

  /// A stopped process explains its silence.
  private func state(of server: FoundRedis) -> String {
    let files = SystemFiles(root: plan.root)
    guard let process = ProcessTable.entry(server.pid, files: files) else {
      return "; its process \(server.pid) has ended"
    }
    switch process.state {
    case "T", "t":
      return
        "; its process \(server.pid) is stopped by a signal: kill -CONT \(server.pid) lets it run"
    case "D": return "; its process \(server.pid) waits in the kernel, mostly for a disk"
    default: return "; its process is \(server.pid), in state \(process.state)"
    }
  }

  private mutating func take(
    _ evidence: RedisEvidence, of target: RedisTarget, folder: String, found: FoundRedis?
  ) {
    for answer in evidence.answers {
      findings.add(
        CollectedFile(
          "\(folder)/\(answer.file)", from: "\(target) \(answer.name)", text: answer.text))
    }
    for warning in evidence.warnings {
      findings.add(
        CollectionGap("\(target)", evidence.isCutShort ? .fault : .privilege, warning))
    }
    let info = evidence.answers.first { $0.kind == .redisInfo }?.text ?? ""
    answering.append((target, folder, info))
    guard let found else { return }
    let words = evidence.answers.first { $0.kind == .redisConfig }?.text.split(
      separator: "\n", omittingEmptySubsequences: false)
    var settings: [Substring: Substring] = [:]
    for pair in stride(from: 0, to: (words?.count ?? 0) - 1, by: 2) {
      settings[words?[pair] ?? ""] = words?[pair + 1]
    }
    addFiles(of: found, info: info, settings: settings)
  }

  /// The server's own configuration and log: where it says they are, else where packages put them.
  private func addFiles(
    of server: FoundRedis, info: String, settings: [Substring: Substring]
  ) {
    let logs = ServiceLogs(plan, files: SystemFiles(root: plan.root), findings: findings)
    let lines = info.split(whereSeparator: \.isNewline)
    let stated = lines.first { $0.hasPrefix("config_file:") }.map { String($0.dropFirst(12)) }
    let configs = [stated, server.configPath].compactMap { $0 }.filter { !$0.isEmpty }
    let isOnly = findings.servers.count == 1
    let usual = isOnly && info.isEmpty ? ["/etc/redis/redis.conf", "/etc/valkey/valkey.conf"] : []
    for path in configs.prefix(1) + (configs.isEmpty ? usual[...] : []) {
      guard let path = absolute(path, in: server.workingFolder) else { continue }
      logs.addConfig(
        server.rootPrefix + path, as: "\(server.folder)/redis.conf", of: server.owner,
        isExpected: false)
    }
    var paths: [String] = []
    if let log = settings["logfile"], !log.isEmpty {
      let folder = settings["dir"].map(String.init) ?? server.workingFolder
      paths = [absolute(String(log), in: folder)].compactMap { $0 }
    } else if isOnly, settings["logfile"] == nil {
      paths = [
        "/var/log/redis/redis-server.log", "/var/log/redis/redis.log",
        "/var/log/valkey/valkey.log",
      ].filter { logs.files.exists(server.rootPrefix + $0) }
    } else if settings["logfile"] != nil {
      logs.addJournal(
        of: server.pid, as: "\(server.folder)/journal.log",
        what: "the log of Redis (process \(server.pid))")
    }
    for path in paths.prefix(1) {
      logs.add(server.rootPrefix + path, folder: server.folder, of: server.owner)
    }
  }

  private func absolute(_ path: String, in folder: String?) -> String? {
    path.hasPrefix("/") ? path : folder.map { "\($0)/\(path)" }
  }

  /// INFO at every further sample that was asked for.
  mutating func askAgain() {
    guard let samples = plan.samples, samples.count > 1, !answering.isEmpty else { return }
    let start = WallClock.sinceBoot
    for number in 1..<samples.count {
      let wait = start + Double(number) * samples.interval - WallClock.sinceBoot
      guard wait + 1 < deadline.secondsLeft else { return }
      pause(wait)
      for index in answering.indices {
        let (target, folder, _) = answering[index]
        guard let more = askInfo(target, budget: budget(shared: answering.count)) else { continue }
        answering[index].info += "\r\n# captured \(WallClock.now.utc)\r\n\(more)"
        findings.add(
          CollectedFile(
            "\(folder)/info.txt", from: "\(target) INFO", text: answering[index].info))
      }
    }
  }
}
