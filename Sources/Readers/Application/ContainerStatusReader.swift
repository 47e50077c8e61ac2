import Model
import YAML

/// How containers stand: `docker inspect`, `docker ps -a`, `docker compose ps -a`, `kubectl get pods`.
///
/// ```
/// "State": { "OOMKilled": true, "ExitCode": 137 }
/// 0c1e2d3f4a5b   redis:7-alpine   "docker-entrypoint.s…"   2 days ago   Exited (137) 5 minutes ago   shop-redis-1
/// redis-0                  0/1     CrashLoopBackOff   7 (2m11s ago)   1h
/// ```
enum ContainerStatusReader: DocumentReader {
  static let kind = EvidenceKind.serviceStatus

  static func recognises(_ sample: Sample) -> Recognition {
    if sample.looksLikeJSON {
      return sample.text.contains("\"OOMKilled\"") && sample.text.contains("\"ExitCode\"")
        ? .certain : .no
    }
    return sample.lines.contains { Table(head: $0) != nil } ? .certain : .no
  }

  static func read(_ document: Document, context: ReadingContext, into page: inout Page) {
    let lines = document.lines
    if Sample(name: document.name, head: document.bytes).looksLikeJSON {
      readInspect(document, lines, into: &page)
    } else {
      readTable(lines, into: &page)
    }
  }

  // MARK: docker inspect

  private static func readInspect(
    _ document: Document, _ lines: [String], into page: inout Page
  ) {
    let nodes: [Node]
    do {
      let parsed = try parseJSON(document.bytes)
      if parsed.isTruncated { page.warn("the JSON is cut; what stands before the cut was read") }
      nodes = parsed.nodes
    } catch {
      page.warn(error.message, line: error.line)
      return
    }
    let containers = page.first(
      ServicePart.limit, of: nodes.flatMap { $0.sequence ?? [$0] }, "containers"
    ).map { Inspected($0) }
    let counts = ServicePart.counts(containers.map(\.role))
    for container in containers {
      guard let role = container.role, role != .proxy || !container.isWell else { continue }
      let several = counts[role] ?? 0 > 1
      let part = ServicePart(role, name: container.service, several: several, in: &page)
      container.record(part, lines, into: &page)
    }
  }

  /// One container of `docker inspect`.
  private struct Inspected {
    let node: Node
    let role: ServicePart.Role?
    let service: String?

    init(_ node: Node) {
      self.node = node
      let name = node["Name"]?.text.map { String($0.drop { $0 == "/" }) }
      role = ServicePart.Role(image: node[["Config", "Image"]]?.text ?? "", name: name ?? "")
      service = node[["Config", "Labels", "com.docker.compose.service"]]?.text ?? name
    }

    /// Whether it runs, or ended as it should.
    var isWell: Bool {
      let state = node["State"] ?? node
      return state["Status"]?.text != "restarting" && state["ExitCode"]?.number ?? 0 == 0
    }

    func record(_ part: ServicePart, _ lines: [String], into page: inout Page) {
      func origin(_ node: Node) -> Origin { Document.origin(node.line, in: lines) }
      let state = node["State"] ?? node
      if let status = state["Status"], let text = status.text {
        part.record(containerState: text, of: .docker, origin: origin(status), into: &page)
      }
      // Reset at each start: of one that runs, false tells nothing of its last end.
      let isRunning = state["Running"]?.bool ?? false
      if let killed = state["OOMKilled"], let flag = killed.bool, flag || !isRunning {
        part.record("container.oom_killed", .flag(flag), origin: origin(killed), into: &page)
        if flag, node[["HostConfig", "Memory"]]?.number == 0 {
          part.recordKillOfHost(origin: origin(killed), into: &page)
        }
      }
      if !isRunning, let code = state["ExitCode"],
        let number = code.number.flatMap(Int.init(exactly:))
      {
        part.record(exitCode: number, origin: origin(code), into: &page)
      }
      if let restarts = node["RestartCount"], let number = restarts.number {
        part.record("container.restarts", number, origin: origin(restarts), into: &page)
      }
      if isRunning, let health = state[["Health", "Status"]], let text = health.text {
        part.record("container.health", .text(text), origin: origin(health), into: &page)
      }
      func limit(_ name: String, _ scale: Double) -> (Double, Origin)? {
        guard let node = node[["HostConfig", name]], let number = node.number else { return nil }
        return (number / scale, origin(node))
      }
      part.recordLimits(memory: limit("Memory", 1), cpus: limit("NanoCpus", 1e9), into: &page)
      if part.role == .app, let restart = node[["HostConfig", "RestartPolicy", "Name"]],
        let text = restart.text
      {
        page.record("app.restart", .text(text), of: part.subject, origin: origin(restart))
      }
    }
  }

  // MARK: tables

  /// What the columns of a table are.
  private enum Table {
    case docker, compose
    case pods(namespaced: Bool)

    init?(head line: String) {
      let words = line.fields
      if line.bare.hasPrefix("CONTAINER ID"), words.contains("STATUS"), words.contains("NAMES") {
        self = .docker
      } else if words.first == "NAME", words.contains("IMAGE"), words.contains("STATUS") {
        self = .compose
      } else if words.contains("READY"), words.contains("STATUS"), words.contains("RESTARTS"),
        words.contains("AGE"), let first = words.first, first == "NAME" || first == "NAMESPACE"
      {
        self = .pods(namespaced: first == "NAMESPACE")
      } else {
        return nil
      }
    }
  }

