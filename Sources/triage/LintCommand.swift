import ArgumentParser
import Model
import Readers
import Reasoning
import Reports

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// `triage lint`: risky settings of a deploy tree, before they become an incident.
struct Lint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Say which settings of a deploy tree would cause which documented incident.",
    discussion: """
      EXAMPLES:
        triage lint .
        triage lint deploy/ --fail-on error --format json

      EXIT STATUS:
        0  nothing at or above the level of --fail-on
        1  findings at or above it
        2  triage could not do its job: bad usage, or nothing to read
        3  nothing found, but a config could not be read
      """)

  @Argument(
    help: ArgumentHelp("Files and folders of configs.", valueName: "path"), completion: .file())
  var paths: [String] = []

  @Option(help: "The form of the report: text or json.")
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

  @OptionGroup var rules: RuleOptions

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  func run() throws {
    var result = try lint()
    result.findings.removeAll { $0.level < level }
    try deliver(report(result), to: output)
    throw ExitCode(Lint.status(of: result, failOn: failOn).rawValue)
  }

  private func lint() throws -> LintResult {
    guard !paths.isEmpty else { throw Failure("nothing to lint; give files or folders") }
    guard !paths.contains(""), output != "" else {
      throw Failure("an empty path was given: is a variable unset?")
    }
    let pack = try rules.pack()
    let ledger: Ledger
    do {
      ledger = Readers.readDeployTree(try Readers.evidenceSources(at: paths))
    } catch {
      throw Failure(error.message)
    }
    let unread = ledger.inputs.filter { $0.isNamed && $0.status == .unreadable && $0.kind == nil }
    if let first = unread.first, unread.count == ledger.inputs.count {
      throw Failure("\(first.path): \(first.warnings.first?.message ?? "unreadable")")
    }
    guard !ledger.inputs.isEmpty else { throw Failure("nothing to lint: no files there") }
    return Reasoning.lint(ledger, pack: pack, below: workingFolder())
  }

  private func report(_ result: LintResult) -> String {
    switch format {
    case .text:
      let terminal = Terminal(colour: color, isDevice: (output ?? "-") == "-" && isTerminal(1))
      return LintText(width: terminal.width, style: terminal.style, redaction: redact).text(result)
    case .json: return lintJSON(result, redaction: redact)
    }
  }

  /// Unreadable is never clean.
  static func status(of result: LintResult, failOn: Finding.Level) -> ExitStatus {
    if result.findings.contains(where: { $0.level >= failOn }) { return .found }
    return ExitStatus(result.inputs)
  }
}

extension Finding.Level: ExpressibleByArgument {}

/// The folder that relative paths begin at; empty where it cannot be told.
private func workingFolder() -> String {
  guard let path = getcwd(nil, 0) else { return "" }
  defer { free(path) }
  return String(cString: path)
}
