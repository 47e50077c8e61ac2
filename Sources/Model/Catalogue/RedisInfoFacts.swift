private typealias Row = FactGroup.Row

/// What INFO says. The last part of a name is INFO's own field: the reader finds a row by its field,
/// and a field without a row is not read. `Unit` is what the value becomes; INFO's raw unit follows
/// from the field's name (`_usec`, `_ms`, `_kbps`, `_perc`).
let redisInfoFacts: [FactGroup] = [
  FactGroup(
    subject: .redis, source: "Redis INFO command, section server",
    collect: "redis-cli -h {host} -p {port} INFO server",
    [
      Row("redis.server.redis_version", .text, "Version of the server."),
      Row("redis.server.valkey_version", .text, "Version, where the server is Valkey."),
      Row("redis.server.dragonfly_version", .text, "Version, where the server is Dragonfly."),
      Row("redis.server.server_name", .text, "Name of the fork, where the server states one."),
      Row(
        "redis.server.redis_mode", .text, "How the server runs.",
        values: ["standalone", "cluster", "sentinel"]),
      Row("redis.server.os", .text, "Operating system that hosts the server."),
      Row("redis.server.arch_bits", .count, "Width of the server's pointers in bits."),
      Row("redis.server.process_id", .count, "Process id of the server."),
      Row("redis.server.run_id", .text, "Random name of this life of the server."),
      Row("redis.server.tcp_port", .count, "Port that the server listens on."),
      Row("redis.server.server_time_usec", .time, "The server's clock when it answered."),
      Row("redis.server.uptime_in_seconds", .seconds, "Time since the server started."),
      Row("redis.server.hz", .count, "Frequency of the server's background cycle a second."),
      Row("redis.server.configured_hz", .count, "Frequency that the config asks for."),
      Row("redis.server.executable", .text, "Path of the server's program."),
      Row("redis.server.config_file", .text, "Path of the config that the server read."),
      Row("redis.server.io_threads_active", .count, "1 where I/O threads are in use."),
    ]),
  FactGroup(
    subject: .redis, source: "Redis INFO command, section clients",
    collect: "redis-cli -h {host} -p {port} INFO clients",
    [
      Row("redis.clients.connected_clients", .count, "Client connections, without replicas."),
      Row("redis.clients.cluster_connections", .count, "Sockets of the cluster bus."),
      Row("redis.clients.maxclients", .count, "Most client connections that the server accepts."),
      Row("redis.clients.blocked_clients", .count, "Clients waiting in a blocking command."),
      Row("redis.clients.tracking_clients", .count, "Clients with client-side caching."),
      Row("redis.clients.pubsub_clients", .count, "Clients in publish/subscribe mode."),
      Row(
        "redis.clients.client_recent_max_input_buffer", .bytes,
        "Largest input buffer among the clients lately."),
      Row(
        "redis.clients.client_recent_max_output_buffer", .bytes,
        "Largest output buffer among the clients lately."),
      Row("redis.clients.clients_in_timeout_table", .count, "Clients in the time-out table."),
    ]),
  FactGroup(
    subject: .redis, source: "Redis INFO command, section memory",
    collect: "redis-cli -h {host} -p {port} INFO memory",
    [
      Row("redis.memory.used_memory", .bytes, "Memory that Redis asked its allocator for."),
      Row("redis.memory.used_memory_rss", .bytes, "Memory as the operating system sees it."),
      Row("redis.memory.used_memory_peak", .bytes, "Most memory ever asked for."),
      Row("redis.memory.used_memory_peak_perc", .fraction, "Memory in use as a share of its peak."),
      Row("redis.memory.used_memory_overhead", .bytes, "Memory for the server's own structures."),
      Row("redis.memory.used_memory_startup", .bytes, "Memory that the empty server took."),
      Row("redis.memory.used_memory_dataset", .bytes, "Memory that the data takes."),
      Row(
        "redis.memory.used_memory_dataset_perc", .fraction,
        "The data's share of the memory in use beyond start-up."),
      Row("redis.memory.allocator_allocated", .bytes, "Bytes allocated from the allocator."),
      Row("redis.memory.allocator_active", .bytes, "Bytes in the allocator's active pages."),
      Row("redis.memory.allocator_resident", .bytes, "Bytes resident in the allocator."),
      Row("redis.memory.total_system_memory", .bytes, "RAM of the machine."),
      Row("redis.memory.used_memory_lua", .bytes, "Memory of the Lua engine."),
      Row("redis.memory.used_memory_scripts", .bytes, "Memory of cached scripts."),
      Row("redis.memory.number_of_cached_scripts", .count, "Cached EVAL scripts."),
      Row("redis.memory.maxmemory", .bytes, "Limit of memory; 0 is none."),
      Row(
        "redis.memory.maxmemory_policy", .text, "What is evicted at the limit.",
        values: [
          "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru",
          "volatile-lfu", "volatile-random", "volatile-ttl",
        ]),
      Row("redis.memory.allocator_frag_ratio", .fraction, "Active over allocated bytes."),
      Row("redis.memory.allocator_frag_bytes", .bytes, "Active less allocated bytes."),
      Row("redis.memory.allocator_rss_ratio", .fraction, "Resident over active bytes."),
      Row("redis.memory.allocator_rss_bytes", .bytes, "Resident less active bytes."),
      Row("redis.memory.rss_overhead_ratio", .fraction, "Process RSS over the allocator's."),
      Row("redis.memory.rss_overhead_bytes", .bytes, "Process RSS less the allocator's."),
      Row("redis.memory.mem_fragmentation_ratio", .fraction, "RSS over memory in use."),
      Row("redis.memory.mem_fragmentation_bytes", .bytes, "RSS less memory in use."),
      Row("redis.memory.mem_not_counted_for_evict", .bytes, "Memory that eviction leaves out."),
      Row("redis.memory.mem_replication_backlog", .bytes, "Memory of the replication backlog."),
      Row(
        "redis.memory.mem_total_replication_buffers", .bytes,
        "Memory of all replication buffers."),
      Row("redis.memory.mem_clients_slaves", .bytes, "Memory of the replicas' buffers."),
      Row("redis.memory.mem_clients_normal", .bytes, "Memory of ordinary clients' buffers."),
      Row("redis.memory.mem_aof_buffer", .bytes, "Memory of the append-only file's buffer."),
      Row("redis.memory.mem_allocator", .text, "Allocator and its version."),
      Row(
        "redis.memory.active_defrag_running", .count, "CPU share that defragmentation takes now."),
      Row("redis.memory.lazyfree_pending_objects", .count, "Objects waiting to be freed."),
      Row("redis.memory.lazyfreed_objects", .count, "Objects freed in the background."),
    ]),
  FactGroup(
    subject: .redis, source: "Redis INFO command, section persistence",
    collect: "redis-cli -h {host} -p {port} INFO persistence",
    [
      Row("redis.persistence.loading", .count, "1 while the data set is being loaded."),
      Row("redis.persistence.async_loading", .count, "1 while a replica loads beside its data."),
      Row("redis.persistence.current_cow_peak", .bytes, "Most copy-on-write of the running child."),
      Row("redis.persistence.current_cow_size", .bytes, "Copy-on-write of the running child."),
      Row(
        "redis.persistence.rdb_changes_since_last_save", .count, "Changes since the last save."),
      Row("redis.persistence.rdb_bgsave_in_progress", .count, "1 while a save runs."),
      Row(
        "redis.persistence.rdb_last_save_time", .time,
        "Last successful save, or the start of the server."),
      Row(
        "redis.persistence.rdb_last_bgsave_status", .text, "How the last save ended.",
        values: ["ok", "err"]),
      Row("redis.persistence.rdb_last_bgsave_time_sec", .seconds, "How long the last save took."),
      Row(
        "redis.persistence.rdb_current_bgsave_time_sec", .seconds,
        "How long the running save has taken."),
      Row("redis.persistence.rdb_saves", .count, "Saves since the start."),
      Row("redis.persistence.rdb_last_cow_size", .bytes, "Copy-on-write of the last save."),
      Row("redis.persistence.aof_enabled", .count, "1 where the append-only file is on."),
      Row("redis.persistence.aof_rewrite_in_progress", .count, "1 while the file is rewritten."),
      Row("redis.persistence.aof_rewrite_scheduled", .count, "1 where a rewrite waits for a save."),
      Row(
        "redis.persistence.aof_last_rewrite_time_sec", .seconds,
        "How long the last rewrite took."),
      Row(
        "redis.persistence.aof_last_bgrewrite_status", .text, "How the last rewrite ended.",
        values: ["ok", "err"]),
      Row(
        "redis.persistence.aof_rewrites_consecutive_failures", .count,
        "Rewrites that failed in a row."),
      Row(
        "redis.persistence.aof_last_write_status", .text, "How the last write ended.",
        values: ["ok", "err"]),
      Row("redis.persistence.aof_last_cow_size", .bytes, "Copy-on-write of the last rewrite."),
      Row("redis.persistence.aof_current_size", .bytes, "Size of the append-only file."),
      Row("redis.persistence.aof_base_size", .bytes, "Size after the last rewrite."),
      Row("redis.persistence.aof_pending_bio_fsync", .count, "Syncs waiting in the background."),
      Row("redis.persistence.aof_delayed_fsync", .count, "Writes that waited for a sync."),
      Row("redis.persistence.loading_eta_seconds", .seconds, "Time until loading is done."),
    ]),
  FactGroup(
    subject: .redis, source: "Redis INFO command, section replication",
    collect: "redis-cli -h {host} -p {port} INFO replication",
    [
      Row(
        "redis.replication.role", .text, "What the server is to others.",
        values: ["master", "slave"]),
      Row("redis.replication.master_host", .text, "Whom it replicates."),
      Row("redis.replication.master_port", .count, "The master's port."),
      Row(
        "redis.replication.master_link_status", .text, "Whether it reaches its master.",
        values: ["up", "down"]),
      Row(
        "redis.replication.master_last_io_seconds_ago", .seconds,
        "Time since it last heard of its master."),
      Row(
        "redis.replication.master_link_down_since_seconds", .seconds,
        "How long the link has been down."),
      Row("redis.replication.master_sync_in_progress", .count, "1 while it takes a full copy."),
      Row("redis.replication.slave_read_only", .count, "1 where the replica refuses writes."),
      Row("redis.replication.connected_slaves", .count, "Replicas of this server."),
      Row("redis.replication.lag", .seconds, "Time since a replica last answered.", fold: .max),
      Row("redis.replication.repl_backlog_size", .bytes, "Size of the replication backlog."),
      Row("redis.replication.repl_backlog_active", .count, "1 where there is a backlog."),
    ]),
  FactGroup(
    subject: .redis, source: "Redis INFO command, section cpu",
    collect: "redis-cli -h {host} -p {port} INFO cpu",
    [
      Row("redis.cpu.used_cpu_sys", .seconds, "System time of the server."),
      Row("redis.cpu.used_cpu_user", .seconds, "User time of the server."),
      Row("redis.cpu.used_cpu_sys_children", .seconds, "System time of its children."),
      Row("redis.cpu.used_cpu_user_children", .seconds, "User time of its children."),
      Row("redis.cpu.used_cpu_sys_main_thread", .seconds, "System time of the main thread."),
      Row("redis.cpu.used_cpu_user_main_thread", .seconds, "User time of the main thread."),
    ]),
  redisStatsFacts,
  FactGroup(
    subject: .redis, source: "Redis INFO command, sections commandstats and latencystats",
    collect: "redis-cli -h {host} -p {port} INFO all",
    [
      Row("redis.commandstats.calls", .count, "Calls of a command since the start.", fold: .sum),
      Row("redis.commandstats.usec", .seconds, "Time a command took in all.", fold: .sum),
      Row("redis.commandstats.usec_per_call", .seconds, "Mean time of a call.", fold: .max),
      Row("redis.commandstats.rejected_calls", .count, "Calls refused beforehand.", fold: .sum),
      Row("redis.commandstats.failed_calls", .count, "Calls that ended in an error.", fold: .sum),
      Row("redis.latencystats.p99", .seconds, "99th percentile of a command.", fold: .max),
    ]),
  FactGroup(
    subject: .redis, source: "Redis INFO command, section errorstats",
    collect: "redis-cli -h {host} -p {port} INFO errorstats",
    [
      Row("redis.errorstats.count", .count, "Replies with an error of this name.", fold: .sum)
    ]),
  FactGroup(
    subject: .redis, source: "Redis INFO command, section keyspace",
    collect: "redis-cli -h {host} -p {port} INFO keyspace",
    [
      Row("redis.keyspace.keys", .count, "Keys of a database.", fold: .sum),
      Row("redis.keyspace.expires", .count, "Keys that expire.", fold: .sum),
      Row(
        "redis.keyspace.avg_ttl", .seconds, "Mean time to live of the keys that expire.",
        fold: .mean(weight: "redis.keyspace.expires")),
    ]),
]

