import ArgumentParser
import Collectors
import Model
import Readers
import Reasoning
import Reports

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Joins the rooms: evidence is found and read here, weighed and reported by the commands.
struct Pipeline {
  let options: EvidenceOptions
  let context: ReadingContext
  /// This very box is looked at.
  private let isLive: Bool
  private let progress = Progress.onTerminal()

  init(_ options: EvidenceOptions) throws {
    try options.refuseEmptyArguments()
    self.options = options
    isLive = Pipeline.isThisBoxMeant(options)
    var context = try options.context(isOfThisBox: isLive)
    context.progress = progress?.report
    context.expect = progress?.expect
    self.context = context
  }

  /// Reads all that was given; says on stderr what could not be read. Nothing read is a failure.
  func read() throws -> Ledger { try readSources().ledger }

  /// The same, and the secrets that must not be shown wherever they stand.
  func readWithSecrets() throws -> (Ledger, RedactionSurvey) {
    let (ledger, sources) = try readSources()
    guard options.redact != .none else { return (ledger, RedactionSurvey()) }
    return (ledger, secretsInConfigs(of: ledger, sources))
  }

  private func readSources() throws -> (ledger: Ledger, sources: EvidenceList) {
    let (answers, unreachable) = isLive ? (try liveSources(), []) : try askLiveServers()
    var sources = isLive && options.paths.isEmpty ? EvidenceList([]) : try fileSources()
    sources.add(answers)
    var ledger = Readers.readEvidence(sources, options: zoned(context, for: sources))
    progress?.end()
    for account in unreachable { ledger.add(account, page: nil) }

    for input in ledger.inputs where input.isSpoilt && input.status != .partlyRead {
      let unknown = "not recognised as any kind of evidence"
      let reason = input.warnings.first?.message
      let line = input.warnings.first?.line.map { ":\($0)" } ?? ""
      let message = reason ?? (input.status == .unreadable ? "unreadable" : unknown)
      warn(secretless("\(input.path)\(line): \(message)"))
    }
    let hasEvidence = ledger.inputs.contains { $0.status == .read || $0.status == .partlyRead }
    guard hasEvidence else {
      // Each unreadable input has had its line already.
      let isSaid = !ledger.inputs.isEmpty && ledger.inputs.allSatisfy { $0.status == .unreadable }
      throw isSaid ? ExitCode(ExitStatus.failed.rawValue) : noEvidence(in: ledger) as any Error
    }
    return (ledger, sources)
  }

  /// A window is in UTC, and logs without a zone cannot be held against it until it is known how far
  /// they are off: so all is read once without the window, for the clocks alone.
  private func zoned(_ context: ReadingContext, for sources: EvidenceList) -> ReadingContext {
    // A pipe can be read once.
    let hasPipe = sources.contains(where: \.isPipe)
    // One source has no other to be held against.
    guard context.window != TimeWindow(), !hasPipe, sources.count > 1 else { return context }
    var whole = context
    whole.window = TimeWindow()
    let found = Reasoning.anchoredZones(Readers.readEvidence(sources, options: whole))
    var zoned = context
    for (kind, offset) in found where context.zone(for: kind).isKnown == false {
      zoned.zones[kind] = offset
    }
    return zoned
  }

  /// Without a path, standard input where it holds something, else this very box.
  private static func isThisBoxMeant(_ options: EvidenceOptions) -> Bool {
    if options.live { return true }
    guard options.paths.isEmpty, options.servers.redis.isEmpty else { return false }
    switch StandardInput(0) {
    case .evidence: return false
    case .none: return true
    case .empty:
      warn("standard input is empty: looking at this very box")
      return true
    }
  }

  /// The same files that `triage collect` would write, read from memory.
  private func liveSources() throws -> [EvidenceSource] {
    var plan = try CollectionPlan.ofThisBox(options.servers, options.look)
    plan.since = context.window.since?.seconds
    OwnProcess.stepBack()
    let evidence = collectLive(plan)
    warn(about: evidence)
    return (evidence.files + [Manifest(evidence, version: version).file]).map(\.source)
  }

  private func fileSources() throws -> EvidenceList {
    let paths = options.paths.isEmpty && options.servers.redis.isEmpty ? ["-"] : options.paths
    try refuseMistypedCommand(in: paths)
    do {
      return try Readers.evidenceList(at: paths)
    } catch {
      throw Failure(error.message)
    }
  }

  /// `triage digaonse case/` would else be told that there is no such file.
  private func refuseMistypedCommand(in paths: [String]) throws {
    guard let first = paths.first, access(first, F_OK) != 0 else { return }
    let commands = Triage.configuration.subcommands.compactMap { $0.configuration.commandName }
    if let near = suggestion(for: first, among: commands + ["help"]) {
      throw Failure("\(first): no such file or command; did you mean '\(near)'?")
    }
  }

  /// A server that does not answer is an input that could not be read.
  private func askLiveServers() throws -> ([EvidenceSource], [InputAccount]) {
    var sources: [EvidenceSource] = []
    var unreachable: [InputAccount] = []
    for target in try options.servers.targets() {
      switch Collectors.collectRedis(target) {
      case .success(let evidence):
        sources += evidence.sources
        for warning in evidence.warnings { warn(secretless("\(target): \(warning)")) }
      case .failure(let error):
        unreachable.append(
          InputAccount(
            path: "\(target)", folder: "\(target)", isNamed: true, kind: nil, status: .unreadable,
            warnings: [Page.Warning("\(error)")]))
      }
    }
    return (sources, unreachable)
  }

  /// What is said on the way, to whoever runs this: their own names stay, secrets do not.
  private func secretless(_ message: String) -> String {
    options.redact == .none ? message : redactSecrets(message)
  }

  private func noEvidence(in ledger: Ledger) -> Failure {
    if ledger.inputs.count == 1, ledger.inputs[0].path == "-", ledger.inputs[0].bytes == 0 {
      return Failure("nothing to diagnose: standard input is empty (see triage --help)")
    }
    let files = ledger.inputs.count
    let found =
      switch files {
      case 0: "nothing was found"
      case 1: "what was given could not be used"
      default: "none of \(files) inputs could be used"
      }
    return Failure(
      "no evidence: \(found); expected EC2 status or CloudWatch JSON, Redis INFO, SLOWLOG, config or "
        + "logs, gunicorn config or logs, nginx config or logs, ps, free, vmstat, /proc/meminfo or "
        + "kernel logs; 'triage ask' prints commands that collect them")
  }
}

func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
