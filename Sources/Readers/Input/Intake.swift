import CPages
import Model

/// All inputs of a run on their way to the ledger. Bounded whatever is given: of 100,000 files those
/// that are evidence are read up to a limit, and the account names so many of the others and counts
/// the rest.
struct Intake {
  /// INFO every minute for a day is 1,440. A page takes 10 to 50 KiB.
  static let evidenceLimit = 2_000
  /// More names than that nobody reads.
  static let listedLimit = 1_000
  /// What is kept of pasted texts until the second pass; those beyond are read with the first.
  static let textLimit = 2 << 20

  private struct Rest: Hashable {
    let status: InputAccount.Status
    let why: String
  }

  private(set) var inputs: [Input] = []
  private var evidence = 0
  private var listed = 0
  private var texts = 0
  private var rest: [Rest: Int] = [:]

  /// What one source holds, as far as the first pass reads it.
  private struct Found: Sendable {
    var inputs: [Input] = []
    /// The nginx configs among them.
    var configs: [Document] = []
    /// So much evidence was known before.
    let before: Int
    /// It is, or holds, what is not read beside others, and was left there.
    var isLeft = false

    /// Recognises what the source holds and reads its documents.
    init(
      _ source: EvidenceSource, context: ReadingContext, readers: ReaderSet, evidenceBefore: Int,
      isAlone: Bool
    ) {
      before = evidenceBefore
      // A pipe is not read once more to no purpose.
      isLeft = source.isPipe && !isAlone
      guard !isLeft else { return }
      var evidence = evidenceBefore
      /// Archives may hold a name twice.
      var names: [String: Int] = [:]
      forEachPiece(of: source) { piece in
        let known = names[piece.name, default: 0] + 1
        names[piece.name] = known
        let path = known > 1 ? "\(piece.name) (\(known))" : piece.name
        var input = Input(piece, path: path, source: source, place: inputs.count)
        let found = input.readDocument(
          from: piece, context: context, readers: readers, isFull: evidence >= Intake.evidenceLimit,
          isAlone: isAlone)
        guard let found else {
          isLeft = true
          return false
        }
        configs += found
        if input.isEvidence { evidence += 1 }
        inputs.append(input)
        return true
      }
    }

    var evidence: Int { inputs.count(where: \.isEvidence) }
  }

  /// The first pass: recognises what sources hold, several side by side, and reads their documents; gives
  /// the nginx configs among them.
  mutating func take(
    _ sources: [EvidenceSource], context: ReadingContext, readers: ReaderSet
  ) -> [Document] {
    let before = evidence
    let isAlone = min(sources.count, context.threads) == 1
    let all = sideBySide(sources.count, threads: context.threads) {
      Found(
        sources[$0], context: context, readers: readers, evidenceBefore: before, isAlone: isAlone)
    }
    var configs: [Document] = []
    for (source, found) in zip(sources, all) {
      var found = found
      // What others held was not known when it was read.
      let isBeyond =
        found.before != evidence && evidence + found.evidence > Intake.evidenceLimit
      if found.isLeft || isBeyond {
        found = Found(
          source, context: context, readers: readers, evidenceBefore: evidence, isAlone: true)
      }
      for index in found.inputs.indices { keep(&found.inputs[index]) }
      configs += found.configs
    }
    return configs
  }

  private mutating func keep(_ input: inout Input) {
    if input.isEvidence {
      evidence += 1
      texts += input.textSize
      if texts > Intake.textLimit { texts -= input.forgetText() }
    } else {
      let isListed = listed < Intake.listedLimit && !input.isBeyondLimit
      guard isListed || input.account.isNamed else {
        let why = input.account.warnings.first?.message ?? ""
        let kind = Rest(status: input.account.status, why: why)
        let isKnown = rest[kind] != nil || rest.count < 20
        rest[
          isKnown ? kind : Rest(status: kind.status, why: "for other reasons"), default: 0] += 1
        return
      }
      listed += 1
    }
    inputs.append(input)
  }

  /// The second pass: reads the streams, of each source once from front to back. Large logs are read one
  /// after another, each by all threads; the others side by side.
  mutating func readStreams(
    context: ReadingContext, where isWanted: @escaping @Sendable (Input) -> Bool = { _ in true }
  ) {
    if inputs.contains(where: { isWanted($0) && $0.mayBeLong }) { release_code_pages() }
    var small: [Range<Int>] = []
    var index = 0
    while index < inputs.count {
      let first = index
      while index < inputs.count, inputs[index].source.isSame(as: inputs[first].source) {
        index += 1
      }
      guard inputs[first..<index].contains(where: isWanted) else { continue }
      if inputs[first].isSplit {
        Intake.readStreams(of: &inputs[first..<index], context: context, where: isWanted)
      } else {
        small.append(first..<index)
      }
    }
    // The largest first: what is begun last must not keep all waiting.
    let sizes = small.map { inputs[$0.lowerBound].fileSize }
    small = small.indices.sorted { (-sizes[$0], $0) < (-sizes[$1], $1) }.map { small[$0] }
    var alone = context
    if small.count > 1 { alone.threads = 1 }
    let (each, before, parts) = (alone, inputs, small)
    let read = sideBySide(parts.count, threads: context.threads) { number in
      var part = before[parts[number]]
      Intake.readStreams(of: &part, context: each, where: isWanted)
      return part
    }
    for (part, read) in zip(small, read) { inputs.replaceSubrange(part, with: read) }
  }

  /// Reads the streams of one source.
  private static func readStreams(
    of inputs: inout ArraySlice<Input>, context: ReadingContext, where isWanted: (Input) -> Bool
  ) {
    var pending: [Int: Int] = [:]
    for index in inputs.indices where isWanted(inputs[index]) {
      inputs[index].settleText(context: context)
      if inputs[index].isStream { pending[inputs[index].place] = index }
    }
    guard let source = inputs.first?.source, !pending.isEmpty else { return }
    var place = 0
    var failure = SourceError("it changed while it was read")
    forEachPiece(of: source) { piece in
      if case .failure(let error) = piece.content { failure = error }
      if let index = pending[place], inputs[index].name == piece.name {
        pending[place] = nil
        inputs[index].readStream(from: piece, context: context)
      }
      place += 1
      return !pending.isEmpty
    }
    for index in pending.values { inputs[index].failAgain(failure) }
  }

  /// The account of it all, in its order, whatever the order of arguments and members.
  var ledger: Ledger {
    var ledger = Ledger()
    let order = inputs.indices.sorted { a, b in
      let (x, y) = (inputs[a].account, inputs[b].account)
      if x.folder != y.folder { return precedes(x.folder, y.folder) }
      return x.path == y.path ? a < b : precedes(x.path, y.path)
    }
    for index in order { ledger.add(inputs[index].account, pages: inputs[index].pages) }
    let counts = rest.sorted { a, b in
      a.value == b.value ? precedes(a.key.why, b.key.why) : a.value > b.value
    }
    for (what, count) in counts {
      ledger.add(
        InputAccount(
          path: "(\(count) more)", folder: "", kind: nil, status: what.status,
          warnings: [Page.Warning(what.why)]),
        page: nil)
    }
    return ledger
  }
}

extension EvidenceSource {
  func isSame(as other: EvidenceSource) -> Bool {
    name == other.name && folder == other.folder
  }
}
