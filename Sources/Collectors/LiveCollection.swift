import Model

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What a live collection may take, and whom it asks.
package struct CollectionPlan: Sendable {
  /// Seconds in all.
  package var budget = 20.0
  /// How often what changes is looked at, and how many seconds apart; nil: as often as a look of some
  /// seconds needs.
  package var samples: (count: Int, interval: Double)?
  /// Seconds since 1970: logs are taken from there on; nil: the last hour.
  package var since: Double?
  /// Bytes of each log.
  package var logLimit = 8 << 20
  /// Servers to ask besides those that are found.
  package var servers: [RedisTarget] = []
  /// Said to a server that is found only if it asks.
  package var passwordForFound: String?
  /// Look for what runs here.
  package var looksAround = true
  package var root = ""
  package var environment: @Sendable (String) -> String? = { _ in nil }

  package init() {}
}

/// What was collected, and what was not.
package struct LiveEvidence: Sendable {
  package let host: String
  package let started: String
  package let ended: String
  package let files: [CollectedFile]
  package let gaps: [CollectionGap]
  package let services: [ServiceCount]
  package let cost: OwnProcess.Cost
}

/// Collects from this box. Two threads at most: one reads files, which may hang in the kernel; this
/// one asks servers, never waits for anything past its deadline, and answers with what there is.
package func collectLive(_ plan: CollectionPlan) -> LiveEvidence {
  let start = WallClock.sinceBoot
  let started = WallClock.now.utc
  let findings = Findings()
  // The rest is for weighing what was found.
  let deadline = Deadline.after(plan.budget * 0.9)
  let reading = BoxReading(plan: plan, findings: findings, deadline: deadline)
  let needsReading = plan.looksAround
  if needsReading {
    if !startThread({ reading.run() }) { reading.run() }
    InstanceMetadata(environment: plan.environment, deadline: deadline.orAfter(1.5))?
      .collect(findings)
  }
  var asking = ServerAsking(plan: plan, findings: findings, deadline: deadline)
  asking.askNamed()
  if needsReading {
    if findings.waitForScan(until: deadline.orAfter(plan.budget * 0.6)) {
      asking.askFound()
    } else {
      findings.add(
        CollectionGap(
          "Redis servers of this box", .fault,
          "looking through the processes took too long (\(findings.doing)); name them with --redis")
      )
    }
  }
  asking.askAgain()
  if needsReading, !findings.waitForEnd(until: deadline) {
    findings.add(
      CollectionGap(
        findings.doing, .fault,
        "not done when the time was up; what comes after it is missing too (--budget gives more)"))
  }
  if needsReading, !OwnProcess.isRoot {
    findings.add(
      CollectionGap(
        "what only root sees", .privilege,
        "open files, sockets and folders of other users' processes; run as root for those"))
  }
  return LiveEvidence(
    host: reading.hostName, started: started, ended: WallClock.now.utc,
    files: findings.files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) },
    gaps: findings.gaps, services: findings.services, cost: OwnProcess.cost(since: start))
}

/// The part that reads files: the quick and telling ones first.
private struct BoxReading: Sendable {
  let plan: CollectionPlan
  let findings: Findings
  let deadline: Deadline
  let hostName: String
  private let files: SystemFiles

  init(plan: CollectionPlan, findings: Findings, deadline: Deadline) {
    self.plan = plan
    self.findings = findings
    self.deadline = deadline
    files = SystemFiles(root: plan.root)
    hostName = HostCollector(files: files, findings: findings).name
  }

  func run() {
    defer { findings.end() }
    let host = HostCollector(files: files, findings: findings)
    var samples = HostSamples(host: host)
    samples.sample()
    samples.sampleRates()
    samples.files.forEach(findings.add)
    let table = ProcessTable(files: files, findings: findings)
    let redis = RedisDiscovery(files: files, findings: findings).servers(in: table)
    findings.endScan(servers: redis)
    noteWalls(table)
    let logs = ServiceLogs(plan, files: files, findings: findings)
    let discovery = GunicornDiscovery(files: files, findings: findings, logs: logs)
    let masters = discovery.masters(in: table)
    findings.add(table.services(redis: redis.count, gunicorn: masters.count))
    var families = masters.map { found in
      Family(found, table: table, files: files, host: host)
    }
    for index in families.indices { families[index].sample(findings) }
    host.collectSettings()
    noteProcesses(table, apartFrom: families, host: host)
    for family in families { discovery.collect(family.found, workers: family.workers) }
    NginxDiscovery(files: files, findings: findings, logs: logs).collect(in: table)
    host.collectKernelLog(since: logs.since, by: deadline.orAfter(2))
    watch(&samples, &families)
    if !families.isEmpty, plan.samples == nil {
      findings.add(
        CollectionGap(
          "the memory of gunicorn's workers over minutes", .absent,
          "they were watched for some seconds, in which a warm-up looks like a leak: triage collect "
            + "--samples 30 --interval 10s tells them apart"))
    }
  }

