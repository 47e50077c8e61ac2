import ArgumentParser
import Reasoning
import Reports

/// `triage rules`: the rule packs in force, and the tests of a pack.
struct Rules: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Show, check and test the rules that evidence is weighed by.",
    subcommands: [List.self, Check.self, Test.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List causes and symptoms.")

    @OptionGroup var rules: RuleOptions
    @Option(help: "The form of the list: text or json.")
    var format: EvidenceOptions.Format = .text

    func run() throws {
      let listing = try rules.pack().listing
      switch format {
      case .text: try deliver(rulesText(listing), to: nil)
      case .json: try deliver(rulesJSON(listing), to: nil)
      }
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Load packs beside the built-in rules and say what is wrong with them.")

    @Argument(help: ArgumentHelp("Folders of rules.", valueName: "folder"))
    var folders: [String] = []

    func run() throws {
      let pack = try RulePack.builtIn(extendedBy: folders.map(ruleFiles))
      try deliver(
        "ok: \(pack.causes.count) causes, \(pack.symptoms.count) symptoms\n", to: nil)
    }
  }

  struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "test",
      abstract: "Run the examples of packs, and say what no example would notice.",
      discussion: """
        Without a folder the built-in rules are tested. A failing example ends with exit status 1;
        with --strict so does a weight that no example exercises, or a threshold that can be halved
        or doubled unnoticed.
        """)

    @Argument(help: ArgumentHelp("Folders of rules.", valueName: "folder"))
    var folders: [String] = []

    @Option(help: "The form of the report: text or junit.")
    var format: Format = .text

    @Flag(help: "Fail on what is merely not exercised, too.")
    var strict = false

    enum Format: String, ExpressibleByArgument, CaseIterable {
      case text, junit
    }

    func run() throws {
      let packs = try folders.map(ruleFiles)
      let pack = try RulePack.builtIn(extendedBy: packs)
      let own = packs.isEmpty ? nil : Set(packs.flatMap(\.causeIDs))
      let report = pack.test(causes: own)
      switch format {
      case .text: try deliver(packReportText(rows(report), gaps: gaps(report)), to: nil)
      case .junit: try deliver(packReportJUnit(rows(report)), to: nil)
      }
      if !report.failures.isEmpty || (strict && !gaps(report).isEmpty) { throw ExitCode(1) }
    }

    private func gaps(_ report: PackReport) -> [String] { report.unexercised + report.unpinned }

    private func rows(_ report: PackReport) -> [PackReportRow] {
      report.examples.map { example in
        let got = example.probability.map { wordingOf($0) } ?? "no subject"
        let held = example.truths.filter { $0.value == .holds }.keys.sorted()
        return PackReportRow(
          name: "\(example.cause): \(example.title.isEmpty ? "\(example.place)" : example.title)",
          failure: example.isAsExpected
            ? nil
            : "\(example.place): expected \(example.expected ? "accused" : "not accused"), got "
              + "\(example.isAccused ? "accused" : "not accused") (\(got)); held: "
              + (held.isEmpty ? "nothing" : held.joined(separator: ", ")))
      }
    }

    private func wordingOf(_ probability: Double) -> String {
      "\((probability * 1000).rounded() / 10) %"
    }
  }
}
