/// The unit of a fact. Values are always held in the base unit that is named here.
package enum Unit: String, CaseIterable, Sendable {
  case count
  case bytes
  case seconds
  /// A share: 0.8 is 80 %. May exceed one (a fragmentation ratio).
  case fraction
  case perSecond = "per second"
  case bytesPerSecond = "bytes per second"
  /// A point in time, UTC; printed as RFC 3339.
  case time
  case flag
  case text

  package var dimension: Dimension? {
    switch self {
    case .count, .fraction: Dimension.none
    case .bytes: Dimension(bytes: 1, seconds: 0)
    case .seconds: Dimension(bytes: 0, seconds: 1)
    case .perSecond: Dimension(bytes: 0, seconds: -1)
    case .bytesPerSecond: Dimension(bytes: 1, seconds: -1)
    case .time, .flag, .text: nil
    }
  }
}

/// Exponents of bytes and seconds: what arithmetic in conditions is checked with.
package struct Dimension: Hashable, Sendable, CustomStringConvertible {
  package var bytes: Int
  package var seconds: Int

  package init(bytes: Int, seconds: Int) {
    self.bytes = bytes
    self.seconds = seconds
  }

  package static let none = Dimension(bytes: 0, seconds: 0)

  package static func * (a: Self, b: Self) -> Self {
    Dimension(bytes: a.bytes + b.bytes, seconds: a.seconds + b.seconds)
  }

  package static func / (a: Self, b: Self) -> Self {
    Dimension(bytes: a.bytes - b.bytes, seconds: a.seconds - b.seconds)
  }

  package var description: String {
    switch (bytes, seconds) {
    case (0, 0): "a plain number"
    case (1, 0): "bytes"
    case (0, 1): "seconds"
    case (0, -1): "per second"
    case (1, -1): "bytes per second"
    default: "bytes^\(bytes) seconds^\(seconds)"
    }
  }
}

/// The value of a fact, in the unit its definition states.
package enum Value: Hashable, Sendable {
  case number(Double)
  case text(String)
  case flag(Bool)
  case time(Instant)

  package var number: Double? { if case .number(let n) = self { n } else { nil } }
  package var text: String? { if case .text(let t) = self { t } else { nil } }
}
