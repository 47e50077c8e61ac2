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
    let listing = Reasoning.facts(try Pipeline(options).read())
    let report = FactsReport(redaction: options.redact, style: options.terminal.style)
    switch options.format {
    case .text: try deliver(report.text(listing), to: options.output)
    case .json: try deliver(report.json(listing), to: options.output)
    }
    throw ExitCode(ExitStatus(listing.inputs).rawValue)
  }
}
