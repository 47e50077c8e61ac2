import ArgumentParser
import Reports

#if canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The command line: `triage PATH...` diagnoses; the other commands show what diagnosis rests on.
@main
struct Triage: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "triage",
    abstract: "Says which documented root cause the evidence of an incident points to.",
    discussion: """
      EXAMPLES:
        triage                                this very box, read-only
        triage incident/                      all that a folder holds
        triage redis-info.txt access.log.gz   or some files of it
        redis-cli info | triage               or what comes through a pipe
        triage --redis redis://10.0.3.7:6380  or a live server, read-only
        triage ask > ask.sh                   commands that collect what is needed
        triage diagnose --help                all options

      EXIT STATUS:
        0  healthy: enough was seen, and nothing is wrong
        1  an incident, or one to come
        2  triage could not do its job: bad usage, or no evidence
        3  inconclusive, or healthy as far as damaged evidence tells
      """,
    version: version,
    subcommands: [
      Diagnose.self, Lint.self, Collect.self, Ask.self, Facts.self, Explain.self, Rules.self,
      Redact.self,
    ],
    defaultSubcommand: Diagnose.self)

  static func main() {
    // A reader that has seen enough (`triage | head`) is no fault: writing then fails, quietly.
    signal(SIGPIPE, SIG_IGN)
    // A limit on the size of files is an error of writing, told like others.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parsed(Array(CommandLine.arguments.dropFirst()))
      try command.run()
    } catch let failure as Failure {
      warn(failure.message)
      end(.failed)
    } catch let code as ExitCode {
      end(ExitStatus(rawValue: code.rawValue) ?? .failed)
    } catch  where exitCode(for: error).isSuccess {
      // --help and --version
      write(fullMessage(for: error) + "\n", to: 1)
    } catch {
      warnOfUsage(fullMessage(for: error))
      // ArgumentParser's own code for bad usage is 64, and 1 for errors it does not know.
      end(.failed)
    }
  }

  /// To parse from the root puts the options of the command that is named together five times over. So it
  /// is tried by itself. What does not fit, help and mistakes, is left to the root: it knows what to say.
  private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    try plainCommand(arguments) ?? parseAsRoot(arguments)
  }

  private static func plainCommand(_ arguments: [String]) -> (any ParsableCommand)? {
    guard let first = arguments.first, first != "help", !first.hasPrefix("-") else { return nil }
    let named = configuration.subcommands.first { $0._commandName == first }
    guard let type = named ?? configuration.defaultSubcommand,
      type.configuration.subcommands.isEmpty,
      let command = try? type.parseAsRoot(named == nil ? arguments : Array(arguments.dropFirst()))
    else { return nil }
    return Swift.type(of: command) == type ? command : nil
  }

  /// `Error: Unexpected argument 'lst'` and how it should have been written, line by line: what is
  /// quoted in it came from the command line.
  private static func warnOfUsage(_ message: String) {
    var lines = message.split(separator: "\n").map(String.init)
    guard let first = lines.first else { return }
    lines.removeFirst()
    let quoted = first.split(separator: "'")
    let word = quoted.count > 1 ? String(quoted[1]) : ""
    var near: String?
    var text = first.hasPrefix("Error: ") ? String(first.dropFirst(7)) : first
    if first.contains("Unexpected argument") {
      near = suggestion(for: word, among: ["list"])
    } else if first.contains("Unknown option"),
      let help = suggestion(for: word, among: ["--help", "--version"])
    {
      // The parser itself does not think of these two.
      if let guess = text.firstRange(of: ". Did you mean") {
        text = String(text[..<guess.lowerBound])
      }
      near = help
    }
    warn(text + (near.map { "; did you mean '\($0)'?" } ?? ""))
    for line in lines { write(escaped(line) + "\n", to: 2) }
  }
}
