/// What is known of the clock of one source whose stamps state no zone.
package struct SourceClock: Sendable, Equatable {
  package var file: String
  /// Seconds east of UTC; nil where nothing anchors the clock, and no order is claimed across it.
  package var offset: Int?
  /// What anchors it, in words.
  package var anchor: String?

  package init(file: String, offset: Int?, anchor: String?) {
    self.file = file
    self.offset = offset
    self.anchor = anchor
  }
}

/// The same thing happening to one subject again and again.
package struct Recurrence: Sendable, Equatable {
  /// The name of the event: `system-status-failed`, `oom-kill`.
  package var event: String
  package var subject: Subject
  /// When each began; what lies within minutes of each other is one. At least three.
  package var times: [Instant]
  package var rhythm: Rhythm
  /// The times of day, in seconds since midnight UTC; those within an hour of each other are one.
  package var timesOfDay: [Double]
  package var sources: [Source]

  package enum Rhythm: Sendable, Equatable {
    /// No rhythm can be claimed: only how often and when.
    case none
    /// Every so many seconds.
    case every(Double)
    /// Day after day at about this time, in seconds since midnight UTC.
    case atTime(Double)
  }

  package init(
    event: String, subject: Subject, times: [Instant], rhythm: Rhythm, timesOfDay: [Double],
    sources: [Source]
  ) {
    self.event = event
    self.subject = subject
    self.times = times
    self.rhythm = rhythm
    self.timesOfDay = timesOfDay
    self.sources = sources
  }
}
