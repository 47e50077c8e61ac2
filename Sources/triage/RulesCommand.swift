import ArgumentParser
import Reasoning
import Reports

/// `triage rules`: the rule pack in force.
struct Rules: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Show the rules that evidence is weighed by.",
    subcommands: [List.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List causes, symptoms and risks.")

    @Option(help: "The form of the list: text or json.")
    var format: EvidenceOptions.Format = .text

    func run() throws {
      let rules = try Reasoning.RulePack.builtIn().listing
        .map { (id: $0.id, kind: "\($0.kind)", title: $0.title) }
      switch format {
      case .text: try deliver(rulesText(rules), to: nil)
      case .json: try deliver(rulesJSON(rules), to: nil)
      }
    }
  }
}
