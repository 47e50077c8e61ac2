private typealias Row = FactGroup.Row

/// What SLOWLOG GET says: entries, the slowest, and two classes of commands that block the server:
/// those that walk a whole collection and those that free one.
let redisSlowlogFacts: [FactGroup] = [
  FactGroup(
    subject: .redis, source: "Redis SLOWLOG GET command",
    collect: "redis-cli -h {host} -p {port} SLOWLOG GET 128",
    [
      Row("redis.slowlog.entries", .count, "Entries of the slow log that were given."),
      Row("redis.slowlog.length", .count, "Entries that the server holds.", fold: .max),
      Row("redis.slowlog.slowest", .seconds, "Longest time a command took.", fold: .max),
      Row("redis.slowlog.slowest_command", .text, "Name of the slowest command."),
      Row("redis.slowlog.total", .seconds, "Time that all entries took."),
      Row("redis.slowlog.first", .time, "Time of the oldest entry."),
      Row("redis.slowlog.last", .time, "Time of the newest entry."),
      Row(
        "redis.slowlog.busy_share", .fraction,
        "Time the entries took as a share of the time from the oldest to the newest."),
      Row("redis.slowlog.command.count", .count, "Entries of one command.", fold: .sum),
      Row("redis.slowlog.command.total", .seconds, "Time that one command took.", fold: .sum),
      Row("redis.slowlog.command.max", .seconds, "Longest time of one command.", fold: .max),
    ]),
  FactGroup(
    subject: .redis, source: "Redis command reference, time complexity of each command",
    collect: "redis-cli -h {host} -p {port} SLOWLOG GET 128",
    [
      Row(
        "redis.slowlog.linear.count", .count, "Entries of commands that walk a whole collection."),
      Row("redis.slowlog.linear.slowest", .seconds, "Longest time of such a command.", fold: .max),
      Row("redis.slowlog.linear.command", .text, "Name of the slowest such command."),
      Row("redis.slowlog.linear.total", .seconds, "Time that such commands took."),
      Row(
        "redis.slowlog.linear.spacing", .seconds,
        "Median time between such commands, of three or more."),
      Row(
        "redis.slowlog.constant.count", .count,
        "Entries of 100 ms and more of commands whose time does not depend on what is stored."),
      Row("redis.slowlog.constant.command", .text, "Name of the slowest such command."),
      Row("redis.slowlog.delete.count", .count, "Entries of commands that free a key at once."),
      Row("redis.slowlog.delete.slowest", .seconds, "Longest time of such a command.", fold: .max),
      Row("redis.slowlog.delete.key", .text, "Key that the slowest such command freed."),
    ]),
]
