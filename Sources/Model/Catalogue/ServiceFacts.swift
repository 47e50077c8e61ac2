/// How services and containers stand, as their managers tell: of the application, of Redis and of nginx.
let serviceFacts: [FactGroup] =
  serviceFacts(of: .app, "app", unit: "APP")
  + serviceFacts(of: .redis, "redis", unit: "redis-server")
  + serviceFacts(of: .proxy, "nginx", unit: "nginx") + [processFacts, exporterFacts]

private let processFacts = FactGroup(
  subject: .redis, source: "Linux kernel log; systemd journal",
  collect: "sudo journalctl --since -2h",
  [
    .init(
      "redis.process.faults", .count,
      "Ends of the server by the signal of a fault (SEGV, BUS, ILL, FPE, ABRT), as the host's logs tell.",
      fold: .max),
    .init(
      "redis.process.faults.age", .seconds, "Time from the last of them to the end of that log.",
      fold: .min),
    .init(
      "redis.process.limit_kills", .count,
      "Kills of the server by the kernel at the memory limit of its service or container.",
      fold: .max),
    .init(
      "redis.process.limit_kills.age", .seconds,
      "Time from the last of them to the end of that log.",
      fold: .min),
  ])

private func serviceFacts(of kind: SubjectKind, _ name: String, unit: String) -> [FactGroup] {
  [
    FactGroup(
      subject: kind, source: "systemctl(1)", collect: "systemctl status \(unit).service --no-pager",
      [
        .init(
          "\(name).service.active", .text, "State of the service.",
          values: [
            "active", "reloading", "inactive", "failed", "activating", "deactivating",
            "maintenance",
          ]),
        .init("\(name).service.result", .text, "Why it stands so (exit-code, signal, oom-kill)."),
        .init("\(name).service.exit_status", .count, "Exit status of the main process."),
        .init("\(name).service.exit_signal", .text, "Signal that ended the main process."),
        .init("\(name).service.restarts", .count, "Restarts by the service manager."),
        .init("\(name).service.since", .time, "Since when the service is in its state."),
        .init("\(name).service.memory", .bytes, "Memory that the service's cgroup holds."),
        .init("\(name).service.tasks", .count, "Tasks of the service."),
      ]),
    FactGroup(
      subject: kind,
      source:
        "docker inspect, docker ps, kubectl describe pod, kubectl get pods, kubectl get events",
      collect: "docker inspect CONTAINER; kubectl describe pod POD",
      [
        .init(
          "\(name).container.state", .text,
          "State of the container; restarting stands for CrashLoopBackOff, too."),
        .init(
          "\(name).container.manager", .text, "Who runs the container.",
          values: ["docker", "kubernetes"]),
        .init(
          "\(name).container.oom_killed", .flag, "The kernel killed in the container for memory."),
        .init("\(name).container.exit_code", .count, "Exit code of the container; 137 is SIGKILL."),
        .init("\(name).container.exit_signal", .text, "The signal that its exit code stands for."),
        .init("\(name).container.restarts", .count, "Restarts of the container."),
        .init(
          "\(name).container.health", .text,
          "What its health check says; unhealthy is a failed liveness probe, too."),
        .init(
          "\(name).container.evicted_for", .text,
          "What its node was short of as it ended the pod (memory, ephemeral-storage)."),
      ]),
  ]
}

private let exporterFacts = FactGroup(
  subject: .redis, source: "redis_exporter, redis_up", collect: "curl -s {host}:9121/metrics",
  [
    .init("redis.exporter.up", .flag, "The exporter of Prometheus reached the server.")
  ])
