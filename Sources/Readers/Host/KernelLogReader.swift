import Model

/// Reads the kernel's log: `dmesg` in its forms, kern.log, and syslog or journal with its lines.
struct KernelLogReader: StreamReader {
  static let kind = EvidenceKind.kernelLog
  private var log: HostLog

  static func recognises(_ sample: Sample) -> Recognition {
    if sample.looksLikeJSON, !sample.firstLine.contains("] ") { return .no }
    let shape = HostLogShape(sample)
    if shape.kernel > 0 {
      // An application's journal may hold a line of the kernel and still be the application's.
      return shape.isMostlySystem ? .certain : .possible
    }
    // A report pasted without what stood before its lines.
    return shape.bareOOM > 0 && shape.other == 0 ? .possible : .no
  }

  init(context: ReadingContext) {
    log = HostLog(kind: .kernelLog, context: context, takesBareLines: true)
  }

  mutating func read(line: Span<UInt8>, number: Int, into page: inout Page) {
    log.read(line, number: number)
  }

  mutating func finish(into page: inout Page) { log.finish(into: &page) }
}
