/// Where a claim stands in the evidence.
package struct Origin: Hashable, Sendable {
  /// Index of the source in the order of the account of inputs; set when the page joins the ledger.
  package var source: Int
  /// 1-based; nil for a vendor's default that the source was read for and does not hold.
  package var line: Int?
  /// The line itself, raw, at most 200 characters. Reports redact and escape it.
  package var excerpt: String
  /// 1-based, in Unicode scalars, of the value, and one past it; nil where only the line is known.
  package var column: Int?
  package var endColumn: Int?
  /// The path of another input that the line stands in: a file that was included.
  package var file: String?

  package init(
    source: Int = 0, line: Int?, excerpt: String, column: Int? = nil, endColumn: Int? = nil
  ) {
    self.source = source
    self.line = line
    self.excerpt = excerpt
    self.column = column
    self.endColumn = endColumn
  }

  /// The same place, with the columns of a word in its line: of the last occurrence where there are
  /// several, since values stand behind names.
  package func marking(_ text: some StringProtocol) -> Origin {
    let needle = Array(text.unicodeScalars)
    let line = Array(excerpt.unicodeScalars)
    guard column == nil, !needle.isEmpty, needle.count <= line.count else { return self }
    for start in stride(from: line.count - needle.count, through: 0, by: -1)
    where line[start] == needle[0] && line[start..<start + needle.count].elementsEqual(needle) {
      // `8` is no part of `8000`.
      func isWord(_ index: Int) -> Bool {
        guard line.indices.contains(index) else { return false }
        return line[index].properties.isAlphabetic || line[index].properties.numericType != nil
          || line[index] == "." || line[index] == "_"
      }
      if isWord(start), isWord(start - 1) { continue }
      if isWord(start + needle.count - 1), isWord(start + needle.count) { continue }
      var marked = self
      marked.column = start + 1
      marked.endColumn = start + 1 + needle.count
      return marked
    }
    return self
  }
}

/// One observation: a name from the catalogue, about a subject, at a time where known.
package struct Fact: Sendable, Equatable {
  package let name: String
  /// Index of the subject's clue in its page; of the subject itself once the ledger is identified.
  package var subject: Int
  package let value: Value
  package let time: Instant?
  /// The part of the subject this is about (`db0`, `pid 365`, a path); folded by the catalogue.
  package let part: String?
  /// For tallies: what the source speaks for. A count of none is known only there.
  package let coverage: TimeSpan?
  package var origin: Origin

  package init(
    name: String, subject: Int, value: Value, time: Instant? = nil, part: String? = nil,
    coverage: TimeSpan? = nil, origin: Origin
  ) {
    self.name = name
    self.subject = subject
    self.value = value
    self.time = time
    self.part = part
    self.coverage = coverage
    self.origin = origin
  }
}

/// How part facts, and facts of several times, become the one value that a condition reads.
package enum Fold: Sendable, Equatable {
  /// The newest; among undated ones the last read. Parts are compared alike.
  case latest
  case sum
  case max
  case min
  /// Mean weighted by the fact of that name for the same part.
  case mean(weight: String)
}

/// One row of the catalogue.
package struct FactDefinition: Sendable {
  package let name: String
  package let subject: SubjectKind
  package let unit: Unit
  /// One sentence with a full stop.
  package let summary: String
  /// The document that defines it.
  package let source: String
  /// The read-only command that gets it; may hold `{instance}`, `{host}`, `{port}`.
  package let collect: String
  package let fold: Fold
  /// Counts occurrences in something that covers a span of time: none counted means none happened
  /// only where the coverage contains the window in question.
  package let isTally: Bool
  /// The values a text fact can take, where the vendor enumerates them.
  package let values: [String]

  package init(
    name: String, subject: SubjectKind, unit: Unit, summary: String, source: String,
    collect: String, fold: Fold = .latest, isTally: Bool = false, values: [String] = []
  ) {
    self.name = name
    self.subject = subject
    self.unit = unit
    self.summary = summary
    self.source = source
    self.collect = collect
    self.fold = fold
    self.isTally = isTally
    self.values = values
  }
}

/// Facts that share a subject, a source document and a command.
package struct FactGroup: Sendable {
  package let definitions: [FactDefinition]

  package struct Row: Sendable {
    let name: String
    let unit: Unit
    let summary: String
    let fold: Fold
    let isTally: Bool
    let values: [String]
    let collect: String?

    package init(
      _ name: String, _ unit: Unit, _ summary: String, fold: Fold = .latest, tally: Bool = false,
      values: [String] = [], collect: String? = nil
    ) {
      self.name = name
      self.unit = unit
      self.summary = summary
      self.fold = fold
      self.isTally = tally
      self.values = values
      self.collect = collect
    }
  }

  package init(subject: SubjectKind, source: String, collect: String, _ rows: [Row]) {
    definitions = rows.map {
      FactDefinition(
        name: $0.name, subject: subject, unit: $0.unit, summary: $0.summary, source: source,
        collect: $0.collect ?? collect, fold: $0.fold, isTally: $0.isTally, values: $0.values)
    }
  }
}
