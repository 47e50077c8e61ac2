import ArgumentParser
import Model
import Readers
import Reasoning
import Reports

/// `triage diagnose`: the evidence weighed.
struct Diagnose: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diagnose",
    abstract: "Weigh evidence and say which root cause is at work (the default command).",
    discussion: """
      EXAMPLES:
        triage incident/ --since 2024-03-05T02:00:00Z --until 2024-03-05T03:00:00Z
        triage redis.log info.txt --tz redis-log=+09:00
        triage incident/ --format json --output diagnosis.json
        triage incident/ --format html --redact all --output to-share.html
      """)

  @OptionGroup var options: EvidenceOptions
  @OptionGroup var rules: RuleOptions

  func run() throws {
    let key = try options.pseudonymKey()
    let pipeline = try Pipeline(options)
    // What is wrong with somebody's rules is told before a large log is read. The built-in ones are loaded
    // beside that, and by one thread after it: 2.5 MiB less are needed at a time.
    let extended = rules.folders.isEmpty ? nil : try rules.pack(for: .diagnosis)
    let builtIn = Aside(threads: extended == nil ? pipeline.context.threads : 1) {
      Result { try loadPacks([], for: .diagnosis).pack }
    }
    let (ledger, secrets) = try pipeline.readWithSecrets()
    let pack = if let extended { extended } else { try builtIn.result().get() }
    let diagnosis = Reasoning.diagnose(
      ledger, pack: pack, window: pipeline.context.window
    ).redacted(by: options.redact, key: key, knowing: secrets)
    let terminal = options.terminal
    let report =
      switch options.format {
      case .text: TextReport(width: terminal.width, style: terminal.style).text(diagnosis)
      case .json: JSONReport(version: version).text(diagnosis)
      case .markdown: MarkdownReport().text(diagnosis)
      case .html: HTMLReport().text(diagnosis)
      }
    try deliver(report, to: options.output)
    throw ExitCode(ExitStatus(diagnosis).rawValue)
  }
}
