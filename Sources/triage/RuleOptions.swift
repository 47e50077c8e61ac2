import ArgumentParser
import Model
import Readers
import Reasoning

/// The packs that users add to the built-in rules.
struct RuleOptions: ParsableArguments {
  @Option(
    name: .customLong("rules"),
    help: ArgumentHelp(
      "A folder of rules that add to the built-in ones or override them. Repeatable.",
      valueName: "folder"),
    completion: .directory)
  var folders: [String] = []

  func pack() throws -> RulePack { try RulePack.builtIn(extendedBy: folders.map(ruleFiles)) }
}

/// The YAML files of a pack's folder; at most 1 MiB each.
func ruleFiles(in folder: String) throws -> RuleFiles {
  guard !folder.isEmpty else {
    throw Failure("--rules: an empty folder was given: is a variable unset?")
  }
  let base = folder.hasSuffix("/") ? folder : folder + "/"
  var files: [(path: String, text: String)] = []
  do {
    for source in try evidenceSources(at: [folder]) where source.name.hasSuffix(".yaml") {
      guard source.name.hasPrefix(base) else { continue }
      var stream = try source.open()
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      var count = 0
      while count < bytes.count {
        let read = try bytes.withUnsafeMutableBufferPointer {
          (buffer) throws(SourceError) in
          try stream.read(into: UnsafeMutableBufferPointer(rebasing: buffer[count...]))
        }
        if read == 0 { break }
        count += read
      }
      let text = String(decoding: bytes[..<count], as: UTF8.self)
      files.append((String(source.name.dropFirst(base.count)), text))
    }
  } catch {
    throw Failure("--rules \(folder): \(error.message)")
  }
  guard !files.isEmpty else {
    throw Failure(
      "--rules \(folder): no rules there; a pack has causes/*.yaml and symptoms/*.yaml")
  }
  return RuleFiles(name: folder, files: files.sorted { $0.path < $1.path })
}
