import Model

/// Divides a segment where one kind of evidence ends and another begins: at prompts, at both ends of a
/// JSON document, and at blank lines below which another reader is certain. The pieces go to the readers that know them.
struct Divider {
  private let readers: ReaderSet
  /// Pieces looked at so far.
  private(set) var count = 0

  init(readers: ReaderSet) { self.readers = readers }

  private typealias Known = (choice: ReaderSet.Choice, isCertain: Bool)

  /// What was told of stretches of lines: most are asked about again when they become excerpts.
  private var told: [Range<Int>: Known?] = [:]

  mutating func divide(_ segment: Segment) -> [Excerpt] {
    var groups: [(range: Range<Int>, known: Known?)] = []
    let blocks = jsonBlocks(in: segment.lines)
    let pieces = pieces(of: segment, blocks)
    guard pieces.count <= PastedText.pieceLimit else {
      count += pieces.count
      return []
    }
    for range in pieces {
      let known = know(segment[range])
      guard let last = groups.last else {
        groups.append((range, known))
        continue
      }
      let joined = last.range.lowerBound..<range.upperBound
      let isAsked = segment.lines[range].first { !$0.isBlank }.map { isPrompt($0) } ?? false
      let isApart =
        isAsked
        || blocks.contains { [$0.lowerBound, $0.upperBound].contains(range.lowerBound) }
      switch (last.known, known) {
      case (let before?, let after?)
      where areTogether(before.choice.reader.kind, after.choice.reader.kind)
        && (!isAsked || readsPrompts(before.choice)):
        groups[groups.count - 1].range = joined
      case (_, nil) where !isAsked:
        groups[groups.count - 1].range = joined
      case (nil, let after?) where !isApart && isSame(know(segment[joined]), after):
        groups[groups.count - 1] = (joined, after)
      case (let before?, let after?)
      where !isApart && !(before.isCertain && after.isCertain)
        && isSame(know(segment[joined]), before):
        groups[groups.count - 1].range = joined
      default: groups.append((range, known))
      }
    }
    return groups.compactMap { excerpt(segment[$0.range]) }
  }

  private func isSame(_ a: Known?, _ b: Known) -> Bool {
    a?.choice.reader.kind == b.choice.reader.kind
  }

  /// Stretches that begin with a prompt or below a blank line, and JSON documents. A bare date is of what
  /// stands below.
  private func pieces(of segment: Segment, _ blocks: [Range<Int>]) -> [Range<Int>] {
    let ends = Set(blocks.map(\.upperBound))
    /// A document that no command above it printed.
    func isUnasked(_ index: Int) -> Bool {
      guard blocks.contains(where: { $0.lowerBound == index }), !isPrompt(segment.lines[index - 1])
      else { return false }
      let above = segment.lines[start..<index].map { String($0) }
      return above.dropFirst(AWSOutput.countCommandLines(above)).contains { !$0[...].isBlank }
    }
    var pieces: [Range<Int>] = []
    var start = 0
    func isDate(_ range: Range<Int>) -> Bool {
      segment.lines[range].allSatisfy {
        $0.isBlank || isPrompt($0) && $0.contains("date") || HostDate.parse(String($0)) != nil
      }
    }
    // A crash report of Redis is one, with its INFO, its blank lines and what looks like commands in it.
    var isInReport = false
    for index in segment.lines.indices.dropFirst() {
      if segment.lines[index - 1].contains(" BUG REPORT START") { isInReport = true }
      if isInReport {
        isInReport = !segment.lines[index].contains(" BUG REPORT END")
        continue
      }
      let isAsked = isPrompt(segment.lines[index]) && !isPrompt(segment.lines[index - 1])
      let isParagraph = segment.lines[index - 1].isBlank && !segment.lines[index].isBlank
      guard isAsked || isParagraph || ends.contains(index) || isUnasked(index),
        !isDate(start..<index),
        !blocks.contains(where: { $0.lowerBound < index && index < $0.upperBound })
      else { continue }
      pieces.append(start..<index)
      start = index
    }
    pieces.append(start..<segment.lines.count)
    return pieces
  }

  /// Who knows a piece: as it stands, or else what stands below its prompts.
  private mutating func know(_ segment: Segment) -> Known? {
    count += 1
    if let known = recognise(segment) { return known }
    guard let bare = withoutPrompts(segment), bare.firstLine != segment.firstLine else {
      return nil
    }
    return choose(bare, name: Divider.name(of: segment).name)
  }

  private mutating func recognise(_ segment: Segment) -> Known? {
    let lines = segment.firstLine..<segment.endLine
    if let known = told[lines] { return known }
    let known = choose(segment, name: Divider.name(of: segment).name)
    told.updateValue(known, forKey: lines)
    return known
  }

