import Model

/// Reads `uptime`, the heads of `w` and `top`, `/proc/loadavg` and `/proc/uptime`.
///
/// ```
///  09:52:18 up 33 days,  4:40,  1 user,  load average: 9.81, 8.77, 5.02
/// top - 07:33:00 up 3 min,  0 user,  load average: 6.88, 5.70, 2.40
/// %Cpu(s): 50.0 us, 50.0 sy,  0.0 ni,  0.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st
/// MiB Mem :    973.2 total,     65.8 free,    961.9 used,     30.5 buff/cache
/// MiB Swap:   1024.0 total,    417.0 free,    607.0 used.     11.3 avail Mem
/// Mem:   1016684k total,   954136k used,    62548k free,    10084k buffers      top before 3.3
/// Mem: 954136K used, 62548K free, 100K shrd, 10084K buff, 120340K cached        top of BusyBox
/// CPU:  50% usr  50% sys   0% nic   0% idle   0% io   0% irq   0% sirq
/// Load average: 6.88 5.70 2.40 1/89 324
/// 6.88 5.70 2.40 1/89 324                                                       /proc/loadavg
/// ```
struct UptimeReader: HostReader {
  static let kind = EvidenceKind.uptime

  var snapshot: HostSnapshot

  static func recognises(_ sample: Sample) -> Recognition {
    let isCertain = sample.lines.contains {
      ($0.contains(" up ") && $0.contains("load average")) || $0.hasPrefix("%Cpu(s):")
        || $0.hasPrefix("Cpu(s):") || UptimeSection.isBusyBoxTop($0)
    }
    if isCertain { return .certain }
    let fields = sample.firstLine.fields
    if UptimeSection.loads(fields) != nil { return .possible }
    let name = sample.name.lowercased()
    if name.contains("uptime"), UptimeSection.isProcUptime(fields) || fields.first == "up" {
      return .byName
    }
    return .no
  }
}

struct UptimeSection: HostSection {
  private var series = HostSeries()

  mutating func read(_ line: HostLine, into page: inout Page) -> Bool {
    if let found = line.text[...].range(of: "load average") {
      readUptime(line, beforeLoad: line.text[..<found.lowerBound])
      let loads = line.text[found.upperBound...].drop { !$0.isNumber }
        .fields
      addLoads(loads.map { $0.hasSuffix(",") ? $0.dropLast() : $0 }, line)
      return true
    }
    if line.text.hasPrefix("Load average:") {
      addLoads(Array(line.fields.dropFirst(2)), line)
      return true
    }
    if line.fields[0] == "up", line.fields.count >= 3 {
      readUptime(line, beforeLoad: line.text[...])
      return true
    }
    if let loads = UptimeSection.loads(line.fields) {
      series.begin()
      addLoads(loads, line)
      return true
    }
    if line.subjectOfCapture.contains("uptime"), UptimeSection.isProcUptime(line.fields),
      let seconds = hostNumber(line.fields[0])
    {
      series.begin()
      series.add("host.uptime", seconds, line)
      return true
    }
    return readTop(line)
  }

  mutating func finish(into page: inout Page) { series.record(into: &page) }

  private mutating func addLoads(_ loads: [Substring], _ line: HostLine) {
    for (name, text) in zip(["host.load1", "host.load5", "host.load15"], loads) {
      if let load = hostNumber(text) { series.add(name, load, line) }
    }
  }

  /// The parts after ` up `: `33 days`, `4:40`, `3 min`, `2 weeks`, until one is none.
  private mutating func readUptime(_ line: HostLine, beforeLoad: Substring) {
    series.begin()
    let padded = " " + beforeLoad
    guard let start = padded.firstRange(of: " up ") else { return }
    var seconds = 0.0
    var isKnown = false
    for part in padded[start.upperBound...].split(separator: ",") {
      let words = part.fields
      if words.count == 1, let colon = words[0].firstIndex(of: ":"),
        let hours = hostNumber(words[0][..<colon]),
        let minutes = hostNumber(words[0][words[0].index(after: colon)...])
      {
        seconds += hours * 3600 + minutes * 60
      } else if words.count == 2, let number = hostNumber(words[0]),
        let unit = UptimeSection.unit(words[1])
      {
        seconds += number * unit
      } else {
        break
      }
      isKnown = true
    }
    if isKnown { series.add("host.uptime", seconds, line) }
  }

  private static func unit(_ word: Substring) -> Double? {
    if word.hasPrefix("year") { return 365 * 86_400 }
    if word.hasPrefix("week") { return 7 * 86_400 }
    if word.hasPrefix("day") { return 86_400 }
    if word.hasPrefix("hour") || word.hasPrefix("hr") { return 3600 }
    if word.hasPrefix("min") { return 60 }
    return word.hasPrefix("sec") ? 1 : nil
  }

