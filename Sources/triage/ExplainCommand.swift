import ArgumentParser
import Model
import Readers
import Reasoning
import Reports

/// `triage explain ID`: a cause, symptom, risk or fact with its weights, reasons and sources; with
/// evidence, the sum that a cause comes to.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Print a cause, symptom or fact; or the sum that a cause comes to with evidence.",
    discussion: """
      EXAMPLES:
        triage explain session-bloat             every weight, its reason and source
        triage explain session-bloat incident/   what counted in this evidence
      """)

  @Argument(
    help: ArgumentHelp("Its name, as in a report or in 'triage rules list'.", valueName: "id"))
  var id: String

  @OptionGroup var options: EvidenceOptions
  @OptionGroup var rules: RuleOptions

  func run() throws {
    let pack = try rules.pack()
    guard !id.isEmpty else { throw Failure("an empty name was given: is a variable unset?") }
    let hasEvidence = !options.paths.isEmpty || !options.servers.redis.isEmpty || options.live
    if hasEvidence { return try explainSum(pack) }
    guard let text = pack.explain(id) else { throw unknown(in: pack) }
    guard options.format == .text else {
      throw Failure("explain: --format json is for a cause with evidence; expected a path")
    }
    let lines = text.hasSuffix("\n") ? String(text.dropLast()) : text
    try deliver(wrapped(lines: lines, width: options.terminal.width), to: options.output)
  }

  private func explainSum(_ pack: RulePack) throws {
    guard let cause = pack.cause(id) else {
      guard pack.explain(id) == nil else {
        throw Failure("explain: with evidence only a cause can be explained; '\(id)' is none")
      }
      throw unknown(in: pack)
    }
    try options.expectTextOrJSON("explain")
    try options.redact.refusePseudonyms(in: "explain")
    let pipeline = try Pipeline(options)
    let ledger = try pipeline.read()
    let sheets = scoreSheets(of: cause, ledger, pack: pack, window: pipeline.context.window)
    let terminal = options.terminal
    let report = ScoreSheetReport(
      width: terminal.width, style: terminal.style, redaction: options.redact)
    switch options.format {
    case .text: try deliver(report.text(sheets, inputs: ledger.inputs), to: options.output)
    default: try deliver(report.json(sheets, inputs: ledger.inputs), to: options.output)
    }
    let isSeen = sheets.contains(where: \.isSeen)
    let status = isSeen ? ExitStatus(ledger.inputs) : .unsure
    throw ExitCode(status.rawValue)
  }

  private func unknown(in pack: RulePack) -> Failure {
    let near = suggestion(for: id, among: pack.listing.map(\.id))
    return Failure(
      "explain: no cause, symptom or fact is called '\(id)'; "
        + (near.map { "did you mean '\($0)'?" } ?? "'triage rules list' names them"))
  }
}
