import Model

/// Reads all sources into a ledger, each on its own: what one of them holds or lacks never spoils
/// another. Small documents come first, then streams with what the documents taught (log formats),
/// then once more the streams whose stamps lack the year, if another stream gave it.
package func readEvidence(
  _ sources: EvidenceList, options: ReadingContext = ReadingContext(),
  readers: ReaderSet = .all
) -> Ledger {
  var context = options
  var intake = Intake()
  // So many at a time: what was read of them waits until all of them are taken in.
  let batchSize = options.threads > 1 ? 16 * options.threads : 1
  var start = 0
  while start < sources.count {
    let batch = (start..<min(start + batchSize, sources.count)).filter {
      $0 == 0 || !sources[$0].isSame(as: sources[$0 - 1])
    }
    start += batchSize
    let configs = intake.take(batch.map { sources[$0] }, context: options, readers: readers)
    for document in configs {
      // What the command line states wins.
      context.logFormats.merge(readers.logFormats(document)) { given, _ in given }
    }
  }
  context.year = options.year ?? newestYear(of: intake.inputs)
  intake.readStreams(context: context)
  intake.readStreams(context: context) { $0.isUnsettled }
  // Where nothing in the window states a year, the window does.
  let asked = (options.window.until ?? options.window.since)?.civil.year
  if context.year == nil, let year = newestYear(of: intake.inputs) ?? asked {
    context.year = year
    intake.readStreams(context: context) { $0.pages.contains(where: \.isTimeless) }
  }
  return intake.ledger
}

package func readEvidence(
  _ sources: [EvidenceSource], options: ReadingContext = ReadingContext(),
  readers: ReaderSet = .all
) -> Ledger {
  readEvidence(EvidenceList(sources), options: options, readers: readers)
}

/// The year of the newest time that was observed. Events may lie ahead (maintenance), so they speak
/// only where nothing else does.
private func newestYear(of inputs: [Input]) -> Int? {
  let pages = inputs.flatMap(\.pages)
  let observed =
    pages.compactMap { $0.coverage?.upperBound } + pages.flatMap { $0.facts.compactMap(\.time) }
  let newest = observed.max() ?? pages.flatMap { $0.events.map(\.time) }.max()
  return newest.flatMap { Int($0.description.prefix(4)) }
}

extension Page {
  fileprivate var isTimeless: Bool {
    coverage == nil && events.isEmpty && facts.allSatisfy { $0.time == nil }
  }
}
