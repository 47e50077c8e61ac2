import ArgumentParser
import Model
import Readers

/// `triage redact`: copies of evidence that can be shared.
struct Redact: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "redact",
    abstract: "Copy evidence without secrets, or without names and addresses as well.",
    discussion: """
      Writes every text file of PATH below OUT, which must be new or empty, with
      the same lines: what was taken out is *** or a pseudonym. What is not text
      is left out. The copies are then searched for what should be gone; where
      anything is found, they are deleted and the exit status is 2.

      EXAMPLES:
        triage redact incident/ -o shared/                no secrets
        triage redact incident/ -o shared/ --redact all   no addresses, names, ids
      """)

  @Argument(
    help: ArgumentHelp("Files and folders of evidence.", valueName: "path"), completion: .file())
  var paths: [String]

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder to write to.", valueName: "folder"),
    completion: .directory)
  var output: String

  @Option(help: "What to take out: secrets or all.")
  var redact: Redaction = .secrets

  @Option(help: RedactionKey.help, completion: .file())
  var redactKey: String?

  func run() throws {
    guard !paths.contains(""), !output.isEmpty else {
      throw Failure("an empty path was given: is a variable unset?")
    }
    guard redact != .none else { throw Failure("--redact: found 'none'; expected secrets or all") }
    guard !paths.contains(where: { $0 == "-" || $0.hasPrefix("/dev/") }) else {
      throw Failure("redact reads its input more than once: save it to a file first")
    }
    let key = try redactKey.map(RedactionKey.read)
    let sources: EvidenceList
    do {
      sources = try evidenceList(at: paths)
    } catch {
      throw Failure(error.message)
    }
    let folder = try OutputFolder(output)
    let survey = survey(sources)
    var copy = RedactedCopy(Redactor(redact, key: key, survey: survey))
    let isWhole = try write(sources, to: folder, &copy)
    try check(folder, copy)
    if copy.isUnchecked {
      warn("too many names were replaced to look for others: copies were searched for secrets")
    }
    if survey.isFull {
      warn(
        "more names or secrets than are kept: those beyond are replaced only where they stand out")
    }
    throw ExitCode((isWhole ? ExitStatus.healthy : .unsure).rawValue)
  }

  /// All of the evidence, once: what is a secret or a name anywhere is one everywhere.
  private func survey(_ sources: EvidenceList) -> RedactionSurvey {
    var survey = RedactionSurvey()
    for source in sources {
      forEachPiece(of: source) { piece in
        var context = LineRedactor()
        _ = try? readLines(of: piece) { line, _ in
          survey.read(line, context: &context, findsNames: redact == .all)
        }
        return true
      }
    }
    guard redact == .all else { return survey }
    for (_, page) in readEvidence(sources).pages {
      for key in page.subjects.flatMap(\.keys) {
        switch key {
        case .hostName(let name): survey.add(name, as: .host)
        case .containerID(let id): survey.add(id, as: .container)
        default: break
        }
      }
    }
    return survey
  }

  /// False where something that was meant as evidence is not in the copy, or not wholly.
  private func write(
    _ sources: EvidenceList, to folder: OutputFolder, _ copy: inout RedactedCopy
  ) throws -> Bool {
    var isWhole = true
    var written = 0
    var taken: Set<[String]> = []
    var failure: (any Error)?
    for source in sources {
      forEachPiece(of: source) { piece in
        let name = Redactor(.secrets)(piece.name)
        do {
          let parts = place(of: piece.name, in: &copy, &taken)
          let read = try write(piece, to: folder, parts, &copy)
          if let foreign = read.foreign {
            warn("\(name): left out: it is \(foreign)")
            return true
          }
          written += 1
          if read.cutLines > 0 || read.failure != nil {
            isWhole = false
            warn(
              "\(name): copied in part: "
                + (read.failure ?? "lines longer than 1 MiB are cut there"))
          }
        } catch let error as SourceError {
          warn("\(name): left out: \(error.message)")
          if !error.isLeftOut { isWhole = false }
        } catch {
          failure = error
        }
        return failure == nil
      }
      if let failure { throw failure }
    }
    guard written > 0 else { throw Failure("nothing was copied") }
    let all = copy.redactor.mode == .all ? ", \(copy.pseudonyms) names replaced" : ""
    try deliver(
      "\(written) files copied, \(copy.secrets) secrets removed\(all)\n", to: nil)
    return isWhole
  }

  private func write(
    _ piece: Piece, to folder: OutputFolder, _ parts: [String], _ copy: inout RedactedCopy
  ) throws -> LinesRead {
    var context = LineRedactor()
    var file: OutputFile?
    let read = try readLines(of: piece) { line, isLast in
      if file == nil { file = try folder.create(parts) }
      try file?.write(copy.line(line, context: &context), endsLine: !isLast)
    }
    if read.foreign != nil { return read }
    if file == nil { file = try folder.create(parts) }
    try file?.flush()
    return read
  }

  /// Below the folder as it lies below its argument; unpacked, so without `.gz`.
  private func place(
    of name: String, in copy: inout RedactedCopy, _ taken: inout Set<[String]>
  ) -> [String] {
    var rest = Substring(name)
    for path in paths.sorted(by: { $0.count > $1.count }) {
      let folder = path.hasSuffix("/") ? path : path + "/"
      if name.hasPrefix(folder) {
        let base = paths.count > 1 ? folder.split(separator: "/").last.map { $0 + "/" } ?? "" : ""
        rest = Substring(base + name.dropFirst(folder.count))
        break
      }
      if name == path {
        rest = name.split(separator: "/").last ?? rest
        break
      }
    }
    var parts = rest.split(separator: "/").map { copy.fileName(String($0)) }
    if parts.isEmpty { parts = ["_"] }
    var last = parts.removeLast()
    if last.hasSuffix(".gz"), last.count > 3 { last.removeLast(3) }
    var candidate = parts + [last]
    var number = 2
    while !taken.insert(candidate).inserted {
      candidate = parts + ["\(number)-\(last)"]
      number += 1
    }
    return candidate
  }

  /// Reads the copies back. A leak is a fault of triage, and nobody must share what it left.
  private func check(_ folder: OutputFolder, _ copy: RedactedCopy) throws {
    let written: EvidenceList
    do {
      written = try evidenceList(at: [folder.path])
    } catch {
      throw Failure(error.message)
    }
    var leaks = 0
    for source in written {
      var isLeaking = false
      var failure: (any Error)?
      forEachPiece(of: source) { piece in
        var context = LineRedactor()
        var number = 0
        do {
          _ = try readLines(of: piece) { line, _ in
            number += 1
            guard let leak = copy.leak(in: line, context: &context) else { return }
            leaks += 1
            isLeaking = true
            if leaks <= 10 { warn("\(source.name):\(number): still holds \(leak)") }
          }
        } catch {
          failure = error
        }
        return true
      }
      if let failure { throw failure }
      if isLeaking { removeFile(source.name) }
    }
    guard leaks == 0 else {
      throw Failure(
        "the copies held \(leaks) lines with what should be gone; those files were deleted: "
          + "do not share the rest, and report this")
    }
  }
}

/// `--redact-key FILE`: the same key gives the same pseudonyms from one incident to the next.
enum RedactionKey {
  static let help = ArgumentHelp(
    "A file of at least 16 bytes: pseudonyms are made with it, the same ones every time.",
    valueName: "file")

  static func read(_ path: String) throws -> PseudonymKey {
    guard let source = try? evidenceList(at: [path]).first else {
      throw Failure("--redact-key \(path): cannot be read")
    }
    var bytes: [UInt8] = []
    do {
      var stream = try source.open()
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = try buffer.withUnsafeMutableBufferPointer { (all) throws(SourceError) in
        try stream.read(into: all)
      }
      bytes += buffer[..<count]
    } catch {
      throw Failure("--redact-key \(path): \(error.message)")
    }
    guard bytes.count >= 16 else {
      throw Failure("--redact-key \(path): found \(bytes.count) bytes; expected at least 16")
    }
    return PseudonymKey(bytes)
  }
}
