/// What the command reference of Redis says of commands.
public enum RedisCommands {
  /// Read or count one thing, in a time that does not depend on how much is stored.
  public static let inConstantTime: Set<String> = [
    "PING", "EXISTS", "TTL", "PTTL", "TYPE", "STRLEN", "INCR", "DECR", "INCRBY", "DECRBY", "HGET",
    "HEXISTS", "HLEN", "HINCRBY", "SISMEMBER", "SCARD", "LLEN", "ZSCORE", "ZCARD", "ECHO", "SELECT",
  ]

  /// Walk whole collections, or the whole keyspace, whatever their arguments: O(N) in the size of
  /// what is stored. Scripts, a save in the foreground and DEBUG are among them, since nothing else is
  /// served while they run.
  public static let overWholeCollections: Set<String> = [
    "KEYS", "SMEMBERS", "HGETALL", "HKEYS", "HVALS", "SORT", "SORT_RO", "SUNION", "SINTER",
    "SDIFF", "SUNIONSTORE", "SINTERSTORE", "SDIFFSTORE", "SINTERCARD", "ZUNION", "ZINTER",
    "ZDIFF", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZINTERCARD", "EVAL", "EVALSHA",
    "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO", "SAVE", "DEBUG",
  ]
}