  /// What hides the rest of the machine from here.
  private func noteWalls(_ table: ProcessTable) {
    if table.showsOnlySelf {
      findings.add(
        CollectionGap(
          "processes of others", .privilege,
          "/proc does not show them (hidepid, or a container); root on the host sees them"))
    }
    let isContainer =
      files.exists("/.dockerenv") || files.exists("/run/.containerenv")
      || plan.environment("KUBERNETES_SERVICE_HOST") != nil
    if isContainer, plan.root.isEmpty {
      findings.add(
        CollectionGap(
          "the host around this container", .absent,
          "its processes, files and kernel log are not in here: run triage on the host, or mount its "
            + "/ at /host and say --root /host"))
    }
  }

  /// Looks again and again at what changes.
  private func watch(_ samples: inout HostSamples, _ families: inout [Family]) {
    findings.begin("watching memory and load")
    let count = plan.samples?.count ?? (families.isEmpty ? 4 : 14)
    let interval = plan.samples?.interval ?? (families.isEmpty ? 1 : 0.5)
    let start = WallClock.sinceBoot
    for number in 1..<max(2, count) where count > 1 {
      let wait = start + Double(number) * interval - WallClock.sinceBoot
      guard wait < deadline.secondsLeft else {
        findings.add(
          CollectionGap(
            "further samples", .absent, "the time was up after \(number) of \(count)"))
        break
      }
      pause(wait)
      samples.sampleRates()
      if plan.samples != nil { samples.sample() }
      samples.files.forEach(findings.add)
      for index in families.indices { families[index].sample(findings) }
    }
  }

  /// The largest processes, for people and for Redis' memory.
  private func noteProcesses(
    _ table: ProcessTable, apartFrom families: [Family], host: HostCollector
  ) {
    let known = Set(families.flatMap { [$0.found.master.pid] + $0.workers.map(\.pid) })
    let largest = table.entries
      .filter { $0.resident > 0 && !known.contains($0.pid) && $0.pid != Int(getpid()) }
      .sorted { ($0.resident, $1.pid) > ($1.resident, $0.pid) }.prefix(40)
    var list = ProcessSamples(
      files: files, prompt: host.prompt("ps -eo pid,ppid,rss,swap,etime,args --sort -rss"))
    list.sample(Array(largest))
    guard list.count > 0 else { return }
    findings.add(CollectedFile("host/processes.txt", from: "/proc", text: list.text))
  }
}

/// A gunicorn master with its workers, and their memory over time.
private struct Family {
  let found: FoundGunicorn
  let workers: [ProcessEntry]
  private let files: SystemFiles
  private var samples: ProcessSamples
  private var group: MemoryControlGroup?

  init(_ found: FoundGunicorn, table: ProcessTable, files: SystemFiles, host: HostCollector) {
    self.found = found
    self.files = files
    workers = Array(table.children(of: found.master.pid).prefix(256))
    samples = ProcessSamples(
      files: files, prompt: host.prompt("ps -C gunicorn -o pid,ppid,rss,swap,etime,args"))
    group = MemoryControlGroup(of: found.master.pid, files: files)
  }

  mutating func sample(_ findings: Findings) {
    findings.begin("the memory of gunicorn's workers")
    samples.sample([found.master] + workers)
    group?.sample()
    guard samples.count > 0 else { return }
    findings.add(
      CollectedFile("\(found.folder)/workers.txt", from: "/proc", text: samples.text))
    group?.collected(below: found.folder).forEach(findings.add)
  }
}

/// Sleeps; a signal makes it shorter, which does no harm.
func pause(_ seconds: Double) {
  guard seconds > 0 else { return }
  var time = timespec()
  time.tv_sec = Int(seconds)
  time.tv_nsec = Int((seconds - seconds.rounded(.down)) * 1e9)
  nanosleep(&time, nil)
}
