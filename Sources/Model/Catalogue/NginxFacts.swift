/// Facts that the nginx readers record: access log, error log, configuration, and the
/// configurations of those who probe.
let nginxFacts: [FactGroup] =
  nginxAccessFacts + nginxErrorFacts + nginxConfigFacts + probeFacts
  + applicationConfigFacts

private let nginxAccessFacts = [
  FactGroup(
    subject: .proxy, source: "nginx access log",
    collect: "cat /var/log/nginx/access.log",
    [
      .init("nginx.access.requests", .count, "Requests in the log.", fold: .sum, tally: true),
      .init("nginx.access.uploads", .count, "POST and PUT requests.", fold: .sum, tally: true),
      .init(
        "nginx.access.status.5xx", .count, "Answers with a status of 500 to 599.", fold: .sum,
        tally: true),
      .init(
        "nginx.access.status.4xx", .count, "Answers with a status of 400 to 499.", fold: .sum,
        tally: true),
      .init(
        "nginx.access.status.499", .count, "Requests whose client went away before the answer.",
        fold: .sum, tally: true),
      .init("nginx.access.status.500", .count, "Answers with status 500.", fold: .sum, tally: true),
      .init(
        "nginx.access.status.502", .count, "Answers with status 502: the upstream failed.",
        fold: .sum, tally: true),
      .init("nginx.access.status.503", .count, "Answers with status 503.", fold: .sum, tally: true),
      .init(
        "nginx.access.status.504", .count, "Answers with status 504: the upstream was too slow.",
        fold: .sum, tally: true),
      .init(
        "nginx.access.error_share", .fraction, "Share of requests answered with 5xx.", fold: .max),
      .init(
        "nginx.access.peak_error_share", .fraction,
        "Share of 5xx in the worst five minutes with at least ten requests.", fold: .max),
      .init(
        "nginx.access.error_minutes", .count,
        "Minutes in which at least 5 % and at least three requests were answered with 5xx.",
        fold: .sum, tally: true),
      .init(
        "nginx.access.errors_at_end", .count,
        "Requests answered with 5xx in the bad minutes in which the log ends, where they are half of "
          + "all or more."),
      .init(
        "nginx.access.longest_error_run", .seconds,
        "Longest run of such minutes; minutes without any request do not break it.", fold: .max),
      .init(
        "nginx.access.request_time.p50", .seconds, "Median request time, 1.6 % off at most.",
        fold: .max),
      .init(
        "nginx.access.request_time.p95", .seconds,
        "Time that 95 % of requests did not exceed, 1.6 % off at most.", fold: .max),
      .init(
        "nginx.access.request_time.p99", .seconds,
        "Time that 99 % of requests did not exceed, 1.6 % off at most.", fold: .max),
      .init("nginx.access.request_time.max", .seconds, "Time of the slowest request.", fold: .max),
      .init(
        "nginx.access.request_time.baseline", .seconds,
        "Median of the medians of request time in pieces of five minutes, 6 % off at most.",
        fold: .min),
      .init(
        "nginx.access.request_time.worst_p50", .seconds,
        "Highest median of request time in a piece of five minutes, 6 % off at most.",
        fold: .max),
      .init(
        "nginx.access.rate.median", .perSecond, "Requests a second in the median minute.",
        fold: .max),
      .init(
        "nginx.access.rate.peak", .perSecond, "Requests a second in the busiest minute.",
        fold: .max),
      .init(
        "nginx.access.surge", .count,
        "Busiest ten minutes of a sudden surge against the median minute before; 1 where none was.",
        fold: .max),
      .init("nginx.access.surge.start", .time, "Start of the surge.", fold: .min),
      .init(
        "nginx.access.surge.every", .seconds,
        "How far apart surges come, where at least four keep a beat.", fold: .min),
      .init("nginx.access.surge.duration", .seconds, "How long the surge lasted.", fold: .max),
      .init("nginx.access.surge.top_agent", .text, "Commonest user agent of the surge."),
      .init(
        "nginx.access.surge.top_agent_share", .fraction,
        "Its share of the requests in the surge.", fold: .max),
      .init("nginx.access.surge.top_client", .text, "Commonest client address of the surge."),
      .init(
        "nginx.access.surge.top_client_share", .fraction,
        "Its share of the requests in the surge.", fold: .max),
      .init(
        "nginx.access.path.requests", .count, "Requests of one of the ten commonest paths.",
        fold: .max),
      .init(
        "nginx.access.agent.requests", .count,
        "Requests of one of the ten commonest user agents.", fold: .max),
      .init(
        "nginx.access.client.requests", .count, "Requests of one of the ten commonest clients.",
        fold: .max),
      .init(
        "nginx.periodic.clients", .count,
        "Clients that ask for one thing at a steady beat of one second to one hour.", fold: .max,
        tally: true),
      .init(
        "nginx.periodic.period", .seconds, "Mean gap between requests of a periodic client.",
        fold: .min),
      .init(
        "nginx.periodic.jitter", .seconds,
        "Deviation of the gaps of a periodic client; stamps of whole seconds make up to 0.6.",
        fold: .max),
      .init("nginx.periodic.count", .count, "Requests of a periodic client.", fold: .max),
      .init(
        "nginx.periodic.span", .seconds, "First to last request of a periodic client.", fold: .max),
      .init("nginx.periodic.status", .count, "Status that a periodic client gets.", fold: .max),
      .init("nginx.periodic.path", .text, "Path that a periodic client asks for, without query."),
      .init("nginx.periodic.method", .text, "Method of a periodic client."),
      .init("nginx.periodic.agent", .text, "User agent of a periodic client."),
      .init("nginx.periodic.client", .text, "Address of a periodic client, where logged."),
      .init(
        "nginx.periodic.follows", .text,
        "Path that the same client asks within a second of each redirect, at the same beat."),
      .init(
        "nginx.health.path", .text,
        "Path that by its name tells health, asked by periodic clients and answered 200."),
      .init(
        "nginx.health.requests", .count, "Requests of periodic clients for that path.", fold: .max),
    ])
]

