import ArgumentParser
import Reasoning

/// `triage explain ID`: a cause, symptom, risk or fact with its weights, reasons and sources.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Print a cause, symptom, risk or fact: every weight, its reason and its source.")

  @Argument(
    help: ArgumentHelp("Its name, as in a report or in 'triage rules list'.", valueName: "id"))
  var id: String

  @OptionGroup var rules: RuleOptions

  func run() throws {
    let pack = try rules.pack()
    guard let text = pack.explain(id) else {
      let near = suggestion(for: id, among: pack.listing.map(\.id))
      throw Failure(
        "explain: no cause, symptom, risk or fact is called '\(id)'; "
          + (near.map { "did you mean '\($0)'?" } ?? "'triage rules list' names them"))
    }
    try deliver(text.hasSuffix("\n") ? text : text + "\n", to: nil)
  }
}
