import Model

@testable import Reasoning

/// Hand-made evidence: pages by name, in one folder.
func ledger(_ pages: [(name: String, page: Page)]) -> Ledger {
  var ledger = Ledger()
  for (name, page) in pages {
    ledger.add(InputAccount(path: name, folder: "", kind: page.kind, status: .read), page: page)
  }
  return ledger
}

/// Seconds after 2024-03-05 00:00:00Z.
func at(_ seconds: Double) -> Instant {
  Instant(microseconds: 1_709_596_800_000_000).advanced(by: seconds)
}

func at(day: Int = 0, _ hour: Int, _ minute: Int, _ second: Int = 0) -> Instant {
  at(Double(((day * 24 + hour) * 60 + minute) * 60 + second))
}

func origin(_ line: Int = 1) -> Origin { Origin(line: line, excerpt: "line \(line)") }

/// A page with one subject, filled by `fill`.
func page(
  _ kind: EvidenceKind, _ subject: SubjectKind, _ keys: IdentityKey...,
  fill: (inout Page, Int) -> Void
) -> Page {
  var page = Page(kind: kind)
  let index = page.subject(SubjectClue(subject, keys: Set(keys)))
  fill(&page, index)
  return page
}

extension Page {
  mutating func event(
    _ name: String, _ time: Instant, until: Instant? = nil, of subject: Int = 0,
    isImpact: Bool = false, isZoned: Bool = true
  ) {
    record(
      Event(
        name, subject: subject, time: time, until: until, text: name, isImpact: isImpact,
        isZoned: isZoned, origin: origin()))
  }

  mutating func fact(
    _ name: String, _ number: Double, at time: Instant? = nil, of subject: Int = 0,
    part: String? = nil, coverage: TimeSpan? = nil
  ) {
    record(name, number, of: subject, at: time, part: part, coverage: coverage, origin: origin())
  }
}

/// INFO: what the server says of its clock, and of anything else.
func info(_ now: Instant, uptime: Double, _ facts: [String: Double] = [:]) -> Page {
  page(.redisInfo, .redis, .port(6379)) { page, redis in
    page.record(
      "redis.server.server_time_usec", .time(now), of: redis, at: now, origin: origin())
    page.fact("redis.server.uptime_in_seconds", uptime, at: now)
    for (name, value) in facts.sorted(by: { $0.key < $1.key }) { page.fact(name, value, at: now) }
  }
}

/// A fact of the first subject of a kind, derived or not.
func fact(_ name: String, of kind: SubjectKind, in ledger: Ledger) throws -> Value? {
  var evidence = IdentifiedEvidence(ledger)
  evidence.settleClocks()
  let judge = Judge(evidence, pack: try RulePack.builtIn(), window: nil)
  return evidence.subjects.firstIndex { $0.kind == kind }
    .flatMap { judge.view(of: $0).fact(name)?.value }
}
