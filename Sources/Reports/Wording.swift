import Model

/// How likely, in a word that people use alike.
package func likelihood(_ probability: Double) -> String {
  switch probability {
  case 0.95...: "almost certain"
  case 0.8..<0.95: "very likely"
  case 0.65..<0.8: "likely"
  case 0.5..<0.65: "more likely than not"
  case 0.2..<0.5: "possible"
  case 0.05..<0.2: "unlikely"
  default: "very unlikely"
  }
}

/// `1 file`, `3 files`, `70,560 lines`.
func counted(_ count: Int, _ noun: String) -> String {
  wording(Double(count), unit: .count) + " " + noun + (count == 1 ? "" : "s")
}

/// The clock time of an instant, `02:07:00Z`; without the `Z` where no zone is known.
func clock(_ time: Instant, isZoned: Bool) -> String {
  time.description.dropFirst(11).prefix(8) + (isZoned ? "Z" : "")
}

/// `2024-03-05 02:07:00Z`, or `2024-03-05 02:07:00 (zone not known)`.
func moment(_ time: Instant, isZoned: Bool) -> String {
  isZoned
    ? wording(time)
    : "\(date(time)) \(clock(time, isZoned: false)) (zone not known)"
}

/// The date of an instant, `2024-03-05`.
func date(_ time: Instant) -> String { String(time.description.prefix(10)) }

/// `02:10`, of seconds since midnight.
func clockTime(_ seconds: Double) -> String {
  let minutes = Int((seconds / 60).rounded()) % 1440
  func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  return two(minutes / 60) + ":" + two(minutes % 60)
}
