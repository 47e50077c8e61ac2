private typealias Row = FactGroup.Row

/// What the other commands and modes of redis-cli say.
let redisCommandFacts: [FactGroup] = [
  FactGroup(
    subject: .redis, source: "Redis CLIENT LIST command",
    collect: "redis-cli -h {host} -p {port} CLIENT LIST",
    [
      Row("redis.clients.listed", .count, "Clients in the list."),
      Row(
        "redis.clients.idle_over_10m", .count,
        "Clients idle for more than 10 minutes that wait for nothing."),
      Row("redis.clients.idle_max", .seconds, "Longest idle time of such a client."),
      Row("redis.clients.blocked_listed", .count, "Clients in a blocking command."),
      Row("redis.clients.young", .count, "Clients connected within the last second."),
      Row("redis.clients.by_address", .count, "Clients from one address.", fold: .sum),
      Row("redis.clients.top_address", .text, "Address with the most clients."),
      Row("redis.clients.top_address_count", .count, "Clients from that address."),
      Row("redis.clients.output_buffer_max", .bytes, "Largest output buffer of a client."),
      Row("redis.clients.output_buffer_client", .text, "Name or address of that client."),
      Row("redis.clients.master_link", .text, "Address of the master that it is connected to."),
    ]),
  FactGroup(
    subject: .redis, source: "Redis LATENCY command and redis-cli --latency",
    collect: "redis-cli -h {host} -p {port} LATENCY LATEST",
    [
      Row("redis.latency.monitor_enabled", .flag, "The latency monitor is on."),
      Row("redis.latency.event.worst", .seconds, "Worst spike of an event.", fold: .max),
      Row("redis.latency.event.count", .count, "Spikes of an event.", fold: .max),
      Row(
        "redis.latency.ping_max", .seconds, "Longest answer to a PING.", fold: .max,
        collect: "timeout 15 redis-cli -h {host} -p {port} --latency"),
    ]),
  FactGroup(
    subject: .redis, source: "Redis source code, getMemoryDoctorReport",
    collect: "redis-cli -h {host} -p {port} MEMORY DOCTOR",
    [
      Row("redis.memory_doctor.peak", .flag, "Peak over 150 % of the memory in use."),
      Row("redis.memory_doctor.high_rss", .flag, "RSS over 1.4 times the memory in use."),
      Row(
        "redis.memory_doctor.allocator_fragmentation", .flag,
        "External fragmentation of the allocator over 1.1."),
      Row("redis.memory_doctor.allocator_rss", .flag, "RSS overhead of the allocator over 1.1."),
      Row("redis.memory_doctor.process_rss", .flag, "RSS overhead of the process over 1.1."),
      Row("redis.memory_doctor.client_buffers", .flag, "Clients use over 200 KiB each."),
      Row("redis.memory_doctor.replica_buffers", .flag, "Replicas use over 10 MiB."),
      Row("redis.memory_doctor.scripts", .flag, "More than 1000 cached scripts."),
      Row("redis.memory_doctor.no_issue", .flag, "The doctor found nothing."),
      Row("redis.memory_doctor.too_small", .flag, "Under 5 MiB: the doctor looked at nothing."),
    ]),
  FactGroup(
    subject: .redis,
    source: "redis-cli --scan with TYPE, TTL, MEMORY USAGE and OBJECT IDLETIME of each key",
    collect:
      "redis-cli -h {host} -p {port} --scan | head -200 | while read -r k; do echo \"$k ttl=$(redis-cli -h {host} -p {port} ttl \"$k\")\"; done",
    [
      Row("redis.sample.keys", .count, "Keys in the sample."),
      Row("redis.sample.sessions", .count, "Keys whose name shows a session."),
      Row("redis.sample.session_share", .fraction, "Share of such keys."),
      Row("redis.sample.session_prefix", .text, "Most frequent prefix of such keys."),
      Row("redis.sample.session_ttl_max", .seconds, "Longest time to live of such a key."),
      Row("redis.sample.session_ttl_median", .seconds, "Median time to live of such keys."),
      Row("redis.sample.sessions_without_ttl", .count, "Such keys that never expire."),
      Row("redis.sample.without_ttl", .count, "Keys that never expire."),
      Row("redis.sample.prefix", .count, "Keys with one prefix.", fold: .sum),
      Row("redis.sample.bytes", .bytes, "Memory that the keys of the sample take."),
      Row(
        "redis.sample.prefix_bytes", .bytes, "Memory that the keys with one prefix take.",
        fold: .sum),
      Row(
        "redis.sample.session_bytes_share", .fraction,
        "Share of the sample's memory that keys take whose name shows a session."),
      Row(
        "redis.sample.session_idle_median", .seconds,
        "Median time since such a key was read or written."),
      Row(
        "redis.sample.keys_per_session", .count,
        "Keys that Spring Session makes for each session, as far as the sample shows."),
    ]),
  FactGroup(
    subject: .redis, source: "redis-cli --bigkeys, --memkeys, MEMORY USAGE",
    collect: "redis-cli -h {host} -p {port} --bigkeys -i 0.1",
    [
      Row("redis.bigkeys.sampled", .count, "Keys that were looked at."),
      Row("redis.bigkeys.size", .count, "Elements of the biggest key of a type.", fold: .max),
      Row("redis.bigkeys.memory", .bytes, "Memory of the biggest key of a type.", fold: .max),
      Row("redis.bigkeys.key", .text, "Name of the biggest key of a type."),
      Row("redis.bigkeys.largest_collection", .count, "Elements of the biggest collection."),
      Row("redis.bigkeys.largest_collection_key", .text, "Name of the biggest collection."),
      Row("redis.bigkeys.largest_string", .bytes, "Length of the longest string."),
      Row("redis.bigkeys.largest_string_key", .text, "Name of the longest string."),
      Row("redis.bigkeys.type_share", .fraction, "Share of the keys of a type.", fold: .max),
      Row("redis.bigkeys.session_key", .flag, "A named key shows a session by its name."),
      Row(
        "redis.bigkeys.usage", .bytes, "Memory of a key.", fold: .max,
        collect: "redis-cli -h {host} -p {port} MEMORY USAGE <key> SAMPLES 0"),
    ]),
  FactGroup(
    // ROLE is refused where nothing is answered; what refuses writes alone, it does not meet.
    subject: .redis, source: "Redis error replies and the ROLE command",
    collect: "redis-cli -h {host} -p {port} ROLE",
    [
      Row("redis.reply.max_clients", .count, "Refusals at maxclients.", fold: .sum),
      Row(
        "redis.reply.misconf", .count, "Writes refused because saves fail.", fold: .sum, collect: ""
      ),
      Row("redis.reply.oom", .count, "Writes refused at maxmemory.", fold: .sum, collect: ""),
      Row("redis.reply.readonly", .count, "Writes refused by a replica.", fold: .sum, collect: ""),
      Row("redis.reply.loading", .count, "Commands refused while loading.", fold: .sum),
      Row("redis.reply.noauth", .count, "Commands refused without a password.", fold: .sum),
      Row("redis.reply.protected_mode", .count, "Refusals in protected mode.", fold: .sum),
      Row("redis.reply.refused", .count, "Connections that nobody accepted.", fold: .sum),
      Row(
        "redis.reply.unreachable", .count,
        "Connections that could not be made for another reason: no answer, no way, no name.",
        fold: .sum),
      Row(
        "redis.reply.no_local_port", .count,
        "Connections for which the box that asked had no local port or address.", fold: .sum),
      Row("redis.reply.bgsave_error", .count, "BGSAVE calls that failed.", fold: .sum, collect: ""),
      Row(
        "redis.reply.activedefrag_refused", .count, "The build cannot defragment.", fold: .sum,
        collect: ""),
      Row(
        "redis.role.role", .text, "What the server is to others.",
        values: ["master", "slave", "sentinel"]),
      Row("redis.role.master_host", .text, "Whom it replicates."),
      Row("redis.role.master_port", .count, "The master's port."),
      Row("redis.role.link", .text, "State of the link to the master."),
    ]),
  FactGroup(
    subject: .redis, source: "redis-cli --stat",
    collect: "timeout 10 redis-cli -h {host} -p {port} --stat",
    [
      Row("redis.stat.keys", .count, "Keys."),
      Row("redis.stat.memory", .bytes, "Memory in use."),
      Row("redis.stat.clients", .count, "Clients."),
      Row("redis.stat.blocked", .count, "Clients in a blocking command."),
      Row("redis.stat.requests", .count, "Commands since the start."),
      Row("redis.stat.requests_per_interval", .count, "Most commands in an interval.", fold: .max),
      Row("redis.stat.connections", .count, "Connections accepted since the start."),
    ]),
]
