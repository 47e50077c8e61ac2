/// The readers of this folder, surest marks first.
let redisDocuments: [any DocumentReader.Type] = [
  RedisInfoReader.self, RedisSlowlogReader.self, RedisConfigReader.self, RedisServiceReader.self,
  RedisClientListReader.self, RedisBigKeysReader.self, RedisMemoryReader.self,
  RedisLatencyReader.self, RedisReplyReader.self, RedisKeySampleReader.self,
]
let redisStreams: [any StreamReader.Type] = [RedisLogReader.self]
