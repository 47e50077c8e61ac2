import ArgumentParser
import Model
import Reasoning
import Reports

/// `triage rules`: the rule packs in force, and the tests of a pack.
struct Rules: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Show, check and test the rules that evidence is weighed by.",
    subcommands: [List.self, FactNames.self, Risks.self, Check.self, Test.self],
    defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list",
      abstract: "List causes, symptoms and risks, and the packs they come from.")

    @OptionGroup var rules: RuleOptions
    @Option(help: "The form of the list: text, json or markdown (with all that is in them).")
    var format: Format = .text

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case text, json, markdown
    }

    func run() throws {
      let pack = try rules.pack()
      switch format {
      case .text: try deliver(rulesText(pack.listing), to: nil)
      case .json: try deliver(rulesJSON(pack.listing), to: nil)
      case .markdown: try deliver(pack.rulesDocument, to: nil)
      }
    }
  }

  struct FactNames: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "facts", abstract: "Describe the facts that conditions can name, in Markdown.")

    func run() throws { try deliver(try RulePack.builtIn().factsDocument, to: nil) }
  }

  struct Risks: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "risks", abstract: "Describe the risky settings that lint knows, in Markdown.")

    @OptionGroup var rules: RuleOptions

    func run() throws { try deliver(try rules.pack().risksDocument, to: nil) }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Load packs beside the built-in rules and say what is wrong with them.")

    @Argument(
      help: ArgumentHelp("Folders of rules.", valueName: "folder"), completion: .directory)
    var folders: [String] = []

    @OptionGroup var rules: RuleOptions

    func run() throws {
      let pack = try loadPacks(rules.folders + folders).pack
      try deliver(
        "ok: \(pack.causes.count) causes, \(pack.symptoms.count) symptoms, "
          + "\(pack.risks.count) risks\n", to: nil)
    }
  }

  struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "test",
      abstract: "Run the examples of packs, and say what no example would notice.",
      discussion: """
        Without a folder the built-in rules are tested. An example that is not as it says ends with
        exit status 1. Warnings, which --strict makes failures, are symptoms that hold or fail in no
        example, weights that never count, facts that decide nothing, and thresholds that can be
        halved or doubled unnoticed.
        """)

    @Argument(
      help: ArgumentHelp("Folders of rules.", valueName: "folder"), completion: .directory)
    var folders: [String] = []

    @OptionGroup var rules: RuleOptions

    @Option(help: "The form of the report: text or junit.")
    var format: Format = .text

    @Option(
      name: .shortAndLong,
      help: ArgumentHelp("Write the report here instead of to standard output.", valueName: "file"),
      completion: .file())
    var output: String?

    @Flag(help: "Fail on warnings too.")
    var strict = false

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case text, junit
    }

    func run() throws {
      if output == "" { throw Failure("--output: an empty value was given: is a variable unset?") }
      let (pack, names) = try loadPacks(rules.folders + folders)
      let report = pack.test(names.isEmpty ? nil : names)
      let terminal = Terminal(
        colour: .auto, isDevice: (output ?? "-") == "-" && isTerminal(1))
      let printer = RuleTestsReport(
        width: terminal.width, style: terminal.style, isStrict: strict)
      try deliver(
        format == .text ? printer.text(report) : printer.junit(report), to: output)
      if !report.failures.isEmpty || (strict && !report.gaps.isEmpty) {
        throw ExitCode(ExitStatus.found.rawValue)
      }
    }
  }
}
