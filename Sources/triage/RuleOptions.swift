import ArgumentParser
import Reasoning
import Reports

/// The packs that users add to the built-in rules.
struct RuleOptions: ParsableArguments {
  @Option(
    name: .customLong("rules"),
    help: ArgumentHelp(
      "A folder of rules that add to the built-in ones or override them. Repeatable.",
      valueName: "folder"),
    completion: .directory)
  var folders: [String] = []

  func pack(for use: RuleUse = .all) throws -> RulePack {
    try loadPacks(folders, for: use).pack
  }
}

/// The built-in rules with those of folders over them, and the names of the added packs. What is
/// wrong with them is told line by line on stderr.
func loadPacks(
  _ folders: [String], for use: RuleUse = .all
) throws -> (pack: RulePack, names: Set<String>) {
  let packs = try folders.map(ruleFiles)
  do throws(RuleErrors) {
    return (
      try RulePack.builtIn(extendedBy: packs, for: use), Set(packs.map(\.name))
    )
  } catch {
    for error in error.errors {
      for line in error.description.split(separator: "\n") {
        write(escaped(String(line)) + "\n", to: 2)
      }
    }
    throw ExitCode(ExitStatus.failed.rawValue)
  }
}
