import ArgumentParser
import Model
import Readers
import Reasoning
import Reports

/// `triage lint`: risky settings of a deploy tree, before they become an incident.
struct Lint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Say which settings of a deploy tree would cause which documented incident.",
    discussion: """
      EXAMPLES:
        triage lint .
        triage lint deploy/ --fail-on error --format sarif -o triage.sarif
        triage lint . --diff                         what --fix would change
        triage lint . --diff --unsafe-fixes          with what should be looked at
        triage lint . --write-baseline known.json    bear what is there, and
        triage lint . --baseline known.json          fail on what is new

      EXIT STATUS:
        0  nothing at or above the level of --fail-on
        1  findings at or above it
        2  triage could not do its job: bad usage or settings, or nothing to read
        3  nothing found, but a config could not be read
      """)

  @Argument(
    help: ArgumentHelp("Files and folders of configs.", valueName: "path"), completion: .file())
  var paths: [String] = []

  @Option(help: "The form: text, json, sarif, github, junit, gitlab or checkstyle.")
  var format: Format = .text

  @Option(help: "Fail where something of this level or a graver one is found.")
  var failOn: Finding.Level = .warning

  @Option(help: "Leave out what is less grave than this.")
  var level: Finding.Level = .info

  @Option(help: "What to take out of what is shown: secrets or none.")
  var redact: Redaction = .secrets

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Write the report here instead of to standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(help: "Colour: always, auto or never.")
  var color: ColourChoice = .auto

  @Flag(help: "Print what --fix would change as a unified diff, instead of the report.")
  var diff = false

  @Flag(help: "Mend what can be mended for certain; report what remains.")
  var fix = false

  @Flag(help: "Let --diff and --fix also make changes that a person should look at.")
  var unsafeFixes = false

  @OptionGroup var policies: LintPolicyOptions

  @OptionGroup var rules: RuleOptions

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json, sarif, github, junit, gitlab, checkstyle
  }

  func run() throws {
    try refuseBadUsage()
    var examination = try Examination(self)
    var result = try examination.result()
    if let file = policies.writeBaseline {
      // What is borne for other reasons stays out of it.
      let text = lintBaseline(result.active, redaction: redact)
      examination.policy.baseline = try policies.writtenBaseline(
        text, to: file, folder: examination.folder)
      result = try examination.result()
    }
    if diff {
      let plan = plan(result, FileMending(paths: paths))
      tellRefused(plan)
      try deliver(unifiedDiff(plan.patches), to: output)
    } else {
      if fix { result = try mended(result, examination) }
      try deliver(report(result), to: output)
    }
    throw ExitCode(Lint.status(of: result, failOn: failOn).rawValue)
  }

  private func plan(
    _ result: LintResult, _ mending: FileMending, leaving tried: Set<String> = []
  ) -> FixPlan {
    let wanted = result.active.filter {
      (unsafeFixes || !$0.isSuggestion) && !tried.contains(identity($0))
    }
    return FixPlan(wanted, read: mending.bytes)
  }

  /// What remains once all is mended. A change may show that another setting no longer fits it, so
  /// it is looked at again until nothing is left to do; ten times, lest two risks disagree for ever,
  /// and never twice for what a change did not mend.
  private func mended(_ first: LintResult, _ examination: Examination) throws -> LintResult {
    let mending = FileMending(paths: paths)
    var result = first
    var count = 0
    var files: Set<String> = []
    var tried: Set<String> = []
    for _ in 0..<10 {
      let plan = plan(result, mending, leaving: tried)
      guard !plan.mended.isEmpty else {
        tellRefused(plan)
        break
      }
      try mending.write(plan.patches)
      count += plan.mended.count
      tried.formUnion(plan.mended.map(identity))
      files.formUnion(plan.patches.map(\.path))
      result = try examination.result()
    }
    if count > 0 {
      let rest = files.count > 20 ? " and \(files.count - 20) more" : ""
      warn("\(count) mended in: " + files.sorted().prefix(20).joined(separator: ", ") + rest)
    }
    return result
  }

  /// One setting may stand twice in the same words.
  private func identity(_ finding: Finding) -> String {
    "\(finding.fingerprint) \(finding.place.line ?? 0)"
  }

  private func tellRefused(_ plan: FixPlan) {
    for (finding, reason) in plan.refused { warn("\(reason); not mended: \(finding.rule)") }
  }

  private func refuseBadUsage() throws {
    guard !paths.isEmpty else {
      throw Failure("nothing to lint; give files or folders, as in 'triage lint .'")
    }
    guard !paths.contains(""), output != "" else {
      throw Failure("an empty path was given: is a variable unset?")
    }
    try policies.refuseEmptyArguments()
    try redact.refusePseudonyms(in: "lint")
    if diff, fix { throw Failure("--diff shows what --fix does; give one of them") }
    if unsafeFixes, !diff, !fix {
      throw Failure("--unsafe-fixes says what --diff and --fix do; give one of them")
    }
    if fix, policies.writeBaseline != nil {
      throw Failure("--fix and --write-baseline are two decisions; take one at a time")
    }
  }

  private func report(_ result: LintResult) -> String {
    switch format {
    case .text:
      let terminal = Terminal(colour: color, isDevice: (output ?? "-") == "-" && isTerminal(1))
      return LintText(width: terminal.width, style: terminal.style, redaction: redact).text(result)
    case .json: return lintJSON(result, redaction: redact)
    case .sarif: return LintSARIF(version: version, redaction: redact).document(result)
    case .github: return lintGitHub(result, redaction: redact)
    case .gitlab: return lintGitLab(result, redaction: redact)
    case .junit: return LintXML(failOn: failOn, redaction: redact).junit(result)
    case .checkstyle: return LintXML(failOn: failOn, redaction: redact).checkstyle(result)
    }
  }

  /// Unreadable is never clean.
  static func status(of result: LintResult, failOn: Finding.Level) -> ExitStatus {
    let isFound = result.findings.contains { $0.suppression == nil && $0.level >= failOn }
    if isFound { return .found }
    return ExitStatus(result.inputs)
  }
}

