/// Something that happened: a status check failed, Redis restarted, the kernel killed a process.
package struct Event: Sendable, Equatable {
  /// What kind of thing happened, from a short fixed list of names: `status-check-failed`,
  /// `oom-kill`, `redis-start`, `server-errors`, ...
  package let name: String
  /// Index of the subject's clue in its page; of the subject itself once the ledger is identified.
  package var subject: Int
  package let time: Instant
  package let until: Instant?
  /// A sentence for the timeline, without a full stop.
  package let text: String
  /// Users feel it: time-outs, 5xx, unreachable, killed.
  package let isImpact: Bool
  /// False where the source states no zone and none was given: then no order is claimed across
  /// clocks.
  package let isZoned: Bool
  package var origin: Origin

  package init(
    _ name: String, subject: Int, time: Instant, until: Instant? = nil, text: String,
    isImpact: Bool = false, isZoned: Bool = true, origin: Origin
  ) {
    self.name = name
    self.subject = subject
    self.time = time
    self.until = until
    self.text = text
    self.isImpact = isImpact
    self.isZoned = isZoned
    self.origin = origin
  }
}

/// A relation that the evidence states, between two subjects of a page.
package struct StatedRelation: Sendable, Equatable {
  package let kind: RelationKind
  package var from: Int
  package var to: Int
  package let origin: Origin

  package init(_ kind: RelationKind, from: Int, to: Int, origin: Origin) {
    self.kind = kind
    self.from = from
    self.to = to
    self.origin = origin
  }
}