  /// A line of a table.
  private struct Row {
    var role: ServicePart.Role?
    var name: String
    /// As `docker inspect` names states: running, exited, restarting.
    var state: String
    var exitCode: Int?
    var restarts: Double?
    var isKilledForMemory = false
    var isUnhealthy = false
    var manager = ServicePart.Manager.docker
    /// Weeks and more ago: what has long been replaced.
    var isOld = false

    init?(_ line: String, _ table: Table) {
      let words = line.fields
      switch table {
      case .docker, .compose:
        guard words.count > 3, let last = words.last else { return nil }
        let image = String(words[1])
        if case .docker = table { name = String(last) } else { name = String(words[0]) }
        role = ServicePart.Role(image: image, name: name)
        if let ended = Row.state(of: line, "Exited (") ?? Row.state(of: line, "Restarting (") {
          (state, exitCode) = ended
        } else if words.contains("Up") {
          state = "running"
          isUnhealthy = line.contains("(unhealthy)")
        } else {
          return nil
        }
        let end = line.split(separator: "Exited (", maxSplits: 1).dropFirst().first ?? ""
        isOld = ["weeks ago", "months ago", "years ago"].contains { end.contains($0) }
      case .pods(let namespaced):
        let words = words.dropFirst(namespaced ? 1 : 0)
        guard words.count >= 4, line.fields.first != clusterNamespace, let pod = words.first,
          let ready = words.dropFirst().first,
          ready.contains("/")
        else { return nil }
        name = podOwner(pod)
        manager = .kubernetes
        role = ServicePart.Role(name: name)
        let status = words.dropFirst(2).first ?? ""
        restarts = words.dropFirst(3).first.flatMap { Double($0) }
        isKilledForMemory = status == "OOMKilled"
        switch status {
        case "CrashLoopBackOff": state = "restarting"
        // Of a job, which is not started again, it is the end.
        case "OOMKilled", "Error": state = restarts ?? 0 > 0 ? "restarting" : "exited"
        default: state = status.lowercased()
        }
      }
    }

    /// An application that was asked to end, as a deploy does: with 0, or by INT or TERM, 128 + 2 and + 15.
    /// To be heard of would make it the owner of the log of what runs in its place.
    private var isRetired: Bool {
      role == .app && state == "exited" && [0, 130, 143].contains(exitCode ?? 0)
    }

    /// How badly off it is, for comparing; 0 where it is well. A list of what runs asks for nothing.
    var trouble: Int {
      if isKilledForMemory { return 3 }
      if isRetired { return 0 }
      return state == "restarting"
        ? 2 : isUnhealthy || state == "exited" && exitCode != 0 ? 1 : 0
    }

    func record(_ part: ServicePart, origin: Origin, into page: inout Page) {
      // Jobs that ran once stand in such lists, too: that one of them ended is not that the service is down.
      if part.role != .app || state != "exited" {
        part.record(containerState: state, of: manager, origin: origin, into: &page)
      }
      if let exitCode { part.record(exitCode: exitCode, origin: origin, into: &page) }
      if let restarts { part.record("container.restarts", restarts, origin: origin, into: &page) }
      if isUnhealthy {
        part.record("container.health", .text("unhealthy"), origin: origin, into: &page)
      }
      if isKilledForMemory {
        part.record("container.oom_killed", .flag(true), origin: origin, into: &page)
      }
    }

    /// `Exited (137) 5 minutes ago`
    private static func state(of line: String, _ mark: String) -> (String, Int)? {
      guard let tail = line.split(separator: mark, maxSplits: 1).dropFirst().first,
        let code = Int(tail.prefix(while: \.isNumber))
      else { return nil }
      return (mark.hasPrefix("Exited") ? "exited" : "restarting", code)
    }
  }

  private static func readTable(_ lines: [String], into page: inout Page) {
    var table: Table?
    var rows: [(row: Row, line: Int)] = []
    // Redis servers that ended as they were asked to: told where no other runs in their place.
    var stopped: [(row: Row, line: Int)] = []
    var redisRuns = false
    for (index, line) in page.first(2000, of: Array(lines.enumerated()), "lines") {
      if let head = Table(head: line) {
        table = head
      } else if let table, let row = Row(line, table), let role = row.role {
        if role == .redis {
          redisRuns = redisRuns || row.state == "running"
          let isStopped = row.state == "exited" && row.exitCode == 0
          if isStopped, !row.isOld { stopped.append((row, index + 1)) }
        }
        guard row.trouble > 0 else { continue }
        guard !row.isOld else {
          page.warn("'\(row.name.prefix(60))' ended weeks ago: taken for replaced", line: index + 1)
          continue
        }
        // Of several that do the same the one that is worst off tells most.
        let same = rows.firstIndex { $0.row.role == role && $0.row.name == row.name }
        if let same {
          if row.trouble > rows[same].row.trouble { rows[same] = (row, index + 1) }
        } else {
          rows.append((row, index + 1))
        }
      }
    }
    if !redisRuns, !rows.contains(where: { $0.row.role == .redis }), stopped.count == 1 {
      rows += stopped
    }
    let counts = ServicePart.counts(rows.map(\.row.role))
    for (row, line) in rows {
      guard let role = row.role else { continue }
      let several = counts[role] ?? 0 > 1
      let part = ServicePart(role, name: row.name, several: several, in: &page)
      row.record(part, origin: Document.origin(line, in: lines), into: &page)
    }
  }
}
