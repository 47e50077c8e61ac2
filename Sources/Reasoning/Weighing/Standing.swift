import Model

/// How the service or container of a server stands: whom to ask for its last words, and that a server
/// which is down answers nobody.
struct Standing {
  private let role: String
  private let isPod: Bool
  private let isContainer: Bool
  private let isService: Bool
  /// It does not run, or ends again and again.
  let isDown: Bool
  /// INFO was given: it did answer.
  private let hasAnswered: Bool

  /// Nil where nothing is known of how it stands.
  init?(of kind: SubjectKind, _ view: SubjectView) {
    let named: [SubjectKind: String] = [.app: "app", .redis: "redis", .proxy: "nginx"]
    guard let role = named[kind] else { return nil }
    func text(_ name: String) -> String? { view.fact("\(role).\(name)")?.value.text }
    let manager = text("container.manager")
    let state = text("container.state")
    let service = text("service.active")
    guard manager != nil || service != nil else { return nil }
    self.role = role
    isPod = manager == "kubernetes"
    isContainer = manager == "docker"
    isService = manager == nil
    isDown =
      ["failed", "inactive"].contains(service)
      || ["restarting", "exited", "dead", "terminated"].contains(state)
    hasAnswered = role == "redis" && view.fact("redis.server.uptime_in_seconds") != nil
  }

  /// The command that tells the fact as things stand; nil where none does.
  func command(for fact: String, instead collect: String) -> String? {
    if isDown, !hasAnswered, collect.utf8Range(of: "redis-cli") != nil { return nil }
    // What manages it is known: another manager knows nothing of it.
    if fact.hasPrefix("\(role).service.") { return isService ? collect : nil }
    if fact.hasPrefix("\(role).container.") {
      return isPod ? "kubectl describe pod POD" : isContainer ? collect.containerOnly : nil
    }
    guard isLog(collect) else { return collect }
    if isPod {
      return isDown
        ? "kubectl describe pod POD; kubectl logs POD --previous --tail 5000"
        : "kubectl logs POD --tail 5000"
    }
    if isContainer { return "docker logs --timestamps --tail 5000 CONTAINER 2>&1" }
    guard isDown, role != "app" else { return collect }
    let unit = role == "redis" ? "redis-server" : role
    return "journalctl -u \(unit) --utc --no-pager -n 200; sudo \(collect)"
  }

  /// It brings what a server that is down said last, and how it ended.
  func isLastWord(_ collect: String) -> Bool { isDown && isLog(collect) }

  private func isLog(_ collect: String) -> Bool {
    let logs = ["redis-server.log", "journalctl -u ", "/var/log/nginx/error.log"]
    return logs.contains { collect.utf8Range(of: $0) != nil }
  }
}

extension String {
  /// `docker inspect CONTAINER; kubectl describe pod POD` without what asks Kubernetes.
  fileprivate var containerOnly: String {
    utf8Replacing("; kubectl describe pod POD", with: "")
  }
}
