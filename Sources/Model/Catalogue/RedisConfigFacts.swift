private typealias Row = FactGroup.Row

/// Settings, from redis.conf or CONFIG GET. The last part of a name is the directive with `_` for
/// `-`: the reader finds a row by its directive, and a directive without a row is not read.
let redisConfigFacts: [FactGroup] = [
  FactGroup(
    subject: .redis, source: "redis.conf of the Redis distribution",
    collect: "redis-cli -h {host} -p {port} CONFIG GET '*'",
    [
      Row("redis.config.port", .count, "Port to listen on."),
      Row("redis.config.bind", .text, "Addresses to listen on."),
      Row("redis.config.protected_mode", .flag, "Refuses strangers while there is no password."),
      Row("redis.config.requirepass_set", .flag, "There is a password for clients."),
      Row("redis.config.masterauth_set", .flag, "There is a password for the master."),
      Row("redis.config.tcp_backlog", .count, "Connections that wait to be accepted."),
      Row("redis.config.timeout", .seconds, "Idle clients are dropped after this; 0 is never."),
      Row("redis.config.tcp_keepalive", .seconds, "Time between keep-alive probes; 0 is none."),
      Row("redis.config.maxclients", .count, "Most client connections."),
      Row("redis.config.maxmemory", .bytes, "Limit of memory; 0 is none."),
      Row(
        "redis.config.maxmemory_policy", .text, "What is evicted at the limit.",
        values: [
          "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru",
          "volatile-lfu", "volatile-random", "volatile-ttl",
        ]),
      Row("redis.config.save", .text, "When to save: seconds and changes; empty is never."),
      Row("redis.config.save_enabled", .flag, "There is a save rule."),
      Row("redis.config.stop_writes_on_bgsave_error", .flag, "Refuses writes while saves fail."),
      Row("redis.config.appendonly", .flag, "The append-only file is on."),
      Row(
        "redis.config.appendfsync", .text, "How often the append-only file is synced.",
        values: ["always", "everysec", "no"]),
      Row("redis.config.no_appendfsync_on_rewrite", .flag, "No sync while a child writes."),
      Row(
        "redis.config.replicaof", .text, "Whom the config says to replicate; empty is nobody.",
        collect: "grep -nE '^(replicaof|slaveof|include)' /etc/redis/redis.conf"),
      Row(
        "redis.config.running_replicaof", .text, "Whom CONFIG GET says it replicates now."),
      Row(
        "redis.config.slowlog_log_slower_than", .seconds, "Threshold of the slow log; -1 is off."),
      Row("redis.config.slowlog_max_len", .count, "Entries that the slow log keeps."),
      Row(
        "redis.config.latency_monitor_threshold", .seconds,
        "Threshold of the latency monitor; 0 is off."),
      Row("redis.config.activedefrag", .flag, "Active defragmentation is on."),
      Row("redis.config.hz", .count, "Frequency of the background cycle a second."),
      Row("redis.config.lazyfree_lazy_eviction", .flag, "Evicts in the background."),
      Row("redis.config.lazyfree_lazy_expire", .flag, "Expires in the background."),
      Row(
        "redis.config.lazyfree_lazy_server_del", .flag, "Frees overwritten keys in the background."),
      Row("redis.config.lazyfree_lazy_user_del", .flag, "DEL frees in the background."),
      Row("redis.config.lazyfree_lazy_user_flush", .flag, "FLUSHALL frees in the background."),
      Row(
        "redis.config.client_output_buffer_limit", .bytes,
        "Hard limit of a client class' output buffer; 0 is none.", fold: .max),
      Row("redis.config.notify_keyspace_events", .text, "Which events of keys are published."),
      Row("redis.config.disable_thp", .flag, "Switches huge pages off for itself."),
      Row("redis.config.oom_score_adj", .text, "Whether it moves its out-of-memory score."),
      Row("redis.config.rename_command", .text, "A command that was renamed or disabled."),
      Row("redis.config.dir", .text, "Folder of the saved files."),
      Row("redis.config.daemonize", .flag, "Runs in the background."),
    ]),
  FactGroup(
    subject: .redis, source: "Compose file reference, deploy and mem_limit",
    collect: "docker inspect --format '{{.HostConfig.Memory}}' CONTAINER",
    [Row("redis.container.memory_limit", .bytes, "Most memory that its container may use.")]),
]
