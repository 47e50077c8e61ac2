import ArgumentParser
import Model
import Readers
import Reasoning

/// What is to be borne, and where that is said.
struct LintPolicyOptions: ParsableArguments {
  @Option(
    name: .customLong("config"),
    help: ArgumentHelp(
      "Settings, instead of the .triage.yml in the linted folder or above it.", valueName: "file"),
    completion: .file())
  var settings: String?

  @Option(
    help: ArgumentHelp("Leave out the findings that this file knows.", valueName: "file"),
    completion: .file())
  var baseline: String?

  @Option(
    help: ArgumentHelp("Write all findings to this file, to leave them out.", valueName: "file"),
    completion: .file())
  var writeBaseline: String?

  @Option(help: ArgumentHelp("The date that ignores are held against.", valueName: "date"))
  var today: String?

  func refuseEmptyArguments() throws {
    let all = [("config", settings), ("baseline", baseline), ("write-baseline", writeBaseline)]
    for (name, value) in all where value == "" {
      throw Failure("--\(name): an empty value was given: is a variable unset?")
    }
    if let today, validDate(today) == nil {
      throw Failure("--today: found '\(today)'; expected a date like 2026-12-31")
    }
  }

  /// The settings and the baseline that are in force; inline ignores come with the files.
  func policy(paths: [String], rules: Set<String>, folder: String) throws -> LintPolicy {
    var policy = LintPolicy(today: today ?? todaysDate())
    if let file = try settings ?? foundSettings(above: paths, in: folder) {
      policy.settings = try parsed(file, folder) { bytes, told throws(SettingsErrors) in
        try LintSettings(parsing: bytes, file: told, rules: rules)
      }
      // Patterns of a file that was found mean its folder; of one that was named, this one.
      let base = settings == nil ? parent(file) : folder
      policy.patternPath = { path in toldPath(absolutePath(path, in: folder), below: base) }
    }
    // A baseline that is to be written anew is not held against its old self.
    if let baseline, baseline != writeBaseline {
      policy.baseline = try parsed(baseline, folder) { bytes, told throws(SettingsErrors) in
        try LintBaseline(parsing: bytes, file: told)
      }
    }
    return policy
  }

  func writtenBaseline(_ text: String, to file: String, folder: String) throws -> LintBaseline {
    try deliver(text, to: file)
    do throws(SettingsErrors) {
      return try LintBaseline(parsing: Array(text.utf8), file: toldPath(file, below: folder))
    } catch {
      throw Failure(error.lines.first ?? file)
    }
  }

  private func foundSettings(above paths: [String], in folder: String) throws -> String? {
    let isPipe: (String) -> Bool = { $0 == "-" || $0.hasPrefix("/dev/") || $0.hasPrefix("/proc/") }
    let found = Set(
      paths.filter { !isPipe($0) }.compactMap { settingsFile(above: $0, in: folder) })
    guard found.count < 2 else {
      let names = found.sorted().joined(separator: " and ")
      throw Failure("\(names) both apply; lint one folder at a time or name one with --config")
    }
    return found.first
  }

  private func parsed<Parsed>(
    _ file: String, _ folder: String,
    parse: ([UInt8], String) throws(SettingsErrors) -> Parsed
  ) throws -> Parsed {
    let bytes: [UInt8]
    do throws(FixRefusal) { bytes = try fileBytes(file) } catch {
      throw Failure("\(file): \(error.reason)")
    }
    do throws(SettingsErrors) { return try parse(bytes, toldPath(file, below: folder)) } catch {
      for line in error.lines.dropLast() { warn(line) }
      throw Failure(error.lines.last ?? "\(file): unusable")
    }
  }
}

/// The comments to triage of the configs that were read.
func inlineIgnores(
  of ledger: Ledger, in sources: [EvidenceSource], folder: String
) -> [InlineIgnore] {
  let configs = Set(ledger.inputs.filter { $0.kind != nil }.map(\.path))
  return sources.flatMap { source -> [InlineIgnore] in
    let path = source.name.hasPrefix("./") ? String(source.name.dropFirst(2)) : source.name
    // A pipe can be read once.
    guard configs.contains(path), !source.folder.isEmpty else { return [] }
    guard let bytes = try? wholeText(source) else { return [] }
    return inlineIgnores(in: bytes, file: toldPath(path, below: folder))
  }
}

private func wholeText(_ source: EvidenceSource) throws(SourceError) -> [UInt8] {
  var stream = try source.open()
  var bytes: [UInt8] = []
  var part = [UInt8](repeating: 0, count: 64 << 10)
  while bytes.count < 8 << 20 {
    let count = try part.withUnsafeMutableBufferPointer { (buffer) throws(SourceError) in
      try stream.read(into: buffer)
    }
    guard count > 0 else { break }
    bytes += part[..<count]
  }
  return bytes
}
