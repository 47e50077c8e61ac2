/// Facts that the Redis readers record.
let redisFacts: [FactGroup] = []
