import ArgumentParser
import Model
import Reasoning
import Reports

/// `triage facts`: what the readers saw, before anything is weighed.
struct Facts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "facts",
    abstract: "List what was read from the evidence: each fact with its value and place.")

  @OptionGroup var options: EvidenceOptions

  func run() throws {
    try options.expectTextOrJSON("facts")
    let key = try options.pseudonymKey()
    let (ledger, secrets) = try Pipeline(options).readWithSecrets()
    let listing = Reasoning.facts(ledger)
      .redacted(by: options.redact, key: key, knowing: secrets)
    let report = FactsReport(style: options.terminal.style)
    switch options.format {
    case .text: try deliver(report.text(listing), to: options.output)
    default: try deliver(report.json(listing), to: options.output)
    }
    throw ExitCode(ExitStatus(listing.inputs).rawValue)
  }
}
