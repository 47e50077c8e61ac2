import Model

/// Lines for a terminal of a given width. Whatever is added is escaped here, and only here is colour
/// put in, so no text from evidence can bring its own.
struct TextPage {
  let width: Int
  let style: Style
  /// The folder that all inputs lie in: said once, and left out of every place.
  let folder: String
  private(set) var text = ""

  init(width: Int, style: Style, inputs: [InputAccount]) {
    self.width = max(width, 20)
    self.style = style
    folder = commonFolder(of: inputs.map(\.path))
  }

  /// `file:line`; a vendor's default stands in no line, and of a sample none is known.
  func place(of source: Source) -> String {
    name(source.file)
      + (source.line.map { ":\($0)" } ?? (source.excerpt.isEmpty ? " (default)" : ""))
  }

  /// An input's path below the common folder.
  func name(_ path: String) -> String {
    escaped(path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path)
  }

  mutating func blank() { text += "\n" }

  mutating func heading(_ title: String) {
    text += "\n" + style.bold(escaped(title)) + "\n"
  }

  /// A paragraph after `lead`, wrapped; its further lines stand under its first word.
  mutating func add(
    _ paragraph: String, lead: String = "", tint: (String) -> String = { $0 }
  ) {
    let lead = escaped(lead)
    let indent = String(repeating: " ", count: cells(lead))
    for (index, line) in wrap(escaped(paragraph), width: width - cells(lead)).enumerated() {
      // Behind its indent, `::error::` would be a command to the CI that shows the log.
      let guarded = line.hasPrefix("::") && (index > 0 || lead.isEmpty) ? "\\" + line : line
      text += (index == 0 ? lead : indent) + tint(guarded) + "\n"
    }
  }

  /// A line that must stay whole, however long: a command to paste.
  mutating func add(command: String, lead: String) {
    text += escaped(lead) + style.cyan(escaped(command)) + "\n"
    if escaped(command) != command {
      add("do not paste: it holds control characters from the evidence", lead: lead)
    }
  }

  /// A line of evidence, as long as it is.
  mutating func add(line: String, lead: String) {
    text += style.dim(escaped(lead)) + escaped(line) + "\n"
  }

  /// Carets under a part of the line above.
  mutating func addCarets(after: Int, count: Int, lead: String) {
    let space = String(repeating: " ", count: max(0, after))
    text +=
      style.dim(lead) + space + style.bold(String(repeating: "^", count: max(1, count))) + "\n"
  }

  /// A line that is cut at the width: a place in the evidence, whole, and as much of the line that
  /// stands there as fits.
  mutating func add(place: String, excerpt: String, lead: String) {
    let place = escaped(lead + place)
    let room = width - cells(place) - 2
    let excerpt = escaped(trimmed(excerpt))
    text += style.dim(room < 12 || excerpt.isEmpty ? place : place + "  " + cut(excerpt, to: room))
    text += "\n"
  }
}

/// The longest folder, with its slash, that several paths have in common; empty where there is
/// none.
func commonFolder(of paths: [String]) -> String {
  guard let first = paths.first, paths.count > 1 else { return "" }
  let common = paths.dropFirst().reduce(first) { common, path in
    String(zip(common, path).prefix { $0 == $1 }.map(\.0))
  }
  guard let slash = common.lastIndex(of: "/") else { return "" }
  return String(common[...slash])
}

func padded(_ text: String, to width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - cells(text)))
}

/// How many cells a terminal gives to a text without control characters.
func cells(_ text: some StringProtocol) -> Int {
  text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.reduce(0) { $0 + cells($1) }
}

/// The first scalar of a character decides: what joins it takes no room of its own.
func cells(_ character: Character) -> Int {
  guard let scalar = character.unicodeScalars.first, scalar.value >= 0x300 else { return 1 }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark: return 0
  default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }
}

/// Unicode's East Asian Width W and F, in ranges wide enough to stay few.
private let wide: [ClosedRange<UInt32>] = [
  0x1100...0x115F, 0x231A...0x231B, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF,
  0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60,
  0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1B000...0x1B2FF, 0x1F1E6...0x1F1FF, 0x1F300...0x1F64F,
  0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD,
]

/// Lines of somebody's text, escaped, each wrapped below its first word; one with a path that is wider than
/// a line stays whole.
package func wrapped(lines text: String, width: Int) -> String {
  var page = TextPage(width: width, style: .plain, inputs: [])
  for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
    let indent = line.prefix { $0 == " " }
    if indent.count == line.count {
      page.blank()
    } else if line.split(separator: " ").contains(where: { cells($0) > width - indent.count }) {
      page.add(line: String(line), lead: "")
    } else {
      page.add(String(line.dropFirst(indent.count)), lead: String(indent))
    }
  }
  return page.text
}

/// Lines of at most `width` cells, broken at blanks; a word that is wider is broken anywhere.
func wrap(_ text: String, width: Int) -> [String] {
  let width = max(width, 10)
  var lines: [String] = []
  var line = ""
  var used = 0
  for word in text.split(separator: " ") {
    var word = word
    var size = cells(word)
    if used > 0, used + 1 + size > width {
      lines.append(line)
      (line, used) = ("", 0)
    }
    while size > width {
      let head = prefix(of: word, within: width)
      lines.append(String(head))
      word = word[head.endIndex...]
      size = cells(word)
    }
    line += (used > 0 ? " " : "") + word
    used += (used > 0 ? 1 : 0) + size
  }
  if used > 0 || lines.isEmpty { lines.append(line) }
  return lines
}

/// As much as fits, with `...` where something was left out.
func cut(_ text: String, to width: Int) -> String {
  guard cells(text) > width else { return text }
  return prefix(of: text[...], within: max(width - 3, 0)) + "..."
}

/// At least one character, so that a loop over the rest ends.
private func prefix(of text: Substring, within width: Int) -> Substring {
  var used = 0
  var end = text.startIndex
  while end < text.endIndex {
    used += cells(text[end])
    if used > width, end > text.startIndex { break }
    end = text.index(after: end)
  }
  return text[..<end]
}

func trimmed(_ text: String) -> String {
  String(text.drop { $0 == " " || $0 == "\t" })
}
