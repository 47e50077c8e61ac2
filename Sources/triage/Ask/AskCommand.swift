import ArgumentParser
import Reasoning

/// `triage ask`: a script that collects what is missing, for a box without triage.
struct Ask: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "Print a read-only shell script that collects evidence where there is no triage.",
    discussion: """
      EXAMPLES:
        triage ask > ask.sh                     all that plain tools can collect
        triage ask session-bloat | ssh box sh | triage diagnose -
        triage ask --aws i-0abcd1234ef567890    what only AWS can tell
      """)

  @Argument(help: ArgumentHelp("What is suspected: a cause of 'triage rules list'."))
  var suspect: String?

  @Option(help: ArgumentHelp("Commands that ask AWS about an instance.", valueName: "instance"))
  var aws: String?

  @OptionGroup var rules: RuleOptions

  func run() throws {
    guard suspect != "", aws != "" else {
      throw Failure("an empty name was given: is a variable unset?")
    }
    if let aws {
      guard suspect == nil else { throw Failure("ask: either a suspect or --aws") }
      let digits = aws.dropFirst(2)
      guard aws.hasPrefix("i-"), digits.count == 8 || digits.count == 17,
        digits.allSatisfy({ $0.isASCII && $0.isHexDigit })
      else {
        throw Failure("--aws: found '\(aws)'; expected an instance id such as i-0abcd1234ef567890")
      }
      return try deliver(AskAWS(instance: aws).text, to: nil)
    }
    guard let suspect else {
      return try deliver(AskScript(facts: nil, purpose: "for triage").text, to: nil)
    }
    let pack = try rules.pack()
    guard let cause = pack.cause(suspect) else {
      let near = suggestion(for: suspect, among: pack.causes.map(\.id))
      throw Failure(
        "ask: no cause is called '\(suspect)'"
          + (near.map { "; did you mean '\($0)'?" } ?? "; 'triage rules list' names them"))
    }
    let script = AskScript(
      facts: pack.observedFacts(of: cause), purpose: "about the suspect '\(suspect)'")
    try deliver(script.text, to: nil)
  }
}
