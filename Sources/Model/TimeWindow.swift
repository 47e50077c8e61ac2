/// A window that may be open at either end.
package struct TimeWindow: Sendable, Equatable {
  package var since: Instant?
  package var until: Instant?

  package init(since: Instant? = nil, until: Instant? = nil) {
    self.since = since
    self.until = until
  }

  package func contains(_ time: Instant) -> Bool {
    if let since, time < since { return false }
    if let until, time > until { return false }
    return true
  }
}
