#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The kernel's ring of messages, read from /dev/kmsg as `dmesg --time-format=iso` prints it.
///
/// ```
/// 4,1234,5678901,-;Out of memory: Killed process 321 (gunicorn)     a record: level, number, microseconds
///  SUBSYSTEM=memory                                                 what belongs to it, left out
/// ```
struct KernelLog {
  static let path = "/dev/kmsg"
  /// The ring of common kernels is 256 KiB to 1 MiB.
  static let limit = 4 << 20

  let files: SystemFiles
  let since: WallClock

  func text(by deadline: Deadline) throws(FileFault) -> String {
    let file = try OpenFile(files.root + KernelLog.path)
    let boot = WallClock.now.seconds - WallClock.sinceBoot
    var record = [UInt8](repeating: 0, count: 8192)
    var text = ""
    while text.utf8.count < KernelLog.limit, deadline.secondsLeft > 0 {
      let count = read(file.descriptor, &record, record.count)
      if count < 0 {
        // A record that was overwritten while it was about to be read: the next is there.
        if errno == EPIPE || errno == EINTR { continue }
        guard errno == EAGAIN else { throw FileFault(code: errno) }
        break
      }
      guard count > 0 else { break }
      if let line = KernelLog.line(record[..<count], boot: boot, since: since) { text += line }
    }
    return text
  }

  static func line(
    _ record: some Collection<UInt8>, boot: Double, since: WallClock
  ) -> String? {
    let lines = record.split(separator: UInt8(ascii: "\n"), maxSplits: 1)
    guard let first = lines.first, let mark = first.firstIndex(of: UInt8(ascii: ";")) else {
      return nil
    }
    let head = first[..<mark].split(separator: UInt8(ascii: ","))
    guard head.count >= 3, let micros = Int(String(decoding: head[2], as: UTF8.self)),
      (0...(1 << 52)).contains(micros)
    else { return nil }
    let time = WallClock(seconds: boot + Double(micros) / 1e6)
    guard time.seconds >= since.seconds else { return nil }
    return "\(time.kernel) \(String(decoding: first[mark...].dropFirst(), as: UTF8.self))\n"
  }
}
