import Model

/// How a config changes to be rid of a risk.
struct RiskEdit: Sendable {
  enum Change: Sendable {
    /// The value alone, where its columns are known.
    case value(EditText)
    /// Text put before the value.
    case before(String)
    /// The path of the URL that is the value.
    case path(EditText)
    /// The whole line, behind its indent.
    case line(String)
    /// Lines below the one that is cited, with its indent.
    case after([String])
    /// The first of these words that stands in the line, once, for the other.
    case replace([(old: String, new: String)])
    /// Settings of the file, or of the service or section in it.
    case set([(name: String, value: EditText)])
    /// Options of gunicorn's command.
    case options([(name: String, value: EditText)])
    /// Options at the end of a container's command.
    case arguments([(name: String, value: EditText)])
    /// A named volume at this path of a service.
    case volume(String)
    /// An entry of the Python dictionary that is cited.
    case entry(name: String, value: String)
    /// The line that is cited goes.
    case remove
    case logFields(String)
  }

  let change: Change
  /// Kinds of file that it fits.
  let kinds: [EvidenceKind]
  /// The fact whose line changes, where that is not the risk's own.
  let at: String?
  /// Words that the line must hold.
  let beside: String?
  /// It is not made where this holds.
  let unless: Condition?
  let applicability: Applicability
}

/// A value that is put into a config: text with figures reckoned from facts, `{2 * some.fact}s`.
struct EditText: Sendable {
  enum Piece: Sendable {
    case text(String)
    case figure(Condition.Expression)
  }

  let pieces: [Piece]

  /// Nil where a figure is not known or negative, or a word could be syntax.
  func text(_ lookUp: (String) -> KnownFact?) -> String? {
    var text = ""
    for piece in pieces {
      switch piece {
      case .text(let part): text += part
      case .figure(let expression):
        switch expression.value(lookUp) {
        case .number(let number) where number >= 0 && number < 1e15:
          text += String(Int(number.rounded(.up)))
        case .text(let word) where word.allSatisfy(EditText.isPlain): text += word
        default: return nil
        }
      }
    }
    return text
  }

  /// What has no meaning of its own in any config.
  private static func isPlain(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "/-_.".contains(character))
  }
}

/// Where a risk was found: what its edits have to go by.
struct EditSite {
  /// Of the fact that the risk is about: the line that states it, or the file that does not.
  let stated: FindingPlace
  let statedKind: EvidenceKind
  /// Of the finding.
  let place: FindingPlace
  let kind: EvidenceKind
  let service: String
}

extension [RiskEdit] {
  /// The change of the first that fits. `site` tells where a fact stands, nil for the risk's own.
  func made(
    _ site: (String?) -> EditSite?, _ lookUp: (String) -> KnownFact?
  ) -> (edit: FileEdit?, wanted: WantedEdit?)? {
    for edit in self {
      if let condition = edit.unless, condition.evaluate(lookUp).truth == .holds { continue }
      guard let site = site(edit.at) else { continue }
      if let beside = edit.beside, !site.place.excerpt.contains(beside) { continue }
      if let made = edit.edit(at: site, lookUp) { return (made, nil) }
      if let wanted = edit.wanted(at: site, lookUp) { return (nil, wanted) }
    }
    return nil
  }
}

extension RiskEdit {
  /// The edit of the line that states what is wrong; nil where it does not fit.
  fileprivate func edit(at site: EditSite, _ lookUp: (String) -> KnownFact?) -> FileEdit? {
    if case .after(let lines) = change { return below(site, lines) }
    let place = site.stated
    guard let line = place.line, kinds.contains(site.statedKind), place == site.place,
      place.excerpt.count < 200
    else { return nil }
    let text = place.excerpt
    func replaced(_ range: Range<String.Index>, by new: String) -> FileEdit {
      FileEdit(
        file: place.file, line: line, text: text, replacing: range, by: new,
        applicability: applicability)
    }
    switch change {
    case .line(let new):
      return FileEdit(
        file: place.file, line: line, removed: [text], inserted: [text.indent + new],
        applicability: applicability)
    case .replace(let words):
      for (old, new) in words {
        let parts = text.ranges(of: old)
        guard let only = parts.first, parts.count == 1 else { continue }
        return replaced(only, by: new)
      }
      return nil
    case .value(let value):
      guard let new = value.text(lookUp), let range = valueRange(place) else { return nil }
      return replaced(range, by: new)
    case .before(let new):
      guard let start = valueStart(place) else { return nil }
      return replaced(start..<start, by: new)
    case .path(let path):
      guard let new = path.text(lookUp), new.hasPrefix("/"),
        let range = valueRange(place), let root = rootPath(of: text, in: range)
      else { return nil }
      return replaced(root, by: new)
    case .after, .set, .options, .arguments, .volume, .entry, .remove, .logFields: return nil
    }
  }

