/// What the command reference of Redis says of commands.
public enum RedisCommands {
  /// Walk whole collections, or the whole keyspace, whatever their arguments: O(N) in the size of
  /// what is stored. Scripts are among them, since nothing else is served while they run.
  public static let overWholeCollections: Set<String> = [
    "KEYS", "SMEMBERS", "HGETALL", "HKEYS", "HVALS", "SORT", "SORT_RO", "SUNION", "SINTER",
    "SDIFF", "SUNIONSTORE", "SINTERSTORE", "SDIFFSTORE", "SINTERCARD", "ZUNION", "ZINTER",
    "ZDIFF", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZINTERCARD", "EVAL", "EVALSHA",
    "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO",
  ]
}
