/// Tells what people say from what programs print, line by line and by form alone. What a person
/// writes is no evidence: "we saw OOM kills" is not the kernel speaking.
///
/// A sentence is four words or more, most of them words of a language, beginning with one; without a
/// stamp, columns or a level before it. Program output that has this form (`ssh: connect to host`) is
/// listed; where a fence or a prompt says that it is output, nobody asks here.
enum Prose {
  /// `next` is the line below, which tells a caption (`Logs:`) from a key of YAML.
  static func isProse(_ line: Substring, next: Substring = "") -> Bool {
    if isPlainlyOutput(line) { return false }
    let bare = line.bare
    if isHeading(line) || isMarkup(bare) || isByline(bare) { return true }
    let text = withoutMarker(bare)
    guard let first = text.utf8.first else { return false }
    if isForeign(text) { return true }
    if first >= 0x80 { return false }
    let isOutput = outputs[first]?.contains { text.hasPrefix($0) } ?? false
    if isOutput || hasColumns(text) { return false }
    let tokens = words(of: text, limit: 200)
    guard let head = tokens.first else { return false }
    lazy var words = tokens.count { isWord($0) }
    if tokens.count >= 4 {
      // `12 days later it died again`: a figure may begin a sentence, a stamp may not.
      let isFigure =
        head.utf8.allSatisfy { isDigit($0) } && words * 4 >= tokens.count * 3 && isWord(tokens[1])
      let isSyslog = tokens[0..<3].contains { isStamp($0) }
      let isCode = tokens[1] == "=" || head == "from" && tokens[2] == "import" || head == "import"
      guard !isSyslog, !isCode, isWord(head) || isCapitals(head) || isFigure else { return false }
      return words * 5 >= tokens.count * 3 && !isKey(head, next)
    }
    // `This is redis.conf:`
    if text.hasSuffix(":"), isCapital(first), isWord(head), tokens.count > 1 {
      return words * 2 >= tokens.count
    }
    guard isWord(head), words == tokens.count else { return false }
    if tokens.count == 1 {
      let isAlone =
        next.bare.isEmpty || !(next.first == " " || next.first == "\t" || next.first == "-")
      return text.hasSuffix(":") && isCapital(first) && isAlone || text.hasSuffix("!")
    }
    return isCapital(first) || text.last.map { ".:?!".contains($0) } ?? false
  }

  /// What stands between blanks; what follows the limit stays in one piece.
  private static func words(of text: Substring, limit: Int) -> [Substring] {
    text.pieces(maxSplits: limit - 1) { $0 == UInt8(ascii: " ") }
  }

  /// A stamp, an address or JSON, by the first bytes: `2024-03-04 ..`, `10.0.0.1 - -`, `{`. A sentence or
  /// a list may begin with a number, but a blank, `. ` or `) ` follows it.
  private static func isPlainlyOutput(_ line: Substring) -> Bool {
    let bytes = line.utf8.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    guard let first = bytes.first else { return false }
    if first == UInt8(ascii: "{") || first == UInt8(ascii: "}") { return true }
    // `E, [2026-06-07T10:00:02.000002 #88] ERROR -- : ...`, as Ruby's logger writes.
    if isCapital(first), bytes.dropFirst().starts(with: ", [".utf8) { return true }
    guard isDigit(first) else { return false }
    let rest = bytes.drop { isDigit($0) }
    guard let mark = rest.first else { return false }
    switch mark {
    // `24/7` and `3-4 hours` are said by people.
    case UInt8(ascii: "-"), UInt8(ascii: "/"): return bytes.count - rest.count == 4
    case UInt8(ascii: "."): return rest.dropFirst().first.map { isDigit($0) } ?? false
    default: return false
    }
  }

  /// Programs say what is; people say `we`.
  static func isPersonal(_ line: Substring) -> Bool {
    line.split { " ,.:!?'\u{2019}".contains($0) }.prefix(60).contains {
      ["i", "we", "my", "our", "us", "me", "anybody", "somebody"].contains($0.lowercased())
    }
  }

  /// `next one (df.txt)`, `aws says (instance-status.yaml):` a few words and the name of a file, as people
  /// write above what they paste.
  static func isCaption(_ line: Substring) -> Bool {
    guard line.utf8.count <= 100, line.first.map({ !$0.isWhitespace }) ?? false else {
      return false
    }
    var text = line.bare
    if text.hasSuffix(":") { text = text.dropLast() }
    guard text.hasSuffix(")"), let open = text.lastIndex(of: "("),
      text[..<open].last == " "
    else { return false }
    let name = text[text.index(after: open)...].dropLast()
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 2, let ending = parts.last, (2...5).contains(ending.utf8.count),
      ending.utf8.allSatisfy({ isDigit($0) || ($0 >= 0x61 && $0 <= 0x7A) }),
      name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_./".contains($0)) })
    else { return false }
    let words = words(of: text[..<open].bare, limit: 9)
    return (1...8).contains(words.count) && words.allSatisfy { isWord($0) || isCapitals($0) }
  }

