import Model

/// Reads the lines of a kernel log, a syslog or a journal: one file may hold all three, and lines of
/// several hosts. Kernel logs, system logs and console output are this behind three kinds.
struct HostLog {
  static let hostLimit = 16

  private struct Host {
    /// Empty where the log names nobody.
    var name: [UInt8]
    var kernel = KernelMessages()
    var system = SystemMessages()
    var hasKernelLines = false
    var first: Sighting
    var span: TimeSpan?
  }

  private let context: ReadingContext
  /// Whether lines without any prefix are the kernel's: on a console, or pasted without it.
  private let takesBareLines: Bool
  private var clock: LogClock
  private var hosts: [Host] = []
  private var current = 0
  private var leftOut = 0

  init(kind: EvidenceKind, context: ReadingContext, takesBareLines: Bool) {
    self.context = context
    self.takesBareLines = takesBareLines
    clock = LogClock(kind: kind, context: context)
  }

  /// Gives where the name of the program stands that speaks. `excerpt` is what to cite, where the line is not
  /// one of the file.
  @discardableResult
  mutating func read(_ line: Span<UInt8>, number: Int, excerpt: String? = nil) -> Range<Int>? {
    guard !line.isEmpty else { return nil }
    let prefix = LogPrefix(line, offset: clock.offset)
    if prefix.stamp == nil, !takesBareLines || line.hasPrefix("-- ") { return nil }
    let (time, scale) = clock.resolve(prefix.stamp)
    if let time, !context.window.contains(time) { return nil }
    guard find(prefix, in: line, number: number, excerpt: excerpt) else {
      leftOut += 1
      return nil
    }
    if let time {
      let span = hosts[current].span ?? time...time
      hosts[current].span = min(span.lowerBound, time)...max(span.upperBound, time)
    }
    if prefix.isKernel || prefix.stamp == nil {
      let isKnown = hosts[current].kernel.read(
        line, from: prefix.message, time: time, number: number, excerpt: excerpt)
      if prefix.isKernel || isKnown { hosts[current].hasKernelLines = true }
    }
    if let scale, prefix.tag != nil {
      hosts[current].system.read(line, prefix: prefix, time: time, scale: scale, number: number)
    }
    return prefix.tag
  }

  /// Makes the host that a line names the current one; a line that names none goes on with it.
  private mutating func find(
    _ prefix: LogPrefix, in line: Span<UInt8>, number: Int, excerpt: String?
  ) -> Bool {
    func names(_ name: [UInt8]) -> Bool {
      guard let range = prefix.host, range.count == name.count else { return false }
      for (offset, byte) in name.enumerated() where line[range.lowerBound + offset] != byte {
        return false
      }
      return true
    }
    if prefix.host == nil, !hosts.isEmpty { return true }
    if hosts.indices.contains(current), names(hosts[current].name) { return true }
    if let known = hosts.firstIndex(where: { names($0.name) }) {
      current = known
      return true
    }
    guard hosts.count < HostLog.hostLimit else { return false }
    let name = prefix.host.map { $0.prefix(253).map { line[$0] } } ?? []
    if hosts.count == 1, hosts[0].name.isEmpty {
      // What stood before the first whole line belongs to the same host.
      hosts[0].name = name
      return true
    }
    hosts.append(
      Host(
        name: name,
        first: Sighting(line: number, excerpt: excerpt ?? line.excerpt)))
    current = hosts.count - 1
    return true
  }

  /// Records what was read; on an instance where the source names it.
  mutating func finish(into page: inout Page, instance: (id: String, origin: Origin)? = nil) {
    let isTimed = !clock.isAmbiguous
    for index in hosts.indices {
      let host = hosts[index]
      let subject = page.host(String(decoding: host.name, as: UTF8.self), origin: host.first.origin)
      if let instance {
        page.relate(
          subject, .runsOn, page.subject(.instance, .instanceID(instance.id)),
          origin: instance.origin)
      }
      let coverage = isTimed ? host.span : nil
      if let coverage {
        page.cover(coverage.lowerBound)
        page.cover(coverage.upperBound)
      }
      // Without one line of the kernel the log does not speak for it.
      if host.hasKernelLines {
        hosts[index].kernel.finish(
          of: subject, coverage: coverage, isZoned: clock.isZoned, isTimed: isTimed,
          first: host.first, into: &page)
      }
      host.system.finish(
        of: subject, coverage: coverage, isZoned: clock.isZoned, isTimed: isTimed,
        first: host.first, into: &page)
      recordRedis(of: hosts[index], on: subject, coverage: coverage, into: &page)
    }
    if !hosts.contains(where: { $0.hasKernelLines || $0.system.hasLines }) {
      page.warn("found no line of a kernel or system log")
    }
    if !isTimed {
      page.warn("the stamps run into another year and state none: no times were read")
    }
    if leftOut > 0 {
      page.lose("lines of more than \(HostLog.hostLimit) hosts: \(leftOut) not read")
    }
  }

  /// What ended a Redis server on the host is told of the server: the kernel and its service's manager
  /// name it.
  private func recordRedis(
    of host: Host, on subject: Int, coverage: TimeSpan?, into page: inout Page
  ) {
    let faults = [host.kernel.faultsOfRedis, host.system.faultsOfRedis].max { $0.count < $1.count }
    for (name, ends) in [
      ("redis.process.faults", faults),
      ("redis.process.limit_kills", host.kernel.limitKillsOfRedis),
    ] {
      guard let ends, let first = ends.first else { continue }
      let redis = page.subject(.redis)
      page.relate(redis, .runsOn, subject, origin: first.origin)
      page.record(
        name, Double(ends.count), of: redis, at: coverage == nil ? nil : first.time,
        coverage: coverage, origin: first.origin)
      guard let end = coverage?.upperBound, let last = ends.last else { continue }
      page.record("\(name).age", end.since(last), of: redis, origin: first.origin)
    }
  }
}

extension Page {
  /// The host of a name, or the nameless one. EC2 can name hosts after their instance.
  mutating func host(_ name: String, origin: Origin) -> Int {
    guard !name.isEmpty, name != "localhost" else { return subject(.host) }
    let host = subject(.host, .hostName(name))
    let label = String(name.prefix { $0 != "." })
    if let id = instanceID(label) {
      relate(host, .runsOn, subject(.instance, .instanceID(id)), origin: origin)
    }
    return host
  }

  /// `i-` and 8 or 17 hexadecimal digits.
  func instanceID(_ text: String) -> String? {
    let digits = text.dropFirst(2)
    return text.hasPrefix("i-") && (digits.count == 8 || digits.count == 17)
      && digits.allSatisfy({ $0.isHexDigit && !$0.isUppercase }) ? text : nil
  }
}
