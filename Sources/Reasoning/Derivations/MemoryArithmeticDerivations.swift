import Model

/// What application and Redis of one host may take together, against what there is.
let memoryArithmeticDerivations: [Derivation] = [
  Derivation(
    "host.memory.planned", .host, .bytes,
    "Workers x memory of one, plus Redis at its limit with what a save may copy.",
    from: planInputs
  ) { inputs in plan(&inputs).map { .number($0.bytes) } },
  Derivation(
    "host.memory.plan", .host, .text, "The same as a sum, with every factor.", from: planInputs
  ) { inputs in plan(&inputs).map { .text($0.words) } },
  Derivation(
    "host.memory.plan_share", .host, .fraction, "The same as a share of the host's memory.",
    from: ["host.memory.planned", "host.memory.MemTotal"]
  ) { inputs in
    guard let planned = inputs.number("host.memory.planned"),
      let total = inputs.number("host.memory.MemTotal"), total > 0
    else { return nil }
    return .number(planned / total)
  },
]

private let planInputs = [
  "gunicorn.workers_in_force", "app.memory.per_worker", "redis.memory.maxmemory",
  "redis.memory.used_memory_rss", "redis.persistence.rdb_last_cow_size",
  "redis.config.save_enabled", "redis.persistence.rdb_saves",
]

private func plan(_ inputs: inout DerivationInputs) -> (bytes: Double, words: String)? {
  guard inputs.isOnThisHost(.app), isRedisHere(inputs),
    let workers = inputs.number("gunicorn.workers_in_force"),
    let each = inputs.number("app.memory.per_worker"),
    let resident = inputs.number("redis.memory.used_memory_rss")
  else { return nil }
  func words(_ bytes: Double) -> String { wording(bytes, unit: .bytes) }
  let limit = inputs.optionalNumber("redis.memory.maxmemory") ?? 0
  let redis = limit > 0 ? limit : resident
  var sum = workers * each + redis
  var text =
    "\(wording(workers, unit: .count)) workers x \(words(each)) + Redis "
    + (limit > 0 ? "up to its maxmemory of " : "") + words(redis)
  if let copied = inputs.optionalNumber("redis.persistence.rdb_last_cow_size"), copied > 0 {
    sum += copied
    text += " + \(words(copied)) that the last save copied"
  } else if saves(&inputs) {
    sum += redis
    text += " + as much again that a save may copy"
  }
  return (sum, text + " = " + words(sum))
}

/// It has saved, or is told to.
private func saves(_ inputs: inout DerivationInputs) -> Bool {
  if let count = inputs.optionalNumber("redis.persistence.rdb_saves"), count > 0 { return true }
  return inputs.optionalFlag("redis.config.save_enabled") ?? false
}

/// A Redis that is only assumed to run here would make a sum of two machines. The very same amount
/// of memory, or a redis-server among the host's processes, tells that it does.
private func isRedisHere(_ inputs: DerivationInputs) -> Bool {
  if inputs.isStatedNeighbour(.redis) || inputs.peek("process.redis_rss") != nil { return true }
  guard let own = inputs.peek("host.memory.MemTotal")?.value.number,
    let its = inputs.peek("redis.memory.total_system_memory")?.value.number
  else { return false }
  return own == its
}
