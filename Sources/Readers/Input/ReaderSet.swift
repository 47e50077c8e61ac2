import Model

/// The readers that recognition chooses from. Tests bring their own.
package struct ReaderSet: Sendable {
  package var documents: [any DocumentReader.Type]
  package var streams: [any StreamReader.Type]
  /// The log formats that an nginx config defines, by name.
  package var logFormats: @Sendable (Document) -> [String: String]

  package static let all = ReaderSet(
    documents: ReaderTable.documents, streams: ReaderTable.streams,
    logFormats: { nginxLogFormats(in: $0) })

  package init(
    documents: [any DocumentReader.Type], streams: [any StreamReader.Type],
    logFormats: @escaping @Sendable (Document) -> [String: String] = { _ in [:] }
  ) {
    self.documents = documents
    self.streams = streams
    self.logFormats = logFormats
  }

  enum Choice {
    case document(any DocumentReader.Type)
    case stream(any StreamReader.Type)

    var reader: any Reader.Type {
      switch self {
      case .document(let reader): reader
      case .stream(let reader): reader
      }
    }
  }

  typealias Known = (choice: Choice, recognition: Recognition)

  /// Most evidence shows what it is in its first lines; most of the time of a diagnosis is spent
  /// asking fifty readers about all the others.
  private static let briefLines = 12

  /// The reader that is surest of the sample, the earlier among equals. Where the collector says
  /// what it is, only readers of that kind are asked, and one of them reads it however unsure.
  func surest(of sample: Sample, hint: EvidenceKind? = nil) -> Known? {
    if let brief = sample.brief(ReaderSet.briefLines),
      let known = answer(to: brief, hint: hint), known.recognition == .certain
    {
      return known
    }
    return answer(to: sample, hint: hint)
  }

  private func answer(to sample: Sample, hint: EvidenceKind?) -> Known? {
    let all = documents.map { Choice.document($0) } + streams.map { Choice.stream($0) }
    let hinted = all.filter { $0.reader.kind == hint }
    var best: Known?
    for choice in hinted.isEmpty ? all : hinted {
      let recognition = choice.reader.recognises(sample)
      if let best, best.recognition >= recognition { continue }
      best = (choice, recognition)
      if recognition == .certain { break }
    }
    guard let best, best.recognition > .no || !hinted.isEmpty else { return nil }
    return best
  }
}
