/// Facts that the Redis readers record.
let redisFacts: [FactGroup] =
  redisInfoFacts + redisSlowlogFacts + redisLogFacts + redisConfigFacts + redisCommandFacts