private let nginxErrorFacts = [
  FactGroup(
    subject: .proxy, source: "nginx error log", collect: "cat /var/log/nginx/error.log",
    [
      .init("nginx.error.lines", .count, "Lines of the error log.", fold: .sum, tally: true),
      .init(
        "nginx.error.connection_refused", .count,
        "Connections that the upstream refused (111): nothing listens there.", fold: .sum,
        tally: true),
      .init(
        "nginx.error.backlog_full", .count,
        "Connections refused by a full accept queue (11: Resource temporarily unavailable).",
        fold: .sum, tally: true),
      .init(
        "nginx.error.socket_missing", .count, "Upstream sockets that do not exist (2).",
        fold: .sum, tally: true),
      .init(
        "nginx.error.unreachable", .count,
        "Upstreams to which there is no way (113, 101), or whose name could not be resolved.",
        fold: .sum, tally: true),
      .init(
        "nginx.error.permission", .count, "Upstream sockets that nginx may not open (13).",
        fold: .sum, tally: true),
      .init(
        "nginx.error.upstream_reset", .count,
        "Connections that the upstream closed or reset (104) before its answer was complete.",
        fold: .sum, tally: true),
      .init(
        "nginx.error.upstream_timeout", .count,
        "Requests that the upstream did not answer in time.",
        fold: .sum, tally: true),
      .init(
        "nginx.error.no_live_upstreams", .count,
        "Requests for which all upstream servers were marked as failed.", fold: .sum, tally: true),
      .init(
        "nginx.error.worker_connections", .count, "Times worker_connections were not enough.",
        fold: .sum, tally: true),
      .init(
        "nginx.error.buffered", .count, "Request or answer bodies buffered in a temporary file.",
        fold: .sum, tally: true),
      .init(
        "nginx.error.limited", .count, "Requests refused by limit_req or limit_conn.",
        fold: .sum, tally: true),
      .init(
        "nginx.error.too_many_open_files", .count, "Times the limit of open files was reached.",
        fold: .sum, tally: true),
      .init(
        "nginx.error.no_local_port", .count,
        "Connections to an upstream for which the host had no local port left.", fold: .sum,
        tally: true),
      .init(
        "nginx.error.refused_span", .seconds, "First to last refused connection.", fold: .max),
      .init(
        "nginx.error.refused_longest_run", .seconds,
        "Longest time of refused connections without a minute's pause.", fold: .max),
      .init(
        "nginx.error.absent_longest_run", .seconds,
        "Longest time without a minute's pause in which the upstream was not to be reached: refused, "
          + "no socket, not allowed, none alive.", fold: .max),
      .init("nginx.error.last_refused", .time, "Last refused connection.", fold: .max),
      .init(
        "nginx.error.absent_upstreams", .count, "Upstream servers that were not to be reached.",
        fold: .max),
      .init(
        "nginx.error.emergency", .text,
        "Why nginx did not start or did not take its configuration ([emerg]), where it is its last word."
      ),
      .init(
        "nginx.error.upstream", .text, "Upstream address of most of the upstream's failures."),
    ])
]

