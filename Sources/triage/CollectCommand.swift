import ArgumentParser
import Collectors
import Model

/// `triage collect`: takes the evidence away before a restart destroys it.
struct Collect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Save what this box can tell, for diagnosis elsewhere or later. Read-only.",
    discussion: """
      EXAMPLES:
        triage collect                                    a .tar.gz in this folder
        triage collect -o incident/                       plain files in a folder
        ssh box triage collect -o - | triage diagnose -   writes nothing on the box
        triage collect --samples 6 --interval 10s         with rates over a minute
      """)

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A new folder, a new .tar.gz or .tar, or - for standard output.", valueName: "place"),
    completion: .file())
  var output: String?

  @OptionGroup var servers: RedisOptions

  @OptionGroup var live: LookOptions

  @Option(help: "How often what changes is looked at (default: some seconds' worth).")
  var samples: Int?

  @Option(help: ArgumentHelp("Time between samples (default: 10s).", valueName: "duration"))
  var interval: String?

  @Option(
    help: ArgumentHelp(
      "How far back logs are taken: 2h, or a time in RFC 3339 (default: 1h).", valueName: "time"))
  var since: String?

  @Option(help: ArgumentHelp("Bytes of each log, in MiB.", valueName: "MiB"))
  var logLimit: Int = 16

  func run() throws {
    let plan = try plan()
    let target = BundleTarget(output ?? "\(Bundle.name(host: "bundle")).tar.gz")
    if target == .standardOutput, isTerminal(1) {
      throw Failure("an archive is no text for a terminal: send it through a pipe, or name a file")
    }
    if let refusal = Bundle.refusal(of: target) { throw Failure("\(refusal)") }
    OwnProcess.stepBack()
    let evidence = collectLive(plan)
    let place = output.map(BundleTarget.init) ?? .archive(defaultName(evidence), isPacked: true)
    let interruption = Interruption()
    do throws(CollectError) {
      try Bundle(evidence, version: version).write(to: place)
    } catch {
      interruption.passOn()
      throw Failure("\(error)")
    }
    interruption.passOn()
    warn(about: evidence)
    if output == nil { write("\(defaultName(evidence))\n", to: 1) }
    let isWhole = !evidence.gaps.contains { $0.reason == .fault }
    throw ExitCode((isWhole ? ExitStatus.healthy : .unsure).rawValue)
  }

  private func defaultName(_ evidence: LiveEvidence) -> String {
    let stamp = evidence.started.filter { $0.isNumber }
    return "triage-\(evidence.host)-\(stamp.prefix(8))-\(stamp.suffix(6)).tar.gz"
  }

  private func plan() throws -> CollectionPlan {
    try servers.refuseEmptyArguments()
    for (name, value) in [("--output", output), ("--since", since)] where value == "" {
      throw Failure("\(name): an empty value was given: is a variable unset?")
    }
    var plan = try CollectionPlan.ofThisBox(servers, live)
    guard (1...1024).contains(logLimit) else {
      throw Failure("--log-limit: found \(logLimit); expected 1 to 1024 (MiB)")
    }
    plan.logLimit = logLimit << 20
    if samples != nil || interval != nil {
      let step = interval.map(parseDuration) ?? 10
      guard let step, (0.1...600).contains(step) else {
        throw Failure("--interval: found '\(interval ?? "")'; expected 100ms to 10m")
      }
      guard let count = samples ?? Optional(6), (1...1000).contains(count) else {
        throw Failure("--samples: found \(samples ?? 0); expected 1 to 1000")
      }
      plan.samples = (count, step)
      if live.budget == nil { plan.budget += Double(count - 1) * step * 1.2 }
    }
    if let since {
      plan.since = try parseTime(since, option: "--since", zone: nil, isOfThisBox: true).seconds
    }
    return plan
  }
}
