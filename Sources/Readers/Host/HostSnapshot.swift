import Model

/// Reads a capture of commands that show a host's state. People paste several of them into one file
/// (`uptime`, `free`, `vmstat`), so each kind of capture is read by all sections: whichever kind the
/// file is taken for, nothing in it is lost. The tables of `ps` and `top` and the lines of `dmesg` go to the
/// readers that know them.
struct HostSnapshot: Sendable {
  private let context: ReadingContext
  private var lines = PieceLines()
  private var surroundings: Surroundings
  private var sections: [any HostSection] = [
    SysstatSection(), MeminfoSection(), FreeSection(), SwapSection(), VmstatSection(),
    UptimeSection(),
    CPUSection(), SysctlSection(), PressureSection(), CgroupSection(), DiskSection(),
    // Last: an indented line below `TcpExt:` is taken for one of its counters.
    EthernetSection(), SocketSection(), SocketCountSection(), TCPCounterSection(),
  ]
  private var processes: ProcessListReader
  /// The last line that may have told when the first table of them was taken.
  private var stamp: PieceLines.Line?
  /// From its first line on.
  private var kernelLog: HostLog?

  init(name: String, kind: EvidenceKind, context: ReadingContext) {
    self.context = context
    surroundings = Surroundings(name: name, kind: kind, context: context)
    processes = ProcessListReader(context: context)
  }

  mutating func read(_ piece: Span<UInt8>, into page: inout Page) {
    for line in lines.read(piece) { read(line, into: &page) }
  }

  private mutating func read(_ line: PieceLines.Line, into page: inout Page) {
    let isRemark = surroundings.take(line.text)
    readOthers(line, isRemark: isRemark, into: &page)
    if isRemark || surroundings.isOutside { return }
    let origin = Origin(line: line.number, excerpt: String(line.text.prefix(200)))
    let line = HostLine(
      text: line.text, fields: line.text.fields, number: line.number,
      subject: page.host(surroundings.host, origin: origin), time: surroundings.time,
      subjectOfCapture: surroundings.about, context: context)
    if line.fields.isEmpty { return }
    for section in sections.indices where sections[section].read(line, into: &page) { break }
  }

  /// What is no state of the host: its processes, and what its kernel said.
  private mutating func readOthers(
    _ line: PieceLines.Line, isRemark: Bool, into page: inout Page
  ) {
    let bytes = Array(line.text.utf8)
    let span = bytes.span
    if processes.hasTable || ProcessListReader.isTop(span) || span.hasPrefix("Tasks:") {
      processes.read(line: span, number: line.number, into: &page)
    } else if ProcessColumns(span) != nil {
      if let stamp {
        let bytes = Array(stamp.text.utf8)
        processes.read(line: bytes.span, number: stamp.number, into: &page)
      }
      processes.read(line: span, number: line.number, into: &page)
    } else if isRemark {
      stamp = line
    }
    guard bytes.first == UInt8(ascii: "[") || span.contains(" kernel: ") else { return }
    guard kernelLog != nil || HostLogShape(Sample(name: "", head: bytes)).kernel > 0 else { return }
    var log =
      kernelLog ?? HostLog(kind: .kernelLog, context: context, takesBareLines: false)
    kernelLog = nil
    log.read(bytes.span, number: line.number)
    kernelLog = log
  }

  mutating func finish(into page: inout Page) {
    read(lines.finish(), into: &page)
    if processes.hasTable { processes.finish(into: &page) }
    kernelLog?.finish(into: &page)
    // Of a log some lines are shown: what they do not tell may have happened all the same.
    page.forget { fact in
      fact.name.hasPrefix("kernel.") && fact.value.number == 0
        && Catalogue.observed[fact.name]?.isTally == true
    }
    if let line = lines.firstCutLine {
      page.warn("a line longer than 1 MiB: cut there", line: line)
    }
    for section in sections.indices { sections[section].finish(into: &page) }
    for fact in page.facts { if let time = fact.time { page.cover(time) } }
    if page.facts.isEmpty, page.warnings.isEmpty {
      page.warn("found nothing that a \(page.kind.rawValue) capture holds")
    }
  }
}

/// Reads one kind of capture, and with it all that may stand in the same file.
protocol HostReader: PieceReader {
  var snapshot: HostSnapshot { get set }
  init(snapshot: HostSnapshot)
}

extension HostReader {
  init(name: String, context: ReadingContext) {
    self.init(snapshot: HostSnapshot(name: name, kind: Self.kind, context: context))
  }

  mutating func read(piece: Span<UInt8>, into page: inout Page) {
    snapshot.read(piece, into: &page)
  }

  mutating func finish(into page: inout Page) { snapshot.finish(into: &page) }
}

/// A line of a capture and what the lines before it said of it.
struct HostLine {
  let text: String
  let fields: [Substring]
  let number: Int
  let subject: Int
  let time: Instant?
  /// The command, the path or the name of the file that the line is the answer of; in lower case.
  let subjectOfCapture: String
  let context: ReadingContext

  var origin: Origin { Origin(line: number, excerpt: String(text.prefix(200))) }
}

/// Reads the lines of one command's answer among others.
protocol HostSection: Sendable {
  /// True if the line is of this section.
  mutating func read(_ line: HostLine, into page: inout Page) -> Bool
  mutating func finish(into page: inout Page)
}

extension HostSection {
  mutating func finish(into page: inout Page) {}
}

/// What prompts, dates and heads among the lines say of the lines that follow.
struct Surroundings {
  private let kind: EvidenceKind
  private let context: ReadingContext
  private(set) var about: String
  private(set) var host = ""
  private(set) var time: Instant?