  /// `6.88 5.70 2.40 1/89 324`.
  static func loads(_ fields: [Substring]) -> [Substring]? {
    guard fields.count == 5, fields[3].contains("/"), fields[0].contains("."),
      fields[..<3].allSatisfy({ hostNumber($0) != nil }), hostNumber(fields[4]) != nil,
      fields[3].split(separator: "/").allSatisfy({ hostNumber($0) != nil })
    else { return nil }
    return Array(fields[..<3])
  }

  static func isProcUptime(_ fields: [Substring]) -> Bool {
    fields.count == 2 && fields.allSatisfy { $0.contains(".") && hostNumber($0) != nil }
  }
}

extension UptimeSection {
  private mutating func readTop(_ line: HostLine) -> Bool {
    let text = line.text
    guard let colon = text.firstIndex(of: ":") else { return false }
    let head = text[..<colon].fields
    let amounts = UptimeSection.amounts(text[text.index(after: colon)...])
    switch head.last {
    case "CPU" where !text.contains("% idle"): return false
    case "%Cpu(s)", "Cpu(s)", "CPU":
      let names = [
        "us": "user", "sy": "system", "id": "idle", "wa": "iowait", "st": "steal",
        // BusyBox's words.
        "usr": "user", "sys": "system", "idle": "idle", "io": "iowait",
      ]
      for amount in amounts {
        if let name = names[amount.label] {
          series.add("host.cpu.\(name)", amount.value / 100, line)
        }
      }
    case "Tasks":
      for amount in amounts where amount.label == "total" {
        series.add("host.tasks", amount.value, line)
      }
    case "Mem" where UptimeSection.isBusyBoxTop(text): addBusyBoxMemory(amounts, line)
    case "Mem", "Swap":
      let unit: Double
      switch head.first {
      case "KiB": unit = 1024
      case "MiB": unit = 1_048_576
      case "GiB": unit = 1_073_741_824
      // Before 3.3 each figure has its own: `1016684k total`.
      default: unit = 0
      }
      guard text.contains("total"), !text.contains("+") else { return false }
      let group = head.last == "Mem" ? "Mem" : "Swap"
      for amount in amounts {
        let bytes = amount.value * (unit > 0 ? unit : amount.unit)
        guard bytes > 0 || unit > 0 || amount.unit > 0 else { continue }
        switch amount.label {
        case "total": series.add("host.memory.\(group)Total", bytes, line)
        case "free": series.add("host.memory.\(group)Free", bytes, line)
        case "avail": series.add("host.memory.MemAvailable", bytes, line)
        default: break
        }
      }
    default: return false
    }
    return true
  }

  /// The first line of BusyBox's `top`.
  static func isBusyBoxTop(_ text: some StringProtocol) -> Bool {
    text.hasPrefix("Mem: ") && text.contains("K used, ") && text.contains("K shrd, ")
  }

  /// What it calls used holds buffers and cache, which the kernel would give back; not what is shared.
  private mutating func addBusyBoxMemory(
    _ amounts: [(value: Double, unit: Double, label: String)], _ line: HostLine
  ) {
    series.begin()
    var bytes: [String: Double] = [:]
    for amount in amounts { bytes[amount.label] = amount.value * amount.unit }
    guard let used = bytes["used"], let free = bytes["free"] else { return }
    series.add("host.memory.MemTotal", used + free, line)
    series.add("host.memory.MemFree", free, line)
    let returned = (bytes["buff"] ?? 0) + (bytes["cached"] ?? 0) - (bytes["shrd"] ?? 0)
    series.add("host.memory.MemAvailable", free + max(returned, 0), line)
  }

  /// The figures of a line of `top` with the word after each: `13.2 us, 34.2 sy,100.0 id`,
  /// `1016684k total`, `5.0%us`. A comma between digits is a decimal point.
  static func amounts(
    _ text: Substring
  ) -> [(value: Double, unit: Double, label: String)] {
    var result: [(value: Double, unit: Double, label: String)] = []
    var digits = ""
    var letters = ""
    func flush() {
      if let value = hostNumber(digits.hasSuffix(",") ? digits.dropLast() : digits[...]),
        !letters.isEmpty
      {
        let units: [Character: Double] = ["k": 1024, "m": 1_048_576, "g": 1_073_741_824, "K": 1024]
        let unit =
          letters.count > 1 && letters.dropFirst().first == " " ? units[letters.first ?? " "] : nil
        let words = (unit == nil ? letters[...] : letters.dropFirst()).split(separator: " ")
        if let label = words.first { result.append((value, unit ?? 0, String(label))) }
      }
      digits = ""
      letters = ""
    }
    for character in text {
      if character.isNumber {
        if !letters.isEmpty { flush() }
        digits.append(character)
      } else if character == "." || character == ",", letters.isEmpty, !digits.isEmpty {
        digits.append(character)
      } else if character.isLetter || character == "/" || (character == " " && !letters.isEmpty) {
        letters.append(character)
      }
    }
    flush()
    return result
  }
}
