/// Facts that the Gunicorn readers record: settings, what gunicorn logs, and what `ps` shows of it.
let gunicornFacts: [FactGroup] = [
  FactGroup(
    subject: .app, source: "gunicorn documentation, Settings",
    collect: "gunicorn --print-config APP_MODULE",
    [
      .init("gunicorn.workers", .count, "Worker processes."),
      .init(
        "gunicorn.workers_per_core", .count,
        "Worker processes for each core, where the setting is computed from the core count."),
      .init(
        "gunicorn.workers_extra", .count,
        "Worker processes besides those for each core."),
      .init("gunicorn.worker_class", .text, "Kind of worker; sync serves one request at a time."),
      .init("gunicorn.threads", .count, "Threads of each worker; only gthread uses them."),
      .init(
        "gunicorn.worker_connections", .count,
        "Simultaneous clients of each worker; only gthread and gevent use it."),
      .init(
        "gunicorn.max_requests", .count,
        "Requests after which a worker is replaced; 0 is never."),
      .init(
        "gunicorn.max_requests_jitter", .count,
        "Most requests added at random to max_requests, so that workers restart apart."),
      .init(
        "gunicorn.timeout", .seconds,
        "Silence after which a worker is killed and replaced; 0 is never."),
      .init(
        "gunicorn.graceful_timeout", .seconds,
        "Time that workers have to finish requests on a restart."),
      .init(
        "gunicorn.keepalive", .seconds,
        "Time to wait for requests on a kept connection; sync ignores it."),
      .init("gunicorn.preload_app", .flag, "The application is loaded before workers fork."),
      .init("gunicorn.backlog", .count, "Most connections waiting to be accepted."),
      .init(
        "gunicorn.worker_tmp_dir", .text,
        "Directory of the heartbeat files; a disk there can block the heartbeat."),
      .init("gunicorn.bind", .text, "Address that gunicorn listens on."),
      .init(
        "gunicorn.config_file", .text,
        "Config file that the command line names: settings absent here stand there."),
      .init(
        "gunicorn.computed", .text,
        "Setting whose value is known only at run time; the part is the setting, the value its text."
      ),
    ]),
  FactGroup(
    subject: .app, source: "gunicorn source, arbiter.py and glogging.py",
    collect: "journalctl -u gunicorn --utc --no-pager",
    [
      .init("gunicorn.log.starts", .count, "Starts of a gunicorn master.", tally: true),
      .init("gunicorn.log.boots", .count, "Workers booted.", tally: true),
      .init(
        "gunicorn.log.timeouts", .count, "Workers silent beyond the timeout (WORKER TIMEOUT).",
        tally: true),
      .init("gunicorn.log.last_timeout", .time, "Last WORKER TIMEOUT.", fold: .max),
      .init(
        "gunicorn.log.sigkills", .count,
        "Workers that ended by SIGKILL, gunicorn's own and others'.", tally: true),
      .init(
        "gunicorn.log.sigkills_after_timeout", .count,
        "SIGKILLs that gunicorn itself sent: after a WORKER TIMEOUT of that worker or a stop.",
        tally: true),
      .init(
        "gunicorn.log.sigkills_unexplained", .count,
        "SIGKILLs that nothing in the log explains: perhaps the kernel's.", tally: true),
      .init(
        "gunicorn.log.last_sigkill_unexplained", .time, "Last SIGKILL that nothing explains.",
        fold: .max),
      .init(
        "gunicorn.log.autorestarts", .count, "Workers that reached max_requests.", tally: true),
      .init(
        "gunicorn.log.boot_failures", .count,
        "Boots that failed: exceptions before a worker was ready, halts for that, and starts after a "
          + "stop that found their address taken.",
        tally: true),
      .init(
        "gunicorn.log.boot_error", .text,
        "Last line of the traceback of a failed boot, or the address that was taken."),
      .init(
        "gunicorn.log.port_in_use", .count, "Starts that found the address in use.", tally: true),
      .init("gunicorn.log.shutdowns", .count, "Orderly ends of a master.", tally: true),
      .init(
        "gunicorn.log.down", .flag,
        "The log ends after a shutdown or failed boot that no successful start followed."),
      .init(
        "gunicorn.log.ends_in_failed_boot", .flag,
        "A boot failed and no successful start followed; an orderly stop alone is none."),
      .init(
        "gunicorn.log.down_since", .time,
        "When the shutdown or failed boot was that no successful start followed."),
      .init(
        "gunicorn.log.longest_down", .seconds,
        "Longest time from a shutdown or failed boot to the next successful start or the log's end.",
        fold: .max),
      .init(
        "gunicorn.log.waits_for_client", .count,
        "Timed-out workers that stood waiting for a client to send its request.", tally: true),
      .init(
        "gunicorn.log.request_errors", .count, "Requests that ended in an exception.", tally: true),
      .init(
        "gunicorn.log.blocked_in", .text,
        "Where workers stood when the timeout struck, most often: file and function.",
        collect: ""),
      .init("gunicorn.log.blocked_app", .text, "Line of the application that waited there."),
      .init("gunicorn.log.worker_class", .text, "Worker class that gunicorn started with."),
      .init("gunicorn.log.version", .text, "Version of gunicorn."),
      .init(
        "gunicorn.log.worker_life", .seconds, "Median life of the workers that ended."),
    ]),
  FactGroup(
    subject: .app, source: "ps(1), proc(5)",
    collect: "ps -eo pid,ppid,rss,vsz,etime,cmd",
    [
      .init("gunicorn.ps.workers", .count, "Worker processes."),
      .init("gunicorn.ps.rss_total", .bytes, "Resident memory of master and workers together."),
      .init(
        "gunicorn.ps.worker_rss", .bytes, "Resident memory of a worker; the part is its pid.",
        fold: .sum),
      .init(
        "gunicorn.ps.worker_age", .seconds,
        "Time since a worker was born, of a single sample; the part is its pid.", fold: .max),
      .init(
        "gunicorn.ps.worker_swap", .bytes, "Swapped-out memory of a worker; the part is its pid.",
        fold: .sum),
      .init("gunicorn.ps.swap_total", .bytes, "Swapped-out memory of master and workers."),
      .init(
        "gunicorn.ps.growth_per_worker", .bytesPerSecond,
        "Median over workers of the robust slope of resident memory, warm-up left out."),
      .init(
        "gunicorn.ps.growing_share", .fraction,
        "Share of workers whose memory still rises in the last quarter of their samples."),
      .init(
        "gunicorn.ps.plateau", .flag,
        "Growth in the last third of the samples is under a tenth of that in the first."),
      .init(
        "gunicorn.ps.growth_total", .bytes,
        "Memory that the present workers have gained since they were warm."),
      .init("gunicorn.ps.recycles", .count, "Workers replaced during the samples."),
      .init("gunicorn.ps.sample_span", .seconds, "Time from the first sample to the last."),
      .init("gunicorn.ps.samples", .count, "Samples."),
      .init("gunicorn.ps.rss_mean", .bytes, "Mean resident memory of the workers."),
      .init("gunicorn.ps.rss_max", .bytes, "Largest resident memory of a worker.", fold: .max),
    ]),
  FactGroup(
    subject: .host, source: "ps(1)", collect: "ps -eo pid,ppid,rss,vsz,etime,cmd",
    [
      .init("process.redis_rss", .bytes, "Resident memory of redis-server on this host.")
    ]),
]