  init(name: String, kind: EvidenceKind, context: ReadingContext) {
    about = name.lowercased()
    self.kind = kind
    self.context = context
  }

  var isOutside: Bool { time.map { !context.window.contains($0) } ?? false }

  /// True if the line is one that says something of the lines after it.
  mutating func take(_ text: String) -> Bool {
    if let prompt = ShellPrompt(text) {
      about = prompt.command.lowercased()
      if let name = prompt.host { host = name }
      return true
    }
    if text.hasPrefix("==> "), text.hasSuffix(" <==") {
      about = text.dropFirst(4).dropLast(4).lowercased()
      return true
    }
    let zone = context.zone(for: kind)
    if let found = HostDate.parse(text, offset: zone.offset) {
      // A clock of unknown zone gives no time that another clock's could be held against.
      time = found.isZoned || zone.isKnown ? found.instant : nil
      return true
    }
    return false
  }
}

/// `$ free -m`, `ubuntu@web-1:~$ free -m`, `[ec2-user@ip-10-0-0-1 ~]$ free -m`, `# free`.
struct ShellPrompt {
  private static let commands: Set<String> = [
    "free", "cat", "vmstat", "uptime", "w", "top", "nproc", "date", "sysctl", "lscpu", "swapon",
    "docker", "df", "dmesg", "grep", "sar", "iostat", "mpstat", "sudo", "head", "tail", "ssh",
    "ping", "getconf", "ethtool", "netstat", "nstat", "ss",
  ]

  let host: String?
  let command: String

  /// Most lines are no prompts, and every line is asked: one begins with its mark, or with nothing
  /// but a name and an `@`.
  static func mayStand(in line: some Sequence<UInt8>) -> Bool {
    var isFirst = true
    for byte in line {
      switch byte {
      case UInt8(ascii: "@"): return true
      case UInt8(ascii: "$"), UInt8(ascii: "#"): return isFirst
      case UInt8(ascii: " "), 9...13: continue
      case 0x80..., UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "["), UInt8(ascii: "-"),
        UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")"),
        UInt8(ascii: "{"), UInt8(ascii: "}"):
        isFirst = false
      default: return false
      }
    }
    return false
  }

  init?(_ text: String) {
    guard ShellPrompt.mayStand(in: text.utf8) else { return nil }
    let line = text.drop(while: \.isWhitespace)
    if line.hasPrefix("$ ") {
      host = nil
      command = String(line.dropFirst(2))
      return
    }
    if line.hasPrefix("# ") {
      let rest = line.dropFirst(2)
      guard let word = rest.split(separator: " ").first, ShellPrompt.commands.contains(String(word))
      else { return nil }
      host = nil
      command = String(rest)
      return
    }
    let head = line.prefix(100)
    guard let at = head.firstIndex(of: "@"), at != head.startIndex,
      let mark = head[at...].firstIndex(where: { $0 == "$" || $0 == "#" }),
      head[head.startIndex..<at].allSatisfy({
        $0.isLetter || $0.isNumber || "[-_.(){ }".contains($0)
      })
    else { return nil }
    let name = head[head.index(after: at)..<mark].prefix { !": ]~".contains($0) }
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "-._".contains($0) })
    else { return nil }
    let rest = line[line.index(after: mark)...]
    guard rest.isEmpty || rest.hasPrefix(" ") else { return nil }
    host = String(name)
    command = String(rest.drop(while: \.isWhitespace))
  }
}

/// Samples of one thing over time. A long series is thinned out; its first and last sample stay.
struct HostSeries {
  static let limit = 500

  struct Reading {
    let name: String
    let value: Double
    let line: HostLine
    var part: String?
  }

  private var samples = Thinned<[Reading]>(limit: limit)

  mutating func begin() { samples.append([]) }

  mutating func add(_ name: String, _ value: Double, _ line: HostLine, part: String? = nil) {
    if samples.last == nil { begin() }
    samples.last?.append(Reading(name: name, value: value, line: line, part: part))
  }

  /// True if the sample at hand has a value of that name.
  func holds(_ name: String) -> Bool { samples.last?.contains { $0.name == name } ?? false }

  func record(into page: inout Page) {
    let (chosen, step) = samples.fewer
    for sample in chosen {
      for reading in sample {
        page.record(
          reading.name, reading.value, of: reading.line.subject, at: reading.line.time,
          part: reading.part, origin: reading.line.origin)
      }
    }
    if step > 1 { page.warn("\(samples.count) samples: one in \(step) was kept") }
  }
}

/// `972Mi`, `1.9G`, `512MiB`, `0B`, `1024M`: bytes. Letters mean powers of 1024, except `kB`, `MB`
/// and `GB`, which mean powers of 1000.
func hostSize(_ text: some StringProtocol) -> Double? {
  let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == ",") }
  guard let number = hostNumber(digits) else { return nil }
  switch text.dropFirst(digits.count).lowercased() {
  case "b": return number
  case "k", "ki", "kib": return number * 1024
  case "m", "mi", "mib": return number * 1_048_576
  case "g", "gi", "gib": return number * 1_073_741_824
  case "t", "ti", "tib": return number * 1_099_511_627_776
  case "kb": return number * 1e3
  case "mb": return number * 1e6
  case "gb": return number * 1e9
  default: return nil
  }
}

/// A plain decimal number, with a comma for the point where the locale wants it.
func hostNumber(_ text: some StringProtocol) -> Double? {
  guard let first = text.utf8.first, text.utf8.count <= 24,
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
    text.utf8.allSatisfy({
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
        || $0 == UInt8(ascii: ",")
    })
  else { return nil }
  guard text.utf8.contains(UInt8(ascii: ",")) else { return Double(text) }
  return Double(String(text.map { $0 == "," ? "." : $0 }))
}