  /// `## What we saw`. One `#` alone also begins comments and the sections of INFO; a date between
  /// marks is what a loop prints above each of its samples.
  static func isHeading(_ line: Substring) -> Bool {
    guard line.utf8.first == UInt8(ascii: "#") else { return isBanner(line) }
    let marks = line.prefix { $0 == "#" }.count
    return (2...6).contains(marks) && line.dropFirst(marks).first == " "
      && line.dropFirst(marks).contains { $0.isLetter } && HostDate.parse(String(line)) == nil
  }

  /// What scripts print above the answer of each command, and `tail` above each file: `=== free -m ===`,
  /// `--- redis.log ---`, `==> /var/log/nginx/error.log <==`. What programs print so themselves is none.
  static func isBanner(_ line: Substring) -> Bool {
    guard let mark = line.utf8.first, "=-*~".utf8.contains(mark), line.utf8.count <= 200 else {
      return false
    }
    if line.hasPrefix("==> "), line.hasSuffix(" <==") { return true }
    let start = line.utf8.prefix { $0 == mark }.count
    let text = Substring(line.utf8.dropFirst(start)).bare
    let end = text.utf8.reversed().prefix { $0 == mark }.count
    // `=== free -m` may do without an end; after `---` stands what diff or YAML say.
    guard start >= 3, end >= 3 || end == 0 && mark == UInt8(ascii: "=") else { return false }
    let title = Substring(text.utf8.dropLast(end)).bare
    // A date above each sample belongs to it.
    return title.contains { $0.isLetter } && !HostDate.mayHoldClock(title)
      && !programBanners.contains { title.hasSuffix($0) || title.hasPrefix($0) }
  }

  /// Of `redis-cli --bigkeys`, `ping`, a certificate, a crash report of Redis.
  private static let programBanners = ["summary", "statistics", "BEGIN", "END", "REDIS BUG REPORT"]

  /// Rules, HTML tags of tickets.
  private static func isMarkup(_ text: Substring) -> Bool {
    guard text.utf8.first == UInt8(ascii: "<") || text.utf8.first == UInt8(ascii: "*") else {
      return false
    }
    return ["<details", "</details", "<summary", "<p>", "<br", "<!--", "* * *"].contains {
      text.hasPrefix($0)
    }
  }

  /// `alice  10:31 AM`, `[10:31] alice: it died again, look`.
  private static func isByline(_ text: Substring) -> Bool {
    guard text.utf8.count < 2000, HostDate.mayHoldClock(text) else { return false }
    if text.utf8.first == UInt8(ascii: "["), let end = text.firstIndex(of: "]"),
      isClock(text[..<end].dropFirst())
    {
      let rest = text[text.index(after: end)...].bare
      guard let colon = rest.firstIndex(of: ":"), rest[..<colon].allSatisfy({ !$0.isWhitespace })
      else { return false }
      // Logs have seconds, and then what they say decides.
      let said = rest[rest.index(after: colon)...]
      return text[..<end].count { $0 == ":" } == 1 || said.bare.isEmpty || isProse(said)
    }
    let words = words(of: text, limit: 5)
    guard (2...4).contains(words.count), words.first.map(isWord) ?? false else { return false }
    let tail = words.drop { isWord($0) && !["AM", "PM"].contains($0) }
    return !tail.isEmpty && isClock(tail.joined(separator: " ")[...])
  }

  private static func isClock(_ text: Substring) -> Bool {
    let words = text.split { $0 == " " }
    guard let time = words.first, words.count == 1 || words.count == 2 && words[1].hasSuffix("M")
    else { return false }
    let parts = time.split(separator: ":", omittingEmptySubsequences: false)
    return (2...3).contains(parts.count)
      && parts.allSatisfy { (1...2).contains($0.utf8.count) && $0.utf8.allSatisfy { isDigit($0) } }
  }

