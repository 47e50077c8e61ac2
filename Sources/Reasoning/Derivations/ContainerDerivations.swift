import Model

/// Growth of the application's container, as `docker stats` or `kubectl top` show it again and again, and
/// what ended a server's.
let containerDerivations: [Derivation] = [
  Derivation(
    "app.container.memory", .app, .bytes,
    "Memory of the application's container in the last of several samples.",
    from: ["host.cgroup.usage"]
  ) { inputs in containerGrowth(&inputs).map { .number($0.latest) } },
  Derivation(
    "app.container.growth", .app, .bytes,
    "What the application's container has gained since it last started, over half an hour or more.",
    from: ["host.cgroup.usage"]
  ) { inputs in containerGrowth(&inputs).map { .number($0.gain) } },
  Derivation(
    "app.container.growth_span", .app, .seconds, "Time in which it was watched.",
    from: ["host.cgroup.usage"]
  ) { inputs in containerGrowth(&inputs).map { .number($0.span) } },
  Derivation(
    "app.container.growth_is_steady", .app, .flag,
    "It grew all the time, in the later half at least half as fast as in the earlier half.",
    from: ["host.cgroup.usage"], source: "docker stats (the cache is not counted)"
  ) { inputs in containerGrowth(&inputs).map { .flag($0.isSteady) } },
  Derivation(
    "redis.ended_for_memory", .redis, .flag,
    "The manager of its service or container says that it was killed for want of memory; no where the "
      + "server's own clock has gone on for a week since.",
    from: [
      "redis.service.result", "redis.container.oom_killed", "redis.server.server_time_usec",
      "redis.slowlog.last",
    ], source: "systemd.service(5), OOMPolicy=; Kubernetes documentation, assign memory resources"
  ) { inputs in
    if inputs.optionalText("redis.service.result") == "oom-kill" { return .flag(true) }
    guard let killed = inputs.optionalFlag("redis.container.oom_killed") else {
      return inputs.text("redis.service.result") == nil ? nil : .flag(false)
    }
    guard killed, let ended = inputs.peek("redis.container.oom_killed")?.time,
      let now = inputs.optionalTime("redis.server.server_time_usec")
        ?? inputs.optionalTime("redis.slowlog.last")
    else { return .flag(killed) }
    return .flag(now.since(ended) < 7 * 86400)
  },
]

private struct ContainerGrowth {
  let points: [KnownFact]
  let gain: Double
  let span: Double
  let slope: Double
  let isSteady: Bool
  let latest: Double

  /// Nil for fewer than five samples of one life, or less than half an hour.
  init?(_ points: [KnownFact]) {
    let life = ContainerGrowth.longestLife(points)
    // The first tenth is warm-up.
    let warm = Array(life.dropFirst((life.count + 9) / 10))
    guard life.count >= 5, let first = warm.first, let last = warm.last,
      let trend = Trend(warm), let start = first.time, let end = last.time,
      end.since(start) >= 1800, let from = first.value.number, let to = last.value.number,
      let middleTime = warm[warm.count / 2].time,
      let middle = warm[warm.count / 2].value.number, middleTime > start, end > middleTime
    else { return nil }
    let early = (middle - from) / middleTime.since(start)
    let late = (to - middle) / end.since(middleTime)
    self.points = [first, last]
    gain = to - from
    span = end.since(start)
    slope = trend.slope
    latest = to
    isSteady = trend.low > 0 && early > 0 && late >= early / 2
  }

  /// A container that is started anew holds much less than before.
  private static func longestLife(_ points: [KnownFact]) -> [KnownFact] {
    var lives: [[KnownFact]] = []
    var before = Double.infinity
    for point in points {
      guard let bytes = point.value.number else { continue }
      if bytes < before * 0.7 { lives.append([]) }
      lives[lives.count - 1].append(point)
      before = bytes
    }
    return lives.reduce([]) { $1.count >= $0.count ? $1 : $0 }
  }
}

/// Of several containers of the application the middle one.
private func containerGrowth(_ inputs: inout DerivationInputs) -> ContainerGrowth? {
  guard !inputs.parts("host.cgroup.usage").isEmpty else { return nil }
  let points = inputs.points("host.cgroup.usage")
  let app = inputs.subjectName
  var own = points.keys.filter { isContainer($0, of: app) }
  // With no name to go by, the only one there is.
  if app == Subject.unknownName, points.count == 1 { own = Array(points.keys) }
  let found = own.sorted().compactMap { ContainerGrowth(points[$0] ?? []) }
    .sorted { $0.slope < $1.slope }
  guard !found.isEmpty else { return nil }
  let middle = found[(found.count - 1) / 2]
  for point in middle.points { inputs.cite(point) }
  return middle
}

/// `shop-web-1`, `shop_web_1` and `web-7d4b9c6f5d-k2xjz` are containers of `web`.
private func isContainer(_ name: String, of app: String) -> Bool {
  let parts = name.split { "-_/.".contains($0) }
  let wanted = app.split { "-_/.".contains($0) }
  guard !wanted.isEmpty, parts.count >= wanted.count else { return false }
  return (0...parts.count - wanted.count).contains {
    Array(parts[$0..<$0 + wanted.count]) == wanted
  }
}
