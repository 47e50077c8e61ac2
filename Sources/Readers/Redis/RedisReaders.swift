/// The readers of this folder, surest marks first.
let redisDocuments: [any DocumentReader.Type] = [
  RedisInfoReader.self, RedisSlowlogReader.self, RedisConfigReader.self,
]
let redisStreams: [any StreamReader.Type] = [RedisLogReader.self]
