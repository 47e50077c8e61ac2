import Model

/// What is computed of the counters of the network.
let networkDerivations: [Derivation] = [
  Derivation(
    "host.network.allowance_total", .host, .count,
    "Packets that EC2 queued or dropped for any allowance since the boot.",
    from: ["host.network.allowance_exceeded"]
  ) { inputs in
    let parts = inputs.parts("host.network.allowance_exceeded")
    guard let most = parts.max(by: { ($0.value.number ?? 0) < ($1.value.number ?? 0) }) else {
      return nil
    }
    inputs.cite(most)
    return .number(parts.reduce(0) { $0 + ($1.value.number ?? 0) })
  },
  Derivation(
    "host.network.allowance_rate", .host, .perSecond,
    "How fast the counter of the allowance rose that was exceeded most, at its fastest between two captures.",
    from: ["host.network.allowance_exceeded"]
  ) { inputs in steepestAllowance(&inputs).map { .number($0.rise.rate) } },
  Derivation(
    "host.network.allowance", .host, .text, "Which allowance that is.",
    from: ["host.network.allowance_exceeded"]
  ) { inputs in steepestAllowance(&inputs).map { .text($0.name) } },
  Derivation(
    "host.network.overflow_rate", .host, .perSecond,
    "Connections that were dropped for a full queue, at the most between two captures.",
    from: ["host.network.listen_overflows"]
  ) { inputs in
    guard let rise = steepest(inputs.uncitedSeries("host.network.listen_overflows")) else {
      return nil
    }
    rise.cite(in: &inputs)
    return .number(rise.rate)
  },
  Derivation(
    "host.network.retransmit_share", .host, .fraction,
    "Share of the TCP segments that were sent again, of at least 1,000 between the first and the last capture.",
    from: ["host.network.segments_retransmitted", "host.network.segments_sent"]
  ) { inputs in
    guard
      let again = Rise(over: inputs.uncitedSeries("host.network.segments_retransmitted")),
      let all = Rise(over: inputs.uncitedSeries("host.network.segments_sent")), all.change >= 1000
    else { return nil }
    again.cite(in: &inputs)
    return .number(again.change / all.change)
  },
  Derivation(
    "host.network.conntrack_share", .host, .fraction, "How full the table of connections is.",
    from: [
      "host.sysctl.net.netfilter.nf_conntrack_count", "host.sysctl.net.netfilter.nf_conntrack_max",
    ]
  ) { inputs in
    guard let count = inputs.number("host.sysctl.net.netfilter.nf_conntrack_count"),
      let most = inputs.number("host.sysctl.net.netfilter.nf_conntrack_max"), most > 0
    else { return nil }
    return .number(count / most)
  },
  Derivation(
    "host.network.ports_taken_share", .host, .fraction,
    "TCP sockets, those in TIME-WAIT among them, to the local ports there are for one server: 28,232 "
      + "unless they are known. Above 1 where there are several servers.",
    from: [
      "host.network.tcp_time_wait", "host.network.tcp_in_use", "host.network.local_ports",
    ]
  ) { inputs in
    guard let waiting = inputs.number("host.network.tcp_time_wait"),
      let open = inputs.number("host.network.tcp_in_use")
    else { return nil }
    // 32768 to 60999, the kernel's default (Documentation/networking/ip-sysctl.rst).
    let ports = inputs.optionalNumber("host.network.local_ports") ?? 28_232
    return ports > 0 ? .number((waiting + open) / ports) : nil
  },
]

/// How a counter rose between two captures.
private struct Rise {
  let before: KnownFact
  let after: KnownFact
  let change: Double
  let seconds: Double

  var rate: Double { change / seconds }

  /// Nil where it fell, as at a boot, or the captures are not a second apart.
  init?(_ before: KnownFact, _ after: KnownFact) {
    guard let a = before.value.number, let b = after.value.number, let start = before.time,
      let end = after.time, b >= a, end.since(start) >= 1
    else { return nil }
    (self.before, self.after) = (before, after)
    (change, seconds) = (b - a, end.since(start))
  }

  init?(over series: [KnownFact]) {
    guard let first = series.first, let last = series.last else { return nil }
    self.init(first, last)
  }

  func cite(in inputs: inout DerivationInputs) {
    inputs.cite(before)
    inputs.cite(after)
  }
}

/// The fastest of the rises from one capture to the next.
private func steepest(_ series: [KnownFact]) -> Rise? {
  zip(series, series.dropFirst()).compactMap { Rise($0, $1) }.max { $0.rate < $1.rate }
}

private func steepestAllowance(
  _ inputs: inout DerivationInputs
) -> (name: String, rise: Rise)? {
  // A rise needs two captures: what is known once is asked for again.
  _ = inputs.uncitedSeries("host.network.allowance_exceeded")
  let found = inputs.points("host.network.allowance_exceeded").sorted { $0.key < $1.key }
    .compactMap { part, points in steepest(points).map { (name: part, rise: $0) } }
    .max { $0.rise.rate < $1.rise.rate }
  found?.rise.cite(in: &inputs)
  return found
}
