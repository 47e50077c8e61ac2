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

  /// The first pass: recognises what a source holds and reads its documents; gives the nginx configs
  /// among them.
  mutating func take(
    _ source: EvidenceSource, context: ReadingContext, readers: ReaderSet
  ) -> [Document] {
    var configs: [Document] = []
    var place = 0
    /// Archives may hold a name twice.
    var names: [String: Int] = [:]
    forEachPiece(of: source) { piece in
      let known = names[piece.name, default: 0] + 1
      let path = known > 1 ? "\(piece.name) (\(known))" : piece.name
      var input = Input(piece, path: path, source: source, place: place)
      configs += input.readDocument(
        from: piece, context: context, readers: readers,
        isFull: evidence >= Intake.evidenceLimit)
      if keep(&input) { names[piece.name] = known }
      place += 1
      return true
    }
    return configs
  }

  private mutating func keep(_ input: inout Input) -> Bool {
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
        return false
      }
      listed += 1
    }
    inputs.append(input)
    return true
  }

  /// The second pass: reads the streams, of each source once from front to back.
  mutating func readStreams(
    context: ReadingContext, where isWanted: (Input) -> Bool = { _ in true }
  ) {
    var index = 0
    while index < inputs.count {
      let first = index
      while index < inputs.count, inputs[index].source.isSame(as: inputs[first].source) {
        index += 1
      }
      var pending: [Int: Int] = [:]
      for other in first..<index where isWanted(inputs[other]) {
        inputs[other].settleText(context: context)
        if inputs[other].isStream { pending[inputs[other].place] = other }
      }
      guard !pending.isEmpty else { continue }
      var place = 0
      var failure = SourceError("it changed while it was read")
      forEachPiece(of: inputs[first].source) { piece in
        if case .failure(let error) = piece.content { failure = error }
        if let other = pending[place], inputs[other].name == piece.name {
          pending[place] = nil
          inputs[other].readStream(from: piece, context: context)
        }
        place += 1
        return !pending.isEmpty
      }
      for other in pending.values { inputs[other].failAgain(failure) }
    }
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
  fileprivate func isSame(as other: EvidenceSource) -> Bool {
    name == other.name && folder == other.folder
  }
}