/// Counters since the start of the server or CONFIG RESETSTAT.
private let redisStatsFacts = FactGroup(
  subject: .redis, source: "Redis INFO command, section stats",
  collect: "redis-cli -h {host} -p {port} INFO stats",
  [
    Row("redis.stats.total_connections_received", .count, "Connections accepted."),
    Row("redis.stats.total_commands_processed", .count, "Commands processed."),
    Row("redis.stats.instantaneous_ops_per_sec", .perSecond, "Commands a second now."),
    Row("redis.stats.total_net_input_bytes", .bytes, "Bytes read."),
    Row("redis.stats.total_net_output_bytes", .bytes, "Bytes written."),
    Row("redis.stats.instantaneous_input_kbps", .bytesPerSecond, "Bytes read a second now."),
    Row("redis.stats.instantaneous_output_kbps", .bytesPerSecond, "Bytes written a second now."),
    Row("redis.stats.rejected_connections", .count, "Connections refused at maxclients."),
    Row("redis.stats.sync_full", .count, "Full copies given to replicas."),
    Row("redis.stats.sync_partial_ok", .count, "Partial copies given."),
    Row("redis.stats.sync_partial_err", .count, "Partial copies refused."),
    Row("redis.stats.expired_keys", .count, "Keys that expired."),
    Row("redis.stats.expired_stale_perc", .fraction, "Share of dead keys not yet collected."),
    Row(
      "redis.stats.expired_time_cap_reached_count", .count,
      "Expire cycles that ran out of their time."),
    Row("redis.stats.expire_cycle_cpu_milliseconds", .seconds, "Time spent in expire cycles."),
    Row("redis.stats.evicted_keys", .count, "Keys evicted at maxmemory."),
    Row("redis.stats.evicted_clients", .count, "Clients evicted at maxmemory-clients."),
    Row("redis.stats.evicted_scripts", .count, "Scripts evicted."),
    Row(
      "redis.stats.total_eviction_exceeded_time", .seconds, "Time over maxmemory in all."),
    Row(
      "redis.stats.current_eviction_exceeded_time", .seconds,
      "Time over maxmemory now without a break."),
    Row("redis.stats.keyspace_hits", .count, "Look-ups that found a key."),
    Row("redis.stats.keyspace_misses", .count, "Look-ups that found none."),
    Row("redis.stats.pubsub_channels", .count, "Channels with subscribers."),
    Row("redis.stats.pubsub_patterns", .count, "Patterns with subscribers."),
    Row("redis.stats.latest_fork_usec", .seconds, "How long the last fork took."),
    Row("redis.stats.total_forks", .count, "Forks, in some versions failed ones too."),
    Row("redis.stats.migrate_cached_sockets", .count, "Sockets open for MIGRATE."),
    Row("redis.stats.slave_expires_tracked_keys", .count, "Keys a writable replica expires."),
    Row("redis.stats.active_defrag_hits", .count, "Values that defragmentation moved."),
    Row("redis.stats.active_defrag_misses", .count, "Values that it left in place."),
    Row("redis.stats.active_defrag_key_hits", .count, "Keys that defragmentation moved."),
    Row("redis.stats.active_defrag_key_misses", .count, "Keys that it left in place."),
    Row("redis.stats.total_active_defrag_time", .seconds, "Time over the threshold in all."),
    Row("redis.stats.tracking_total_keys", .count, "Keys tracked for client-side caching."),
    Row("redis.stats.unexpected_error_replies", .count, "Errors a replica did not expect."),
    Row("redis.stats.total_error_replies", .count, "Replies that were errors."),
    Row("redis.stats.total_reads_processed", .count, "Reads from sockets."),
    Row("redis.stats.total_writes_processed", .count, "Writes to sockets."),
    Row(
      "redis.stats.client_query_buffer_limit_disconnections", .count,
      "Clients dropped for their input buffer."),
    Row(
      "redis.stats.client_output_buffer_limit_disconnections", .count,
      "Clients dropped for their output buffer."),
    Row("redis.stats.acl_access_denied_auth", .count, "Log-ins refused."),
  ])
