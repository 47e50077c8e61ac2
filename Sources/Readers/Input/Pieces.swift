import Model

/// One piece of evidence, open to be read once: a file, a pipe, a member of an archive.
package struct Piece {
  package let name: String
  /// Of an archive's member: the folder within it, so that what lies together there is together.
  package let folder: String
  package let hint: EvidenceKind?
  package let isNamed: Bool
  /// Bytes of the file that it lies in, packed or not; 0 where that is none.
  let fileSize: Int
  package let content: Result<BufferedStream, SourceError>
}

/// Opens a source and gives each piece in it, unpacked: a plain file is one, an archive has many. Goes
/// on while `body` wants more; what of a piece `body` does not read is passed over.
package func forEachPiece(of source: EvidenceSource, _ body: (Piece) -> Bool) {
  var walk = PieceWalk(source: source, budget: UnpackingBudget())
  do throws(SourceError) {
    let raw = try source.open()
    walk.pipe = (raw as? PipeStream)?.pipe
    walk.fileSize = (raw as? any RangedStream)?.size ?? 0
    let stream = try unpacked(MeteredStream(raw, walk.budget), budget: walk.budget)
    walk.visit(stream, name: source.name, depth: 0, body)
  } catch {
    walk.give(.failure(error), name: source.name, body)
  }
}

private struct PieceWalk {
  let source: EvidenceSource
  let budget: UnpackingBudget
  var pipe: Pipe?
  var fileSize = 0
  private var wantsMore = true

  init(source: EvidenceSource, budget: UnpackingBudget) {
    self.source = source
    self.budget = budget
  }

  mutating func visit(
    _ stream: BufferedStream, name: String, depth: Int, _ body: (Piece) -> Bool
  ) {
    guard let archive = archive(in: stream, budget: budget) else {
      return give(.success(stream), name: name, body)
    }
    guard depth < UnpackingBudget.depthLimit else {
      let why = "an archive within an archive within an archive: unpack it and give the folder"
      return give(.failure(SourceError(why)), name: name, body)
    }
    // Archives are read twice.
    pipe?.keepAll()
    var isEmpty = true
    do throws(SourceError) {
      while wantsMore, let member = try archive.next() {
        try budget.countMember()
        isEmpty = false
        visit(member, of: archive, name: name, depth: depth, body)
      }
      guard isEmpty, wantsMore else { return }
      throw SourceError("an archive that holds no file", isLeftOut: true)
    } catch {
      give(.failure(error), name: name, body)
    }
  }

  private mutating func visit(
    _ member: ArchiveMember, of archive: any Archive, name: String, depth: Int,
    _ body: (Piece) -> Bool
  ) {
    let inner = MemberName(member.name)
    let path = "\(name)/\(inner.path)"
    let tooLong = "its name is longer than \(MemberName.limit) bytes: not read"
    if let refusal = member.refusal ?? (inner.isTooLong ? tooLong : nil) {
      let error = SourceError(refusal, isLeftOut: member.isNoFile)
      return give(.failure(error), name: path, body)
    }
    do throws(SourceError) {
      let stream = try unpacked(MemberStream(archive), budget: budget)
      visit(stream, name: path, depth: depth + 1, body)
    } catch {
      give(.failure(error), name: path, body)
    }
  }

  mutating func give(
    _ content: Result<BufferedStream, SourceError>, name: String, _ body: (Piece) -> Bool
  ) {
    guard wantsMore else { return }
    let isWhole = name == source.name
    wantsMore = body(
      Piece(
        name: name, folder: isWhole ? source.folder : folder(of: name),
        hint: isWhole ? source.hint : nil, isNamed: isWhole && source.isNamed, fileSize: fileSize,
        content: content))
  }
}
