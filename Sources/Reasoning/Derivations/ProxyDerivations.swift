import Model

/// The periodic client that most likely makes sessions: it asks for a page, not for a health path,
/// and is answered with success or a redirect. Among several the most frequent one. A permanent
/// redirect, as to https, is given to everybody alike, before it is known who asks.
private func sessionProbe(_ inputs: inout DerivationInputs) -> String? {
  let counts = inputs.parts("nginx.periodic.count")
  let paths = inputs.parts("nginx.periodic.path")
  let statuses = inputs.parts("nginx.periodic.status")
  let agents = inputs.parts("nginx.periodic.agent")
  func of(_ facts: [KnownFact], _ part: String?) -> KnownFact? { facts.first { $0.part == part } }
  let candidates = counts.filter { count in
    guard let path = of(paths, count.part)?.value.text,
      let status = of(statuses, count.part)?.value.number,
      let agent = of(agents, count.part)?.value.text
    else { return false }
    return (200..<400).contains(status) && status != 301 && status != 308 && !isHealthPath(path)
      && !isAsset(path) && !isPersonsBrowser(agent)
  }
  // A redirect starts a session; the page it leads to is asked for with it.
  let best = candidates.max { a, b in
    func rank(_ fact: KnownFact) -> (Int, Double, String) {
      let status = of(statuses, fact.part)?.value.number ?? 0
      return ((300..<400).contains(status) ? 1 : 0, fact.value.number ?? 0, fact.part ?? "")
    }
    return rank(a) < rank(b)
  }
  guard let best else { return nil }
  inputs.cite(best)
  return best.part
}

/// A path that by its name is made for checkers.
func isHealthPath(_ path: String) -> Bool {
  let last = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
  return [
    "health", "healthz", "health_check", "healthcheck", "health-check", "ping", "ready", "readyz",
    "live", "livez", "liveness", "readiness", "status", "up", "heartbeat", "alive", "metrics",
    "prometheus", "nginx_status", "stub_status",
  ].contains(last)
}

private func isAsset(_ path: String) -> Bool {
  [".js", ".css", ".png", ".jpg", ".svg", ".ico", ".woff2", ".txt", ".map", ".gif"].contains {
    path.hasSuffix($0)
  }
}

/// A browser keeps its cookie, so that its polling makes no new session.
private func isPersonsBrowser(_ agent: String) -> Bool {
  agent.hasPrefix("Mozilla/5.0 (")
    && !["bot", "Bot", "monitor", "Monitor", "compatible", "Exporter"].contains {
      agent.contains($0)
    }
}

private func ofSessionProbe(
  _ name: String, _ unit: Unit, _ summary: String, from fact: String
) -> Derivation {
  Derivation(
    name, .proxy, unit, summary,
    from: [
      "nginx.periodic.count", "nginx.periodic.path", "nginx.periodic.status",
      "nginx.periodic.agent", fact,
    ]
  ) { inputs in
    guard let part = sessionProbe(&inputs),
      let value = inputs.parts(fact).first(where: { $0.part == part })
    else { return nil }
    inputs.cite(value)
    return value.value
  }
}

/// The session-making probe, as figures of its own.
let proxyDerivations: [Derivation] = [
  ofSessionProbe(
    "nginx.session_probe.period", .seconds, "Period of the probe that makes sessions.",
    from: "nginx.periodic.period"),
  ofSessionProbe(
    "nginx.session_probe.jitter", .seconds, "Jitter of that probe (standard deviation).",
    from: "nginx.periodic.jitter"),
  ofSessionProbe(
    "nginx.session_probe.count", .count, "Requests of that probe.", from: "nginx.periodic.count"),
  ofSessionProbe(
    "nginx.session_probe.path", .text, "Path that it asks for.", from: "nginx.periodic.path"),
  ofSessionProbe(
    "nginx.session_probe.method", .text, "Method that it uses.", from: "nginx.periodic.method"),
  ofSessionProbe(
    "nginx.session_probe.agent", .text, "User agent of it.", from: "nginx.periodic.agent"),
  ofSessionProbe(
    "nginx.session_probe.status", .count, "Status that it gets.", from: "nginx.periodic.status"),
  Derivation(
    "nginx.session_probe.then", .proxy, .text,
    "Where the redirect leads it, in words; empty where it is not seen to follow.",
    from: [
      "nginx.periodic.count", "nginx.periodic.path", "nginx.periodic.status",
      "nginx.periodic.agent", "nginx.periodic.follows",
    ]
  ) { inputs in
    guard let part = sessionProbe(&inputs) else { return nil }
    guard let next = inputs.parts("nginx.periodic.follows").first(where: { $0.part == part }),
      let path = next.value.text
    else { return .text("") }
    inputs.cite(next)
    return .text(", then \(path)")
  },
  Derivation(
    "nginx.access.surge.has_author", .proxy, .flag,
    "One agent or one address makes most of a surge; not, where so many come that none was counted.",
    from: [
      "nginx.access.surge", "nginx.access.surge.top_agent_share",
      "nginx.access.surge.top_client_share",
    ]
  ) { inputs in
    guard inputs.number("nginx.access.surge") != nil else { return nil }
    let agent = inputs.optionalNumber("nginx.access.surge.top_agent_share") ?? 0
    let client = inputs.optionalNumber("nginx.access.surge.top_client_share") ?? 0
    return .flag(max(agent, client) >= 0.5)
  },
  Derivation(
    "nginx.start.refused", .proxy, .flag,
    "Nginx did not start or did not take its configuration, and is not seen to serve after that.",
    from: ["nginx.error.emergency", "nginx.service.active", "nginx.access.requests"],
    source: "nginx documentation, command-line parameters: -t"
  ) { inputs in
    guard let emergency = inputs.fact("nginx.error.emergency") else { return nil }
    switch inputs.optionalText("nginx.service.active") {
    case "failed": return .flag(true)
    // Its old workers go on, or it was mended.
    case "active", "reloading": return .flag(false)
    default: break
    }
    // A reload that fails leaves the old workers serving, and an old start may have been mended.
    for requests in inputs.peekSeries("nginx.access.requests") where requests.value.number != 0 {
      guard let time = emergency.time, let served = requests.coverage?.upperBound,
        served.since(time) < 60
      else { return nil }
    }
    return .flag(true)
  },
  Derivation(
    "nginx.access.refused_by_limit", .proxy, .flag,
    "Most of the answers of 500 and above are refusals of a limit that nginx was given.",
    from: [
      "nginx.access.longest_error_run", "nginx.access.status.5xx", "nginx.access.status.503",
      "nginx.error.limited",
    ],
    source: "nginx, ngx_http_limit_req_module: limit_req_status is 503 where nothing else is said"
  ) { inputs in
    guard inputs.number("nginx.access.longest_error_run") != nil else { return nil }
    let failed = inputs.optionalNumber("nginx.access.status.5xx") ?? 0
    let refused = min(
      inputs.optionalNumber("nginx.error.limited") ?? 0,
      inputs.optionalNumber("nginx.access.status.503") ?? 0)
    return .flag(refused >= 0.8 * failed && refused > 0)
  },
]
