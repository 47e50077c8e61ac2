/// Facts that the Application readers record: what an application logs of its Redis, how its
/// service is set up and how it stands.
let applicationFacts: [FactGroup] = [
  FactGroup(
    subject: .app,
    source:
      "client libraries: Lettuce, Jedis, redis-py, Celery, ioredis, go-redis, redis-rb, phpredis",
    collect: "journalctl -u APP --utc --no-pager",
    [
      .init("app.errors", .count, "Log lines of level ERROR or worse.", tally: true),
      .init("app.redis.errors", .count, "Errors against Redis of any class.", tally: true),
      .init(
        "app.redis.timeouts", .count, "Commands to Redis that were not answered in time.",
        tally: true),
      .init("app.redis.refused", .count, "Connections that Redis' host refused.", tally: true),
      .init("app.redis.resets", .count, "Connections to Redis that broke.", tally: true),
      .init(
        "app.redis.max_clients", .count, "Connections refused for maxclients.", tally: true),
      .init(
        "app.redis.misconf", .count, "Writes refused because Redis cannot save (MISCONF).",
        tally: true),
      .init(
        "app.redis.readonly", .count, "Writes refused by a replica (READONLY).", tally: true),
      .init(
        "app.redis.unblocked", .count,
        "Blocking commands thrown out because the server became a replica (UNBLOCKED).",
        tally: true),
      .init(
        "app.redis.oom", .count, "Writes refused because maxmemory is reached (OOM).", tally: true),
      .init(
        "app.redis.loading", .count, "Commands refused while Redis loads its data (LOADING).",
        tally: true),
      .init(
        "app.redis.auth", .count,
        "Connections or commands refused for the password or the user (NOAUTH, WRONGPASS).",
        tally: true),
      .init(
        "app.redis.cluster", .count,
        "Commands refused because a cluster or a master is away (CLUSTERDOWN, MASTERDOWN).",
        tally: true),
      .init(
        "app.redis.pool_exhausted", .count, "Requests for which the connection pool had nothing.",
        tally: true),
      .init(
        "app.redis.unreachable", .count, "Connections to Redis that nobody answered.",
        tally: true),
      .init(
        "app.redis.no_local_port", .count,
        "Connections to Redis, not on the loopback, for which the host had no local port left.",
        tally: true),
      .init(
        "app.celery.killed", .count, "Processes of Celery workers that got SIGKILL.", fold: .sum,
        tally: true),
      .init(
        "app.redis.tls", .count,
        "Connections to Redis that failed for a certificate, or TLS on one side alone.",
        tally: true),
      .init(
        "app.redis.error_rate_peak", .perSecond, "Redis errors in the busiest ten seconds.",
        fold: .max),
      .init(
        "app.redis.retry_interval", .seconds,
        "Median time between consecutive failures of one thread or worker."),
      .init("app.redis.slow", .count, "Redis calls that the application calls slow.", tally: true),
      .init("app.redis.slowest", .seconds, "Slowest Redis call logged.", fold: .max),
      .init("app.redis.target", .text, "Redis that the errors name: host and port."),
      .init("app.redis.mostly", .text, "What most of the errors against Redis are."),
      .init("app.redis.first_error", .time, "First error against Redis.", fold: .min),
      .init("app.redis.last_error", .time, "Last error against Redis.", fold: .max),
    ]),
  FactGroup(
    subject: .app, source: "Compose specification; systemd.service(5); Dockerfile reference",
    collect: "systemctl cat APP.service",
    [
      .init("app.memory_limit", .bytes, "Most memory that the service may use."),
      .init("app.cpus", .count, "CPUs that the service may use."),
      .init(
        "app.restart", .text, "When the service manager restarts the service; no is never."),
      .init("app.healthcheck", .text, "Command or path that checks the service's health."),
      .init("app.healthcheck_interval", .seconds, "Time between checks of the service's health."),
    ]),
]
