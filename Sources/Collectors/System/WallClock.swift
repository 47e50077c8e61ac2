#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A time of day with its forms; all in UTC, but for the local form that services log in.
struct WallClock: Sendable {
  let seconds: Double

  static var now: WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallClock(seconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
  }

  /// Seconds since the boot, those of sleep too, which is what stamps of the kernel nearly are.
  static var sinceBoot: Double {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// `2026-11-21T12:00:00Z`
  var utc: String {
    let parts = civil(isLocal: false)
    return "\(WallClock.date(parts))T\(WallClock.time(parts))Z"
  }

  /// `2026-11-21T12:00:00,123456+00:00`, as `dmesg --time-format=iso` has it. A double of this size
  /// is some 200 ns coarse, hence to the nearest microsecond.
  var kernel: String { precise(mark: ",") }

  /// `2026-11-21T12:00:00.123456+00:00`, as journals and rsyslog have it.
  var stamp: String { precise(mark: ".") }

  private func precise(mark: String) -> String {
    let micros = (seconds * 1e6).rounded()
    let whole = (micros / 1e6).rounded(.down)
    let parts = WallClock(seconds: whole).civil(isLocal: false)
    let digits = String(Int(micros - whole * 1e6) + 1_000_000).dropFirst()
    return "\(WallClock.date(parts))T\(WallClock.time(parts))\(mark)\(digits)+00:00"
  }

  /// `20261121-120000`, for names of files.
  var name: String { utc.filter { $0.isNumber }.inserting("-", at: 8) }

  /// `12:00:00`
  var timeOfDay: String { WallClock.time(civil(isLocal: false)) }

  /// Year, month, ... second: as numbers that compare in the order of time.
  func fields(isLocal: Bool) -> [Int] {
    let parts = civil(isLocal: isLocal)
    return [
      Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday), Int(parts.tm_hour),
      Int(parts.tm_min), Int(parts.tm_sec),
    ]
  }

  private func civil(isLocal: Bool) -> tm {
    var time = time_t(seconds.rounded(.down))
    var parts = tm()
    if isLocal { localtime_r(&time, &parts) } else { gmtime_r(&time, &parts) }
    return parts
  }

  private static func date(_ parts: tm) -> String {
    "\(Int(parts.tm_year) + 1900)-\(twoDigits(parts.tm_mon + 1))-\(twoDigits(parts.tm_mday))"
  }

  private static func time(_ parts: tm) -> String {
    [parts.tm_hour, parts.tm_min, parts.tm_sec].map(twoDigits).joined(separator: ":")
  }

  private static func twoDigits(_ number: Int32) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}

extension String {
  fileprivate func inserting(_ text: String, at offset: Int) -> String {
    "\(prefix(offset))\(text)\(dropFirst(offset))"
  }

  /// With blanks before it.
  func right(_ width: Int) -> String {
    String(repeating: " ", count: max(0, width - utf8.count)) + self
  }
}
