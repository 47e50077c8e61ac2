import Model

/// Reads how many CPUs a host has: `nproc`, `lscpu`, `/proc/cpuinfo`. The bare number that `nproc`
/// prints is one only where the file's name or the command above says so.
struct CPUCountReader: HostReader {
  static let kind = EvidenceKind.cpuCount

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    if sample.lines.contains(where: { CPUSection.lscpu($0) != nil }) { return .certain }
    let processors = sample.lines.count { CPUSection.isProcessor($0) }
    if processors > 0 {
      let isWhole = sample.lines.contains {
        $0.hasPrefix("model name") || $0.hasPrefix("BogoMIPS") || $0.hasPrefix("vendor_id")
      }
      return isWhole ? .certain : .possible
    }
    let lines = sample.lines.filter { $0.contains { !$0.isWhitespace } }
    guard lines.count <= 3, let last = lines.last, CPUSection.count(last) != nil else { return .no }
    let command = lines.first.flatMap { ShellPrompt($0)?.command.lowercased() }
    if let command { return CPUSection.asks(command) ? .certain : .no }
    return lines.count == 1 && CPUSection.asks(sample.name.lowercased()) ? .byName : .no
  }
}

struct CPUSection: HostSection {
  private var processors = 0
  private var last: HostLine?

  /// `CPU(s):                             2`
  static func lscpu(_ text: String) -> Double? {
    guard text.contains("CPU(s):") else { return nil }
    let fields = text.fields
    return fields.count == 2 && fields[0] == "CPU(s):" ? count(String(fields[1])) : nil
  }

  /// `processor       : 0`
  static func isProcessor(_ text: String) -> Bool {
    guard text.contains("processor") else { return false }
    let fields = text.fields
    return fields.count == 3 && fields[0] == "processor" && fields[1] == ":"
      && hostNumber(fields[2]) != nil
  }

  static func count(_ text: String) -> Double? {
    let digits = text.filter { !$0.isWhitespace }
    guard let number = Int(digits), (1...8192).contains(number), digits.first != "+" else {
      return nil
    }
    return Double(number)
  }

  /// A command, or the name of a file, that tells the number of CPUs.
  static func asks(_ text: String) -> Bool {
    ["nproc", "ncpu", "cpu-count", "cpu_count", "cpucount", "cpus"].contains {
      text.contains($0)
    } || text.contains("_nprocessors_") || text.hasPrefix("grep -c processor")
      || text.hasPrefix("grep -c ^processor")
  }

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    var count = CPUSection.lscpu(line.text)
    if count == nil, line.fields.count == 1, CPUSection.asks(line.subjectOfCapture) {
      count = CPUSection.count(line.text)
    }
    if let count {
      page.record("host.cpus", count, of: line.subject, at: line.time, origin: line.origin)
      return true
    }
    guard CPUSection.isProcessor(line.text) else { return false }
    processors += 1
    last = line
    return true
  }

  mutating func finish(into page: inout Page) {
    guard let last else { return }
    page.record(
      "host.cpus", Double(processors), of: last.subject, at: last.time, origin: last.origin)
  }
}
