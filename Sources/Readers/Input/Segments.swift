/// A stretch of a text that may be evidence of one kind: what stands between sentences, with the
/// Markdown around it taken off. Its lines are the file's lines one to one, so that places in it are
/// places in the file.
struct Segment: Equatable {
  /// 1-based, in the file.
  var firstLine: Int
  var lines: [Substring]
  /// Within a fence that is closed.
  var isFenced = false
  /// Something in it was left out by whoever pasted it (`...`, `[snip]`).
  var isElided = false
  /// The line above it, or what the opening fence says besides.
  var caption: Substring = ""

  var endLine: Int { firstLine + lines.count }

  var isBlank: Bool { lines.allSatisfy { $0.isBlank } }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for line in lines {
      bytes += line.utf8
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }

  /// The part of it with these lines; what the caption says holds for the first alone.
  subscript(range: Range<Int>) -> Segment {
    var part = self
    part.firstLine += range.lowerBound
    part.lines = Array(lines[range])
    if range.lowerBound > 0 { part.caption = "" }
    return part
  }
}

/// A text taken apart: its segments and how much of it is prose.
struct Segments {
  private(set) var segments: [Segment] = []
  private(set) var proseLines = 0
  private(set) var filledLines = 0
  private(set) var lines = 0
  private(set) var prompts = 0
  private(set) var beginsWithProse = false
  private(set) var endsWithProse = false
  /// It begins as a script prints what it looks at.
  private(set) var beginsWithBanner = false
  /// Some code fence was opened and closed.
  private(set) var hasFence = false
  /// A JSON document over several lines, and something beside it.
  private(set) var hasBlock = false
  /// Within what MEMORY DOCTOR or LATENCY DOCTOR says, who speak like people: no prose.
  private var isDoctor = false
  /// Within a crash report of Redis, whose parts have headings of their own.
  private var isInReport = false

  private var current: [Substring] = []
  private var currentStart = 0
  private var caption: (text: Substring, line: Int) = ("", 0)
  /// Below a prompt stands what the command printed, up to a blank line or a sentence of a person.
  private var isOutput = false
  private var unclosedFences = 0
  /// What a mail of AWS tells in sentences.
  private var mailLines: Set<Int> = []