extension Finding.Level: ExpressibleByArgument {}

/// A look at the tree with the policy in force; it may be repeated after files have changed.
private struct Examination {
  let command: Lint
  let pack: RulePack
  let folder: String
  var policy: LintPolicy

  init(_ command: Lint) throws {
    self.command = command
    pack = try command.rules.pack(for: .lint)
    folder = workingFolder()
    let rules = Reasoning.lint(Ledger(), pack: pack).rules
    policy = try command.policies.policy(
      paths: command.paths, rules: Set(rules.map(\.id)), folder: folder)
    policy.level = command.level
  }

  func result() throws -> LintResult {
    var sources: [EvidenceSource]
    do {
      sources = try Readers.evidenceSources(at: command.paths)
    } catch {
      throw Failure(error.message)
    }
    if let exclude = policy.settings?.exclude, !exclude.isEmpty {
      sources.removeAll { source in
        let path = policy.patternPath(source.name)
        return !source.isNamed && exclude.contains { $0.matches(path) }
      }
    }
    // Whether configs lie there nobody can tell: a folder of a database, most often.
    let unseen = sources.filter { $0.unseen != nil && !$0.isNamed }
    for source in unseen.prefix(5) { warn("\(source.name): \(source.unseen ?? "")") }
    if unseen.count > 5 { warn("\(unseen.count - 5) more folders were not seen") }
    let ledger = Readers.readDeployTree(sources, asked: pack.factsOfRisks)
    let unread = ledger.inputs.filter { $0.isNamed && $0.status == .unreadable && $0.kind == nil }
    if let first = unread.first, unread.count == ledger.inputs.count {
      throw Failure("\(first.path): \(first.warnings.first?.message ?? "unreadable")")
    }
    guard !ledger.inputs.isEmpty else { throw Failure("nothing to lint: no files there") }
    var whole = policy
    whole.inline = inlineIgnores(of: ledger, in: sources, folder: folder)
    var found = Reasoning.lint(consume ledger, pack: pack, below: folder)
    found.inputs = found.inputs.map { $0.told(as: toldPath($0.path, below: folder)) }
    let files = FileMending(paths: command.paths)
    let placed = placedInDumps(whole.applied(to: found), read: files.bytes)
    return EditResolver(read: files.bytes).resolved(placed)
  }
}

extension InputAccount {
  fileprivate func told(as path: String) -> InputAccount {
    var account = InputAccount(
      path: path, folder: folder, isNamed: isNamed, kind: kind, status: status, bytes: bytes,
      lines: lines, skippedLines: skippedLines, warnings: warnings)
    account.parts = parts
    return account
  }
}
