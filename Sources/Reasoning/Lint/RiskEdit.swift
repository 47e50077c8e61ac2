import Model

/// How a config changes to be rid of a risk, where no decision of a person is needed.
struct RiskEdit: Sendable {
  enum Change: Sendable {
    /// The value alone, where its columns are known.
    case value(EditText)
    /// The whole line, behind its indent.
    case line(String)
    /// Lines below it, with its indent.
    case after([String])
    /// The first of these words that stands in the line, once, for the other.
    case replace([(old: String, new: String)])
    /// Settings of the file, or of the service or section in it.
    case set([(name: String, value: EditText)])
    /// Options of gunicorn's command.
    case options([(name: String, value: EditText)])
    case logFields(String)
  }

  let change: Change
  /// Kinds of file that it fits.
  let kinds: [EvidenceKind]
  /// It is not made where this holds.
  let unless: Condition?
  let certainty: String
}

/// A value that is put into a config: text with figures reckoned from facts, `{2 * some.fact}s`.
struct EditText: Sendable {
  enum Piece: Sendable {
    case text(String)
    case figure(Condition.Expression)
  }

  let pieces: [Piece]

  /// Nil where a figure is not known, or is not whole and positive.
  func text(_ lookUp: (String) -> KnownFact?) -> String? {
    var text = ""
    for piece in pieces {
      switch piece {
      case .text(let part): text += part
      case .figure(let expression):
        guard let number = expression.value(lookUp)?.number, number >= 0, number < 1e15 else {
          return nil
        }
        text += String(Int(number.rounded(.up)))
      }
    }
    return text
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
  /// The change of the first that fits.
  func made(
    at site: EditSite, _ lookUp: (String) -> KnownFact?
  ) -> (edit: FileEdit?, wanted: WantedEdit?)? {
    for edit in self {
      if let condition = edit.unless, condition.evaluate(lookUp).truth == .holds { continue }
      if let made = edit.edit(at: site, lookUp) { return (made, nil) }
      if let wanted = edit.wanted(at: site, lookUp) { return (nil, wanted) }
    }
    return nil
  }
}

extension RiskEdit {
  /// The edit of the line that states what is wrong; nil where it does not fit.
  fileprivate func edit(at site: EditSite, _ lookUp: (String) -> KnownFact?) -> FileEdit? {
    let place = site.stated
    guard let line = place.line, kinds.contains(site.statedKind), place == site.place,
      place.excerpt.count < 200
    else { return nil }
    let text = place.excerpt
    func replaced(by new: String) -> FileEdit {
      FileEdit(
        file: place.file, line: line, removed: [text], inserted: [new], certainty: certainty)
    }
    let indent = String(text.prefix { $0 == " " || $0 == "\t" })
    switch change {
    case .line(let new): return replaced(by: indent + new)
    case .after(let lines):
      return FileEdit(
        file: place.file, line: line + 1, removed: [], inserted: lines.map { indent + $0 },
        certainty: certainty)
    case .replace(let words):
      for (old, new) in words {
        let parts = text.ranges(of: old)
        guard let only = parts.first, parts.count == 1 else { continue }
        return replaced(by: text.replacingCharacters(in: only, with: new))
      }
      return nil
    case .value(let value):
      guard let new = value.text(lookUp), let column = place.column, let end = place.endColumn,
        end > column
      else { return nil }
      let scalars = Array(text.unicodeScalars)
      guard end - 1 <= scalars.count else { return nil }
      // Quotes stay.
      let isQuoted = scalars[column - 1] == "\"" && scalars[end - 2] == "\"" && end - column > 1
      let isPlain = !new.hasPrefix("\"")
      var result = String.UnicodeScalarView(scalars[..<(column - 1)])
      result.append(
        contentsOf: (isQuoted && isPlain ? "\"" + new + "\"" : new).unicodeScalars)
      result.append(contentsOf: scalars[(end - 1)...])
      return replaced(by: String(result))
    case .set, .options, .logFields: return nil
    }
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
        file: place.file, kind: kind, service: site.service, change: change, certainty: certainty)
    }
    switch change {
    case .set(let pairs):
      return settings(pairs).flatMap { wanted(.set($0), site.stated, site.statedKind) }
    case .options(let pairs):
      guard let line = site.place.line else { return nil }
      return settings(pairs).flatMap { wanted(.options($0, line: line), site.place, site.kind) }
    case .logFields(let text):
      return site.stated.line.flatMap {
        wanted(.logFields(text, line: $0), site.stated, site.statedKind)
      }
    case .value, .line, .after, .replace: return nil
    }
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<Index>, with new: String) -> String {
    self[..<range.lowerBound] + new + self[range.upperBound...]
  }
}
