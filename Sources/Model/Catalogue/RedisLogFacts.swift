private typealias Row = FactGroup.Row

/// What the server's log says: tallies of what its source code logs, and what was learnt beside.
let redisLogFacts: [FactGroup] = [
  FactGroup(
    subject: .redis, source: "Redis source code, messages of the server log",
    collect: "tail -n 5000 /var/log/redis/redis-server.log",
    [
      Row("redis.log.starts", .count, "Starts of the server.", fold: .sum, tally: true),
      Row("redis.log.start_time", .time, "Time of the last start.", fold: .max),
      Row(
        "redis.log.unclean_starts", .count,
        "Starts after a life of the server that ended without a shutdown.", fold: .sum,
        tally: true),
      Row(
        "redis.log.shutdowns", .count, "Shutdowns that somebody asked for.", fold: .sum, tally: true
      ),
      Row(
        "redis.log.crashes", .count,
        "Crash reports of the server, but for those of one that found no memory.", fold: .sum,
        tally: true),
      Row("redis.log.crashes.last", .time, "Time of the last crash.", fold: .max),
      Row("redis.log.crash.reason", .text, "Signal, assertion or panic of the last crash."),
      Row("redis.log.crash.version", .text, "Version that crashed."),
      Row("redis.log.crash.command", .text, "Command that ran when it crashed last."),
      Row("redis.log.crash.module", .text, "Module whose code ran when it crashed last."),
      Row("redis.log.crash.sent_by", .text, "Process that sent the signal, where one did."),
      Row("redis.log.crash.was_sent", .flag, "A process sent the signal of the last crash."),
      Row("redis.log.crash.was_asked", .flag, "A client asked for the last crash, with DEBUG."),
      Row(
        "redis.log.crash.memory_failed", .flag,
        "The memory test of the last crash report found an error."),
      Row("redis.log.ends_in_crash", .flag, "No start follows the last crash."),
      Row(
        "redis.log.load_failed", .count, "Starts that ended since saved data could not be read.",
        fold: .sum, tally: true),
      Row("redis.log.load_failed.reason", .text, "What the last such start said."),
      Row(
        "redis.log.load_failed.other_format", .flag,
        "The file is of a newer version, or of another program."),
      Row(
        "redis.log.full_resyncs", .count, "Full copies that replicas asked for.", fold: .sum,
        tally: true),
      Row("redis.log.full_resyncs.most", .count, "Full copies that one replica asked for."),
      Row("redis.log.full_resyncs.replica", .text, "The replica that asked for most."),
      Row(
        "redis.log.full_resyncs.spacing", .seconds, "Time from one of its copies to the next, mean."
      ),
      Row(
        "redis.log.replica_buffer_overruns", .count,
        "Replicas thrown out since their output buffer was full.", fold: .sum, tally: true),
      Row(
        "redis.log.client_buffer_overruns", .count,
        "Other clients thrown out since their output buffer was full.", fold: .sum, tally: true),
      Row(
        "redis.log.copy_failed", .count, "Full copies of its master that broke off.", fold: .sum,
        tally: true),
      Row("redis.log.ends_in_failed_load", .flag, "It served no more after the last such start."),
      Row(
        "redis.log.overcommit_warning", .count, "Warnings that memory overcommit is off.",
        fold: .sum, tally: true),
      Row(
        "redis.log.thp_warning", .count, "Warnings of transparent huge pages.", fold: .sum,
        tally: true),
      Row(
        "redis.log.backlog_warning", .count, "Warnings that somaxconn cuts the TCP backlog.",
        fold: .sum, tally: true),
      Row(
        "redis.log.clocksource_warning", .count, "Warnings of a slow clock source.", fold: .sum,
        tally: true),
      Row(
        "redis.log.maxclients_reduced", .count, "Times maxclients was cut to the open-file limit.",
        fold: .sum, tally: true),
      Row("redis.log.fork_failed", .count, "Forks that failed.", fold: .sum, tally: true),
      Row("redis.log.fork_failed.reason", .text, "Why the last failed fork failed."),
      Row("redis.log.fork_failed.last", .time, "Time of the last failed fork.", fold: .max),
      Row(
        "redis.log.saves", .count, "Background saves that ended with success.", fold: .sum,
        tally: true),
      Row("redis.log.saves.last", .time, "Time of the last successful save.", fold: .max),
      Row(
        "redis.log.save_failed", .count, "Saves that failed after the fork.", fold: .sum,
        tally: true),
      Row("redis.log.save_failed.last", .time, "Time of the last failed save.", fold: .max),
      Row(
        "redis.log.save_failed_no_space", .count, "Writes that found the disk full.", fold: .sum,
        tally: true),
      Row(
        "redis.log.save_killed", .count, "Saves whose process was killed by signal 9.",
        fold: .sum, tally: true),
      Row(
        "redis.log.aof_rewrite_failed", .count, "Rewrites of the append-only file that failed.",
        fold: .sum, tally: true),
      Row(
        "redis.log.aof_slow_fsync", .count, "Syncs of the append-only file that took too long.",
        fold: .sum, tally: true),
      Row(
        "redis.log.aof_write_error", .count, "Writes to the append-only file that failed.",
        fold: .sum, tally: true),
      Row("redis.log.cow_size", .bytes, "Largest copy-on-write of a save or rewrite.", fold: .max),
      Row(
        "redis.log.maxclients_reached", .count, "Clients refused at maxclients.", fold: .sum,
        tally: true),
      Row(
        "redis.log.maxclients_reached.last", .time, "Time of the last such refusal.", fold: .max),
      Row(
        "redis.log.too_many_open_files", .count, "Connections lost for want of descriptors.",
        fold: .sum, tally: true),
      Row(
        "redis.log.too_many_open_files.last", .time, "Time of the last of them.", fold: .max),
      Row(
        "redis.log.became_replica", .count, "Times a client made the server a replica.",
        fold: .sum, tally: true),
      Row("redis.log.became_replica.master", .text, "Of whom, last."),
      Row("redis.log.became_replica.requested_by", .text, "Address of the client that asked."),
      Row("redis.log.became_replica.client_name", .text, "Name of that client, if it had one."),
      Row(
        "redis.log.replica_by_config", .count,
        "Lives in which the server replicated from its start without being asked.", fold: .sum,
        tally: true),
      Row(
        "redis.log.cluster_reconfigured", .count,
        "Times the cluster that it is a node of made the server a replica.", fold: .sum,
        tally: true),
      Row(
        "redis.log.promoted", .count, "Times a client made the server a master.", fold: .sum,
        tally: true),
      Row(
        "redis.log.master_unreachable", .count, "Attempts to reach the master that failed.",
        fold: .sum, tally: true),
      Row(
        "redis.log.oom_allocating", .count, "Aborts because memory could not be allocated.",
        fold: .sum, tally: true),
      Row(
        "redis.log.security_attack", .count, "HTTP requests taken for an attack.", fold: .sum,
        tally: true),
    ])
]