  /// Without the bullet, the number or the emphasis that a list item begins with.
  private static func withoutMarker(_ text: Substring) -> Substring {
    var text = text
    for mark in ["- ", "* ", "+ ", "\u{2022} "] where text.hasPrefix(mark) {
      text = text.dropFirst(mark.count).bare
      break
    }
    let digits = text.utf8.prefix { isDigit($0) }.count
    let rest = text.utf8.dropFirst(digits)
    if (1...2).contains(digits), rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ")"),
      rest.dropFirst().first == UInt8(ascii: " ")
    {
      text = Substring(rest.dropFirst()).bare
    }
    guard let first = text.utf8.first, "*_\"'`(~".utf8.contains(first) else { return text }
    return text.drop { "*_\"'`(~".contains($0) }
  }

  /// More than half of it is not ASCII: a language, since programs print English.
  private static func isForeign(_ text: Substring) -> Bool {
    let foreign = text.utf8.count { $0 >= 0x80 }
    guard foreign > 0, foreign * 2 > text.utf8.count(where: { $0 != UInt8(ascii: " ") }) else {
      return false
    }
    return text.first?.isLetter ?? false
  }

  /// Two blanks or a tab between words that do not end a sentence.
  private static func hasColumns(_ text: Substring) -> Bool {
    var before: (UInt8, UInt8) = (0, 0)
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\t") { return true }
      if byte == UInt8(ascii: " "), before.1 == UInt8(ascii: " "),
        ![UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: ":")]
          .contains(before.0)
      {
        return true
      }
      before = (before.1, byte)
    }
    return false
  }

  /// `name: words that explain` above another key is YAML.
  private static func isKey(_ head: Substring, _ next: Substring) -> Bool {
    guard head.last == ":", head.first.map({ $0.isLowercase }) ?? false,
      let colon = next.firstIndex(of: ":")
    else { return false }
    return next[..<colon].bare.allSatisfy { $0.isLetter || "_-. ".contains($0) }
      && next[..<colon].bare.split(separator: " ").count == 1
  }

  /// `02:07:46`, `10:09:15.985`: a clock with seconds.
  private static func isStamp(_ token: Substring) -> Bool {
    token.utf8.count >= 8 && token.utf8.count { $0 == UInt8(ascii: ":") } == 2
      && token.utf8.allSatisfy { isDigit($0) || ":.,".utf8.contains($0) }
  }

  /// Letters, an apostrophe or a hyphen within, punctuation around: lower case but for the first.
  private static func isWord(_ token: Substring) -> Bool {
    let core = token.unicodeScalars.drop(while: opensWord)
    var letters = 0
    var isAfterEnd = false
    for (index, scalar) in core.enumerated() {
      switch scalar {
      case "a"..."z", "A"..."Z":
        if isAfterEnd || index > 0 && scalar.value < 0x61 { return false }
        letters += 1
      case "-": if index == 0 { return false }
      case "'", "\u{2019}": break
      case ".", ",", ";", ":", "!", "?", ")", "\"", "*", "_", "`", "\u{201d}", "\u{2026}":
        isAfterEnd = true
      default:
        guard scalar.properties.isAlphabetic, !isAfterEnd else { return false }
        letters += 1
      }
    }
    return letters > 0
  }

  private static func opensWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "(", "\"", "'", "*", "_", "`", "\u{201c}", "\u{2018}": true
    default: false
    }
  }

  /// `EC2`, `CPU`, `AWS's`: a sentence may begin so; a level of a log is among the outputs.
  private static func isCapitals(_ token: Substring) -> Bool {
    guard let first = token.utf8.first, isCapital(first), token.utf8.count <= 8 else {
      return false
    }
    return token.allSatisfy { $0.isLetter || $0.isNumber || "'\u{2019},-/".contains($0) }
  }

  private static func isCapital(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Beginnings of what programs print in sentences, by their first bytes.
  private static let outputs = Dictionary(
    grouping: [
      "Traceback (most", "During handling of the above", "The above exception was", "Caused by",
      "WARNING ", "WARNING:", "WARN ", "ERROR ", "ERROR:", "INFO ", "DEBUG ", "CRITICAL ", "FATAL ",
      "NOTICE ", "SEVERE ", "OOM ", "MISCONF ", "NOAUTH ", "READONLY ", "LOADING ", "BUSY ", "ERR ",
      "UNBLOCKED ", "NOPERM ", "MASTERDOWN ",
      "FROM ", "RUN ", "CMD ", "COPY ", "ENV ", "ENTRYPOINT ", "ADD ", "EXPOSE ", "WORKDIR ",
      "Out of memory: Kill", "Memory cgroup out of memory", "ssh: connect to", "Biggest ",
      "Sampled ", "empty list or set)", "empty array)", "Booting worker ", "WORKER TIMEOUT ",
      "Worker exiting ", "Could not connect to Redis at ", "DENIED ",
      "Alarm Details:", "Reason for State Change:", "The alarm is in the ", "Monitored Metric:",
      "EC2 has detected degradation of ", "We have important news about your account (AWS",
      "Trying again in ", "Stack trace:", "thrown in ", "Is the server running on ",
      "Worker with pid ", "Worker (pid:", "Fast memory test ", "Starting gunicorn ",
    ] + doctors
  ) { $0.utf8.first ?? 0 }

  /// What such a report goes on with below a blank line: an event, a piece of advice, a farewell.
  static func isDoctorsItem(_ line: Substring) -> Bool {
    let text = line.bare
    let digits = text.utf8.prefix { isDigit($0) }.count
    if (1...2).contains(digits), text.dropFirst(digits).hasPrefix(". ") { return true }
    return ["- ", "* ", "I have a few advices", "Here is some advice", "I'm here to keep you"]
      .contains { text.hasPrefix($0) }
  }

  /// MEMORY DOCTOR and LATENCY DOCTOR speak like people, for paragraphs.
  static let doctors = [
    "Sam, I", "Hi Sam, ", "Dave, ", "I'm sorry, Dave", "Latency spikes are observed in this",
    "No latency spike was observed",
  ]
}
