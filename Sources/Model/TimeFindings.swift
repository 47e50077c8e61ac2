/// What is known of the clock of one source whose stamps state no zone.
package struct SourceClock: Sendable, Equatable {
  package let file: String
  /// Seconds east of UTC; nil where nothing anchors the clock, and no order is claimed across it.
  package let offset: Int?
  /// What anchors it, in words.
  package let anchor: String?

  package init(file: String, offset: Int?, anchor: String?) {
    self.file = file
    self.offset = offset
    self.anchor = anchor
  }
}

/// The same thing happening to one subject again and again.
package struct Recurrence: Sendable, Equatable {
  /// The name of the event: `system-status-failed`, `oom-kill`.
  package let event: String
  package let subject: Subject
  /// When each began; what lies within minutes of each other is one. At least three.
  package let times: [Instant]
  package let rhythm: Rhythm
  /// The times of day, in seconds since midnight UTC; those within an hour of each other are one.
  package let timesOfDay: [Double]
  package let sources: [Source]

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
