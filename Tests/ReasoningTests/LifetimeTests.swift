import Model
import Testing

@testable import Reasoning

/// What counters tell of the whole life of a process.
@Suite struct LifetimeTests {
  @Test(arguments: [(7200.0, 15.0), (600, nil)])
  func evictionsOfALifeAreAMean(uptime: Double, rate: Double?) throws {
    let evidence = ledger([
      ("info.txt", info(at(86_400), uptime: uptime, ["redis.stats.evicted_keys": 108_000]))
    ])
    #expect(
      try fact("redis.evictions.lifetime_rate", of: .redis, in: evidence)
        == rate.map { .number($0) })
  }

  /// Workers that grow by 1 MiB an hour each, watched for a day and a half, and what is available.
  private static func leak(maxRequests: Double, available: Double, recycles: Double) -> Ledger {
    let memory = page(.meminfo, .host) { page, _ in
      page.fact("host.memory.MemAvailable", available)
    }
    let workers = page(.processList, .app) { page, _ in
      page.fact("gunicorn.max_requests", maxRequests)
      page.fact("gunicorn.workers", 4)
      page.fact("gunicorn.ps.growth_per_worker", 1_048_576.0 / 3600)
      page.fact("gunicorn.ps.recycles", recycles)
      page.fact("gunicorn.ps.sample_span", 36 * 3600)
    }
    return ledger([(name: "meminfo", page: memory), (name: "ps.txt", page: workers)])
  }

  /// 40 MiB last ten hours, 400 MiB a hundred.
  @Test(
    arguments: [
      (0.0, 4e7, 0.0, false, "max_requests is not set"),
      (1000, 4e7, 0, false, "max_requests is 1,000, but none was recycled in 36 h"),
      (1000, 4e8, 0, true, "max_requests is 1,000"), (1000, 4e7, 2, true, "max_requests is 1,000"),
    ])
  func aLimitThatComesTooLateIsNone(
    limit: Double, available: Double, recycles: Double, isRecycling: Bool, words: String
  ) throws {
    let evidence = Self.leak(maxRequests: limit, available: available, recycles: recycles)
    #expect(try fact("gunicorn.recycling", of: .app, in: evidence) == .flag(isRecycling))
    #expect(try fact("gunicorn.recycling.words", of: .app, in: evidence) == .text(words))
  }
}