  /// What separates: fences (``` and ~~~, `{code}`, `{noformat}`, `<pre>`; also on the line of the
  /// text itself, as chats have them), quote marks, and prose. Blank lines do not: configs have them.
  init(_ text: Substring) {
    // By line feed bytes: "\r\n" is one Character.
    let raw = text.pieces(omittingEmpty: false) { $0 == UInt8(ascii: "\n") }
      .map { $0.utf8.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
    lines = raw.last?.isEmpty ?? true ? raw.count - 1 : raw.count
    let all = unquoted(raw)
    mailLines = AWSMailReader.lines(in: text, raw)
    var signs = JSONBlockSigns()
    hasBlock =
      all.contains { signs.take($0.text.utf8) } && !jsonBlocks(in: all.map(\.text)).isEmpty
    var index = 0
    while index < all.count {
      if let fence = Fence(all[index].text), let end = end(of: fence, from: index, in: all) {
        // `redis.conf` alone on the line above is no evidence and says what follows.
        if current.count == 1, current[0].bare.utf8.allSatisfy({ $0 > 0x20 }) {
          caption = (current[0], currentStart)
          current = []
        }
        close()
        take(fence, index, end, all)
        index = end + 1
      } else {
        let isCut = index > 0 && all[index].depth != all[index - 1].depth
        if isCut { close() }
        takeOpen(index, all)
        index += 1
      }
    }
    close()
  }

  private struct Line {
    let text: Substring
    let depth: Int
  }

  /// Takes `> ` off. A lone one may be redis-cli's prompt.
  private func unquoted(_ raw: [Substring]) -> [Line] {
    var lines: [Line] = []
    var isQuoted = false
    for (index, text) in raw.enumerated() {
      let isNextQuoted = index + 1 < raw.count && raw[index + 1].utf8.first == UInt8(ascii: ">")
      guard text.utf8.first == UInt8(ascii: ">"),
        isQuoted || isNextQuoted || RedisPrompt(String(text)) == nil
      else {
        isQuoted = false
        lines.append(Line(text: text, depth: 0))
        continue
      }
      isQuoted = true
      var rest = text
      var depth = 0
      while rest.first == ">", depth < 16 {
        rest = rest.dropFirst()
        if rest.first == " " { rest = rest.dropFirst() }
        depth += 1
      }
      lines.append(Line(text: rest, depth: depth))
    }
    return lines
  }

  /// The line that closes the fence opened at `start`; nil for a fence that is never closed, whose
  /// text is then like any other.
  private mutating func end(of fence: Fence, from start: Int, in lines: [Line]) -> Int? {
    if fence.closesItself { return start }
    // Each search may run to the end of the text: what nobody closes must not make that quadratic.
    guard unclosedFences < 8 else { return nil }
    var index = start + 1
    while index < lines.count {
      if fence.isClosed(by: lines[index].text) { return index }
      if lines[index].depth < lines[start].depth { return index - 1 }
      index += 1
    }
    unclosedFences += 1
    return nil
  }

  private mutating func take(_ fence: Fence, _ start: Int, _ end: Int, _ all: [Line]) {
    hasFence = true
    endsWithProse = false
    var lines: [Substring] = []
    var first = start + 1
    if !fence.content.isEmpty {
      lines.append(fence.content)
    } else {
      first += 1
    }
    if start < end {
      lines += all[(start + 1)..<end].map(\.text)
      let last = fence.contentBeforeEnd(all[end].text)
      if !last.isBlank { lines.append(last) }
    }
    filledLines += lines.count { !$0.isBlank }
    add(
      lines, from: first, isFenced: true,
      caption: fence.info.contains(".") ? fence.info : caption(above: start + 1))
  }

  /// A line outside of fences: prose, or another line of the segment at hand.
  private mutating func takeOpen(_ index: Int, _ all: [Line]) {
    let line = all[index].text
    let number = index + 1
    guard !line.isBlank else {
      isOutput = false
      if !current.isEmpty { current.append(line) }
      return
    }
    filledLines += 1
    if takeDoctor(line, number) { return }
    if line.utf8.first == UInt8(ascii: "=") {
      if line.contains(" BUG REPORT START") { isInReport = true }
      if line.contains(" BUG REPORT END") { isInReport = false }
    }
    let next = index + 1 < all.count ? all[index + 1].text : ""
    // Code and values below code: a traceback's source lines, a description in YAML.
    let isNested = line.first.map { $0 == " " || $0 == "\t" } ?? false && isBelowCode
    let isProse =
      !mailLines.contains(number) && !isInReport
      && (!isNested && Prose.isProse(line, next: next) && (!isOutput || Prose.isPersonal(line))
        && !isWrapped(line)
        || isRest(index, all)
        || current.last?.isBlank ?? true && Prose.isCaption(line))
    if filledLines == 1 {
      beginsWithProse = isProse
      beginsWithBanner = isProse && Prose.isBanner(line)
    }
    endsWithProse = isProse
    if isProse {
      proseLines += 1
      close()
      caption = (line, number)
      return
    }
    if current.isEmpty { currentStart = number }
    current.append(line)
    if isPrompt(line) {
      isOutput = true
      prompts += 1
    }
  }

  /// A doctor's report is a segment of its own: from its first words, over its list of events and of
  /// advice, to the first line that is neither.
  private mutating func takeDoctor(_ line: Substring, _ number: Int) -> Bool {
    if Prose.doctors.contains(where: { line.hasPrefix($0) }) {
      // Below a prompt, or in one report with what stands above.
      if !isDoctor, !isOutput { close() }
      isDoctor = true
    } else if isDoctor {
      let isBelowBlank = current.last?.isBlank ?? true
      let isItem = Prose.isDoctorsItem(line)
      guard isItem || !isBelowBlank && Prose.isProse(line) && !isPrompt(line) else {
        close()
        return false
      }
    } else {
      return false
    }
    if current.isEmpty { currentStart = number }
    current.append(line)
    if filledLines == 1 { beginsWithProse = false }
    endsWithProse = false
    return true
  }

  /// The rest of a log line that a terminal wrapped within a word or before one.
  private func isWrapped(_ line: Substring) -> Bool {
    guard line.first?.isLowercase ?? false else { return false }
    return current.suffix(3).contains { before in
      let bytes = Array(before.utf8.prefix(400))
      return bytes.count >= 40 && RedisLogLine(bytes.span) != nil
    }
  }

  private var isBelowCode: Bool { current.last.map { !$0.isBlank } ?? false }

  /// One line amid a sentence that goes on: `the graph showed 3.1 GB, 4.7 GB,` between two of prose.
  private func isRest(_ index: Int, _ all: [Line]) -> Bool {
    guard current.isEmpty, index > 0, caption.line == index, let last = caption.text.bare.last,
      !".:!?".contains(last), !Prose.isHeading(caption.text), !isPrompt(all[index].text),
      index + 1 < all.count
    else { return false }
    let next = all[index + 1].text
    return next.isBlank || Prose.isProse(next)
  }

  private func caption(above line: Int) -> Substring {
    line - caption.line <= 2 ? caption.text : ""
  }

  private mutating func close() {
    while current.last?.isBlank ?? false { current.removeLast() }
    if !current.isEmpty {
      add(current, from: currentStart, isFenced: false, caption: caption(above: currentStart))
    }
    current = []
    isOutput = false
    isDoctor = false
  }

  /// Takes the common indentation off, and blanks what stands for lines left out.
  private mutating func add(
    _ lines: [Substring], from first: Int, isFenced: Bool, caption: Substring
  ) {
    var segment = Segment(firstLine: first, lines: lines, isFenced: isFenced, caption: caption)
    guard !segment.isBlank else { return }
    let indent =
      lines.lazy.filter { !$0.isBlank }
      .map { $0.utf8.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count }.min()
      ?? 0
    segment.lines = lines.map { line in
      let text = Substring(line.utf8.dropFirst(indent))
      guard mayBeMark(text) else { return text }
      if isElision(text) {
        segment.isElided = true
        return ""
      }
      return inlineCode(text) ?? text
    }
    segments.append(segment)
  }
}

/// Somebody asked a shell or redis-cli something here.
func isPrompt(_ line: Substring) -> Bool {
  guard line.utf8.count < 1000,
    ShellPrompt.mayStand(in: line.utf8) || RedisPrompt.mayStand(in: line.utf8)
  else { return false }
  let text = String(line)
  return ShellPrompt(text) != nil || RedisPrompt(text) != nil
}

/// The first byte tells that most lines are neither an elision nor code between ticks.
private func mayBeMark(_ line: Substring) -> Bool {
  switch line.utf8.first(where: { $0 > 32 }) {
  case UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "<"), UInt8(ascii: "#"),
    UInt8(ascii: "."), UInt8(ascii: "`"), UInt8(ascii: "-"), UInt8(ascii: "*"):
    true
  case let byte?: byte >= 0x80
  case nil: false
  }
}

private func isElision(_ line: Substring) -> Bool {
  let text = line.bare
  guard text.utf8.count <= 40, let first = text.first else { return false }
  if text.allSatisfy({ $0 == "." || $0 == "\u{2026}" }) { return text.count >= 3 || first != "." }
  let inner = text.drop { "[(<# ".contains($0) }.lowercased()
  return ["...", "\u{2026}", "snip", "cut]", "truncated]", "omitted"].contains {
    inner.hasPrefix($0)
  } && "[(<#.".contains(first)
}

/// `vm.overcommit_memory = 0` of a list item that is nothing but code.
private func inlineCode(_ line: Substring) -> Substring? {
  let tick = UInt8(ascii: "`")
  var text = line.bare
  for mark in ["- ", "* "] where text.hasPrefix(mark) { text = text.dropFirst(2).bare }
  guard text.utf8.count > 2, text.utf8.first == tick, text.utf8.last == tick else { return nil }
  let inner = text.dropFirst().dropLast()
  return inner.contains("`") ? nil : inner
}

extension Substring {
  var isBlank: Bool { utf8.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }
}