private let nginxConfigFacts = [
  FactGroup(
    subject: .proxy, source: "nginx documentation: core, http, proxy and log modules",
    collect: "nginx -T",
    [
      .init(
        "nginx.config.worker_connections", .count,
        "Connections a worker may have at once, those to upstreams among them; default 512.",
        fold: .min),
      .init("nginx.config.worker_processes", .text, "Number of workers, or auto."),
      .init(
        "nginx.config.worker_rlimit_nofile", .count, "Open files a worker may have.", fold: .min),
      .init(
        "nginx.config.proxy_read_timeout", .seconds,
        "Time between two reads from the upstream before 504; default 60 s.", fold: .max),
      .init(
        "nginx.config.proxy_connect_timeout", .seconds,
        "Time to connect to the upstream; default 60 s.", fold: .max),
      .init(
        "nginx.config.proxy_send_timeout", .seconds,
        "Time between two writes to the upstream; default 60 s.", fold: .max),
      .init(
        "nginx.config.keepalive_timeout", .seconds,
        "Time an idle client connection is kept; default 75 s.", fold: .max),
      .init(
        "nginx.config.client_max_body_size", .bytes, "Largest request body accepted.", fold: .max),
      .init(
        "nginx.config.client_body_buffer_size", .bytes, "Body size beyond which a file is used.",
        fold: .max),
      .init("nginx.config.listen", .text, "Address or port that nginx listens on."),
      .init("nginx.config.server_name", .text, "Name of a site."),
      .init("nginx.config.upstream", .text, "Address of an upstream server."),
      .init("nginx.config.limit_req", .flag, "The rate of requests is limited somewhere."),
      .init("nginx.config.access_log", .flag, "The access log is on, outside of locations."),
      .init("nginx.config.log_format", .text, "Format of access log lines, by name."),
      .init(
        "nginx.config.log_has_request_time", .flag,
        "The access log's format holds the request time."),
    ])
]

private let probeFacts = [
  FactGroup(
    subject: .proxy, source: "Prometheus configuration; Consul service definition",
    collect: "cat /etc/prometheus/prometheus.yml /etc/consul.d/*.json",
    [
      .init("probe.interval", .seconds, "Interval of the blackbox probes.", fold: .min),
      .init(
        "probe.has_path", .flag,
        "Every probe target names a path other than /; false where a target is an address alone."),
      .init(
        "probe.target_count", .count, "Targets listed for blackbox probes.", fold: .sum),
      .init("probe.target", .text, "A target listed for blackbox probes."),
      .init("probe.health_path", .text, "Path other than / of a Consul check."),
      .init("probe.check_path", .text, "Path of a Consul check."),
      .init("probe.check_interval", .seconds, "Interval of a Consul check.", fold: .min),
      .init(
        "probe.follows_redirects", .flag, "The blackbox module follows redirects; default yes."),
    ])
]

private let applicationConfigFacts = [
  FactGroup(
    subject: .app, source: "Spring Boot application properties; Django settings",
    collect: "cat application.yml settings.py",
    [
      .init("app.session.timeout", .seconds, "Time after which an idle session ends."),
      .init("app.session.store", .text, "Where sessions are kept."),
      .init("app.redis.host", .text, "Redis server of the application."),
      .init("app.redis.port", .count, "Port of that server."),
      .init("app.redis.timeout", .seconds, "Time-out of commands to it."),
      .init(
        "app.cache.timeout", .seconds, "Life of entries in the default cache.", fold: .max),
      .init(
        "app.cache.never_expires", .flag, "Cache entries are stored without an end of life."),
      .init(
        "app.celery.visibility_timeout", .seconds,
        "Time after which an unacknowledged task is delivered again."),
      .init("app.celery.acks_late", .flag, "Tasks are acknowledged after they ran."),
      .init("app.celery.result_expires", .seconds, "Life of task results."),
      .init("app.celery.results_never_expire", .flag, "Task results are kept for ever."),
    ])
]