  /// Below a line that begins with the words it must hold: `{host: redis}` has no lines below it.
  private func below(_ site: EditSite, _ lines: [String]) -> FileEdit? {
    let text = site.place.excerpt.dropFirst(site.place.excerpt.indentOfNext.count)
    guard let line = site.place.line, kinds.contains(site.kind), text.hasPrefix(beside ?? "") else {
      return nil
    }
    return FileEdit(
      file: site.place.file, line: line + 1, removed: [],
      inserted: lines.map { site.place.excerpt.indentOfNext + $0 }, applicability: applicability)
  }

  /// Behind the quote, where there is one.
  private func valueStart(_ place: FindingPlace) -> String.Index? {
    let scalars = place.excerpt.unicodeScalars
    guard let column = place.column, column >= 1,
      let start = scalars.index(
        scalars.startIndex, offsetBy: column - 1, limitedBy: scalars.endIndex),
      start < scalars.endIndex
    else { return nil }
    return scalars[start] == "\"" || scalars[start] == "'" ? scalars.index(after: start) : start
  }

  /// The value without its quotes.
  private func valueRange(_ place: FindingPlace) -> Range<String.Index>? {
    let scalars = place.excerpt.unicodeScalars
    guard let start = valueStart(place), let column = place.endColumn,
      let end = scalars.index(
        scalars.startIndex, offsetBy: column - 1, limitedBy: scalars.endIndex),
      start < end
    else { return nil }
    let last = scalars.index(before: end)
    let isQuoted =
      start > scalars.startIndex && scalars[scalars.index(before: start)] == scalars[last]
      && (scalars[last] == "\"" || scalars[last] == "'")
    return isQuoted ? start..<last : start..<end
  }

  /// Where the path of a URL stands that asks for `/` or for nothing.
  private func rootPath(
    of text: String, in range: Range<String.Index>
  ) -> Range<String.Index>? {
    guard let scheme = text[range].firstRange(of: "://") else { return nil }
    let end = range.upperBound
    guard let slash = text[scheme.upperBound..<end].firstIndex(of: "/") else { return end..<end }
    return text.index(after: slash) == end ? slash..<end : nil
  }

  fileprivate func wanted(at site: EditSite, _ lookUp: (String) -> KnownFact?) -> WantedEdit? {
    func settings(_ pairs: [(name: String, value: EditText)]) -> [WantedEdit.Setting]? {
      let known = pairs.compactMap { pair in
        pair.value.text(lookUp).map { WantedEdit.Setting(name: pair.name, value: $0) }
      }
      return known.count == pairs.count ? known : nil
    }
    func wanted(
      _ change: WantedEdit.Change, _ place: FindingPlace, _ kind: EvidenceKind
    ) -> WantedEdit? {
      guard kinds.contains(kind) else { return nil }
      return WantedEdit(
        file: place.file, kind: kind, service: site.service, change: change,
        applicability: applicability)
    }
    switch change {
    case .set(let pairs):
      return settings(pairs).flatMap { wanted(.set($0), site.stated, site.statedKind) }
    case .logFields(let text):
      return site.stated.line.flatMap {
        wanted(.logFields(text, line: $0), site.stated, site.statedKind)
      }
    case .options, .arguments, .volume, .entry, .remove:
      guard let line = site.place.line else { return nil }
      let change: WantedEdit.Change? =
        switch change {
        case .options(let pairs): settings(pairs).map { .options($0, line: line) }
        case .arguments(let pairs): settings(pairs).map { .arguments($0, line: line) }
        case .volume(let path): .volume(path, line: line)
        case .entry(let name, let value):
          .entry(WantedEdit.Setting(name: name, value: value), line: line)
        default: .removal(line: line)
        }
      return change.flatMap { wanted($0, site.place, site.kind) }
    case .value, .before, .path, .line, .after, .replace: return nil
    }
  }
}

extension String {
  fileprivate var indent: String { String(prefix { $0 == " " || $0 == "\t" }) }

  /// Of what stands beside it: the keys of a YAML item begin behind its dash.
  fileprivate var indentOfNext: String {
    let rest = dropFirst(indent.count)
    return rest.hasPrefix("- ")
      ? indent + String(repeating: " ", count: 1 + rest.dropFirst().prefix { $0 == " " }.count)
      : indent
  }
}
