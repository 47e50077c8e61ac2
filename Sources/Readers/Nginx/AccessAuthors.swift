import Model

/// Who asked most, in five-minute pieces of the log, for the pieces with most requests: a surge is among
/// them. The tables of names count what was asked since a piece was opened; when it is closed the
/// commonest agents and clients are kept, each with a line of the piece that cites it.
struct SurgeAuthors: Sendable {
  private static let pieceLimit = 96
  /// Agents, and clients, that are kept of a piece: whoever makes a surge is among them.
  private static let authorLimit = 4

  private struct Author {
    let hash: UInt64
    var count: Int
    let name: String
    let witness: Witness
  }

  private struct Piece {
    /// Five minutes since 1970.
    let id: Int
    var total = 0
    var agents: [Author] = []
    var clients: [Author] = []
  }

  private var pieces: [Piece] = []
  /// The piece that is open, before `pieces` knows it, and its requests.
  private var open: Piece?
  private var requests = 0
  /// By their slots. While a piece doubles at most 32 names can come to a sixteenth of it: few.
  private var agentWitnesses: [Int: Cited] = [:]
  private var clientWitnesses: [Int: Cited] = [:]

  private struct Cited {
    let hash: UInt64
    let name: String
    let witness: Witness
  }

  /// True where a second lies in another piece than the one that is open.
  func leaves(for second: Int) -> Bool { open?.id != second / 300 }

  /// Counts a request of the piece that is open.
  @inline(__always)
  mutating func addRequest() { requests &+= 1 }

  mutating func begin(_ second: Int) { open = Piece(id: second / 300) }

  /// Keeps a line for a name that may be worth one: who asks less than a sixteenth of a piece makes no
  /// surge.
  @inline(never)
  mutating func cite(
    _ met: TopTable.Met, _ name: LineName, _ pending: UnsafePointer<PendingLine>,
    _ table: TopTable
  ) {
    guard table.recentCount(met) * 16 >= requests else { return }
    if name == .agent {
      SurgeAuthors.cite(met, name, pending, &agentWitnesses)
    } else {
      SurgeAuthors.cite(met, name, pending, &clientWitnesses)
    }
  }

  private static func cite(
    _ met: TopTable.Met, _ name: LineName, _ pending: UnsafePointer<PendingLine>,
    _ witnesses: inout [Int: Cited]
  ) {
    if let known = witnesses[met.slot], known.hash == met.hash { return }
    let place = pending.pointee.request.place(name)
    let text = pending.pointee.line.text(
      place.start..<Swift.max(place.start, Swift.min(place.end, place.start + 200)))
    witnesses[met.slot] = Cited(hash: met.hash, name: text, witness: Witness(pending))
  }

  /// Ends the piece that is open. The tables count anew.
  mutating func close(agents: TopTable, clients: TopTable) {
    guard var piece = open else { return }
    piece.total = requests
    requests = 0
    // Fewer requests than make a name worth a line.
    if piece.total >= Int(TopTable.notable) {
      piece.agents = SurgeAuthors.authors(of: agents, agentWitnesses)
      piece.clients = SurgeAuthors.authors(of: clients, clientWitnesses)
    }
    agents.clearRecent()
    clients.clearRecent()
    agentWitnesses.removeAll(keepingCapacity: true)
    clientWitnesses.removeAll(keepingCapacity: true)
    open = nil
    join(piece, addingLines: 0)
  }

  private static func authors(of table: TopTable, _ witnesses: [Int: Cited]) -> [Author] {
    table.commonest(authorLimit).compactMap { slot, hash, count in
      guard let cited = witnesses[slot], cited.hash == hash else { return nil }
      return Author(hash: hash, count: count, name: cited.name, witness: cited.witness)
    }
  }

  private mutating func join(_ piece: Piece, addingLines offset: Int) {
    let index: Int
    if let known = pieces.firstIndex(where: { $0.id == piece.id }) {
      index = known
    } else if pieces.count < SurgeAuthors.pieceLimit {
      index = pieces.count
      pieces.append(Piece(id: piece.id))
    } else {
      index = pieces.indices.min { pieces[$0].total < pieces[$1].total } ?? 0
      if pieces[index].total >= piece.total { return }
      pieces[index] = Piece(id: piece.id)
    }
    pieces[index].total += piece.total
    SurgeAuthors.join(piece.agents, addingLines: offset, to: &pieces[index].agents)
    SurgeAuthors.join(piece.clients, addingLines: offset, to: &pieces[index].clients)
  }

  private static func join(
    _ authors: [Author], addingLines offset: Int, to joined: inout [Author]
  ) {
    for author in authors {
      if let known = joined.firstIndex(where: { $0.hash == author.hash }) {
        joined[known].count += author.count
      } else {
        joined.append(
          Author(
            hash: author.hash, count: author.count, name: author.name,
            witness: author.witness.moved(by: offset)))
      }
    }
    joined.sort { ($1.count, $0.witness.line) < ($0.count, $1.witness.line) }
    if joined.count > authorLimit { joined.removeLast(joined.count - authorLimit) }
  }

  /// Takes in the range that follows. Both must have been closed.
  mutating func merge(_ later: Self, addingLines offset: Int) {
    for piece in later.pieces.sorted(by: { $0.id < $1.id }) { join(piece, addingLines: offset) }
  }

  /// The commonest agent or client over the pieces that lie in a span of minutes, and its share of
  /// their requests.
  func top(
    _ minutes: ClosedRange<Int>, clients: Bool
  ) -> (share: Double, name: String, witness: Witness)? {
    // Pieces that begin before the surge hold the usual callers too.
    let inside = pieces.filter {
      $0.id * 5 >= minutes.lowerBound && $0.id * 5 <= minutes.upperBound
    }.sorted { $0.id < $1.id }
    var authors: [UInt64: Author] = [:]
    for author in inside.flatMap({ clients ? $0.clients : $0.agents }) {
      if authors[author.hash] == nil {
        authors[author.hash] = author
      } else {
        authors[author.hash]?.count += author.count
      }
    }
    let total = inside.reduce(0) { $0 + $1.total }
    let best = authors.values.max {
      ($0.count, $1.witness.line) < ($1.count, $0.witness.line)
    }
    guard let best, total > 0 else { return nil }
    return (Double(best.count) / Double(total), best.name, best.witness)
  }
}