  /// The reader of the whole piece; of a command, also that of its answer alone.
  private func choose(_ segment: Segment, name: String) -> Known? {
    let sample = Sample(name: name, head: segment.bytes)
    guard let (choice, recognition) = readers.surest(of: sample),
      recognition >= .possible || name != Divider.anonymous, choice.reader.kind != .captureTime
    else { return nil }
    return (choice, recognition == .certain)
  }

  private mutating func excerpt(_ segment: Segment) -> Excerpt? {
    let (name, isWhole) = Divider.name(of: segment)
    // A command whose answer is not shown is no empty answer.
    guard let bare = withoutPrompts(segment) else { return nil }
    guard bare.firstLine != segment.firstLine else {
      return recognise(segment).map {
        Excerpt(segment: segment, choice: $0.choice, name: name, isWhole: false)
      }
    }
    let asked = recognise(segment)
    let alone = choose(bare, name: name)
    // Readers of what redis-cli and the shell print read the prompt too, and learn whose answer it is.
    let isTaken = asked.map { known in
      name == Divider.anonymous && readsPrompts(known.choice)
        && (known.isCertain || alone.map { isSame(known, $0) } ?? true)
    }
    guard let known = alone, isTaken != true else {
      return asked.map {
        Excerpt(segment: segment, choice: $0.choice, name: name, isWhole: false)
      }
    }
    // A file that is itself what a terminal showed keeps its prompts.
    let first = segment.lines.firstIndex { !$0.isBlank } ?? 0
    let answer =
      name != Divider.anonymous && readsPrompts(known.choice)
      ? segment[(first + 1)..<segment.lines.count] : bare
    let command = segment.lines.prefix(answer.firstLine - segment.firstLine).joined(separator: " ")
    return Excerpt(
      segment: answer, choice: known.choice, name: name, isWhole: isWhole && !segment.isElided,
      command: command)
  }

  /// What redis-cli and the shell print has readers that know prompts, and samples of `ps` make one
  /// series.
  private func readsPrompts(_ choice: ReaderSet.Choice) -> Bool {
    let kind = choice.reader.kind
    guard case .document = choice else { return kind == .processList }
    return kind.rawValue.hasPrefix("redis-") || areTogether(kind, .captureTime)
  }

  /// What stands below the prompts at its beginning; nil where nothing does.
  private func withoutPrompts(_ segment: Segment) -> Segment? {
    let first = segment.lines.firstIndex { !$0.isBlank && !isPrompt($0) }
    return first.map { segment[$0..<segment.lines.count] }
  }

  static let anonymous = "pasted"

  /// The name of the file that a prompt, a comment or the line above shows, and whether `cat` showed
  /// all of it.
  private static func name(of segment: Segment) -> (name: String, isWhole: Bool) {
    let first = segment.lines.first { !$0.isBlank } ?? ""
    if let prompt = ShellPrompt(String(first)) {
      let words = prompt.command.split(separator: " ")
      let isPlain = !prompt.command.contains("|") && !prompt.command.contains(">")
      let verb = words.first { $0 != "sudo" } ?? ""
      guard ["cat", "tail", "head", "less", "grep", "zcat", "egrep", "awk", "sed"].contains(verb)
      else { return (anonymous, false) }
      let name = words.last { isFileName($0) }.map { plainName($0) }
      return (name ?? anonymous, isPlain && verb == "cat")
    }
    var mentions: [Substring] = []
    if first.hasPrefix("#") || first.hasPrefix("//") || first.hasPrefix(";") {
      mentions = first.split(separator: " ").filter { isFileName($0) }
    }
    mentions += segment.caption.split { " `\"'()*=:,".contains($0) }.filter { isFileName($0) }
    // The only kind whose lines, in a format of one's own, show no mark of what they are.
    let isAccess = segment.caption.lowercased().contains("access log")
    return (mentions.first.map { plainName($0) } ?? (isAccess ? "access.log" : anonymous), false)
  }

  private static func plainName(_ path: Substring) -> String {
    let name = path.split(separator: "/").last ?? path
    return String(name.hasSuffix(".gz") ? name.dropLast(3) : name)
  }

  private static func isFileName(_ word: Substring) -> Bool {
    let name = word.split(separator: "/").last ?? word
    if ["Dockerfile", "Procfile"].contains(name) { return true }
    let endings = [
      ".conf", ".py", ".yml", ".yaml", ".log", ".json", ".service", ".properties", ".txt", ".ini",
      ".gz", ".1",
    ]
    return endings.contains { name.hasSuffix($0) } && name.utf8.count < 100
      && !name.hasPrefix(".")
  }
}
