/// What all evidence of a run says: the account of every input and the pages of those read, in the
/// order of the account, so that nothing depends on timing.
package struct Ledger: Sendable {
  package private(set) var inputs: [InputAccount] = []
  /// What was read, in the order of the account. Most inputs gave one page; pasted text gives one for
  /// each excerpt in it.
  package private(set) var pages: [(source: Int, page: Page)] = []

  package init() {}

  package mutating func add(_ input: InputAccount, page: Page?) {
    add(input, pages: page.map { [$0] } ?? [])
  }

  /// Gives the pages away, so that none is kept twice.
  package mutating func takePages() -> [(source: Int, page: Page)] {
    let taken = pages
    pages = []
    return taken
  }

  package mutating func add(_ input: InputAccount, pages: [Page]) {
    self.pages += pages.map { (inputs.count, $0) }
    inputs.append(input)
  }
}

/// What became of one input. Every input has one: nothing is skipped in silence.
package struct InputAccount: Sendable, Equatable {
  package enum Status: String, Sendable {
    case read
    case partlyRead = "partly-read"
    case notRecognised = "not-recognised"
    case unreadable
  }

  package var path: String
  package var folder: String
  /// Given by name on the command line, not found in a walked folder.
  package let isNamed: Bool
  package var kind: EvidenceKind?
  /// What pasted text holds, in order of first appearance; empty for an input of one kind.
  package var parts: [EvidenceKind] = []
  package var status: Status
  package var bytes: Int
  package var lines: Int
  package var skippedLines: Int
  package var warnings: [Page.Warning]

  package init(
    path: String, folder: String, isNamed: Bool = false, kind: EvidenceKind?, status: Status,
    bytes: Int = 0, lines: Int = 0, skippedLines: Int = 0, warnings: [Page.Warning] = []
  ) {
    self.path = path
    self.folder = folder
    self.isNamed = isNamed
    self.kind = kind
    self.status = status
    self.bytes = bytes
    self.lines = lines
    self.skippedLines = skippedLines
    self.warnings = warnings
  }
}
